//! Authorization coverage against what can be counted without it, and the conformance suites: complete, short, the same
//! every time, and strong enough to see every fault that shows in a single wrong answer.

mod cases;
mod ground;

use std::collections::BTreeSet;
use std::path::Path;

use chatwarden::adapter::Adapter;
use chatwarden::adapter::fault::{Crowd, Fault, Sight};
use chatwarden::adapter::memory::Memory;
use chatwarden::campaign::{self, Plan, Watch};
use chatwarden::check::{self, Terms};
use chatwarden::coverage::{Case, Coverage, Outcome, Point, Situation, Standing};
use chatwarden::explore;
use chatwarden::generate::{Generator, Guidance, Seeded};
use chatwarden::model::{
    Cast, Command, CommandKind, Condition, Kind, Policy, Preset, Setup, State, UserSet, Word, WordSet,
    decide, step,
};
use chatwarden::replay;
use chatwarden::suite::{self, Suite};
use chatwarden::wire::Scenario;

use crate::support::small;

fn suite_of(policy: Policy) -> (Setup, Suite) {
    let setup = small(policy, 2);
    (setup, suite::build(&suite::Plan::new(setup), &explore::Watch::default()))
}

/// Whether some scenario of the suite shows that the service is not as it should be.
fn kills(setup: &Setup, suite: &Suite, fault: Fault) -> bool {
    let mut service = Memory::with_fault(fault);
    let terms = Terms::of(&service.about());
    suite.chains.iter().any(|chain| check::run(&mut service, terms, setup, &chain.commands).is_some())
}

/// Counted by hand: which commands were allowed, and which were refused by one condition.
#[test]
fn outcomes_are_counted_as_the_decisions_say() {
    let setup = small(Preset::PairwiseConsent.policy(), 2);
    for run in 0..200 {
        let mut choices = Seeded::of_run(3, run);
        let generator = Generator::for_run(&setup, WordSet::all(), &mut choices);
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
                Outcome::Allowed => None,
                Outcome::Alone(condition) => Some(condition),
            };
            let times = decided.iter().filter(|known| **known == (kind, alone)).count() as u64;
            assert_eq!(coverage.count(*point), times, "run {run}: {point}");
        }
    }
}

/// Every point that is told is one of those that are listed, and a case comes with its outcome.
#[test]
fn what_is_told_is_what_is_listed() {
    let listed: BTreeSet<Point> = Point::all().iter().copied().collect();
    assert_eq!(listed.len(), Point::all().len(), "none is listed twice");
    let names: BTreeSet<String> = listed.iter().map(ToString::to_string).collect();
    assert_eq!(names.len(), listed.len(), "each has a name of its own");
    for preset in Preset::ALL {
        let setup = small(preset.policy(), 2);
        for run in 0..40 {
            let mut choices = Seeded::of_run(5, run);
            let generator = Generator::for_run(&setup, WordSet::all(), &mut choices);
            let mut state: State = setup.start();
            for command in generator.run(&setup, 20, &[], &mut choices) {
                step(&mut state, &setup.policy, &command);
            }
            let situation = Situation { state: &state, policy: &setup.policy, past: None };
            for command in setup.bounds().all() {
                situation.each_point(&command, |point| assert!(listed.contains(&point), "{preset}: {point}"));
            }
        }
    }
}

/// Adults have no approvals, so between two of them a block is what keeps them from a conversation of their own.
#[test]
fn a_block_between_adults_is_told_as_a_block() {
    let mut cast = Cast::default();
    let [sam, zoe] = [(); 2].map(|()| cast.add(Kind::Adult, UserSet::EMPTY));
    let policy = Preset::AdderOnly.policy();
    let mut state: State<2, 0> = State::new(&cast);
    step(&mut state, &policy, &Command::Block { by: sam, who: zoe });
    for (by, other, case) in [(sam, zoe, Case::OwnBlock), (zoe, sam, Case::OtherBlock)] {
        let mut told = Vec::new();
        let situation = Situation { state: &state, policy: &policy, past: None };
        situation.each_point(&Command::Direct { by, to: other }, |point| told.push(point));
        let alone = Outcome::Alone(Condition::PartiesAuthorized);
        assert!(told.contains(&Point::Case(CommandKind::Direct, alone, case)), "{told:?}");
    }
}

#[test]
fn a_suite_covers_all_that_can_be_with_few_and_short_chains() {
    let (setup, suite) = suite_of(Preset::MessengerKids2019.policy());
    assert!(suite.ground.is_complete && suite.missing.is_empty());
    assert!(suite.chains.len() <= 150 && suite.chains.iter().all(|chain| chain.commands.len() <= 12));
    let coverage = suite.coverage(&setup);
    for point in Point::all() {
        let standing = suite.ground.standing(&coverage, *point);
        assert!(matches!(standing, Standing::Reached | Standing::Unreachable), "{point}: {standing}");
    }
    // Without any one chain something is missing.
    for left_out in 0..suite.chains.len() {
        let mut chains = suite.chains.clone();
        chains.remove(left_out);
        let fewer = Suite { chains, ..suite.clone() };
        assert!(fewer.coverage(&setup).points().len() < coverage.points().len(), "{left_out}");
    }
    assert_eq!(suite_of(setup.policy).1, suite, "the same every time");
}

/// The suites that are committed, in a fresh service without a fault.
#[test]
fn committed_suites_are_kept_by_the_model_and_the_service() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/conformance");
    for preset in Preset::ALL {
        let entries = std::fs::read_dir(root.join(preset.name())).expect("each preset has a suite");
        let mut count = 0;
        for entry in entries {
            let scenario = Scenario::open(&entry.expect("it can be listed").path()).expect("it can be read");
            let mut service = Memory::new();
            let terms = Terms::of(&service.about());
            assert_eq!(replay::against_policy(&scenario), Ok(()), "{preset} {}", scenario.name);
            let finding = replay::against_implementation(&scenario, &mut service, terms);
            assert_eq!(finding, None, "{preset} {}", scenario.name);
            count += 1;
        }
        assert!((50..=150).contains(&count), "{preset}: {count}");
    }
}

/// The faults that the suite of their policy and the small cast does not see are told, so that none is lost in silence.
#[test]
fn the_suite_alone_sees_every_fault_of_a_single_answer() {
    let mut unseen = Vec::new();
    let mut suites: Vec<(Policy, Setup, Suite)> = Vec::new();
    for &fault in Fault::ALL.iter().filter(|fault| fault.cast() == Crowd::Small) {
        let policy = fault.policy();
        if suites.iter().all(|(known, ..)| *known != policy) {
            let (setup, suite) = suite_of(policy);
            suites.push((policy, setup, suite));
        }
        let (_, setup, suite) = suites.iter().find(|(known, ..)| *known == policy).expect("just made");
        if !kills(setup, suite, fault) {
            unseen.push((fault, fault.sight()));
        }
    }
    println!("not seen by the suite alone: {unseen:?}");
    assert!(unseen.iter().all(|(_, sight)| *sight != Sight::Single));
}

#[test]
fn coverage_that_guides_finds_the_same_whatever_the_number_of_jobs() {
    let setup = small(Preset::PairwiseConsent.policy(), 2);
    let make = || Ok(Memory::with_fault(Fault::MemberRemoves));
    let found = |jobs: usize| {
        let jobs = jobs.try_into().expect("a number of jobs");
        let plan = Plan {
            jobs,
            keep_going: true,
            runs: 1_500,
            guidance: Guidance::Coverage,
            ..Plan::new(setup, &Memory::new().about())
        };
        let tally = campaign::conduct(&plan, &make, &Watch::default(), &|_| {}).expect("the service starts");
        (tally.found, tally.coverage)
    };
    let alone = found(1);
    assert!(!alone.0.is_empty());
    assert_eq!(found(2), alone);
    assert_eq!(found(3), alone);
}
