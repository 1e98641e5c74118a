//! The solvers: other programs that answer questions in SMT-LIB 2.
//!
//! Each question is a whole file, so a file that is saved is what was asked. A process answers one question
//! after the other and forgets each. A solver that hangs is ended and started again, and no other answer
//! is lost.

use std::io::{self, BufRead, BufReader, Write};
use std::panic::resume_unwind;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
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
    /// How often the program had to be ended because it did not answer.
    pub hung: AtomicUsize,
}

/// How often a program may hang before it is not asked any more.
const MOST_HANGS: usize = 5;

/// What a solver prints when it is done with a question.
const DONE: &str = "chatwarden-done";

/// How much longer than its limit a solver may take before it is ended.
const GRACE: Duration = Duration::from_secs(2);

/// The time between two looks whether to stop.
const PAUSE: Duration = Duration::from_millis(20);

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
        let limit = limit.as_millis();
        match self {
            Program::Z3 => command.args(["-in", "-smt2", &format!("-t:{limit}")]),
            // It finds models of formulas with quantifiers only if it is told to.
            Program::Cvc5 => command.args([
                "--lang=smt2",
                "--incremental",
                "--finite-model-find",
                &format!("--tlimit-per={limit}"),
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
            let (mut session, mut answers) = (Session::new(self), Vec::new());
            while let Some((at, question)) = take(&next, questions) {
                answers.push((at, session.ask(&question.text)?));
            }
            io::Result::Ok(answers)
        };
        let mut all = thread::scope(|scope| {
            let jobs = 0..self.jobs.min(questions.len()).max(1);
            let workers: Vec<_> = jobs.map(|_| scope.spawn(work)).collect();
            let joined =
                workers.into_iter().map(|worker| worker.join().unwrap_or_else(|panic| resume_unwind(panic)));
            joined.collect::<io::Result<Vec<_>>>()
        })?
        .concat();
        all.sort_unstable_by_key(|(at, _)| *at);
        Ok(all.into_iter().map(|(_, answer)| answer).collect())
    }
}

fn take<'q>(next: &AtomicUsize, questions: &'q [Question]) -> Option<(usize, &'q Question)> {
    let at = next.fetch_add(1, Relaxed);
    Some((at, questions.get(at)?))
}

/// A solver for several questions, one after the other.
pub(crate) struct Session<'a> {
    solver: &'a Solver<'a>,
    process: Option<Process>,
}

impl<'a> Session<'a> {
    /// A session. The program is started with the first question.
    pub(crate) fn new(solver: &'a Solver<'a>) -> Self {
        Session { solver, process: None }
    }

    /// The answer to a question.
    ///
    /// # Errors
    /// If the program cannot be started.
    pub(crate) fn ask(&mut self, text: &str) -> io::Result<Answer> {
        if (self.solver.is_stopped)() {
            return Ok(Answer::Unknown("stopped".into()));
        }
        if self.solver.hung.load(Relaxed) >= MOST_HANGS {
            return Ok(Answer::Unknown("the solver does not answer".into()));
        }
        let mut process = match self.process.take() {
            Some(process) => process,
            None => Process::start(self.solver)?,
        };
        let (answer, is_alive) = process.ask(text, self.solver);
        self.solver.answered.fetch_add(1, Relaxed);
        if is_alive {
            self.process = Some(process);
        }
        Ok(answer)
    }
}

/// A solver that runs. It is ended when it is dropped.
struct Process {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
}

impl Process {
    fn start(solver: &Solver<'_>) -> io::Result<Self> {
        let mut child = solver.program.command(solver.limit).spawn()?;
        let (input, output) = (child.stdin.take(), child.stdout.take());
        let (sender, lines) = mpsc::channel();
        let reader = move || {
            let lines = output.into_iter().flat_map(|output| BufReader::new(output).lines());
            // Nobody reads any more if sending fails.
            lines.map_while(Result::ok).take_while(|line| sender.send(line.clone()).is_ok()).for_each(drop);
        };
        let process = Process { child, input, lines };
        thread::Builder::new().name("solver".into()).spawn(reader)?;
        Ok(process)
    }

    /// The answer, and whether the solver can be asked more.
    fn ask(&mut self, text: &str, solver: &Solver<'_>) -> (Answer, bool) {
        let question = format!("{text}\n(echo \"{DONE}\")\n(reset)\n");
        let sent = self.input.as_mut().map(|input| input.write_all(question.as_bytes()).and(input.flush()));
        let (started, mut output) = (Instant::now(), String::new());
        // A solver that ended before it read everything says why on its output.
        let mut is_alive = matches!(sent, Some(Ok(())));
        loop {
            match self.lines.recv_timeout(PAUSE) {
                Ok(line) if line.contains(DONE) => return (read_answer(&output), is_alive),
                Ok(line) => output.extend([&line, "\n"]),
                Err(RecvTimeoutError::Disconnected) => return (read_answer(&output), false),
                Err(RecvTimeoutError::Timeout) if (solver.is_stopped)() => {
                    return (Answer::Unknown("stopped".into()), false);
                }
                Err(RecvTimeoutError::Timeout) if started.elapsed() > solver.limit + GRACE => {
                    solver.hung.fetch_add(1, Relaxed);
                    return (Answer::Unknown("out of time".into()), false);
                }
                Err(RecvTimeoutError::Timeout) => is_alive &= self.input.is_some(),
            }
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
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
