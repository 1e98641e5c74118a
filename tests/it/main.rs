//! The integration tests: one crate, a module for each room or promise of the project.

mod architecture;
mod catalogue;
mod certificates;
mod ci_output;
mod cli;
mod conformance;
mod coverage;
mod driving;
mod exploring;
mod faults;
mod fidelity;
mod generation;
mod inspecting;
mod kills;
mod laws;
mod misbehaving;
mod processes;
mod protocol;
mod replays;
mod reported;
mod rules;
mod shrinking;
mod support;
mod wire;
mod worked_steps;
