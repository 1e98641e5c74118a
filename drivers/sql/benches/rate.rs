//! The commands a second of the back end, each with its observation, on one connection.
//!
//! Run it with `cargo bench -p chatwarden-sql --bench rate`. The runs are those of a campaign: a reset and 30
//! commands, each with an observation, with the cast `small` and two groups. PostgreSQL is left out, with a
//! message, if it cannot be started.

use std::time::Duration;

use chatwarden::adapter::{Adapter, Observation};
use chatwarden::format::BuiltInCast;
use chatwarden::generate::{Generator, Seeded};
use chatwarden::model::{Command, EnumSet, NamedEnum, Preset, Setup, State, step};
use chatwarden_sql::location::Location;
use chatwarden_sql::service::Service;
use criterion::{Criterion, Throughput};

/// The number of commands of a run.
const LENGTH: usize = 30;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    for (name, location, runs) in [("sqlite", Location::Memory, 100), ("postgres", Location::Server, 10)] {
        match location.open() {
            Ok(database) => {
                let service = Service::new(database, None).expect("the tables can be made");
                rate(&mut criterion, name, service, runs);
            }
            Err(why) => eprintln!("{name} is not measured: {why}"),
        }
    }
    criterion.final_summary();
}

fn rate(criterion: &mut Criterion, name: &str, mut service: Service, runs: u64) {
    let mut group = criterion.benchmark_group(name);
    group.throughput(Throughput::Elements(runs * LENGTH as u64));
    group.sample_size(10).warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(5));
    for preset in [Preset::MessengerKids, Preset::PairwiseConsent] {
        let cast = BuiltInCast::Small.named_cast().cast;
        let setup = Setup { cast, groups: 2, policy: preset.policy() };
        let traces: Vec<_> = (0..runs).map(|run| trace(&setup, run)).collect();
        group.bench_function(preset.name(), |bencher| {
            bencher.iter(|| traces.iter().for_each(|trace| serve(&mut service, &setup, trace)));
        });
    }
    group.finish();
}

fn trace(setup: &Setup, run: u64) -> Vec<Command> {
    let mut choices = Seeded::of_run(0, run);
    let mut generator = Generator::for_run(setup, EnumSet::all(), &mut choices);
    let mut state: State = setup.start();
    let mut next = || {
        let command = generator.next(&state, &mut choices);
        step(&mut state, &setup.policy, &command);
        command
    };
    (0..LENGTH).map(|_| next()).collect()
}

fn serve(service: &mut Service, setup: &Setup, trace: &[Command]) {
    service.reset(setup).expect("it can be reset");
    for command in trace {
        service.apply(command).expect("it answers");
        let mut seen = Observation::default();
        service.observe(&mut seen).expect("it can be observed");
        std::hint::black_box(seen);
    }
}
