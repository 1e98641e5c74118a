//! Known findings: the identity of a finding from one run to the next, and the findings of a
//! baseline that a run found again or that are absent.
//!
//! A known finding does not fail a build. An inconclusive one is never known. The form of the file
//! is in `format`.

use std::collections::BTreeSet;
use std::io;
use std::path::{Component, Path};

use chatwarden_model::{EnumSet, NamedEnum, Policy, Preset, Promise};

use chatwarden::counterexample::Counterexample;
use chatwarden::finding::{Identity, Verdict};
use chatwarden::format::{self, BaselineVerdict, KnownFinding, PolicySpec};
use chatwarden::hash::fnv1a;
use chatwarden::lockstep::Tally;
use chatwarden::triage::replace_file;

/// The known findings of a project, and those that a run found.
///
/// ```
/// use chatwarden_cli::baseline::{Baseline, Subject};
/// use chatwarden::model::{CommandKind, Preset};
/// use chatwarden::finding::{Identity, Verdict};
/// use chatwarden::format::PolicySpec;
/// let subject = Subject::new(&PolicySpec::Preset(Preset::MessengerKids), Some("my-chat"), None);
/// let strict = Identity::new(Verdict::TooStrict, Some(CommandKind::Leave));
/// let mut first = Baseline::default();
/// assert!(!first.match_finding(subject.finding(strict)).is_known());
///
/// let mut second = Baseline::of(first.updated(|_| true));
/// assert!(second.match_finding(subject.finding(strict)).is_known());
/// let third = Baseline::of(second.updated(|_| true));
/// assert_eq!(third.absent(|_| true).len(), 1);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Baseline {
    /// The known findings; none if no baseline was given.
    known: Option<BTreeSet<KnownFinding>>,
    /// The findings of the run.
    found: BTreeSet<KnownFinding>,
}

/// A finding of a run, and whether it is known.
///
/// ```
/// use chatwarden_cli::baseline::{Baseline, Subject};
/// use chatwarden::model::{Preset, Promise};
/// use chatwarden::format::PolicySpec;
/// let subject = Subject::new(&PolicySpec::Preset(Preset::AdderOnly), None, None);
/// let matched = Baseline::default().match_finding(subject.broken_by_policy(Promise::NoStrangers));
/// assert_eq!(matched.known, None);
/// assert_eq!(matched.finding.identity(), "broken-promise-no-strangers");
/// assert_eq!(matched.fingerprint().len(), 16);
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BaselineMatch {
    /// Its identity from one run to the next.
    pub finding: KnownFinding,
    /// Whether the baseline lists it; none if there is no baseline.
    pub known: Option<bool>,
}

impl BaselineMatch {
    /// Whether there is a baseline that lists it.
    pub fn is_known(&self) -> bool {
        self.known == Some(true)
    }

    /// Sixteen hexadecimal digits that are the same in every run with this finding.
    pub fn fingerprint(&self) -> String {
        format!("{:016x}", fnv1a(KnownFinding::write_all([self.finding.clone()]).as_bytes()))
    }
}

impl Baseline {
    /// The baseline that lists these findings.
    pub fn of(known: impl IntoIterator<Item = KnownFinding>) -> Self {
        Baseline { known: Some(known.into_iter().collect()), found: BTreeSet::new() }
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

    /// Records a finding of the run, and looks it up.
    pub fn match_finding(&mut self, finding: KnownFinding) -> BaselineMatch {
        let known = self.known.as_ref().map(|known| known.contains(&finding));
        self.found.insert(finding.clone());
        BaselineMatch { finding, known }
    }

    /// Records the counterexamples of a run, and looks each up.
    pub fn match_all<'f>(
        &mut self,
        subject: &Subject,
        found: &'f [Counterexample],
    ) -> Vec<(&'f Counterexample, BaselineMatch)> {
        found.iter().map(|found| (found, self.match_finding(subject.finding(found.identity())))).collect()
    }

    /// The known findings that the run did not find, of those that it could have found.
    pub fn absent(&self, could_be_found: impl Fn(&KnownFinding) -> bool) -> Vec<KnownFinding> {
        let known = self.known.iter().flatten();
        known.filter(|known| !self.found.contains(known) && could_be_found(known)).cloned().collect()
    }

    /// The known findings after the run: its definite findings, and the known ones that it could
    /// not have found.
    pub fn updated(&self, could_be_found: impl Fn(&KnownFinding) -> bool) -> BTreeSet<KnownFinding> {
        let found =
            self.found.iter().filter(|found| found.verdict != BaselineVerdict::Found(Verdict::Inconclusive));
        let kept = self.known.iter().flatten().filter(|known| !could_be_found(known));
        found.chain(kept).cloned().collect()
    }
}

/// Writes a baseline, whole or not at all.
///
/// # Errors
/// If it cannot be written.
pub fn write(file: &Path, known: impl IntoIterator<Item = KnownFinding>) -> io::Result<()> {
    replace_file(file, KnownFinding::write_all(known).as_bytes())
}

/// The subject of findings: a policy, and an implementation if one takes part.
///
/// An example is at [`Baseline`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Subject {
    policy: String,
    adapter: Option<String>,
    fault: Option<String>,
}

impl Subject {
    /// The subject with those names.
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
            cause: identity.cause,
            parts: Some(identity.parts).filter(|parts| !parts.is_empty()),
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

    /// Whether it is the subject of the known finding.
    pub fn is_of(&self, known: &KnownFinding) -> bool {
        self.policy == known.policy && self.has_implementation_of(known)
    }

    /// Whether the known finding is one of this implementation, under any policy.
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
            cause: None,
            parts: None,
            at: None,
        }
    }
}

/// Whether a run with these commands that judges these promises could show a known finding of an
/// implementation. A finding of a scenario shows only in its replay.
pub fn could_show(known: &KnownFinding, tally: &Tally, judges: EnumSet<Promise>) -> bool {
    known.scenario.is_none()
        && identity(known).is_some_and(|identity| tally.could_show(&identity))
        && known.promise.is_none_or(|promise| judges.contains(promise))
}

/// The path as in reports that are read on other machines: with `/` between its parts, none of
/// which is `.`.
pub fn slashed(file: &Path) -> String {
    let mut parts = file.components().filter(|part| *part != Component::CurDir);
    let absolute = if file.has_root() { parts.next().map(|_| "/") } else { None };
    let parts: Vec<_> = parts.map(|part| part.as_os_str().to_string_lossy()).collect();
    absolute.unwrap_or_default().to_owned() + &parts.join("/")
}

/// The name of the preset, or one made of all knobs: with another value of a knob it is another
/// policy.
fn policy_name(policy: Policy) -> String {
    match Preset::ALL.iter().find(|preset| preset.policy() == policy) {
        Some(preset) => preset.name().into(),
        None => format!("custom-{:016x}", fnv1a(PolicySpec::from(policy).write().as_bytes())),
    }
}

/// The identity of a known finding, if it is one of an implementation.
fn identity(known: &KnownFinding) -> Option<Identity> {
    let KnownFinding { command, promise, condition, cause, .. } = *known;
    let BaselineVerdict::Found(verdict) = known.verdict else { return None };
    let parts = known.parts.unwrap_or_default();
    Some(Identity { verdict, command, promise, condition, cause, parts })
}
