//! The engines: one attempt of each at a fault.

use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use chatwarden_model::Command;

use super::prepare::{Prepared, suite_setup};
use super::watch::Own;
use super::{BenchConfig, Engine, Trial};
use chatwarden::adapter::Failure;
use chatwarden::adapter::fault::Fault;
use chatwarden::adapter::memory::Memory;
use chatwarden::campaign;
use chatwarden::counterexample::Counterexample;
use chatwarden_explore::{self, Alike, Drive};
use chatwarden::finding::Verdict;
use chatwarden::generate::Guidance;
use chatwarden::lockstep;

/// How many bytes a search may take: as many for each fault, however many searches go on beside it.
pub(super) const MEMORY: u64 = 2 << 30;

/// What came of an attempt; nothing if the watch stopped it.
pub(super) fn attempt(
    plan: &BenchConfig,
    prepared: &Prepared,
    engine: Engine,
    fault: Fault,
    seed: u64,
    watch: &Own,
) -> Option<Trial> {
    let campaign = campaign::CampaignConfig { seed, ..plan.campaign(fault) };
    match engine {
        Engine::Uniform => {
            run_campaign(fault, &campaign::CampaignConfig { guidance: Guidance::Uniform, ..campaign }, watch)
        }
        Engine::Likely => run_campaign(fault, &campaign, watch),
        Engine::Coverage => {
            let targets = prepared.targets(fault)?.clone();
            let campaign = campaign::CampaignConfig { guidance: Guidance::Coverage, targets, ..campaign };
            run_campaign(fault, &campaign, watch)
        }
        Engine::Suite => {
            let campaign = campaign::CampaignConfig { setup: suite_setup(fault.policy()), ..campaign };
            Some(replay(fault, &campaign, prepared.histories(fault)?, watch))
        }
        Engine::Exhaustive => exhaust(fault, &campaign, plan.time, watch),
        #[cfg(feature = "peers")]
        Engine::Proptest => super::peer::attempt(fault, &campaign, watch),
        #[cfg(not(feature = "peers"))]
        Engine::Proptest => None,
    }
}

fn service(fault: Fault) -> impl Fn() -> Result<Memory, Failure> + Sync {
    move || Ok(Memory::with_fault(fault))
}

fn run_campaign(fault: Fault, campaign: &campaign::CampaignConfig, watch: &Own) -> Option<Trial> {
    let started = Instant::now();
    let tally = campaign::run_campaign(campaign, &service(fault), &watch.campaign, &|_| {});
    let tally = tally.expect("the service starts");
    let time = started.elapsed();
    let is_kill = |found: &&Counterexample| found.finding.identity().verdict != Verdict::Inconclusive;
    let found = tally.found.iter().find(is_kill);
    Some(Trial {
        runs: Some(tally.runs),
        commands: tally.commands,
        time,
        exhausted: 0,
        chain: found.map(|found| shrink(fault, campaign, found, watch)),
    })
}

fn shrink(fault: Fault, campaign: &campaign::CampaignConfig, found: &Counterexample, watch: &Own) -> Counterexample {
    campaign::shrink(campaign, &service(fault), found, &watch.campaign, |_, _| {})
        .expect("the service starts")
}

/// The scenarios of a suite one after the other, each with a fresh service.
fn replay<'a>(
    fault: Fault,
    campaign: &campaign::CampaignConfig,
    histories: impl Iterator<Item = &'a [Command]>,
    watch: &Own,
) -> Trial {
    let started = Instant::now();
    let mut service = Memory::with_fault(fault);
    let (mut runs, mut commands, mut first) = (0, 0, None);
    for chain in histories {
        runs += 1;
        let finding = lockstep::run(&mut service, campaign.terms, &campaign.setup, chain);
        let length = finding.as_ref().map_or(chain.len(), |finding| finding.at() + 1);
        commands += length as u64;
        if let Some(finding) = finding {
            first = Some(Counterexample::new(chain[..length].to_vec(), finding));
            break;
        }
    }
    let time = started.elapsed();
    let chain = first.map(|found| shrink(fault, campaign, &found, watch));
    Trial { runs: Some(runs), commands, time, exhausted: 0, chain }
}

/// Every command that can be written down in every situation, which is told apart exactly: nothing is assumed of the
/// service, so that the first finding is a shortest one.
fn exhaust(
    fault: Fault,
    campaign: &campaign::CampaignConfig,
    time: Option<Duration>,
    watch: &Own,
) -> Option<Trial> {
    let started = Instant::now();
    let drive = Drive {
        setup: campaign.setup,
        terms: campaign.terms,
        alphabet: campaign.setup.bounds().all(),
        depth: None,
        alike: Alike::Product,
        symmetry: false,
        wanted: None,
        stop_at_first: true,
        jobs: NonZeroUsize::MIN,
        memory: MEMORY,
        deadline: time.and_then(|time| started.checked_add(time)),
    };
    let mut first = None;
    let mut found = |found: &Counterexample| {
        first.get_or_insert_with(|| (started.elapsed(), found.clone()));
        watch.search.stop();
    };
    let driven = chatwarden_explore::drive(&drive, &service(fault), &watch.search, &mut found);
    let driven = driven.expect("the service starts and can be copied");
    let time = first.as_ref().map_or_else(|| started.elapsed(), |(time, _)| *time);
    // Everything shorter than the first finding was tried before it.
    let exhausted = first
        .as_ref()
        .map_or(driven.judged.unwrap_or(0), |(_, found)| found.commands.len().saturating_sub(1));
    let chain = first.map(|(_, found)| shrink(fault, campaign, &found, watch));
    Some(Trial { runs: None, commands: driven.executed, time, exhausted, chain })
}
