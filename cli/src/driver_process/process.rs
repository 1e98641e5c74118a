//! A driver's process: its three streams, waited for together and never for longer than there is time, and its end,
//! which takes its whole process group along.
//!
//! What the lines mean is not known here.

use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use chatwarden::format::MAX_LINE_BYTES;

/// How much is read at a time.
const CHUNK: usize = 1 << 16;

/// How long a process that may have ended is waited for before somebody looks.
const SLICE: Duration = Duration::from_millis(50);

/// How long a process has to end after it was asked to, before it is killed.
const GRACE: Duration = Duration::from_millis(1_000);

/// The end of standard error that is kept.
const LOG_BYTES: usize = 4_096;

/// How often standard error is read for last words, of a process that may never stop to write.
const LOOKS: usize = 16;

/// Why there is no further line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Broken {
    /// The process ended or closed its standard output, perhaps in the middle of a line; how it ended, if it did.
    Ended { within_line: Vec<u8>, status: Option<ExitStatus> },
    /// There was no whole line in time; what there was of one.
    Late { within_line: Vec<u8> },
    /// The line goes on and on; its start.
    TooLong { start: Vec<u8> },
    /// The streams failed.
    Streams(ErrorKind),
}

/// A running process.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    group: Pid,
    input: Option<ChildStdin>,
    output: Option<ChildStdout>,
    errors: Option<ChildStderr>,
    /// What is to be sent, and how much of it was.
    outgoing: Vec<u8>,
    sent: usize,
    /// What was received, and how much of it was taken.
    incoming: Vec<u8>,
    taken: usize,
    /// How much of it is known to have no end of a line in it.
    searched: usize,
    log: Vec<u8>,
    chunk: Box<[u8]>,
    /// Whether it was waited for, so that its number may be another's.
    is_over: bool,
}

/// The groups that are alive, for a program that has to end at once.
static GROUPS: Mutex<Vec<Pid>> = Mutex::new(Vec::new());

/// Whether the program is about to exit, so that no driver is started any more.
static ENDING: AtomicBool = AtomicBool::new(false);

/// Kills every driver that runs, with its whole process group: for a program that is about to exit without any
/// destructor.
pub fn kill_all() {
    ENDING.store(true, Relaxed);
    for group in &*groups() {
        let _ = kill_process_group(*group, Signal::KILL);
    }
}

fn groups() -> MutexGuard<'static, Vec<Pid>> {
    GROUPS.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Process {
    /// Starts a program in a process group of its own.
    pub(super) fn start(words: &[String]) -> io::Result<Self> {
        let [program, arguments @ ..] = words else {
            return Err(io::Error::new(ErrorKind::InvalidInput, "no program is named"));
        };
        let mut command = Command::new(program);
        command.args(arguments).process_group(0);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        let group = Pid::from_child(&child);
        {
            let mut groups = groups();
            groups.push(group);
            if ENDING.load(Relaxed) {
                let _ = kill_process_group(group, Signal::KILL);
            }
        }
        let (input, output, errors) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let process = Process {
            child,
            group,
            input,
            output,
            errors,
            outgoing: Vec::new(),
            sent: 0,
            incoming: Vec::new(),
            taken: 0,
            searched: 0,
            log: Vec::new(),
            chunk: vec![0; CHUNK].into(),
            is_over: false,
        };
        process.do_not_block()?;
        Ok(process)
    }

    fn do_not_block(&self) -> io::Result<()> {
        let streams = [
            self.input.as_ref().map(AsFd::as_fd),
            self.output.as_ref().map(AsFd::as_fd),
            self.errors.as_ref().map(AsFd::as_fd),
        ];
        streams.into_iter().flatten().try_for_each(|stream| Ok(rustix::io::ioctl_fionbio(stream, true)?))
    }

    /// The lines that are to be sent; they go out while an answer is waited for.
    pub(super) fn outgoing(&mut self) -> &mut Vec<u8> {
        &mut self.outgoing
    }

    /// The next line, without its end.
    pub(super) fn line(&mut self, limit: Duration) -> Result<&[u8], Broken> {
        let deadline = Instant::now() + limit;
        loop {
            if let Some(end) = self.incoming[self.searched..].iter().position(|byte| *byte == b'\n') {
                let (start, end) = (self.taken, self.searched + end);
                (self.taken, self.searched) = (end + 1, end + 1);
                if end - start > MAX_LINE_BYTES {
                    return Err(Broken::TooLong { start: self.incoming[start..end].to_vec() });
                }
                return Ok(&self.incoming[start..end]);
            }
            self.incoming.drain(..self.taken);
            (self.taken, self.searched) = (0, self.incoming.len());
            if self.incoming.len() > MAX_LINE_BYTES {
                return Err(Broken::TooLong { start: std::mem::take(&mut self.incoming) });
            }
            if self.output.is_none() {
                return Err(self.ended());
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(Broken::Late { within_line: std::mem::take(&mut self.incoming) });
            }
            let broken = |error: io::Error| Broken::Streams(error.kind());
            let idle = self.exchange(left.min(SLICE)).map_err(broken)?;
            // A descendant may hold the stream open that the process has left; what it wrote before is still read.
            if idle && self.has_exited() && self.exchange(Duration::ZERO).map_err(broken)? {
                self.output = None;
            }
        }
    }

    /// Sends and receives what goes without waiting, or else waits so long for it; whether nothing came.
    fn exchange(&mut self, wait: Duration) -> io::Result<bool> {
        if self.sent < self.outgoing.len() {
            self.send()?;
        }
        let (output, errors) = self.wait(wait)?;
        if output {
            let stream = self.output.as_mut().expect("it is waited for only if it is open");
            match stream.read(&mut self.chunk) {
                Ok(0) => self.output = None,
                Ok(count) => self.incoming.extend_from_slice(&self.chunk[..count]),
                Err(error) if is_temporary(&error) => {}
                Err(error) => return Err(error),
            }
        }
        if errors {
            self.read_log();
        }
        Ok(!output)
    }

    /// Waits until something can be sent or received: whether there is output, and whether there are errors.
    fn wait(&self, wait: Duration) -> io::Result<(bool, bool)> {
        let mut streams = Vec::with_capacity(3);
        let mut add = |stream, flags| streams.push(PollFd::from_borrowed_fd(stream, flags));
        if let Some(output) = &self.output {
            add(output.as_fd(), PollFlags::IN);
        }
        if let Some(errors) = &self.errors {
            add(errors.as_fd(), PollFlags::IN);
        }
        if let (Some(input), true) = (&self.input, self.sent < self.outgoing.len()) {
            add(input.as_fd(), PollFlags::OUT);
        }
        let time = Timespec::try_from(wait).expect("a slice of time is short");
        match poll(&mut streams, Some(&time)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let mut ready = streams.iter().map(|stream| !stream.revents().is_empty());
        let output = self.output.is_some() && ready.next() == Some(true);
        let errors = self.errors.is_some() && ready.next() == Some(true);
        Ok((output, errors))
    }

    fn send(&mut self) -> io::Result<()> {
        while let (Some(input), true) = (&mut self.input, self.sent < self.outgoing.len()) {
            match input.write(&self.outgoing[self.sent..]) {
                Ok(count) => self.sent += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // It does not listen any more; what it has said already still counts.
                Err(error) if error.kind() == ErrorKind::BrokenPipe => self.input = None,
                Err(error) => return Err(error),
            }
        }
        self.outgoing.clear();
        self.sent = 0;
        Ok(())
    }

    /// Reads once from standard error, and keeps the end.
    fn read_log(&mut self) {
        let Some(errors) = &mut self.errors else { return };
        match errors.read(&mut self.chunk) {
            Ok(0) => self.errors = None,
            Ok(count) => {
                self.log.extend_from_slice(&self.chunk[..count]);
                let over = self.log.len().saturating_sub(LOG_BYTES);
                self.log.drain(..over);
            }
            Err(error) if is_temporary(&error) => {}
            Err(_) => self.errors = None,
        }
    }

    /// Whether the process has exited; it can still be asked how.
    fn has_exited(&self) -> bool {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        !matches!(waitid(WaitId::Pid(self.group), options), Ok(None))
    }

    fn exits_within(&mut self, limit: Duration) -> bool {
        let deadline = Instant::now() + limit;
        let mut pause = Duration::from_micros(200);
        loop {
            if self.has_exited() {
                return true;
            }
            if Instant::now() >= deadline {
                return false;
            }
            // Who writes a last word must not wait for a reader.
            let _ = self.exchange(pause);
            if self.output.is_none() && self.errors.is_none() {
                std::thread::sleep(pause);
            }
            self.incoming.clear();
            (self.taken, self.searched) = (0, 0);
            pause = (pause * 2).min(SLICE);
        }
    }

    fn ended(&mut self) -> Broken {
        let within_line = std::mem::take(&mut self.incoming);
        self.searched = 0;
        let exited = self.exits_within(GRACE);
        let status = if exited { self.stop(Duration::ZERO) } else { None };
        Broken::Ended { within_line, status }
    }

    /// What it wrote last to standard error: its last lines, as far as they are kept.
    pub(super) fn last_words(&mut self) -> String {
        // What is there already is read, but nothing is waited for.
        for _ in 0..LOOKS {
            match self.wait(Duration::ZERO) {
                Ok((_, true)) => self.read_log(),
                _ => break,
            }
        }
        String::from_utf8_lossy(&self.log).trim().into()
    }

    /// Ends the process: it has so long to exit by itself, then it is asked to, and then it is killed. What it started
    /// in its process group ends with it. The status, if it exited by itself.
    pub(super) fn stop(&mut self, limit: Duration) -> Option<ExitStatus> {
        if self.is_over {
            return None;
        }
        let _ = self.send();
        self.input = None;
        let by_itself = self.exits_within(limit);
        if !by_itself {
            let _ = kill_process_group(self.group, Signal::TERM);
            self.exits_within(GRACE);
        }
        // The number stands for this group until its leader was waited for.
        let _ = kill_process_group(self.group, Signal::KILL);
        groups().retain(|group| *group != self.group);
        let status = self.child.wait().ok();
        self.is_over = true;
        status.filter(|_| by_itself)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if !self.is_over {
            self.stop(Duration::ZERO);
        }
    }
}

fn is_temporary(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

/// How a process ended, in words.
pub(super) fn exit(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exited with code {code}"),
        (None, Some(signal)) => format!("was killed by signal {signal}"),
        (None, None) => "ended".into(),
    }
}
