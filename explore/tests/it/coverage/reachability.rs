//! The points that an exhaustive search calls reachable, against a plain enumeration: every state in a hash
//! set, and every command in each.

use chatwarden::coverage::{Coverage, PointStatus, Points, Reachability, StateView};
use chatwarden::generate::{Generator, Seeded};
use chatwarden::model::{Cast, EnumSet, Kind, NamedEnum, Policy, Preset, Setup, State, UserSet, step};
use chatwarden_explore::SearchMonitor;
use chatwarden_explore::suite::{self, SuiteConfig};

use chatwarden_test_support::{FastSet, random_policy};

/// A child, its guardian and an adult; two children and their guardians; a child of two guardians and an
/// adult.
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

/// The points that are shown in some state that can be reached.
fn enumerated(setup: &Setup) -> Points {
    let commands = setup.bounds().all();
    let start: State<4, 1> = setup.start();
    let (mut known, mut left, mut points) = (FastSet::from_iter([start]), vec![start], Points::default());
    while let Some(state) = left.pop() {
        let view = StateView { state: &state, policy: &setup.policy, history: None };
        for command in &commands {
            view.each_point(command, |point| {
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

/// Points that need history or a second group are not seen by the search and must not be excluded.
#[test]
fn no_point_that_a_trace_shows_is_reported_as_unreachable() {
    for setup in casts()
        .into_iter()
        .flat_map(|cast| policies().into_iter().map(move |policy| Setup { cast, groups: 2, policy }))
    {
        let reachability = suite::reachability(&SuiteConfig::new(setup), &SearchMonitor::default());
        assert!(reachability.is_complete);
        let targets: Vec<_> = reachability.possible().iter().collect();
        let mut seen = Coverage::default();
        for run in 0..400 {
            let mut choices = Seeded::of_run(9, run);
            let mut generator = match run % 3 {
                0 => Generator::uniform(&setup, EnumSet::all()),
                _ => Generator::for_run(&setup, EnumSet::all(), &mut choices),
            };
            let targets = if run % 3 == 1 { targets.as_slice() } else { &[] };
            seen.follow(&setup, &generator.run(&setup, 40, targets, &mut choices));
        }
        for point in seen.points().iter() {
            let status = reachability.status(&Coverage::default(), point);
            assert_ne!(status, PointStatus::Unreachable, "{point} under {setup:?}");
        }
    }
}

#[test]
fn reachable_points_are_those_that_some_state_shows() {
    for cast in casts() {
        for policy in policies() {
            let setup = Setup { cast, groups: 1, policy };
            let reachable = enumerated(&setup);
            let expected = Reachability { reachable, is_complete: true, lacks_second_group: true };
            assert_eq!(
                suite::reachability(&SuiteConfig::new(setup), &SearchMonitor::default()),
                expected,
                "{setup:?}"
            );
        }
    }
}
