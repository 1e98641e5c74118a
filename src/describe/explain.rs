//! The explanation of a trace: a summary, then the steps. The step of the finding is written in full,
//! with every condition, the answers of policy and implementation, the changes, the missing approvals,
//! and the commands that would have made the step legitimate. Other steps take a line each.
//!
//! The summary is in `summary`. Nothing is judged here: everything is read from a [`Trace`] and from
//! the finding that a file records.

use std::io::{self, Write};

use chatwarden_model::{Breach, NamedEnum};

use super::answers::is_about_pairs;
use super::summary::{recorded_breach, recorded_deviation};
use super::{Describer, Palette};
use crate::finding::{Deviation, Finding};
use crate::format::FindingRecord;
use crate::trace::{Trace, TraceStep};

/// A trace with all that its explanation needs.
///
/// ```
/// use chatwarden::describe::{Describer, Explanation, Palette};
/// use chatwarden::format::BuiltInCast;
/// use chatwarden::model::{Command, Preset, Setup, User};
/// use chatwarden::trace::Trace;
/// let named_cast = BuiltInCast::Small.named_cast();
/// let setup = Setup { cast: named_cast.cast, groups: 0, policy: Preset::MessengerKids.policy() };
/// let names = named_cast.with_groups(vec![]);
/// let trace = Trace::of_policy(&setup, &[Command::Direct { by: User::new(4), to: User::new(2) }]);
/// let describer = Describer { names: &names, setup: &setup };
/// let explanation =
///     Explanation { describer, trace: &trace, recorded: None, certificate: None, is_verbose: false };
/// let mut text = Vec::new();
/// explanation.write(&mut text, &Palette::PLAIN)?;
/// assert!(String::from_utf8_lossy(&text).contains("the policy refuses, because parties-authorized does not hold"));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Explanation<'a> {
    /// The names, and the cast, groups and policy.
    pub describer: Describer<'a>,
    /// The trace: of the policy alone, or with an implementation.
    pub trace: &'a Trace,
    /// The finding that the scenario's file records, if it does.
    pub recorded: Option<&'a FindingRecord>,
    /// The recorded certificate in a sentence, if there is one.
    pub certificate: Option<&'a str>,
    /// Whether every step is written in full.
    pub is_verbose: bool,
}

impl Explanation<'_> {
    /// Writes the summary and the steps.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write(&self, out: &mut impl Write, palette: &Palette) -> io::Result<()> {
        self.write_summary(out, palette)?;
        if self.trace.steps.is_empty() {
            return Ok(());
        }
        writeln!(out)?;
        self.write_steps(out, palette)
    }

    /// Writes the steps alone, under a heading that says whose answers they show.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write_steps(&self, out: &mut impl Write, palette: &Palette) -> io::Result<()> {
        let bold = palette.bold;
        let whose = match (self.has_implementation(), self.recorded) {
            (true, _) => "with the answers of the implementation",
            (false, None) => "by the policy alone",
            (false, Some(_)) => "by the policy alone; the answers of the implementation are not recorded",
        };
        writeln!(out, "{bold}step by step, {whose}{bold:#}")?;
        let (mut known, mut was_in_full): (&[Breach], _) = (&[], false);
        for step in &self.trace.steps {
            let is_in_full = self.is_in_full(step, known);
            if is_in_full || was_in_full {
                writeln!(out)?;
            }
            if is_in_full {
                self.write_in_full(out, palette, step, known)?;
            } else {
                let line = self.step_line(step);
                writeln!(out, "  {:>2}  {:<38} {line}", step.at, self.describer.command(step.command))?;
            }
            (known, was_in_full) = (&step.breaches, is_in_full);
        }
        Ok(())
    }

    /// Whether an implementation took part. Without one, the trace has a step for every command and no
    /// answer.
    pub(super) fn has_implementation(&self) -> bool {
        self.trace.finding.is_some() || self.trace.steps.iter().any(|step| step.answer.is_some())
    }

    /// The step at this position, if the trace has it.
    pub(super) fn step(&self, at: usize) -> Option<&TraceStep> {
        self.trace.steps.iter().find(|step| step.at == at)
    }

    /// The step of a finding or a new breach is in full. If the trace has none of these, a refusal is.
    fn is_in_full(&self, step: &TraceStep, known: &[Breach]) -> bool {
        let Trace { steps, finding } = self.trace;
        let is_calm =
            finding.is_none() && self.recorded.is_none() && steps.iter().all(|step| step.breaches.is_empty());
        self.is_verbose
            || finding.as_ref().is_some_and(|finding| finding.at() == step.at)
            || self.recorded.is_some_and(|recorded| recorded.at == step.at)
            || step.breaches.iter().any(|breach| !known.contains(breach))
            || is_calm && !step.decision.is_allowed()
    }

    /// The outcome of a step and its changes.
    fn step_line(&self, step: &TraceStep) -> String {
        let describer = &self.describer;
        let outcome = describer.outcome(step).unwrap_or_else(|| describer.policy_outcome(step));
        let changes = describer.changes(&step.before, &step.after);
        let is_allowed = step.answer.map_or(step.decision.is_allowed(), |answer| answer.is_allowed());
        match changes.is_empty() {
            false => format!("{outcome} → {}", changes.join("; ")),
            true if is_allowed && !step.command.kind().delivers() => format!("{outcome}, nothing changes"),
            true => outcome,
        }
    }

    fn write_in_full(
        &self,
        out: &mut impl Write,
        palette: &Palette,
        step: &TraceStep,
        known: &[Breach],
    ) -> io::Result<()> {
        let (Palette { bold, bad, .. }, describer) = (*palette, &self.describer);
        writeln!(out, "{bold}step {}: {}{bold:#}", step.at, describer.command(step.command))?;
        if let Some(pairs) = describer.may_chat(&step.before) {
            writeln!(out, "  may chat before it: {pairs}")?;
        }
        self.write_conditions(out, palette, step)?;
        writeln!(out, "  the policy {}", describer.policy_answer(step))?;
        if let Some(answer) = describer.implementation_answer(step) {
            writeln!(out, "  the implementation {answer}")?;
        }
        let changes = describer.changes(&step.before, &step.after);
        if changes.is_empty() {
            writeln!(out, "  nothing changes")?;
        }
        changes.iter().try_for_each(|change| writeln!(out, "  → {change}"))?;
        let finding = self.trace.finding.as_ref().filter(|finding| finding.at() == step.at);
        self.write_policy_breaches(out, palette, step, known, finding)?;
        for deviation in finding.map_or(&[][..], Finding::deviations) {
            writeln!(out, "  {bad}✗ {}{bad:#}", describer.deviation(Some(step.command), deviation))?;
            if let Some(breach) = deviation.breach() {
                self.write_fixes(out, step, breach)?;
            }
        }
        let recorded = self.recorded.filter(|recorded| recorded.at == step.at && !self.has_implementation());
        let Some(recorded) = recorded else { return Ok(()) };
        let deviation = recorded_deviation(recorded);
        writeln!(out, "  {bad}✗ the implementation, as recorded: {deviation}{bad:#}")?;
        match recorded_breach(recorded) {
            Some(breach) if !step.breaches.contains(&breach) => self.write_fixes(out, step, &breach),
            _ => Ok(()),
        }
    }

    fn write_conditions(&self, out: &mut impl Write, palette: &Palette, step: &TraceStep) -> io::Result<()> {
        let Palette { dim, good, bad, .. } = *palette;
        for (condition, holds) in step.decision.conditions() {
            let (style, mark) = if holds { (good, '✓') } else { (bad, '✗') };
            writeln!(
                out,
                "  {style}{mark} {:<22}{style:#} {dim}{}{dim:#}",
                condition.name(),
                condition.about()
            )?;
            if !holds && is_about_pairs(condition) {
                let reasons = self.describer.unauthorized_pairs(&step.before, &step.command);
                reasons.iter().try_for_each(|reason| writeln!(out, "      {reason}"))?;
            }
        }
        Ok(())
    }

    /// The promises that following the policy breaks at the step. Those that the finding lists too are
    /// left out.
    fn write_policy_breaches(
        &self,
        out: &mut impl Write,
        palette: &Palette,
        step: &TraceStep,
        known: &[Breach],
        finding: Option<&Finding>,
    ) -> io::Result<()> {
        let Palette { dim, bad, .. } = *palette;
        let listed = finding.map_or(&[][..], Finding::deviations);
        for breach in &step.breaches {
            if listed.contains(&Deviation::PolicyBroke(*breach)) {
                continue;
            }
            if known.contains(breach) {
                let users = self.describer.users(breach.users);
                writeln!(out, "  {dim}still broken: {} {users}{dim:#}", breach.promise)?;
            } else {
                writeln!(out, "  {bad}✗ the policy itself {}{bad:#}", self.describer.breach(breach))?;
                self.write_fixes(out, step, breach)?;
            }
        }
        Ok(())
    }

    /// The missing approvals between the two users of a breach, and the commands that would have made
    /// it legitimate.
    fn write_fixes(&self, out: &mut impl Write, step: &TraceStep, breach: &Breach) -> io::Result<()> {
        for reason in self.describer.breach_reasons(step, breach) {
            writeln!(out, "    because {reason}")?;
        }
        match self.describer.breach_fixes(step, breach) {
            fixes if fixes.is_empty() => Ok(()),
            fixes => writeln!(out, "    legitimate after {}", fixes.join(", ")),
        }
    }
}
