//! Expansion of states by copies of the implementation: each action is tried on a copy, refused ones
//! included.
//!
//! A job expands a few states at a time, and knows nothing of the other jobs. `copies` decides which
//! of the successors are new.

use std::time::Instant;

use chatwarden_model::Command;

use super::findings::headed_by;
use super::stabilizers::{ActionIndex, ActionOrbits, Stabilizer, WHOLE_GROUP};
use super::state_hash::StateHasher;
use super::visited::{Key, Kinds, Visited};
use super::{ConformanceSearch, End, SearchMonitor, StateEquivalence};
use chatwarden::adapter::{Adapter, Answer, Failure, Fidelity};
use chatwarden::finding::Finding;
use chatwarden::lockstep::{Lockstep, Snapshot, StepResult, Tally};

/// A copy of the implementation.
pub(super) type System = Box<dyn Adapter + Send>;

/// The number of commands between two looks at the clock.
pub(super) const COMMANDS_BETWEEN_CHECKS: usize = 32;

/// The number of bytes that a copy is assumed to need beyond its own size.
const BYTES_BEHIND_COPY: u64 = 1024;

/// An unexpanded state.
pub(super) struct Node {
    system: System,
    snapshot: Box<Snapshot>,
    fingerprint: Option<u128>,
    /// The hash of the tracked state.
    tracked: u128,
    /// The kinds of the commands that changed the tracked state on the way.
    kinds: Kinds,
    stabilizer: Stabilizer,
    /// The number of the trace that led here.
    pub(super) trace: u32,
}

/// The inputs that all parts of a search read.
pub(super) struct SearchContext<'a> {
    pub(super) search: &'a ConformanceSearch,
    pub(super) monitor: &'a SearchMonitor,
    pub(super) orbits: ActionOrbits,
    pub(super) hasher: StateHasher,
}

/// The results of some expansions, in order.
#[derive(Default)]
pub(super) struct Expanded {
    pub(super) states: u64,
    pub(super) allowed: u64,
    pub(super) refused: u64,
    pub(super) executed: u64,
    pub(super) tally: Tally,
    pub(super) successors: Vec<Successor>,
    /// The first of each identity.
    pub(super) findings: Vec<(Extension, Finding)>,
    /// Why not everything was tried.
    pub(super) cut: Option<End>,
}

/// A command after a trace.
#[derive(Clone, Copy)]
pub(super) struct Extension {
    pub(super) trace: u32,
    pub(super) command: Command,
    pub(super) action: ActionIndex,
}

/// A reached state.
pub(super) struct Successor {
    pub(super) by: Extension,
    pub(super) key: Key,
    /// None if the trace is as long as traces may be.
    pub(super) node: Option<Node>,
}

impl Node {
    /// The number of bytes that a node with a copy of that size takes, about.
    pub(super) fn bytes(system: &System) -> u64 {
        (size_of::<Node>() + size_of::<Snapshot>() + size_of_val(&**system)) as u64 + BYTES_BEHIND_COPY
    }
}

impl<'a> SearchContext<'a> {
    pub(super) fn new(search: &'a ConformanceSearch, monitor: &'a SearchMonitor) -> Self {
        let orbits = ActionOrbits::new(&search.setup, &search.actions, search.symmetry);
        // A fingerprint cannot be permuted, and if no states are equivalent, keys are not needed.
        let up_to_permutation = matches!(search.equivalence, StateEquivalence::Tracked { .. });
        let permutations = if up_to_permutation { orbits.permutations.as_slice() } else { &[] };
        SearchContext { search, monitor, hasher: StateHasher::new(&search.setup, permutations), orbits }
    }

    /// The state before the first command.
    pub(super) fn root(&self, system: System, lockstep: &Lockstep) -> Result<(Key, Node), Failure> {
        let fingerprint = self.fingerprint(&*system)?;
        let tracked = self.hasher.hash(lockstep.state());
        let kinds = Kinds::default();
        let key = Key { hash: self.hash(tracked, lockstep, fingerprint), kinds };
        let (snapshot, stabilizer) = (Box::new(lockstep.snapshot()), WHOLE_GROUP);
        Ok((key, Node { system, snapshot, fingerprint, tracked, kinds, stabilizer, trace: 0 }))
    }

    /// Why the search is to end before everything is tried, if it is.
    pub(super) fn cut(&self) -> Option<End> {
        if self.monitor.is_stopped() {
            Some(End::Stopped)
        } else if self.search.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            Some(End::Time)
        } else {
            None
        }
    }

    /// The implementation's own hash of its state. It is not used if no states are equivalent.
    pub(super) fn fingerprint(&self, system: &dyn Adapter) -> Result<Option<u128>, Failure> {
        match (self.search.equivalence, system.fingerprint()) {
            (StateEquivalence::Never, _) => Ok(None),
            (StateEquivalence::Product, None) => Err(Failure::Failed(
                "it has no fingerprint, without which its states cannot be told apart".into(),
            )),
            (_, fingerprint) => Ok(fingerprint),
        }
    }

    /// The hash of the state in which the lock-step is. A pending divergence is part of it, because it
    /// hides others.
    pub(super) fn hash(&self, tracked: u128, lockstep: &Lockstep, fingerprint: Option<u128>) -> u128 {
        let pending = lockstep.pending().map(Finding::identity);
        match (self.search.equivalence, pending) {
            (StateEquivalence::Product, _) => {
                self.hasher.product(tracked, pending, fingerprint.unwrap_or_default())
            }
            (StateEquivalence::Tracked { .. }, Some(_)) => self.hasher.product(tracked, pending, 0),
            (StateEquivalence::Tracked { .. }, None) | (StateEquivalence::Never, _) => tracked,
        }
    }

    /// The kinds of commands in a key after one more command. They matter only if several traces to a
    /// state are extended.
    pub(super) fn kinds_after(&self, kinds: Kinds, command: &Command) -> Kinds {
        if self.search.paths().is_some_and(|paths| paths > 1) { kinds.with(command.kind()) } else { kinds }
    }
}

/// A bound on the successors of some states.
#[derive(Clone, Copy)]
pub(super) struct Room {
    /// The number of bytes that they may take.
    pub(super) bytes: u64,
    /// The number of bytes of an unexpanded state.
    pub(super) node_bytes: u64,
}

/// A job that expands states.
pub(super) struct Expansion<'a> {
    context: &'a SearchContext<'a>,
    visited: &'a Visited,
    /// The states that this job reached since.
    reached: Visited,
    lockstep: Lockstep,
    /// Whether the traces that are tried are as long as they may be.
    is_last: bool,
    room: Room,
    expanded: Expanded,
}

impl<'a> Expansion<'a> {
    pub(super) fn new(
        context: &'a SearchContext<'a>,
        visited: &'a Visited,
        lockstep: Lockstep,
        is_last: bool,
        room: Room,
    ) -> Self {
        let (reached, expanded) = (Visited::new(context.search.paths()), Expanded::default());
        Expansion { context, visited, reached, lockstep, is_last, room, expanded }
    }

    /// Tries every action in each of the states.
    ///
    /// # Errors
    /// If an implementation cannot be copied or has no fingerprint where it needs one.
    pub(super) fn expand(&mut self, nodes: Vec<Node>) -> Result<Expanded, Failure> {
        for node in nodes {
            self.expanded.cut = self.context.cut();
            if self.expanded.cut.is_none() {
                self.expanded.cut = self.expand_node(&node)?;
            }
            if self.expanded.cut.is_some() {
                break;
            }
            self.expanded.states += 1;
        }
        self.reached.clear();
        self.expanded.tally = self.lockstep.take_tally();
        Ok(std::mem::take(&mut self.expanded))
    }

    fn expand_node(&mut self, node: &Node) -> Result<Option<End>, Failure> {
        let context = self.context;
        let last_kind = context.search.last_kind().filter(|_| self.is_last);
        let mut spare = None;
        for (number, (action, stabilizer)) in context.orbits.after(node.stabilizer).enumerate() {
            let command = context.search.actions[action as usize];
            if last_kind.is_some_and(|kind| command.kind() != kind) {
                continue;
            }
            if number % COMMANDS_BETWEEN_CHECKS == COMMANDS_BETWEEN_CHECKS - 1 {
                if let Some(end) = context.cut().or_else(|| self.lack_of_room()) {
                    return Ok(Some(end));
                }
            }
            let no_copy = || Failure::Failed("a copy of it has no copy".into());
            let system = spare.take().or_else(|| node.system.fork()).ok_or_else(no_copy)?;
            let extension = Extension { trace: node.trace, command, action };
            spare = self.extend(node, stabilizer, extension, system)?;
        }
        Ok(None)
    }

    /// Why no more successors can be kept, if there is no room.
    fn lack_of_room(&self) -> Option<End> {
        let node_bytes = if self.is_last { 0 } else { self.room.node_bytes };
        let each = size_of::<Successor>() as u64 + node_bytes;
        (self.expanded.successors.len() as u64 * each > self.room.bytes).then_some(End::Memory)
    }

    /// Tries a command on a copy, which is returned if its state did not change.
    fn extend(
        &mut self,
        node: &Node,
        stabilizer: Stabilizer,
        by: Extension,
        mut system: System,
    ) -> Result<Option<System>, Failure> {
        self.lockstep.restore(&node.snapshot);
        let result = self.lockstep.step(&mut system, &by.command);
        self.count(&result);
        if let StepResult::Ended(finding) = result {
            // An implementation that panicked or deviated is not used again.
            self.note(by, finding);
            return Ok(None);
        }
        let fingerprint = self.context.fingerprint(&*system)?;
        let is_unchanged = fingerprint.is_some() && fingerprint == node.fingerprint;
        if result == StepResult::Conforms {
            let pending = self.lockstep.pending().filter(|_| node.snapshot.pending().is_none());
            if let Some(divergence) = pending.cloned() {
                self.note(by, divergence);
            }
            if let Some((key, tracked)) = self.new_key(node, by, fingerprint, is_unchanged) {
                let (lockstep, kinds) = (&self.lockstep, key.kinds);
                let node = (!self.is_last).then(|| {
                    let snapshot = Box::new(lockstep.snapshot());
                    Node { system, snapshot, fingerprint, tracked, kinds, stabilizer, trace: 0 }
                });
                self.expanded.successors.push(Successor { by, key, node });
                return Ok(None);
            }
        }
        Ok(is_unchanged.then_some(system))
    }

    fn count(&mut self, result: &StepResult) {
        if *result == StepResult::Unsupported {
            return;
        }
        self.expanded.executed += 1;
        match self.lockstep.answer() {
            Some(Answer::Allow { .. }) => self.expanded.allowed += 1,
            Some(Answer::Deny { .. }) => self.expanded.refused += 1,
            None => {}
        }
    }

    fn note(&mut self, by: Extension, finding: Finding) {
        let search = self.context.search;
        let finding = headed_by(search.wanted, finding);
        let identity = finding.identity();
        let is_known = self.expanded.findings.iter().any(|(_, known)| known.identity() == identity);
        if !is_known && search.wanted.is_none_or(|wanted| wanted == identity) {
            self.expanded.findings.push((by, finding));
        }
    }

    /// The key of the state after the command and the hash of the tracked state, unless it was reached
    /// before.
    fn new_key(
        &mut self,
        node: &Node,
        by: Extension,
        fingerprint: Option<u128>,
        is_unchanged: bool,
    ) -> Option<(Key, u128)> {
        let search = self.context.search;
        if search.equivalence == StateEquivalence::Never {
            return Some((Key { hash: 0, kinds: Kinds::default() }, 0));
        }
        // A refusal changes the tracked state only under promises-only, where groups are as observed.
        let was_refused = self.lockstep.answer().is_some_and(|answer| !answer.is_allowed());
        let tracked = if was_refused && search.check.fidelity != Fidelity::PromisesOnly {
            node.tracked
        } else {
            self.context.hasher.hash(self.lockstep.state())
        };
        let is_same =
            tracked == node.tracked && self.lockstep.pending().is_some() == node.snapshot.pending().is_some();
        if is_same && (is_unchanged || search.equivalence != StateEquivalence::Product) {
            return None;
        }
        let kinds = self.context.kinds_after(node.kinds, &by.command);
        let key = Key { hash: self.context.hash(tracked, &self.lockstep, fingerprint), kinds };
        (self.visited.is_new(key) && self.reached.insert(key)).then_some((key, tracked))
    }
}
