//! Whole runs of a lock-step: a reset, and then the steps of a trace.

use chatwarden_model::{Command, Setup};

use super::{CheckConfig, Lockstep, StepResult};
use crate::adapter::Adapter;
use crate::finding::Finding;

/// Takes all steps of a trace on a fresh system, and returns the finding in which it ends, if any.
/// Positions count the commands as given, whether or not the implementation supports all of them.
pub fn run(
    adapter: &mut impl Adapter,
    config: CheckConfig,
    setup: &Setup,
    commands: &[Command],
) -> Option<Finding> {
    run_observed(adapter, config, setup, commands, |_, _, _| {})
}

/// Like [`run`]. After each step that the implementation supports, `after_step` gets the position of
/// the command, the lock-step, and the implementation's reason for its answer.
pub fn run_observed(
    adapter: &mut impl Adapter,
    config: CheckConfig,
    setup: &Setup,
    commands: &[Command],
    after_step: impl FnMut(usize, &Lockstep, Option<&str>),
) -> Option<Finding> {
    run_in(&mut Lockstep::new(config), adapter, setup, commands, after_step)
}

/// Like [`run_observed`], in a lock-step that the caller can ask afterwards.
pub(crate) fn run_in(
    lockstep: &mut Lockstep,
    adapter: &mut impl Adapter,
    setup: &Setup,
    commands: &[Command],
    mut after_step: impl FnMut(usize, &Lockstep, Option<&str>),
) -> Option<Finding> {
    adapter.announce(setup, commands);
    if let Err(finding) = lockstep.start(adapter, setup) {
        return Some(finding);
    }
    let mut positions = Vec::with_capacity(commands.len());
    let mut ended = None;
    for (at, command) in commands.iter().enumerate() {
        let result = lockstep.step(adapter, command);
        if result == StepResult::Unsupported {
            continue;
        }
        positions.push(at);
        after_step(at, lockstep, adapter.reason().filter(|_| lockstep.answer().is_some()));
        if let StepResult::Ended(finding) = result {
            ended = Some(finding);
            break;
        }
    }
    let finding = ended.or_else(|| lockstep.finish())?;
    // A thread may have panicked in a run whose commands were all left out.
    let at = positions.get(finding.at()).copied().unwrap_or_default();
    Some(finding.moved_to(at))
}
