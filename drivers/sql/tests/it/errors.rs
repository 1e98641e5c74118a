//! The answers of the service to database errors: conflicts, a lost connection, a missing server.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use chatwarden::adapter::{Adapter, Answer, Failure, Observation};
use chatwarden::model::{Command, Preset, UserSet};
use chatwarden_sql::database::postgres::Postgres;
use chatwarden_sql::database::server::Server;
use chatwarden_sql::database::sqlite::Sqlite;
use chatwarden_sql::database::{Database, DatabaseError, Value};
use chatwarden_sql::service::Service;
use postgres::{Client, NoTls};

use crate::support::{G1, KAY, server, small};

/// SQLite whose first transactions cannot be committed.
struct Contended {
    inner: Sqlite,
    conflicts: usize,
    commits: Arc<AtomicUsize>,
}

impl Database for Contended {
    fn batch(&self, sql: &str) -> Result<(), DatabaseError> {
        self.inner.batch(sql)
    }
    fn execute(&self, sql: &str, values: &[Value]) -> Result<u64, DatabaseError> {
        self.inner.execute(sql, values)
    }
    fn query(&self, sql: &str, values: &[Value], row: &mut dyn FnMut(&[i32])) -> Result<(), DatabaseError> {
        self.inner.query(sql, values, row)
    }
    fn begin(&self) -> Result<(), DatabaseError> {
        self.inner.begin()
    }
    fn commit(&self) -> Result<(), DatabaseError> {
        // The first commit is that of the reset.
        if (1..=self.conflicts).contains(&self.commits.fetch_add(1, Relaxed)) {
            return Err(DatabaseError::Conflict("another one was faster".into()));
        }
        self.inner.commit()
    }
    fn rollback(&self) -> Result<(), DatabaseError> {
        self.inner.rollback()
    }
}

/// The answer to a command of which so many transactions conflict, and the number of its transactions.
fn contended(conflicts: usize) -> (Result<Answer, Failure>, usize) {
    let commits = Arc::new(AtomicUsize::new(0));
    let inner = Sqlite::in_memory().expect("there is memory");
    let database = Contended { inner, conflicts, commits: Arc::clone(&commits) };
    let mut service = Service::new(Box::new(database), None).expect("it starts");
    service.reset(&small(Preset::MessengerKids.policy(), 1)).expect("it can be reset");
    let print = service.fingerprint();
    let answer = service.apply(&Command::Create { by: KAY, group: G1, with: UserSet::EMPTY });
    let happened = service.fingerprint() != print;
    assert_eq!(happened, answer.is_ok(), "a command without a definite answer was not executed here");
    (answer, commits.load(Relaxed) - 1)
}

#[test]
fn a_transaction_that_conflicts_is_tried_again_up_to_a_limit() {
    assert_eq!(contended(0), (Ok(Answer::allow()), 1));
    assert_eq!(contended(11), (Ok(Answer::allow()), 12));
    let (answer, tries) = contended(usize::MAX - 1);
    let Err(Failure::Indefinite(why)) = answer else { panic!("{answer:?}") };
    assert!(why.contains("another one was faster"));
    assert_eq!(tries, 12);
}

/// A service on PostgreSQL, and another client of the same tables.
fn with_client(server: &Arc<Server>) -> (Service, Client) {
    let database = Postgres::at_server(server).expect("the server answers");
    let schema = database.schema().to_string();
    let mut service = Service::new(Box::new(database), None).expect("it starts");
    service.reset(&small(Preset::NoContactRule.policy(), 1)).expect("it can be reset");
    let mut client = Client::connect(&server.address(), NoTls).expect("the server answers");
    client.batch_execute(&format!("SET search_path TO {schema}")).expect("the schema is there");
    (service, client)
}

#[test]
fn a_command_that_conflicts_with_another_transaction_is_tried_again() {
    if server().is_none() {
        return;
    }
    // A server of its own, because a long transaction makes those of other tests conflict.
    let server = Arc::new(Server::start().expect("one has been started already"));
    let (mut service, mut other) = with_client(&server);
    let create = Command::Create { by: KAY, group: G1, with: UserSet::EMPTY };
    assert_eq!(service.apply(&create), Ok(Answer::allow()));
    other
        .batch_execute("BEGIN; UPDATE rooms SET link = 'closed' WHERE id = 0")
        .expect("the row is not locked");
    let waiting = thread::spawn(move || {
        let answer = service.apply(&Command::OpenLink { by: KAY, group: G1 });
        (service, answer)
    });
    let started = Instant::now();
    while other.query("SELECT 1 FROM pg_locks WHERE NOT granted", &[]).expect("it answers").is_empty() {
        assert!(started.elapsed() < Duration::from_secs(20), "the command does not wait for the row");
        thread::sleep(Duration::from_millis(5));
    }
    other.batch_execute("COMMIT").expect("it is the first");
    let (mut service, answer) = waiting.join().expect("it does not panic");
    assert_eq!(answer, Ok(Answer::allow()));
    let mut seen = Observation::default();
    service.observe(&mut seen).expect("it can be observed");
    assert_eq!(seen.groups[0].link, chatwarden::model::Link::Open);
}

#[test]
fn a_lost_connection_is_no_definite_answer_and_no_panic() {
    let Some(server) = server() else { return };
    let (mut service, mut other) = with_client(&server);
    let sql =
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = current_schema";
    assert_eq!(other.query(sql, &[]).expect("it may end connections").len(), 1);
    let answer = service.apply(&Command::Create { by: KAY, group: G1, with: UserSet::EMPTY });
    assert!(matches!(answer, Err(Failure::Indefinite(_))), "{answer:?}");
    assert!(matches!(service.observe(&mut Observation::default()), Err(Failure::Failed(_))));
    assert!(matches!(service.reset(&small(Preset::NoContactRule.policy(), 1)), Err(Failure::Failed(_))));
    assert_eq!(service.fingerprint(), None);
}

#[test]
fn a_missing_server_is_an_error() {
    let location: chatwarden_sql::location::Location =
        "postgres://127.0.0.1:1/none".parse().expect("it is a location");
    assert!(location.open().err().expect("no server listens there").contains("connect"));
}
