//! An enumeration of states: breadth-first over whole states, in the standard library's hash map, with
//! every command tried and every promise judged at every step.
//!
//! It shares nothing with `explore` but the model. It has no packing, threads or memory bound.

use std::collections::HashMap;

use chatwarden::model::{
    Command, EnumSet, NamedEnum, Promise, Renaming, State, Transition, User, UserSet, step,
};

use super::Instance;

/// The result of an enumeration.
#[derive(Debug)]
pub(super) struct Enumeration {
    pub(super) states: u64,
    pub(super) transitions: u64,
    pub(super) depth: usize,
    /// Whether no unexpanded state is left.
    pub(super) complete: bool,
    /// For each promise that can be broken, the first of the shortest traces that break it, in the order of
    /// the actions.
    pub(super) broken: HashMap<Promise, Vec<Command>>,
}

/// Searches an instance; with symmetry each state is replaced by the least of its images.
pub(super) fn enumerate<const U: usize, const G: usize>(instance: &Instance, symmetry: bool) -> Enumeration {
    let renamings = instance.renamings(symmetry);
    let actions = instance.actions();
    let start: State<U, G> = instance.setup.start();
    let mut search =
        Search { known: HashMap::from([(start, 0)]), reached: vec![Reached { state: start, by: None }] };
    let mut result =
        Enumeration { states: 0, transitions: 0, depth: 0, complete: false, broken: HashMap::new() };
    let mut level = 0..1;
    while !level.is_empty() && instance.depth != Some(result.depth) {
        for at in level.clone() {
            for command in &actions {
                let before = search.reached[at].state;
                let mut after = before;
                let outcome = step(&mut after, &instance.setup.policy, command);
                let allowed = outcome.decision.is_allowed();
                let transition = Transition {
                    policy: &instance.setup.policy,
                    before: &before,
                    command,
                    allowed,
                    delivered: outcome.delivered,
                    after: &after,
                };
                for promise in broken_by(&transition, EnumSet::all()).iter() {
                    result.broken.entry(promise).or_insert_with(|| search.trace(at, *command));
                }
                if allowed {
                    result.transitions += 1;
                    search.reach(least_image(&after, &renamings), (at, *command));
                }
            }
        }
        level = level.end..search.reached.len();
        result.depth += usize::from(!level.is_empty());
    }
    result.states = search.reached.len() as u64;
    result.complete = level.is_empty();
    result
}

/// Those of the promises that the transition breaks.
pub(super) fn broken_by<const U: usize, const G: usize>(
    transition: &Transition<'_, U, G>,
    promises: EnumSet<Promise>,
) -> EnumSet<Promise> {
    promises.iter().filter(|promise| promise.first_breach(transition).is_some()).collect()
}

/// The first of the state's images in some fixed order of states.
pub(super) fn least_image<const U: usize, const G: usize>(
    state: &State<U, G>,
    renamings: &[Renaming],
) -> State<U, G> {
    match renamings {
        [_] => *state,
        _ => {
            let images = renamings.iter().map(|renaming| renaming.state(state));
            images.min_by_key(all_parts).expect("the identity is among the renamings")
        }
    }
}

/// All parts of the state as numbers.
fn all_parts<const U: usize, const G: usize>(state: &State<U, G>) -> Vec<usize> {
    let set = |users: UserSet| usize::from(users.bits());
    let user = |user: Option<User>| user.map_or(0, |user| user.index() + 1);
    let everyone = UserSet::first(U);
    let mut parts = Vec::with_capacity(U * (U + G + 2) + 6 * G);
    for one in everyone {
        parts.extend([set(state.guardians(one)), set(state.blocks(one))]);
        parts.extend(everyone.iter().map(|other| set(state.approvals(one, other))));
    }
    for (_, group) in state.groups() {
        parts.extend([group.phase.index(), group.link.index(), user(group.owner)]);
        parts.extend([group.members, group.banned, group.invited()].map(set));
        parts.extend(everyone.iter().map(|invited| user(group.inviter(invited))));
    }
    parts
}

struct Search<const U: usize, const G: usize> {
    known: HashMap<State<U, G>, usize>,
    reached: Vec<Reached<U, G>>,
}

struct Reached<const U: usize, const G: usize> {
    state: State<U, G>,
    /// The state, by its position, and the command from which it was first reached.
    by: Option<(usize, Command)>,
}

impl<const U: usize, const G: usize> Search<U, G> {
    fn reach(&mut self, state: State<U, G>, by: (usize, Command)) {
        let next = self.reached.len();
        if *self.known.entry(state).or_insert(next) == next {
            self.reached.push(Reached { state, by: Some(by) });
        }
    }

    /// The commands that lead to the state at that position, and one more. They are a trace only without
    /// symmetry.
    fn trace(&self, at: usize, last: Command) -> Vec<Command> {
        let mut trace = vec![last];
        let mut at = at;
        while let Some((from, command)) = self.reached[at].by {
            trace.push(command);
            at = from;
        }
        trace.reverse();
        trace
    }
}
