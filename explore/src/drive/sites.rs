//! Where a walk found something: the situations and commands, and for each finding the history that it was met in.
//!
//! A walk's own history is long. The shortest one is made of what the map knows at the end, and is in `walk`.

use chatwarden_model::Command;

use super::Counterexample;
use super::map::{Map, Spot};
use chatwarden::finding::{Finding, Identity};

/// What was found.
pub(super) struct Sites<'a> {
    tell: &'a mut dyn FnMut(&Counterexample),
    found: Vec<Counterexample>,
    sites: Vec<Site>,
}

/// A command in a situation where something showed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Site {
    pub(super) identity: Identity,
    pub(super) from: Spot,
    pub(super) place: u32,
}

impl<'a> Sites<'a> {
    pub(super) fn new(tell: &'a mut dyn FnMut(&Counterexample)) -> Self {
        Sites { tell, found: Vec::new(), sites: Vec::new() }
    }

    /// Notes what showed after the commands, in the situation and by the command of the site.
    pub(super) fn add(&mut self, from: Spot, place: u32, commands: &[Command], finding: Finding) {
        let identity = finding.identity();
        let site = Site { identity, from, place };
        if !self.sites.contains(&site) {
            self.sites.push(site);
        }
        if self.found.iter().all(|found| found.finding.identity() != identity) {
            let end = if finding.command().is_some() { finding.at() + 1 } else { 0 };
            let found = Counterexample::new(commands[..end].to_vec(), finding);
            (self.tell)(&found);
            self.found.push(found);
        }
    }

    /// The length of the shortest known history that shows something, or the one thing that is wanted.
    pub(super) fn shortest(&self, map: &Map, wanted: Option<Identity>) -> Option<usize> {
        let sites = self.sites.iter().filter(|site| wanted.is_none_or(|wanted| wanted == site.identity));
        sites.map(|site| map.length(site.from).saturating_add(1)).min()
    }

    /// What was found first of each identity, with the history in which it was met.
    pub(super) fn found(&self) -> Vec<Counterexample> {
        self.found.clone()
    }

    /// Where the same was found, by the shortest known history first.
    pub(super) fn of(&self, identity: Identity, map: &Map) -> Vec<Site> {
        let mut sites: Vec<Site> =
            self.sites.iter().filter(|site| site.identity == identity).copied().collect();
        sites.sort_by_key(|site| map.length(site.from));
        sites
    }
}
