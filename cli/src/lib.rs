//! The command line: it joins the stages and owns the exit codes. One file a subcommand.
//!
//! Nothing is found, judged or worded here, and nobody imports this.

pub mod baseline;
mod baseline_args;
mod certify_args;
mod command;
pub mod counterexample_writer;
mod coverage_args;
pub mod driver_check;
pub mod driver_process;

mod interrupt;
mod options;
mod progress;
pub mod report;
pub mod suite_writer;
mod target;

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Runs the program on these arguments, the first of which is its own name.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let outcome = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => {
            interrupt::listen();
            arguments.command.run()
        }
        Err(help) => {
            // Help that was asked for is no error; clap knows which is which.
            let asked = !help.use_stderr();
            return if help.print().is_ok() && asked { ExitCode::SUCCESS } else { Exit::UsageError.into() };
        }
    };
    match outcome {
        Ok(exit) => exit.into(),
        Err(CliError::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Success.into(),
        Err(unusable) => {
            anstream::eprintln!("{}error:{} {unusable}", options::ERROR, anstyle::Reset);
            let unanswered = matches!(unusable, CliError::Unanswered(_));
            if unanswered { Exit::Inconclusive.into() } else { Exit::UsageError.into() }
        }
    }
}

/// Finds authorization defects in chat products.
///
/// A reference model of users, approvals and groups runs in lock-step with an implementation. Where the two part,
/// or a promise is broken, the history is shrunk to the shortest chain of commands that shows it, saved as a
/// scenario file, and explained.
#[derive(Parser, Debug)]
#[command(name = "chatwarden", version, after_help = EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    command: Action,
}

const EXAMPLES: &str = "\
Examples:
  chatwarden fuzz --fault launcher-only          find the reported defect in the built-in chat service
  chatwarden explore --all-policies              which policy keeps which promise, whatever happens?
  chatwarden replay scenarios                    do the policies still do what the scenarios say?
  chatwarden replay scenarios --adapter memory   and does the implementation conform?
  chatwarden fuzz --adapter 'exec:my-driver'     and does mine? (docs/protocol.md)
  chatwarden explain scenarios/reported/messenger-kids-2019.json

Exit codes: 0 nothing found, 1 a finding, 2 wrong usage or unreadable input, 3 inconclusive, 130 interrupted";

#[derive(Subcommand, Debug)]
enum Action {
    Explore(Box<command::explore::Explore>),
    Fuzz(Box<command::fuzz::Fuzz>),
    Replay(command::replay::Replay),
    Suite(Box<command::suite::Suite>),
    Shrink(command::shrink::Shrink),
    FromArtifact(command::from_artifact::FromArtifact),
    ToCorpus(command::to_corpus::ToCorpus),
    Explain(command::explain::Explain),
    List(command::list::List),
    CheckDriver(command::check_driver::CheckDriver),
    Serve(command::serve::Serve),
    /// Print the JSON schema of scenario files.
    Schema,
}

impl Action {
    fn run(self) -> Result<Exit, CliError> {
        match self {
            Action::Explore(explore) => explore.run(),
            Action::Fuzz(fuzz) => fuzz.run(),
            Action::Replay(replay) => replay.run(),
            Action::Suite(suite) => suite.run(),
            Action::Shrink(shrink) => shrink.run(),
            Action::FromArtifact(from) => from.run(),
            Action::ToCorpus(to) => to.run(),
            Action::Explain(explain) => explain.run(),
            Action::List(list) => list.run(),
            Action::CheckDriver(check) => check.run(),
            Action::Serve(serve) => serve.run(),
            Action::Schema => {
                io::Write::write_all(&mut io::stdout(), chatwarden::format::scenario_schema().as_bytes())?;
                Ok(Exit::Success)
            }
        }
    }
}

/// How the program ends, gravest last.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Exit {
    Success,
    Interrupted,
    Inconclusive,
    Finding,
    UsageError,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(match exit {
            Exit::Success => 0,
            Exit::Finding => 1,
            Exit::UsageError => 2,
            Exit::Inconclusive => 3,
            Exit::Interrupted => 130,
        })
    }
}

/// Why a subcommand could not do its work.
#[derive(Debug)]
enum CliError {
    /// An input that is wrong.
    Input(String),
    /// Something that could not be written.
    Output(io::Error),
    /// An implementation that cannot be started, or not again.
    Unanswered(chatwarden::adapter::Failure),
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CliError::Input(message) => f.write_str(message),
            CliError::Output(error) => write!(f, "cannot write: {error}"),
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

impl From<chatwarden::adapter::Failure> for CliError {
    fn from(failure: chatwarden::adapter::Failure) -> Self {
        CliError::Unanswered(failure)
    }
}
