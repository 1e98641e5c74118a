//! What becomes of a finding: it is on disk before anything else is done, is shrunk, replayed as it stands on disk if that is
//! definite, gets its lasting name, and is told as a chain with its explanation.
//!
//! For whom it is told is the caller's to say: [`Finder::conclude`] tells who ran a fuzz target or a test. Campaigns of the
//! command line, which certify, know baselines and report to CI systems, take the parts.

mod drafts;
mod file;
mod writer;

use std::fmt;
use std::io::{self, Write};
use std::path::PathBuf;

use chatwarden_model::{Command, EnumSet, Setup};

pub use drafts::Drafts;
pub use file::{check_writable, replace_file};
pub use writer::{Draft, FindingWriter, hash, write};

use crate::adapter::{About, Adapter, Failure};
use crate::campaign::{self, CampaignConfig, CampaignMonitor, Found, Origin, ShrinkStatus, Shrunk};
use crate::describe::{Describer, Palette, SavedFinding, explain};
use crate::finding::{Finding, Verdict};
use crate::format::{Certificate, Minimality, Scenario};
use crate::replay;
use crate::trace::Trace;

/// Who found something, in what, and where it is to be written.
#[derive(Clone, Debug)]
pub struct Finder {
    /// What the runs are about and how they are compared.
    pub plan: CampaignConfig,
    /// What scenarios have in common, and their folder.
    pub folder: FindingWriter,
    /// How the saved scenario is replayed, but for its name; empty if the program cannot.
    pub replay: String,
}

/// A finding as it stands on disk in the end.
#[derive(Debug)]
pub struct Settled {
    /// The finding and its trace as shrunk.
    pub shrunk: Shrunk,
    /// The scenario file.
    pub file: PathBuf,
}

impl Finder {
    /// A finder by this name, of an implementation that says this about itself.
    pub fn new(engine: &str, about: &About, plan: CampaignConfig, mut folder: FindingWriter) -> Self {
        folder.engine = engine.into();
        folder.adapter.clone_from(&about.name);
        folder.implementation = Some(about.version.clone());
        folder.fidelity = plan.terms.fidelity;
        let every = plan.terms.promises == EnumSet::all();
        folder.promises = (!every).then_some(plan.terms.promises);
        Finder { plan, folder, replay: String::new() }
    }

    /// Does everything with a finding whose draft was written, writes what a person reads, and returns the file.
    ///
    /// # Errors
    /// If something cannot be written. What was found is told all the same.
    pub fn conclude<A: Adapter>(
        &self,
        found: &Found,
        origin: Option<Origin>,
        draft: io::Result<Draft>,
        make: &impl Fn() -> Result<A, Failure>,
        out: &mut impl Write,
        palette: &Palette,
    ) -> io::Result<PathBuf> {
        let settled = draft.and_then(|draft| {
            let shrunk = match self.shrink(found, origin, &draft, make, &CampaignMonitor::default()) {
                Ok(shrunk) => shrunk,
                Err(failure) => {
                    let _ = writeln!(out, "error: it cannot be shrunk: {failure}");
                    as_found(found, ShrinkStatus::Unfinished)
                }
            };
            self.settle(found, (shrunk, None), origin, draft, make)
        });
        match settled {
            Ok(settled) => {
                self.tell(&settled, origin, make, out, palette)?;
                Ok(settled.file)
            }
            Err(error) => {
                self.tell_unsaved(found, &error, out)?;
                Err(error)
            }
        }
    }

    /// Shrinks a finding, and replaces the draft as it goes.
    ///
    /// # Errors
    /// If there is no implementation any more to execute anything with.
    pub fn shrink<A: Adapter>(
        &self,
        found: &Found,
        origin: Option<Origin>,
        draft: &Draft,
        make: &impl Fn() -> Result<A, Failure>,
        watch: &CampaignMonitor,
    ) -> Result<Shrunk, Failure> {
        campaign::shrink(&self.plan, make, found, watch, |commands, finding| {
            // What is on disk shows the finding as well, only at more length; what is settled in the end must be written.
            let _ = self.improve(draft, commands, finding, origin, ShrinkStatus::Unfinished);
        })
    }

    /// Replaces the draft by something simpler.
    ///
    /// # Errors
    /// If it cannot be written; then the draft is what it was.
    pub fn improve(
        &self,
        draft: &Draft,
        commands: &[Command],
        finding: &Finding,
        origin: Option<Origin>,
        minimal: ShrinkStatus,
    ) -> io::Result<()> {
        draft.improve(&self.folder, self.folder.scenario(commands, finding, origin, minimal))
    }

    /// Writes the last of it and replays that as it stands on disk; if it shows something else, what was found is what
    /// remains. Then it gets its lasting name.
    ///
    /// # Errors
    /// If it cannot be written or read back; then the draft stays.
    pub fn settle<A: Adapter>(
        &self,
        found: &Found,
        (shrunk, certificate): (Shrunk, Option<&Certificate>),
        origin: Option<Origin>,
        draft: Draft,
        make: &impl Fn() -> Result<A, Failure>,
    ) -> io::Result<Settled> {
        let folder = self.without_idle_groups(&shrunk, make);
        let of = |folder: &FindingWriter, shrunk: &Shrunk| {
            folder.scenario(&shrunk.commands, &shrunk.finding, origin, shrunk.outcome)
        };
        let mut scenario = of(&folder, &shrunk);
        if let Some(certificate) = certificate {
            scenario = certified(scenario, certificate);
        }
        draft.improve(&folder, scenario.clone())?;
        // Who found the same at the same time may have settled it, and taken the draft away.
        let on_disk = if draft.path().exists() { &draft.open()? } else { &scenario };
        if is_worth_repeating(&shrunk) && self.recurs(on_disk, &shrunk, make) == Some(false) {
            let outcome = ShrinkStatus::Unstable(None);
            let shrunk = Shrunk { executions: shrunk.executions, ..as_found(found, outcome) };
            let file = draft.settle(&self.folder, of(&self.folder, &shrunk))?;
            return Ok(Settled { shrunk, file });
        }
        let file = draft.settle(&folder, scenario)?;
        Ok(Settled { shrunk, file })
    }

    /// What happens with the implementation; by the policy alone where that cannot be told any more.
    pub fn history<A: Adapter>(&self, shrunk: &Shrunk, make: &impl Fn() -> Result<A, Failure>) -> Trace {
        let setup: &Setup = &self.plan.setup;
        match make() {
            Ok(mut adapter) if shrunk.is_repeatable() => {
                Trace::of(&mut adapter, self.plan.terms, setup, &shrunk.commands)
            }
            _ => Trace::of_policy(setup, &shrunk.commands),
        }
    }

    /// The folder with just the groups that the history names, if they suffice for it.
    fn without_idle_groups<A: Adapter>(
        &self,
        shrunk: &Shrunk,
        make: &impl Fn() -> Result<A, Failure>,
    ) -> FindingWriter {
        let few = self.folder.with_groups_of(&shrunk.commands);
        if few.groups == self.folder.groups || !is_worth_repeating(shrunk) {
            return self.folder.clone();
        }
        let scenario = few.scenario(&shrunk.commands, &shrunk.finding, None, shrunk.outcome);
        if self.recurs(&scenario, shrunk, make) == Some(true) { few } else { self.folder.clone() }
    }

    /// Whether the scenario shows the finding, if there is still an implementation to show it.
    fn recurs<A: Adapter>(
        &self,
        scenario: &Scenario,
        shrunk: &Shrunk,
        make: &impl Fn() -> Result<A, Failure>,
    ) -> Option<bool> {
        let mut adapter = make().ok()?;
        let finding = replay::against_implementation(scenario, &mut adapter, self.plan.terms);
        let same = finding.map(|finding| finding.identity()) == Some(shrunk.finding.identity());
        Some(same && replay::against_policy(scenario).is_ok())
    }

    fn tell<A: Adapter>(
        &self,
        settled: &Settled,
        origin: Option<Origin>,
        make: &impl Fn() -> Result<A, Failure>,
        out: &mut impl Write,
        palette: &Palette,
    ) -> io::Result<()> {
        let Settled { shrunk, file } = settled;
        let trace = self.history(shrunk, make);
        let names = self.folder.names();
        let setup = &self.plan.setup;
        let saved =
            SavedFinding { names: &names, setup, shrunk, trace: &trace, origin, file, replay: &self.replay };
        saved.write(out, palette, false, None)?;
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        writeln!(out, "\n{name}, step by step:")?;
        explain(out, palette, &Describer { names: &names, setup }, &trace)?;
        out.flush()
    }

    /// Tells what cannot be saved, and why.
    ///
    /// # Errors
    /// If it cannot be told either.
    pub fn tell_unsaved(
        &self,
        found: &Found,
        error: &impl fmt::Display,
        out: &mut impl Write,
    ) -> io::Result<()> {
        writeln!(out, "error: the finding cannot be saved in {}: {error}", self.folder.directory.display())?;
        writeln!(out, "this is its scenario, before it was shrunk:")?;
        let scenario = self.folder.scenario(&found.commands, &found.finding, None, ShrinkStatus::Unfinished);
        writeln!(out, "{}", scenario.write())
    }
}

/// A finding of which nothing was made.
pub fn as_found(found: &Found, outcome: ShrinkStatus) -> Shrunk {
    Shrunk { commands: found.commands.clone(), finding: found.finding.clone(), executions: 0, outcome }
}

/// Whether there is something to learn from executing it once more: what is inconclusive was repeated before it was
/// shrunk, and may take the whole time limit every time.
fn is_worth_repeating(shrunk: &Shrunk) -> bool {
    !shrunk.is_unstable() && shrunk.finding.identity().verdict != Verdict::Inconclusive
}

/// The scenario, whose chain is certified.
fn certified(mut scenario: Scenario, certificate: &Certificate) -> Scenario {
    if let Some(finding) = &mut scenario.finding {
        finding.minimal = Minimality::Certified;
        finding.certificate = Some(*certificate);
    }
    scenario
}
