//! The first finding of each identity, or only the wanted one. Every search of this crate collects its
//! findings here.

use chatwarden_model::Command;

use super::Counterexample;
use chatwarden::finding::{Finding, Identity};

/// The findings so far, in the order of being found, each with where it was found.
pub(super) struct FirstFindings<T> {
    found: Vec<(T, Finding)>,
}

impl<T> FirstFindings<T> {
    pub(super) fn new() -> Self {
        FirstFindings { found: Vec::new() }
    }

    /// Adds the finding if it is the first of its identity, and returns it if so.
    pub(super) fn add(&mut self, finding: Finding, at: impl FnOnce() -> T) -> Option<&(T, Finding)> {
        if self.found.iter().any(|(_, known)| known.identity() == finding.identity()) {
            return None;
        }
        self.found.push((at(), finding));
        self.found.last()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }
}

impl<T> IntoIterator for FirstFindings<T> {
    type Item = (T, Finding);
    type IntoIter = std::vec::IntoIter<(T, Finding)>;

    fn into_iter(self) -> Self::IntoIter {
        self.found.into_iter()
    }
}

/// The first findings with their traces, each reported as soon as it is known.
pub(super) struct ReportedFindings<'a> {
    wanted: Option<Identity>,
    first: FirstFindings<Vec<Command>>,
    report: &'a mut dyn FnMut(&Counterexample),
}

impl<'a> ReportedFindings<'a> {
    pub(super) fn new(wanted: Option<Identity>, report: &'a mut dyn FnMut(&Counterexample)) -> Self {
        ReportedFindings { wanted, first: FirstFindings::new(), report }
    }

    /// Adds a finding with the trace that was executed; the finding's own may end before.
    ///
    /// A finding before the first command always counts, even if another is wanted: it means that
    /// nothing was tried.
    pub(super) fn add(&mut self, finding: Finding, executed: impl FnOnce() -> Vec<Command>) {
        let identity = finding.identity();
        if self.wanted.is_some_and(|wanted| wanted != identity) && identity.command.is_some() {
            return;
        }
        let length = if finding.command().is_some() { finding.at() + 1 } else { 0 };
        let trace = || {
            let mut commands = executed();
            commands.truncate(length);
            commands
        };
        if let Some((commands, finding)) = self.first.add(finding, trace) {
            (self.report)(&Counterexample::new(commands.clone(), finding.clone()));
        }
    }

    /// Whether the wanted finding was found, so that nothing is left to look for.
    pub(super) fn has_wanted(&self) -> bool {
        self.first.found.iter().any(|(_, found)| Some(found.identity()) == self.wanted)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.first.is_empty()
    }

    /// Every finding, in the order of being found.
    pub(super) fn counterexamples(&self) -> Vec<Counterexample> {
        let found = self.first.found.iter().cloned();
        found.map(|(commands, finding)| Counterexample::new(commands, finding)).collect()
    }
}
