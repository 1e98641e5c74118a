//! Whether a finding can be repeated: the same commands must be answered alike every time, and end in the same finding.
//! What cannot is not worth shrinking, for it would be shrunk into nonsense.

use chatwarden_model::{Command, Setup};

use super::{CampaignConfig, Found, is_inconclusive};
use crate::adapter::{About, Adapter, Answer, Failure, Observation};
use crate::finding::Finding;
use crate::lockstep::run;

/// How often the commands of a finding are executed again before anything is made of it.
pub(super) const REPEATS: usize = 3;

/// What came of the repetitions.
pub(super) enum Repeated<A> {
    /// The same every time; the implementation is ready for more.
    Alike { finding: Finding, adapter: A },
    /// Something else, after so many executions; at which step it was first answered otherwise, if it was.
    Otherwise { at: Option<usize>, executions: usize },
}

/// Executes the commands of a finding again.
pub(super) fn repeated<A: Adapter>(
    plan: &CampaignConfig,
    make: &impl Fn() -> Result<A, Failure>,
    found: &Found,
) -> Result<Repeated<A>, Failure> {
    let identity = found.finding.identity();
    let mut recorder = Recorder { adapter: make()?, records: Vec::new() };
    let mut first: Option<(Finding, Vec<StepObservation>)> = None;
    for executions in 1..=REPEATS {
        recorder.records.clear();
        let finding = run(&mut recorder, plan.terms, &plan.setup, &found.commands);
        if is_inconclusive(finding.as_ref()) {
            drop(recorder.adapter);
            recorder.adapter = make()?;
        }
        let records = std::mem::take(&mut recorder.records);
        let departure = first.as_ref().and_then(|(_, before)| departure(before, &records));
        match finding {
            Some(finding) if finding.identity() == identity && departure.is_none() => {
                first.get_or_insert((finding, records));
            }
            _ => return Ok(Repeated::Otherwise { at: departure, executions }),
        }
    }
    let (finding, _) = first.expect("there is at least one repetition");
    Ok(Repeated::Alike { finding, adapter: recorder.adapter })
}

/// What was answered to a command, and what could be seen then.
type StepObservation = (Result<Answer, Failure>, Observation);

fn departure(before: &[StepObservation], after: &[StepObservation]) -> Option<usize> {
    let same = |(one, other): (&StepObservation, &StepObservation)| {
        // Two failures may be worded differently.
        one.1 == other.1 && one.0.as_ref().ok() == other.0.as_ref().ok()
    };
    let differing = before.iter().zip(after).position(|pair| !same(pair));
    differing.or_else(|| (before.len() != after.len()).then_some(before.len().min(after.len())))
}

/// Passes everything on, and takes down what comes back.
struct Recorder<A> {
    adapter: A,
    records: Vec<StepObservation>,
}

impl<A: Adapter> Adapter for Recorder<A> {
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
        self.records.push((answer.clone(), Observation::default()));
        answer
    }
    fn observe(&mut self, seen: &mut Observation) -> Result<(), Failure> {
        let observed = self.adapter.observe(seen);
        if let Some((_, record)) = self.records.last_mut() {
            *record = *seen;
        }
        observed
    }
}
