//! `--json`, `--junit` and `--sarif`: where results go, and that they go there however the work ends.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use clap::Args;

use crate::exit::{CliError, Exit};
use crate::interrupt::{self, Interrupt};
use crate::messages::{print_error, text_output};
use crate::report::{Annotations, Event, Json, Junit, Report, Reports, Sarif, Terminal};
use chatwarden::sanitize;
use chatwarden::triage::check_replaceable;

/// The variable that GitHub Actions sets to `true` in every step.
const GITHUB_ACTIONS: &str = "GITHUB_ACTIONS";

/// The variable that GitLab sets to `true` in every job.
const GITLAB_CI: &str = "GITLAB_CI";

/// Where results go.
#[derive(Args, Debug, Default)]
pub(crate) struct OutputArgs {
    /// Print JSON lines instead of text
    #[arg(long)]
    json: bool,
    #[arg(long, value_name = "FILE", help = "Also write a JUnit report")]
    junit: Option<PathBuf>,
    #[arg(long, value_name = "FILE", help = "Also write a SARIF report")]
    sarif: Option<PathBuf>,
}

impl OutputArgs {
    /// Does the work of a subcommand with the reports that the user asked for; in a step of GitHub
    /// Actions also with annotations. Every report is finished, also after an error, which then is in
    /// it, and whatever happens to the other reports.
    pub(crate) fn with_reports(
        &self,
        work: impl FnOnce(&mut Reports, &Interrupt) -> Result<Exit, CliError>,
    ) -> Result<Exit, CliError> {
        let (mut reports, opened) = self.open();
        let interrupt = Interrupt::install(&reports);
        let outcome = opened.and_then(|()| work(&mut reports, &interrupt));
        let outcome = if interrupt::signal().is_some() { after_signal(outcome) } else { outcome };
        let incomplete = match (&outcome, interrupt::signal()) {
            (Err(error), _) => Some(error.to_string()),
            (Ok(_), signal) => signal.map(interrupt::reason),
        };
        let told = incomplete.map_or(Ok(()), |why| reports.event(Event::RunIncomplete(&why)));
        match (outcome, told.and_then(|()| reports.finish())) {
            (outcome, Ok(())) => outcome,
            (Ok(_), Err(error)) => Err(error.into()),
            (Err(first), Err(error)) => {
                print_error(CliError::from(error));
                Err(first)
            }
        }
    }

    /// The options among arguments that are wrong otherwise, so that the error gets into the reports.
    pub(crate) fn among(arguments: &[OsString]) -> Self {
        let words: Vec<_> = arguments.iter().map(|argument| argument.to_string_lossy()).collect();
        let file = |option: &str| {
            words.iter().enumerate().find_map(|(at, word)| match word.strip_prefix(option)? {
                "" => words.get(at + 1).map(|file| PathBuf::from(&**file)),
                rest => rest.strip_prefix('=').map(PathBuf::from),
            })
        };
        let json = words.iter().any(|word| word == "--json");
        OutputArgs { json, junit: file("--junit"), sarif: file("--sarif") }
    }

    /// The reports. If one cannot be written, that is an error of the run, and the others tell it.
    fn open(&self) -> (Reports, Result<(), CliError>) {
        let mut reports = Reports::default();
        let opened = self.add_files(&mut reports);
        if self.json {
            reports.add(Json::new(std::io::stdout()));
        } else {
            reports.add(Terminal::new(text_output()));
        }
        match (is_true(GITHUB_ACTIONS), self.json) {
            (false, _) => {}
            (true, false) => reports.add(Annotations::new(std::io::stdout())),
            // Every line on standard output is a JSON object. The runner also reads standard error.
            (true, true) => reports.add(Annotations::new(std::io::stderr())),
        }
        (reports, opened)
    }

    /// Adds the reports in files. They come before those on streams, which may be blocked.
    fn add_files(&self, reports: &mut Reports) -> Result<(), CliError> {
        let junit = self.junit.as_deref().map(place).transpose();
        let sarif = self.sarif.as_deref().map(place).transpose();
        if matches!((&junit, &sarif), (Ok(Some(junit)), Ok(Some(sarif))) if junit == sarif) {
            return Err(CliError::Input("`--junit` and `--sarif` name the same file".into()));
        }
        if let (Some(file), Ok(_)) = (&self.junit, &junit) {
            let report = Junit::new(file.clone());
            reports.add(if is_true(GITLAB_CI) { report.with_links() } else { report });
        }
        if let (Some(file), Ok(_)) = (&self.sarif, &sarif) {
            reports.add(Sarif::new(file.clone()));
        }
        junit.and(sarif).map(drop)
    }
}

/// The place of a report's file, which can be written.
fn place(file: &Path) -> Result<PathBuf, CliError> {
    check_replaceable(file)
        .map_err(|error| CliError::Input(format!("cannot write {}: {error}", sanitize::path(file))))
}

/// The outcome of work that a signal ended. A finding counts, and so does an error, unless it is only
/// a missing answer.
fn after_signal(outcome: Result<Exit, CliError>) -> Result<Exit, CliError> {
    match outcome {
        Ok(Exit::Success | Exit::Inconclusive) | Err(CliError::Unanswered(_)) => Ok(Exit::Interrupted),
        other => other,
    }
}

fn is_true(variable: &str) -> bool {
    std::env::var_os(variable).as_deref() == Some(OsStr::new("true"))
}
