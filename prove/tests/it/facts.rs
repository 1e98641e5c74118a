//! Each fact in the invariant of a preset is true of every state that commands lead to.

use chatwarden_model::{Concrete, Logic, NamedEnum, Policy, Preset};
use chatwarden_prove::{Fact, Invariant};
use chatwarden_test_support::small;

use crate::support::{large, proof, reached, walk};

fn facts_of(policy: &Policy) -> Vec<Fact> {
    let fact = |invariant: &Invariant| match invariant {
        Invariant::Fact(fact) => Some(*fact),
        Invariant::Promise(_) => None,
    };
    proof(policy, None).invariant.iter().filter_map(fact).collect()
}

#[track_caller]
fn assert_true<L: Logic<Truth = bool>>(facts: &[Fact], state: &L) {
    let wrong: Vec<_> = facts.iter().filter(|fact| !fact.holds(state)).collect();
    assert!(wrong.is_empty(), "{wrong:?} under {:?}", state.policy());
}

#[test]
fn the_facts_of_the_presets() {
    for preset in [Preset::MessengerKids, Preset::PairwiseConsent, Preset::AdderOnly] {
        let policy = preset.policy();
        let facts = facts_of(&policy);
        assert!(facts.len() >= 9, "{preset}: {facts:?}");
        let setup = small(policy, 1);
        let states = reached(&setup, &setup.bounds().well_typed(), 3);
        assert!(states.len() > 500, "{preset}: {}", states.len());
        for state in &states {
            assert_true(&facts, &Concrete { state, policy: &policy });
        }
        for run in 0..50 {
            walk(&large(policy), run, 100, |state, _| {
                assert_true(&facts, &Concrete { state, policy: &policy });
            });
        }
    }
}

/// A candidate that is left out is not kept, so that the others mean something.
#[test]
fn a_fact_that_is_left_out_is_false_somewhere() {
    let policy = Preset::PairwiseConsent.policy();
    let facts = facts_of(&policy);
    let left_out: Vec<Fact> = Fact::ALL.iter().copied().filter(|fact| !facts.contains(fact)).collect();
    let mut kept = left_out.clone();
    for run in 0..50 {
        walk(&large(policy), run, 100, |state, _| {
            kept.retain(|fact| fact.holds(&Concrete { state, policy: &policy }));
        });
    }
    assert_eq!((left_out.len(), &kept[..]), (3, &[][..]), "{left_out:?}");
}
