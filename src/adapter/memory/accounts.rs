//! Accounts with their guardians, approvals and blocks, and the pairs of accounts that may talk with each
//! other.
//!
//! An approval is checked when it is given and deleted when it ends. Every stored approval is therefore
//! valid, and reading them is counting. The handlers that change them are in `contacts`.

use chatwarden_model::{BetweenChildren, Kind, Quorum, User, UserSet};

use super::Memory;
use super::fault_memory::AccountMemory;
use super::list::List;
use crate::adapter::fault::Fault;

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Account {
    kind: Kind,
    /// The guardians of a child; empty for other accounts.
    pub(super) guardians: List<User>,
    /// The approvals for a child; empty for other accounts.
    pub(super) approvals: List<Approval>,
    pub(super) blocked: List<User>,
    pub(super) fault_memory: AccountMemory,
}

/// A guardian's approval of a contact of a child.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct Approval {
    // The contact comes first, so that all approvals of one contact are adjacent in a sorted list.
    pub(super) contact: User,
    pub(super) by: User,
}

impl Account {
    /// Makes it a new account.
    pub(super) fn reset(&mut self, new_kind: Kind, new_guardians: UserSet) {
        let Account { kind, guardians, approvals, blocked, fault_memory } = self;
        *kind = new_kind;
        guardians.clear();
        new_guardians.iter().for_each(|guardian| guardians.insert(guardian));
        approvals.clear();
        blocked.clear();
        fault_memory.clear();
    }

    /// The contacts with at least this many approvals.
    fn contacts(&self, needed: usize) -> UserSet {
        let same_contact = |one: &Approval, next: &Approval| one.contact == next.contact;
        let contacts = self.approvals.chunk_by(same_contact);
        let enough = contacts.filter(|approvals| approvals.len() >= needed);
        enough.map(|approvals| approvals[0].contact).collect()
    }
}

impl Default for Account {
    fn default() -> Self {
        Account {
            kind: Kind::Guardian,
            guardians: List::default(),
            approvals: List::default(),
            blocked: List::default(),
            fault_memory: AccountMemory::default(),
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

    /// Whether the two may talk outside groups. It is symmetric, because the blocks of both count.
    pub(super) fn may_talk(&self, from: User, to: User) -> bool {
        let shut_out = || self.account(to).blocked.contains(&from) && !self.has(Fault::BlockOneWay);
        from != to && self.are_approved(from, to) && !shut_out() && !self.account(from).blocked.contains(&to)
    }

    /// Whether the two may talk, apart from blocks: enough guardians approved each for the other.
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

    /// The approved contacts of the user.
    pub(super) fn contacts(&self, user: User) -> UserSet {
        if self.has(Fault::ApprovalsFiledCrosswise) && self.is_child(user) {
            let others = (0..self.accounts.len()).map(User::new).filter(|&other| other != user);
            return others.filter(|&other| self.knows(user, other)).collect();
        }
        self.account(user).contacts(self.needed(user))
    }

    /// The account on which an approval is stored, and the contact with which it is stored.
    pub(super) fn filed(&self, child: User, contact: User) -> (User, User) {
        let crosswise = self.has(Fault::ApprovalsFiledCrosswise) && self.is_child(contact);
        if crosswise { (contact, child) } else { (child, contact) }
    }

    fn knows(&self, child: User, contact: User) -> bool {
        let (account, contact) = self.filed(child, contact);
        let approvals = self.account(account).approvals.iter();
        approvals.filter(|approval| approval.contact == contact).count() >= self.needed(account)
    }

    /// The number of approvals that a contact needs. It is at least one, also without guardians.
    fn needed(&self, user: User) -> usize {
        let most = if self.has(Fault::TwoGuardiansSuffice) { 2 } else { usize::MAX };
        match self.policy.quorum {
            Quorum::Any => 1,
            Quorum::All => self.account(user).guardians.len().clamp(1, most),
        }
    }

    /// Whether the two may share a group. Two adults always may.
    pub(super) fn may_share(&self, one: User, other: User) -> bool {
        self.is_adult(one) && self.is_adult(other) || self.may_talk(one, other)
    }

    /// Whether the two may share a group, apart from blocks.
    pub(super) fn may_share_apart_from_blocks(&self, one: User, other: User) -> bool {
        self.is_adult(one) && self.is_adult(other) || self.are_approved(one, other)
    }

    fn one_side_suffices(&self) -> bool {
        self.policy.between_children == BetweenChildren::Either || self.has(Fault::EitherParent)
    }
}
