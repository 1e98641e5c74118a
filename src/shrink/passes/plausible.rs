//! The model's view of a trace, by which candidates that are worth an execution are selected.
//!
//! An implementation that follows the model except for the defect shows the same finding only where
//! the model's view is the same. This decides which candidates are executed, and never the outcome.

use chatwarden_model::{
    Command, CommandKind, Condition, EnumSet, NamedEnum, Promise, Setup, State, Transition, UserSet, decide,
    step,
};

/// The model's view of the last command of a trace.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Signature {
    kind: CommandKind,
    /// The condition for which the model refuses the command, if it does.
    reason: Option<Condition>,
    /// The promises that would be broken if it were carried out.
    broken: EnumSet<Promise>,
    /// True if it would change a group.
    changes_groups: bool,
}

impl Signature {
    /// The signature of a trace; an empty one has none.
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

    /// Whether it is the other signature but for further promises that would be broken.
    pub(super) fn includes(self, wanted: Self) -> bool {
        let comparable = Signature { broken: wanted.broken, ..self };
        comparable == wanted && self.broken.and(wanted.broken) == wanted.broken
    }

    /// True if the model refuses the command, or if it would break a promise or change a group. Few
    /// traces have the same specific signature.
    pub(super) fn is_specific(self) -> bool {
        self.reason.is_some() || !self.broken.is_empty() || self.changes_groups
    }
}
