//! The states of groups by number, shared by all threads of a search.
//!
//! A number keeps its meaning to the end of the search. Commands are applied to groups in `stepper`.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

use chatwarden_model::GroupState;
use foldhash::fast::FixedState;

/// Stands for every state that got no number, because there were too many.
pub(super) const UNNUMBERED: u32 = u32::MAX;

/// The numbers given so far.
#[derive(Debug)]
pub(super) struct GroupStates<const U: usize> {
    interner: Mutex<Interner<U>>,
    /// The number of states that a key can tell apart.
    capacity: u64,
    /// Whether there were more.
    exceeded: AtomicBool,
}

#[derive(Debug)]
struct Interner<const U: usize> {
    states: Vec<GroupState<U>>,
    numbers: HashMap<GroupState<U>, u32, FixedState>,
}

impl<const U: usize> GroupStates<U> {
    /// Only the new group has a number, 0.
    pub(super) fn new(capacity: u64) -> Self {
        let new = GroupState::default();
        let mut numbers = HashMap::default();
        numbers.insert(new, 0);
        GroupStates {
            interner: Mutex::new(Interner { states: vec![new], numbers }),
            capacity,
            exceeded: AtomicBool::new(false),
        }
    }

    /// The number of a state.
    pub(super) fn number(&self, state: &GroupState<U>) -> u32 {
        let mut interner = self.lock();
        if let Some(number) = interner.numbers.get(state) {
            return *number;
        }
        let next = interner.states.len() as u32;
        if u64::from(next) >= self.capacity.min(UNNUMBERED.into()) {
            self.exceeded.store(true, Relaxed);
            return UNNUMBERED;
        }
        interner.numbers.insert(*state, next);
        interner.states.push(*state);
        next
    }

    /// The state of a number.
    pub(super) fn state(&self, number: u32) -> GroupState<U> {
        self.lock().states[number as usize]
    }

    /// Every numbered state, in the order of the numbers.
    pub(super) fn all(&self) -> Vec<GroupState<U>> {
        self.lock().states.clone()
    }

    /// Whether a state got no number.
    pub(super) fn is_exceeded(&self) -> bool {
        self.exceeded.load(Relaxed)
    }

    pub(super) fn bytes(&self) -> usize {
        self.lock().states.capacity() * (2 * size_of::<GroupState<U>>() + size_of::<u32>())
    }

    fn lock(&self) -> MutexGuard<'_, Interner<U>> {
        self.interner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
