//! Finds authorization defects in chat products: a reference model runs in lock-step with an implementation.

pub use chatwarden_model as model;

pub mod adapter;
pub mod campaign;
pub mod check;
pub mod cli;
pub mod generate;
pub mod history;
pub mod replay;
pub mod report;
pub mod save;
pub mod shrink;
pub mod verdict;
pub mod wire;
