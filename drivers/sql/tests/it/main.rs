//! The tests of the SQL back end: one crate, a module for each promise.

mod agreement;
mod constraints;
mod faults;
mod laws;
mod process;
mod support;
mod trouble;
