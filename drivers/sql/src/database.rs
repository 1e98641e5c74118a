//! The operations that the back end needs of a database: execute, query, begin and end a transaction.
//!
//! Both databases read the same SQL text, with the placeholders `$1`, `$2` … in the order of their first use.
//! Features of only one of them are not used.

pub mod postgres;
pub mod server;
pub mod sqlite;

use std::fmt;

/// A value of a placeholder.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Value {
    /// An integer.
    Integer(i32),
    /// A name of a closed vocabulary.
    Text(&'static str),
}

/// An error of a database, by its consequence for the caller.
///
/// ```
/// use chatwarden_sql::database::DatabaseError;
/// assert_eq!(DatabaseError::Lost("end of file".into()).to_string(), "the connection is lost: end of file");
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DatabaseError {
    /// The transaction conflicts with another one, and can be tried again.
    Conflict(String),
    /// A constraint forbids the change.
    Forbidden(String),
    /// The connection is lost. The transaction may or may not have been committed.
    Lost(String),
    /// Anything else.
    Failed(String),
}

impl fmt::Display for DatabaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DatabaseError::Conflict(why) => write!(f, "the transaction conflicts with another one: {why}"),
            DatabaseError::Forbidden(why) => write!(f, "a constraint forbids it: {why}"),
            DatabaseError::Lost(why) => write!(f, "the connection is lost: {why}"),
            DatabaseError::Failed(why) => write!(f, "the database failed: {why}"),
        }
    }
}

impl std::error::Error for DatabaseError {}

/// A connection to a database.
///
/// ```
/// use chatwarden_sql::database::{Database, Value, sqlite::Sqlite};
/// let database = Sqlite::in_memory()?;
/// database.batch("CREATE TABLE rooms (id INTEGER PRIMARY KEY)")?;
/// database.begin()?;
/// assert_eq!(database.execute("INSERT INTO rooms (id) VALUES ($1)", &[Value::Integer(7)])?, 1);
/// database.commit()?;
///
/// let mut ids = Vec::new();
/// database.query("SELECT id FROM rooms", &[], &mut |row| ids.push(row[0]))?;
/// assert_eq!(ids, [7]);
/// # Ok::<(), chatwarden_sql::database::DatabaseError>(())
/// ```
pub trait Database: Send {
    /// Executes several statements without placeholders.
    ///
    /// # Errors
    /// If one of them fails.
    fn batch(&self, sql: &str) -> Result<(), DatabaseError>;

    /// Executes a statement, keeps it prepared, and returns the number of changed rows.
    ///
    /// # Errors
    /// If it fails.
    fn execute(&self, sql: &str, values: &[Value]) -> Result<u64, DatabaseError>;

    /// Passes each row of a query to `row`. All columns are integers, and none is null.
    ///
    /// # Errors
    /// If the query fails, or a column is not an integer.
    fn query(&self, sql: &str, values: &[Value], row: &mut dyn FnMut(&[i32])) -> Result<(), DatabaseError>;

    /// Begins a serializable transaction.
    ///
    /// # Errors
    /// If the transaction cannot begin.
    fn begin(&self) -> Result<(), DatabaseError>;

    /// Commits the transaction.
    ///
    /// # Errors
    /// If the transaction was not committed. After [`DatabaseError::Lost`] it may have been.
    fn commit(&self) -> Result<(), DatabaseError>;

    /// Rolls the transaction back.
    ///
    /// # Errors
    /// If the connection is lost.
    fn rollback(&self) -> Result<(), DatabaseError>;

    /// An independent copy of the database; `None` if copying is not supported.
    ///
    /// # Errors
    /// If the copy cannot be made.
    fn copy(&self) -> Result<Option<Box<dyn Database>>, DatabaseError> {
        Ok(None)
    }
}
