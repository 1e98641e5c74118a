//! `JUnit` XML: a test case for each scenario replayed, each finding and each promise explored, for
//! CI systems.
//!
//! A finding that the baseline lists is a skipped test: it neither fails nor passes.

mod document;

use std::io;
use std::path::{Path, PathBuf};

use chatwarden_model::NamedEnum;

use super::diagnostic::{failed_check, steps, texts};
use super::{
    CampaignSummary, Event, Explored, ImplementationExplored, ProofResult, Proved, ReplayOutcome, Replayed,
    Report, replace, shown,
};
use crate::baseline::{BaselineMatch, slashed};
use crate::driver_check::CheckResult;
use chatwarden::describe::{Describer, SavedFinding};
use chatwarden::format::Error;
use chatwarden_explore::PromiseResult;
use document::{Problem, TestCase, TestResult, document};

/// Collects events and writes them as one `JUnit` file at the end.
///
/// ```
/// let file = std::env::temp_dir().join("chatwarden-junit-example.xml");
/// let mut report = chatwarden_cli::report::Junit::new(file.clone());
/// chatwarden_cli::report::Report::finish(&mut report)?;
/// assert!(std::fs::read_to_string(&file)?.contains("<testsuites"));
/// # std::fs::remove_file(file)?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Junit {
    file: PathBuf,
    cases: Vec<TestCase>,
    has_links: bool,
}

impl Junit {
    /// A report in that file, which is replaced at the end.
    pub fn new(file: PathBuf) -> Self {
        Junit { file, cases: Vec::new(), has_links: false }
    }

    /// The same with the attribute `file`, of which GitLab makes a link. Jenkins takes a report with
    /// it for wrong.
    #[must_use]
    pub fn with_links(self) -> Self {
        Junit { has_links: true, ..self }
    }
}

impl Report for Junit {
    fn event(&mut self, event: Event<'_>) -> io::Result<()> {
        let is_first = self.cases.is_empty();
        self.cases.extend(match event {
            Event::FindingSaved(saved, matched) => vec![found(saved, matched)],
            Event::ScenarioReplayed(replayed) => vec![replay(replayed)],
            Event::ScenarioUnreadable(file, error) => vec![unreadable(file, error)],
            Event::RunIncomplete(why) => vec![incomplete(why)],
            Event::CampaignFinished(summary) if is_first => vec![campaign(summary)],
            Event::ImplementationExplored(explored) if is_first => vec![implementation(explored)],
            Event::DriverChecked(checked) => vec![check(checked)],
            Event::PolicyExplored(explored) => promises(explored).collect(),
            Event::PolicyProved(proved) => proofs(proved).collect(),
            // A search with findings has a test for each of them. An absent finding is no test; the
            // terminal and the JSON lines name it. Coverage is no test either. The scenarios of a
            // suite are reported one by one.
            Event::CampaignFinished(_)
            | Event::ImplementationExplored(_)
            | Event::PoliciesCompared(_)
            | Event::ProofsCompared(_)
            | Event::ReplayFinished(_)
            | Event::KnownFindingAbsent(_)
            | Event::CoverageCounted(_)
            | Event::SuiteWritten(_) => Vec::new(),
        });
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        if !self.has_links {
            self.cases.iter_mut().for_each(|case| case.file = None);
        }
        replace(&self.file, &document("chatwarden", &self.cases))
    }
}

fn found(saved: &SavedFinding<'_>, matched: &BaselineMatch) -> TestCase {
    let finding = &saved.counterexample.finding;
    let describer = Describer { names: saved.names, setup: saved.setup };
    let identity = finding.identity();
    let problem = Problem {
        kind: identity.verdict.name().into(),
        message: describer.finding(finding),
        text: texts(&describer, &saved.counterexample.commands).join("\n"),
    };
    let fails = if finding.is_inconclusive() { TestResult::Error } else { TestResult::Failure };
    let result = unless_known(fails, problem, matched.is_known());
    about(saved.file, TestCase::new(shown(saved.file), identity.to_string(), result))
}

fn replay(replayed: &Replayed<'_>) -> TestCase {
    let problem = || Problem {
        kind: replayed.verdict().map_or(replayed.outcome.name(), NamedEnum::name).into(),
        message: replayed.message.unwrap_or_default().into(),
        text: steps(replayed).join("\n"),
    };
    let result = match replayed.outcome {
        ReplayOutcome::Passed | ReplayOutcome::Fixed => TestResult::Passed,
        ReplayOutcome::Failed => unless_known(TestResult::Failure, problem(), replayed.is_known()),
        ReplayOutcome::Inconclusive => unless_known(TestResult::Error, problem(), replayed.is_known()),
        ReplayOutcome::Skipped => TestResult::Skipped(Some(problem())),
    };
    let differences: Vec<_> = replayed.differences.iter().map(ToString::to_string).collect();
    let output = (!differences.is_empty()).then(|| differences.join("\n"));
    let case = TestCase::new(shown(replayed.file), replayed.scenario.name.as_str(), result);
    about(replayed.file, TestCase { time: Some(replayed.time), output, ..case })
}

fn unreadable(file: &Path, error: &Error) -> TestCase {
    let result = TestResult::Error(Problem::new("unreadable", error.to_string()));
    about(file, TestCase::new("unreadable", shown(file), result))
}

/// Work that was not done is a test without a result.
fn incomplete(why: &str) -> TestCase {
    TestCase::new("chatwarden", "complete", TestResult::Error(Problem::new("incomplete", why)))
}

fn check(checked: &CheckResult) -> TestCase {
    let result = match (&checked.outcome, failed_check(checked)) {
        (Ok(_), _) => TestResult::Passed,
        (Err(_), None) => TestResult::Skipped(None),
        (Err(_), Some((_, message))) => TestResult::Failure(Problem {
            text: checked.mend().unwrap_or_default().into(),
            ..Problem::new("driver", message)
        }),
    };
    TestCase { time: Some(checked.time), ..TestCase::new("check-driver", checked.check.name(), result) }
}

/// A campaign without a finding is one test that passed.
fn campaign(summary: &CampaignSummary) -> TestCase {
    TestCase {
        time: Some(summary.time),
        output: Some(format!("{} runs, {} commands", summary.runs, summary.commands)),
        ..TestCase::new("fuzz", "campaign", TestResult::Passed)
    }
}

/// A test for each promise, which fails if the policy can break it.
fn promises(explored: &Explored) -> impl Iterator<Item = TestCase> {
    let describer = Describer { names: &explored.names, setup: &explored.setup };
    let bound = if explored.is_complete() { "complete" } else { "not complete" };
    explored.exploration.promises.iter().map(move |(promise, found)| {
        let broken = |text: String| {
            let message = format!("{promise}: {}", promise.about());
            let problem = Problem { kind: "broken".into(), message, text };
            unless_known(TestResult::Failure, problem, explored.is_known(*promise))
        };
        let result = match found {
            PromiseResult::Kept | PromiseResult::KeptByConstruction => TestResult::Passed,
            PromiseResult::Broken(trace) => broken(texts(&describer, trace).join("\n")),
            PromiseResult::BrokenUntraced(_) => broken(String::new()),
        };
        TestCase {
            output: Some(format!("{bound}, depth {}", explored.exploration.depth)),
            ..TestCase::new(explored.policy.as_str(), promise.name(), result)
        }
    })
}

/// A test for each promise, which fails if the policy can break it, and has no result if that is not known.
fn proofs(proved: &Proved) -> impl Iterator<Item = TestCase> {
    proved.results.iter().map(|(promise, result)| {
        let problem = |kind: &str, text: String| Problem {
            kind: kind.into(),
            message: format!("{promise}: {}", promise.about()),
            text,
        };
        let result = match result {
            ProofResult::Proved => TestResult::Passed,
            ProofResult::Broken { setup, names, commands } => {
                let describer = Describer { names, setup };
                TestResult::Failure(problem("broken", texts(&describer, commands).join("\n")))
            }
            ProofResult::NotInductive { .. } => TestResult::Error(problem("not-inductive", String::new())),
            ProofResult::Unknown(why) => TestResult::Error(problem("unknown", why.clone())),
        };
        TestCase::new(proved.policy.as_str(), promise.name(), result)
    })
}

/// An implementation without a finding is one test that passed.
fn implementation(explored: &ImplementationExplored<'_>) -> TestCase {
    let search = explored.result;
    let end = search.end.about();
    let result = match explored.answers_what_was_asked() {
        true => TestResult::Passed,
        false => TestResult::Error(Problem::new("incomplete", end)),
    };
    TestCase {
        time: Some(explored.time),
        output: Some(format!("{} allowed, {} refused, {end}", search.allowed, search.refused)),
        ..TestCase::new("explore", explored.adapter, result)
    }
}

/// A known finding neither fails nor passes.
fn unless_known(result: fn(Problem) -> TestResult, problem: Problem, is_known: bool) -> TestResult {
    if is_known { TestResult::Skipped(Some(problem)) } else { result(problem) }
}

/// The test, which is about that file. The class name has the file as well, but GitLab shows it as
/// text.
fn about(file: &Path, case: TestCase) -> TestCase {
    TestCase { file: Some(slashed(file)), ..case }
}
