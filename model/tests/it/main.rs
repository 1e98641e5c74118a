//! The tests of the model: the semantics page, written a second time, beside it (`differential`), a row for
//! each condition of each command (`conditions`), and what holds of every history (`laws`).
//!
//! Deliberately absent: tests of a function on its own, which stand in its doc examples.

mod conditions;
mod differential;
mod laws;
mod notation;
mod oracle;
mod support;
