//! The breadth-first search that both engines share, from one length of traces to the next.
//!
//! A level is expanded in rounds of two halves, and all threads share each half. First the successors
//! of some states are made, chunk by chunk. Then each shard takes in the successors that belong to it,
//! in the order of the chunks. So nothing is locked, and a level holds the same states for any number
//! of threads. The engines make the successors; the first of the shortest traces is found in `first_trace`.

use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::thread;

use chatwarden::coverage::{Points, Reachability};
use chatwarden_model::{Command, EnumSet, Promise};

use super::permutations::orders_of_groups;
use super::table::{Entry, SHARDS, States};
use super::{Exploration, PolicySearch, PromiseResult};
use crate::{End, SearchMonitor};

/// The number of states that a thread takes at a time, about.
const CHUNK: usize = 1_024;

/// The number of chunks in a round.
const ROUND: usize = 32;

/// Fewer states than this are expanded on one thread.
const MIN_SHARED: usize = 1_024;

/// An engine: how states are kept, and how their successors are made.
pub(super) trait StateSpace: Sync {
    /// A state as it is kept.
    type Key: Entry + Send + Sync;
    /// The reached states whose accounts belong to one shard.
    type Shard: Send + Sync;
    /// What one thread remembers between chunks.
    type Worker: Send;
    /// The successors of a chunk, sorted by shard.
    type Successors: Send + Sync;

    /// The shards before the first command; the start is not in a level yet.
    fn shards(&self) -> Vec<Self::Shard>;
    fn worker(&self) -> Self::Worker;
    fn successors(&self) -> Self::Successors;

    fn states(shard: &Self::Shard) -> &States<Self::Key>;
    fn states_mut(shard: &mut Self::Shard) -> &mut States<Self::Key>;
    /// The lengths of the runs into which the states of a level are cut, in order.
    fn runs(states: &[Self::Key]) -> impl Iterator<Item = usize>;

    /// Counts the transitions out of some states of a shard and the promises that break there; and makes
    /// the successors, if they are asked for.
    fn expand(
        &self,
        worker: &mut Self::Worker,
        shard: &Self::Shard,
        states: &[Self::Key],
        tally: &mut Tally,
        successors: &mut Self::Successors,
    );
    /// Adds the successors that belong to the shard of that number.
    fn take_in(&self, number: usize, shard: &mut Self::Shard, successors: &Self::Successors);

    /// The first of the traces of that length, which is the least, that break the promise.
    fn first_trace(
        &self,
        shards: &[Self::Shard],
        actions: &[Command],
        promise: Promise,
        length: usize,
    ) -> Vec<Command>;
    /// What can be covered in the reached states.
    fn coverage(&self, shards: &[Self::Shard], monitor: &SearchMonitor) -> Points;

    /// Whether a state was reached that has no key.
    fn is_exceeded(&self) -> bool;
    /// The number of bytes that all shards take, and what belongs to them.
    fn bytes(&self, shards: &[Self::Shard]) -> usize;
    fn bytes_of_worker(&self, worker: &Self::Worker) -> usize;
    fn bytes_of_successors(&self, successors: &Self::Successors) -> usize;
}

/// What is counted while states are expanded.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tally {
    /// The number of allowed commands.
    pub(super) transitions: u64,
    /// The promises that at least one of them breaks.
    pub(super) broken: EnumSet<Promise>,
    /// Whether successors are wanted, and not only the counts.
    pub(super) wants_successors: bool,
}

impl Tally {
    pub(super) fn new(wants_successors: bool) -> Self {
        Tally { transitions: 0, broken: EnumSet::empty(), wants_successors }
    }
}

/// Some states of a level.
#[derive(Clone, Debug)]
struct Chunk {
    shard: usize,
    states: Range<usize>,
}

/// What one chunk leads to.
struct Outbox<T> {
    tally: Tally,
    successors: T,
}

/// Searches with an engine.
pub(super) fn search<S: StateSpace>(
    space: &S,
    search: &PolicySearch,
    monitor: &SearchMonitor,
    permutations: usize,
) -> Exploration {
    let mut levels = Levels::new(space, search, monitor);
    let (end, depth) = levels.run();
    let judged = match end {
        End::Complete => None,
        End::Memory | End::Size => Some(depth + 1),
        _ => Some(depth),
    };
    let actions = search.actions();
    let result = |promise| match levels.lengths.iter().find(|(broken, _)| *broken == promise) {
        Some((_, length)) => {
            PromiseResult::Broken(space.first_trace(&levels.shards, &actions, promise, *length))
        }
        None if promise.is_kept_by_construction() => PromiseResult::KeptByConstruction,
        None => PromiseResult::Kept,
    };
    Exploration {
        actions: actions.len(),
        promises: search.promises.iter().map(|promise| (promise, result(promise))).collect(),
        reachability: search.coverage.then(|| Reachability {
            reachable: space.coverage(&levels.shards, monitor),
            is_complete: end == End::Complete && !monitor.is_stopped(),
            lacks_second_group: search.setup.groups < 2,
        }),
        states: levels.states(),
        transitions: levels.transitions,
        depth,
        judged,
        frontier: if end == End::Complete { 0 } else { levels.frontier(depth) },
        end,
        bytes: levels.bytes as u64,
        renamings: permutations * orders_of_groups(search.setup.groups, search.symmetry),
    }
}

/// A search and the states that it has reached.
struct Levels<'a, S: StateSpace> {
    space: &'a S,
    search: &'a PolicySearch,
    monitor: &'a SearchMonitor,
    shards: Vec<S::Shard>,
    transitions: u64,
    /// The number of commands after which each promise first breaks.
    lengths: Vec<(Promise, usize)>,
    bytes: usize,
}

/// What the threads of a search use.
struct Threads<S: StateSpace> {
    workers: Vec<Mutex<S::Worker>>,
    outboxes: Vec<Mutex<Outbox<S::Successors>>>,
}

impl<'a, S: StateSpace> Levels<'a, S> {
    fn new(space: &'a S, search: &'a PolicySearch, monitor: &'a SearchMonitor) -> Self {
        let mut shards = space.shards();
        shards.iter_mut().for_each(|shard| S::states_mut(shard).end_level());
        let bytes = space.bytes(&shards);
        Levels { space, search, monitor, shards, transitions: 0, lengths: Vec::new(), bytes }
    }

    /// Searches until there is a reason to end; and the distance of the farthest state.
    fn run(&mut self) -> (End, usize) {
        let outbox = || Outbox { tally: Tally::new(true), successors: self.space.successors() };
        let threads = Threads {
            workers: (0..self.search.jobs.get()).map(|_| Mutex::new(self.space.worker())).collect(),
            outboxes: (0..ROUND).map(|_| Mutex::new(outbox())).collect(),
        };
        for depth in 0.. {
            let frontier = self.frontier(depth);
            if frontier == 0 {
                return (End::Complete, depth - 1);
            }
            self.monitor.update(depth, frontier, self.states());
            if self.search.depth == Some(depth) {
                return (End::Depth, depth);
            }
            if self.search.stop_at_first && !self.lengths.is_empty() {
                return (End::First, depth);
            }
            if let Err(end) = self.expand_level(depth, &threads) {
                return (end, depth);
            }
        }
        unreachable!("the distances are endless")
    }

    /// Expands the states at a distance. If it has to end half-way, the successors are left out.
    fn expand_level(&mut self, depth: usize, threads: &Threads<S>) -> Result<(), End> {
        let mut broken = EnumSet::empty();
        let mut room = Ok(());
        let chunks = self.chunks(depth);
        for round in chunks.chunks(ROUND) {
            self.make_successors(depth, round, room.is_ok(), threads);
            for outbox in &threads.outboxes[..round.len()] {
                let Tally { transitions, broken: in_chunk, .. } = lock(outbox).tally;
                self.transitions += transitions;
                broken = broken.or(in_chunk);
            }
            if self.monitor.is_stopped() {
                // The promises that are known to break do so at this length.
                self.learn(depth, broken);
                return Err(End::Stopped);
            }
            // Without room for more, the rest of this length is still judged, so that its result is whole.
            if room.is_ok() {
                self.take_in(round, threads);
                room = self.measure(threads);
            }
            let reached: usize = self.shards.iter().map(|shard| S::states(shard).reached()).sum();
            self.monitor.update(depth, self.frontier(depth), reached as u64);
        }
        self.learn(depth, broken);
        room?;
        self.each_shard(states_of(&chunks), |_, shard| S::states_mut(shard).end_level());
        Ok(())
    }

    /// Notes the promises that one command more than the distance breaks.
    fn learn(&mut self, depth: usize, broken: EnumSet<Promise>) {
        for promise in broken.iter() {
            if self.lengths.iter().all(|(known, _)| *known != promise) {
                self.lengths.push((promise, depth + 1));
            }
        }
    }

    fn make_successors(&self, depth: usize, round: &[Chunk], wants: bool, threads: &Threads<S>) {
        let next = AtomicUsize::new(0);
        let work = |thread: usize| {
            let mut worker = lock(&threads.workers[thread]);
            while let Some(nth) = take(&next, round.len()) {
                let chunk = &round[nth];
                let shard = &self.shards[chunk.shard];
                let Outbox { tally, successors } = &mut *lock(&threads.outboxes[nth]);
                *tally = Tally::new(wants);
                if self.monitor.is_stopped() {
                    return;
                }
                let states = &S::states(shard).level(depth)[chunk.states.clone()];
                self.space.expand(&mut worker, shard, states, tally, successors);
            }
        };
        share(self.search.jobs, states_of(round), work);
    }

    fn take_in(&mut self, round: &[Chunk], threads: &Threads<S>) {
        let space = self.space;
        let outboxes: Vec<_> = threads.outboxes[..round.len()].iter().map(lock).collect();
        let successors: Vec<_> = outboxes.iter().map(|outbox| &outbox.successors).collect();
        self.each_shard(states_of(round), |number, shard| {
            successors.iter().for_each(|successors| space.take_in(number, shard, successors));
        });
    }

    /// Does work on every shard; the number of states is a measure of it.
    fn each_shard(&mut self, states: usize, work: impl Fn(usize, &mut S::Shard) + Sync) {
        let next = AtomicUsize::new(0);
        let shards: Vec<_> = self.shards.iter_mut().map(Mutex::new).collect();
        share(self.search.jobs, states, |_| {
            while let Some(number) = take(&next, SHARDS) {
                work(number, &mut lock(&shards[number]));
            }
        });
    }

    /// Whether there is room for more. The bytes of caches and successors do not count, because they
    /// depend on the number of threads.
    fn measure(&mut self, threads: &Threads<S>) -> Result<(), End> {
        let kept = self.space.bytes(&self.shards);
        let workers = threads.workers.iter().map(|worker| self.space.bytes_of_worker(&lock(worker)));
        let outboxes = threads.outboxes.iter();
        let outboxes = outboxes.map(|outbox| self.space.bytes_of_successors(&lock(outbox).successors));
        self.bytes = self.bytes.max(kept + workers.sum::<usize>() + outboxes.sum::<usize>());
        if self.space.is_exceeded() {
            Err(End::Size)
        } else if kept as u64 > self.search.memory {
            Err(End::Memory)
        } else {
            Ok(())
        }
    }

    fn chunks(&self, depth: usize) -> Vec<Chunk> {
        let mut chunks = Vec::new();
        for (number, shard) in self.shards.iter().enumerate() {
            let (mut start, mut end) = (0, 0);
            for run in S::runs(S::states(shard).level(depth)) {
                // A run may be longer than a chunk; its successors must fit into the memory all the same.
                let run = end..end + run;
                for piece in run.clone().step_by(CHUNK) {
                    end = run.end.min(piece + CHUNK);
                    if end - start >= CHUNK {
                        chunks.push(Chunk { shard: number, states: start..end });
                        start = end;
                    }
                }
            }
            if start < end {
                chunks.push(Chunk { shard: number, states: start..end });
            }
        }
        chunks
    }

    fn frontier(&self, depth: usize) -> u64 {
        self.shards.iter().map(|shard| S::states(shard).level(depth).len() as u64).sum()
    }

    /// The number of states in ended levels.
    fn states(&self) -> u64 {
        self.shards.iter().map(|shard| S::states(shard).in_levels().len() as u64).sum()
    }
}

fn states_of(chunks: &[Chunk]) -> usize {
    chunks.iter().map(|chunk| chunk.states.len()).sum()
}

/// Does work on all threads, or on one if so few states make too little of it.
pub(super) fn share(jobs: NonZeroUsize, states: usize, work: impl Fn(usize) + Sync) {
    if jobs.get() == 1 || states < MIN_SHARED {
        return work(0);
    }
    thread::scope(|scope| {
        for thread in 0..jobs.get() {
            let work = &work;
            scope.spawn(move || work(thread));
        }
    });
}

/// The number of the next piece of work, if one is left.
pub(super) fn take(next: &AtomicUsize, end: usize) -> Option<usize> {
    let number = next.fetch_add(1, Relaxed);
    (number < end).then_some(number)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
