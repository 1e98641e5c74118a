//! The relations that follow from a state under a policy: approved, authorized and compatible. They are
//! defined in the section "Derived" of `docs/semantics.md` and, for every reading, in `feature`.

use crate::concrete::Concrete;
use crate::feature::{contacts, groups};
use crate::policy::Policy;
use crate::state::State;
use crate::user::{User, UserSet};

impl<const U: usize, const G: usize> State<U, G> {
    /// Whether the contact is approved for the child, by one guardian or by all, as the quorum says. For a
    /// child without guardians, which only a faulty implementation leaves, no contact is approved.
    #[inline]
    pub fn approved(&self, policy: &Policy, child: User, contact: User) -> bool {
        contacts::approved(&Concrete { state: self, policy }, child, contact)
    }

    /// The users approved for the child.
    pub fn contacts(&self, policy: &Policy, child: User) -> UserSet {
        contacts::contacts(&Concrete { state: self, policy }, child)
    }

    /// Whether either of the two has blocked the other.
    #[inline]
    pub fn blocked(&self, one: User, other: User) -> bool {
        self.blocks(one).contains(other) || self.blocks(other).contains(one)
    }

    /// Whether the two may talk with each other outside groups. It is symmetric, and false if they are
    /// the same user or one of them does not chat.
    #[inline]
    pub fn authorized(&self, policy: &Policy, one: User, other: User) -> bool {
        contacts::authorized(&Concrete { state: self, policy }, one, other)
    }

    /// Whether the two may share a group: both are adults, or they are authorized.
    #[inline]
    pub fn compatible(&self, policy: &Policy, one: User, other: User) -> bool {
        groups::compatible(&Concrete { state: self, policy }, one, other)
    }
}
