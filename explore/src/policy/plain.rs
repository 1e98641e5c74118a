//! The plain engine, which is the reference for the other: whole states in a hash set, one thread, and
//! every command applied to every state by the model's `step`.
//!
//! It assumes nothing of the model but that interchangeable users and groups are interchangeable, and
//! only if symmetry is on.

use std::collections::HashSet;

use chatwarden::coverage::Points;
use chatwarden_model::{
    Command, Group, GroupParts, GroupState, NamedEnum, Promise, State, StateParts, SymmetryGroup, step,
};
use foldhash::fast::FixedState;

use super::levels::{
    self, Counts, StateSpace, broken_promises, commands_to_cover, first_trace, judges_rest,
    permutations_of_users, show,
};
use super::{Exploration, PolicySearch};
use crate::{End, SearchMonitor};

/// The plain engine for states of at most `U` users and `G` groups.
pub(super) struct Plain<'a, const U: usize, const G: usize> {
    search: &'a PolicySearch,
    monitor: &'a SearchMonitor,
    actions: Vec<Command>,
    symmetry: SymmetryGroup,
    /// The reached states.
    known: HashSet<State<U, G>, FixedState>,
    /// The same by their distance from the start.
    levels: Vec<Vec<State<U, G>>>,
}

impl<'a, const U: usize, const G: usize> Plain<'a, U, G> {
    pub(super) fn search(search: &'a PolicySearch, monitor: &'a SearchMonitor) -> Exploration {
        let mut space = Self::new(search, monitor);
        let symmetry = space.symmetry.clone();
        levels::search(&mut space, search, monitor, &symmetry)
    }

    pub(super) fn new(search: &'a PolicySearch, monitor: &'a SearchMonitor) -> Self {
        let setup = &search.setup;
        let start = setup.start();
        let actions = search.actions();
        Plain {
            search,
            monitor,
            symmetry: permutations_of_users(search, actions.len()),
            actions,
            known: HashSet::from_iter([start]),
            levels: vec![vec![start]],
        }
    }

    /// The state's representative: the least of its images under the permutations of users, with the
    /// groups in ascending order.
    pub(super) fn canonical(&self, state: &State<U, G>) -> State<U, G> {
        if !self.search.symmetry {
            return *state;
        }
        let images = self.symmetry.renamings.iter().map(|renaming| {
            let mut groups = *renaming.state(state).parts().groups;
            groups[..self.search.setup.groups].sort_unstable_by_key(group_order);
            renaming.state(state).with_groups(groups)
        });
        images.min_by(|one, other| order(one).cmp(&order(other))).expect("the identity is a permutation")
    }

    /// Visits the states to which the allowed commands lead, with symmetry their representatives. The
    /// visit ends early if the search is stopped.
    fn each_successor(&self, before: &State<U, G>, counts: &mut Counts, mut visit: impl FnMut(State<U, G>)) {
        for command in self.actions.iter().take_while(|_| !self.monitor.is_stopped()) {
            let mut after = *before;
            let outcome = step(&mut after, &self.search.setup.policy, command);
            if outcome.decision.is_allowed() {
                let broken = broken_promises(self.search, command, before, outcome.delivered, &after);
                counts.add(Counts { transitions: 1, broken });
                if after != *before {
                    visit(self.canonical(&after));
                }
            }
        }
    }

    /// The number of bytes of so many known states; each is in the set and in its level.
    fn bytes_of(known: &HashSet<State<U, G>, FixedState>) -> u64 {
        (2 * known.capacity() * size_of::<State<U, G>>()) as u64
    }
}

/// An order of states of the same cast.
fn order<const U: usize, const G: usize>(state: &State<U, G>) -> impl Ord {
    let StateParts { kinds: _, guardians, approvals, blocks, groups } = state.parts();
    (*guardians, *approvals, *blocks, groups.each_ref().map(group_order))
}

fn group_order<const U: usize>(group: &GroupState<U>) -> impl Ord + use<U> {
    let GroupParts { phase, link, owner, members, banned, invited, inviters } = group.parts();
    (phase.index(), link.index(), owner, members, banned, invited, *inviters)
}

impl<const U: usize, const G: usize> StateSpace for Plain<'_, U, G> {
    fn states(&self) -> u64 {
        self.levels.iter().map(|level| level.len() as u64).sum()
    }

    fn level_len(&self, distance: usize) -> u64 {
        self.levels[distance].len() as u64
    }

    fn expand_level(&mut self, distance: usize, counts: &mut Counts) -> Result<(), End> {
        let (mut next, mut known) = (Vec::new(), std::mem::take(&mut self.known));
        for state in &self.levels[distance] {
            if Self::bytes_of(&known) > self.search.memory && !judges_rest(self.actions.len()) {
                break;
            }
            self.each_successor(state, counts, |successor| {
                if Self::bytes_of(&known) <= self.search.memory && known.insert(successor) {
                    next.push(successor);
                }
            });
            self.monitor.update(distance, self.level_len(distance), known.len() as u64);
        }
        self.known = known;
        if self.monitor.is_stopped() {
            return Err(End::Stopped);
        }
        if self.bytes() > self.search.memory {
            return Err(End::Memory);
        }
        self.levels.push(next);
        Ok(())
    }

    fn first_trace(&self, promise: Promise, length: usize) -> Option<Vec<Command>> {
        let mut marked: Vec<HashSet<State<U, G>, FixedState>> = vec![HashSet::default(); length];
        for distance in (0..length).rev() {
            for state in &self.levels[distance] {
                let (mut counts, mut reaches) = (Counts::default(), false);
                let far = marked.get(distance + 1);
                self.each_successor(state, &mut counts, |after| {
                    reaches |= far.is_some_and(|far| far.contains(&after));
                });
                if reaches || far.is_none() && counts.broken.contains(promise) {
                    marked[distance].insert(*state);
                }
            }
        }
        first_trace(self.search, promise, length, self.monitor, |distance, state| {
            marked[distance].contains(&self.canonical(state))
        })
    }

    fn coverage(&self) -> Points {
        let commands = commands_to_cover(self.search);
        let mut points = Points::default();
        for state in self.levels.iter().flatten().take_while(|_| !self.monitor.is_stopped()) {
            for group in Group::first(self.search.setup.groups.max(1)) {
                let state: State<U, 1> = state.with_groups([*state.group(group)]);
                show(&self.search.setup.policy, &state, &commands, self.monitor, &mut points);
            }
        }
        points
    }

    fn bytes(&self) -> u64 {
        Self::bytes_of(&self.known)
    }
}
