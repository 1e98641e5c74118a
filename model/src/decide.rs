//! Deciding a command: its conditions, evaluated on one state.
//!
//! Deciding changes nothing; `step` carries allowed commands out.

use crate::concrete::Concrete;
use crate::condition::Decision;
use crate::policy::Policy;
use crate::state::State;
use crate::table::Command;

/// Decides a command: which of its conditions hold in the state under the policy. All of them are
/// evaluated, also after one that does not hold.
///
/// ```
/// use chatwarden_model::{decide, Cast, Command, Condition, Kind, Preset, State, UserSet};
/// let mut cast = Cast::default();
/// let ann = cast.add(Kind::Guardian, UserSet::EMPTY);
/// let kay = cast.add(Kind::Child, UserSet::of([ann]));
/// let sam = cast.add(Kind::Adult, UserSet::EMPTY);
/// let state: State = State::new(&cast);
/// let by_child = Command::Approve { by: kay, child: kay, contact: sam };
/// let decision = decide(&state, &Preset::MessengerKids.policy(), &by_child);
/// assert_eq!(decision.reason(), Some(Condition::ActorIsGuardian));
/// ```
pub fn decide<const U: usize, const G: usize>(
    state: &State<U, G>,
    policy: &Policy,
    command: &Command,
) -> Decision {
    let (mut failed, mut at) = (0, 0);
    command.each_condition(&Concrete { state, policy }, |_, holds| {
        failed |= u32::from(!holds) << at;
        at += 1;
    });
    Decision::of(command.kind(), failed)
}
