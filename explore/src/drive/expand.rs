//! What a situation leads to: every command tried on a copy, refused ones too.
//!
//! A job does this for a few situations at a time, without knowing what the other jobs do. What is new among
//! everything that they come upon is decided in `forked`.

use std::time::Instant;

use chatwarden_model::Command;

use super::keys::{Key, Keys, Known};
use super::renamings::{Kept, Renamings};
use super::{Alike, Drive, End, SearchMonitor};
use chatwarden::adapter::{Adapter, Answer, Failure, Fidelity};
use chatwarden::finding::Finding;
use chatwarden::lockstep::{Lockstep, Snapshot, StepResult};

/// A copy of the implementation.
pub(super) type System = Box<dyn Adapter + Send>;

/// How many commands are tried between two looks at the clock.
const PATIENCE: usize = 32;

/// What a copy of an implementation is taken to need beyond its own size: what it points to cannot be seen.
const BEHIND: u64 = 1024;

/// A situation to go on from.
pub(super) struct Node {
    system: System,
    moment: Box<Snapshot>,
    fingerprint: Option<u128>,
    /// The hash of the judged state.
    state: u128,
    /// The kinds of the commands that changed the judged state on the way.
    kinds: u32,
    kept: Kept,
    /// The number of the history that led here.
    pub(super) history: u32,
}

/// What the jobs share.
pub(super) struct Shared<'a> {
    pub(super) plan: &'a Drive,
    pub(super) watch: &'a SearchMonitor,
    pub(super) renamings: Renamings,
    pub(super) keys: Keys,
}

/// What some situations led to, in order.
#[derive(Default)]
pub(super) struct Tried {
    pub(super) states: u64,
    pub(super) allowed: u64,
    pub(super) refused: u64,
    pub(super) executed: u64,
    pub(super) successors: Vec<Successor>,
    pub(super) findings: Vec<(Step, Finding)>,
    /// Why not everything was tried.
    pub(super) cut: Option<End>,
}

/// A command after a history.
#[derive(Clone, Copy)]
pub(super) struct Step {
    pub(super) history: u32,
    pub(super) command: Command,
    /// The command's place in the alphabet.
    pub(super) place: u32,
}

/// A situation that was come upon.
pub(super) struct Successor {
    pub(super) step: Step,
    pub(super) key: Key,
    /// None if it is as long as histories may be.
    pub(super) node: Option<Node>,
}

impl Node {
    /// How many bytes it takes, about, with a copy of that size.
    pub(super) fn bytes(system: &System) -> u64 {
        (size_of::<Node>() + size_of::<Snapshot>() + size_of_val(&**system)) as u64 + BEHIND
    }
}

impl<'a> Shared<'a> {
    pub(super) fn new(plan: &'a Drive, watch: &'a SearchMonitor) -> Self {
        let renamings = Renamings::new(&plan.setup, &plan.alphabet, plan.symmetry);
        // A fingerprint cannot be renamed, and where nothing is alike, keys are not asked for.
        let up_to_renaming = matches!(plan.alike, Alike::State { .. });
        let of_states = if up_to_renaming { renamings.list() } else { &[] };
        Shared { plan, watch, keys: Keys::new(&plan.setup, of_states), renamings }
    }

    /// The situation before the first command.
    pub(super) fn root(&self, system: System, lockstep: &Lockstep) -> Result<(Key, Node), Failure> {
        let fingerprint = self.fingerprint(&*system)?;
        let state = self.keys.state(lockstep.state());
        let key = Key { situation: self.situation(state, lockstep, fingerprint), kinds: 0 };
        let (moment, kept) = (Box::new(lockstep.snapshot()), self.renamings.all());
        Ok((key, Node { system, moment, fingerprint, state, kinds: 0, kept, history: 0 }))
    }

    /// Why the search is to end before everything is tried, if it is.
    pub(super) fn cut(&self) -> Option<End> {
        if self.watch.is_stopped() {
            Some(End::Stopped)
        } else if self.plan.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            Some(End::Time)
        } else {
            None
        }
    }

    /// The system's own hash of itself. Where every history counts for itself it is not believed.
    pub(super) fn fingerprint(&self, system: &dyn Adapter) -> Result<Option<u128>, Failure> {
        match (self.plan.alike, system.fingerprint()) {
            (Alike::Never, _) => Ok(None),
            (Alike::Product, None) => Err(Failure::Failed(
                "it has no fingerprint, without which its states cannot be told apart".into(),
            )),
            (_, fingerprint) => Ok(fingerprint),
        }
    }

    /// The hash of the situation in which the lock-step is; a pending drift is part of it, since it hides others.
    pub(super) fn situation(&self, state: u128, lockstep: &Lockstep, fingerprint: Option<u128>) -> u128 {
        let drift = lockstep.pending().map(Finding::identity);
        match (self.plan.alike, drift) {
            (Alike::Product, _) | (Alike::State { .. }, Some(_)) => {
                self.keys.product(state, drift, fingerprint.unwrap_or_default())
            }
            (Alike::State { .. }, None) | (Alike::Never, _) => state,
        }
    }
}

/// A job at work on some situations.
pub(super) struct Expansion<'a> {
    shared: &'a Shared<'a>,
    known: &'a Known,
    /// What was come upon in these situations already.
    met: Known,
    lockstep: Lockstep,
    /// Whether the histories that are tried are as long as they may be.
    last: bool,
    tried: Tried,
}

impl<'a> Expansion<'a> {
    pub(super) fn new(shared: &'a Shared<'a>, known: &'a Known, lockstep: Lockstep, last: bool) -> Self {
        Expansion { shared, known, met: known.like(), lockstep, last, tried: Tried::default() }
    }

    /// Tries every command in each of the situations.
    ///
    /// # Errors
    /// If an implementation cannot be copied or has no fingerprint where it needs one.
    pub(super) fn expand(&mut self, nodes: Vec<Node>) -> Result<Tried, Failure> {
        for node in nodes {
            self.tried.cut = self.shared.cut();
            if self.tried.cut.is_none() {
                self.tried.cut = self.node(&node)?;
            }
            if self.tried.cut.is_some() {
                break;
            }
            self.tried.states += 1;
        }
        self.met.clear();
        Ok(std::mem::take(&mut self.tried))
    }

    fn node(&mut self, node: &Node) -> Result<Option<End>, Failure> {
        let shared = self.shared;
        let wanted = shared.plan.narrowed().filter(|_| self.last);
        let mut spare = None;
        for (number, (place, kept)) in shared.renamings.after(node.kept).enumerate() {
            let command = shared.plan.alphabet[place as usize];
            if wanted.is_some_and(|wanted| command.kind() != wanted) {
                continue;
            }
            if number % PATIENCE == PATIENCE - 1 {
                if let Some(end) = shared.cut() {
                    return Ok(Some(end));
                }
            }
            let system = match spare.take() {
                Some(system) => system,
                None => {
                    node.system.fork().ok_or_else(|| Failure::Failed("a copy of it has no copy".into()))?
                }
            };
            spare = self.step(node, kept, Step { history: node.history, command, place }, system)?;
        }
        Ok(None)
    }

    /// Tries a command on a copy, which comes back if it is still as it was.
    fn step(
        &mut self,
        node: &Node,
        kept: Kept,
        step: Step,
        mut system: System,
    ) -> Result<Option<System>, Failure> {
        self.lockstep.restore(&node.moment);
        let progress = self.lockstep.step(&mut system, &step.command);
        self.count(&progress);
        if let StepResult::Ended(finding) = progress {
            // What panicked or departed from the model is in no state to go on with.
            self.find(step, &finding);
            return Ok(None);
        }
        let fingerprint = self.shared.fingerprint(&*system)?;
        let unchanged = fingerprint.is_some() && fingerprint == node.fingerprint;
        if progress == StepResult::Conforms {
            if let Some(drift) = self.lockstep.pending().filter(|_| node.moment.pending().is_none()).cloned()
            {
                self.find(step, &drift);
            }
            if let Some((key, state)) = self.arrival(node, step, fingerprint, unchanged) {
                let (lockstep, kinds) = (&self.lockstep, key.kinds);
                let node = (!self.last).then(|| {
                    let moment = Box::new(lockstep.snapshot());
                    Node { system, moment, fingerprint, state, kinds, kept, history: 0 }
                });
                self.tried.successors.push(Successor { step, key, node });
                return Ok(None);
            }
        }
        Ok(unchanged.then_some(system))
    }

    fn count(&mut self, progress: &StepResult) {
        if *progress == StepResult::Unsupported {
            return;
        }
        self.tried.executed += 1;
        match self.lockstep.answer() {
            Some(Answer::Allow { .. }) => self.tried.allowed += 1,
            Some(Answer::Deny) => self.tried.refused += 1,
            None => {}
        }
    }

    fn find(&mut self, step: Step, finding: &Finding) {
        let identity = finding.identity();
        let wanted = self.shared.plan.wanted.is_none_or(|wanted| wanted == identity);
        if wanted && self.tried.findings.iter().all(|(_, earlier)| earlier.identity() != identity) {
            self.tried.findings.push((step, finding.clone()));
        }
    }

    /// The key of where the step led, and the hash of the judged state there, unless it is known already.
    fn arrival(
        &mut self,
        node: &Node,
        step: Step,
        fingerprint: Option<u128>,
        unchanged: bool,
    ) -> Option<(Key, u128)> {
        let plan = self.shared.plan;
        if plan.alike == Alike::Never {
            return Some((Key { situation: 0, kinds: 0 }, 0));
        }
        // Only under promises-only does a refusal change what is judged: there the groups are as observed.
        let refused = self.lockstep.answer() == Some(Answer::Deny);
        let state = if refused && plan.terms.fidelity != Fidelity::PromisesOnly {
            node.state
        } else {
            self.shared.keys.state(self.lockstep.state())
        };
        let same =
            state == node.state && self.lockstep.pending().is_some() == node.moment.pending().is_some();
        if same && (unchanged || plan.alike != Alike::Product) {
            return None;
        }
        let kinds = match plan.alike {
            Alike::State { paths } if paths.get() > 1 => node.kinds | 1 << step.command.kind() as u32,
            _ => 0,
        };
        let fingerprint = fingerprint.filter(|_| plan.alike == Alike::Product);
        let key = Key { situation: self.shared.situation(state, &self.lockstep, fingerprint), kinds };
        (self.known.is_fresh(key) && self.met.insert(key)).then_some((key, state))
    }
}
