//! A room, which is what a group is inside the service, and the endpoints by which its people run it: the
//! link, leaving, removing, bans, ownership and the end.
//!
//! How somebody comes in is in `admission`; what is said in a room, in `talk`.

use chatwarden_model::{Group, Link, Phase, User, UserSet};

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
    pub(super) past: RoomMemory,
}

/// A pending invitation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct Invitation {
    pub(super) who: User,
    pub(super) from: User,
}

impl Room {
    /// Makes it a room that nobody has launched.
    pub(super) fn reset(&mut self) {
        self.status = Phase::New;
        self.clear();
        self.banned.clear();
        self.past.clear();
    }

    pub(super) fn is_active(&self) -> bool {
        self.status == Phase::Active
    }

    pub(super) fn is_owner(&self, user: User) -> bool {
        self.owner == Some(user)
    }

    /// Who invited the user, if an invitation is pending.
    pub(super) fn inviter_of(&self, who: User) -> Option<User> {
        self.invitations.iter().find(|invitation| invitation.who == who).map(|invitation| invitation.from)
    }

    pub(super) fn drop_invitation(&mut self, who: User) {
        self.invitations.remove_if(|invitation| invitation.who == who);
    }

    /// The user is no longer a member, or never was one. A room does not outlive its last member.
    pub(super) fn depart(&mut self, user: User) {
        self.members.remove(user);
        if self.is_owner(user) {
            self.owner = None;
        }
        if self.members.is_empty() {
            self.dissolve();
        }
    }

    pub(super) fn freeze(&mut self) {
        self.status = Phase::Frozen;
    }

    /// Ends the room. Its bans stay on the record.
    pub(super) fn dissolve(&mut self) {
        self.status = Phase::Dissolved;
        self.clear();
    }

    pub(super) fn view(&self) -> GroupView {
        GroupView {
            phase: self.status,
            link: self.link,
            owner: self.owner,
            members: self.members.users(),
            invited: self.invitations.iter().map(|invitation| invitation.who).collect::<UserSet>(),
            banned: self.banned.users(),
        }
    }

    fn clear(&mut self) {
        self.link = Link::Closed;
        self.owner = None;
        self.members.clear();
        self.invitations.clear();
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
            past: RoomMemory::default(),
        }
    }
}

impl Memory {
    pub(super) fn open_link(&mut self, by: User, group: Group) -> Reply {
        require(self.policy.links)?;
        require(self.room(group).is_active() && self.runs(by, group))?;
        let note_members = self.has(Fault::OldLinkWorks);
        let room = self.room_mut(group);
        room.link = Link::Open;
        if note_members {
            room.past.linked = room.past.linked.or(room.members.users());
        }
        DONE
    }

    pub(super) fn close_link(&mut self, by: User, group: Group) -> Reply {
        require(self.runs(by, group))?;
        self.room_mut(group).link = Link::Closed;
        DONE
    }

    pub(super) fn leave(&mut self, by: User, group: Group) -> Reply {
        let passes_on = self.has(Fault::LeavePassesOwnership);
        let room = self.room_mut(group);
        require(room.members.has(&by))?;
        let owned = room.is_owner(by);
        room.depart(by);
        if owned && passes_on {
            room.owner = room.members.first().copied();
        }
        DONE
    }

    pub(super) fn remove(&mut self, by: User, group: Group, who: User) -> Reply {
        let members_may = self.has(Fault::MemberRemoves);
        let note_removal = self.has(Fault::RemovedMemberSends);
        require(self.runs(by, group) || members_may && self.room(group).members.has(&by))?;
        let room = self.room_mut(group);
        require(room.members.has(&who) && who != by)?;
        room.depart(who);
        if note_removal {
            room.past.removed.insert(who);
        }
        DONE
    }

    pub(super) fn ban(&mut self, by: User, group: Group, who: User) -> Reply {
        require(self.can_chat(who))?;
        require(self.runs(by, group) && who != by)?;
        require(!self.room(group).banned.has(&who))?;
        let foreign = self.room(group).inviter_of(who).is_some_and(|inviter| inviter != by);
        let keep_invitation =
            self.has(Fault::BanKeepsInvitation) || foreign && self.has(Fault::BanSparesForeignInvitation);
        let room = self.room_mut(group);
        room.depart(who);
        if !keep_invitation {
            room.drop_invitation(who);
        }
        room.banned.put(who);
        DONE
    }

    pub(super) fn unban(&mut self, by: User, group: Group, who: User) -> Reply {
        require(self.runs(by, group) && self.room(group).banned.has(&who))?;
        let all = self.has(Fault::UnbanClearsAll);
        self.room_mut(group).banned.remove_if(|&banned| all || banned == who);
        DONE
    }

    pub(super) fn transfer(&mut self, by: User, group: Group, to: User) -> Reply {
        require(self.runs(by, group) && self.room(group).members.has(&to) && to != by)?;
        let note_owner = self.has(Fault::TransferKeepsRights) || self.has(Fault::TransferEndsChecks);
        let room = self.room_mut(group);
        room.owner = Some(to);
        if note_owner {
            room.past.owners.insert(by);
        }
        DONE
    }

    pub(super) fn dissolve(&mut self, by: User, group: Group) -> Reply {
        require(self.runs(by, group))?;
        self.room_mut(group).dissolve();
        DONE
    }

    /// Whether the user may run the room.
    fn runs(&self, user: User, group: Group) -> bool {
        let room = self.room(group);
        let exempt = || self.has(Fault::GuardianRunsGroups) && self.is_guardian(user);
        let of_old = || {
            let kept = self.has(Fault::TransferKeepsRights) && room.past.owners.contains(user);
            kept && room.members.has(&user)
        };
        room.is_owner(user) || !room.members.is_empty() && (exempt() || of_old())
    }
}
