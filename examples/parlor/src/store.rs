//! The database of Parlor: opening and wiping it, and the transaction around each endpoint. It does
//! not know users and rooms.

use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OptionalExtension, Params, Transaction, TransactionBehavior};

use crate::error::ParlorError;
use crate::{RoomId, UserId};

/// The back end, on a database in memory or in a file.
pub struct Parlor {
    db: Connection,
}

impl Parlor {
    /// Parlor on an empty database that is gone when it is dropped.
    ///
    /// # Errors
    /// If the tables cannot be made.
    pub fn in_memory() -> Result<Self, ParlorError> {
        Self::on(Connection::open_in_memory()?)
    }

    /// Parlor on the database in that file, which is made if there is none.
    ///
    /// # Errors
    /// If the file cannot be opened, or is something else.
    pub fn open(file: impl AsRef<Path>) -> Result<Self, ParlorError> {
        Self::on(Connection::open(file)?)
    }

    fn on(db: Connection) -> Result<Self, ParlorError> {
        db.execute_batch(include_str!("schema.sql"))?;
        // There are about forty statements. All stay prepared, which SQLite otherwise undoes
        // whenever values change on which a plan might depend.
        db.set_prepared_statement_cache_capacity(64);
        db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        Ok(Parlor { db })
    }

    /// Deletes everything, for demos and test environments.
    ///
    /// # Errors
    /// If the database fails.
    pub fn wipe(&mut self) -> Result<(), ParlorError> {
        self.change(|db| {
            // Rows that refer to others are deleted before them.
            for delete in [
                "DELETE FROM inbox",
                "DELETE FROM posts",
                "DELETE FROM people",
                "DELETE FROM rooms",
                "DELETE FROM blocks",
                "DELETE FROM approvals",
                "DELETE FROM parents",
                "DELETE FROM users",
            ] {
                execute(db, delete, [])?;
            }
            Ok(())
        })
    }

    /// Does the work in a transaction, which is rolled back on an error. It holds the write lock
    /// from the start, so that a checked condition still holds when it is acted upon.
    pub(crate) fn change<T>(
        &mut self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, ParlorError>,
    ) -> Result<T, ParlorError> {
        let transaction = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let done = work(&transaction)?;
        transaction.commit()?;
        Ok(done)
    }

    /// The database, for endpoints that only read, with one statement.
    pub(crate) fn db(&self) -> &Connection {
        &self.db
    }
}

/// Executes a statement, and returns how many rows it changed.
pub(crate) fn execute(db: &Connection, sql: &str, params: impl Params) -> Result<usize, ParlorError> {
    Ok(db.prepare_cached(sql)?.execute(params)?)
}

/// True if the query has a row.
pub(crate) fn exists(db: &Connection, sql: &str, params: impl Params) -> Result<bool, ParlorError> {
    Ok(db.prepare_cached(sql)?.exists(params)?)
}

/// The first row of a query, if it has one.
pub(crate) fn first<T>(
    db: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnOnce(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
) -> Result<Option<T>, ParlorError> {
    Ok(db.prepare_cached(sql)?.query_row(params, read).optional()?)
}

/// Every row of a query.
pub(crate) fn all<T>(
    db: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, ParlorError> {
    Ok(db.prepare_cached(sql)?.query_map(params, read)?.collect::<Result<_, _>>()?)
}

/// Ids are stored as integers.
macro_rules! stored_as_number {
    ($($id:ident),*) => {$(
        impl rusqlite::ToSql for $id {
            fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
                Ok(self.0.into())
            }
        }
        impl rusqlite::types::FromSql for $id {
            fn column_result(value: rusqlite::types::ValueRef<'_>) -> rusqlite::types::FromSqlResult<Self> {
                value.as_i64().map($id)
            }
        }
    )*};
}

stored_as_number!(UserId, RoomId);
