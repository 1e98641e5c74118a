//! The promises to the people who use the chat service, and the breaches of each.
//!
//! A promise is judged on a transition: the states before and after a command, and the deliveries. The
//! policy does not matter, except where the definition of a promise refers to it.

use crate::command::{Argument, Command, Field};
use crate::named_enum;
use crate::policy::{Admission, Policy};
use crate::state::{Phase, State};
use crate::user::{Group, User, UserSet};

named_enum! {
    /// A promise to the people who use the chat service.
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

/// A command with its effects, on which the promises are judged.
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
    /// The policy. Promises depend on its `admission`, `quorum` and `between_children` only.
    pub policy: &'a Policy,
    /// The state before the command.
    pub before: &'a State<U, G>,
    /// The command.
    pub command: &'a Command,
    /// Whether the command was allowed.
    pub allowed: bool,
    /// The users to whom the command delivered a message or call.
    pub delivered: UserSet,
    /// The state after the command.
    pub after: &'a State<U, G>,
}

/// A breach of a promise, in one group or between certain users.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Breach {
    /// The promise.
    pub promise: Promise,
    /// The group in which it is broken, if there is one.
    pub group: Option<Group>,
    /// The users between whom it is broken. There are two; one for `ban`, and if a user acted on
    /// themselves; none for `refusal`.
    pub users: UserSet,
}

impl Promise {
    /// The first breach of the promise in the transition, in the order of [`Promise::each_breach`].
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

    /// Calls the visitor for every breach, groups and users in index order.
    ///
    /// `refusal` compares whole states. Some parts of a state cannot be observed, so the lock-step judges
    /// `refusal` of an implementation on observations instead.
    pub fn each_breach<const U: usize, const G: usize>(
        self,
        transition: &Transition<'_, U, G>,
        mut visit: impl FnMut(Breach),
    ) {
        let report = |group, users: UserSet| visit(Breach { promise: self, group, users });
        if !self.is_judged_after(transition.allowed) {
            return;
        }
        match self {
            Promise::NoStrangers => transition.strangers_in_groups(report),
            Promise::Delivery => transition.deliveries_to_strangers(report),
            Promise::Guardianship => transition.foreign_guardianship(report),
            Promise::Consent => transition.members_without_consent(report),
            Promise::Invitation => transition.invitations_of_strangers(report),
            Promise::Ban => transition.banned_inside(report),
            Promise::Membership => transition.deliveries_outside(report),
            Promise::Refusal => transition.changes(report),
        }
    }

    /// Whether the model keeps the promise under every policy. Only an implementation can break such a
    /// promise.
    pub const fn is_kept_by_construction(self) -> bool {
        !matches!(self, Promise::NoStrangers | Promise::Delivery | Promise::Invitation)
    }

    /// Whether the promise is judged after an allowed or a refused command.
    const fn is_judged_after(self, allowed: bool) -> bool {
        match self {
            Promise::NoStrangers | Promise::Ban => true,
            Promise::Refusal => !allowed,
            Promise::Delivery
            | Promise::Guardianship
            | Promise::Consent
            | Promise::Invitation
            | Promise::Membership => allowed,
        }
    }
}

/// The breaches of each promise, reported as a group and users.
impl<const U: usize, const G: usize> Transition<'_, U, G> {
    fn strangers_in_groups(&self, mut report: impl FnMut(Option<Group>, UserSet)) {
        let children = self.after.kinds.children;
        for (group, after) in self.after.groups() {
            if after.phase != Phase::Active || after.members.and(children).is_empty() {
                continue;
            }
            for one in after.members {
                for other in after.members.minus(UserSet::first(one.index() + 1)) {
                    if self.are_strangers(self.after, one, other) {
                        report(Some(group), pair(one, other));
                    }
                }
            }
        }
    }

    fn deliveries_to_strangers(&self, mut report: impl FnMut(Option<Group>, UserSet)) {
        if !self.command.kind().delivers() {
            return;
        }
        let by = self.command.by();
        for to in self.delivered.without(by) {
            if self.are_strangers(self.before, by, to) {
                report(self.command.group(), pair(by, to));
            }
        }
    }

    fn foreign_guardianship(&self, mut report: impl FnMut(Option<Group>, UserSet)) {
        let by = self.command.by();
        if let Some(Argument::User(child)) = self.command.argument(Field::Child) {
            if !self.before.guardians(child).contains(by) {
                report(None, pair(by, child));
            }
        }
    }

    fn members_without_consent(&self, mut report: impl FnMut(Option<Group>, UserSet)) {
        if self.policy.admission != Admission::Consent {
            return;
        }
        let by = self.command.by();
        for (group, before) in self.before.groups() {
            for user in self.after.group(group).members.minus(before.members).without(by) {
                report(Some(group), pair(by, user));
            }
        }
    }

    fn invitations_of_strangers(&self, mut report: impl FnMut(Option<Group>, UserSet)) {
        let (by, newcomers) = match *self.command {
            Command::Create { by, with, .. } => (by, with),
            Command::Invite { by, who, .. } => (by, UserSet::EMPTY.with(who)),
            _ => return,
        };
        for user in newcomers.without(by) {
            if self.are_strangers(self.before, by, user) {
                report(self.command.group(), pair(by, user));
            }
        }
    }

    fn banned_inside(&self, mut report: impl FnMut(Option<Group>, UserSet)) {
        for (group, after) in self.after.groups() {
            for user in after.banned.and(after.members.or(after.invited())) {
                report(Some(group), UserSet::EMPTY.with(user));
            }
        }
    }

    fn deliveries_outside(&self, mut report: impl FnMut(Option<Group>, UserSet)) {
        if let Command::Message { by, group } | Command::Call { by, group } = *self.command {
            let members = self.before.group(group).members;
            for to in self.delivered {
                if !members.contains(by) || !members.contains(to) {
                    report(Some(group), pair(by, to));
                }
            }
        }
    }

    fn changes(&self, mut report: impl FnMut(Option<Group>, UserSet)) {
        if self.before != self.after {
            report(self.command.group(), UserSet::EMPTY);
        }
    }

    /// Whether at least one of the two is a child and they are not authorized in the state.
    fn are_strangers(&self, state: &State<U, G>, one: User, other: User) -> bool {
        let children = state.kinds.children;
        (children.contains(one) || children.contains(other)) && !state.authorized(self.policy, one, other)
    }
}

/// The set of the two; of one user if they are the same.
fn pair(one: User, other: User) -> UserSet {
    UserSet::EMPTY.with(one).with(other)
}
