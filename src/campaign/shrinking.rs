//! The shrinking of a finding with an implementation to try it on: what the shrinker proposes is executed, as long as
//! there is time, and whatever still shows the finding is kept.
//!
//! What is simpler, and what to try, is the shrinker's to say.

use std::time::{Duration, Instant};

use chatwarden_model::Command;

use super::repeat::{Repeated, repeated};
use super::{CampaignConfig, CampaignMonitor, Found, is_inconclusive};
use crate::adapter::{Adapter, Failure};
use crate::finding::Finding;
use crate::lockstep::run;
use crate::shrink::Shrinker;

/// The most time for a finding that is inconclusive: what hangs is waited for, and what died is started anew, in every
/// history that still shows it.
const TIME_FOR_INCONCLUSIVE: Duration = Duration::from_secs(10);

/// A finding with the simplest history that the shrinker came to.
///
/// ```
/// use chatwarden::campaign::Shrunk;
/// use chatwarden::finding::{Deviation, Finding};
/// let finding = Finding::new(0, None, vec![Deviation::Refused]);
/// let shrunk = Shrunk { commands: vec![], finding, executions: 0, outcome: chatwarden::campaign::ShrinkStatus::Unstable(None) };
/// assert_eq!(shrunk.executions, 0);
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shrunk {
    /// The commands up to the one that shows it.
    pub commands: Vec<Command>,
    /// The finding that the history shows.
    pub finding: Finding,
    /// How many histories were executed.
    pub executions: usize,
    /// How minimal the history is.
    pub outcome: ShrinkStatus,
}

impl Shrunk {
    /// Whether the history was executed again, and showed the same.
    pub fn is_repeatable(&self) -> bool {
        self.executions > 0 && !self.is_unstable()
    }

    /// Whether the history was answered otherwise, or showed something else, when it was executed again.
    pub fn is_unstable(&self) -> bool {
        matches!(self.outcome, ShrinkStatus::Unstable(_))
    }
}

/// How minimal a shrunk history is.
///
/// ```
/// use chatwarden::campaign::ShrinkStatus;
/// assert_ne!(ShrinkStatus::OneMinimal, ShrinkStatus::Unfinished);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ShrinkStatus {
    /// None of the shrinker's passes can make it simpler.
    OneMinimal,
    /// The shrinker was stopped, or its budget was spent.
    Unfinished,
    /// The same commands were answered otherwise when they were repeated, for the first time at this step, or did not
    /// show the same finding again; so it was left as it was.
    Unstable(Option<usize>),
}

/// Shrinks a finding that can be repeated, until nothing is left to try, the time is over, the watch stops it, or there
/// is no implementation any more to try anything on. Every improvement is handed to `better`.
///
/// # Errors
/// If an implementation cannot be made.
pub fn shrink<A: Adapter>(
    plan: &CampaignConfig,
    make: &impl Fn() -> Result<A, Failure>,
    found: &Found,
    watch: &CampaignMonitor,
    mut better: impl FnMut(&[Command], &Finding),
) -> Result<Shrunk, Failure> {
    let inconclusive = is_inconclusive(Some(&found.finding)).then_some(TIME_FOR_INCONCLUSIVE);
    let time = plan.shrink_time.into_iter().chain(inconclusive).min();
    let deadline = time.and_then(|time| Instant::now().checked_add(time));
    let identity = found.finding.identity();
    let (finding, mut adapter) = match repeated(plan, make, found)? {
        Repeated::Alike { finding, adapter } => (finding, adapter),
        Repeated::Otherwise { at, executions } => {
            let outcome = ShrinkStatus::Unstable(at);
            let (commands, finding) = (found.commands.clone(), found.finding.clone());
            return Ok(Shrunk { commands, finding, executions, outcome });
        }
    };
    let mut shrinker = Shrinker::new(&plan.setup, plan.commands, found.commands.clone());
    let (mut best, mut finished) = (finding, false);
    while !watch.is_stopped() && deadline.is_none_or(|deadline| Instant::now() < deadline) {
        let Some(candidate) = shrinker.propose() else {
            finished = !shrinker.is_exhausted();
            break;
        };
        let finding = run(&mut adapter, plan.terms, &plan.setup, candidate);
        let broken = is_inconclusive(finding.as_ref());
        let same = finding.filter(|finding| finding.identity() == identity);
        shrinker.record_outcome(same.as_ref().map(|finding| finding.at() + 1));
        watch.executed(shrinker.best().len());
        if let Some(finding) = same {
            better(shrinker.best(), &finding);
            best = finding;
        }
        if broken {
            drop(adapter);
            match make() {
                Ok(fresh) => adapter = fresh,
                Err(_) => break,
            }
        }
    }
    Ok(Shrunk {
        commands: shrinker.best().to_vec(),
        finding: best,
        executions: super::repeat::REPEATS + shrinker.executions(),
        outcome: if finished { ShrinkStatus::OneMinimal } else { ShrinkStatus::Unfinished },
    })
}
