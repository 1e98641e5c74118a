//! An account: what it is for, who looks after it, whom it may know and whom it has blocked; and from
//! these, who may talk with whom.
//!
//! An approval is judged when it is given and taken off the books when it ends, so every record on the
//! books is a valid one and reading them is only counting. The handlers that keep the books are in
//! `contacts`.

use chatwarden_model::{BetweenChildren, Kind, Quorum, User, UserSet};

use super::Memory;
use super::fault_memory::AccountMemory;
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
    pub(super) past: AccountMemory,
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
        self.past.clear();
    }

    /// The contacts with so many approvals.
    fn contacts(&self, needed: usize) -> UserSet {
        let same_contact = |one: &Approval, next: &Approval| one.contact == next.contact;
        let contacts = self.approvals.chunk_by(same_contact);
        let enough = contacts.filter(|approvals| approvals.len() >= needed);
        enough.map(|approvals| approvals[0].contact).collect()
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
            past: AccountMemory::default(),
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
        let shut_out = || self.account(to).blocked.has(&from) && !self.has(Fault::BlockOneWay);
        from != to && self.are_approved(from, to) && !shut_out() && !self.account(from).blocked.has(&to)
    }

    /// Whether as many guardians as it takes have approved the two for each other, whoever has blocked whom.
    pub(super) fn are_approved(&self, one: User, other: User) -> bool {
        match (self.account(one).kind, self.account(other).kind) {
            (Kind::Adult, Kind::Adult) => true,
            (Kind::Child, Kind::Adult) => self.knows(one, other),
            (Kind::Adult, Kind::Child) => self.knows(other, one),
            (Kind::Child, Kind::Child) if self.one_side_suffices() => {
                self.knows(one, other) || self.knows(other, one)
            }
            (Kind::Child, Kind::Child) => self.knows(one, other) && self.knows(other, one),
            (Kind::Guardian, _) | (_, Kind::Guardian) => false,
        }
    }

    /// The contacts of the user that are approved.
    pub(super) fn contacts(&self, user: User) -> UserSet {
        if self.has(Fault::ApprovalsFiledCrosswise) && self.is_child(user) {
            let others = (0..self.accounts.len()).map(User::new).filter(|&other| other != user);
            return others.filter(|&other| self.knows(user, other)).collect();
        }
        self.account(user).contacts(self.needed(user))
    }

    /// On whose account an approval is filed, and under which contact.
    pub(super) fn filed(&self, child: User, contact: User) -> (User, User) {
        let crosswise = self.has(Fault::ApprovalsFiledCrosswise) && self.is_child(contact);
        if crosswise { (contact, child) } else { (child, contact) }
    }

    fn knows(&self, child: User, contact: User) -> bool {
        let (account, contact) = self.filed(child, contact);
        let approvals = self.account(account).approvals.iter();
        approvals.filter(|approval| approval.contact == contact).count() >= self.needed(account)
    }

    fn needed(&self, user: User) -> usize {
        let most = if self.has(Fault::TwoGuardiansSuffice) { 2 } else { usize::MAX };
        self.account(user).needed(self.policy.quorum).min(most)
    }

    /// Whether the two may be in one group. Adults look after themselves.
    pub(super) fn may_share(&self, one: User, other: User) -> bool {
        self.is_adult(one) && self.is_adult(other) || self.may_talk(one, other)
    }

    /// The same, were there no blocks.
    pub(super) fn may_share_but_for_blocks(&self, one: User, other: User) -> bool {
        self.is_adult(one) && self.is_adult(other) || self.are_approved(one, other)
    }

    fn one_side_suffices(&self) -> bool {
        self.policy.between_children == BetweenChildren::Either || self.has(Fault::EitherParent)
    }
}
