//! What a fuzz target is made of: a codec between bytes and histories, a mutator that works on commands, guidance by the
//! model, and a target that takes care of what it finds. `cargo fuzz` targets of users are a line over
//! [`fuzz_target`](crate::fuzz_target).
//!
//! libFuzzer itself is not here: the fuzz crate links it.

mod codec;
mod guide;
mod harness;
mod header;
mod mutate;
mod target;

pub use codec::{Input, UnknownVersion};
pub use guide::{Counters, Signal};
pub use harness::{Fuzzed, harness};
pub use header::Header;
pub use mutate::Mutator;
pub use target::{Settings, Target, TargetOutcome};
