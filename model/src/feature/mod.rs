//! The rules, by feature: relations, conditions, effects and promises. They are written once, over the
//! traits of `logic`, so that every reading has the same rules.
//!
//! `table` lists which command has which conditions and which effect.

pub(crate) mod bans;
pub(crate) mod contacts;
pub(crate) mod groups;
pub(crate) mod links;
