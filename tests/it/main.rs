//! The integration tests: one crate, a module for each room or promise of the project.

mod conformance;
mod faults;
mod fidelity;
mod generation;
mod replays;
mod shrinking;
mod support;
mod wire;
mod worked_steps;
