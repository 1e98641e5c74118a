//! The keys and shards of the factored engine.

use chatwarden_model::{MAX_GROUPS, State};

use super::SearchContext;
use super::shard::Shard;
use super::state_key::StateKey;
use super::stepper::Stepper;
use crate::PolicySearch;
use crate::policy::packing::Bits;

/// The accounts and groups of the representative of a state.
pub(in crate::policy) fn canonical_of<const U: usize, const W: usize>(
    search: &PolicySearch,
) -> impl FnMut(&State<U, MAX_GROUPS>) -> (Bits<W>, u128) {
    let context = SearchContext::<U, W>::new(search, u64::MAX);
    move |state| Stepper::new(&context).canonical(state).expect("there are numbers enough")
}

#[test]
fn keys_hold_their_parts() {
    fn check<K: StateKey>(groups: &[u32]) {
        assert!(groups.iter().all(|&group| u64::from(group) < K::capacity(groups.len())));
        let key = K::of(groups).with_accounts(123_456_789);
        assert_eq!(key.accounts(), 123_456_789);
        assert_eq!(key.groups(), K::of(groups));
        for (nth, group) in groups.iter().enumerate() {
            assert_eq!(key.group(nth, groups.len()), *group);
            assert_eq!(key.with_group(nth, groups.len(), 7).group(nth, groups.len()), 7);
        }
    }
    check::<u64>(&[]);
    check::<u64>(&[4_000_000_000]);
    check::<u64>(&[65_535, 1]);
    check::<u128>(&[4_000_000_000, 0, 4_294_967_295]);
    check::<u128>(&[4_095; 8]);
}

#[test]
fn a_shard_finds_the_states_that_were_added() {
    let mut shard: Shard<1, u64> = Shard::new();
    let all: Vec<u64> = (0..1_000).collect();
    shard.insert(&[5], &all[..100]);
    shard.insert(&[6], &all);
    shard.insert(&[6], &all);
    assert_eq!(shard.states.reached(), 1_100);
    assert_eq!(shard.find(&[6], 999).map(StateKey::groups), Some(999));
    assert_eq!(shard.find(&[5], 999), None);
    assert_eq!(shard.find(&[7], 0), None);
}
