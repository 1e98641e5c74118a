//! The parts of the search of a policy that cannot be seen from outside: packing, permutations, keys and
//! shards.

use std::collections::{HashMap, HashSet};

use chatwarden::format::BuiltInCast;
use chatwarden_model::{
    Cast, Command, Group, Kind, MAX_GROUPS, Preset, Renaming, Setup, State, User, UserSet, step,
};

use super::PolicySearch;
use super::packing::{AccountPacking, Accounts, GroupPacking, account_words, group_words};
use super::permutations::{self, Permutations};
use super::plain::Plain;
use super::table::{Entry, States};
use crate::flips::flips;

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
fn packed_accounts_and_groups_are_unpacked_unchanged() {
    let setup = setup(scattered(), 1);
    assert!(account_words(&setup.cast) <= 2 && group_words(&setup.cast) <= 1);
    let accounts: AccountPacking<9, 2> = AccountPacking::new(&setup.cast);
    let group: GroupPacking<1> = GroupPacking::new(&setup.cast);
    let mut packed = HashSet::new();
    let all = reached::<9, 1>(&setup);
    for state in &all {
        let bits = (accounts.pack(state), group.pack(state.group(Group::new(0))));
        let unpacked = accounts.unpack(&bits.0).with_groups([group.unpack(&bits.1)]);
        assert_eq!(unpacked, *state);
        packed.insert(bits);
    }
    assert_eq!(packed.len(), all.len());
    assert!(all.iter().any(|state| !state.group(Group::new(0)).invited().is_empty()));
}

#[test]
fn every_part_of_a_state_changes_its_key() {
    let setup = setup(BuiltInCast::Family.named_cast().cast, 2);
    let mut state: State<9, MAX_GROUPS> = setup.start();
    state.group_mut(Group::new(1)).invite(User::new(4), User::new(5));
    let search = PolicySearch { symmetry: false, ..PolicySearch::new(setup) };
    let plain = Plain::<9, 2, 1, 2>::new(&search);
    let mut factored = super::factored::tests::canonical_of::<9, 2>(&search);
    let mut keys = HashMap::from([(format!("{:?}", plain.canonical(&state)), "nothing".to_string())]);
    let mut factored_keys = HashMap::from([(factored(&state), "nothing".to_string())]);
    for (part, flipped) in flips(&state, setup.groups) {
        let other = keys.insert(format!("{:?}", plain.canonical(&flipped)), part.clone());
        assert_eq!(other, None, "{part}");
        let other = factored_keys.insert(factored(&flipped), part.clone());
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
            let words = (account_words(&cast), group_words(&cast));
            assert!(words.0 <= 16 && words.1 <= 6, "{children} children, {guardians} guardians: {words:?}");
            GroupPacking::<6>::new(&cast);
        }
    }
}

#[test]
fn the_least_of_an_orbit_is_the_least_of_all_permuted_states() {
    let setup = setup(scattered(), 0);
    let packing: AccountPacking<9, 2> = AccountPacking::new(&setup.cast);
    let renamings = permutations::of_users(&setup.cast, true);
    assert_eq!(renamings.len(), 2 * 6, "two guardians with their children, three adults");
    let permutations = Permutations::new(&renamings, |renaming| packing.renamed(renaming));
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
fn permuted_states_have_the_same_key() {
    let search = PolicySearch::new(setup(scattered(), 2));
    let plain = Plain::<9, 2, 1, 2>::new(&search);
    let renamings = Renaming::keeping(&search.setup.cast, 2, 100);
    assert_eq!(renamings.len(), 2 * 6 * 2);
    for state in reached::<9, 2>(&search.setup).iter().step_by(20) {
        let key = plain.canonical(state);
        assert!(renamings.iter().all(|renaming| plain.canonical(&renaming.state(state)) == key));
    }
}

#[test]
fn too_many_permutations_are_cut_down_to_a_group() {
    let mut cast = Cast::default();
    add(&mut cast, 9, Kind::Adult, UserSet::EMPTY);
    let few = Renaming::keeping(&cast, 0, 1_000);
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
