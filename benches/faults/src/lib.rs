//! The kill table: how soon each engine finds each fault of the catalogue, and in how short a chain. It tests the
//! testers: the same faults, the same comparison, and one core for each attempt.
//!
//! This measures. Engines are in `engine`, and nothing is worded or printed here.

mod amount;
mod engine;
#[cfg(feature = "peers")]
mod peer;
mod prepare;
mod watch;

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use chatwarden_model::{NamedEnum, Setup, named_enum};

use chatwarden::adapter::fault::{Fault, FaultCast};
use chatwarden::adapter::memory::Memory;
use chatwarden::adapter::{Adapter, Failure};
use chatwarden::campaign;
use chatwarden::counterexample::Counterexample;
use chatwarden_explore::certify::{Certifier, Limits};
use chatwarden::format::BuiltInCast;
pub use amount::{Amount, median};
use prepare::Prepared;
pub use watch::BenchMonitor;
use watch::Own;

named_enum! {
    /// A way to look for faults.
    ///
    /// ```
    /// use chatwarden::{fault_bench::Engine, model::NamedEnum};
    /// let by_seed: Vec<_> = Engine::ALL.iter().filter(|engine| engine.is_seeded()).map(|engine| engine.name()).collect();
    /// assert_eq!(by_seed, ["uniform", "likely", "coverage", "proptest"]);
    /// ```
    pub enum Engine {
        Uniform = "uniform": "runs of commands drawn without looking at anything",
        Likely = "likely": "the default generation: most commands are allowed, or nearly so",
        Coverage = "coverage": "the same, and what has not been covered yet is sought",
        Suite = "suite": "the scenarios of the policy's conformance suite with the small cast, one after the other",
        Exhaustive = "exhaustive": "every command in every situation, shortest histories first",
        Proptest = "proptest": "proptest-state-machine with its own generation and shrinking",
    }
}

impl Engine {
    /// Whether what it finds depends on a seed. The others find the same every time and are tried once.
    pub const fn is_seeded(self) -> bool {
        !matches!(self, Engine::Suite | Engine::Exhaustive)
    }

    /// The feature of the package without which the engine is not built in, if there is one.
    pub const fn feature(self) -> Option<&'static str> {
        match self {
            Engine::Proptest => Some("peers"),
            _ => None,
        }
    }

    /// Whether the engine is built in.
    pub const fn is_built_in(self) -> bool {
        self.feature().is_none() || cfg!(feature = "peers")
    }
}

/// What is to be measured.
///
/// ```
/// use chatwarden::adapter::fault::Fault;
/// use chatwarden_fault_bench::{measure, Amount, Engine, BenchConfig, BenchMonitor};
/// let plan = BenchConfig { seeds: 3, ..BenchConfig::new(vec![Fault::CreateUnchecked], vec![Engine::Likely]) };
/// let table = measure(&plan, &BenchMonitor::default());
/// assert_eq!(table.rows[0].found(), 3);
/// assert_eq!(table.rows[0].least(), Some(1));
/// assert_eq!(table.minimum(Fault::CreateUnchecked).map(|minimum| minimum.length), Some(1));
/// assert_eq!(table.of_engine(Engine::Likely).always, 1);
/// assert!(matches!(table.of_engine(Engine::Likely).runs, Some(Amount::Exactly(_))));
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BenchConfig {
    /// The faults to look for, each under its own policy and with its own cast and groups.
    pub faults: Vec<Fault>,
    /// The engines that look; those that are not built in find nothing and get no row.
    pub engines: Vec<Engine>,
    /// On how many seeds, from 0 on, the engines that have seeds look.
    pub seeds: u64,
    /// How many runs an attempt has, at most.
    pub runs: u64,
    /// How many commands a run has.
    pub length: usize,
    /// How long an exhaustive search for one fault may take, and a search for something shorter than the shortest
    /// chain; none for as long as it takes. It is the one thing by which the speed of a machine matters.
    pub time: Option<Duration>,
    /// How many attempts are made at a time, each on one core. More than there are cores make the times longer, and
    /// nothing else depends on it.
    pub jobs: NonZeroUsize,
}

impl BenchConfig {
    /// The plan that the command line follows by default.
    pub fn new(faults: Vec<Fault>, engines: Vec<Engine>) -> Self {
        BenchConfig {
            faults,
            engines,
            seeds: 20,
            runs: 20_000,
            length: 30,
            time: Some(Duration::from_secs(20)),
            jobs: thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
        }
    }

    /// The campaign of a fault, on one core.
    fn campaign(&self, fault: Fault) -> campaign::CampaignConfig {
        campaign::CampaignConfig {
            runs: self.runs,
            length: self.length,
            jobs: NonZeroUsize::MIN,
            ..campaign::CampaignConfig::new(setup_for(fault), &Memory::new().about())
        }
    }
}

/// The policy, cast and groups with which a fault matters.
fn setup_for(fault: Fault) -> Setup {
    let cast = BuiltInCast::named(fault.cast().name()).expect("the crowd is a built-in cast");
    Setup { cast: cast.casting().cast, groups: fault.groups(), policy: fault.policy() }
}

/// An attempt of an engine at a fault. What preparing takes that is done once for all faults of a policy, and what
/// shrinking takes, is not counted.
///
/// ```
/// use std::time::Duration;
/// let trial = chatwarden_fault_bench::Trial { runs: Some(7), commands: 201, time: Duration::from_millis(1), exhausted: 0, chain: None };
/// assert!(!trial.is_found());
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trial {
    /// How many runs were made until it was found, that one included, or in all; none where there are no runs.
    pub runs: Option<u64>,
    /// How many commands were executed until then, or in all.
    pub commands: u64,
    /// How long it took until then, or in all.
    pub time: Duration,
    /// All histories of up to so many commands were tried, as far as the engine knows.
    pub exhausted: usize,
    /// The shrunk chain, if the fault was found.
    pub chain: Option<Counterexample>,
}

impl Trial {
    /// Whether the fault was found.
    pub fn is_found(&self) -> bool {
        self.chain.is_some()
    }

    fn amount<T>(&self, value: T) -> Amount<T> {
        if self.is_found() { Amount::Exactly(value) } else { Amount::MoreThan(value) }
    }
}

/// What came of the attempts of an engine at a fault.
///
/// An example is at [`BenchConfig`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    /// The fault.
    pub fault: Fault,
    /// The engine.
    pub engine: Engine,
    /// The attempts, in the order of their seeds; fewer than were asked for if the measuring was stopped.
    pub trials: Vec<Trial>,
}

impl Row {
    /// On how many seeds the fault was found.
    pub fn found(&self) -> usize {
        self.trials.iter().filter(|trial| trial.is_found()).count()
    }

    /// The median of the runs that it took.
    pub fn runs(&self) -> Option<Amount<u64>> {
        median(self.trials.iter().filter_map(|trial| trial.runs.map(|runs| trial.amount(runs))))
    }

    /// The median of the commands that it took.
    pub fn commands(&self) -> Option<Amount<u64>> {
        median(self.trials.iter().map(|trial| trial.amount(trial.commands)))
    }

    /// The median of the times that it took.
    pub fn time(&self) -> Option<Amount<Duration>> {
        median(self.trials.iter().map(|trial| trial.amount(trial.time)))
    }

    /// The length of the shortest of the shrunk chains.
    pub fn least(&self) -> Option<usize> {
        self.shortest().map(|shrunk| shrunk.commands.len())
    }

    fn shortest(&self) -> Option<&Counterexample> {
        self.trials.iter().filter_map(|trial| trial.chain.as_ref()).min_by_key(|chain| chain.commands.len())
    }
}

named_enum! {
    /// Of what a length is the least.
    ///
    /// ```
    /// use chatwarden::{fault_bench::Scope, model::NamedEnum};
    /// assert_eq!(Scope::Fault.name(), "fault");
    /// ```
    pub enum Scope {
        Fault = "fault": "nothing shorter departs from the policy in any way",
        Finding = "finding": "nothing shorter shows the same finding as the shortest chain that was found",
    }
}

/// The true minimum: no chain is shorter, whoever looks.
///
/// ```
/// use chatwarden_fault_bench::{Minimum, Scope};
/// assert_eq!(Minimum { length: 3, scope: Scope::Fault }.length, 3);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Minimum {
    /// How many commands it takes.
    pub length: usize,
    /// Of what that is the least: of the fault if an exhaustive search came so far, and otherwise of the finding, by
    /// a certificate.
    pub scope: Scope,
}

/// What was measured.
///
/// An example is at [`BenchConfig`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Table {
    /// A row for each fault and engine, fault after fault.
    pub rows: Vec<Row>,
    /// For each fault its true minimum, if it is known.
    pub minima: Vec<(Fault, Option<Minimum>)>,
}

/// What an engine comes to over all faults.
///
/// An example is at [`BenchConfig`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BenchSummary {
    /// The engine.
    pub engine: Engine,
    /// How many faults it looked for.
    pub faults: usize,
    /// How many of them it found on every seed.
    pub always: usize,
    /// How many it found on at least one.
    pub ever: usize,
    /// The median over the faults of the median runs.
    pub runs: Option<Amount<u64>>,
    /// The same of the commands.
    pub commands: Option<Amount<u64>>,
    /// The same of the times.
    pub time: Option<Amount<Duration>>,
    /// For how many faults the shortest chain has the true minimal length, of those for which that is known.
    pub minimal: usize,
    /// For how many faults that it found the true minimal length is known.
    pub comparable: usize,
}

impl Table {
    /// What an engine comes to over all faults.
    pub fn of_engine(&self, engine: Engine) -> BenchSummary {
        let rows = || self.rows.iter().filter(|row| row.engine == engine && !row.trials.is_empty());
        let known = || rows().filter_map(|row| Some((row.least()?, self.minimum(row.fault)?.length)));
        BenchSummary {
            engine,
            faults: rows().count(),
            always: rows().filter(|row| row.found() == row.trials.len()).count(),
            ever: rows().filter(|row| row.found() > 0).count(),
            runs: median(rows().filter_map(Row::runs)),
            commands: median(rows().filter_map(Row::commands)),
            time: median(rows().filter_map(Row::time)),
            minimal: known().filter(|(least, minimum)| least == minimum).count(),
            comparable: known().count(),
        }
    }

    /// What each engine of the table comes to.
    pub fn summaries(&self) -> impl Iterator<Item = BenchSummary> {
        let in_table = |engine: &&Engine| self.rows.iter().any(|row| row.engine == **engine);
        Engine::ALL.iter().filter(in_table).map(|engine| self.of_engine(*engine))
    }

    /// The true minimum of a fault, if it is known.
    pub fn minimum(&self, fault: Fault) -> Option<Minimum> {
        self.minima.iter().find(|(other, _)| *other == fault)?.1
    }
}

/// Lets each engine look for each fault. But for the times, and for what a limit in time cuts off, the result depends
/// on nothing but the plan. If the watch stops it, the attempts that were made until then are in the table.
pub fn measure(plan: &BenchConfig, watch: &BenchMonitor) -> Table {
    let prepared = Prepared::new(plan, watch);
    let mut rows = Vec::new();
    let mut attempts = Vec::new();
    for &fault in &plan.faults {
        for &engine in plan.engines.iter().filter(|engine| engine.is_built_in()) {
            let seeds = if engine.is_seeded() { plan.seeds } else { 1 };
            attempts.extend((0..seeds).map(|seed| (rows.len(), fault, engine, seed)));
            rows.push(Row { fault, engine, trials: Vec::new() });
        }
    }
    watch.expect(attempts.len() + plan.faults.len());
    let trials = in_parallel(plan.jobs, &attempts, |&(_, fault, engine, seed)| {
        watch.during(|own| engine::attempt(plan, &prepared, engine, fault, seed, own))
    });
    for ((row, ..), trial) in attempts.into_iter().zip(trials) {
        rows[row].trials.extend(trial);
    }
    let minima = in_parallel(plan.jobs, &plan.faults, |&fault| {
        let rows: Vec<&Row> = rows.iter().filter(|row| row.fault == fault).collect();
        (fault, watch.during(|own| minimum(plan, fault, &rows, own)))
    });
    Table { rows, minima }
}

/// The results of the work, in the order of the items; items are taken in that order as well.
fn in_parallel<T: Sync, R: Send>(jobs: NonZeroUsize, items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, R)>> = Mutex::default();
    thread::scope(|scope| {
        for _ in 0..jobs.get().min(items.len()) {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Relaxed);
                    let Some(item) = items.get(at) else { break };
                    let result = work(item);
                    done.lock().unwrap_or_else(PoisonError::into_inner).push((at, result));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

/// The true minimum of a fault. An exhaustive search knows it if it found the fault, or tried everything that is shorter
/// than what another engine found; otherwise the shortest chain is certified where there is a chance of that.
fn minimum(plan: &BenchConfig, fault: Fault, rows: &[&Row], watch: &Own) -> Option<Minimum> {
    let shortest = rows.iter().filter_map(|row| row.shortest()).min_by_key(|chain| chain.commands.len())?;
    let exhausted = rows.iter().flat_map(|row| &row.trials).map(|trial| trial.exhausted).max().unwrap_or(0);
    if shortest.commands.len() == exhausted + 1 {
        return Some(Minimum { length: exhausted + 1, scope: Scope::Fault });
    }
    if fault.cast() != FaultCast::Small {
        return None;
    }
    let campaign = plan.campaign(fault);
    let make = || Ok(Memory::with_fault(fault));
    let limits = Limits { time: plan.time, memory: engine::MEMORY };
    let search = Certifier { plan: &campaign, limits, watch: &watch.search };
    let simplify = |found: &Counterexample| -> Result<Counterexample, Failure> {
        campaign::shrink(&campaign, &make, found, &watch.campaign, |_, _| {})
    };
    let certified = search.certify(&make, shortest.clone(), simplify).expect("the service starts");
    let certificate = certified.certificate()?;
    Some(Minimum { length: certificate.below, scope: Scope::Finding })
}
