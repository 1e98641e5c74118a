//! `--certify` and `--recertify`: the option, the time that the search of everything shorter may take,
//! and the check of a saved certificate.

use std::cell::Cell;
use std::time::{Duration, Instant};

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

/// The default time for each finding of an implementation that can be copied, at least.
const COPIED: Duration = Duration::from_secs(1);

/// The default time for all findings of any other implementation together, at least.
const EXECUTED: Duration = Duration::from_secs(10);

/// The share of the time that finding took, by which the default time may be more.
const SHARE: u32 = 10;

/// Whether and how long to search for something shorter than the shrunk trace.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Certify {
    /// Search everything shorter for the same finding, for so long, such as `30s`; without a
    /// duration as long as it takes; `0s`: not at all [default: 10s for all findings together, or 1s
    /// for each if the implementation can be copied; a tenth of what finding took if that is more]
    #[arg(long, value_name = "DURATION", num_args = 0..=1, value_parser = humantime::parse_duration)]
    pub(crate) certify: Option<Option<Duration>>,
    /// How long a finding may be shrunk; one that is inconclusive for ten seconds at most
    #[arg(long, value_name = "DURATION", default_value = "10m", value_parser = args::positive_duration)]
    pub(crate) shrink_time: Duration,
}

impl Certify {
    /// The budget of the findings of a run, which took so long to find.
    pub(crate) fn budget(
        &self,
        implementation: &Implementation,
        took: Duration,
        findings: usize,
    ) -> CertifyBudget {
        let time = match self.certify {
            Some(each) => CertifyTime::Each(each),
            None => {
                let is_copied = || implementation.make().is_ok_and(|adapter| adapter.fork().is_some());
                let findings = u32::try_from(findings).unwrap_or(u32::MAX);
                let least = if findings > 0 && is_copied() { COPIED * findings } else { EXECUTED };
                CertifyTime::Together(least.max(took / SHARE))
            }
        };
        CertifyBudget { time, spent: Cell::default() }
    }
}

/// The time that the search for shorter traces may take, and has taken.
#[derive(Debug)]
pub(crate) struct CertifyBudget {
    time: CertifyTime,
    spent: Cell<Duration>,
}

#[derive(Clone, Copy, Debug)]
enum CertifyTime {
    /// For each finding; none if it has no bound.
    Each(Option<Duration>),
    /// For all findings.
    Together(Duration),
}

impl CertifyBudget {
    /// The limits for the next finding, of which so many are left; none if nothing is to be searched.
    /// A finding may take what those before it left over.
    pub(crate) fn limits(&self, left: usize) -> Option<Limits> {
        let time = match self.time {
            CertifyTime::Each(time) => time,
            CertifyTime::Together(time) => {
                Some(time.saturating_sub(self.spent.get()) / u32::try_from(left).unwrap_or(u32::MAX).max(1))
            }
        };
        let is_off = matches!(self.time, CertifyTime::Each(Some(Duration::ZERO)));
        (!is_off).then_some(Limits { time, ..Limits::default() })
    }

    /// Does the work of a search, and counts its time.
    pub(crate) fn measured<T>(&self, work: impl FnOnce() -> T) -> T {
        let started = Instant::now();
        let result = work();
        self.spent.set(self.spent.get() + started.elapsed());
        result
    }

    /// How long all searches took.
    pub(crate) fn spent(&self) -> Duration {
        self.spent.get()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_divided_among_the_findings_that_are_left() {
        let budget = |time| CertifyBudget { time, spent: Cell::new(Duration::from_secs(4)) };
        let time = |time, left| budget(time).limits(left).map(|limits| limits.time);
        let seconds = |seconds| Some(Some(Duration::from_secs(seconds)));
        assert_eq!(time(CertifyTime::Together(Duration::from_secs(10)), 3), seconds(2));
        assert_eq!(time(CertifyTime::Together(Duration::from_secs(3)), 3), seconds(0));
        assert_eq!(time(CertifyTime::Each(Some(Duration::from_secs(9))), 3), seconds(9));
        assert_eq!(time(CertifyTime::Each(None), 3), Some(None));
        assert_eq!(time(CertifyTime::Each(Some(Duration::ZERO)), 3), None, "it is switched off");
    }
}
