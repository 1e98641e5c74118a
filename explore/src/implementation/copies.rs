//! The search by copies of the implementation: breadth-first, one length of traces after the other.
//!
//! The states of a length are cut into chunks, and jobs expand the chunks. The results are merged in
//! order on one thread, so that nothing depends on the number of jobs. `expand` tries the commands.

use std::sync::{Mutex, PoisonError};
use std::thread;

use chatwarden_model::Command;

use super::expand::{Expanded, Expansion, Extension, Node, Room, SearchContext, System};
use super::findings::ReportedFindings;
use super::visited::Visited;
use super::{ConformanceSearch, ConformanceSearchResult, Counterexample, End, SearchMonitor};
use chatwarden::adapter::Failure;
use chatwarden::lockstep::Lockstep;

/// The number of states that a job takes at a time.
const CHUNK: usize = 16;

/// The number of states that are expanded before the results are merged. It bounds the number of
/// successors that are kept although they are not new.
const ROUND: usize = 16 * CHUNK;

/// Fewer chunks than this are expanded on one thread.
const MIN_SHARED: usize = 4;

/// Tries every action in every state that can be reached from the system's.
///
/// # Errors
/// If a copy of the system cannot be copied, or has no fingerprint where it needs one.
pub(super) fn search(
    search: &ConformanceSearch,
    system: System,
    lockstep: &Lockstep,
    monitor: &SearchMonitor,
    found: &mut dyn FnMut(&Counterexample),
) -> Result<ConformanceSearchResult, Failure> {
    let context = SearchContext::new(search, monitor);
    let node_bytes = Node::bytes(&system);
    let (key, root) = context.root(system, lockstep)?;
    let mut visited = Visited::new(search.paths());
    visited.insert(key);
    let mut levels = Levels {
        context,
        lockstep,
        visited,
        traces: vec![(0, 0)],
        findings: ReportedFindings::new(search.wanted, found),
        node_bytes,
        result: ConformanceSearchResult::started(),
    };
    levels.result.end = levels.run(root)?;
    levels.result.set_symmetry(&levels.context.orbits);
    Ok(ConformanceSearchResult { found: levels.findings.into_sorted(), ..levels.result })
}

/// A search and its result so far.
struct Levels<'a> {
    context: SearchContext<'a>,
    lockstep: &'a Lockstep,
    visited: Visited,
    /// For each trace that is extended, the number of the trace without its last command, and the index
    /// of that command among the actions.
    traces: Vec<(u32, u32)>,
    findings: ReportedFindings<'a>,
    node_bytes: u64,
    result: ConformanceSearchResult,
}

impl Levels<'_> {
    fn run(&mut self, root: Node) -> Result<End, Failure> {
        let search = self.context.search;
        let mut frontier = vec![root];
        for length in 1.. {
            self.result.judged = Some(length - 1);
            if frontier.is_empty() {
                self.result.judged = None;
                return Ok(End::Complete);
            }
            if search.depth.is_some_and(|depth| length > depth) {
                return Ok(End::Depth);
            }
            let is_last = search.depth == Some(length);
            match self.expand_level(frontier, length, is_last)? {
                Ok(next) => frontier = next,
                Err(end) => return Ok(end),
            }
            self.result.judged = Some(length);
            if search.stop_at_first && !self.findings.as_slice().is_empty() {
                return Ok(End::First);
            }
            if is_last {
                // If only some actions were tried at last, others may lead to new states.
                let is_complete = search.last_kind().is_none() && self.result.depth < length;
                self.result.judged = if is_complete { None } else { Some(length) };
                return Ok(if is_complete { End::Complete } else { End::Depth });
            }
        }
        unreachable!("lengths do not end")
    }

    /// Tries all traces of a length, and returns the new states, or why the search ends.
    fn expand_level(
        &mut self,
        frontier: Vec<Node>,
        length: usize,
        is_last: bool,
    ) -> Result<Result<Vec<Node>, End>, Failure> {
        let mut next = Vec::new();
        let mut rest = frontier.into_iter();
        while rest.len() > 0 {
            self.context.monitor.update(length - 1, rest.len() as u64, self.result.states);
            let round: Vec<_> = rest.by_ref().take(ROUND).collect();
            let mut cut = None;
            for expanded in self.expand_round(round, is_last) {
                let expanded = expanded?;
                cut = cut.or(expanded.cut);
                self.merge(expanded, length, &mut next);
            }
            if self.findings.has_wanted() {
                return Ok(Err(End::First));
            }
            if let Some(end) = cut {
                return Ok(Err(end));
            }
            if self.bytes(rest.len() + next.len()) > self.context.search.memory {
                return Ok(Err(End::Memory));
            }
        }
        Ok(Ok(next))
    }

    /// The results of each chunk of some states, in order.
    fn expand_round(&self, round: Vec<Node>, is_last: bool) -> Vec<Result<Expanded, Failure>> {
        let mut round = round.into_iter();
        let mut chunks = Vec::new();
        while round.len() > 0 {
            chunks.push(round.by_ref().take(CHUNK).collect::<Vec<_>>());
        }
        let (context, visited, lockstep) = (&self.context, &self.visited, self.lockstep);
        let room = self.room_of_chunk();
        let job = || Expansion::new(context, visited, lockstep.clone(), is_last, room);
        let jobs = context.search.jobs.get().min(chunks.len());
        if jobs == 1 || chunks.len() < MIN_SHARED {
            let mut job = job();
            return chunks.into_iter().map(|chunk| job.expand(chunk)).collect();
        }
        let chunks = Mutex::new(chunks.into_iter().enumerate());
        let take = || chunks.lock().unwrap_or_else(PoisonError::into_inner).next();
        let work = || {
            let mut job = job();
            std::iter::from_fn(take).map(|(at, chunk)| (at, job.expand(chunk))).collect::<Vec<_>>()
        };
        let mut expanded: Vec<_> = thread::scope(|scope| {
            // One job is done on this thread. With fewer threads than wanted the others have more to do.
            let spawn = || thread::Builder::new().spawn_scoped(scope, work);
            let others: Vec<_> = (1..jobs).map_while(|_| spawn().ok()).collect();
            let own = work();
            let done = others.into_iter().map(|job| job.join().expect("a job of the harness does not panic"));
            done.flatten().chain(own).collect()
        });
        expanded.sort_by_key(|(at, _)| *at);
        expanded.into_iter().map(|(_, expanded)| expanded).collect()
    }

    /// The number of bytes that the successors of a chunk may take, so that those of a round fit into the
    /// memory.
    fn room_of_chunk(&self) -> Room {
        Room { bytes: self.context.search.memory / (ROUND / CHUNK) as u64, node_bytes: self.node_bytes }
    }

    fn merge(&mut self, expanded: Expanded, length: usize, next: &mut Vec<Node>) {
        self.result.states += expanded.states;
        self.result.allowed += expanded.allowed;
        self.result.refused += expanded.refused;
        self.result.executed += expanded.executed;
        self.result.tally.add(&expanded.tally);
        let (traces, actions) = (&self.traces, &self.context.search.actions);
        for (by, finding) in expanded.findings {
            self.findings.add(finding, || commands(traces, actions, by));
        }
        for successor in expanded.successors {
            let Some(mut node) = successor.node else {
                if self.visited.is_new(successor.key) {
                    self.result.depth = length;
                }
                continue;
            };
            if self.visited.insert(successor.key) {
                self.result.depth = length;
                node.trace = u32::try_from(self.traces.len()).expect("memory ends before numbers do");
                self.traces.push((successor.by.trace, successor.by.action));
                next.push(node);
            }
        }
    }

    /// The number of bytes of the search with so many unexpanded states, about.
    fn bytes(&self, nodes: usize) -> u64 {
        let traces = (self.traces.len() * size_of::<(u32, u32)>()) as u64;
        nodes as u64 * self.node_bytes + self.visited.bytes() + traces
    }
}

/// The commands of an extended trace.
fn commands(traces: &[(u32, u32)], actions: &[Command], by: Extension) -> Vec<Command> {
    let mut commands = vec![by.command];
    let mut at = by.trace;
    while at != 0 {
        let (before, action) = traces[at as usize];
        commands.push(actions[action as usize]);
        at = before;
    }
    commands.reverse();
    commands
}
