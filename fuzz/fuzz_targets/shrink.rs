//! Any history that fails, with any fault of the catalogue, shrinks to one that shows the same finding and is simpler, or
//! as simple.
#![no_main]

use chatwarden::adapter::{Adapter, fault::Fault, memory::Memory};
use chatwarden::campaign::{self, Found, Plan, Watch};
use chatwarden::check;
use chatwarden::fuzz::{Input, Settings};
use chatwarden::model::Word;
use chatwarden::shrink::measure;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|case: (u8, Input)| {
    let (number, input) = case;
    let fault = Fault::ALL[usize::from(number) % Fault::ALL.len()];
    let service = || Ok(Memory::with_fault(fault));
    let own = Settings::for_fault(fault).setup.expect("a fault has a setup").setup();
    let setup = input.header.setup(&own);
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
