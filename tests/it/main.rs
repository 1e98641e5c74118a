//! The integration tests: one crate, a module for each room or promise of the project.

mod adopting;
mod architecture;
mod conformance;
mod explanations;
mod fidelity;
mod format;
mod fuzzing;
mod generation;
mod replays;
mod reported;
mod rules;
mod sanitize;
mod shrinking;
mod worked_steps;
