//! The handlers by which users become members of a room: create, invite, accept and join. With them are
//! decline and cancel, and the rules that compare a newcomer with others.

use chatwarden_model::{Admission, Group, Inviters, Link, NewcomerRule, Phase, User, UserSet};

use super::rooms::{Invitation, Room};
use super::{DONE, Memory, Refused, Reply, require};
use crate::adapter::fault::Fault;

impl Memory {
    pub(super) fn create(&mut self, by: User, group: Group, with: UserSet) -> Reply {
        require(self.can_chat(by))?;
        require(with.iter().all(|user| self.can_chat(user) && user != by))?;
        require(self.room(group).status == Phase::New)?;
        require(self.has(Fault::CreateUnchecked) || self.may_launch(by, with))?;
        let room = self.room_mut(group);
        room.status = Phase::Active;
        room.owner = Some(by);
        self.record(Fault::LauncherOnly, group, |memory| memory.launcher = Some(by));
        self.enter(group, by);
        with.iter().for_each(|user| self.admit(group, user, by));
        DONE
    }

    pub(super) fn invite(&mut self, by: User, group: Group, who: User) -> Reply {
        require(self.can_chat(who))?;
        let room = self.room(group);
        require(room.is_active() && room.members.contains(&by))?;
        require(self.policy.inviters == Inviters::Members || room.is_owner(by))?;
        require(!(self.has(Fault::OverStrict) && self.is_adult(by)))?;
        require(!room.members.contains(&who) && room.inviter_of(who).is_none())?;
        require(!room.banned.contains(&who) || self.has(Fault::InvitationPassesBan))?;
        if self.may_be_invited(room, who, by) {
            self.admit(group, who, by);
            return DONE;
        }
        if self.has(Fault::RefusalLeavesInvitation) {
            self.room_mut(group).invitations.insert(Invitation { who, from: by });
        }
        self.record(Fault::SecondTryPasses, group, |memory| memory.refused.insert(who));
        Err(Refused)
    }

    pub(super) fn accept(&mut self, by: User, group: Group) -> Reply {
        let room = self.room(group);
        let frozen = room.status == Phase::Frozen && self.has(Fault::AcceptWhenFrozen);
        require(room.is_active() || frozen)?;
        let inviter = self.accepted_inviter(room, by).ok_or(Refused)?;
        let inviter_only = self.has(Fault::AcceptChecksInviterOnly);
        let rule = if inviter_only { NewcomerRule::Inviter } else { self.policy.newcomer.accept };
        require(self.has(Fault::AcceptUnchecked) || self.may_enter(rule, room, by, Some(inviter)))?;
        self.enter(group, by);
        let accepted = Invitation { who: by, from: inviter };
        self.record(Fault::InvitationNotUsedUp, group, |memory| memory.void.insert(accepted));
        DONE
    }

    pub(super) fn decline(&mut self, by: User, group: Group) -> Reply {
        if self.has(Fault::DeclineRemovesMember) && self.room(group).members.contains(&by) {
            self.depart(group, by);
            return DONE;
        }
        let everyone = self.has(Fault::DeclineDropsAll);
        let room = self.room_mut(group);
        let from = room.inviter_of(by).ok_or(Refused)?;
        room.invitations.remove_if(|invitation| everyone || invitation.who == by);
        let declined = Invitation { who: by, from };
        self.record(Fault::DeclinedInvitationRevived, group, |memory| memory.declined.insert(declined));
        DONE
    }

    pub(super) fn cancel(&mut self, by: User, group: Group, who: User) -> Reply {
        let room = self.room_mut(group);
        require(room.members.contains(&by))?;
        let inviter = room.inviter_of(who).ok_or(Refused)?;
        require(inviter == by || room.is_owner(by))?;
        room.drop_invitation(who);
        let cancelled = Invitation { who, from: inviter };
        self.record(Fault::CancelledInvitationWorks, group, |memory| memory.void.insert(cancelled));
        DONE
    }

    pub(super) fn join(&mut self, by: User, group: Group) -> Reply {
        require(self.can_chat(by))?;
        let room = self.room(group);
        require(room.is_active() && (room.link == Link::Open || room.fault_memory.link_users.contains(by)))?;
        require(!room.members.contains(&by))?;
        require(!room.banned.contains(&by) || self.has(Fault::JoinIgnoresBan))?;
        let rule = self.policy.newcomer.join;
        require(self.has(Fault::JoinUnchecked) || self.may_enter(rule, room, by, room.owner))?;
        self.enter(group, by);
        self.record(Fault::LinkedMemberStays, group, |memory| memory.link_members.insert(by));
        DONE
    }

    fn admit(&mut self, group: Group, who: User, by: User) {
        match self.policy.admission {
            Admission::Direct => self.enter(group, who),
            Admission::Consent => {
                let room = self.room_mut(group);
                let before = room.fault_memory.declined.iter().find(|invitation| invitation.who == who);
                let invitation = before.copied().unwrap_or(Invitation { who, from: by });
                room.invitations.insert(invitation);
            }
        }
    }

    /// The inviter of the user, if the room accepts an invitation of the user.
    fn accepted_inviter(&self, room: &Room, user: User) -> Option<User> {
        let own = room.inviter_of(user);
        if own.is_some() || room.members.contains(&user) || !self.can_chat(user) {
            return own;
        }
        if let Some(void) = room.fault_memory.void.iter().find(|invitation| invitation.who == user) {
            return Some(void.from);
        }
        if self.has(Fault::AcceptByAnyone) {
            return room.invitations.first().map(|invitation| invitation.from);
        }
        let elsewhere = || self.rooms.iter().find_map(|other| other.inviter_of(user));
        if self.has(Fault::InvitationAdmitsElsewhere) { elsewhere() } else { None }
    }

    fn enter(&mut self, group: Group, user: User) {
        if self.has(Fault::StaleClearance) {
            self.record_clearance(group, user);
        }
        let room = self.room_mut(group);
        room.members.insert(user);
        room.drop_invitation(user);
        let is_open = room.link == Link::Open;
        self.record(Fault::RejoinUnchecked, group, |memory| memory.former_members.insert(user));
        self.record(Fault::DepartedMemberReceives, group, |memory| memory.departed.remove(user));
        self.record(Fault::LinkedMemberStays, group, |memory| memory.link_members.remove(user));
        if is_open {
            self.record(Fault::OldLinkWorks, group, |memory| memory.link_users.insert(user));
        }
    }

    fn record_clearance(&mut self, group: Group, user: User) {
        for member in self.room(group).members.users() {
            if self.may_share(member, user) {
                self.account_mut(member).fault_memory.cleared.insert(user);
                self.account_mut(user).fault_memory.cleared.insert(member);
            }
        }
    }

    fn may_be_invited(&self, room: &Room, who: User, by: User) -> bool {
        if self.has(Fault::OwnerInvitesAnyone) && room.is_owner(by) {
            return true;
        }
        if room.fault_memory.refused.contains(who) || self.is_vouched_for(who, by) {
            return true;
        }
        if self.has(Fault::TransferEndsChecks) && !room.fault_memory.former_owners.is_empty() {
            return true;
        }
        let inviter_only = self.has(Fault::InviteChecksInviterOnly);
        let rule = if inviter_only { NewcomerRule::Inviter } else { self.policy.newcomer.invite };
        self.may_enter(rule, room, who, Some(by))
    }

    fn is_vouched_for(&self, who: User, by: User) -> bool {
        let share =
            |room: &Room| room.is_active() && room.members.contains(&who) && room.members.contains(&by);
        self.has(Fault::SharedGroupVouches) && self.rooms.iter().any(share)
    }

    /// Whether the room may be launched with these newcomers. Under `consent` they are compared with each
    /// other when they accept, except where the rule includes invitees.
    fn may_launch(&self, by: User, with: UserSet) -> bool {
        let unblocked = self.has(Fault::LaunchIgnoresBlock);
        let fits = |one: User, other: User| {
            self.fits(one, other) || unblocked && self.may_share_apart_from_blocks(one, other)
        };
        let next_only = self.has(Fault::NeighboursCompared);
        let with_launcher = || with.iter().all(|user| fits(by, user));
        let with_each_other = || {
            with.iter().all(|one| {
                let mut others = with.iter().filter(|&other| one < other);
                if next_only {
                    others.next().is_none_or(|other| fits(one, other))
                } else {
                    others.all(|other| fits(one, other))
                }
            })
        };
        if self.has(Fault::LauncherOnly) {
            return with_launcher();
        }
        match self.policy.newcomer.create {
            NewcomerRule::Anyone => true,
            NewcomerRule::Inviter | NewcomerRule::Owner | NewcomerRule::AnyMember => with_launcher(),
            NewcomerRule::EveryMember => {
                with_launcher() && (self.policy.admission == Admission::Consent || with_each_other())
            }
            NewcomerRule::EveryMemberAndInvitee => with_launcher() && with_each_other(),
        }
    }

    fn may_enter(&self, rule: NewcomerRule, room: &Room, newcomer: User, inviter: Option<User>) -> bool {
        let fits = |member: User| self.fits(member, newcomer);
        if room.fault_memory.former_members.contains(newcomer) {
            return true;
        }
        if room.members.len() >= 4 && self.has(Fault::FifthMemberUnchecked) {
            return true;
        }
        if self.has(Fault::LauncherOnly) {
            return room.fault_memory.launcher.is_some_and(|launcher| launcher == newcomer || fits(launcher));
        }
        let mut members = self.compared(room);
        let mut invitees = room.invitations.iter().map(|invitation| invitation.who);
        match rule {
            NewcomerRule::Anyone => true,
            NewcomerRule::Inviter => inviter.is_some_and(fits),
            NewcomerRule::Owner => room.owner.is_some_and(fits),
            NewcomerRule::AnyMember => members.any(fits),
            NewcomerRule::EveryMember => members.all(fits),
            NewcomerRule::EveryMemberAndInvitee => {
                members.all(fits) && invitees.all(|invitee| invitee == newcomer || fits(invitee))
            }
        }
    }

    /// The members with whom a newcomer is compared. Faults skip some of them.
    fn compared(&self, room: &Room) -> impl Iterator<Item = User> {
        let members = match &*room.members {
            [others @ .., _] if self.has(Fault::LastMemberSkipped) => others,
            members => members,
        };
        let mut child_before = false;
        members.iter().copied().filter(move |&member| {
            let child = self.has(Fault::FirstChildOnly) && self.is_child(member);
            !(child && std::mem::replace(&mut child_before, true))
        })
    }

    fn fits(&self, present: User, newcomer: User) -> bool {
        self.has(Fault::OnlyChildrenCompared) && self.is_adult(present)
            || self.may_share(present, newcomer)
            || self.account(present).fault_memory.cleared.contains(newcomer)
    }
}
