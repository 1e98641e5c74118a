//! How many commands a second one core checks, and the cost of the parts of that work.
//!
//! Run it with `cargo bench --bench lockstep`; an argument after ` -- ` selects lines by their names.
//! All lines are measured on the same setup: the cast `small`, two groups, the policy
//! `messenger-kids`, the built-in service without a fault, runs of 30 commands. The throughput counts
//! commands, so the lines can be compared by division.
//!
//! | line | what is measured |
//! | --- | --- |
//! | `campaign` | a campaign with one job: generating, deciding, applying, observing, comparing |
//! | `generate-and-model` | generating the commands and stepping the model |
//! | `service` | applying and observing, over traces generated before |
//! | `check` | the lock-step, over traces generated before |
//!
//! The same work under `proptest-state-machine` is measured by `benches/faults/benches/proptest.rs`,
//! in the same group. Shrinking, other policies and casts, and several jobs are not measured.

use std::num::NonZeroUsize;
use std::sync::LazyLock;
use std::time::Duration;

use chatwarden::adapter::{Adapter, Observation, memory::Memory};
use chatwarden::campaign::{self, CampaignConfig, CampaignMonitor};
use chatwarden::generate::{Generator, Seeded};
use chatwarden::lockstep::{self, CheckConfig};
use chatwarden::model::{Command, EnumSet, Preset, Setup, State, step};
use chatwarden_test_support::small;
use criterion::{Criterion, Throughput};

/// How many runs are measured at a time: too many for a branch predictor to learn them.
const RUNS: u64 = 2_000;

/// The number of commands of a run.
const LENGTH: usize = 30;

static SETUP: LazyLock<Setup> = LazyLock::new(|| small(Preset::MessengerKids.policy(), 2));

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    lockstep(&mut criterion);
    criterion.final_summary();
}

fn lockstep(criterion: &mut Criterion) {
    let mut service = Memory::new();
    let config = CheckConfig::of(&service.about());
    let traces: Vec<Vec<Command>> = (0..RUNS).map(generated).collect();

    let mut group = criterion.benchmark_group("lockstep");
    group.throughput(Throughput::Elements(RUNS * LENGTH as u64)).measurement_time(Duration::from_secs(10));
    group.bench_function("campaign", |bencher| bencher.iter(run_campaign_once));
    group.bench_function("generate-and-model", |bencher| {
        bencher.iter(|| (0..RUNS).for_each(|run| follow(run, |_| {})));
    });
    group.bench_function("service", |bencher| {
        bencher.iter(|| traces.iter().for_each(|trace| serve(&mut service, trace)));
    });
    group.bench_function("check", |bencher| {
        bencher.iter(|| {
            for trace in &traces {
                assert_eq!(lockstep::run(&mut service, config, &SETUP, trace), None);
            }
        });
    });
    group.finish();
}

fn run_campaign_once() {
    let config = CampaignConfig {
        runs: RUNS,
        length: LENGTH,
        jobs: NonZeroUsize::MIN,
        ..CampaignConfig::new(*SETUP, &Memory::new().about())
    };
    let result = campaign::run_campaign(&config, &|| Ok(Memory::new()), &CampaignMonitor::default(), &|_| {})
        .expect("the service can always be made");
    assert_eq!(result.commands, RUNS * LENGTH as u64);
    assert_eq!(result.found, []);
}

/// Generates the commands of a run and steps the model by each of them.
fn follow(run: u64, mut each: impl FnMut(Command)) {
    let mut choices = Seeded::of_run(0, run);
    let mut generator = Generator::for_run(&SETUP, EnumSet::all(), &mut choices);
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

fn serve(service: &mut Memory, trace: &[Command]) {
    service.reset(&SETUP).expect("the service can always be reset");
    for command in trace {
        let mut seen = Observation::default();
        std::hint::black_box(service.apply(command)).expect("the service always answers");
        service.observe(&mut seen).expect("the service can always be observed");
        std::hint::black_box(seen);
    }
}
