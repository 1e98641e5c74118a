//! The integration tests: one crate, a module for each room or promise of the project.

mod support;
mod wire;
mod worked_steps;
