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
mod packing;
mod permutations;
mod rounds;
mod shard;
mod state_key;
mod stepper;
mod table;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::sync::Mutex;

use chatwarden::coverage::Points;
use chatwarden_model::{Command, Group, MAX_USERS, Policy, Promise, SymmetryGroup};
use foldhash::fast::FixedState;

use super::levels::{self, Counts, StateSpace, first_trace, permutations_of_users};
use super::{Exploration, PolicySearch};
use crate::{End, SearchMonitor};
use group_states::GroupStates;
use outbox::Outbox;
use packing::{AccountPacking, Bits};
use permutations::Permutations;
use rounds::ROUND;
use shard::Shard;
use state_key::StateKey;
use stepper::Stepper;
use table::{SHARDS, shard_of};

/// Searches with states of the smallest size that fits: users, words for accounts, and the key.
pub(super) fn search(search: &PolicySearch, monitor: &SearchMonitor) -> Exploration {
    let cast = &search.setup.cast;
    let chatting = cast.kinds().chatting().len();
    match (cast.len(), packing::account_words(cast), search.setup.groups) {
        // All states of two groups fit into the smaller key only if at most three users chat.
        (..=5, ..=1, 2) if chatting > 3 => Factored::<5, 1, u128>::search(search, monitor),
        (..=5, ..=1, ..=2) => Factored::<5, 1, u64>::search(search, monitor),
        (..=9, ..=2, ..=1) => Factored::<9, 2, u64>::search(search, monitor),
        (..=9, ..=2, _) => Factored::<9, 2, u128>::search(search, monitor),
        _ => Factored::<MAX_USERS, 16, u128>::search(search, monitor),
    }
}

/// The data that all threads of a search read. Only the numbers of group states change.
#[derive(Debug)]
struct SearchContext<'a, const U: usize, const W: usize> {
    search: &'a PolicySearch,
    monitor: &'a SearchMonitor,
    packing: AccountPacking<U, W>,
    symmetry: SymmetryGroup,
    permutations: Permutations<W>,
    groups: GroupStates<U>,
    /// The commands that name no group.
    on_accounts: Vec<Command>,
    /// The commands that name the first group; those on the others are the same.
    on_group: Vec<Command>,
    /// The number of all commands.
    actions: usize,
}

impl<'a, const U: usize, const W: usize> SearchContext<'a, U, W> {
    fn new(search: &'a PolicySearch, monitor: &'a SearchMonitor, group_states: u64) -> Self {
        let cast = &search.setup.cast;
        let packing = AccountPacking::new(cast);
        let actions = search.actions();
        let symmetry = permutations_of_users(search, actions.len());
        let on = |group| actions.iter().filter(move |command| command.group() == group).copied().collect();
        SearchContext {
            search,
            monitor,
            permutations: Permutations::new(&symmetry.renamings, &packing),
            packing,
            symmetry,
            groups: GroupStates::new(group_states),
            on_accounts: on(None),
            on_group: on(Some(Group::new(0))),
            actions: actions.len(),
        }
    }

    fn policy(&self) -> &Policy {
        &self.search.setup.policy
    }
}

/// The factored engine for at most `U` users, whose accounts fit into `W` words, with states as keys of
/// type `K`.
struct Factored<'a, const U: usize, const W: usize, K> {
    context: &'a SearchContext<'a, U, W>,
    shards: Vec<Shard<W, K>>,
    /// One for each thread.
    steppers: Vec<Mutex<Stepper<'a, U, W>>>,
    /// One for each chunk of a round.
    outboxes: Vec<Mutex<Outbox<W, K>>>,
    /// The most bytes that were held at a time.
    max_bytes: usize,
}

/// States of one distance, by shard.
type Marked<K> = Vec<HashSet<K, FixedState>>;

impl<const U: usize, const W: usize, K: StateKey> Factored<'_, U, W, K> {
    fn search(search: &PolicySearch, monitor: &SearchMonitor) -> Exploration {
        let context = SearchContext::<U, W>::new(search, monitor, K::capacity(search.setup.groups));
        let mut shards: Vec<_> = (0..SHARDS).map(|_| Shard::new()).collect();
        let start = context.packing.pack(&context.packing.start);
        shards[shard_of(&start)].insert(&start, &[K::of(&vec![0; search.setup.groups])]);
        shards.iter_mut().for_each(|shard| shard.states.end_level());
        let mut space = Factored::<U, W, K> {
            context: &context,
            shards,
            steppers: (0..search.jobs.get()).map(|_| Mutex::new(Stepper::new(&context))).collect(),
            outboxes: (0..ROUND).map(|_| Mutex::new(Outbox::new())).collect(),
            max_bytes: 0,
        };
        space.max_bytes = space.bytes_of_states();
        levels::search(&mut space, search, monitor, &context.symmetry)
    }

    /// The number of bytes of the reached states, and of what belongs to them.
    fn bytes_of_states(&self) -> usize {
        self.shards.iter().map(Shard::bytes).sum::<usize>() + self.context.groups.bytes()
    }

    /// For each distance below the length, the states from which the promise can be broken by as many
    /// commands as are left. Some are missing if the search is stopped.
    fn marked(&self, promise: Promise, length: usize) -> Vec<Marked<K>> {
        let mut all: Vec<Marked<K>> = vec![vec![HashSet::default(); SHARDS]; length];
        let (mut stepper, mut outbox) = (Stepper::new(self.context), Outbox::new());
        for distance in (0..length).rev() {
            for (number, shard) in self.shards.iter().enumerate() {
                let states = shard.states.level(distance).iter();
                for state in states.take_while(|_| !self.context.monitor.is_stopped()) {
                    outbox.clear(true);
                    stepper.step(shard.accounts(state.accounts()), &[*state], &mut outbox);
                    let is_marked = match all.get(distance + 1) {
                        None => outbox.counts.broken.contains(promise),
                        Some(far) => self.reaches(&outbox, far),
                    };
                    if is_marked {
                        all[distance][number].insert(*state);
                    }
                }
            }
        }
        all
    }

    fn reaches(&self, outbox: &Outbox<W, K>, marked: &Marked<K>) -> bool {
        let numbers = (0..SHARDS).filter(|&number| !marked[number].is_empty());
        numbers
            .flat_map(|number| outbox.parcels(number))
            .any(|(accounts, groups)| groups.iter().any(|&groups| self.is_among(marked, accounts, groups)))
    }

    fn is_among(&self, marked: &Marked<K>, accounts: &Bits<W>, groups: K) -> bool {
        let number = shard_of(accounts);
        self.shards[number].find(accounts, groups).is_some_and(|key| marked[number].contains(&key))
    }
}

/// States in runs with the same accounts.
fn by_accounts<K: StateKey>(states: &[K]) -> impl Iterator<Item = &[K]> {
    states.chunk_by(|one, next| one.accounts() == next.accounts())
}

impl<const U: usize, const W: usize, K: StateKey> StateSpace for Factored<'_, U, W, K> {
    fn states(&self) -> u64 {
        self.shards.iter().map(|shard| shard.states.in_levels().len() as u64).sum()
    }

    fn level_len(&self, distance: usize) -> u64 {
        self.shards.iter().map(|shard| shard.states.level(distance).len() as u64).sum()
    }

    fn expand_level(&mut self, distance: usize, counts: &mut Counts) -> Result<(), End> {
        self.expand_in_rounds(distance, counts)
    }

    fn first_trace(&self, promise: Promise, length: usize) -> Option<Vec<Command>> {
        let marked = self.marked(promise, length);
        let mut stepper = Stepper::new(self.context);
        first_trace(self.context.search, promise, length, self.context.monitor, |distance, state| {
            let canonical = stepper.canonical(state);
            canonical.is_some_and(|(accounts, groups)| self.is_among(&marked[distance], &accounts, groups))
        })
    }

    fn coverage(&self) -> Points {
        coverage::reachable(self.context, &self.shards)
    }

    fn bytes(&self) -> u64 {
        self.max_bytes as u64
    }
}
