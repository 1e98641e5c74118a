//! Guidance by the model: the counters say the same of the same history, nothing if they are not to, and something new when
//! a group grows; and they do not tell groups apart.

use chatwarden::adapter::memory::Memory;
use chatwarden::fuzz::{COUNTERS, Counters, Header, Input, Settings, Signal, Target};
use chatwarden::model::{Command, Group, Renaming, UserSet};
use chatwarden::wire::NamedSetup;

use super::{history, own};
use crate::support::{ANN, BOB, G1, KAY, KIM, SAM};

/// How many counters a history sets, and a hash of which.
fn shown(signal: Signal, commands: &[Command]) -> Vec<usize> {
    // Each call has counters of its own; tests run side by side.
    let counters: &'static Counters = Box::leak(Box::default());
    let settings = Settings { signal, ..Settings::default() };
    let mut target = Target::new(|| Ok(Memory::new()), settings, counters).expect("the service starts");
    let input = Input { header: Header::of(&NamedSetup::default()), commands: commands.to_vec() };
    target.run(&input.encode());
    counters.shown().collect()
}

fn new_in(signal: Signal, shorter: &[Command], longer: &[Command]) -> bool {
    let before = shown(signal, shorter);
    shown(signal, longer).iter().any(|at| !before.contains(at))
}

#[test]
fn the_same_history_shows_the_same() {
    for signal in [Signal::Situations, Signal::Points] {
        for seed in 0..50 {
            let commands = history(&own(), seed, 30);
            assert_eq!(shown(signal, &commands), shown(signal, &commands));
            assert!(!shown(signal, &commands).is_empty());
        }
    }
}

#[test]
fn nothing_is_shown_if_nothing_is_to_be() {
    assert_eq!(shown(Signal::Silent, &history(&own(), 1, 40)), Vec::<usize>::new());
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
    // Said again, none of it is.
    let twice = [chain, chain].concat();
    let same = [Command::Message { by: KAY, group: G1 }, Command::Message { by: KAY, group: G1 }];
    assert!(!new_in(Signal::Situations, &[&twice[..], &same[..1]].concat(), &[&twice[..], &same].concat()));
}

#[test]
fn groups_are_not_told_apart() {
    let swapped = Renaming::identity().swapping_groups(G1, Group::new(1));
    for seed in 0..50 {
        let commands = history(&own(), seed, 30);
        let renamed: Vec<Command> = commands.iter().map(|command| swapped.command(command)).collect();
        assert_eq!(shown(Signal::Situations, &commands), shown(Signal::Situations, &renamed));
    }
}

#[test]
fn the_array_is_as_libfuzzer_clears_it() {
    assert_eq!(COUNTERS % 8, 0);
    assert_eq!((size_of::<Counters>(), align_of::<Counters>() % 8), (COUNTERS, 0));
}
