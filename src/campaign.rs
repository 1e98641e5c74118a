//! Campaigns: many generated runs, in parallel, and the shrinking of what they find. This is where generation,
//! check and shrinking meet, for the command line, for tests and for benchmarks alike.
//!
//! Nothing is written to disk or printed here; who watches gets numbers and improvements as they come.

mod batches;
mod repeat;
mod shard;
mod shrinking;

pub use shard::Shard;
pub use shrinking::{ShrinkStatus, Shrunk, shrink};

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use chatwarden_model::{Command, CommandKind, EnumSet, Setup, State, decide};

use crate::adapter::{Adapter, Failure, Fidelity};
use crate::coverage::{Coverage, HistoryFacts, Point, Points, StateView};
use crate::finding::{Finding, Identity, Verdict};
use crate::generate::{Generator, Guidance, Seeded};
use crate::lockstep::{CheckConfig, Lockstep, StepResult};
use batches::{Batch, BatchQueue};

/// How many runs a job takes at a time, at most.
const BLOCK: u64 = 16;

/// What a campaign is to do.
///
/// ```
/// use chatwarden::adapter::{Adapter, fault::Fault, memory::Memory};
/// use chatwarden::campaign::{self, CampaignConfig, CampaignMonitor};
/// use chatwarden::model::{Preset, Promise, Setup};
/// use chatwarden::format::BuiltInCast;
///
/// let setup = Setup { cast: BuiltInCast::Small.named_cast().cast, groups: 2, policy: Preset::MessengerKids.policy() };
/// let service = || Ok(Memory::with_fault(Fault::LauncherOnly));
/// let plan = CampaignConfig::new(setup, &Memory::new().about());
///
/// let tally = campaign::run_campaign(&plan, &service, &CampaignMonitor::default(), &|_| {}).expect("the service starts");
/// let found = &tally.found[0];
/// let shrunk = campaign::shrink(&plan, &service, found, &CampaignMonitor::default(), |_, _| {}).expect("the service starts");
/// assert_eq!(shrunk.finding.identity().promise, Some(Promise::NoStrangers));
/// assert!(shrunk.commands.len() <= 4);
/// ```
#[derive(Clone, Debug)]
pub struct CampaignConfig {
    /// The cast, groups and policy of every run.
    pub setup: Setup,
    /// The kinds of commands to draw from.
    pub commands: EnumSet<CommandKind>,
    /// How the implementation is compared.
    pub terms: CheckConfig,
    /// The seed from which every run's choices follow.
    pub seed: u64,
    /// How many runs to make, those of other shards included.
    pub runs: u64,
    /// Which of the runs to make; each has the same number and finds the same as in the whole.
    pub shard: Shard,
    /// When to stop starting new runs, if at some time.
    pub deadline: Option<Instant>,
    /// How many commands a run has.
    pub length: usize,
    /// How many runs are made at a time.
    pub jobs: NonZeroUsize,
    /// Whether to go on after the first finding, for others of different identity.
    pub keep_going: bool,
    /// Identities that do not end the campaign, whether or not it keeps going: they are known, and must not hide others.
    pub known: Vec<Identity>,
    /// By what commands are chosen.
    pub guidance: Guidance,
    /// What is sought where coverage guides.
    pub targets: Points,
    /// Whether coverage is counted, even where it does not guide.
    pub coverage: bool,
    /// How long a finding may be shrunk, if not as long as it takes.
    pub shrink_time: Option<Duration>,
}

impl CampaignConfig {
    /// The plan that the command line follows by default, for an adapter that says this about itself.
    pub fn new(setup: Setup, about: &crate::adapter::About) -> Self {
        CampaignConfig {
            setup,
            commands: about.commands,
            terms: CheckConfig::of(about),
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

    /// Whether it is to be counted what was covered.
    fn counts(&self) -> bool {
        self.coverage || self.guidance == Guidance::Coverage
    }
}

/// A finding as a run came upon it, before it is shrunk.
///
/// ```
/// use chatwarden::campaign::Found;
/// use chatwarden::finding::{Deviation, Finding};
/// let finding = Finding::new(0, None, vec![Deviation::Refused]);
/// assert_eq!(Found { run: 0, commands: vec![], finding }.run, 0);
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    /// The number of the run, from 0.
    pub run: u64,
    /// The commands up to the one that shows it.
    pub commands: Vec<Command>,
    /// What was found.
    pub finding: Finding,
}

/// The run in which something was found.
///
/// ```
/// assert_eq!(chatwarden_cli::report::Origin { seed: 7, run: 41 }.runs(), 42);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Origin {
    /// The seed of the campaign.
    pub seed: u64,
    /// The number of the run, from 0.
    pub run: u64,
}

impl Origin {
    /// How many runs it took, this one included.
    pub const fn runs(self) -> u64 {
        self.run + 1
    }
}

/// What a campaign came to.
///
/// ```
/// assert!(chatwarden::campaign::CampaignResult::default().found.is_empty());
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CampaignResult {
    /// How many runs were made.
    pub runs: u64,
    /// How many commands they had.
    pub commands: u64,
    /// The first finding of each identity, in the order of their runs. Unless the campaign keeps going there is
    /// one at most, besides the inconclusive and the known ones that came before it.
    pub found: Vec<Found>,
    /// Why an implementation could not be made again, which ended the campaign early.
    pub failure: Option<Failure>,
    /// What was covered, if that was counted.
    pub coverage: Option<Coverage>,
}

/// What can be seen of a campaign while it goes on, and the way to stop it.
///
/// ```
/// use chatwarden::campaign::CampaignMonitor;
/// let watch = CampaignMonitor::default();
/// watch.stop();
/// assert!(watch.is_stopped());
/// ```
#[derive(Debug, Default)]
pub struct CampaignMonitor {
    runs: AtomicU64,
    commands: AtomicU64,
    findings: AtomicU64,
    /// How many histories were executed to shrink findings.
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

    /// How many histories were executed so far to shrink a finding, and how many commands the shortest of them has.
    pub fn shrinking(&self) -> (u64, usize) {
        (self.executions.load(Relaxed), self.length.load(Relaxed))
    }

    fn executed(&self, length: usize) {
        self.executions.fetch_add(1, Relaxed);
        self.length.store(length, Relaxed);
    }

    /// Asks the campaign to end with what it has.
    pub fn stop(&self) {
        self.stopped.store(true, Relaxed);
    }

    /// Whether the campaign was asked to end.
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Relaxed)
    }
}

/// Makes the runs of a plan. The same plan finds the same, whatever the number of jobs, unless it is stopped or
/// has a deadline.
///
/// Each finding is handed to `found` as soon as it is known to be the first of its identity so far, so that it can
/// be written down before anything else happens.
///
/// # Errors
/// If an implementation cannot be made for a single run.
///
/// # Panics
/// If the harness itself has a bug; an implementation's panics are findings.
pub fn run_campaign<A: Adapter>(
    plan: &CampaignConfig,
    make: &(impl Fn() -> Result<A, Failure> + Sync),
    watch: &CampaignMonitor,
    found: &(dyn Fn(&Found) + Sync),
) -> Result<CampaignResult, Failure> {
    let board = CampaignRun {
        tell: found,
        plan,
        watch,
        turns: BatchQueue::new(plan),
        end: AtomicU64::new(plan.runs),
        found: Mutex::default(),
    };
    let ended = thread::scope(|scope| {
        let jobs: Vec<_> = (0..plan.jobs.get()).map(|_| scope.spawn(|| board.job(make))).collect();
        let joined = jobs.into_iter().map(|job| job.join().expect("a job of the harness does not panic"));
        joined.fold(Ok(()), Result::and)
    });
    // What was found is not lost because there is no implementation any more to find more in.
    let failure = match ended {
        Err(failure) if watch.runs() == 0 => return Err(failure),
        ended => ended.err(),
    };
    let end = board.end.load(Relaxed);
    let coverage = board.turns.coverage(end);
    let found = board.found.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut found: Vec<Found> = found.into_values().filter(|found| found.run < end).collect();
    found.sort_by_key(|found| found.run);
    Ok(CampaignResult {
        runs: watch.runs(),
        commands: watch.commands(),
        found,
        failure,
        coverage: plan.counts().then_some(coverage),
    })
}

/// What the jobs of a campaign share.
struct CampaignRun<'a> {
    plan: &'a CampaignConfig,
    watch: &'a CampaignMonitor,
    turns: BatchQueue<'a>,
    /// No run from this number on counts: the first that was found ends the campaign behind itself.
    end: AtomicU64,
    found: Mutex<BTreeMap<Identity, Found>>,
    tell: &'a (dyn Fn(&Found) + Sync),
}

impl CampaignRun<'_> {
    fn job<A: Adapter>(&self, make: &impl Fn() -> Result<A, Failure>) -> Result<(), Failure> {
        let mut adapter = make()?;
        let mut lockstep = Lockstep::new(self.plan.terms);
        let mut commands = Vec::with_capacity(self.plan.length);
        while let Some(mut turn) = self.take_turn() {
            for run in turn.runs.clone().map(|number| self.plan.shard.nth(number)) {
                if run >= self.end.load(Relaxed) || self.watch.is_stopped() {
                    return Ok(());
                }
                let finding = self.run(run, &mut turn, &mut adapter, &mut lockstep, &mut commands);
                self.watch.runs.fetch_add(1, Relaxed);
                self.watch.commands.fetch_add(commands.len() as u64, Relaxed);
                if let Some(finding) = finding {
                    let broken = is_inconclusive(Some(&finding));
                    commands.truncate(finding.at() + 1);
                    self.report(Found { run, commands: commands.clone(), finding });
                    if broken {
                        // First the old one: what it holds, a port perhaps, the new one may need.
                        drop(adapter);
                        adapter = make()?;
                    }
                }
            }
        }
        Ok(())
    }

    fn take_turn(&self) -> Option<Batch<'_, '_>> {
        // The first turn is taken however little time there is: a campaign that did nothing has passed nothing.
        let is_late = || self.plan.deadline.is_some_and(|deadline| Instant::now() >= deadline);
        let is_over = |start: u64| start > 0 && (is_late() || self.watch.is_stopped());
        self.turns.take(|| self.plan.shard.share(self.end.load(Relaxed)), is_over)
    }

    /// One run; its commands are left in the buffer.
    fn run(
        &self,
        run: u64,
        turn: &mut Batch<'_, '_>,
        adapter: &mut impl Adapter,
        lockstep: &mut Lockstep,
        commands: &mut Vec<Command>,
    ) -> Option<Finding> {
        let plan = self.plan;
        commands.clear();
        let mut choices = Seeded::of_run(plan.seed, run);
        let generator = match plan.guidance {
            Guidance::Uniform => Generator::uniform(&plan.setup, plan.commands),
            _ => Generator::for_run(&plan.setup, plan.commands, &mut choices),
        };
        let mut trace = plan.counts().then(CoverageTrace::default);
        let mut ahead = Vec::new();
        // As long as the implementation conforms, what it answers does not change what comes next.
        if plan.terms.fidelity == Fidelity::Exact && adapter.wants_announcements() {
            ahead = generator.run(&plan.setup, plan.length, &turn.targets, &mut choices);
            adapter.announce(&plan.setup, &ahead);
        }
        if let Err(finding) = lockstep.start(adapter, &plan.setup) {
            return Some(finding);
        }
        let mut ended = None;
        for at in 0..plan.length {
            // A command may take seconds, and who wants to stop does not wait for many.
            if self.watch.is_stopped() {
                break;
            }
            let command = ahead.get(at).copied().unwrap_or_else(|| match &trace {
                Some(trace) => generator.toward(lockstep.state(), &trace.past, &turn.targets, &mut choices),
                None => generator.next(lockstep.state(), &mut choices),
            });
            let before = trace.is_some().then(|| *lockstep.state());
            let progress = lockstep.step(adapter, &command);
            if let (Some(trace), Some(before), true) =
                (&mut trace, before, progress != StepResult::Unsupported)
            {
                trace.take(&before, plan, &command, lockstep.state());
            }
            match progress {
                StepResult::Conforms => commands.push(command),
                StepResult::Unsupported => {}
                StepResult::Ended(finding) => {
                    commands.push(command);
                    ended = Some(finding);
                    break;
                }
            }
        }
        if let Some(trace) = trace {
            turn.shown.push((run, trace.shown));
        }
        if ended.is_some() {
            return ended;
        }
        let finding = lockstep.finish();
        commands.truncate(finding.as_ref().map_or(commands.len(), |finding| finding.at() + 1));
        finding
    }

    fn report(&self, found: Found) {
        self.watch.findings.fetch_add(1, Relaxed);
        let identity = found.finding.identity();
        let ends = identity.verdict != Verdict::Inconclusive && !self.plan.known.contains(&identity);
        if !self.plan.keep_going && ends {
            self.end.fetch_min(found.run + 1, Relaxed);
        }
        let mut all = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        match all.get(&identity) {
            Some(earlier) if earlier.run <= found.run => {}
            _ => {
                (self.tell)(&found);
                all.insert(identity, found);
            }
        }
    }
}

/// What a run has shown so far.
#[derive(Default)]
struct CoverageTrace {
    past: HistoryFacts,
    shown: Vec<Point>,
}

impl CoverageTrace {
    fn take(&mut self, before: &State, plan: &CampaignConfig, command: &Command, after: &State) {
        let situation = StateView { state: before, policy: &plan.setup.policy, history: Some(&self.past) };
        situation.each_point(command, |point| self.shown.push(point));
        let allowed = decide(before, &plan.setup.policy, command).is_allowed();
        self.past.record(before, command, allowed, after);
    }
}

/// What panicked or hung half-way is in no state to go on with.
fn is_inconclusive(finding: Option<&Finding>) -> bool {
    finding.is_some_and(|finding| finding.identity().verdict == Verdict::Inconclusive)
}
