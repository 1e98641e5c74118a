//! What a service remembers beyond its data, because a fault of it does: who launched a room, who was a member
//! once, which pair was revoked before.
//!
//! It is noted only by a service whose fault needs it. Otherwise situations that are equal to everybody would not
//! be equal values.

use chatwarden_model::{User, UserSet};

use super::accounts::Approval;
use super::list::List;
use super::rooms::Invitation;

/// What is remembered of a room.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(super) struct RoomMemory {
    /// Who launched it, for good.
    pub(super) launcher: Option<User>,
    /// Who has ever been a member.
    pub(super) known: UserSet,
    /// Who was a member while the link was open.
    pub(super) linked: UserSet,
    /// Who was removed.
    pub(super) removed: UserSet,
    /// Whose invitation was refused.
    pub(super) refused: UserSet,
    /// Who has passed ownership on.
    pub(super) owners: UserSet,
    /// The invitations that were declined.
    pub(super) declined: List<Invitation>,
    /// Who departed because a child's approval was lost: the child, and who departed.
    pub(super) lost: List<(User, User)>,
}

impl RoomMemory {
    /// Forgets everything, without giving memory back.
    pub(super) fn clear(&mut self) {
        let RoomMemory { launcher, known, linked, removed, refused, owners, declined, lost } = self;
        *launcher = None;
        for users in [known, linked, removed, refused, owners] {
            *users = UserSet::EMPTY;
        }
        declined.clear();
        lost.clear();
    }
}

/// What is remembered of an account.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(super) struct AccountMemory {
    /// With whom it came to share a room while the two were authorized.
    pub(super) cleared: UserSet,
    /// Whom it has written to directly, or was written to by.
    pub(super) talked: UserSet,
    /// Which contacts were revoked before.
    pub(super) revoked: UserSet,
    /// What guardians approved who are guardians no longer.
    pub(super) dormant: List<Approval>,
}

impl AccountMemory {
    /// Forgets everything, without giving memory back.
    pub(super) fn clear(&mut self) {
        let AccountMemory { cleared, talked, revoked, dormant } = self;
        for users in [cleared, talked, revoked] {
            *users = UserSet::EMPTY;
        }
        dormant.clear();
    }
}
