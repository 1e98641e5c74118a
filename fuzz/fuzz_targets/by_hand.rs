//! A fuzz target that is written by hand, over `arbitrary`: the built-in service against the model,
//! with a property of its own. It finds nothing. docs/fuzzing-by-hand.md explains it.
#![no_main]

use chatwarden::adapter::memory::Memory;
use chatwarden::adapter::{Adapter, Observation};
use chatwarden::format::NamedSetup;
use chatwarden::fuzz::Input;
use chatwarden::lockstep::{CheckConfig, run};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: Input| {
    let setup = input.header.setup(&NamedSetup::default().setup());
    let mut chat = Memory::new();
    let config = CheckConfig::of(&chat.about());
    let finding = run(&mut chat, config, &setup, &input.commands);
    assert!(finding.is_none(), "{finding:?}");

    let mut seen = Observation::default();
    chat.observe(&mut seen).expect("the service can be observed");
    for group in &seen.groups {
        assert!(group.owner.is_none_or(|owner| group.members.contains(owner)), "the owner left");
    }
});
