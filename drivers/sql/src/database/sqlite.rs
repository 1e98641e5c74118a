//! SQLite within the driver, in memory or in a file.
//!
//! There is no server and no other connection, so there are no conflicts.

use std::path::Path;

use rusqlite::backup::Backup;
use rusqlite::config::DbConfig;
use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection, Error, ErrorCode};

use super::{Database, DatabaseError, Value};

/// The capacity of the statement cache: more than there are statements, so that all stay prepared.
const STATEMENTS: usize = 256;

/// The page size. It is small because searches keep thousands of copies with mostly empty tables.
const PAGE_BYTES: u32 = 512;

/// The number of pages that a backup copies in one step: all.
const ALL_PAGES: i32 = -1;

/// The application id of files that a driver wrote.
const APPLICATION_ID: i32 = 0x6368_7764;

/// The largest number of columns of a row.
const MAX_COLUMNS: usize = 4;

/// An SQLite database. [`Database`] has an example.
#[derive(Debug)]
pub struct Sqlite {
    connection: Connection,
    in_memory: bool,
}

impl Sqlite {
    /// An empty database in memory.
    ///
    /// # Errors
    /// If there is no memory.
    pub fn in_memory() -> Result<Self, DatabaseError> {
        let connection = Connection::open_in_memory()?;
        connection.pragma_update(None, "page_size", PAGE_BYTES)?;
        Self::configured(connection, true)
    }

    /// An empty database in a file, which is created if it does not exist and locked against other processes. The
    /// tables that another driver left there are dropped.
    ///
    /// # Errors
    /// If the file cannot be opened, has tables that no driver wrote, or is in use.
    pub fn in_file(path: &Path) -> Result<Self, DatabaseError> {
        let connection = Connection::open(path)?;
        connection.pragma_update(None, "locking_mode", "exclusive")?;
        let application_id: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
        let tables: i32 = connection.query_row("SELECT COUNT(*) FROM sqlite_schema", [], |row| row.get(0))?;
        if tables > 0 && application_id != APPLICATION_ID {
            return Err(DatabaseError::Failed("the file has tables that no driver wrote".into()));
        }
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_RESET_DATABASE, true)?;
        connection.execute_batch("VACUUM")?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_RESET_DATABASE, false)?;
        connection.pragma_update(None, "application_id", APPLICATION_ID)?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        Self::configured(connection, false)
    }

    /// Sets the options of a connection. Test data need not survive a loss of power.
    fn configured(connection: Connection, in_memory: bool) -> Result<Self, DatabaseError> {
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.pragma_update(None, "synchronous", "off")?;
        // Otherwise SQLite prepares a statement again whenever other values are bound to it.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        Ok(Sqlite { connection, in_memory })
    }

    fn prepared(&self, sql: &str, values: &[Value]) -> Result<CachedStatement<'_>, DatabaseError> {
        let mut statement = self.connection.prepare_cached(sql)?;
        for (index, value) in values.iter().enumerate() {
            statement.raw_bind_parameter(index + 1, value)?;
        }
        Ok(statement)
    }

    fn run(&self, sql: &str) -> Result<(), DatabaseError> {
        self.execute(sql, &[]).map(|_| ())
    }
}

impl Database for Sqlite {
    fn batch(&self, sql: &str) -> Result<(), DatabaseError> {
        Ok(self.connection.execute_batch(sql)?)
    }

    fn execute(&self, sql: &str, values: &[Value]) -> Result<u64, DatabaseError> {
        Ok(self.prepared(sql, values)?.raw_execute()? as u64)
    }

    fn query(&self, sql: &str, values: &[Value], each: &mut dyn FnMut(&[i32])) -> Result<(), DatabaseError> {
        let mut statement = self.prepared(sql, values)?;
        let columns = statement.column_count().min(MAX_COLUMNS);
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next()? {
            let mut found = [0; MAX_COLUMNS];
            for (column, found) in found[..columns].iter_mut().enumerate() {
                *found = row.get(column)?;
            }
            each(&found[..columns]);
        }
        Ok(())
    }

    fn begin(&self) -> Result<(), DatabaseError> {
        self.run("BEGIN")
    }

    fn commit(&self) -> Result<(), DatabaseError> {
        self.run("COMMIT")
    }

    fn rollback(&self) -> Result<(), DatabaseError> {
        // Some errors end a transaction by themselves.
        if self.connection.is_autocommit() { Ok(()) } else { self.run("ROLLBACK") }
    }

    fn copy(&self) -> Result<Option<Box<dyn Database>>, DatabaseError> {
        if !self.in_memory {
            return Ok(None);
        }
        let mut copy = Sqlite::in_memory()?;
        Backup::new(&self.connection, &mut copy.connection)?.step(ALL_PAGES)?;
        Ok(Some(Box::new(copy)))
    }
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match *self {
            Value::Integer(number) => ToSqlOutput::from(number),
            Value::Text(text) => ToSqlOutput::Borrowed(ValueRef::from(text)),
        })
    }
}

impl From<Error> for DatabaseError {
    fn from(error: Error) -> Self {
        let why = error.to_string();
        match error.sqlite_error_code() {
            Some(ErrorCode::ConstraintViolation) => DatabaseError::Forbidden(why),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => DatabaseError::Conflict(why),
            _ => DatabaseError::Failed(why),
        }
    }
}
