//! Policies explored: one or all presets, each search reported with the chains that break its
//! promises.

use std::io;
use std::path::PathBuf;
use std::time::Instant;

use chatwarden_model::{NamedEnum, Preset, Promise};

use super::Explore;
use crate::baseline::{Baseline, Subject};
use crate::counterexample_writer::CounterexampleWriter;
use crate::exit::{CliError, Ending, Exit};
use crate::interrupt::Interrupt;
use crate::options::{self, Given};
use crate::progress;
use crate::report::{Covered, Event, Explored, Report};
use chatwarden::campaign::Shard;
use chatwarden::coverage::Coverage;
use chatwarden::format::{KnownFinding, PolicySpec};
use chatwarden_explore::{End, Exploration, PromiseResult, SearchMonitor, explore};

pub(crate) fn run(options: &Explore, reports: &mut impl Report) -> Result<Exit, CliError> {
    if let Some(directory) = &options.save {
        options::writable(directory)?;
    }
    let interrupt = Interrupt::installed();
    let monitor = &interrupt.search;
    let mut baseline = options.known.read()?;
    let mut all = Vec::new();
    for policy in policies(options) {
        let explored = one(options, &policy, &mut baseline, monitor)?;
        reports.event(Event::PolicyExplored(&explored))?;
        if let Some(ground) = &explored.exploration.ground {
            let (policy, cast) = (explored.policy.as_str(), explored.cast.as_str());
            let groups = explored.setup.groups;
            let coverage = &Coverage::of_points(&ground.reachable);
            reports.event(Event::CoverageCounted(&Covered { policy, cast, groups, coverage, ground }))?;
        }
        all.push(explored);
        if monitor.is_stopped() {
            break;
        }
    }
    if options.all_policies {
        reports.event(Event::PoliciesCompared(&all))?;
    }
    options.known.conclude(&baseline, |known| could_be_met(&all, known), reports)?;
    reports.finish()?;
    let mut matched = all.iter().flat_map(|explored| &explored.matched);
    let is_broken = matched.any(|(_, matched)| !options.known.suppresses(matched));
    let is_expected = is_expected_kept(options);
    Ok(Exit::from(Ending {
        has_new_finding: is_expected && is_broken,
        is_interrupted: monitor.is_stopped(),
        is_inconclusive: is_expected && all.iter().any(|explored| explored.exploration.end == End::Memory),
    }))
}

fn policies(options: &Explore) -> Vec<Given<PolicySpec>> {
    if options.all_policies {
        let shard = options.shard.unwrap_or(Shard::WHOLE);
        let presets = Preset::ALL.iter().zip(0..).filter(|(_, position)| shard.holds(*position));
        presets.map(|(preset, _)| super::preset(*preset)).collect()
    } else {
        vec![options.policy.clone().unwrap_or_else(super::default_policy)]
    }
}

/// Whoever says which promises are known to be broken expects the others to be kept.
fn is_expected_kept(options: &Explore) -> bool {
    options.expect_kept || options.known.is_given()
}

/// Whether the known finding would have been met if the policy still broke the promise.
fn could_be_met(all: &[Explored], known: &KnownFinding) -> bool {
    all.iter().any(|explored| {
        let judged = explored.exploration.promises.iter().any(|(promise, _)| known.promise == Some(*promise));
        let searched = matches!(explored.exploration.end, End::Complete | End::Depth);
        let policy = PolicySpec::Full(explored.setup.policy);
        known.scenario.is_none() && judged && searched && Subject::new(&policy, None, None).is_of(known)
    })
}

fn one(
    options: &Explore,
    policy: &Given<PolicySpec>,
    baseline: &mut Baseline,
    monitor: &SearchMonitor,
) -> Result<Explored, CliError> {
    let plan = options.plan(&policy.value)?;
    let started = Instant::now();
    let exploration = progress::of_search(&policy.name, monitor, || explore(&plan, monitor));
    let time = started.elapsed();
    let subject = Subject::new(&policy.value, None, None);
    let broken = exploration.promises.iter().filter(|(_, result)| result.length().is_some());
    let matched =
        broken.map(|(promise, _)| (*promise, baseline.match_finding(subject.broken_by_policy(*promise))));
    Ok(Explored {
        matched: matched.collect(),
        is_expected_kept: is_expected_kept(options),
        files: save(options, policy.value, &exploration)?,
        policy: policy.name.clone(),
        cast: options.cast.name.clone(),
        names: options.cast.value.casting().with_groups(options.groups()),
        setup: plan.setup,
        exploration,
        time,
        is_one_of_many: options.all_policies,
    })
}

/// Writes down the chain of each broken promise, if that was asked for.
fn save(
    options: &Explore,
    policy: PolicySpec,
    exploration: &Exploration,
) -> io::Result<Vec<(Promise, PathBuf)>> {
    let Some(directory) = &options.save else { return Ok(Vec::new()) };
    let writer = CounterexampleWriter {
        directory: directory.clone(),
        policy,
        cast: options.cast.value.clone(),
        groups: options.groups(),
        promises: options::chosen(&options.promises),
    };
    let mut files = Vec::new();
    for (promise, result) in &exploration.promises {
        if let PromiseResult::Broken(chain) = result {
            files.push((*promise, writer.save(*promise, chain, exploration.alphabet)?));
        }
    }
    Ok(files)
}
