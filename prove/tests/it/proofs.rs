//! What is proved of policies, and the search: what it breaks is not proved.

use chatwarden_explore::{PolicySearch, SearchMonitor, explore};
use chatwarden_model::{NamedEnum, Policy, Preset, Promise, Transition, decide, step};
use chatwarden_prove::case::Case;
use chatwarden_prove::{Answer, Claim, Program, Proof, counterexample_to_induction, prove};
use chatwarden_test_support::{random_policy, small};

use crate::support::{not_proved, proof, solver};

/// The promises that are not proved of a preset.
fn open_promises(preset: Preset) -> &'static [Promise] {
    use Promise::{Delivery, Invitation, NoStrangers};
    match preset {
        Preset::MessengerKids | Preset::PairwiseConsent => &[],
        Preset::MessengerKids2019 | Preset::AdderOnly | Preset::InviteTimeOnly => &[NoStrangers, Delivery],
        Preset::AtLeastOneContact | Preset::NoContactRule => &[NoStrangers, Delivery, Invitation],
    }
}

/// The promises that histories of up to so many commands break, with few users and a group.
fn broken(policy: Policy, depth: usize) -> Vec<Promise> {
    let search = PolicySearch { depth: Some(depth), ..PolicySearch::new(small(policy, 1)) };
    let found = explore(&search, &SearchMonitor::default());
    let is_broken = |promise: &Promise| found.result_of(*promise).length().is_some();
    Promise::ALL.iter().copied().filter(is_broken).collect()
}

/// A proof about commands that are never allowed would say little.
fn assert_fires(preset: Preset, proof: &Proof) {
    let is_possible = |answer: &Answer| matches!(answer, Answer::Possible(_));
    let fires = proof.fires.iter().filter(|(_, answer)| is_possible(answer)).count();
    assert!(fires >= 15, "{preset}: {:?}", proof.fires);
}

fn assert_proved_as_expected(presets: &[Preset]) {
    for preset in presets {
        let proof = proof(&preset.policy(), None);
        assert_eq!(not_proved(&proof), open_promises(*preset), "{preset}");
        assert_fires(*preset, &proof);
    }
}

#[test]
fn what_is_proved_of_the_presets() {
    assert_proved_as_expected(&[Preset::MessengerKids, Preset::PairwiseConsent]);
}

#[test]
#[ignore = "it takes half a minute"]
fn what_is_proved_of_all_presets() {
    assert_proved_as_expected(Preset::ALL);
}

#[test]
fn the_search_breaks_what_is_not_proved_of_the_presets() {
    for preset in Preset::ALL {
        assert_eq!(broken(preset.policy(), 5), open_promises(*preset), "{preset}");
    }
}

#[test]
fn the_model_confirms_counterexamples_to_induction() {
    let (preset, solver) = (Preset::AtLeastOneContact, solver(Program::Z3));
    let policy = preset.policy();
    let proof = proof(&policy, None);
    assert_eq!(not_proved(&proof), open_promises(preset));
    let cases = Case::all(&policy, None);
    let mut confirmed = 0;
    for (promise, claim) in &proof.promises {
        let Claim::NotInductive(at) = claim else { continue };
        let found = counterexample_to_induction(&policy, &proof.invariant, &cases[*at], *promise, &solver);
        let witness = found.expect("z3 is installed").expect("the model confirms it");
        let [command] = witness.commands[..] else { panic!("there is one command: {witness:?}") };
        let before = witness.state;
        assert!(decide(&before, &policy, &command).is_allowed(), "{witness:?}");
        let mut after = before;
        let delivered = step(&mut after, &policy, &command).delivered;
        let transition = Transition {
            policy: &policy,
            before: &before,
            command: &command,
            allowed: true,
            delivered,
            after: &after,
        };
        assert!(promise.first_breach(&transition).is_some(), "{promise}: {witness:?}");
        confirmed += 1;
    }
    assert_eq!(confirmed, open_promises(preset).len());
}

/// What is proved of the policies is not broken by the search.
fn assert_search_agrees(numbers: impl Iterator<Item = u64>, promises: &[Promise], depth: usize) {
    let (mut proved, mut refuted, mut open_only) = (0, 0, 0);
    for number in numbers {
        let policy = random_policy(number);
        let proof = prove(&policy, promises, None, &solver(Program::Z3)).expect("z3 is installed");
        let (open, broken) = (not_proved(&proof), broken(policy, depth));
        for promise in &broken {
            assert!(open.contains(promise), "{promise} is proved of policy {number}, and broken: {policy:?}");
        }
        proved += promises.len() - open.len();
        refuted += broken.len();
        open_only += open.len() - broken.len();
        println!("policy {number}: not proved {open:?}, broken {broken:?}");
    }
    println!("{proved} proved, {refuted} broken, {open_only} neither");
    assert!(proved > 0 && refuted > 0);
}

#[test]
fn the_search_breaks_nothing_that_is_proved() {
    let breakable = Promise::ALL.iter().copied().filter(|promise| !promise.is_kept_by_construction());
    assert_search_agrees(0..6, &breakable.collect::<Vec<_>>(), 4);
}

#[test]
#[ignore = "it takes six minutes"]
fn the_search_breaks_nothing_that_is_proved_of_many_policies() {
    assert_search_agrees(0..200, Promise::ALL, 6);
}

#[test]
fn another_solver_proves_the_same() {
    let policy = Preset::MessengerKids.policy();
    let other = prove(&policy, Promise::ALL, None, &solver(Program::Cvc5));
    let other = other.expect("cvc5 is installed");
    assert_eq!(not_proved(&other), open_promises(Preset::MessengerKids));
    assert_eq!(other.invariant, proof(&policy, None).invariant);
}
