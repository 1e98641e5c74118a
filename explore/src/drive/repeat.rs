//! The search where the implementation can neither be copied nor trusted to have been anywhere before: every history
//! is executed after a reset, the shorter ones first.
//!
//! Nothing is stored but the history at hand, so that memory is no matter here.

use chatwarden_model::Command;

use super::expand::Shared;
use super::findings::Findings;
use super::renamings::Kept;
use super::{Counterexample, Driven, End};
use chatwarden::adapter::{Adapter, Answer, Failure};
use chatwarden::finding::{Finding, Verdict};
use chatwarden::lockstep::{Lockstep, StepResult};

/// A command of the history at hand.
#[derive(Clone, Copy)]
struct Choice {
    /// Its number among those that are tried after the history before it.
    number: usize,
    command: Command,
    /// What keeps the history up to it.
    kept: Kept,
}

/// The search, with the system that is used for every history.
pub(super) struct Repetition<'a, A, M> {
    shared: &'a Shared<'a>,
    make: &'a M,
    system: A,
    lockstep: Lockstep,
    history: Vec<Choice>,
    /// Whether the history without its last command was not executed yet.
    new_before_last: bool,
    /// Whether a system could not be made fresh again.
    broken: bool,
    findings: Findings<'a>,
    driven: Driven,
}

impl<'a, A: Adapter, M: Fn() -> Result<A, Failure>> Repetition<'a, A, M> {
    pub(super) fn new(
        shared: &'a Shared<'a>,
        make: &'a M,
        system: A,
        lockstep: Lockstep,
        found: &'a mut dyn FnMut(&Counterexample),
    ) -> Self {
        let findings = Findings::new(shared.plan.wanted, found);
        let (history, driven) = (Vec::new(), Driven::started());
        Repetition {
            shared,
            make,
            system,
            lockstep,
            history,
            new_before_last: true,
            broken: false,
            findings,
            driven,
        }
    }

    /// Executes the histories, a length after the other.
    ///
    /// # Errors
    /// If a system cannot be made again after a failure.
    pub(super) fn run(mut self) -> Result<Driven, Failure> {
        let mut end = End::Complete;
        for length in 1.. {
            self.driven.judged = Some(length - 1);
            if self.shared.plan.depth.is_some_and(|depth| length > depth) {
                end = End::Depth;
                break;
            }
            self.shared.watch.tell(length - 1, 1, self.driven.states);
            let (reached, cut) = self.length(length)?;
            let first =
                self.findings.has_wanted() || self.shared.plan.stop_at_first && !self.findings.is_empty();
            if let Some(cut) = cut.or(first.then_some(End::First)) {
                end = cut;
                break;
            }
            let narrowed = self.shared.plan.narrowed().is_some() && self.shared.plan.depth == Some(length);
            if !reached && !narrowed {
                self.driven.judged = None;
                break;
            }
            self.driven.depth = length;
        }
        let renamings = self.shared.renamings.list().len();
        Ok(Driven { end, renamings, found: self.findings.into_found(), ..self.driven })
    }

    /// Executes the histories of a length; whether one of them went through, and why not all were executed.
    fn length(&mut self, length: usize) -> Result<(bool, Option<End>), Failure> {
        let mut reached = false;
        self.history.clear();
        while self.next(length) {
            if let Some(end) = self.shared.cut() {
                return Ok((reached, Some(end)));
            }
            if !self.is_asked(length) {
                continue;
            }
            let taken = self.execute(length)?;
            if self.broken {
                return Ok((reached, Some(End::Stopped)));
            }
            reached |= taken == length;
            if taken + 1 >= length && std::mem::take(&mut self.new_before_last) {
                self.driven.states += 1;
            }
            // Nothing follows a step that did not conform, so that what would follow is passed over.
            self.history.truncate(taken + 1);
            if self.findings.has_wanted() {
                break;
            }
        }
        Ok((reached, None))
    }

    /// Makes the history the next one: the next command at its end, or filled up to the length.
    fn next(&mut self, length: usize) -> bool {
        if !self.advance() {
            return false;
        }
        self.new_before_last |= self.history.len() < length;
        while self.history.len() < length {
            let kept = self.history.last().map_or(self.shared.renamings.all(), |choice| choice.kept);
            match self.choice(kept, 0) {
                Some(choice) => self.history.push(choice),
                None => return false,
            }
        }
        true
    }

    /// Puts the next command in the place of the last, or of the last that has a next one.
    fn advance(&mut self) -> bool {
        while let Some(last) = self.history.pop() {
            let kept = self.history.last().map_or(self.shared.renamings.all(), |choice| choice.kept);
            if let Some(choice) = self.choice(kept, last.number + 1) {
                self.history.push(choice);
                return true;
            }
            if self.history.is_empty() {
                return false;
            }
        }
        // Only the first history of a length starts from nothing.
        true
    }

    fn choice(&self, kept: Kept, number: usize) -> Option<Choice> {
        let (place, kept) = self.shared.renamings.after(kept).nth(number)?;
        Some(Choice { number, command: self.shared.plan.alphabet[place as usize], kept })
    }

    /// Whether the history at hand ends in a command that may show what is wanted.
    fn is_asked(&self, length: usize) -> bool {
        let plan = self.shared.plan;
        let wanted = plan.narrowed().filter(|_| plan.depth == Some(length));
        wanted.is_none_or(|wanted| self.history.last().is_some_and(|last| last.command.kind() == wanted))
    }

    /// Executes the history at hand, and says how many of its commands conformed.
    fn execute(&mut self, length: usize) -> Result<usize, Failure> {
        if self.driven.executed > 0 {
            self.reset()?;
            if self.broken {
                return Ok(0);
            }
        }
        for at in 0..self.history.len() {
            let progress = self.lockstep.step(&mut self.system, &self.history[at].command);
            if progress == StepResult::Unsupported {
                return Ok(at);
            }
            self.driven.executed += 1;
            if at + 1 == length {
                match self.lockstep.answer() {
                    Some(Answer::Allow { .. }) => self.driven.allowed += 1,
                    Some(Answer::Deny) => self.driven.refused += 1,
                    None => {}
                }
            }
            if let StepResult::Ended(finding) = progress {
                if finding.identity().verdict == Verdict::Inconclusive {
                    self.system = (self.make)()?;
                }
                self.note(finding);
                return Ok(at);
            }
        }
        if let Some(drift) = self.lockstep.pending().cloned() {
            self.note(drift);
        }
        Ok(length)
    }

    /// Makes the system fresh, for the history at hand; if it cannot be, a new one gets one more chance.
    fn reset(&mut self) -> Result<(), Failure> {
        self.driven.resets += 1;
        if self.system.wants_announcements() {
            let commands: Vec<_> = self.history.iter().map(|choice| choice.command).collect();
            self.system.announce(&self.shared.plan.setup, &commands);
        }
        if let Err(finding) = self.lockstep.start(&mut self.system, &self.shared.plan.setup) {
            self.note(finding);
            self.system = (self.make)()?;
            self.driven.resets += 1;
            self.broken = self.lockstep.start(&mut self.system, &self.shared.plan.setup).is_err();
        }
        Ok(())
    }

    fn note(&mut self, finding: Finding) {
        let history = &self.history;
        self.findings.note(finding, || history.iter().map(|choice| choice.command).collect());
    }
}
