//! The conformance suites: complete, short, the same every time, and strong enough to see every fault that shows in a
//! single wrong answer.

use std::collections::BTreeSet;
use std::path::Path;

use chatwarden::adapter::Adapter;
use chatwarden::adapter::fault::{Detectability, Fault, Rules};
use chatwarden::adapter::memory::Memory;
use chatwarden::coverage::{Point, PointStatus};

use chatwarden::format::Scenario;
use chatwarden::lockstep::{self, CheckConfig};
use chatwarden::model::{Command, NamedEnum, Policy, Preset, Setup};
use chatwarden::replay;
use chatwarden_explore::suite::{self, Suite};

use chatwarden_test_support::small;

/// What people are told of suites, with the faults that these do not see.
const PAGE: &str = include_str!("../../../../docs/coverage.md");

fn suite_of(policy: Policy) -> (Setup, Suite) {
    let setup = small(policy, 2);
    (setup, suite::build(&suite::SuiteConfig::new(setup), &chatwarden_explore::SearchMonitor::default()))
}

/// The scenarios of a preset that are committed; CI makes them anew and compares.
fn committed(preset: Preset) -> Vec<Scenario> {
    let folder = Path::new(crate::ROOT).join("scenarios/conformance").join(preset.name());
    let entries = std::fs::read_dir(folder).expect("each preset has a suite");
    let open = |path: &Path| Scenario::open(path).expect("it can be read");
    entries.map(|entry| open(&entry.expect("it can be listed").path())).collect()
}

#[test]
fn a_suite_covers_all_that_can_be_with_few_and_short_chains() {
    let (setup, suite) = suite_of(Preset::MessengerKids2019.policy());
    assert!(suite.ground.is_complete && suite.missing.is_empty());
    assert!(suite.chains.len() <= 150 && suite.chains.iter().all(|chain| chain.commands.len() <= 12));
    let coverage = suite.coverage(&setup);
    for point in Point::all() {
        let standing = suite.ground.status(&coverage, *point);
        assert!(matches!(standing, PointStatus::Reached | PointStatus::Unreachable), "{point}: {standing}");
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
    for &preset in Preset::ALL {
        let scenarios = committed(preset);
        for scenario in &scenarios {
            let mut service = Memory::new();
            let terms = CheckConfig::of(&service.about());
            assert_eq!(replay::against_policy(scenario), Ok(()), "{preset} {}", scenario.name);
            let finding = replay::against_implementation(scenario, &mut service, terms);
            assert_eq!(finding, None, "{preset} {}", scenario.name);
        }
        let (count, steps) = (scenarios.len(), || scenarios.iter().map(|scenario| scenario.steps.len()));
        assert!(count <= 150 && steps().all(|steps| steps <= 12), "{preset}");
        let row =
            format!("| `{preset}` | {count} | {} | {} |", steps().sum::<usize>(), steps().max().unwrap_or(0));
        assert!(PAGE.contains(&row), "the page does not say {row}");
    }
}

/// The histories of the suite for each policy under which a fault matters, with the small cast.
fn histories() -> Vec<(Policy, Vec<Vec<Command>>)> {
    let mut suites: Vec<(Policy, Vec<Vec<Command>>)> = Vec::new();
    for fault in Fault::ALL {
        let policy = fault.policy();
        if suites.iter().any(|(known, _)| *known == policy) {
            continue;
        }
        let histories = match fault.rules() {
            Rules::Preset(preset) => committed(preset).iter().map(replay::commands).collect(),
            Rules::CustomPolicy(_) => {
                suite_of(policy).1.chains.into_iter().map(|chain| chain.commands).collect()
            }
        };
        suites.push((policy, histories));
    }
    suites
}

/// What no suite sees is told on the page with the reason, so that nothing is missed in silence.
#[test]
fn suites_see_every_fault_of_a_single_answer_and_the_page_lists_those_that_they_do_not() {
    let suites = histories();
    let is_seen = |fault: &&Fault| {
        let (policy, histories) =
            suites.iter().find(|(policy, _)| *policy == fault.policy()).expect("each has its suite");
        let mut service = Memory::with_fault(**fault);
        let terms = CheckConfig::of(&service.about());
        histories.iter().any(|chain| lockstep::run(&mut service, terms, &small(*policy, 2), chain).is_some())
    };
    let (seen, unseen): (Vec<&Fault>, Vec<&Fault>) = Fault::ALL.iter().partition(is_seen);
    assert!(unseen.iter().all(|fault| fault.sight() != Detectability::Single), "{unseen:?}");
    let (_, section) = PAGE.split_once("## What a suite cannot see").expect("the page has the section");
    let names = section.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    let listed: BTreeSet<&str> = names.collect();
    assert_eq!(listed, unseen.iter().map(|fault| fault.name()).collect());
    assert!(PAGE.contains(&format!("{} of the {} faults", seen.len(), Fault::ALL.len())), "{}", seen.len());
}
