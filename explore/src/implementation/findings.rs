//! The findings of a search: the first of each identity, each reported as soon as it is known. A graph
//! walk also notes where it found something.

use chatwarden_model::Command;

use super::Counterexample;
use super::graph::{Graph, NodeIndex};
use super::stabilizers::ActionIndex;
use chatwarden::counterexample::FirstFindings;
use chatwarden::finding::{Finding, Identity};

/// The finding, headed by the wanted one if the step shows that too.
pub(super) fn headed_by(wanted: Option<Identity>, finding: Finding) -> Finding {
    match wanted {
        Some(wanted) => finding.headed_by(wanted),
        None => finding,
    }
}

/// The first finding of each identity with its trace, or only the wanted one.
pub(super) struct ReportedFindings<'a> {
    wanted: Option<Identity>,
    first: FirstFindings<fn(&Counterexample, &Counterexample) -> bool>,
    report: &'a mut dyn FnMut(&Counterexample),
}

impl<'a> ReportedFindings<'a> {
    pub(super) fn new(wanted: Option<Identity>, report: &'a mut dyn FnMut(&Counterexample)) -> Self {
        ReportedFindings { wanted, first: FirstFindings::new(|_, _| false), report }
    }

    /// Adds a finding with the trace that was executed; the finding's own may end before.
    ///
    /// A finding before the first command always counts, even if another is wanted: it means that
    /// nothing was tried.
    pub(super) fn add(&mut self, finding: Finding, executed: impl FnOnce() -> Vec<Command>) {
        let finding = headed_by(self.wanted, finding);
        let identity = finding.identity();
        let is_unwanted = self.wanted.is_some_and(|wanted| wanted != identity) && identity.command.is_some();
        if is_unwanted || self.first.contains(identity) {
            return;
        }
        let mut commands = executed();
        commands.truncate(if finding.command().is_some() { finding.at() + 1 } else { 0 });
        if let Some(new) = self.first.add(Counterexample::new(commands, finding)) {
            (self.report)(new);
        }
    }

    /// Whether the wanted finding was found, so that nothing is left to look for.
    pub(super) fn has_wanted(&self) -> bool {
        self.wanted.is_some_and(|wanted| self.first.contains(wanted))
    }

    /// Every finding, in the order of being found.
    pub(super) fn as_slice(&self) -> &[Counterexample] {
        self.first.as_slice()
    }

    /// Every finding, shortest first.
    pub(super) fn into_sorted(self) -> Vec<Counterexample> {
        let mut found = self.first.into_vec();
        found.sort_by_key(|found| found.commands.len());
        found
    }
}

/// The findings of a graph walk. The walk's own traces are long; the graph gives shorter ones at the end.
pub(super) struct Hits<'a> {
    pub(super) first: ReportedFindings<'a>,
    hits: Vec<Hit>,
}

/// An action in a node that shows a finding.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Hit {
    pub(super) identity: Identity,
    pub(super) from: NodeIndex,
    pub(super) action: ActionIndex,
}

impl<'a> Hits<'a> {
    pub(super) fn new(report: &'a mut dyn FnMut(&Counterexample)) -> Self {
        Hits { first: ReportedFindings::new(None, report), hits: Vec::new() }
    }

    /// Adds a finding of the action in the node, after the commands since the reset.
    pub(super) fn add(
        &mut self,
        from: NodeIndex,
        action: ActionIndex,
        commands: &[Command],
        finding: Finding,
    ) {
        let hit = Hit { identity: finding.identity(), from, action };
        if !self.hits.contains(&hit) {
            self.hits.push(hit);
        }
        self.first.add(finding, || commands.to_vec());
    }

    /// The length of the shortest known trace to a finding, or to the wanted one.
    pub(super) fn shortest(&self, graph: &Graph, wanted: Option<Identity>) -> Option<usize> {
        let hits = self.hits.iter().filter(|hit| wanted.is_none_or(|wanted| wanted == hit.identity));
        hits.map(|hit| graph.nodes[hit.from].length.saturating_add(1)).min()
    }

    /// The hits of one identity, those with the shortest known traces first.
    pub(super) fn of(&self, identity: Identity, graph: &Graph) -> Vec<Hit> {
        let mut hits: Vec<Hit> = self.hits.iter().filter(|hit| hit.identity == identity).copied().collect();
        hits.sort_by_key(|hit| graph.nodes[hit.from].length);
        hits
    }
}
