//! What the shrinker promises of its results, by trying everything it claims to have tried.

use chatwarden::adapter::Adapter;
use chatwarden::adapter::fault::Fault;
use chatwarden::adapter::memory::Memory;
use chatwarden::campaign::{self, Plan, Watch};
use chatwarden::check;
use chatwarden::model::{Command, Preset, User, Word, WordSet};
use chatwarden::shrink::{BUDGET, Shrinker, measure};

use crate::support::{G1, KAY, KIM, SAM, small};

/// Shrinks a history by a predicate.
fn shrunk(history: Vec<Command>, shows: impl Fn(&[Command]) -> bool) -> Vec<Command> {
    let setup = small(Preset::MessengerKids.policy(), 1);
    let mut shrinker = Shrinker::new(&setup, WordSet::all(), history);
    while let Some(candidate) = shrinker.propose() {
        let shown = shows(candidate).then_some(candidate.len());
        shrinker.told(shown);
    }
    shrinker.best().to_vec()
}

#[test]
fn two_neighbours_are_deleted_together() {
    let block = |by: User, who: User| Command::Block { by, who };
    let [a, b, c, d] = [block(KAY, KIM), block(KIM, SAM), block(SAM, KAY), block(SAM, KIM)];
    let last = Command::Leave { by: KAY, group: G1 };
    let (long, short) = (vec![a, b, c, d, last], vec![a, d, last]);
    assert_eq!(shrunk(long.clone(), |history| history == long || history == short), short);
}

#[test]
fn no_deletion_of_one_or_two_commands_keeps_a_result() {
    for &fault in Fault::ALL {
        let make = || Ok(Memory::with_fault(fault));
        for seed in 0..5 {
            let setup = small(Preset::MessengerKids.policy(), 2);
            let plan = Plan { seed, runs: 500, ..Plan::new(setup, &Memory::new().about()) };
            let tally = campaign::conduct(&plan, &make, &Watch::default(), &|_| {}).expect("it starts");
            let Some(found) = tally.found.first() else { continue };
            let result =
                campaign::shrink(&plan, &make, found, &Watch::default(), |_, _| {}).expect("it starts");
            let identity = result.finding.identity();
            assert!(measure(&result.commands) <= measure(&found.commands), "{fault}: not simpler");
            for one in 0..result.commands.len() {
                for other in 0..=one {
                    let mut fewer = result.commands.clone();
                    fewer.remove(one);
                    if other < one {
                        fewer.remove(other);
                    }
                    let found = check::run(&mut Memory::with_fault(fault), plan.terms, &setup, &fewer);
                    let found = found.map(|finding| finding.identity());
                    assert_ne!(found, Some(identity), "{}: {fewer:?} suffices", fault.name());
                }
            }
        }
    }
}

/// A shrinker that is told again and again that nothing simpler shows the finding ends, and counts right how it came to it.
#[test]
fn executions_are_counted_and_bounded() {
    let setup = small(Preset::MessengerKids.policy(), 2);
    let histories = [vec![Command::Leave { by: KAY, group: G1 }], long_history(400)];
    for (history, is_long) in histories.into_iter().zip([false, true]) {
        let mut shrinker = Shrinker::new(&setup, WordSet::all(), history);
        let mut proposed = 0;
        while shrinker.propose().is_some() {
            proposed += 1;
            shrinker.told(None);
        }
        assert_eq!(shrinker.executions(), proposed);
        assert_eq!(shrinker.is_exhausted(), is_long, "after {proposed}");
        assert!(if is_long { proposed == BUDGET } else { proposed < BUDGET }, "{proposed} executions");
    }
}

fn long_history(len: usize) -> Vec<Command> {
    let users = [KAY, KIM, SAM];
    (0..len).map(|at| Command::Block { by: users[at % 3], who: users[at / 3 % 3] }).collect()
}
