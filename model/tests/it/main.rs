//! The tests of the model.
//!
//! `differential` compares the model with `oracle`, a second implementation of `docs/semantics.md`.
//! `conditions` has a row for each condition of each command. `laws` has properties of all traces.
//! `values` tests presets, sets, bounds and permutations. Examples in the docs are not tested again.

mod conditions;
mod differential;
mod laws;
mod notation;
mod oracle;
mod support;
mod values;
