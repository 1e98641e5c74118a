//! The integration tests of the program.

mod catalogue;
mod certificates;
mod ci_output;
mod cli;
mod driver_check;
mod foreign;
mod listing;
mod misbehaving;
mod processes;
mod protocol;
mod proving;
mod vacuous;

/// The folder of the whole project.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
