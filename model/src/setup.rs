//! The fixed part of a run: the cast, the number of groups and the policy.

use crate::bounds::Bounds;
use crate::policy::Policy;
use crate::state::State;
use crate::user::Cast;

/// The fixed part of a run. Commands and state change around it.
///
/// ```
/// use chatwarden_model::{Cast, Kind, Preset, Setup, State, UserSet};
/// let mut cast = Cast::default();
/// cast.add(Kind::Adult, UserSet::EMPTY);
/// let setup = Setup { cast, groups: 2, policy: Preset::MessengerKids.policy() };
/// assert_eq!(setup.start::<16, 8>(), State::new(&cast));
/// assert_eq!(setup.bounds().groups, 2);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Setup {
    /// The users.
    pub cast: Cast,
    /// The number of groups, at most [`MAX_GROUPS`](crate::MAX_GROUPS).
    pub groups: usize,
    /// The rules.
    pub policy: Policy,
}

impl Setup {
    /// The state before the first command.
    ///
    /// # Panics
    /// If the cast has more than `U` users.
    pub fn start<const U: usize, const G: usize>(&self) -> State<U, G> {
        State::new(&self.cast)
    }

    /// The users and groups of the run, with all kinds of commands.
    pub fn bounds(&self) -> Bounds {
        Bounds::new(&self.cast, self.groups)
    }
}
