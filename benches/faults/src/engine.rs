//! One attempt of each engine at a fault.

use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use chatwarden::adapter::Failure;
use chatwarden::adapter::fault::Fault;
use chatwarden::adapter::memory::Memory;
use chatwarden::campaign::{self, CampaignConfig};
use chatwarden::counterexample::Counterexample;
use chatwarden::finding::Verdict;
use chatwarden::generate::Guidance;
use chatwarden::lockstep;
use chatwarden_explore::{ConformanceSearch, StateEquivalence};
use chatwarden_model::Command;

use crate::monitor::AttemptMonitor;
use crate::prepare::{Prepared, suite_setup};
use crate::{BenchConfig, Engine, Trial, proptest_machine};

/// How many bytes a search may take. It is the same for each fault, whatever else is running.
pub(super) const MEMORY: u64 = 2 << 30;

/// The result of an attempt; none if an input that it needs was not completed before a stop.
pub(super) fn attempt(
    config: &BenchConfig,
    prepared: &Prepared,
    engine: Engine,
    fault: Fault,
    seed: u64,
    monitor: &AttemptMonitor,
) -> Option<Trial> {
    let campaign = CampaignConfig { seed, ..config.campaign(fault) };
    Some(match engine {
        Engine::Uniform => {
            run_campaign(fault, &CampaignConfig { guidance: Guidance::Uniform, ..campaign }, monitor)
        }
        Engine::Likely => run_campaign(fault, &campaign, monitor),
        Engine::Coverage => {
            let targets = prepared.targets(fault)?.clone();
            let campaign = CampaignConfig { guidance: Guidance::Coverage, targets, ..campaign };
            run_campaign(fault, &campaign, monitor)
        }
        Engine::Suite => {
            let campaign = CampaignConfig { setup: suite_setup(fault.policy()), ..campaign };
            replay(fault, &campaign, prepared.traces(fault)?, monitor)
        }
        Engine::Exhaustive => search(fault, &campaign, config.time_limit, monitor),
        Engine::Proptest => proptest_machine::attempt(fault, &campaign, monitor),
    })
}

fn service(fault: Fault) -> impl Fn() -> Result<Memory, Failure> + Sync {
    move || Ok(Memory::with_fault(fault))
}

fn run_campaign(fault: Fault, campaign: &CampaignConfig, monitor: &AttemptMonitor) -> Trial {
    let started = Instant::now();
    let result = campaign::run_campaign(campaign, &service(fault), &monitor.campaign, &|_| {});
    let result = result.expect("the service starts");
    let time = started.elapsed();
    let is_detection = |found: &&Counterexample| found.finding.identity().verdict != Verdict::Inconclusive;
    let found = result.found.iter().find(is_detection);
    Trial {
        runs: Some(result.runs),
        commands: result.commands,
        time,
        exhausted: 0,
        counterexample: found.map(|found| shrink(fault, campaign, found, monitor)),
    }
}

pub(super) fn shrink(
    fault: Fault,
    campaign: &CampaignConfig,
    found: &Counterexample,
    monitor: &AttemptMonitor,
) -> Counterexample {
    campaign::shrink(campaign, &service(fault), found, &monitor.campaign, |_, _| {})
        .expect("the service starts")
}

/// Replays the traces of a suite in order, each with a fresh service.
fn replay<'a>(
    fault: Fault,
    campaign: &CampaignConfig,
    traces: impl Iterator<Item = &'a [Command]>,
    monitor: &AttemptMonitor,
) -> Trial {
    let started = Instant::now();
    let mut service = Memory::with_fault(fault);
    let (mut runs, mut commands, mut first) = (0, 0, None);
    for trace in traces {
        runs += 1;
        let finding = lockstep::run(&mut service, campaign.check, &campaign.setup, trace);
        let length = finding.as_ref().map_or(trace.len(), |finding| finding.at() + 1);
        commands += length as u64;
        if let Some(finding) = finding {
            first = Some(Counterexample::new(trace[..length].to_vec(), finding));
            break;
        }
    }
    let time = started.elapsed();
    let counterexample = first.map(|found| shrink(fault, campaign, &found, monitor));
    Trial { runs: Some(runs), commands, time, exhausted: 0, counterexample }
}

/// Tries every command in every state. States are compared exactly and nothing is assumed of the
/// service, so the first finding is a shortest one.
fn search(
    fault: Fault,
    campaign: &CampaignConfig,
    time_limit: Option<Duration>,
    monitor: &AttemptMonitor,
) -> Trial {
    let started = Instant::now();
    let config = ConformanceSearch {
        setup: campaign.setup,
        check: campaign.check,
        actions: campaign.setup.bounds().all(),
        depth: None,
        equivalence: StateEquivalence::Product,
        symmetry: false,
        wanted: None,
        stop_at_first: true,
        jobs: NonZeroUsize::MIN,
        memory: MEMORY,
        deadline: time_limit.and_then(|limit| started.checked_add(limit)),
    };
    let mut first = None;
    let mut report = |found: &Counterexample| {
        first.get_or_insert_with(|| (started.elapsed(), found.clone()));
        monitor.search.stop();
    };
    let result =
        chatwarden_explore::search_implementation(&config, &service(fault), &monitor.search, &mut report);
    let result = result.expect("the service starts and can be copied");
    let (time, exhausted) = match &first {
        // Everything shorter than the first finding was tried before it.
        Some((time, found)) => (*time, found.commands.len().saturating_sub(1)),
        None => (started.elapsed(), result.judged.unwrap_or(0)),
    };
    let counterexample = first.map(|(_, found)| shrink(fault, campaign, &found, monitor));
    Trial { runs: None, commands: result.executed, time, exhausted, counterexample }
}
