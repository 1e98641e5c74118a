//! The factored engine: accounts and groups are stepped apart, and a group's successors are cached by
//! the authorization relation and that group.
//!
//! A state is (accounts, groups). The *relation* says who is authorized with whom; it follows from the
//! accounts. The engine relies on four laws of the model:
//!
//! 1. A command that names no group is decided by the accounts alone.
//! 2. Its effect on the accounts depends on the accounts alone.
//! 3. Its effect on a group depends on the command, the relation before and after it, and that group.
//! 4. A command that names a group depends on the relation and that group, and changes nothing else.
//!
//! Any new rule of the model must obey them. `explore/tests/it/laws.rs` tests them on random traces
//! under random policies, and `explore/tests/it/policy.rs` compares the engine with `plain`. If a rule
//! cannot obey them, this engine has to go; the plain one needs no law.

mod coverage;
mod group_states;
mod outbox;
mod relation;
mod shard;
mod state_key;
mod stepper;
#[cfg(test)]
pub(super) mod tests;

use std::collections::HashSet;
use std::marker::PhantomData;

use chatwarden::coverage::Points;
use chatwarden_model::{Command, EnumSet, Group, Policy, Promise, Renaming, State, UserSet};
use foldhash::fast::FixedState;

use super::first_trace::first_trace;
use super::levels::{self, StateSpace, Tally};
use super::packing::{AccountPacking, Bits};
use super::permutations::{self, Permutations};
use super::table::{SHARDS, States, shard_of};
use super::{Exploration, PolicySearch, broken_promises};
use crate::SearchMonitor;
use group_states::GroupStates;
use outbox::Outbox;
use shard::Shard;
use state_key::StateKey;
use stepper::Stepper;

/// What all threads of a search read and none changes, except for the numbers of group states.
#[derive(Debug)]
struct SearchContext<'a, const U: usize, const W: usize> {
    search: &'a PolicySearch,
    packing: AccountPacking<U, W>,
    renamings: Vec<Renaming>,
    permutations: Permutations<W>,
    groups: GroupStates<U>,
    /// The commands that name no group.
    on_accounts: Vec<Command>,
    /// The commands that name the first group; those on the others are the same.
    on_group: Vec<Command>,
}

impl<'a, const U: usize, const W: usize> SearchContext<'a, U, W> {
    fn new(search: &'a PolicySearch, group_states: u64) -> Self {
        let cast = &search.setup.cast;
        let packing = AccountPacking::new(cast);
        let renamings = permutations::of_users(cast, search.symmetry);
        let actions = search.actions();
        let on = |group| actions.iter().filter(move |command| command.group() == group).copied().collect();
        SearchContext {
            search,
            permutations: Permutations::new(&renamings, |renaming| packing.renamed(renaming)),
            packing,
            renamings,
            groups: GroupStates::new(group_states),
            on_accounts: on(None),
            on_group: on(Some(Group::new(0))),
        }
    }

    fn policy(&self) -> &Policy {
        &self.search.setup.policy
    }

    fn broken<const G: usize>(
        &self,
        command: &Command,
        before: &State<U, G>,
        delivered: UserSet,
        after: &State<U, G>,
    ) -> EnumSet<Promise> {
        broken_promises(self.policy(), self.search.promises, command, before, delivered, after)
    }
}

/// The factored engine for at most `U` users, whose accounts fit into `W` words, with states as keys of
/// type `K`.
pub(super) struct Factored<'a, const U: usize, const W: usize, K> {
    context: &'a SearchContext<'a, U, W>,
    key: PhantomData<fn() -> K>,
}

/// States of one distance, by shard.
type Marked<K> = Vec<HashSet<K, FixedState>>;

impl<const U: usize, const W: usize, K: StateKey> Factored<'_, U, W, K> {
    pub(super) fn search(search: &PolicySearch, monitor: &SearchMonitor) -> Exploration {
        let context = SearchContext::<U, W>::new(search, K::capacity(search.setup.groups));
        let space = Factored::<U, W, K> { context: &context, key: PhantomData };
        levels::search(&space, search, monitor, context.permutations.len())
    }

    /// For each distance below the length, the states from which the promise can be broken by as many
    /// commands as are left.
    fn marked(&self, shards: &[Shard<W, K>], promise: Promise, length: usize) -> Vec<Marked<K>> {
        let mut all: Vec<Marked<K>> = vec![vec![HashSet::default(); SHARDS]; length];
        let (mut stepper, mut outbox) = (self.worker(), Outbox::new());
        for distance in (0..length).rev() {
            let (near, far) = all.split_at_mut(distance + 1);
            for (number, shard) in shards.iter().enumerate() {
                for state in shard.states.level(distance) {
                    let mut tally = Tally::new(true);
                    outbox.clear();
                    stepper.step(shard.accounts(state.accounts()), &[*state], &mut tally, &mut outbox);
                    let leads_on = match far.first() {
                        None => tally.broken.contains(promise),
                        Some(far) => reaches(&outbox, shards, far),
                    };
                    if leads_on {
                        near[distance][number].insert(*state);
                    }
                }
            }
        }
        all
    }
}

fn reaches<const W: usize, K: StateKey>(
    outbox: &Outbox<W, K>,
    shards: &[Shard<W, K>],
    marked: &Marked<K>,
) -> bool {
    (0..SHARDS).filter(|&number| !marked[number].is_empty()).any(|number| {
        outbox
            .parcels(number)
            .any(|(accounts, groups)| groups.iter().any(|&groups| contains(shards, marked, accounts, groups)))
    })
}

fn contains<const W: usize, K: StateKey>(
    shards: &[Shard<W, K>],
    marked: &Marked<K>,
    accounts: &Bits<W>,
    groups: K,
) -> bool {
    let number = shard_of(accounts);
    shards[number].find(accounts, groups).is_some_and(|key| marked[number].contains(&key))
}

/// States in runs with the same accounts.
fn by_accounts<K: StateKey>(states: &[K]) -> impl Iterator<Item = &[K]> {
    states.chunk_by(|one, next| one.accounts() == next.accounts())
}

impl<'a, const U: usize, const W: usize, K: StateKey> StateSpace for Factored<'a, U, W, K> {
    type Key = K;
    type Shard = Shard<W, K>;
    type Worker = Stepper<'a, U, W>;
    type Successors = Outbox<W, K>;

    fn shards(&self) -> Vec<Self::Shard> {
        let mut shards: Vec<_> = (0..SHARDS).map(|_| Shard::new()).collect();
        let start = self.context.packing.pack(&self.context.packing.start());
        shards[shard_of(&start)].insert(&start, &[K::of(&vec![0; self.context.search.setup.groups])]);
        shards
    }

    fn worker(&self) -> Self::Worker {
        Stepper::new(self.context)
    }

    fn successors(&self) -> Self::Successors {
        Outbox::new()
    }

    fn states(shard: &Self::Shard) -> &States<K> {
        &shard.states
    }

    fn states_mut(shard: &mut Self::Shard) -> &mut States<K> {
        &mut shard.states
    }

    fn runs(states: &[K]) -> impl Iterator<Item = usize> {
        by_accounts(states).map(<[K]>::len)
    }

    fn expand(
        &self,
        stepper: &mut Self::Worker,
        shard: &Self::Shard,
        states: &[K],
        tally: &mut Tally,
        outbox: &mut Self::Successors,
    ) {
        outbox.clear();
        for states in by_accounts(states) {
            stepper.step(shard.accounts(states[0].accounts()), states, tally, outbox);
        }
    }

    fn take_in(&self, number: usize, shard: &mut Self::Shard, outbox: &Self::Successors) {
        outbox.parcels(number).for_each(|(accounts, groups)| shard.insert(accounts, groups));
    }

    fn first_trace(
        &self,
        shards: &[Self::Shard],
        actions: &[Command],
        promise: Promise,
        length: usize,
    ) -> Vec<Command> {
        let marked = self.marked(shards, promise, length);
        let mut stepper = self.worker();
        first_trace(&self.context.search.setup, actions, promise, length, |distance, state| {
            let canonical = stepper.canonical(state);
            canonical.is_some_and(|(accounts, groups)| contains(shards, &marked[distance], &accounts, groups))
        })
    }

    fn coverage(&self, shards: &[Self::Shard], monitor: &SearchMonitor) -> Points {
        coverage::reachable(self.context, shards, monitor)
    }

    fn is_exceeded(&self) -> bool {
        self.context.groups.is_exceeded()
    }

    fn bytes(&self, shards: &[Self::Shard]) -> usize {
        shards.iter().map(Shard::bytes).sum::<usize>() + self.context.groups.bytes()
    }

    fn bytes_of_worker(&self, stepper: &Self::Worker) -> usize {
        stepper.bytes()
    }

    fn bytes_of_successors(&self, outbox: &Self::Successors) -> usize {
        outbox.bytes()
    }
}
