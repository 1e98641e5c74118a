//! Exhaustive search: every trace up to a bound, instead of a random sample of them.
//!
//! A *trace* is a sequence of commands. A *state* is what the reference model knows after a trace.
//! Two traces that lead to the same state are expanded once, and so are states that differ only by a
//! *permutation* of interchangeable users and groups. Shorter traces are searched first, so the first
//! counterexample is a shortest one.
//!
//! | question | entry point | result |
//! | --- | --- | --- |
//! | Does a policy keep its promises? | [`explore()`] with a [`PolicySearch`] | [`Exploration`] |
//! | Does an implementation follow its policy? | [`search_implementation()`] with a [`ConformanceSearch`] | [`ConformanceSearchResult`] |
//! | Is a counterexample as short as possible? | [`certify::Certifier`] | [`certify::CertifyOutcome`] |
//! | Which few traces cover all that can be covered? | [`suite::build()`] | [`suite::Suite`] |
//!
//! Every search reports to a [`SearchMonitor`], which can also stop it, and says by [`End`] why it
//! ended.
//!
//! ```
//! use chatwarden_explore::{PolicySearch, PromiseResult, SearchMonitor, explore};
//! use chatwarden::format::BuiltInCast;
//! use chatwarden::model::{Preset, Promise, Setup};
//!
//! let policy = Preset::MessengerKids2019.policy();
//! let setup = Setup { cast: BuiltInCast::Small.named_cast().cast, groups: 1, policy };
//! let search = PolicySearch { depth: Some(3), ..PolicySearch::new(setup) };
//! let exploration = explore(&search, &SearchMonitor::default());
//! let PromiseResult::Broken(trace) = exploration.result_of(Promise::NoStrangers) else {
//!     panic!("two strangers can meet")
//! };
//! assert_eq!(trace.len(), 3);
//! ```
//!
//! This crate writes and prints nothing.

pub mod certify;
#[cfg(test)]
mod flips;
mod implementation;
mod monitor;
mod policy;
pub mod suite;

use chatwarden_model::{Renaming, Setup, SymmetryCut, SymmetryGroup};

pub use implementation::{
    ConformanceSearch, ConformanceSearchResult, Counterexample, StateEquivalence, search_implementation,
};
pub use monitor::{End, SearchMonitor};
pub use policy::{Engine, Exploration, PolicySearch, PromiseResult, explore};

/// The most permutations that are tried for a state or a trace.
const MAX_PERMUTATIONS: usize = 1_000;

/// The most commands that a search tries in a state, counted once for each permutation. It bounds the
/// time that a single state takes.
const MAX_IMAGES: usize = 1 << 21;

/// The permutations of a search with so many actions. If there are too many, the last users and groups
/// keep their names. Then states and traces are still the same only if they differ by a permutation.
fn affordable_symmetry(setup: &Setup, groups: usize, actions: usize) -> SymmetryGroup {
    let most = (MAX_IMAGES / actions.max(1)).clamp(1, MAX_PERMUTATIONS);
    SymmetryGroup::keeping(&setup.cast, groups, most)
}

/// The symmetry that assumes nothing: only the identity, and nothing is left out of what was asked for.
fn no_symmetry() -> SymmetryGroup {
    SymmetryGroup { renamings: vec![Renaming::identity()], cut: SymmetryCut::default() }
}

/// The number of bytes a search may take by default: 8 GiB.
pub const MEMORY: u64 = 8 << 30;
