//! How many commands a second one core checks, what the parts of that take, and what a general tool takes for the
//! same work.
//!
//! Run it with `cargo bench --bench lockstep`; an argument behind ` -- ` chooses lines by their names. All lines are
//! measured on the same setup: the small cast, two groups, the policy of Messenger Kids, the built-in service without
//! a fault, runs of 30 commands. The throughput counts commands, so that lines can be divided by each other.
//!
//! | line | what is measured |
//! | --- | --- |
//! | `campaign` | a campaign with one job: generating, deciding, applying, observing, comparing; what `fuzz` does |
//! | `generate-and-model` | generating, with the model alone to carry the commands out |
//! | `service` | applying and observing, over histories generated before |
//! | `check` | the lock-step, over histories generated before |
//! | `proptest-state-machine` | the same model, service and comparison under `proptest-state-machine`, whose transitions are written as its documentation has them: a strategy for each kind of command, put together at every step |
//! | `proptest-state-machine-listed` | the same, tuned: each transition is picked from a list of all well-typed commands that is made once |
//!
//! Under `proptest-state-machine` there are no preconditions, so that none of its commands is drawn in vain, and most
//! of them are refused; how many of the campaign's are allowed is a matter of `tests/it/generation.rs`.
//!
//! Deliberately absent: shrinking, other policies and casts, and several jobs.

use std::num::NonZeroUsize;
use std::sync::LazyLock;
use std::time::Duration;

use chatwarden::adapter::{Adapter, Observation, memory::Memory};
use chatwarden::campaign::{self, CampaignConfig, CampaignMonitor};
use chatwarden::format::BuiltInCast;
use chatwarden::generate::{Generator, Seeded};
use chatwarden::lockstep::{self, CheckConfig};
use chatwarden::model::{Command, EnumSet, Group, Outcome, Preset, Setup, State, UserSet, step};
use criterion::{Criterion, Throughput};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest};

/// How many runs are measured at a time: so many that no branch predictor learns them by heart.
const RUNS: u64 = 2_000;

/// How many commands a run has.
const LENGTH: usize = 30;

static SETUP: LazyLock<Setup> = LazyLock::new(|| Setup {
    cast: BuiltInCast::Small.casting().cast,
    groups: 2,
    policy: Preset::MessengerKids.policy(),
});

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    lockstep(&mut criterion);
    criterion.final_summary();
}

fn lockstep(criterion: &mut Criterion) {
    let mut service = Memory::new();
    let terms = CheckConfig::of(&service.about());
    let histories: Vec<Vec<Command>> = (0..RUNS).map(generated).collect();

    let mut group = criterion.benchmark_group("lockstep");
    group.throughput(Throughput::Elements(RUNS * LENGTH as u64)).measurement_time(Duration::from_secs(10));
    group.bench_function("campaign", |bencher| bencher.iter(run_campaign_once));
    group.bench_function("generate-and-model", |bencher| {
        bencher.iter(|| (0..RUNS).for_each(|run| follow(run, |_| {})));
    });
    group.bench_function("service", |bencher| {
        bencher.iter(|| histories.iter().for_each(|history| serve(&mut service, history)));
    });
    group.bench_function("check", |bencher| {
        bencher.iter(|| {
            for history in &histories {
                assert_eq!(lockstep::run(&mut service, terms, &SETUP, history), None);
            }
        });
    });
    group.bench_function("proptest-state-machine", |bencher| bencher.iter(proptest_state_machine::<false>));
    group.bench_function("proptest-state-machine-listed", |bencher| {
        bencher.iter(proptest_state_machine::<true>);
    });
    group.finish();
}

fn run_campaign_once() {
    let plan = CampaignConfig {
        runs: RUNS,
        length: LENGTH,
        jobs: NonZeroUsize::MIN,
        ..CampaignConfig::new(*SETUP, &Memory::new().about())
    };
    let tally = campaign::run_campaign(&plan, &|| Ok(Memory::new()), &CampaignMonitor::default(), &|_| {})
        .expect("the service can always be made");
    assert_eq!(tally.commands, RUNS * LENGTH as u64);
    assert_eq!(tally.found, []);
}

/// Generates the commands of a run, which the model follows.
fn follow(run: u64, mut each: impl FnMut(Command)) {
    let mut choices = Seeded::of_run(0, run);
    let generator = Generator::for_run(&SETUP, EnumSet::all(), &mut choices);
    let mut state: State = SETUP.start();
    for _ in 0..LENGTH {
        let command = generator.next(&state, &mut choices);
        step(&mut state, &SETUP.policy, &command);
        each(command);
    }
}

fn generated(run: u64) -> Vec<Command> {
    let mut commands = Vec::new();
    follow(run, |command| commands.push(command));
    commands
}

fn serve(service: &mut Memory, history: &[Command]) {
    service.reset(&SETUP).expect("the service can always be reset");
    for command in history {
        let mut seen = Observation::default();
        std::hint::black_box(service.apply(command)).expect("the service always answers");
        service.observe(&mut seen).expect("the service can always be observed");
        std::hint::black_box(seen);
    }
}

/// The same under `proptest-state-machine`: deterministic choices, and nothing is persisted.
fn proptest_state_machine<const LISTED: bool>() {
    let config = ProptestConfig {
        cases: RUNS as u32,
        failure_persistence: None,
        rng_algorithm: RngAlgorithm::ChaCha,
        ..ProptestConfig::default()
    };
    let rng = TestRng::deterministic_rng(config.rng_algorithm);
    TestRunner::new_with_rng(config.clone(), rng)
        .run(&Reference::<LISTED>::sequential_strategy(LENGTH), |(reference, commands, seen)| {
            Service::test_sequential(config.clone(), reference, commands, seen);
            Ok(())
        })
        .expect("the service has no fault");
}

/// The model as a reference state machine, with what came of the last command. `LISTED` tells where its
/// transitions come from.
#[derive(Clone, Debug)]
struct Reference<const LISTED: bool> {
    state: State,
    outcome: Option<Outcome>,
}

impl<const LISTED: bool> ReferenceStateMachine for Reference<LISTED> {
    type State = Self;
    type Transition = Command;

    fn init_state() -> BoxedStrategy<Self> {
        Just(Reference { state: SETUP.start(), outcome: None }).boxed()
    }

    fn transitions(_: &Self) -> BoxedStrategy<Command> {
        static COMMANDS: LazyLock<Vec<Command>> = LazyLock::new(|| SETUP.bounds().well_typed());
        if LISTED { select(COMMANDS.as_slice()).boxed() } else { any_command() }
    }

    fn apply(mut reference: Self, command: &Command) -> Self {
        reference.outcome = Some(step(&mut reference.state, &SETUP.policy, command));
        reference
    }
}

/// One alternative for each kind of command, made of strategies for its arguments.
fn any_command() -> BoxedStrategy<Command> {
    macro_rules! command {
        ($kind:ident { $($field:ident: $strategy:expr),* }) => {
            ($($strategy),*).prop_map(|($($field),*)| Command::$kind { $($field),* })
        };
    }
    let kinds = SETUP.cast.kinds();
    let any_of = |users: UserSet| {
        (0..users.len()).prop_map(move |at| users.nth(at).expect("the number is below the size of the set"))
    };
    let guardian = || any_of(kinds.guardians);
    let child = || any_of(kinds.children);
    let person = || any_of(kinds.chatting());
    let people = || proptest::bits::u16::masked(kinds.chatting().bits()).prop_map(UserSet::from_bits);
    let group = || (0..SETUP.groups).prop_map(Group::new);
    prop_oneof![
        command!(Approve { by: guardian(), child: child(), contact: person() }),
        command!(Revoke { by: guardian(), child: child(), contact: person() }),
        command!(AddGuardian { by: guardian(), child: child(), guardian: guardian() }),
        command!(RemoveGuardian { by: guardian(), child: child(), guardian: guardian() }),
        command!(Block { by: person(), who: person() }),
        command!(Unblock { by: person(), who: person() }),
        command!(Direct { by: person(), to: person() }),
        command!(Create { by: person(), group: group(), with: people() }),
        command!(Invite { by: person(), group: group(), who: person() }),
        command!(Accept { by: person(), group: group() }),
        command!(Decline { by: person(), group: group() }),
        command!(Cancel { by: person(), group: group(), who: person() }),
        command!(OpenLink { by: person(), group: group() }),
        command!(CloseLink { by: person(), group: group() }),
        command!(Join { by: person(), group: group() }),
        command!(Leave { by: person(), group: group() }),
        command!(Remove { by: person(), group: group(), who: person() }),
        command!(Ban { by: person(), group: group(), who: person() }),
        command!(Unban { by: person(), group: group(), who: person() }),
        command!(Transfer { by: person(), group: group(), to: person() }),
        command!(Message { by: person(), group: group() }),
        command!(Call { by: person(), group: group() }),
        command!(Dissolve { by: person(), group: group() }),
    ]
    .boxed()
}

/// The service as a system under test.
struct Service<const LISTED: bool>;

impl<const LISTED: bool> StateMachineTest for Service<LISTED> {
    type SystemUnderTest = Memory;
    type Reference = Reference<LISTED>;

    fn init_test(_: &Self::Reference) -> Memory {
        let mut service = Memory::new();
        service.reset(&SETUP).expect("the service can always be reset");
        service
    }

    fn apply(mut service: Memory, reference: &Self::Reference, command: Command) -> Memory {
        let outcome = reference.outcome.expect("a command was applied to the reference");
        let mut seen = Observation::default();
        let answer = service.apply(&command).expect("the service always answers");
        service.observe(&mut seen).expect("the service can always be observed");
        assert_eq!(answer.is_allowed(), outcome.decision.is_allowed());
        assert_eq!(answer.delivered(), outcome.delivered);
        assert!(lockstep::diverged_parts(&reference.state, &seen, &SETUP, EnumSet::all()).is_empty());
        service
    }
}
