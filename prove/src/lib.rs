//! Proofs about policies: a promise is kept in every history, for any number of users, guardians and
//! groups.
//!
//! The rules of the model are read as formulas ([`symbolic`]). A solver, which is another program, is asked
//! whether a command can break a promise in any state of which an invariant is true ([`prove()`]).
//!
//! | question | entry point | result |
//! | --- | --- | --- |
//! | Is a promise kept in every history? | [`prove()`] | [`Proof`] |
//! | From which situation does a command break it? | [`counterexample_to_induction()`] | [`Witness`] |
//! | Which two commands must not be decided at once? | [`races()`], [`race_histories()`] | [`Races`], [`RaceHistory`] |
//!
//! `docs/proving.md` says what a proof rests on.

mod broken;
pub mod case;
mod fact;
mod ground;
mod history;
mod induction;
mod races;
pub mod relation;
mod smt;
mod solver;
pub mod symbolic;
pub mod term;
mod witness;

pub use case::Invariant;
pub use fact::Fact;
pub use history::{RaceHistory, race_histories};
pub use induction::{Claim, Proof, prove};
pub use races::{Isolation, Race, Races, races};
pub use solver::{Answer, Program, Question, Solver};
pub use witness::{Witness, counterexample_to_induction};
