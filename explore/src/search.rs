//! The breadth-first search over the states of the model, one length of history after the other.
//!
//! Each length goes in rounds of two halves that all cores share: first the successors of the newest states are
//! made, chunk by chunk, then each shard takes in those that belong to it, in the order of the chunks. So nothing is
//! locked, and the states of a length are the same for any number of cores. Which history is the first of the
//! shortest is found afterwards, in `chain`.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::thread;

use chatwarden_model::{Command, EnumSet, Group, Promise};

use super::chain;
use super::cover;
use super::facts::Facts;
use super::groups::Groups;
use super::key::Key;
use super::orbits::Orbits;
use super::outbox::Outbox;
use super::steps::{SearchContext, Stepper};
use super::store::{SHARDS, Shard, shard_of};
use super::{End, Exploration, PolicySearch, PromiseResult, SearchMonitor};
use chatwarden::coverage;

/// How many states a core takes at a time, about.
const CHUNK: usize = 1_024;

/// How many chunks a round has.
const ROUND: usize = 32;

/// With fewer states than this to go on from it is not worth it to start more cores.
const WORTH: usize = 1_024;

/// The search of a plan, with everything that was reached so far.
#[derive(Debug)]
pub(super) struct Search<'a, const U: usize, const W: usize, K> {
    pub(super) plan: &'a PolicySearch,
    pub(super) watch: &'a SearchMonitor,
    pub(super) ground: &'a SearchContext<U, W>,
    pub(super) shards: Vec<Shard<W, K>>,
    transitions: u64,
    /// How many commands it takes to break each promise that can be broken.
    lengths: Vec<(Promise, usize)>,
    bytes: usize,
}

/// Some states of a shard that stand together.
#[derive(Clone, Copy, Debug)]
struct Chunk {
    shard: usize,
    start: usize,
    end: usize,
}

/// Searches a plan by states of that size.
pub(super) fn search<const U: usize, const W: usize, K: Key>(
    plan: &PolicySearch,
    watch: &SearchMonitor,
) -> Exploration {
    let facts = Facts::new(&plan.setup.cast);
    let alphabet = plan.alphabet();
    let of = |group: Option<Group>| move |command: &&Command| command.group() == group;
    let ground = SearchContext {
        setup: plan.setup,
        orbits: Orbits::new(&plan.setup.cast, &facts, plan.symmetry),
        facts,
        groups: Groups::new(K::capacity(plan.setup.groups)),
        symmetry: plan.symmetry,
        about_accounts: alphabet.iter().filter(of(None)).copied().collect(),
        about_group: alphabet.iter().filter(of(Some(Group::new(0)))).copied().collect(),
        promises: plan.promises,
    };
    let mut search = Search::<U, W, K>::new(plan, watch, &ground);
    let (end, depth) = search.run();
    let judged = match end {
        End::Complete => None,
        End::Memory | End::Size => Some(depth + 1),
        _ => Some(depth),
    };
    let mut stepper = Stepper::new(&ground, plan.memory);
    let mut standing = |promise| match search.lengths.iter().find(|(broken, _)| *broken == promise) {
        Some((_, length)) => PromiseResult::Broken(chain::first(
            &ground,
            &mut stepper,
            &search.shards,
            &alphabet,
            promise,
            *length,
        )),
        None if promise.is_kept_by_construction() => PromiseResult::KeptByConstruction,
        None => PromiseResult::Kept,
    };
    Exploration {
        alphabet: alphabet.len(),
        promises: plan.promises.iter().map(|promise| (promise, standing(promise))).collect(),
        ground: plan.coverage.then(|| coverage::Reachability {
            reachable: cover::reachable(&search),
            is_complete: end == End::Complete && !watch.is_stopped(),
            lacks_second_group: plan.setup.groups < 2,
        }),
        states: search.states(),
        transitions: search.transitions,
        depth,
        judged,
        frontier: if end == End::Complete { 0 } else { search.frontier(depth) },
        end,
        bytes: search.bytes as u64,
        renamings: ground.orbits.renamings().len() * orders_of_groups(plan),
    }
}

impl<'a, const U: usize, const W: usize, K: Key> Search<'a, U, W, K> {
    /// A search that has reached the start of a run.
    fn new(plan: &'a PolicySearch, watch: &'a SearchMonitor, ground: &'a SearchContext<U, W>) -> Self {
        let mut shards: Vec<_> = (0..SHARDS).map(|_| Shard::new()).collect();
        let start = ground.facts.pack(&ground.facts.start());
        shards[shard_of(&start)].insert(&start, &[K::of(&vec![0; plan.setup.groups])]);
        shards.iter_mut().for_each(Shard::end_level);
        Search { plan, watch, ground, shards, transitions: 0, lengths: Vec::new(), bytes: 0 }
    }

    /// Searches until there is a reason to end; how many commands the farthest state takes.
    fn run(&mut self) -> (End, usize) {
        let mut cores: Vec<_> = (0..self.plan.jobs.get())
            .map(|_| Mutex::new(Stepper::new(self.ground, self.plan.memory)))
            .collect();
        let outboxes: Vec<_> = (0..ROUND).map(|_| Mutex::new(Outbox::new())).collect();
        self.bytes = self.shards.iter().map(Shard::bytes).sum();
        for depth in 0.. {
            let frontier = self.frontier(depth);
            if frontier == 0 {
                return (End::Complete, depth - 1);
            }
            self.watch.tell(depth, frontier, self.states());
            if self.plan.depth == Some(depth) {
                return (End::Depth, depth);
            }
            if self.plan.stop_at_first && !self.lengths.is_empty() {
                return (End::First, depth);
            }
            if let Err(end) = self.advance(depth, &mut cores, &outboxes) {
                return (end, depth);
            }
        }
        unreachable!("the distances are endless")
    }

    /// Goes on from the states at a distance. Should it have to end half-way, what was reached is left out.
    fn advance(
        &mut self,
        depth: usize,
        cores: &mut [Mutex<Stepper<'a, U, W>>],
        outboxes: &[Mutex<Outbox<W, K>>],
    ) -> Result<(), End> {
        let mut broken = EnumSet::empty();
        let mut room = Ok(());
        let chunks = self.chunks(depth);
        for round in chunks.chunks(ROUND) {
            self.make_successors(depth, round, room.is_ok(), cores, outboxes);
            for outbox in &outboxes[..round.len()] {
                let outbox = lock(outbox);
                self.transitions += outbox.transitions;
                broken = broken.or(outbox.broken);
            }
            if self.watch.is_stopped() {
                // The promises found broken by then are of this length all the same.
                self.learn(depth, broken);
                return Err(End::Stopped);
            }
            // Without room for more, the rest of this length is still judged, so that what is said of it is whole.
            if room.is_ok() {
                self.take_in(round, outboxes);
                room = self.measure(cores, outboxes);
            }
            let reached: usize = self.shards.iter().map(Shard::reached).sum();
            self.watch.tell(depth, self.frontier(depth), reached as u64);
        }
        self.learn(depth, broken);
        room?;
        self.each_shard(states_of(&chunks), |_, shard| shard.end_level());
        Ok(())
    }

    /// Notes the promises that are broken by one command more than the distance.
    fn learn(&mut self, depth: usize, broken: EnumSet<Promise>) {
        for promise in broken.iter() {
            if self.lengths.iter().all(|(known, _)| *known != promise) {
                self.lengths.push((promise, depth + 1));
            }
        }
    }

    fn make_successors(
        &self,
        depth: usize,
        round: &[Chunk],
        room: bool,
        cores: &mut [Mutex<Stepper<'a, U, W>>],
        outboxes: &[Mutex<Outbox<W, K>>],
    ) {
        let next = AtomicUsize::new(0);
        let work = |core: usize| {
            let mut stepper = lock(&cores[core]);
            while let Some((chunk, outbox)) = take(&next, round.len()).map(|nth| (round[nth], &outboxes[nth]))
            {
                let shard = &self.shards[chunk.shard];
                let mut outbox = lock(outbox);
                outbox.clear(room);
                for states in by_accounts(&shard.level(depth)[chunk.start..chunk.end]) {
                    if self.watch.is_stopped() {
                        return;
                    }
                    stepper.step(shard.accounts(states[0].accounts()), states, &mut outbox);
                }
            }
        };
        share(self.plan.jobs, states_of(round), work);
    }

    fn take_in(&mut self, round: &[Chunk], outboxes: &[Mutex<Outbox<W, K>>]) {
        let outboxes: Vec<_> = outboxes[..round.len()].iter().map(lock).collect();
        let outboxes: Vec<&Outbox<W, K>> = outboxes.iter().map(|outbox| &**outbox).collect();
        self.each_shard(states_of(round), |nth, shard| {
            for outbox in &outboxes {
                outbox.parcels(nth).for_each(|(accounts, groups)| shard.insert(accounts, groups));
            }
        });
    }

    /// Does the work on every shard, which so many states make.
    fn each_shard(&mut self, states: usize, work: impl Fn(usize, &mut Shard<W, K>) + Sync) {
        let next = AtomicUsize::new(0);
        let shards: Vec<_> = self.shards.iter_mut().map(Mutex::new).collect();
        share(self.plan.jobs, states, |_| {
            while let Some(nth) = take(&next, SHARDS) {
                work(nth, &mut lock(&shards[nth]));
            }
        });
    }

    /// Whether there is room for more; what caches and lists on the way take is only noted, because it depends on the
    /// number of cores.
    fn measure(
        &mut self,
        cores: &mut [Mutex<Stepper<'a, U, W>>],
        outboxes: &[Mutex<Outbox<W, K>>],
    ) -> Result<(), End> {
        let kept = self.shards.iter().map(Shard::bytes).sum::<usize>() + self.ground.groups.bytes();
        let cores: usize = cores.iter().map(|core| lock(core).bytes()).sum();
        let outboxes: usize = outboxes.iter().map(|outbox| lock(outbox).bytes()).sum();
        self.bytes = self.bytes.max(kept + cores + outboxes);
        if self.ground.groups.are_too_many() {
            Err(End::Size)
        } else if kept as u64 > self.plan.memory {
            Err(End::Memory)
        } else {
            Ok(())
        }
    }

    fn chunks(&self, depth: usize) -> Vec<Chunk> {
        let mut chunks = Vec::new();
        for (nth, shard) in self.shards.iter().enumerate() {
            let mut chunk = Chunk { shard: nth, start: 0, end: 0 };
            // Where many states have the same accounts they are gone on from in several chunks all the same, so that
            // what a chunk leads to fits into the memory.
            for states in by_accounts(shard.level(depth)).flat_map(|states| states.chunks(CHUNK)) {
                chunk.end += states.len();
                if chunk.end - chunk.start >= CHUNK {
                    chunks.push(chunk);
                    chunk.start = chunk.end;
                }
            }
            if chunk.start < chunk.end {
                chunks.push(chunk);
            }
        }
        chunks
    }

    fn frontier(&self, depth: usize) -> u64 {
        self.shards.iter().map(|shard| shard.level(depth).len() as u64).sum()
    }

    /// How many states were reached.
    pub(super) fn states(&self) -> u64 {
        self.shards.iter().map(|shard| shard.len() as u64).sum()
    }
}

fn states_of(chunks: &[Chunk]) -> usize {
    chunks.iter().map(|chunk| chunk.end - chunk.start).sum()
}

/// In how many orders the groups are held to be alike.
fn orders_of_groups(plan: &PolicySearch) -> usize {
    if plan.symmetry { (1..=plan.setup.groups).product() } else { 1 }
}

/// States in runs of the same accounts.
pub(super) fn by_accounts<K: Key>(states: &[K]) -> impl Iterator<Item = &[K]> {
    states.chunk_by(|one, next| one.accounts() == next.accounts())
}

/// Does the work that so many states make on all cores, or on one if there is too little of it to share.
pub(super) fn share(jobs: NonZeroUsize, states: usize, work: impl Fn(usize) + Sync) {
    if jobs.get() == 1 || states < WORTH {
        return work(0);
    }
    thread::scope(|scope| {
        for core in 0..jobs.get() {
            let work = &work;
            scope.spawn(move || work(core));
        }
    });
}

pub(super) fn take(next: &AtomicUsize, end: usize) -> Option<usize> {
    let nth = next.fetch_add(1, Relaxed);
    (nth < end).then_some(nth)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
