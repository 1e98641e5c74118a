//! A history to each point: the first of the shortest where a search breadth-first comes upon it, and a shrunk one
//! where the point takes a past, a second group, or more commands than can be searched.
//!
//! Which histories become part of a suite is chosen elsewhere.

use std::collections::HashSet;

use chatwarden_model::{Bounds, Command, MAX_USERS, Setup, State, step};
use foldhash::fast::FixedState;

use super::SuiteConfig;
use crate::SearchMonitor;
use chatwarden::coverage::{HistoryFacts, Point, Points, Reachability, StateView};
use chatwarden::generate::{Generator, Seeded};
use chatwarden::shrink::Shrinker;

/// How many commands are tried breadth-first before the rest is sought.
const TRIALS: usize = 200_000_000;

/// How many runs in a row may show nothing new before the search for what is left is given up.
const IDLE: u64 = 30_000;

/// How many commands such a run has.
const LENGTH: usize = 30;

/// From what the choices of these runs follow; any number would do.
const SEED: u64 = 5;

/// A point and a history that shows it with its last command.
pub(super) type Witness = (Point, Vec<Command>);

/// A witness for every point that is come upon, in the order of the points.
pub(super) fn find(plan: &SuiteConfig, ground: &Reachability, watch: &SearchMonitor) -> Vec<Witness> {
    let mut wanted = ground.possible();
    let mut witnesses = if plan.setup.cast.len() <= 5 {
        shortest::<5>(plan, ground, &mut wanted, watch)
    } else {
        shortest::<MAX_USERS>(plan, ground, &mut wanted, watch)
    };
    seek(plan, &mut wanted, &mut witnesses, watch);
    witnesses.sort_by_key(|(point, _)| *point);
    witnesses
}

/// A state, and how it was come to.
struct Node<const U: usize> {
    state: State<U, 1>,
    from: Option<(usize, Command)>,
}

/// The first of the shortest histories to each point that a single group can show.
fn shortest<const U: usize>(
    plan: &SuiteConfig,
    ground: &Reachability,
    wanted: &mut Points,
    watch: &SearchMonitor,
) -> Vec<Witness> {
    let setup = Setup { groups: plan.setup.groups.min(1), ..plan.setup };
    let commands = Bounds { commands: plan.commands, ..setup.bounds() }.all();
    let mut left = wanted.iter().filter(|point| ground.reachable.contains(*point)).count();
    let start: State<U, 1> = setup.start();
    let mut known: HashSet<State<U, 1>, FixedState> = HashSet::default();
    known.insert(start);
    let mut nodes = vec![Node { state: start, from: None }];
    let mut witnesses = Vec::new();
    for at in 0..TRIALS / commands.len().max(1) {
        if left == 0 || at >= nodes.len() || watch.is_stopped() {
            break;
        }
        let state = nodes[at].state;
        let situation = StateView { state: &state, policy: &setup.policy, history: None };
        for command in &commands {
            situation.each_point(command, |point| {
                if wanted.remove(point) {
                    left -= usize::from(ground.reachable.contains(point));
                    witnesses.push((point, chain(&nodes, at, *command)));
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
fn chain<const U: usize>(nodes: &[Node<U>], at: usize, last: Command) -> Vec<Command> {
    let mut chain = vec![last];
    let mut node = &nodes[at];
    while let Some((before, command)) = node.from {
        chain.push(command);
        node = &nodes[before];
    }
    chain.reverse();
    chain
}

/// Shrunk histories to points that are left, from runs that seek them.
fn seek(plan: &SuiteConfig, wanted: &mut Points, witnesses: &mut Vec<Witness>, watch: &SearchMonitor) {
    let setup = &plan.setup;
    let (mut run, mut idle) = (0, 0);
    while idle < IDLE && !wanted.is_empty() && !watch.is_stopped() {
        let targets: Vec<Point> = wanted.iter().collect();
        let mut choices = Seeded::of_run(SEED, run);
        let generator = Generator::for_run(setup, plan.commands, &mut choices);
        let commands = generator.run(setup, LENGTH, &targets, &mut choices);
        let shown = first_shown(setup, &commands, wanted);
        (run, idle) = (run + 1, if shown.is_empty() { idle + 1 } else { 0 });
        for (point, length) in shown {
            wanted.remove(point);
            witnesses.push((point, shrunk(plan, point, commands[..length].to_vec())));
        }
    }
}

/// The wanted points that the commands show, each with the number of commands after which it first is.
fn first_shown(setup: &Setup, commands: &[Command], wanted: &Points) -> Vec<(Point, usize)> {
    let mut first: Vec<(Point, usize)> = Vec::new();
    let (mut state, mut past): (State, HistoryFacts) = (setup.start(), HistoryFacts::default());
    for (at, command) in commands.iter().enumerate() {
        StateView { state: &state, policy: &setup.policy, history: Some(&past) }.each_point(
            command,
            |point| {
                if wanted.contains(point) && first.iter().all(|(known, _)| *known != point) {
                    first.push((point, at + 1));
                }
            },
        );
        let before = state;
        let allowed = step(&mut state, &setup.policy, command).decision.is_allowed();
        past.record(&before, command, allowed, &state);
    }
    first
}

/// A simpler history that shows the point with its last command.
fn shrunk(plan: &SuiteConfig, point: Point, commands: Vec<Command>) -> Vec<Command> {
    let (setup, wanted) = (&plan.setup, [point].into_iter().collect());
    let mut shrinker = Shrinker::new(setup, plan.commands, commands);
    while let Some(candidate) = shrinker.propose() {
        let shown = first_shown(setup, candidate, &wanted);
        shrinker.record_outcome(shown.first().map(|(_, length)| *length));
    }
    shrinker.best().to_vec()
}
