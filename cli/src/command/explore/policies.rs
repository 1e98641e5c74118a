//! `explore` without an implementation: searches one policy or all presets, and reports each with the
//! shortest counterexamples of the promises that it breaks.

use std::io;
use std::path::PathBuf;
use std::time::Instant;

use chatwarden_model::{NamedEnum, Preset, Promise};

use super::Explore;
use crate::args::{self, NamedArg};
use crate::baseline::{Baseline, Subject};
use crate::counterexample_writer::CounterexampleWriter;
use crate::exit::{CliError, Ending, Exit, report_no_answer};
use crate::interrupt::Interrupt;
use crate::progress;
use crate::report::{Covered, Event, Explored, Report};
use chatwarden::campaign::Shard;
use chatwarden::coverage::Coverage;
use chatwarden::format::{KnownFinding, PolicySpec};
use chatwarden_explore::{End, Exploration, PromiseResult, SearchMonitor, explore};

pub(crate) fn run(
    options: &Explore,
    reports: &mut impl Report,
    interrupt: &Interrupt,
) -> Result<Exit, CliError> {
    if let Some(directory) = &options.save {
        args::check_writable(directory)?;
    }
    let (mut baseline, monitor) = (options.known.read()?, &interrupt.search);
    let mut all = Vec::new();
    for policy in policies(options) {
        let explored = search(options, &policy, &mut baseline, monitor)?;
        report(&explored, reports)?;
        if has_new_finding(options, &explored) {
            interrupt.record_finding();
        }
        all.push(explored);
        if monitor.is_stopped() {
            break;
        }
    }
    if options.all_policies {
        reports.event(Event::PoliciesCompared(&all))?;
    }
    let without_answer = |explored| Some((explored, shortfall(options, explored)?));
    if let Some((explored, why)) = all.iter().find_map(without_answer) {
        let why = format!("the search of {} {why}", explored.policy);
        reports.event(Event::RunIncomplete(&why))?;
    }
    if all.is_empty() && !monitor.is_stopped() {
        let shard = options.shard.unwrap_or(Shard::WHOLE);
        report_no_answer(&format!("there are fewer policies than shards, and none for {shard}"), reports)?;
    }
    options.known.finish(&baseline, |known| could_be_found(&all, known), reports)?;
    Ok(exit(options, &all))
}

fn exit(options: &Explore, all: &[Explored]) -> Exit {
    Exit::from(Ending {
        has_new_finding: all.iter().any(|explored| has_new_finding(options, explored)),
        is_inconclusive: all.is_empty() || all.iter().any(|explored| shortfall(options, explored).is_some()),
    })
}

/// Whether a policy breaks a promise that it had to keep.
fn has_new_finding(options: &Explore, explored: &Explored) -> bool {
    let mut broken = explored.matched.iter();
    expects_kept(options) && broken.any(|(_, matched)| !options.known.suppresses(matched))
}

/// Why a search that had to show something could not, if it could not.
fn shortfall(options: &Explore, explored: &Explored) -> Option<&'static str> {
    let exploration = &explored.exploration;
    match exploration.end {
        _ if !expects_kept(options) => None,
        End::Memory => Some("ended early: its memory did not suffice"),
        _ if exploration.transitions == 0 => Some("tried no command"),
        _ => None,
    }
}

fn report(explored: &Explored, reports: &mut impl Report) -> io::Result<()> {
    reports.event(Event::PolicyExplored(explored))?;
    let Some(reachability) = &explored.exploration.reachability else { return Ok(()) };
    reports.event(Event::CoverageCounted(&Covered {
        policy: &explored.policy,
        cast: &explored.cast,
        groups: explored.setup.groups,
        coverage: &Coverage::of_points(&reachability.reachable),
        reachability,
    }))
}

fn policies(options: &Explore) -> Vec<NamedArg<PolicySpec>> {
    if options.all_policies {
        let shard = options.shard.unwrap_or(Shard::WHOLE);
        let presets = Preset::ALL.iter().zip(0..).filter(|(_, position)| shard.holds(*position));
        presets.map(|(preset, _)| super::preset(*preset)).collect()
    } else {
        vec![options.policy.clone().unwrap_or_else(super::default_policy)]
    }
}

/// Whether a broken promise is a failure. A baseline lists the broken promises that are not.
fn expects_kept(options: &Explore) -> bool {
    options.expect_kept || options.known.baseline.is_some()
}

/// Whether the searches would have found the known finding if the policy still broke the promise.
fn could_be_found(all: &[Explored], known: &KnownFinding) -> bool {
    all.iter().any(|explored| {
        let checked =
            explored.exploration.promises.iter().any(|(promise, _)| known.promise == Some(*promise));
        let finished = matches!(explored.exploration.end, End::Complete | End::Depth);
        let policy = PolicySpec::from(explored.setup.policy);
        known.scenario.is_none() && checked && finished && Subject::new(&policy, None, None).is_of(known)
    })
}

fn search(
    options: &Explore,
    policy: &NamedArg<PolicySpec>,
    baseline: &mut Baseline,
    monitor: &SearchMonitor,
) -> Result<Explored, CliError> {
    let search = options.policy_search(&policy.value)?;
    let started = Instant::now();
    let exploration = progress::of_search(&policy.name, monitor, || explore(&search, monitor));
    let time = started.elapsed();
    let subject = Subject::new(&policy.value, None, None);
    let broken = exploration.promises.iter().filter(|(_, result)| result.length().is_some());
    let matched =
        broken.map(|(promise, _)| (*promise, baseline.match_finding(subject.broken_by_policy(*promise))));
    Ok(Explored {
        matched: matched.collect(),
        is_expected_kept: expects_kept(options),
        files: save(options, &policy.value, &exploration)?,
        policy: policy.name.clone(),
        cast: options.cast.name.clone(),
        names: options.cast.value.named_cast().with_groups(options.group_names()),
        setup: search.setup,
        exploration,
        time,
        is_one_of_many: options.all_policies,
    })
}

/// Saves the counterexample of each broken promise, if the user asked for it.
fn save(
    options: &Explore,
    policy: &PolicySpec,
    exploration: &Exploration,
) -> io::Result<Vec<(Promise, PathBuf)>> {
    let Some(directory) = &options.save else { return Ok(Vec::new()) };
    let writer = CounterexampleWriter {
        directory: directory.clone(),
        policy: policy.clone(),
        cast: options.cast.value.clone(),
        groups: options.group_names(),
        promises: args::set_if_any(&options.promises),
    };
    let mut files = Vec::new();
    for (promise, result) in &exploration.promises {
        if let PromiseResult::Broken(counterexample) = result {
            files.push((*promise, writer.save(*promise, counterexample, exploration.actions)?));
        }
    }
    Ok(files)
}
