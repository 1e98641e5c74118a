//! The drivers that one command starts. They are started when needed, kept while they work, restarted a limited number of
//! times, and all ended at the end.

use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use super::DriverAdapter;
use super::process;
use super::session::{SHOWN, Session};
use chatwarden::adapter::{About, Failure};
use chatwarden::format::Names;
use chatwarden::sanitize;

/// How drivers are started and spoken to.
///
/// ```
/// use chatwarden_cli::driver_process::DriverOptions;
/// assert!(DriverOptions::default().pipelined);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DriverOptions {
    /// The time that a driver may take to start and introduce itself, to answer a request, and to exit.
    pub timeout: Duration,
    /// Whether requests are sent before earlier ones are answered, where they do not depend on the answers.
    pub pipelined: bool,
    /// How often a driver may be restarted after one died, hung or gave a wrong answer.
    pub restarts: u32,
}

impl Default for DriverOptions {
    /// Ten seconds, pipelined, three restarts.
    fn default() -> Self {
        DriverOptions { timeout: Duration::from_secs(10), pipelined: true, restarts: 3 }
    }
}

/// The reason why a command starts no driver.
///
/// ```
/// use chatwarden_cli::driver_process::{DriverPool, DriverOptions, StartError};
/// let error = DriverPool::open("'my driver", DriverOptions::default()).unwrap_err();
/// assert!(matches!(error, StartError::Command(_)));
/// assert_eq!(error.to_string(), "`'my driver` is no command: missing closing quote");
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StartError {
    /// The command cannot be understood, or names no program that can be started.
    Command(String),
    /// The program started, but did not introduce itself as a driver.
    Driver(Failure),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StartError::Command(why) => f.write_str(why),
            StartError::Driver(failure) => failure.fmt(f),
        }
    }
}

impl std::error::Error for StartError {}

/// All drivers that one command starts.
///
/// Here the driver is a small chat service in Python; it may be any program in any language.
///
/// ```
/// use chatwarden::adapter::{Adapter, Answer};
/// use chatwarden_cli::driver_process::{DriverPool, DriverOptions};
/// use chatwarden::model::{Command, Preset, Setup, User};
/// use chatwarden::format::{BuiltInCast, Names};
/// # let program = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../drivers/python/driver.py");
/// # let command = format!("python3 {}", program.display());
///
/// let cast = BuiltInCast::Small.named_cast();
/// let setup = Setup { cast: cast.cast, groups: 1, policy: Preset::MessengerKids.policy() };
/// let drivers = DriverPool::open(&command, DriverOptions::default())?;
/// let mut driver = drivers.driver(&cast.with_groups(Names::numbered(1)))?;
/// driver.reset(&setup)?;
/// let [ann, kay, sam] = [0, 2, 4].map(User::new);
/// assert_eq!(driver.apply(&Command::Approve { by: ann, child: kay, contact: sam })?, Answer::allow());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct DriverPool {
    words: Vec<String>,
    options: DriverOptions,
    about: About,
    /// The drivers that are not in use.
    idle: Mutex<Vec<Session>>,
    /// The number of restarts that are left.
    restarts_left: AtomicU32,
    /// The failure of the last driver that failed.
    last_failure: Mutex<Option<Failure>>,
}

impl DriverPool {
    /// Starts the first driver of a command, whose words are split as a shell does it.
    ///
    /// # Errors
    /// If the command cannot be started, or does not introduce itself as a driver.
    pub fn open(command: &str, options: DriverOptions) -> Result<Arc<Self>, StartError> {
        let words = shell_words::split(command).map_err(|error| {
            StartError::Command(format!("{} is no command: {error}", sanitize::quoted(command, SHOWN)))
        })?;
        let (session, about) = Session::start(&words, options.timeout)?;
        Ok(Arc::new(DriverPool {
            words,
            options,
            about,
            idle: Mutex::new(vec![session]),
            restarts_left: AtomicU32::new(options.restarts),
            last_failure: Mutex::default(),
        }))
    }

    /// The implementation as the first driver introduced it.
    pub fn about(&self) -> &About {
        &self.about
    }

    /// How the drivers are started and spoken to.
    pub fn options(&self) -> DriverOptions {
        self.options
    }

    /// A driver that is not in use: an idle one, or a new one. Users and groups have these names.
    ///
    /// # Errors
    /// If none can be started, or no restart is left.
    pub fn driver(self: &Arc<Self>, names: &Names) -> Result<DriverAdapter, Failure> {
        if process::is_ending() {
            return Err(Failure::Failed("the program ends, and its drivers with it".into()));
        }
        let idle = self.idle().pop();
        let session = idle.map_or_else(|| self.start(), Ok)?;
        Ok(DriverAdapter::new(self, session, names))
    }

    /// Allows this many restarts from now on.
    pub fn allow_restarts(&self, count: u32) {
        self.restarts_left.store(count, Relaxed);
    }

    fn start(&self) -> Result<Session, Failure> {
        if let Some(failure) = self.last_failure().clone() {
            let (Failure::Failed(why) | Failure::Indefinite(why)) = failure else { return Err(failure) };
            let left = self.restarts_left.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1));
            left.map_err(|_| {
                Failure::Failed(format!("its drivers failed too often to be started again; at last {why}"))
            })?;
        }
        self.replacement()
    }

    /// A driver that was not used before.
    ///
    /// # Errors
    /// If none can be started.
    pub fn fresh_driver(self: &Arc<Self>, names: &Names) -> Result<DriverAdapter, Failure> {
        Ok(DriverAdapter::new(self, self.replacement()?, names))
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

    fn last_failure(&self) -> MutexGuard<'_, Option<Failure>> {
        self.last_failure.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a driver back. It is used again if it has not failed and does not answer only errors.
    pub(super) fn take_back(&self, session: Session) {
        match session.failure().or(session.persistent_error()) {
            None => self.idle().push(session),
            Some(failure) => *self.last_failure() = Some(failure),
        }
    }
}

/// All drivers end at the same time, because each may take a while.
impl Drop for DriverPool {
    fn drop(&mut self) {
        let idle = std::mem::take(&mut *self.idle());
        thread::scope(|scope| {
            for session in idle {
                // Without a thread the session is dropped, which ends its process as well.
                let _ = thread::Builder::new().spawn_scoped(scope, || session.end());
            }
        });
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Command(why) => Failure::Failed(why),
            StartError::Driver(failure) => failure,
        }
    }
}
