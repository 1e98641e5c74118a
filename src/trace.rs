//! A trace for people: what happened at each step, with the states, the policy's decision and the
//! implementation's answer.
//!
//! Explanations, reports and scenario files read it. Campaigns do without it, because recording
//! costs time.

use chatwarden_model::{Breach, Command, Decision, Setup, State, UserSet};

use crate::adapter::{Adapter, Answer};
use crate::finding::Finding;
use crate::lockstep::{CheckConfig, PolicyStep, follow_policy, run_observed};

/// The record of a run.
///
/// ```
/// use chatwarden::trace::Trace;
/// use chatwarden::model::{Cast, Command, Kind, Preset, Setup, UserSet};
/// let mut cast = Cast::default();
/// let sam = cast.add(Kind::Adult, UserSet::EMPTY);
/// let zoe = cast.add(Kind::Adult, UserSet::EMPTY);
/// let setup = Setup { cast, groups: 0, policy: Preset::MessengerKids.policy() };
/// let trace = Trace::of_policy(&setup, &[Command::Block { by: sam, who: zoe }]);
/// let step = &trace.steps[0];
/// assert!(step.decision.is_allowed());
/// assert!(step.after.blocked(sam, zoe) && !step.before.blocked(sam, zoe));
/// ```
#[derive(Clone, Debug)]
pub struct Trace {
    /// One record for each command that the implementation supports.
    pub steps: Vec<TraceStep>,
    /// The finding in which the run ended, if an implementation took part and did not conform.
    pub finding: Option<Finding>,
}

/// One step of a trace.
///
/// An example is at [`Trace`].
#[derive(Clone, Debug)]
pub struct TraceStep {
    /// The position of the command among those that were given.
    pub at: usize,
    /// The command.
    pub command: Command,
    /// The state before it.
    pub before: State,
    /// The state after it: the policy's, or the one that an implementation is judged on.
    pub after: State,
    /// The policy's decision.
    pub decision: Decision,
    /// The users to whom the policy delivers.
    pub delivered: UserSet,
    /// The promises that following the policy breaks here.
    pub breaches: Vec<Breach>,
    /// The implementation's answer, if one took part and answered.
    pub answer: Option<Answer>,
    /// The implementation's reason for the answer, in its own words, if it gave one.
    pub reason: Option<String>,
}

impl Trace {
    /// The trace of a run that follows the policy.
    pub fn of_policy(setup: &Setup, commands: &[Command]) -> Self {
        let mut state: State = setup.start();
        let steps = commands.iter().enumerate().map(|(at, command)| {
            let step = TraceStep::of_policy(at, setup, &state, command);
            state = step.after;
            step
        });
        Trace { steps: steps.collect(), finding: None }
    }

    /// The trace of a run with an implementation, up to its first deviation.
    pub fn of(adapter: &mut impl Adapter, config: CheckConfig, setup: &Setup, commands: &[Command]) -> Self {
        let (mut steps, mut state): (Vec<TraceStep>, State) = (Vec::new(), setup.start());
        let finding = run_observed(adapter, config, setup, commands, |at, lockstep, reason| {
            let by_policy = TraceStep::of_policy(at, setup, &state, &commands[at]);
            state = *lockstep.state();
            let (answer, reason) = (lockstep.answer(), reason.map(Into::into));
            steps.push(TraceStep { after: state, answer, reason, ..by_policy });
        });
        Trace { steps, finding }
    }
}

impl TraceStep {
    /// The users to whom the implementation delivered something.
    pub fn reached(&self) -> UserSet {
        self.answer.map_or(UserSet::EMPTY, Answer::delivered)
    }

    fn of_policy(at: usize, setup: &Setup, before: &State, command: &Command) -> Self {
        let PolicyStep { decision, delivered, breaches, after } =
            follow_policy(before, &setup.policy, command);
        TraceStep {
            at,
            command: *command,
            before: *before,
            after,
            decision,
            delivered,
            breaches,
            answer: None,
            reason: None,
        }
    }
}
