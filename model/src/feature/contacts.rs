//! Contacts: guardians, approvals and blocks; who is authorized with whom; direct messages.

use crate::logic::{Change, Judged, Logic, Place, Request, Search, Set, Truth};
use crate::policy::{BetweenChildren, Quorum};
use crate::table::CommandKind;
use crate::user::Kind;

// Relations.

/// Whether the contact is approved for the child, by one guardian or by all, as the quorum says. For a
/// child without guardians, which only a faulty implementation leaves, no contact is approved.
#[inline]
pub(crate) fn approved<L: Logic>(s: &L, child: L::User, contact: L::User) -> L::Truth {
    let guardians = s.guardians(child);
    let valid = s.approvals(child, contact) & guardians;
    match s.policy().quorum {
        Quorum::Any => valid.is_inhabited(),
        Quorum::All => valid.is_inhabited() & guardians.is_within(valid),
    }
}

/// The users approved for the child.
pub(crate) fn contacts<L: Logic>(s: &L, child: L::User) -> L::Users {
    s.chatting().filter(|contact| approved(s, child, contact))
}

/// Whether either of the two has blocked the other.
#[inline]
pub(crate) fn blocked<L: Logic>(s: &L, one: L::User, other: L::User) -> L::Truth {
    s.blocks(one).has(other) | s.blocks(other).has(one)
}

/// Whether the two may talk with each other outside groups. It is symmetric, and false if they are the
/// same user or one of them does not chat.
#[inline]
pub(crate) fn authorized<L: Logic>(s: &L, one: L::User, other: L::User) -> L::Truth {
    (!blocked(s, one, other)).and(|| authorized_but_for_blocks(s, one, other))
}

/// Whether the two would be authorized if neither had blocked the other.
#[inline]
pub(crate) fn authorized_but_for_blocks<L: Logic>(s: &L, one: L::User, other: L::User) -> L::Truth {
    let may_be = !s.is_same(one, other) & s.chatting().has(one) & s.chatting().has(other);
    // An adult needs nobody's approval.
    let permits = |user, contact| s.adults().has(user).or(|| approved(s, user, contact));
    may_be.and(|| match s.policy().between_children {
        BetweenChildren::Both => permits(one, other) & permits(other, one),
        BetweenChildren::Either => {
            let both_children = s.children().has(one) & s.children().has(other);
            let (there, back) = (permits(one, other), permits(other, one));
            (there & back) | (both_children & (there | back))
        }
    })
}

/// Whether at least one of the two is a child and they are not authorized.
#[inline]
pub(crate) fn strangers<L: Logic>(s: &L, one: L::User, other: L::User) -> L::Truth {
    (s.children().has(one) | s.children().has(other)).and(|| !authorized(s, one, other))
}

/// The users who are authorized with the user and of whom at least one, or the user, is a child.
#[inline]
pub(crate) fn protected_contacts<L: Logic>(s: &L, user: L::User) -> L::Users {
    let is_child = s.children().has(user);
    s.chatting().filter(|other| (is_child | s.children().has(other)).and(|| authorized(s, user, other)))
}

// Conditions.

#[inline]
pub(crate) fn subject_is_child<L: Logic>(s: &L, c: &Request<L>) -> L::Truth {
    s.children().has(c.child())
}

#[inline]
pub(crate) fn actor_is_guardian<L: Logic>(s: &L, c: &Request<L>) -> L::Truth {
    s.guardians(c.child()).has(c.by)
}

#[inline]
pub(crate) fn actor_can_chat<L: Logic>(s: &L, c: &Request<L>) -> L::Truth {
    s.chatting().has(c.by)
}

#[inline]
pub(crate) fn target_can_chat<L: Logic>(s: &L, c: &Request<L>) -> L::Truth {
    c.targets().is_within(s.chatting())
}

#[inline]
pub(crate) fn target_is_guardian<L: Logic>(s: &L, c: &Request<L>) -> L::Truth {
    c.targets().is_within(s.of_kind(Kind::Guardian))
}

#[inline]
pub(crate) fn target_guards_child<L: Logic>(s: &L, c: &Request<L>) -> L::Truth {
    c.targets().is_within(s.guardians(c.child()))
}

#[inline]
pub(crate) fn not_last_guardian<L: Logic>(s: &L, c: &Request<L>) -> L::Truth {
    let guardians = s.guardians(c.child());
    guardians.any(|guardian| (guardians - L::Users::one(guardian)).is_inhabited())
}

/// A contact differs from the child, another target from the actor.
#[inline]
pub(crate) fn distinct<L: Logic>(_: &L, c: &Request<L>) -> L::Truth {
    !c.targets().has(c.child.unwrap_or(c.by))
}

#[inline]
pub(crate) fn parties_authorized<L: Logic>(s: &L, c: &Request<L>) -> L::Truth {
    authorized(s, c.by, c.target())
}

// Effects.

#[inline]
pub(crate) fn approve<S: Change>(s: &mut S, c: &Request<S>) {
    s.add(Place::Approvals(c.child(), c.target()), S::Users::one(c.by));
}

#[inline]
pub(crate) fn revoke<S: Change>(s: &mut S, c: &Request<S>) {
    s.assign(Place::Approvals(c.child(), c.target()), S::Users::none());
}

#[inline]
pub(crate) fn add_guardian<S: Change>(s: &mut S, c: &Request<S>) {
    s.add(Place::Guardians(c.child()), c.targets());
}

/// The approvals of the guardian who is removed are deleted.
#[inline]
pub(crate) fn remove_guardian<S: Change>(s: &mut S, c: &Request<S>) {
    s.remove(Place::Guardians(c.child()), c.targets());
    s.for_each(s.everyone(), |s, contact| s.remove(Place::Approvals(c.child(), contact), c.targets()));
}

#[inline]
pub(crate) fn block<S: Change>(s: &mut S, c: &Request<S>) {
    s.add(Place::Blocks(c.by), c.targets());
}

#[inline]
pub(crate) fn unblock<S: Change>(s: &mut S, c: &Request<S>) {
    s.remove(Place::Blocks(c.by), c.targets());
}

// Deliveries.

#[inline]
pub(crate) fn to_target<L: Logic>(_: &L, c: &Request<L>) -> L::Users {
    c.targets()
}

// Promises.

/// The two users of a breach; one if they are the same.
pub(crate) fn pair<L: Logic>(one: L::User, other: L::User) -> L::Users {
    L::Users::one(one) | L::Users::one(other)
}

/// `delivery`: nothing is delivered between a child and somebody not authorized.
pub(crate) fn delivery<L: Logic, F: Search<L>>(t: &Judged<'_, L>, found: &mut F) {
    let c = t.command;
    if c.kind.delivers() {
        found.each(t.delivered - L::Users::one(c.by), |found, to| {
            found.breach(strangers(t.before, c.by, to), c.group, pair::<L>(c.by, to));
        });
    }
}

/// `guardianship`: only a child's guardians decide on its contacts and guardians.
pub(crate) fn guardianship<L: Logic, F: Search<L>>(t: &Judged<'_, L>, found: &mut F) {
    let c = t.command;
    if let Some(child) = c.child {
        found.breach(!actor_is_guardian(t.before, c), None, pair::<L>(c.by, child));
    }
}

/// `block`: no direct message passes between two users of whom one has blocked the other.
pub(crate) fn block_kept<L: Logic, F: Search<L>>(t: &Judged<'_, L>, found: &mut F) {
    let c = t.command;
    if c.kind == CommandKind::Direct {
        found.each(t.delivered - L::Users::one(c.by), |found, to| {
            found.breach(blocked(t.before, c.by, to), None, pair::<L>(c.by, to));
        });
    }
}

/// `refusal`: a refused command changes nothing, and delivers nothing. It is judged after refused
/// commands only.
pub(crate) fn refusal<L: Logic, F: Search<L>>(t: &Judged<'_, L>, found: &mut F) {
    let delivers = (t.delivered - L::Users::one(t.command.by)).is_inhabited();
    found.breach(delivers | t.before.differs_from(t.after), t.command.group, L::Users::none());
}
