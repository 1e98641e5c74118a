//! Authorization coverage against plain counts, and the conformance suites that are built on it.

mod cases;
mod reachability;
mod suites;

use std::collections::BTreeSet;

use chatwarden::adapter::Adapter;
use chatwarden::adapter::fault::Fault;
use chatwarden::adapter::memory::Memory;
use chatwarden::campaign::{self, CampaignConfig, CampaignMonitor};
use chatwarden::coverage::{Case, Coverage, DecidedBy, HistoryFacts, Point, StateView};
use chatwarden::generate::{Generator, Guidance, Seeded};
use chatwarden::model::{
    Cast, Command, CommandKind, Condition, EnumSet, Kind, NamedEnum, Preset, State, UserSet, decide, step,
};

use chatwarden_test_support::small;

/// The decisions are counted here again: allowed, or refused by one condition.
#[test]
fn outcomes_are_counted_as_they_were_decided() {
    let setup = small(Preset::PairwiseConsent.policy(), 2);
    for run in 0..200 {
        let mut choices = Seeded::of_run(3, run);
        let mut generator = Generator::for_run(&setup, EnumSet::all(), &mut choices);
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

/// A point with the number of another one would have its position.
#[test]
fn every_point_has_a_number_of_its_own() {
    for (at, point) in Point::all().iter().enumerate() {
        assert_eq!(point.position(), at, "{point}");
    }
}

#[test]
fn a_point_that_is_shown_is_listed() {
    let listed: BTreeSet<Point> = Point::all().iter().copied().collect();
    assert_eq!(listed.len(), Point::all().len(), "none is listed twice");
    let names: BTreeSet<String> = listed.iter().map(ToString::to_string).collect();
    assert_eq!(names.len(), listed.len(), "each has a name of its own");
    for preset in Preset::ALL {
        let setup = small(preset.policy(), 2);
        for run in 0..40 {
            let mut choices = Seeded::of_run(5, run);
            let mut generator = Generator::for_run(&setup, EnumSet::all(), &mut choices);
            let (mut state, mut history): (State, HistoryFacts) = (setup.start(), HistoryFacts::default());
            for command in generator.run(&setup, 20, &[], &mut choices) {
                let view = StateView { state: &state, policy: &setup.policy, history: Some(&history) };
                view.each_point(&command, |point| assert!(listed.contains(&point), "{preset}: {point}"));
                let before = state;
                let allowed = step(&mut state, &setup.policy, &command).decision.is_allowed();
                history.record(&before, &command, allowed, &state);
            }
            let view = StateView { state: &state, policy: &setup.policy, history: Some(&history) };
            for command in setup.bounds().all() {
                view.each_point(&command, |point| assert!(listed.contains(&point), "{preset}: {point}"));
            }
        }
    }
}

/// Adults have no approvals, so only a block keeps two of them from a direct conversation.
#[test]
fn a_block_between_adults_is_shown_as_a_block() {
    let mut cast = Cast::default();
    let [sam, zoe] = [(); 2].map(|()| cast.add(Kind::Adult, UserSet::EMPTY));
    let policy = Preset::AdderOnly.policy();
    let mut state: State<2, 0> = State::new(&cast);
    step(&mut state, &policy, &Command::Block { by: sam, who: zoe });
    for (by, other, case) in [(sam, zoe, Case::OwnBlock), (zoe, sam, Case::OtherBlock)] {
        let mut shown = Vec::new();
        let view = StateView { state: &state, policy: &policy, history: None };
        view.each_point(&Command::Direct { by, to: other }, |point| shown.push(point));
        let alone = DecidedBy::Alone(Condition::PartiesAuthorized);
        assert!(shown.contains(&Point::Case(CommandKind::Direct, alone, case)), "{shown:?}");
    }
}

#[test]
fn guidance_by_coverage_does_not_depend_on_the_number_of_jobs() {
    let setup = small(Preset::PairwiseConsent.policy(), 2);
    let make = || Ok(Memory::with_fault(Fault::MemberRemoves));
    let found = |jobs: usize| {
        let jobs = jobs.try_into().expect("a number of jobs");
        let config = CampaignConfig {
            jobs,
            keep_going: true,
            runs: 1_500,
            guidance: Guidance::Coverage,
            ..CampaignConfig::new(setup, &Memory::new().about())
        };
        let result = campaign::run_campaign(&config, &make, &CampaignMonitor::default(), &|_| {})
            .expect("the service starts");
        (result.found, result.coverage)
    };
    let alone = found(1);
    assert!(!alone.0.is_empty());
    assert_eq!(found(2), alone);
    assert_eq!(found(3), alone);
}
