//! Guidance by the model: the same trace sets the same counters, no counter is set without a
//! signal, a larger group sets a new one, and groups are interchangeable.

use chatwarden::adapter::memory::Memory;
use chatwarden::format::{BuiltInCast, CastSpec, NamedSetup, PolicySpec};
use chatwarden::fuzz::{Counters, Header, Input, Settings, Signal, Target, TargetOutcome};
use chatwarden::model::{Command, Group, Preset, Renaming, UserSet};

use super::{own, trace};
use chatwarden_test_support::{ANN, BOB, G1, KAY, KIM, SAM};

/// The counters that a trace sets.
fn shown(signal: Signal, commands: &[Command]) -> Vec<usize> {
    shown_under(Preset::MessengerKids, signal, commands)
}

fn shown_under(policy: Preset, signal: Signal, commands: &[Command]) -> Vec<usize> {
    // Each call has counters of its own; tests run side by side.
    let counters: &'static Counters = Box::leak(Box::default());
    let setup = NamedSetup::new(CastSpec::BuiltIn(BuiltInCast::Small), 2, PolicySpec::Preset(policy));
    let settings = Settings { signal, setup: Some(setup), ..Settings::default() };
    let mut target = Target::new(|| Ok(Memory::new()), settings, counters).expect("the service starts");
    let input = Input { header: Header::OWN, commands: commands.to_vec() };
    assert_eq!(target.run(&input.encode()), TargetOutcome::Conforms);
    counters.shown().collect()
}

fn new_in(signal: Signal, shorter: &[Command], longer: &[Command]) -> bool {
    let before = shown(signal, shorter);
    shown(signal, longer).iter().any(|at| !before.contains(at))
}

#[test]
fn the_same_trace_shows_the_same() {
    for signal in [Signal::Situations, Signal::Points] {
        for seed in 0..50 {
            let commands = trace(&own(), seed, 30);
            assert_eq!(shown(signal, &commands), shown(signal, &commands));
            assert!(!shown(signal, &commands).is_empty());
        }
    }
}

#[test]
fn no_counter_is_set_without_a_signal() {
    assert_eq!(shown(Signal::Silent, &trace(&own(), 1, 40)), Vec::<usize>::new());
}

#[test]
fn every_step_towards_a_larger_group_is_new() {
    let chain = [
        Command::Approve { by: ANN, child: KAY, contact: SAM },
        Command::Approve { by: BOB, child: KIM, contact: SAM },
        Command::Approve { by: ANN, child: KAY, contact: KIM },
        Command::Approve { by: BOB, child: KIM, contact: KAY },
        Command::Create { by: KAY, group: G1, with: UserSet::of([SAM]) },
        Command::Invite { by: KAY, group: G1, who: KIM },
        Command::Create { by: KAY, group: Group::new(1), with: UserSet::of([SAM]) },
    ];
    for len in 1..=chain.len() {
        assert!(new_in(Signal::Situations, &chain[..len - 1], &chain[..len]), "{:?}", chain[len - 1]);
    }
    // Repeated commands are refused, and a second repetition sets no new counter.
    let [twice, thrice] = [2, 3].map(|times| shown(Signal::Situations, &chain.repeat(times)));
    assert_eq!(twice, thrice);
}

#[test]
fn a_member_who_leaves_because_of_a_block_is_counted() {
    let before = [
        Command::Approve { by: ANN, child: KAY, contact: SAM },
        Command::Create { by: KAY, group: G1, with: UserSet::of([SAM]) },
        Command::Accept { by: SAM, group: G1 },
        // A block as such is not new any more.
        Command::Block { by: SAM, who: KIM },
    ];
    let shown = |commands: &[Command]| shown_under(Preset::PairwiseConsent, Signal::Situations, commands);
    let parting = [&before[..], &[Command::Block { by: KAY, who: SAM }]].concat();
    let (before, after) = (shown(&before), shown(&parting));
    assert_eq!(after.iter().filter(|at| !before.contains(at)).count(), 1);
}

#[test]
fn groups_are_interchangeable() {
    let swapped = Renaming::identity().swapping_groups(G1, Group::new(1));
    for seed in 0..50 {
        let commands = trace(&own(), seed, 30);
        let renamed: Vec<Command> = commands.iter().map(|command| swapped.command(command)).collect();
        assert_eq!(shown(Signal::Situations, &commands), shown(Signal::Situations, &renamed));
    }
}

#[test]
fn the_array_is_as_libfuzzer_clears_it() {
    assert_eq!(Counters::COUNT % 8, 0);
    assert_eq!((size_of::<Counters>(), align_of::<Counters>() % 8), (Counters::COUNT, 0));
}
