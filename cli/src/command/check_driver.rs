//! `check-driver`: the conformance test of a driver itself.

use chatwarden_model::{MAX_GROUPS, Preset, Setup};
use clap::Args;

use crate::driver_check::{CheckFailure, check_driver};
use crate::options::{self, Output};
use crate::report::{Event, Report};
use crate::target::{Driving, EXEC};
use crate::{CliError, Exit};
use chatwarden::format::{CastSpec, PolicySpec};

/// How often a driver may be started anew, so that every check has one however the others ended.
const RESTARTS: u32 = 1_000;

/// Check a driver: does it keep the protocol and the fidelity that it declares?
///
/// Nothing that a driver says of an implementation is worth more than the driver. Each check that is failed comes
/// with what to do about it; docs/protocol.md is the protocol. The exit code is 1 if the driver answers otherwise than it
/// should, and 3 if it does not answer as the protocol says, so that there was nothing to check.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  chatwarden check-driver 'python3 drivers/python/driver.py'")]
pub(crate) struct CheckDriver {
    /// The command that starts the driver; its words are split as a shell does it
    command: String,
    /// The policy that the driver is told [default: its own, or messenger-kids]
    #[arg(long, value_name = "NAME|FILE", value_parser = options::policy)]
    policy: Option<PolicySpec>,
    /// Who takes part
    #[arg(long, value_name = "NAME|FILE", default_value = "small", value_parser = options::cast)]
    cast: CastSpec,
    /// How many groups there are
    #[arg(long, value_name = "COUNT", default_value_t = 2, value_parser = clap::value_parser!(u8).range(0..=MAX_GROUPS as i64))]
    groups: u8,
    #[command(flatten)]
    driving: Driving,
    #[command(flatten)]
    output: Output,
}

impl CheckDriver {
    pub(crate) fn run(&self) -> Result<Exit, CliError> {
        let mut reports = self.output.reports()?;
        let drivers = self.driving.open(self.command.strip_prefix(EXEC).unwrap_or(&self.command))?;
        drivers.allow_restarts(RESTARTS);
        let cast = self.cast.named_cast();
        let own = drivers.about().policy;
        let policy = self.policy.map(|spec| spec.policy()).or(own).unwrap_or(Preset::MessengerKids.policy());
        let setup = Setup { cast: cast.cast, groups: self.groups.into(), policy };
        let (mut exit, mut written) = (Exit::Success, Ok(()));
        check_driver(&drivers, &setup, &cast.names, |result| {
            exit = exit.max(match result.outcome {
                Ok(_) | Err(CheckFailure::Skipped(_)) => Exit::Success,
                Err(CheckFailure::Unanswered(_)) => Exit::Inconclusive,
                Err(CheckFailure::Deviates(_)) => Exit::Finding,
            });
            if written.is_ok() {
                written = reports.event(Event::DriverChecked(&result));
            }
        });
        written?;
        reports.finish()?;
        Ok(exit)
    }
}
