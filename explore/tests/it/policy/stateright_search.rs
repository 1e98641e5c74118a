//! The breadth-first and depth-first searches of Stateright over the same `step`.
//!
//! A node holds more than a state, but two nodes are equal if their states are.

use std::hash::{Hash, Hasher};

use chatwarden::model::{Command, EnumSet, Promise, Renaming, Setup, State, Transition, decide, step};
use stateright::{Checker, Model, Property};

use super::Instance;
use super::enumeration::{broken_by, least_image};

/// Stateright's result.
#[derive(PartialEq, Eq, Debug)]
pub(super) struct Counts {
    pub(super) states: u64,
    pub(super) transitions: u64,
    /// None of a depth-first search.
    pub(super) depth: Option<usize>,
}

/// Counts breadth-first, and asserts that none of these promises is ever broken. With symmetry the states
/// are the least images, because Stateright's own symmetry reduction is for depth-first search only.
pub(super) fn count<const U: usize, const G: usize>(
    instance: &Instance,
    kept: EnumSet<Promise>,
    symmetry: bool,
) -> Counts {
    let checker = machine::<U, G>(instance, kept, symmetry).checker().threads(1).spawn_bfs().join();
    checker.assert_no_discovery(UNBROKEN);
    // Its depth counts states where `explore`'s counts commands; its count of generated states includes the
    // first.
    Counts {
        states: checker.unique_state_count() as u64,
        transitions: checker.state_count() as u64 - 1,
        depth: Some(checker.max_depth() - 1),
    }
}

/// Counts depth-first, with Stateright's own symmetry reduction.
pub(super) fn count_depth_first<const U: usize, const G: usize>(instance: &Instance) -> Counts {
    assert_eq!(instance.depth, None, "depth-first, a state may first be reached by a long trace");
    let machine = Machine::<U, G> { images: false, ..machine(instance, EnumSet::empty(), true) };
    let checker = machine.checker().threads(1).symmetry_fn(Node::least_image).spawn_dfs().join();
    Counts {
        states: checker.unique_state_count() as u64,
        transitions: checker.state_count() as u64 - 1,
        depth: None,
    }
}

/// The first trace that Stateright finds to break the promise. It searches breadth-first and tries commands
/// in the order of the actions, so it is the first of the shortest.
pub(super) fn first_trace<const U: usize, const G: usize>(
    instance: &Instance,
    promise: Promise,
) -> Option<Vec<Command>> {
    let watched = [promise].into_iter().collect();
    let checker = machine::<U, G>(instance, watched, false).checker().threads(1).spawn_bfs().join();
    checker.discovery(UNBROKEN).map(stateright::Path::into_actions)
}

const UNBROKEN: &str = "unbroken";

fn machine<const U: usize, const G: usize>(
    instance: &Instance,
    watched: EnumSet<Promise>,
    symmetry: bool,
) -> Machine<U, G> {
    Machine {
        setup: instance.setup,
        actions: instance.actions(),
        depth: instance.depth,
        watched,
        // Stateright's symmetry function has no environment, so a node holds them.
        renamings: instance.renamings(symmetry).leak(),
        images: symmetry,
    }
}

struct Machine<const U: usize, const G: usize> {
    setup: Setup,
    actions: Vec<Command>,
    depth: Option<usize>,
    watched: EnumSet<Promise>,
    renamings: &'static [Renaming],
    /// Whether each state is replaced by its least image.
    images: bool,
}

/// A state, and whether a watched promise was broken on the trace to it.
#[derive(Clone, Debug)]
struct Node<const U: usize, const G: usize> {
    state: State<U, G>,
    broken: bool,
    /// The number of commands in the trace, which does not distinguish nodes.
    at: usize,
    renamings: &'static [Renaming],
}

impl<const U: usize, const G: usize> Node<U, G> {
    fn least_image(&self) -> Self {
        Node { state: least_image(&self.state, self.renamings), ..self.clone() }
    }
}

impl<const U: usize, const G: usize> PartialEq for Node<U, G> {
    fn eq(&self, other: &Self) -> bool {
        (self.state, self.broken) == (other.state, other.broken)
    }
}

impl<const U: usize, const G: usize> Hash for Node<U, G> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.state, self.broken).hash(state);
    }
}

impl<const U: usize, const G: usize> Model for Machine<U, G> {
    type State = Node<U, G>;
    type Action = Command;

    fn init_states(&self) -> Vec<Self::State> {
        vec![Node { state: self.setup.start(), broken: false, at: 0, renamings: self.renamings }]
    }

    fn actions(&self, from: &Self::State, actions: &mut Vec<Command>) {
        if self.depth != Some(from.at) {
            let allowed = |command: &&Command| decide(&from.state, &self.setup.policy, command).is_allowed();
            actions.extend(self.actions.iter().filter(allowed));
        }
    }

    fn next_state(&self, from: &Self::State, command: Command) -> Option<Self::State> {
        let mut after = from.state;
        let outcome = step(&mut after, &self.setup.policy, &command);
        let transition = Transition {
            policy: &self.setup.policy,
            before: &from.state,
            command: &command,
            allowed: outcome.decision.is_allowed(),
            delivered: outcome.delivered,
            after: &after,
        };
        let broken = !broken_by(&transition, self.watched).is_empty();
        let next = Node { state: after, broken, at: from.at + 1, renamings: self.renamings };
        Some(if self.images { next.least_image() } else { next })
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![Property::always(UNBROKEN, |_, situation: &Node<U, G>| !situation.broken)]
    }
}
