//! Replays a scenario against its policy and against an implementation, and makes scenarios out of
//! traces.
//!
//! Folders are searched for files here; the files themselves are opened elsewhere. Nothing is
//! printed.

mod implementation;

use std::path::{Path, PathBuf};

use chatwarden_model::{Breach, Command, NamedEnum, Promise, Setup};

use crate::describe::Describer;
use crate::finding::Finding;
use crate::format::{Break, Expect, Names, Scenario, ScenarioStep};
use crate::sanitize;
use crate::trace::{Trace, TraceStep};

pub use implementation::{
    ImplementationReplay, NoResult, against_implementation, can_show, is_of_another_policy, under_policy,
};

/// A difference between the scenario and the policy, or between the scenario and an implementation.
///
/// ```
/// let mismatch = chatwarden::replay::Mismatch { at: Some(2), message: "the policy allows".into() };
/// assert_eq!(mismatch.to_string(), "step 2: the policy allows");
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mismatch {
    /// The step, from 0; none if it is no single step.
    pub at: Option<usize>,
    /// The difference in words.
    pub message: String,
}

impl std::fmt::Display for Mismatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.at.iter().try_for_each(|at| write!(f, "step {at}: "))?;
        f.write_str(&self.message)
    }
}

impl std::error::Error for Mismatch {}

/// Follows the policy through the scenario and compares it with what the scenario expects.
///
/// ```
/// use chatwarden::replay;
/// use chatwarden::format::{Scenario, Source};
/// let text = r#"{"chatwarden": 1, "name": "x", "policy": "messenger-kids", "cast": "small", "groups": [],
///   "steps": [{"command": {"do": "direct", "by": "sam", "to": "kay"}, "expect": "allow"}]}"#;
/// let scenario = Scenario::read(Source::new("x.json", text))?;
/// let mismatch = replay::against_policy(&scenario).unwrap_err();
/// assert_eq!(mismatch.to_string(), "step 0: expected direct(sam, kay) to be allowed, \
///     and the policy refuses, because parties-authorized does not hold");
/// # Ok::<(), chatwarden::format::Error>(())
/// ```
///
/// # Errors
/// The first mismatch.
pub fn against_policy(scenario: &Scenario) -> Result<(), Mismatch> {
    let (setup, names) = (scenario.setup(), scenario.names());
    let describer = Describer { names: &names, setup: &setup };
    let trace = Trace::of_policy(&setup, &commands(scenario));
    for (step, record) in scenario.steps.iter().zip(&trace.steps) {
        compare_step(&describer, step, record)
            .map_err(|message| Mismatch { at: Some(record.at), message })?;
    }
    for promise in scenario.judged().iter() {
        let expected = scenario.breaks.iter().find(|known| known.promise == promise);
        compare_break(&describer, promise, expected, &trace)?;
    }
    Ok(())
}

/// The finding in which a replay ended, in one line.
pub fn finding_text(scenario: &Scenario, finding: &Finding) -> String {
    let (setup, names) = (scenario.setup(), scenario.names());
    let text = Describer { names: &names, setup: &setup }.finding(finding);
    format!("{}: {text}", finding.identity().verdict)
}

/// All scenario files that are named or are in the named folders, in the order of their paths. In a
/// folder, every `.json` file except `.schema.json` is one.
///
/// # Errors
/// If a folder cannot be read or has no scenario, with the folder's path.
pub fn scenario_files(named: &[PathBuf]) -> Result<Vec<PathBuf>, String> {
    let mut files = Vec::new();
    for path in named {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let below = scenarios_below(path)?;
        if below.is_empty() {
            return Err(format!("{}: no scenario in this folder", sanitize::path(path)));
        }
        files.extend(below);
    }
    Ok(files)
}

/// All scenario files below a folder, in the order of their paths; there may be none.
///
/// # Errors
/// If a folder cannot be read.
pub fn scenarios_below(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = std::fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let entries = entries.map_err(|error| format!("{}: {error}", sanitize::path(folder)))?;
    let mut paths: Vec<_> = entries.iter().map(std::fs::DirEntry::path).collect();
    paths.sort();
    let mut files = Vec::new();
    for path in paths {
        let name = path.to_string_lossy();
        if path.is_dir() {
            // A link may lead back to a folder above.
            if !path.is_symlink() {
                files.extend(scenarios_below(&path)?);
            }
        } else if name.ends_with(".json") && !name.ends_with(".schema.json") {
            files.push(path);
        }
    }
    Ok(files)
}

/// The scenario's commands.
pub fn commands(scenario: &Scenario) -> Vec<Command> {
    scenario.steps.iter().map(|step| step.command).collect()
}

/// The steps and breaks of a scenario that expects exactly what the policy does with the commands.
pub fn follow_policy(setup: &Setup, commands: &[Command]) -> (Vec<ScenarioStep>, Vec<Break>) {
    let trace = Trace::of_policy(setup, commands);
    let step = |record: &TraceStep| ScenarioStep {
        command: record.command,
        expect: Some(match record.decision.reason() {
            None => Expect::Allow,
            because => Expect::Deny { because },
        }),
        delivered: (!record.delivered.is_empty()).then_some(record.delivered),
    };
    let first_break = |&promise: &Promise| {
        let (at, breach) = first_breach(promise, &trace)?;
        let users = (!breach.users.is_empty()).then_some(breach.users);
        Some(Break { promise, at, group: breach.group, users })
    };
    (trace.steps.iter().map(step).collect(), Promise::ALL.iter().filter_map(first_break).collect())
}

fn compare_step(describer: &Describer<'_>, step: &ScenarioStep, record: &TraceStep) -> Result<(), String> {
    let command = describer.command(step.command);
    let is_allowed = record.decision.is_allowed();
    let expected = match step.expect {
        Some(Expect::Allow) if !is_allowed => Some("allowed".into()),
        Some(Expect::Deny { .. }) if is_allowed => Some("refused".into()),
        Some(Expect::Deny { because: Some(because) }) if record.decision.reason() != Some(because) => {
            Some(format!("refused because of {because}"))
        }
        _ => None,
    };
    if let Some(expected) = expected {
        let decision = describer.decision(record.decision);
        return Err(format!("expected {command} to be {expected}, and the policy {decision}"));
    }
    match step.delivered {
        Some(expected) if expected != record.delivered => Err(format!(
            "expected {command} to be delivered to {}, and the policy delivers to {}",
            describer.users(expected),
            describer.users(record.delivered)
        )),
        _ => Ok(()),
    }
}

fn compare_break(
    describer: &Describer<'_>,
    promise: Promise,
    expected: Option<&Break>,
    trace: &Trace,
) -> Result<(), Mismatch> {
    let mismatch = |at, message| Err(Mismatch { at: Some(at), message });
    let (expected, at, breach) = match (expected, first_breach(promise, trace)) {
        (None, None) => return Ok(()),
        (Some(expected), None) => {
            let message = format!("the promise {promise} is expected to be broken, and is not");
            return mismatch(expected.at, message);
        }
        (expected, Some((at, breach))) => (expected, at, breach),
    };
    let Some(expected) = expected else {
        let breach = describer.breach(&breach);
        return mismatch(at, format!("the policy {breach}, and `breaks` does not list it"));
    };
    if expected.at != at {
        let first = expected.at;
        let message = format!("the promise {promise} is expected to be broken first at step {first}");
        return mismatch(at, message);
    }
    let matches = |breach: &Breach| {
        breach.promise == promise
            && expected.group.is_none_or(|group| breach.group == Some(group))
            && expected.users.is_none_or(|users| breach.users == users)
    };
    if trace.steps[at].breaches.iter().any(matches) {
        return Ok(());
    }
    let place = place(describer.names, expected);
    mismatch(at, format!("the promise {promise} is broken, but not {place}"))
}

/// The group and the users that a break expects, in words.
fn place(names: &Names, expected: &Break) -> String {
    let group = expected.group.map(|group| format!("in {}", names.group(group)));
    let users =
        expected.users.map(|users| format!("between {}", names.of(users).collect::<Vec<_>>().join(" and ")));
    [group, users].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn first_breach(promise: Promise, trace: &Trace) -> Option<(usize, Breach)> {
    trace.steps.iter().find_map(|record| {
        let breach = record.breaches.iter().find(|breach| breach.promise == promise)?;
        Some((record.at, *breach))
    })
}
