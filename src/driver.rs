//! The driver's side of the protocol: any [`Adapter`] becomes a program that the harness can drive.
//!
//! The adapter carries out the commands. This file reads requests and writes answers.

use std::io::{self, BufRead, BufReader, Read, Write};

use crate::adapter::{About, Adapter, Failure, Observation};
use crate::format::{
    Incoming, MAX_LINE_BYTES, PROTOCOL_VERSION, Refusal, Request, SessionContext, Source, code, write_about,
    write_answer, write_nothing, write_observation, write_refusal,
};

/// Answers the requests on standard input on standard output, until a `bye` or the end of the input.
///
/// This is the main function of a driver in Rust:
///
/// ```
/// use chatwarden::adapter::memory::Memory;
///
/// fn main() -> std::io::Result<()> {
///     chatwarden::driver::serve(Memory::new())
/// }
/// ```
///
/// # Errors
/// If standard input or output fails, or a line is longer than the protocol allows.
pub fn serve(adapter: impl Adapter) -> io::Result<()> {
    serve_on(adapter, io::stdin().lock(), io::stdout().lock())
}

/// The same on any pair of streams.
///
/// ```
/// use chatwarden::adapter::memory::Memory;
/// let request = r#"{"jsonrpc": "2.0", "id": 1, "method": "bye", "params": {}}"#;
/// let mut answers = Vec::new();
/// chatwarden::driver::serve_on(Memory::new(), request.as_bytes(), &mut answers)?;
/// assert_eq!(answers, b"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n");
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
/// If a stream fails, or a line is longer than the protocol allows.
pub fn serve_on(adapter: impl Adapter, requests: impl Read, answers: impl Write) -> io::Result<()> {
    let mut requests = BufReader::with_capacity(1 << 16, requests);
    let mut answers = Answers { stream: answers, lines: Vec::new() };
    let mut server = Server {
        about: adapter.about(),
        adapter,
        protocol: PROTOCOL_VERSION,
        context: SessionContext::default(),
        seen: Box::default(),
    };
    let mut line = Vec::new();
    loop {
        line.clear();
        let limit = MAX_LINE_BYTES as u64 + 1;
        requests.by_ref().take(limit).read_until(b'\n', &mut line)?;
        if line.len() > MAX_LINE_BYTES {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a request is longer than 1 MiB"));
        }
        let ended = line.is_empty() || server.answer(&line, &mut answers.lines);
        // Answers go out together as long as there are requests that have come already.
        if ended || !requests.buffer().contains(&b'\n') {
            answers.send()?;
        }
        if ended {
            return Ok(());
        }
    }
}

/// Answers that are not sent yet.
struct Answers<W: Write> {
    stream: W,
    lines: Vec<u8>,
}

impl<W: Write> Answers<W> {
    fn send(&mut self) -> io::Result<()> {
        self.stream.write_all(&self.lines)?;
        self.lines.clear();
        self.stream.flush()
    }
}

/// If an adapter panics, the answers before that are still sent: they may show a finding.
impl<W: Write> Drop for Answers<W> {
    fn drop(&mut self) {
        let _ = self.send();
    }
}

struct Server<A> {
    adapter: A,
    about: About,
    /// The version of the protocol that `hello` fixed.
    protocol: u64,
    context: SessionContext,
    seen: Box<Observation>,
}

impl<A: Adapter> Server<A> {
    /// Adds the answer to a request, and returns whether it is the last.
    fn answer(&mut self, line: &[u8], lines: &mut Vec<u8>) -> bool {
        let Incoming { id, request } = match Source::from_bytes("request", line) {
            Ok(source) => Incoming::read(source, &mut self.context),
            Err(error) => {
                let refusal = Refusal { code: code::NOT_JSON, message: error.to_string() };
                Incoming { id: "null".into(), request: Err(refusal) }
            }
        };
        let is_last = request == Ok(Request::Bye);
        let answered = request.and_then(|request| self.carry_out(&id, request, lines).map_err(refusal));
        if let Err(refusal) = answered {
            write_refusal(&id, &refusal, lines);
        }
        is_last
    }

    fn carry_out(&mut self, id: &str, request: Request, lines: &mut Vec<u8>) -> Result<(), Failure> {
        let context = &self.context;
        match request {
            Request::Hello { protocol } => {
                self.protocol = protocol.min(PROTOCOL_VERSION);
                write_about(id, &self.about, self.protocol, lines);
            }
            Request::Reset => {
                self.adapter.reset(&context.setup)?;
                write_nothing(id, lines);
            }
            Request::Apply(command) if !self.about.commands.contains(command.kind()) => {
                return Err(Failure::Unsupported);
            }
            Request::Apply(command) => {
                let answer = self.adapter.apply(&command)?;
                if self.protocol < 2 && !answer.is_allowed() && !answer.delivered().is_empty() {
                    let why = "it refused and delivered, which version 1 of the protocol cannot say";
                    return Err(Failure::Failed(why.into()));
                }
                let (reason, delivers) = (self.adapter.reason(), command.kind().delivers());
                write_answer(id, answer, reason, &context.names, delivers, lines);
            }
            Request::Observe => {
                *self.seen = Observation::default();
                self.adapter.observe(&mut self.seen)?;
                write_observation(id, &self.seen, context, self.about.observes, lines);
            }
            Request::Bye => write_nothing(id, lines),
        }
        Ok(())
    }
}

fn refusal(failure: Failure) -> Refusal {
    let (code, message) = match failure {
        Failure::Unsupported => (code::UNSUPPORTED, failure.to_string()),
        Failure::Indefinite(why) => (code::INDEFINITE, why),
        Failure::Failed(why) => (code::FAILED, why),
    };
    Refusal { code, message }
}
