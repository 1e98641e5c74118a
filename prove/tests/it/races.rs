//! Races that are found by trying every two commands in states of few users are among those of the solver.

use std::collections::BTreeSet;

use chatwarden_model::{Command, CommandKind, NamedEnum, Policy, Preset, Promise, Transition, decide};
use chatwarden_prove::{Isolation, Program, Races, races};
use chatwarden_test_support::small;

use crate::support::{SmallState, proof, reached, solver};

/// States within so many commands are tried.
const DEPTH: usize = 4;

/// A promise, and the kinds of two commands that break it together.
type Found = (Promise, CommandKind, CommandKind);

/// The races in states within so many commands.
fn tried(policy: &Policy, promises: &[Promise], depth: usize) -> BTreeSet<Found> {
    let setup = small(*policy, 1);
    let commands = setup.bounds().well_typed();
    let (mut found, mut pairs) = (BTreeSet::new(), 0);
    for state in reached(&setup, &commands, depth) {
        let is_allowed = |command: &&Command| decide(&state, policy, command).is_allowed();
        let allowed: Vec<&Command> = commands.iter().filter(is_allowed).collect();
        for first in &allowed {
            let mut between = state;
            between.carry_out(policy, first);
            for second in &allowed {
                pairs += 1;
                for promise in broken(policy, promises, &between, second) {
                    found.insert((promise, first.kind(), second.kind()));
                }
            }
        }
    }
    assert!(pairs > 10_000, "{pairs}");
    found
}

/// The promises that the command breaks if it is carried out without being decided.
fn broken(policy: &Policy, promises: &[Promise], before: &SmallState, command: &Command) -> Vec<Promise> {
    let mut after = *before;
    let delivered = after.carry_out(policy, command);
    let transition = Transition { policy, before, command, allowed: true, delivered, after: &after };
    let is_broken = |promise: &Promise| promise.first_breach(&transition).is_some();
    promises.iter().copied().filter(is_broken).collect()
}

fn asked(policy: &Policy, promises: &[Promise]) -> Races {
    let facts = proof(policy, None).invariant;
    races(policy, &facts, promises, &solver(Program::Z3)).expect("z3 is installed")
}

/// Trying finds nothing that the solver does not find.
fn assert_tried_are_asked(preset: Preset, promises: &[Promise]) -> (BTreeSet<Found>, BTreeSet<Found>) {
    let policy = preset.policy();
    let tried = tried(&policy, promises, DEPTH);
    let asked = asked(&policy, promises);
    assert!(asked.unknown.is_empty(), "{preset}: {:?}", asked.unknown);
    let stale = asked.races.iter().filter(|race| race.isolation == Isolation::Stale);
    let asked: BTreeSet<Found> = stale.map(|race| (race.promise, race.first, race.second)).collect();
    let missing: Vec<_> = tried.difference(&asked).collect();
    assert!(missing.is_empty(), "{preset}: {missing:?} are no races for the solver");
    (tried, asked)
}

/// Few users show every race that the solver finds for any number of users.
fn assert_same_races(preset: Preset) {
    let (tried, asked) = assert_tried_are_asked(preset, &[Promise::NoStrangers, Promise::Ban]);
    assert_eq!(tried, asked, "{preset}");
    for promise in [Promise::NoStrangers, Promise::Ban] {
        assert!(tried.iter().any(|(other, ..)| *other == promise), "{preset}: no race about {promise}");
    }
}

#[test]
fn races_of_messenger_kids() {
    assert_same_races(Preset::MessengerKids);
}

#[test]
#[ignore = "it takes half a minute"]
fn races_of_pairwise_consent() {
    assert_same_races(Preset::PairwiseConsent);
}

#[test]
#[ignore = "it takes minutes"]
fn races_about_all_promises() {
    for preset in [Preset::MessengerKids, Preset::PairwiseConsent] {
        let (tried, asked) = assert_tried_are_asked(preset, Promise::ALL);
        assert!(!tried.is_empty());
        let only_asked: Vec<_> = asked.difference(&tried).collect();
        println!(
            "{preset}: {} races are found by trying; the solver finds {only_asked:?} as well",
            tried.len()
        );
    }
}
