//! Executes the commands of a finding again. The answers must be the same every time, and the run
//! must end in the same finding. A finding that does not repeat is not shrunk.

use chatwarden_model::{Command, Setup};

use super::CampaignConfig;
use crate::adapter::{About, Adapter, Answer, Failure, Observation, Replaceable};
use crate::counterexample::Counterexample;
use crate::finding::Finding;
use crate::lockstep::run;

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
        let mut recorder = Recorder { adapter: adapter.get()?, steps: Vec::new() };
        let finding = run(&mut recorder, config.check, &config.setup, &found.commands);
        let steps = recorder.steps;
        if finding.as_ref().is_some_and(Finding::is_inconclusive) {
            adapter.replace()?;
        }
        let at = first.as_ref().and_then(|(_, before)| first_difference(before, &steps));
        match finding {
            Some(finding) if finding.identity() == identity && at.is_none() => {
                first.get_or_insert((finding, steps));
            }
            _ => return Ok(Repeated::Different { at, executions }),
        }
    }
    let (finding, _) = first.expect("there is at least one repetition");
    Ok(Repeated::Same(finding))
}

/// The answer to a command, and the observation after it.
type StepRecord = (Result<Answer, Failure>, Observation);

fn first_difference(before: &[StepRecord], after: &[StepRecord]) -> Option<usize> {
    let is_same = |(one, other): (&StepRecord, &StepRecord)| {
        // Two failures count as the same: their wording may vary.
        one.1 == other.1 && one.0.as_ref().ok() == other.0.as_ref().ok()
    };
    let differing = before.iter().zip(after).position(|pair| !is_same(pair));
    differing.or_else(|| (before.len() != after.len()).then_some(before.len().min(after.len())))
}

/// Passes every call on and records the answers.
struct Recorder<'a, A> {
    adapter: &'a mut A,
    steps: Vec<StepRecord>,
}

impl<A: Adapter> Adapter for Recorder<'_, A> {
    fn about(&self) -> About {
        self.adapter.about()
    }
    fn announce(&mut self, setup: &Setup, commands: &[Command]) {
        self.adapter.announce(setup, commands);
    }
    fn wants_announcements(&self) -> bool {
        self.adapter.wants_announcements()
    }
    fn reset(&mut self, setup: &Setup) -> Result<(), Failure> {
        self.adapter.reset(setup)
    }
    fn apply(&mut self, command: &Command) -> Result<Answer, Failure> {
        let answer = self.adapter.apply(command);
        self.steps.push((answer.clone(), Observation::default()));
        answer
    }
    fn observe(&mut self, seen: &mut Observation) -> Result<(), Failure> {
        let observed = self.adapter.observe(seen);
        if let Some((_, observation)) = self.steps.last_mut() {
            *observation = *seen;
        }
        observed
    }
}
