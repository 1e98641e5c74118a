//! What becomes of a finding of a fuzz target or a test: it is on disk before anything else is done, is shrunk, settled
//! under its lasting name, read back and replayed, and told as a chain with its explanation.
//!
//! Campaigns of the command line, which certify, know baselines and report to CI systems, do that themselves.

use std::io::{self, Write};
use std::path::PathBuf;

use chatwarden_model::{Command, Setup, WordSet};

use crate::adapter::{About, Adapter, Failure};
use crate::baseline::{Baseline, Subject};
use crate::campaign::{self, Found, Minimality, Plan, Shrunk, Watch};
use crate::history::History;
use crate::replay;
use crate::report::{Discovery, Event, Origin, Report, Telling, Terminal, explain};
use crate::save::{Draft, Folder};
use crate::verdict::Finding;
use crate::wire::Scenario;

/// Who found something, in what, and where it is to be written.
#[derive(Clone, Debug)]
pub(crate) struct Finder {
    /// What the runs are about and how they are compared.
    pub(crate) plan: Plan,
    /// What scenarios have in common, and their folder.
    pub(crate) folder: Folder,
    /// How the saved scenario is replayed, but for its name; empty if the program cannot.
    pub(crate) replay: String,
}

impl Finder {
    /// A finder by this name, of an implementation that says this about itself.
    pub(crate) fn new(engine: &str, about: &About, plan: Plan, mut folder: Folder) -> Self {
        folder.engine = engine.into();
        folder.adapter.clone_from(&about.name);
        folder.implementation = Some(about.version.clone());
        folder.fidelity = plan.terms.fidelity;
        let every = plan.terms.promises == WordSet::all();
        folder.promises = (!every).then_some(plan.terms.promises);
        Finder { plan, folder, replay: String::new() }
    }

    /// Does everything with a finding, writes what a person reads, and returns the file.
    ///
    /// # Errors
    /// If something cannot be written. What was found is told all the same.
    pub(crate) fn conclude<A: Adapter>(
        &self,
        found: &Found,
        origin: Option<Origin>,
        make: &impl Fn() -> Result<A, Failure>,
        out: &mut impl Write,
    ) -> io::Result<PathBuf> {
        let draft = match self.folder.draft(&found.commands, &found.finding, origin) {
            Ok(draft) => draft,
            Err(error) => {
                self.tell_unsaved(found, &error, out)?;
                return Err(error);
            }
        };
        let shrunk = self.shrink(found, origin, make, &draft);
        let (file, scenario) = match self.settle(&shrunk, origin, make, draft) {
            Ok(settled) => settled,
            Err(error) => {
                self.tell_unsaved(found, &error, out)?;
                return Err(error);
            }
        };
        let history = history(&self.plan, &shrunk, make);
        let names = self.folder.cast.casting().with_groups(self.folder.groups.clone());
        let subject = Subject::new(&self.folder.policy, Some(&self.folder.adapter), None);
        let mut report = Terminal::new(&mut *out);
        report.event(Event::Found(&Discovery {
            names: &names,
            setup: &self.plan.setup,
            shrunk: &shrunk,
            met: &Baseline::default().meet(subject.finding(shrunk.finding.identity())),
            proof: None,
            history: &history,
            origin,
            file: &file,
            replay: &self.replay,
        }))?;
        writeln!(out, "\n{}, step by step:", scenario.name)?;
        explain(out, &Telling { names: &names, setup: &self.plan.setup }, &history)?;
        out.flush()?;
        Ok(file)
    }

    fn shrink<A: Adapter>(
        &self,
        found: &Found,
        origin: Option<Origin>,
        make: &impl Fn() -> Result<A, Failure>,
        draft: &Draft,
    ) -> Shrunk {
        let better = |commands: &[Command], finding: &Finding| {
            let scenario = self.folder.scenario(commands, finding, origin, Minimality::Unfinished);
            // What is on disk shows the finding as well, only at more length.
            let _ = draft.improve(&self.folder, scenario);
        };
        campaign::shrink(&self.plan, make, found, &Watch::default(), better).unwrap_or_else(|_| Shrunk {
            commands: found.commands.clone(),
            finding: found.finding.clone(),
            executions: 0,
            outcome: Minimality::Unfinished,
        })
    }

    /// Writes the last of it, without the groups that it does not name if it shows the same without them.
    fn settle<A: Adapter>(
        &self,
        shrunk: &Shrunk,
        origin: Option<Origin>,
        make: &impl Fn() -> Result<A, Failure>,
        draft: Draft,
    ) -> io::Result<(PathBuf, Scenario)> {
        let scenario =
            |folder: &Folder| folder.scenario(&shrunk.commands, &shrunk.finding, origin, shrunk.outcome);
        let few = self.folder.with_groups_of(&shrunk.commands);
        let recurs = shrunk.is_repeatable() && recurs(&scenario(&few), shrunk, &self.plan, make);
        let folder = if recurs { &few } else { &self.folder };
        let file = draft.settle(folder, &scenario(folder))?;
        let saved = Scenario::open(&file).map_err(io::Error::other)?;
        Ok((file, saved))
    }

    fn tell_unsaved(&self, found: &Found, error: &io::Error, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "error: the finding cannot be saved in {}: {error}", self.folder.directory.display())?;
        writeln!(out, "this is its scenario, before it was shrunk:")?;
        let scenario = self.folder.scenario(&found.commands, &found.finding, None, Minimality::Unfinished);
        writeln!(out, "{}", scenario.write())
    }
}

fn recurs<A: Adapter>(
    scenario: &Scenario,
    shrunk: &Shrunk,
    plan: &Plan,
    make: &impl Fn() -> Result<A, Failure>,
) -> bool {
    let Ok(mut adapter) = make() else { return false };
    let finding = replay::against_implementation(scenario, &mut adapter, plan.terms);
    finding.map(|finding| finding.identity()) == Some(shrunk.finding.identity())
}

/// What happens with the implementation; by the policy alone where that cannot be told any more.
fn history<A: Adapter>(plan: &Plan, shrunk: &Shrunk, make: &impl Fn() -> Result<A, Failure>) -> History {
    let setup: &Setup = &plan.setup;
    match make() {
        Ok(mut adapter) if shrunk.is_repeatable() => {
            History::of(&mut adapter, plan.terms, setup, &shrunk.commands)
        }
        _ => History::of_policy(setup, &shrunk.commands),
    }
}
