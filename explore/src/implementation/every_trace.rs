//! The search by resets: every trace is executed from a reset, shorter ones first. It serves
//! implementations that cannot be copied, and of which no state is assumed to equal another.
//!
//! Only the current trace is stored, so memory does not limit this search.

use chatwarden_model::Command;

use super::expand::SearchContext;
use super::findings::ReportedFindings;
use super::stabilizers::{Stabilizer, WHOLE_GROUP};
use super::{ConformanceSearchResult, Counterexample, End};
use chatwarden::adapter::{Adapter, Failure, Replaceable};
use chatwarden::finding::{Finding, Verdict};
use chatwarden::lockstep::{Lockstep, StepResult};

/// A command of the current trace.
#[derive(Clone, Copy)]
struct Choice {
    /// Its number among the actions that are tried after the trace before it.
    number: usize,
    command: Command,
    /// The stabilizer of the trace up to it.
    stabilizer: Stabilizer,
}

/// The search, with the implementation that executes every trace.
pub(super) struct EveryTrace<'a, A, M> {
    context: &'a SearchContext<'a>,
    system: Replaceable<A, M>,
    lockstep: Lockstep,
    trace: Vec<Choice>,
    /// Whether the trace without its last command was not executed yet.
    is_prefix_new: bool,
    /// Whether a new implementation could not be reset.
    is_broken: bool,
    findings: ReportedFindings<'a>,
    result: ConformanceSearchResult,
}

impl<'a, A: Adapter, M: Fn() -> Result<A, Failure>> EveryTrace<'a, A, M> {
    /// A search with an implementation that was reset.
    pub(super) fn new(
        context: &'a SearchContext<'a>,
        system: Replaceable<A, M>,
        lockstep: Lockstep,
        found: &'a mut dyn FnMut(&Counterexample),
    ) -> Self {
        EveryTrace {
            context,
            system,
            lockstep,
            trace: Vec::new(),
            is_prefix_new: true,
            is_broken: false,
            findings: ReportedFindings::new(context.search.wanted, found),
            result: ConformanceSearchResult::started(),
        }
    }

    /// Executes the traces, one length after the other.
    ///
    /// # Errors
    /// If an implementation cannot be made again after a failure.
    pub(super) fn run(mut self) -> Result<ConformanceSearchResult, Failure> {
        let search = self.context.search;
        let mut end = End::Complete;
        for length in 1.. {
            self.result.judged = Some(length - 1);
            if search.depth.is_some_and(|depth| length > depth) {
                end = End::Depth;
                break;
            }
            self.context.monitor.update(length - 1, 1, self.result.states);
            let (is_reached, cut) = self.execute_length(length)?;
            let is_found =
                self.findings.has_wanted() || search.stop_at_first && !self.findings.as_slice().is_empty();
            if let Some(cut) = cut.or(is_found.then_some(End::First)) {
                end = cut;
                break;
            }
            let is_narrowed = search.last_kind().is_some() && search.depth == Some(length);
            if !is_reached && !is_narrowed {
                self.result.judged = None;
                break;
            }
            self.result.depth = length;
        }
        self.result.set_symmetry(&self.context.orbits);
        let (tally, found) = (*self.lockstep.tally(), self.findings.into_sorted());
        Ok(ConformanceSearchResult { end, found, tally, ..self.result })
    }

    /// Executes the traces of a length. It returns whether one of them conformed to the end, and why not
    /// all were executed.
    fn execute_length(&mut self, length: usize) -> Result<(bool, Option<End>), Failure> {
        let mut is_reached = false;
        self.trace.clear();
        while self.next_trace(length) {
            if let Some(end) = self.context.cut() {
                return Ok((is_reached, Some(end)));
            }
            if !self.may_show_wanted(length) {
                continue;
            }
            let conforming = self.execute(length)?;
            if self.is_broken {
                return Ok((is_reached, Some(End::Stopped)));
            }
            is_reached |= conforming == length;
            if conforming + 1 >= length && std::mem::take(&mut self.is_prefix_new) {
                self.result.states += 1;
            }
            // Nothing follows a step that did not conform, so its extensions are skipped.
            self.trace.truncate(conforming + 1);
            if self.findings.has_wanted() {
                break;
            }
        }
        Ok((is_reached, None))
    }

    /// Makes the next trace of that length: the next action at its end, then the first ones.
    fn next_trace(&mut self, length: usize) -> bool {
        if !self.advance() {
            return false;
        }
        self.is_prefix_new |= self.trace.len() < length;
        while self.trace.len() < length {
            match self.choice(self.stabilizer(), 0) {
                Some(choice) => self.trace.push(choice),
                None => return false,
            }
        }
        true
    }

    /// Replaces the last command that has a next one by it, and drops those behind.
    fn advance(&mut self) -> bool {
        while let Some(last) = self.trace.pop() {
            if let Some(choice) = self.choice(self.stabilizer(), last.number + 1) {
                self.trace.push(choice);
                return true;
            }
            if self.trace.is_empty() {
                return false;
            }
        }
        // Only the first trace of a length starts from nothing.
        true
    }

    /// The stabilizer of the trace.
    fn stabilizer(&self) -> Stabilizer {
        self.trace.last().map_or(WHOLE_GROUP, |choice| choice.stabilizer)
    }

    fn choice(&self, stabilizer: Stabilizer, number: usize) -> Option<Choice> {
        let (action, stabilizer) = self.context.orbits.after(stabilizer).nth(number)?;
        Some(Choice { number, command: self.context.search.actions[action as usize], stabilizer })
    }

    /// Whether the trace ends in a command that may show the wanted finding.
    fn may_show_wanted(&self, length: usize) -> bool {
        let search = self.context.search;
        let last_kind = search.last_kind().filter(|_| search.depth == Some(length));
        last_kind.is_none_or(|kind| self.trace.last().is_some_and(|last| last.command.kind() == kind))
    }

    /// Executes the trace, and returns how many of its commands conformed.
    fn execute(&mut self, length: usize) -> Result<usize, Failure> {
        if self.result.executed > 0 {
            self.reset()?;
            if self.is_broken {
                return Ok(0);
            }
        }
        for at in 0..self.trace.len() {
            let step = self.lockstep.step(self.system.get()?, &self.trace[at].command);
            if step == StepResult::Unsupported {
                return Ok(at);
            }
            self.result.executed += 1;
            if at + 1 == length {
                self.result.count_answer(self.lockstep.answer());
            }
            if let StepResult::Ended(finding) = step {
                if finding.identity().verdict == Verdict::Inconclusive {
                    self.system.replace()?;
                }
                self.note(finding);
                return Ok(at);
            }
        }
        if let Some(divergence) = self.lockstep.pending().cloned() {
            self.note(divergence);
        }
        Ok(length)
    }

    /// Resets the implementation for the trace. If that fails, a new one gets one more chance.
    fn reset(&mut self) -> Result<(), Failure> {
        let setup = &self.context.search.setup;
        self.result.resets += 1;
        let system = self.system.get()?;
        if system.wants_announcements() {
            let commands: Vec<_> = self.trace.iter().map(|choice| choice.command).collect();
            system.announce(setup, &commands);
        }
        if let Err(finding) = self.lockstep.start(system, setup) {
            self.note(finding);
            self.system.replace()?;
            self.result.resets += 1;
            self.is_broken = self.lockstep.start(self.system.get()?, setup).is_err();
        }
        Ok(())
    }

    fn note(&mut self, finding: Finding) {
        let trace = &self.trace;
        self.findings.add(finding, || trace.iter().map(|choice| choice.command).collect());
    }
}
