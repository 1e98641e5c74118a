//! Shrinks a finding by executing the candidates of the shrinker. A candidate that shows the same
//! finding takes the place of the trace.
//!
//! The order of simplicity and the candidates are the shrinker's, in `shrink`.

use std::time::{Duration, Instant};

use chatwarden_model::Command;

use super::repeat::{REPEATS, Repeated, repeat};
use super::{CampaignConfig, CampaignMonitor};
use crate::adapter::{Adapter, Failure, Replaceable};
use crate::counterexample::{Counterexample, ShrinkStatus};
use crate::finding::Finding;
use crate::lockstep::run;
use crate::shrink::Shrinker;

/// The most time for an inconclusive finding: each execution may wait for a time limit or start the
/// implementation again.
const TIME_FOR_INCONCLUSIVE: Duration = Duration::from_secs(10);

/// Repeats a finding and shrinks it, until the shrinker has no candidate left, the time is over,
/// the monitor stops it, or no implementation can be made any more. Every improvement is handed to
/// `improved`.
///
/// # Errors
/// If an implementation cannot be made to repeat the finding.
pub fn shrink<A: Adapter>(
    config: &CampaignConfig,
    make: &impl Fn() -> Result<A, Failure>,
    found: &Counterexample,
    monitor: &CampaignMonitor,
    mut improved: impl FnMut(&[Command], &Finding),
) -> Result<Counterexample, Failure> {
    let inconclusive = found.is_inconclusive().then_some(TIME_FOR_INCONCLUSIVE);
    let time = config.shrink_time.into_iter().chain(inconclusive).min();
    let deadline = time.and_then(|time| Instant::now().checked_add(time));
    let identity = found.identity();
    let mut adapter = Replaceable::new(make)?;
    let mut best = match repeat(config, &mut adapter, found)? {
        Repeated::Same(finding) => finding,
        Repeated::Different { at, executions } => {
            return Ok(Counterexample { executions, status: ShrinkStatus::Unstable(at), ..found.clone() });
        }
    };
    let mut shrinker = Shrinker::new(&config.setup, config.commands, found.commands.clone());
    let mut status = ShrinkStatus::Unfinished;
    while !monitor.is_stopped() && deadline.is_none_or(|deadline| Instant::now() < deadline) {
        let Some(candidate) = shrinker.propose() else {
            if !shrinker.is_exhausted() {
                status = ShrinkStatus::OneMinimal;
            }
            break;
        };
        let Ok(current) = adapter.get() else { break };
        let finding = run(current, config.check, &config.setup, candidate);
        let is_inconclusive = finding.as_ref().is_some_and(Finding::is_inconclusive);
        let same = finding.filter(|finding| finding.shows(identity)).map(|same| same.headed_by(identity));
        shrinker.record_outcome(same.as_ref().map(|finding| finding.at() + 1));
        monitor.executed(shrinker.best().len());
        if let Some(finding) = same {
            improved(shrinker.best(), &finding);
            best = finding;
        }
        if is_inconclusive && adapter.replace().is_err() {
            break;
        }
    }
    let executions = REPEATS + shrinker.executions();
    let shrunk = Counterexample { executions, status, ..Counterexample::new(shrinker.best().to_vec(), best) };
    Ok(found.simplified(shrunk))
}
