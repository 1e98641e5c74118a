//! The search where the implementation can be copied: breadth-first, a length of histories after the other.
//!
//! The situations of a length are cut into chunks, in order; jobs take chunks, and what they bring is put together
//! in order on one thread, so that nothing depends on the number of jobs. How commands are tried is in `expand`.

use std::sync::{Mutex, PoisonError};
use std::thread;

use chatwarden_model::Command;

use super::expand::{Expansion, Node, Shared, Step, System, Tried};
use super::findings::Findings;
use super::keys::Known;
use super::{Alike, Counterexample, Drive, Driven, End, SearchMonitor};
use chatwarden::adapter::Failure;
use chatwarden::lockstep::Lockstep;

/// How many situations a job takes at a time.
const CHUNK: usize = 16;

/// How many situations are gone on from before what they led to is put together. It bounds what is kept for nothing.
const ROUND: usize = 16 * CHUNK;

/// With fewer chunks than this it is not worth it to start jobs.
const WORTH: usize = 4;

/// Tries every command in every situation that can be reached from the system's.
///
/// # Errors
/// If a copy of the system cannot be copied, or has no fingerprint where it needs one.
pub(super) fn search(
    plan: &Drive,
    system: System,
    lockstep: &Lockstep,
    watch: &SearchMonitor,
    found: &mut dyn FnMut(&Counterexample),
) -> Result<Driven, Failure> {
    let paths = match plan.alike {
        Alike::Product => Some(1),
        Alike::State { paths } => Some(paths.get()),
        Alike::Never => None,
    };
    let shared = Shared::new(plan, watch);
    let node_bytes = Node::bytes(&system);
    let (key, root) = shared.root(system, lockstep)?;
    let mut known = Known::new(paths);
    known.insert(key);
    let mut levels = Levels {
        shared,
        lockstep,
        known,
        histories: vec![(0, 0)],
        findings: Findings::new(plan.wanted, found),
        node_bytes,
        driven: Driven::started(),
    };
    levels.driven.end = levels.run(root)?;
    levels.driven.renamings = levels.shared.renamings.list().len();
    Ok(Driven { found: levels.findings.into_found(), ..levels.driven })
}

/// The search and what it has come to.
struct Levels<'a> {
    shared: Shared<'a>,
    lockstep: &'a Lockstep,
    known: Known,
    /// For each history that is gone on from, the number of the one that it makes longer, and the place of the
    /// command by which it does.
    histories: Vec<(u32, u32)>,
    findings: Findings<'a>,
    node_bytes: u64,
    driven: Driven,
}

impl Levels<'_> {
    fn run(&mut self, root: Node) -> Result<End, Failure> {
        let plan = self.shared.plan;
        let mut frontier = vec![root];
        for length in 1.. {
            self.driven.judged = Some(length - 1);
            if frontier.is_empty() {
                self.driven.judged = None;
                return Ok(End::Complete);
            }
            if plan.depth.is_some_and(|depth| length > depth) {
                return Ok(End::Depth);
            }
            let last = plan.depth == Some(length);
            match self.level(frontier, length, last)? {
                Ok(next) => frontier = next,
                Err(end) => {
                    self.driven.judged = Some(length - 1);
                    return Ok(end);
                }
            }
            self.driven.judged = Some(length);
            if plan.stop_at_first && !self.findings.is_empty() {
                return Ok(End::First);
            }
            if last {
                // If only some commands were tried at last, others may lead on.
                let all = plan.narrowed().is_none() && self.driven.depth < length;
                self.driven.judged = if all { None } else { Some(length) };
                return Ok(if all { End::Complete } else { End::Depth });
            }
        }
        unreachable!("lengths do not end")
    }

    /// Tries all histories of a length, and returns the situations to go on from, or why the search ends.
    fn level(
        &mut self,
        frontier: Vec<Node>,
        length: usize,
        last: bool,
    ) -> Result<Result<Vec<Node>, End>, Failure> {
        let mut next = Vec::new();
        let mut rest = frontier.into_iter();
        while rest.len() > 0 {
            self.shared.watch.tell(length - 1, rest.len() as u64, self.driven.states);
            let round: Vec<_> = rest.by_ref().take(ROUND).collect();
            let mut cut = None;
            for tried in self.round(round, last) {
                let tried = tried?;
                cut = cut.or(tried.cut);
                self.put_together(tried, length, &mut next);
            }
            if self.findings.has_wanted() {
                return Ok(Err(End::First));
            }
            if cut.is_some() {
                return Ok(cut.map_or(Ok(next), Err));
            }
            if self.bytes(rest.len() + next.len()) > self.shared.plan.memory {
                return Ok(Err(End::Memory));
            }
        }
        Ok(Ok(next))
    }

    /// What each chunk of some situations leads to, in order.
    fn round(&self, round: Vec<Node>, last: bool) -> Vec<Result<Tried, Failure>> {
        let mut round = round.into_iter();
        let mut chunks = Vec::new();
        while round.len() > 0 {
            chunks.push(round.by_ref().take(CHUNK).collect::<Vec<_>>());
        }
        let (shared, known, lockstep) = (&self.shared, &self.known, self.lockstep);
        let job = || Expansion::new(shared, known, lockstep.clone(), last);
        if self.shared.plan.jobs.get() == 1 || chunks.len() < WORTH {
            let mut job = job();
            return chunks.into_iter().map(|chunk| job.expand(chunk)).collect();
        }
        let jobs = self.shared.plan.jobs.get().min(chunks.len());
        let chunks = Mutex::new(chunks.into_iter().enumerate());
        let take = || chunks.lock().unwrap_or_else(PoisonError::into_inner).next();
        let work = || {
            let mut job = job();
            std::iter::from_fn(take).map(|(at, chunk)| (at, job.expand(chunk))).collect::<Vec<_>>()
        };
        let mut tried: Vec<_> = thread::scope(|scope| {
            let jobs: Vec<_> = (0..jobs).map(|_| scope.spawn(work)).collect();
            let tried = jobs.into_iter().map(|job| job.join().expect("a job of the harness does not panic"));
            tried.flatten().collect()
        });
        tried.sort_by_key(|(at, _)| *at);
        tried.into_iter().map(|(_, tried)| tried).collect()
    }

    fn put_together(&mut self, tried: Tried, length: usize, next: &mut Vec<Node>) {
        self.driven.states += tried.states;
        self.driven.allowed += tried.allowed;
        self.driven.refused += tried.refused;
        self.driven.executed += tried.executed;
        for (step, finding) in tried.findings {
            let histories = &self.histories;
            let alphabet = &self.shared.plan.alphabet;
            self.findings.note(finding, || commands(histories, alphabet, step));
        }
        for successor in tried.successors {
            let Some(mut node) = successor.node else {
                if self.known.is_fresh(successor.key) {
                    self.driven.depth = length;
                }
                continue;
            };
            if self.known.insert(successor.key) {
                self.driven.depth = length;
                node.history = u32::try_from(self.histories.len()).expect("memory ends before numbers do");
                self.histories.push((successor.step.history, successor.step.place));
                next.push(node);
            }
        }
    }

    /// How many bytes the search takes, about, with so many situations to go on from.
    fn bytes(&self, nodes: usize) -> u64 {
        let histories = (self.histories.len() * size_of::<(u32, u32)>()) as u64;
        nodes as u64 * self.node_bytes + self.known.bytes() + histories
    }
}

/// The commands of a history up to the step.
fn commands(histories: &[(u32, u32)], alphabet: &[Command], step: Step) -> Vec<Command> {
    let mut commands = vec![step.command];
    let mut at = step.history;
    while at != 0 {
        let (before, place) = histories[at as usize];
        commands.push(alphabet[place as usize]);
        at = before;
    }
    commands.reverse();
    commands
}
