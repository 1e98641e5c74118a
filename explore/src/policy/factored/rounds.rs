//! The expansion of a level by all threads.
//!
//! A level is expanded in rounds of two halves, and all threads share each half. First the successors
//! of some states are made, chunk by chunk. Then each shard takes in the successors that belong to it,
//! in the order of the chunks. So nothing is locked, and a level holds the same states for any number
//! of threads.

use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use super::outbox::Outbox;
use super::state_key::StateKey;
use super::table::SHARDS;
use super::{Factored, by_accounts};
use crate::End;
use crate::policy::levels::{Counts, StateSpace, judges_rest};

/// The most states that a thread takes at a time, about.
const MAX_CHUNK: usize = 1_024;

/// A thread takes fewer states at a time if they may have more successors. It bounds the memory of a
/// round and the time until a search sees that it is stopped.
const MAX_SUCCESSORS: usize = 1 << 20;

/// The number of chunks in a round.
pub(super) const ROUND: usize = 32;

/// Fewer states than this are expanded on one thread.
const MIN_SHARED: usize = 1_024;

/// Some states of a level.
#[derive(Clone, Debug)]
struct Chunk {
    shard: usize,
    states: Range<usize>,
}

impl<const U: usize, const W: usize, K: StateKey> Factored<'_, U, W, K> {
    /// Expands the states at a distance. If it has to end half-way, the successors are left out.
    pub(super) fn expand_in_rounds(&mut self, distance: usize, counts: &mut Counts) -> Result<(), End> {
        let (mut room, monitor) = (Ok(()), self.context.monitor);
        let chunks = self.chunks(distance);
        for round in chunks.chunks(ROUND) {
            self.make_successors(distance, round, room.is_ok());
            for outbox in &self.outboxes[..round.len()] {
                counts.add(lock(outbox).counts);
            }
            if monitor.is_stopped() {
                return Err(End::Stopped);
            }
            if room.is_ok() {
                self.take_in(round);
                room = self.measure();
            }
            if !judges_rest(self.context.actions) {
                room?;
            }
            let reached: usize = self.shards.iter().map(|shard| shard.states.reached()).sum();
            monitor.update(distance, self.level_len(distance), reached as u64);
        }
        room?;
        if monitor.is_stopped() {
            return Err(End::Stopped);
        }
        let jobs = self.context.search.jobs;
        each_shard(&mut self.shards, jobs, states_of(&chunks), |_, shard| shard.states.end_level());
        Ok(())
    }

    fn make_successors(&self, distance: usize, round: &[Chunk], wants_successors: bool) {
        let next = AtomicUsize::new(0);
        let work = |thread: usize| {
            let mut stepper = lock(&self.steppers[thread]);
            while let Some(nth) = take(&next, round.len()) {
                let chunk = &round[nth];
                let shard = &self.shards[chunk.shard];
                let mut outbox = lock(&self.outboxes[nth]);
                outbox.clear(wants_successors);
                if self.context.monitor.is_stopped() {
                    return;
                }
                for states in by_accounts(&shard.states.level(distance)[chunk.states.clone()]) {
                    stepper.step(shard.accounts(states[0].accounts()), states, &mut outbox);
                }
            }
        };
        share(self.context.search.jobs, states_of(round), work);
    }

    fn take_in(&mut self, round: &[Chunk]) {
        let outboxes: Vec<_> = self.outboxes[..round.len()].iter().map(lock).collect();
        let outboxes: Vec<&Outbox<W, K>> = outboxes.iter().map(|outbox| &**outbox).collect();
        let monitor = self.context.monitor;
        each_shard(&mut self.shards, self.context.search.jobs, states_of(round), |number, shard| {
            let parcels = outboxes.iter().flat_map(|outbox| outbox.parcels(number));
            let parcels = parcels.take_while(|_| !monitor.is_stopped());
            parcels.for_each(|(accounts, groups)| shard.insert(accounts, groups));
        });
    }

    /// Whether there is room for more. The bytes of caches and successors do not count, because they
    /// depend on the number of threads.
    fn measure(&mut self) -> Result<(), End> {
        let kept = self.bytes_of_states();
        let steppers: usize = self.steppers.iter().map(|stepper| lock(stepper).bytes()).sum();
        let outboxes: usize = self.outboxes.iter().map(|outbox| lock(outbox).bytes()).sum();
        self.max_bytes = self.max_bytes.max(kept + steppers + outboxes);
        if self.context.groups.is_exceeded() {
            Err(End::Size)
        } else if kept as u64 > self.context.search.memory {
            Err(End::Memory)
        } else {
            Ok(())
        }
    }

    fn chunks(&self, distance: usize) -> Vec<Chunk> {
        let most = (MAX_SUCCESSORS / self.context.actions.max(1)).clamp(1, MAX_CHUNK);
        let mut chunks = Vec::new();
        for (number, shard) in self.shards.iter().enumerate() {
            let (mut start, mut end) = (0, 0);
            for run in by_accounts(shard.states.level(distance)) {
                // A run may be longer than a chunk; its successors must fit into the memory all the same.
                let run = end..end + run.len();
                for piece in run.clone().step_by(most) {
                    end = run.end.min(piece + most);
                    if end - start >= most {
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
}

fn states_of(chunks: &[Chunk]) -> usize {
    chunks.iter().map(|chunk| chunk.states.len()).sum()
}

/// Does work on every shard; the number of states is a measure of it.
fn each_shard<S: Send>(
    shards: &mut [S],
    jobs: NonZeroUsize,
    states: usize,
    work: impl Fn(usize, &mut S) + Sync,
) {
    let next = AtomicUsize::new(0);
    let shards: Vec<_> = shards.iter_mut().map(Mutex::new).collect();
    share(jobs, states, |_| {
        while let Some(number) = take(&next, SHARDS) {
            work(number, &mut lock(&shards[number]));
        }
    });
}

/// Does work on all threads, or on one if so few states make too little of it.
pub(super) fn share(jobs: NonZeroUsize, states: usize, work: impl Fn(usize) + Sync) {
    if jobs.get() == 1 || states < MIN_SHARED {
        return work(0);
    }
    thread::scope(|scope| {
        for number in 1..jobs.get() {
            let work = &work;
            // Without a further thread the others have more to do.
            let _ = thread::Builder::new().spawn_scoped(scope, move || work(number));
        }
        work(0);
    });
}

/// The number of the next piece of work, if one is left.
pub(super) fn take(next: &AtomicUsize, end: usize) -> Option<usize> {
    let number = next.fetch_add(1, Relaxed);
    (number < end).then_some(number)
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
