//! Measures how soon each engine finds each fault of the catalogue, and how short its counterexample
//! is. All engines look for the same faults with the same comparison, and each attempt has one core.
//!
//! Here are the configuration and the measurement. The attempts are in `engine`, and the results are
//! printed by `report`.

mod amount;
mod any_command;
mod engine;
mod monitor;
mod prepare;
mod proptest_machine;
pub mod report;
mod table;

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use chatwarden::adapter::Adapter;
use chatwarden::adapter::fault::{Fault, FaultCast};
use chatwarden::adapter::memory::Memory;
use chatwarden::campaign::CampaignConfig;
use chatwarden::counterexample::Counterexample;
use chatwarden::format::BuiltInCast;
use chatwarden_explore::certify::{Certifier, Limits};
use chatwarden_model::{NamedEnum, Setup, named_enum};

use monitor::AttemptMonitor;
use prepare::Prepared;

pub use amount::{Amount, median};
pub use any_command::any_command;
pub use monitor::BenchMonitor;
pub use table::{BenchSummary, Minimum, Row, Scope, Table, Trial};

named_enum! {
    /// A way to look for faults.
    pub enum Engine {
        Uniform = "uniform": "runs of commands drawn without looking at anything",
        Likely = "likely": "the default generation: most commands are allowed, or nearly so",
        Coverage = "coverage": "the same, and what has not been covered yet is sought",
        Suite = "suite": "the scenarios of the policy's conformance suite with the small cast, one after the other",
        Exhaustive = "exhaustive": "every command in every state, shortest traces first",
        Proptest = "proptest": "proptest-state-machine with its own generation and shrinking",
    }
}

impl Engine {
    /// Whether its findings depend on a seed. The other engines find the same every time and are
    /// tried once.
    pub const fn is_seeded(self) -> bool {
        !matches!(self, Engine::Suite | Engine::Exhaustive)
    }
}

/// The faults, engines and limits of a measurement.
///
/// ```
/// use chatwarden::adapter::fault::Fault;
/// use chatwarden_fault_bench::{measure, Amount, BenchConfig, BenchMonitor, Engine};
/// let faults = vec![Fault::CreateUnchecked];
/// let config = BenchConfig { seeds: 3, ..BenchConfig::new(faults, vec![Engine::Likely]) };
/// let table = measure(&config, &BenchMonitor::default());
/// assert_eq!(table.rows[0].found(), 3);
/// assert_eq!(table.rows[0].min_length(), Some(1));
/// assert_eq!(table.minimum(Fault::CreateUnchecked).map(|minimum| minimum.length), Some(1));
/// assert_eq!(table.of_engine(Engine::Likely).always, 1);
/// assert!(matches!(table.of_engine(Engine::Likely).runs, Some(Amount::Exactly(_))));
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BenchConfig {
    /// The faults to look for, each under its own policy and with its own cast and groups.
    pub faults: Vec<Fault>,
    /// The engines that look for them.
    pub engines: Vec<Engine>,
    /// How many seeds, from 0 on, each seeded engine tries.
    pub seeds: u64,
    /// The most runs of an attempt.
    pub runs: u64,
    /// The number of commands of a run.
    pub length: usize,
    /// The most time of an exhaustive search for a fault, and of the search for a trace shorter than
    /// the shortest counterexample; no limit if none. Only with a limit does the result depend on the
    /// speed of the machine.
    pub time_limit: Option<Duration>,
    /// How many attempts run at the same time, each on one core. More jobs than cores make the times
    /// longer and change nothing else.
    pub jobs: NonZeroUsize,
}

impl BenchConfig {
    /// The defaults of the command line.
    pub fn new(faults: Vec<Fault>, engines: Vec<Engine>) -> Self {
        BenchConfig {
            faults,
            engines,
            seeds: 20,
            runs: 20_000,
            length: 30,
            time_limit: Some(Duration::from_secs(20)),
            jobs: thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
        }
    }

    /// The campaign of a fault, on one core.
    fn campaign(&self, fault: Fault) -> CampaignConfig {
        CampaignConfig {
            runs: self.runs,
            length: self.length,
            jobs: NonZeroUsize::MIN,
            ..CampaignConfig::new(setup_for(fault), &Memory::new().about())
        }
    }
}

/// The policy, cast and groups with which a fault matters.
fn setup_for(fault: Fault) -> Setup {
    let cast = BuiltInCast::named(fault.cast().name()).expect("the fault's cast is built in");
    Setup { cast: cast.named_cast().cast, groups: fault.groups(), policy: fault.policy() }
}

/// Lets each engine look for each fault. The result depends only on the configuration, except for the
/// times and for the searches that a time limit ends. After [`BenchMonitor::stop`] the table holds the
/// attempts that were complete.
pub fn measure(config: &BenchConfig, monitor: &BenchMonitor) -> Table {
    let prepared = Prepared::new(config, monitor);
    let mut rows = Vec::new();
    let mut attempts = Vec::new();
    for &fault in &config.faults {
        for &engine in &config.engines {
            let seeds = if engine.is_seeded() { config.seeds } else { 1 };
            attempts.extend((0..seeds).map(|seed| (rows.len(), fault, engine, seed)));
            rows.push(Row { fault, engine, trials: Vec::new() });
        }
    }
    let trials = in_parallel(config.jobs, &attempts, |&(_, fault, engine, seed)| {
        monitor.during(|own| engine::attempt(config, &prepared, engine, fault, seed, own))
    });
    for ((row, ..), trial) in attempts.into_iter().zip(trials) {
        rows[row].trials.extend(trial);
    }
    let minima = in_parallel(config.jobs, &config.faults, |&fault| {
        let rows: Vec<&Row> = rows.iter().filter(|row| row.fault == fault).collect();
        (fault, monitor.during(|own| minimum(config, fault, &rows, own)))
    });
    Table { rows, minima }
}

/// The results of the work, in the order of the items. The items are taken in that order as well.
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

/// The minimal length for a fault. An exhaustive search knows it if it found the fault, or if it tried
/// everything shorter than another engine's counterexample. Otherwise the shortest counterexample is
/// certified, if the cast is small enough for that.
fn minimum(config: &BenchConfig, fault: Fault, rows: &[&Row], monitor: &AttemptMonitor) -> Option<Minimum> {
    let shortest = rows.iter().filter_map(|row| row.shortest()).min_by_key(|found| found.commands.len())?;
    let exhausted = rows.iter().flat_map(|row| &row.trials).map(|trial| trial.exhausted).max().unwrap_or(0);
    if shortest.commands.len() == exhausted + 1 {
        return Some(Minimum { length: exhausted + 1, scope: Scope::Fault });
    }
    if fault.cast() != FaultCast::Small {
        return None;
    }
    let campaign = config.campaign(fault);
    let make = || Ok(Memory::with_fault(fault));
    let limits = Limits { time: config.time_limit, memory: engine::MEMORY };
    let certifier = Certifier { config: &campaign, limits, monitor: &monitor.search };
    let simplify = |found: &Counterexample| Ok(engine::shrink(fault, &campaign, found, monitor));
    let certified = certifier
        .certify::<_, chatwarden::adapter::Failure>(&make, shortest.clone(), simplify)
        .expect("the service starts");
    let certificate = certified.certificate()?;
    Some(Minimum { length: certificate.below, scope: Scope::Finding })
}
