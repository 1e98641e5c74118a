//! The work of the bench `lockstep` under `proptest-state-machine`, a general tool.
//!
//! Run it with `cargo bench -p chatwarden-fault-bench`. Setup, number of runs and length are those of
//! `benches/lockstep.rs` in the package `chatwarden`, and so is the group, so that the throughputs can
//! be compared.
//!
//! | line | what is measured |
//! | --- | --- |
//! | `proptest-state-machine` | the same model, service and comparison; transitions are written as in its documentation: a strategy for each kind of command, combined at every step |
//! | `proptest-state-machine-listed` | the same, tuned: each transition is picked from a list of all well-typed commands, which is made once |
//!
//! There are no preconditions, so no command is drawn in vain, and most commands are refused.

use std::sync::LazyLock;
use std::time::Duration;

use chatwarden::adapter::{Adapter, Observation, memory::Memory};
use chatwarden::lockstep;
use chatwarden::model::{Command, EnumSet, Outcome, Preset, Setup, State, step};
use chatwarden_fault_bench::any_command;
use chatwarden_test_support::small;
use criterion::{Criterion, Throughput};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest};

/// The number of runs that are measured at a time.
const RUNS: u32 = 2_000;

/// The number of commands of a run.
const LENGTH: usize = 30;

static SETUP: LazyLock<Setup> = LazyLock::new(|| small(Preset::MessengerKids.policy(), 2));

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("lockstep");
    let commands = Throughput::Elements(u64::from(RUNS) * LENGTH as u64);
    group.throughput(commands).measurement_time(Duration::from_secs(10));
    group.bench_function("proptest-state-machine", |bencher| bencher.iter(run::<false>));
    group.bench_function("proptest-state-machine-listed", |bencher| bencher.iter(run::<true>));
    group.finish();
    criterion.final_summary();
}

/// Runs the machine with deterministic choices; no failure is persisted.
fn run<const LISTED: bool>() {
    let config = ProptestConfig {
        cases: RUNS,
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

/// The model as a reference state machine, with the outcome of the last command. `LISTED` selects the
/// source of its transitions.
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
        if LISTED { select(COMMANDS.as_slice()).boxed() } else { any_command(&SETUP) }
    }

    fn apply(mut reference: Self, command: &Command) -> Self {
        reference.outcome = Some(step(&mut reference.state, &SETUP.policy, command));
        reference
    }
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
