//! What happened in a run, step by step: the states, what the policy says, what the implementation did.
//!
//! It is taken down for people: explanations and scenario files read it. Campaigns do without.

use chatwarden_model::{Breach, Command, Decision, Setup, State, UserSet, decide, step};

use crate::adapter::{Adapter, Answer};
use crate::finding::Finding;
use crate::lockstep::{CheckConfig, Lockstep, StepResult, breaches_by_policy};

/// The steps of a run.
///
/// ```
/// use chatwarden::trace::Trace;
/// use chatwarden::model::{Cast, Command, Kind, Preset, Setup, UserSet};
/// let mut cast = Cast::default();
/// let sam = cast.add(Kind::Adult, UserSet::EMPTY);
/// let zoe = cast.add(Kind::Adult, UserSet::EMPTY);
/// let setup = Setup { cast, groups: 0, policy: Preset::MessengerKids.policy() };
/// let history = Trace::of_policy(&setup, &[Command::Direct { by: sam, to: zoe }]);
/// assert!(history.records[0].decision.is_allowed());
/// ```
#[derive(Clone, Debug)]
pub struct Trace {
    /// The cast, groups and policy.
    pub setup: Setup,
    /// What happened at each command; a command that the implementation does not support has no record.
    pub records: Vec<TraceStep>,
    /// What the run ended in, if an implementation took part and did not conform.
    pub finding: Option<Finding>,
}

/// One step of a history.
///
/// ```
/// # use chatwarden::trace::Trace;
/// # use chatwarden::model::{Cast, Command, Kind, Preset, Setup, UserSet};
/// # let mut cast = Cast::default();
/// # let sam = cast.add(Kind::Adult, UserSet::EMPTY);
/// # let zoe = cast.add(Kind::Adult, UserSet::EMPTY);
/// # let setup = Setup { cast, groups: 0, policy: Preset::MessengerKids.policy() };
/// # let history = Trace::of_policy(&setup, &[Command::Block { by: sam, who: zoe }]);
/// let record = &history.records[0];
/// assert!(record.after.blocked(sam, zoe) && !record.before.blocked(sam, zoe));
/// ```
#[derive(Clone, Debug)]
pub struct TraceStep {
    /// The position of the command among those that were given.
    pub at: usize,
    /// The command.
    pub command: Command,
    /// The state before it.
    pub before: State,
    /// The state after it: the policy's, or the judged state of an implementation.
    pub after: State,
    /// What the policy says.
    pub decision: Decision,
    /// To whom the policy delivers.
    pub delivered: UserSet,
    /// The promises that following the policy breaks here.
    pub breaches: Vec<Breach>,
    /// What the implementation answered, if one took part and answered.
    pub answer: Option<Answer>,
}

impl Trace {
    /// What happens if the policy is followed.
    pub fn of_policy(setup: &Setup, commands: &[Command]) -> Self {
        let mut state: State = setup.start();
        let records = commands.iter().enumerate().map(|(at, command)| {
            let record = TraceStep::by_policy(at, setup, &state, command);
            state = record.after;
            record
        });
        Trace { setup: *setup, records: records.collect(), finding: None }
    }

    /// What happens with an implementation, up to its first departure.
    pub fn of(adapter: &mut impl Adapter, terms: CheckConfig, setup: &Setup, commands: &[Command]) -> Self {
        let mut history = Trace { setup: *setup, records: Vec::new(), finding: None };
        let mut lockstep = Lockstep::new(terms);
        adapter.announce(setup, commands);
        if let Err(finding) = lockstep.start(adapter, setup) {
            history.finding = Some(finding);
            return history;
        }
        for (at, command) in commands.iter().enumerate() {
            let mut record = TraceStep::by_policy(at, setup, lockstep.state(), command);
            let progress = lockstep.step(adapter, command);
            if progress == StepResult::Unsupported {
                continue;
            }
            record.after = *lockstep.state();
            record.answer = lockstep.answer();
            history.records.push(record);
            if let StepResult::Ended(finding) = progress {
                let at = history.records[finding.at()].at;
                history.finding = Some(finding.moved_to(at));
                return history;
            }
        }
        let at = |finding: &Finding| history.records[finding.at()].at;
        history.finding = lockstep.finish().map(|finding| finding.clone().moved_to(at(&finding)));
        history
    }
}

impl TraceStep {
    /// To whom the implementation delivered something.
    pub fn reached(&self) -> UserSet {
        self.answer.map_or(UserSet::EMPTY, Answer::delivered)
    }

    fn by_policy(at: usize, setup: &Setup, before: &State, command: &Command) -> Self {
        let mut after = *before;
        let outcome = step(&mut after, &setup.policy, command);
        TraceStep {
            at,
            command: *command,
            before: *before,
            after,
            decision: decide(before, &setup.policy, command),
            delivered: outcome.delivered,
            breaches: breaches_by_policy(before, &setup.policy, command),
            answer: None,
        }
    }
}
