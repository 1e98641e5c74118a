//! Certificates: every trace shorter than a counterexample is searched for the same finding. Either one
//! shows it and becomes the counterexample, or none does. The certificate says that, and what was
//! exhausted.
//!
//! `search_implementation` does the searching, and the caller makes counterexamples simpler.

mod inputs_hash;

use std::time::{Duration, Instant};

use chatwarden_model::{Bounds, Command, CommandKind, EnumSet, NamedEnum};

use crate::{ConformanceSearch, End, SearchMonitor, StateEquivalence};
use chatwarden::adapter::{Adapter, Failure};
use chatwarden::campaign::CampaignConfig;
use chatwarden::counterexample::{Certification, Counterexample, ShrinkStatus};
use chatwarden::finding::Finding;
pub use chatwarden::format::{Certificate, CertificateLevel};

/// The most actions for which every command that can be written down is tried. It is enough for the cast
/// `small` with any number of groups, and for `family` with two.
pub const MAX_ACTIONS: usize = 16_384;

/// A search that would take this many times the time that is left is not begun.
const HOPELESS: u32 = 10;

/// The reason for no certificate if the time ends the search, or if it is not begun.
const NO_TIME: &str = "the time that it may take does not suffice";

/// The time and memory that a search may take.
///
/// ```
/// use chatwarden_explore::certify::Limits;
/// assert_eq!(Limits::default().time, None);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// The time, if it is bounded.
    pub time: Option<Duration>,
    /// The number of bytes, about.
    pub memory: u64,
}

impl Default for Limits {
    /// Unbounded time, and the memory of other searches.
    fn default() -> Self {
        Limits { time: None, memory: crate::MEMORY }
    }
}

/// The result of a search for a shorter counterexample.
///
/// An example is at [`Certifier`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CertifyOutcome {
    /// No shorter trace shows the finding.
    Certified(Certificate),
    /// This shorter trace shows it.
    Shorter(Counterexample),
    /// No shorter trace was found, but not all were tried, for this reason.
    Unfinished(End),
}

/// A search for traces that are shorter than a counterexample and show the same finding.
///
/// ```
/// use chatwarden::adapter::{Adapter, fault::Fault, memory::Memory};
/// use chatwarden::campaign::{self, CampaignConfig};
/// use chatwarden_explore::certify::{CertificateLevel, Limits, CertifyOutcome, Certifier};
/// use chatwarden::lockstep;
/// use chatwarden_explore::SearchMonitor;
/// use chatwarden::model::{Command, Group, Preset, Setup, User, UserSet};
/// use chatwarden::format::BuiltInCast;
///
/// let setup = Setup { cast: BuiltInCast::Small.named_cast().cast, groups: 1, policy: Preset::MessengerKids.policy() };
/// let service = || Ok(Memory::with_fault(Fault::CreateUnchecked));
/// let config = CampaignConfig::new(setup, &service()?.about());
///
/// let [kay, sam] = [2, 4].map(User::new);
/// let block = Command::Block { by: kay, who: sam };
/// let create = Command::Create { by: sam, group: Group::new(0), with: UserSet::of([kay]) };
/// let monitor = SearchMonitor::default();
/// let certifier = Certifier { config: &config, limits: Limits::default(), monitor: &monitor };
/// let certify = |trace: &[Command]| {
///     let finding = lockstep::run(&mut service()?, config.check, &setup, trace);
///     certifier.below(&service, trace, &finding.expect("nobody approved sam"))
/// };
/// let CertifyOutcome::Shorter(shorter) = certify(&[block, create])? else { panic!("the block is idle") };
/// let CertifyOutcome::Certified(certificate) = certify(&shorter.commands)? else {
///     panic!("it is the shortest")
/// };
/// assert_eq!((certificate.level, certificate.below), (CertificateLevel::Product, 1));
/// # Ok::<(), chatwarden::adapter::Failure>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Certifier<'a> {
    /// The setup, the kinds of commands, how the implementation is compared, and the jobs.
    pub config: &'a CampaignConfig,
    /// The time and memory of the search.
    pub limits: Limits,
    /// Its progress, and the way to stop it.
    pub monitor: &'a SearchMonitor,
}

impl Certifier<'_> {
    /// Certifies a shrunk counterexample, or a shorter one that shows the same finding. A shorter one
    /// goes to `simplify` first, which may use fewer users. The limits hold for everything but the
    /// simplifying.
    ///
    /// ```
    /// use chatwarden::adapter::{Adapter, fault::Fault, memory::Memory};
    /// use chatwarden::campaign::{self, CampaignConfig, CampaignMonitor};
    /// use chatwarden::counterexample::Counterexample;
    /// use chatwarden_explore::certify::{Limits, Certifier};
    /// use chatwarden_explore::SearchMonitor;
    /// use chatwarden::model::{Preset, Setup};
    /// use chatwarden::format::BuiltInCast;
    ///
    /// let setup = Setup { cast: BuiltInCast::Small.named_cast().cast, groups: 1, policy: Preset::MessengerKids.policy() };
    /// let service = || Ok(Memory::with_fault(Fault::LauncherOnly));
    /// let config = CampaignConfig::new(setup, &service()?.about());
    /// let monitor = CampaignMonitor::default();
    /// let shrink = |found: &Counterexample| campaign::shrink(&config, &service, found, &monitor, |_, _| {});
    ///
    /// let result = campaign::run_campaign(&config, &service, &monitor, &|_| {})?;
    /// let shrunk = shrink(&result.found[0])?;
    /// let monitor = SearchMonitor::default();
    /// let certifier = Certifier { config: &config, limits: Limits::default(), monitor: &monitor };
    /// let certified = certifier.certify(&service, shrunk, shrink)?;
    /// let certificate = certified.certificate().expect("there is time enough");
    /// assert_eq!(certificate.below, certified.commands.len());
    /// # Ok::<(), chatwarden::adapter::Failure>(())
    /// ```
    ///
    /// # Errors
    /// If an implementation cannot be made, or the simplifying fails.
    pub fn certify<A: Adapter, E: From<Failure>>(
        &self,
        make: &(impl Fn() -> Result<A, Failure> + Sync),
        mut shrunk: Counterexample,
        mut simplify: impl FnMut(&Counterexample) -> Result<Counterexample, E>,
    ) -> Result<Counterexample, E> {
        let deadline = self.deadline();
        loop {
            let (outcome, below) = self.lengths(deadline, make, &shrunk.commands, &shrunk.finding)?;
            shrunk.certification = match outcome {
                CertifyOutcome::Certified(certificate) => Certification::Certified(certificate),
                CertifyOutcome::Unfinished(End::Time) => Certification::Unfinished(NO_TIME),
                CertifyOutcome::Unfinished(end) => Certification::Unfinished(end.about()),
                CertifyOutcome::Shorter(shorter) => {
                    let executions = shrunk.executions;
                    shrunk = simplify(&shrunk.simplified(shorter))?;
                    shrunk.executions += executions;
                    match below.filter(|below| is_valid_for(below, &shrunk)) {
                        _ if shrunk.status != ShrinkStatus::OneMinimal => {
                            Certification::Unfinished(End::Stopped.about())
                        }
                        Some(certificate) => Certification::Certified(certificate),
                        None => continue,
                    }
                }
            };
            return Ok(shrunk);
        }
    }

    /// Searches every trace shorter than a counterexample for the same finding.
    ///
    /// # Errors
    /// If an implementation cannot be made.
    pub fn below<A: Adapter>(
        &self,
        make: &(impl Fn() -> Result<A, Failure> + Sync),
        trace: &[Command],
        finding: &Finding,
    ) -> Result<CertifyOutcome, Failure> {
        self.lengths(self.deadline(), make, trace, finding).map(|(outcome, _)| outcome)
    }

    fn deadline(&self) -> Option<Instant> {
        self.limits.time.and_then(|time| Instant::now().checked_add(time))
    }

    /// Searches one length after the other, each from the start. Together they take little more than the
    /// last, because only commands of the finding's kind are tried as the last of a trace. A length that
    /// would take far more time than is left is not begun. The result comes with the certificate of the
    /// greatest length below which all traces were tried.
    fn lengths<A: Adapter>(
        &self,
        deadline: Option<Instant>,
        make: &(impl Fn() -> Result<A, Failure> + Sync),
        trace: &[Command],
        finding: &Finding,
    ) -> Result<(CertifyOutcome, Option<Certificate>), Failure> {
        let level = self.level(make)?;
        let (mut search, certificate) = self.prepared(level, deadline, trace, finding);
        let mut below = None;
        let mut last = Duration::ZERO;
        for length in 0..trace.len().max(1) {
            // A black box has that many times more traces of this length than of the one before.
            let growth = below.map_or(0, |below: Certificate| below.alphabet / below.renamings);
            let is_measured = level == CertificateLevel::BlackBox && length > 1;
            if is_measured && is_hopeless(last, growth, deadline) {
                return Ok((CertifyOutcome::Unfinished(End::Time), below));
            }
            let started = Instant::now();
            search.depth = Some(length);
            let result = crate::search_implementation(&search, make, self.monitor, &mut |_| {})?;
            // A search that ends early may leave a trace as long as it was found.
            let is_shorter = |found: &&Counterexample| {
                found.finding.identity() == finding.identity() && found.commands.len() <= length
            };
            let shorter = result.found.iter().find(is_shorter);
            let outcome = match (shorter, result.end) {
                (Some(shorter), _) => CertifyOutcome::Shorter(shorter.clone()),
                (None, End::Complete | End::Depth) if result.found.is_empty() => {
                    below = Some(Certificate {
                        below: length + 1,
                        situations: result.states,
                        tried: result.allowed + result.refused,
                        renamings: result.renamings as u64,
                        ..certificate
                    });
                    last = started.elapsed();
                    continue;
                }
                // The implementation could not be reset, so nothing was tried, or only a long trace is left.
                (None, End::Complete | End::Depth | End::First) => CertifyOutcome::Unfinished(End::Stopped),
                (None, end) => CertifyOutcome::Unfinished(end),
            };
            return Ok((outcome, below));
        }
        let certificate = below.expect("at least one length is searched");
        Ok((CertifyOutcome::Certified(certificate), below))
    }

    /// The level at which counterexamples of the implementation can be certified.
    fn level<A: Adapter>(
        &self,
        make: &(impl Fn() -> Result<A, Failure> + Sync),
    ) -> Result<CertificateLevel, Failure> {
        // It is dropped before the search makes another one.
        let mut adapter = make()?;
        // Only a running implementation has a fingerprint.
        adapter.reset(&self.config.setup)?;
        let has_product = adapter.fingerprint().is_some() && adapter.fork().is_some();
        Ok(if has_product { CertificateLevel::Product } else { CertificateLevel::BlackBox })
    }

    /// A search and a certificate that lack only the length, and the certificate its counts.
    fn prepared(
        &self,
        level: CertificateLevel,
        deadline: Option<Instant>,
        trace: &[Command],
        finding: &Finding,
    ) -> (ConformanceSearch, Certificate) {
        let config = self.config;
        let (actions, ill_typed) = actions(config, trace);
        let certificate = Certificate {
            level,
            below: 0,
            groups: config.setup.groups,
            commands: config.commands,
            alphabet: actions.len() as u64,
            ill_typed,
            situations: 0,
            tried: 0,
            renamings: 0,
            ground: inputs_hash::hash(config, &actions),
        };
        // States of a product are compared exactly, so the search need not assume that the implementation
        // is symmetric. Traces are too many for that.
        let (equivalence, symmetry) = match level {
            CertificateLevel::Product => (StateEquivalence::Product, false),
            CertificateLevel::BlackBox => (StateEquivalence::Never, true),
        };
        let search = ConformanceSearch {
            setup: config.setup,
            check: config.check,
            actions,
            depth: None,
            equivalence,
            symmetry,
            wanted: Some(finding.identity()),
            stop_at_first: true,
            jobs: config.jobs,
            memory: self.limits.memory,
            deadline,
        };
        (search, certificate)
    }
}

/// Whether a search that takes so many times longer than the last one is far from ending in time.
fn is_hopeless(last: Duration, growth: u64, deadline: Option<Instant>) -> bool {
    let growth = u32::try_from(growth).unwrap_or(u32::MAX);
    deadline.is_some_and(|deadline| {
        let left = deadline.saturating_duration_since(Instant::now());
        last.saturating_mul(growth) > left.saturating_mul(HOPELESS)
    })
}

/// Whether a certificate of another counterexample is valid for this one: it has the same length, and
/// the actions do not depend on the counterexample.
fn is_valid_for(certificate: &Certificate, shrunk: &Counterexample) -> bool {
    certificate.ill_typed && certificate.below == shrunk.commands.len()
}

/// The commands in the traces that are searched, and whether they are all that can be written down.
/// Ill-typed commands are among them, because an implementation may allow one, such as an approval by a
/// child. In a large cast they are too many: a group can be launched with thousands of different lists.
/// Then they are left out, except for the kinds in the counterexample.
fn actions(config: &CampaignConfig, trace: &[Command]) -> (Vec<Command>, bool) {
    let bounds = Bounds { commands: config.commands, ..config.setup.bounds() };
    let mut actions = bounds.all();
    let are_all = actions.len() <= MAX_ACTIONS;
    if !are_all {
        let kinds: EnumSet<CommandKind> = trace.iter().map(Command::kind).collect();
        actions.retain(|command| kinds.contains(command.kind()) || bounds.is_well_typed(command));
    }
    (actions, are_all)
}
