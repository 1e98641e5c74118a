//! The parts of fuzz targets: the codec of inputs, the mutator, guidance by the model, the targets
//! and the triage of their findings.

mod arbitrary;
mod codec;
mod guidance;
mod mutation;
mod targets;
mod triage;

use chatwarden::format::NamedSetup;
use chatwarden::fuzz::{Input, UnknownVersion};
use chatwarden::generate::{Choices, Generator, Seeded};
use chatwarden::model::{Command, EnumSet, Setup};

/// The most commands of an input here.
const MOST: usize = 50;

fn own() -> Setup {
    NamedSetup::default().setup()
}

fn decode(bytes: &[u8]) -> Result<Input, UnknownVersion> {
    Input::decode(bytes, &own(), EnumSet::all(), MOST)
}

/// A trace of the generator.
fn trace(setup: &Setup, seed: u64, length: usize) -> Vec<Command> {
    let mut choices = Seeded::of_run(seed, 0);
    Generator::for_run(setup, EnumSet::all(), &mut choices).run(setup, length, &[], &mut choices)
}

/// Bytes of all kinds, the first of which is the version.
fn any_bytes(seed: u64) -> Vec<u8> {
    let mut choices = Seeded::of_run(seed, 1);
    let len = choices.below(440);
    let mut bytes: Vec<u8> = (0..len).map(|_| choices.below(256) as u8).collect();
    if let Some(version) = bytes.first_mut() {
        *version = 1;
    }
    bytes
}
