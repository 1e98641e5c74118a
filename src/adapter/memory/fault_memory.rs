//! Data that only faults need, such as the launcher and the former members of a room.
//!
//! Only a service with such a fault records them. Otherwise two services with the same data could differ.

use std::mem::take;

use chatwarden_model::{User, UserSet};

use super::accounts::Approval;
use super::list::List;
use super::rooms::Invitation;

/// Data of a room that only faults need.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(super) struct RoomMemory {
    /// The user who launched the room.
    pub(super) launcher: Option<User>,
    /// All users who are or were members.
    pub(super) former_members: UserSet,
    /// The users who were members while the link was open.
    pub(super) link_users: UserSet,
    /// The users who were removed.
    pub(super) removed: UserSet,
    /// The users whose invitation was refused.
    pub(super) refused: UserSet,
    /// The users who departed and have not come back.
    pub(super) departed: UserSet,
    /// The users who were members when they were banned.
    pub(super) banned_members: UserSet,
    /// The members who joined by the link.
    pub(super) link_members: UserSet,
    /// The users who transferred the ownership to another.
    pub(super) former_owners: UserSet,
    /// The users who left while they were the owner.
    pub(super) resigned_owners: UserSet,
    /// The invitations that were declined.
    pub(super) declined: List<Invitation>,
    /// The invitations that were cancelled, or accepted, and can be accepted all the same.
    pub(super) void: List<Invitation>,
    /// Pairs of a child and a contact who departed because they lost their authorization.
    pub(super) lost: List<(User, User)>,
}

impl RoomMemory {
    /// Deletes everything without freeing memory.
    pub(super) fn clear(&mut self) {
        self.declined.clear();
        self.void.clear();
        self.lost.clear();
        let (declined, void, lost) = (take(&mut self.declined), take(&mut self.void), take(&mut self.lost));
        *self = RoomMemory { declined, void, lost, ..RoomMemory::default() };
    }
}

/// Data of an account that only faults need.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(super) struct AccountMemory {
    /// The users who were authorized when the two came to share a room.
    pub(super) cleared: UserSet,
    /// The users with whom it exchanged direct messages.
    pub(super) talked: UserSet,
    /// The contacts that were revoked before.
    pub(super) revoked: UserSet,
    /// The approvals of former guardians.
    pub(super) former_approvals: List<Approval>,
}

impl AccountMemory {
    /// Deletes everything without freeing memory.
    pub(super) fn clear(&mut self) {
        self.former_approvals.clear();
        let former_approvals = take(&mut self.former_approvals);
        *self = AccountMemory { former_approvals, ..AccountMemory::default() };
    }
}
