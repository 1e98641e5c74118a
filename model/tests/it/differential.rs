//! The model compared with the oracle on random commands: decisions, deliveries, states and broken promises.
//!
//! Cast, policy and commands of a run follow from one seed. From the run branch short continuations in which
//! commands take effect that are not allowed, and groups are set to states that an implementation might
//! show. `CHATWARDEN_COMMANDS` sets the number of commands. A failing run is not shrunk; it is short enough
//! to read.

use std::collections::BTreeSet;
use std::fmt::Debug;

use chatwarden_model::{
    Command, CommandKind, Condition, Group, GroupState, NamedEnum, Phase, Promise, Setup, State, Transition,
    User, UserSet, decide, step,
};

use crate::oracle::{Id, Ids, Oracle, Room, Step, Violation, ids};
use crate::support::{Random, any_command, any_setup, likely_command};

#[test]
fn model_and_oracle_agree() {
    let commands = std::env::var("CHATWARDEN_COMMANDS")
        .map_or(300_000, |count| count.parse().expect("CHATWARDEN_COMMANDS is a number of commands"));
    let mut seen = Covered::default();
    for seed in 0.. {
        if seen.commands >= commands {
            break;
        }
        Run::new(seed).run(&mut seen);
    }
    seen.assert_enough();
}

/// Counts of the cases that the runs covered, so that a test that tries too little fails.
#[derive(Default)]
struct Covered {
    commands: usize,
    allowed: BTreeSet<CommandKind>,
    failed: BTreeSet<(CommandKind, Condition)>,
    broken: BTreeSet<Promise>,
    broken_when_judged: BTreeSet<Promise>,
}

impl Covered {
    fn record(&mut self, compared: &Compared<'_>) {
        self.commands += 1;
        let kind = compared.command.kind();
        self.failed.extend(compared.conditions.iter().filter(|row| !row.1).map(|row| (kind, row.0)));
        if compared.allowed() {
            self.allowed.insert(kind);
        }
    }

    fn assert_enough(&self) {
        assert_eq!(self.allowed.len(), CommandKind::ALL.len(), "some command was never allowed");
        let pairs: usize = CommandKind::ALL.iter().map(|kind| kind.conditions().len()).sum();
        assert_eq!(self.failed.len(), pairs, "some condition never failed");
        assert_eq!(self.broken_when_judged.len(), Promise::ALL.len(), "some promise was never broken");
        let breakable = Promise::ALL.iter().copied().filter(|promise| !promise.is_kept_by_construction());
        assert_eq!(self.broken, breakable.collect());
    }
}

/// An event of a run.
#[derive(Debug)]
#[expect(dead_code, reason = "the fields are printed")]
enum Event {
    Tried(Command),
    Forced(Command),
    Shown(Group, GroupState),
    Judged { command: Command, allowed: bool, delivered: UserSet },
}

/// A run and its events so far.
struct Run {
    seed: u64,
    random: Random,
    setup: Setup,
    events: Vec<Event>,
}

impl Run {
    fn new(seed: u64) -> Self {
        let mut random = Random(seed);
        let setup = any_setup(&mut random);
        Run { seed, random, setup, events: Vec::new() }
    }

    fn run(&mut self, seen: &mut Covered) {
        let mut oracle = Oracle::new(&self.setup.cast, self.setup.groups);
        let mut wide: State = self.setup.start();
        let fits = self.setup.cast.len() <= 8 && self.setup.groups <= 2;
        let mut narrow: Option<State<8, 2>> = fits.then(|| self.setup.start());
        for _ in 0..1 + self.random.below(200) {
            if self.random.once_in(16) {
                self.branch(wide, oracle.clone(), seen);
            }
            let command = likely_command(&mut self.random, &self.setup, &wide);
            let before = oracle.clone();
            let (conditions, delivered) = oracle.step(&self.setup.policy, &command);
            let step = Compared {
                setup: self.setup,
                forced: false,
                command,
                conditions,
                delivered,
                before,
                after: &oracle,
            };
            seen.record(&step);
            seen.broken.extend(step.violations().iter().map(|violation| violation.0));
            self.events.push(Event::Tried(command));
            self.assert_same(step.compare(&mut wide));
            if let Some(narrow) = &mut narrow {
                self.assert_same(step.compare(narrow));
            }
        }
    }

    /// A few commands that take effect without being allowed, in groups set to random states.
    fn branch(&mut self, mut state: State, mut oracle: Oracle, seen: &mut Covered) {
        let kept = self.events.len();
        for _ in 0..1 + self.random.below(6) {
            if self.random.once_in(4) {
                self.show_group(&mut state, &mut oracle);
            }
            let command = any_command(&mut self.random, &self.setup.bounds());
            let before = oracle.clone();
            let conditions = before.conditions(&self.setup.policy, &command);
            let delivered = oracle.effect(&self.setup.policy, &command);
            let step = Compared {
                setup: self.setup,
                forced: true,
                command,
                conditions,
                delivered,
                before,
                after: &oracle,
            };
            seen.record(&step);
            self.events.push(Event::Forced(command));
            self.assert_same(step.compare(&mut state));
        }
        self.judge(state, &oracle, seen);
        self.events.truncate(kept);
    }

    /// Compares the promises judged on arbitrary answers and states of an implementation.
    fn judge(&mut self, before: State, oracle: &Oracle, seen: &mut Covered) {
        let (mut after, mut shown, setup) = (before, oracle.clone(), self.setup);
        let other = any_command(&mut self.random, &setup.bounds());
        after.carry_out(&setup.policy, &other);
        shown.effect(&setup.policy, &other);
        self.events.push(Event::Forced(other));
        self.show_group(&mut after, &mut shown);

        let policy = &setup.policy;
        let command = &any_command(&mut self.random, &setup.bounds());
        let delivered = self.random.users(setup.cast.kinds().chatting(), 3);
        let allowed = !self.random.once_in(4);
        self.events.push(Event::Judged { command: *command, allowed, delivered });
        let transition = Transition { policy, before: &before, command, allowed, delivered, after: &after };
        let delivered = &ids(delivered);
        let step = Step { policy, before: oracle, command, allowed, delivered, after: &shown };
        let violations = step.violations();
        seen.broken_when_judged.extend(violations.iter().map(|violation| violation.0));
        self.assert_same(same("breaches when judged", breaches(&transition), violations));
    }

    /// Sets a group to a random state.
    fn show_group(&mut self, state: &mut State, oracle: &mut Oracle) {
        let kinds = self.setup.cast.kinds();
        let group = Group::new(self.random.below(self.setup.groups));
        let shown = any_group(&mut self.random, kinds.chatting());
        *state.group_mut(group) = shown;
        oracle.groups[group.index()] = room(&shown, kinds.everyone());
        self.events.push(Event::Shown(group, shown));
    }

    fn assert_same(&self, compared: Result<(), String>) {
        let Err(difference) = compared else { return };
        panic!("{difference}\nseed {}, {:#?}", self.seed, (self.setup, &self.events));
    }
}

/// The results of the oracle for one command, to be compared with the model.
struct Compared<'a> {
    setup: Setup,
    /// Whether the command takes effect even if it is not allowed.
    forced: bool,
    command: Command,
    conditions: Vec<(Condition, bool)>,
    delivered: Ids,
    before: Oracle,
    after: &'a Oracle,
}

impl Compared<'_> {
    fn allowed(&self) -> bool {
        self.conditions.iter().all(|row| row.1)
    }

    fn violations(&self) -> BTreeSet<Violation> {
        let step = Step {
            policy: &self.setup.policy,
            before: &self.before,
            command: &self.command,
            allowed: self.forced || self.allowed(),
            delivered: &self.delivered,
            after: self.after,
        };
        step.violations()
    }

    /// Carries out the command on the model and returns the first difference as an error.
    fn compare<const U: usize, const G: usize>(&self, state: &mut State<U, G>) -> Result<(), String> {
        let (before, policy, command) = (*state, &self.setup.policy, &self.command);
        let decision = decide(&before, policy, command);
        let delivered = if self.forced {
            state.carry_out(policy, command)
        } else {
            let outcome = step(state, policy, command);
            same("decisions", outcome.decision, decision)?;
            outcome.delivered
        };
        let failed: Vec<Condition> = self.conditions.iter().filter(|row| !row.1).map(|row| row.0).collect();
        same("conditions", decision.conditions().collect(), self.conditions.clone())?;
        same("reason", decision.reason(), failed.first().copied())?;
        same("number of failures", decision.failures() as usize, failed.len())?;
        same("near miss", decision.near_miss(), failed.first().copied().filter(|_| failed.len() == 1))?;
        same("delivered", ids(delivered), self.delivered.clone())?;
        same("state", &observed(state, &self.setup), self.after)?;
        let allowed = self.forced || decision.is_allowed();
        let transition = Transition { policy, before: &before, command, allowed, delivered, after: state };
        same("breaches", breaches(&transition), self.violations())
    }
}

fn same<T: PartialEq + Debug>(what: &str, model: T, oracle: T) -> Result<(), String> {
    if model == oracle { Ok(()) } else { Err(format!("{what}\n model: {model:?}\noracle: {oracle:?}")) }
}

/// The model's state as a state of the oracle.
fn observed<const U: usize, const G: usize>(state: &State<U, G>, setup: &Setup) -> Oracle {
    let mut seen = Oracle::new(&setup.cast, setup.groups);
    let everyone = setup.cast.kinds().everyone();
    seen.kinds = everyone.iter().map(|user| state.kinds().kind(user)).collect();
    seen.guardians = pairs(everyone, |child| state.guardians(child)).collect();
    seen.blocks = pairs(everyone, |user| state.blocks(user)).collect();
    for child in everyone {
        let rows = pairs(everyone, |contact| state.approvals(child, contact));
        seen.approvals.extend(rows.map(|(contact, guardian)| (child.index(), contact, guardian)));
    }
    for (group, shown) in state.groups() {
        if group.index() < setup.groups {
            seen.groups[group.index()] = room(shown, everyone);
        } else {
            assert_eq!(*shown, GroupState::default(), "an undeclared group has changed");
        }
    }
    seen
}

/// Pairs of a user and each user in the set that `of` returns.
fn pairs(users: UserSet, of: impl Fn(User) -> UserSet) -> impl Iterator<Item = (Id, Id)> {
    users
        .into_iter()
        .flat_map(move |user| of(user).into_iter().map(move |other| (user.index(), other.index())))
}

fn room<const U: usize>(shown: &GroupState<U>, everyone: UserSet) -> Room {
    let invited = everyone.iter().filter_map(|user| Some((user.index(), shown.inviter(user)?.index())));
    let room = Room {
        phase: shown.phase,
        owner: shown.owner.map(User::index),
        members: ids(shown.members),
        banned: ids(shown.banned),
        invited: invited.collect(),
        link: shown.link,
    };
    assert!(room.invited.keys().copied().eq(ids(shown.invited())), "invited users and inviters differ");
    room
}

/// A random group. A new or dissolved group has no members, invitations and owner.
fn any_group(random: &mut Random, chatting: UserSet) -> GroupState {
    let mut group = GroupState::default();
    group.phase = random.value();
    group.banned = random.users(chatting, 2);
    if matches!(group.phase, Phase::Active | Phase::Frozen) {
        group.link = random.value();
        group.members = random.users(chatting, 5);
        group.owner = random.user(group.members);
        for user in random.users(chatting, 2) {
            group.invite(user, random.user(chatting).unwrap_or(user));
        }
    }
    group
}

/// All breaches of promises by the model.
fn breaches<const U: usize, const G: usize>(transition: &Transition<'_, U, G>) -> BTreeSet<Violation> {
    let mut found = BTreeSet::new();
    for &promise in Promise::ALL {
        let mut first = None;
        promise.each_breach(transition, |breach| {
            first.get_or_insert(breach);
            let place = (breach.promise, breach.group.map(Group::index), ids(breach.users), breach.cause);
            assert!(found.insert(place), "{breach:?} is listed twice");
        });
        assert_eq!(first, promise.first_breach(transition), "the first place of {promise}");
    }
    found
}
