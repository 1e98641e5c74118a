//! `shrink`: makes the history of a scenario as simple as it gets; and what `fuzz` and `shrink` do with a finding.

use std::path::PathBuf;

use chatwarden_model::Command;
use clap::Args;

use super::options::Output;
use super::target::{Implementation, Target};
use super::{Exit, Unusable};
use crate::adapter::Failure;
use crate::campaign::{self, Found, Minimality, Plan, Shrunk, Watch};
use crate::check;
use crate::history::History;
use crate::replay;
use crate::report::{Discovery, Event, Origin, Report};
use crate::save::{Draft, Folder};
use crate::verdict::{Finding, Verdict};
use crate::wire::{Names, Scenario};

/// Shrink a scenario to the shortest chain that shows the same finding.
///
/// The scenario is replayed with the implementation; what does not conform there is the finding. The shrunk scenario
/// is saved beside what `fuzz` finds; the file itself stays as it is.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  chatwarden shrink my-scenario.json --fault launcher-only")]
pub(super) struct Shrink {
    /// The scenario file
    file: PathBuf,
    #[command(flatten)]
    target: Target,
    /// Where to save the shrunk scenario
    #[arg(long, value_name = "DIR", default_value = "scenarios/found")]
    save: PathBuf,
    #[command(flatten)]
    output: Output,
}

impl Shrink {
    pub(super) fn run(&self) -> Result<Exit, Unusable> {
        let mut reports = self.output.reports()?;
        let scenario = Scenario::open(&self.file)?;
        let implementation = self.target.or_memory()?;
        let folder = Folder {
            directory: self.save.clone(),
            policy: scenario.policy,
            cast: scenario.cast.clone(),
            groups: scenario.groups.clone(),
            promises: scenario.promises,
            engine: "shrink".into(),
            adapter: implementation.about.name.clone(),
            implementation: Some(implementation.about.version.clone()),
            fault: implementation.fault.map(|fault| chatwarden_model::Word::name(fault).into()),
            fidelity: implementation.fidelity,
        };
        let terms = implementation.terms(scenario.judged());
        let commands = replay::commands(&scenario);
        let Some(finding) = check::run(&mut implementation.make()?, terms, &folder.setup(), &commands) else {
            return Err(Unusable::Input(format!("nothing to shrink: {} conforms", self.file.display())));
        };
        let commands = commands[..commands.len().min(finding.at() + 1)].to_vec();
        let plan = Plan { terms, ..Plan::new(folder.setup(), &implementation.about) };
        let case = Case { plan, implementation, folder: &folder, names: scenario.names() };
        let found = Found { run: 0, commands, finding };
        let draft = folder.draft(&found.commands, &found.finding, None)?;
        case.shrink_and_report(&found, None, draft, &Watch::default(), &mut reports)?;
        reports.finish()?;
        Ok(exit_of(&found.finding))
    }
}

/// How the program ends that comes to this finding.
pub(super) fn exit_of(finding: &Finding) -> Exit {
    match finding.identity().verdict {
        Verdict::Inconclusive => Exit::Inconclusive,
        _ => Exit::Finding,
    }
}

/// Everything that is needed to execute, save and show the histories of a finding.
pub(super) struct Case<'a> {
    pub(super) plan: Plan,
    pub(super) implementation: Implementation,
    pub(super) folder: &'a Folder,
    pub(super) names: Names,
}

impl Case<'_> {
    /// Shrinks a finding whose draft was written, replaces the file as it goes, reads the last one back, and reports.
    pub(super) fn shrink_and_report(
        &self,
        found: &Found,
        origin: Option<Origin>,
        draft: Draft,
        watch: &Watch,
        reports: &mut impl Report,
    ) -> Result<(), Unusable> {
        let mut written = Ok(());
        let mut shrunk = campaign::shrink(
            &self.plan,
            &|| self.implementation.make(),
            found,
            watch,
            |commands, finding| {
                let better = self.folder.scenario(commands, finding, origin, Minimality::Unfinished);
                if let Err(error) = draft.improve(self.folder, better) {
                    written = Err(error);
                }
            },
        )?;
        written?;
        let folder = self.without_idle_groups(&shrunk)?;
        let save =
            |shrunk: &Shrunk| folder.scenario(&shrunk.commands, &shrunk.finding, origin, shrunk.outcome);
        let mut file = draft.settle(&folder, &save(&shrunk))?;
        // What is announced must be what is on disk.
        if shrunk.outcome != Minimality::Unstable && !self.recurs(&Scenario::open(&file)?, &shrunk)? {
            shrunk.outcome = Minimality::Unstable;
            file = folder.write(&save(&shrunk))?;
        }
        let history = self.history(&shrunk)?;
        let replay = format!("chatwarden replay {}", self.implementation.arguments());
        reports.event(Event::Found(&Discovery {
            names: &self.names,
            setup: &self.plan.setup,
            shrunk: &shrunk,
            history: &history,
            origin,
            file: &file,
            replay: &replay,
        }))?;
        Ok(())
    }

    /// The folder with just the groups that the history names, if they suffice for it.
    fn without_idle_groups(&self, shrunk: &Shrunk) -> Result<Folder, Failure> {
        let named = shrunk.commands.iter().filter_map(Command::group).map(|group| group.index() + 1).max();
        let mut folder = self.folder.clone();
        folder.groups.truncate(named.unwrap_or(0));
        let saved = folder.scenario(&shrunk.commands, &shrunk.finding, None, shrunk.outcome);
        Ok(if self.recurs(&saved, shrunk)? { folder } else { self.folder.clone() })
    }

    /// Whether the scenario shows the finding.
    fn recurs(&self, scenario: &Scenario, shrunk: &Shrunk) -> Result<bool, Failure> {
        let mut adapter = self.implementation.make()?;
        let finding = replay::against_implementation(scenario, &mut adapter, self.plan.terms);
        let same = finding.map(|finding| finding.identity()) == Some(shrunk.finding.identity());
        Ok(same && replay::against_policy(scenario).is_ok())
    }

    fn history(&self, shrunk: &Shrunk) -> Result<History, Failure> {
        let mut adapter = self.implementation.make()?;
        Ok(History::of(&mut adapter, self.plan.terms, &self.plan.setup, &shrunk.commands))
    }
}
