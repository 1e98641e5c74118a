//! `shrink`: makes the trace of a scenario as simple as possible.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::args::OutputArgs;
use crate::args::certify::Certify;
use crate::args::implementation::ImplementationArgs;
use crate::baseline::Baseline;
use crate::driver_process;
use crate::exit::{CliError, Exit};
use crate::interrupt::Interrupt;
use crate::report::Reports;
use crate::triage::triage;
use chatwarden::campaign::CampaignConfig;
use chatwarden::counterexample::Counterexample;
use chatwarden::format::Scenario;
use chatwarden::lockstep;
use chatwarden::replay;
use chatwarden::sanitize;

/// Shrink a scenario to the shortest chain that shows the same finding.
///
/// The scenario is replayed with the implementation; its first deviation is the finding. The shrunk
/// scenario is saved beside the findings of `fuzz`; the file itself stays as it is.
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
        self.output.with_reports(|reports, interrupt| self.shrink(reports, interrupt))
    }

    fn shrink(&self, reports: &mut Reports, interrupt: &Interrupt) -> Result<Exit, CliError> {
        let scenario = Scenario::open(&self.file)?;
        let implementation = self.target.or_memory()?.with_names(scenario.names());
        let writer = implementation.finding_writer(
            "shrink",
            self.save.clone(),
            scenario.policy.clone(),
            scenario.cast.clone(),
            scenario.groups.clone(),
            scenario.promises,
        );
        let config = CampaignConfig {
            check: implementation.check_config(scenario.judged()),
            shrink_time: Some(self.certify.shrink_time),
            ..CampaignConfig::new(writer.setup(), &implementation.about)
        };
        let mut commands = replay::commands(&scenario);
        let finding = lockstep::run(&mut implementation.make()?, config.check, &config.setup, &commands);
        let Some(finding) = finding else {
            return Err(CliError::Input(format!(
                "nothing to shrink: {} conforms",
                sanitize::path(&self.file)
            )));
        };
        if driver_process::is_ending() && finding.is_inconclusive() {
            return Ok(Exit::Interrupted);
        }
        commands.truncate(finding.at() + 1);
        let record = scenario.finding.filter(|record| record.is_shown_by(&finding));
        let original = record.and_then(|record| record.original);
        let found = Counterexample { original, ..Counterexample::new(commands, finding) };
        let certifying = self.certify.budget(&implementation, Duration::ZERO, 1);
        let subject = implementation.subject(&writer.policy);
        let matched = Baseline::default().match_all(&subject, std::slice::from_ref(&found));
        let triage = triage(config, &implementation, writer, interrupt);
        triage.draft(&found);
        triage.process_all(&matched, &certifying, |_| true, reports)?;
        Ok(Exit::of(&found.finding))
    }
}
