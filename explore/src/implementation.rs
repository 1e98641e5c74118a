//! The search of an implementation: it is compared with the model in lock-step, on every trace up to a
//! bound, except that states which count as the same are expanded once.
//!
//! `chatwarden::lockstep` compares a single step. There are three ways to get to a state: `copies`
//! of the implementation, a `graph_walk` of one implementation, or `every_trace` after a reset.

mod copies;
mod every_trace;
mod expand;
mod findings;
mod graph;
mod graph_walk;
mod stabilizers;
mod state_hash;
#[cfg(test)]
mod tests;
mod visited;

use std::num::NonZeroUsize;
use std::time::Instant;

use chatwarden_model::{Command, CommandKind, Setup, SymmetryCut};

use every_trace::EveryTrace;
use expand::SearchContext;
use graph_walk::GraphWalk;
use stabilizers::ActionOrbits;

use crate::{End, SearchMonitor};
use chatwarden::adapter::{Adapter, Answer, Failure, Replaceable};
pub use chatwarden::counterexample::Counterexample;
use chatwarden::finding::Identity;
use chatwarden::lockstep::{CheckConfig, Lockstep, Tally};

/// A search for deviations of an implementation from the model.
///
/// With `symmetry` the implementation is assumed to treat users of a kind as interchangeable, and groups too, as
/// the model does: a permutation of them before a trace permutes its results and changes nothing else.
///
/// ```
/// use chatwarden::adapter::{Adapter, fault::Fault, memory::Memory};
/// use chatwarden_explore::{
///     ConformanceSearch, MEMORY, SearchMonitor, StateEquivalence, search_implementation,
/// };
/// use chatwarden::{lockstep::CheckConfig, model::{Preset, Promise, Setup}, format::BuiltInCast};
///
/// let policy = Preset::MessengerKids.policy();
/// let setup = Setup { cast: BuiltInCast::Small.named_cast().cast, groups: 1, policy };
/// let make = || Ok(Memory::with_fault(Fault::OwnerInvitesAnyone));
/// let search = ConformanceSearch {
///     setup,
///     check: CheckConfig::of(&Memory::new().about()),
///     actions: setup.bounds().well_typed(),
///     depth: Some(4),
///     equivalence: StateEquivalence::Product,
///     symmetry: true,
///     wanted: None,
///     stop_at_first: true,
///     jobs: std::num::NonZeroUsize::MIN,
///     memory: MEMORY,
///     deadline: None,
/// };
/// let result = search_implementation(&search, &make, &SearchMonitor::default(), &mut |_| {})?;
/// assert_eq!(result.found[0].commands.len(), 2);
/// assert_eq!(result.found[0].finding.identity().promise, Some(Promise::NoStrangers));
/// # Ok::<(), chatwarden::adapter::Failure>(())
/// ```
#[derive(Clone, Debug)]
pub struct ConformanceSearch {
    /// The cast, groups and policy.
    pub setup: Setup,
    /// How closely the implementation is compared.
    pub check: CheckConfig,
    /// The commands that are tried in every state, simplest first.
    pub actions: Vec<Command>,
    /// The most commands in a trace, if there is a bound.
    pub depth: Option<usize>,
    /// When two traces lead to the same state, so that only one of them is extended.
    pub equivalence: StateEquivalence,
    /// Whether traces that differ by a permutation of interchangeable users and groups count as one.
    pub symmetry: bool,
    /// The only finding to look for, if there is one. The search ends at its first, shortest trace, and
    /// the last command of a trace is always of its kind.
    pub wanted: Option<Identity>,
    /// Whether to end after the length of the first finding.
    pub stop_at_first: bool,
    /// The number of threads; the result does not depend on it.
    pub jobs: NonZeroUsize,
    /// The number of bytes that the search may take, about.
    pub memory: u64,
    /// When to end, if at some time.
    pub deadline: Option<Instant>,
}

impl ConformanceSearch {
    /// The kind of the last commands, if not all kinds are tried there.
    fn last_kind(&self) -> Option<CommandKind> {
        self.wanted.and_then(|wanted| wanted.command).filter(|_| self.depth.is_some())
    }

    /// The number of traces to each state that are extended; all of them if none.
    fn paths(&self) -> Option<usize> {
        match self.equivalence {
            StateEquivalence::Product => Some(1),
            StateEquivalence::Tracked { paths } => Some(paths.get()),
            StateEquivalence::Never => None,
        }
    }
}

/// When two traces lead to the same state. States are compared by hashes of 128 bits.
///
/// ```
/// use chatwarden_explore::StateEquivalence;
/// let one_each = StateEquivalence::Tracked { paths: std::num::NonZeroUsize::MIN };
/// assert_ne!(one_each, StateEquivalence::Never);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StateEquivalence {
    /// If the lock-step tracks the same state, and the implementation has the same
    /// [fingerprint](Adapter::fingerprint).
    Product,
    /// If the lock-step tracks the same state up to a permutation, and would report the same divergence
    /// at the end. Several traces to each state may be extended: the first of those that differ in the
    /// kinds of commands that changed something.
    Tracked {
        /// The most traces to a state that are extended.
        paths: NonZeroUsize,
    },
    /// Never. Every trace is tried, because the implementation may remember anything.
    Never,
}

/// The result of a search of an implementation.
///
/// An example is at [`ConformanceSearch`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConformanceSearchResult {
    /// The number of expanded states.
    pub states: u64,
    /// The number of commands that were tried in them and allowed by the implementation.
    pub allowed: u64,
    /// The number of commands that were tried in them and refused.
    pub refused: u64,
    /// The number of executed commands, those that lead back to a state included.
    pub executed: u64,
    /// The executed commands, and those that the implementation did not support, by kind.
    pub tally: Tally,
    /// The number of resets.
    pub resets: u64,
    /// The length of the shortest trace to the state farthest from the start.
    pub depth: usize,
    /// All traces of up to this length were tried; none if all traces were.
    pub judged: Option<usize>,
    /// The number of permutations under which traces count as one, the identity included.
    pub renamings: usize,
    /// The permutations that were left out, because a state would take too long with them. It makes the
    /// counts larger and changes nothing else.
    pub symmetry_cut: SymmetryCut,
    /// Why the search ended.
    pub end: End,
    /// The first finding of each identity, shortest first.
    pub found: Vec<Counterexample>,
}

impl ConformanceSearchResult {
    /// The result of a search that has only made an implementation and reset it.
    fn started() -> Self {
        ConformanceSearchResult {
            states: 0,
            allowed: 0,
            refused: 0,
            executed: 0,
            tally: Tally::default(),
            resets: 1,
            depth: 0,
            judged: Some(0),
            renamings: 1,
            symmetry_cut: SymmetryCut::default(),
            end: End::Stopped,
            found: Vec::new(),
        }
    }

    /// Notes the permutations under which traces counted as one.
    fn set_symmetry(&mut self, orbits: &ActionOrbits) {
        self.renamings = orbits.permutations.len();
        self.symmetry_cut = orbits.cut;
    }

    /// Counts an answer to a command that was tried.
    fn count_answer(&mut self, answer: Option<Answer>) {
        match answer {
            Some(Answer::Allow { .. }) => self.allowed += 1,
            Some(Answer::Deny { .. }) => self.refused += 1,
            None => {}
        }
    }
}

/// Takes an implementation through every state, and tries every action in each, refused ones included.
///
/// If the implementation can be [copied](Adapter::fork), traces are searched in the order of their
/// length, and the first counterexample is a shortest one. Otherwise one implementation walks from state
/// to state with few resets, on one thread. If a finding is wanted, or the search is to stop at the first,
/// the walk exhausts one length after the other. If not, the lengths of what it finds are certain only
/// when it is complete.
///
/// Each finding is handed to `found` as soon as it is known to be the first of its identity, so that
/// it can be saved at once.
///
/// An implementation that cannot be reset is a finding without commands, whatever is wanted. If this
/// happens later, and again with a new implementation, the search ends as stopped. So does a walk that
/// had to give up a state because the same commands did not lead there again.
///
/// # Errors
/// If an implementation cannot be made or copied, or if it has no [fingerprint](Adapter::fingerprint) and
/// states are to be compared by it.
///
/// # Panics
/// If the harness itself has a bug, or the adapter panics while it is copied or makes its fingerprint. The
/// implementation's other panics are findings.
pub fn search_implementation<A: Adapter>(
    search: &ConformanceSearch,
    make: &(impl Fn() -> Result<A, Failure> + Sync),
    monitor: &SearchMonitor,
    found: &mut dyn FnMut(&Counterexample),
) -> Result<ConformanceSearchResult, Failure> {
    let mut system = Replaceable::new(make)?;
    let mut lockstep = Lockstep::new(search.check);
    if let Err(finding) = lockstep.start(system.get()?, &search.setup) {
        let counterexample = Counterexample::new(Vec::new(), finding);
        found(&counterexample);
        let found = vec![counterexample];
        return Ok(ConformanceSearchResult { found, ..ConformanceSearchResult::started() });
    }
    if let Some(copy) = system.get()?.fork() {
        return copies::search(search, copy, &lockstep, monitor, found);
    }
    let context = SearchContext::new(search, monitor);
    match search.equivalence {
        StateEquivalence::Never => EveryTrace::new(&context, system, lockstep, found).run(),
        _ => GraphWalk::new(&context, system, lockstep, found)?.run(),
    }
}
