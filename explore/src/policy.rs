//! The search of a policy: the states that the model can reach, and the promises that break there.
//!
//! [`explore()`] picks an engine and the smallest state size that fits. `levels` goes from one length
//! of traces to the next and knows no engine. The engines are `plain`, which is the reference, and
//! `factored`, which is faster and relies on four laws of the model. No implementation takes part.

mod factored;
mod levels;
mod plain;

use std::num::NonZeroUsize;
use std::thread;

use chatwarden::coverage::Reachability;
use chatwarden_model::{
    Bounds, Command, CommandKind, EnumSet, MAX_GROUPS, MAX_USERS, Promise, Setup, SymmetryCut,
};

use plain::Plain;

use crate::{End, SearchMonitor};

/// A search for traces that break the promises of a policy.
///
/// ```
/// use chatwarden_explore::{explore, PolicySearch, PromiseResult, SearchMonitor};
/// use chatwarden::model::{Preset, Promise, Setup};
/// use chatwarden::format::BuiltInCast;
///
/// let policy = Preset::MessengerKids.policy();
/// let setup = Setup { cast: BuiltInCast::Small.named_cast().cast, groups: 1, policy };
/// let search = PolicySearch { depth: Some(3), ..PolicySearch::new(setup) };
/// let exploration = explore(&search, &SearchMonitor::default());
/// assert_eq!(*exploration.result_of(Promise::NoStrangers), PromiseResult::Kept);
/// ```
#[derive(Clone, Debug)]
pub struct PolicySearch {
    /// The cast, groups and policy.
    pub setup: Setup,
    /// The kinds of commands in the traces.
    pub commands: EnumSet<CommandKind>,
    /// Whether to try commands whose users have the wrong kinds, or do not differ where they must.
    pub ill_typed: bool,
    /// The promises to judge.
    pub promises: EnumSet<Promise>,
    /// The most commands in a trace, if there is a bound.
    pub depth: Option<usize>,
    /// Whether states that differ by a permutation of interchangeable users and groups count as one.
    pub symmetry: bool,
    /// Whether to report what can be covered as well.
    pub coverage: bool,
    /// Whether to end after the length at which a promise first breaks.
    pub stop_at_first: bool,
    /// The engine; the result does not depend on it, except for the bytes.
    pub engine: Engine,
    /// The number of threads of the factored engine; the result does not depend on it, except for the
    /// bytes.
    pub jobs: NonZeroUsize,
    /// The number of bytes that the reached states may take. Lists and caches come on top; those of a
    /// thread take at most a sixteenth of it.
    pub memory: u64,
}

impl PolicySearch {
    /// The unbounded search for all promises with all commands and all cores.
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
            engine: Engine::default(),
            jobs: thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
            memory: crate::MEMORY,
        }
    }

    /// The commands that are tried in every state, simplest first.
    pub fn actions(&self) -> Vec<Command> {
        let bounds = Bounds { commands: self.commands, ..self.setup.bounds() };
        if self.ill_typed { bounds.all() } else { bounds.well_typed() }
    }
}

/// How successors are made. Both engines come to the same result.
///
/// ```
/// use chatwarden_explore::{explore, Engine, PolicySearch, SearchMonitor};
/// use chatwarden::model::{Preset, Setup};
/// use chatwarden::format::BuiltInCast;
///
/// let policy = Preset::PairwiseConsent.policy();
/// let setup = Setup { cast: BuiltInCast::Small.named_cast().cast, groups: 1, policy };
/// let [plain, factored] = [Engine::Plain, Engine::Factored].map(|engine| {
///     let search = PolicySearch { engine, depth: Some(3), ..PolicySearch::new(setup) };
///     explore(&search, &SearchMonitor::default())
/// });
/// assert_eq!((plain.states, plain.promises), (factored.states, factored.promises));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Engine {
    /// The reference: every command is applied to every state, on one thread. It assumes nothing of the
    /// model.
    Plain,
    /// Accounts and groups are stepped apart, and the effects on groups are cached. It relies on four
    /// laws of the model, which `explore/tests/it/laws.rs` tests.
    #[default]
    Factored,
}

/// The result of a search of a policy.
///
/// An example is at [`PolicySearch`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Exploration {
    /// The number of commands that were tried in every state.
    pub actions: usize,
    /// The number of distinct states.
    pub states: u64,
    /// The number of allowed commands in the expanded states.
    pub transitions: u64,
    /// The length of the shortest trace to the state farthest from the start.
    pub depth: usize,
    /// All traces of up to this length were judged; none if all traces were.
    pub judged: Option<usize>,
    /// The number of unexpanded states; 0 if the search is complete.
    pub frontier: u64,
    /// Why the search ended.
    pub end: End,
    /// The most bytes that the search held at a time.
    pub bytes: u64,
    /// The number of permutations under which states count as one, the identity included.
    pub renamings: usize,
    /// The permutations that were left out, because a state would take too long with them. It makes the
    /// counts larger and changes nothing else.
    pub symmetry_cut: SymmetryCut,
    /// The result for each promise that was judged.
    pub promises: Vec<(Promise, PromiseResult)>,
    /// What can be covered, if that was asked for.
    pub reachability: Option<Reachability>,
}

impl Exploration {
    /// The result for a promise.
    ///
    /// # Panics
    /// If the promise was not judged.
    pub fn result_of(&self, promise: Promise) -> &PromiseResult {
        let judged = self.promises.iter().find(|(judged, _)| *judged == promise);
        &judged.expect("the promise is judged").1
    }

    /// Whether at least one of the promises can be broken.
    pub fn is_any_broken(&self) -> bool {
        self.promises.iter().any(|(_, result)| result.length().is_some())
    }
}

/// The result for one promise.
///
/// ```
/// use chatwarden_explore::PromiseResult;
/// assert_eq!(PromiseResult::Broken(vec![]).length(), Some(0));
/// assert_eq!(PromiseResult::Kept.length(), None);
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PromiseResult {
    /// No trace that was searched breaks it.
    Kept,
    /// Under any policy the model keeps it; only an implementation can break it.
    KeptByConstruction,
    /// It can be broken. This is the first of the shortest traces, in the order of the actions.
    Broken(Vec<Command>),
    /// It can be broken by so many commands and not by fewer. The search was stopped before the trace
    /// was made.
    BrokenUntraced(usize),
}

impl PromiseResult {
    /// The number of commands after which the promise is broken, if it can be.
    pub fn length(&self) -> Option<usize> {
        match self {
            PromiseResult::Broken(trace) => Some(trace.len()),
            PromiseResult::BrokenUntraced(length) => Some(*length),
            PromiseResult::Kept | PromiseResult::KeptByConstruction => None,
        }
    }
}

/// Searches every trace up to the bound, shortest first. The search continues after a broken promise.
/// Its result depends on the configuration alone. Only the number of bytes depends on the number of
/// jobs and on the engine, and only the counts depend on symmetry.
pub fn explore(search: &PolicySearch, monitor: &SearchMonitor) -> Exploration {
    // The rules of the model are the same for every size of a state; small states are copied faster.
    let (users, groups) = (search.setup.cast.len(), search.setup.groups);
    match (search.engine, users, groups) {
        (Engine::Plain, ..=5, ..=1) => Plain::<5, 1>::search(search, monitor),
        (Engine::Plain, ..=9, ..=2) => Plain::<9, 2>::search(search, monitor),
        (Engine::Plain, ..) => Plain::<MAX_USERS, MAX_GROUPS>::search(search, monitor),
        (Engine::Factored, ..) => factored::search(search, monitor),
    }
}
