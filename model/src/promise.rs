//! The promises: what the people who rely on the system are told, and when one is broken.
//!
//! A promise is judged on what happened, whatever the policy says about it; why it broke, and who is to
//! blame, is not asked here.

use crate::command::Command;
use crate::named_enum;
use crate::policy::{Admission, Policy};
use crate::state::{Phase, State};
use crate::user::{Group, User, UserSet};

named_enum! {
    /// What people are told.
    ///
    /// ```
    /// use chatwarden_model::{Promise, NamedEnum};
    /// assert_eq!(Promise::ALL[0], Promise::NoStrangers);
    /// ```
    pub enum Promise {
        NoStrangers = "no-strangers" | "company": "no child shares an active group with somebody not authorized",
        Delivery = "delivery": "nothing is delivered between a child and somebody not authorized",
        Guardianship = "guardianship": "only a child's guardians decide on its contacts and guardians",
        Consent = "consent": "nobody becomes a member by somebody else's command, where invitations wait to be accepted",
        Invitation = "invitation": "no invitation passes between a child and somebody not authorized",
        Ban = "ban": "who is banned is neither a member nor invited",
        Membership = "membership": "what is sent to a group passes between its members only",
        Refusal = "refusal": "a refused command changes nothing that can be observed",
    }
}

/// One command and what it did, as the promises judge it.
///
/// ```
/// use chatwarden_model::{Cast, Command, Kind, Preset, Promise, State, Transition, UserSet};
/// let mut cast = Cast::default();
/// let kay = cast.add(Kind::Child, UserSet::EMPTY);
/// let sam = cast.add(Kind::Adult, UserSet::EMPTY);
/// let state: State = State::new(&cast);
/// let transition = Transition {
///     policy: &Preset::MessengerKids.policy(),
///     before: &state,
///     command: &Command::Direct { by: sam, to: kay },
///     allowed: true,
///     delivered: UserSet::of([kay]),
///     after: &state,
/// };
/// let breach = Promise::Delivery.first_breach(&transition).expect("sam is not approved");
/// assert_eq!(breach.users, UserSet::of([kay, sam]));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Transition<'a, const U: usize, const G: usize> {
    /// The policy, of which only the admission and the meaning of *approved* count.
    pub policy: &'a Policy,
    /// The state before the command.
    pub before: &'a State<U, G>,
    /// The command.
    pub command: &'a Command,
    /// Whether it was allowed.
    pub allowed: bool,
    /// To whom it delivered.
    pub delivered: UserSet,
    /// The state after the command.
    pub after: &'a State<U, G>,
}

/// A place where a promise is broken.
///
/// ```
/// use chatwarden_model::{Breach, Promise, UserSet};
/// let breach = Breach { promise: Promise::Ban, group: None, users: UserSet::first(1) };
/// assert_eq!(breach.users.len(), 1);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Breach {
    /// The promise.
    pub promise: Promise,
    /// The group in which it is broken, if it is broken in a group.
    pub group: Option<Group>,
    /// Between whom: two users; one for `ban`, and where somebody acted on themselves; none for `refusal`.
    pub users: UserSet,
}

impl Promise {
    /// The first place where the transition breaks the promise, if it does.
    pub fn first_breach<const U: usize, const G: usize>(
        self,
        transition: &Transition<'_, U, G>,
    ) -> Option<Breach> {
        let mut first = None;
        self.each_breach(transition, |breach| {
            first.get_or_insert(breach);
        });
        first
    }

    /// Hands every place where the transition breaks the promise to the visitor, groups and users in index
    /// order. `refusal` is judged on the whole state, of which some is seen by nobody: who observes an
    /// implementation compares what it shows instead.
    pub fn each_breach<const U: usize, const G: usize>(
        self,
        transition: &Transition<'_, U, G>,
        mut visit: impl FnMut(Breach),
    ) {
        let mut report = |group, users: UserSet| visit(Breach { promise: self, group, users });
        let t = transition;
        if !self.is_judged_after(t.allowed) {
            return;
        }
        match self {
            Promise::NoStrangers => t.strangers_in_company(report),
            Promise::Delivery => {
                let (by, group) = (t.command.by(), t.command.group());
                t.sent_to().without(by).iter().filter(|&to| t.strangers(by, to)).for_each(|to| {
                    report(group, UserSet::EMPTY.with(by).with(to));
                });
            }
            Promise::Guardianship => {
                if let Some(child) = t.guarded_child() {
                    let by = t.command.by();
                    if !t.before.guardians(child).contains(by) {
                        report(None, UserSet::EMPTY.with(by).with(child));
                    }
                }
            }
            Promise::Consent => {
                if t.policy.admission == Admission::Consent {
                    let by = t.command.by();
                    for (group, before) in t.before.groups() {
                        let joined = t.after.group(group).members.minus(before.members);
                        joined.without(by).iter().for_each(|user| {
                            report(Some(group), UserSet::EMPTY.with(by).with(user));
                        });
                    }
                }
            }
            Promise::Invitation => {
                let (by, named) = (t.command.by(), t.named_newcomers());
                named.without(by).iter().filter(|&user| t.strangers(by, user)).for_each(|user| {
                    report(t.command.group(), UserSet::EMPTY.with(by).with(user));
                });
            }
            Promise::Ban => {
                for (group, after) in t.after.groups() {
                    after.banned.and(after.members.or(after.invited())).iter().for_each(|user| {
                        report(Some(group), UserSet::EMPTY.with(user));
                    });
                }
            }
            Promise::Membership => {
                if let Command::Message { by, group } | Command::Call { by, group } = *t.command {
                    let members = t.before.group(group).members;
                    let outside =
                        t.delivered.iter().filter(|&to| !members.contains(by) || !members.contains(to));
                    outside.for_each(|to| report(Some(group), UserSet::EMPTY.with(by).with(to)));
                }
            }
            Promise::Refusal => {
                if t.before != t.after {
                    report(t.command.group(), UserSet::EMPTY);
                }
            }
        }
    }

    /// Whether the model keeps the promise under every policy, so that only an implementation can break it: what
    /// would break it is a condition of the commands or no effect of theirs.
    pub const fn is_kept_by_construction(self) -> bool {
        !matches!(self, Promise::NoStrangers | Promise::Delivery | Promise::Invitation)
    }

    /// Whether the promise is about what was allowed, about what was refused, or about either.
    const fn is_judged_after(self, allowed: bool) -> bool {
        match self {
            Promise::NoStrangers | Promise::Ban => true,
            Promise::Refusal => !allowed,
            _ => allowed,
        }
    }
}

impl<const U: usize, const G: usize> Transition<'_, U, G> {
    /// To whom a message, call or direct message was delivered; no other command delivers.
    fn sent_to(&self) -> UserSet {
        match self.command {
            Command::Message { .. } | Command::Call { .. } | Command::Direct { .. } => self.delivered,
            _ => UserSet::EMPTY,
        }
    }

    /// Whether at least one of the two is a child and they were not authorized before the command.
    fn strangers(&self, one: User, other: User) -> bool {
        let children = self.before.kinds.children;
        (children.contains(one) || children.contains(other))
            && !self.before.authorized(self.policy, one, other)
    }

    fn strangers_in_company(&self, mut report: impl FnMut(Option<Group>, UserSet)) {
        let children = self.after.kinds.children;
        for (group, after) in self.after.groups() {
            if after.phase != Phase::Active || after.members.and(children).is_empty() {
                continue;
            }
            for one in after.members {
                for other in after.members.minus(UserSet::first(one.index() + 1)) {
                    let child = children.contains(one) || children.contains(other);
                    if child && !self.after.authorized(self.policy, one, other) {
                        report(Some(group), UserSet::EMPTY.with(one).with(other));
                    }
                }
            }
        }
    }

    /// The child on whose contacts or guardians the command decides.
    fn guarded_child(&self) -> Option<User> {
        match *self.command {
            Command::Approve { child, .. }
            | Command::Revoke { child, .. }
            | Command::AddGuardian { child, .. }
            | Command::RemoveGuardian { child, .. } => Some(child),
            _ => None,
        }
    }

    /// Whom the command asks into a group.
    fn named_newcomers(&self) -> UserSet {
        match *self.command {
            Command::Create { with, .. } => with,
            Command::Invite { who, .. } => UserSet::EMPTY.with(who),
            _ => UserSet::EMPTY,
        }
    }
}
