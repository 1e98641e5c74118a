//! Where a graph walk found something: the node and the action of each finding.
//!
//! A walk's own trace is long. The graph gives a shorter one at the end, in `graph_walk`.

use chatwarden_model::Command;

use super::Counterexample;
use super::first_findings::ReportedFindings;
use super::graph::{Graph, NodeIndex};
use super::stabilizers::ActionIndex;
use chatwarden::finding::{Finding, Identity};

/// The hits so far, and the first finding of each identity.
pub(super) struct Hits<'a> {
    first: ReportedFindings<'a>,
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
        hits.map(|hit| graph.length(hit.from).saturating_add(1)).min()
    }

    /// The first finding of each identity, with the trace of the walk.
    pub(super) fn found(&self) -> Vec<Counterexample> {
        self.first.counterexamples()
    }

    /// The hits of one identity, those with the shortest known traces first.
    pub(super) fn of(&self, identity: Identity, graph: &Graph) -> Vec<Hit> {
        let mut hits: Vec<Hit> = self.hits.iter().filter(|hit| hit.identity == identity).copied().collect();
        hits.sort_by_key(|hit| graph.length(hit.from));
        hits
    }
}
