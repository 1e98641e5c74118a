//! Which histories make a suite: as few and as short as a greedy choice finds, of which nothing can be left out.
//!
//! The most demanding points come first. A chain is about one kind of command: what else commands of that kind can show
//! on the way is tried there as well, as long as the chain does not get too long.

use chatwarden_model::{Bounds, Command, Setup, State, step};

use super::witness::Witness;
use super::{Chain, SuiteConfig};
use chatwarden::coverage::{Coverage, HistoryFacts, Point, Points, StateView};

/// Chooses chains that together show every point that has a witness, in the order of what they are about.
pub(super) fn choose(plan: &SuiteConfig, witnesses: &[Witness]) -> Vec<Chain> {
    let wanted: Points = witnesses.iter().map(|(point, _)| *point).collect();
    let mut chains = extended(plan, witnesses, &wanted);
    leave_out_chains(&mut chains, &wanted);
    leave_out_commands(&plan.setup, &mut chains, &wanted);
    name(&mut chains, &wanted);
    chains.sort_by_key(|chain| chain.about);
    chains
}

/// Greedily: the longest witness to what is not shown yet, with all that can be shown along with it.
fn extended(plan: &SuiteConfig, witnesses: &[Witness], wanted: &Points) -> Vec<Chain> {
    let mut order: Vec<&Witness> = witnesses.iter().collect();
    order.sort_by_key(|(point, commands)| (std::cmp::Reverse(commands.len()), *point));
    let mut left = wanted.clone();
    let mut chains = Vec::new();
    for (point, commands) in order {
        if !left.contains(*point) {
            continue;
        }
        let mut commands = commands.clone();
        let bounds = Bounds { commands: [point.command()].into_iter().collect(), ..plan.setup.bounds() };
        let all = bounds.all();
        let mut shows = shown(&plan.setup, &commands);
        left.subtract(&shows);
        while commands.len() < plan.length {
            let Some((at, command)) = best_addition(&plan.setup, &commands, &all, &left) else { break };
            commands.insert(at, command);
            shows = shown(&plan.setup, &commands);
            left.subtract(&shows);
        }
        chains.push(Chain { about: *point, commands, shows });
    }
    chains
}

/// The command that shows most of what is left, and where it can be put without changing what comes after it.
fn best_addition(
    setup: &Setup,
    commands: &[Command],
    all: &[Command],
    left: &Points,
) -> Option<(usize, Command)> {
    let (mut state, mut past): (State, HistoryFacts) = (setup.start(), HistoryFacts::default());
    let mut best = (0, None);
    for at in 0..=commands.len() {
        let situation = StateView { state: &state, policy: &setup.policy, history: Some(&past) };
        for command in all {
            let mut news = 0;
            situation.each_point(command, |point| news += usize::from(left.contains(point)));
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
            past.record(&before, command, allowed, &state);
        }
    }
    best.1
}

/// Leaves out every chain that shows nothing that the others do not, the shortest first.
fn leave_out_chains(chains: &mut Vec<Chain>, wanted: &Points) {
    let mut order: Vec<usize> = (0..chains.len()).collect();
    order.sort_by_key(|&at| chains[at].commands.len());
    let mut is_needed = vec![true; chains.len()];
    for at in order {
        is_needed[at] = false;
        let kept = chains.iter().zip(&is_needed).filter(|(_, is_needed)| **is_needed);
        is_needed[at] = !shows_all(kept.map(|(chain, _)| &chain.shows), wanted);
    }
    let mut is_needed = is_needed.into_iter();
    chains.retain(|_| is_needed.next() == Some(true));
}

/// Leaves out every command without which the suite shows the same, the last ones first.
fn leave_out_commands(setup: &Setup, chains: &mut [Chain], wanted: &Points) {
    for nth in 0..chains.len() {
        for at in (0..chains[nth].commands.len()).rev() {
            let mut shorter = chains[nth].clone();
            shorter.commands.remove(at);
            shorter.shows = shown(setup, &shorter.commands);
            let others = chains.iter().enumerate().filter(|(other, _)| *other != nth);
            let all = others.map(|(_, chain)| &chain.shows).chain([&shorter.shows]);
            if shows_all(all, wanted) {
                chains[nth] = shorter;
            }
        }
    }
}

/// Names each chain by something that no other shows.
fn name(chains: &mut [Chain], wanted: &Points) {
    for nth in 0..chains.len() {
        let is_own = |point: &Point| {
            chains.iter().enumerate().all(|(other, chain)| other == nth || !chain.shows.contains(*point))
        };
        let about = chains[nth].about;
        if !chains[nth].shows.contains(about) || !is_own(&about) {
            let own =
                chains[nth].shows.iter().filter(|point| wanted.contains(*point)).find(|point| is_own(point));
            chains[nth].about = own.expect("a chain that shows nothing of its own was left out");
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
