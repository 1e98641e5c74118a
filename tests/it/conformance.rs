//! The fault-free built-in service against the model, which share no rule: every preset and fifty
//! random policies, under each fidelity. `CHATWARDEN_RUNS` is the number of runs for each;
//! `scripts/conformance` sets it to a million.

use chatwarden::adapter::memory::Memory;
use chatwarden::adapter::{Adapter, Fidelity};
use chatwarden::campaign::{self, CampaignConfig, CampaignMonitor, CampaignResult};
use chatwarden::format::BuiltInCast;
use chatwarden::model::{NamedEnum, Preset, Setup};

use chatwarden_test_support::{random_policy, small};

const RANDOM_POLICIES: u64 = 50;

fn runs() -> u64 {
    std::env::var("CHATWARDEN_RUNS").map_or(20_000, |runs| runs.parse().expect("CHATWARDEN_RUNS is a number"))
}

fn run_campaign(setup: Setup, fidelity: Fidelity, runs: u64) -> CampaignResult {
    let mut plan = CampaignConfig { runs, ..CampaignConfig::new(setup, &Memory::new().about()) };
    plan.check.fidelity = fidelity;
    campaign::run_campaign(&plan, &|| Ok(Memory::new()), &CampaignMonitor::default(), &|_| {})
        .expect("the service starts")
}

#[track_caller]
fn conforms(what: &str, setup: Setup, runs: u64) {
    for fidelity in [Fidelity::Exact, Fidelity::NoLooser] {
        let tally = run_campaign(setup, fidelity, runs);
        assert!(tally.found.is_empty(), "{what}, {fidelity}: {:?} under {:?}", tally.found, setup.policy);
        println!("{what}: {} runs, {} commands conform, {fidelity}", tally.runs, tally.commands);
    }
}

#[test]
fn the_service_follows_every_preset() {
    for preset in Preset::ALL {
        conforms(preset.name(), small(preset.policy(), 2), runs());
        let family =
            Setup { cast: BuiltInCast::Family.named_cast().cast, groups: 3, policy: preset.policy() };
        conforms(&format!("{preset}, family"), family, runs() / 4);
    }
}

#[test]
fn the_service_follows_random_policies() {
    for number in 0..RANDOM_POLICIES {
        conforms(&format!("random policy {number}"), small(random_policy(number), 2), runs());
    }
}

#[test]
fn two_presets_keep_their_promises_and_five_do_not() {
    for preset in Preset::ALL {
        let tally = run_campaign(small(preset.policy(), 2), Fidelity::PromisesOnly, runs());
        let keeps = matches!(preset, Preset::MessengerKids | Preset::PairwiseConsent);
        assert_eq!(tally.found.is_empty(), keeps, "{preset}: {:?}", tally.found);
    }
}
