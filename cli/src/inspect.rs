//! The conformance test of a driver itself: does it keep the protocol, before anything is believed that it says of an
//! implementation?
//!
//! What is found here is the driver's, and told with what mends it. Implementations are tested by `campaign`.

mod checks;
mod trace;

use std::sync::Arc;
use std::time::{Duration, Instant};

use chatwarden_model::{NamedEnum, Setup, named_enum};

use crate::driver_process::Drivers;
use chatwarden::adapter::Failure;
use checks::Inspection;

named_enum! {
    /// Something that is asked of a driver.
    ///
    /// ```
    /// use chatwarden::{inspect::Check, model::NamedEnum};
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
        Bye = "bye": "it exits when it is told good-bye, and says no more",
    }
}

impl Check {
    /// Whether the checks behind it compare answers that mean nothing if it is failed.
    fn is_ground(self) -> bool {
        matches!(self, Check::Answers | Check::Repeatable | Check::Observe | Check::Reset)
    }

    /// What to do about a driver that does not pass.
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

/// What came of a check.
///
/// An example is at [`inspect`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Checked {
    /// What was asked.
    pub check: Check,
    /// What was done to find out, or what is wrong.
    pub outcome: Result<String, Wrong>,
    /// How long it took.
    pub time: Duration,
}

impl Checked {
    /// What to do about what is wrong; none where what went wrong says it itself.
    pub fn mend(&self) -> Option<&'static str> {
        matches!(self.outcome, Err(Wrong::Departs(_))).then(|| self.check.mend())
    }
}

/// What is wrong with a driver.
///
/// ```
/// use chatwarden_cli::inspect::Wrong;
/// let wrong = Wrong::Departs("the same history after a reset differs at step 3".into());
/// assert_eq!(wrong.to_string(), "the same history after a reset differs at step 3");
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Wrong {
    /// It did not answer as the protocol says, so that the check could not be made.
    Failed(Failure),
    /// It answered, and not as it should.
    Departs(String),
    /// Nothing was tried, since a check before was failed.
    Skipped(Check),
}

impl std::fmt::Display for Wrong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Wrong::Failed(Failure::Failed(why)) => f.write_str(why),
            Wrong::Failed(failure) => failure.fmt(f),
            Wrong::Departs(what) => f.write_str(what),
            Wrong::Skipped(before) => write!(f, "not checked, since `{before}` failed"),
        }
    }
}

impl From<Failure> for Wrong {
    fn from(failure: Failure) -> Self {
        Wrong::Failed(failure)
    }
}

/// Checks a driver, one thing after the other, and tells each result as it comes.
///
/// ```
/// use chatwarden_cli::driver_process::{Drivers, Options};
/// use chatwarden_cli::inspect::inspect;
/// use chatwarden::model::{Preset, Setup};
/// use chatwarden::format::BuiltInCast;
/// # let program = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("drivers/python/driver.py");
/// # let command = format!("python3 {} --fixed", program.display());
///
/// let cast = BuiltInCast::Small.named_cast();
/// let setup = Setup { cast: cast.cast, groups: 2, policy: Preset::MessengerKids.policy() };
/// let drivers = Drivers::open(&command, Options::default())?;
/// let mut wrong = Vec::new();
/// inspect(&drivers, &setup, &cast.names, |checked| wrong.extend(checked.outcome.err()));
/// assert!(wrong.is_empty(), "{wrong:?}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn inspect(drivers: &Arc<Drivers>, setup: &Setup, users: &[String], mut told: impl FnMut(Checked)) {
    let inspection = Inspection::new(drivers, setup, users);
    let mut failed = None;
    for &check in Check::ALL {
        let started = Instant::now();
        let outcome = match failed {
            Some(before) if check != Check::Bye => Err(Wrong::Skipped(before)),
            _ => inspection.outcome(check),
        };
        // What comes after these makes sense only with a driver that passes them.
        if outcome.is_err() && check.is_ground() {
            failed.get_or_insert(check);
        }
        told(Checked { check, outcome, time: started.elapsed() });
    }
}
