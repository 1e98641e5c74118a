//! The parts of the search of a policy that cannot be seen from outside: packing, permutations, keys and
//! shards.

use std::collections::{HashMap, HashSet};

use chatwarden::format::BuiltInCast;
use chatwarden_model::{
    Cast, Command, Group, Kind, MAX_GROUPS, Preset, Renaming, Setup, State, SymmetryGroup, User, UserSet,
    step,
};

use super::packing::{AccountPacking, Accounts, account_words};
use super::permutations::Permutations;
use super::shard::Shard;
use super::state_key::StateKey;
use super::stepper::Stepper;
use super::table::{Entry, States};
use super::{SearchContext, permutations_of_users};
use crate::flips::flips;
use crate::policy::plain::Plain;
use crate::{PolicySearch, SearchMonitor};

/// A cast in which the kinds are mixed, so that the users of a kind are not consecutive.
fn scattered() -> Cast {
    let mut cast = Cast::default();
    let guardians = UserSet::from_bits(0b1_0010_0010);
    for index in 0..9 {
        match index {
            1 | 5 | 8 => cast.add(Kind::Guardian, UserSet::EMPTY),
            0 | 6 => cast.add(Kind::Child, guardians.without(User::new(index / 6 * 3 + 5))),
            3 => cast.add(Kind::Child, guardians),
            _ => cast.add(Kind::Adult, UserSet::EMPTY),
        };
    }
    cast
}

fn add(cast: &mut Cast, count: usize, kind: Kind, guardians: UserSet) {
    for _ in 0..count {
        cast.add(kind, guardians);
    }
}

fn setup(cast: Cast, groups: usize) -> Setup {
    Setup { cast, groups, policy: Preset::PairwiseConsent.policy() }
}

/// Distinct states that commands lead to, chosen without a system.
fn reached<const U: usize, const G: usize>(setup: &Setup) -> Vec<State<U, G>> {
    let commands: Vec<Command> = setup.bounds().well_typed();
    let mut state: State<U, G> = setup.start();
    let mut all = vec![state];
    let mut distinct = HashSet::from([state]);
    for nth in 0..40_000 {
        let command = &commands[nth * nth % 40_009 * 7 % commands.len()];
        if step(&mut state, &setup.policy, command).decision.is_allowed() && distinct.insert(state) {
            all.push(state);
        }
    }
    assert!(all.len() > 100, "only {} states are distinct", all.len());
    all
}

#[test]
fn packed_accounts_are_unpacked_unchanged() {
    let setup = setup(scattered(), 0);
    assert!(account_words(&setup.cast) <= 2);
    let packing: AccountPacking<9, 2> = AccountPacking::new(&setup.cast);
    let all = reached::<9, 0>(&setup);
    let packed: HashSet<_> = all.iter().map(|accounts| packing.pack(accounts)).collect();
    assert_eq!(packed.len(), all.len());
    assert!(all.iter().all(|accounts| packing.unpack(&packing.pack(accounts)) == *accounts));
}

#[test]
fn every_part_of_a_state_changes_its_key() {
    let setup = setup(BuiltInCast::Family.named_cast().cast, 2);
    let mut state: State<9, MAX_GROUPS> = setup.start();
    state.group_mut(Group::new(1)).invite(User::new(4), User::new(5));
    let search = PolicySearch { symmetry: false, ..PolicySearch::new(setup) };
    let monitor = SearchMonitor::default();
    let context = SearchContext::<9, 2>::new(&search, &monitor, u64::MAX);
    let mut stepper = Stepper::new(&context);
    let mut key =
        |state: &State<9, MAX_GROUPS>| stepper.canonical::<u128>(state).expect("there are numbers enough");
    let mut keys = HashMap::from([(key(&state), "nothing".to_string())]);
    for (part, flipped) in flips(&state, setup.groups) {
        let other = keys.insert(key(&flipped), part.clone());
        assert_eq!(other, None, "{part}");
    }
}

#[test]
fn the_largest_casts_of_any_kinds_can_be_packed() {
    for children in 0..=16 {
        for guardians in 0..=16 - children {
            let mut cast = Cast::default();
            add(&mut cast, guardians, Kind::Guardian, UserSet::EMPTY);
            let all = cast.kinds().guardians;
            add(&mut cast, children, Kind::Child, all);
            add(&mut cast, 16 - children - guardians, Kind::Adult, UserSet::EMPTY);
            assert_eq!(cast.len(), 16);
            let words = account_words(&cast);
            assert!(words <= 16, "{children} children, {guardians} guardians: {words}");
        }
    }
}

#[test]
fn the_least_of_an_orbit_is_the_least_of_all_permuted_states() {
    let setup = setup(scattered(), 0);
    let packing: AccountPacking<9, 2> = AccountPacking::new(&setup.cast);
    let renamings = permutations_of_users(&PolicySearch::new(setup), 1).renamings;
    assert_eq!(renamings.len(), 2 * 6, "two guardians with their children, three adults");
    let permutations = Permutations::new(&renamings, &packing);
    let (mut images, mut by) = (Vec::new(), Vec::new());
    for pair in reached::<9, 0>(&setup).windows(2) {
        let pair: &[Accounts<9>] = pair;
        let (bits, after) = (packing.pack(&pair[0]), packing.pack(&pair[1]));
        permutations.images(&bits, &mut images);
        let changed = std::array::from_fn(|word| bits[word] ^ after[word]);
        let least = permutations.least(&images, &changed, &mut by);
        let renamed: Vec<_> =
            renamings.iter().map(|renaming| packing.pack(&renaming.state(&pair[1]))).collect();
        assert_eq!(Some(&least), renamed.iter().min());
        let leading: Vec<_> = (0..renamed.len()).filter(|&nth| renamed[nth] == least).collect();
        assert!(by.iter().map(|&nth| usize::from(nth)).eq(leading));
    }
}

#[test]
fn permuted_states_have_the_same_representative() {
    let (search, monitor) = (PolicySearch::new(setup(scattered(), 2)), SearchMonitor::default());
    let plain = Plain::<9, 2>::new(&search, &monitor);
    let renamings = SymmetryGroup::keeping(&search.setup.cast, 2, 100).renamings;
    assert_eq!(renamings.len(), 2 * 6 * 2);
    for state in reached::<9, 2>(&search.setup).iter().step_by(20) {
        let representative = plain.canonical(state);
        assert!(renamings.iter().all(|renaming| plain.canonical(&renaming.state(state)) == representative));
    }
}

#[test]
fn too_many_permutations_are_cut_down_to_a_group() {
    let mut cast = Cast::default();
    add(&mut cast, 9, Kind::Adult, UserSet::EMPTY);
    let few = SymmetryGroup::keeping(&cast, 0, 1_000).renamings;
    assert_eq!(few.len(), 720, "six of nine adults");
    let known: HashSet<_> = few.iter().map(|one| format!("{one:?}")).collect();
    assert_eq!(known.len(), few.len());
    for one in few.iter().take(30) {
        for other in &few {
            let both = UserSet::first(9)
                .iter()
                .fold(Renaming::identity(), |both, user| both.with_user(user, one.user(other.user(user))));
            assert!(known.contains(&format!("{both:?}")));
        }
    }
}

/// A state whose hash collides with many others.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Colliding(u8);

impl Entry for Colliding {
    const NONE: Self = Colliding(u8::MAX);

    fn hash(self) -> u64 {
        u64::from(self.0 % 7) << 60
    }
}

#[test]
fn a_level_holds_each_new_state_once_and_in_order() {
    let mut states: States<Colliding> = States::new();
    (0..10).map(Colliding).for_each(|state| states.insert(state));
    states.end_level();
    (0..100).rev().chain(50..120).map(Colliding).for_each(|state| states.insert(state));
    assert_eq!((states.in_levels().len(), states.reached()), (10, 120));
    states.end_level();
    assert_eq!((states.level(0).len(), states.level(1).len()), (10, 110));
    assert!(states.level(1).is_sorted());
    assert!(states.contains(Colliding(119)) && !states.contains(Colliding(120)));
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
