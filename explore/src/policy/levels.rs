//! The breadth-first search that both engines share, from one length of traces to the next.
//!
//! The engines expand the levels. The first of the shortest traces is made here, forwards, from states
//! that an engine has marked.

use chatwarden::coverage::{Points, Reachability, StateView};
use chatwarden_model::{
    Bounds, Command, EnumSet, Policy, Promise, State, SymmetryGroup, Transition, UserSet, step,
};

use super::{Exploration, PolicySearch, PromiseResult};
use crate::{End, SearchMonitor};

/// Whether the rest of a length is still judged when there is no room for more states, so that its
/// result is whole. With more commands a single state takes long, and a length may take days.
pub(super) fn judges_rest(actions: usize) -> bool {
    actions <= 1 << 14
}

/// An engine, and the states that it has reached.
pub(super) trait StateSpace {
    /// The number of states in ended levels.
    fn states(&self) -> u64;
    /// The number of states at a distance from the start.
    fn level_len(&self, distance: usize) -> u64;
    /// Counts the transitions out of the states at a distance and the promises that break there, and
    /// makes the next level. If it has to end half-way, there is no next level.
    fn expand_level(&mut self, distance: usize, counts: &mut Counts) -> Result<(), End>;
    /// The first of the traces of that length, which is the least, that break the promise; none if the
    /// search is stopped before it is made.
    fn first_trace(&self, promise: Promise, length: usize) -> Option<Vec<Command>>;
    /// The points that can be covered in the reached states.
    fn coverage(&self) -> Points;
    /// The most bytes that were held at a time.
    fn bytes(&self) -> u64;
}

/// The counts of expanded states.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Counts {
    /// The number of allowed commands.
    pub(super) transitions: u64,
    /// The promises that at least one of them breaks.
    pub(super) broken: EnumSet<Promise>,
}

impl Counts {
    pub(super) fn add(&mut self, other: Counts) {
        self.transitions += other.transitions;
        self.broken = self.broken.or(other.broken);
    }
}

/// Searches with an engine, under these permutations of users. The trace to a broken promise is made as
/// soon as its length is judged, so that a search that is stopped later has it.
pub(super) fn search(
    space: &mut impl StateSpace,
    search: &PolicySearch,
    monitor: &SearchMonitor,
    symmetry: &SymmetryGroup,
) -> Exploration {
    let actions = search.actions().len();
    let mut transitions = 0;
    let mut broken: Vec<(Promise, PromiseResult)> = Vec::new();
    let mut depth = 0;
    let end = loop {
        monitor.update(depth, space.level_len(depth), space.states());
        if search.depth == Some(depth) {
            break End::Depth;
        }
        if search.stop_at_first && !broken.is_empty() {
            break End::First;
        }
        let mut counts = Counts::default();
        let expanded = space.expand_level(depth, &mut counts);
        transitions += counts.transitions;
        for promise in counts.broken.iter() {
            if broken.iter().all(|(known, _)| *known != promise) {
                let trace = space.first_trace(promise, depth + 1);
                let untraced = PromiseResult::BrokenUntraced(depth + 1);
                broken.push((promise, trace.map_or(untraced, PromiseResult::Broken)));
            }
        }
        match expanded {
            Err(end) => break end,
            Ok(()) if space.level_len(depth + 1) == 0 => break End::Complete,
            Ok(()) => depth += 1,
        }
    };
    let result = |promise: Promise| match broken.iter().find(|(broken, _)| *broken == promise) {
        Some((_, result)) => result.clone(),
        None if promise.is_kept_by_construction() => PromiseResult::KeptByConstruction,
        None => PromiseResult::Kept,
    };
    let orders_of_groups = if search.symmetry { (1..=search.setup.groups).product() } else { 1 };
    Exploration {
        actions,
        promises: search.promises.iter().map(|promise| (promise, result(promise))).collect(),
        reachability: search.coverage.then(|| Reachability {
            reachable: space.coverage(),
            is_complete: end == End::Complete && !monitor.is_stopped(),
            lacks_second_group: search.setup.groups < 2,
        }),
        states: space.states(),
        transitions,
        depth,
        judged: match end {
            End::Complete => None,
            End::Memory | End::Size if judges_rest(actions) => Some(depth + 1),
            _ => Some(depth),
        },
        frontier: if end == End::Complete { 0 } else { space.level_len(depth) },
        end,
        bytes: space.bytes(),
        renamings: symmetry.renamings.len() * orders_of_groups,
        symmetry_cut: symmetry.cut,
    }
}

/// The permutations of users that keep the cast, or only the identity if there is no symmetry. If there
/// are more than can be tried with so many actions, the last users keep their names; orbits are exact
/// for the others.
pub(super) fn permutations_of_users(search: &PolicySearch, actions: usize) -> SymmetryGroup {
    if search.symmetry { crate::affordable_symmetry(&search.setup, 0, actions) } else { crate::no_symmetry() }
}

/// The promises of a search that an allowed command breaks.
pub(super) fn broken_promises<const U: usize, const G: usize>(
    search: &PolicySearch,
    command: &Command,
    before: &State<U, G>,
    delivered: UserSet,
    after: &State<U, G>,
) -> EnumSet<Promise> {
    let policy = &search.setup.policy;
    let transition = Transition { policy, before, command, allowed: true, delivered, after };
    search.promises.iter().filter(|promise| promise.first_breach(&transition).is_some()).collect()
}

/// The first trace of that length, which is the least, that breaks the promise. `is_marked` says of a
/// state and its distance whether the promise can be broken from there by as many commands as are left.
///
/// The trace continues with the first command that leads to a marked state. So it depends neither on
/// the number of threads nor on the representative of an orbit. The steps are the model's own, on whole
/// states, so every trace can be replayed. There is none if the search is stopped on the way.
pub(super) fn first_trace<const U: usize, const G: usize>(
    search: &PolicySearch,
    promise: Promise,
    length: usize,
    monitor: &SearchMonitor,
    mut is_marked: impl FnMut(usize, &State<U, G>) -> bool,
) -> Option<Vec<Command>> {
    let (actions, policy) = (search.actions(), &search.setup.policy);
    let mut state: State<U, G> = search.setup.start();
    let mut trace = Vec::with_capacity(length);
    for distance in 1..=length {
        let next = actions.iter().take_while(|_| !monitor.is_stopped()).find_map(|command| {
            let mut after = state;
            let outcome = step(&mut after, policy, command);
            let (allowed, delivered) = (outcome.decision.is_allowed(), outcome.delivered);
            let transition =
                Transition { policy, before: &state, command, allowed, delivered, after: &after };
            let is_next = allowed
                && if distance < length {
                    is_marked(distance, &after)
                } else {
                    promise.first_breach(&transition).is_some()
                };
            is_next.then_some((*command, after))
        });
        if next.is_none() && monitor.is_stopped() {
            return None;
        }
        let (command, after) = next.expect("the engine's steps are those of the model");
        trace.push(command);
        state = after;
    }
    Some(trace)
}

/// The commands that are tried to find what can be covered: every one that can be written down. Groups
/// are looked at one by one, so one group is enough.
pub(super) fn commands_to_cover(search: &PolicySearch) -> Vec<Command> {
    let bounds = search.setup.bounds();
    Bounds { commands: search.commands, groups: bounds.groups.min(1), ..bounds }.all()
}

/// Adds the points that the commands show in a state, unless the search is stopped.
pub(super) fn show<const U: usize, const G: usize>(
    policy: &Policy,
    state: &State<U, G>,
    commands: &[Command],
    monitor: &SearchMonitor,
    points: &mut Points,
) {
    let view = StateView { state, policy, history: None };
    for command in commands.iter().take_while(|_| !monitor.is_stopped()) {
        view.each_point(command, |point| {
            points.insert(point);
        });
    }
}
