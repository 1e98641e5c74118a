//! The program `chatwarden`: the command line, driver processes, reports for people and CI systems,
//! and baselines.
//!
//! [`run`] parses the arguments and runs one subcommand. Each subcommand is a file in `command/`; the
//! option groups that several of them share are in `args/`. A subcommand calls the library or the
//! searches and passes what comes out as events to the reports in [`report`].

mod args;
pub mod baseline;
mod command;
pub mod counterexample_writer;
pub mod driver_check;
pub mod driver_process;
mod exit;
mod interrupt;
mod messages;
mod progress;
pub mod report;
mod safe_lines;
pub mod suite_writer;
mod triage;

use std::ffi::OsString;
use std::io;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use args::OutputArgs;
use exit::{CliError, Exit};

/// Runs the program with these arguments. The first one is the name of the program.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<_> = arguments.into_iter().collect();
    let outcome = match Arguments::try_parse_from(&arguments) {
        Ok(arguments) => {
            interrupt::listen();
            arguments.command.run()
        }
        Err(error) => {
            // Clap reports `--help` and `--version` as errors that go to standard output.
            let is_help = !error.use_stderr();
            if !is_help {
                report_wrong_usage(&arguments, &error);
            }
            return if messages::print_usage(&error).is_ok() && is_help {
                ExitCode::SUCCESS
            } else {
                Exit::UsageError.into()
            };
        }
    };
    match outcome {
        Ok(exit) => exit.into(),
        Err(error) if error.is_broken_pipe() => Exit::Success.into(),
        Err(error) => {
            messages::print_error(&error);
            error.exit().into()
        }
    }
}

/// Writes the reports of a subcommand whose arguments are wrong, such as a policy that cannot be read.
fn report_wrong_usage(arguments: &[OsString], error: &clap::Error) {
    let program = Arguments::command();
    let subcommand = arguments.get(1).and_then(|name| program.find_subcommand(name));
    if !subcommand
        .is_some_and(|subcommand| subcommand.get_arguments().any(|option| option.get_id() == "junit"))
    {
        return;
    }
    let text = error.render().to_string();
    let message = text.split("\n\n").next().unwrap_or_default();
    let message = message.strip_prefix("error: ").unwrap_or(message).trim_end();
    // The error itself is printed with its help.
    let _ = OutputArgs::among(arguments).with_reports(|_, _| Err(CliError::Input(message.into())));
}

/// Find authorization defects in chat products.
///
/// A reference model of users, approvals and groups runs in lock-step with an implementation. When the
/// two disagree, or a promise is broken, the trace is shrunk to the shortest one that shows the same
/// finding. The result is saved as a scenario file and explained.
#[derive(Parser, Debug)]
#[command(name = "chatwarden", version, after_help = EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    command: Action,
}

const EXAMPLES: &str = "\
Examples:
  chatwarden fuzz --fault launcher-only          find the reported defect in the built-in service
  chatwarden explore --all-policies              list which policy keeps which promise
  chatwarden replay scenarios                    check the policies against the scenarios
  chatwarden replay scenarios --adapter memory   check the built-in service as well
  chatwarden fuzz --adapter 'exec:my-driver'     test your own product (docs/protocol.md)
  chatwarden explain scenarios/reported/messenger-kids-2019.json

Exit codes: 0 no finding, 1 a finding, 2 wrong usage or unreadable input, 3 inconclusive,
130 and 143 ended by SIGINT (Ctrl-C) or SIGTERM before there was a finding";

#[derive(Subcommand, Debug)]
enum Action {
    Explore(Box<command::explore::Explore>),
    Prove(Box<command::prove::Prove>),
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
            Action::Prove(prove) => prove.run(),
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
