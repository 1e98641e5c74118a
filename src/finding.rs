//! Verdicts, deviations, and findings with their identity. Shrinking keeps the identity.
//!
//! The differences between an observed state and the expected one are in `difference`.
//! The lock-step in `lockstep` makes findings; a finding with its trace is in `counterexample`.

mod difference;

pub use difference::Difference;

use std::fmt;

use chatwarden_model::{
    Breach, Cause, Command, CommandKind, Condition, EnumSet, NamedEnum, Promise, UserSet, named_enum,
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

/// One way in which a step is not as it should have been.
///
/// ```
/// use chatwarden::finding::{Deviation, Verdict};
/// assert_eq!(Deviation::Refused.verdict(), Verdict::TooStrict);
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Deviation {
    /// It breaks a promise, and the policy would not have broken it here.
    Broke(Breach),
    /// It breaks a promise, as following the policy does here. That counts under promises-only alone.
    PolicyBroke(Breach),
    /// It allowed a command that the policy refuses because of this condition.
    Allowed(Condition),
    /// It delivered to these users, to whom the policy does not.
    Overdelivered(UserSet),
    /// The observed state differs in these places from the state that the command leaves. Those in
    /// another group than the command's come first.
    Diverged(Vec<Difference>),
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
    /// The breach of a promise, if it is one.
    pub fn breach(&self) -> Option<&Breach> {
        match self {
            Deviation::Broke(breach) | Deviation::PolicyBroke(breach) => Some(breach),
            _ => None,
        }
    }

    /// The verdict of the deviation.
    pub fn verdict(&self) -> Verdict {
        match self {
            Deviation::Broke(_) | Deviation::PolicyBroke(_) => Verdict::BrokenPromise,
            Deviation::Allowed(_) | Deviation::Overdelivered(_) => Verdict::TooPermissive,
            Deviation::Diverged(_) => Verdict::Diverged,
            Deviation::Refused | Deviation::Underdelivered(_) => Verdict::TooStrict,
            Deviation::Indefinite(_) | Deviation::Panicked(_) => Verdict::Inconclusive,
        }
    }
}

/// The identity of a finding: the verdict, the kind of the command that shows it, the promise or the
/// condition, and the cause. Two findings with the same identity count as the same defect.
///
/// ```
/// use chatwarden::model::{Cause, CommandKind, Promise};
/// use chatwarden::finding::{Identity, Verdict};
/// let identity = Identity {
///     promise: Some(Promise::NoStrangers),
///     cause: Some(Cause::Blocked),
///     ..Identity::new(Verdict::BrokenPromise, Some(CommandKind::Invite))
/// };
/// assert_eq!(identity.to_string(), "broken-promise-invite-no-strangers-blocked");
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
    /// Why the two users are not authorized with each other, if the promise asks for that.
    pub cause: Option<Cause>,
    /// The parts of the observed state that diverged; none with another verdict.
    pub parts: EnumSet<Part>,
}

impl Identity {
    /// The identity of a verdict at a kind of command, without anything else.
    pub fn new(verdict: Verdict, command: Option<CommandKind>) -> Self {
        Identity { verdict, command, promise: None, condition: None, cause: None, parts: EnumSet::empty() }
    }
}

/// The identity as one word, as in file names. A missing approval is the usual cause, so it is not
/// written.
impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.verdict.name())?;
        let parts = [
            self.command.map(NamedEnum::name),
            self.promise.map(NamedEnum::name),
            self.condition.map(NamedEnum::name),
            self.cause.filter(|cause| *cause != Cause::Unapproved).map(NamedEnum::name),
        ];
        let mut parts = parts.into_iter().flatten().chain(self.parts.iter().map(Part::name));
        parts.try_for_each(|part| write!(f, "-{part}"))
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
    reason: Option<String>,
}

impl Finding {
    /// The finding of a step with these deviations. The gravest heads it; of several with the same
    /// verdict, the one that is listed first.
    ///
    /// # Panics
    /// If there is no deviation.
    pub fn new(at: usize, command: Option<Command>, mut deviations: Vec<Deviation>) -> Self {
        assert!(!deviations.is_empty(), "a finding has a deviation");
        deviations.sort_by_key(Deviation::verdict);
        Finding { at, command, deviations, reason: None }
    }

    /// The same finding, with the reason that the implementation gave for its answer.
    #[must_use]
    pub fn with_reason(self, reason: Option<String>) -> Self {
        Finding { reason, ..self }
    }

    /// The reason that the implementation gave for its answer at the step, in its own words.
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
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

    /// The deviation that heads the finding. None is graver.
    pub fn gravest(&self) -> &Deviation {
        &self.deviations[0]
    }

    /// Every deviation of the step, gravest first.
    pub fn deviations(&self) -> &[Deviation] {
        &self.deviations
    }

    /// The identity, from the deviation that heads the finding.
    pub fn identity(&self) -> Identity {
        self.identity_of(self.gravest())
    }

    /// Whether the step shows a finding of that identity: one of its gravest deviations has it, although
    /// another may head the finding.
    pub fn shows(&self, identity: Identity) -> bool {
        self.position_of(identity).is_some()
    }

    /// The same finding, headed by the deviation of that identity if it shows that one.
    #[must_use]
    pub fn headed_by(mut self, identity: Identity) -> Self {
        if let Some(position) = self.position_of(identity) {
            self.deviations[..=position].rotate_right(1);
        }
        self
    }

    /// The identities of the gravest deviations; the first is that of the finding.
    pub fn identities(&self) -> impl Iterator<Item = Identity> {
        let gravest = self.gravest().verdict();
        let same = self.deviations.iter().take_while(move |deviation| deviation.verdict() == gravest);
        same.map(|deviation| self.identity_of(deviation))
    }

    fn position_of(&self, identity: Identity) -> Option<usize> {
        self.identities().position(|other| other == identity)
    }

    fn identity_of(&self, deviation: &Deviation) -> Identity {
        let command = self.command.map(|command| command.kind());
        let identity = Identity::new(deviation.verdict(), command);
        match deviation {
            Deviation::Broke(breach) | Deviation::PolicyBroke(breach) => {
                Identity { promise: Some(breach.promise), cause: breach.cause, ..identity }
            }
            Deviation::Allowed(condition) => Identity { condition: Some(*condition), ..identity },
            Deviation::Diverged(differences) => {
                Identity { parts: differences.iter().map(Difference::part).collect(), ..identity }
            }
            _ => identity,
        }
    }

    /// Whether there is no definite answer in it.
    pub fn is_inconclusive(&self) -> bool {
        self.gravest().verdict() == Verdict::Inconclusive
    }

    /// The breach of a promise, if the gravest deviation is one.
    pub fn breach(&self) -> Option<Breach> {
        self.gravest().breach().copied()
    }
}
