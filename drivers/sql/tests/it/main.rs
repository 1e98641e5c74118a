//! The tests of the SQL back end: one crate, a module for each promise.

mod agreement;
mod faults;
mod support;
