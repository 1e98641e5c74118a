//! The transitions per second of the exhaustive search of a policy, and of Stateright over the same states
//! and the same `step`.
//!
//! Run it with `cargo bench --bench explore`; an argument behind ` -- ` selects lines by their names. All
//! lines are about the cast `small`, all commands, and the policy `messenger-kids`; all but `groups` have one
//! group. The throughput counts transitions: allowed commands in distinct states.
//!
//! | line | measures |
//! | --- | --- |
//! | `whole/explore` | the complete state space on one core, all promises judged at every transition |
//! | `whole/two-jobs` | the same on two cores |
//! | `whole/symmetry` | the same on one core with symmetry; only its own transitions count, about half |
//! | `whole/plain`, `whole/plain-symmetry` | the same with the plain engine |
//! | `groups/explore`, `groups/plain` | traces of up to 6 commands with two groups, with symmetry, on one core |
//! | `bounded/explore` | traces of up to 9 commands on one core, to be compared with Stateright |
//! | `bounded/stateright-packed` | Stateright's breadth-first search on one core over states packed into a `u64`; its actions are the packed successors, so that each step is made once |
//! | `bounded/stateright-usual` | Stateright in its usual style: states are the model's, actions are all commands |
//! | `shared` | the cost that every search over packed states has with this step: unpacking each state once, `step` (with `decide`) for every command, packing the results of the allowed ones |
//!
//! Stateright judges nothing in these lines: its property always holds and costs nothing. The factored
//! engine of `explore` does not pay the shared cost in full, because it steps states with the same accounts
//! together. Each line asserts the numbers of states and transitions.

use std::collections::HashSet;
use std::num::NonZeroUsize;
use std::sync::LazyLock;
use std::time::Duration;

use chatwarden::format::BuiltInCast;
use chatwarden::model::{Command, Group, Link, NamedEnum, Phase, Preset, Setup, State, User, UserSet, step};
use chatwarden_explore::{Engine, PolicySearch, SearchMonitor, explore};
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, SamplingMode, Throughput};
use stateright::{Checker, Model, Property};

/// The most commands in the traces of the bounded lines, and of those with two groups.
const DEPTH: usize = 9;
const DEPTH_OF_GROUPS: usize = 6;

/// The states and transitions within that depth, and those of the complete space without symmetry and with it.
const BOUNDED: Counts = Counts { states: 556_685, transitions: 11_145_988 };
const WHOLE: Counts = Counts { states: 2_752_996, transitions: 118_710_769 };
const SYMMETRIC: Counts = Counts { states: 1_377_917, transitions: 59_415_981 };

/// The number of states for which the shared cost is measured.
const SAMPLE: usize = 20_000;

type Small = State<5, 1>;

static SETUP: LazyLock<Setup> = LazyLock::new(|| Setup {
    cast: BuiltInCast::Small.named_cast().cast,
    groups: 1,
    policy: Preset::MessengerKids.policy(),
});

static ACTIONS: LazyLock<Vec<Command>> = LazyLock::new(|| SETUP.bounds().well_typed());

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Counts {
    states: u64,
    transitions: u64,
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    whole(&mut criterion);
    groups(&mut criterion);
    bounded(&mut criterion);
    shared(&mut criterion);
    criterion.final_summary();
}

fn whole(criterion: &mut Criterion) {
    let mut group = group(criterion, "whole");
    let one = PolicySearch { symmetry: false, jobs: NonZeroUsize::MIN, ..PolicySearch::new(*SETUP) };
    let two = PolicySearch { jobs: NonZeroUsize::new(2).expect("two is not zero"), ..one.clone() };
    let symmetric = PolicySearch { symmetry: true, ..one.clone() };
    let plain = PolicySearch { engine: Engine::Plain, ..one.clone() };
    let plain_symmetric = PolicySearch { engine: Engine::Plain, ..symmetric.clone() };
    for (name, search, counts) in [
        ("explore", one, WHOLE),
        ("two-jobs", two, WHOLE),
        ("symmetry", symmetric, SYMMETRIC),
        ("plain", plain, WHOLE),
        ("plain-symmetry", plain_symmetric, SYMMETRIC),
    ] {
        measure(&mut group, name, counts, || explored(&search));
    }
    group.finish();
}

fn groups(criterion: &mut Criterion) {
    let mut group = group(criterion, "groups");
    let setup = Setup { groups: 2, ..*SETUP };
    let factored =
        PolicySearch { jobs: NonZeroUsize::MIN, depth: Some(DEPTH_OF_GROUPS), ..PolicySearch::new(setup) };
    let plain = PolicySearch { engine: Engine::Plain, ..factored.clone() };
    let counts = explored(&factored);
    for (name, search) in [("explore", factored), ("plain", plain)] {
        measure(&mut group, name, counts, || explored(&search));
    }
    group.finish();
}

fn bounded(criterion: &mut Criterion) {
    let mut group = group(criterion, "bounded");
    let search = PolicySearch {
        symmetry: false,
        jobs: NonZeroUsize::MIN,
        depth: Some(DEPTH),
        ..PolicySearch::new(*SETUP)
    };
    measure(&mut group, "explore", BOUNDED, || explored(&search));
    measure(&mut group, "stateright-packed", BOUNDED, || checked(Packed));
    measure(&mut group, "stateright-usual", BOUNDED, || checked(Usual));
    group.finish();
}

fn shared(criterion: &mut Criterion) {
    let states = sample();
    let transitions = states.iter().map(|&packed| each_successor(packed, |_| {})).sum();
    let mut group = group(criterion, "shared");
    group.throughput(Throughput::Elements(transitions));
    group.bench_function("step", |bencher| {
        bencher.iter(|| {
            states.iter().for_each(|&packed| {
                each_successor(packed, |after| {
                    std::hint::black_box(after);
                });
            });
        });
    });
    group.finish();
}

/// Ten samples, each of one iteration if an iteration is long.
fn group<'a>(criterion: &'a mut Criterion, name: &str) -> BenchmarkGroup<'a, WallTime> {
    let mut group = criterion.benchmark_group(name);
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    group.warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(5));
    group
}

fn measure(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    expected: Counts,
    search: impl Fn() -> Counts,
) {
    group.throughput(Throughput::Elements(expected.transitions));
    group.bench_function(name, |bencher| bencher.iter(|| assert_eq!(search(), expected)));
}

fn explored(search: &PolicySearch) -> Counts {
    let explored = explore(search, &SearchMonitor::default());
    Counts { states: explored.states, transitions: explored.transitions }
}

/// Stateright's depth counts states where `explore`'s counts commands; its count of generated states has the first
/// in it.
fn checked<M>(model: M) -> Counts
where
    M: Model + Send + Sync + 'static,
    M::State: std::hash::Hash + Send + Sync + Clone + PartialEq + 'static,
    M::Action: Clone + PartialEq,
{
    let checker = model.checker().threads(1).target_max_depth(DEPTH + 1).spawn_bfs().join();
    Counts { states: checker.unique_state_count() as u64, transitions: checker.state_count() as u64 - 1 }
}

/// The first states of a breadth-first search.
fn sample() -> Vec<u64> {
    let start = pack(&SETUP.start());
    let (mut known, mut states) = (HashSet::from([start]), vec![start]);
    let mut next = 0;
    while states.len() < SAMPLE {
        each_successor(states[next], |after| {
            if known.insert(after) {
                states.push(after);
            }
        });
        next += 1;
    }
    states
}

/// Hands over the state after each allowed command, and returns their number.
fn each_successor(packed: u64, mut visit: impl FnMut(u64)) -> u64 {
    let state = unpack(packed);
    let mut transitions = 0;
    for command in ACTIONS.iter() {
        let mut after = state;
        if step(&mut after, &SETUP.policy, command).decision.is_allowed() {
            transitions += 1;
            visit(pack(&after));
        }
    }
    transitions
}

/// Stateright over packed states.
struct Packed;

impl Model for Packed {
    type State = u64;
    type Action = u64;

    fn init_states(&self) -> Vec<u64> {
        vec![pack(&SETUP.start())]
    }

    fn actions(&self, state: &u64, actions: &mut Vec<u64>) {
        each_successor(*state, |after| actions.push(after));
    }

    fn next_state(&self, _: &u64, after: u64) -> Option<u64> {
        Some(after)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![Property::always("nothing", |_, _| true)]
    }
}

/// Stateright over the model's states, in the style of its documentation.
struct Usual;

impl Model for Usual {
    type State = Small;
    type Action = Command;

    fn init_states(&self) -> Vec<Small> {
        vec![SETUP.start()]
    }

    fn actions(&self, _: &Small, actions: &mut Vec<Command>) {
        actions.extend(ACTIONS.iter());
    }

    fn next_state(&self, state: &Small, command: Command) -> Option<Small> {
        let mut after = *state;
        step(&mut after, &SETUP.policy, &command).decision.is_allowed().then_some(after)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![Property::always("nothing", |_, _| true)]
    }
}

const GROUP: Group = Group::new(0);
const GUARDIANS: Range = Range { first: 0, count: 2 };
const CHATTING: Range = Range { first: 2, count: 3 };
const CHILDREN: UserSet = UserSet::from_bits(0b01100);

/// Consecutive users of the cast `small`, whose sets are packed with one bit for each.
#[derive(Clone, Copy)]
struct Range {
    first: u32,
    count: u32,
}

impl Range {
    fn users(self) -> UserSet {
        UserSet::from_bits(((1 << self.count) - 1) << self.first)
    }
}

/// A word that is filled from its lowest bit, and emptied in the same order.
#[derive(Default)]
struct Bits {
    word: u64,
    at: u32,
}

impl Bits {
    fn put(&mut self, value: u64, width: u32) {
        self.word |= value << self.at;
        self.at += width;
    }

    fn take(&mut self, width: u32) -> u64 {
        let value = self.word >> self.at & ((1 << width) - 1);
        self.at += width;
        value
    }

    fn put_set(&mut self, users: UserSet, range: Range) {
        self.put(u64::from(users.bits()) >> range.first, range.count);
    }

    fn take_set(&mut self, range: Range) -> UserSet {
        UserSet::from_bits((self.take(range.count) as u16) << range.first)
    }

    /// Nobody, or one of those who chat.
    fn put_user(&mut self, user: Option<User>) {
        self.put(user.map_or(0, |user| user.index() as u64 - u64::from(CHATTING.first) + 1), 2);
    }

    fn take_user(&mut self) -> Option<User> {
        let number = self.take(2) as usize;
        (number > 0).then(|| User::new(number - 1 + CHATTING.first as usize))
    }
}

fn pack(state: &Small) -> u64 {
    let mut bits = Bits::default();
    for child in CHILDREN {
        bits.put_set(state.guardians(child), GUARDIANS);
        CHATTING.users().iter().for_each(|contact| bits.put_set(state.approvals(child, contact), GUARDIANS));
    }
    CHATTING.users().iter().for_each(|user| bits.put_set(state.blocks(user), CHATTING));
    let group = state.group(GROUP);
    bits.put(group.phase.index() as u64, 2);
    bits.put(group.link.index() as u64, 1);
    bits.put_user(group.owner);
    bits.put_set(group.members, CHATTING);
    bits.put_set(group.banned, CHATTING);
    CHATTING.users().iter().for_each(|user| bits.put_user(group.inviter(user)));
    bits.word
}

fn unpack(packed: u64) -> Small {
    let mut bits = Bits { word: packed, at: 0 };
    let mut state: Small = SETUP.start();
    for child in CHILDREN {
        *state.guardians_mut(child) = bits.take_set(GUARDIANS);
        for contact in CHATTING.users() {
            *state.approvals_mut(child, contact) = bits.take_set(GUARDIANS);
        }
    }
    for user in CHATTING.users() {
        *state.blocks_mut(user) = bits.take_set(CHATTING);
    }
    let group = state.group_mut(GROUP);
    group.phase = Phase::ALL[bits.take(2) as usize];
    group.link = Link::ALL[bits.take(1) as usize];
    group.owner = bits.take_user();
    group.members = bits.take_set(CHATTING);
    group.banned = bits.take_set(CHATTING);
    for user in CHATTING.users() {
        if let Some(inviter) = bits.take_user() {
            group.invite(user, inviter);
        }
    }
    state
}
