//! How somebody comes into a room: launched with it, invited, by accepting, by the link; and with whom the
//! newcomer is compared on the way.

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
        let note_launcher = self.has(Fault::LauncherOnly);
        let room = self.room_mut(group);
        room.status = Phase::Active;
        room.owner = Some(by);
        if note_launcher {
            room.launcher = Some(by);
        }
        self.enter(group, by);
        with.iter().for_each(|user| self.admit(group, user, by));
        DONE
    }

    pub(super) fn invite(&mut self, by: User, group: Group, who: User) -> Reply {
        require(self.can_chat(who))?;
        let room = self.room(group);
        require(room.is_active() && room.members.has(&by))?;
        require(self.policy.inviters == Inviters::Members || room.is_owner(by))?;
        require(!(self.has(Fault::OverStrict) && self.is_adult(by)))?;
        require(!room.members.has(&who) && room.inviter_of(who).is_none() && !room.banned.has(&who))?;
        if self.may_be_invited(room, who, by) {
            self.admit(group, who, by);
            return DONE;
        }
        if self.has(Fault::RefusalLeavesInvitation) {
            self.room_mut(group).invitations.put(Invitation { who, from: by });
        }
        Err(Refused)
    }

    pub(super) fn accept(&mut self, by: User, group: Group) -> Reply {
        let room = self.room(group);
        require(room.is_active())?;
        let inviter = room.inviter_of(by);
        require(inviter.is_some())?;
        let rule = self.policy.newcomer.accept;
        require(self.has(Fault::AcceptUnchecked) || self.may_enter(rule, room, by, inviter))?;
        self.enter(group, by);
        DONE
    }

    pub(super) fn decline(&mut self, by: User, group: Group) -> Reply {
        let room = self.room_mut(group);
        require(room.inviter_of(by).is_some())?;
        room.drop_invitation(by);
        DONE
    }

    pub(super) fn cancel(&mut self, by: User, group: Group, who: User) -> Reply {
        let room = self.room_mut(group);
        require(room.members.has(&by))?;
        let inviter = room.inviter_of(who);
        require(inviter.is_some_and(|inviter| inviter == by || room.is_owner(by)))?;
        room.drop_invitation(who);
        DONE
    }

    pub(super) fn join(&mut self, by: User, group: Group) -> Reply {
        require(self.can_chat(by))?;
        let room = self.room(group);
        require(room.is_active() && room.link == Link::Open)?;
        require(!room.members.has(&by))?;
        require(!room.banned.has(&by) || self.has(Fault::JoinIgnoresBan))?;
        let rule = self.policy.newcomer.join;
        require(self.has(Fault::JoinUnchecked) || self.may_enter(rule, room, by, room.owner))?;
        self.enter(group, by);
        DONE
    }

    fn admit(&mut self, group: Group, who: User, by: User) {
        match self.policy.admission {
            Admission::Direct => self.enter(group, who),
            Admission::Consent => self.room_mut(group).invitations.put(Invitation { who, from: by }),
        }
    }

    fn enter(&mut self, group: Group, user: User) {
        let note_entry = self.has(Fault::RejoinUnchecked);
        let room = self.room_mut(group);
        room.members.put(user);
        room.drop_invitation(user);
        if note_entry {
            room.known.put(user);
        }
    }

    fn may_be_invited(&self, room: &Room, who: User, by: User) -> bool {
        if self.has(Fault::OwnerInvitesAnyone) && room.is_owner(by) {
            return true;
        }
        let inviter_only = self.has(Fault::InviteChecksInviterOnly);
        let rule = if inviter_only { NewcomerRule::Inviter } else { self.policy.newcomer.invite };
        self.may_enter(rule, room, who, Some(by))
    }

    /// Whether the newcomers may be launched with. Those who would only be invited are compared with each
    /// other when they accept, unless invitees count already.
    fn may_launch(&self, by: User, with: UserSet) -> bool {
        let with_launcher = || with.iter().all(|user| self.fits(by, user));
        let with_each_other = || {
            with.iter().all(|one| with.iter().filter(|&other| one < other).all(|other| self.fits(one, other)))
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
        if room.known.has(&newcomer) {
            return true;
        }
        if self.has(Fault::LauncherOnly) {
            return room.launcher.is_some_and(|launcher| launcher == newcomer || fits(launcher));
        }
        let mut members = self.compared(room).iter().copied();
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

    /// The members with whom a newcomer is compared.
    fn compared<'room>(&self, room: &'room Room) -> &'room [User] {
        match &*room.members {
            [others @ .., _] if self.has(Fault::LastMemberSkipped) => others,
            members => members,
        }
    }

    fn fits(&self, present: User, newcomer: User) -> bool {
        self.has(Fault::OnlyChildrenCompared) && self.is_adult(present) || self.may_share(present, newcomer)
    }
}
