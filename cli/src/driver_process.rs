//! Implementations in other processes, in any language: a *driver* is started, spoken to in the driver protocol, and
//! ended with everything that it started.
//!
//! Here a driver becomes an [`Adapter`]. What the lines look like is known to `wire`; what a driver has to do is
//! written in `docs/protocol.md`. Nothing is judged here: a driver that misbehaves has given no answer.

mod pool;
mod process;
mod session;

pub use pool::{Drivers, Options, Unstartable};
pub use process::kill_all;

use std::collections::VecDeque;
use std::sync::Arc;

use chatwarden_model::{Command, Setup};

use chatwarden::adapter::{About, Adapter, Answer, Failure, Observation};
use chatwarden::format::{Names, Request, SessionContext, read_answer, read_observation};
use session::Session;

/// A driver as an adapter. When it is dropped, a driver that is still sound waits for whoever needs one next.
///
/// An example is at [`Drivers`].
#[derive(Debug)]
pub struct Exec {
    drivers: Arc<Drivers>,
    session: Option<Session>,
    about: About,
    stage: SessionContext,
    /// Whether requests are sent before the ones before them are answered.
    pipelined: bool,
    /// What was sent ahead: the reset's id until it is answered, and the commands with their ids.
    ahead: VecDeque<Ahead>,
    /// The id of the observation that was asked for with the last command.
    observing: Option<u64>,
    /// The last observation, as it came and as it was read: most commands change nothing that can be seen.
    last: Option<(String, Observation)>,
}

/// A request that was sent ahead.
#[derive(Clone, Copy, Debug)]
enum Ahead {
    Reset(u64),
    Apply(u64, Command, u64),
}

impl Exec {
    fn new(drivers: Arc<Drivers>, session: Session, about: About, names: Names) -> Self {
        let stage = SessionContext { names, ..SessionContext::default() };
        let pipelined = drivers.options().pipelined;
        Exec {
            drivers,
            session: Some(session),
            about,
            stage,
            pipelined,
            ahead: VecDeque::new(),
            observing: None,
            last: None,
        }
    }

    /// The same driver, which is sent each request only when the one before it is answered.
    #[must_use]
    pub fn in_turn(mut self) -> Self {
        self.pipelined = false;
        self
    }

    /// Says good-bye to the driver, and waits for its end.
    ///
    /// # Errors
    /// If it does not answer, says more, does not exit in time or exits with another code than 0.
    pub fn farewell(mut self) -> Result<(), Failure> {
        self.session.take().map_or(Ok(()), Session::farewell)
    }

    fn session(&mut self) -> &mut Session {
        self.session.as_mut().expect("it is there until this is dropped")
    }

    fn ask(&mut self, request: Request) -> u64 {
        let session = self.session.as_mut().expect("it is there until this is dropped");
        session.ask(request, &self.stage)
    }

    /// Gives up what was sent ahead. A driver that dies of it is replaced: the run to which that belonged is over, and the
    /// next one has nothing to do with it.
    fn forget(&mut self) {
        self.ahead.clear();
        self.observing = None;
        if self.session().settle().is_err() {
            // Where none can be had, the one that is broken says so when it is asked.
            if let Ok(session) = self.drivers.replacement() {
                self.session = Some(session);
            }
        }
    }

    /// Sets the stage for a reset. Users and groups that nobody named are called by their numbers.
    fn set(&mut self, setup: &Setup) {
        self.stage.names.fill(setup.cast.len(), setup.groups);
        self.stage.setup = *setup;
        self.last = None;
    }
}

impl Adapter for Exec {
    fn about(&self) -> About {
        self.about.clone()
    }

    fn announce(&mut self, setup: &Setup, commands: &[Command]) {
        self.forget();
        if !self.pipelined {
            return;
        }
        self.set(setup);
        let reset = self.ask(Request::Reset);
        self.ahead.push_back(Ahead::Reset(reset));
        for command in commands {
            let apply = self.ask(Request::Apply(*command));
            let observe = self.ask(Request::Observe);
            self.ahead.push_back(Ahead::Apply(apply, *command, observe));
        }
    }

    fn wants_announcements(&self) -> bool {
        true
    }

    fn reset(&mut self, setup: &Setup) -> Result<(), Failure> {
        self.observing = None;
        let id = match self.ahead.pop_front() {
            Some(Ahead::Reset(id)) if self.stage.setup == *setup => id,
            _ => {
                self.forget();
                self.set(setup);
                self.ask(Request::Reset)
            }
        };
        self.session().done(id)
    }

    fn apply(&mut self, command: &Command) -> Result<Answer, Failure> {
        let (apply, observe) = match self.ahead.pop_front() {
            Some(Ahead::Apply(apply, announced, observe)) if announced == *command => (apply, Some(observe)),
            None => {
                let apply = self.ask(Request::Apply(*command));
                // What can be seen afterwards is asked for in any case.
                (apply, self.pipelined.then(|| self.ask(Request::Observe)))
            }
            Some(_) => return Err(Failure::Failed("the run is not the one that was announced".into())),
        };
        self.observing = observe;
        let (names, delivers) = (&self.stage.names, command.kind().delivers());
        let session = self.session.as_mut().expect("it is there until this is dropped");
        session.answered(apply, |node| read_answer(node, names, delivers).map_err(|error| error.to_string()))
    }

    fn observe(&mut self, seen: &mut Observation) -> Result<(), Failure> {
        let id = self.observing.take().unwrap_or_else(|| self.ask(Request::Observe));
        let (stage, observes, last) = (&self.stage, self.about.observes, &mut self.last);
        let session = self.session.as_mut().expect("it is there until this is dropped");
        session.answered(id, |node| {
            match last {
                Some((text, known)) if text == node.raw() => *seen = *known,
                _ => {
                    read_observation(node, stage, observes, seen).map_err(|error| error.to_string())?;
                    *last = Some((node.raw().into(), *seen));
                }
            }
            Ok(())
        })
    }
}

impl Drop for Exec {
    fn drop(&mut self) {
        if let Some(session) = self.session.take() {
            self.drivers.take_back(session);
        }
    }
}

/// Somebody else's text as a part of a message: on one line, not too long, its end rather than its start.
fn plain(text: &str) -> String {
    const MOST: usize = 600;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let joined = lines.collect::<Vec<_>>().join(" / ");
    let over = joined.chars().count().saturating_sub(MOST);
    let start = if over > 0 { "…" } else { "" };
    let end = joined.chars().skip(over);
    start.chars().chain(end).map(|char| if char.is_control() { '\u{fffd}' } else { char }).collect()
}
