//! The interface to an implementation under test: the trait [`Adapter`], its answers and observations.
//!
//! An adapter translates and never asserts. `lockstep` judges the answers. An adapter reports every
//! misbehaviour of the implementation as an answer, an observation or a [`Failure`], and does not panic.

pub mod fault;
pub mod memory;
mod replaceable;

pub use replaceable::Replaceable;

use chatwarden_model::{
    Command, CommandKind, EnumSet, Link, MAX_GROUPS, MAX_USERS, Phase, Policy, Setup, User, UserSet,
    named_enum,
};

use crate::sanitize;

/// An implementation under test.
///
/// This example has a single rule: guardians may do everything, other users nothing.
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
///         Ok(if allowed { Answer::allow() } else { Answer::deny() })
///     }
///     fn observe(&mut self, _: &mut Observation) -> Result<(), Failure> {
///         Ok(())
///     }
/// }
/// ```
pub trait Adapter {
    /// The name, version and abilities of the implementation.
    fn about(&self) -> About;

    /// Starts a run: afterwards the implementation is like a new system with these accounts.
    ///
    /// # Errors
    /// If the implementation cannot be reset.
    fn reset(&mut self, setup: &Setup) -> Result<(), Failure>;

    /// Carries out the command as its actor and returns the answer of the implementation.
    ///
    /// # Errors
    /// If the implementation does not support the command, or gave no definite answer.
    fn apply(&mut self, command: &Command) -> Result<Answer, Failure>;

    /// Writes the observable state into `seen` without changing the implementation. `seen` is passed with
    /// the values of a new system. Only the parts in [`About::observes`] are read.
    ///
    /// # Errors
    /// If the implementation cannot be observed.
    fn observe(&mut self, seen: &mut Observation) -> Result<(), Failure>;

    /// The implementation's reason for its last answer, in its own words, if it gave one. It is shown to
    /// people beside the answer, and never compared.
    fn reason(&self) -> Option<&str> {
        None
    }

    /// Announces the next run: a reset with this setup and then these commands in order. The run may end
    /// before the last command. The adapter of a remote system can send the commands ahead; other adapters
    /// can ignore the call.
    fn announce(&mut self, _setup: &Setup, _commands: &[Command]) {}

    /// Whether the adapter uses announcements. If so, all commands of a run are generated before it starts.
    fn wants_announcements(&self) -> bool {
        false
    }

    /// An independent copy of the implementation in its present state. A search tries many commands after
    /// the same trace. Without copies it resets the implementation and repeats the trace.
    fn fork(&self) -> Option<Box<dyn Adapter + Send>> {
        None
    }

    /// A hash of the whole state of the implementation, on which all its later answers and observations
    /// depend. Two states with different behaviour must have different fingerprints. With a fingerprint, a
    /// search distinguishes states that look the same, and its result also covers unobservable state.
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
    fn reason(&self) -> Option<&str> {
        (**self).reason()
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

/// The name, version and abilities of an implementation, as its adapter declares them.
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
    /// The commands that it supports. Others are never sent.
    pub commands: EnumSet<CommandKind>,
    /// How closely it is compared with the model.
    pub fidelity: Fidelity,
    /// The parts of its state that can be observed.
    pub observes: EnumSet<Part>,
    /// The only policy that it can follow; none if it follows the policy of the setup.
    pub policy: Option<Policy>,
    /// True if it answers a request that changes nothing with success, as many servers do. Then an allow
    /// of what the policy refuses counts as the refusal, if nothing that can be observed has changed and
    /// nothing was delivered.
    pub idempotent: bool,
}

impl About {
    /// An implementation that supports all commands, shows all parts and follows any policy exactly.
    pub fn exact(name: &str, version: &str) -> Self {
        About {
            name: name.into(),
            version: version.into(),
            commands: EnumSet::all(),
            fidelity: Fidelity::Exact,
            observes: EnumSet::all(),
            policy: None,
            idempotent: false,
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
    /// A part of an implementation's state that can be observed.
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

/// The answer of an implementation to a command.
///
/// ```
/// use chatwarden::adapter::Answer;
/// assert!(Answer::allow().is_allowed() && !Answer::deny().is_allowed());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    /// It carried out the command.
    Allow {
        /// The users to whom a message, call or direct message was delivered; empty for other commands.
        delivered: UserSet,
    },
    /// It refused the command.
    Deny {
        /// The users to whom something was delivered all the same, which breaks a promise.
        delivered: UserSet,
    },
}

impl Answer {
    /// The answer that allows a command and delivers nothing.
    pub const fn allow() -> Self {
        Answer::Allow { delivered: UserSet::EMPTY }
    }

    /// The answer that refuses a command and delivers nothing.
    pub const fn deny() -> Self {
        Answer::Deny { delivered: UserSet::EMPTY }
    }

    /// Whether the command was carried out.
    pub const fn is_allowed(self) -> bool {
        matches!(self, Answer::Allow { .. })
    }

    /// The users to whom something was delivered.
    pub const fn delivered(self) -> UserSet {
        match self {
            Answer::Allow { delivered } | Answer::Deny { delivered } => delivered,
        }
    }
}

/// The reason why there is no answer.
///
/// ```
/// use chatwarden::adapter::Failure;
/// assert_eq!(Failure::Indefinite("no reply in 5 s".into()).to_string(), "no definite answer: no reply in 5 s");
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Failure {
    /// The implementation does not support the command and did nothing.
    Unsupported,
    /// The command may or may not have been carried out.
    Indefinite(String),
    /// The adapter or the implementation failed.
    Failed(String),
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Failure::Unsupported => f.write_str("the implementation does not support the command"),
            Failure::Indefinite(why) => write!(f, "no definite answer: {}", sanitize::joined(why)),
            Failure::Failed(why) => write!(f, "the implementation failed: {}", sanitize::joined(why)),
        }
    }
}

impl std::error::Error for Failure {}

/// The observable state of a group. A group that was not launched has the default state.
///
/// ```
/// use chatwarden::adapter::GroupView;
/// use chatwarden::model::Phase;
/// assert_eq!(GroupView::default().phase, Phase::New);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GroupView {
    /// The phase.
    pub phase: Phase,
    /// Whether one can join by the link.
    pub link: Link,
    /// The owner, if there is one.
    pub owner: Option<User>,
    /// The members.
    pub members: UserSet,
    /// The users with a pending invitation.
    pub invited: UserSet,
    /// The users who are banned.
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

/// The observable state of an implementation. The default is the state of a new system.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Observation {
    /// Each group, at its index.
    pub groups: [GroupView; MAX_GROUPS],
    /// The approved contacts of each child, at its index.
    pub contacts: [UserSet; MAX_USERS],
    /// The users whom each user has blocked, at the index of the user who blocks.
    pub blocks: [UserSet; MAX_USERS],
}
