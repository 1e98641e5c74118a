//! The location of the database: the values of `--database`.

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use crate::database::Database;
use crate::database::postgres::Postgres;
use crate::database::server::Server;
use crate::database::sqlite::Sqlite;

/// The location of the database.
///
/// ```
/// use chatwarden_sql::location::Location;
/// assert_eq!("sqlite".parse(), Ok(Location::Memory));
/// assert_eq!("sqlite:chat.db".parse(), Ok(Location::File("chat.db".into())));
/// assert_eq!("oracle".parse::<Location>().unwrap_err(), "`oracle` is none of sqlite, sqlite:FILE, postgres, postgres://…");
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Location {
    /// SQLite in memory.
    Memory,
    /// SQLite in a file.
    File(PathBuf),
    /// A PostgreSQL server that is started for this database.
    Server,
    /// The PostgreSQL server at this URL.
    Url(String),
}

impl FromStr for Location {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            None if text == "sqlite" => Ok(Location::Memory),
            None if text == "postgres" => Ok(Location::Server),
            Some(("sqlite", file)) if !file.is_empty() => Ok(Location::File(file.into())),
            Some(("postgres" | "postgresql", rest)) if rest.starts_with("//") => {
                Ok(Location::Url(text.into()))
            }
            _ => Err(format!("`{text}` is none of sqlite, sqlite:FILE, postgres, postgres://…")),
        }
    }
}

impl Location {
    /// Opens the database. A server of its own is started first, and stopped when the connection is dropped.
    ///
    /// # Errors
    /// If the database cannot be opened, with the reason.
    pub fn open(&self) -> Result<Box<dyn Database>, String> {
        Ok(match self {
            Location::Memory => Box::new(Sqlite::in_memory().map_err(|error| error.to_string())?),
            Location::File(path) => {
                let database = Sqlite::in_file(path);
                Box::new(database.map_err(|error| format!("`{}`: {error}", path.display()))?)
            }
            Location::Server => {
                let server = Arc::new(Server::start()?);
                Box::new(Postgres::at_server(&server).map_err(|error| error.to_string())?)
            }
            Location::Url(url) => Box::new(Postgres::at_url(url).map_err(|error| error.to_string())?),
        })
    }
}
