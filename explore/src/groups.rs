//! The states that groups are in, by number, shared by all cores of a search.
//!
//! A number means the same from when it is given to the end of the search; what becomes of a group is asked of the
//! model, by `steps`.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

use chatwarden_model::GroupState;
use foldhash::fast::FixedState;

/// The number of every state for which there was no number left.
pub(super) const UNKNOWN: u32 = u32::MAX;

/// The numbers given so far.
#[derive(Debug)]
pub(super) struct Groups<const U: usize> {
    known: Mutex<Known<U>>,
    /// How many states can be told apart.
    capacity: u64,
    /// Whether there were more.
    exceeded: AtomicBool,
}

#[derive(Debug)]
struct Known<const U: usize> {
    states: Vec<GroupState<U>>,
    numbers: HashMap<GroupState<U>, u32, FixedState>,
}

impl<const U: usize> Groups<U> {
    /// Only the new group is known, by 0.
    pub(super) fn new(capacity: u64) -> Self {
        let new = GroupState::default();
        let mut numbers = HashMap::default();
        numbers.insert(new, 0);
        Groups {
            known: Mutex::new(Known { states: vec![new], numbers }),
            capacity,
            exceeded: AtomicBool::new(false),
        }
    }

    /// The number of a state.
    pub(super) fn number(&self, state: &GroupState<U>) -> u32 {
        let mut known = self.lock();
        if let Some(number) = known.numbers.get(state) {
            return *number;
        }
        let next = known.states.len() as u32;
        if u64::from(next) >= self.capacity.min(UNKNOWN.into()) {
            self.exceeded.store(true, Relaxed);
            return UNKNOWN;
        }
        known.numbers.insert(*state, next);
        known.states.push(*state);
        next
    }

    /// The state of a number.
    pub(super) fn state(&self, number: u32) -> GroupState<U> {
        self.lock().states[number as usize]
    }

    /// Every state that has a number, in that order.
    pub(super) fn all(&self) -> Vec<GroupState<U>> {
        self.lock().states.clone()
    }

    /// Whether more states were met than can be told apart.
    pub(super) fn are_too_many(&self) -> bool {
        self.exceeded.load(Relaxed)
    }

    /// How many bytes they take.
    pub(super) fn bytes(&self) -> usize {
        self.lock().states.capacity() * (2 * size_of::<GroupState<U>>() + size_of::<u32>())
    }

    fn lock(&self) -> MutexGuard<'_, Known<U>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
