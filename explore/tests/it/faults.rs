//! The catalogue of faults: each fault is found on every seed, in the setup that the catalogue names and
//! with default options, and behaves differently from every other. Shrunk traces are compared with the
//! true minimum, which a breadth-first search finds.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use chatwarden::adapter::fault::Fault;
use chatwarden::adapter::memory::Memory;
use chatwarden::adapter::{Adapter, Failure, Observation};
use chatwarden::campaign::{self, CampaignConfig, CampaignMonitor};
use chatwarden::counterexample::{Counterexample, Origin, ShrinkStatus};
use chatwarden_explore::certify::{Certifier, Limits};

use chatwarden::finding::Identity;
use chatwarden::model::{Command, NamedEnum};

use chatwarden_test_support::{PLAIN, is_plain, plain_faults, setup_for, true_minima};

/// The number of seeds for which traces are shrunk.
const SEEDS: u64 = 40;

fn plan(fault: Fault, seed: u64) -> CampaignConfig {
    CampaignConfig { seed, ..CampaignConfig::new(setup_for(fault), &Memory::new().about()) }
}

fn find(fault: Fault, seed: u64) -> Option<Counterexample> {
    let make = || Ok(Memory::with_fault(fault));
    let tally = campaign::run_campaign(&plan(fault, seed), &make, &CampaignMonitor::default(), &|_| {});
    tally.expect("the service starts").found.into_iter().next()
}

#[test]
fn every_fault_is_found_on_each_of_twenty_seeds() {
    println!(
        "{:<30} family, detectability, rules, cast, minimal length; runs until found: median, most of 20 seeds",
        "fault"
    );
    let mut missed = Vec::new();
    for &fault in Fault::ALL {
        let found: Vec<_> = (0..20).filter_map(|seed| find(fault, seed)).collect();
        let mut runs: Vec<_> = found.iter().filter_map(|found| found.origin.map(Origin::runs)).collect();
        runs.sort_unstable();
        if runs.len() < 20 {
            missed.push(format!("{fault} is found on {} of 20 seeds", runs.len()));
            continue;
        }
        let (family, sight, rules, cast) =
            (fault.family(), fault.detectability(), fault.rules().name(), fault.cast());
        let (least, median, most) = (fault.min_length(), runs[10], runs[19]);
        println!("{fault:<30} {family:<12} {sight:<6} {rules:<16} {cast:<6} {least} {median:>5} {most:>5}");
        let shortest = found.iter().map(|found| shrink(fault, found).commands.len()).min();
        if is_plain(&fault) {
            // An enumeration finds the length; not every finding of the fault can be as short.
            assert!(shortest >= Some(least), "{fault}: {shortest:?}");
        } else {
            assert_eq!(shortest, Some(least), "{fault}");
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

/// The faults that matter in the same setup, setup by setup.
fn settings() -> Vec<Vec<Fault>> {
    let mut settings: BTreeMap<_, Vec<Fault>> = BTreeMap::new();
    for &fault in Fault::ALL {
        settings.entry((fault.rules().name(), fault.cast(), fault.groups())).or_default().push(fault);
    }
    settings.into_values().collect()
}

#[test]
fn every_fault_behaves_differently_from_every_other() {
    for faults in settings() {
        let traces = |&fault: &Fault| (0..20).filter_map(|seed| find(fault, seed)).collect::<Vec<_>>();
        let found: Vec<_> = faults.iter().map(traces).collect();
        for (place, &one) in faults.iter().enumerate() {
            for (&other, of_other) in faults.iter().zip(&found).skip(place + 1) {
                let mut traces = found[place].iter().chain(of_other);
                let differs = traces.any(|found| behave_differently(one, other, &found.commands));
                assert!(differs, "no trace distinguishes {one} from {other}");
            }
        }
    }
}

/// Whether the services with these faults answer the trace differently, or show different states.
fn behave_differently(one: Fault, other: Fault, trace: &[Command]) -> bool {
    let setup = setup_for(one);
    let mut services = [one, other].map(Memory::with_fault);
    services.iter_mut().for_each(|service| service.reset(&setup).expect("a reset cannot fail"));
    trace.iter().any(|command| {
        let [one, other] = services.each_mut().map(|service| {
            let answer = service.apply(command).expect("the service always answers");
            let mut seen = Observation::default();
            service.observe(&mut seen).expect("it can always be observed");
            (answer, seen)
        });
        one != other
    })
}

#[test]
fn the_service_without_a_fault_conforms_where_the_faults_matter() {
    for faults in settings() {
        let conforms = CampaignConfig::new(setup_for(faults[0]), &Memory::new().about());
        let tally =
            campaign::run_campaign(&conforms, &|| Ok(Memory::new()), &CampaignMonitor::default(), &|_| {});
        let tally = tally.expect("the service starts");
        assert_eq!((tally.found, tally.runs), (Vec::new(), 20_000), "{}", faults[0].rules().name());
    }
}

/// How the traces of one fault shrink, and how they are certified.
struct Row {
    fault: Fault,
    minimal: usize,
    executions: usize,
    /// The number of traces that are certified within a second, the default of the command line.
    soon: usize,
    /// The number of findings that only longer traces show than the enumeration tries.
    beyond: usize,
    misses: Vec<String>,
}

#[test]
fn shrunk_traces_are_mostly_of_the_true_minimal_length_and_certified_ones_always() {
    // Each of two threads takes every other fault.
    let rows: Vec<Row> = std::thread::scope(|scope| {
        let half = |odd| {
            scope.spawn(move || plain_faults().into_iter().skip(odd).step_by(2).map(shrink_all).collect())
        };
        let halves: Vec<Vec<Row>> =
            [half(0), half(1)].map(|half| half.join().expect("no assertion fails")).into();
        halves.into_iter().flatten().collect()
    });
    println!("{:<30} minimal of {SEEDS}, certified within a second, executions on average, misses", "fault");
    for row in &rows {
        let executions = row.executions as f64 / SEEDS as f64;
        println!("{:<30} {:>3}  {:>3}  {executions:>6.1}", row.fault, row.minimal, row.soon);
        row.misses.iter().for_each(|miss| println!("    {miss}"));
    }
    let sum = |count: fn(&Row) -> usize| rows.iter().map(count).sum::<usize>();
    let beyond = sum(|row| row.beyond);
    let total = rows.len() as f64 * SEEDS as f64 - beyond as f64;
    println!(
        "{} faults; {beyond} findings are only shown by longer traces than the enumeration tries",
        rows.len()
    );
    let (minimal, soon) = (sum(|row| row.minimal), sum(|row| row.soon));
    let (share, mean) = (minimal as f64 / total, sum(|row| row.executions) as f64 / total);
    println!("{minimal} of {total} are minimal ({:.1} %), at {mean:.1} executions on average", 100.0 * share);
    println!("certified, all are; {soon} of them within a second");
    assert!(share >= 0.9, "{share}");
    assert!(mean <= 150.0, "{mean}");
}

fn shrink_all(fault: Fault) -> Row {
    let mut shrunk: BTreeMap<(Identity, usize), (usize, Counterexample)> = BTreeMap::new();
    let mut executions = 0;
    for seed in 0..SEEDS {
        let found = find(fault, seed).unwrap_or_else(|| panic!("{fault} is not found with seed {seed}"));
        let result = shrink(fault, &found);
        assert_eq!(result.status, ShrinkStatus::OneMinimal);
        assert_eq!(result.finding.identity(), found.finding.identity());
        executions += result.executions;
        let key = (found.finding.identity(), result.commands.len());
        shrunk.entry(key).or_insert((0, result)).0 += 1;
    }
    let truth = true_minima(fault, &shrunk.keys().map(|key| key.0).collect(), |finding| {
        finding.identities().collect()
    });
    let (mut minimal, mut soon, mut beyond, mut misses) = (0, 0, 0, Vec::new());
    // One certificate is valid for all traces of the same length and identity: on a small cast, where every
    // command that can be written down is tried, the search depends on nothing else.
    assert_eq!(truth.values().min(), Some(&fault.min_length()), "{fault}");
    for ((identity, length), (count, shrunk)) in shrunk {
        let Some(&least) = truth.get(&identity) else {
            assert!(length > PLAIN, "{identity}: {length} commands are fewer than can be");
            beyond += count;
            continue;
        };
        assert!(length >= least, "{identity}: {length} commands are fewer than can be");
        let (certified, time) = certify(fault, shrunk);
        assert_eq!(certified, least, "{fault}: {identity} is certified at another length than the shortest");
        if time <= Duration::from_secs(1) {
            soon += count;
        }
        if length == least {
            minimal += count;
        } else {
            misses.push(format!("{count} times {length} instead of {least} for {identity}"));
        }
    }
    Row { fault, minimal, executions, soon, beyond, misses }
}

fn shrink(fault: Fault, found: &Counterexample) -> Counterexample {
    let make = || Ok(Memory::with_fault(fault));
    let shrunk = campaign::shrink(&plan(fault, 0), &make, found, &CampaignMonitor::default(), |_, _| {});
    shrunk.expect("the service starts")
}

/// The length at which a trace is certified, and the time that it takes.
fn certify(fault: Fault, shrunk: Counterexample) -> (usize, Duration) {
    let started = Instant::now();
    let identity = shrunk.finding.identity();
    let (config, monitor) = (plan(fault, 0), chatwarden_explore::SearchMonitor::default());
    let certifier = Certifier { config: &config, limits: Limits::default(), monitor: &monitor };
    let make = || Ok(Memory::with_fault(fault));
    let certified = certifier.certify(&make, shrunk, |found| Ok::<_, Failure>(shrink(fault, found)));
    let certified = certified.expect("the service starts");
    let certificate = certified.certificate().expect("there is no limit");
    assert_eq!(certified.finding.identity(), identity);
    assert_eq!(certificate.below, certified.commands.len());
    assert!(certificate.ill_typed, "every command is tried");
    (certificate.below, started.elapsed())
}
