//! The lock-step: every command goes to the model and to the implementation, and what came of it is compared
//! as closely as the fidelity says.
//!
//! It neither chooses commands nor shortens histories, and it knows implementations only as [`Adapter`]s.

mod judge;
mod panics;

pub(crate) use panics::treat_other_threads_as_the_implementation;

use chatwarden_model::{
    Breach, Cast, Command, Decision, EnumSet, Policy, Preset, Promise, Setup, State, Transition, UserSet,
    decide, step,
};

pub use judge::drift;

use crate::adapter::{About, Adapter, Answer, Failure, Fidelity, Observation, Part};
use crate::finding::{Deviation, Finding};

/// On which terms an implementation is checked.
///
/// ```
/// use chatwarden::adapter::{Adapter, Fidelity, memory::Memory};
/// use chatwarden::lockstep::CheckConfig;
/// assert_eq!(CheckConfig::of(&Memory::new().about()).fidelity, Fidelity::Exact);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CheckConfig {
    /// How closely the implementation is compared.
    pub fidelity: Fidelity,
    /// The promises to judge.
    pub promises: EnumSet<Promise>,
    /// What can be seen of the implementation.
    pub observes: EnumSet<Part>,
}

impl CheckConfig {
    /// The terms that the adapter declares, with all promises.
    pub fn of(about: &About) -> Self {
        CheckConfig { fidelity: about.fidelity, promises: EnumSet::all(), observes: about.observes }
    }
}

/// What came of a step.
///
/// ```
/// use chatwarden::lockstep::StepResult;
/// assert_ne!(StepResult::Conforms, StepResult::Unsupported);
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StepResult {
    /// Nothing to report.
    Conforms,
    /// The implementation does not support the command; it is taken out of the run.
    Unsupported,
    /// The run ends here, with this finding.
    Ended(Finding),
}

/// A model and an implementation that take the same steps.
///
/// ```
/// use chatwarden::adapter::{Adapter, fault::Fault, memory::Memory};
/// use chatwarden::lockstep::{Lockstep, StepResult, CheckConfig};
/// use chatwarden::model::{Cast, Command, Group, Kind, Preset, Promise, Setup, UserSet};
///
/// let mut cast = Cast::default();
/// let kay = cast.add(Kind::Child, UserSet::EMPTY);
/// let sam = cast.add(Kind::Adult, UserSet::EMPTY);
/// let setup = Setup { cast, groups: 1, policy: Preset::MessengerKids.policy() };
///
/// let mut service = Memory::with_fault(Fault::CreateUnchecked);
/// let terms = CheckConfig::of(&service.about());
/// let mut lockstep = Lockstep::new(terms);
/// lockstep.start(&mut service, &setup).expect("the service starts");
/// let create = Command::Create { by: sam, group: Group::new(0), with: UserSet::of([kay]) };
/// let StepResult::Ended(finding) = lockstep.step(&mut service, &create) else { panic!("nobody approved sam") };
/// assert_eq!(finding.identity().promise, Some(Promise::NoStrangers));
/// ```
#[derive(Clone, Debug)]
pub struct Lockstep {
    terms: CheckConfig,
    setup: Setup,
    /// The judged state: the model's, as long as the implementation conforms.
    state: State,
    before: State,
    seen: Box<Observation>,
    seen_before: Box<Observation>,
    at: usize,
    decision: Option<Decision>,
    answer: Option<Answer>,
    /// The last command that was compared.
    last: Option<Command>,
    /// Under promises-only the first drift, which is reported unless a promise breaks later.
    drift: Option<Finding>,
}

/// Where a lock-step stands after some steps: what it takes to go on from there, beside a copy of the implementation.
#[derive(Clone, Debug)]
pub struct Snapshot {
    state: State,
    seen: Observation,
    at: usize,
    drift: Option<Finding>,
}

impl Snapshot {
    /// What is left to report if the run ends here.
    pub fn pending(&self) -> Option<&Finding> {
        self.drift.as_ref()
    }
}

impl Lockstep {
    /// A lock-step on these terms; it has to be started.
    pub fn new(terms: CheckConfig) -> Self {
        let setup = Setup { cast: Cast::default(), groups: 0, policy: Preset::MessengerKids.policy() };
        let state = setup.start();
        Lockstep {
            terms,
            setup,
            state,
            before: state,
            seen: Box::default(),
            seen_before: Box::default(),
            at: 0,
            decision: None,
            answer: None,
            last: None,
            drift: None,
        }
    }

    /// Starts a run on a fresh system.
    ///
    /// # Errors
    /// An inconclusive finding if the implementation cannot be reset.
    pub fn start(&mut self, adapter: &mut impl Adapter, setup: &Setup) -> Result<(), Finding> {
        self.setup = *setup;
        self.state = setup.start();
        *self.seen = Observation::default();
        self.at = 0;
        self.last = None;
        self.drift = None;
        // Nothing that went before is this history's.
        panics::elsewhere();
        panics::caught(|| adapter.reset(setup))
            .map_err(|failure| Finding::new(0, None, vec![inconclusive(failure)]))
    }

    /// Gives a command to both sides and compares.
    pub fn step(&mut self, adapter: &mut impl Adapter, command: &Command) -> StepResult {
        let decision = decide(&self.state, &self.setup.policy, command);
        self.decision = Some(decision);
        std::mem::swap(&mut self.seen, &mut self.seen_before);
        *self.seen = Observation::default();
        self.answer = None;
        let seen = &mut self.seen;
        let answered = panics::caught(|| {
            let answer = adapter.apply(command)?;
            // The command has happened, so it cannot be taken out of the run any more.
            adapter.observe(seen).map_err(|failure| match failure {
                Failure::Unsupported => Failure::Failed("it cannot be observed".into()),
                other => other,
            })?;
            Ok(answer)
        });
        match answered {
            Ok(answer) => {
                self.answer = Some(answer);
                if !judge::is_readable(&self.seen, answer, &self.setup) {
                    let failure = Failure::Failed("it speaks of users who are not in the cast".into());
                    return self.end(Some(*command), vec![inconclusive(panics::Failed::Answer(failure))]);
                }
                self.compare(command, decision, answer)
            }
            Err(panics::Failed::Answer(Failure::Unsupported)) => {
                std::mem::swap(&mut self.seen, &mut self.seen_before);
                StepResult::Unsupported
            }
            Err(failure) => self.end(Some(*command), vec![inconclusive(failure)]),
        }
    }

    /// Ends a run that took all its steps: what is left to report.
    pub fn finish(&mut self) -> Option<Finding> {
        self.late().or_else(|| self.drift.take())
    }

    /// What panicked on a thread of the implementation's after the last step was compared.
    pub fn late(&self) -> Option<Finding> {
        let panicked = inconclusive(panics::Failed::Panic(panics::elsewhere()?));
        Some(Finding::new(self.at.saturating_sub(1), self.last, vec![panicked]))
    }

    /// What is left to report if the run ends here: under promises-only, the first drift.
    pub fn pending(&self) -> Option<&Finding> {
        self.drift.as_ref()
    }

    /// Where it stands.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot { state: self.state, seen: *self.seen, at: self.at, drift: self.drift.clone() }
    }

    /// Goes back, or over, to where a lock-step of the same terms and setup stood.
    pub fn restore(&mut self, moment: &Snapshot) {
        self.state = moment.state;
        *self.seen = moment.seen;
        self.at = moment.at;
        self.drift.clone_from(&moment.drift);
        self.answer = None;
    }

    /// The judged state: the groups as observed, and what guardians and users decided.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// What the policy said at the last step.
    pub fn decision(&self) -> Option<Decision> {
        self.decision
    }

    /// What the implementation answered at the last step, if it answered.
    pub fn answer(&self) -> Option<Answer> {
        self.answer
    }

    /// How many steps were taken.
    pub fn steps(&self) -> usize {
        self.at
    }

    #[inline]
    fn compare(&mut self, command: &Command, decision: Decision, answer: Answer) -> StepResult {
        // A refusal changes nothing, so the copy is only made when there is a change to look back from.
        let delivered = if answer.is_allowed() {
            self.before = self.state;
            self.state.carry_out(&self.setup.policy, command)
        } else {
            UserSet::EMPTY
        };
        let by_policy = if decision.is_allowed() { delivered } else { UserSet::EMPTY };
        let decided = match self.terms.fidelity {
            Fidelity::Exact => {
                answer.is_allowed() == decision.is_allowed() && answer.delivered() == by_policy
            }
            Fidelity::NoLooser => {
                (decision.is_allowed() || !answer.is_allowed()) && answer.delivered().is_subset(by_policy)
            }
            Fidelity::PromisesOnly => false,
        };
        self.last = Some(*command);
        if decided && drift(&self.state, &self.seen, &self.setup, self.terms.observes).is_empty() {
            self.at += 1;
            return StepResult::Conforms;
        }
        self.judge(command, decision, answer)
    }

    /// Looks closely at a step that the quick comparison did not pass.
    #[cold]
    fn judge(&mut self, command: &Command, decision: Decision, answer: Answer) -> StepResult {
        if !answer.is_allowed() {
            self.before = self.state;
        }
        let drift = drift(&self.state, &self.seen, &self.setup, self.terms.observes);
        judge::overlay(
            &self.before,
            &mut self.state,
            &self.seen,
            &self.setup,
            self.terms.observes,
            command.by(),
        );
        let mut deviations = self.breaches(command, answer);
        if self.terms.fidelity == Fidelity::PromisesOnly {
            self.judge_promises(command, deviations, drift)
        } else {
            let strict = self.terms.fidelity == Fidelity::Exact;
            deviations.extend(judge::deviations(
                &self.before,
                &self.setup.policy,
                command,
                decision,
                answer,
                strict,
            ));
            if !drift.is_empty() {
                deviations.push(Deviation::Diverged(drift));
            }
            self.end(Some(*command), deviations)
        }
    }

    /// Under promises-only the implementation's groups are its own; contacts and blocks must still agree.
    fn judge_promises(
        &mut self,
        command: &Command,
        mut deviations: Vec<Deviation>,
        drift: EnumSet<Part>,
    ) -> StepResult {
        let drift = drift.and([Part::Contacts, Part::Blocks].into_iter().collect());
        if !drift.is_empty() {
            deviations.push(Deviation::Diverged(drift));
        }
        match deviations.first() {
            None => {}
            Some(Deviation::Broke(_)) => return self.end(Some(*command), deviations),
            Some(_) => {
                let finding = Finding::new(self.at, Some(*command), deviations);
                self.drift.get_or_insert(finding);
            }
        }
        self.at += 1;
        StepResult::Conforms
    }

    /// The promises broken in the judged state, without those that the policy itself breaks at the same place.
    fn breaches(&self, command: &Command, answer: Answer) -> Vec<Deviation> {
        let policy = &self.setup.policy;
        let transition = Transition {
            policy,
            before: &self.before,
            command,
            allowed: answer.is_allowed(),
            delivered: answer.delivered(),
            after: &self.state,
        };
        let mut broken = Vec::new();
        for promise in self.terms.promises.iter() {
            if promise == Promise::Refusal {
                let changed = judge::changed(&self.seen_before, &self.seen, &self.setup, self.terms.observes);
                if !answer.is_allowed() && changed {
                    broken.push(Breach { promise, group: command.group(), users: UserSet::EMPTY });
                }
            } else {
                promise.each_breach(&transition, |breach| broken.push(breach));
            }
        }
        if self.terms.fidelity != Fidelity::PromisesOnly {
            let excused = breaches_by_policy(&self.before, policy, command);
            broken.retain(|breach| !excused.contains(breach));
        }
        broken.into_iter().map(Deviation::Broke).collect()
    }

    /// Ends the run with what was found; with the drift that came before, if that is graver.
    fn end(&mut self, command: Option<Command>, deviations: Vec<Deviation>) -> StepResult {
        let finding = Finding::new(self.at, command, deviations);
        StepResult::Ended(match self.drift.take() {
            Some(drift) if drift.identity().verdict < finding.identity().verdict => drift,
            _ => finding,
        })
    }
}

/// The promises that the model breaks by doing what the policy says.
pub fn breaches_by_policy(before: &State, policy: &Policy, command: &Command) -> Vec<Breach> {
    let mut after = *before;
    let outcome = step(&mut after, policy, command);
    let transition = Transition {
        policy,
        before,
        command,
        allowed: outcome.decision.is_allowed(),
        delivered: outcome.delivered,
        after: &after,
    };
    let mut broken = Vec::new();
    for promise in EnumSet::<Promise>::all().iter() {
        promise.each_breach(&transition, |breach| broken.push(breach));
    }
    broken
}

/// Takes all steps of a history on a fresh system, and returns the finding in which it ends, if any. Positions are
/// those of the commands as given, whether or not the implementation supports all of them.
pub fn run(
    adapter: &mut impl Adapter,
    terms: CheckConfig,
    setup: &Setup,
    commands: &[Command],
) -> Option<Finding> {
    let mut lockstep = Lockstep::new(terms);
    adapter.announce(setup, commands);
    if let Err(finding) = lockstep.start(adapter, setup) {
        return Some(finding);
    }
    let mut taken = Vec::with_capacity(commands.len());
    let ended = commands.iter().enumerate().find_map(|(at, command)| {
        taken.push(at);
        match lockstep.step(adapter, command) {
            StepResult::Conforms => None,
            StepResult::Unsupported => {
                taken.pop();
                None
            }
            StepResult::Ended(finding) => Some(finding),
        }
    });
    let finding = ended.or_else(|| lockstep.finish())?;
    let at = taken[finding.at()];
    Some(finding.moved_to(at))
}

fn inconclusive(failure: panics::Failed) -> Deviation {
    match failure {
        panics::Failed::Answer(failure) => Deviation::Indefinite(failure.to_string()),
        panics::Failed::Panic(message) => Deviation::Panicked(message),
    }
}
