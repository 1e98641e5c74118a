//! Implementations in other processes, in any language. A *driver* is started, speaks the driver protocol, and is ended
//! with everything that it started.
//!
//! This file makes a driver an [`Adapter`]. `pool` keeps drivers for later use, `session` speaks to one, and `process`
//! has its streams and its end. The messages are read and written by `format`, and described in `docs/protocol.md`.
//! Nothing is judged here: a driver that misbehaves has given no answer.

mod pool;
mod process;
mod session;

pub use pool::{DriverOptions, DriverPool, StartError};
pub use process::{is_ending, kill_all_drivers};

use std::collections::VecDeque;
use std::sync::Arc;

use chatwarden_model::{Command, Setup};

use chatwarden::adapter::{About, Adapter, Answer, Failure, Observation};
use chatwarden::format::{
    Names, Request, SessionContext, read_answer, read_nothing, read_observation, read_reason,
};
use session::Session;

/// The most characters of a driver's reason that are kept.
const MAX_REASON_CHARS: usize = 600;

/// A driver as an adapter. When it is dropped, a driver that still works goes back to its pool.
///
/// An example is at [`DriverPool`].
#[derive(Debug)]
pub struct DriverAdapter {
    drivers: Arc<DriverPool>,
    session: Option<Session>,
    context: SessionContext,
    /// Whether requests are sent before earlier ones are answered.
    pipelined: bool,
    /// The requests of an announced run that were sent and not answered yet.
    pipeline: VecDeque<Pipelined>,
    /// The id of the observation that was requested together with the last command.
    observing: Option<u64>,
    /// The last observation, as text and as read: most commands change nothing that can be seen.
    last: Option<(String, Observation)>,
    /// The reason for the last answer.
    reason: Option<String>,
}

/// A step of an announced run, with the ids of its requests.
#[derive(Clone, Copy, Debug)]
enum Pipelined {
    Reset { id: u64 },
    Step { apply: u64, command: Command, observe: u64 },
}

impl DriverAdapter {
    fn new(drivers: &Arc<DriverPool>, session: Session, names: &Names) -> Self {
        DriverAdapter {
            drivers: Arc::clone(drivers),
            session: Some(session),
            context: SessionContext { names: names.clone(), ..SessionContext::default() },
            pipelined: drivers.options().pipelined,
            pipeline: VecDeque::new(),
            observing: None,
            last: None,
            reason: None,
        }
    }

    /// The same driver, to which each request is sent only when the one before it is answered.
    #[must_use]
    pub fn without_pipelining(mut self) -> Self {
        self.pipelined = false;
        self
    }

    /// Sends `bye` to the driver, and waits for its end.
    ///
    /// # Errors
    /// If it does not answer, writes more, does not exit in time or exits with another code than 0.
    pub fn shut_down(mut self) -> Result<(), Failure> {
        self.session.take().map_or(Ok(()), Session::shut_down)
    }

    fn send(&mut self, request: Request) -> u64 {
        session(&mut self.session).send(request, &self.context)
    }

    /// Gives up the announced run. A driver that fails meanwhile is replaced, because the next run does not depend on
    /// this one.
    fn abandon_run(&mut self) {
        self.pipeline.clear();
        self.observing = None;
        if session(&mut self.session).skip_answers().is_err() {
            // If there is none, the next request to the failed one returns its failure.
            if let Ok(session) = self.drivers.replacement() {
                self.session = Some(session);
            }
        }
    }

    /// Sets the context of a reset. Users and groups without a name get numbers.
    fn set_context(&mut self, setup: &Setup) {
        self.context.names.fill(setup.cast.len(), setup.groups);
        self.context.setup = *setup;
        self.last = None;
    }
}

impl Adapter for DriverAdapter {
    fn about(&self) -> About {
        self.drivers.about().clone()
    }

    fn announce(&mut self, setup: &Setup, commands: &[Command]) {
        self.abandon_run();
        if !self.pipelined {
            return;
        }
        self.set_context(setup);
        let id = self.send(Request::Reset);
        self.pipeline.push_back(Pipelined::Reset { id });
        let listed = self.drivers.about().commands;
        for &command in commands.iter().filter(|command| listed.contains(command.kind())) {
            let apply = self.send(Request::Apply(command));
            let observe = self.send(Request::Observe);
            self.pipeline.push_back(Pipelined::Step { apply, command, observe });
        }
    }

    fn wants_announcements(&self) -> bool {
        true
    }

    fn reset(&mut self, setup: &Setup) -> Result<(), Failure> {
        self.observing = None;
        let id = match self.pipeline.pop_front() {
            Some(Pipelined::Reset { id }) if self.context.setup == *setup => id,
            _ => {
                self.abandon_run();
                self.set_context(setup);
                self.send(Request::Reset)
            }
        };
        session(&mut self.session).receive(id, read_nothing)
    }

    fn apply(&mut self, command: &Command) -> Result<Answer, Failure> {
        // A command that the driver does not list is never sent.
        if !self.drivers.about().commands.contains(command.kind()) {
            return Err(Failure::Unsupported);
        }
        self.reason = None;
        let (apply, observe) = match self.pipeline.pop_front() {
            Some(Pipelined::Step { apply, command: announced, observe }) if announced == *command => {
                (apply, Some(observe))
            }
            None => {
                let apply = self.send(Request::Apply(*command));
                // An observation follows in any case.
                (apply, self.pipelined.then(|| self.send(Request::Observe)))
            }
            Some(_) => return Err(Failure::Failed("the run is not the one that was announced".into())),
        };
        self.observing = observe;
        let (names, delivers, reason) = (&self.context.names, command.kind().delivers(), &mut self.reason);
        let session = session(&mut self.session);
        let protocol = session.protocol();
        session.receive(apply, |node| {
            let answer = read_answer(node, names, delivers, protocol)?;
            if !answer.is_allowed() {
                *reason = read_reason(node).map(|words| words.chars().take(MAX_REASON_CHARS).collect());
            }
            Ok(answer)
        })
    }

    fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    fn observe(&mut self, seen: &mut Observation) -> Result<(), Failure> {
        let id = self.observing.take().unwrap_or_else(|| self.send(Request::Observe));
        let (context, observes, last) = (&self.context, self.drivers.about().observes, &mut self.last);
        session(&mut self.session).receive(id, |node| {
            match last {
                Some((text, known)) if text == node.raw() => *seen = *known,
                _ => {
                    read_observation(node, context, observes, seen)?;
                    *last = Some((node.raw().into(), *seen));
                }
            }
            Ok(())
        })
    }
}

impl Drop for DriverAdapter {
    fn drop(&mut self) {
        if let Some(session) = self.session.take() {
            self.drivers.take_back(session);
        }
    }
}

/// The session of an adapter that is in use.
fn session(of: &mut Option<Session>) -> &mut Session {
    of.as_mut().expect("only dropping takes the session")
}
