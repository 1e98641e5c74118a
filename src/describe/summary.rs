//! The summary of an explanation: the verdict in one sentence, then who is who, the step of the finding,
//! the missing approvals or the block, how minimal the trace is, and how it was found.

use std::io::{self, Write};

use chatwarden_model::{Breach, Cause, NamedEnum, UserSet};

use super::{Explanation, Palette, quoted_reason};
use crate::finding::{Finding, Verdict};
use crate::format::{FindingRecord, Minimality};
use crate::sanitize;
use crate::trace::TraceStep;

/// A line of the summary: its label and its text.
type Row = (String, String);

impl Explanation<'_> {
    pub(super) fn write_summary(&self, out: &mut impl Write, palette: &Palette) -> io::Result<()> {
        let Palette { bad, warn, good, dim, .. } = *palette;
        let (style, verdict, text, mut rows) = match (&self.trace.finding, self.recorded_alone()) {
            (Some(finding), _) => {
                let verdict = finding.identity().verdict;
                let style = if finding.is_inconclusive() { warn } else { bad };
                let headline = self.describer.headline(finding);
                (style, verdict.name(), headline, self.finding_rows(finding))
            }
            (None, Some(recorded)) => {
                let style = if recorded.verdict == Verdict::Inconclusive { warn } else { bad };
                (style, recorded.verdict.name(), recorded_deviation(recorded), self.recorded_rows(recorded))
            }
            (None, _) if self.trace.steps.is_empty() => {
                (warn, "nothing to explain", "no command was carried out".into(), Vec::new())
            }
            (None, _) if self.has_implementation() => {
                (good, Verdict::Conforms.name(), Verdict::Conforms.about().into(), Vec::new())
            }
            (None, _) => return self.write_policy_summary(out, palette),
        };
        writeln!(out, "{style}{verdict}{style:#}: {text}")?;
        rows.insert(0, ("people".into(), self.people()));
        rows.extend(self.recorded.map_or_else(Vec::new, |recorded| self.origin_rows(recorded)));
        write_rows(out, dim, &rows)
    }

    /// The summary of a trace of the policy alone: the promises that it breaks, each where it is broken
    /// first.
    fn write_policy_summary(&self, out: &mut impl Write, palette: &Palette) -> io::Result<()> {
        let Palette { bad, good, dim, .. } = *palette;
        let mut broken: Vec<(&TraceStep, &Breach)> = Vec::new();
        for step in &self.trace.steps {
            for breach in &step.breaches {
                if broken.iter().all(|(_, earlier)| earlier.promise != breach.promise) {
                    broken.push((step, breach));
                }
            }
        }
        let mut rows = vec![("people".into(), self.people())];
        match broken.split_first() {
            None => writeln!(out, "{good}kept{good:#}: the policy keeps every promise here")?,
            Some(((step, breach), others)) => {
                writeln!(out, "{bad}broken{bad:#}: the policy itself {}", self.describer.breach(breach))?;
                rows.extend(self.step_rows(step, Some(breach)));
                rows.extend(others.iter().map(|(step, breach)| {
                    ("also".into(), format!("at step {} it {}", step.at, self.describer.breach(breach)))
                }));
            }
        }
        write_rows(out, dim, &rows)
    }

    /// The recorded finding, if no implementation took part. A trace without the step of the finding is
    /// that of an implementation which carried out nothing.
    fn recorded_alone(&self) -> Option<&FindingRecord> {
        let is_step_there = |recorded: &FindingRecord| {
            recorded.command.is_none() || self.trace.steps.iter().any(|step| step.at == recorded.at)
        };
        self.recorded.filter(|recorded| !self.has_implementation() && is_step_there(recorded))
    }

    /// The users whom the commands name.
    fn people(&self) -> String {
        let commands = self.trace.steps.iter().map(|step| step.command);
        let named = commands.fold(UserSet::EMPTY, |named, command| named.or(command.users()));
        self.describer.people(named)
    }

    fn finding_rows(&self, finding: &Finding) -> Vec<Row> {
        let step = finding.command().and_then(|_| self.step(finding.at()));
        step.map_or_else(Vec::new, |step| self.step_rows(step, finding.gravest().breach()))
    }

    fn recorded_rows(&self, recorded: &FindingRecord) -> Vec<Row> {
        let Some(step) = recorded.command.and_then(|_| self.step(recorded.at)) else { return Vec::new() };
        let breach = recorded_breach(recorded);
        let mut rows = self.step_rows(step, breach.as_ref());
        let is_policys = |breach: &Breach| {
            let place = (breach.promise, breach.group, breach.users);
            step.breaches.iter().any(|other| (other.promise, other.group, other.users) == place)
        };
        if breach.as_ref().is_some_and(is_policys) {
            rows[0].1 += ", and breaks the promise too";
        }
        // The states of the implementation are not recorded, so the policy's may not show the cause.
        if let (Some(cause), true) = (recorded.cause, rows.len() == 1) {
            rows.push(("because".into(), cause.about().into()));
        }
        rows
    }

    /// The step with its answers, and the reasons of the breach or else of the policy's refusal.
    fn step_rows(&self, step: &TraceStep, breach: Option<&Breach>) -> Vec<Row> {
        let describer = &self.describer;
        let command = describer.command(step.command);
        let answer = describer.implementation_answer(step);
        let answer = answer.map(|answer| format!("the implementation {answer}; ")).unwrap_or_default();
        let policy = describer.policy_answer(step);
        let mut rows = vec![(format!("step {}", step.at), format!("{command}: {answer}the policy {policy}"))];
        let reasons = match breach.map_or_else(Vec::new, |breach| describer.breach_reasons(step, breach)) {
            reasons if reasons.is_empty() => describer.refusal_reasons(step),
            reasons => reasons,
        };
        if !reasons.is_empty() {
            rows.push(("because".into(), reasons.join("; ")));
        }
        rows
    }

    /// How minimal the recorded trace is and how it was found, if that finding is the one that is
    /// summarized. Otherwise the recorded finding itself.
    fn origin_rows(&self, recorded: &FindingRecord) -> Vec<Row> {
        let is_shown = match &self.trace.finding {
            Some(finding) => recorded.is_shown_by(finding),
            None => self.recorded_alone().is_some(),
        };
        if is_shown {
            return vec![
                ("minimal".into(), self.minimality(recorded).into()),
                ("found".into(), origin(recorded)),
            ];
        }
        let (verdict, at, deviation) = (recorded.verdict, recorded.at, recorded_deviation(recorded));
        let why = match (recorded.command, self.step(at)) {
            (Some(command), None) if self.trace.finding.is_none() => {
                format!("; the implementation did not carry out that step's {command}")
            }
            _ => String::new(),
        };
        vec![("not shown".into(), format!("the recorded {verdict} at step {at}: {deviation}{why}"))]
    }

    fn minimality(&self, recorded: &FindingRecord) -> &str {
        match (recorded.minimal, self.certificate) {
            (Minimality::Certified, Some(certificate)) => certificate,
            (minimal, _) => minimal.about(),
        }
    }
}

/// The recorded deviation of the implementation, and its reason for its answer.
pub(super) fn recorded_deviation(recorded: &FindingRecord) -> String {
    let message = sanitize::joined(&recorded.message);
    match &recorded.because {
        Some(reason) => format!("{message}; its reason is {}", quoted_reason(reason)),
        None => message,
    }
}

/// The recorded breach of a promise. Files of earlier versions leave out the cause, which is usually a
/// missing approval.
pub(super) fn recorded_breach(recorded: &FindingRecord) -> Option<Breach> {
    let promise = recorded.promise?;
    Some(Breach {
        promise,
        group: recorded.group,
        users: recorded.users.unwrap_or_default(),
        cause: recorded.cause.or(promise.asks_for_authorization().then_some(Cause::Unapproved)),
    })
}

/// How the recorded finding was found.
fn origin(recorded: &FindingRecord) -> String {
    let engine = sanitize::joined(&recorded.engine);
    let run = match (recorded.run, recorded.seed) {
        (Some(run), Some(seed)) => format!(" in run {run} of seed {seed}"),
        _ => String::new(),
    };
    let adapter = sanitize::joined(&recorded.adapter);
    let version = recorded.implementation.as_deref().map(|version| format!(" {}", sanitize::joined(version)));
    let fault = recorded.fault.as_deref().map(|fault| format!(" with the fault {}", sanitize::joined(fault)));
    let (version, fault) = (version.unwrap_or_default(), fault.unwrap_or_default());
    format!("by {engine}{run}, on {adapter}{version}{fault}, compared {}", recorded.fidelity)
}

fn write_rows(out: &mut impl Write, dim: anstyle::Style, rows: &[Row]) -> io::Result<()> {
    let mut rows = rows.iter().filter(|(_, text)| !text.is_empty());
    rows.try_for_each(|(label, text)| writeln!(out, "  {dim}{label:<9}{dim:#} {text}"))
}
