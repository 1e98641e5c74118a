//! The choice of the traces of a suite: as few and as short as a greedy choice finds, and then without
//! any trace or command that can be left out.
//!
//! The points with the longest traces come first. Each trace is about one kind of command. Commands of
//! that kind that show more points are added to it until it is too long.

use chatwarden_model::{Bounds, Command, Setup, State, step};

use super::witness::Witness;
use super::{SuiteConfig, SuiteTrace};
use crate::SearchMonitor;
use chatwarden::coverage::{Coverage, HistoryFacts, Point, Points, StateView};

/// Chooses traces that together show every point that has a witness, in the order of their points. There
/// are none if the search is stopped.
pub(super) fn choose(
    config: &SuiteConfig,
    witnesses: &[Witness],
    monitor: &SearchMonitor,
) -> Vec<SuiteTrace> {
    let wanted: Points = witnesses.iter().map(|(point, _)| *point).collect();
    let mut traces = extended(config, witnesses, &wanted, monitor);
    if monitor.is_stopped() {
        return Vec::new();
    }
    leave_out_traces(&mut traces, &wanted);
    leave_out_commands(&config.setup, &mut traces, &wanted, monitor);
    name(&mut traces, &wanted);
    traces.sort_by_key(|trace| trace.about);
    traces
}

/// Takes the longest witness of a point that is not shown yet, extends it, and repeats.
fn extended(
    config: &SuiteConfig,
    witnesses: &[Witness],
    wanted: &Points,
    monitor: &SearchMonitor,
) -> Vec<SuiteTrace> {
    let mut order: Vec<&Witness> = witnesses.iter().collect();
    order.sort_by_key(|(point, commands)| (std::cmp::Reverse(commands.len()), *point));
    let mut left = wanted.clone();
    let mut traces = Vec::new();
    for (point, commands) in order.into_iter().take_while(|_| !monitor.is_stopped()) {
        if !left.contains(*point) {
            continue;
        }
        let mut commands = commands.clone();
        let bounds = Bounds { commands: [point.command()].into_iter().collect(), ..config.setup.bounds() };
        let all = bounds.all();
        let mut shows = shown(&config.setup, &commands);
        left.subtract(&shows);
        while commands.len() < config.length {
            let Some((at, command)) = best_addition(&config.setup, &commands, &all, &left, monitor) else {
                break;
            };
            commands.insert(at, command);
            shows = shown(&config.setup, &commands);
            left.subtract(&shows);
        }
        traces.push(SuiteTrace { about: *point, commands, shows });
    }
    traces
}

/// The command that shows most of the points left, and where it can be inserted without a change of the
/// commands behind it.
fn best_addition(
    setup: &Setup,
    commands: &[Command],
    all: &[Command],
    left: &Points,
    monitor: &SearchMonitor,
) -> Option<(usize, Command)> {
    let (mut state, mut history): (State, HistoryFacts) = (setup.start(), HistoryFacts::default());
    let mut best = (0, None);
    for at in 0..=commands.len() {
        let view = StateView { state: &state, policy: &setup.policy, history: Some(&history) };
        for command in all.iter().take_while(|_| !monitor.is_stopped()) {
            let mut news = 0;
            view.each_point(command, |point| news += usize::from(left.contains(point)));
            if news > best.0 {
                let mut after = state;
                step(&mut after, &setup.policy, command);
                if after == state || at == commands.len() {
                    best = (news, Some((at, *command)));
                }
            }
        }
        if let Some(command) = commands.get(at) {
            let before = state;
            let allowed = step(&mut state, &setup.policy, command).decision.is_allowed();
            history.record(&before, command, allowed, &state);
        }
    }
    best.1
}

/// Leaves out every trace all of whose points the others show, the shortest first.
fn leave_out_traces(traces: &mut Vec<SuiteTrace>, wanted: &Points) {
    let mut order: Vec<usize> = (0..traces.len()).collect();
    order.sort_by_key(|&at| traces[at].commands.len());
    let mut is_needed = vec![true; traces.len()];
    for at in order {
        is_needed[at] = false;
        let kept = traces.iter().zip(&is_needed).filter(|(_, is_needed)| **is_needed);
        is_needed[at] = !shows_all(kept.map(|(trace, _)| &trace.shows), wanted);
    }
    let mut is_needed = is_needed.into_iter();
    traces.retain(|_| is_needed.next() == Some(true));
}

/// Leaves out every command without which the suite shows the same points, the last ones first.
fn leave_out_commands(setup: &Setup, traces: &mut [SuiteTrace], wanted: &Points, monitor: &SearchMonitor) {
    for nth in (0..traces.len()).take_while(|_| !monitor.is_stopped()) {
        for at in (0..traces[nth].commands.len()).rev() {
            let mut shorter = traces[nth].clone();
            shorter.commands.remove(at);
            shorter.shows = shown(setup, &shorter.commands);
            let others = traces.iter().enumerate().filter(|(other, _)| *other != nth);
            let all = others.map(|(_, trace)| &trace.shows).chain([&shorter.shows]);
            if shows_all(all, wanted) {
                traces[nth] = shorter;
            }
        }
    }
}

/// Names each trace by a point that no other shows.
fn name(traces: &mut [SuiteTrace], wanted: &Points) {
    for nth in 0..traces.len() {
        let is_own = |point: &Point| {
            traces.iter().enumerate().all(|(other, trace)| other == nth || !trace.shows.contains(*point))
        };
        let about = traces[nth].about;
        if !traces[nth].shows.contains(about) || !is_own(&about) {
            let own =
                traces[nth].shows.iter().filter(|point| wanted.contains(*point)).find(|point| is_own(point));
            traces[nth].about = own.expect("a trace that shows nothing of its own was left out");
        }
    }
}

fn shows_all<'a>(shown: impl Iterator<Item = &'a Points>, wanted: &Points) -> bool {
    let mut all = Points::default();
    shown.for_each(|points| all.extend(points));
    wanted.is_subset(&all)
}

fn shown(setup: &Setup, commands: &[Command]) -> Points {
    let mut coverage = Coverage::default();
    coverage.follow(setup, commands);
    coverage.points()
}
