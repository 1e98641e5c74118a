//! Approvals of parents and blocks of users: the endpoints that change which users may talk with
//! each other.
//!
//! After a withdrawal or a block, the rooms that the two users share are frozen for good: people
//! still see who was in them, but nobody can post or join.

use rusqlite::Connection;

use crate::accounts::{Role, UserId, is_parent_of, role};
use crate::error::{ParlorError, Refusal, require};
use crate::rules::Pair;
use crate::store::{Parlor, all, execute};

impl Parlor {
    /// A parent approves a contact of a kid.
    ///
    /// # Errors
    /// If the kid is not the parent's, the contact cannot be one, or the storage fails.
    pub fn approve(&mut self, by: UserId, kid: UserId, contact: UserId) -> Result<(), ParlorError> {
        self.change(|db| {
            check_parent(db, by, kid, contact)?;
            let approve = "INSERT OR IGNORE INTO approvals (kid, contact, approved_by) VALUES (?1, ?2, ?3)";
            execute(db, approve, (kid, contact, by))?;
            Ok(())
        })
    }

    /// A parent withdraws the approval of a contact of a kid, whichever parent gave it.
    ///
    /// # Errors
    /// If the kid is not the parent's, the contact cannot be one, or the storage fails.
    pub fn withdraw(&mut self, by: UserId, kid: UserId, contact: UserId) -> Result<(), ParlorError> {
        self.change(|db| {
            check_parent(db, by, kid, contact)?;
            freeze_what_they_share(db, kid, contact)?;
            execute(db, "DELETE FROM approvals WHERE kid = ?1 AND contact = ?2", (kid, contact))?;
            Ok(())
        })
    }

    /// A user blocks another.
    ///
    /// # Errors
    /// If the two are the same, one of them does not chat, or the storage fails.
    pub fn block(&mut self, by: UserId, whom: UserId) -> Result<(), ParlorError> {
        self.change(|db| {
            check_block(db, by, whom)?;
            freeze_what_they_share(db, by, whom)?;
            execute(db, "INSERT OR IGNORE INTO blocks (blocker, blocked) VALUES (?1, ?2)", (by, whom))?;
            Ok(())
        })
    }

    /// A user takes a block back. Frozen rooms stay frozen.
    ///
    /// # Errors
    /// If the two are the same, one of them does not chat, or the storage fails.
    pub fn unblock(&mut self, by: UserId, whom: UserId) -> Result<(), ParlorError> {
        self.change(|db| {
            check_block(db, by, whom)?;
            execute(db, "DELETE FROM blocks WHERE blocker = ?1 AND blocked = ?2", (by, whom))?;
            Ok(())
        })
    }

    /// Every pair of a kid and an approved contact, for the support desk.
    ///
    /// # Errors
    /// If the storage fails.
    pub fn approvals(&self) -> Result<Vec<(UserId, UserId)>, ParlorError> {
        all(self.db(), "SELECT kid, contact FROM approvals", [], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    /// Every pair of a user and a user whom they blocked, for the support desk.
    ///
    /// # Errors
    /// If the storage fails.
    pub fn blocks(&self) -> Result<Vec<(UserId, UserId)>, ParlorError> {
        all(self.db(), "SELECT blocker, blocked FROM blocks", [], |row| Ok((row.get(0)?, row.get(1)?)))
    }
}

fn check_parent(db: &Connection, by: UserId, kid: UserId, contact: UserId) -> Result<(), ParlorError> {
    require(role(db, kid)? == Role::Kid, Refusal::NotAKid)?;
    require(is_parent_of(db, by, kid)?, Refusal::NotYourKid)?;
    require(role(db, contact)?.chats(), Refusal::DoesNotChat)?;
    require(kid != contact, Refusal::Yourself)
}

fn check_block(db: &Connection, by: UserId, whom: UserId) -> Result<(), ParlorError> {
    require(by != whom, Refusal::Yourself)?;
    require(role(db, by)?.chats() && role(db, whom)?.chats(), Refusal::DoesNotChat)
}

/// Freezes every open room that the two share, if they could talk so far and one of them is a kid.
fn freeze_what_they_share(db: &Connection, one: UserId, other: UserId) -> Result<(), ParlorError> {
    const FREEZE: &str = "
        UPDATE rooms SET state = 'frozen' WHERE state = 'open'
        AND EXISTS (SELECT 1 FROM people WHERE room = rooms.id AND user = ?1)
        AND EXISTS (SELECT 1 FROM people WHERE room = rooms.id AND user = ?2)";
    let pair = Pair::of(db, one, other)?;
    if pair.has_kid() && pair.may_talk() {
        execute(db, FREEZE, (one, other))?;
    }
    Ok(())
}
