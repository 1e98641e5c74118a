//! SQLite, within the driver: in memory or in a file.
//!
//! There is no server, and nobody else at the same database, so nothing has to be tried again.

use std::path::Path;

use rusqlite::backup::Backup;
use rusqlite::config::DbConfig;
use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection, Error, ErrorCode};

use super::{Database, Trouble, Value};

/// More statements than there are, so that each stays prepared.
const STATEMENTS: usize = 256;

/// Small, because searches keep thousands of copies, most of which are empty tables.
const PAGE_BYTES: u32 = 512;

/// A copy is made in one step.
const ALL_PAGES: i32 = -1;

/// By this number a file is known to be a driver's.
const MARK: i32 = 0x6368_7764;

/// No row has more columns.
const MOST_COLUMNS: usize = 4;

/// A database of SQLite.
///
/// An example is at [`Database`].
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
    pub fn in_memory() -> Result<Self, Trouble> {
        let connection = Connection::open_in_memory()?;
        connection.pragma_update(None, "page_size", PAGE_BYTES)?;
        Self::configured(connection, true)
    }

    /// An empty database in that file, which is made if it is not there. Nobody else can use it meanwhile. What another
    /// driver left there is thrown away.
    ///
    /// # Errors
    /// If the file cannot be opened, holds something else, or is in use.
    pub fn in_file(path: &Path) -> Result<Self, Trouble> {
        let connection = Connection::open(path)?;
        connection.pragma_update(None, "locking_mode", "exclusive")?;
        let mark: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
        let tables: i32 = connection.query_row("SELECT COUNT(*) FROM sqlite_schema", [], |row| row.get(0))?;
        if tables > 0 && mark != MARK {
            return Err(Trouble::Failed("the file holds tables of somebody else".into()));
        }
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_RESET_DATABASE, true)?;
        connection.execute_batch("VACUUM")?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_RESET_DATABASE, false)?;
        connection.pragma_update(None, "application_id", MARK)?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        Self::configured(connection, false)
    }

    /// Test data need not survive a loss of power.
    fn configured(connection: Connection, in_memory: bool) -> Result<Self, Trouble> {
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.pragma_update(None, "synchronous", "off")?;
        // Otherwise it prepares a statement again whenever other values are bound to it.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        Ok(Sqlite { connection, in_memory })
    }

    fn prepared(&self, sql: &str, values: &[Value]) -> Result<CachedStatement<'_>, Trouble> {
        let mut statement = self.connection.prepare_cached(sql)?;
        for (index, value) in values.iter().enumerate() {
            statement.raw_bind_parameter(index + 1, value)?;
        }
        Ok(statement)
    }

    fn run(&self, sql: &str) -> Result<(), Trouble> {
        self.execute(sql, &[]).map(|_| ())
    }
}

impl Database for Sqlite {
    fn batch(&self, sql: &str) -> Result<(), Trouble> {
        Ok(self.connection.execute_batch(sql)?)
    }

    fn execute(&self, sql: &str, values: &[Value]) -> Result<u64, Trouble> {
        Ok(self.prepared(sql, values)?.raw_execute()? as u64)
    }

    fn query(&self, sql: &str, values: &[Value], each: &mut dyn FnMut(&[i32])) -> Result<(), Trouble> {
        let mut statement = self.prepared(sql, values)?;
        let columns = statement.column_count().min(MOST_COLUMNS);
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next()? {
            let mut found = [0; MOST_COLUMNS];
            for (column, found) in found[..columns].iter_mut().enumerate() {
                *found = row.get(column)?;
            }
            each(&found[..columns]);
        }
        Ok(())
    }

    fn begin(&self) -> Result<(), Trouble> {
        self.run("BEGIN")
    }

    fn commit(&self) -> Result<(), Trouble> {
        self.run("COMMIT")
    }

    fn rollback(&self) -> Result<(), Trouble> {
        // Some errors end a transaction by themselves.
        if self.connection.is_autocommit() { Ok(()) } else { self.run("ROLLBACK") }
    }

    fn copy(&self) -> Result<Option<Box<dyn Database>>, Trouble> {
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

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        let why = error.to_string();
        match error.sqlite_error_code() {
            Some(ErrorCode::ConstraintViolation) => Trouble::Forbidden(why),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Trouble::Conflict(why),
            _ => Trouble::Failed(why),
        }
    }
}
