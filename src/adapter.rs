//! What an implementation looks like from here: the trait [`Adapter`], its answers and observations.
//!
//! An adapter translates; it never asserts. Whether an answer is right is `check`'s to say, and an
//! implementation's faults reach it as answers, observations or a [`Failure`], never as a panic of the
//! adapter's own.

pub mod fault;
pub mod memory;
mod replaceable;

pub use replaceable::Replaceable;

use chatwarden_model::{
    Command, CommandKind, EnumSet, Link, MAX_GROUPS, MAX_USERS, Phase, Policy, Setup, User, UserSet,
    named_enum,
};

/// An implementation under test.
///
/// This one knows a single rule: guardians may do everything, everybody else nothing.
///
/// ```
/// use chatwarden::adapter::{About, Adapter, Answer, Failure, Fidelity, Observation};
/// use chatwarden::model::{Command, Setup, UserSet, EnumSet};
///
/// #[derive(Default)]
/// struct GuardiansOnly { guardians: UserSet }
///
/// impl Adapter for GuardiansOnly {
///     fn about(&self) -> About {
///         About { fidelity: Fidelity::PromisesOnly, observes: EnumSet::empty(), ..About::exact("guardians-only", "1") }
///     }
///     fn reset(&mut self, setup: &Setup) -> Result<(), Failure> {
///         self.guardians = setup.cast.kinds().guardians;
///         Ok(())
///     }
///     fn apply(&mut self, command: &Command) -> Result<Answer, Failure> {
///         let allowed = self.guardians.contains(command.by());
///         Ok(if allowed { Answer::allow() } else { Answer::Deny })
///     }
///     fn observe(&mut self, _: &mut Observation) -> Result<(), Failure> {
///         Ok(())
///     }
/// }
/// ```
pub trait Adapter {
    /// What the implementation is called, what it can do and how closely it can be compared.
    fn about(&self) -> About;

    /// Starts a run: from here on everything is as in a fresh system with these accounts.
    ///
    /// # Errors
    /// If the system cannot be made fresh.
    fn reset(&mut self, setup: &Setup) -> Result<(), Failure>;

    /// Carries the command out as its actor, and says what the implementation answered.
    ///
    /// # Errors
    /// If the implementation does not know the command, or gave no definite answer.
    fn apply(&mut self, command: &Command) -> Result<Answer, Failure>;

    /// Writes down what can be seen of the implementation now, without changing it. The observation comes
    /// as of a fresh system; only the parts that [`About::observes`] lists are read.
    ///
    /// # Errors
    /// If the implementation cannot be observed.
    fn observe(&mut self, seen: &mut Observation) -> Result<(), Failure>;

    /// Says which run comes next: a reset with this setup and then these commands, one after the other, unless the run
    /// ends before the last of them. An adapter of something far away sends them ahead; any other need not listen.
    fn announce(&mut self, _setup: &Setup, _commands: &[Command]) {}

    /// Whether it helps to announce runs, so that it is worth making up all commands of a run beforehand.
    fn wants_announcements(&self) -> bool {
        false
    }

    /// A second system that is just as this one is now, and goes its own way from here on. Searches try many
    /// commands after the same history; where there is no copy, they start anew and repeat the history.
    fn fork(&self) -> Option<Box<dyn Adapter + Send>> {
        None
    }

    /// A hash of everything in the system on which its future answers and observations depend: two systems that
    /// will ever differ must have different ones. Searches then know when they have been somewhere before, and
    /// what they say covers the memory that cannot be observed.
    fn fingerprint(&self) -> Option<u128> {
        None
    }
}

impl<A: Adapter + ?Sized> Adapter for Box<A> {
    fn about(&self) -> About {
        (**self).about()
    }
    fn reset(&mut self, setup: &Setup) -> Result<(), Failure> {
        (**self).reset(setup)
    }
    fn apply(&mut self, command: &Command) -> Result<Answer, Failure> {
        (**self).apply(command)
    }
    fn observe(&mut self, seen: &mut Observation) -> Result<(), Failure> {
        (**self).observe(seen)
    }
    fn announce(&mut self, setup: &Setup, commands: &[Command]) {
        (**self).announce(setup, commands);
    }
    fn wants_announcements(&self) -> bool {
        (**self).wants_announcements()
    }
    fn fork(&self) -> Option<Box<dyn Adapter + Send>> {
        (**self).fork()
    }
    fn fingerprint(&self) -> Option<u128> {
        (**self).fingerprint()
    }
}

/// What an adapter says about itself.
///
/// ```
/// use chatwarden::adapter::{About, Fidelity};
/// assert_eq!(About::exact("my-chat", "2.3").fidelity, Fidelity::Exact);
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct About {
    /// The implementation's name.
    pub name: String,
    /// The implementation's version.
    pub version: String,
    /// The commands that it can carry out; others are never sent.
    pub commands: EnumSet<CommandKind>,
    /// How closely it can be compared.
    pub fidelity: Fidelity,
    /// What can be seen of it.
    pub observes: EnumSet<Part>,
    /// The policy that it follows, if it follows a certain one whatever it is told.
    pub policy: Option<Policy>,
}

impl About {
    /// An implementation that can do everything, shows everything and follows any policy to the letter.
    pub fn exact(name: &str, version: &str) -> Self {
        About {
            name: name.into(),
            version: version.into(),
            commands: EnumSet::all(),
            fidelity: Fidelity::Exact,
            observes: EnumSet::all(),
            policy: None,
        }
    }
}

named_enum! {
    /// How closely an implementation is compared with the model.
    ///
    /// ```
    /// use chatwarden::{adapter::Fidelity, model::NamedEnum};
    /// assert_eq!(Fidelity::named("no-looser"), Some(Fidelity::NoLooser));
    /// ```
    pub enum Fidelity {
        Exact = "exact": "same decisions, same deliveries, same observed state as the model",
        NoLooser = "no-looser": "it may refuse, or deliver to fewer than, what the policy allows, and never more",
        PromisesOnly = "promises-only": "its own rules decide; only the promises are judged",
    }
}

named_enum! {
    /// A part of an implementation's state that can be seen from outside.
    ///
    /// ```
    /// use chatwarden::{adapter::Part, model::EnumSet};
    /// assert_eq!(EnumSet::<Part>::all().len(), 8);
    /// ```
    pub enum Part {
        Members = "members": "who is in each group",
        Invited = "invited": "who is invited to each group",
        Phase = "phase": "what became of each group",
        Owner = "owner": "who owns each group",
        Banned = "banned": "who is banned from each group",
        Link = "link": "whether each group's link is open",
        Contacts = "contacts": "which contacts are approved for each child",
        Blocks = "blocks": "who has blocked whom",
    }
}

/// What the implementation answered to a command.
///
/// ```
/// use chatwarden::adapter::Answer;
/// assert!(Answer::allow().is_allowed() && !Answer::Deny.is_allowed());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    /// It carried the command out.
    Allow {
        /// To whom a message, call or direct message was delivered; nobody for other commands.
        delivered: UserSet,
    },
    /// It refused.
    Deny,
}

impl Answer {
    /// Allowed, with nothing delivered.
    pub const fn allow() -> Self {
        Answer::Allow { delivered: UserSet::EMPTY }
    }

    /// Whether the command was carried out.
    pub const fn is_allowed(self) -> bool {
        matches!(self, Answer::Allow { .. })
    }

    /// To whom something was delivered.
    pub const fn delivered(self) -> UserSet {
        match self {
            Answer::Allow { delivered } => delivered,
            Answer::Deny => UserSet::EMPTY,
        }
    }
}

/// Why there is no answer.
///
/// ```
/// use chatwarden::adapter::Failure;
/// assert_eq!(Failure::Indefinite("no reply in 5 s".into()).to_string(), "no definite answer: no reply in 5 s");
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Failure {
    /// The implementation does not know such a command; nothing happened.
    Unsupported,
    /// The command may or may not have happened.
    Indefinite(String),
    /// The adapter or the implementation itself failed.
    Failed(String),
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Failure::Unsupported => f.write_str("the implementation does not support the command"),
            Failure::Indefinite(why) => write!(f, "no definite answer: {why}"),
            Failure::Failed(why) => write!(f, "the implementation failed: {why}"),
        }
    }
}

impl std::error::Error for Failure {}

/// What can be seen of a group. A group that was never launched looks like the default.
///
/// ```
/// use chatwarden::adapter::GroupView;
/// use chatwarden::model::Phase;
/// assert_eq!(GroupView::default().phase, Phase::New);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GroupView {
    /// What became of it.
    pub phase: Phase,
    /// Whether one can join by the link.
    pub link: Link,
    /// The owner, if there is one.
    pub owner: Option<User>,
    /// Who is in it.
    pub members: UserSet,
    /// Who has a pending invitation.
    pub invited: UserSet,
    /// Who is banned.
    pub banned: UserSet,
}

impl Default for GroupView {
    fn default() -> Self {
        GroupView {
            phase: Phase::New,
            link: Link::Closed,
            owner: None,
            members: UserSet::EMPTY,
            invited: UserSet::EMPTY,
            banned: UserSet::EMPTY,
        }
    }
}

/// What can be seen of an implementation at one moment.
///
/// ```
/// use chatwarden::adapter::Observation;
/// use chatwarden::model::{User, UserSet};
/// let mut seen = Observation::default();
/// seen.contacts[0].insert(User::new(1));
/// assert_ne!(seen, Observation::default());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Observation {
    /// Each group, at its index.
    pub groups: [GroupView; MAX_GROUPS],
    /// For each child, at its index, the approved contacts.
    pub contacts: [UserSet; MAX_USERS],
    /// For each user, at its index, whom they have blocked.
    pub blocks: [UserSet; MAX_USERS],
}

impl Default for Observation {
    fn default() -> Self {
        Observation {
            groups: [GroupView::default(); MAX_GROUPS],
            contacts: [UserSet::EMPTY; MAX_USERS],
            blocks: [UserSet::EMPTY; MAX_USERS],
        }
    }
}
