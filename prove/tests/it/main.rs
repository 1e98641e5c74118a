//! Tests of the proofs: the formulas against the model, the proofs against the search, and races.

mod evaluate;
mod facts;
mod mutants;
mod proofs;
mod races;
mod support;
mod tie;
