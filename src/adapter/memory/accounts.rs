//! An account: what it is for, who looks after it, whom it may know and whom it has blocked; and from
//! these, who may talk with whom.
//!
//! An approval is judged when it is given and taken off the books when it ends, so every record on the
//! books is a valid one and reading them is only counting. The handlers that keep the books are in
//! `contacts`.

use chatwarden_model::{BetweenChildren, Kind, Quorum, User, UserSet};

use super::Memory;
use super::list::List;
use crate::adapter::fault::Fault;

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Account {
    kind: Kind,
    /// Who looks after the account, if it is a child's.
    pub(super) guardians: List<User>,
    /// What was approved, if it is a child's.
    pub(super) approvals: List<Approval>,
    pub(super) blocked: List<User>,
}

/// A guardian's word that a child may know a contact.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct Approval {
    // The contact comes first so that all approvals of one contact stand side by side.
    pub(super) contact: User,
    pub(super) by: User,
}

impl Account {
    /// Makes it a fresh account.
    pub(super) fn reset(&mut self, kind: Kind, guardians: UserSet) {
        self.kind = kind;
        self.guardians.clear();
        guardians.iter().for_each(|guardian| self.guardians.put(guardian));
        self.approvals.clear();
        self.blocked.clear();
    }

    /// The contacts that are approved.
    pub(super) fn contacts(&self, quorum: Quorum) -> UserSet {
        let same_contact = |one: &Approval, next: &Approval| one.contact == next.contact;
        let contacts = self.approvals.chunk_by(same_contact);
        let enough = contacts.filter(|approvals| approvals.len() >= self.needed(quorum));
        enough.map(|approvals| approvals[0].contact).collect()
    }

    fn knows(&self, contact: User, quorum: Quorum) -> bool {
        let approvals = self.approvals.iter().filter(|approval| approval.contact == contact);
        approvals.count() >= self.needed(quorum)
    }

    /// How many approvals a contact needs. One is needed even where no guardian is left to give it.
    fn needed(&self, quorum: Quorum) -> usize {
        match quorum {
            Quorum::Any => 1,
            Quorum::All => self.guardians.len().max(1),
        }
    }
}

impl Default for Account {
    fn default() -> Self {
        Account {
            kind: Kind::Guardian,
            guardians: List::default(),
            approvals: List::default(),
            blocked: List::default(),
        }
    }
}

impl Memory {
    pub(super) fn is_child(&self, user: User) -> bool {
        self.account(user).kind == Kind::Child
    }

    pub(super) fn is_adult(&self, user: User) -> bool {
        self.account(user).kind == Kind::Adult
    }

    pub(super) fn is_guardian(&self, user: User) -> bool {
        self.account(user).kind == Kind::Guardian
    }

    pub(super) fn can_chat(&self, user: User) -> bool {
        !self.is_guardian(user)
    }

    /// Whether the two may talk outside any group. Both sides' blocks count, so who asks makes no
    /// difference.
    pub(super) fn may_talk(&self, from: User, to: User) -> bool {
        if from == to {
            return false;
        }
        let (sender, receiver) = (self.account(from), self.account(to));
        let quorum = self.policy.quorum;
        let allowed = match (sender.kind, receiver.kind) {
            (Kind::Adult, Kind::Adult) => true,
            (Kind::Child, Kind::Adult) => sender.knows(to, quorum),
            (Kind::Adult, Kind::Child) => receiver.knows(from, quorum),
            (Kind::Child, Kind::Child) if self.one_side_suffices() => {
                sender.knows(to, quorum) || receiver.knows(from, quorum)
            }
            (Kind::Child, Kind::Child) => sender.knows(to, quorum) && receiver.knows(from, quorum),
            (Kind::Guardian, _) | (_, Kind::Guardian) => false,
        };
        let shut_out = receiver.blocked.has(&from) && !self.has(Fault::BlockOneWay);
        allowed && !shut_out && !sender.blocked.has(&to)
    }

    /// Whether the two may be in one group. Adults look after themselves.
    pub(super) fn may_share(&self, one: User, other: User) -> bool {
        self.is_adult(one) && self.is_adult(other) || self.may_talk(one, other)
    }

    fn one_side_suffices(&self) -> bool {
        self.policy.between_children == BetweenChildren::Either || self.has(Fault::EitherParent)
    }
}
