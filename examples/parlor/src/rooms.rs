//! Rooms: opening, inviting, leaving and kicking. Posts in rooms are in `posts`.

use std::collections::BTreeSet;

use rusqlite::Connection;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ValueRef};

use crate::accounts::{UserId, role};
use crate::error::{ParlorError, Refusal, require};
use crate::rules::Pair;
use crate::store::{Parlor, all, execute, exists, first};

/// The number of a room. The app draws it at random, so that opening the same room twice is
/// noticed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RoomId(pub i64);

/// The state of a room.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RoomState {
    /// People can post and join.
    Open,
    /// Two of its people may not talk any more, so nobody can post, for good.
    Frozen,
    /// Everybody has left.
    Closed,
}

/// A room and its people.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Room {
    /// Its number.
    pub id: RoomId,
    /// Its state.
    pub state: RoomState,
    /// The user who opened it, until they leave.
    pub owner: Option<UserId>,
    /// The users in it.
    pub people: Vec<UserId>,
}

impl FromSql for RoomState {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value.as_str()? {
            "open" => Ok(RoomState::Open),
            "frozen" => Ok(RoomState::Frozen),
            "closed" => Ok(RoomState::Closed),
            _ => Err(FromSqlError::InvalidType),
        }
    }
}

impl Parlor {
    /// A user opens a room together with others. All of them must be allowed to meet each other.
    ///
    /// # Errors
    /// If there was such a room before, some of them may not meet, or the storage fails.
    pub fn open_room(
        &mut self,
        by: UserId,
        room: RoomId,
        people: &BTreeSet<UserId>,
    ) -> Result<(), ParlorError> {
        self.change(|db| {
            require(role(db, by)?.chats(), Refusal::DoesNotChat)?;
            require(!people.contains(&by), Refusal::Yourself)?;
            require(state(db, room)?.is_none(), Refusal::RoomTaken)?;
            let mut inside = vec![by];
            for &newcomer in people {
                check_newcomer(db, newcomer, &inside)?;
                inside.push(newcomer);
            }
            execute(db, "INSERT INTO rooms (id, state, owner) VALUES (?1, 'open', ?2)", (room, by))?;
            inside.into_iter().try_for_each(|user| enter(db, room, user))
        })
    }

    /// Somebody in a room adds somebody else, who is in at once.
    ///
    /// # Errors
    /// If the room is not open, the one is not in it or the other is, they may not meet, or the
    /// storage fails.
    pub fn invite(&mut self, by: UserId, room: RoomId, who: UserId) -> Result<(), ParlorError> {
        self.change(|db| {
            check_open(db, room)?;
            require(is_inside(db, room, by)?, Refusal::NotInRoom)?;
            require(!is_inside(db, room, who)?, Refusal::AlreadyInRoom)?;
            // Until 1.3 it was enough to know the one who invites.
            let inside = if cfg!(feature = "as-reported") { vec![by] } else { people(db, room)? };
            check_newcomer(db, who, &inside)?;
            enter(db, room, who)
        })
    }

    /// Somebody leaves a room, which is closed once it is empty.
    ///
    /// # Errors
    /// If they are not in it, or the storage fails.
    pub fn leave(&mut self, by: UserId, room: RoomId) -> Result<(), ParlorError> {
        self.change(|db| {
            require(is_inside(db, room, by)?, Refusal::NotInRoom)?;
            depart(db, room, by)
        })
    }

    /// The owner removes somebody else.
    ///
    /// # Errors
    /// If it is not the owner, the other is not in the room, or the storage fails.
    pub fn kick(&mut self, by: UserId, room: RoomId, who: UserId) -> Result<(), ParlorError> {
        self.change(|db| {
            require(owns(db, by, room)?, Refusal::NotOwner)?;
            require(by != who, Refusal::Yourself)?;
            require(is_inside(db, room, who)?, Refusal::NotInRoom)?;
            depart(db, room, who)
        })
    }

    /// All rooms with the people in them, for the support desk.
    ///
    /// # Errors
    /// If the storage fails.
    pub fn rooms(&self) -> Result<Vec<Room>, ParlorError> {
        const LIST: &str = "
            SELECT rooms.id, rooms.state, rooms.owner, people.user
            FROM rooms LEFT JOIN people ON people.room = rooms.id ORDER BY rooms.id, people.user";
        let mut rooms: Vec<Room> = Vec::new();
        let mut list = self.db().prepare_cached(LIST)?;
        let mut rows = list.query([])?;
        while let Some(row) = rows.next()? {
            let id = row.get(0)?;
            if rooms.last().is_none_or(|room| room.id != id) {
                rooms.push(Room { id, state: row.get(1)?, owner: row.get(2)?, people: Vec::new() });
            }
            if let Some(room) = rooms.last_mut() {
                room.people.extend(row.get::<_, Option<UserId>>(3)?);
            }
        }
        Ok(rooms)
    }
}

/// The state of the room, if it was ever opened.
fn state(db: &Connection, room: RoomId) -> Result<Option<RoomState>, ParlorError> {
    first(db, "SELECT state FROM rooms WHERE id = ?1", [room], |row| row.get(0))
}

/// Refuses if the room is not open.
pub(crate) fn check_open(db: &Connection, room: RoomId) -> Result<(), ParlorError> {
    match state(db, room)? {
        Some(RoomState::Open) => Ok(()),
        Some(RoomState::Frozen | RoomState::Closed) => Err(Refusal::RoomNotOpen.into()),
        None => Err(Refusal::NoSuchRoom.into()),
    }
}

/// Refuses if the newcomer may not meet one of those inside.
fn check_newcomer(db: &Connection, newcomer: UserId, inside: &[UserId]) -> Result<(), ParlorError> {
    for &user in inside {
        require(Pair::of(db, user, newcomer)?.may_meet(), Refusal::NotApproved)?;
    }
    Ok(())
}

/// True if the user is in the room.
pub(crate) fn is_inside(db: &Connection, room: RoomId, user: UserId) -> Result<bool, ParlorError> {
    exists(db, "SELECT 1 FROM people WHERE room = ?1 AND user = ?2", (room, user))
}

fn owns(db: &Connection, user: UserId, room: RoomId) -> Result<bool, ParlorError> {
    exists(db, "SELECT 1 FROM rooms WHERE id = ?1 AND owner = ?2", (room, user))
}

/// The users in the room.
pub(crate) fn people(db: &Connection, room: RoomId) -> Result<Vec<UserId>, ParlorError> {
    all(db, "SELECT user FROM people WHERE room = ?1", [room], |row| row.get(0))
}

fn enter(db: &Connection, room: RoomId, user: UserId) -> Result<(), ParlorError> {
    execute(db, "INSERT INTO people (room, user) VALUES (?1, ?2)", (room, user)).map(drop)
}

/// Takes somebody out of a room. A room that its owner left has none; one that everybody left is
/// closed.
fn depart(db: &Connection, room: RoomId, user: UserId) -> Result<(), ParlorError> {
    const CLOSE: &str = "
        UPDATE rooms SET state = 'closed'
        WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM people WHERE room = rooms.id)";
    execute(db, "DELETE FROM people WHERE room = ?1 AND user = ?2", (room, user))?;
    execute(db, "UPDATE rooms SET owner = NULL WHERE id = ?1 AND owner = ?2", (room, user))?;
    execute(db, CLOSE, [room]).map(drop)
}
