//! The plain engine, which is the reference for every other: a state is packed into one key, and each
//! expansion unpacks it, applies every command by the model's `step`, and packs what the allowed ones
//! lead to.
//!
//! It assumes nothing of the model but that interchangeable users and groups are interchangeable, and
//! only if symmetry is on.

use std::collections::HashSet;
use std::sync::atomic::AtomicUsize;
use std::sync::{Mutex, PoisonError};

use chatwarden::coverage::{Points, StateView};
use chatwarden_model::{Bounds, Command, Group, Promise, State, step};
use foldhash::fast::FixedState;

use super::broken_promises;
use super::first_trace::first_trace;
use super::levels::{self, StateSpace, Tally, share, take};
use super::packing::{AccountPacking, Bits, GroupPacking};
use super::permutations::{self, Permutations};
use super::table::{Entry, SHARDS, States, hash, shard_of};
use super::{Exploration, PolicySearch};
use crate::SearchMonitor;

/// The plain engine for states of at most `U` users and `G` groups, whose accounts fit into `A` words and
/// each of whose groups fits into `B` words.
#[derive(Debug)]
pub(super) struct Plain<'a, const U: usize, const A: usize, const B: usize, const G: usize> {
    search: &'a PolicySearch,
    actions: Vec<Command>,
    accounts: AccountPacking<U, A>,
    group: GroupPacking<B>,
    of_accounts: Permutations<A>,
    of_group: Permutations<B>,
}

/// A packed state.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct Packed<const A: usize, const B: usize, const G: usize> {
    accounts: Bits<A>,
    groups: [Bits<B>; G],
}

impl<const A: usize, const B: usize, const G: usize> Entry for Packed<A, B, G> {
    /// A packed group has a free bit, so it is not all ones.
    const NONE: Self = Packed { accounts: [0; A], groups: [[u64::MAX; B]; G] };

    #[inline]
    fn hash(self) -> u64 {
        // The upper bits are the same for all states of a shard only in the hash of the accounts alone.
        hash(self.accounts.into_iter().chain(self.groups.into_iter().flatten()))
    }
}

impl<'a, const U: usize, const A: usize, const B: usize, const G: usize> Plain<'a, U, A, B, G> {
    pub(super) fn search(search: &'a PolicySearch, monitor: &SearchMonitor) -> Exploration {
        let space = Self::new(search);
        levels::search(&space, search, monitor, space.of_accounts.len())
    }

    pub(super) fn new(search: &'a PolicySearch) -> Self {
        let cast = &search.setup.cast;
        let renamings = permutations::of_users(cast, search.symmetry);
        let (accounts, group) = (AccountPacking::new(cast), GroupPacking::new(cast));
        Plain {
            search,
            actions: search.actions(),
            of_accounts: Permutations::new(&renamings, |renaming| accounts.renamed(renaming)),
            of_group: Permutations::new(&renamings, |renaming| group.renamed(renaming)),
            accounts,
            group,
        }
    }

    /// The key of the state's representative: the least of its images under the permutations of users,
    /// with the groups in ascending order.
    pub(super) fn canonical<const H: usize>(&self, state: &State<U, H>) -> Packed<A, B, G> {
        let own = self.pack(state);
        let mut least = self.sorted(own);
        for nth in 1..self.of_accounts.len() {
            let accounts = self.of_accounts.image(nth, &own.accounts);
            if accounts <= least.accounts {
                let groups = own.groups.map(|group| self.of_group.image(nth, &group));
                least = least.min(self.sorted(Packed { accounts, groups }));
            }
        }
        least
    }

    fn sorted(&self, mut packed: Packed<A, B, G>) -> Packed<A, B, G> {
        if self.search.symmetry {
            packed.groups[..self.search.setup.groups].sort_unstable();
        }
        packed
    }

    fn pack<const H: usize>(&self, state: &State<U, H>) -> Packed<A, B, G> {
        let mut groups = [[0; B]; G];
        for group in Group::first(self.search.setup.groups) {
            groups[group.index()] = self.group.pack(state.group(group));
        }
        Packed { accounts: self.accounts.pack(state), groups }
    }

    fn unpack(&self, packed: &Packed<A, B, G>) -> State<U, G> {
        let groups = packed.groups.map(|group| self.group.unpack(&group));
        self.accounts.unpack(&packed.accounts).with_groups(groups)
    }

    /// Hands over the successor by each allowed command, and the promises that break on the way.
    #[inline]
    fn each_successor(
        &self,
        packed: &Packed<A, B, G>,
        tally: &mut Tally,
        mut visit: impl FnMut(Packed<A, B, G>),
    ) {
        let PolicySearch { setup, promises, .. } = self.search;
        let before = self.unpack(packed);
        for command in &self.actions {
            let mut after = before;
            let outcome = step(&mut after, &setup.policy, command);
            if outcome.decision.is_allowed() {
                tally.transitions += 1;
                let delivered = outcome.delivered;
                let broken = broken_promises(&setup.policy, *promises, command, &before, delivered, &after);
                tally.broken = tally.broken.or(broken);
                if tally.wants_successors && after != before {
                    visit(self.canonical(&after));
                }
            }
        }
    }
}

impl<const U: usize, const A: usize, const B: usize, const G: usize> StateSpace for Plain<'_, U, A, B, G> {
    type Key = Packed<A, B, G>;
    type Shard = States<Self::Key>;
    type Worker = ();
    type Successors = Vec<Vec<Self::Key>>;

    fn shards(&self) -> Vec<Self::Shard> {
        let mut shards: Vec<_> = (0..SHARDS).map(|_| States::new()).collect();
        let start = self.canonical::<G>(&self.search.setup.start());
        shards[shard_of(&start.accounts)].insert(start);
        shards
    }

    fn worker(&self) {}

    fn successors(&self) -> Self::Successors {
        vec![Vec::new(); SHARDS]
    }

    fn states(shard: &Self::Shard) -> &States<Self::Key> {
        shard
    }

    fn states_mut(shard: &mut Self::Shard) -> &mut States<Self::Key> {
        shard
    }

    fn runs(states: &[Self::Key]) -> impl Iterator<Item = usize> {
        std::iter::once(states.len())
    }

    fn expand(
        &self,
        (): &mut (),
        _: &Self::Shard,
        states: &[Self::Key],
        tally: &mut Tally,
        successors: &mut Self::Successors,
    ) {
        successors.iter_mut().for_each(Vec::clear);
        for state in states {
            self.each_successor(state, tally, |after| successors[shard_of(&after.accounts)].push(after));
        }
    }

    fn take_in(&self, number: usize, shard: &mut Self::Shard, successors: &Self::Successors) {
        successors[number].iter().for_each(|state| shard.insert(*state));
    }

    fn first_trace(
        &self,
        shards: &[Self::Shard],
        actions: &[Command],
        promise: Promise,
        length: usize,
    ) -> Vec<Command> {
        let mut marked: Vec<HashSet<Self::Key, FixedState>> = vec![HashSet::default(); length];
        for distance in (0..length).rev() {
            let (near, far) = marked.split_at_mut(distance + 1);
            for state in shards.iter().flat_map(|shard| shard.level(distance)) {
                let (mut tally, mut leads_on) = (Tally::new(!far.is_empty()), false);
                self.each_successor(state, &mut tally, |after| leads_on |= far[0].contains(&after));
                if leads_on || far.is_empty() && tally.broken.contains(promise) {
                    near[distance].insert(*state);
                }
            }
        }
        first_trace(&self.search.setup, actions, promise, length, |distance, state| {
            marked[distance].contains(&self.canonical(state))
        })
    }

    /// Every command that can be written down, in every state; a state of several groups counts as
    /// several states of one group.
    fn coverage(&self, shards: &[Self::Shard], monitor: &SearchMonitor) -> Points {
        let PolicySearch { setup, commands, jobs, .. } = self.search;
        let bounds = setup.bounds();
        let bounds = Bounds { commands: *commands, groups: bounds.groups.min(1), ..bounds };
        let commands = bounds.all();
        let next = AtomicUsize::new(0);
        let all = Mutex::new(Points::default());
        let states = shards.iter().map(|shard| shard.in_levels().len()).sum();
        share(*jobs, states, |_| {
            let mut points = Points::default();
            while let Some(number) = take(&next, SHARDS).filter(|_| !monitor.is_stopped()) {
                for packed in shards[number].in_levels() {
                    let accounts = self.accounts.unpack(&packed.accounts);
                    for group in &packed.groups[..setup.groups.clamp(1, G)] {
                        let state: State<U, 1> = accounts.with_groups([self.group.unpack(group)]);
                        let situation = StateView { state: &state, policy: &setup.policy, history: None };
                        for command in &commands {
                            situation.each_point(command, |point| {
                                points.insert(point);
                            });
                        }
                    }
                }
            }
            all.lock().unwrap_or_else(PoisonError::into_inner).extend(&points);
        });
        all.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// Every state fits into a key.
    fn is_exceeded(&self) -> bool {
        false
    }

    fn bytes(&self, shards: &[Self::Shard]) -> usize {
        shards.iter().map(States::bytes).sum()
    }

    fn bytes_of_worker(&self, (): &()) -> usize {
        0
    }

    fn bytes_of_successors(&self, successors: &Self::Successors) -> usize {
        successors.iter().map(Vec::capacity).sum::<usize>() * size_of::<Self::Key>()
    }
}
