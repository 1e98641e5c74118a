//! The catalogue of faults: each is found on every seed, under the policy that the table names and otherwise with
//! the default options; and shrunk histories beside the true minimum, from a breadth-first search.

use std::collections::BTreeMap;

use chatwarden::adapter::Adapter;
use chatwarden::adapter::fault::Fault;
use chatwarden::adapter::memory::Memory;
use chatwarden::campaign::{self, Found, Minimality, Plan, Watch};
use chatwarden::model::Word;
use chatwarden::verdict::Identity;

use crate::support::{policy_for, small, true_minima};

/// How many seeds shrinking is tried on.
const SEEDS: u64 = 200;

fn plan(fault: Fault, seed: u64) -> Plan {
    Plan { seed, ..Plan::new(small(policy_for(fault), 2), &Memory::new().about()) }
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

/// How the histories of one fault shrink.
struct Row {
    fault: Fault,
    minimal: usize,
    executions: usize,
    misses: Vec<String>,
}

#[test]
fn shrunk_histories_have_the_true_minimal_length() {
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
    println!("{:<30} minimal of {SEEDS}, executions on average, misses", "fault");
    for row in &rows {
        println!("{:<30} {:>3}  {:>6.1}", row.fault, row.minimal, row.executions as f64 / SEEDS as f64);
        row.misses.iter().for_each(|miss| println!("    {miss}"));
    }
    let total = rows.len() as f64 * SEEDS as f64;
    let minimal: usize = rows.iter().map(|row| row.minimal).sum();
    let executions: usize = rows.iter().map(|row| row.executions).sum();
    let (share, mean) = (minimal as f64 / total, executions as f64 / total);
    println!("{minimal} of {total} are minimal ({:.1} %), at {mean:.1} executions on average", 100.0 * share);
    assert!(share >= 0.9, "{share}");
    assert!(mean <= 150.0, "{mean}");
}

fn shrink_all(fault: Fault) -> Row {
    let mut lengths: BTreeMap<(Identity, usize), usize> = BTreeMap::new();
    let mut executions = 0;
    for seed in 0..SEEDS {
        let found = find(fault, seed).unwrap_or_else(|| panic!("{fault} is not found with seed {seed}"));
        let make = || Ok(Memory::with_fault(fault));
        let shrunk = campaign::shrink(&plan(fault, seed), &make, &found, &Watch::default(), |_, _| {});
        let shrunk = shrunk.expect("the service starts");
        assert_eq!(shrunk.outcome, Minimality::OneMinimal);
        assert_eq!(shrunk.finding.identity(), found.finding.identity());
        *lengths.entry((found.finding.identity(), shrunk.commands.len())).or_default() += 1;
        executions += shrunk.executions;
    }
    let truth = true_minima(fault, &lengths.keys().map(|key| key.0).collect());
    let (mut minimal, mut misses) = (0, Vec::new());
    for ((identity, length), count) in lengths {
        let least = truth[&identity];
        assert!(length >= least, "{identity}: {length} commands are fewer than can be");
        if length == least {
            minimal += count;
        } else {
            misses.push(format!("{count} times {length} instead of {least} for {identity}"));
        }
    }
    Row { fault, minimal, executions, misses }
}
