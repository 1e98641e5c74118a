//! The endpoints that change who may talk with whom: approvals, guardians and blocks; and what becomes of
//! shared groups when two users may no longer talk.

use chatwarden_model::{MAX_USERS, OnLoss, User};

use super::accounts::Approval;
use super::{DONE, Memory, Reply, require};
use crate::adapter::fault::Fault;

impl Memory {
    pub(super) fn approve(&mut self, by: User, child: User, contact: User) -> Reply {
        require(self.is_child(child) && self.can_chat(contact) && contact != child)?;
        let may = self.may_approve(by, child);
        require(may || self.has(Fault::RefusedApprovalCounts))?;
        let (account, filed) = self.filed(child, contact);
        self.account_mut(account).approvals.put(Approval { contact: filed, by });
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
            let most = self.groups_parted_by_revocation(child, contact);
            if self.has(Fault::SecondRevocationIdle) {
                self.account_mut(child).past.revoked.insert(contact);
            }
            let swapped = self.has(Fault::SidesSwappedTwice);
            let (one, other) = if swapped { (contact, child) } else { (child, contact) };
            self.part(one, other, most);
        }
        DONE
    }

    pub(super) fn add_guardian(&mut self, by: User, child: User, guardian: User) -> Reply {
        require(self.guards(by, child) && self.is_guardian(guardian))?;
        let most = if self.has(Fault::AddGuardianUnsettled) { 0 } else { usize::MAX };
        self.change_guardians(child, most, |service| {
            let account = service.account_mut(child);
            account.guardians.put(guardian);
            let returned = account.past.dormant.iter().filter(|approval| approval.by == guardian);
            returned.for_each(|&approval| account.approvals.put(approval));
        });
        DONE
    }

    pub(super) fn remove_guardian(&mut self, by: User, child: User, guardian: User) -> Reply {
        require(self.guards(by, child) && self.guards(guardian, child))?;
        require(self.account(child).guardians.len() > 1)?;
        self.change_guardians(child, usize::MAX, |service| {
            let keep_approvals = service.has(Fault::RemovedGuardianStillCounts);
            let note_approvals = service.has(Fault::ReturnedGuardianCounts);
            let account = service.account_mut(child);
            if note_approvals {
                let given = account.approvals.iter().filter(|approval| approval.by == guardian);
                given.for_each(|&approval| account.past.dormant.put(approval));
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
        self.account_mut(by).blocked.put(who);
        if talked && !(self.is_adult(by) && self.has(Fault::AdultBlockKeepsGroups)) {
            self.part(by, who, usize::MAX);
        }
        DONE
    }

    pub(super) fn unblock(&mut self, by: User, who: User) -> Reply {
        require(self.can_chat(by) && self.can_chat(who) && by != who)?;
        self.account_mut(by).blocked.remove(who);
        DONE
    }

    /// Only a child's account lists guardians, so this also says that there is a child.
    fn guards(&self, guardian: User, child: User) -> bool {
        self.account(child).guardians.has(&guardian)
    }

    fn may_approve(&self, by: User, child: User) -> bool {
        self.guards(by, child)
            || by == child && self.has(Fault::ChildApproves)
            || self.is_guardian(by) && self.has(Fault::AnyGuardian)
    }

    /// Who looks after a child bears on all its contacts, so all of them are looked at again. Who may no longer talk is
    /// parted in that many groups at the most.
    fn change_guardians(&mut self, child: User, most: usize, change: impl FnOnce(&mut Self)) {
        let mut talked = [false; MAX_USERS];
        for (index, talked) in talked.iter_mut().enumerate().take(self.accounts.len()) {
            *talked = self.may_talk(child, User::new(index));
        }
        change(self);
        for (index, _) in talked.iter().enumerate().filter(|(_, talked)| **talked) {
            let contact = User::new(index);
            if !self.may_talk(child, contact) {
                self.part(child, contact, most);
            }
        }
    }

    fn groups_parted_by_revocation(&self, child: User, contact: User) -> usize {
        if self.has(Fault::RevokeKeepsMembership) || self.account(child).past.revoked.contains(contact) {
            0
        } else if self.has(Fault::RevokeFirstGroupOnly) {
            1
        } else {
            usize::MAX
        }
    }

    /// Does what the policy wants done where two who may no longer talk share an active group, in that many
    /// groups at the most. Two adults are left alone.
    fn part(&mut self, one: User, other: User, most: usize) {
        let other_first = self.has(Fault::SidesSwappedTwice) && self.is_child(other);
        let one_first = self.is_child(one) && !other_first;
        let (child, contact) = if one_first { (one, other) } else { (other, one) };
        if !self.is_child(child) {
            return;
        }
        let note_loss = self.has(Fault::ReapprovalRestoresMembership);
        let rooms = self.rooms.iter_mut();
        let shared =
            rooms.filter(|room| room.is_active() && room.members.has(&one) && room.members.has(&other));
        for room in shared.take(most) {
            match self.policy.on_loss {
                OnLoss::Nothing => {}
                OnLoss::Freeze => room.freeze(),
                OnLoss::RemoveContact => {
                    room.depart(contact);
                    if note_loss {
                        room.past.lost.put((child, contact));
                    }
                }
                OnLoss::RemoveChild => room.depart(child),
                OnLoss::Dissolve => room.dissolve(),
            }
        }
    }

    /// Makes the contact a member again wherever its loss is remembered.
    fn restore(&mut self, child: User, contact: User) {
        for room in self.rooms.iter_mut().filter(|room| room.is_active() && room.members.has(&child)) {
            if room.past.lost.has(&(child, contact)) {
                room.past.lost.remove_if(|&pair| pair == (child, contact));
                room.members.put(contact);
                room.drop_invitation(contact);
            }
        }
    }
}
