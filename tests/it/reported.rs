//! The scenarios under `scenarios/reported`: incidents that became public. Each has the policy that
//! let it happen, and the repaired policy under which the same trace ends in a refusal.

use std::path::{Path, PathBuf};

use chatwarden::adapter::{Adapter, fault::Fault, memory::Memory};
use chatwarden::finding::{Deviation, Finding, Verdict};
use chatwarden::format::{Expect, Scenario};
use chatwarden::lockstep::CheckConfig;
use chatwarden::model::{Condition, Promise};
use chatwarden::replay;

use crate::rules::sound;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/reported")
}

fn reported(name: &str) -> Scenario {
    sound(&folder().join(name).with_extension("json"))
}

/// The finding of the scenario with the built-in service and the planted fault.
fn with_fault(scenario: &Scenario, fault: Fault) -> Option<Finding> {
    let mut service = Memory::with_fault(fault);
    let check = CheckConfig::of(&service.about());
    replay::against_implementation(scenario, &mut service, check).finding
}

#[test]
fn each_case_is_sound_and_says_where_it_was_reported() {
    for entry in std::fs::read_dir(folder()).unwrap() {
        let scenario = sound(&entry.unwrap().path());
        assert!(scenario.source.is_some(), "{}", scenario.name);
    }
}

#[test]
fn messenger_kids_broke_its_promise_by_its_policy() {
    let scenario = reported("messenger-kids-2019");
    let last = scenario.steps.len() - 1;
    assert_eq!(scenario.steps[last].expect, Some(Expect::Allow));
    let broken: Vec<_> = scenario.breaks.iter().map(|broken| (broken.promise, broken.at)).collect();
    assert_eq!(broken, [(Promise::NoStrangers, last)]);
}

#[test]
fn messenger_kids_repaired_refuses_the_last_step_of_the_same_trace() {
    let [before, after] = ["messenger-kids-2019", "messenger-kids-repaired"].map(reported);
    assert_eq!(replay::commands(&before), replay::commands(&after));
    let (last, earlier) = after.steps.split_last().unwrap();
    assert_eq!(last.expect, Some(Expect::Deny { because: Some(Condition::NewcomerCleared) }));
    assert_eq!(earlier, &before.steps[..earlier.len()]);
    assert_eq!(after.breaks, []);
}

#[test]
fn an_implementation_that_still_compares_with_the_launcher_only_is_caught() {
    let scenario = reported("messenger-kids-repaired");
    let finding = with_fault(&scenario, Fault::LauncherOnly).expect("it lets the newcomer in");
    assert_eq!(finding.at(), scenario.steps.len() - 1);
    assert_eq!(finding.identity().verdict, Verdict::BrokenPromise);
    assert_eq!(finding.identity().promise, Some(Promise::NoStrangers));
    assert!(finding.deviations().contains(&Deviation::Allowed(Condition::NewcomerCleared)));
}
