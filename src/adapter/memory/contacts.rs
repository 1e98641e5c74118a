//! The handlers of approvals, guardians and blocks, and the changes of shared rooms when two users may no
//! longer talk.

use chatwarden_model::{OnLoss, Phase, User, UserSet};

use super::accounts::Approval;
use super::{DONE, Memory, Reply, require};
use crate::adapter::fault::Fault;

impl Memory {
    pub(super) fn approve(&mut self, by: User, child: User, contact: User) -> Reply {
        require(self.is_child(child) && self.can_chat(contact) && contact != child)?;
        let may = self.may_approve(by, child);
        require(may || self.has(Fault::RefusedApprovalCounts))?;
        let (account, filed) = self.filed(child, contact);
        self.account_mut(account).approvals.insert(Approval { contact: filed, by });
        require(may)?;
        if self.has(Fault::ApproveClearsBlock) {
            self.account_mut(child).blocked.remove(contact);
            self.account_mut(contact).blocked.remove(child);
        }
        if self.may_talk(child, contact) {
            self.restore(child, contact);
        }
        DONE
    }

    pub(super) fn revoke(&mut self, by: User, child: User, contact: User) -> Reply {
        require(self.guards(by, child))?;
        require(self.can_chat(contact) && contact != child)?;
        let own_only = self.has(Fault::RevokeOwnApprovalOnly);
        let talked = self.may_talk(child, contact);
        let (account, filed) = self.filed(child, contact);
        let approvals = &mut self.account_mut(account).approvals;
        approvals.remove_if(|approval| approval.contact == filed && (!own_only || approval.by == by));
        if talked && !self.may_talk(child, contact) {
            let most = self.rooms_affected_by_revocation(child, contact);
            if self.has(Fault::SecondRevocationIdle) {
                self.account_mut(child).fault_memory.revoked.insert(contact);
            }
            let swapped = self.has(Fault::SidesSwappedTwice);
            let (one, other) = if swapped { (contact, child) } else { (child, contact) };
            self.separate(one, other, most);
        }
        DONE
    }

    pub(super) fn add_guardian(&mut self, by: User, child: User, guardian: User) -> Reply {
        require(self.guards(by, child) && self.is_guardian(guardian))?;
        let most = if self.has(Fault::AddGuardianUnsettled) { 0 } else { usize::MAX };
        self.change_guardians(child, most, |service| {
            let account = service.account_mut(child);
            account.guardians.insert(guardian);
            let returned =
                account.fault_memory.former_approvals.iter().filter(|approval| approval.by == guardian);
            returned.for_each(|&approval| account.approvals.insert(approval));
        });
        DONE
    }

    pub(super) fn remove_guardian(&mut self, by: User, child: User, guardian: User) -> Reply {
        require(self.guards(by, child) && self.guards(guardian, child))?;
        require(self.account(child).guardians.len() > 1)?;
        self.change_guardians(child, usize::MAX, |service| {
            let keep_approvals = service.has(Fault::RemovedGuardianStillCounts);
            let record_approvals = service.has(Fault::ReturnedGuardianCounts);
            let account = service.account_mut(child);
            if record_approvals {
                let given = account.approvals.iter().filter(|approval| approval.by == guardian);
                given.for_each(|&approval| account.fault_memory.former_approvals.insert(approval));
            }
            account.guardians.remove(guardian);
            if !keep_approvals {
                account.approvals.remove_if(|approval| approval.by == guardian);
            }
        });
        DONE
    }

    pub(super) fn block(&mut self, by: User, who: User) -> Reply {
        require(self.can_chat(by) && self.can_chat(who) && by != who)?;
        let talked = self.may_talk(by, who);
        self.account_mut(by).blocked.insert(who);
        if talked && !(self.is_adult(by) && self.has(Fault::AdultBlockKeepsGroups)) {
            self.separate(by, who, usize::MAX);
        }
        DONE
    }

    pub(super) fn unblock(&mut self, by: User, who: User) -> Reply {
        require(self.can_chat(by) && self.can_chat(who) && by != who)?;
        let all = self.has(Fault::UnblockClearsAll);
        self.account_mut(by).blocked.remove_if(|&blocked| all || blocked == who);
        DONE
    }

    /// Whether the user is a guardian of the child. Only children have guardians.
    fn guards(&self, guardian: User, child: User) -> bool {
        self.account(child).guardians.contains(&guardian)
    }

    fn may_approve(&self, by: User, child: User) -> bool {
        self.guards(by, child)
            || by == child && self.has(Fault::ChildApproves)
            || self.is_guardian(by) && self.has(Fault::AnyGuardian)
    }

    /// Changes the guardians or approvals of a child. Every contact with whom the child may no longer talk is
    /// separated from it, in at most `most` rooms.
    fn change_guardians(&mut self, child: User, most: usize, change: impl FnOnce(&mut Self)) {
        let everyone = (0..self.accounts.len()).map(User::new);
        let talked: UserSet = everyone.filter(|&user| self.may_talk(child, user)).collect();
        change(self);
        for contact in talked {
            if !self.may_talk(child, contact) {
                self.separate(child, contact, most);
            }
        }
    }

    fn rooms_affected_by_revocation(&self, child: User, contact: User) -> usize {
        if self.has(Fault::RevokeKeepsMembership)
            || self.account(child).fault_memory.revoked.contains(contact)
        {
            0
        } else if self.has(Fault::RevokeFirstGroupOnly) {
            1
        } else {
            usize::MAX
        }
    }

    /// Applies the policy's `on_loss` to the active rooms that the two share, to at most `most` of them. Two
    /// adults are not separated.
    fn separate(&mut self, one: User, other: User, most: usize) {
        let other_first = self.has(Fault::SidesSwappedTwice) && self.is_child(other);
        let one_first = self.is_child(one) && !other_first;
        let (child, contact) = if one_first { (one, other) } else { (other, one) };
        if !self.is_child(child) {
            return;
        }
        let record_loss = self.has(Fault::ReapprovalRestoresMembership);
        let rooms = self.rooms.iter_mut();
        let shared = rooms
            .filter(|room| room.is_active() && room.members.contains(&one) && room.members.contains(&other));
        for room in shared.take(most) {
            match self.policy.on_loss {
                OnLoss::Nothing => {}
                OnLoss::Freeze => room.status = Phase::Frozen,
                OnLoss::RemoveContact => {
                    room.depart(contact);
                    if record_loss {
                        room.fault_memory.lost.insert((child, contact));
                    }
                }
                OnLoss::RemoveChild => room.depart(child),
                OnLoss::Dissolve => room.dissolve(),
            }
        }
    }

    /// Makes the contact a member again in every room that records its loss.
    fn restore(&mut self, child: User, contact: User) {
        for room in self.rooms.iter_mut().filter(|room| room.is_active() && room.members.contains(&child)) {
            if room.fault_memory.lost.contains(&(child, contact)) {
                room.fault_memory.lost.remove_if(|&pair| pair == (child, contact));
                room.members.insert(contact);
                room.drop_invitation(contact);
            }
        }
    }
}
