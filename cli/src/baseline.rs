//! Known findings: which finding is the same from one run to the next, and which of those that a baseline lists are
//! met again or gone.
//!
//! A baseline excuses what is known from failing a build, and nothing else: what is inconclusive is never known. The
//! file's form is the wire's.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::{Component, Path};

use chatwarden_model::{NamedEnum, Policy, Preset, Promise};

use chatwarden::finding::{Identity, Verdict};
use chatwarden::format::{self, BaselineVerdict, KnownFinding, PolicySpec};
use chatwarden::hash::fnv1a;

/// The known findings of a project, and those that a run met.
///
/// ```
/// use chatwarden_cli::baseline::{Baseline, Subject};
/// use chatwarden::model::{CommandKind, Preset};
/// use chatwarden::finding::{Identity, Verdict};
/// use chatwarden::format::PolicySpec;
/// let subject = Subject::new(&PolicySpec::Preset(Preset::MessengerKids), Some("my-chat"), None);
/// let strict =
///     Identity { verdict: Verdict::TooStrict, command: Some(CommandKind::Leave), promise: None, condition: None };
/// let mut first = Baseline::default();
/// assert!(!first.meet(subject.finding(strict)).is_known());
///
/// let mut second = Baseline::of(first.updated(|_| true));
/// assert!(second.meet(subject.finding(strict)).is_known());
/// let third = Baseline::of(second.updated(|_| true));
/// assert_eq!(third.gone(|_| true).len(), 1);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Baseline {
    /// What is known; none if no baseline was given.
    known: Option<BTreeSet<KnownFinding>>,
    met: BTreeSet<KnownFinding>,
}

/// A finding that was met, and whether it is known.
///
/// ```
/// use chatwarden_cli::baseline::{Baseline, Subject};
/// use chatwarden::model::{Preset, Promise};
/// use chatwarden::format::PolicySpec;
/// let subject = Subject::new(&PolicySpec::Preset(Preset::AdderOnly), None, None);
/// let met = Baseline::default().meet(subject.broken_by_policy(Promise::NoStrangers));
/// assert_eq!(met.known, None);
/// assert_eq!(met.finding.identity(), "broken-promise-no-strangers");
/// assert_eq!(met.fingerprint().len(), 16);
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Met {
    /// What it is called from one run to the next.
    pub finding: KnownFinding,
    /// Whether the baseline lists it; none if there is no baseline.
    pub known: Option<bool>,
}

impl Met {
    /// Whether there is a baseline that lists it.
    pub fn is_known(&self) -> bool {
        self.known == Some(true)
    }

    /// Sixteen hexadecimal digits that are the same in every run that meets the finding.
    pub fn fingerprint(&self) -> String {
        format!("{:016x}", fnv1a(KnownFinding::write_all([self.finding.clone()]).as_bytes()))
    }
}

impl Baseline {
    /// The baseline that lists these findings.
    pub fn of(known: impl IntoIterator<Item = KnownFinding>) -> Self {
        Baseline { known: Some(known.into_iter().collect()), met: BTreeSet::new() }
    }

    /// The baseline in a file.
    ///
    /// # Errors
    /// If the file cannot be read or does not hold a baseline.
    pub fn open(file: &Path) -> Result<Self, format::Error> {
        KnownFinding::open_all(file).map(Baseline::of)
    }

    /// The identities under which findings of the subject are known.
    pub fn identities(&self, subject: &Subject) -> Vec<Identity> {
        let of_subject = |known: &&KnownFinding| known.scenario.is_none() && subject.is_of(known);
        self.known.iter().flatten().filter(of_subject).filter_map(identity).collect()
    }

    /// Takes down that a finding was met.
    pub fn meet(&mut self, finding: KnownFinding) -> Met {
        let known = self.known.as_ref().map(|known| known.contains(&finding));
        self.met.insert(finding.clone());
        Met { finding, known }
    }

    /// The known findings that were not met, of those that the run would have met if they were still there.
    pub fn gone(&self, could_be_met: impl Fn(&KnownFinding) -> bool) -> Vec<KnownFinding> {
        let known = self.known.iter().flatten();
        known.filter(|known| !self.met.contains(known) && could_be_met(known)).cloned().collect()
    }

    /// What is known after the run: what was met, and of what was known before all that the run could not have met.
    pub fn updated(&self, could_be_met: impl Fn(&KnownFinding) -> bool) -> BTreeSet<KnownFinding> {
        let met = self.met.iter().filter(|met| met.verdict != BaselineVerdict::Found(Verdict::Inconclusive));
        let kept = self.known.iter().flatten().filter(|known| !could_be_met(known));
        met.chain(kept).cloned().collect()
    }
}

/// Writes a baseline, whole or not at all.
///
/// # Errors
/// If it cannot be written.
pub fn write(file: &Path, known: impl IntoIterator<Item = KnownFinding>) -> io::Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut written = tempfile::NamedTempFile::new_in(folder.unwrap_or_else(|| Path::new(".")))?;
    written.write_all(KnownFinding::write_all(known).as_bytes())?;
    written.persist(file)?;
    Ok(())
}

/// What findings are made in: a policy, and an implementation if one takes part.
///
/// An example is at [`Baseline`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Subject {
    policy: String,
    adapter: Option<String>,
    fault: Option<String>,
}

impl Subject {
    /// The subject of those names.
    pub fn new(policy: &PolicySpec, adapter: Option<&str>, fault: Option<&str>) -> Self {
        Subject {
            policy: policy_name(policy.policy()),
            adapter: adapter.map(Into::into),
            fault: fault.map(Into::into),
        }
    }

    /// The finding of that identity.
    pub fn finding(&self, identity: Identity) -> KnownFinding {
        KnownFinding {
            command: identity.command,
            promise: identity.promise,
            condition: identity.condition,
            ..self.verdict(BaselineVerdict::Found(identity.verdict))
        }
    }

    /// The finding that the policy itself breaks a promise.
    pub fn broken_by_policy(&self, promise: Promise) -> KnownFinding {
        KnownFinding {
            promise: Some(promise),
            ..self.verdict(BaselineVerdict::Found(Verdict::BrokenPromise))
        }
    }

    /// The finding that the policy does not do what a scenario says.
    pub fn mismatch(&self, at: Option<usize>) -> KnownFinding {
        KnownFinding { at, ..self.verdict(BaselineVerdict::Mismatch) }
    }

    /// The finding, made by replaying a file.
    pub fn replayed(file: &Path, finding: KnownFinding) -> KnownFinding {
        KnownFinding { scenario: Some(slashed(file)), ..finding }
    }

    /// Whether the known finding was made in this.
    pub fn is_of(&self, known: &KnownFinding) -> bool {
        self.policy == known.policy && self.has_implementation_of(known)
    }

    /// Whether the known finding was made with this implementation, under whichever policy.
    pub fn has_implementation_of(&self, known: &KnownFinding) -> bool {
        (&self.adapter, &self.fault) == (&known.adapter, &known.fault)
    }

    fn verdict(&self, verdict: BaselineVerdict) -> KnownFinding {
        KnownFinding {
            scenario: None,
            policy: self.policy.clone(),
            adapter: self.adapter.clone(),
            fault: self.fault.clone(),
            verdict,
            command: None,
            promise: None,
            condition: None,
            at: None,
        }
    }
}

/// The path as files are named in reports that are read elsewhere: with `/` between its parts, and none of them `.`.
pub fn slashed(file: &Path) -> String {
    let mut parts = file.components().filter(|part| *part != Component::CurDir);
    let absolute = if file.has_root() { parts.next().map(|_| "/") } else { None };
    let parts: Vec<_> = parts.map(|part| part.as_os_str().to_string_lossy()).collect();
    absolute.unwrap_or_default().to_owned() + &parts.join("/")
}

/// A preset's name, or one made of all knobs: a policy of which one is changed is another policy.
fn policy_name(policy: Policy) -> String {
    match Preset::ALL.iter().find(|preset| preset.policy() == policy) {
        Some(preset) => preset.name().into(),
        None => format!("custom-{:016x}", fnv1a(PolicySpec::Full(policy).write().as_bytes())),
    }
}

/// The identity of a known finding, if it is one of an implementation.
fn identity(known: &KnownFinding) -> Option<Identity> {
    let KnownFinding { command, promise, condition, .. } = *known;
    let BaselineVerdict::Found(verdict) = known.verdict else { return None };
    Some(Identity { verdict, command, promise, condition })
}
