//! The search by a walk: one implementation, which cannot be copied, goes from state to state with as few
//! resets as possible.
//!
//! In each state, the walk tries the actions that the model predicts to be no-ops first, then the rest.
//! When a state is exhausted, it goes to the nearest unexhausted one along observed or predicted
//! transitions, or resets if that is shorter by far or the only way. If a transition does not lead where
//! predicted, the walk records the real one and continues from there.
//!
//! At the end every action has been tried in every state that a trace below the bound leads to: the
//! states along such a trace have shortest traces below the bound as well. The start is one of them. In
//! an exhausted state all transitions are observed, and they bound the lengths behind it.
//!
//! The walk ends, because every command is either tried for the first time in its state, or part of a
//! path to an unexhausted state. A state to which some paths failed is given up. That is a finding,
//! because a system that does not repeat itself allows no conclusion. `graph` holds the states and
//! transitions; `findings` holds the findings.

use chatwarden_model::{Command, decide, step};

use super::expand::{COMMANDS_BETWEEN_CHECKS, SearchContext};
use super::findings::{Hit, Hits, headed_by};
use super::graph::{Graph, LastActions, NodeIndex};
use super::stabilizers::{ActionIndex, Stabilizer, WHOLE_GROUP};
use super::visited::{Key, Kinds};
use super::{ConformanceSearchResult, Counterexample, End, StateEquivalence};
use chatwarden::adapter::{Adapter, Failure, Replaceable};
use chatwarden::finding::{Deviation, Finding, Verdict};
use chatwarden::lockstep::{Lockstep, StepResult};

/// The number of commands that take as long as a reset, by assumption.
const RESET_COST: usize = 16;

/// A state is given up after this many failed paths to it.
const MAX_FAILED_PATHS: u32 = 4;

/// The number of shortest traces to a finding that are tried for one that shows it again.
const MAX_CONFIRMED: usize = 8;

/// A walk with its implementation.
pub(super) struct GraphWalk<'a, A, M> {
    context: &'a SearchContext<'a>,
    system: Replaceable<A, M>,
    lockstep: Lockstep,
    graph: Graph,
    hits: Hits<'a>,
    here: NodeIndex,
    /// The number of the permutation from the system's state to the representative.
    permutation: usize,
    /// The commands since the reset.
    executed: Vec<Command>,
    /// The most commands of a trace at the moment.
    bound: usize,
    /// Whether a new implementation could not be reset.
    is_broken: bool,
    result: ConformanceSearchResult,
}

/// The state in which the system is.
struct Location {
    key: Key,
    /// The hash of the tracked state.
    tracked: u128,
    /// The number of the permutation to the representative.
    permutation: usize,
}

impl<'a, A: Adapter, M: Fn() -> Result<A, Failure>> GraphWalk<'a, A, M> {
    /// A walk that starts at the start, where the system and the lock-step are.
    ///
    /// # Errors
    /// If the system has no fingerprint where it needs one.
    pub(super) fn new(
        context: &'a SearchContext<'a>,
        system: Replaceable<A, M>,
        lockstep: Lockstep,
        found: &'a mut dyn FnMut(&Counterexample),
    ) -> Result<Self, Failure> {
        let search = context.search;
        let last = search.last_kind().map(|kind| LastActions {
            length: search.depth.unwrap_or(usize::MAX).saturating_sub(1),
            is_tried: search.actions.iter().map(|action| action.kind() == kind).collect(),
        });
        let mut walk = GraphWalk {
            context,
            system,
            lockstep,
            graph: Graph::new(search.paths().unwrap_or(1), last),
            hits: Hits::new(found),
            here: 0,
            permutation: 0,
            executed: Vec::new(),
            bound: 0,
            is_broken: false,
            result: ConformanceSearchResult::started(),
        };
        let start = walk.locate(Kinds::default())?;
        walk.add_node(&start, WHOLE_GROUP);
        walk.permutation = start.permutation;
        Ok(walk)
    }

    /// Walks until everything is tried that was asked for.
    ///
    /// # Errors
    /// If a system cannot be made again after a failure, or loses its fingerprint.
    pub(super) fn run(mut self) -> Result<ConformanceSearchResult, Failure> {
        let search = self.context.search;
        let by_length = search.wanted.is_some() || search.stop_at_first;
        let most = search.depth.unwrap_or(usize::MAX);
        self.bound = if by_length { most.min(1) } else { most };
        let end = loop {
            if let Some(end) = self.exhaust_bound()? {
                break end;
            }
            let shortest = self.hits.shortest(&self.graph, search.wanted);
            if by_length && shortest.is_some_and(|length| length <= self.bound) {
                break End::First;
            }
            if self.bound < most && self.graph.shallowest(most).is_some() {
                self.bound += 1;
                continue;
            }
            // If only some actions were tried at last, others may lead to new states.
            let last = if search.last_kind().is_some() { most.saturating_sub(1) } else { most };
            break if self.graph.given_up.is_some() {
                End::Stopped
            } else if self.graph.depth() >= last {
                End::Depth
            } else {
                End::Complete
            };
        };
        self.result.depth = self.graph.depth().min(most);
        // Below the shortest trace to an unexhausted state, everything was tried everywhere.
        let unexhausted = self.graph.shallowest(most).map(|node| self.graph.nodes[node].length);
        let judged = unexhausted.into_iter().chain(self.graph.given_up).fold(self.bound, usize::min);
        self.result.judged = if end == End::Complete { None } else { Some(judged) };
        self.result.set_symmetry(&self.context.orbits);
        self.result.states = self.graph.exhausted() as u64;
        let found = self.confirm()?;
        Ok(ConformanceSearchResult { end, found, tally: *self.lockstep.tally(), ..self.result })
    }

    /// Tries everything within the bound, or returns why it could not.
    fn exhaust_bound(&mut self) -> Result<Option<End>, Failure> {
        loop {
            if let Some(end) = self.context.cut() {
                return Ok(Some(end));
            }
            if self.is_broken {
                return Ok(Some(End::Stopped));
            }
            if self.graph.bytes as u64 > self.context.search.memory {
                return Ok(Some(End::Memory));
            }
            let (states, frontier) = (self.graph.exhausted() as u64, self.graph.unexhausted() as u64);
            self.context.monitor.update(self.executed.len(), frontier, states);
            if let Some(action) = self.graph.next_action(self.here, self.bound) {
                self.take(action)?;
                continue;
            }
            let Some(target) = self.graph.shallowest(self.bound) else { return Ok(None) };
            let from_start = self.graph.path_from_start(target);
            match self.graph.path_to_nearest(self.here, self.bound, from_start.len() + RESET_COST) {
                Some((target, path)) => self.follow(target, &path, false)?,
                None => {
                    self.reset()?;
                    if !self.is_broken {
                        self.follow(target, &from_start, true)?;
                    }
                }
            }
        }
    }

    /// Follows a path as long as it leads where it should. All of it was observed, or some is predicted.
    fn follow(
        &mut self,
        target: NodeIndex,
        path: &[(ActionIndex, NodeIndex)],
        is_observed: bool,
    ) -> Result<(), Failure> {
        for &(action, expected) in path {
            if self.context.cut().is_some() {
                return Ok(());
            }
            let was_observed = is_observed || self.graph.was_observed(self.here, action);
            self.take(action)?;
            if self.here != expected {
                // A predicted transition is observed by this, so it does not fail again.
                if was_observed && self.graph.add_failed_path(target) >= MAX_FAILED_PATHS {
                    let at = self.executed.len().saturating_sub(1);
                    let why = "the same commands led to another state when they were repeated".to_string();
                    let last = self.executed.last().copied();
                    let finding = Finding::new(at, last, vec![Deviation::Indefinite(why)]);
                    self.hits.add(self.here, action, &self.executed, finding);
                    self.graph.give_up(target);
                }
                return Ok(());
            }
        }
        Ok(())
    }

    /// Executes an action of the representative, as the command that it is in the system's state.
    fn take(&mut self, action: ActionIndex) -> Result<(), Failure> {
        let from = self.here;
        let command = self.concrete(self.permutation, action);
        let counts = self.graph.mark_tried(from, action) && self.graph.nodes[from].length < self.bound;
        let had_diverged = self.lockstep.pending().is_some();
        let result = self.lockstep.step(self.system.get()?, &command);
        if result == StepResult::Unsupported {
            self.graph.remove_edge(from, action);
            return Ok(());
        }
        self.result.executed += 1;
        if counts {
            self.result.count_answer(self.lockstep.answer());
        }
        self.executed.push(command);
        if let StepResult::Ended(finding) = result {
            let is_inconclusive = finding.identity().verdict == Verdict::Inconclusive;
            self.graph.remove_edge(from, action);
            self.note(from, action, finding);
            if is_inconclusive {
                self.system.replace()?;
            }
            return self.reset();
        }
        if let Some(divergence) = self.lockstep.pending().filter(|_| !had_diverged).cloned() {
            self.note(from, action, divergence);
        }
        self.arrive(from, action, command)
    }

    /// Finds the node to which the command led.
    fn arrive(&mut self, from: NodeIndex, action: ActionIndex, command: Command) -> Result<(), Failure> {
        let location = self.locate(self.context.kinds_after(self.graph.nodes[from].key.kinds, &command))?;
        self.permutation = location.permutation;
        if location.key.hash == self.graph.nodes[from].key.hash {
            self.graph.remove_edge(from, action);
            return Ok(());
        }
        self.here = match self.graph.find(location.key) {
            Some(node) => node,
            None => {
                let stabilizer = self.stabilizer_after(self.graph.nodes[from].stabilizer, action);
                self.add_node(&location, stabilizer)
            }
        };
        self.graph.add_edge(from, action, self.here);
        Ok(())
    }

    fn add_node(&mut self, location: &Location, stabilizer: Stabilizer) -> NodeIndex {
        let (no_ops, others) = self.predict(location, stabilizer);
        // Only the tracked part of a product can be predicted.
        let predictable = if self.compares_products() { location.tracked } else { location.key.hash };
        self.graph.add(location.key, predictable, stabilizer, &no_ops, &others)
    }

    fn compares_products(&self) -> bool {
        self.context.search.equivalence == StateEquivalence::Product
    }

    fn stabilizer_after(&self, stabilizer: Stabilizer, action: ActionIndex) -> Stabilizer {
        if !self.compares_products() {
            return stabilizer;
        }
        let mut after = self.context.orbits.after(stabilizer);
        after.find(|(first, _)| *first == action).map_or(stabilizer, |(_, stabilizer)| stabilizer)
    }

    /// Resets the implementation. If that fails, a new one gets one more chance.
    fn reset(&mut self) -> Result<(), Failure> {
        let setup = &self.context.search.setup;
        self.result.resets += 1;
        self.executed.clear();
        self.here = 0;
        if let Err(finding) = self.lockstep.start(self.system.get()?, setup) {
            self.hits.add(0, 0, &[], finding);
            self.system.replace()?;
            self.result.resets += 1;
            self.is_broken = self.lockstep.start(self.system.get()?, setup).is_err();
        }
        self.permutation = self.locate(Kinds::default())?.permutation;
        Ok(())
    }

    /// The state in which the system is, after commands of these kinds.
    fn locate(&mut self, kinds: Kinds) -> Result<Location, Failure> {
        let (tracked, permutation) = self.context.hasher.representative(self.lockstep.state());
        let fingerprint = self.context.fingerprint(self.system.get()?)?;
        let hash = self.context.hash(tracked, &self.lockstep, fingerprint);
        Ok(Location { key: Key { hash, kinds }, tracked, permutation })
    }

    /// The command that the permutation of that number maps to an action.
    fn concrete(&self, permutation: usize, action: ActionIndex) -> Command {
        self.context.search.actions[self.context.orbits.origin(permutation, action) as usize]
    }

    /// The model's prediction for each action to try: those that change nothing, and where the others
    /// lead. If the search is to end, the rest is not predicted, and counts as the former.
    fn predict(
        &self,
        location: &Location,
        stabilizer: Stabilizer,
    ) -> (Vec<ActionIndex>, Vec<(ActionIndex, Key)>) {
        let search = self.context.search;
        let policy = &search.setup.policy;
        let (mut no_ops, mut others) = (Vec::new(), Vec::new());
        let actions: Vec<ActionIndex> = if self.compares_products() {
            self.context.orbits.after(stabilizer).map(|(action, _)| action).collect()
        } else {
            (0..search.actions.len() as ActionIndex).collect()
        };
        let mut is_cut = false;
        for (number, action) in actions.into_iter().enumerate() {
            if number % COMMANDS_BETWEEN_CHECKS == COMMANDS_BETWEEN_CHECKS - 1 {
                is_cut = is_cut || self.context.cut().is_some();
            }
            if is_cut {
                no_ops.push(action);
                continue;
            }
            let command = self.concrete(location.permutation, action);
            let mut after = *self.lockstep.state();
            if !decide(&after, policy, &command).is_allowed() {
                no_ops.push(action);
                continue;
            }
            step(&mut after, policy, &command);
            let after = self.context.hasher.hash(&after);
            if after == location.tracked {
                no_ops.push(action);
                continue;
            }
            let hash = match search.equivalence {
                StateEquivalence::Product => after,
                _ => self.context.hash(after, &self.lockstep, None),
            };
            let kinds = self.context.kinds_after(location.key.kinds, &command);
            others.push((action, Key { hash, kinds }));
        }
        (no_ops, others)
    }

    fn note(&mut self, from: NodeIndex, action: ActionIndex, finding: Finding) {
        let wanted = self.context.search.wanted;
        let finding = headed_by(wanted, finding);
        if wanted.is_none_or(|wanted| wanted == finding.identity()) {
            self.hits.add(from, action, &self.executed, finding);
        }
    }

    /// For each finding the shortest known trace that shows it again, or the trace of the walk. If the
    /// search is to end, the rest keeps the trace of the walk.
    fn confirm(&mut self) -> Result<Vec<Counterexample>, Failure> {
        let mut found = self.hits.first.as_slice().to_vec();
        for counterexample in &mut found {
            let hits = self.hits.of(counterexample.finding.identity(), &self.graph);
            for hit in hits.into_iter().take(MAX_CONFIRMED) {
                if self.is_broken
                    || self.context.cut().is_some()
                    || self.graph.nodes[hit.from].length >= counterexample.commands.len()
                {
                    break;
                }
                if let Some(shorter) = self.repeat(hit)? {
                    *counterexample = shorter;
                    break;
                }
            }
        }
        found.sort_by_key(|found| found.commands.len());
        Ok(found)
    }

    /// Goes to a hit from the start, and returns the trace if the same finding shows.
    fn repeat(&mut self, hit: Hit) -> Result<Option<Counterexample>, Failure> {
        self.reset()?;
        let path = self.graph.path_from_start(hit.from);
        for action in path.into_iter().map(|(action, _)| action).chain([hit.action]) {
            if self.is_broken || self.context.cut().is_some() {
                return Ok(None);
            }
            let permutation = self.context.hasher.representative(self.lockstep.state()).1;
            let command = self.concrete(permutation, action);
            self.result.executed += 1;
            self.executed.push(command);
            let finding = match self.lockstep.step(self.system.get()?, &command) {
                StepResult::Ended(finding) => Some(finding),
                StepResult::Conforms => {
                    let pending = self.lockstep.pending();
                    pending.filter(|divergence| divergence.shows(hit.identity)).cloned()
                }
                StepResult::Unsupported => return Ok(None),
            };
            if let Some(finding) = finding {
                if finding.identity().verdict == Verdict::Inconclusive {
                    self.system.replace()?;
                }
                let is_same = finding.shows(hit.identity);
                let finding = finding.headed_by(hit.identity);
                return Ok(is_same.then(|| Counterexample::new(self.executed.clone(), finding)));
            }
        }
        Ok(None)
    }
}
