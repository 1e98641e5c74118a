//! The graph of a walk: the states that were reached, the actions left to try in each, and the
//! transitions between them.
//!
//! Nothing is executed here. Actions are numbers, as the canonical representative of a state sees them.

use std::collections::{BTreeSet, HashMap, VecDeque};

use super::stabilizers::{ActionIndex, Stabilizer};
use super::visited::Key;

/// The number of a node; the start is 0.
pub(super) type NodeIndex = usize;

/// Actions, each with the node to which it leads.
pub(super) type Path = Vec<(ActionIndex, NodeIndex)>;

/// The search for the nearest unexhausted node gives up after this many nodes.
const MAX_SEARCHED: usize = 4096;

/// It also gives up after this many transitions, so that it takes a small part of a second.
const MAX_FOLLOWED: usize = 1 << 22;

/// The number of bytes that a node takes beside its own size, about: its entries in the indices.
const INDEX_BYTES: usize = 128;

/// A reached state.
pub(super) struct Node {
    pub(super) key: Key,
    pub(super) stabilizer: Stabilizer,
    /// The length of the shortest known trace.
    pub(super) length: usize,
    /// The last transition of that trace.
    parent: Option<(NodeIndex, ActionIndex)>,
    /// The actions left to try that the model predicts to change nothing; the first one is the last.
    no_ops: Vec<ActionIndex>,
    /// The other actions left to try; the first one is the last.
    others: Vec<ActionIndex>,
    edges: Vec<Edge>,
    /// The number of paths to here that led elsewhere.
    failed_paths: u32,
}

/// A transition.
struct Edge {
    action: ActionIndex,
    target: Target,
}

enum Target {
    Observed(NodeIndex),
    /// By the model.
    Predicted(Key),
}

/// A restriction of the last length to some actions.
pub(super) struct LastActions {
    /// The length of the traces that these actions extend.
    pub(super) length: usize,
    /// For each action whether it is tried there.
    pub(super) is_tried: Vec<bool>,
}

/// The graph as far as a walk knows it.
#[derive(Default)]
pub(super) struct Graph {
    paths: usize,
    last: Option<LastActions>,
    pub(super) nodes: Vec<Node>,
    index: HashMap<u128, NodeIndex>,
    /// For each predictable hash, the first node that has it and the number of such nodes.
    by_prediction: HashMap<u128, (NodeIndex, usize)>,
    /// The unexhausted nodes, by the length of the shortest known trace.
    open: BTreeSet<(usize, NodeIndex)>,
    /// The number of bytes, about.
    pub(super) bytes: usize,
    /// The length of the shortest known trace to a node that was given up before it was exhausted.
    pub(super) given_up: Option<usize>,
}

impl Graph {
    pub(super) fn new(paths: usize, last: Option<LastActions>) -> Self {
        Graph { paths, last, ..Graph::default() }
    }

    /// Adds a node and the hash by which it can be predicted; the first is the start.
    pub(super) fn add(
        &mut self,
        key: Key,
        predictable: u128,
        stabilizer: Stabilizer,
        no_ops: &[ActionIndex],
        others: &[(ActionIndex, Key)],
    ) -> NodeIndex {
        let number = self.nodes.len();
        let length = if number == 0 { 0 } else { usize::MAX };
        self.bytes += size_of::<Node>() + INDEX_BYTES + 4 * no_ops.len();
        self.bytes += others.len() * (4 + size_of::<Edge>());
        let edge = |&(action, key): &(ActionIndex, Key)| Edge { action, target: Target::Predicted(key) };
        self.nodes.push(Node {
            key,
            stabilizer,
            length,
            parent: None,
            no_ops: no_ops.iter().rev().copied().collect(),
            others: others.iter().rev().map(|(action, _)| *action).collect(),
            edges: others.iter().map(edge).collect(),
            failed_paths: 0,
        });
        self.index.insert(key.combined(), number);
        self.by_prediction.entry(predictable).or_insert((number, 0)).1 += 1;
        self.refresh(number, length);
        number
    }

    /// The node of a key. If no more traces to its state are extended, it is the first of that state.
    pub(super) fn find(&self, key: Key) -> Option<NodeIndex> {
        let exact = self.index.get(&key.combined()).copied();
        exact.or_else(|| {
            let (first, count) = self.by_prediction.get(&key.hash)?;
            (self.paths > 1 && *count >= self.paths).then_some(*first)
        })
    }

    /// The length of the shortest known trace to the node farthest from the start.
    pub(super) fn depth(&self) -> usize {
        self.nodes.iter().map(|node| node.length).max().unwrap_or(0)
    }

    /// The number of exhausted nodes.
    pub(super) fn exhausted(&self) -> usize {
        self.nodes.len() - self.open.len()
    }

    /// The number of unexhausted nodes.
    pub(super) fn unexhausted(&self) -> usize {
        self.open.len()
    }

    /// The next action to try in a node, if its traces are below the bound.
    pub(super) fn next_action(&self, node: NodeIndex, bound: usize) -> Option<ActionIndex> {
        let Node { length, no_ops, others, .. } = &self.nodes[node];
        let mut left = no_ops.iter().rev().chain(others.iter().rev()).copied();
        let is_tried = |action: &ActionIndex| {
            let last = self.last.as_ref().filter(|last| last.length == *length);
            last.is_none_or(|last| last.is_tried[*action as usize])
        };
        if *length < bound { left.find(is_tried) } else { None }
    }

    /// The unexhausted node nearest to the start, if its traces are below the bound.
    pub(super) fn shallowest(&self, bound: usize) -> Option<NodeIndex> {
        self.open.first().filter(|(length, _)| *length < bound).map(|(_, node)| *node)
    }

    /// Notes that an action is tried in a node, and returns whether it was left to try.
    pub(super) fn mark_tried(&mut self, number: NodeIndex, action: ActionIndex) -> bool {
        let node = &mut self.nodes[number];
        let before = node.no_ops.len() + node.others.len();
        node.no_ops.retain(|other| *other != action);
        node.others.retain(|other| *other != action);
        let was_left = node.no_ops.len() + node.others.len() < before;
        let length = node.length;
        self.refresh(number, length);
        was_left
    }

    /// Notes that an action leads to no other node.
    pub(super) fn remove_edge(&mut self, node: NodeIndex, action: ActionIndex) {
        self.nodes[node].edges.retain(|edge| edge.action != action);
    }

    /// Adds an observed transition, and shortens the known traces to the nodes behind it.
    pub(super) fn add_edge(&mut self, from: NodeIndex, action: ActionIndex, to: NodeIndex) {
        self.remove_edge(from, action);
        self.nodes[from].edges.push(Edge { action, target: Target::Observed(to) });
        let mut shorter = VecDeque::from([(from, action, to)]);
        while let Some((from, action, to)) = shorter.pop_front() {
            let length = self.nodes[from].length.saturating_add(1);
            let node = &mut self.nodes[to];
            if length >= node.length {
                continue;
            }
            let before = std::mem::replace(&mut node.length, length);
            node.parent = Some((from, action));
            shorter.extend(node.edges.iter().filter_map(|edge| match edge.target {
                Target::Observed(next) => Some((to, edge.action, next)),
                Target::Predicted(_) => None,
            }));
            self.refresh(to, before);
        }
    }

    /// Whether the transition was observed, and not only predicted.
    pub(super) fn was_observed(&self, node: NodeIndex, action: ActionIndex) -> bool {
        let mut edges = self.nodes[node].edges.iter();
        edges.any(|edge| edge.action == action && matches!(edge.target, Target::Observed(_)))
    }

    /// Notes that a path to the node led elsewhere, and returns the number of such paths.
    pub(super) fn add_failed_path(&mut self, node: NodeIndex) -> u32 {
        self.nodes[node].failed_paths += 1;
        self.nodes[node].failed_paths
    }

    /// Tries nothing more in a node, although it is not exhausted.
    pub(super) fn give_up(&mut self, number: NodeIndex) {
        let node = &mut self.nodes[number];
        let length = node.length;
        node.no_ops.clear();
        node.others.clear();
        self.given_up = Some(self.given_up.map_or(length, |shorter| shorter.min(length)));
        self.refresh(number, length);
    }

    /// The shortest known trace to a node.
    pub(super) fn path_from_start(&self, node: NodeIndex) -> Path {
        path_to(node, |at| self.nodes[at].parent)
    }

    /// The nearest unexhausted node below the bound, and the path there, if it is at most so long.
    pub(super) fn path_to_nearest(
        &self,
        from: NodeIndex,
        bound: usize,
        max_length: usize,
    ) -> Option<(NodeIndex, Path)> {
        let mut reached = HashMap::from([(from, None)]);
        let mut queue = VecDeque::from([(from, 0)]);
        let mut followed = 0;
        while let Some((node, length)) = queue.pop_front() {
            if length == max_length || reached.len() > MAX_SEARCHED || followed > MAX_FOLLOWED {
                return None;
            }
            followed += self.nodes[node].edges.len();
            for edge in &self.nodes[node].edges {
                let Some(next) = self.target(&edge.target).filter(|next| !reached.contains_key(next)) else {
                    continue;
                };
                reached.insert(next, Some((node, edge.action)));
                if self.next_action(next, bound).is_some() {
                    return Some((next, path_to(next, |at| reached[&at])));
                }
                queue.push_back((next, length + 1));
            }
        }
        None
    }

    fn target(&self, target: &Target) -> Option<NodeIndex> {
        match target {
            Target::Observed(node) => Some(*node),
            Target::Predicted(key) => {
                let exact = self.index.get(&key.combined()).copied();
                exact.or_else(|| self.by_prediction.get(&key.hash).map(|(first, _)| *first))
            }
        }
    }

    /// Updates whether a node is open, after its length or its actions changed.
    fn refresh(&mut self, node: NodeIndex, length_before: usize) {
        let length = self.nodes[node].length;
        let is_open = self.next_action(node, usize::MAX).is_some();
        self.open.remove(&(length_before, node));
        if is_open {
            self.open.insert((length, node));
        }
    }
}

/// The path to a node, from the last transition to each node on it.
fn path_to(node: NodeIndex, parent: impl Fn(NodeIndex) -> Option<(NodeIndex, ActionIndex)>) -> Path {
    let mut path = Vec::new();
    let mut at = node;
    while let Some((before, action)) = parent(at) {
        path.push((action, at));
        at = before;
    }
    path.reverse();
    path
}
