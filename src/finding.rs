//! Verdicts, deviations, and findings with their identity. Shrinking keeps the identity.
//!
//! The lock-step in `lockstep` makes findings; a finding with its trace is in `counterexample`.

use std::fmt;

use chatwarden_model::{
    Breach, Command, CommandKind, Condition, EnumSet, NamedEnum, Promise, UserSet, named_enum,
};

use crate::adapter::Part;

named_enum! {
    /// The verdict on an implementation, gravest first.
    ///
    /// ```
    /// use chatwarden::finding::Verdict;
    /// assert!(Verdict::BrokenPromise < Verdict::TooStrict);
    /// ```
    pub enum Verdict {
        BrokenPromise = "broken-promise": "a promise is broken",
        TooPermissive = "too-permissive": "allowed or delivered what the policy refuses",
        Diverged = "diverged" | "drifted": "decisions agree, the observed state does not",
        TooStrict = "too-strict": "refused, or failed to deliver, what the policy allows",
        Inconclusive = "inconclusive": "no definite answer, a crash or an unreadable answer: never a pass",
        Conforms = "conforms": "nothing to report",
    }
}

/// One difference between a step and what it should have been.
///
/// ```
/// use chatwarden::finding::{Deviation, Verdict};
/// assert_eq!(Deviation::Refused.verdict(), Verdict::TooStrict);
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Deviation {
    /// It breaks a promise, and the policy would not have broken it here.
    Broke(Breach),
    /// It allowed a command that the policy refuses because of this condition.
    Allowed(Condition),
    /// It delivered to these users, to whom the policy does not.
    Overdelivered(UserSet),
    /// These observed parts are not as the command leaves them.
    Diverged(EnumSet<Part>),
    /// It refused a command that the policy allows.
    Refused,
    /// It did not deliver to these users, to whom the policy does.
    Underdelivered(UserSet),
    /// There is no definite answer, for this reason.
    Indefinite(String),
    /// It panicked, with this message.
    Panicked(String),
}

impl Deviation {
    /// The verdict of the deviation.
    pub fn verdict(&self) -> Verdict {
        match self {
            Deviation::Broke(_) => Verdict::BrokenPromise,
            Deviation::Allowed(_) | Deviation::Overdelivered(_) => Verdict::TooPermissive,
            Deviation::Diverged(_) => Verdict::Diverged,
            Deviation::Refused | Deviation::Underdelivered(_) => Verdict::TooStrict,
            Deviation::Indefinite(_) | Deviation::Panicked(_) => Verdict::Inconclusive,
        }
    }
}

/// The identity of a finding: the verdict, the kind of the command that shows it, and the promise
/// or the condition. Two findings with the same identity count as the same defect.
///
/// ```
/// use chatwarden::model::{CommandKind, Promise};
/// use chatwarden::finding::{Identity, Verdict};
/// let identity = Identity {
///     verdict: Verdict::BrokenPromise,
///     command: Some(CommandKind::Invite),
///     promise: Some(Promise::NoStrangers),
///     condition: None,
/// };
/// assert_eq!(identity.to_string(), "broken-promise-invite-no-strangers");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Identity {
    /// The gravest verdict.
    pub verdict: Verdict,
    /// The kind of the command; none where the implementation failed before the first.
    pub command: Option<CommandKind>,
    /// The promise that is broken.
    pub promise: Option<Promise>,
    /// The condition because of which the policy refuses the command that was allowed.
    pub condition: Option<Condition>,
}

/// The identity as one word, as in file names.
impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.verdict.name())?;
        let parts = [
            self.command.map(NamedEnum::name),
            self.promise.map(NamedEnum::name),
            self.condition.map(NamedEnum::name),
        ];
        parts.into_iter().flatten().try_for_each(|part| write!(f, "-{part}"))
    }
}

/// A step that does not conform, with all its deviations.
///
/// ```
/// use chatwarden::model::{Command, User};
/// use chatwarden::finding::{Deviation, Finding, Verdict};
/// let command = Command::Block { by: User::new(0), who: User::new(1) };
/// let finding = Finding::new(3, Some(command), vec![Deviation::Refused]);
/// assert_eq!(finding.identity().verdict, Verdict::TooStrict);
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    at: usize,
    command: Option<Command>,
    deviations: Vec<Deviation>,
}

impl Finding {
    /// The finding of a step with these deviations.
    ///
    /// # Panics
    /// If there is no deviation.
    pub fn new(at: usize, command: Option<Command>, mut deviations: Vec<Deviation>) -> Self {
        assert!(!deviations.is_empty(), "a finding has a deviation");
        deviations.sort_by_key(|deviation| match deviation {
            Deviation::Broke(breach) => (Verdict::BrokenPromise, Some(breach.promise)),
            other => (other.verdict(), None),
        });
        Finding { at, command, deviations }
    }

    /// The position of the step in the run, from 0.
    pub fn at(&self) -> usize {
        self.at
    }

    /// The same finding in a list of commands in which its step has another position.
    #[must_use]
    pub fn moved_to(self, at: usize) -> Self {
        Finding { at, ..self }
    }

    /// The command of the step; none where the implementation failed before the first.
    pub fn command(&self) -> Option<Command> {
        self.command
    }

    /// The gravest deviation.
    pub fn gravest(&self) -> &Deviation {
        &self.deviations[0]
    }

    /// Every deviation of the step, gravest first.
    pub fn deviations(&self) -> &[Deviation] {
        &self.deviations
    }

    /// The identity, from the gravest deviation.
    pub fn identity(&self) -> Identity {
        let (promise, condition) = match self.gravest() {
            Deviation::Broke(breach) => (Some(breach.promise), None),
            Deviation::Allowed(condition) => (None, Some(*condition)),
            _ => (None, None),
        };
        Identity {
            verdict: self.gravest().verdict(),
            command: self.command.map(|command| command.kind()),
            promise,
            condition,
        }
    }

    /// Whether there is no definite answer in it.
    pub fn is_inconclusive(&self) -> bool {
        self.gravest().verdict() == Verdict::Inconclusive
    }

    /// The breach of a promise, if the gravest deviation is one.
    pub fn breach(&self) -> Option<Breach> {
        match self.gravest() {
            Deviation::Broke(breach) => Some(*breach),
            _ => None,
        }
    }
}
