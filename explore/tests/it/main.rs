//! The integration tests of the searches.

mod bounds;
mod coverage;
mod faults;
mod implementation;
mod laws;
mod one_at_a_time;
mod policy;

/// The folder of the whole project.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
