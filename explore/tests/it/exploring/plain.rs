//! The plainest search there is: breadth first over whole states, in the standard library's hash map, with every
//! command tried and every promise judged at every step.
//!
//! It shares nothing with `explore` but the model: no packing, no levels, no threads, no memory bound.

use std::collections::HashMap;

use chatwarden::model::{
    Command, EnumSet, NamedEnum, Promise, Renaming, State, Transition, User, UserSet, step,
};

use super::Instance;

/// What the search came to.
#[derive(Debug)]
pub(super) struct Plain {
    pub(super) states: u64,
    pub(super) transitions: u64,
    pub(super) depth: usize,
    /// Whether there was nothing left to go on from.
    pub(super) complete: bool,
    /// For each promise that can be broken, the first chain that does it: the shortest, and among those the first
    /// in the order of the alphabet.
    pub(super) broken: HashMap<Promise, Vec<Command>>,
}

/// Searches an instance; under symmetry each state is replaced by the least of its images.
pub(super) fn enumerate<const U: usize, const G: usize>(instance: &Instance, symmetry: bool) -> Plain {
    let renamings = instance.renamings(symmetry);
    let alphabet = instance.alphabet();
    let start: State<U, G> = instance.setup.start();
    let mut search =
        Search { known: HashMap::from([(start, 0)]), reached: vec![Reached { state: start, by: None }] };
    let mut plain = Plain { states: 0, transitions: 0, depth: 0, complete: false, broken: HashMap::new() };
    let mut level = 0..1;
    while !level.is_empty() && instance.depth != Some(plain.depth) {
        for at in level.clone() {
            for command in &alphabet {
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
                    plain.broken.entry(promise).or_insert_with(|| search.chain(at, *command));
                }
                if allowed {
                    plain.transitions += 1;
                    search.reach(least_image(&after, &renamings), (at, *command));
                }
            }
        }
        level = level.end..search.reached.len();
        plain.depth += usize::from(!level.is_empty());
    }
    plain.states = search.reached.len() as u64;
    plain.complete = level.is_empty();
    plain
}

/// Those of the promises that the transition breaks.
pub(super) fn broken_by<const U: usize, const G: usize>(
    transition: &Transition<'_, U, G>,
    promises: EnumSet<Promise>,
) -> EnumSet<Promise> {
    promises.iter().filter(|promise| promise.first_breach(transition).is_some()).collect()
}

/// The first of the state's images in an order of states that means nothing.
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

/// Everything that the state holds, as numbers.
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

    /// The commands that lead to the state at that position, and one more. Without symmetry these are a history.
    fn chain(&self, at: usize, last: Command) -> Vec<Command> {
        let mut chain = vec![last];
        let mut at = at;
        while let Some((from, command)) = self.reached[at].by {
            chain.push(command);
            at = from;
        }
        chain.reverse();
        chain
    }
}
