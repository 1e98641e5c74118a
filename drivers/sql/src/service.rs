//! The back end: each command is a script of SQL in one transaction, and the database knows the rules.
//!
//! Deliberately absent: any rule. This file looks up the script of a command, gives it the values that the command
//! names, and says what came of it.

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

use crate::database::{Database, Trouble};
use crate::fault::{Fault, Sql};
use crate::script::{Purpose, Scripts, Values};

/// How often a transaction that met another one is tried in all.
const ATTEMPTS: u32 = 12;

/// How long to wait before the second attempt; before each further one it is twice as long. That is two seconds in
/// all: as long as some transaction goes on, PostgreSQL may remember those that ended meanwhile only roughly, and
/// then finds conflicts where there are none.
const PAUSE: Duration = Duration::from_millis(1);

/// A chat service whose accounts, rooms and rules are in a database.
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
///     assert!(!service.apply(&launch)?.is_allowed(), "nobody approved the two for each other");
/// }
/// # Ok::<(), chatwarden::adapter::Failure>(())
/// ```
pub struct Service {
    database: Box<dyn Database>,
    fault: Option<Fault>,
    scripts: Arc<Scripts>,
    /// A hash of what is the same for a whole run.
    ground: u128,
    /// The hash of the tables since the last change, once it was asked for.
    contents: Cell<Option<u128>>,
}

impl Service {
    /// The service on a database that has none of its tables yet, with or without a fault.
    ///
    /// # Errors
    /// If the tables cannot be made.
    pub fn new(database: Box<dyn Database>, fault: Option<Fault>) -> Result<Self, Failure> {
        let sql = Sql::with(fault).map_err(Failure::Failed)?;
        let scripts = Scripts::read(&sql.scripts).map_err(Failure::Failed)?;
        database.batch(&sql.schema).map_err(failed)?;
        Ok(Service { database, fault, scripts: Arc::new(scripts), ground: 0, contents: Cell::new(None) })
    }

    /// The database, for who wants to look at the tables.
    pub fn database(&self) -> &dyn Database {
        &*self.database
    }

    /// Runs a script in a transaction of its own.
    fn carry_out(&self, script: &str, values: &Values) -> Result<Answer, Trouble> {
        self.transaction(|| self.run(script, values))
    }

    /// Does the work in a transaction, which is kept if it was allowed, and tries again what met another one.
    fn transaction(&self, work: impl Fn() -> Result<Answer, Trouble>) -> Result<Answer, Trouble> {
        for earlier in 0.. {
            match self.attempt(&work) {
                Err(Trouble::Conflict(_)) if earlier + 1 < ATTEMPTS => thread::sleep(PAUSE * (1 << earlier)),
                // The database has the last word: what a constraint forbids is refused.
                Err(Trouble::Forbidden(_)) => return Ok(Answer::Deny),
                result => return result,
            }
        }
        unreachable!("the last attempt returns")
    }

    fn attempt(&self, work: &impl Fn() -> Result<Answer, Trouble>) -> Result<Answer, Trouble> {
        self.database.begin()?;
        let result = work();
        match result {
            Ok(answer) if answer.is_allowed() => {
                let committed = self.database.commit().map(|()| answer);
                committed.inspect_err(|_| self.give_up())
            }
            Ok(_) => self.database.rollback().map(|()| Answer::Deny),
            Err(trouble) => {
                self.give_up();
                Err(trouble)
            }
        }
    }

    /// Ends a transaction after trouble. If that fails too, the first trouble tells more.
    fn give_up(&self) {
        let _ = self.database.rollback();
    }

    /// Runs the statements of a script until a question has no answer.
    fn run(&self, script: &str, values: &Values) -> Result<Answer, Trouble> {
        let mut delivered = UserSet::EMPTY;
        for statement in self.scripts.get(script).map_err(Trouble::Failed)? {
            let (text, places) = statement.bound(values).map_err(Trouble::Failed)?;
            match statement.purpose {
                Purpose::Changes => {
                    self.contents.set(None);
                    self.database.execute(text, &places)?;
                }
                Purpose::Asks => {
                    let mut answered = false;
                    self.database.query(text, &places, &mut |_| answered = true)?;
                    if !answered {
                        return Ok(Answer::Deny);
                    }
                }
                Purpose::Takes => {
                    self.database.query(text, &places, &mut |row| delivered.insert(user(row[0])))?;
                }
            }
        }
        Ok(Answer::Allow { delivered })
    }

    /// Each row that a script without values answers.
    fn read(&self, script: &str, row: &mut dyn FnMut(&[i32])) -> Result<(), Trouble> {
        for statement in self.scripts.get(script).map_err(Trouble::Failed)? {
            let (text, places) = statement.bound(&Values::default()).map_err(Trouble::Failed)?;
            self.database.query(text, &places, row)?;
        }
        Ok(())
    }

    fn start(&self, setup: &Setup) -> Result<Answer, Trouble> {
        self.run("empty", &Values::default())?;
        self.run("set-policy", &of_policy(&setup.policy))?;
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
    fn hash_of_contents(&self) -> Option<u128> {
        if self.contents.get().is_none() {
            let mut halves = [0, 1].map(|seed| FixedState::with_seed(seed).build_hasher());
            let read = self.read("contents", &mut |row| halves.iter_mut().for_each(|half| row.hash(half)));
            self.contents.set(read.ok().map(|()| joined(halves.map(|half| half.finish()))));
        }
        self.contents.get()
    }
}

impl Adapter for Service {
    fn about(&self) -> About {
        About::exact("chatwarden-sql", env!("CARGO_PKG_VERSION"))
    }

    fn reset(&mut self, setup: &Setup) -> Result<(), Failure> {
        let whole = (setup.cast, setup.groups, setup.policy, self.fault);
        self.ground = joined([2, 3].map(|seed| FixedState::with_seed(seed).hash_one(whole)));
        match self.transaction(|| self.start(setup)) {
            Ok(Answer::Allow { .. }) => Ok(()),
            Ok(Answer::Deny) => Err(Failure::Failed("a constraint forbids the cast or the policy".into())),
            Err(trouble) => Err(failed(trouble)),
        }
    }

    fn apply(&mut self, command: &Command) -> Result<Answer, Failure> {
        self.carry_out(command.kind().name(), &of_command(command)).map_err(|trouble| match trouble {
            Trouble::Conflict(_) | Trouble::Lost(_) => Failure::Indefinite(trouble.to_string()),
            Trouble::Forbidden(_) | Trouble::Failed(_) => failed(trouble),
        })
    }

    fn observe(&mut self, seen: &mut Observation) -> Result<(), Failure> {
        let mut unknown = None;
        let read = self.read("observe", &mut |row| {
            if note(seen, row).is_none() {
                unknown = Some(format!("it shows {row:?}, which means nothing"));
            }
        });
        read.map_err(failed)?;
        unknown.map_or(Ok(()), |what| Err(Failure::Failed(what)))
    }

    fn fork(&self) -> Option<Box<dyn Adapter + Send>> {
        let database = self.database.copy().ok()??;
        let contents = self.contents.clone();
        Some(Box::new(Service {
            database,
            fault: self.fault,
            scripts: self.scripts.clone(),
            ground: self.ground,
            contents,
        }))
    }

    fn fingerprint(&self) -> Option<u128> {
        // The odd factor keeps the two apart.
        self.hash_of_contents()
            .map(|contents| contents.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835) ^ self.ground)
    }
}

fn failed(trouble: Trouble) -> Failure {
    Failure::Failed(trouble.to_string())
}

fn joined(halves: [u64; 2]) -> u128 {
    u128::from(halves[0]) << 64 | u128::from(halves[1])
}

/// Every field of the command under its name.
fn of_command(command: &Command) -> Values {
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

/// Every knob of the policy under its name.
fn of_policy(policy: &Policy) -> Values {
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

/// Writes down a row of an observation; none if it cannot be understood.
fn note(seen: &mut Observation, row: &[i32]) -> Option<()> {
    let [part, left, right] = *row else { return None };
    let (left, right) = (usize::try_from(left).ok()?, usize::try_from(right).ok()?);
    let user = || (right < MAX_USERS).then(|| User::new(right));
    if part < 6 {
        let view = seen.groups.get_mut(left).filter(|_| left < MAX_GROUPS)?;
        return note_of_group(view, part, right, user);
    }
    let of_user = if part == 6 { &mut seen.contacts } else { &mut seen.blocks };
    of_user.get_mut(left)?.insert(user()?);
    Some(())
}

fn note_of_group(
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
