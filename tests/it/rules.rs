//! The scenarios under `scenarios/rules`: one for each condition of each command that can decide
//! alone whether the command is allowed, in a state where all its other conditions hold. What each
//! scenario says is replayed against the model and the built-in service; that the remaining
//! conditions never decide alone is searched for.
//!
//! The rules themselves are not repeated here, only the list of those that can decide alone.

use std::collections::{BTreeSet, HashSet, VecDeque};
use std::path::{Path, PathBuf};

use chatwarden::adapter::fault::CustomPolicy;
use chatwarden::adapter::{Adapter, Fidelity, memory::Memory};
use chatwarden::format::Scenario;
use chatwarden::lockstep::CheckConfig;
use chatwarden::model::{
    Admission, CommandKind, Condition, EnumSet, Inviters, NamedEnum, Newcomer, NewcomerRule, OnLoss, Policy,
    Preset, State, decide, step,
};
use chatwarden::replay;
use chatwarden::trace::Trace;

use chatwarden_test_support::small;

/// A command and one of its conditions.
type Pair = (CommandKind, Condition);

/// Opens a scenario that stands in the repository and is to be an example to others: laid out as the harness
/// writes it, with everything that the policy does expected, and kept by the model and the built-in service.
pub(super) fn sound(path: &Path) -> Scenario {
    let scenario = Scenario::open(path).unwrap_or_else(|error| panic!("{error}"));
    let name = &scenario.name;
    assert_eq!(scenario.write(), std::fs::read_to_string(path).unwrap(), "{name}: as the harness writes it");
    assert!(scenario.about.is_some(), "{name}: it has a text for its reader");
    assert!(scenario.promises.is_none(), "{name}: all promises are judged");
    // A finding of a running system names the version of that system.
    let found = scenario.finding.as_ref();
    assert!(found.is_none_or(|finding| finding.implementation.is_some()), "{name}: it tells the version");

    let (steps, breaks) = replay::follow_policy(&scenario.setup(), &replay::commands(&scenario));
    assert_eq!(scenario.steps, steps, "{name}: every step expects all that the policy does");
    assert_eq!(scenario.breaks, breaks, "{name}: what the policy breaks");
    assert_eq!(replay::against_policy(&scenario), Ok(()), "{name}");

    let mut service = Memory::new();
    let check = CheckConfig::of(&service.about());
    assert_eq!(check.fidelity, Fidelity::Exact);
    assert_eq!(replay::against_implementation(&scenario, &mut service, check).finding, None, "{name}");
    scenario
}

fn pairs() -> Vec<Pair> {
    let of = |&kind: &CommandKind| kind.conditions().iter().map(move |&condition| (kind, condition));
    CommandKind::ALL.iter().flat_map(of).collect()
}

/// The pairs that can decide alone: those with a scenario.
fn pairs_alone() -> BTreeSet<Pair> {
    pairs().into_iter().filter(|&pair| folder().join(file_name(pair)).exists()).collect()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/rules")
}

fn file_name((kind, condition): Pair) -> String {
    format!("{kind}-{condition}.json")
}

#[test]
fn each_file_is_the_scenario_of_a_pair() {
    let expected: BTreeSet<_> = pairs_alone().into_iter().map(file_name).collect();
    let entries = std::fs::read_dir(folder()).unwrap();
    let found: BTreeSet<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(found, expected);
}

#[test]
fn each_scenario_shows_its_pair_allowed_and_refused() {
    for (kind, condition) in pairs_alone() {
        let scenario = sound(&folder().join(file_name((kind, condition))));
        let trace = Trace::of_policy(&scenario.setup(), &replay::commands(&scenario));
        let (allowed, refused): (Vec<_>, Vec<_>) =
            trace.steps.iter().partition(|record| record.decision.is_allowed());
        assert!(!refused.is_empty(), "{}: something is refused", scenario.name);
        for record in refused {
            let missed = (record.command.kind(), record.decision.near_miss());
            assert_eq!(missed, (kind, Some(condition)), "{}: step {}", scenario.name, record.at);
        }
        // A policy either has links or has none, for the whole trace.
        let allowable = condition != Condition::LinksEnabled;
        let allows = allowed.iter().any(|record| record.command.kind() == kind);
        assert_eq!(allows, allowable, "{}: {kind} is allowed", scenario.name);
    }
}

/// A breadth-first search of the states of a small cast under several policies, with every command over the
/// cast. A pair without a scenario never decides alone; `model/tests/it/conditions.rs` has the reasons.
#[test]
fn a_search_sees_exactly_the_pairs_with_a_scenario_decide_alone() {
    let seen: BTreeSet<_> = policies().iter().flat_map(seen_alone).collect();
    assert_eq!(seen, pairs_alone());
}

/// The presets, and a policy in which frozen groups, links, owners who invite and guarded talk come
/// together, with the rules for newcomers that no preset has.
fn policies() -> Vec<Policy> {
    let together = |(admission, rule)| Policy {
        admission,
        inviters: Inviters::Owner,
        newcomer: Newcomer::everywhere(rule),
        on_loss: OnLoss::Freeze,
        ..CustomPolicy::GuardedTalk.policy()
    };
    let ways_in = [
        (Admission::Consent, NewcomerRule::Anyone),
        (Admission::Direct, NewcomerRule::Anyone),
        (Admission::Consent, NewcomerRule::EveryMemberAndInvitee),
        (Admission::Direct, NewcomerRule::Owner),
    ];
    Preset::ALL.iter().map(|preset| preset.policy()).chain(ways_in.map(together)).collect()
}

/// The pairs that decide alone in one of the first states that are reached under the policy.
fn seen_alone(policy: &Policy) -> Vec<Pair> {
    const STATES: usize = 15_000;
    let setup = small(*policy, 1);
    let commands = setup.bounds().all();
    let start: State<5, 1> = setup.start();
    let (mut known, mut waiting) = (HashSet::from([start]), VecDeque::from([start]));
    let mut seen = [EnumSet::<Condition>::empty(); CommandKind::ALL.len()];
    while let Some(state) = waiting.pop_front() {
        for command in &commands {
            let decision = decide(&state, policy, command);
            if let Some(condition) = decision.near_miss() {
                seen[command.kind().index()].insert(condition);
            }
            if decision.is_allowed() && known.len() < STATES {
                let mut after = state;
                step(&mut after, policy, command);
                if known.insert(after) {
                    waiting.push_back(after);
                }
            }
        }
    }
    pairs().into_iter().filter(|(kind, condition)| seen[kind.index()].contains(*condition)).collect()
}
