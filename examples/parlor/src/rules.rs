//! The rules of the house: which two people may talk, and which two may be in one room. They change
//! nothing; the endpoints ask them.

use rusqlite::Connection;

use crate::accounts::{Role, UserId};
use crate::error::{ParlorError, Refusal};
use crate::store::first;

/// The facts about two different people on which the rules depend.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Pair {
    /// The kind of account of each.
    roles: [Role; 2],
    /// True if the parents of each kid among them approved the other.
    approved: [bool; 2],
    /// True if one of them has blocked the other.
    blocked: bool,
}

impl Pair {
    /// Looks the two up.
    pub(crate) fn of(db: &Connection, one: UserId, other: UserId) -> Result<Self, ParlorError> {
        const LOOK_UP: &str = "
            SELECT one.role, other.role,
                EXISTS (SELECT 1 FROM approvals WHERE kid = one.id AND contact = other.id),
                EXISTS (SELECT 1 FROM approvals WHERE kid = other.id AND contact = one.id),
                EXISTS (SELECT 1 FROM blocks WHERE blocker = one.id AND blocked = other.id)
                OR EXISTS (SELECT 1 FROM blocks WHERE blocker = other.id AND blocked = one.id)
            FROM users AS one, users AS other WHERE one.id = ?1 AND other.id = ?2";
        let pair = first(db, LOOK_UP, (one, other), |row| {
            Ok(Pair {
                roles: [row.get(0)?, row.get(1)?],
                approved: [row.get(2)?, row.get(3)?],
                blocked: row.get(4)?,
            })
        })?;
        pair.ok_or(Refusal::NoSuchUser.into())
    }

    /// True if the two may talk: both chat, neither blocked the other, and the parents of each kid
    /// approved the other.
    pub(crate) fn may_talk(self) -> bool {
        let [one, other] = [0, 1].map(|at| self.roles[at] != Role::Kid || self.approved[at]);
        self.chat() && !self.blocked && one && other
    }

    /// True if the two may be in one room. Any two grown-ups may, even after a block.
    pub(crate) fn may_meet(self) -> bool {
        self.may_talk() || (self.chat() && !self.has_kid())
    }

    /// True if one of the two is a kid.
    pub(crate) fn has_kid(self) -> bool {
        self.roles.contains(&Role::Kid)
    }

    fn chat(self) -> bool {
        self.roles.iter().all(|role| role.chats())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Role::{GrownUp, Kid, Parent};

    #[test]
    fn each_kid_of_a_pair_needs_an_approval() {
        let pair = |roles, approved| Pair { roles, approved, blocked: false };
        assert!(pair([Kid, GrownUp], [true, false]).may_talk());
        assert!(!pair([Kid, GrownUp], [false, true]).may_talk());
        assert!(!pair([Kid, Kid], [true, false]).may_talk());
        assert!(pair([Kid, Kid], [true, true]).may_talk());
        assert!(!pair([Parent, Kid], [true, true]).may_talk());
    }

    #[test]
    fn a_block_keeps_kids_out_of_rooms_and_grown_ups_only_from_talking() {
        let pair = |roles| Pair { roles, approved: [true, true], blocked: true };
        assert!(!pair([Kid, GrownUp]).may_meet());
        assert!(pair([GrownUp, GrownUp]).may_meet() && !pair([GrownUp, GrownUp]).may_talk());
        assert!(!pair([GrownUp, Parent]).may_meet());
    }
}
