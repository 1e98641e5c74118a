//! A conversation with a driver: requests go out with their ids, answers come back in their order, and whatever else
//! happens is told with the line that shows it.
//!
//! What an answer means to a run is the adapter's to say, in `exec`.

use std::collections::VecDeque;
use std::fmt::Write;
use std::time::{Duration, Instant};

use chatwarden_model::NamedEnum;

use super::Unstartable;
use super::process::{self, Broken, Process};
use chatwarden::adapter::{About, Failure};
use chatwarden::format::{
    Node, Refusal, Reply, Request, SessionContext, Source, code, read_about, read_nothing,
};

/// Where people read what a driver should have said.
const PAGE: &str = "docs/protocol.md";

/// The most characters of a line that a message shows.
const SHOWN: usize = 300;

/// The name under which errors speak of a line.
const ANSWER: &str = "answer";

/// A driver that has introduced itself.
#[derive(Debug)]
pub(super) struct Session {
    process: Process,
    limit: Duration,
    next: u64,
    /// The requests that were sent and not answered yet.
    awaited: VecDeque<(u64, Request)>,
    line: Vec<u8>,
    /// Why it is not spoken to any more.
    broken: Option<Failure>,
}

impl Session {
    /// Starts a driver and greets it.
    pub(super) fn start(words: &[String], limit: Duration) -> Result<(Self, About), Unstartable> {
        let process = Process::start(words).map_err(|error| {
            Unstartable::Command(format!("`{}` cannot be started: {error}", words.join(" ")))
        })?;
        let mut session =
            Session { process, limit, next: 1, awaited: VecDeque::new(), line: Vec::new(), broken: None };
        let id = session.ask(Request::Hello, &SessionContext::default());
        let about = session.answered(id, |node| read_about(node).map_err(|error| error.to_string()));
        let about = about.map_err(Unstartable::Driver)?;
        Ok((session, about))
    }

    /// Why it cannot be asked any more, if so.
    pub(super) fn failure(&self) -> Option<Failure> {
        self.broken.clone()
    }

    /// Sends a request, or leaves it to be sent with the next answer that is waited for. Its id.
    pub(super) fn ask(&mut self, request: Request, stage: &SessionContext) -> u64 {
        let id = self.next;
        self.next += 1;
        request.write(id, stage, self.process.outgoing());
        self.awaited.push_back((id, request));
        id
    }

    /// Waits for the answer to a request, and reads its result. The answers to those before it are passed over.
    pub(super) fn answered<T>(
        &mut self,
        id: u64,
        read: impl FnOnce(Node<'_>) -> Result<T, String>,
    ) -> Result<T, Failure> {
        if let Some(failure) = &self.broken {
            return Err(failure.clone());
        }
        loop {
            let Some((awaited, request)) = self.awaited.pop_front() else {
                return Err(Failure::Failed("an answer is waited for that was taken already".into()));
            };
            self.receive(request)?;
            let read_frame = || Reply::read(Source::from_bytes(ANSWER, &self.line)?);
            let wrong = match read_frame() {
                Err(error) => error.to_string(),
                Ok(reply) if reply.id != Some(awaited) => misplaced(&reply, awaited),
                Ok(_) if awaited != id => continue,
                Ok(Reply { outcome: Ok(node), .. }) => match read(node) {
                    Ok(result) => return Ok(result),
                    Err(error) => error,
                },
                Ok(Reply { outcome: Err(refusal), .. }) => return Err(self.refused(request, &refusal)),
            };
            return Err(self.unreadable(request, awaited, &wrong));
        }
    }

    /// Waits for the answer to a request that has nothing to tell.
    pub(super) fn done(&mut self, id: u64) -> Result<(), Failure> {
        self.answered(id, |node| read_nothing(node).map_err(|error| error.to_string()))
    }

    /// Takes the answers that nobody waits for any more, of a run that was given up.
    ///
    /// # Errors
    /// If it breaks off before, which says nothing of what is asked from here on.
    pub(super) fn settle(&mut self) -> Result<(), Failure> {
        match self.awaited.back() {
            Some((last, _)) if self.broken.is_none() => {
                // Whatever the last one says, it was said in its turn.
                let _ = self.answered(*last, |_| Ok(()));
                self.broken.clone().map_or(Ok(()), Err)
            }
            _ => Ok(()),
        }
    }

    /// Says good-bye, and sees to it that the process ends, all in the time that one answer may take.
    pub(super) fn dismiss(mut self) {
        let deadline = Instant::now() + self.limit;
        if self.broken.is_none() {
            self.ask(Request::Bye, &SessionContext::default());
            while self.awaited.pop_front().is_some() {
                // Whatever it answers, it has nothing more to tell.
                if self.process.line(deadline.saturating_duration_since(Instant::now())).is_err() {
                    break;
                }
            }
        }
        self.process.stop(deadline.saturating_duration_since(Instant::now()));
    }

    /// Says good-bye and waits for the end, which is to come by itself.
    ///
    /// # Errors
    /// If it does not answer, says more, does not exit in time or exits with another code than 0.
    pub(super) fn farewell(mut self) -> Result<(), Failure> {
        if self.broken.is_some() {
            return Ok(());
        }
        let id = self.ask(Request::Bye, &SessionContext::default());
        self.done(id)?;
        let limit = humantime::format_duration(self.limit);
        let wrong = match self.process.line(self.limit) {
            Ok(line) => format!("the driver wrote a line of {} bytes after its answer to `bye`", line.len()),
            Err(Broken::Ended { within_line, .. }) if !within_line.is_empty() => {
                "the driver wrote something after its answer to `bye`".into()
            }
            Err(Broken::Ended { status: Some(status), .. }) if status.success() => return Ok(()),
            Err(Broken::Ended { status: Some(status), .. }) => {
                format!("the driver {} after `bye`", process::exit(status))
            }
            Err(_) => format!("the driver did not exit within {limit} after `bye`"),
        };
        Err(self.breaks(wrong, "bye"))
    }

    /// Takes the next line into the buffer.
    fn receive(&mut self, request: Request) -> Result<(), Failure> {
        let broken = match self.process.line(self.limit) {
            Ok(line) => {
                self.line.clear();
                self.line.extend_from_slice(line);
                return Ok(());
            }
            Err(broken) => broken,
        };
        let method = request.method().name();
        let (what, line, anchor) = match broken {
            Broken::Ended { within_line, status } => {
                let how = status.map_or("closed its standard output".into(), process::exit);
                (format!("the driver {how} instead of answering `{method}`"), within_line, "lines")
            }
            Broken::Late { within_line } => {
                let limit = humantime::format_duration(self.limit);
                (format!("the driver did not answer `{method}` within {limit}"), within_line, "time")
            }
            Broken::TooLong { start } => {
                (format!("the driver answered `{method}` with a line of more than 1 MiB"), start, "lines")
            }
            Broken::Streams(kind) => (format!("the driver's streams failed: {kind}"), Vec::new(), "lines"),
        };
        self.line = line;
        let what =
            if self.line.is_empty() { what } else { format!("{what}; the line so far is {}", self.shown()) };
        Err(self.breaks(what, anchor))
    }

    fn refused(&mut self, request: Request, refusal: &Refusal) -> Failure {
        let said = super::plain(&refusal.message);
        match (refusal.code, request) {
            (code::UNSUPPORTED, Request::Apply(_)) => Failure::Unsupported,
            (code::INDEFINITE, _) => Failure::Indefinite(said),
            (number, _) => {
                let method = request.method().name();
                let words = self.last_words();
                Failure::Failed(format!(
                    "it answered `{method}` with error {number}: {said}{words}; see {PAGE}#errors"
                ))
            }
        }
    }

    fn unreadable(&mut self, request: Request, id: u64, wrong: &str) -> Failure {
        let method = request.method().name();
        let what = format!(
            "the driver's answer to `{method}` (request {id}) is wrong: {wrong}; the line is {}",
            self.shown()
        );
        self.breaks(what, method)
    }

    /// Ends the conversation: after this there is no telling which answer belongs to which request.
    fn breaks(&mut self, what: String, anchor: &str) -> Failure {
        self.process.stop(Duration::ZERO);
        let failure = Failure::Failed(format!("{what}{}; see {PAGE}#{anchor}", self.last_words()));
        self.broken = Some(failure.clone());
        failure
    }

    fn shown(&self) -> String {
        let text = String::from_utf8_lossy(&self.line[..self.line.len().min(4 * SHOWN)]);
        let mut shown: String = text.chars().take(SHOWN).flat_map(visible).collect();
        if shown.len() < self.line.len() {
            let _ = write!(shown, "… ({} bytes)", self.line.len());
        }
        format!("`{shown}`")
    }

    fn last_words(&mut self) -> String {
        match super::plain(&self.process.last_words()) {
            words if words.is_empty() => String::new(),
            words => format!("; its standard error ends in: {words}"),
        }
    }
}

/// Why an answer is not the one that is waited for.
fn misplaced(reply: &Reply<'_>, awaited: u64) -> String {
    match (reply.id, &reply.outcome) {
        (None, Err(refusal)) => format!("it could not read the request: {}", super::plain(&refusal.message)),
        (None, Ok(_)) => format!("its id is null; expected {awaited}"),
        (Some(id), _) if (1..awaited).contains(&id) => {
            format!("its id is {id}, of a request that was answered before; expected {awaited}")
        }
        (Some(id), _) => format!("its id is {id}, out of turn; expected {awaited}"),
    }
}

/// A character as a message shows it: whatever would have its way with the terminal is escaped.
fn visible(char: char) -> impl Iterator<Item = char> {
    let escaped = char.is_control().then(|| char.escape_debug());
    let plain = escaped.is_none().then_some(char);
    escaped.into_iter().flatten().chain(plain)
}
