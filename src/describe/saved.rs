//! A saved finding as text: who is who, the commands with their answers, the deviations and their
//! reasons.
//!
//! The command line adds whether the finding is known, and the sentence about its certificate.

use std::io::{self, Write};
use std::path::Path;

use anstyle::Style;
use chatwarden_model::{Setup, UserSet};

use super::answers::deviates;
use super::{Describer, Palette};
use crate::counterexample::{Counterexample, Origin, ShrinkStatus};
use crate::format::Names;
use crate::sanitize;
use crate::trace::{Trace, TraceStep};

/// A finding with its shrunk trace and the file it was saved to.
#[derive(Clone, Copy, Debug)]
pub struct SavedFinding<'a> {
    /// The names of users and groups.
    pub names: &'a Names,
    /// The cast, groups and policy.
    pub setup: &'a Setup,
    /// The finding and its commands as shrunk.
    pub counterexample: &'a Counterexample,
    /// The trace with the implementation's answers.
    pub trace: &'a Trace,
    /// The saved scenario.
    pub file: &'a Path,
    /// The command that replays the scenario, but for the file; empty if there is none.
    pub replay: &'a str,
}

impl SavedFinding<'_> {
    /// Writes the finding. A known one is marked as such, and a certificate follows the shrinking.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write(
        &self,
        out: &mut impl Write,
        palette: &Palette,
        is_known: bool,
        certificate: Option<&str>,
    ) -> io::Result<()> {
        let describer = Describer { names: self.names, setup: self.setup };
        let finding = &self.counterexample.finding;
        let (known, style) = if is_known { ("known ", palette.warn) } else { ("", palette.bad) };
        let verdict = finding.identity().verdict;
        writeln!(
            out,
            "{style}{known}{verdict}{style:#}: {}",
            describer.deviation(finding.command(), finding.gravest())
        )?;
        let dim = palette.dim;
        let people = describer.people(self.named_users());
        if !people.is_empty() {
            writeln!(out, "  {dim}{people}{dim:#}")?;
        }
        for step in &self.trace.steps {
            self.write_step(out, palette, &describer, step)?;
        }
        for deviation in &finding.deviations()[1..] {
            writeln!(
                out,
                "      also {}: {}",
                deviation.verdict(),
                describer.deviation(finding.command(), deviation)
            )?;
        }
        self.write_reasons(out, &describer)?;
        writeln!(out, "  {dim}{}{}{dim:#}", self.origin_text(), self.shrinking_text())?;
        if let Some(certificate) = certificate {
            writeln!(out, "  {dim}{certificate}{dim:#}")?;
        }
        writeln!(out, "  saved {}", sanitize::path(self.file))?;
        if self.replay.is_empty() {
            return Ok(());
        }
        writeln!(out, "  {dim}replay it: {} {}{dim:#}", self.replay, sanitize::shell_path(self.file))
    }

    /// The command, the implementation's answer and, where they differ, the policy's.
    fn write_step(
        &self,
        out: &mut impl Write,
        palette: &Palette,
        describer: &Describer<'_>,
        step: &TraceStep,
    ) -> io::Result<()> {
        let outcome = describer.outcome(step).unwrap_or_else(|| {
            let why = if self.counterexample.is_repeatable() { "no answer" } else { "not repeated" };
            format!("{why}; the policy {}", describer.policy_answer(step))
        });
        let is_last = step.at == self.counterexample.finding.at();
        let style = match step.answer {
            _ if is_last => palette.bad,
            Some(answer) if deviates(step, answer) => palette.warn,
            _ => Style::new(),
        };
        let command = describer.command(step.command);
        writeln!(out, "  {:>2}  {command:<38} {style}{outcome}{style:#}", step.at)
    }

    /// The reasons of the breach: the approvals that are missing between two users, and their blocks.
    fn write_reasons(&self, out: &mut impl Write, describer: &Describer<'_>) -> io::Result<()> {
        let (Some(breach), Some(step)) = (self.counterexample.finding.breach(), self.trace.steps.last())
        else {
            return Ok(());
        };
        let reasons = describer.breach_reasons(step, &breach);
        reasons.iter().try_for_each(|line| writeln!(out, "      {line}"))
    }

    fn named_users(&self) -> UserSet {
        let commands = &self.counterexample.commands;
        commands.iter().fold(UserSet::EMPTY, |named, command| named.or(command.users()))
    }

    fn origin_text(&self) -> String {
        match self.counterexample.origin {
            Some(Origin { seed, run }) => format!("run {run} of seed {seed}, "),
            None => String::new(),
        }
    }

    fn shrinking_text(&self) -> String {
        let executions = self.counterexample.executions;
        match self.counterexample.status {
            ShrinkStatus::OneMinimal => {
                format!("shrunk in {executions} executions; none of the shrinker's passes makes it simpler")
            }
            ShrinkStatus::Unfinished if executions == 0 => "not shrunk".into(),
            ShrinkStatus::Unfinished => format!("shrunk in {executions} executions; not shrunk to the end"),
            ShrinkStatus::Unstable(None) => {
                "unstable: the same commands did not always show it, so it is as it was found".into()
            }
            ShrinkStatus::Unstable(Some(at)) => {
                format!("unstable: repeated, step {at} was answered otherwise, so it was not shrunk")
            }
        }
    }
}
