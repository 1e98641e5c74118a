//! The transition of the state machine: a command is decided, with `decide`, and carried out if it is
//! allowed.

use crate::concrete::Concrete;
use crate::condition::Decision;
use crate::decide::decide;
use crate::policy::Policy;
use crate::state::State;
use crate::table::Command;
use crate::user::UserSet;

/// The result of a command.
///
/// ```
/// use chatwarden_model::{step, Cast, Command, Group, Kind, Preset, State, UserSet};
/// let mut cast = Cast::default();
/// let sam = cast.add(Kind::Adult, UserSet::EMPTY);
/// let zoe = cast.add(Kind::Adult, UserSet::EMPTY);
/// let mut state: State = State::new(&cast);
/// let outcome = step(&mut state, &Preset::MessengerKids.policy(), &Command::Direct { by: sam, to: zoe });
/// assert!(outcome.decision.is_allowed());
/// assert_eq!(outcome.delivered, UserSet::of([zoe]));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Outcome {
    /// The conditions that held and those that did not.
    pub decision: Decision,
    /// The users to whom the command delivered a message or call. The set is empty if the command was
    /// refused.
    pub delivered: UserSet,
}

/// Decides the command and, if it is allowed, carries it out. A refused command changes nothing.
#[inline]
pub fn step<const U: usize, const G: usize>(
    state: &mut State<U, G>,
    policy: &Policy,
    command: &Command,
) -> Outcome {
    let decision = decide(state, policy, command);
    let delivered = if decision.is_allowed() { state.carry_out(policy, command) } else { UserSet::EMPTY };
    Outcome { decision, delivered }
}

impl<const U: usize, const G: usize> State<U, G> {
    /// Carries out a command without checking its conditions, and returns the users to whom it delivers.
    /// The lock-step calls it when an implementation allowed a command that the policy refuses. Then who
    /// is no member does not depart, who does not chat enters no group, and a group that is not new is
    /// made anew, with its bans kept.
    pub fn carry_out(&mut self, policy: &Policy, command: &Command) -> UserSet {
        command.carry_out(&mut Concrete { state: self, policy })
    }
}
