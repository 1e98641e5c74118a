//! Posts: messages in and outside rooms, and the inboxes of their readers.

use rusqlite::{Connection, params};

use crate::accounts::UserId;
use crate::error::{ParlorError, Refusal, require};
use crate::rooms::{RoomId, check_open, is_inside, people};
use crate::rules::Pair;
use crate::store::{Parlor, all, execute};

impl Parlor {
    /// A user writes to another outside any room; returns the readers.
    ///
    /// # Errors
    /// If the two may not talk, or the storage fails.
    pub fn whisper(&mut self, by: UserId, to: UserId, body: &str) -> Result<Vec<UserId>, ParlorError> {
        self.change(|db| {
            require(by != to, Refusal::Yourself)?;
            require(Pair::of(db, by, to)?.may_talk(), Refusal::NotApproved)?;
            deliver(db, None, by, body, vec![to])
        })
    }

    /// Somebody in a room writes to the others in it; returns the readers.
    ///
    /// # Errors
    /// If the room is not open, they are not in it, or the storage fails.
    pub fn post(&mut self, by: UserId, room: RoomId, body: &str) -> Result<Vec<UserId>, ParlorError> {
        self.change(|db| {
            check_open(db, room)?;
            require(is_inside(db, room, by)?, Refusal::NotInRoom)?;
            let mut readers = people(db, room)?;
            readers.retain(|&reader| reader != by);
            deliver(db, Some(room), by, body, readers)
        })
    }

    /// The posts in a user's inbox with their writers, oldest first.
    ///
    /// # Errors
    /// If the storage fails.
    pub fn inbox(&self, reader: UserId) -> Result<Vec<(UserId, String)>, ParlorError> {
        const READ: &str = "
            SELECT posts.author, posts.body FROM inbox JOIN posts ON posts.id = inbox.post
            WHERE inbox.reader = ?1 ORDER BY posts.id";
        all(self.db(), READ, [reader], |row| Ok((row.get(0)?, row.get(1)?)))
    }
}

/// Stores a post, puts it into the inboxes of its readers and returns them.
fn deliver(
    db: &Connection,
    room: Option<RoomId>,
    author: UserId,
    body: &str,
    readers: Vec<UserId>,
) -> Result<Vec<UserId>, ParlorError> {
    let write = "INSERT INTO posts (room, author, body) VALUES (?1, ?2, ?3)";
    execute(db, write, params![room, author, body])?;
    let post = db.last_insert_rowid();
    for &reader in &readers {
        execute(db, "INSERT INTO inbox (reader, post) VALUES (?1, ?2)", params![reader, post])?;
    }
    Ok(readers)
}
