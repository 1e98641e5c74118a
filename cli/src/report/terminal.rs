//! Text for people in a terminal or in the log of a CI job: the trace of each finding, the outcome
//! of each scenario, and a summary at the end.

mod covered;
mod explored;
mod proved;

use std::io::{self, Write};

use anstyle::Style;
use chatwarden_model::NamedEnum;

use super::{CampaignSummary, Event, ReplayOutcome, Replayed, Report, certified, counted};
use crate::baseline::BaselineMatch;
use crate::driver_check::{CheckFailure, CheckResult};
use chatwarden::counterexample::Certification;
use chatwarden::describe::{Palette, SavedFinding};
use chatwarden::lockstep::Tally;
use chatwarden::sanitize;

const BOLD: Style = Palette::COLOUR.bold;
const DIM: Style = Palette::COLOUR.dim;
const GOOD: Style = Palette::COLOUR.good;
const BAD: Style = Palette::COLOUR.bad;
const WARN: Style = Palette::COLOUR.warn;

/// Writes events as text in colour. A stream that is no terminal strips the colour.
///
/// ```
/// use chatwarden_cli::report::{Event, Report, CampaignSummary, Terminal};
/// let mut text = Vec::new();
/// let (time, certifying) = (std::time::Duration::from_secs(1), std::time::Duration::ZERO);
/// let tally = chatwarden::lockstep::Tally::default();
/// let summary = CampaignSummary {
///     runs: 2, commands: 60, tally, time, certifying, findings: 0, known: 0, inconclusive: 0
/// };
/// Terminal::new(&mut text).event(Event::CampaignFinished(&summary))?;
/// assert!(String::from_utf8_lossy(&text).contains("in 2 runs, 60 commands, 1.00 s"));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Terminal<W> {
    out: W,
    /// How many scenarios had each outcome.
    replays: [usize; ReplayOutcome::ALL.len()],
    /// How many scenarios failed in a way that is known.
    known: usize,
    unreadable: usize,
    /// The known findings that are absent.
    absent: Vec<String>,
}

impl<W: Write> Terminal<W> {
    /// A report on that stream.
    pub fn new(out: W) -> Self {
        Terminal { out, replays: [0; ReplayOutcome::ALL.len()], known: 0, unreadable: 0, absent: Vec::new() }
    }

    fn found(&mut self, saved: &SavedFinding<'_>, matched: &BaselineMatch) -> io::Result<()> {
        let certificate = match saved.counterexample.certification {
            Certification::NotTried => None,
            Certification::Certified(certificate) => Some(format!("certified: {}", certified(&certificate))),
            Certification::Unfinished(reason) => Some(format!("not certified: {reason}")),
        };
        saved.write(&mut self.out, &Palette::COLOUR, matched.is_known(), certificate.as_deref())
    }

    fn replayed(&mut self, replayed: &Replayed<'_>) -> io::Result<()> {
        let known = replayed.is_known();
        match known {
            true => self.known += 1,
            false => self.replays[replayed.outcome.index()] += 1,
        }
        let (word, style) = match replayed.outcome {
            _ if known => ("known", WARN),
            ReplayOutcome::Passed | ReplayOutcome::Fixed => (replayed.outcome.name(), GOOD),
            ReplayOutcome::Failed => (replayed.outcome.name(), BAD),
            ReplayOutcome::Inconclusive | ReplayOutcome::Skipped => (replayed.outcome.name(), WARN),
        };
        let differences = replayed.differences;
        let with = if differences.is_empty() { "" } else { " with differences" };
        write!(
            self.out,
            "{style}{:<12}{style:#} {}",
            format!("{word}{with}"),
            sanitize::path(replayed.file)
        )?;
        match replayed.message {
            Some(message) => writeln!(self.out, ": {message}")?,
            None => writeln!(self.out)?,
        }
        differences.iter().try_for_each(|difference| writeln!(self.out, "    {difference}"))
    }

    fn checked(&mut self, checked: &CheckResult) -> io::Result<()> {
        let name = checked.check.name();
        match &checked.outcome {
            Ok(done) => writeln!(
                self.out,
                "{GOOD}passed{GOOD:#}  {name:<11} {} {DIM}({done}){DIM:#}",
                checked.check.about()
            ),
            Err(skipped @ CheckFailure::Skipped(_)) => {
                writeln!(self.out, "{DIM}skipped {name:<11} {skipped}{DIM:#}")
            }
            Err(wrong) => {
                writeln!(self.out, "{BAD}failed{BAD:#}  {name:<11} {}", checked.check.about())?;
                writeln!(self.out, "                    {wrong}")?;
                checked.mend().iter().try_for_each(|mend| {
                    writeln!(self.out, "                    {DIM}to mend it:{DIM:#} {mend}")
                })
            }
        }
    }

    fn campaign_finished(&mut self, summary: &CampaignSummary) -> io::Result<()> {
        let seconds = summary.time.as_secs_f64();
        let is_inconclusive = summary.inconclusive > 0 || summary.tally.shortfall().is_some();
        let findings = match summary.findings - summary.known {
            0 if is_inconclusive && summary.known > 0 => {
                format!("{WARN}inconclusive{WARN:#}, no new finding")
            }
            0 if summary.known > 0 => format!("{GOOD}no new finding{GOOD:#}"),
            0 if is_inconclusive => format!("{WARN}inconclusive{WARN:#}, no finding"),
            0 => format!("{GOOD}no finding{GOOD:#}"),
            new => format!("{BAD}{}{BAD:#}", counted(new, "finding")),
        };
        let known = match summary.known {
            0 => String::new(),
            known => format!(", {WARN}{known} known{WARN:#},"),
        };
        let certifying = match summary.certifying.as_secs_f64() {
            0.0 => String::new(),
            seconds => format!("; certifying took {seconds:.2} s"),
        };
        let (runs, commands) = (summary.runs, summary.commands);
        writeln!(
            self.out,
            "{findings}{known} in {runs} runs, {commands} commands, {seconds:.2} s{certifying}"
        )?;
        left_out(&mut self.out, &summary.tally)
    }
}

/// The commands that were left out, if any were.
fn left_out(out: &mut impl Write, tally: &Tally) -> io::Result<()> {
    match tally.left_out_text() {
        Some(left_out) => writeln!(out, "  {WARN}left out, since not supported:{WARN:#} {left_out}"),
        None => Ok(()),
    }
}

impl<W: Write> Report for Terminal<W> {
    fn event(&mut self, event: Event<'_>) -> io::Result<()> {
        match event {
            Event::FindingSaved(saved, matched) => self.found(saved, matched),
            Event::ScenarioReplayed(replayed) => self.replayed(replayed),
            Event::CampaignFinished(summary) => self.campaign_finished(summary),
            Event::ReplayFinished(replays) => {
                let mut sentences = replays.sentences().into_iter();
                sentences.try_for_each(|sentence| writeln!(self.out, "{DIM}{sentence}{DIM:#}"))
            }
            Event::ScenarioUnreadable(..) => {
                self.unreadable += 1;
                Ok(())
            }
            // The error is on standard error.
            Event::RunIncomplete(_) => Ok(()),
            // The table at the end shows it.
            Event::PolicyExplored(explored) if explored.is_one_of_many => Ok(()),
            Event::PolicyExplored(explored) => explored::policy(&mut self.out, explored),
            Event::PoliciesCompared(all) => explored::table(&mut self.out, all),
            // So does the table of proofs, but for what was asked beyond the promises.
            Event::PolicyProved(proved) if proved.is_in_table_only() => Ok(()),
            Event::PolicyProved(proved) => proved::policy(&mut self.out, proved),
            Event::ProofsCompared(all) => proved::table(&mut self.out, all),
            Event::DriverChecked(checked) => self.checked(checked),
            Event::KnownFindingAbsent(known) => {
                self.absent.push(known.to_string());
                Ok(())
            }
            Event::CoverageCounted(covered) => self.covered(covered),
            Event::SuiteWritten(written) => self.written(written),
            Event::ImplementationExplored(conformance) => {
                explored::implementation(&mut self.out, conformance)
            }
        }
    }

    fn finish(&mut self) -> io::Result<()> {
        let counts = ReplayOutcome::ALL.iter().zip(self.replays).filter(|&(_, count)| count > 0);
        let mut counts: Vec<_> = counts.map(|(outcome, count)| format!("{count} {outcome}")).collect();
        if self.known > 0 {
            counts.push(format!("{WARN}{} known{WARN:#}", self.known));
        }
        if self.unreadable > 0 {
            counts.push(format!("{BAD}{} unreadable{BAD:#}", self.unreadable));
        }
        if !counts.is_empty() {
            writeln!(self.out, "{BOLD}scenarios{BOLD:#}: {}", counts.join(", "))?;
        }
        for absent in &self.absent {
            writeln!(self.out, "{GOOD}gone{GOOD:#} {absent}")?;
        }
        if !self.absent.is_empty() {
            writeln!(self.out, "{DIM}`--update-baseline` takes these out of the baseline{DIM:#}")?;
        }
        self.out.flush()
    }
}
