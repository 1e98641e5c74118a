//! What is fixed before the first command of a run: the cast, the number of groups and the policy.

use crate::bounds::Bounds;
use crate::policy::Policy;
use crate::state::State;
use crate::user::Cast;

/// The fixed part of a run.
///
/// ```
/// use chatwarden_model::{Cast, Kind, Preset, Setup, State, UserSet};
/// let mut cast = Cast::default();
/// cast.add(Kind::Adult, UserSet::EMPTY);
/// let setup = Setup { cast, groups: 2, policy: Preset::MessengerKids.policy() };
/// let start: State = setup.start();
/// assert_eq!(setup.bounds().groups, 2);
/// # let _ = start;
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Setup {
    /// Who takes part.
    pub cast: Cast,
    /// How many groups there are.
    pub groups: usize,
    /// The rules.
    pub policy: Policy,
}

impl Setup {
    /// The state before the first command.
    pub fn start<const U: usize, const G: usize>(&self) -> State<U, G> {
        State::new(&self.cast)
    }

    /// The commands that can be named in the run.
    pub fn bounds(&self) -> Bounds {
        Bounds::new(&self.cast, self.groups)
    }
}
