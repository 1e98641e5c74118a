//! `JUnit` XML: a test case for each scenario replayed, each finding and each promise explored, for
//! CI systems.
//!
//! A finding that the baseline lists is a skipped test: it neither fails nor passes.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use chatwarden_model::NamedEnum;
use quick_junit::{NonSuccessKind, Report as Document, TestCase, TestCaseStatus, TestSuite};

use super::{
    CampaignSummary, Event, Explored, ImplementationExplored, ReplayOutcome, Replayed, Report, diagnostic,
    shown,
};
use crate::baseline::{BaselineMatch, slashed};
use crate::driver_check::{CheckFailure, CheckResult};
use chatwarden::describe::{Describer, SavedFinding};
use chatwarden::finding::Verdict;
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

    fn found(&mut self, saved: &SavedFinding<'_>, matched: &BaselineMatch) {
        let finding = &saved.counterexample.finding;
        let describer = Describer { names: saved.names, setup: saved.setup };
        let identity = finding.identity();
        let mut status = match identity.verdict {
            _ if matched.is_known() => TestCaseStatus::skipped(),
            Verdict::Inconclusive => TestCaseStatus::non_success(NonSuccessKind::Error),
            _ => TestCaseStatus::non_success(NonSuccessKind::Failure),
        };
        status.set_type(identity.verdict.name()).set_message(describer.finding(finding));
        let chain: Vec<_> =
            saved.counterexample.commands.iter().map(|command| describer.command(*command)).collect();
        status.set_description(chain.join("\n"));
        let mut case = TestCase::new(identity.to_string(), status);
        case.set_classname(shown(saved.file));
        set_file(&mut case, saved.file);
        self.suite.add_test_case(case);
    }

    fn replayed(&mut self, replayed: &Replayed<'_>) {
        let mut status = match replayed.outcome {
            _ if replayed.is_known() => TestCaseStatus::skipped(),
            ReplayOutcome::Passed | ReplayOutcome::Fixed => TestCaseStatus::success(),
            ReplayOutcome::Failed => TestCaseStatus::non_success(NonSuccessKind::Failure),
            ReplayOutcome::Inconclusive => TestCaseStatus::non_success(NonSuccessKind::Error),
        };
        if !matches!(status, TestCaseStatus::Success { .. }) {
            status.set_type(replayed.verdict().map_or(replayed.outcome.name(), NamedEnum::name));
            status.set_message(replayed.message.unwrap_or_default());
            status.set_description(diagnostic::steps(replayed).join("\n"));
        }
        let mut case = TestCase::new(replayed.scenario.name.as_str(), status);
        case.set_classname(shown(replayed.file)).set_time(replayed.time);
        set_file(&mut case, replayed.file);
        self.suite.add_test_case(case);
    }

    fn unreadable(&mut self, file: &Path, error: &Error) {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_type("unreadable").set_message(error.to_string());
        let mut case = TestCase::new(shown(file), status);
        set_file(&mut case, file);
        self.suite.add_test_case(case);
    }

    fn checked(&mut self, checked: &CheckResult) {
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
        self.suite.add_test_case(case);
    }

    /// A campaign without a finding is one test that passed.
    fn campaign_finished(&mut self, summary: &CampaignSummary) {
        if !self.suite.test_cases.is_empty() {
            return;
        }
        let mut case = TestCase::new("campaign", TestCaseStatus::success());
        case.set_classname("fuzz").set_time(summary.time);
        case.set_system_out(format!("{} runs, {} commands", summary.runs, summary.commands));
        self.suite.add_test_case(case);
    }

    /// A test for each promise, which fails if the policy can break it.
    fn explored(&mut self, explored: &Explored) {
        let describer = Describer { names: &explored.names, setup: &explored.setup };
        for (promise, result) in &explored.exploration.promises {
            let status = match result {
                PromiseResult::Broken(chain) => {
                    let mut status = match explored.is_known(*promise) {
                        true => TestCaseStatus::skipped(),
                        false => TestCaseStatus::non_success(NonSuccessKind::Failure),
                    };
                    let chain: Vec<_> = chain.iter().map(|command| describer.command(*command)).collect();
                    status.set_type("broken").set_message(format!("{promise}: {}", promise.about()));
                    status.set_description(chain.join("\n"));
                    status
                }
                PromiseResult::Kept | PromiseResult::KeptByConstruction => TestCaseStatus::success(),
            };
            let mut case = TestCase::new(promise.name(), status);
            let bound = if explored.is_complete() { "complete" } else { "not complete" };
            case.set_classname(explored.policy.as_str());
            case.set_system_out(format!("{bound}, depth {}", explored.exploration.depth));
            self.suite.add_test_case(case);
        }
    }

    /// An implementation without a finding is one test that passed.
    fn implementation_explored(&mut self, conformance: &ImplementationExplored<'_>) {
        if !self.suite.test_cases.is_empty() {
            return;
        }
        let mut status = TestCaseStatus::success();
        if !conformance.answers_what_was_asked() {
            status = TestCaseStatus::non_success(NonSuccessKind::Error);
            status.set_type("incomplete").set_message(conformance.driven.end.about());
        }
        let mut case = TestCase::new(conformance.adapter, status);
        case.set_classname("explore").set_time(conformance.time);
        let driven = conformance.driven;
        case.set_system_out(format!(
            "{} allowed, {} refused, {}",
            driven.allowed,
            driven.refused,
            driven.end.about()
        ));
        self.suite.add_test_case(case);
    }
}

/// Adds the attribute that GitLab makes a link of. The class name has the file as well, but GitLab
/// shows it as text.
fn set_file(case: &mut TestCase, file: &Path) {
    case.extra.insert("file".into(), slashed(file).into());
}

impl Report for Junit {
    fn event(&mut self, event: Event<'_>) -> io::Result<()> {
        match event {
            Event::FindingSaved(saved, matched) => self.found(saved, matched),
            Event::ScenarioReplayed(replayed) => self.replayed(replayed),
            Event::ScenarioUnreadable(file, error) => self.unreadable(file, error),
            Event::CampaignFinished(summary) => self.campaign_finished(summary),
            Event::PolicyExplored(explored) => self.explored(explored),
            // An absent finding is no test; the terminal and the JSON lines name it. Coverage is no
            // test either. The scenarios of a suite are reported one by one.
            Event::PoliciesCompared(_)
            | Event::KnownFindingAbsent(_)
            | Event::CoverageCounted(_)
            | Event::SuiteWritten(_) => {}
            Event::ImplementationExplored(conformance) => self.implementation_explored(conformance),
            Event::DriverChecked(checked) => self.checked(checked),
        }
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        let mut document = Document::new("chatwarden");
        document.add_test_suite(self.suite.clone());
        let text = document.to_string().map_err(io::Error::other)?;
        fs::write(&self.file, text)
    }
}
