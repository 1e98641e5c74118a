//! The parts of a fuzz target: a codec between bytes and traces, a mutator of commands, guidance by
//! the model, and a target that executes inputs and saves what it finds.
//!
//! The macro [`fuzz_target`](crate::fuzz_target) makes a target for `cargo fuzz` in one line. With
//! the feature `arbitrary`, [`Input`] implements `arbitrary::Arbitrary`, for targets that are
//! written by hand; `docs/fuzzing-by-hand.md` has one. libFuzzer itself is linked by the fuzz
//! crate.

#[cfg(feature = "arbitrary")]
mod arbitrary;
mod codec;
mod guide;
mod harness;
mod header;
mod knobs;
mod mutate;
mod numbering;
mod target;

pub use codec::Input;
pub use guide::{Counters, Signal};
pub use harness::{Fuzzed, harness};
pub use header::{Header, UnknownVersion};
pub use mutate::Mutator;
pub use target::{Settings, Target, TargetOutcome};

/// Tests the examples of the page.
#[cfg(all(doctest, feature = "arbitrary"))]
#[doc = include_str!("../docs/fuzzing-by-hand.md")]
mod by_hand {}
