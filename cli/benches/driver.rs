//! The cost of the driver protocol. The built-in chat service runs in this process, and as a driver in a process of
//! its own. The driver gets whole runs ahead, or each request only after the answer to the one before it.
//!
//! Run it with `taskset -c 0 cargo bench --bench driver` for the figures of one core, which the harness and the driver
//! then share. Every line observes after every command. The throughput counts commands, so that lines can be divided
//! by each other.
//!
//! Deliberately absent: real back ends, whose own work is more than the protocol's; those have benchmarks of their own.

use std::num::NonZeroUsize;
use std::time::Duration;

use chatwarden::adapter::memory::Memory;
use chatwarden::adapter::{Adapter, Failure};
use chatwarden::campaign::{self, CampaignConfig, CampaignMonitor};
use chatwarden::format::{BuiltInCast, Names};
use chatwarden::model::{Preset, Setup};
use chatwarden_cli::driver_process::{DriverOptions, DriverPool};
use criterion::{Criterion, Throughput};

/// How many runs are measured at a time.
const RUNS: u64 = 200;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    driver(&mut criterion);
    criterion.final_summary();
}

fn driver(criterion: &mut Criterion) {
    let cast = BuiltInCast::Small.named_cast();
    let setup = Setup { cast: cast.cast, groups: 2, policy: Preset::MessengerKids.policy() };
    let plan = CampaignConfig {
        runs: RUNS,
        jobs: NonZeroUsize::MIN,
        ..CampaignConfig::new(setup, &Memory::new().about())
    };
    let names = cast.with_groups(Names::numbered(2));
    let command = format!("'{}' serve", env!("CARGO_BIN_EXE_chatwarden"));
    let open = |pipelined| {
        let options = DriverOptions { pipelined, ..DriverOptions::default() };
        DriverPool::open(&command, options).expect("the service starts")
    };
    let (ahead, in_turn) = (open(true), open(false));

    let mut group = criterion.benchmark_group("driver");
    group.throughput(Throughput::Elements(RUNS * plan.length as u64));
    group.measurement_time(Duration::from_secs(8)).sample_size(30);
    group.bench_function("in-process", |bencher| bencher.iter(|| run_campaign(&plan, || Ok(Memory::new()))));
    group
        .bench_function("pipelined", |bencher| bencher.iter(|| run_campaign(&plan, || ahead.driver(&names))));
    group
        .bench_function("in-turn", |bencher| bencher.iter(|| run_campaign(&plan, || in_turn.driver(&names))));
    group.finish();
}

fn run_campaign<A: Adapter>(plan: &CampaignConfig, make: impl Fn() -> Result<A, Failure> + Sync) {
    let tally = campaign::run_campaign(plan, &make, &CampaignMonitor::default(), &|_| {})
        .expect("the service starts");
    assert!(tally.found.is_empty());
}
