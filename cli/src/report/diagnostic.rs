//! A finding as CI systems show it, from any event: its severity, its file and line, one sentence,
//! and its commands.
//!
//! The reports do layout and escaping.

use std::path::Path;

use chatwarden_model::{Command, NamedEnum, Promise};

use super::{Event, Explored, ProofResult, Proved, Replayed};
use crate::baseline::BaselineMatch;
use crate::driver_check::{CheckFailure, CheckResult};
use chatwarden::describe::{Describer, SavedFinding};
use chatwarden::finding::Verdict;
use chatwarden::format::{BaselineVerdict, Place, Scenario};
use chatwarden::replay;
use chatwarden::sanitize;
use chatwarden::trace::Trace;
use chatwarden_explore::PromiseResult;

/// A finding for CI systems.
pub(super) struct Diagnostic<'a> {
    pub(super) matched: &'a BaselineMatch,
    pub(super) level: Severity,
    /// The sentence that the terminal shows.
    pub(super) message: String,
    /// The scenario that shows it, if it was saved.
    pub(super) file: Option<&'a Path>,
    /// The step that shows it, if it is a single step.
    pub(super) at: Option<usize>,
    /// The commands up to that step, each with its place in the file.
    pub(super) trace: Vec<(String, Option<Place>)>,
}

/// The severity of a finding. It is a warning if nobody can use it to reach anybody, or if there is
/// no definite answer. Both severities fail the build.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Severity {
    Error,
    Warning,
}

impl Severity {
    pub(super) fn name(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        }
    }
}

impl Diagnostic<'_> {
    /// The place in the file of the step that shows it.
    pub(super) fn place(&self) -> Option<Place> {
        self.trace.get(self.at?)?.1
    }
}

/// The findings of an event. Only these events have any.
pub(super) fn diagnostics<'a>(event: Event<'a>) -> Vec<Diagnostic<'a>> {
    match event {
        Event::FindingSaved(saved, matched) => vec![found(saved, matched)],
        Event::ScenarioReplayed(replayed) => {
            replayed.matched.map(|matched| failed(replayed, matched)).into_iter().collect()
        }
        Event::PolicyExplored(explored) => {
            explored.matched.iter().map(|(promise, matched)| broken(explored, *promise, matched)).collect()
        }
        Event::PolicyProved(proved) => {
            let broken = proved.matched.iter();
            broken.filter_map(|(promise, matched)| broken_in_proof(proved, *promise, matched)).collect()
        }
        _ => Vec::new(),
    }
}

/// The severity of a failed check of a driver, and the failure in words. A check that was skipped
/// did not fail.
pub(super) fn failed_check(checked: &CheckResult) -> Option<(Severity, String)> {
    match &checked.outcome {
        Ok(_) | Err(CheckFailure::Skipped(_)) => None,
        Err(wrong @ CheckFailure::Deviates(_)) => Some((Severity::Error, wrong.to_string())),
        Err(wrong @ CheckFailure::Unanswered(_)) => Some((Severity::Warning, wrong.to_string())),
    }
}

/// The commands of a replayed scenario up to the step at which something is wrong.
pub(super) fn steps(replayed: &Replayed<'_>) -> Vec<String> {
    let (setup, names) = (replayed.scenario.setup(), replayed.scenario.names());
    let describer = Describer { names: &names, setup: &setup };
    let mut commands = replay::commands(replayed.scenario);
    commands.truncate(replayed.at.map_or(usize::MAX, |at| at + 1));
    texts(&describer, &commands)
}

fn found<'a>(saved: &SavedFinding<'a>, matched: &'a BaselineMatch) -> Diagnostic<'a> {
    let describer = Describer { names: saved.names, setup: saved.setup };
    let finding = &saved.counterexample.finding;
    Diagnostic {
        matched,
        level: level(matched),
        message: format!("{}: {}", finding.identity().verdict, describer.headline(finding)),
        file: Some(saved.file),
        at: finding.command().map(|_| finding.at()),
        trace: placed(Some(saved.file), texts(&describer, &saved.counterexample.commands)),
    }
}

fn failed<'a>(replayed: &Replayed<'a>, matched: &'a BaselineMatch) -> Diagnostic<'a> {
    Diagnostic {
        matched,
        level: level(matched),
        message: replayed.message.unwrap_or_default().into(),
        file: Some(replayed.file),
        at: replayed.at,
        trace: placed(Some(replayed.file), steps(replayed)),
    }
}

/// A broken promise of a policy. It is an error only if the promise was expected to be kept.
fn broken<'a>(explored: &'a Explored, promise: Promise, matched: &'a BaselineMatch) -> Diagnostic<'a> {
    let describer = Describer { names: &explored.names, setup: &explored.setup };
    let commands = match explored.exploration.result_of(promise) {
        PromiseResult::Broken(commands) => commands.as_slice(),
        PromiseResult::BrokenUntraced(_) | PromiseResult::Kept | PromiseResult::KeptByConstruction => &[],
    };
    let trace = Trace::of_policy(&explored.setup, commands);
    let last = trace.steps.last();
    let breach = last.and_then(|last| last.breaches.iter().find(|breach| breach.promise == promise));
    let breaks = match breach {
        Some(breach) => describer.breach(breach),
        None => format!("breaks the promise {promise} ({})", promise.about()),
    };
    let file = explored.file(promise);
    Diagnostic {
        matched,
        level: if explored.is_expected_kept { Severity::Error } else { Severity::Warning },
        message: format!("the policy {} {breaks}", sanitize::line(&explored.policy)),
        file,
        at: commands.len().checked_sub(1),
        trace: placed(file, texts(&describer, commands)),
    }
}

/// A promise that a policy was to be proved to keep, and breaks.
fn broken_in_proof<'a>(
    proved: &'a Proved,
    promise: Promise,
    matched: &'a BaselineMatch,
) -> Option<Diagnostic<'a>> {
    let (_, result) = proved.results.iter().find(|(other, _)| *other == promise)?;
    let ProofResult::Broken { setup, names, commands } = result else { return None };
    let policy = sanitize::line(&proved.policy);
    Some(Diagnostic {
        matched,
        level: if proved.is_expected_kept { Severity::Error } else { Severity::Warning },
        message: format!("the policy {policy} breaks the promise {promise} ({})", promise.about()),
        file: None,
        at: commands.len().checked_sub(1),
        trace: placed(None, texts(&Describer { names, setup }, commands)),
    })
}

/// The commands in words.
pub(crate) fn texts(describer: &Describer<'_>, commands: &[Command]) -> Vec<String> {
    commands.iter().map(|command| describer.command(*command)).collect()
}

/// The steps with their places. A file that cannot be read any more has no places.
fn placed(file: Option<&Path>, steps: Vec<String>) -> Vec<(String, Option<Place>)> {
    // A pipe can be read only once.
    let file = file.filter(|file| file.is_file());
    let places = file.and_then(|file| Scenario::step_places(file).ok()).unwrap_or_default();
    steps.into_iter().enumerate().map(|(at, step)| (step, places.get(at).copied())).collect()
}

fn level(matched: &BaselineMatch) -> Severity {
    match matched.finding.verdict {
        BaselineVerdict::Mismatch
        | BaselineVerdict::Found(Verdict::BrokenPromise | Verdict::TooPermissive | Verdict::Diverged) => {
            Severity::Error
        }
        BaselineVerdict::Found(Verdict::TooStrict | Verdict::Inconclusive | Verdict::Conforms) => {
            Severity::Warning
        }
    }
}
