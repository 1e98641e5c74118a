//! `replay`: scenario files against the policy, and against an implementation.

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;

use crate::baseline::{Baseline, Subject, slashed};
use crate::baseline_args::BaselineArgs;
use crate::certify_args;
use crate::coverage_args::{Asked, Tables};
use crate::options::Output;
use crate::report::{self, Event, Replayed, Report};
use crate::target::{Implementation, Target};
use crate::{CliError, Exit};
use chatwarden::campaign::Shard;
use chatwarden::finding::{Finding, Verdict};
use chatwarden::format::{KnownFinding, Scenario};
use chatwarden::replay::{self, Mismatch};

/// Replay scenario files: does everything happen as they say?
///
/// Without an implementation, the policy alone is followed and compared with what each scenario expects. With one,
/// the implementation must conform as well; a scenario that was saved from a finding is `failed` if something does
/// not conform, and `fixed` if all does.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  chatwarden replay scenarios\n  chatwarden replay scenarios/found --adapter memory --junit replay.xml"
)]
pub(crate) struct Replay {
    /// Scenario files, and folders in which every `.json` file but `.schema.json` is one
    #[arg(required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    target: Target,
    /// Search everything shorter than each chain with a finding once more: does its certificate hold?
    #[arg(long)]
    recertify: bool,
    /// Replay every Nth file, from the Ith
    #[arg(long, value_name = "I/N", default_value_t = Shard::WHOLE, hide_default_value = true)]
    shard: Shard,
    #[command(flatten)]
    coverage: Asked,
    #[command(flatten)]
    known: BaselineArgs,
    #[command(flatten)]
    output: Output,
}

impl Replay {
    pub(crate) fn run(&self) -> Result<Exit, CliError> {
        let mut reports = self.output.reports()?;
        let implementation = self.target.named()?;
        if self.recertify && implementation.is_none() {
            return Err(CliError::Input("`--recertify` goes only with `--adapter` or `--fault`".into()));
        }
        let mut files = replay::scenario_files(&self.files)?;
        let mut replayer = Replayer::new(implementation.as_ref(), self.recertify, &self.known)?;
        let mut position = 0..;
        files.retain(|_| position.next().is_some_and(|position| self.shard.holds(position)));
        if files.is_empty() {
            anstream::eprintln!("note: there are fewer scenarios than shards, and none for {}", self.shard);
        }
        let mut tables = Tables::default();
        let exit = replayer.all(&files, &mut reports, |scenario| {
            if self.coverage.coverage {
                tables.add(scenario);
            }
        })?;
        tables.report(&mut reports)?;
        reports.finish()?;
        Ok(exit)
    }
}

/// What is done with every scenario file.
#[derive(Debug)]
pub(crate) struct Replayer<'a> {
    implementation: Option<&'a Implementation>,
    recertify: bool,
    known: &'a BaselineArgs,
    ledger: Ledger,
}

impl<'a> Replayer<'a> {
    pub(crate) fn new(
        implementation: Option<&'a Implementation>,
        recertify: bool,
        known: &'a BaselineArgs,
    ) -> Result<Self, CliError> {
        let ledger = Ledger { baseline: known.read()?, asked: Vec::new() };
        Ok(Replayer { implementation, recertify, known, ledger })
    }

    /// Replays all files, each of which is shown once it is read.
    pub(crate) fn all(
        &mut self,
        files: &[PathBuf],
        reports: &mut impl Report,
        mut show: impl FnMut(&Scenario),
    ) -> Result<Exit, CliError> {
        let mut exit = Exit::Success;
        for file in files {
            // One file that cannot be read keeps no other from being replayed, and is never passed over.
            exit = exit.max(match Scenario::open(file) {
                Ok(scenario) => {
                    show(&scenario);
                    self.one(file, &scenario, reports)?
                }
                Err(error) => {
                    anstream::eprintln!("{}error:{} {error}", crate::options::ERROR, anstyle::Reset);
                    reports.event(Event::ScenarioUnreadable(file, &error))?;
                    Exit::UsageError
                }
            });
        }
        self.known.conclude(&self.ledger.baseline, |known| self.ledger.could_meet(known), reports)?;
        Ok(exit)
    }

    fn one(&mut self, file: &Path, scenario: &Scenario, reports: &mut impl Report) -> Result<Exit, CliError> {
        let started = Instant::now();
        let implementation =
            self.implementation.map(|implementation| implementation.with_names(scenario.names()));
        let implementation = implementation.as_ref();
        let mismatch = replay::against_policy(scenario).err();
        let finding = match (&mismatch, implementation) {
            (None, Some(implementation)) => {
                let terms = implementation.terms_for(scenario);
                replay::against_implementation(scenario, &mut implementation.make()?, terms)
            }
            _ => None,
        };
        let mut told = finding.as_ref().map(|finding| replay::finding_text(scenario, finding));
        if let (true, Some(implementation), Some(finding)) = (self.recertify, implementation, &finding) {
            if scenario.finding.is_some() && finding.identity().verdict != Verdict::Inconclusive {
                let terms = implementation.terms_for(scenario);
                let certificate = certify_args::recertify(scenario, finding, implementation, terms)?;
                told = told.map(|told| format!("{told}; {certificate}"));
            }
        }
        let (outcome, exit) = match (&mismatch, &finding) {
            (Some(_), _) => (report::ReplayOutcome::Failed, Exit::Finding),
            (None, Some(finding)) if finding.identity().verdict == Verdict::Inconclusive => {
                (report::ReplayOutcome::Inconclusive, Exit::of(finding))
            }
            (None, Some(finding)) => (report::ReplayOutcome::Failed, Exit::of(finding)),
            (None, None) if implementation.is_some() && scenario.finding.is_some() => {
                (report::ReplayOutcome::Fixed, Exit::Success)
            }
            (None, None) => (report::ReplayOutcome::Passed, Exit::Success),
        };
        let found = self.ledger.enter(file, scenario, implementation, (mismatch.as_ref(), finding.as_ref()));
        let matched = found.map(|found| self.ledger.baseline.match_finding(found));
        let excused =
            exit == Exit::Finding && matched.as_ref().is_some_and(|matched| self.known.suppresses(matched));
        let message = mismatch.as_ref().map(ToString::to_string).or(told);
        reports.event(Event::ScenarioReplayed(&Replayed {
            file,
            scenario,
            outcome,
            finding: finding.as_ref(),
            matched: matched.as_ref(),
            at: mismatch.as_ref().map_or_else(|| finding.as_ref().map(Finding::at), |mismatch| mismatch.at),
            message: message.as_deref(),
            time: started.elapsed(),
        }))?;
        Ok(if excused { Exit::Success } else { exit })
    }
}

/// What is known, and who was asked about which file.
#[derive(Debug)]
struct Ledger {
    baseline: Baseline,
    /// For each file that was replayed: the policy, and then the implementation, if each gave an answer.
    asked: Vec<(String, Subject)>,
}

impl Ledger {
    /// Takes down who was asked, and returns what was found, if something was.
    fn enter(
        &mut self,
        file: &Path,
        scenario: &Scenario,
        implementation: Option<&Implementation>,
        found: (Option<&Mismatch>, Option<&Finding>),
    ) -> Option<KnownFinding> {
        let policy = Subject::new(&scenario.policy, None, None);
        let subject = implementation.map(|implementation| implementation.subject(&scenario.policy));
        let finding = match (found, &subject) {
            ((Some(mismatch), _), _) => Some(policy.mismatch(mismatch.at)),
            ((None, Some(finding)), Some(subject)) => Some(subject.finding(finding.identity())),
            _ => None,
        };
        self.asked.push((slashed(file), policy));
        let definite = found.1.is_none_or(|finding| finding.identity().verdict != Verdict::Inconclusive);
        if found.0.is_none() && definite {
            self.asked.extend(subject.map(|subject| (slashed(file), subject)));
        }
        finding.map(|finding| Subject::replayed(file, finding))
    }

    /// Whether the known finding would have been met if it were still there: somebody was asked, or the file is no more.
    fn could_meet(&self, known: &KnownFinding) -> bool {
        let Some(scenario) = &known.scenario else { return false };
        let asked =
            |(file, subject): &(String, Subject)| file == scenario && subject.has_implementation_of(known);
        self.asked.iter().any(asked) || !Path::new(scenario).exists()
    }
}
