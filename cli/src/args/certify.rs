//! `--certify` and `--recertify`: the option, the search of everything shorter with its progress,
//! and the check of a saved certificate.

use std::time::Duration;

use chatwarden_model::{Command, NamedEnum, Setup};
use clap::Args;

use super::implementation::Implementation;
use crate::report;
use crate::{args, progress};
use chatwarden::adapter::{Adapter, Failure};
use chatwarden::campaign::CampaignConfig;
use chatwarden::describe::Describer;
use chatwarden::finding::Finding;
use chatwarden::format::Scenario;
use chatwarden::lockstep::CheckConfig;
use chatwarden::replay;
use chatwarden_explore::SearchMonitor;
use chatwarden_explore::certify::{Certificate, Certifier, CertifyOutcome, Limits};

/// The default time of the search, if the implementation can be copied.
const BUDGET: Duration = Duration::from_secs(1);

/// Whether and how long to search for something shorter than the shrunk trace.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Certify {
    /// Search everything shorter for the same finding, for so long, such as `30s`; without a
    /// duration as long as it takes; `0s`: not at all [default: 1s if the implementation can be
    /// copied, else 0s]
    #[arg(long, value_name = "DURATION", num_args = 0..=1, value_parser = humantime::parse_duration)]
    pub(crate) certify: Option<Option<Duration>>,
    /// How long a finding may be shrunk; one that is inconclusive for ten seconds at most
    #[arg(long, value_name = "DURATION", default_value = "10m", value_parser = args::positive_duration)]
    pub(crate) shrink_time: Duration,
}

impl Certify {
    /// The limits of the search; none if nothing is to be searched.
    pub(crate) fn limits(&self, implementation: &Implementation) -> Result<Option<Limits>, Failure> {
        let time = match self.certify {
            Some(time) => time,
            None if implementation.make()?.fork().is_some() => Some(BUDGET),
            None => Some(Duration::ZERO),
        };
        Ok((time != Some(Duration::ZERO)).then_some(Limits { time, ..Limits::default() }))
    }
}

/// Searches everything shorter than the trace of a scenario, which shows the finding. The text says
/// whether the certificate of the scenario holds.
pub(crate) fn recertify(
    scenario: &Scenario,
    finding: &Finding,
    implementation: &Implementation,
    check: CheckConfig,
    monitor: &SearchMonitor,
) -> Result<String, Failure> {
    let record = scenario.finding.as_ref();
    let written = record.and_then(|record| record.certificate);
    let config = config(scenario, written.as_ref(), implementation, check);
    let certifier = Certifier { config: &config, limits: Limits::default(), monitor };
    let commands = replay::commands(scenario);
    let outcome = progress::of_search("certifying", monitor, || {
        certifier.below(&|| implementation.make(), &commands[..=finding.at()], finding)
    });
    let same = record.is_some_and(|record| record.is_shown_by(finding));
    Ok(match (outcome?, written) {
        (_, Some(_)) if !same => "the certificate does not hold: it is that of another finding".into(),
        (CertifyOutcome::Shorter(shorter), written) => {
            let commands = in_words(&shorter.commands, scenario, &config.setup);
            let written = if written.is_some() { "the certificate does not hold" } else { "not certified" };
            format!("{written}: {} commands show the same: {commands}", shorter.commands.len())
        }
        (CertifyOutcome::Unfinished(end), _) => format!("not certified: {}", end.about()),
        (CertifyOutcome::Certified(now), None) => {
            format!("not certified so far, but {}", report::certified(&now))
        }
        (CertifyOutcome::Certified(now), Some(written)) => {
            match report::certificate_difference(&written, &now) {
                Some(difference) => format!("the certificate does not hold: {difference}"),
                None => format!("certified again: {}", report::certified(&now)),
            }
        }
    })
}

/// The settings of the search that made the certificate; without one, those of a new search.
fn config(
    scenario: &Scenario,
    written: Option<&Certificate>,
    implementation: &Implementation,
    check: CheckConfig,
) -> CampaignConfig {
    let mut setup = scenario.setup();
    let mut commands = implementation.about.commands;
    if let Some(written) = written {
        // The scenario may name fewer groups than were searched, and never more.
        setup.groups = setup.groups.max(written.groups);
        commands = commands.and(written.commands);
    }
    CampaignConfig { commands, check, ..CampaignConfig::new(setup, &implementation.about) }
}

/// The commands in words. Groups that the scenario does not name get numbers.
fn in_words(commands: &[Command], scenario: &Scenario, setup: &Setup) -> String {
    let mut names = scenario.names();
    names.fill(setup.cast.len(), setup.groups);
    let describer = Describer { names: &names, setup };
    report::texts(&describer, commands).join(", ")
}
