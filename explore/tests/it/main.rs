//! The integration tests of the searches.

mod coverage;
mod driving;
mod exploring;
mod faults;

/// The folder of the whole project.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
