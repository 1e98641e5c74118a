//! `check-driver`: the conformance test of a driver itself.

use chatwarden_model::{MAX_GROUPS, Preset, Setup};
use clap::Args;

use crate::args::implementation::{DriverArgs, EXEC};
use crate::args::{self, OutputArgs};
use crate::driver_check::{CheckFailure, check_driver};
use crate::interrupt;
use crate::report::{Event, Report, Reports};
use crate::{CliError, Exit};
use chatwarden::format::{CastSpec, PolicySpec};

/// The restarts of the driver: every check gets a running driver, however the earlier ones ended.
const RESTARTS: u32 = 1_000;

/// Check that a driver follows the protocol and has the fidelity that it declares.
///
/// Results about an implementation are only as reliable as its driver. Each failed check comes with
/// advice; docs/protocol.md describes the protocol. The exit code is 1 if an answer is wrong, and 3 if
/// an answer violates the protocol, so that it cannot be checked.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  chatwarden check-driver 'python3 drivers/python/driver.py'")]
pub(crate) struct CheckDriver {
    /// Command that starts the driver; it is split into words as in a shell
    command: String,
    /// Policy that the driver receives: a preset (see `list policies`) or a JSON file [default: the
    /// driver's own, else messenger-kids]
    #[arg(long, value_name = "NAME|FILE", value_parser = args::policy)]
    policy: Option<PolicySpec>,
    /// Cast: a built-in cast (see `list casts`) or a JSON file
    #[arg(long, value_name = "NAME|FILE", default_value = "small", value_parser = args::cast)]
    cast: CastSpec,
    /// Number of groups
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u8).range(0..=MAX_GROUPS as i64))]
    groups: u8,
    #[command(flatten)]
    driver: DriverArgs,
    #[command(flatten)]
    output: OutputArgs,
}

impl CheckDriver {
    pub(crate) fn run(&self) -> Result<Exit, CliError> {
        self.output.with_reports(|reports, _| self.check(reports))
    }

    fn check(&self, reports: &mut Reports) -> Result<Exit, CliError> {
        let drivers = self.driver.open(self.command.strip_prefix(EXEC).unwrap_or(&self.command))?;
        drivers.allow_restarts(RESTARTS);
        let cast = self.cast.named_cast();
        let own = drivers.about().policy;
        let policy =
            self.policy.as_ref().map(PolicySpec::policy).or(own).unwrap_or(Preset::MessengerKids.policy());
        let setup = Setup { cast: cast.cast, groups: self.groups.into(), policy };
        let mut exit = Exit::Success;
        check_driver(&drivers, &setup, &cast.names, |result| {
            // After a signal the driver may have been killed within a check.
            if interrupt::signal().is_some() {
                return;
            }
            exit = exit.max(match result.outcome {
                Ok(_) | Err(CheckFailure::Skipped(_)) => Exit::Success,
                Err(CheckFailure::Unanswered(_)) => Exit::Inconclusive,
                Err(CheckFailure::Deviates(_)) => Exit::Finding,
            });
            // The reports keep their errors until they are finished.
            let _ = reports.event(Event::DriverChecked(&result));
        });
        Ok(exit)
    }
}
