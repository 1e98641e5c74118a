//! Any trace that fails, with any fault of the catalogue, shrinks to one with the same finding that
//! is simpler or as simple. The first byte of an input is the fault; the rest is a trace under the
//! policy with which the fault shows.
#![no_main]

use chatwarden::adapter::{Adapter, fault::Fault, memory::Memory};
use chatwarden::campaign::{self, CampaignConfig, CampaignMonitor};
use chatwarden::counterexample::Counterexample;
use chatwarden::fuzz::{Input, Mutator, Settings};
use chatwarden::lockstep;
use chatwarden::model::{EnumSet, NamedEnum, Setup};
use chatwarden::shrink::measure;
use libfuzzer_sys::{Corpus, fuzz_mutator, fuzz_target};

/// The most commands of an input.
const MOST: usize = 50;

fuzz_target!(|bytes: &[u8]| -> Corpus {
    let Some((number, bytes)) = bytes.split_first() else { return Corpus::Reject };
    let (fault, own) = planted(*number);
    let Ok(input) = Input::decode(bytes, &own, EnumSet::all(), MOST) else { return Corpus::Reject };
    let setup = input.header.setup(&own);
    let service = || Ok(Memory::with_fault(fault));
    let plan = CampaignConfig::new(setup, &Memory::new().about());
    let run = |commands| lockstep::run(&mut Memory::with_fault(fault), plan.check, &setup, commands);
    if let Some(finding) = run(&input.commands) {
        let commands = input.commands[..=finding.at()].to_vec();
        let found = Counterexample::new(commands, finding);
        let shrunk = campaign::shrink(&plan, &service, &found, &CampaignMonitor::default(), |_, _| {});
        let shrunk = shrunk.expect("the service can be made");
        let identity = found.finding.identity();
        assert_eq!(shrunk.finding.identity(), identity);
        assert!(measure(&shrunk.commands) <= measure(&found.commands));
        // The step may break several promises. The one that was found heads the finding.
        let again = run(&shrunk.commands).map(|finding| finding.headed_by(identity));
        assert_eq!(again, Some(shrunk.finding));
    }
    Corpus::Keep
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    if size == 0 || seed.is_multiple_of(16) {
        data[0] = (seed >> 8) as u8;
    }
    let mut mutator = Mutator::new(planted(data[0]).1, EnumSet::all(), MOST);
    1 + mutator.mutate(&mut data[1..], size.saturating_sub(1), max_size - 1, seed)
});

/// A fault, and the setup of traces that do not have their own.
fn planted(number: u8) -> (Fault, Setup) {
    let fault = Fault::ALL[usize::from(number) % Fault::ALL.len()];
    (fault, Settings::for_fault(fault).setup.expect("a fault has a setup").setup())
}
