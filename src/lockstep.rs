//! The lock-step: every command goes to the model and to the implementation, and the two results
//! are compared as closely as the fidelity says.
//!
//! It neither chooses commands nor shortens traces, and it knows implementations only as
//! [`Adapter`]s. A record of a run for people is made in `trace`.

mod judge;
mod panics;
mod run;
mod tally;

pub(crate) use panics::treat_other_threads_as_the_implementation;

use chatwarden_model::{
    Breach, Cast, Command, Decision, EnumSet, NamedEnum, Outcome, Policy, Preset, Promise, Setup, State,
    Transition, UserSet, decide, step,
};

pub use judge::{differences, diverged_parts};
pub(crate) use run::run_in;
pub use run::{run, run_observed};
pub use tally::Tally;

use crate::adapter::{About, Adapter, Answer, Failure, Fidelity, Observation, Part};
use crate::finding::{Deviation, Difference, Finding};

/// How an implementation is compared with the model.
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
    /// The parts of the implementation's state that the adapter observes.
    pub observes: EnumSet<Part>,
    /// Whether an allow of what the policy refuses counts as the refusal if it changed nothing.
    pub idempotent: bool,
}

impl CheckConfig {
    /// The fidelity and the observed parts that the adapter declares, with all promises.
    pub fn of(about: &About) -> Self {
        let About { fidelity, observes, idempotent, .. } = *about;
        CheckConfig { fidelity, promises: EnumSet::all(), observes, idempotent }
    }
}

/// The result of a step.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StepResult {
    /// Nothing to report.
    Conforms,
    /// The implementation does not support the command, which does not count as a step.
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
/// let mut lockstep = Lockstep::new(CheckConfig::of(&service.about()));
/// lockstep.start(&mut service, &setup).expect("the service starts");
/// let create = Command::Create { by: sam, group: Group::new(0), with: UserSet::of([kay]) };
/// let StepResult::Ended(finding) = lockstep.step(&mut service, &create) else { panic!("nobody approved sam") };
/// assert_eq!(finding.identity().promise, Some(Promise::NoStrangers));
/// ```
#[derive(Clone, Debug)]
pub struct Lockstep {
    config: CheckConfig,
    setup: Setup,
    /// The model's state, merged with the observed groups where the implementation does not
    /// conform.
    state: State,
    before: State,
    seen: Box<Observation>,
    seen_before: Box<Observation>,
    at: usize,
    decision: Option<Decision>,
    answer: Option<Answer>,
    /// The answer that was compared: an idempotent implementation may answer a refusal with success.
    judged: Option<Answer>,
    /// The commands of all runs.
    tally: Tally,
    /// The last command that was compared.
    last: Option<Command>,
    /// Under promises-only the first divergence, which is reported unless a promise breaks later.
    pending: Option<Finding>,
}

/// The state of a lock-step after some steps. With a copy of the implementation, a run can continue
/// from it.
#[derive(Clone, Debug)]
pub struct Snapshot {
    state: State,
    seen: Observation,
    at: usize,
    pending: Option<Finding>,
}

impl Snapshot {
    /// The finding to report if the run ends here.
    pub fn pending(&self) -> Option<&Finding> {
        self.pending.as_ref()
    }
}

impl Lockstep {
    /// A lock-step that compares like this; it has to be started.
    pub fn new(config: CheckConfig) -> Self {
        let setup = Setup { cast: Cast::default(), groups: 0, policy: Preset::MessengerKids.policy() };
        let state = setup.start();
        Lockstep {
            config,
            setup,
            state,
            before: state,
            seen: Box::default(),
            seen_before: Box::default(),
            at: 0,
            decision: None,
            answer: None,
            judged: None,
            tally: Tally::default(),
            last: None,
            pending: None,
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
        self.pending = None;
        // An earlier panic does not belong to this run.
        panics::take_foreign_panic();
        panics::catch(|| adapter.reset(setup))
            .map_err(|failure| Finding::new(0, None, vec![inconclusive(failure)]))
    }

    /// Gives a command to both sides and compares.
    pub fn step(&mut self, adapter: &mut impl Adapter, command: &Command) -> StepResult {
        let decision = decide(&self.state, &self.setup.policy, command);
        self.decision = Some(decision);
        std::mem::swap(&mut self.seen, &mut self.seen_before);
        *self.seen = Observation::default();
        (self.answer, self.judged) = (None, None);
        let seen = &mut self.seen;
        let answered = panics::catch(|| {
            let answer = adapter.apply(command)?;
            // The command was carried out, so it counts as a step.
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
                    let deviations = vec![inconclusive(panics::Failed::Answer(failure))];
                    return self.end(Finding::new(self.at, Some(*command), deviations));
                }
                self.compare(adapter, command, decision, answer)
            }
            Err(panics::Failed::Answer(Failure::Unsupported)) => {
                std::mem::swap(&mut self.seen, &mut self.seen_before);
                self.tally.count_left_out(command.kind());
                StepResult::Unsupported
            }
            Err(failure) => self.end(Finding::new(self.at, Some(*command), vec![inconclusive(failure)])),
        }
    }

    /// Ends a run that took all its steps, and returns the finding that is left to report.
    pub fn finish(&mut self) -> Option<Finding> {
        self.late().or_else(|| self.pending.take())
    }

    /// The finding that a thread of the implementation panicked after the last step was compared.
    pub fn late(&self) -> Option<Finding> {
        let panicked = inconclusive(panics::Failed::Panic(panics::take_foreign_panic()?));
        Some(Finding::new(self.at.saturating_sub(1), self.last, vec![panicked]))
    }

    /// The finding to report if the run ends here: under promises-only, the first divergence.
    pub fn pending(&self) -> Option<&Finding> {
        self.pending.as_ref()
    }

    /// The state of the lock-step, to continue from it later.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot { state: self.state, seen: *self.seen, at: self.at, pending: self.pending.clone() }
    }

    /// Continues from the snapshot of a lock-step with the same settings and setup.
    pub fn restore(&mut self, snapshot: &Snapshot) {
        let Snapshot { state, seen, at, pending } = snapshot;
        self.state = *state;
        *self.seen = *seen;
        self.at = *at;
        self.pending.clone_from(pending);
        (self.answer, self.judged) = (None, None);
    }

    /// The state that promises are judged on: the groups as observed; contacts, blocks and bans as the
    /// model's.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The policy's decision at the last step.
    pub fn decision(&self) -> Option<Decision> {
        self.decision
    }

    /// The implementation's answer at the last step, if it answered.
    pub fn answer(&self) -> Option<Answer> {
        self.answer
    }

    /// The answer at the last step as it was compared, if there was one.
    pub(crate) fn judged(&self) -> Option<Answer> {
        self.judged
    }

    /// The commands of all runs so far, by kind.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// The same, which are then counted anew.
    pub fn take_tally(&mut self) -> Tally {
        std::mem::take(&mut self.tally)
    }

    /// The observation after the last step.
    pub(crate) fn seen(&self) -> &Observation {
        &self.seen
    }

    /// How many steps were taken.
    pub fn steps(&self) -> usize {
        self.at
    }

    #[inline]
    fn compare(
        &mut self,
        adapter: &impl Adapter,
        command: &Command,
        decision: Decision,
        answer: Answer,
    ) -> StepResult {
        let answer = self.judged_answer(command, decision, answer);
        self.judged = Some(answer);
        self.tally.count_answer(command.kind(), decision, answer.is_allowed());
        // A refusal changes nothing, so the state is copied only before a change.
        let delivered = if answer.is_allowed() {
            self.before = self.state;
            self.state.carry_out(&self.setup.policy, command)
        } else {
            UserSet::EMPTY
        };
        let by_policy = if decision.is_allowed() { delivered } else { UserSet::EMPTY };
        let decided = match self.config.fidelity {
            Fidelity::Exact => {
                answer.is_allowed() == decision.is_allowed() && answer.delivered() == by_policy
            }
            Fidelity::NoLooser => {
                (decision.is_allowed() || !answer.is_allowed()) && answer.delivered().is_subset(by_policy)
            }
            Fidelity::PromisesOnly => false,
        };
        self.last = Some(*command);
        if decided && self.diverged().is_empty() {
            self.at += 1;
            return StepResult::Conforms;
        }
        self.judge(command, decision, answer, adapter.reason())
    }

    /// The answer that counts: an idempotent implementation may answer a request that changes nothing
    /// with success.
    #[inline]
    fn judged_answer(&self, command: &Command, decision: Decision, answer: Answer) -> Answer {
        let CheckConfig { idempotent, observes, .. } = self.config;
        let is_success = idempotent && answer == Answer::allow() && !decision.is_allowed();
        let is_refusal = is_success
            && judge::would_show(command.kind(), observes)
            && !judge::changed(&self.seen_before, &self.seen, &self.setup, observes);
        if is_refusal { Answer::deny() } else { answer }
    }

    /// The observed parts that are not as in the state.
    #[inline]
    fn diverged(&self) -> EnumSet<Part> {
        diverged_parts(&self.state, &self.seen, &self.setup, self.config.observes)
    }

    /// Judges a step that the quick comparison did not pass.
    #[cold]
    fn judge(
        &mut self,
        command: &Command,
        decision: Decision,
        answer: Answer,
        reason: Option<&str>,
    ) -> StepResult {
        if !answer.is_allowed() {
            self.before = self.state;
        }
        let differences = self.differences(command);
        judge::merge_observation(
            &self.before,
            &mut self.state,
            &self.seen,
            &self.setup,
            self.config.observes,
            command.by(),
        );
        let mut deviations = self.breaches(command, answer);
        let is_promises_only = self.config.fidelity == Fidelity::PromisesOnly;
        if !is_promises_only {
            let strict = self.config.fidelity == Fidelity::Exact;
            let by_policy = follow_policy(&self.before, &self.setup.policy, command).delivered;
            deviations.extend(judge::deviations(decision, answer, by_policy, strict));
        }
        if !differences.is_empty() {
            deviations.push(Deviation::Diverged(differences));
        }
        if let Some(first) = deviations.first() {
            let is_divergence = matches!(first, Deviation::Diverged(_));
            let finding = Finding::new(self.at, Some(*command), deviations);
            let finding = finding.with_reason(reason.map(Into::into));
            // Under promises-only a promise may break after a divergence, which would be graver.
            if !(is_promises_only && is_divergence) {
                return self.end(finding);
            }
            self.pending.get_or_insert(finding);
        }
        self.at += 1;
        StepResult::Conforms
    }

    /// The differences that count. Under promises-only the implementation's groups are its own, but for
    /// the bans. A change in another group than the command's is the most surprising one.
    fn differences(&self, command: &Command) -> Vec<Difference> {
        let compared = match self.config.fidelity {
            Fidelity::Exact | Fidelity::NoLooser => EnumSet::all(),
            Fidelity::PromisesOnly => [Part::Contacts, Part::Blocks, Part::Banned].into_iter().collect(),
        };
        let compared = compared.and(self.config.observes);
        let mut differences = judge::list_differences(&self.state, &self.seen, &self.setup, compared);
        if let Some(group) = command.group() {
            let is_elsewhere = |other: &Difference| other.group().is_some_and(|other| other != group);
            differences.sort_by_key(|difference| !is_elsewhere(difference));
        }
        differences
    }

    /// The promises broken in the merged state, without those that the policy itself breaks at the
    /// same place. Under promises-only these count too, after the others.
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
        for promise in self.config.promises.iter() {
            if promise == Promise::Refusal {
                let changed =
                    judge::changed(&self.seen_before, &self.seen, &self.setup, self.config.observes);
                let delivers = !answer.delivered().without(command.by()).is_empty();
                if !answer.is_allowed() && (changed || delivers) {
                    let (group, users) = (command.group(), UserSet::EMPTY);
                    broken.push(Breach { promise, group, users, cause: None });
                }
            } else {
                promise.each_breach(&transition, |breach| broken.push(breach));
            }
        }
        if broken.is_empty() {
            return Vec::new();
        }
        let by_policy = follow_policy(&self.before, policy, command).breaches;
        let is_policys = |breach: &Breach| by_policy.iter().any(|other| other.is_at_place_of(breach));
        if self.config.fidelity != Fidelity::PromisesOnly {
            broken.retain(|breach| !is_policys(breach));
        }
        broken.sort_by_key(|breach| (is_policys(breach), headline_rank(breach.promise)));
        let deviation = |breach| match is_policys(&breach) {
            true => Deviation::PolicyBroke(breach),
            false => Deviation::Broke(breach),
        };
        broken.into_iter().map(deviation).collect()
    }

    /// Ends the run with a finding: this one, or the pending one if that is graver.
    fn end(&mut self, finding: Finding) -> StepResult {
        StepResult::Ended(match self.pending.take() {
            Some(pending) if pending.identity().verdict < finding.identity().verdict => pending,
            _ => finding,
        })
    }
}

/// The rank of a promise as the headline of a finding, least first: the order of the promises, but that
/// "not a member" says more about a delivery than "not approved".
fn headline_rank(promise: Promise) -> (usize, bool) {
    match promise {
        Promise::Membership => (Promise::Delivery.index(), false),
        other => (other.index(), true),
    }
}

/// A step of the model that follows the policy.
#[derive(Clone, Debug)]
pub struct PolicyStep {
    /// The policy's decision.
    pub decision: Decision,
    /// The users to whom the policy delivers.
    pub delivered: UserSet,
    /// The promises that following the policy breaks at this step.
    pub breaches: Vec<Breach>,
    /// The state after the step.
    pub after: State,
}

/// Follows the policy for one step.
pub fn follow_policy(before: &State, policy: &Policy, command: &Command) -> PolicyStep {
    let mut after = *before;
    let Outcome { decision, delivered } = step(&mut after, policy, command);
    let allowed = decision.is_allowed();
    let transition = Transition { policy, before, command, allowed, delivered, after: &after };
    let mut breaches = Vec::new();
    for promise in EnumSet::<Promise>::all().iter() {
        promise.each_breach(&transition, |breach| breaches.push(breach));
    }
    PolicyStep { decision, delivered, breaches, after }
}

fn inconclusive(failure: panics::Failed) -> Deviation {
    match failure {
        panics::Failed::Answer(failure) => Deviation::Indefinite(failure.to_string()),
        panics::Failed::Panic(message) => Deviation::Panicked(message),
    }
}
