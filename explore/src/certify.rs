//! Certificates: everything shorter than a chain is searched for the same finding. Either something shorter shows it
//! and takes the chain's place, or nothing does; that is what a certificate says, with what was exhausted.
//!
//! The searching is `explore`'s, and how a chain is made simpler the caller's to say. Nothing is written or printed
//! here.

mod inputs_hash;

use std::time::{Duration, Instant};

use chatwarden_model::{Bounds, Command, CommandKind, EnumSet, NamedEnum};

use crate::{Alike, Drive, Driven, End, SearchMonitor};
use chatwarden::adapter::{Adapter, Failure};
use chatwarden::campaign::CampaignConfig;
use chatwarden::counterexample::{Certification, Counterexample, ShrinkStatus};
use chatwarden::finding::Finding;
pub use chatwarden::format::{Certificate, CertificateLevel};

/// The most commands of an alphabet that holds everything that can be written down. It is enough for the cast
/// `small` with any number of groups, and for `family` with two.
pub const MOST_COMMANDS: usize = 16_384;

/// How much a search may take.
///
/// ```
/// use chatwarden_explore::certify::Limits;
/// assert_eq!(Limits::default().time, None);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// How long it may take, if not as long as it does.
    pub time: Option<Duration>,
    /// How many bytes it may take, about.
    pub memory: u64,
}

impl Default for Limits {
    /// All the time, and as much memory as other searches.
    fn default() -> Self {
        Limits { time: None, memory: crate::MEMORY }
    }
}

/// What came of the search for something shorter.
///
/// An example is at [`Certificate`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CertifyOutcome {
    /// Nothing shorter shows the finding.
    Certified(Certificate),
    /// This is shorter and shows it.
    Shorter(Counterexample),
    /// Nothing shorter came up, but not everything was tried, for this reason.
    Unfinished(End),
}

/// A search for whatever is shorter than a chain and shows the same.
///
/// An example is at [`Certificate`].
/// ```
/// use chatwarden::adapter::{Adapter, fault::Fault, memory::Memory};
/// use chatwarden::campaign::{self, CampaignConfig};
/// use chatwarden_explore::certify::{CertificateLevel, Limits, CertifyOutcome, Certifier};
/// use chatwarden::lockstep;
/// use chatwarden_explore::SearchMonitor;
/// use chatwarden::model::{Command, Group, Preset, Setup, User, UserSet};
/// use chatwarden::format::BuiltInCast;
///
/// let setup = Setup { cast: BuiltInCast::Small.casting().cast, groups: 1, policy: Preset::MessengerKids.policy() };
/// let service = || Ok(Memory::with_fault(Fault::CreateUnchecked));
/// let plan = CampaignConfig::new(setup, &service()?.about());
///
/// let [kay, sam] = [2, 4].map(User::new);
/// let block = Command::Block { by: kay, who: sam };
/// let create = Command::Create { by: sam, group: Group::new(0), with: UserSet::of([kay]) };
/// let search = Certifier { plan: &plan, limits: Limits::default(), watch: &SearchMonitor::default() };
/// let search = |chain: &[Command]| {
///     let finding = lockstep::run(&mut service()?, plan.terms, &setup, chain).expect("nobody approved sam");
///     search.below(&service, chain, &finding)
/// };
/// let CertifyOutcome::Shorter(shorter) = search(&[block, create])? else { panic!("the block is idle") };
/// let CertifyOutcome::Certified(certificate) = search(&shorter.commands)? else { panic!("it is the shortest") };
/// assert_eq!((certificate.level, certificate.below), (CertificateLevel::Product, 1));
/// # Ok::<(), chatwarden::adapter::Failure>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Certifier<'a> {
    /// The cast, groups and policy, the kinds of commands, how the implementation is compared, and the jobs.
    pub plan: &'a CampaignConfig,
    /// How much it may take.
    pub limits: Limits,
    /// How it goes on, and the way to stop it.
    pub watch: &'a SearchMonitor,
}

impl Certifier<'_> {
    /// Certifies a shrunk chain, or whatever is shorter and shows the same: that is first handed to `simplify`, which
    /// knows how to use fewer users. The limits are for all of it, but for the simplifying.
    ///
    /// ```
    /// use chatwarden::adapter::{Adapter, fault::Fault, memory::Memory};
    /// use chatwarden::campaign::{self, CampaignConfig, CampaignMonitor};
    /// use chatwarden::counterexample::Counterexample;
    /// use chatwarden_explore::certify::{Limits, Certifier};
    /// use chatwarden::explore;
    /// use chatwarden::model::{Preset, Setup};
    /// use chatwarden::format::BuiltInCast;
    ///
    /// let setup = Setup { cast: BuiltInCast::Small.casting().cast, groups: 1, policy: Preset::MessengerKids.policy() };
    /// let service = || Ok(Memory::with_fault(Fault::LauncherOnly));
    /// let plan = CampaignConfig::new(setup, &service()?.about());
    /// let watch = CampaignMonitor::default();
    /// let shrink = |found: &Counterexample| campaign::shrink(&plan, &service, found, &watch, |_, _| {});
    ///
    /// let tally = campaign::run_campaign(&plan, &service, &watch, &|_| {})?;
    /// let shrunk = shrink(&tally.found[0])?;
    /// let search = Certifier { plan: &plan, limits: Limits::default(), watch: &explore::SearchMonitor::default() };
    /// let certified = search.certify(&service, shrunk, shrink)?;
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
            let lengths = self.lengths(deadline, make, &shrunk.commands, &shrunk.finding)?;
            shrunk.certification = match lengths.outcome {
                CertifyOutcome::Certified(certificate) => Certification::Certified(certificate),
                CertifyOutcome::Unfinished(end) => Certification::Unfinished(end.about()),
                CertifyOutcome::Shorter(shorter) => {
                    let executions = shrunk.executions;
                    shrunk = simplify(&Counterexample { origin: shrunk.origin, ..shorter })?;
                    shrunk.executions += executions;
                    match lengths.below.filter(|below| holds_for(below, &shrunk)) {
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

    /// Searches everything shorter than a chain, which shows the finding, for the same.
    ///
    /// # Errors
    /// If an implementation cannot be made.
    pub fn below<A: Adapter>(
        &self,
        make: &(impl Fn() -> Result<A, Failure> + Sync),
        chain: &[Command],
        finding: &Finding,
    ) -> Result<CertifyOutcome, Failure> {
        self.lengths(self.deadline(), make, chain, finding).map(|lengths| lengths.outcome)
    }

    fn deadline(&self) -> Option<Instant> {
        self.limits.time.and_then(|time| Instant::now().checked_add(time))
    }

    /// Searches one length after the other, each from the start: it takes little more than the last of them, since of
    /// the last commands only those of the finding's kind are tried. And the search that ends without the finding
    /// just before one that comes upon it is the one that certifies its length.
    fn lengths<A: Adapter>(
        &self,
        deadline: Option<Instant>,
        make: &(impl Fn() -> Result<A, Failure> + Sync),
        chain: &[Command],
        finding: &Finding,
    ) -> Result<Lengths, Failure> {
        let mut adapter = make()?;
        // A fingerprint is of a system that runs.
        adapter.reset(&self.plan.setup)?;
        let mut search = self.prepared(level(&adapter), chain, finding);
        search.drive.deadline = deadline;
        let mut below = None;
        for length in 0..chain.len().max(1) {
            search.drive.depth = Some(length);
            let driven = crate::drive(&search.drive, make, self.watch, &mut |_| {})?;
            let shorter = driven.found.iter().find(|found| found.finding.identity() == finding.identity());
            let outcome = match (shorter, driven.end) {
                (Some(shorter), _) => CertifyOutcome::Shorter(shorter.clone()),
                (None, End::Complete | End::Depth) if driven.found.is_empty() => {
                    below = Some(search.certificate(&driven, length + 1));
                    continue;
                }
                // It could not be made fresh, so nothing was tried.
                (None, End::Complete | End::Depth) => CertifyOutcome::Unfinished(End::Stopped),
                (None, end) => CertifyOutcome::Unfinished(end),
            };
            return Ok(Lengths { outcome, below });
        }
        let certificate = below.expect("at least one length is searched");
        Ok(Lengths { outcome: CertifyOutcome::Certified(certificate), below })
    }

    fn prepared(&self, level: CertificateLevel, chain: &[Command], finding: &Finding) -> Prepared {
        let (alphabet, ill_typed) = alphabet(self.plan, chain);
        let setup = self.plan.setup;
        let ground = inputs_hash::hash(self.plan, &alphabet);
        // Situations are told apart exactly, so nothing has to be assumed of the implementation. Sequences are too
        // many for that.
        let symmetry = level == CertificateLevel::BlackBox;
        let drive = Drive {
            setup,
            terms: self.plan.terms,
            alphabet,
            depth: None,
            alike: if level == CertificateLevel::Product { Alike::Product } else { Alike::Never },
            symmetry,
            wanted: Some(finding.identity()),
            stop_at_first: true,
            jobs: self.plan.jobs,
            memory: self.limits.memory,
            deadline: None,
        };
        Prepared { level, commands: self.plan.commands, ill_typed, ground, drive }
    }
}

/// What came of the lengths that were searched.
struct Lengths {
    outcome: CertifyOutcome,
    /// The certificate of the greatest length below which everything was tried.
    below: Option<Certificate>,
}

/// A search of which only the length is not settled.
struct Prepared {
    level: CertificateLevel,
    commands: EnumSet<CommandKind>,
    ill_typed: bool,
    ground: u64,
    drive: Drive,
}

impl Prepared {
    fn certificate(&self, driven: &Driven, below: usize) -> Certificate {
        Certificate {
            level: self.level,
            below,
            groups: self.drive.setup.groups,
            commands: self.commands,
            alphabet: self.drive.alphabet.len() as u64,
            ill_typed: self.ill_typed,
            situations: driven.states,
            tried: driven.allowed + driven.refused,
            renamings: driven.renamings as u64,
            ground: self.ground,
        }
    }
}

/// Whether the certificate, made for another chain, is also that of this one: it is of this length, and the
/// alphabet does not depend on the chain.
fn holds_for(certificate: &Certificate, shrunk: &Counterexample) -> bool {
    certificate.ill_typed && certificate.below == shrunk.commands.len()
}

/// At which level chains of the implementation can be certified.
fn level(adapter: &impl Adapter) -> CertificateLevel {
    let product = adapter.fingerprint().is_some() && adapter.fork().is_some();
    if product { CertificateLevel::Product } else { CertificateLevel::BlackBox }
}

/// The commands of which histories shorter than the chain are made, and whether they are all that can be written
/// down: an implementation may let through what is ill-typed, such as an approval by a child. Where these are too
/// many, as with large casts, which can launch a group with thousands of different lists, those are kept of which
/// there is reason to think that they matter.
fn alphabet(plan: &CampaignConfig, chain: &[Command]) -> (Vec<Command>, bool) {
    let bounds = Bounds { commands: plan.commands, ..plan.setup.bounds() };
    let mut alphabet = bounds.all();
    let all = alphabet.len() <= MOST_COMMANDS;
    if !all {
        let kinds: EnumSet<CommandKind> = chain.iter().map(Command::kind).collect();
        alphabet.retain(|command| kinds.contains(command.kind()) || bounds.is_well_typed(command));
    }
    (alphabet, all)
}
