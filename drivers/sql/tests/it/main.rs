//! The tests of the SQL back end.

mod agreement;
mod constraints;
mod errors;
mod faults;
mod laws;
mod process;
mod support;
