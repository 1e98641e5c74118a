//! A session with a driver: requests go out with their ids, and answers come back in the same order. Everything else is a
//! failure, whose message quotes the line.
//!
//! The adapter in `driver_process` interprets the answers.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use chatwarden_model::NamedEnum;

use super::StartError;
use super::process::{self, Process, ReadError};
use chatwarden::adapter::{About, Failure};
use chatwarden::format::{
    Error, Node, PROTOCOL_VERSION, Refusal, Reply, Request, SessionContext, Source, code, read_about,
    read_nothing,
};
use chatwarden::sanitize;

/// The page that describes the right answers.
const PAGE: &str = "docs/protocol.md";

/// The most characters of a line or a command that a message quotes.
pub(super) const SHOWN: usize = 300;

/// A driver that has introduced itself.
#[derive(Debug)]
pub(super) struct Session {
    process: Process,
    limit: Duration,
    next_id: u64,
    /// The requests that were sent and not answered yet.
    awaited: VecDeque<(u64, Request)>,
    line: Vec<u8>,
    /// The version of the protocol that the driver chose.
    protocol: u64,
    /// The failure after which no request is sent any more.
    failure: Option<Failure>,
    /// True if the failure is that the driver ended.
    has_ended: bool,
    errors: Errors,
}

/// The errors that a driver answered, without those that say that a command is not supported or has no
/// definite result.
#[derive(Clone, Default, Debug)]
struct Errors {
    /// The number of runs that were begun.
    runs: u64,
    /// The last run in which a command was answered with an error.
    last_run: Option<u64>,
    /// The first error that another run may not mend: the answer to a reset or an observation, or to
    /// commands of two runs one after the other.
    persistent: Option<Failure>,
}

impl Errors {
    fn add(&mut self, request: Request, failure: &Failure) {
        let is_persistent = match request {
            // A driver that knows only version 1 of the protocol may refuse the first `hello`.
            Request::Hello { .. } | Request::Bye => false,
            Request::Reset | Request::Observe => true,
            Request::Apply(_) => {
                let before = self.last_run.replace(self.runs);
                before.is_some_and(|before| before + 1 == self.runs)
            }
        };
        if is_persistent {
            self.persistent.get_or_insert_with(|| failure.clone());
        }
    }
}

impl Session {
    /// Starts a driver and sends `hello`. A driver that knows no other version of the protocol than 1 may
    /// refuse a `hello` of a later one, or end. It is asked again, in version 1.
    pub(super) fn start(words: &[String], limit: Duration) -> Result<(Self, About), StartError> {
        let mut session = Session::open(words, limit)?;
        let mut about = session.hello(PROTOCOL_VERSION);
        if about.is_err() && session.has_ended {
            session = Session::open(words, limit)?;
        }
        if about.is_err() && session.failure.is_none() {
            about = session.hello(1);
        }
        Ok((session, about.map_err(StartError::Driver)?))
    }

    fn open(words: &[String], limit: Duration) -> Result<Self, StartError> {
        let process = Process::start(words).map_err(|error| {
            let command = sanitize::quoted(&words.join(" "), SHOWN);
            StartError::Command(format!("{command} cannot be started: {error}"))
        })?;
        Ok(Session {
            process,
            limit,
            next_id: 1,
            awaited: VecDeque::new(),
            line: Vec::new(),
            protocol: PROTOCOL_VERSION,
            failure: None,
            has_ended: false,
            errors: Errors::default(),
        })
    }

    fn hello(&mut self, protocol: u64) -> Result<About, Failure> {
        let id = self.send(Request::Hello { protocol }, &SessionContext::default());
        let (about, chosen) = self.receive(id, |node| read_about(node, protocol))?;
        self.protocol = chosen;
        Ok(about)
    }

    /// The version of the protocol that is spoken.
    pub(super) fn protocol(&self) -> u64 {
        self.protocol
    }

    /// The failure that ended the session, if one did.
    pub(super) fn failure(&self) -> Option<Failure> {
        self.failure.clone()
    }

    /// The error after which the driver is started anew, as if it had ended: it answers every run with one.
    pub(super) fn persistent_error(&self) -> Option<Failure> {
        self.errors.persistent.clone()
    }

    /// Adds a request to those that go out while the next answer is waited for, and returns its id.
    pub(super) fn send(&mut self, request: Request, context: &SessionContext) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        self.errors.runs += u64::from(request == Request::Reset);
        request.write(id, context, self.process.outgoing());
        self.awaited.push_back((id, request));
        id
    }

    /// Waits for the answer to a request, and reads its result. The answers to earlier requests are skipped.
    pub(super) fn receive<T>(
        &mut self,
        id: u64,
        read: impl FnOnce(Node<'_>) -> Result<T, Error>,
    ) -> Result<T, Failure> {
        if let Some(failure) = &self.failure {
            return Err(failure.clone());
        }
        loop {
            let Some((awaited, request)) = self.awaited.pop_front() else {
                return Err(Failure::Failed("an answer is waited for that was taken already".into()));
            };
            self.read_line(request)?;
            let read_frame = || Reply::read(Source::from_bytes("answer", &self.line)?);
            let wrong = match read_frame() {
                Err(error) => error.to_string(),
                Ok(reply) if reply.id != Some(awaited) => misplaced(&reply, awaited),
                Ok(_) if awaited != id => continue,
                Ok(Reply { outcome: Ok(node), .. }) => match read(node) {
                    Ok(result) => return Ok(result),
                    Err(error) => error.to_string(),
                },
                Ok(Reply { outcome: Err(refusal), .. }) => return Err(self.refused(request, &refusal)),
            };
            let method = request.method().name();
            let line = self.quoted();
            let what = format!(
                "the driver's answer to `{method}` (request {awaited}) is wrong: {wrong}; the line is {line}"
            );
            return Err(self.fail(what, method));
        }
    }

    /// Skips the answers of a run that was given up.
    ///
    /// # Errors
    /// If the session fails meanwhile. Later requests have nothing to do with that.
    pub(super) fn skip_answers(&mut self) -> Result<(), Failure> {
        match self.awaited.back() {
            Some((last, _)) if self.failure.is_none() => {
                // An error as the last answer is no failure of the session.
                let (last, errors) = (*last, self.errors.clone());
                let _ = self.receive(last, |_| Ok(()));
                self.errors = errors;
                self.failure.clone().map_or(Ok(()), Err)
            }
            _ => Ok(()),
        }
    }

    /// Sends `bye` and ends the process, within the time that one answer may take.
    pub(super) fn end(mut self) {
        let deadline = Instant::now() + self.limit;
        if self.failure.is_none() {
            self.send(Request::Bye, &SessionContext::default());
            while self.awaited.pop_front().is_some() {
                // The answers do not matter any more.
                if self.process.line(deadline.saturating_duration_since(Instant::now())).is_err() {
                    break;
                }
            }
        }
        self.process.stop(deadline.saturating_duration_since(Instant::now()));
    }

    /// Sends `bye` and waits until the process exits by itself.
    ///
    /// # Errors
    /// If it does not answer, writes more, does not exit in time or exits with another code than 0.
    pub(super) fn shut_down(mut self) -> Result<(), Failure> {
        if self.failure.is_some() {
            return Ok(());
        }
        let id = self.send(Request::Bye, &SessionContext::default());
        self.receive(id, read_nothing)?;
        let limit = humantime::format_duration(self.limit);
        let wrong = match self.process.line(self.limit) {
            Ok(line) => format!("the driver wrote a line of {} bytes after its answer to `bye`", line.len()),
            Err(ReadError::Ended { within_line, .. }) if !within_line.is_empty() => {
                "the driver wrote something after its answer to `bye`".into()
            }
            Err(ReadError::Ended { status: Some(status), .. }) if status.success() => return Ok(()),
            Err(ReadError::Ended { status: Some(status), .. }) => {
                format!("the driver {} after `bye`", process::exit(status))
            }
            Err(_) => format!("the driver did not exit within {limit} after `bye`"),
        };
        Err(self.fail(wrong, "bye"))
    }

    /// Reads the next line into the buffer.
    fn read_line(&mut self, request: Request) -> Result<(), Failure> {
        let error = match self.process.line(self.limit) {
            Ok(line) => {
                self.line.clear();
                self.line.extend_from_slice(line);
                return Ok(());
            }
            Err(error) => error,
        };
        let method = request.method().name();
        let (what, line, anchor) = match error {
            ReadError::Ended { within_line, status } => {
                self.has_ended = true;
                let how = status.map_or("closed its standard output".into(), process::exit);
                (format!("the driver {how} instead of answering `{method}`"), within_line, "lines")
            }
            ReadError::Late { within_line } => {
                let limit = humantime::format_duration(self.limit);
                (format!("the driver did not answer `{method}` within {limit}"), within_line, "time")
            }
            ReadError::TooLong { start } => {
                (format!("the driver answered `{method}` with a line of more than 1 MiB"), start, "lines")
            }
            ReadError::Streams(kind) => (format!("the driver's streams failed: {kind}"), Vec::new(), "lines"),
        };
        self.line = line;
        let what =
            if self.line.is_empty() { what } else { format!("{what}; the line so far is {}", self.quoted()) };
        Err(self.fail(what, anchor))
    }

    fn refused(&mut self, request: Request, refusal: &Refusal) -> Failure {
        let said = end_of(&refusal.message);
        match (refusal.code, request) {
            (code::UNSUPPORTED, Request::Apply(_)) => Failure::Unsupported,
            (code::INDEFINITE, _) => Failure::Indefinite(said),
            (number, _) => {
                let method = request.method().name();
                let log = self.end_of_log();
                let failure = Failure::Failed(format!(
                    "it answered `{method}` with error {number}: {said}{log}; see {PAGE}#errors"
                ));
                self.errors.add(request, &failure);
                failure
            }
        }
    }

    /// Ends the session: from now on answers could not be matched with requests.
    fn fail(&mut self, what: String, anchor: &str) -> Failure {
        self.process.stop(Duration::ZERO);
        let failure = Failure::Failed(format!("{what}{}; see {PAGE}#{anchor}", self.end_of_log()));
        self.failure = Some(failure.clone());
        failure
    }

    /// The line, or its start, as messages quote it.
    fn quoted(&self) -> String {
        let start = String::from_utf8_lossy(&self.line[..self.line.len().min(4 * SHOWN + 4)]);
        let quoted = sanitize::quoted(&start, SHOWN);
        if start.chars().nth(SHOWN).is_some() {
            return format!("{quoted} ({} bytes)", self.line.len());
        }
        quoted
    }

    fn end_of_log(&mut self) -> String {
        match end_of(&self.process.end_of_log()) {
            log if log.is_empty() => String::new(),
            log => format!("; its standard error ends in: {log}"),
        }
    }
}

/// A driver's text as a part of a message. Of a long text the end remains.
fn end_of(text: &str) -> String {
    const MOST: usize = 600;
    let text = sanitize::joined(text);
    match text.char_indices().nth_back(MOST) {
        None => text,
        Some((at, last)) => format!("…{}", &text[at + last.len_utf8()..]),
    }
}

/// The reason why an answer is not the awaited one.
fn misplaced(reply: &Reply<'_>, awaited: u64) -> String {
    match (reply.id, &reply.outcome) {
        (None, Err(refusal)) => {
            format!("it could not read the request: {}", end_of(&refusal.message))
        }
        (None, Ok(_)) => format!("its id is null; expected {awaited}"),
        (Some(id), _) if (1..awaited).contains(&id) => {
            format!("its id is {id}, of a request that was answered before; expected {awaited}")
        }
        (Some(id), _) => format!("its id is {id}, out of turn; expected {awaited}"),
    }
}
