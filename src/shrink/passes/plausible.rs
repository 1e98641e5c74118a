//! What the model expects of a history, to tell candidates that are worth an execution from the many that are not.
//!
//! An implementation that follows the model but for the defect will show the same finding only where the model sees
//! the same situation. This decides what is tried, never what is believed.

use chatwarden_model::{
    Command, CommandKind, Condition, EnumSet, NamedEnum, Promise, Setup, State, Transition, UserSet, decide,
    step,
};

/// The situation at the last command of a history, as the model sees it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Signature {
    kind: CommandKind,
    /// Why the model refuses the command, if it does.
    reason: Option<Condition>,
    /// What would be broken if it happened all the same.
    broken: EnumSet<Promise>,
    /// Whether it would change a group.
    changes_groups: bool,
}

impl Signature {
    /// The signature of a history; of an empty one, nothing can be said.
    pub(super) fn of(setup: &Setup, commands: &[Command]) -> Option<Self> {
        let (last, first) = commands.split_last()?;
        let policy = &setup.policy;
        let mut before: State = setup.start();
        for command in first {
            step(&mut before, policy, command);
        }
        let decision = decide(&before, policy, last);
        let mut after = before;
        let delivered: UserSet = after.carry_out(policy, last);
        let transition =
            Transition { policy, before: &before, command: last, allowed: true, delivered, after: &after };
        let broken =
            Promise::ALL.iter().copied().filter(|promise| promise.first_breach(&transition).is_some());
        Some(Signature {
            kind: last.kind(),
            reason: decision.reason(),
            broken: broken.collect(),
            changes_groups: before.groups().ne(after.groups()),
        })
    }

    /// Whether the model refuses the command, or sees a promise broken or a group changed by it: then few histories
    /// look the same.
    pub(super) fn is_telling(self) -> bool {
        self.reason.is_some() || !self.broken.is_empty() || self.changes_groups
    }
}
