//! How many commands a second the back end carries out, each with its observation, on one connection.
//!
//! Run it with `cargo bench -p chatwarden-sql --bench rate`. The runs are those of a campaign: 30 commands, each
//! observed, after a reset; the small cast, two groups. PostgreSQL is measured where it can be started; where it cannot,
//! that is said.

use std::time::Duration;

use chatwarden::adapter::{Adapter, Observation};
use chatwarden::format::BuiltInCast;
use chatwarden::generate::{Generator, Seeded};
use chatwarden::model::{Command, EnumSet, NamedEnum, Preset, Setup, State, step};
use chatwarden_sql::place::Place;
use chatwarden_sql::service::Service;
use criterion::{Criterion, Throughput};

/// How many commands a run has.
const LENGTH: usize = 30;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    for (name, place, runs) in [("sqlite", Place::Memory, 100), ("postgres", Place::Server, 10)] {
        match place.open() {
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
        let histories: Vec<_> = (0..runs).map(|run| history(&setup, run)).collect();
        group.bench_function(preset.name(), |bencher| {
            bencher.iter(|| histories.iter().for_each(|history| serve(&mut service, &setup, history)));
        });
    }
    group.finish();
}

fn history(setup: &Setup, run: u64) -> Vec<Command> {
    let mut choices = Seeded::of_run(0, run);
    let generator = Generator::for_run(setup, EnumSet::all(), &mut choices);
    let mut state: State = setup.start();
    let mut next = || {
        let command = generator.next(&state, &mut choices);
        step(&mut state, &setup.policy, &command);
        command
    };
    (0..LENGTH).map(|_| next()).collect()
}

fn serve(service: &mut Service, setup: &Setup, history: &[Command]) {
    service.reset(setup).expect("it can be reset");
    for command in history {
        service.apply(command).expect("it answers");
        let mut seen = Observation::default();
        service.observe(&mut seen).expect("it can be observed");
        std::hint::black_box(seen);
    }
}
