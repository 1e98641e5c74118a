//! One thread of the factored engine: it applies commands to accounts and groups apart, and caches the
//! effects on groups.
//!
//! The laws that the caches rely on are stated at the engine, in `factored`.

use std::collections::HashMap;
use std::hash::Hash;
use std::ops::Range;

use chatwarden_model::{
    Command, EnumSet, Group, MAX_GROUPS, MAX_USERS, Policy, Promise, State, UserSet, decide,
};
use foldhash::fast::FixedState;

use super::SearchContext;
use super::group_states::UNNUMBERED;
use super::outbox::Outbox;
use super::packing::{Accounts, Bits};
use super::permutations::{Images, xor};
use super::state_key::StateKey;
use crate::policy::levels::broken_promises;

/// A command on accounts that changes them.
#[derive(Clone, Copy, Debug)]
struct AccountStep<'a, const U: usize> {
    /// The number of the command together with the relations before and after it.
    number: u32,
    command: &'a Command,
    before: &'a Accounts<U>,
}

/// The effect of a command on accounts on a group.
#[derive(Clone, Copy, Debug)]
struct SideEffect {
    to: u32,
    broken: EnumSet<Promise>,
}

/// The effects of all commands on a group.
#[derive(Clone, Copy, Debug)]
struct GroupSteps {
    allowed: u32,
    broken: EnumSet<Promise>,
    /// The part of the list of targets with the distinct states that they lead to.
    start: u32,
    end: u32,
}

/// The work of one thread, with its caches.
#[derive(Debug)]
pub(super) struct Stepper<'a, const U: usize, const W: usize> {
    context: &'a SearchContext<'a, U, W>,
    /// The number of each relation.
    relations: HashMap<u128, u32, FixedState>,
    /// By relation and group.
    group_steps: Vec<Vec<Option<GroupSteps>>>,
    targets: Vec<u32>,
    /// The number of each command with the relations before and after it.
    account_steps: HashMap<(u32, u32, u32), u32, FixedState>,
    /// By such a number and group.
    side_effects: Vec<Vec<Option<SideEffect>>>,
    /// By permutation and group.
    permuted: Vec<Vec<Option<u32>>>,
    /// The number of entries in these lists.
    entries: usize,
    /// The number of entries above which the caches are cleared.
    max_entries: usize,
    images: Images<W>,
    /// Buffers.
    to_least: Vec<u16>,
    scratch: Vec<u32>,
}

/// The caches of a thread take at most this part of the memory of a search.
const CACHE_SHARE: u64 = 16;

impl<'a, const U: usize, const W: usize> Stepper<'a, U, W> {
    /// A thread with empty caches.
    pub(super) fn new(context: &'a SearchContext<'a, U, W>) -> Self {
        let bytes = usize::try_from(context.search.memory / CACHE_SHARE).unwrap_or(usize::MAX);
        Stepper {
            context,
            relations: HashMap::default(),
            group_steps: Vec::new(),
            targets: Vec::new(),
            account_steps: HashMap::default(),
            side_effects: Vec::new(),
            permuted: vec![Vec::new(); context.symmetry.renamings.len()],
            entries: 0,
            max_entries: bytes / size_of::<Option<GroupSteps>>(),
            images: Vec::new(),
            to_least: Vec::new(),
            scratch: Vec::new(),
        }
    }

    /// Adds the successors of states with the same accounts to the outbox. Some are missing if the search
    /// is stopped.
    pub(super) fn step<K: StateKey>(&mut self, accounts: &Bits<W>, states: &[K], out: &mut Outbox<W, K>) {
        if self.entries > self.max_entries {
            *self = Stepper::new(self.context);
        }
        let before = self.context.packing.unpack(accounts);
        let here = self.relation(&before);
        self.context.permutations.images(accounts, &mut self.images);
        let start = out.groups.len();
        out.groups.extend(states.iter().map(|state| state.groups()));
        self.step_accounts(accounts, &before, here, start..out.groups.len(), out);
        self.step_groups(accounts, &before, here, states, out);
    }

    fn step_accounts<K: StateKey>(
        &mut self,
        bits: &Bits<W>,
        before: &Accounts<U>,
        here: u32,
        states: Range<usize>,
        out: &mut Outbox<W, K>,
    ) {
        let context = self.context;
        for (nth, command) in context.on_accounts.iter().enumerate() {
            if context.monitor.is_stopped() {
                return;
            }
            if !decide(before, context.policy(), command).is_allowed() {
                continue;
            }
            let mut after = *before;
            let delivered = after.carry_out(context.policy(), command);
            out.counts.transitions += states.len() as u64;
            out.counts.broken =
                out.counts.broken.or(broken_promises(context.search, command, before, delivered, &after));
            if after == *before {
                continue;
            }
            let there = self.relation(&after);
            let number = number(&mut self.account_steps, &mut self.side_effects, (nth as u32, here, there));
            let step = AccountStep { number, command, before };
            if out.wants_successors {
                let changed = xor(bits, &context.packing.pack(&after));
                self.send_account_step(step, &changed, states.clone(), out);
            } else {
                for at in states.clone() {
                    out.counts.broken = out.counts.broken.or(self.groups_after(step, out.groups[at]).1);
                }
            }
        }
    }

    /// Sends the successors of states by a command that changes these bits of their accounts.
    fn send_account_step<K: StateKey>(
        &mut self,
        step: AccountStep<'_, U>,
        changed: &Bits<W>,
        states: Range<usize>,
        out: &mut Outbox<W, K>,
    ) {
        let mut to_least = std::mem::take(&mut self.to_least);
        let accounts = self.context.permutations.least(&self.images, changed, &mut to_least);
        let start = out.groups.len();
        let mut moved = to_least != [0];
        for at in states.clone() {
            let from = out.groups[at];
            let (after, broken) = self.groups_after(step, from);
            out.counts.broken = out.counts.broken.or(broken);
            let after = after.and_then(|after| self.least(after, &to_least));
            moved |= after != Some(from);
            out.groups.extend(after);
        }
        self.to_least = to_least;
        if moved {
            out.send(accounts, start, out.groups.len());
        } else {
            // In most cases the groups are as before, and need no list of their own.
            out.groups.truncate(start);
            out.send(accounts, states.start, states.end);
        }
    }

    fn step_groups<K: StateKey>(
        &mut self,
        bits: &Bits<W>,
        before: &Accounts<U>,
        here: u32,
        states: &[K],
        out: &mut Outbox<W, K>,
    ) {
        let count = self.context.search.setup.groups;
        let mut keeping = std::mem::take(&mut self.to_least);
        self.context.permutations.least(&self.images, &[0; W], &mut keeping);
        let start = out.groups.len();
        for state in states.iter().take_while(|_| !self.context.monitor.is_stopped()) {
            let state = state.groups();
            for nth in 0..count {
                let steps = self.group_steps(here, state.group(nth, count), before);
                out.counts.transitions += u64::from(steps.allowed);
                out.counts.broken = out.counts.broken.or(steps.broken);
                for at in steps.start..if out.wants_successors { steps.end } else { steps.start } {
                    let to = self.targets[at as usize];
                    if to != UNNUMBERED {
                        out.groups.extend(self.least(state.with_group(nth, count, to), &keeping));
                    }
                }
            }
        }
        self.to_least = keeping;
        out.send(*bits, start, out.groups.len());
    }

    /// The least of the groups under these permutations, of which there is always one; none if the state
    /// of a group has no number, or if the search is stopped.
    #[inline]
    fn least<K: StateKey>(&mut self, groups: K, by: &[u16]) -> Option<K> {
        let (count, symmetry) = (self.context.search.setup.groups, self.context.search.symmetry);
        if by == [0] && (count < 2 || !symmetry) {
            return Some(groups);
        }
        let mut least = None;
        let mut image = std::mem::take(&mut self.scratch);
        for &nth in by.iter().take_while(|_| !self.context.monitor.is_stopped()) {
            image.clear();
            image.extend((0..count).map(|group| self.permuted(nth, groups.group(group, count))));
            if image.contains(&UNNUMBERED) {
                least = None;
                break;
            }
            if symmetry {
                image.sort_unstable();
            }
            let key = K::of(&image);
            least = Some(least.map_or(key, |least| key.min(least)));
        }
        self.scratch = image;
        least
    }

    /// The number of a group's state after a permutation of users.
    #[inline]
    fn permuted(&mut self, permutation: u16, group: u32) -> u32 {
        if permutation == 0 {
            return group;
        }
        if let Some(Some(known)) = self.permuted[usize::from(permutation)].get(group as usize) {
            return *known;
        }
        let context = self.context;
        let state: State<U, 1> = context.packing.start.with_groups([context.groups.state(group)]);
        let image = context.symmetry.renamings[usize::from(permutation)].state(&state);
        let number = context.groups.number(image.group(Group::new(0)));
        self.entries += put(&mut self.permuted[usize::from(permutation)], group, number);
        number
    }

    fn relation(&mut self, accounts: &Accounts<U>) -> u32 {
        let relation = relation(accounts, self.context.policy());
        number(&mut self.relations, &mut self.group_steps, relation)
    }

    /// The groups after a command on accounts, and the promises that break there; none if the state of a
    /// group has no number.
    #[inline]
    fn groups_after<K: StateKey>(
        &mut self,
        step: AccountStep<'_, U>,
        groups: K,
    ) -> (Option<K>, EnumSet<Promise>) {
        let count = self.context.search.setup.groups;
        let (mut after, mut broken) = (Some(groups), EnumSet::empty());
        for nth in 0..count {
            let from = groups.group(nth, count);
            let known = self.side_effects[step.number as usize].get(from as usize).copied().flatten();
            let effect = known.unwrap_or_else(|| self.compute_side_effect(step, from));
            broken = broken.or(effect.broken);
            let put = |groups: K| (effect.to != UNNUMBERED).then(|| groups.with_group(nth, count, effect.to));
            after = after.and_then(put);
        }
        (after, broken)
    }

    #[cold]
    fn compute_side_effect(&mut self, step: AccountStep<'_, U>, from: u32) -> SideEffect {
        let context = self.context;
        let before: State<U, 1> = step.before.with_groups([context.groups.state(from)]);
        let mut after = before;
        let delivered = after.carry_out(context.policy(), step.command);
        let effect = SideEffect {
            to: context.groups.number(after.group(Group::new(0))),
            broken: broken_promises(context.search, step.command, &before, delivered, &after),
        };
        self.entries += put(&mut self.side_effects[step.number as usize], from, effect);
        effect
    }

    #[inline]
    fn group_steps(&mut self, relation: u32, group: u32, accounts: &Accounts<U>) -> GroupSteps {
        match self.group_steps[relation as usize].get(group as usize) {
            Some(Some(steps)) => *steps,
            _ => self.compute_group_steps(relation, group, accounts),
        }
    }

    #[cold]
    fn compute_group_steps(&mut self, relation: u32, group: u32, accounts: &Accounts<U>) -> GroupSteps {
        let context = self.context;
        let before: State<U, 1> = accounts.with_groups([context.groups.state(group)]);
        let (mut allowed, mut broken) = (0, EnumSet::empty());
        let mut targets = Vec::new();
        for command in context.on_group.iter().take_while(|_| !context.monitor.is_stopped()) {
            if !decide(&before, context.policy(), command).is_allowed() {
                continue;
            }
            let mut after = before;
            let delivered = after.carry_out(context.policy(), command);
            allowed += 1;
            broken = broken.or(broken_promises(context.search, command, &before, delivered, &after));
            if after != before {
                targets.push(context.groups.number(after.group(Group::new(0))));
            }
        }
        targets.sort_unstable();
        targets.dedup();
        let start = self.targets.len() as u32;
        let steps = GroupSteps { allowed, broken, start, end: start + targets.len() as u32 };
        self.entries += targets.len() + put(&mut self.group_steps[relation as usize], group, steps);
        self.targets.append(&mut targets);
        steps
    }

    /// The number of bytes of the caches, about.
    pub(super) fn bytes(&self) -> usize {
        self.entries * size_of::<Option<GroupSteps>>()
            + self.account_steps.capacity() * size_of::<(u32, u32, u32, u32)>()
    }

    /// The accounts and groups of the state's representative, the least of its orbit.
    pub(super) fn canonical<K: StateKey>(&mut self, state: &State<U, MAX_GROUPS>) -> Option<(Bits<W>, K)> {
        let context = self.context;
        let count = context.search.setup.groups;
        let bits = context.packing.pack(state);
        context.permutations.images(&bits, &mut self.images);
        let mut to_least = Vec::new();
        let least = context.permutations.least(&self.images, &[0; W], &mut to_least);
        let number = |group| context.groups.number(state.group(group));
        let groups: Vec<u32> = Group::first(count).map(number).collect();
        if groups.contains(&UNNUMBERED) {
            return None;
        }
        Some((least, self.least(K::of(&groups), &to_least)?))
    }
}

/// The number of a key; a new one gets the next number and an empty list.
fn number<K: Eq + Hash, T>(
    numbers: &mut HashMap<K, u32, FixedState>,
    lists: &mut Vec<Vec<Option<T>>>,
    key: K,
) -> u32 {
    let next = lists.len() as u32;
    let number = *numbers.entry(key).or_insert(next);
    if number == next {
        lists.push(Vec::new());
    }
    number
}

/// Puts a value into a list that grows as needed, and returns by how many entries it grew.
fn put<T>(list: &mut Vec<Option<T>>, at: u32, value: T) -> usize {
    let before = list.len();
    if before <= at as usize {
        list.resize_with(at as usize + 1, || None);
    }
    list[at as usize] = Some(value);
    list.len() - before
}

const _: () = assert!(MAX_USERS * (MAX_USERS - 1) / 2 <= 128, "a relation has one bit for each pair");

/// One bit for each pair of users who chat: whether the two are authorized. It is the only way in which
/// a group depends on the accounts.
#[inline]
pub(super) fn relation<const U: usize>(accounts: &Accounts<U>, policy: &Policy) -> u128 {
    let chatting = accounts.kinds().chatting();
    let mut bits = 0;
    for one in chatting {
        for other in chatting.minus(UserSet::first(one.index() + 1)) {
            bits = bits << 1 | u128::from(accounts.authorized(policy, one, other));
        }
    }
    bits
}
