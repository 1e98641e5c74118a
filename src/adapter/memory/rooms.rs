//! A room, which is what a group is inside the service, and the endpoints by which its people run it: the
//! link, leaving, removing, bans, ownership and the end.
//!
//! How somebody comes in is in `admission`; what is said in a room, in `talk`.

use chatwarden_model::{Group, Link, Phase, User, UserSet};

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
    /// Who launched the room, for good. Noted only by a service whose fault needs it, here and below:
    /// otherwise situations that are equal to everybody would not be equal values.
    pub(super) launcher: Option<User>,
    /// Who has ever been a member.
    pub(super) known: List<User>,
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
        self.launcher = None;
        self.known.clear();
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
            launcher: None,
            known: List::default(),
        }
    }
}

impl Memory {
    pub(super) fn open_link(&mut self, by: User, group: Group) -> Reply {
        require(self.policy.links)?;
        let room = self.room_mut(group);
        require(room.is_active() && room.is_owner(by))?;
        room.link = Link::Open;
        DONE
    }

    pub(super) fn close_link(&mut self, by: User, group: Group) -> Reply {
        let room = self.room_mut(group);
        require(room.is_owner(by))?;
        room.link = Link::Closed;
        DONE
    }

    pub(super) fn leave(&mut self, by: User, group: Group) -> Reply {
        let room = self.room_mut(group);
        require(room.members.has(&by))?;
        room.depart(by);
        DONE
    }

    pub(super) fn remove(&mut self, by: User, group: Group, who: User) -> Reply {
        let members_may = self.has(Fault::MemberRemoves);
        let room = self.room_mut(group);
        require(room.is_owner(by) || members_may && room.members.has(&by))?;
        require(room.members.has(&who) && who != by)?;
        room.depart(who);
        DONE
    }

    pub(super) fn ban(&mut self, by: User, group: Group, who: User) -> Reply {
        require(self.can_chat(who))?;
        let keep_invitation = self.has(Fault::BanKeepsInvitation);
        let room = self.room_mut(group);
        require(room.is_owner(by) && who != by)?;
        require(!room.banned.has(&who))?;
        room.depart(who);
        if !keep_invitation {
            room.drop_invitation(who);
        }
        room.banned.put(who);
        DONE
    }

    pub(super) fn unban(&mut self, by: User, group: Group, who: User) -> Reply {
        let room = self.room_mut(group);
        require(room.is_owner(by) && room.banned.has(&who))?;
        room.banned.remove(who);
        DONE
    }

    pub(super) fn transfer(&mut self, by: User, group: Group, to: User) -> Reply {
        let room = self.room_mut(group);
        require(room.is_owner(by) && room.members.has(&to) && to != by)?;
        room.owner = Some(to);
        DONE
    }

    pub(super) fn dissolve(&mut self, by: User, group: Group) -> Reply {
        let room = self.room_mut(group);
        require(room.is_owner(by))?;
        room.dissolve();
        DONE
    }
}
