//! A trace that shows a finding, from the lock-step to the report: where it was found, how far it
//! is shrunk, and whether it is certified. A collector keeps the first of each identity.
//!
//! A finding alone, without its trace, is in `finding`.

use chatwarden_model::Command;

use crate::finding::{Finding, Identity};
use crate::format::Certificate;

/// A trace that shows a finding.
///
/// ```
/// use chatwarden::counterexample::{Counterexample, ShrinkStatus};
/// use chatwarden::finding::{Deviation, Finding};
/// use chatwarden::model::{Command, User};
/// let block = Command::Block { by: User::new(0), who: User::new(1) };
/// let finding = Finding::new(0, Some(block), vec![Deviation::Refused]);
/// let counterexample = Counterexample::new(vec![block], finding);
/// assert_eq!(counterexample.status, ShrinkStatus::Unfinished);
/// assert_eq!(counterexample.identity().to_string(), "too-strict-block");
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Counterexample {
    /// The commands up to the one that shows the finding.
    pub commands: Vec<Command>,
    /// The finding in which the trace ends.
    pub finding: Finding,
    /// The campaign's run that found it; none where an exhaustive search, a fuzzer or a file did.
    pub origin: Option<Origin>,
    /// How many traces were executed to repeat and to shrink it.
    pub executions: usize,
    /// How far it is shrunk.
    pub status: ShrinkStatus,
    /// Whether everything shorter was searched.
    pub certification: Certification,
    /// The commands as they were found, if they were made simpler since.
    pub original: Option<Vec<Command>>,
}

impl Counterexample {
    /// A counterexample as it was found: neither repeated, shrunk nor certified.
    pub fn new(commands: Vec<Command>, finding: Finding) -> Self {
        Counterexample {
            commands,
            finding,
            origin: None,
            executions: 0,
            status: ShrinkStatus::Unfinished,
            certification: Certification::NotTried,
            original: None,
        }
    }

    /// A simpler counterexample of the same finding. It was found in the same run, from the same commands.
    #[must_use]
    pub fn simplified(&self, simpler: Counterexample) -> Self {
        let original = self.original.as_ref().unwrap_or(&self.commands);
        let original = (*original != simpler.commands).then(|| original.clone());
        Counterexample { origin: self.origin, original, ..simpler }
    }

    /// The identity of its finding.
    pub fn identity(&self) -> Identity {
        self.finding.identity()
    }

    /// Whether there is no definite answer in it.
    pub fn is_inconclusive(&self) -> bool {
        self.finding.is_inconclusive()
    }

    /// Whether it was executed again and showed the same each time.
    pub fn is_repeatable(&self) -> bool {
        self.executions > 0 && !self.is_unstable()
    }

    /// Whether another execution gave other answers or another finding.
    pub fn is_unstable(&self) -> bool {
        matches!(self.status, ShrinkStatus::Unstable(_))
    }

    /// The certificate, if everything shorter was searched.
    pub fn certificate(&self) -> Option<Certificate> {
        match self.certification {
            Certification::Certified(certificate) => Some(certificate),
            Certification::NotTried | Certification::Unfinished(_) => None,
        }
    }
}

/// The run of a campaign in which something was found.
///
/// ```
/// assert_eq!(chatwarden::counterexample::Origin { seed: 7, run: 41 }.runs(), 42);
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

/// How far a counterexample is shrunk.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ShrinkStatus {
    /// None of the shrinker's passes can make it simpler.
    OneMinimal,
    /// It was not shrunk, or the shrinker ended early: it was stopped, or its budget was spent.
    Unfinished,
    /// Another execution gave other answers, first at this step, or did not show the same finding.
    /// So it was left as it was.
    Unstable(Option<usize>),
}

/// The result of a search of everything shorter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Certification {
    /// Nothing shorter was searched.
    NotTried,
    /// Nothing shorter shows the finding.
    Certified(Certificate),
    /// The search ended before everything shorter was tried, for this reason.
    Unfinished(&'static str),
}

/// Collects the first counterexample of each identity. The caller says which of two comes first.
///
/// ```
/// use chatwarden::counterexample::{Counterexample, FirstFindings};
/// use chatwarden::finding::{Deviation, Finding};
/// let refused = || Counterexample::new(vec![], Finding::new(0, None, vec![Deviation::Refused]));
/// let mut first = FirstFindings::new(|_, _| false);
/// assert!(first.add(refused()).is_some());
/// assert!(first.add(refused()).is_none(), "it is not the first of its identity");
/// assert_eq!(first.into_vec().len(), 1);
/// ```
#[derive(Clone, Debug)]
pub struct FirstFindings<F> {
    found: Vec<Counterexample>,
    is_earlier: F,
}

impl<F: Fn(&Counterexample, &Counterexample) -> bool> FirstFindings<F> {
    /// An empty collector. `is_earlier(new, old)` says whether the new one takes the old one's
    /// place.
    pub fn new(is_earlier: F) -> Self {
        FirstFindings { found: Vec::new(), is_earlier }
    }

    /// Adds a counterexample. It is returned if it is the first of its identity so far.
    pub fn add(&mut self, new: Counterexample) -> Option<&Counterexample> {
        let Some(position) = self.position(new.identity()) else {
            self.found.push(new);
            return self.found.last();
        };
        let old = &mut self.found[position];
        if !(self.is_earlier)(&new, old) {
            return None;
        }
        *old = new;
        Some(old)
    }

    /// Whether there is one of that identity.
    pub fn contains(&self, identity: Identity) -> bool {
        self.position(identity).is_some()
    }

    /// The first of each identity, in the order in which the identities were first added.
    pub fn as_slice(&self) -> &[Counterexample] {
        &self.found
    }

    /// The first of each identity, in the order in which the identities were first added.
    pub fn into_vec(self) -> Vec<Counterexample> {
        self.found
    }

    fn position(&self, identity: Identity) -> Option<usize> {
        self.found.iter().position(|found| found.identity() == identity)
    }
}
