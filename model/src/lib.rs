//! The reference model of `chatwarden`: users, approvals and groups of a chat service as a pure state
//! machine, and the promises that are made about it.
//!
//! It implements the project's semantics page and nothing else, without I/O, clock, randomness, allocation
//! in its rules, or dependency. Users and groups are small indices; names belong to the formats.
//!
//! ```
//! use chatwarden_model::{step, Cast, Command, Group, Kind, Preset, Promise, State, Transition, UserSet};
//!
//! // A cast: ann looks after kay, bob after kim; sam is an adult.
//! let mut cast = Cast::default();
//! let ann = cast.add(Kind::Guardian, UserSet::EMPTY);
//! let bob = cast.add(Kind::Guardian, UserSet::EMPTY);
//! let kay = cast.add(Kind::Child, UserSet::of([ann]));
//! let kim = cast.add(Kind::Child, UserSet::of([bob]));
//! let sam = cast.add(Kind::Adult, UserSet::EMPTY);
//! let group = Group::new(0);
//!
//! // Under the rule of 2019, sam, approved for each child, may bring the two together ...
//! let policy = Preset::MessengerKids2019.policy();
//! let mut state: State = State::new(&cast);
//! step(&mut state, &policy, &Command::Approve { by: ann, child: kay, contact: sam });
//! step(&mut state, &policy, &Command::Approve { by: bob, child: kim, contact: sam });
//! let before = state;
//! let command = Command::Create { by: sam, group, with: UserSet::of([kay, kim]) };
//! let outcome = step(&mut state, &policy, &command);
//! assert!(outcome.decision.is_allowed());
//!
//! // ... although nobody approved kay and kim for each other: the promise is broken.
//! let transition = Transition {
//!     policy: &policy, before: &before, command: &command, allowed: true, delivered: outcome.delivered, after: &state,
//! };
//! let breach = Promise::NoStrangers.first_breach(&transition).expect("kay and kim are strangers");
//! assert_eq!(breach.users, UserSet::of([kay, kim]));
//! ```
//!
//! The rooms: [`User`], [`Cast`] · [`Policy`], [`Preset`] · [`State`] · [`Command`] · [`Condition`],
//! [`Decision`] · [`decide()`] · [`step()`] · [`Promise`] · [`Bounds`], which commands exist · [`Renaming`].

#![no_std]

extern crate alloc;

mod bounds;
mod command;
mod condition;
mod decide;
mod named_enum;
mod policy;
mod promise;
mod relation;
mod setup;
mod state;
mod step;
mod symmetry;
mod user;

pub use bounds::Bounds;
pub use command::{Argument, Arguments, Command, CommandKind, Field};
pub use condition::{Condition, Decision};
pub use decide::decide;
pub use named_enum::{EnumSet, NamedEnum};
pub use policy::{
    Admission, BetweenChildren, DeliverRule, Inviters, Newcomer, NewcomerRule, OnLoss, Policy, Preset,
    Quorum, SendRule, Surface,
};
pub use promise::{Breach, Promise, Transition};
pub use setup::Setup;
pub use state::{GroupParts, GroupState, Link, Phase, State, StateParts};
pub use step::{Outcome, step};
pub use symmetry::Renaming;
pub use user::{Cast, Group, Kind, Kinds, MAX_GROUPS, MAX_USERS, User, UserSet, Users};
