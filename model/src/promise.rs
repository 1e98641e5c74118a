//! The promises to the people who use the chat service, and the breaches of each.
//!
//! A promise is judged on a transition: the states before and after a command, and the deliveries. The
//! policy does not matter, except where the definition of a promise refers to it.

use crate::command::{Argument, Command, Field};
use crate::named_enum;
use crate::policy::{Admission, Policy};
use crate::state::{Link, Phase, State};
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
        Entry = "entry": "who becomes a member accepted or joined, or was named where members are added at once",
        Exit = "exit": "who leaves, is removed or is banned is no longer a member",
        Standing = "standing": "nobody loses membership but by a command that is to end it",
        Authority = "authority": "nobody but its owner runs a group",
        Ban = "ban": "who is banned is neither a member nor invited",
        Block = "block": "no direct message passes between two users of whom one has blocked the other",
        Membership = "membership": "what is sent to a group passes between its members only",
        Refusal = "refusal": "a refused command changes nothing that can be observed, and delivers nothing",
    }
}

named_enum! {
    /// Why two users are not authorized with each other.
    pub enum Cause {
        Unapproved = "unapproved": "an approval is missing",
        Blocked = "blocked": "one of the two has blocked the other, and nothing else is in the way",
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
    /// The users concerned. The promises about two users name both, or one who acted on themselves.
    /// `entry`, `exit`, `standing` and `ban` name the user who is or is not a member, `authority` the
    /// actor, and `refusal` nobody.
    pub users: UserSet,
    /// Why the two users are not authorized with each other, for the promises that ask for it:
    /// `no-strangers`, `delivery` and `invitation`.
    pub cause: Option<Cause>,
}

impl Breach {
    /// Whether the other one is of the same promise, in the same group and about the same users. The cause may
    /// differ.
    pub fn is_at_place_of(&self, other: &Breach) -> bool {
        (self.promise, self.group, self.users) == (other.promise, other.group, other.users)
    }
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
        if !self.is_judged_after(transition.allowed) {
            return;
        }
        let report = |group, users| {
            visit(Breach { promise: self, group, users, cause: transition.cause(self, users) });
        };
        match self {
            Promise::NoStrangers => transition.strangers_in_groups(report),
            Promise::Delivery => transition.deliveries_to_strangers(report),
            Promise::Guardianship => transition.foreign_guardianship(report),
            Promise::Consent => transition.members_without_consent(report),
            Promise::Invitation => transition.invitations_of_strangers(report),
            Promise::Entry => transition.entries_by_no_way_in(report),
            Promise::Exit => transition.members_after_exit(report),
            Promise::Standing => transition.losses_of_membership(report),
            Promise::Authority => transition.foreign_authority(report),
            Promise::Ban => transition.banned_inside(report),
            Promise::Block => transition.deliveries_despite_block(report),
            Promise::Membership => transition.deliveries_outside(report),
            Promise::Refusal => transition.changes(report),
        }
    }

    /// Whether the model keeps the promise under every policy. Only an implementation can break such a
    /// promise.
    pub const fn is_kept_by_construction(self) -> bool {
        !self.asks_for_authorization()
    }

    /// Whether the promise asks whether two users are authorized with each other. A breach of such a
    /// promise has a cause.
    pub const fn asks_for_authorization(self) -> bool {
        matches!(self, Promise::NoStrangers | Promise::Delivery | Promise::Invitation)
    }

    /// True if the promise is judged after a command that was allowed or refused like this. A promise
    /// about deliveries is judged after a refusal too.
    const fn is_judged_after(self, allowed: bool) -> bool {
        match self {
            Promise::NoStrangers | Promise::Ban => true,
            Promise::Delivery | Promise::Block | Promise::Membership => true,
            Promise::Refusal => !allowed,
            Promise::Guardianship
            | Promise::Consent
            | Promise::Invitation
            | Promise::Entry
            | Promise::Exit
            | Promise::Standing
            | Promise::Authority => allowed,
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

    fn entries_by_no_way_in(&self, mut report: impl FnMut(Option<Group>, UserSet)) {
        for (group, before) in self.before.groups() {
            for user in self.after.group(group).members.minus(before.members) {
                if !self.is_way_in(group, user) {
                    report(Some(group), UserSet::EMPTY.with(user));
                }
            }
        }
    }

    /// True if the command is one by which the user may become a member of the group.
    fn is_way_in(&self, group: Group, user: User) -> bool {
        if self.command.group() != Some(group) {
            return false;
        }
        let before = self.before.group(group);
        let is_direct = self.policy.admission == Admission::Direct;
        match *self.command {
            Command::Create { by, with, .. } => by == user || is_direct && with.contains(user),
            Command::Accept { by, .. } => by == user && before.invited().contains(user),
            Command::Join { by, .. } => by == user && before.link == Link::Open,
            Command::Invite { by, who, .. } => is_direct && who == user && before.members.contains(by),
            _ => false,
        }
    }

    fn members_after_exit(&self, mut report: impl FnMut(Option<Group>, UserSet)) {
        if let Some((group, user)) = self.exit() {
            if self.after.group(group).members.contains(user) {
                report(Some(group), UserSet::EMPTY.with(user));
            }
        }
    }

    /// The group that the command takes a user out of, and the user.
    fn exit(&self) -> Option<(Group, User)> {
        match *self.command {
            Command::Leave { by: user, group }
            | Command::Remove { group, who: user, .. }
            | Command::Ban { group, who: user, .. } => Some((group, user)),
            _ => None,
        }
    }

    fn losses_of_membership(&self, mut report: impl FnMut(Option<Group>, UserSet)) {
        if self.command.kind().settles() {
            return;
        }
        for (group, before) in self.before.groups() {
            let after = self.after.group(group);
            let ended = match *self.command {
                Command::Dissolve { group: dissolved, .. } => dissolved == group,
                _ => self.exit().is_some_and(|(left, _)| left == group) && after.phase == Phase::Dissolved,
            };
            for user in before.members.minus(after.members) {
                if !ended && self.exit() != Some((group, user)) {
                    report(Some(group), UserSet::EMPTY.with(user));
                }
            }
        }
    }

    fn foreign_authority(&self, mut report: impl FnMut(Option<Group>, UserSet)) {
        if let (true, Some(group)) = (self.command.kind().runs_group(), self.command.group()) {
            let by = self.command.by();
            if self.before.group(group).owner != Some(by) {
                report(Some(group), UserSet::EMPTY.with(by));
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
            for to in self.delivered.without(by) {
                if !members.contains(by) || !members.contains(to) {
                    report(Some(group), pair(by, to));
                }
            }
        }
    }

    fn deliveries_despite_block(&self, mut report: impl FnMut(Option<Group>, UserSet)) {
        if let Command::Direct { by, .. } = *self.command {
            for to in self.delivered.without(by) {
                if self.before.blocked(by, to) {
                    report(None, pair(by, to));
                }
            }
        }
    }

    fn changes(&self, mut report: impl FnMut(Option<Group>, UserSet)) {
        let delivers = !self.delivered.without(self.command.by()).is_empty();
        if delivers || self.before != self.after {
            report(self.command.group(), UserSet::EMPTY);
        }
    }

    /// Whether at least one of the two is a child and they are not authorized in the state.
    fn are_strangers(&self, state: &State<U, G>, one: User, other: User) -> bool {
        let children = state.kinds.children;
        (children.contains(one) || children.contains(other)) && !state.authorized(self.policy, one, other)
    }

    /// Why the users of a breach are not authorized with each other, if the promise asks for it.
    fn cause(&self, promise: Promise, users: UserSet) -> Option<Cause> {
        if !promise.asks_for_authorization() {
            return None;
        }
        let state = if promise == Promise::NoStrangers { self.after } else { self.before };
        let mut pair = users.iter();
        let is_approved = match (pair.next(), pair.next()) {
            (Some(one), Some(other)) => state.authorized_but_for_blocks(self.policy, one, other),
            _ => false,
        };
        Some(if is_approved { Cause::Blocked } else { Cause::Unapproved })
    }
}

/// The set of the two; of one user if they are the same.
fn pair(one: User, other: User) -> UserSet {
    UserSet::EMPTY.with(one).with(other)
}
