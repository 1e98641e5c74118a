//! The command line: it joins the stages. Each subcommand is a file in `command`; `exit` decides the exit codes.
//!
//! Nothing is found, judged or worded here, and nobody imports this.

pub mod baseline;
mod baseline_args;
mod certify_args;
mod command;
pub mod counterexample_writer;
mod coverage_args;
pub mod driver_process;
mod exit;
pub mod inspect;
mod interrupt;
mod options;
mod progress;
pub mod report;
pub mod suite_writer;
mod target;
mod triage;

use std::ffi::OsString;
use std::io;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use exit::{CliError, Exit};

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
        Err(error) if error.is_broken_pipe() => Exit::Success.into(),
        Err(error) => {
            anstream::eprintln!("{}error:{} {error}", options::ERROR, anstyle::Reset);
            error.exit().into()
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
