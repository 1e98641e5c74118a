//! Campaigns: many generated runs, in parallel. This is where the generator, the lock-step and the
//! shrinker meet, for the command line, for tests and for benchmarks.
//!
//! Nothing is written to disk or printed here. A monitor shows the progress, and a callback gets
//! each finding.

mod batches;
mod repeat;
mod shard;
mod shrinking;

pub use shard::Shard;
pub use shrinking::shrink;

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use chatwarden_model::{Command, CommandKind, EnumSet, Setup, State, decide};

use crate::adapter::{About, Adapter, Failure, Fidelity, Replaceable};
use crate::counterexample::{Counterexample, FirstFindings, Origin};
use crate::coverage::{Coverage, HistoryFacts, Point, Points, StateView};
use crate::finding::{Finding, Identity, Verdict};
use crate::generate::{Generator, Guidance, Seeded};
use crate::lockstep::{CheckConfig, Lockstep, StepResult, Tally};
use batches::{Batch, BatchQueue};

/// The settings of a campaign.
///
/// ```
/// use chatwarden::adapter::{Adapter, fault::Fault, memory::Memory};
/// use chatwarden::campaign::{self, CampaignConfig, CampaignMonitor};
/// use chatwarden::model::{Preset, Promise, Setup};
/// use chatwarden::format::BuiltInCast;
///
/// let setup = Setup { cast: BuiltInCast::Small.named_cast().cast, groups: 2, policy: Preset::MessengerKids.policy() };
/// let service = || Ok(Memory::with_fault(Fault::LauncherOnly));
/// let config = CampaignConfig::new(setup, &Memory::new().about());
/// let monitor = CampaignMonitor::default();
///
/// let result = campaign::run_campaign(&config, &service, &monitor, &|_| {}).expect("the service starts");
/// let shrunk = campaign::shrink(&config, &service, &result.found[0], &monitor, |_, _| {}).expect("the service starts");
/// assert_eq!(shrunk.identity().promise, Some(Promise::NoStrangers));
/// assert!(shrunk.commands.len() <= 4);
/// ```
#[derive(Clone, Debug)]
pub struct CampaignConfig {
    /// The cast, groups and policy of every run.
    pub setup: Setup,
    /// The kinds of commands to draw from.
    pub commands: EnumSet<CommandKind>,
    /// How the implementation is compared.
    pub check: CheckConfig,
    /// The seed from which every run's choices follow.
    pub seed: u64,
    /// How many runs to make, those of other shards included.
    pub runs: u64,
    /// The part of the runs to make. Each run has the same number and finds the same as in the
    /// whole.
    pub shard: Shard,
    /// The time after which no new run starts; none if there is no limit.
    pub deadline: Option<Instant>,
    /// How many commands a run has.
    pub length: usize,
    /// How many runs are made at a time.
    pub jobs: NonZeroUsize,
    /// Whether the campaign continues after the first finding, to collect those of other
    /// identities.
    pub keep_going: bool,
    /// The identities of known findings. They never end the campaign: they must not hide others.
    pub known: Vec<Identity>,
    /// How commands are chosen.
    pub guidance: Guidance,
    /// The points to seek where coverage guides.
    pub targets: Points,
    /// Whether coverage is counted, even where it does not guide.
    pub coverage: bool,
    /// How long a finding may be shrunk; none if there is no limit.
    pub shrink_time: Option<Duration>,
}

impl CampaignConfig {
    /// The defaults of the command line, for an adapter that describes itself like this.
    pub fn new(setup: Setup, about: &About) -> Self {
        CampaignConfig {
            setup,
            commands: about.commands,
            check: CheckConfig::of(about),
            seed: 0,
            runs: 20_000,
            shard: Shard::WHOLE,
            deadline: None,
            length: 30,
            jobs: thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
            keep_going: false,
            known: Vec::new(),
            guidance: Guidance::Likely,
            targets: Point::all().iter().copied().collect(),
            coverage: false,
            shrink_time: None,
        }
    }

    fn counts_coverage(&self) -> bool {
        self.coverage || self.guidance == Guidance::Coverage
    }
}

/// The result of a campaign.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CampaignResult {
    /// How many runs were made.
    pub runs: u64,
    /// How many commands they had.
    pub commands: u64,
    /// How many commands of each kind were carried out, refused and left out.
    pub tally: Tally,
    /// The first finding of each identity, in the order of their runs. Unless the campaign keeps
    /// going, there is at most one besides the inconclusive and the known ones that came before it.
    pub found: Vec<Counterexample>,
    /// The reason why an implementation could not be made again, which ended the campaign early.
    pub failure: Option<Failure>,
    /// The coverage, if it was counted.
    pub coverage: Option<Coverage>,
}

/// The progress of a campaign or of shrinking, and the way to stop it.
///
/// ```
/// use chatwarden::campaign::CampaignMonitor;
/// let monitor = CampaignMonitor::default();
/// monitor.stop();
/// assert!(monitor.is_stopped());
/// ```
#[derive(Debug, Default)]
pub struct CampaignMonitor {
    runs: AtomicU64,
    commands: AtomicU64,
    findings: AtomicU64,
    /// How many traces were executed to shrink findings.
    executions: AtomicU64,
    /// How many commands the shortest of them has.
    length: AtomicUsize,
    stopped: AtomicBool,
}

impl CampaignMonitor {
    /// How many runs were made so far.
    pub fn runs(&self) -> u64 {
        self.runs.load(Relaxed)
    }

    /// How many commands were executed so far.
    pub fn commands(&self) -> u64 {
        self.commands.load(Relaxed)
    }

    /// How many runs ended in a finding so far.
    pub fn findings(&self) -> u64 {
        self.findings.load(Relaxed)
    }

    /// How many traces were executed so far to shrink a finding, and how many commands the shortest
    /// has.
    pub fn shrinking(&self) -> (u64, usize) {
        (self.executions.load(Relaxed), self.length.load(Relaxed))
    }

    fn executed(&self, length: usize) {
        self.executions.fetch_add(1, Relaxed);
        self.length.store(length, Relaxed);
    }

    /// Asks the campaign or the shrinking to end with its results so far.
    pub fn stop(&self) {
        self.stopped.store(true, Relaxed);
    }

    /// Whether it was asked to end.
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Relaxed)
    }
}

/// Makes the runs of a campaign. The same settings find the same, whatever the number of jobs,
/// unless the campaign is stopped or has a deadline.
///
/// Each counterexample is handed to `found` as soon as it is the first of its identity so far. So
/// it can be written to disk before anything else happens.
///
/// # Errors
/// If an implementation cannot be made for a single run.
///
/// # Panics
/// If the harness itself has a bug; an implementation's panics are findings.
pub fn run_campaign<A: Adapter>(
    config: &CampaignConfig,
    make: &(impl Fn() -> Result<A, Failure> + Sync),
    monitor: &CampaignMonitor,
    found: &(dyn Fn(&Counterexample) + Sync),
) -> Result<CampaignResult, Failure> {
    let campaign = CampaignRun {
        config,
        monitor,
        batches: BatchQueue::new(config),
        end: AtomicU64::new(config.runs),
        first: Mutex::new(FirstFindings::new(is_of_earlier_run)),
        tally: Mutex::default(),
        found,
    };
    let ended = thread::scope(|scope| {
        // One job is done on this thread. With fewer threads than wanted the others have more to do.
        let spawn = || thread::Builder::new().spawn_scoped(scope, || campaign.job(make));
        let others: Vec<_> = (1..config.jobs.get()).map_while(|_| spawn().ok()).collect();
        let own = campaign.job(make);
        let joined = others.into_iter().map(|job| job.join().expect("a job of the harness does not panic"));
        joined.fold(own, Result::and)
    });
    // Findings are kept even if no further implementation can be made.
    let failure = match ended {
        Err(failure) if monitor.runs() == 0 => return Err(failure),
        ended => ended.err(),
    };
    let end = campaign.end.load(Relaxed);
    let coverage = campaign.batches.into_coverage(end);
    let tally = campaign.tally.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut found = campaign.first.into_inner().unwrap_or_else(PoisonError::into_inner).into_vec();
    found.retain(|found| run_of(found) < Some(end));
    found.sort_by_key(run_of);
    Ok(CampaignResult {
        runs: monitor.runs(),
        commands: monitor.commands(),
        tally,
        found,
        failure,
        coverage: config.counts_coverage().then_some(coverage),
    })
}

fn run_of(found: &Counterexample) -> Option<u64> {
    found.origin.map(|origin| origin.run)
}

fn is_of_earlier_run(new: &Counterexample, old: &Counterexample) -> bool {
    run_of(new) < run_of(old)
}

type IsEarlier = fn(&Counterexample, &Counterexample) -> bool;

/// The state that the jobs of a campaign share.
struct CampaignRun<'a> {
    config: &'a CampaignConfig,
    monitor: &'a CampaignMonitor,
    batches: BatchQueue<'a>,
    /// Runs from this number on do not count: an earlier run ended the campaign.
    end: AtomicU64,
    first: Mutex<FirstFindings<IsEarlier>>,
    /// The commands of the jobs that are over.
    tally: Mutex<Tally>,
    found: &'a (dyn Fn(&Counterexample) + Sync),
}

impl CampaignRun<'_> {
    fn job<A: Adapter>(&self, make: &impl Fn() -> Result<A, Failure>) -> Result<(), Failure> {
        let mut lockstep = Lockstep::new(self.config.check);
        let ended = self.make_runs(make, &mut lockstep);
        self.tally.lock().unwrap_or_else(PoisonError::into_inner).add(lockstep.tally());
        ended
    }

    fn make_runs<A: Adapter>(
        &self,
        make: &impl Fn() -> Result<A, Failure>,
        lockstep: &mut Lockstep,
    ) -> Result<(), Failure> {
        let mut adapter = Replaceable::new(make)?;
        let mut commands = Vec::with_capacity(self.config.length);
        while let Some(mut batch) = self.next_batch() {
            for run in batch.runs.clone().map(|number| self.config.shard.nth(number)) {
                if run >= self.end.load(Relaxed) || self.monitor.is_stopped() {
                    return Ok(());
                }
                let finding = self.run(run, &mut batch, adapter.get()?, lockstep, &mut commands);
                self.monitor.runs.fetch_add(1, Relaxed);
                self.monitor.commands.fetch_add(commands.len() as u64, Relaxed);
                let Some(finding) = finding else { continue };
                let is_inconclusive = finding.is_inconclusive();
                commands.truncate(finding.at() + 1);
                let origin = Some(Origin { seed: self.config.seed, run });
                self.report(Counterexample { origin, ..Counterexample::new(commands.clone(), finding) });
                if is_inconclusive {
                    adapter.replace()?;
                }
            }
        }
        Ok(())
    }

    fn next_batch(&self) -> Option<Batch<'_, '_>> {
        // The first batch starts even after the deadline: a campaign without a run has shown
        // nothing.
        let is_late = || self.config.deadline.is_some_and(|deadline| Instant::now() >= deadline);
        let is_over = |start: u64| start > 0 && (is_late() || self.monitor.is_stopped());
        self.batches.next(|| self.config.shard.share(self.end.load(Relaxed)), is_over)
    }

    /// Makes one run. Its commands are left in the buffer.
    fn run(
        &self,
        run: u64,
        batch: &mut Batch<'_, '_>,
        adapter: &mut impl Adapter,
        lockstep: &mut Lockstep,
        commands: &mut Vec<Command>,
    ) -> Option<Finding> {
        let config = self.config;
        commands.clear();
        let mut choices = Seeded::of_run(config.seed, run);
        let mut generator = self.generator(&mut choices);
        let mut coverage = config.counts_coverage().then(RunCoverage::default);
        let mut ahead = Vec::new();
        // As long as the implementation conforms, its answers do not change the commands that
        // follow.
        if config.check.fidelity == Fidelity::Exact && adapter.wants_announcements() {
            ahead = generator.run(&config.setup, config.length, &batch.targets, &mut choices);
            adapter.announce(&config.setup, &ahead);
        }
        if let Err(finding) = lockstep.start(adapter, &config.setup) {
            return Some(finding);
        }
        let mut ended = None;
        for at in 0..config.length {
            // A command may take seconds, so an interrupt is looked for before each.
            if self.monitor.is_stopped() {
                break;
            }
            let command = ahead.get(at).copied().unwrap_or_else(|| match &coverage {
                Some(coverage) => {
                    generator.toward(lockstep.state(), &coverage.history, &batch.targets, &mut choices)
                }
                None => generator.next(lockstep.state(), &mut choices),
            });
            let before = coverage.is_some().then(|| *lockstep.state());
            let result = lockstep.step(adapter, &command);
            if result == StepResult::Unsupported {
                continue;
            }
            if let (Some(coverage), Some(before)) = (&mut coverage, before) {
                coverage.record(&before, config, &command, lockstep.state());
            }
            commands.push(command);
            if let StepResult::Ended(finding) = result {
                ended = Some(finding);
                break;
            }
        }
        if let Some(coverage) = coverage {
            batch.reached.push((run, coverage.reached));
        }
        if ended.is_some() {
            return ended;
        }
        let finding = lockstep.finish();
        commands.truncate(finding.as_ref().map_or(commands.len(), |finding| finding.at() + 1));
        finding
    }

    fn generator(&self, choices: &mut Seeded) -> Generator {
        match self.config.guidance {
            Guidance::Uniform => Generator::uniform(&self.config.setup, self.config.commands),
            _ => Generator::for_run(&self.config.setup, self.config.commands, choices),
        }
    }

    fn report(&self, found: Counterexample) {
        self.monitor.findings.fetch_add(1, Relaxed);
        let identity = found.identity();
        let ends = identity.verdict != Verdict::Inconclusive && !self.config.known.contains(&identity);
        if let (false, true, Some(run)) = (self.config.keep_going, ends, run_of(&found)) {
            self.end.fetch_min(run + 1, Relaxed);
        }
        let mut first = self.first.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = first.add(found) {
            (self.found)(found);
        }
    }
}

/// The points that a run reached so far.
#[derive(Default)]
struct RunCoverage {
    history: HistoryFacts,
    reached: Vec<Point>,
}

impl RunCoverage {
    fn record(&mut self, before: &State, config: &CampaignConfig, command: &Command, after: &State) {
        let view = StateView { state: before, policy: &config.setup.policy, history: Some(&self.history) };
        view.each_point(command, |point| self.reached.push(point));
        let allowed = decide(before, &config.setup.policy, command).is_allowed();
        self.history.record(before, command, allowed, after);
    }
}
