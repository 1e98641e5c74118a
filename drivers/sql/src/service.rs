//! The back end: each command is an SQL script in one transaction.
//!
//! The rules of the product are in the database. This file looks up the script of a command, binds the values of
//! the command, and returns the result.

use std::cell::Cell;
use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use chatwarden::adapter::{About, Adapter, Answer, Failure, GroupView, Observation};
use chatwarden::model::{
    Argument, Command, Field, Link, MAX_GROUPS, MAX_USERS, NamedEnum, Phase, Policy, Setup, User, UserSet,
};
use foldhash::quality::FixedState;

use crate::database::{Database, DatabaseError};
use crate::fault::{Fault, Sql};
use crate::script::{Purpose, Scripts, Values};

/// The number of attempts of a transaction that conflicts with others.
const ATTEMPTS: u32 = 12;

/// The pause before the second attempt. It doubles with each further attempt, which gives two seconds in all:
/// while any transaction runs, PostgreSQL may keep only a summary of those that ended, and then reports conflicts
/// that do not exist.
const PAUSE: Duration = Duration::from_millis(1);

/// A chat service with its accounts, rooms and rules in a database.
///
/// ```
/// use chatwarden::adapter::Adapter;
/// use chatwarden::model::{Command, Group, Preset, Setup, User, UserSet};
/// use chatwarden::format::BuiltInCast;
/// use chatwarden_sql::{database::sqlite::Sqlite, fault::Fault, service::Service};
///
/// let setup = Setup { cast: BuiltInCast::Small.named_cast().cast, groups: 1, policy: Preset::MessengerKids.policy() };
/// let [kay, sam] = [2, 4].map(User::new);
/// let launch = Command::Create { by: sam, group: Group::new(0), with: UserSet::of([kay]) };
/// for fault in [None, Some(Fault::WrongAlias)] {
///     let mut service = Service::new(Box::new(Sqlite::in_memory().expect("there is memory")), fault)?;
///     service.reset(&setup)?;
///     assert!(!service.apply(&launch)?.is_allowed(), "no guardian approved the two for each other");
/// }
/// # Ok::<(), chatwarden::adapter::Failure>(())
/// ```
pub struct Service {
    database: Box<dyn Database>,
    fault: Option<Fault>,
    scripts: Arc<Scripts>,
    /// A hash of the setup and the fault.
    setup_hash: u128,
    /// The hash of the tables, if it was computed since the last change.
    contents_hash: Cell<Option<u128>>,
}

impl Service {
    /// Creates the tables of the service in an empty database, with or without a fault.
    ///
    /// # Errors
    /// If the tables cannot be created.
    pub fn new(database: Box<dyn Database>, fault: Option<Fault>) -> Result<Self, Failure> {
        let sql = Sql::with(fault).map_err(Failure::Failed)?;
        let scripts = Scripts::read(&sql.scripts).map_err(Failure::Failed)?;
        database.batch(&sql.schema).map_err(failed)?;
        Ok(Service {
            database,
            fault,
            scripts: Arc::new(scripts),
            setup_hash: 0,
            contents_hash: Cell::new(None),
        })
    }

    /// The database, for tests that read the tables.
    pub fn database(&self) -> &dyn Database {
        &*self.database
    }

    /// Runs a script in a transaction of its own.
    fn run_in_transaction(&self, script: &str, values: &Values) -> Result<Answer, DatabaseError> {
        self.transaction(|| self.run(script, values))
    }

    /// Does the work in a transaction, which is committed if the answer is `allow`. A conflict is tried again.
    fn transaction(&self, work: impl Fn() -> Result<Answer, DatabaseError>) -> Result<Answer, DatabaseError> {
        for earlier in 0.. {
            match self.attempt(&work) {
                Err(DatabaseError::Conflict(_)) if earlier + 1 < ATTEMPTS => {
                    thread::sleep(PAUSE * (1 << earlier));
                }
                // A constraint that forbids a change refuses the command.
                Err(DatabaseError::Forbidden(_)) => return Ok(Answer::deny()),
                result => return result,
            }
        }
        unreachable!("the last attempt returns")
    }

    fn attempt(&self, work: &impl Fn() -> Result<Answer, DatabaseError>) -> Result<Answer, DatabaseError> {
        self.database.begin()?;
        let result = work();
        match result {
            Ok(answer) if answer.is_allowed() => {
                let committed = self.database.commit().map(|()| answer);
                committed.inspect_err(|_| self.abort())
            }
            Ok(_) => self.database.rollback().map(|()| Answer::deny()),
            Err(error) => {
                self.abort();
                Err(error)
            }
        }
    }

    /// Ends a transaction after an error. If that fails too, the first error is the better explanation.
    fn abort(&self) {
        let _ = self.database.rollback();
    }

    /// Runs the statements of a script, until a question returns no row.
    fn run(&self, script: &str, values: &Values) -> Result<Answer, DatabaseError> {
        let mut delivered = UserSet::EMPTY;
        for statement in self.scripts.get(script).map_err(DatabaseError::Failed)? {
            let (text, values) = statement.bind(values).map_err(DatabaseError::Failed)?;
            match statement.purpose {
                Purpose::Change => {
                    self.contents_hash.set(None);
                    self.database.execute(text, &values)?;
                }
                Purpose::Question => {
                    let mut has_row = false;
                    self.database.query(text, &values, &mut |_| has_row = true)?;
                    if !has_row {
                        return Ok(Answer::deny());
                    }
                }
                Purpose::Delivery => {
                    self.database.query(text, &values, &mut |row| delivered.insert(user(row[0])))?;
                }
            }
        }
        Ok(Answer::Allow { delivered })
    }

    /// Passes each row of a script without parameters to `row`.
    fn read(&self, script: &str, row: &mut dyn FnMut(&[i32])) -> Result<(), DatabaseError> {
        for statement in self.scripts.get(script).map_err(DatabaseError::Failed)? {
            let (text, values) = statement.bind(&Values::default()).map_err(DatabaseError::Failed)?;
            self.database.query(text, &values, row)?;
        }
        Ok(())
    }

    fn start(&self, setup: &Setup) -> Result<Answer, DatabaseError> {
        self.run("empty", &Values::default())?;
        self.run("set-policy", &policy_values(&setup.policy))?;
        let everyone = UserSet::first(setup.cast.len());
        for user in everyone {
            let kind = setup.cast.kind(user).name();
            self.run("sign-up", &Values::default().with("id", user.index()).with("kind", kind))?;
        }
        for child in everyone {
            for guardian in setup.cast.guardians(child) {
                let pair = Values::default().with("child", child.index()).with("guardian", guardian.index());
                self.run("entrust", &pair)?;
            }
        }
        Ok(Answer::allow())
    }

    /// A hash of every row that a command can change.
    fn hash_contents(&self) -> Option<u128> {
        if self.contents_hash.get().is_none() {
            let mut halves = [0, 1].map(|seed| FixedState::with_seed(seed).build_hasher());
            let read = self.read("contents", &mut |row| halves.iter_mut().for_each(|half| row.hash(half)));
            self.contents_hash.set(read.ok().map(|()| join(halves.map(|half| half.finish()))));
        }
        self.contents_hash.get()
    }
}

impl Adapter for Service {
    fn about(&self) -> About {
        About::exact("chatwarden-sql", env!("CARGO_PKG_VERSION"))
    }

    fn reset(&mut self, setup: &Setup) -> Result<(), Failure> {
        let inputs = (setup.cast, setup.groups, setup.policy, self.fault);
        self.setup_hash = join([2, 3].map(|seed| FixedState::with_seed(seed).hash_one(inputs)));
        match self.transaction(|| self.start(setup)) {
            Ok(Answer::Allow { .. }) => Ok(()),
            Ok(Answer::Deny { .. }) => {
                Err(Failure::Failed("a constraint forbids the cast or the policy".into()))
            }
            Err(error) => Err(failed(error)),
        }
    }

    fn apply(&mut self, command: &Command) -> Result<Answer, Failure> {
        self.run_in_transaction(command.kind().name(), &command_values(command)).map_err(
            |error| match error {
                DatabaseError::Conflict(_) | DatabaseError::Lost(_) => Failure::Indefinite(error.to_string()),
                DatabaseError::Forbidden(_) | DatabaseError::Failed(_) => failed(error),
            },
        )
    }

    fn observe(&mut self, seen: &mut Observation) -> Result<(), Failure> {
        let mut unknown = None;
        let read = self.read("observe", &mut |row| {
            if record(seen, row).is_none() {
                unknown = Some(format!("the observation has an unknown row {row:?}"));
            }
        });
        read.map_err(failed)?;
        unknown.map_or(Ok(()), |error| Err(Failure::Failed(error)))
    }

    fn fork(&self) -> Option<Box<dyn Adapter + Send>> {
        let database = self.database.copy().ok()??;
        let contents_hash = self.contents_hash.clone();
        Some(Box::new(Service {
            database,
            fault: self.fault,
            scripts: self.scripts.clone(),
            setup_hash: self.setup_hash,
            contents_hash,
        }))
    }

    fn fingerprint(&self) -> Option<u128> {
        // The odd factor keeps equal changes of both hashes from cancelling out.
        self.hash_contents().map(|contents| {
            contents.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835) ^ self.setup_hash
        })
    }
}

fn failed(error: DatabaseError) -> Failure {
    Failure::Failed(error.to_string())
}

fn join(halves: [u64; 2]) -> u128 {
    u128::from(halves[0]) << 64 | u128::from(halves[1])
}

/// The value of each field of the command, by its name.
fn command_values(command: &Command) -> Values {
    let mut values = Values::default();
    command.each_argument(|field, argument| {
        let before = std::mem::take(&mut values);
        values = match argument {
            Argument::User(user) => before.with(field.name(), user.index()),
            Argument::Group(group) => before.with(field.name(), group.index()),
            Argument::Users(users) => {
                debug_assert_eq!(field, Field::With);
                before.with_list(users.iter().map(User::index))
            }
        };
    });
    values
}

/// The value of each knob of the policy, by its name.
fn policy_values(policy: &Policy) -> Values {
    Values::default()
        .with("quorum", policy.quorum.name())
        .with("between-children", policy.between_children.name())
        .with("admission", policy.admission.name())
        .with("inviters", policy.inviters.name())
        .with("links", if policy.links { "on" } else { "off" })
        .with("create", policy.newcomer.create.name())
        .with("invite", policy.newcomer.invite.name())
        .with("accept", policy.newcomer.accept.name())
        .with("join", policy.newcomer.join.name())
        .with("message-send", policy.message.send.name())
        .with("message-deliver", policy.message.deliver.name())
        .with("call-send", policy.call.send.name())
        .with("call-deliver", policy.call.deliver.name())
        .with("on-loss", policy.on_loss.name())
}

fn user(id: i32) -> User {
    User::new(id as usize)
}

/// Adds a row to the observation; `None` if the row is not valid.
fn record(seen: &mut Observation, row: &[i32]) -> Option<()> {
    let [part, left, right] = *row else { return None };
    let (left, right) = (usize::try_from(left).ok()?, usize::try_from(right).ok()?);
    let user = || (right < MAX_USERS).then(|| User::new(right));
    if part < 6 {
        let view = seen.groups.get_mut(left).filter(|_| left < MAX_GROUPS)?;
        return record_group(view, part, right, user);
    }
    let of_user = if part == 6 { &mut seen.contacts } else { &mut seen.blocks };
    of_user.get_mut(left)?.insert(user()?);
    Some(())
}

fn record_group(
    view: &mut GroupView,
    part: i32,
    value: usize,
    user: impl Fn() -> Option<User>,
) -> Option<()> {
    match part {
        0 => view.members.insert(user()?),
        1 => view.invited.insert(user()?),
        2 => view.phase = *[Phase::Active, Phase::Frozen, Phase::Dissolved].get(value)?,
        3 => view.owner = Some(user()?),
        4 => view.banned.insert(user()?),
        5 => view.link = Link::Open,
        _ => return None,
    }
    Some(())
}
