//! What an exhaustive search says can be covered, against the plainest enumeration: every state in a hash map, and every
//! command that can be written down in each.

use chatwarden::coverage::{Coverage, PointStatus, Points, Reachability, StateView};
use chatwarden::generate::{Generator, Seeded};
use chatwarden::model::{Cast, EnumSet, Kind, NamedEnum, Policy, Preset, Setup, State, UserSet, step};
use chatwarden_explore::SearchMonitor;
use chatwarden_explore::suite::{self, SuiteConfig};

use chatwarden_test_support::{FastSet, random_policy};

/// A child, its guardian and an adult; two children and their guardians; a child of two guardians and an adult.
fn casts() -> [Cast; 3] {
    [(1, 1, 1), (2, 1, 0), (1, 2, 1)].map(|(children, guardians_of_each, adults)| {
        let mut cast = Cast::default();
        for _ in 0..children {
            let guardians = (0..guardians_of_each).map(|_| cast.add(Kind::Guardian, UserSet::EMPTY));
            let guardians: UserSet = guardians.collect();
            cast.add(Kind::Child, guardians);
        }
        for _ in 0..adults {
            cast.add(Kind::Adult, UserSet::EMPTY);
        }
        cast
    })
}

/// What is seen in every state that can be reached.
fn enumerated(setup: &Setup) -> Points {
    let commands = setup.bounds().all();
    let start: State<4, 1> = setup.start();
    let (mut known, mut left, mut points) = (FastSet::from_iter([start]), vec![start], Points::default());
    while let Some(state) = left.pop() {
        let situation = StateView { state: &state, policy: &setup.policy, history: None };
        for command in &commands {
            situation.each_point(command, |point| {
                points.insert(point);
            });
            let mut after = state;
            step(&mut after, &setup.policy, command);
            if known.insert(after) {
                left.push(after);
            }
        }
    }
    points
}

fn policies() -> Vec<Policy> {
    Preset::ALL.iter().map(|preset| preset.policy()).chain((0..8).map(random_policy)).collect()
}

/// Also where it took a history or a second group, of which the search knows nothing.
#[test]
fn nothing_that_a_run_shows_is_called_unreachable() {
    for setup in casts()
        .into_iter()
        .flat_map(|cast| policies().into_iter().map(move |policy| Setup { cast, groups: 2, policy }))
    {
        let ground = suite::ground(&SuiteConfig::new(setup), &SearchMonitor::default());
        assert!(ground.is_complete);
        let targets: Vec<_> = ground.possible().iter().collect();
        let mut seen = Coverage::default();
        for run in 0..400 {
            let mut choices = Seeded::of_run(9, run);
            let generator = match run % 3 {
                0 => Generator::uniform(&setup, EnumSet::all()),
                _ => Generator::for_run(&setup, EnumSet::all(), &mut choices),
            };
            let targets = if run % 3 == 1 { targets.as_slice() } else { &[] };
            seen.follow(&setup, &generator.run(&setup, 40, targets, &mut choices));
        }
        for point in seen.points().iter() {
            let standing = ground.status(&Coverage::default(), point);
            assert_ne!(standing, PointStatus::Unreachable, "{point} under {setup:?}");
        }
    }
}

#[test]
fn what_can_be_covered_is_what_is_seen_in_some_state() {
    for cast in casts() {
        for policy in policies() {
            let setup = Setup { cast, groups: 1, policy };
            let reachable = enumerated(&setup);
            let expected = Reachability { reachable, is_complete: true, lacks_second_group: true };
            assert_eq!(
                suite::ground(&SuiteConfig::new(setup), &SearchMonitor::default()),
                expected,
                "{setup:?}"
            );
        }
    }
}
