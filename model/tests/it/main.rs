//! The tests of the model: the semantics page, written a second time, beside it (`differential`), a row for
//! each condition of each command (`conditions`), what holds of every history (`laws`), and small values (`values`).
//!
//! Deliberately absent: tests of what a doc example shows already.

mod conditions;
mod differential;
mod laws;
mod notation;
mod oracle;
mod support;
mod values;
