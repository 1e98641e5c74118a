//! A trace to each point. It is the first of the shortest if a breadth-first search finds it. It is a
//! shrunk random trace if the point needs a history, a second group, or more commands than can be
//! searched.
//!
//! `choose` picks the traces of a suite.

use std::collections::HashSet;

use chatwarden_model::{Bounds, Command, MAX_USERS, Setup, State, step};
use foldhash::fast::FixedState;

use super::SuiteConfig;
use crate::SearchMonitor;
use chatwarden::coverage::{HistoryFacts, Point, Points, Reachability, StateView};
use chatwarden::generate::{Generator, Seeded};
use chatwarden::shrink::Shrinker;

/// The number of commands that are tried breadth-first before the random search.
const TRIALS: usize = 200_000_000;

/// The random search ends after so many traces in a row without a new point.
const MAX_IDLE: u64 = 30_000;

/// The number of commands in a random trace.
const LENGTH: usize = 30;

/// The seed of the random traces; any number would do.
const SEED: u64 = 5;

/// A point and a trace whose last command shows it.
pub(super) type Witness = (Point, Vec<Command>);

/// A witness for every point that is found, in the order of the points.
pub(super) fn find(
    config: &SuiteConfig,
    reachability: &Reachability,
    monitor: &SearchMonitor,
) -> Vec<Witness> {
    let mut wanted = reachability.possible();
    let mut witnesses = if config.setup.cast.len() <= 5 {
        shortest::<5>(config, reachability, &mut wanted, monitor)
    } else {
        shortest::<MAX_USERS>(config, reachability, &mut wanted, monitor)
    };
    seek(config, &mut wanted, &mut witnesses, monitor);
    witnesses.sort_by_key(|(point, _)| *point);
    witnesses
}

/// A state, and the transition by which it was reached.
struct Node<const U: usize> {
    state: State<U, 1>,
    from: Option<(usize, Command)>,
}

/// The first of the shortest traces to each point that a single group can show.
fn shortest<const U: usize>(
    config: &SuiteConfig,
    reachability: &Reachability,
    wanted: &mut Points,
    monitor: &SearchMonitor,
) -> Vec<Witness> {
    let setup = Setup { groups: config.setup.groups.min(1), ..config.setup };
    let commands = Bounds { commands: config.commands, ..setup.bounds() }.all();
    let mut left = wanted.iter().filter(|point| reachability.reachable.contains(*point)).count();
    let start: State<U, 1> = setup.start();
    let mut known: HashSet<State<U, 1>, FixedState> = HashSet::default();
    known.insert(start);
    let mut nodes = vec![Node { state: start, from: None }];
    let mut witnesses = Vec::new();
    for at in 0..TRIALS / commands.len().max(1) {
        let bytes = nodes.capacity() * size_of::<Node<U>>() + known.capacity() * size_of::<State<U, 1>>();
        if left == 0 || at >= nodes.len() || bytes as u64 > config.memory || monitor.is_stopped() {
            break;
        }
        let state = nodes[at].state;
        let view = StateView { state: &state, policy: &setup.policy, history: None };
        for command in commands.iter().take_while(|_| !monitor.is_stopped()) {
            view.each_point(command, |point| {
                if wanted.remove(point) {
                    left -= usize::from(reachability.reachable.contains(point));
                    witnesses.push((point, trace(&nodes, at, *command)));
                }
            });
            let mut after = state;
            let changes = step(&mut after, &setup.policy, command).decision.is_allowed() && after != state;
            if changes && known.insert(after) {
                nodes.push(Node { state: after, from: Some((at, *command)) });
            }
        }
    }
    witnesses
}

/// The commands that lead to a node, and one more.
fn trace<const U: usize>(nodes: &[Node<U>], at: usize, last: Command) -> Vec<Command> {
    let mut trace = vec![last];
    let mut node = &nodes[at];
    while let Some((before, command)) = node.from {
        trace.push(command);
        node = &nodes[before];
    }
    trace.reverse();
    trace
}

/// Shrunk traces to the points that are left, from random traces that aim at them.
fn seek(config: &SuiteConfig, wanted: &mut Points, witnesses: &mut Vec<Witness>, monitor: &SearchMonitor) {
    let setup = &config.setup;
    let (mut run, mut idle) = (0, 0);
    while idle < MAX_IDLE && !wanted.is_empty() && !monitor.is_stopped() {
        let targets: Vec<Point> = wanted.iter().collect();
        let mut choices = Seeded::of_run(SEED, run);
        let mut generator = Generator::for_run(setup, config.commands, &mut choices);
        let commands = generator.run(setup, LENGTH, &targets, &mut choices);
        let shown = first_shown(setup, &commands, wanted);
        (run, idle) = (run + 1, if shown.is_empty() { idle + 1 } else { 0 });
        for (point, length) in shown {
            wanted.remove(point);
            witnesses.push((point, shrunk(config, point, commands[..length].to_vec(), monitor)));
        }
    }
}

/// The wanted points that the commands show, each with the number of commands to its first occurrence.
fn first_shown(setup: &Setup, commands: &[Command], wanted: &Points) -> Vec<(Point, usize)> {
    let mut first: Vec<(Point, usize)> = Vec::new();
    let (mut state, mut history): (State, HistoryFacts) = (setup.start(), HistoryFacts::default());
    for (at, command) in commands.iter().enumerate() {
        StateView { state: &state, policy: &setup.policy, history: Some(&history) }.each_point(
            command,
            |point| {
                if wanted.contains(point) && first.iter().all(|(known, _)| *known != point) {
                    first.push((point, at + 1));
                }
            },
        );
        let before = state;
        let allowed = step(&mut state, &setup.policy, command).decision.is_allowed();
        history.record(&before, command, allowed, &state);
    }
    first
}

/// A simpler trace whose last command shows the point; the simplest one unless the search is stopped.
fn shrunk(
    config: &SuiteConfig,
    point: Point,
    commands: Vec<Command>,
    monitor: &SearchMonitor,
) -> Vec<Command> {
    let (setup, wanted) = (&config.setup, [point].into_iter().collect());
    let mut shrinker = Shrinker::new(setup, config.commands, commands);
    while let Some(candidate) = shrinker.propose().filter(|_| !monitor.is_stopped()) {
        let shown = first_shown(setup, candidate, &wanted);
        shrinker.record_outcome(shown.first().map(|(_, length)| *length));
    }
    shrinker.best().to_vec()
}
