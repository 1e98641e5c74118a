//! `Arbitrary` for inputs: any bytes make an input within its bounds, the same bytes make the same
//! one, other bytes another one, and every kind of setup comes up.

use std::collections::BTreeSet;

use arbitrary::{Arbitrary, Unstructured};
use chatwarden::format::{CastSpec, NamedSetup, PolicySpec};
use chatwarden::fuzz::Input;
use chatwarden::generate::{Choices, Seeded};
use chatwarden::model::{EnumSet, NamedEnum, Preset, State, step};

use super::MOST;

fn any_bytes(seed: u64) -> Vec<u8> {
    random_bytes(seed, Seeded::of_run(seed, 6).below(1_000))
}

fn random_bytes(seed: u64, len: usize) -> Vec<u8> {
    let mut choices = Seeded::of_run(seed, 5);
    (0..len).map(|_| choices.below(256) as u8).collect()
}

fn input(bytes: &[u8]) -> Input {
    Input::arbitrary(&mut Unstructured::new(bytes)).expect("any bytes make an input")
}

#[test]
fn any_bytes_make_an_input_within_its_bounds() {
    for seed in 0..5_000 {
        let input = input(&any_bytes(seed));
        let named = input.header.named_setup(&NamedSetup::default());
        let setup = named.setup();
        assert!(input.commands.len() <= MOST);
        for command in &input.commands {
            assert!(command.users().is_subset(setup.cast.kinds().everyone()));
            assert!(command.group().is_none_or(|group| group.index() < setup.groups));
        }
        assert_eq!(Input::decode(&input.encode(), &setup, EnumSet::all(), MOST), Ok(input));
    }
    let none = input(&[]);
    assert!(none.commands.is_empty());
    for constant in [[0; 400], [0xff; 400]] {
        assert!(!input(&constant).commands.is_empty());
    }
}

#[test]
fn the_bytes_decide() {
    let mut inputs = BTreeSet::new();
    for seed in 0..1_000 {
        let bytes = random_bytes(seed, 400);
        assert_eq!(input(&bytes), input(&bytes));
        inputs.insert(input(&bytes).encode());
        let (few, all) = (input(&bytes[..60]).commands.len(), input(&bytes).commands.len());
        assert!(few < all, "seed {seed}: {few} and {all}");
    }
    assert_eq!(inputs.len(), 1_000);
}

#[test]
fn every_kind_of_setup_comes_up() {
    let mut setups = BTreeSet::new();
    for seed in 0..5_000 {
        let named = NamedSetup::arbitrary(&mut Unstructured::new(&any_bytes(seed))).expect("any bytes do");
        let CastSpec::BuiltIn(cast) = named.cast else { panic!("a cast that is not built in") };
        let policy = match named.policy {
            PolicySpec::Preset(preset) => preset.name(),
            PolicySpec::Full(_) => "in full",
        };
        setups.insert((cast, named.groups.len(), policy));
    }
    assert_eq!(setups.len(), 2 * 3 * (Preset::ALL.len() + 1), "{setups:?}");
}

#[test]
fn most_commands_are_allowed_or_near_misses() {
    let (mut near, mut all) = (0, 0);
    for seed in 0..500 {
        let input = input(&any_bytes(seed));
        let setup = input.header.setup(&NamedSetup::default().setup());
        let mut state: State = setup.start();
        for command in &input.commands {
            near += usize::from(step(&mut state, &setup.policy, command).decision.failures() <= 1);
            all += 1;
        }
    }
    assert!(all > 10_000 && near * 10 > all * 9, "{near} of {all}");
}
