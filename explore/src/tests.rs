//! The parts of the search that cannot be seen from outside: packing, renaming, keys, shards.

use std::collections::HashSet;

use chatwarden_model::{Cast, Command, Kind, Preset, Renaming, Setup, State, User, UserSet, step};

use super::facts::{Accounts, Facts, words};
use super::key::Key;
use super::orbits::Orbits;
use super::store::Shard;

/// A cast in which the kinds stand in disorder, so that no set of a kind is a run of neighbours.
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

/// Accounts as they come about, by every tenth command about accounts after another one.
fn reached<const U: usize>(cast: &Cast) -> Vec<Accounts<U>> {
    let policy = Preset::MessengerKids.policy();
    let commands = Setup { cast: *cast, groups: 0, policy }.bounds().well_typed();
    let commands: Vec<Command> = commands.into_iter().filter(|command| command.group().is_none()).collect();
    let mut accounts: Accounts<U> = State::new(cast);
    let mut all = vec![accounts];
    for nth in 0..2_000 {
        let outcome = step(&mut accounts, &policy, &commands[nth * nth % 4_001 * 7 % commands.len()]);
        if outcome.decision.is_allowed() {
            all.push(accounts);
        }
    }
    let different: HashSet<_> = all.iter().collect();
    assert!(different.len() > 100, "only {} accounts are different", different.len());
    all
}

#[test]
fn what_is_packed_comes_out_as_it_went_in() {
    let cast = scattered();
    assert!(words(&cast) <= 2);
    let facts: Facts<9, 2> = Facts::new(&cast);
    let all = reached(&cast);
    for accounts in &all {
        assert_eq!(facts.unpack(&facts.pack(accounts)), *accounts);
    }
    let packed: HashSet<_> = all.iter().map(|accounts| facts.pack(accounts)).collect();
    assert_eq!(packed.len(), all.iter().collect::<HashSet<_>>().len());
}

#[test]
fn sixteen_words_hold_the_largest_cast_of_any_kinds() {
    for children in 0..=16 {
        for guardians in 0..=16 - children {
            let mut cast = Cast::default();
            add(&mut cast, guardians, Kind::Guardian, UserSet::EMPTY);
            let all = cast.kinds().guardians;
            add(&mut cast, children, Kind::Child, all);
            add(&mut cast, 16 - children - guardians, Kind::Adult, UserSet::EMPTY);
            assert!(words(&cast) <= 16, "{children} children, {guardians} guardians: {}", words(&cast));
            assert!(cast.len() == 16);
        }
    }
}

#[test]
fn the_least_of_an_orbit_is_the_least_of_all_renamed_states() {
    let cast = scattered();
    let facts: Facts<9, 2> = Facts::new(&cast);
    let orbits = Orbits::new(&cast, &facts, true);
    assert_eq!(orbits.renamings().len(), 2 * 6, "two guardians with their children, three adults");
    let all = reached(&cast);
    let (mut images, mut by) = (Vec::new(), Vec::new());
    for pair in all.windows(2) {
        let bits = facts.pack(&pair[0]);
        orbits.images(&bits, &mut images);
        let changed =
            facts.pack(&pair[1]).iter().zip(&bits).map(|(one, other)| one ^ other).collect::<Vec<_>>();
        let least = orbits.least(&images, &[changed[0], changed[1]], &mut by);
        let renamed: Vec<_> =
            orbits.renamings().iter().map(|renaming| facts.pack(&renaming.state(&pair[1]))).collect();
        assert_eq!(Some(&least), renamed.iter().min());
        let leading: Vec<_> = (0..renamed.len()).filter(|&nth| renamed[nth] == least).collect();
        assert!(by.iter().map(|&nth| usize::from(nth)).eq(leading));
    }
}

#[test]
fn too_many_renamings_are_cut_down_to_a_group() {
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

#[test]
fn keys_hold_what_they_are_given() {
    fn check<K: Key>(groups: &[u32]) {
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
fn a_shard_keeps_each_state_once_and_by_distance() {
    let mut shard: Shard<1, u64> = Shard::new();
    let all: Vec<u64> = (0..1_000).collect();
    shard.insert(&[5], &all[..10]);
    shard.end_level();
    shard.insert(&[5], &all[5..100]);
    shard.insert(&[6], &all);
    shard.insert(&[6], &all);
    assert_eq!((shard.len(), shard.reached()), (10, 1_100));
    shard.end_level();
    assert_eq!((shard.level(0).len(), shard.level(1).len()), (10, 1_090));
    assert!(shard.level(1).is_sorted());
    assert_eq!(shard.find(&[6], 999).map(Key::groups), Some(999));
    assert_eq!(shard.find(&[5], 999), None);
    assert_eq!(shard.find(&[7], 0), None);
}
