//! The catalogue of faults: each is found on every seed, under the policy that the table names and otherwise with
//! the default options; and shrunk histories beside the true minimum, from a breadth-first search.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use chatwarden::adapter::fault::Fault;
use chatwarden::adapter::memory::Memory;
use chatwarden::adapter::{Adapter, Failure};
use chatwarden::campaign::{self, Found, Minimality, Plan, Shrunk, Watch};
use chatwarden::certify::{Limits, Search};
use chatwarden::explore;
use chatwarden::model::Word;
use chatwarden::verdict::Identity;

use crate::support::{setup_for, true_minima};

/// How many seeds shrinking is tried on.
const SEEDS: u64 = 200;

fn plan(fault: Fault, seed: u64) -> Plan {
    Plan { seed, ..Plan::new(setup_for(fault), &Memory::new().about()) }
}

fn find(fault: Fault, seed: u64) -> Option<Found> {
    let make = || Ok(Memory::with_fault(fault));
    let tally = campaign::conduct(&plan(fault, seed), &make, &Watch::default(), &|_| {});
    tally.expect("the service starts").found.into_iter().next()
}

#[test]
fn every_fault_is_found_on_each_of_twenty_seeds() {
    println!("{:<30} runs until found: median, most of 20 seeds", "fault");
    for &fault in Fault::ALL {
        let found = (0..20).map(|seed| {
            let found = find(fault, seed);
            found.unwrap_or_else(|| panic!("{fault} is not found with seed {seed}")).run + 1
        });
        let mut runs: Vec<_> = found.collect();
        runs.sort_unstable();
        println!("{fault:<30} {:>5} {:>5}", runs[10], runs[19]);
    }
}

/// How the histories of one fault shrink, and what certificates make of them.
struct Row {
    fault: Fault,
    minimal: usize,
    executions: usize,
    /// How many are certified within the second that the command line allows by default.
    soon: usize,
    misses: Vec<String>,
}

#[test]
fn shrunk_histories_are_mostly_of_the_true_minimal_length_and_certified_ones_always() {
    // Each of two threads takes every other fault.
    let rows: Vec<Row> = std::thread::scope(|scope| {
        let half = |odd| {
            scope.spawn(move || {
                Fault::ALL.iter().skip(odd).step_by(2).map(|&fault| shrink_all(fault)).collect()
            })
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
    let total = rows.len() as f64 * SEEDS as f64;
    let sum = |count: fn(&Row) -> usize| rows.iter().map(count).sum::<usize>();
    let (minimal, soon) = (sum(|row| row.minimal), sum(|row| row.soon));
    let (share, mean) = (minimal as f64 / total, sum(|row| row.executions) as f64 / total);
    println!("{minimal} of {total} are minimal ({:.1} %), at {mean:.1} executions on average", 100.0 * share);
    println!("certified, all are; {soon} of them within a second");
    assert!(share >= 0.9, "{share}");
    assert!(mean <= 150.0, "{mean}");
}

fn shrink_all(fault: Fault) -> Row {
    let mut shrunk: BTreeMap<(Identity, usize), (usize, Shrunk)> = BTreeMap::new();
    let mut executions = 0;
    for seed in 0..SEEDS {
        let found = find(fault, seed).unwrap_or_else(|| panic!("{fault} is not found with seed {seed}"));
        let result = shrink(fault, &found);
        assert_eq!(result.outcome, Minimality::OneMinimal);
        assert_eq!(result.finding.identity(), found.finding.identity());
        executions += result.executions;
        let key = (found.finding.identity(), result.commands.len());
        shrunk.entry(key).or_insert((0, result)).0 += 1;
    }
    let truth = true_minima(fault, &shrunk.keys().map(|key| key.0).collect());
    let (mut minimal, mut soon, mut misses) = (0, 0, Vec::new());
    // One certificate stands for all chains of the same length and identity: on a small cast, where the alphabet is
    // everything that can be written down, the search knows nothing else of the chain.
    for ((identity, length), (count, shrunk)) in shrunk {
        let least = truth[&identity];
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
    Row { fault, minimal, executions, soon, misses }
}

fn shrink(fault: Fault, found: &Found) -> Shrunk {
    let make = || Ok(Memory::with_fault(fault));
    let shrunk = campaign::shrink(&plan(fault, 0), &make, found, &Watch::default(), |_, _| {});
    shrunk.expect("the service starts")
}

/// The length at which a chain is certified, and how long that takes.
fn certify(fault: Fault, shrunk: Shrunk) -> (usize, Duration) {
    let started = Instant::now();
    let identity = shrunk.finding.identity();
    let (plan, watch) = (plan(fault, 0), explore::Watch::default());
    let search = Search { plan: &plan, limits: Limits::default(), watch: &watch };
    let make = || Ok(Memory::with_fault(fault));
    let conclusion = search.certify(&make, shrunk, |found| Ok::<_, Failure>(shrink(fault, found)));
    let conclusion = conclusion.expect("the service starts");
    let certificate = conclusion.proof.expect("there is no limit");
    assert_eq!(conclusion.shrunk.finding.identity(), identity);
    assert_eq!(certificate.below, conclusion.shrunk.commands.len());
    assert!(certificate.ill_typed, "the alphabet is everything");
    (certificate.below, started.elapsed())
}
