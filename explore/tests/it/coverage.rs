//! Authorization coverage, compared with independent counts, and the conformance suites that it defines.

mod cases;
mod reachability;
mod suites;

use std::collections::BTreeSet;

use chatwarden::adapter::Adapter;
use chatwarden::adapter::fault::Fault;
use chatwarden::adapter::memory::Memory;
use chatwarden::campaign::{self, CampaignConfig, CampaignMonitor};
use chatwarden::coverage::{Case, Coverage, DecidedBy, HistoryFacts, Point, Situation};
use chatwarden::generate::{Generator, Guidance, Seeded};
use chatwarden::model::{
    Cast, Command, CommandKind, Condition, EnumSet, Kind, NamedEnum, Preset, State, UserSet, decide, step,
};

use chatwarden_test_support::small;

/// The expected counts are of the allowed commands and of those that one condition refused.
#[test]
fn outcomes_are_counted_as_the_decisions_say() {
    let setup = small(Preset::PairwiseConsent.policy(), 2);
    for run in 0..200 {
        let mut choices = Seeded::of_run(3, run);
        let generator = Generator::for_run(&setup, EnumSet::all(), &mut choices);
        let commands = generator.run(&setup, 30, &[], &mut choices);
        let mut coverage = Coverage::default();
        coverage.follow(&setup, &commands);
        let mut state: State = setup.start();
        let mut decided: Vec<(CommandKind, Option<Condition>)> = Vec::new();
        for command in &commands {
            let decision = decide(&state, &setup.policy, command);
            if decision.failures() < 2 {
                decided.push((command.kind(), decision.near_miss()));
            }
            step(&mut state, &setup.policy, command);
        }
        for point in Point::all() {
            let Point::Decided(kind, outcome) = *point else { continue };
            let alone = match outcome {
                DecidedBy::Allowed => None,
                DecidedBy::Alone(condition) => Some(condition),
            };
            let times = decided.iter().filter(|known| **known == (kind, alone)).count() as u64;
            assert_eq!(coverage.count(*point), times, "run {run}: {point}");
        }
    }
}

/// Every point that is observed is listed.
#[test]
fn observed_points_are_listed() {
    let listed: BTreeSet<Point> = Point::all().iter().copied().collect();
    assert_eq!(listed.len(), Point::all().len(), "none is listed twice");
    let names: BTreeSet<String> = listed.iter().map(ToString::to_string).collect();
    assert_eq!(names.len(), listed.len(), "each has a name of its own");
    for preset in Preset::ALL {
        let setup = small(preset.policy(), 2);
        for run in 0..40 {
            let mut choices = Seeded::of_run(5, run);
            let generator = Generator::for_run(&setup, EnumSet::all(), &mut choices);
            let (mut state, mut past): (State, HistoryFacts) = (setup.start(), HistoryFacts::default());
            for command in generator.run(&setup, 20, &[], &mut choices) {
                let situation = Situation { state: &state, policy: &setup.policy, past: Some(&past) };
                let is_listed = |point| assert!(listed.contains(&point), "{preset}: {point}");
                situation.each_point(&command, is_listed);
                let before = state;
                let allowed = step(&mut state, &setup.policy, &command).decision.is_allowed();
                past.record(&before, &command, allowed, &state);
            }
            let situation = Situation { state: &state, policy: &setup.policy, past: Some(&past) };
            for command in setup.bounds().all() {
                situation.each_point(&command, |point| assert!(listed.contains(&point), "{preset}: {point}"));
            }
        }
    }
}

/// Adults have no approvals, so only a block keeps two of them from a conversation of their own.
#[test]
fn a_block_between_adults_is_observed_as_a_block() {
    let mut cast = Cast::default();
    let [sam, zoe] = [(); 2].map(|()| cast.add(Kind::Adult, UserSet::EMPTY));
    let policy = Preset::AdderOnly.policy();
    let mut state: State<2, 0> = State::new(&cast);
    step(&mut state, &policy, &Command::Block { by: sam, who: zoe });
    for (by, other, case) in [(sam, zoe, Case::OwnBlock), (zoe, sam, Case::OtherBlock)] {
        let mut observed = Vec::new();
        let situation = Situation { state: &state, policy: &policy, past: None };
        situation.each_point(&Command::Direct { by, to: other }, |point| observed.push(point));
        let alone = DecidedBy::Alone(Condition::PartiesAuthorized);
        assert!(observed.contains(&Point::Case(CommandKind::Direct, alone, case)), "{observed:?}");
    }
}

#[test]
fn guidance_by_coverage_does_not_depend_on_the_number_of_jobs() {
    let setup = small(Preset::PairwiseConsent.policy(), 2);
    let make = || Ok(Memory::with_fault(Fault::MemberRemoves));
    let found = |jobs: usize| {
        let jobs = jobs.try_into().expect("a number of jobs");
        let plan = CampaignConfig {
            jobs,
            keep_going: true,
            runs: 1_500,
            guidance: Guidance::Coverage,
            ..CampaignConfig::new(setup, &Memory::new().about())
        };
        let tally = campaign::run_campaign(&plan, &make, &CampaignMonitor::default(), &|_| {})
            .expect("the service starts");
        (tally.found, tally.coverage)
    };
    let alone = found(1);
    assert!(!alone.0.is_empty());
    assert_eq!(found(2), alone);
    assert_eq!(found(3), alone);
}
