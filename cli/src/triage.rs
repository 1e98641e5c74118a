//! The command line's part of the pipeline of findings: progress, certificates, the baseline, and
//! events for the reports.

use std::io;
use std::sync::Arc;

use chatwarden::adapter::{Adapter, Failure};
use chatwarden::campaign::{CampaignConfig, CampaignMonitor};
use chatwarden::counterexample::Counterexample;
use chatwarden::describe::SavedFinding;
use chatwarden::triage::{FindingWriter, FrontEnd, Pipeline};
use chatwarden_explore::certify::{Certifier, Limits};

use crate::args::BaselineArgs;
use crate::args::certify::CertifyBudget;
use crate::args::implementation::Implementation;
use crate::baseline::BaselineMatch;
use crate::driver_process;
use crate::exit::CliError;
use crate::interrupt::Interrupt;
use crate::messages::print_error;
use crate::progress;
use crate::report::{Event, Report};

/// The pipeline of a subcommand, with the settings of the command line.
pub(crate) struct Triage<'a, M> {
    pub(crate) pipeline: Pipeline<M>,
    implementation: &'a Implementation,
    interrupt: &'a Interrupt,
}

/// The pipeline of findings of an implementation.
pub(crate) fn triage<'a>(
    config: CampaignConfig,
    implementation: &'a Implementation,
    writer: FindingWriter,
    interrupt: &'a Interrupt,
) -> Triage<'a, impl Fn() -> Result<Box<dyn Adapter + Send>, Failure> + Sync> {
    let mut pipeline = Pipeline::new(config, writer, || implementation.make());
    pipeline.replay = format!("chatwarden replay {}", implementation.arguments());
    pipeline.monitor = Arc::clone(&interrupt.shrinking);
    Triage { pipeline, implementation, interrupt }
}

impl<A: Adapter, M: Fn() -> Result<A, Failure>> Triage<'_, M> {
    /// Writes a finding to disk as it was found. A missing answer of a driver that was killed is none.
    pub(crate) fn draft(&self, found: &Counterexample) {
        if driver_process::is_ending() && found.is_inconclusive() {
            return;
        }
        self.pipeline.draft(found);
        let identity = found.identity();
        if !found.is_inconclusive() && !self.pipeline.config.known.contains(&identity) {
            self.interrupt.record_finding();
        }
        if let Some(draft) = self.pipeline.draft_file(identity) {
            self.interrupt.drafted(identity, draft);
        }
    }

    /// Leaves out the missing answers of drivers that were killed, which have no draft.
    pub(crate) fn discard_cut_short(&self, found: &mut Vec<Counterexample>) {
        let has_draft = |found: &Counterexample| self.pipeline.draft_file(found.identity()).is_some();
        found.retain(|found| !driver_process::is_ending() || !found.is_inconclusive() || has_draft(found));
    }

    /// Saves and reports all findings, each of which has a draft. Those for which `is_shrunk` says
    /// no stay as they were found. An error with one of them does not keep the others from being
    /// saved and reported.
    pub(crate) fn process_all(
        &self,
        matched: &[(&Counterexample, BaselineMatch)],
        budget: &CertifyBudget,
        mut is_shrunk: impl FnMut(&Counterexample) -> bool,
        reports: &mut impl Report,
    ) -> io::Result<()> {
        self.implementation.allow_restarts();
        let mut all = Ok(());
        for (nth, (found, known)) in matched.iter().enumerate() {
            let limits = budget.limits(matched.len() - nth);
            let reports = &mut *reports;
            let mut front_end = CommandLine { triage: self, matched: known, budget, limits, reports };
            let saved = match is_shrunk(found) && !self.interrupt.shrinking.is_stopped() {
                true => self.pipeline.process(found, &mut front_end),
                false => self.pipeline.process_as_found(found, &mut front_end),
            };
            all = all.and(saved.map(drop));
        }
        self.pipeline.discard_drafts()?;
        all
    }
}

/// One finding on its way through the pipeline.
struct CommandLine<'a, M, R> {
    triage: &'a Triage<'a, M>,
    matched: &'a BaselineMatch,
    budget: &'a CertifyBudget,
    /// The limits of the search for shorter traces; none if there is no search.
    limits: Option<Limits>,
    reports: &'a mut R,
}

impl<M, R: Report> FrontEnd for CommandLine<'_, M, R> {
    fn while_shrinking<T>(&self, monitor: &CampaignMonitor, shrink: impl FnOnce() -> T) -> T {
        progress::of_shrinking(monitor, shrink)
    }

    fn certify(
        &self,
        shrunk: Counterexample,
        simplify: &mut dyn FnMut(&Counterexample) -> io::Result<Counterexample>,
    ) -> io::Result<Counterexample> {
        let Triage { pipeline, implementation, interrupt } = self.triage;
        let Some(limits) = self.limits else { return Ok(shrunk) };
        let monitor = &*interrupt.certifying;
        let certifier = Certifier { config: &pipeline.config, limits, monitor };
        let certify = || {
            certifier.certify(&|| implementation.make(), shrunk.clone(), |shorter| {
                simplify(shorter).map_err(CliError::from)
            })
        };
        let certified = self.budget.measured(|| progress::of_certifying(monitor, limits.time, certify));
        certified.or_else(|error| match error {
            CliError::Output(error) => Err(error),
            other => {
                self.error(&format!("not certified: {other}"));
                Ok(shrunk)
            }
        })
    }

    fn error(&self, message: &str) {
        print_error(message.trim_end());
    }

    fn saved(&mut self, saved: &SavedFinding<'_>) -> io::Result<()> {
        self.triage.interrupt.reported(saved.counterexample.identity());
        self.reports.event(Event::FindingSaved(saved, self.matched))
    }
}

/// How many findings there are, each identity counted once.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Counts {
    /// The definite ones.
    pub(crate) findings: usize,
    /// The definite ones that the baseline does not suppress.
    pub(crate) new: usize,
    /// The ones that the baseline lists.
    pub(crate) known: usize,
    /// The inconclusive ones.
    pub(crate) inconclusive: usize,
}

impl Counts {
    pub(crate) fn of(matched: &[(&Counterexample, BaselineMatch)], baseline: &BaselineArgs) -> Self {
        let mut counts = Counts::default();
        for (found, matched) in matched {
            let is_definite = !found.is_inconclusive();
            counts.findings += usize::from(is_definite);
            counts.new += usize::from(is_definite && !baseline.suppresses(matched));
            counts.known += usize::from(matched.is_known());
            counts.inconclusive += usize::from(!is_definite);
        }
        counts
    }
}
