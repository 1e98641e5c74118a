//! Executes the commands of a finding again. The answers must be the same every time, and the run
//! must end in the same finding. A finding that does not repeat is not shrunk.

use super::CampaignConfig;
use crate::adapter::{Adapter, Answer, Failure, Observation, Replaceable};
use crate::counterexample::Counterexample;
use crate::finding::Finding;
use crate::lockstep::{Lockstep, run_observed};

/// How often the commands of a finding are executed again.
pub(super) const REPEATS: usize = 3;

/// The result of the repetitions.
pub(super) enum Repeated {
    /// Every execution gave the same answers and the same finding.
    Same(Finding),
    /// An execution differed.
    Different {
        /// The first step with another answer or observation, if there is one.
        at: Option<usize>,
        /// How many executions there were.
        executions: usize,
    },
}

/// Executes the commands of a counterexample again.
pub(super) fn repeat<A: Adapter, M: Fn() -> Result<A, Failure>>(
    config: &CampaignConfig,
    adapter: &mut Replaceable<A, M>,
    found: &Counterexample,
) -> Result<Repeated, Failure> {
    let identity = found.identity();
    let mut first: Option<(Finding, Vec<StepRecord>)> = None;
    for executions in 1..=REPEATS {
        let mut steps: Vec<StepRecord> = Vec::new();
        let record =
            |at, lockstep: &Lockstep, _: Option<&str>| steps.push((at, lockstep.answer(), *lockstep.seen()));
        let finding = run_observed(adapter.get()?, config.check, &config.setup, &found.commands, record);
        if finding.as_ref().is_some_and(Finding::is_inconclusive) {
            adapter.replace()?;
        }
        let at = first.as_ref().and_then(|(_, before)| first_difference(before, &steps));
        match finding {
            Some(finding) if finding.shows(identity) && at.is_none() => {
                first.get_or_insert((finding.headed_by(identity), steps));
            }
            _ => return Ok(Repeated::Different { at, executions }),
        }
    }
    let (finding, _) = first.expect("there is at least one repetition");
    Ok(Repeated::Same(finding))
}

/// The position of a command, the answer to it, and the observation after it. Two failures count as
/// the same: their wording may vary.
type StepRecord = (usize, Option<Answer>, Observation);

/// The position of the first command that was answered otherwise, or only once.
fn first_difference(before: &[StepRecord], after: &[StepRecord]) -> Option<usize> {
    let same = before.iter().zip(after).take_while(|(before, after)| before == after).count();
    let differing = before.get(same).into_iter().chain(after.get(same));
    differing.map(|(at, ..)| *at).min()
}
