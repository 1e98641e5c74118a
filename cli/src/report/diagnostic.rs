//! A finding as CI systems want it, whatever event it came with: how grave, in which file and line, in one sentence,
//! with the chain of its commands.
//!
//! Layout and escaping are the reports' own.

use std::path::Path;

use chatwarden_model::{Command, NamedEnum, Promise};

use super::{Discovery, Event, Explored, Replayed};
use crate::baseline::Met;
use chatwarden::describe::Describer;
use chatwarden::finding::Verdict;
use chatwarden::format::{BaselineVerdict, Place, Scenario};
use chatwarden::trace::Trace;
use chatwarden_explore::PromiseResult;

/// Something that was found.
pub(super) struct Diagnostic<'a> {
    pub(super) met: &'a Met,
    pub(super) level: Severity,
    /// What the terminal shows of it.
    pub(super) message: String,
    /// The scenario that shows it, if it was saved.
    pub(super) file: Option<&'a Path>,
    /// The step that shows it, if it is one.
    pub(super) at: Option<usize>,
    /// The commands up to that step, and where in the file each of them stands.
    pub(super) chain: Vec<(String, Option<Place>)>,
}

/// How grave it is. What nobody can use to reach anybody, and what is no answer, is a warning; both fail the build all the
/// same.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Severity {
    Error,
    Warning,
}

impl Diagnostic<'_> {
    /// Where in the file the step stands that shows it.
    pub(super) fn place(&self) -> Option<Place> {
        self.chain.get(self.at?)?.1
    }
}

/// What an event tells of findings.
pub(super) fn diagnostics<'a>(event: Event<'a>) -> Vec<Diagnostic<'a>> {
    match event {
        Event::FindingSaved(discovery) => vec![found(discovery)],
        Event::ScenarioReplayed(replayed) => {
            replayed.met.map(|met| failed(replayed, met)).into_iter().collect()
        }
        Event::PolicyExplored(explored) => {
            explored.met.iter().map(|(promise, met)| broken(explored, *promise, met)).collect()
        }
        Event::ScenarioUnreadable(..)
        | Event::CampaignFinished(_)
        | Event::PoliciesCompared(_)
        | Event::ImplementationExplored(_)
        | Event::KnownFindingAbsent(_)
        | Event::DriverChecked(_)
        | Event::CoverageCounted(_)
        | Event::SuiteWritten(_) => Vec::new(),
    }
}

/// The commands of a replayed scenario up to the step at which something is wrong.
pub(super) fn steps(replayed: &Replayed<'_>) -> Vec<String> {
    let (setup, names) = (replayed.scenario.setup(), replayed.scenario.names());
    let telling = Describer { names: &names, setup: &setup };
    let count = replayed.at.map_or(usize::MAX, |at| at + 1);
    replayed.scenario.steps.iter().take(count).map(|step| telling.command(step.command)).collect()
}

fn found<'a>(discovery: &Discovery<'a>) -> Diagnostic<'a> {
    let telling = Describer { names: discovery.saved.names, setup: discovery.saved.setup };
    let finding = &discovery.saved.shrunk.finding;
    Diagnostic {
        met: discovery.met,
        level: level(discovery.met),
        message: format!("{}: {}", finding.identity().verdict, telling.deviation(finding.gravest())),
        file: Some(discovery.saved.file),
        at: finding.command().map(|_| finding.at()),
        chain: placed(Some(discovery.saved.file), told(&telling, &discovery.saved.shrunk.commands)),
    }
}

fn failed<'a>(replayed: &Replayed<'a>, met: &'a Met) -> Diagnostic<'a> {
    Diagnostic {
        met,
        level: level(met),
        message: replayed.message.unwrap_or_default().into(),
        file: Some(replayed.file),
        at: replayed.at,
        chain: placed(Some(replayed.file), steps(replayed)),
    }
}

/// A policy that is just asked has not failed.
fn broken<'a>(explored: &'a Explored, promise: Promise, met: &'a Met) -> Diagnostic<'a> {
    let telling = Describer { names: &explored.names, setup: &explored.setup };
    let chain = match explored.exploration.result_of(promise) {
        PromiseResult::Broken(chain) => chain.as_slice(),
        PromiseResult::Kept | PromiseResult::KeptByConstruction => &[],
    };
    let history = Trace::of_policy(&explored.setup, chain);
    let last = history.records.last();
    let breach = last.and_then(|last| last.breaches.iter().find(|breach| breach.promise == promise));
    let breaks = match breach {
        Some(breach) => telling.breach(breach),
        None => format!("breaks the promise {promise} ({})", promise.about()),
    };
    let file = explored.file(promise);
    Diagnostic {
        met,
        level: if explored.is_expected_kept { Severity::Error } else { Severity::Warning },
        message: format!("the policy {} {breaks}", explored.policy),
        file,
        at: chain.len().checked_sub(1),
        chain: placed(file, told(&telling, chain)),
    }
}

fn told(telling: &Describer<'_>, commands: &[Command]) -> Vec<String> {
    commands.iter().map(|command| telling.command(*command)).collect()
}

/// Steps with their places. A file that cannot be read any more has no places to point at.
fn placed(file: Option<&Path>, steps: Vec<String>) -> Vec<(String, Option<Place>)> {
    let places = file.and_then(|file| Scenario::step_places(file).ok()).unwrap_or_default();
    steps.into_iter().enumerate().map(|(at, step)| (step, places.get(at).copied())).collect()
}

fn level(met: &Met) -> Severity {
    match met.finding.verdict {
        BaselineVerdict::Mismatch
        | BaselineVerdict::Found(Verdict::BrokenPromise | Verdict::TooPermissive | Verdict::Diverged) => {
            Severity::Error
        }
        BaselineVerdict::Found(Verdict::TooStrict | Verdict::Inconclusive | Verdict::Conforms) => {
            Severity::Warning
        }
    }
}
