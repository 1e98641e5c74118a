//! `replay`: replays scenario files with the policy, and with an implementation.

mod result;

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;

use crate::args::certify;
use crate::args::coverage::{CoverageArgs, CoverageTables};
use crate::args::implementation::{Implementation, ImplementationArgs};
use crate::args::{self, BaselineArgs, OutputArgs};
use crate::baseline::{Baseline, Subject, slashed};
use crate::command::open_scenario;
use crate::exit::report_no_answer;
use crate::interrupt::{self, Interrupt};
use crate::messages::print_error;
use crate::report::{Event, ReplaySummary, Replayed, Report, Reports};
use crate::{CliError, Exit, driver_process};
use chatwarden::adapter::Fidelity;
use chatwarden::campaign::Shard;
use chatwarden::finding::{Finding, Identity, Verdict};
use chatwarden::format::{BaselineVerdict, KnownFinding, PolicySpec, Scenario};
use chatwarden::replay;
use result::ReplayResult;

const EXAMPLES: &str = "\
Examples:
  chatwarden replay scenarios
  chatwarden replay scenarios/found --adapter memory --junit replay.xml";

/// Replay scenario files, and compare what happens with what they expect.
///
/// Without an implementation only the policy is replayed. With one, the implementation must conform as
/// well. A scenario of a finding is then `failed` if anything does not conform, and `fixed` otherwise. A
/// scenario is `skipped` if the implementation does not support a command of it; one of a finding is then
/// `inconclusive`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Replay {
    /// Scenario files, or folders: every `.json` file in them except `.schema.json` is a scenario
    #[arg(required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    target: ImplementationArgs,
    /// Replay the scenarios as if they said this policy: a preset (see `list policies`) or a JSON file;
    /// what those of other policies expect is then not compared [default: each its own; those of other
    /// policies are skipped if the implementation declares one]
    #[arg(long, value_name = "NAME|FILE", value_parser = args::policy)]
    policy: Option<PolicySpec>,
    /// Repeat the search for shorter traces of each finding, and compare the result with its
    /// certificate
    #[arg(long)]
    recertify: bool,
    /// Replay every Nth file, beginning with the Ith
    #[arg(long, value_name = "I/N", default_value_t = Shard::WHOLE, hide_default_value = true)]
    shard: Shard,
    #[command(flatten)]
    coverage: CoverageArgs,
    #[command(flatten)]
    known: BaselineArgs,
    #[command(flatten)]
    output: OutputArgs,
}

impl Replay {
    pub(crate) fn run(&self) -> Result<Exit, CliError> {
        self.output.with_reports(|reports, interrupt| self.replay(reports, interrupt))
    }

    fn replay(&self, reports: &mut Reports, interrupt: &Interrupt) -> Result<Exit, CliError> {
        let implementation = self.target.named()?;
        let implementation_only = [("--recertify", self.recertify), ("--policy", self.policy.is_some())];
        if let (Some((option, _)), None) =
            (implementation_only.iter().find(|(_, given)| *given), &implementation)
        {
            return Err(CliError::Input(format!("`{option}` goes only with `--adapter` or `--fault`")));
        }
        let mut files = replay::scenario_files(&self.files)?;
        let run = ReplayRun::new(interrupt, implementation.as_ref(), &self.files, &self.known)?;
        let mut run = ReplayRun { recertify: self.recertify, ..run.under(self.policy.as_ref()) };
        let mut position = 0..;
        files.retain(|_| position.next().is_some_and(|position| self.shard.holds(position)));
        if files.is_empty() {
            let why = format!("there are fewer scenarios than shards, and none for {}", self.shard);
            report_no_answer(&why, reports)?;
            return Ok(Exit::Inconclusive);
        }
        let mut coverage = CoverageTables::default();
        let exit = run.replay_all(&files, reports, |scenario| {
            if self.coverage.coverage {
                coverage.add(scenario);
            }
        })?;
        coverage.report(reports, interrupt)?;
        Ok(exit)
    }
}

/// The replay of a list of files against one baseline.
#[derive(Debug)]
pub(crate) struct ReplayRun<'a> {
    interrupt: &'a Interrupt,
    implementation: Option<&'a Implementation>,
    /// The files and folders that the user named.
    named: &'a [PathBuf],
    recertify: bool,
    /// The policy that the scenarios are taken to say.
    policy: Option<&'a PolicySpec>,
    known: &'a BaselineArgs,
    baseline: Baseline,
    /// The subjects that were replayed. A known finding of them can be absent.
    exercised: Vec<Exercised>,
    summary: ReplaySummary,
}

/// A scenario file, with its policy or with an implementation that took every step.
#[derive(Debug)]
struct Exercised {
    file: String,
    subject: Subject,
    /// How closely the implementation was compared, if one took part.
    fidelity: Option<Fidelity>,
}

impl<'a> ReplayRun<'a> {
    pub(crate) fn new(
        interrupt: &'a Interrupt,
        implementation: Option<&'a Implementation>,
        named: &'a [PathBuf],
        known: &'a BaselineArgs,
    ) -> Result<Self, CliError> {
        let adapter = implementation.map_or("", |implementation| &implementation.about.name);
        Ok(ReplayRun {
            interrupt,
            implementation,
            named,
            recertify: false,
            policy: None,
            known,
            baseline: known.read()?,
            exercised: Vec::new(),
            summary: ReplaySummary::new(adapter),
        })
    }

    /// The same under one policy, which the scenarios are taken to say.
    #[must_use]
    pub(crate) fn under(self, policy: Option<&'a PolicySpec>) -> Self {
        ReplayRun { policy, ..self }
    }

    /// Replays all files, and calls `visit` with each scenario before it is replayed.
    pub(crate) fn replay_all(
        &mut self,
        files: &[PathBuf],
        reports: &mut impl Report,
        mut visit: impl FnMut(&Scenario),
    ) -> Result<Exit, CliError> {
        let mut exit = Exit::Success;
        for file in files {
            if interrupt::signal().is_some() {
                break;
            }
            // An unreadable file is an error, but the other files are replayed.
            exit = exit.max(match open_scenario(file, self.named) {
                Ok(scenario) => {
                    let scenario = self.under_policy(scenario);
                    visit(&scenario);
                    self.replay_one(file, &scenario, reports)?
                }
                Err(error) => {
                    print_error(&error);
                    reports.event(Event::ScenarioUnreadable(file, &error))?;
                    Exit::UsageError
                }
            });
        }
        if self.implementation.is_some() {
            exit = exit.max(self.conclude(reports)?);
        }
        self.known.finish(&self.baseline, |known| self.could_be_found(known), reports)?;
        Ok(exit)
    }

    /// Reports how the implementation was compared, and whether that was anything at all.
    fn conclude(&self, reports: &mut impl Report) -> Result<Exit, CliError> {
        let shortfall = self.summary.shortfall().filter(|_| interrupt::signal().is_none());
        shortfall.map_or(Ok(()), |why| report_no_answer(why, reports))?;
        reports.event(Event::ReplayFinished(&self.summary))?;
        Ok(if shortfall.is_some() { Exit::Inconclusive } else { Exit::Success })
    }

    /// The scenario as if it said the policy that the user named.
    fn under_policy(&mut self, scenario: Scenario) -> Scenario {
        let Some(policy) = self.policy else { return scenario };
        let is_other = scenario.policy.policy() != policy.policy();
        self.summary.under_another_policy += usize::from(is_other);
        replay::under_policy(scenario, policy)
    }

    fn replay_one(
        &mut self,
        file: &Path,
        scenario: &Scenario,
        reports: &mut impl Report,
    ) -> Result<Exit, CliError> {
        let started = Instant::now();
        let named = self.implementation.map(|implementation| implementation.with_names(scenario.names()));
        let implementation = named.as_ref();
        let result = ReplayResult::of(scenario, implementation, self.policy.is_some())?;
        // The missing answer of a driver that was killed is no result.
        if driver_process::is_ending() && result.finding().is_some_and(Finding::is_inconclusive) {
            return Ok(Exit::Success);
        }
        let message = self.message(scenario, implementation, &result)?;
        let (outcome, exit) = result.outcome();
        let found = self.record(file, scenario, implementation, &result);
        let matched = found.map(|found| self.baseline.match_finding(found));
        let is_suppressed =
            exit == Exit::Finding && matched.as_ref().is_some_and(|matched| self.known.suppresses(matched));
        reports.event(Event::ScenarioReplayed(&Replayed {
            file,
            scenario,
            outcome,
            finding: result.finding(),
            matched: matched.as_ref(),
            at: result.position(),
            message: message.as_deref(),
            differences: result.differences(),
            tally: result.tally(),
            time: started.elapsed(),
        }))?;
        match exit {
            Exit::Finding if is_suppressed => return Ok(Exit::Success),
            Exit::Finding => self.interrupt.record_finding(),
            _ => {}
        }
        Ok(exit)
    }

    /// The result in words, followed by that of `--recertify`.
    fn message(
        &self,
        scenario: &Scenario,
        implementation: Option<&Implementation>,
        result: &ReplayResult,
    ) -> Result<Option<String>, CliError> {
        let (Some(finding), Some(implementation)) = (result.finding(), implementation) else {
            return Ok(result.message());
        };
        let message = replay::finding_text(scenario, finding);
        if !self.recertify || scenario.finding.is_none() || finding.is_inconclusive() {
            return Ok(Some(message));
        }
        let config = implementation.check_config_for(scenario);
        let certificate =
            certify::recertify(scenario, finding, implementation, config, &self.interrupt.certifying)?;
        Ok(Some(format!("{message}; {certificate}")))
    }

    /// Records what was replayed, and returns the finding in the form of a baseline.
    fn record(
        &mut self,
        file: &Path,
        scenario: &Scenario,
        implementation: Option<&Implementation>,
        result: &ReplayResult,
    ) -> Option<KnownFinding> {
        let policy = Subject::new(&scenario.policy, None, None);
        let subject = implementation.map(|implementation| implementation.subject(&scenario.policy));
        let found = match (&result.mismatch, result.finding(), &subject) {
            (Some(mismatch), _, _) => Some(policy.mismatch(mismatch.at)),
            (None, Some(finding), Some(subject)) => Some(subject.finding(finding.identity())),
            (None, None, Some(subject)) if result.is_inconclusive() => {
                Some(subject.finding(Identity::new(Verdict::Inconclusive, None)))
            }
            _ => None,
        };
        if let Some(check) = implementation.map(|implementation| implementation.check_config_for(scenario)) {
            self.summary.scenarios += 1;
            self.summary.skipped += usize::from(result.is_skipped());
            if let Some(tally) = result.tally() {
                self.summary.tally.add(tally);
                self.summary.compared(&check);
            }
            let fidelity = Some(check.fidelity);
            let subject = subject.filter(|_| result.took_every_step());
            let exercised = subject.map(|subject| Exercised { file: slashed(file), subject, fidelity });
            self.exercised.extend(exercised);
        }
        self.exercised.push(Exercised { file: slashed(file), subject: policy, fidelity: None });
        found.map(|found| KnownFinding { scenario: Some(slashed(file)), ..found })
    }

    /// Whether this run would have found the known finding if it still existed. That is also true if its
    /// file does not exist any more.
    fn could_be_found(&self, known: &KnownFinding) -> bool {
        let Some(scenario) = &known.scenario else { return false };
        let shows = |fidelity| match known.verdict {
            BaselineVerdict::Found(verdict) => replay::can_show(verdict, fidelity),
            BaselineVerdict::Mismatch => true,
        };
        let is_of = |exercised: &Exercised| {
            let Exercised { file, subject, fidelity } = exercised;
            // The policy of a file may have been changed, but not by the option.
            let is_same = match self.policy {
                None => subject.has_implementation_of(known),
                Some(_) => subject.is_of(known),
            };
            file == scenario && is_same && fidelity.is_none_or(shows)
        };
        self.exercised.iter().any(is_of) || !Path::new(scenario).exists()
    }
}
