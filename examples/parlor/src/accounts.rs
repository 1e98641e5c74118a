//! Accounts: users and their kinds, and the parents of each kid.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ValueRef};
use rusqlite::{Connection, params};

use crate::error::{ParlorError, Refusal, require};
use crate::store::{Parlor, execute, exists, first};

/// A user, by number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct UserId(pub i64);

/// The kind of an account, which never changes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// Chats with people whom its parents approved.
    Kid,
    /// Chats, and needs no parents for it: a relative, a coach.
    GrownUp,
    /// Looks after kids and does not chat.
    Parent,
}

impl Role {
    /// True if users of this kind chat.
    pub fn chats(self) -> bool {
        self != Role::Parent
    }

    fn word(self) -> &'static str {
        match self {
            Role::Kid => "kid",
            Role::GrownUp => "grown-up",
            Role::Parent => "parent",
        }
    }
}

impl FromSql for Role {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let word = value.as_str()?;
        let role = [Role::Kid, Role::GrownUp, Role::Parent].into_iter().find(|role| role.word() == word);
        role.ok_or(FromSqlError::InvalidType)
    }
}

impl Parlor {
    /// Makes an account.
    ///
    /// # Errors
    /// If the storage fails.
    pub fn sign_up(&mut self, name: &str, role: Role) -> Result<UserId, ParlorError> {
        self.change(|db| {
            execute(db, "INSERT INTO users (name, role) VALUES (?1, ?2)", params![name, role.word()])?;
            Ok(UserId(db.last_insert_rowid()))
        })
    }

    /// Makes the parent one of the kid's, once the support desk has seen the papers.
    ///
    /// # Errors
    /// If the two are not a kid and a parent, or the storage fails.
    pub fn link_parent(&mut self, kid: UserId, parent: UserId) -> Result<(), ParlorError> {
        self.change(|db| {
            require(role(db, kid)? == Role::Kid, Refusal::NotAKid)?;
            require(role(db, parent)? == Role::Parent, Refusal::NotAParent)?;
            execute(db, "INSERT OR IGNORE INTO parents (kid, parent) VALUES (?1, ?2)", (kid, parent))?;
            Ok(())
        })
    }
}

/// The kind of the user's account.
pub(crate) fn role(db: &Connection, user: UserId) -> Result<Role, ParlorError> {
    first(db, "SELECT role FROM users WHERE id = ?1", [user], |row| row.get(0))?
        .ok_or(Refusal::NoSuchUser.into())
}

/// True if the kid is the parent's.
pub(crate) fn is_parent_of(db: &Connection, parent: UserId, kid: UserId) -> Result<bool, ParlorError> {
    exists(db, "SELECT 1 FROM parents WHERE kid = ?1 AND parent = ?2", (kid, parent))
}
