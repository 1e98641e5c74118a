//! Rooms, which are the groups inside the service, and the handlers that manage them: the link, leaving,
//! removing, bans, ownership and dissolving.
//!
//! The handlers by which users become members are in `admission`; messages and calls are in `talk`.

use chatwarden_model::{Group, Link, Phase, User};

use super::fault_memory::RoomMemory;
use super::list::List;
use super::{DONE, Memory, Reply, require};
use crate::adapter::GroupView;
use crate::adapter::fault::Fault;

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Room {
    pub(super) status: Phase,
    pub(super) link: Link,
    pub(super) owner: Option<User>,
    pub(super) members: List<User>,
    pub(super) invitations: List<Invitation>,
    pub(super) banned: List<User>,
    pub(super) fault_memory: RoomMemory,
}

/// A pending invitation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct Invitation {
    pub(super) who: User,
    pub(super) from: User,
}

impl Room {
    /// Makes it a new room.
    pub(super) fn reset(&mut self) {
        self.end(Phase::New);
        self.banned.clear();
        self.fault_memory.clear();
    }

    pub(super) fn is_active(&self) -> bool {
        self.status == Phase::Active
    }

    pub(super) fn is_owner(&self, user: User) -> bool {
        self.owner == Some(user)
    }

    /// The user who issued the pending invitation, if there is one.
    pub(super) fn inviter_of(&self, who: User) -> Option<User> {
        self.invitations.iter().find(|invitation| invitation.who == who).map(|invitation| invitation.from)
    }

    pub(super) fn drop_invitation(&mut self, who: User) {
        self.invitations.remove_if(|invitation| invitation.who == who);
    }

    /// Removes the user from the members, if the user is one. A room without members is dissolved.
    pub(super) fn depart(&mut self, user: User) {
        self.members.remove(user);
        if self.is_owner(user) {
            self.owner = None;
        }
        if self.members.is_empty() {
            self.dissolve();
        }
    }

    /// Dissolves the room. Its bans stay.
    pub(super) fn dissolve(&mut self) {
        self.end(Phase::Dissolved);
    }

    pub(super) fn view(&self) -> GroupView {
        let Room { status, link, owner, members, invitations, banned, fault_memory: _ } = self;
        GroupView {
            phase: *status,
            link: *link,
            owner: *owner,
            members: members.users(),
            invited: invitations.iter().map(|invitation| invitation.who).collect(),
            banned: banned.users(),
        }
    }

    /// Sets the phase and clears everything but bans and fault memory.
    fn end(&mut self, phase: Phase) {
        let Room { status, link, owner, members, invitations, banned: _, fault_memory: _ } = self;
        *status = phase;
        *link = Link::Closed;
        *owner = None;
        members.clear();
        invitations.clear();
    }
}

impl Default for Room {
    fn default() -> Self {
        Room {
            status: Phase::New,
            link: Link::Closed,
            owner: None,
            members: List::default(),
            invitations: List::default(),
            banned: List::default(),
            fault_memory: RoomMemory::default(),
        }
    }
}

impl Memory {
    pub(super) fn open_link(&mut self, by: User, group: Group) -> Reply {
        require(self.policy.links)?;
        require(self.room(group).is_active() && self.manages(by, group))?;
        let room = self.room_mut(group);
        room.link = Link::Open;
        let members = room.members.users();
        self.record(Fault::OldLinkWorks, group, |memory| memory.link_users = memory.link_users.or(members));
        DONE
    }

    pub(super) fn close_link(&mut self, by: User, group: Group) -> Reply {
        require(self.manages(by, group))?;
        self.room_mut(group).link = Link::Closed;
        DONE
    }

    pub(super) fn leave(&mut self, by: User, group: Group) -> Reply {
        let room = self.room(group);
        require(room.members.contains(&by))?;
        if self.has(Fault::LeaveKeepsMembership) {
            return DONE;
        }
        let owned = room.is_owner(by);
        self.depart(group, by);
        if owned {
            self.record(Fault::ReturnedOwnerManages, group, |memory| memory.resigned_owners.insert(by));
        }
        let (passes_on, dissolves) =
            (self.has(Fault::LeavePassesOwnership), self.has(Fault::LeaveDissolvesGroup));
        let room = self.room_mut(group);
        if owned && passes_on {
            room.owner = room.members.first().copied();
        }
        if dissolves {
            room.dissolve();
        }
        DONE
    }

    pub(super) fn remove(&mut self, by: User, group: Group, who: User) -> Reply {
        let members_may = self.has(Fault::MemberRemoves);
        require(self.manages(by, group) || members_may && self.room(group).members.contains(&by))?;
        if self.has(Fault::KickLiftsBan) && self.room(group).banned.contains(&who) {
            self.room_mut(group).banned.remove(who);
            return DONE;
        }
        let room = self.room(group);
        require(room.members.contains(&who) && who != by)?;
        require(!room.fault_memory.link_members.contains(who))?;
        self.depart(group, who);
        self.record(Fault::RemovedMemberSends, group, |memory| memory.removed.insert(who));
        DONE
    }

    pub(super) fn ban(&mut self, by: User, group: Group, who: User) -> Reply {
        require(self.can_chat(who))?;
        require(self.manages(by, group) && who != by)?;
        require(!self.room(group).banned.contains(&who))?;
        let foreign = self.room(group).inviter_of(who).is_some_and(|inviter| inviter != by);
        let keep_invitation =
            self.has(Fault::BanKeepsInvitation) || foreign && self.has(Fault::BanSparesForeignInvitation);
        if self.room(group).members.contains(&who) {
            self.record(Fault::UnbanReadmits, group, |memory| memory.banned_members.insert(who));
        }
        self.depart(group, who);
        let room = self.room_mut(group);
        if !keep_invitation {
            room.drop_invitation(who);
        }
        room.banned.insert(who);
        DONE
    }

    pub(super) fn unban(&mut self, by: User, group: Group, who: User) -> Reply {
        require(self.manages(by, group) && self.room(group).banned.contains(&who))?;
        let all = self.has(Fault::UnbanClearsAll);
        let room = self.room_mut(group);
        room.banned.remove_if(|&banned| all || banned == who);
        if room.fault_memory.banned_members.contains(who) {
            room.fault_memory.banned_members.remove(who);
            room.members.insert(who);
        }
        DONE
    }

    pub(super) fn transfer(&mut self, by: User, group: Group, to: User) -> Reply {
        require(self.manages(by, group) && self.room(group).members.contains(&to) && to != by)?;
        self.room_mut(group).owner = Some(to);
        for fault in [Fault::TransferKeepsRights, Fault::TransferEndsChecks] {
            self.record(fault, group, |memory| memory.former_owners.insert(by));
        }
        DONE
    }

    pub(super) fn dissolve(&mut self, by: User, group: Group) -> Reply {
        require(self.manages(by, group))?;
        let keeps_members = self.has(Fault::DissolveKeepsMembers);
        let room = self.room_mut(group);
        let members = room.members.users();
        room.dissolve();
        if keeps_members {
            members.iter().for_each(|member| room.members.insert(member));
        }
        DONE
    }

    /// Removes the user from the members of the room, if the user is one.
    pub(super) fn depart(&mut self, group: Group, user: User) {
        let room = self.room_mut(group);
        let was_member = room.members.contains(&user);
        room.depart(user);
        if was_member {
            self.record(Fault::DepartedMemberReceives, group, |memory| memory.departed.insert(user));
        }
    }

    /// Whether the user may manage the room.
    fn manages(&self, user: User, group: Group) -> bool {
        let room = self.room(group);
        let is_exempt = || self.has(Fault::GuardianRunsGroups) && self.is_guardian(user);
        let owned_before = || {
            let transferred = room.fault_memory.former_owners.contains(user);
            let resigned = room.fault_memory.resigned_owners.contains(user);
            let owned = self.has(Fault::TransferKeepsRights) && transferred || resigned;
            owned && room.members.contains(&user)
        };
        room.is_owner(user) || !room.members.is_empty() && (is_exempt() || owned_before())
    }
}
