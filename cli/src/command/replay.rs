//! `replay`: replays scenario files with the policy, and with an implementation.

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;

use crate::args::certify;
use crate::args::coverage::{CoverageArgs, CoverageTables};
use crate::args::implementation::{Implementation, ImplementationArgs};
use crate::args::{BaselineArgs, OutputArgs};
use crate::baseline::{Baseline, Subject, slashed};
use crate::command::open_scenario;
use crate::interrupt::{self, Interrupt};
use crate::messages::{print_error, print_note};
use crate::report::{Event, ReplayOutcome, Replayed, Report, Reports};
use crate::{CliError, Exit, driver_process};
use chatwarden::campaign::Shard;
use chatwarden::finding::Finding;
use chatwarden::format::{KnownFinding, Scenario};
use chatwarden::replay::{self, Mismatch};

const EXAMPLES: &str = "\
Examples:
  chatwarden replay scenarios
  chatwarden replay scenarios/found --adapter memory --junit replay.xml";

/// Replay scenario files, and compare what happens with what they expect.
///
/// Without an implementation only the policy is replayed. With one, the implementation must conform as
/// well. A scenario of a finding is then `failed` if anything does not conform, and `fixed` otherwise.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Replay {
    /// Scenario files, or folders: every `.json` file in them except `.schema.json` is a scenario
    #[arg(required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    target: ImplementationArgs,
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
        if self.recertify && implementation.is_none() {
            return Err(CliError::Input("`--recertify` goes only with `--adapter` or `--fault`".into()));
        }
        let mut files = replay::scenario_files(&self.files)?;
        let mut run =
            ReplayRun::new(interrupt, implementation.as_ref(), &self.files, self.recertify, &self.known)?;
        let mut position = 0..;
        files.retain(|_| position.next().is_some_and(|position| self.shard.holds(position)));
        if files.is_empty() {
            print_note(format_args!("there are fewer scenarios than shards, and none for {}", self.shard));
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
    known: &'a BaselineArgs,
    baseline: Baseline,
    /// For each replayed file the policy, and the implementation if it gave a definite answer. A known
    /// finding of these files can be absent.
    replayed: Vec<(String, Subject)>,
}

/// The result of replaying one scenario. At most one of the two fields is set.
#[derive(Debug)]
struct ReplayResult {
    /// The first difference between the policy and the scenario.
    mismatch: Option<Mismatch>,
    /// The finding of the implementation. It is not replayed if the policy already differs.
    finding: Option<Finding>,
}

impl<'a> ReplayRun<'a> {
    pub(crate) fn new(
        interrupt: &'a Interrupt,
        implementation: Option<&'a Implementation>,
        named: &'a [PathBuf],
        recertify: bool,
        known: &'a BaselineArgs,
    ) -> Result<Self, CliError> {
        let baseline = known.read()?;
        Ok(ReplayRun { interrupt, implementation, named, recertify, known, baseline, replayed: Vec::new() })
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
        self.known.finish(&self.baseline, |known| self.could_be_found(known), reports)?;
        Ok(exit)
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
        let result = ReplayResult::of(scenario, implementation)?;
        // The missing answer of a driver that was killed is no result.
        if driver_process::is_ending() && result.finding.as_ref().is_some_and(Finding::is_inconclusive) {
            return Ok(Exit::Success);
        }
        let message = self.message(scenario, implementation, &result)?;
        let (outcome, exit) = result.outcome(implementation.is_some() && scenario.finding.is_some());
        let found = self.record(file, scenario, implementation, &result);
        let matched = found.map(|found| self.baseline.match_finding(found));
        let is_suppressed =
            exit == Exit::Finding && matched.as_ref().is_some_and(|matched| self.known.suppresses(matched));
        reports.event(Event::ScenarioReplayed(&Replayed {
            file,
            scenario,
            outcome,
            finding: result.finding.as_ref(),
            matched: matched.as_ref(),
            at: result.position(),
            message: message.as_deref(),
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
        let (Some(finding), Some(implementation)) = (&result.finding, implementation) else {
            return Ok(result.mismatch.as_ref().map(ToString::to_string));
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

    /// Records the subjects that were replayed, and returns the finding in the form of a baseline.
    fn record(
        &mut self,
        file: &Path,
        scenario: &Scenario,
        implementation: Option<&Implementation>,
        result: &ReplayResult,
    ) -> Option<KnownFinding> {
        let policy = Subject::new(&scenario.policy, None, None);
        let subject = implementation.map(|implementation| implementation.subject(&scenario.policy));
        let found = match (&result.mismatch, &result.finding, &subject) {
            (Some(mismatch), _, _) => Some(policy.mismatch(mismatch.at)),
            (None, Some(finding), Some(subject)) => Some(subject.finding(finding.identity())),
            _ => None,
        };
        self.replayed.push((slashed(file), policy));
        if result.mismatch.is_none() && !result.finding.as_ref().is_some_and(Finding::is_inconclusive) {
            self.replayed.extend(subject.map(|subject| (slashed(file), subject)));
        }
        found.map(|found| KnownFinding { scenario: Some(slashed(file)), ..found })
    }

    /// Whether this run would have found the known finding if it still existed. That is also true if its
    /// file does not exist any more.
    fn could_be_found(&self, known: &KnownFinding) -> bool {
        let Some(scenario) = &known.scenario else { return false };
        let is_replayed =
            |(file, subject): &(String, Subject)| file == scenario && subject.has_implementation_of(known);
        self.replayed.iter().any(is_replayed) || !Path::new(scenario).exists()
    }
}

impl ReplayResult {
    fn of(scenario: &Scenario, implementation: Option<&Implementation>) -> Result<Self, CliError> {
        let mismatch = replay::against_policy(scenario).err();
        let finding = match (&mismatch, implementation) {
            (None, Some(implementation)) => {
                let config = implementation.check_config_for(scenario);
                replay::against_implementation(scenario, &mut implementation.make()?, config)
            }
            _ => None,
        };
        Ok(ReplayResult { mismatch, finding })
    }

    fn outcome(&self, had_finding: bool) -> (ReplayOutcome, Exit) {
        match (&self.mismatch, &self.finding) {
            (Some(_), _) => (ReplayOutcome::Failed, Exit::Finding),
            (None, Some(finding)) if finding.is_inconclusive() => {
                (ReplayOutcome::Inconclusive, Exit::of(finding))
            }
            (None, Some(finding)) => (ReplayOutcome::Failed, Exit::of(finding)),
            (None, None) if had_finding => (ReplayOutcome::Fixed, Exit::Success),
            (None, None) => (ReplayOutcome::Passed, Exit::Success),
        }
    }

    /// The step of the mismatch or finding.
    fn position(&self) -> Option<usize> {
        match &self.mismatch {
            Some(mismatch) => mismatch.at,
            None => self.finding.as_ref().map(Finding::at),
        }
    }
}
