//! The reference model of `chatwarden`: a chat service with users, approvals and groups as a state
//! machine, and the promises about it.
//!
//! It implements `docs/semantics.md` and nothing else. It has no dependency, no I/O, no clock and no
//! randomness, and its rules do not allocate. Users and groups are small indices; the formats have names
//! for them.
//!
//! | word | type or function |
//! | --- | --- |
//! | state, with the users of the [`Cast`] | [`State`] |
//! | command, an action of a user | [`Command`] |
//! | condition under which a command is allowed | [`Condition`], [`decide()`], [`Decision`] |
//! | transition | [`step()`], [`Transition`] |
//! | policy, which sets the rules | [`Policy`], [`Preset`], [`Knob`] |
//! | promise, an invariant | [`Promise`], [`Breach`] |
//! | rule, written once for several readings | [`Logic`], [`Change`], [`Search`]; [`Concrete`] executes it |
//! | action set of a search | [`Bounds`] |
//! | symmetry | [`Renaming`], [`SymmetryGroup`] |
//!
//! ```
//! use chatwarden_model::{step, Cast, Command, Group, Kind, Preset, Promise, State, Transition, UserSet};
//!
//! // A cast: ann is the guardian of kay, bob of kim; sam is an adult.
//! let mut cast = Cast::default();
//! let ann = cast.add(Kind::Guardian, UserSet::EMPTY);
//! let bob = cast.add(Kind::Guardian, UserSet::EMPTY);
//! let kay = cast.add(Kind::Child, UserSet::of([ann]));
//! let kim = cast.add(Kind::Child, UserSet::of([bob]));
//! let sam = cast.add(Kind::Adult, UserSet::EMPTY);
//! let group = Group::new(0);
//!
//! // Under the policy of 2019, sam, who is approved for each child, may launch a group with both.
//! let policy = Preset::MessengerKids2019.policy();
//! let mut state: State = State::new(&cast);
//! step(&mut state, &policy, &Command::Approve { by: ann, child: kay, contact: sam });
//! step(&mut state, &policy, &Command::Approve { by: bob, child: kim, contact: sam });
//! let before = state;
//! let command = Command::Create { by: sam, group, with: UserSet::of([kay, kim]) };
//! let outcome = step(&mut state, &policy, &command);
//! assert!(outcome.decision.is_allowed());
//!
//! // Nobody approved kay and kim for each other, so a promise is broken.
//! let transition = Transition {
//!     policy: &policy, before: &before, command: &command, allowed: true, delivered: outcome.delivered, after: &state,
//! };
//! let breach = Promise::NoStrangers.first_breach(&transition).expect("kay and kim are strangers");
//! assert_eq!(breach.users, UserSet::of([kay, kim]));
//! ```

#![no_std]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod bounds;
mod command;
mod concrete;
mod condition;
mod decide;
mod feature;
mod knob;
mod logic;
mod named_enum;
mod policy;
mod promise;
mod relation;
mod setup;
mod state;
mod step;
mod symmetry;
mod table;
#[cfg(test)]
mod tests;
mod user;

pub use bounds::Bounds;
pub use command::{Argument, Arguments, Field};
pub use concrete::Concrete;
pub use condition::Decision;
pub use decide::decide;
pub use knob::{Knob, KnobValue};
pub use logic::{Change, Judged, Logic, OnState, Place, Request, Search, Set, Truth};
pub use named_enum::{EnumSet, NamedEnum};
pub use policy::{
    Admission, BetweenChildren, DeliverRule, Inviters, Newcomer, NewcomerRule, OnLoss, Policy, Preset,
    Quorum, SendRule, Surface,
};
pub use promise::{Breach, Cause, Promise, Transition};
pub use setup::Setup;
pub use state::{GroupParts, GroupState, Link, Phase, State, StateParts};
pub use step::{Outcome, step};
pub use symmetry::{Renaming, SymmetryCut, SymmetryGroup};
pub use table::{Command, CommandKind, Condition};
pub use user::{Cast, Group, Kind, Kinds, MAX_GROUPS, MAX_USERS, User, UserSet, Users};
