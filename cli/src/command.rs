//! The subcommands, one file each.

pub(crate) mod check_driver;
pub(crate) mod explain;
pub(crate) mod explore;
pub(crate) mod from_artifact;
pub(crate) mod fuzz;
pub(crate) mod list;
pub(crate) mod prove;
pub(crate) mod replay;
pub(crate) mod serve;
pub(crate) mod shrink;
pub(crate) mod suite;
pub(crate) mod to_corpus;

use std::path::{Path, PathBuf};

use chatwarden::format::{Error, Scenario};

/// Opens a scenario that the user named, or one from a folder that the user named.
pub(crate) fn open_scenario(file: &Path, named: &[PathBuf]) -> Result<Scenario, Error> {
    match named.iter().any(|named| named == file) {
        true => Scenario::open(file),
        false => Scenario::open_found(file),
    }
}
