//! How the program ends: the exit codes, the one place that decides them, and the errors of
//! subcommands.

use std::fmt;
use std::io;
use std::process::ExitCode;

use crate::interrupt;
use crate::messages::print_error;
use crate::report::{Event, Report};
use chatwarden::adapter::Failure;
use chatwarden::finding::Finding;
use chatwarden::sanitize;

/// How the program ends, gravest last.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Exit {
    /// There is nothing to report.
    Success,
    /// A signal ended it early.
    Interrupted,
    /// There is no definite answer.
    Inconclusive,
    /// There is a finding that the baseline does not suppress.
    Finding,
    /// An input is wrong or cannot be read.
    UsageError,
}

impl Exit {
    /// The exit of a run that ends in this finding.
    pub(crate) fn of(finding: &Finding) -> Self {
        if finding.is_inconclusive() { Exit::Inconclusive } else { Exit::Finding }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(match exit {
            Exit::Success => 0,
            Exit::Finding => 1,
            Exit::UsageError => 2,
            Exit::Inconclusive => 3,
            Exit::Interrupted => interrupt::exit_code(),
        })
    }
}

/// Reports why a run that found nothing is no pass.
pub(crate) fn report_no_answer(why: &str, reports: &mut impl Report) -> io::Result<()> {
    print_error(format_args!("inconclusive: {why}"));
    reports.event(Event::RunIncomplete(why))
}

/// The result of a campaign or of a search, as far as it decides the exit code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Ending {
    /// Whether there is a definite finding that the baseline does not suppress.
    pub(crate) has_new_finding: bool,
    /// Whether the question has no definite answer: an inconclusive finding, or a search that could
    /// not finish.
    pub(crate) is_inconclusive: bool,
}

impl From<Ending> for Exit {
    /// An inconclusive run is never a success.
    fn from(ending: Ending) -> Self {
        match ending {
            Ending { has_new_finding: true, .. } => Exit::Finding,
            Ending { is_inconclusive: true, .. } => Exit::Inconclusive,
            Ending { .. } => Exit::Success,
        }
    }
}

/// Why a subcommand could not do its work.
#[derive(Debug)]
pub(crate) enum CliError {
    /// An input is wrong.
    Input(String),
    /// A file or a stream cannot be written.
    Output(io::Error),
    /// An implementation cannot be started, or not again.
    Unanswered(Failure),
}

impl CliError {
    /// The exit of a program that ends with this error.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            CliError::Input(_) | CliError::Output(_) => Exit::UsageError,
            CliError::Unanswered(_) => Exit::Inconclusive,
        }
    }

    /// Whether the reader of the output has closed it, as `head` does.
    pub(crate) fn is_broken_pipe(&self) -> bool {
        matches!(self, CliError::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CliError::Input(message) => f.write_str(&sanitize::lines(message, "")),
            CliError::Output(error) => write!(f, "cannot write: {}", sanitize::line(&error.to_string())),
            CliError::Unanswered(failure) => write!(f, "inconclusive: {failure}"),
        }
    }
}

impl From<io::Error> for CliError {
    fn from(error: io::Error) -> Self {
        CliError::Output(error)
    }
}

impl From<chatwarden::format::Error> for CliError {
    fn from(error: chatwarden::format::Error) -> Self {
        CliError::Input(error.to_string())
    }
}

impl From<String> for CliError {
    fn from(message: String) -> Self {
        CliError::Input(message)
    }
}

impl From<Failure> for CliError {
    fn from(failure: Failure) -> Self {
        CliError::Unanswered(failure)
    }
}
