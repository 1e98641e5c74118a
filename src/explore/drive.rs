//! Exhaustive search of an implementation in lock-step with the model: every history up to a bound, as far as two
//! situations are not alike.
//!
//! What a step amounts to is `check`'s to say.

use std::num::NonZeroUsize;
use std::time::Instant;

use chatwarden_model::{Command, Setup};

use super::{End, Watch};
use crate::adapter::{Adapter, Failure};
use crate::check::Terms;
use crate::verdict::{Finding, Identity};

/// What an implementation is taken through.
#[derive(Clone, Debug)]
pub struct Drive {
    /// The cast, groups and policy.
    pub setup: Setup,
    /// How the implementation is compared.
    pub terms: Terms,
    /// The commands that are tried in every situation, simplest first.
    pub alphabet: Vec<Command>,
    /// The most commands of a history, if there is a bound.
    pub depth: Option<usize>,
    /// When two histories lead to the same situation, so that it is enough to go on from one of them.
    pub alike: Alike,
    /// Whether histories that differ by renaming interchangeable users and groups count as one.
    pub symmetry: bool,
    /// The only finding to look for, if there is one: the search ends at its first (shortest) history, and as the
    /// last command of a history only those of its kind are tried.
    pub wanted: Option<Identity>,
    /// Whether to end after the length at which something is first found.
    pub stop_at_first: bool,
    /// How many cores to use; the result does not depend on it.
    pub jobs: NonZeroUsize,
    /// How many bytes the search may take, about.
    pub memory: u64,
    /// When to end, if at some time.
    pub deadline: Option<Instant>,
}

/// When two histories lead to the same situation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Alike {
    /// If the judged state and the implementation's own state, as its fingerprint tells it, are the same.
    Product,
    /// If the judged state is the same, up to renaming; several histories to each are gone on from.
    State {
        /// How many.
        paths: NonZeroUsize,
    },
    /// Never: every history is tried, since the implementation may remember anything.
    Never,
}

/// A finding with the first of the shortest histories that show it, in the order of the alphabet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Counterexample {
    /// The commands up to the one that shows it.
    pub commands: Vec<Command>,
    /// What was found.
    pub finding: Finding,
}

/// What driving an implementation came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Driven {
    /// How many situations were gone on from.
    pub states: u64,
    /// How many commands were tried in them and allowed by the implementation.
    pub allowed: u64,
    /// How many were refused.
    pub refused: u64,
    /// How many commands were executed in all, those that lead to a situation again included.
    pub executed: u64,
    /// How often the implementation was reset.
    pub resets: u64,
    /// How many commands the situation that is farthest from the start takes.
    pub depth: usize,
    /// Why the search ended.
    pub end: End,
    /// The first finding of each identity, shortest first.
    pub found: Vec<Counterexample>,
}

/// Takes an implementation through every situation.
///
/// # Errors
/// If an implementation cannot be made.
pub fn drive<A: Adapter>(
    plan: &Drive,
    make: &(impl Fn() -> Result<A, Failure> + Sync),
    watch: &Watch,
) -> Result<Driven, Failure> {
    let _ = (plan, make, watch);
    todo!()
}
