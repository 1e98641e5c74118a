//! The drivers of a command: started when one is needed, kept while they are sound, started anew only so often, and
//! all ended at the end.

use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use super::Exec;
use super::session::Session;
use chatwarden::adapter::{About, Failure};
use chatwarden::format::Names;

/// How drivers are started and spoken to.
///
/// ```
/// use chatwarden_cli::driver_process::Options;
/// assert!(Options::default().pipelined);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Options {
    /// How long a driver may take to start and introduce itself, to answer a request, and to exit.
    pub timeout: Duration,
    /// Whether requests are sent before the ones before them are answered, where the answers cannot matter.
    pub pipelined: bool,
    /// How often drivers may be started anew, after one died, hung or answered nonsense.
    pub restarts: u32,
}

impl Default for Options {
    /// Ten seconds, pipelined, three restarts.
    fn default() -> Self {
        Options { timeout: Duration::from_secs(10), pipelined: true, restarts: 3 }
    }
}

/// Why a command is of no use as a driver.
///
/// ```
/// use chatwarden_cli::driver_process::{Drivers, Options, Unstartable};
/// let error = Drivers::open("'my driver", Options::default()).unwrap_err();
/// assert!(matches!(error, Unstartable::Command(_)));
/// assert_eq!(error.to_string(), "`'my driver` is no command: missing closing quote");
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Unstartable {
    /// The command cannot be understood, or names no program that can be started.
    Command(String),
    /// The program started, but did not introduce itself as a driver.
    Driver(Failure),
}

impl fmt::Display for Unstartable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unstartable::Command(why) => f.write_str(why),
            Unstartable::Driver(failure) => failure.fmt(f),
        }
    }
}

impl std::error::Error for Unstartable {}

/// All drivers that one command starts.
///
/// Here the driver is a tiny chat service in Python; it could be any program in any language.
///
/// ```
/// use chatwarden::adapter::{Adapter, Answer};
/// use chatwarden_cli::driver_process::{Drivers, Options};
/// use chatwarden::model::{Command, Preset, Setup, User};
/// use chatwarden::format::{BuiltInCast, Names};
/// # let program = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("drivers/python/driver.py");
/// # let command = format!("python3 {}", program.display());
///
/// let cast = BuiltInCast::Small.named_cast();
/// let setup = Setup { cast: cast.cast, groups: 1, policy: Preset::MessengerKids.policy() };
/// let drivers = Drivers::open(&command, Options::default())?;
/// let mut driver = drivers.driver(&cast.with_groups(Names::numbered(1)))?;
/// driver.reset(&setup)?;
/// let [ann, kay, sam] = [0, 2, 4].map(User::new);
/// assert_eq!(driver.apply(&Command::Approve { by: ann, child: kay, contact: sam })?, Answer::allow());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Drivers {
    words: Vec<String>,
    options: Options,
    about: About,
    /// Those that nobody uses at the moment.
    idle: Mutex<Vec<Session>>,
    /// How many more may be started in the place of others.
    left: AtomicU32,
    /// What was wrong with the last one that failed.
    last: Mutex<Option<Failure>>,
}

impl Drivers {
    /// Starts the first driver of a command, whose words are split as a shell does it.
    ///
    /// # Errors
    /// If the command cannot be started, or does not introduce itself as a driver.
    pub fn open(command: &str, options: Options) -> Result<Arc<Self>, Unstartable> {
        let words = shell_words::split(command)
            .map_err(|error| Unstartable::Command(format!("`{command}` is no command: {error}")))?;
        let (session, about) = Session::start(&words, options.timeout)?;
        let (idle, left) = (Mutex::new(vec![session]), AtomicU32::new(options.restarts));
        Ok(Arc::new(Drivers { words, options, about, idle, left, last: Mutex::default() }))
    }

    /// What the first driver said about the implementation.
    pub fn about(&self) -> &About {
        &self.about
    }

    /// How they are started and spoken to.
    pub fn options(&self) -> Options {
        self.options
    }

    /// A driver that is used by nobody else: one that waits, or a new one. Users and groups have these names.
    ///
    /// # Errors
    /// If none can be started, or as many were started anew as may be.
    pub fn driver(self: &Arc<Self>, names: &Names) -> Result<Exec, Failure> {
        let waiting = self.idle().pop();
        let session = match waiting {
            Some(session) => session,
            None => self.start()?,
        };
        Ok(Exec::new(Arc::clone(self), session, self.about.clone(), names.clone()))
    }

    /// Allows for so many restarts from here on.
    pub fn allow_restarts(&self, count: u32) {
        self.left.store(count, Relaxed);
    }

    fn start(&self) -> Result<Session, Failure> {
        if let Some(failure) = self.last().clone() {
            let (Failure::Failed(why) | Failure::Indefinite(why)) = failure else { return Err(failure) };
            let left = self.left.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1));
            left.map_err(|_| {
                Failure::Failed(format!("its drivers failed too often to be started again; at last {why}"))
            })?;
        }
        self.replacement()
    }

    /// A driver that nobody used before.
    ///
    /// # Errors
    /// If none can be started.
    pub fn fresh_driver(self: &Arc<Self>, names: &Names) -> Result<Exec, Failure> {
        let session = self.replacement()?;
        Ok(Exec::new(Arc::clone(self), session, self.about.clone(), names.clone()))
    }

    pub(super) fn replacement(&self) -> Result<Session, Failure> {
        let (session, about) = Session::start(&self.words, self.options.timeout)?;
        if (about.commands, about.observes) != (self.about.commands, self.about.observes) {
            return Err(Failure::Failed(
                "another of its drivers introduces itself otherwise than the first".into(),
            ));
        }
        Ok(session)
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Session>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn last(&self) -> MutexGuard<'_, Option<Failure>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a driver back, to be used again if it is sound.
    pub(super) fn take_back(&self, session: Session) {
        match session.failure() {
            None => self.idle().push(session),
            Some(failure) => *self.last() = Some(failure),
        }
    }
}

/// All are said good-bye to at once, since each may take its time.
impl Drop for Drivers {
    fn drop(&mut self) {
        let idle = std::mem::take(&mut *self.idle());
        thread::scope(|scope| {
            for session in idle {
                scope.spawn(|| session.dismiss());
            }
        });
    }
}

impl From<Unstartable> for Failure {
    fn from(error: Unstartable) -> Self {
        match error {
            Unstartable::Command(why) => Failure::Failed(why),
            Unstartable::Driver(failure) => failure,
        }
    }
}
