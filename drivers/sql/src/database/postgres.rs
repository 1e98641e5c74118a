//! A connection to PostgreSQL, in a schema of its own.
//!
//! Every transaction is SERIALIZABLE. Under a weaker level two overlapping commands can bring users together
//! whom each command alone would have kept apart. The caller tries a conflict again.

use std::cell::RefCell;
use std::collections::HashMap;
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use ::postgres::error::SqlState;
use ::postgres::types::ToSql;
use ::postgres::{Client, Error, NoTls, Row, Statement};

use super::server::Server;
use super::{Database, DatabaseError, Value};

/// The number of the next schema of this process.
static SCHEMAS: AtomicU64 = AtomicU64::new(0);

/// The largest number of columns of a row.
const MAX_COLUMNS: usize = 4;

/// A connection to PostgreSQL. Its schema is dropped with it. [`Server::start`] has an example.
pub struct Postgres {
    client: RefCell<Client>,
    prepared: RefCell<HashMap<String, Statement>>,
    schema: String,
    /// A server that was started for this process. It stops with its last connection.
    _server: Option<Arc<Server>>,
}

impl Postgres {
    /// Connects to a server that this process started.
    ///
    /// # Errors
    /// If the server cannot be reached.
    pub fn at_server(server: &Arc<Server>) -> Result<Self, DatabaseError> {
        Self::connect(&server.address(), Some(Arc::clone(server)))
    }

    /// Connects to the server at a URL.
    ///
    /// # Errors
    /// If the URL is not valid, the server cannot be reached, or a schema cannot be created.
    pub fn at_url(url: &str) -> Result<Self, DatabaseError> {
        Self::connect(url, None)
    }

    fn connect(address: &str, server: Option<Arc<Server>>) -> Result<Self, DatabaseError> {
        let mut client = Client::connect(address, NoTls)?;
        let schema = format!("chatwarden_{}_{}", process::id(), SCHEMAS.fetch_add(1, Relaxed));
        client.batch_execute(&format!(
            "CREATE SCHEMA {schema};
             SET search_path TO {schema};
             SET application_name TO '{schema}';
             SET default_transaction_isolation TO 'serializable';
             SET plan_cache_mode TO force_generic_plan;
             SET jit TO off;
             SET statement_timeout TO '10s'"
        ))?;
        Ok(Postgres { client: RefCell::new(client), prepared: RefCell::default(), schema, _server: server })
    }

    /// The schema of its tables.
    pub fn schema(&self) -> &str {
        &self.schema
    }

    fn prepared(&self, sql: &str) -> Result<Statement, DatabaseError> {
        if let Some(statement) = self.prepared.borrow().get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.client.borrow_mut().prepare(sql)?;
        self.prepared.borrow_mut().insert(sql.into(), statement.clone());
        Ok(statement)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // If the connection is lost, the schema cannot be dropped from here.
        let _ = self.client.get_mut().batch_execute(&format!("DROP SCHEMA {} CASCADE", self.schema));
    }
}

impl Database for Postgres {
    fn batch(&self, sql: &str) -> Result<(), DatabaseError> {
        Ok(self.client.borrow_mut().batch_execute(sql)?)
    }

    fn execute(&self, sql: &str, values: &[Value]) -> Result<u64, DatabaseError> {
        let statement = self.prepared(sql)?;
        Ok(self.client.borrow_mut().execute(&statement, &as_parameters(values))?)
    }

    fn query(&self, sql: &str, values: &[Value], each: &mut dyn FnMut(&[i32])) -> Result<(), DatabaseError> {
        let statement = self.prepared(sql)?;
        let rows = self.client.borrow_mut().query(&statement, &as_parameters(values))?;
        rows.iter().try_for_each(|row| {
            let (found, columns) = numbers(row)?;
            each(&found[..columns]);
            Ok(())
        })
    }

    fn begin(&self) -> Result<(), DatabaseError> {
        self.batch("BEGIN")
    }

    fn commit(&self) -> Result<(), DatabaseError> {
        self.batch("COMMIT")
    }

    fn rollback(&self) -> Result<(), DatabaseError> {
        self.batch("ROLLBACK")
    }
}

fn as_parameters(values: &[Value]) -> Vec<&(dyn ToSql + Sync)> {
    fn parameter(value: &Value) -> &(dyn ToSql + Sync) {
        match value {
            Value::Integer(number) => number,
            Value::Text(text) => text,
        }
    }
    values.iter().map(parameter).collect()
}

fn numbers(row: &Row) -> Result<([i32; MAX_COLUMNS], usize), DatabaseError> {
    let mut found = [0; MAX_COLUMNS];
    let columns = row.len().min(MAX_COLUMNS);
    for (column, found) in found[..columns].iter_mut().enumerate() {
        *found = row.try_get(column)?;
    }
    Ok((found, columns))
}

impl From<Error> for DatabaseError {
    fn from(error: Error) -> Self {
        let why = match error.as_db_error() {
            Some(error) => error.message().to_string(),
            None => error.to_string(),
        };
        match error.code() {
            Some(code)
                if [SqlState::T_R_SERIALIZATION_FAILURE, SqlState::T_R_DEADLOCK_DETECTED].contains(code) =>
            {
                DatabaseError::Conflict(why)
            }
            Some(code) if code.code().starts_with("23") => DatabaseError::Forbidden(why),
            // The server shuts down, or an administrator ended the connection.
            Some(code) if code.code().starts_with("57P") || code.code().starts_with("08") => {
                DatabaseError::Lost(why)
            }
            Some(_) => DatabaseError::Failed(why),
            None => DatabaseError::Lost(why),
        }
    }
}
