//! Counterexamples of a policy on disk: a trace in which the policy itself breaks a promise, as a
//! scenario that expects exactly that.
//!
//! No implementation takes part, so the scenario has no finding.

use std::io;
use std::path::{Path, PathBuf};

use chatwarden_model::{Command, EnumSet, NamedEnum, Promise};

use crate::report::counted;
use chatwarden::format::{CastSpec, PolicySpec, Scenario};
use chatwarden::replay;
use chatwarden::sanitize;
use chatwarden::triage::{hash, write};

/// Writes the counterexamples of a policy, and holds what they have in common.
///
/// ```
/// use chatwarden::model::{Command, Group, Preset, Promise, User, UserSet};
/// use chatwarden::replay;
/// use chatwarden_cli::counterexample_writer::CounterexampleWriter;
/// use chatwarden::format::{BuiltInCast, CastSpec, Names, PolicySpec, Scenario};
///
/// let writer = CounterexampleWriter {
///     directory: std::env::temp_dir().join("chatwarden-counterexample-example"),
///     policy: PolicySpec::Preset(Preset::NoContactRule),
///     cast: CastSpec::BuiltIn(BuiltInCast::Small),
///     groups: Names::numbered(1),
///     promises: None,
/// };
/// let (kay, sam) = (User::new(2), User::new(4));
/// let invite = Command::Create { by: sam, group: Group::new(0), with: UserSet::of([kay]) };
/// let file = writer.save(Promise::Invitation, &[invite], 125)?;
/// let saved = Scenario::open(&file).expect("what was saved can be read");
/// assert_eq!(saved.breaks[0].promise, Promise::Invitation);
/// # std::fs::remove_dir_all(writer.directory)?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct CounterexampleWriter {
    /// The folder of the files; it is made when the first is written.
    pub directory: PathBuf,
    /// The policy, as the user named it.
    pub policy: PolicySpec,
    /// The cast, as the user named it.
    pub cast: CastSpec,
    /// The names of the groups.
    pub groups: Vec<String>,
    /// The promises that were judged, unless all were.
    pub promises: Option<EnumSet<Promise>>,
}

impl CounterexampleWriter {
    /// Writes the shortest trace of an action set of this size that breaks a promise, reads it back
    /// and replays it.
    ///
    /// # Errors
    /// If it cannot be written, or if the file on disk does not break the promise.
    pub fn save(&self, promise: Promise, commands: &[Command], actions: usize) -> io::Result<PathBuf> {
        let (path, saved) = write_checked(&self.directory, &self.scenario(promise, commands, actions))?;
        if saved.breaks.iter().all(|known| known.promise != promise) {
            return Err(io::Error::other(format!("{} does not break {promise}", sanitize::path(&path))));
        }
        Ok(path)
    }

    fn scenario(&self, promise: Promise, commands: &[Command], actions: usize) -> Scenario {
        let mut scenario = Scenario {
            about: Some(about(promise, commands.len(), actions)),
            promises: self.promises,
            ..policy_scenario(self.policy.clone(), &self.cast, self.groups.clone(), commands)
        };
        let judged = scenario.judged();
        scenario.breaks.retain(|known| judged.contains(known.promise));
        scenario.name = self.name(&scenario, promise);
        scenario
    }

    /// The promise and the policy, with a hash of what is replayed.
    fn name(&self, scenario: &Scenario, promise: Promise) -> String {
        let policy = self.policy.name();
        format!("{promise}-{policy}-{:08x}", hash(scenario, promise.name()))
    }
}

/// A scenario without a name that expects what the policy does.
pub(crate) fn policy_scenario(
    policy: PolicySpec,
    cast: &CastSpec,
    groups: Vec<String>,
    commands: &[Command],
) -> Scenario {
    let mut scenario = Scenario {
        name: String::new(),
        about: None,
        source: None,
        policy,
        cast: cast.clone(),
        groups,
        steps: Vec::new(),
        promises: None,
        breaks: Vec::new(),
        finding: None,
    };
    (scenario.steps, scenario.breaks) = replay::follow_policy(&scenario.setup(), commands);
    scenario
}

/// Writes a scenario, reads the file back and replays it with the policy.
pub(crate) fn write_checked(directory: &Path, scenario: &Scenario) -> io::Result<(PathBuf, Scenario)> {
    let path = write(directory, scenario)?;
    let saved = Scenario::open_found(&path).map_err(io::Error::other)?;
    replay::against_policy(&saved).map_err(io::Error::other)?;
    Ok((path, saved))
}

fn about(promise: Promise, length: usize, actions: usize) -> String {
    let times = counted(length, "command");
    format!(
        "Following the policy breaks the promise {promise} ({}) after {times}. No shorter history breaks it: all of \
         them were tried that can be made of the {actions} commands explored.",
        promise.about()
    )
}
