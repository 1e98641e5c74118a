//! What every command makes of a state, and which promises that breaks, by asking the model about its parts.
//!
//! A state is accounts beside groups. Four laws of the model, which a test holds, let the parts be stepped apart:
//! a command that names no group is decided by the accounts alone; what it makes of them depends on them alone; what
//! it makes of a group depends on the command, on who was and is authorized with whom, and on that group; and a
//! command that names a group depends on who is authorized with whom and on that group, and changes nothing else.
//! So what becomes of a group is asked of the model once, however many accounts it is met with.
//!
//! Which states were reached before is not known here.

use std::collections::HashMap;

use chatwarden_model::{Command, EnumSet, Group, Policy, Promise, Setup, State, Transition, UserSet, decide};
use foldhash::fast::FixedState;

use super::facts::{Accounts, Bits, Facts, relation};
use super::groups::{Groups, UNKNOWN};
use super::key::Key;
use super::orbits::{Images, Orbits, xor};
use super::outbox::Outbox;

/// What all cores of a search look at and none changes, but for the numbers of groups.
#[derive(Debug)]
pub(super) struct SearchContext<const U: usize, const W: usize> {
    pub(super) setup: Setup,
    pub(super) facts: Facts<U, W>,
    pub(super) orbits: Orbits<W>,
    pub(super) groups: Groups<U>,
    /// Whether groups are interchangeable.
    pub(super) symmetry: bool,
    /// The commands that name no group.
    pub(super) about_accounts: Vec<Command>,
    /// The commands that name the first group; those about the others are the same.
    pub(super) about_group: Vec<Command>,
    pub(super) promises: EnumSet<Promise>,
}

/// A command about accounts that changes them.
#[derive(Clone, Copy, Debug)]
struct Settling<'a, const U: usize> {
    /// The number of the change: the command, and who was and is authorized with whom.
    change: u32,
    command: &'a Command,
    before: &'a Accounts<U>,
}

/// What becomes of a group by a command about accounts.
#[derive(Clone, Copy, Debug)]
struct Change {
    to: u32,
    broken: EnumSet<Promise>,
}

/// What becomes of a group by all commands about groups.
#[derive(Clone, Copy, Debug)]
struct Exits {
    allowed: u32,
    broken: EnumSet<Promise>,
    /// Where the different states that they lead to stand in the list.
    start: u32,
    end: u32,
}

/// One core's work, with what it has learned from the model.
#[derive(Debug)]
pub(super) struct Stepper<'a, const U: usize, const W: usize> {
    ground: &'a SearchContext<U, W>,
    relations: HashMap<u128, u32, FixedState>,
    /// By relation and group.
    exits: Vec<Vec<Option<Exits>>>,
    targets: Vec<u32>,
    /// By command and the relations before and after it.
    changes: HashMap<(u32, u32, u32), u32, FixedState>,
    /// By such a change and group.
    changed: Vec<Vec<Option<Change>>>,
    /// By renaming and group.
    renamed: Vec<Vec<Option<u32>>>,
    /// How many entries the lists above have.
    entries: usize,
    /// How many they have before all of them are forgotten.
    most: usize,
    images: Images<W>,
    by: Vec<u16>,
    fixing: Vec<u16>,
    scratch: Vec<u32>,
}

/// What part of the memory of a search a core's own takes at most before it forgets what it has learned.
const PART: u64 = 16;

impl<const U: usize, const W: usize> SearchContext<U, W> {
    fn policy(&self) -> &Policy {
        &self.setup.policy
    }

    /// The promises that a transition breaks.
    pub(super) fn broken<const G: usize>(
        &self,
        command: &Command,
        before: &State<U, G>,
        delivered: UserSet,
        after: &State<U, G>,
    ) -> EnumSet<Promise> {
        let transition =
            Transition { policy: self.policy(), before, command, allowed: true, delivered, after };
        self.promises.iter().filter(|promise| promise.first_breach(&transition).is_some()).collect()
    }
}

impl<'a, const U: usize, const W: usize> Stepper<'a, U, W> {
    /// One that has learned nothing, in a search that may take so many bytes.
    pub(super) fn new(ground: &'a SearchContext<U, W>, memory: u64) -> Self {
        Stepper {
            ground,
            relations: HashMap::default(),
            exits: Vec::new(),
            targets: Vec::new(),
            changes: HashMap::default(),
            changed: Vec::new(),
            renamed: vec![Vec::new(); ground.orbits.renamings().len()],
            entries: 0,
            most: usize::try_from(memory / PART).unwrap_or(usize::MAX) / size_of::<Option<Exits>>(),
            images: Vec::new(),
            by: Vec::new(),
            fixing: Vec::new(),
            scratch: Vec::new(),
        }
    }

    /// Adds the successors of states with the same accounts to the outbox.
    pub(super) fn step<K: Key>(&mut self, accounts: &Bits<W>, states: &[K], out: &mut Outbox<W, K>) {
        if self.entries > self.most {
            self.forget();
        }
        let before = self.ground.facts.unpack(accounts);
        let here = self.relation(&before);
        self.ground.orbits.images(accounts, &mut self.images);
        let start = out.groups.len();
        out.groups.extend(states.iter().map(|state| state.groups()));
        self.step_accounts(accounts, &before, here, start..out.groups.len(), out);
        self.step_groups(accounts, &before, here, states, out);
    }

    fn step_accounts<K: Key>(
        &mut self,
        bits: &Bits<W>,
        before: &Accounts<U>,
        here: u32,
        states: std::ops::Range<usize>,
        out: &mut Outbox<W, K>,
    ) {
        let ground = self.ground;
        for (nth, command) in ground.about_accounts.iter().enumerate() {
            if !decide(before, ground.policy(), command).is_allowed() {
                continue;
            }
            let mut after = *before;
            let delivered = after.carry_out(ground.policy(), command);
            out.transitions += states.len() as u64;
            out.broken = out.broken.or(ground.broken(command, before, delivered, &after));
            if after == *before {
                continue;
            }
            let there = self.relation(&after);
            let change = self.change(nth as u32, here, there);
            let change = Settling { change, command, before };
            if out.is_open {
                let changed = xor(bits, &ground.facts.pack(&after));
                self.send_settled(change, &changed, states.clone(), out);
            } else {
                for at in states.clone() {
                    out.broken = out.broken.or(self.settled(change, out.groups[at]).1);
                }
            }
        }
    }

    /// Sends what the states in that part of the outbox's list become by a command that changes these bits.
    fn send_settled<K: Key>(
        &mut self,
        change: Settling<'_, U>,
        changed: &Bits<W>,
        states: std::ops::Range<usize>,
        out: &mut Outbox<W, K>,
    ) {
        let mut by = std::mem::take(&mut self.by);
        let accounts = self.ground.orbits.least(&self.images, changed, &mut by);
        let start = out.groups.len();
        let mut moved = by != [0];
        for at in states.clone() {
            let from = out.groups[at];
            let (settled, broken) = self.settled(change, from);
            out.broken = out.broken.or(broken);
            let settled = settled.and_then(|settled| self.least(settled, &by));
            moved |= settled != Some(from);
            out.groups.extend(settled);
        }
        self.by = by;
        if moved {
            out.send(accounts, start, out.groups.len());
        } else {
            // In most cases the groups are as before, and need no list of their own.
            out.groups.truncate(start);
            out.send(accounts, states.start, states.end);
        }
    }

    fn step_groups<K: Key>(
        &mut self,
        bits: &Bits<W>,
        before: &Accounts<U>,
        here: u32,
        states: &[K],
        out: &mut Outbox<W, K>,
    ) {
        let count = self.ground.setup.groups;
        let mut fixing = std::mem::take(&mut self.fixing);
        self.ground.orbits.least(&self.images, &[0; W], &mut fixing);
        let start = out.groups.len();
        for state in states {
            let state = state.groups();
            for nth in 0..count {
                let exits = self.exits(here, state.group(nth, count), before);
                out.transitions += u64::from(exits.allowed);
                out.broken = out.broken.or(exits.broken);
                for at in exits.start..if out.is_open { exits.end } else { exits.start } {
                    let to = self.targets[at as usize];
                    if to != UNKNOWN {
                        out.groups.extend(self.least(state.with_group(nth, count, to), &fixing));
                    }
                }
            }
        }
        self.fixing = fixing;
        out.send(*bits, start, out.groups.len());
    }

    /// The least of the groups under these renamings, of which there is always one; none if some have no number.
    #[inline]
    pub(super) fn least<K: Key>(&mut self, groups: K, by: &[u16]) -> Option<K> {
        let count = self.ground.setup.groups;
        if by == [0] && (count < 2 || !self.ground.symmetry) {
            return Some(groups);
        }
        let mut least = None;
        let mut renamed = std::mem::take(&mut self.scratch);
        for &nth in by {
            renamed.clear();
            renamed.extend((0..count).map(|group| self.renamed(nth, groups.group(group, count))));
            if renamed.contains(&UNKNOWN) {
                least = None;
                break;
            }
            if self.ground.symmetry {
                renamed.sort_unstable();
            }
            let key = K::of(&renamed);
            least = Some(least.map_or(key, |least| key.min(least)));
        }
        self.scratch = renamed;
        least
    }

    #[inline]
    fn renamed(&mut self, renaming: u16, group: u32) -> u32 {
        if renaming == 0 {
            return group;
        }
        if let Some(Some(known)) = self.renamed[usize::from(renaming)].get(group as usize) {
            return *known;
        }
        let ground = self.ground;
        let blank: State<U, 1> = ground.facts.start().with_groups([ground.groups.state(group)]);
        let renamed = ground.orbits.renamings()[usize::from(renaming)].state(&blank);
        let number = ground.groups.number(renamed.group(Group::new(0)));
        self.entries += put(&mut self.renamed[usize::from(renaming)], group, number);
        number
    }

    fn relation(&mut self, accounts: &Accounts<U>) -> u32 {
        let next = self.exits.len() as u32;
        let number = *self.relations.entry(relation(accounts, self.ground.policy())).or_insert(next);
        if number == next {
            self.exits.push(Vec::new());
        }
        number
    }

    fn change(&mut self, command: u32, before: u32, after: u32) -> u32 {
        let next = self.changed.len() as u32;
        let number = *self.changes.entry((command, before, after)).or_insert(next);
        if number == next {
            self.changed.push(Vec::new());
        }
        number
    }

    /// The groups after a command about accounts, and the promises broken there; none if some have no number.
    #[inline]
    fn settled<K: Key>(&mut self, settling: Settling<'_, U>, groups: K) -> (Option<K>, EnumSet<Promise>) {
        let count = self.ground.setup.groups;
        let (mut settled, mut broken) = (Some(groups), EnumSet::empty());
        for nth in 0..count {
            let from = groups.group(nth, count);
            let known = self.changed[settling.change as usize].get(from as usize).copied().flatten();
            let change = known.unwrap_or_else(|| self.learn_change(settling, from));
            broken = broken.or(change.broken);
            let put = |groups: K| (change.to != UNKNOWN).then(|| groups.with_group(nth, count, change.to));
            settled = settled.and_then(put);
        }
        (settled, broken)
    }

    #[cold]
    fn learn_change(&mut self, settling: Settling<'_, U>, from: u32) -> Change {
        let ground = self.ground;
        let Settling { change, command, before } = settling;
        let before: State<U, 1> = before.with_groups([ground.groups.state(from)]);
        let mut after = before;
        let delivered = after.carry_out(ground.policy(), command);
        let learned = Change {
            to: ground.groups.number(after.group(Group::new(0))),
            broken: ground.broken(command, &before, delivered, &after),
        };
        self.entries += put(&mut self.changed[change as usize], from, learned);
        learned
    }

    #[inline]
    fn exits(&mut self, relation: u32, group: u32, accounts: &Accounts<U>) -> Exits {
        match self.exits[relation as usize].get(group as usize) {
            Some(Some(exits)) => *exits,
            _ => self.learn_exits(relation, group, accounts),
        }
    }

    #[cold]
    fn learn_exits(&mut self, relation: u32, group: u32, accounts: &Accounts<U>) -> Exits {
        let ground = self.ground;
        let before: State<U, 1> = accounts.with_groups([ground.groups.state(group)]);
        let start = self.targets.len();
        let mut exits = Exits { allowed: 0, broken: EnumSet::empty(), start: start as u32, end: 0 };
        for command in &ground.about_group {
            if !decide(&before, ground.policy(), command).is_allowed() {
                continue;
            }
            let mut after = before;
            let delivered = after.carry_out(ground.policy(), command);
            exits.allowed += 1;
            exits.broken = exits.broken.or(ground.broken(command, &before, delivered, &after));
            if after != before {
                self.targets.push(ground.groups.number(after.group(Group::new(0))));
            }
        }
        self.targets[start..].sort_unstable();
        let mut kept = start;
        for at in start..self.targets.len() {
            if at == start || self.targets[at] != self.targets[kept - 1] {
                self.targets[kept] = self.targets[at];
                kept += 1;
            }
        }
        self.targets.truncate(kept);
        exits.end = kept as u32;
        self.entries += kept - start + put(&mut self.exits[relation as usize], group, exits);
        exits
    }

    /// Forgets what was learned, to learn it again as it is needed.
    fn forget(&mut self) {
        self.relations = HashMap::default();
        self.exits = Vec::new();
        self.targets = Vec::new();
        self.changes = HashMap::default();
        self.changed = Vec::new();
        self.renamed.iter_mut().for_each(|renamed| *renamed = Vec::new());
        self.entries = 0;
    }

    /// About how many bytes it takes.
    pub(super) fn bytes(&self) -> usize {
        self.entries * size_of::<Option<Exits>>()
            + self.changes.capacity() * size_of::<(u32, u32, u32, u32)>()
    }

    /// The accounts and groups of a state as they are kept: the least of its orbit.
    pub(super) fn canonical<K: Key, const G: usize>(&mut self, state: &State<U, G>) -> Option<(Bits<W>, K)> {
        let ground = self.ground;
        let count = ground.setup.groups;
        let bits = ground.facts.pack(&state.with_groups([]));
        ground.orbits.images(&bits, &mut self.images);
        let mut by = Vec::new();
        let least = ground.orbits.least(&self.images, &[0; W], &mut by);
        let groups: Vec<u32> =
            Group::first(count).map(|group| ground.groups.number(state.group(group))).collect();
        if groups.contains(&UNKNOWN) {
            return None;
        }
        Some((least, self.least(K::of(&groups), &by)?))
    }
}

/// Puts a value at its place in a list that grows as needed; by how many entries it grew.
fn put<T>(list: &mut Vec<Option<T>>, at: u32, value: T) -> usize {
    let before = list.len();
    if before <= at as usize {
        list.resize_with(at as usize + 1, || None);
    }
    list[at as usize] = Some(value);
    list.len() - before
}
