//! The model beside the oracle: random commands, and everything that can be seen compared after each.
//!
//! A run is one number, from which its cast, policy and commands follow. Short branches leave it, in which
//! commands take effect that are not allowed and groups are set to what an implementation might show, as in
//! a judged state. `CHATWARDEN_COMMANDS` says how many commands to try. Deliberately absent: shrinking; a
//! run is short enough to read.

use std::collections::BTreeSet;
use std::fmt::Debug;

use chatwarden_model::{
    Command, CommandKind, Condition, Group, GroupState, NamedEnum, Phase, Promise, Setup, State, Transition,
    User, UserSet, decide, step,
};

use crate::oracle::{Id, Ids, Oracle, Room, Step, Trouble, ids};
use crate::support::{Random, any_command, any_setup, likely_command};

#[test]
fn model_and_oracle_agree() {
    let commands = std::env::var("CHATWARDEN_COMMANDS")
        .map_or(300_000, |count| count.parse().expect("CHATWARDEN_COMMANDS is a number of commands"));
    let mut seen = Seen::default();
    for seed in 0.. {
        if seen.commands >= commands {
            break;
        }
        Run::new(seed).go(&mut seen);
    }
    seen.assert_enough();
}

/// What has been tried, so that a test that tries nothing does not pass.
#[derive(Default)]
struct Seen {
    commands: usize,
    allowed: BTreeSet<CommandKind>,
    failed: BTreeSet<(CommandKind, Condition)>,
    broken: BTreeSet<Promise>,
    broken_when_judged: BTreeSet<Promise>,
}

impl Seen {
    fn note(&mut self, compared: &Compared<'_>) {
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
        // The rules keep the others under any policy.
        assert_eq!(
            self.broken,
            BTreeSet::from([Promise::NoStrangers, Promise::Delivery, Promise::Invitation])
        );
    }
}

/// What happened in a run.
#[derive(Debug)]
#[expect(dead_code, reason = "a history is there to be printed")]
enum Event {
    Tried(Command),
    Forced(Command),
    Shown(Group, GroupState),
    Judged { command: Command, allowed: bool, delivered: UserSet },
}

/// One run: what it is about, and what happened so far.
struct Run {
    seed: u64,
    random: Random,
    setup: Setup,
    history: Vec<Event>,
}

impl Run {
    fn new(seed: u64) -> Self {
        let mut random = Random(seed);
        let setup = any_setup(&mut random);
        Run { seed, random, setup, history: Vec::new() }
    }

    fn go(&mut self, seen: &mut Seen) {
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
            seen.note(&step);
            seen.broken.extend(step.troubles().iter().map(|trouble| trouble.0));
            self.history.push(Event::Tried(command));
            self.hold(step.compare(&mut wide));
            if let Some(narrow) = &mut narrow {
                self.hold(step.compare(narrow));
            }
        }
    }

    /// A few commands that take effect whatever their conditions say, in groups as they may be shown.
    fn branch(&mut self, mut state: State, mut oracle: Oracle, seen: &mut Seen) {
        let kept = self.history.len();
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
            seen.note(&step);
            self.history.push(Event::Forced(command));
            self.hold(step.compare(&mut state));
        }
        self.judge(state, &oracle, seen);
        self.history.truncate(kept);
    }

    /// The promises, judged on what an implementation might claim to have done: anything.
    fn judge(&mut self, before: State, oracle: &Oracle, seen: &mut Seen) {
        let (mut after, mut shown, setup) = (before, oracle.clone(), self.setup);
        let other = any_command(&mut self.random, &setup.bounds());
        after.carry_out(&setup.policy, &other);
        shown.effect(&setup.policy, &other);
        self.history.push(Event::Forced(other));
        self.show_group(&mut after, &mut shown);

        let policy = &setup.policy;
        let command = &any_command(&mut self.random, &setup.bounds());
        let delivered = self.random.users(setup.cast.kinds().chatting(), 3);
        let allowed = !self.random.once_in(4);
        self.history.push(Event::Judged { command: *command, allowed, delivered });
        let transition = Transition { policy, before: &before, command, allowed, delivered, after: &after };
        let delivered = &ids(delivered);
        let step = Step { policy, before: oracle, command, allowed, delivered, after: &shown };
        let troubles = step.troubles();
        seen.broken_when_judged.extend(troubles.iter().map(|trouble| trouble.0));
        self.hold(same("breaches when judged", breaches(&transition), troubles));
    }

    /// Sets a group to what an implementation might show.
    fn show_group(&mut self, state: &mut State, oracle: &mut Oracle) {
        let kinds = self.setup.cast.kinds();
        let group = Group::new(self.random.below(self.setup.groups));
        let shown = any_group(&mut self.random, kinds.chatting());
        *state.group_mut(group) = shown;
        oracle.groups[group.index()] = room(&shown, kinds.everyone());
        self.history.push(Event::Shown(group, shown));
    }

    fn hold(&self, compared: Result<(), String>) {
        let Err(difference) = compared else { return };
        panic!("{difference}\nseed {}, {:#?}", self.seed, (self.setup, &self.history));
    }
}

/// What the oracle says of one command, to be compared with what the model does.
struct Compared<'a> {
    setup: Setup,
    /// Whether the command takes effect though it may not be allowed.
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

    fn troubles(&self) -> BTreeSet<Trouble> {
        let step = Step {
            policy: &self.setup.policy,
            before: &self.before,
            command: &self.command,
            allowed: self.forced || self.allowed(),
            delivered: &self.delivered,
            after: self.after,
        };
        step.troubles()
    }

    /// Has the model do it, and says where it differs.
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
        same("breaches", breaches(&transition), self.troubles())
    }
}

fn same<T: PartialEq + Debug>(what: &str, model: T, oracle: T) -> Result<(), String> {
    if model == oracle { Ok(()) } else { Err(format!("{what}\n model: {model:?}\noracle: {oracle:?}")) }
}

/// The model's state, read through what it shows.
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
            assert_eq!(*shown, GroupState::default(), "a group that nobody declared has changed");
        }
    }
    seen
}

/// Every user with each of those that belong to them.
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

/// Any group that can be described: in one that is new or dissolved nobody is a member, invited or owner.
fn any_group(random: &mut Random, chatting: UserSet) -> GroupState {
    let mut group = GroupState::default();
    group.phase = random.word();
    group.banned = random.users(chatting, 2);
    if matches!(group.phase, Phase::Active | Phase::Frozen) {
        group.link = random.word();
        group.members = random.users(chatting, 5);
        group.owner = random.user(group.members);
        for user in random.users(chatting, 2) {
            group.invite(user, random.user(chatting).unwrap_or(user));
        }
    }
    group
}

/// Every place where the model says that a promise is broken.
fn breaches<const U: usize, const G: usize>(transition: &Transition<'_, U, G>) -> BTreeSet<Trouble> {
    let mut found = BTreeSet::new();
    for &promise in Promise::ALL {
        let mut first = None;
        promise.each_breach(transition, |breach| {
            first.get_or_insert(breach);
            let place = (breach.promise, breach.group.map(Group::index), ids(breach.users));
            assert!(found.insert(place), "{breach:?} is listed twice");
        });
        assert_eq!(first, promise.first_breach(transition), "the first place of {promise}");
    }
    found
}
