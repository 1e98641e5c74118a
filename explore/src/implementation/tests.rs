//! The parts of the search of an implementation that cannot be seen from outside.

use std::collections::HashMap;

use chatwarden::format::BuiltInCast;
use chatwarden_model::{Group, Preset, Setup, State, SymmetryGroup, User};

use super::stabilizers::subgroups;
use super::state_hash::StateHasher;
use crate::flips::flips;

fn setup() -> Setup {
    Setup { cast: BuiltInCast::Family.named_cast().cast, groups: 2, policy: Preset::MessengerKids.policy() }
}

#[test]
fn every_part_of_a_state_changes_its_hash() {
    let setup = setup();
    let mut state: State = setup.start();
    let [kay, kim] = [User::new(4), User::new(5)];
    state.group_mut(Group::new(1)).invite(kay, kim);
    let hasher = StateHasher::new(&setup, &[]);
    let mut known = HashMap::from([(hasher.hash(&state), "nothing".to_string())]);
    for (part, flipped) in flips(&state, setup.groups) {
        if let Some(other) = known.insert(hasher.hash(&flipped), part.clone()) {
            panic!("the hash is the same after a change of {part} and of {other}");
        }
    }
}

#[test]
fn permuted_states_have_the_same_hash_and_representative() {
    let setup = setup();
    let start: State = setup.start();
    let permutations = SymmetryGroup::keeping(&setup.cast, setup.groups, 100).renamings;
    assert!(permutations.len() > 2);
    let hasher = StateHasher::new(&setup, &permutations);
    let without = StateHasher::new(&setup, &[]);
    for (part, state) in flips(&start, setup.groups) {
        let (hash, permutation) = hasher.representative(&state);
        assert_eq!(without.hash(&permutations[permutation].state(&state)), hash, "{part}");
        for permutation in &permutations {
            assert_eq!(hasher.hash(&permutation.state(&state)), hash, "{part}");
        }
    }
}

#[test]
fn beyond_the_bound_a_stabilizer_counts_as_trivial() {
    let images = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]].map(Vec::from);
    let trivial = |number| vec![(0, number), (1, number), (2, number)];
    let whole = subgroups(&images, 3, usize::MAX);
    assert_eq!(whole, [vec![(0, 1)], vec![(0, 1), (1, 2)], trivial(2)]);
    assert_eq!(subgroups(&images, 3, 0), [vec![(0, 1)], trivial(1)]);
}
