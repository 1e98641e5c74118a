//! The mutator: its inputs are within the bounds, the same seed makes the same input, every kind of
//! change comes up, and a splice is the beginning of one trace with the end of another.

use chatwarden::format::NamedSetup;
use chatwarden::fuzz::{Header, Input, Mutator};
use chatwarden::generate::{Choices, Seeded};
use chatwarden::model::{CommandKind, EnumSet};

use super::{MOST, any_bytes, decode, own, trace};

const ROOM: usize = 8 * (MOST + 1);

fn mutator() -> Mutator {
    Mutator::new(own(), EnumSet::all(), MOST)
}

fn input(seed: u64, length: usize) -> Input {
    Input { header: Header::of(&NamedSetup::default()), commands: trace(&own(), seed, length) }
}

/// The bytes of the input mutated with the seed.
fn mutated(mutator: &mut Mutator, input: &Input, seed: u32) -> Vec<u8> {
    let mut data = input.encode();
    let size = data.len();
    data.resize(ROOM, 0);
    let len = mutator.mutate(&mut data, size, ROOM, seed);
    data.truncate(len);
    data
}

#[test]
fn a_mutated_input_is_within_the_bounds() {
    let kinds = EnumSet::from_iter([CommandKind::Approve, CommandKind::Create, CommandKind::Invite]);
    for seed in 0..5_000 {
        let mut mutator = Mutator::new(own(), kinds, 20);
        let mut data = any_bytes(seed.into());
        let size = data.len();
        let max = Seeded::of_run(seed.into(), 4).below(500);
        data.resize(size.max(max), 0);
        let len = mutator.mutate(&mut data, size, max, seed);
        assert!(len <= max, "{len} of {max} bytes");
        if max < 8 {
            continue;
        }
        let made = decode(&data[..len]).expect("it is of this version");
        assert!(made.commands.len() <= 20);
        assert!(made.commands.iter().all(|command| kinds.contains(command.kind())));
    }
}

#[test]
fn the_same_seed_makes_the_same() {
    for seed in 0..200 {
        let input = input(seed, 12);
        let [one, other] = [(); 2].map(|()| mutated(&mut mutator(), &input, seed as u32));
        assert_eq!(one, other);
    }
}

#[test]
fn every_kind_of_change_comes_up() {
    let before = input(7, 12);
    let mut mutator = mutator();
    let (mut longer, mut shorter, mut argument, mut swapped, mut repeated, mut same) = (0, 0, 0, 0, 0, 0);
    for seed in 0..5_000 {
        let after = decode(&mutated(&mut mutator, &before, seed)).expect("it can be read");
        let (one, other) = (&before.commands, &after.commands);
        longer += usize::from(other.len() > one.len());
        shorter += usize::from(other.len() < one.len());
        same += usize::from(one == other);
        if other.len() == one.len() {
            let differing: Vec<_> = (0..one.len()).filter(|at| one[*at] != other[*at]).collect();
            let same_kind = |at: &usize| one[*at].kind() == other[*at].kind();
            argument += usize::from(differing.len() == 1 && differing.iter().all(same_kind));
            swapped +=
                usize::from(matches!(differing[..], [a, b] if one[a] == other[b] && one[b] == other[a]));
        }
        repeated += usize::from(
            other.starts_with(one) && other.len() > one.len() && one.ends_with(&other[one.len()..]),
        );
    }
    let counts = [longer, shorter, argument, swapped, repeated];
    assert!(counts.iter().all(|count| *count > 50), "{counts:?}");
    assert!(same < 500, "{same} of 5000 changed nothing");
}

#[test]
fn a_splice_is_a_beginning_with_an_end() {
    let (one, other) = (input(1, 20), input(2, 20));
    let mut mutator = mutator();
    let mut lengths = std::collections::BTreeSet::new();
    for seed in 0..500 {
        let mut out = [0; ROOM];
        let len = mutator.splice(&one.encode(), &other.encode(), &mut out, seed);
        let made = decode(&out[..len]).expect("it can be read").commands;
        lengths.insert(made.len());
        let is_spliced =
            |at: usize| one.commands.starts_with(&made[..at]) && other.commands.ends_with(&made[at..]);
        assert!((0..=made.len()).any(is_spliced));
    }
    assert!(lengths.len() > 30, "{lengths:?}");
}

#[test]
fn inputs_may_be_about_any_setup() {
    let mut mutator = mutator().varying_setup();
    let mut headers = std::collections::HashSet::new();
    for seed in 0..200 {
        let mut data = vec![0; ROOM];
        let len = mutator.mutate(&mut data, 0, ROOM, seed);
        headers.insert(decode(&data[..len]).expect("it can be read").header);
    }
    assert!(headers.len() > 60, "{}", headers.len());
}

#[test]
fn half_of_a_thousand_sequences_of_mutations_launch_a_group() {
    // From an empty input, by mutations alone, without a fuzzer that keeps the best.
    let launched = (0..1_000).filter(|seed| {
        let mut mutator = mutator();
        let mut input = Input::default();
        for turn in 0..8 {
            input = decode(&mutated(&mut mutator, &input, seed * 8 + turn)).expect("it can be read");
        }
        let setup = own();
        let mut state: chatwarden::model::State = setup.start();
        input.commands.iter().for_each(|command| {
            chatwarden::model::step(&mut state, &setup.policy, command);
        });
        state.groups().any(|(_, group)| !group.members.is_empty())
    });
    let launched = launched.count();
    assert!(launched > 500, "{launched}");
}
