//! A driver's process: its three streams, which are waited for together and within a time limit, and its end, together
//! with its whole process group.
//!
//! Lines are not interpreted here; `session` does that.

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

/// The most bytes that are read at a time.
const CHUNK: usize = 1 << 16;

/// The longest wait between two checks whether the process has ended.
const SLICE: Duration = Duration::from_millis(50);

/// The time between SIGTERM and SIGKILL.
const GRACE: Duration = Duration::from_millis(1_000);

/// The most bytes of the end of standard error that are kept.
const LOG_BYTES: usize = 4_096;

/// The most reads of the rest of standard error, because the process may never stop writing.
const LOG_READS: usize = 16;

/// The reason why there is no further line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum ReadError {
    /// The process ended or closed its standard output, perhaps within a line. The status, if it ended.
    Ended { within_line: Vec<u8>, status: Option<ExitStatus> },
    /// There was no whole line in time.
    Late { within_line: Vec<u8> },
    /// The line is longer than the protocol allows.
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
    /// The bytes to send, and how many of them were sent.
    outgoing: Vec<u8>,
    sent: usize,
    /// The bytes received, and how many of them were taken.
    incoming: Vec<u8>,
    taken: usize,
    /// How many of the received bytes were searched for the end of a line.
    searched: usize,
    log: Vec<u8>,
    chunk: Box<[u8]>,
    /// Whether it was waited for, so that its id may belong to another process.
    is_over: bool,
}

/// The process groups of all running drivers, for a program that has to end at once.
static GROUPS: Mutex<Vec<Pid>> = Mutex::new(Vec::new());

/// Whether the program is about to exit, so that no driver is started any more.
static ENDING: AtomicBool = AtomicBool::new(false);

/// Kills every running driver with its whole process group, for a program that exits without running destructors. No
/// driver can be started afterwards.
pub fn kill_all_drivers() {
    ENDING.store(true, Relaxed);
    for group in &*groups() {
        let _ = kill_process_group(*group, Signal::KILL);
    }
}

/// Whether all drivers were killed, so that the answers since then say nothing about them.
pub fn is_ending() -> bool {
    ENDING.load(Relaxed)
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
        let process = Process {
            input: child.stdin.take(),
            output: child.stdout.take(),
            errors: child.stderr.take(),
            child,
            group,
            outgoing: Vec::new(),
            sent: 0,
            incoming: Vec::new(),
            taken: 0,
            searched: 0,
            log: Vec::new(),
            chunk: vec![0; CHUNK].into(),
            is_over: false,
        };
        let Process { input, output, errors, .. } = &process;
        let streams = [
            input.as_ref().map(AsFd::as_fd),
            output.as_ref().map(AsFd::as_fd),
            errors.as_ref().map(AsFd::as_fd),
        ];
        // No stream may block.
        for stream in streams.into_iter().flatten() {
            rustix::io::ioctl_fionbio(stream, true)?;
        }
        Ok(process)
    }

    /// The lines that are to be sent; they go out while an answer is waited for.
    pub(super) fn outgoing(&mut self) -> &mut Vec<u8> {
        &mut self.outgoing
    }

    /// The next line, without its end.
    pub(super) fn line(&mut self, limit: Duration) -> Result<&[u8], ReadError> {
        let deadline = Instant::now() + limit;
        loop {
            if let Some(end) = self.incoming[self.searched..].iter().position(|byte| *byte == b'\n') {
                let (start, end) = (self.taken, self.searched + end);
                (self.taken, self.searched) = (end + 1, end + 1);
                if end - start > MAX_LINE_BYTES {
                    return Err(ReadError::TooLong { start: self.incoming[start..end].to_vec() });
                }
                return Ok(&self.incoming[start..end]);
            }
            self.incoming.drain(..self.taken);
            (self.taken, self.searched) = (0, self.incoming.len());
            if self.incoming.len() > MAX_LINE_BYTES {
                return Err(ReadError::TooLong { start: std::mem::take(&mut self.incoming) });
            }
            if self.output.is_none() {
                return Err(self.ended());
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(ReadError::Late { within_line: std::mem::take(&mut self.incoming) });
            }
            let failed = |error: io::Error| ReadError::Streams(error.kind());
            let idle = self.exchange(left.min(SLICE)).map_err(failed)?;
            // A descendant may keep the stream open after the process has exited. Earlier output is still read.
            if idle && self.has_exited() && self.exchange(Duration::ZERO).map_err(failed)? {
                self.output = None;
            }
        }
    }

    /// Sends and receives as much as possible, and waits at most so long for it. Returns whether nothing was received.
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

    /// Waits until something can be sent or received. Returns whether there is output, and whether there are errors.
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
                // It does not read any more. What it has written already still counts.
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

    /// Whether the process has exited; its status can still be collected.
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
            // A process that still writes must not block.
            let _ = self.exchange(pause);
            if self.output.is_none() && self.errors.is_none() {
                std::thread::sleep(pause);
            }
            self.incoming.clear();
            (self.taken, self.searched) = (0, 0);
            pause = (pause * 2).min(SLICE);
        }
    }

    fn ended(&mut self) -> ReadError {
        let within_line = std::mem::take(&mut self.incoming);
        self.searched = 0;
        let exited = self.exits_within(GRACE);
        let status = if exited { self.stop(Duration::ZERO) } else { None };
        ReadError::Ended { within_line, status }
    }

    /// The end of standard error.
    pub(super) fn end_of_log(&mut self) -> String {
        // This reads only text that has already arrived.
        for _ in 0..LOG_READS {
            match self.wait(Duration::ZERO) {
                Ok((_, true)) => self.read_log(),
                _ => break,
            }
        }
        String::from_utf8_lossy(&self.log).trim().into()
    }

    /// Ends the process and its group: it has so long to exit by itself, then SIGTERM and SIGKILL follow. Returns the
    /// status if it exited by itself.
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
        // Until its leader is waited for, the id belongs to this group.
        let _ = kill_process_group(self.group, Signal::KILL);
        groups().retain(|group| *group != self.group);
        let status = self.child.wait().ok();
        self.is_over = true;
        status.filter(|_| by_itself)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.stop(Duration::ZERO);
    }
}

fn is_temporary(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

/// The end of a process in words.
pub(super) fn exit(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exited with code {code}"),
        (None, Some(signal)) => format!("was killed by signal {signal}"),
        (None, None) => "ended".into(),
    }
}
