//! Any history that fails, with any fault of the catalogue, shrinks to one that shows the same finding and is simpler, or
//! as simple. The first byte of an input is the fault, the rest a history.
#![no_main]

use chatwarden::adapter::{Adapter, fault::Fault, memory::Memory};
use chatwarden::campaign::{self, Found, Plan, Watch};
use chatwarden::check;
use chatwarden::fuzz::{Input, Mutator, Settings};
use chatwarden::model::{Setup, Word, WordSet};
use chatwarden::shrink::measure;
use libfuzzer_sys::{fuzz_mutator, fuzz_target};

fuzz_target!(|case: (u8, Input)| {
    let (number, input) = case;
    let fault = fault(number);
    let service = || Ok(Memory::with_fault(fault));
    let setup = input.header.setup(&setup(fault));
    let plan = Plan::new(setup, &Memory::new().about());
    let Some(finding) = check::run(&mut Memory::with_fault(fault), plan.terms, &setup, &input.commands)
    else {
        return;
    };
    let commands = input.commands[..=finding.at()].to_vec();
    let found = Found { run: 0, commands, finding };
    let shrunk =
        campaign::shrink(&plan, &service, &found, &Watch::default(), |_, _| {}).expect("it can be made");
    assert_eq!(shrunk.finding.identity(), found.finding.identity());
    assert!(measure(&shrunk.commands) <= measure(&found.commands));
    let again = check::run(&mut Memory::with_fault(fault), plan.terms, &setup, &shrunk.commands);
    assert_eq!(again, Some(shrunk.finding));
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    if size == 0 || seed.is_multiple_of(16) {
        data[0] = (seed >> 8) as u8;
    }
    let mut mutator = Mutator::new(setup(fault(data[0])), WordSet::all(), 50);
    1 + mutator.mutate(&mut data[1..], size.saturating_sub(1), max_size - 1, seed)
});

fn fault(number: u8) -> Fault {
    Fault::ALL[usize::from(number) % Fault::ALL.len()]
}

/// What the history is about, if it does not say so.
fn setup(fault: Fault) -> Setup {
    Settings::for_fault(fault).setup.expect("a fault has a setup").setup()
}
