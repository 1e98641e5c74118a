//! Links: the owner of a group opens a link, and users join by it.

use crate::logic::{Change, Logic, Request};
use crate::state::Link;

// Conditions.

#[inline]
pub(crate) fn links_enabled<L: Logic>(s: &L, _: &Request<L>) -> L::Truth {
    L::Truth::from(s.policy().links)
}

#[inline]
pub(crate) fn link_is_open<L: Logic>(s: &L, c: &Request<L>) -> L::Truth {
    s.has_link(c.group(), Link::Open)
}

// Effects.

#[inline]
pub(crate) fn open_link<S: Change>(s: &mut S, c: &Request<S>) {
    s.set_link(c.group(), Link::Open);
}

#[inline]
pub(crate) fn close_link<S: Change>(s: &mut S, c: &Request<S>) {
    s.set_link(c.group(), Link::Closed);
}
