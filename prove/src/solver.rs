//! The solvers: other programs that answer questions in SMT-LIB 2.
//!
//! Each question is asked to a process of its own, which reads a whole file. So a file that is saved is
//! what was asked, and a solver that hangs is ended without losing another answer.

use std::io::{self, Read, Write};
use std::panic::resume_unwind;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use chatwarden_model::{NamedEnum, named_enum};

named_enum! {
    /// A program that answers questions.
    pub enum Program {
        Z3 = "z3": "Z3, by Microsoft Research",
        Cvc5 = "cvc5": "cvc5, by Stanford and Iowa",
    }
}

/// The answer to the question whether some formulas can be true at once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer {
    /// They cannot: `unsat`.
    Impossible,
    /// They can: `sat`. What the solver printed after that follows.
    Possible(String),
    /// The solver gave no answer, for this reason.
    Unknown(String),
}

/// A question: a file in SMT-LIB 2.
#[derive(Clone, Debug)]
pub struct Question {
    /// A name for the file, without the ending.
    pub name: String,
    /// The file.
    pub text: String,
}

/// How questions are answered.
pub struct Solver<'a> {
    /// The program.
    pub program: Program,
    /// How long it may take for one question.
    pub limit: Duration,
    /// The number of questions that are asked at a time.
    pub jobs: usize,
    /// Whether to stop.
    pub is_stopped: &'a (dyn Fn() -> bool + Sync),
    /// The number of questions that were answered.
    pub answered: AtomicUsize,
}

/// The time between two looks whether a solver is done.
const PAUSE: Duration = Duration::from_millis(1);

impl Program {
    /// The first program that is installed.
    pub fn installed() -> Option<Self> {
        Program::ALL.iter().copied().find(|program| program.version().is_ok())
    }

    /// The version that the program gives itself.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn version(self) -> io::Result<String> {
        let output = Command::new(self.name()).arg("--version").stdin(Stdio::null()).output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        Ok(text.lines().next().unwrap_or_default().into())
    }

    fn command(self, limit: Duration) -> Command {
        let mut command = Command::new(self.name());
        match self {
            Program::Z3 => command.args(["-in", "-smt2", &format!("-T:{}", limit.as_secs().max(1))]),
            // It finds models of formulas with quantifiers only if it is told to.
            Program::Cvc5 => command.args([
                "--lang=smt2",
                "--finite-model-find",
                &format!("--tlimit={}", limit.as_millis()),
            ]),
        };
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        command
    }
}

impl Solver<'_> {
    /// The answers to the questions, in their order.
    ///
    /// # Errors
    /// If the program cannot be started.
    pub fn ask_all(&self, questions: &[Question]) -> io::Result<Vec<Answer>> {
        let next = AtomicUsize::new(0);
        let work = || {
            let mut answers = Vec::new();
            while let Some((at, question)) = take(&next, questions) {
                answers.push((at, self.ask(&question.text)?));
            }
            io::Result::Ok(answers)
        };
        let mut all = thread::scope(|scope| {
            let jobs = 0..self.jobs.clamp(1, questions.len().max(1));
            let workers: Vec<_> = jobs.map(|_| scope.spawn(work)).collect();
            let joined =
                workers.into_iter().map(|worker| worker.join().unwrap_or_else(|panic| resume_unwind(panic)));
            joined.collect::<io::Result<Vec<_>>>()
        })?
        .concat();
        all.sort_unstable_by_key(|(at, _)| *at);
        Ok(all.into_iter().map(|(_, answer)| answer).collect())
    }

    /// The answer to a question.
    ///
    /// # Errors
    /// If the program cannot be started.
    pub fn ask(&self, text: &str) -> io::Result<Answer> {
        if (self.is_stopped)() {
            return Ok(Answer::Unknown("stopped".into()));
        }
        let mut child = self.program.command(self.limit).spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            // A solver that ends early says why on its output.
            let _ = stdin.write_all(text.as_bytes());
        }
        let ended = self.wait(&mut child)?;
        let mut output = String::new();
        if let Some(mut stdout) = child.stdout.take() {
            stdout.read_to_string(&mut output)?;
        }
        self.answered.fetch_add(1, Relaxed);
        Ok(if ended { read_answer(&output) } else { Answer::Unknown("stopped, or out of time".into()) })
    }

    /// Waits for the solver, and ends it if it takes too long. True if it ended by itself.
    fn wait(&self, child: &mut Child) -> io::Result<bool> {
        let started = Instant::now();
        loop {
            if child.try_wait()?.is_some() {
                return Ok(true);
            }
            // It was told the limit, too.
            if (self.is_stopped)() || started.elapsed() > self.limit + Duration::from_secs(2) {
                child.kill()?;
                child.wait()?;
                return Ok(false);
            }
            thread::sleep(PAUSE);
        }
    }
}

fn take<'q>(next: &AtomicUsize, questions: &'q [Question]) -> Option<(usize, &'q Question)> {
    let at = next.fetch_add(1, Relaxed);
    Some((at, questions.get(at)?))
}

fn read_answer(output: &str) -> Answer {
    let (first, rest) = output.split_once('\n').unwrap_or((output, ""));
    match first.trim() {
        "unsat" => Answer::Impossible,
        "sat" => Answer::Possible(rest.into()),
        "" => Answer::Unknown("no answer".into()),
        other => Answer::Unknown(other.into()),
    }
}
