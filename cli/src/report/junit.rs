//! `JUnit` XML: a test case for each scenario replayed, each finding and each promise explored, for
//! CI systems.
//!
//! A finding that the baseline lists is a skipped test: it neither fails nor passes.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use chatwarden_model::NamedEnum;
use quick_junit::{NonSuccessKind, Report as Document, TestCase, TestCaseStatus, TestSuite};

use super::diagnostic::{steps, texts};
use super::{
    CampaignSummary, Event, Explored, ImplementationExplored, ReplayOutcome, Replayed, Report, shown,
};
use crate::baseline::{BaselineMatch, slashed};
use crate::driver_check::{CheckFailure, CheckResult};
use chatwarden::describe::{Describer, SavedFinding};
use chatwarden::format::Error;
use chatwarden_explore::PromiseResult;

/// Collects events and writes them as one `JUnit` file at the end.
///
/// ```
/// let file = std::env::temp_dir().join("chatwarden-junit-example.xml");
/// let mut report = chatwarden_cli::report::Junit::new(file.clone())?;
/// chatwarden_cli::report::Report::finish(&mut report)?;
/// assert!(std::fs::read_to_string(&file)?.contains("<testsuites"));
/// # std::fs::remove_file(file)?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Junit {
    file: PathBuf,
    suite: TestSuite,
}

impl Junit {
    /// A report in that file. The file is made at once, so that an error comes before the work and
    /// not after it.
    ///
    /// # Errors
    /// If the file cannot be made.
    pub fn new(file: PathBuf) -> io::Result<Self> {
        fs::write(&file, "")?;
        Ok(Junit { file, suite: TestSuite::new("chatwarden") })
    }
}

impl Report for Junit {
    fn event(&mut self, event: Event<'_>) -> io::Result<()> {
        let is_first = self.suite.test_cases.is_empty();
        let case = match event {
            Event::FindingSaved(saved, matched) => found(saved, matched),
            Event::ScenarioReplayed(replayed) => replay(replayed),
            Event::ScenarioUnreadable(file, error) => unreadable(file, error),
            Event::CampaignFinished(summary) if is_first => campaign(summary),
            Event::ImplementationExplored(explored) if is_first => implementation(explored),
            Event::DriverChecked(checked) => check(checked),
            Event::PolicyExplored(explored) => {
                self.suite.add_test_cases(promises(explored));
                return Ok(());
            }
            // A search with findings has a test for each of them. An absent finding is no test; the
            // terminal and the JSON lines name it. Coverage is no test either. The scenarios of a
            // suite are reported one by one.
            Event::CampaignFinished(_)
            | Event::ImplementationExplored(_)
            | Event::PoliciesCompared(_)
            | Event::KnownFindingAbsent(_)
            | Event::CoverageCounted(_)
            | Event::SuiteWritten(_) => return Ok(()),
        };
        self.suite.add_test_case(case);
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        let mut document = Document::new("chatwarden");
        document.add_test_suite(self.suite.clone());
        let text = document.to_string().map_err(io::Error::other)?;
        fs::write(&self.file, text)
    }
}

fn found(saved: &SavedFinding<'_>, matched: &BaselineMatch) -> TestCase {
    let finding = &saved.counterexample.finding;
    let describer = Describer { names: saved.names, setup: saved.setup };
    let identity = finding.identity();
    let kind = if finding.is_inconclusive() { NonSuccessKind::Error } else { NonSuccessKind::Failure };
    let mut status = unsuccessful(kind, matched.is_known());
    status.set_type(identity.verdict.name()).set_message(describer.finding(finding));
    status.set_description(texts(&describer, &saved.counterexample.commands).join("\n"));
    let mut case = TestCase::new(identity.to_string(), status);
    case.set_classname(shown(saved.file));
    set_file(&mut case, saved.file);
    case
}

fn replay(replayed: &Replayed<'_>) -> TestCase {
    let kind = match replayed.outcome {
        ReplayOutcome::Passed | ReplayOutcome::Fixed => None,
        ReplayOutcome::Failed => Some(NonSuccessKind::Failure),
        ReplayOutcome::Inconclusive => Some(NonSuccessKind::Error),
    };
    let mut status = TestCaseStatus::success();
    if let Some(kind) = kind {
        status = unsuccessful(kind, replayed.is_known());
        status.set_type(replayed.verdict().map_or(replayed.outcome.name(), NamedEnum::name));
        status.set_message(replayed.message.unwrap_or_default());
        status.set_description(steps(replayed).join("\n"));
    }
    let mut case = TestCase::new(replayed.scenario.name.as_str(), status);
    case.set_classname(shown(replayed.file)).set_time(replayed.time);
    set_file(&mut case, replayed.file);
    case
}

fn unreadable(file: &Path, error: &Error) -> TestCase {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    status.set_type("unreadable").set_message(error.to_string());
    let mut case = TestCase::new(shown(file), status);
    set_file(&mut case, file);
    case
}

fn check(checked: &CheckResult) -> TestCase {
    let status = match &checked.outcome {
        Ok(_) => TestCaseStatus::success(),
        Err(CheckFailure::Skipped(_)) => TestCaseStatus::skipped(),
        Err(wrong) => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_type("driver").set_message(wrong.to_string());
            status.set_description(checked.mend().unwrap_or_default());
            status
        }
    };
    let mut case = TestCase::new(checked.check.name(), status);
    case.set_classname("check-driver").set_time(checked.time);
    case
}

/// A campaign without a finding is one test that passed.
fn campaign(summary: &CampaignSummary) -> TestCase {
    let mut case = TestCase::new("campaign", TestCaseStatus::success());
    case.set_classname("fuzz").set_time(summary.time);
    case.set_system_out(format!("{} runs, {} commands", summary.runs, summary.commands));
    case
}

/// A test for each promise, which fails if the policy can break it.
fn promises(explored: &Explored) -> impl Iterator<Item = TestCase> {
    let describer = Describer { names: &explored.names, setup: &explored.setup };
    let bound = if explored.is_complete() { "complete" } else { "not complete" };
    explored.exploration.promises.iter().map(move |(promise, result)| {
        let mut status = TestCaseStatus::success();
        if result.length().is_some() {
            status = unsuccessful(NonSuccessKind::Failure, explored.is_known(*promise));
            status.set_type("broken").set_message(format!("{promise}: {}", promise.about()));
        }
        if let PromiseResult::Broken(trace) = result {
            status.set_description(texts(&describer, trace).join("\n"));
        }
        let mut case = TestCase::new(promise.name(), status);
        case.set_classname(explored.policy.as_str());
        case.set_system_out(format!("{bound}, depth {}", explored.exploration.depth));
        case
    })
}

/// An implementation without a finding is one test that passed.
fn implementation(explored: &ImplementationExplored<'_>) -> TestCase {
    let result = explored.result;
    let mut status = TestCaseStatus::success();
    if !explored.answers_what_was_asked() {
        status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_type("incomplete").set_message(result.end.about());
    }
    let mut case = TestCase::new(explored.adapter, status);
    case.set_classname("explore").set_time(explored.time);
    let end = result.end.about();
    case.set_system_out(format!("{} allowed, {} refused, {end}", result.allowed, result.refused));
    case
}

/// The status of a test with a finding. A known finding neither fails nor passes.
fn unsuccessful(kind: NonSuccessKind, is_known: bool) -> TestCaseStatus {
    if is_known { TestCaseStatus::skipped() } else { TestCaseStatus::non_success(kind) }
}

/// Adds the attribute that GitLab makes a link of. The class name has the file as well, but GitLab
/// shows it as text.
fn set_file(case: &mut TestCase, file: &Path) {
    case.extra.insert("file".into(), slashed(file).into());
}
