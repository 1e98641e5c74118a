//! Where the database is, as `--database` says it.

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use crate::database::Database;
use crate::database::postgres::Postgres;
use crate::database::server::Server;
use crate::database::sqlite::Sqlite;

/// Where the database is.
///
/// ```
/// use chatwarden_sql::place::Place;
/// assert_eq!("sqlite".parse(), Ok(Place::Memory));
/// assert_eq!("sqlite:chat.db".parse(), Ok(Place::File("chat.db".into())));
/// assert_eq!("oracle".parse::<Place>().unwrap_err(), "`oracle` is none of sqlite, sqlite:FILE, postgres, postgres://…");
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Place {
    /// SQLite in memory.
    Memory,
    /// SQLite in a file.
    File(PathBuf),
    /// A server of PostgreSQL that is started for it.
    Server,
    /// The server of PostgreSQL at that URL.
    Url(String),
}

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            None if text == "sqlite" => Ok(Place::Memory),
            None if text == "postgres" => Ok(Place::Server),
            Some(("sqlite", file)) if !file.is_empty() => Ok(Place::File(file.into())),
            Some(("postgres" | "postgresql", rest)) if rest.starts_with("//") => Ok(Place::Url(text.into())),
            _ => Err(format!("`{text}` is none of sqlite, sqlite:FILE, postgres, postgres://…")),
        }
    }
}

impl Place {
    /// Opens the database; a server is started first, and stopped when the connection is dropped.
    ///
    /// # Errors
    /// If it cannot be opened, with a reason for people.
    pub fn open(&self) -> Result<Box<dyn Database>, String> {
        Ok(match self {
            Place::Memory => Box::new(Sqlite::in_memory().map_err(|trouble| trouble.to_string())?),
            Place::File(path) => {
                let database = Sqlite::in_file(path);
                Box::new(database.map_err(|trouble| format!("`{}`: {trouble}", path.display()))?)
            }
            Place::Server => {
                let server = Arc::new(Server::start()?);
                Box::new(Postgres::at_server(&server).map_err(|trouble| trouble.to_string())?)
            }
            Place::Url(url) => Box::new(Postgres::at_url(url).map_err(|trouble| trouble.to_string())?),
        })
    }
}
