//! The findings of a search: the first of each identity, or the only one that is wanted.

use chatwarden_model::Command;

use super::Counterexample;
use chatwarden::finding::{Finding, Identity};

/// What was found so far, in the order of being found, which is shortest first.
pub(super) struct Findings<'a> {
    wanted: Option<Identity>,
    found: Vec<Counterexample>,
    tell: &'a mut dyn FnMut(&Counterexample),
}

impl<'a> Findings<'a> {
    pub(super) fn new(wanted: Option<Identity>, tell: &'a mut dyn FnMut(&Counterexample)) -> Self {
        Findings { wanted, found: Vec::new(), tell }
    }

    /// Whether a finding of that identity would tell something new. One before the first command always counts:
    /// whoever looks for another must hear that nothing was tried.
    pub(super) fn is_news(&self, identity: Identity) -> bool {
        let counts = self.wanted.is_none_or(|wanted| wanted == identity) || identity.command.is_none();
        counts && self.found.iter().all(|found| found.finding.identity() != identity)
    }

    /// Notes a finding with the history in which it was met; the finding's own may end before.
    pub(super) fn note(&mut self, finding: Finding, history: impl FnOnce() -> Vec<Command>) {
        if self.is_news(finding.identity()) {
            let mut commands = history();
            commands.truncate(if finding.command().is_some() { finding.at() + 1 } else { 0 });
            let found = Counterexample::new(commands, finding);
            (self.tell)(&found);
            self.found.push(found);
        }
    }

    /// Whether there is nothing more to look for.
    pub(super) fn has_wanted(&self) -> bool {
        self.found.iter().any(|found| Some(found.finding.identity()) == self.wanted)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Everything that was found, shortest first.
    pub(super) fn into_found(mut self) -> Vec<Counterexample> {
        self.found.sort_by_key(|found| found.commands.len());
        self.found
    }
}
