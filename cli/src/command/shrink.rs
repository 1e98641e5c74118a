//! `shrink`: makes the history of a scenario as simple as it gets; and what `fuzz` and `shrink` do with a finding.

use std::io;
use std::path::PathBuf;

use clap::Args;

use crate::args::OutputArgs;
use crate::args::certify::{self, Certify};
use crate::args::implementation::{Implementation, ImplementationArgs};
use crate::baseline::{Baseline, Met};
use crate::interrupt::Interrupt;
use crate::messages::print_error;
use crate::report::{Discovery, Event, Report};
use crate::{CliError, Exit, progress};
use chatwarden::campaign::Origin;
use chatwarden::campaign::{CampaignConfig, Found, ShrinkStatus, Shrunk};
use chatwarden::describe::SavedFinding;
use chatwarden::finding::{Finding, Verdict};
use chatwarden::format::{Names, Scenario};
use chatwarden::lockstep;
use chatwarden::replay;
use chatwarden::triage::{Draft, FindingWriter};
use chatwarden::triage::{Finder, Settled, as_found};
use chatwarden_explore::End;
use chatwarden_explore::certify::{Certificate, Limits};

/// Shrink a scenario to the shortest chain that shows the same finding.
///
/// The scenario is replayed with the implementation; what does not conform there is the finding. The shrunk scenario
/// is saved beside what `fuzz` finds; the file itself stays as it is.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  chatwarden shrink my-scenario.json --fault launcher-only")]
pub(crate) struct Shrink {
    /// The scenario file
    file: PathBuf,
    #[command(flatten)]
    target: ImplementationArgs,
    #[command(flatten)]
    certify: Certify,
    /// Where to save the shrunk scenario
    #[arg(long, value_name = "DIR", default_value = "scenarios/found")]
    save: PathBuf,
    #[command(flatten)]
    output: OutputArgs,
}

impl Shrink {
    pub(crate) fn run(&self) -> Result<Exit, CliError> {
        let mut reports = self.output.reports()?;
        let scenario = Scenario::open(&self.file)?;
        let implementation = self.target.or_memory()?.with_names(scenario.names());
        let folder = implementation.finding_writer(
            "shrink",
            self.save.clone(),
            scenario.policy,
            scenario.cast.clone(),
            scenario.groups.clone(),
            scenario.promises,
        );
        let terms = implementation.check_config(scenario.judged());
        let commands = replay::commands(&scenario);
        let Some(finding) = lockstep::run(&mut implementation.make()?, terms, &folder.setup(), &commands)
        else {
            return Err(CliError::Input(format!("nothing to shrink: {} conforms", self.file.display())));
        };
        let commands = commands[..commands.len().min(finding.at() + 1)].to_vec();
        let plan = CampaignConfig {
            terms,
            shrink_time: Some(self.certify.shrink_time),
            ..CampaignConfig::new(folder.setup(), &implementation.about)
        };
        implementation.allow_restarts();
        let certify = self.certify.limits(&implementation)?;
        let interrupt = Interrupt::installed();
        let found = Found { run: 0, commands, finding };
        let draft = folder.draft(&found.commands, &found.finding, None);
        let subject = implementation.subject(&folder.policy);
        let met = Baseline::default().meet(subject.finding(found.finding.identity()));
        let case = Case::new(plan, implementation, folder, certify, &interrupt);
        case.shrink_and_report(&found, &met, None, draft, &mut reports)?;
        reports.finish()?;
        Ok(exit_of(&found.finding))
    }
}

/// How the program ends that comes to this finding.
pub(crate) fn exit_of(finding: &Finding) -> Exit {
    match finding.identity().verdict {
        Verdict::Inconclusive => Exit::Inconclusive,
        _ => Exit::Finding,
    }
}

/// Everything that is needed to execute, save and show the histories of a finding.
pub(crate) struct Case<'a> {
    pub(crate) finder: Finder,
    pub(crate) implementation: Implementation,
    pub(crate) names: Names,
    /// How much the search for something shorter may take, if there is to be one.
    pub(crate) certify: Option<Limits>,
    pub(crate) interrupt: &'a Interrupt,
}

/// The certificate of a shrunk chain, or why there is none, if it was looked for.
type Proof = Option<Result<Certificate, End>>;

impl<'a> Case<'a> {
    /// The case of findings that go to this folder.
    pub(crate) fn new(
        plan: CampaignConfig,
        implementation: Implementation,
        folder: FindingWriter,
        certify: Option<Limits>,
        interrupt: &'a Interrupt,
    ) -> Self {
        let names = folder.names();
        let replay = format!("chatwarden replay {}", implementation.arguments());
        Case { finder: Finder { plan, folder, replay }, implementation, names, certify, interrupt }
    }

    /// Shrinks a finding whose draft was written and certifies it, replaces the file as it goes, and reports; what cannot be
    /// saved is told all the same.
    pub(crate) fn shrink_and_report(
        &self,
        found: &Found,
        met: &Met,
        origin: Option<Origin>,
        draft: io::Result<Draft>,
        reports: &mut impl Report,
    ) -> Result<(), CliError> {
        let settled = draft.map_err(CliError::from).and_then(|draft| {
            let (shrunk, proof) = self.shortest(found, origin, &draft)?;
            self.settle(found, (shrunk, proof), origin, draft)
        });
        self.report((found, met), settled, origin, reports)
    }

    /// Saves and reports a finding as it was found.
    pub(crate) fn report_as_found(
        &self,
        found: &Found,
        met: &Met,
        origin: Option<Origin>,
        draft: io::Result<Draft>,
        reports: &mut impl Report,
    ) -> Result<(), CliError> {
        let shrunk = as_found(found, ShrinkStatus::Unfinished);
        let settled =
            draft.map_err(CliError::from).and_then(|draft| self.settle(found, (shrunk, None), origin, draft));
        self.report((found, met), settled, origin, reports)
    }

    fn settle(
        &self,
        found: &Found,
        (shrunk, proof): (Shrunk, Proof),
        origin: Option<Origin>,
        draft: Draft,
    ) -> Result<(Settled, Proof), CliError> {
        let make = || self.implementation.make();
        let certificate = proof.as_ref().and_then(|proof| proof.as_ref().ok());
        let settled = self.finder.settle(found, (shrunk, certificate), origin, draft, &make)?;
        let proof = proof.filter(|_| !settled.shrunk.is_unstable());
        Ok((settled, proof))
    }

    fn report(
        &self,
        (found, met): (&Found, &Met),
        settled: Result<(Settled, Proof), CliError>,
        origin: Option<Origin>,
        reports: &mut impl Report,
    ) -> Result<(), CliError> {
        let (Settled { shrunk, file }, proof) = settled.inspect_err(|error| {
            let _ = self.finder.tell_unsaved(found, error, &mut anstream::stderr());
        })?;
        let saved = SavedFinding {
            names: &self.names,
            setup: &self.finder.plan.setup,
            shrunk: &shrunk,
            trace: &self.finder.history(&shrunk, &|| self.implementation.make()),
            origin,
            file: &file,
            replay: &self.finder.replay,
        };
        reports.event(Event::FindingSaved(&Discovery { saved, met, proof: proof.as_ref() }))?;
        Ok(())
    }

    /// The shrunk chain; if there is time for it, also its certificate, or that of something shorter.
    fn shortest(
        &self,
        found: &Found,
        origin: Option<Origin>,
        draft: &Draft,
    ) -> Result<(Shrunk, Proof), CliError> {
        let shrunk = self.shrink(found, origin, draft)?;
        let definite = found.finding.identity().verdict != Verdict::Inconclusive;
        let (Some(limits), true, ShrinkStatus::OneMinimal) = (self.certify, definite, shrunk.outcome) else {
            return Ok((shrunk, None));
        };
        let conclusion = certify::certify(
            (&self.finder.plan, &self.implementation),
            limits,
            &self.interrupt.certifying,
            shrunk.clone(),
            |shorter| {
                let minimal = ShrinkStatus::Unfinished;
                self.finder.improve(draft, &shorter.commands, &shorter.finding, origin, minimal)?;
                self.shrink(shorter, origin, draft)
            },
        );
        match conclusion {
            Ok(conclusion) => Ok((conclusion.shrunk, Some(conclusion.proof))),
            Err(unanswered @ CliError::Unanswered(_)) => {
                print_error(format_args!("not certified: {unanswered}"));
                Ok((shrunk, None))
            }
            Err(other) => Err(other),
        }
    }

    /// Shrinks, and replaces the draft as it goes: at the end by what the shrinker came to.
    fn shrink(&self, found: &Found, origin: Option<Origin>, draft: &Draft) -> Result<Shrunk, CliError> {
        let watch = &self.interrupt.shrinking;
        let make = || self.implementation.make();
        let shrink = || self.finder.shrink(found, origin, draft, &make, watch);
        let shrunk = progress::of_shrinking(watch, shrink).unwrap_or_else(|failure| {
            print_error(format_args!("it cannot be shrunk: {failure}"));
            as_found(found, ShrinkStatus::Unfinished)
        });
        self.finder.improve(draft, &shrunk.commands, &shrunk.finding, origin, shrunk.outcome)?;
        Ok(shrunk)
    }
}
