//! Bans: the owner of a group keeps a user out of it.

use crate::feature::groups::depart;
use crate::logic::{Change, Judged, Logic, Place, Request, Search, Set};

// Conditions.

#[inline]
pub(crate) fn actor_not_banned<L: Logic>(s: &L, c: &Request<L>) -> L::Truth {
    !s.banned(c.group()).has(c.by)
}

#[inline]
pub(crate) fn target_is_banned<L: Logic>(s: &L, c: &Request<L>) -> L::Truth {
    c.targets().is_within(s.banned(c.group()))
}

#[inline]
pub(crate) fn target_not_banned<L: Logic>(s: &L, c: &Request<L>) -> L::Truth {
    !target_is_banned(s, c)
}

// Effects.

#[inline]
pub(crate) fn ban<S: Change>(s: &mut S, c: &Request<S>) {
    depart(s, c.group(), c.targets());
    s.uninvite(c.group(), c.targets());
    s.add(Place::Banned(c.group()), c.targets());
}

#[inline]
pub(crate) fn unban<S: Change>(s: &mut S, c: &Request<S>) {
    s.remove(Place::Banned(c.group()), c.targets());
}

// Promises.

/// `ban`: who is banned is neither a member nor invited.
pub(crate) fn banned_inside<L: Logic, F: Search<L>>(t: &Judged<'_, L>, found: &mut F) {
    let s = t.after;
    found.each_group(s, |found, group| {
        let inside = s.members(group) | s.invited(group);
        found.each(s.banned(group) & inside, |found, user| {
            found.breach(true.into(), Some(group), L::Users::one(user));
        });
    });
}
