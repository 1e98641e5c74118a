//! What the back end needs of a database: to execute, to query, to begin and to end a transaction.
//!
//! Both databases read the same SQL text, with `$1`, `$2` … in the order of their first use, which both understand.
//! Deliberately absent: anything that one of them has and the other does not.

pub mod postgres;
pub mod server;
pub mod sqlite;

use std::fmt;

/// A value that a statement is given.
///
/// ```
/// use chatwarden_sql::database::Value;
/// assert_ne!(Value::Integer(1), Value::Text("1"));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Value {
    /// A whole number.
    Integer(i32),
    /// A word of a closed vocabulary.
    Text(&'static str),
}

/// What goes wrong with a database, as far as it matters to who uses it.
///
/// ```
/// use chatwarden_sql::database::Trouble;
/// assert_eq!(Trouble::Lost("end of file".into()).to_string(), "the connection is lost: end of file");
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Trouble {
    /// The transaction met another one and is to be tried again.
    Conflict(String),
    /// The database refused what a constraint forbids.
    Forbidden(String),
    /// The connection is lost: the transaction may or may not have been committed.
    Lost(String),
    /// Anything else.
    Failed(String),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::Conflict(why) => write!(f, "the transaction met another one: {why}"),
            Trouble::Forbidden(why) => write!(f, "a constraint forbids it: {why}"),
            Trouble::Lost(why) => write!(f, "the connection is lost: {why}"),
            Trouble::Failed(why) => write!(f, "the database failed: {why}"),
        }
    }
}

impl std::error::Error for Trouble {}

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
/// # Ok::<(), chatwarden_sql::database::Trouble>(())
/// ```
pub trait Database: Send {
    /// Executes several statements without values.
    ///
    /// # Errors
    /// If one of them fails.
    fn batch(&self, sql: &str) -> Result<(), Trouble>;

    /// Executes a statement, which is kept prepared, and returns how many rows it changed.
    ///
    /// # Errors
    /// If it fails.
    fn execute(&self, sql: &str, values: &[Value]) -> Result<u64, Trouble>;

    /// Hands each row that a statement answers to `row`; all columns are whole numbers, and none is null.
    ///
    /// # Errors
    /// If it fails, or if a column is anything else.
    fn query(&self, sql: &str, values: &[Value], row: &mut dyn FnMut(&[i32])) -> Result<(), Trouble>;

    /// Begins a transaction that is serializable with all others.
    ///
    /// # Errors
    /// If it cannot begin.
    fn begin(&self) -> Result<(), Trouble>;

    /// Ends the transaction, and keeps what it changed.
    ///
    /// # Errors
    /// If it could not be kept. After [`Trouble::Lost`] it may have been.
    fn commit(&self) -> Result<(), Trouble>;

    /// Ends the transaction, and forgets what it changed.
    ///
    /// # Errors
    /// If the connection is lost.
    fn rollback(&self) -> Result<(), Trouble>;

    /// A database that holds the same, and goes its own way from here on, where that is possible.
    ///
    /// # Errors
    /// If the copy cannot be made.
    fn copy(&self) -> Result<Option<Box<dyn Database>>, Trouble> {
        Ok(None)
    }
}
