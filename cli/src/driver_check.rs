//! The conformance test of a driver itself: whether it keeps the protocol, before its answers about an implementation
//! count.
//!
//! A failed check is a fault of the driver and comes with advice. Implementations are tested by `campaign`.

mod checks;
mod observed_run;

use std::sync::Arc;
use std::time::{Duration, Instant};

use chatwarden_model::{NamedEnum, Setup, named_enum};

use crate::driver_process::DriverPool;
use chatwarden::adapter::Failure;
use checks::DriverChecks;

named_enum! {
    /// A check of a driver.
    ///
    /// ```
    /// use chatwarden::model::NamedEnum;
    /// use chatwarden_cli::driver_check::Check;
    /// assert_eq!(Check::ALL.len(), 8);
    /// ```
    pub enum Check {
        Answers = "answers": "every command that it lists is answered as the protocol says",
        Repeatable = "repeatable": "the same commands are answered alike by another process",
        Observe = "observe": "to observe changes nothing",
        Reset = "reset": "a reset leaves nothing behind",
        Pipelining = "pipelining": "requests may come before answers are read",
        Names = "names": "it knows users and groups by the names of the reset, and no others",
        Fidelity = "fidelity": "it keeps the fidelity that it declares",
        Bye = "bye": "it exits after `bye` and writes nothing more",
    }
}

impl Check {
    /// Whether the checks after it compare answers that mean nothing if it fails.
    fn is_prerequisite(self) -> bool {
        matches!(self, Check::Answers | Check::Repeatable | Check::Observe | Check::Reset)
    }

    /// The advice about a driver that fails the check.
    pub fn mend(self) -> &'static str {
        match self {
            Check::Answers => {
                "answer each request on a line of its own, in order, and list in `hello` only what is carried out \
                 and shown"
            }
            Check::Repeatable => {
                "take ids, clocks and chance out of what is decided, and answer only when the effect can be seen"
            }
            Check::Reset => {
                "forget everything at `reset`: groups, invitations, bans, approvals and blocks; a new group for \
                 each history will do where nothing can be deleted"
            }
            Check::Observe => "only read in `observe`; reading must not mark, expire or settle anything",
            Check::Pipelining => {
                "read requests line by line and answer each before the next is carried out; never drop what has been \
                 read ahead"
            }
            Check::Names => "take users, guardians and groups from the last `reset`, never from constants",
            Check::Fidelity => {
                "if the product is wrong, this is a finding: `chatwarden fuzz` makes it short; if the product is \
                 meant to be so, declare `no-looser` (it may refuse more) or `promises-only` (it has rules of its own)"
            }
            Check::Bye => "answer `bye`, then exit with code 0; end servers and children before",
        }
    }
}

/// The result of a check.
///
/// An example is at [`check_driver`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CheckResult {
    /// The check.
    pub check: Check,
    /// The work that was done, in words, or the reason of the failure.
    pub outcome: Result<String, CheckFailure>,
    /// The time that it took.
    pub time: Duration,
}

impl CheckResult {
    /// The advice; none where the reason of the failure contains it.
    pub fn mend(&self) -> Option<&'static str> {
        matches!(self.outcome, Err(CheckFailure::Deviates(_))).then(|| self.check.mend())
    }
}

/// The reason why a check failed.
///
/// ```
/// use chatwarden_cli::driver_check::CheckFailure;
/// let failure = CheckFailure::Deviates("the same trace after a reset differs at step 3".into());
/// assert_eq!(failure.to_string(), "the same trace after a reset differs at step 3");
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CheckFailure {
    /// The driver did not answer as the protocol says, so that the check could not be made.
    Unanswered(Failure),
    /// The driver answered, but wrongly.
    Deviates(String),
    /// Nothing was tried, because this earlier check failed.
    Skipped(Check),
}

impl std::fmt::Display for CheckFailure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            CheckFailure::Unanswered(Failure::Failed(why)) => f.write_str(why),
            CheckFailure::Unanswered(failure) => failure.fmt(f),
            CheckFailure::Deviates(how) => f.write_str(how),
            CheckFailure::Skipped(before) => write!(f, "not checked, since `{before}` failed"),
        }
    }
}

impl From<Failure> for CheckFailure {
    fn from(failure: Failure) -> Self {
        CheckFailure::Unanswered(failure)
    }
}

/// Makes every check of a driver, and passes on each result as it comes.
///
/// ```
/// use chatwarden_cli::driver_process::{DriverPool, DriverOptions};
/// use chatwarden_cli::driver_check::check_driver;
/// use chatwarden::model::{Preset, Setup};
/// use chatwarden::format::BuiltInCast;
/// # let program = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../drivers/python/driver.py");
/// # let command = format!("python3 {} --fixed", program.display());
///
/// let cast = BuiltInCast::Small.named_cast();
/// let setup = Setup { cast: cast.cast, groups: 2, policy: Preset::MessengerKids.policy() };
/// let drivers = DriverPool::open(&command, DriverOptions::default())?;
/// let mut wrong = Vec::new();
/// check_driver(&drivers, &setup, &cast.names, |result| wrong.extend(result.outcome.err()));
/// assert!(wrong.is_empty(), "{wrong:?}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn check_driver(
    drivers: &Arc<DriverPool>,
    setup: &Setup,
    users: &[String],
    mut on_result: impl FnMut(CheckResult),
) {
    let checks = DriverChecks::new(drivers, setup, users);
    let mut failed = None;
    for &check in Check::ALL {
        let started = Instant::now();
        let outcome = match failed {
            Some(before) if check != Check::Bye => Err(CheckFailure::Skipped(before)),
            _ => checks.outcome(check),
        };
        if outcome.is_err() && check.is_prerequisite() {
            failed.get_or_insert(check);
        }
        on_result(CheckResult { check, outcome, time: started.elapsed() });
    }
}
