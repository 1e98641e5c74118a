//! Followers: commands that the last change matters to. After a block these are the unblock and a direct
//! message that is now refused. After a departure they are a message to the rest of the group, one by the
//! user who departed, and the return of that user.
//!
//! The rule asks the model and names no command: a follower has another outcome than it would have had
//! before the last change.

use chatwarden_model::{Command, Policy, State, UserSet, decide};

use super::arguments::Likely;
use super::{Choices, Generator};

/// Of so many commands, one is a follower if one of those tried is.
const EVERY: usize = 4;

/// The most commands that are tried before an ordinary one is taken.
const TRIES: usize = 8;

/// The last command that was allowed and delivers nothing, and the state before it.
#[derive(Clone, Copy, Debug)]
pub(super) struct LastChange {
    pub(super) before: State,
    pub(super) command: Command,
}

/// A follower of the last change that is allowed or a near miss, if one of those tried is one.
pub(super) fn follower(
    generator: &Generator,
    last: &LastChange,
    state: &State,
    choices: &mut impl Choices,
) -> Option<Command> {
    if !choices.chance(1, EVERY) {
        return None;
    }
    let commands = generator.bounds.commands;
    (0..TRIES).find_map(|_| {
        // Every kind is as likely as any other, so that the rare ones come.
        let kind = commands.iter().nth(choices.below(commands.len()))?;
        let Ok(command) = kind.build(&mut Likely::about(generator, kind, state, &last.command, choices));
        follows(&generator.policy, &last.before, state, &command).then_some(command)
    })
}

/// Whether the command is allowed or a near miss, and has another outcome than before.
fn follows(policy: &Policy, before: &State, state: &State, command: &Command) -> bool {
    let decision = decide(state, policy, command);
    if decision.failures() > 1 {
        return false;
    }
    let earlier = decide(before, policy, command);
    earlier != decision
        || decision.is_allowed() && effect(policy, before, command) != effect(policy, state, command)
}

/// Whether an allowed command changes the state, and the users to whom it delivers.
fn effect(policy: &Policy, state: &State, command: &Command) -> (bool, UserSet) {
    let mut after = *state;
    let delivered = after.carry_out(policy, command);
    (after != *state, delivered)
}
