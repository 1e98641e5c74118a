//! The conformance suites: complete, short, the same every time, and able to see every fault that shows in a
//! single wrong answer.

use std::collections::BTreeSet;
use std::path::Path;

use chatwarden::adapter::Adapter;
use chatwarden::adapter::fault::{Detectability, Fault, Rules};
use chatwarden::adapter::memory::Memory;
use chatwarden::coverage::{Point, PointStatus};

use chatwarden::format::Scenario;
use chatwarden::lockstep::{self, CheckConfig};
use chatwarden::model::{Command, CommandKind, NamedEnum, Policy, Preset, Setup};
use chatwarden::replay;
use chatwarden_explore::SearchMonitor;
use chatwarden_explore::suite::{self, Suite, SuiteConfig};

use chatwarden_test_support::small;

/// The page about suites, with the faults that they do not see.
const PAGE: &str = include_str!("../../../../docs/coverage.md");

fn suite_of(policy: Policy) -> (Setup, Suite) {
    let config = SuiteConfig::new(small(policy, 2));
    (config.setup, suite::build(&config, &SearchMonitor::default()))
}

/// A suite without the commands `block` and `unblock`. Without them the search has far fewer states.
fn suite_without_blocks(policy: Policy) -> Suite {
    let mut config = SuiteConfig::new(small(policy, 2));
    config.commands.remove(CommandKind::Block);
    config.commands.remove(CommandKind::Unblock);
    suite::build(&config, &SearchMonitor::default())
}

/// The committed scenarios of a preset. CI writes them again and compares.
fn committed(preset: Preset) -> Vec<Scenario> {
    let folder = Path::new(crate::ROOT).join("scenarios/conformance").join(preset.name());
    let entries = std::fs::read_dir(folder).expect("each preset has a suite");
    let open = |path: &Path| Scenario::open(path).expect("it can be read");
    entries.map(|entry| open(&entry.expect("it can be listed").path())).collect()
}

#[test]
fn a_suite_covers_every_reachable_point_with_few_and_short_traces() {
    let (setup, suite) = suite_of(Preset::MessengerKids2019.policy());
    assert!(suite.reachability.is_complete && suite.missing.is_empty());
    assert!(suite.traces.len() <= 150 && suite.traces.iter().all(|trace| trace.commands.len() <= 12));
    let coverage = suite.coverage(&setup);
    for point in Point::all() {
        let status = suite.reachability.status(&coverage, *point);
        assert!(matches!(status, PointStatus::Reached | PointStatus::Unreachable), "{point}: {status}");
    }
    // Without any one of the traces a point is missing.
    for left_out in 0..suite.traces.len() {
        let mut traces = suite.traces.clone();
        traces.remove(left_out);
        let fewer = Suite { traces, ..suite.clone() };
        assert!(fewer.coverage(&setup).points().len() < coverage.points().len(), "{left_out}");
    }
    assert_eq!(suite_of(setup.policy).1, suite, "the same every time");
}

/// In a fresh service without a fault.
#[test]
fn the_model_and_the_service_pass_the_committed_suites() {
    for &preset in Preset::ALL {
        let scenarios = committed(preset);
        for scenario in &scenarios {
            let mut service = Memory::new();
            let config = CheckConfig::of(&service.about());
            assert_eq!(replay::against_policy(scenario), Ok(()), "{preset} {}", scenario.name);
            let finding = replay::against_implementation(scenario, &mut service, config).finding;
            assert_eq!(finding, None, "{preset} {}", scenario.name);
        }
        let (count, steps) = (scenarios.len(), || scenarios.iter().map(|scenario| scenario.steps.len()));
        assert!(count <= 150 && steps().all(|steps| steps <= 12), "{preset}");
        let row =
            format!("| `{preset}` | {count} | {} | {} |", steps().sum::<usize>(), steps().max().unwrap_or(0));
        assert!(PAGE.contains(&row), "the page does not say {row}");
    }
}

/// The traces of the suite for each policy under which a fault matters, with the small cast. Blocks
/// play no part in the faults of custom policies.
fn traces() -> Vec<(Policy, Vec<Vec<Command>>)> {
    let mut suites: Vec<(Policy, Vec<Vec<Command>>)> = Vec::new();
    for fault in Fault::ALL {
        let policy = fault.policy();
        if suites.iter().any(|(known, _)| *known == policy) {
            continue;
        }
        let traces = match fault.rules() {
            Rules::Preset(preset) => committed(preset).iter().map(replay::commands).collect(),
            Rules::CustomPolicy(_) => {
                suite_without_blocks(policy).traces.into_iter().map(|trace| trace.commands).collect()
            }
        };
        suites.push((policy, traces));
    }
    suites
}

/// The page gives the reason for each fault that no suite sees.
#[test]
fn suites_see_every_fault_of_a_single_answer_and_the_page_lists_those_that_they_do_not() {
    let suites = traces();
    let is_seen = |fault: &&Fault| {
        let (policy, traces) =
            suites.iter().find(|(policy, _)| *policy == fault.policy()).expect("each has its suite");
        let mut service = Memory::with_fault(**fault);
        let config = CheckConfig::of(&service.about());
        traces.iter().any(|trace| lockstep::run(&mut service, config, &small(*policy, 2), trace).is_some())
    };
    let (seen, unseen): (Vec<&Fault>, Vec<&Fault>) = Fault::ALL.iter().partition(is_seen);
    assert!(unseen.iter().all(|fault| fault.detectability() != Detectability::Single), "{unseen:?}");
    let (_, section) = PAGE.split_once("## What a suite cannot see").expect("the page has the section");
    let names = section.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    let listed: BTreeSet<&str> = names.collect();
    assert_eq!(listed, unseen.iter().map(|fault| fault.name()).collect());
    assert!(PAGE.contains(&format!("{} of the {} faults", seen.len(), Fault::ALL.len())), "{}", seen.len());
}
