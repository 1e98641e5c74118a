//! The subcommands, one file each.

pub(crate) mod check_driver;
pub(crate) mod explain;
pub(crate) mod explore;
pub(crate) mod from_artifact;
pub(crate) mod fuzz;
pub(crate) mod list;
pub(crate) mod replay;
pub(crate) mod serve;
pub(crate) mod shrink;
pub(crate) mod suite;
pub(crate) mod to_corpus;
