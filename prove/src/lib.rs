//! Proofs.
pub mod case;
pub mod fact;
pub mod relation;
pub mod smt;
pub mod symbolic;
pub mod term;
