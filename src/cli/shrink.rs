//! `shrink`: makes the history of a scenario as simple as it gets; and what `fuzz` and `shrink` do with a finding.

use std::path::PathBuf;

use chatwarden_model::Command;
use clap::Args;

use super::certify::{self, Certify};
use super::interrupt::Interrupt;
use super::options::{self, Output};
use super::target::{Implementation, Target};
use super::{Exit, Unusable, progress};
use crate::baseline::{Baseline, Met};
use crate::campaign::{self, Found, Minimality, Plan, Shrunk};
use crate::certify::{Certificate, Limits};
use crate::check;
use crate::explore::End;
use crate::history::History;
use crate::replay;
use crate::report::{Discovery, Event, Origin, Report};
use crate::save::{self, Draft, Folder};
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
    #[command(flatten)]
    certify: Certify,
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
        let implementation = self.target.or_memory()?.with_names(scenario.names());
        let folder = implementation.folder(
            "shrink",
            self.save.clone(),
            scenario.policy,
            scenario.cast.clone(),
            scenario.groups.clone(),
            scenario.promises,
        );
        let terms = implementation.terms(scenario.judged());
        let commands = replay::commands(&scenario);
        let Some(finding) = check::run(&mut implementation.make()?, terms, &folder.setup(), &commands) else {
            return Err(Unusable::Input(format!("nothing to shrink: {} conforms", self.file.display())));
        };
        let commands = commands[..commands.len().min(finding.at() + 1)].to_vec();
        let plan = Plan {
            terms,
            shrink_time: Some(self.certify.shrink_time),
            ..Plan::new(folder.setup(), &implementation.about)
        };
        implementation.allow_restarts();
        let certify = self.certify.limits(&implementation)?;
        let interrupt = Interrupt::installed();
        let names = scenario.names();
        let case = Case { plan, implementation, folder: &folder, names, certify, interrupt: &interrupt };
        let found = Found { run: 0, commands, finding };
        let draft = folder.draft(&found.commands, &found.finding, None)?;
        let subject = case.implementation.subject(&folder.policy);
        let met = Baseline::default().meet(subject.finding(found.finding.identity()));
        case.shrink_and_report(&found, &met, None, draft, &mut reports)?;
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
    /// How much the search for something shorter may take, if there is to be one.
    pub(super) certify: Option<Limits>,
    pub(super) interrupt: &'a Interrupt,
}

/// The certificate of a shrunk chain, or why there is none, if it was looked for.
type Proof = Option<Result<Certificate, End>>;

impl Case<'_> {
    /// Shrinks a finding whose draft was written and certifies it, replaces the file as it goes, reads the last one back,
    /// and reports.
    pub(super) fn shrink_and_report(
        &self,
        found: &Found,
        met: &Met,
        origin: Option<Origin>,
        draft: Draft,
        reports: &mut impl Report,
    ) -> Result<(), Unusable> {
        let (shrunk, proof) = self.shortest(found, origin, &draft)?;
        self.conclude((found, met), (shrunk, proof), origin, draft, reports)
    }

    /// Saves and reports a finding as it was found.
    pub(super) fn report_as_found(
        &self,
        found: &Found,
        met: &Met,
        origin: Option<Origin>,
        draft: Draft,
        reports: &mut impl Report,
    ) -> Result<(), Unusable> {
        self.conclude((found, met), (as_found(found, Minimality::Unfinished), None), origin, draft, reports)
    }

    fn conclude(
        &self,
        (found, met): (&Found, &Met),
        (mut shrunk, mut proof): (Shrunk, Proof),
        origin: Option<Origin>,
        draft: Draft,
        reports: &mut impl Report,
    ) -> Result<(), Unusable> {
        let folder = self.without_idle_groups(&shrunk);
        let save = |shrunk: &Shrunk, proof: &Proof| {
            let folder = if is_unstable(shrunk) { self.folder } else { &folder };
            let scenario = folder.scenario(&shrunk.commands, &shrunk.finding, origin, shrunk.outcome);
            match proof {
                Some(Ok(certificate)) => save::certified(scenario, certificate),
                _ => scenario,
            }
        };
        let mut file = draft.settle(&folder, &save(&shrunk, &proof))?;
        // What is announced must be what is on disk.
        if is_worth_repeating(&shrunk) && self.recurs(&Scenario::open(&file)?, &shrunk) == Some(false) {
            shrunk = Shrunk { executions: shrunk.executions, ..as_found(found, Minimality::Unstable(None)) };
            proof = None;
            file = self.folder.write(&save(&shrunk, &proof))?;
        }
        let history = self.history(&shrunk);
        let replay = format!("chatwarden replay {}", self.implementation.arguments());
        reports.event(Event::Found(&Discovery {
            names: &self.names,
            setup: &self.plan.setup,
            shrunk: &shrunk,
            met,
            proof: proof.as_ref(),
            history: &history,
            origin,
            file: &file,
            replay: &replay,
        }))?;
        Ok(())
    }

    /// The shrunk chain; if there is time for it, also its certificate, or that of something shorter.
    fn shortest(
        &self,
        found: &Found,
        origin: Option<Origin>,
        draft: &Draft,
    ) -> Result<(Shrunk, Proof), Unusable> {
        let shrunk = self.shrink(found, origin, draft)?;
        let definite = found.finding.identity().verdict != Verdict::Inconclusive;
        let (Some(limits), true, Minimality::OneMinimal) = (self.certify, definite, shrunk.outcome) else {
            return Ok((shrunk, None));
        };
        let conclusion = certify::certify(
            (&self.plan, &self.implementation),
            limits,
            &self.interrupt.certifying,
            shrunk.clone(),
            |shorter| {
                self.improve(draft, &shorter.commands, &shorter.finding, origin, Minimality::Unfinished)?;
                self.shrink(shorter, origin, draft)
            },
        );
        match conclusion {
            Ok(conclusion) => Ok((conclusion.shrunk, Some(conclusion.proof))),
            Err(unanswered @ Unusable::Unanswered(_)) => {
                anstream::eprintln!("{}error:{} not certified: {unanswered}", options::ERROR, anstyle::Reset);
                Ok((shrunk, None))
            }
            Err(other) => Err(other),
        }
    }

    /// Shrinks, and replaces the draft as it goes: at the end by what the shrinker came to.
    fn shrink(&self, found: &Found, origin: Option<Origin>, draft: &Draft) -> Result<Shrunk, Unusable> {
        let mut written = Ok(());
        let watch = &self.interrupt.shrinking;
        let better = |commands: &[Command], finding: &Finding| {
            if let Err(error) = self.improve(draft, commands, finding, origin, Minimality::Unfinished) {
                written = Err(error);
            }
        };
        let make = || self.implementation.make();
        let shrink = || campaign::shrink(&self.plan, &make, found, watch, better);
        let shrunk = progress::of_shrinking(watch, shrink).unwrap_or_else(|failure| {
            anstream::eprintln!("{}error:{} it cannot be shrunk: {failure}", options::ERROR, anstyle::Reset);
            as_found(found, Minimality::Unfinished)
        });
        written?;
        self.improve(draft, &shrunk.commands, &shrunk.finding, origin, shrunk.outcome)?;
        Ok(shrunk)
    }

    fn improve(
        &self,
        draft: &Draft,
        commands: &[Command],
        finding: &Finding,
        origin: Option<Origin>,
        minimal: Minimality,
    ) -> std::io::Result<()> {
        draft.improve(self.folder, self.folder.scenario(commands, finding, origin, minimal))
    }

    /// The folder with just the groups that the history names, if they suffice for it.
    fn without_idle_groups(&self, shrunk: &Shrunk) -> Folder {
        let folder = self.folder.with_groups_of(&shrunk.commands);
        if folder.groups == self.folder.groups || !is_worth_repeating(shrunk) {
            return self.folder.clone();
        }
        let saved = folder.scenario(&shrunk.commands, &shrunk.finding, None, shrunk.outcome);
        if self.recurs(&saved, shrunk) == Some(true) { folder } else { self.folder.clone() }
    }

    /// Whether the scenario shows the finding, if there is still an implementation to show it.
    fn recurs(&self, scenario: &Scenario, shrunk: &Shrunk) -> Option<bool> {
        let mut adapter = self.implementation.make().ok()?;
        let finding = replay::against_implementation(scenario, &mut adapter, self.plan.terms);
        let same = finding.map(|finding| finding.identity()) == Some(shrunk.finding.identity());
        Some(same && replay::against_policy(scenario).is_ok())
    }

    /// What happens with the implementation; by the policy alone where that cannot be told any more.
    fn history(&self, shrunk: &Shrunk) -> History {
        match self.implementation.make() {
            Ok(mut adapter) if shrunk.is_repeatable() => {
                History::of(&mut adapter, self.plan.terms, &self.plan.setup, &shrunk.commands)
            }
            _ => History::of_policy(&self.plan.setup, &shrunk.commands),
        }
    }
}

/// A finding of which nothing was made.
fn as_found(found: &Found, outcome: Minimality) -> Shrunk {
    Shrunk { commands: found.commands.clone(), finding: found.finding.clone(), executions: 0, outcome }
}

/// Whether there is something to learn from executing it once more: what is inconclusive was repeated before it was
/// shrunk, and may take the whole time limit every time.
fn is_worth_repeating(shrunk: &Shrunk) -> bool {
    !is_unstable(shrunk) && shrunk.finding.identity().verdict != Verdict::Inconclusive
}

fn is_unstable(shrunk: &Shrunk) -> bool {
    matches!(shrunk.outcome, Minimality::Unstable(_))
}
