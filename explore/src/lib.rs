//! Exhaustive search: every history up to a bound, instead of some. [`explore()`] asks whether a policy keeps its
//! promises; [`drive()`] takes an implementation through every situation and compares it with the model.
//!
//! Nothing is drawn, shrunk, written or printed here: what a search finds is the shortest history that shows it,
//! because shorter ones are tried first.

pub mod certify;
mod chain;
mod cover;
mod drive;
mod facts;
mod groups;
mod key;
mod orbits;
mod outbox;
mod search;
mod steps;
mod store;
pub mod suite;
#[cfg(test)]
mod tests;

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::thread;

use chatwarden_model::{Bounds, Command, CommandKind, EnumSet, MAX_USERS, Promise, Setup, named_enum};

use chatwarden::coverage::Reachability;
pub use drive::{Alike, Counterexample, Drive, Driven, drive};

/// The most renamings that are tried for a state, or up to which histories are alike.
const MOST_RENAMINGS: usize = 1_000;

/// How much memory a search may take unless it is told otherwise: 8 GiB.
pub const MEMORY: u64 = 8 << 30;

/// What is to be searched for promises that a policy does not keep.
///
/// ```
/// use chatwarden_explore::{explore, PolicySearch, PromiseResult, SearchMonitor};
/// use chatwarden::model::{Preset, Promise, Setup};
/// use chatwarden::format::BuiltInCast;
///
/// let policy = Preset::MessengerKids2019.policy();
/// let setup = Setup { cast: BuiltInCast::Small.named_cast().cast, groups: 1, policy };
/// let plan = PolicySearch { depth: Some(3), ..PolicySearch::new(setup) };
/// let explored = explore(&plan, &SearchMonitor::default());
/// let PromiseResult::Broken(chain) = explored.standing(Promise::NoStrangers) else { panic!("two strangers can meet") };
/// assert_eq!(chain.len(), 3);
/// ```
#[derive(Clone, Debug)]
pub struct PolicySearch {
    /// The cast, groups and policy.
    pub setup: Setup,
    /// The kinds of commands of which histories are made.
    pub commands: EnumSet<CommandKind>,
    /// Whether commands whose users have the wrong kinds, or do not differ where they must, are tried as well.
    pub ill_typed: bool,
    /// The promises to judge.
    pub promises: EnumSet<Promise>,
    /// The most commands of a history, if there is a bound.
    pub depth: Option<usize>,
    /// Whether states that differ by renaming interchangeable users and groups count as one.
    pub symmetry: bool,
    /// Whether to tell what can be covered as well.
    pub coverage: bool,
    /// Whether to end after the length at which a promise is first broken.
    pub stop_at_first: bool,
    /// How many cores to use; the result does not depend on it.
    pub jobs: NonZeroUsize,
    /// How many bytes the states that are reached may take. Lists and caches on the way come on top; a core's are a
    /// sixteenth of it at most.
    pub memory: u64,
}

impl PolicySearch {
    /// The whole search, with everything and all cores.
    pub fn new(setup: Setup) -> Self {
        PolicySearch {
            setup,
            commands: EnumSet::all(),
            ill_typed: false,
            promises: EnumSet::all(),
            depth: None,
            symmetry: true,
            coverage: false,
            stop_at_first: false,
            jobs: thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
            memory: MEMORY,
        }
    }

    /// The commands of which histories are made, simplest first.
    pub fn alphabet(&self) -> Vec<Command> {
        let bounds = Bounds { commands: self.commands, ..self.setup.bounds() };
        if self.ill_typed { bounds.all() } else { bounds.well_typed() }
    }
}

named_enum! {
    /// Why a search ended.
    ///
    /// ```
    /// use chatwarden::{explore::End, model::NamedEnum};
    /// assert_eq!(End::Memory.name(), "memory");
    /// ```
    pub enum End {
        Complete = "complete": "everything that can be reached was tried",
        Depth = "depth": "longer histories were not asked for",
        First = "first": "something was found, and more was not asked for",
        Memory = "memory": "the memory that it may take was used up",
        Size = "size": "groups came into more states than it can tell apart",
        Time = "time": "the time that it may take was used up",
        Stopped = "stopped": "it was interrupted",
    }
}

/// What a search of a policy came to.
///
/// An example is at [`PolicySearch`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Exploration {
    /// How many commands histories are made of.
    pub alphabet: usize,
    /// How many distinct states were reached.
    pub states: u64,
    /// How many allowed commands lead out of the states that were gone on from.
    pub transitions: u64,
    /// How many commands the state that is farthest from the start takes.
    pub depth: usize,
    /// How many commands the longest histories have of which all were judged; none if simply all were.
    pub judged: Option<usize>,
    /// How many states are still to be gone on from; none if the search is complete.
    pub frontier: u64,
    /// Why the search ended.
    pub end: End,
    /// The most bytes that the search held at a time.
    pub bytes: u64,
    /// By how many renamings states were held to be alike, the identity included.
    pub renamings: usize,
    /// What became of each promise that was judged.
    pub promises: Vec<(Promise, PromiseResult)>,
    /// What can be covered, if that was asked for.
    pub ground: Option<Reachability>,
}

impl Exploration {
    /// What became of a promise.
    ///
    /// # Panics
    /// If the promise was not judged.
    pub fn standing(&self, promise: Promise) -> &PromiseResult {
        let judged = self.promises.iter().find(|(judged, _)| *judged == promise);
        &judged.expect("the promise is judged").1
    }

    /// Whether one of the promises can be broken.
    pub fn is_any_broken(&self) -> bool {
        self.promises.iter().any(|(_, standing)| standing.length().is_some())
    }
}

/// What became of a promise.
///
/// ```
/// use chatwarden_explore::PromiseResult;
/// assert_eq!(PromiseResult::Broken(vec![]).length(), Some(0));
/// assert_eq!(PromiseResult::Kept.length(), None);
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PromiseResult {
    /// No history that was searched breaks it.
    Kept,
    /// No policy can break it in the model, only an implementation can.
    KeptByConstruction,
    /// It can be broken; this is the first of the shortest histories, in the order of the alphabet.
    Broken(Vec<Command>),
}

impl PromiseResult {
    /// How many commands it takes to break the promise, if it can be broken.
    pub fn length(&self) -> Option<usize> {
        match self {
            PromiseResult::Broken(chain) => Some(chain.len()),
            _ => None,
        }
    }
}

/// What can be seen of a search while it goes on, and the way to stop it.
///
/// ```
/// use chatwarden_explore::SearchMonitor;
/// let watch = SearchMonitor::default();
/// watch.stop();
/// assert!(watch.is_stopped());
/// ```
#[derive(Debug, Default)]
pub struct SearchMonitor {
    depth: AtomicU64,
    frontier: AtomicU64,
    states: AtomicU64,
    stopped: AtomicBool,
}

impl SearchMonitor {
    /// How many commands lead to the states from which the search goes on now.
    pub fn depth(&self) -> u64 {
        self.depth.load(Relaxed)
    }

    /// How many such states there are.
    pub fn frontier(&self) -> u64 {
        self.frontier.load(Relaxed)
    }

    /// How many distinct states were reached so far.
    pub fn states(&self) -> u64 {
        self.states.load(Relaxed)
    }

    /// Asks the search to end with what it has.
    pub fn stop(&self) {
        self.stopped.store(true, Relaxed);
    }

    /// Whether the search was asked to end.
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Relaxed)
    }

    pub(crate) fn tell(&self, depth: usize, frontier: u64, states: u64) {
        self.depth.store(depth as u64, Relaxed);
        self.frontier.store(frontier, Relaxed);
        self.states.store(states, Relaxed);
    }
}

/// Searches every history of the plan, shortest first. The search goes on past a broken promise, and its result
/// depends on nothing but the plan: not on the number of jobs, nor, but for the counts, on symmetry. Only how many
/// bytes it took depends on the jobs as well.
pub fn explore(plan: &PolicySearch, watch: &SearchMonitor) -> Exploration {
    let words = facts::words(&plan.setup.cast);
    let chatting = plan.setup.cast.kinds().chatting().len();
    // The smallest sizes into which the plan fits: rules are the same for all, small ones are copied faster.
    match (plan.setup.cast.len(), words, plan.setup.groups) {
        // Of three who chat, two groups in all their states fit into the smaller key.
        (..=5, ..=1, 2) if chatting > 3 => search::search::<5, 1, u128>(plan, watch),
        (..=5, ..=1, ..=2) => search::search::<5, 1, u64>(plan, watch),
        (..=9, ..=2, ..=1) => search::search::<9, 2, u64>(plan, watch),
        (..=9, ..=2, _) => search::search::<9, 2, u128>(plan, watch),
        _ => search::search::<MAX_USERS, 16, u128>(plan, watch),
    }
}
