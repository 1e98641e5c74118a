//! Helpers of several tests: setups, the users of the cast `small`, scripted implementations, and for each fault the
//! setup in which it matters and the true minima of its findings.

use std::collections::{BTreeMap, HashSet};
use std::hash::BuildHasher;

use chatwarden::adapter::fault::{Fault, FaultCast};
use chatwarden::adapter::memory::Memory;
use chatwarden::adapter::{About, Adapter, Answer, Failure, Observation};
use chatwarden::finding::{Finding, Identity};
use chatwarden::format::BuiltInCast;
use chatwarden::generate::{Choices, Seeded};
use chatwarden::lockstep::{CheckConfig, Lockstep, StepResult};
use chatwarden::model::{Command, CommandKind, Group, NamedEnum, Newcomer, Policy, Setup, Surface, User};
use foldhash::quality::FixedState;

/// In the cast `small`: guardian of kay.
pub const ANN: User = User::new(0);
/// In the cast `small`: guardian of kim.
pub const BOB: User = User::new(1);
/// In the cast `small`: child.
pub const KAY: User = User::new(2);
/// In the cast `small`: child.
pub const KIM: User = User::new(3);
/// In the cast `small`: adult.
pub const SAM: User = User::new(4);
/// The first group.
pub const G1: Group = Group::new(0);

/// The cast `small` under a policy.
pub fn small(policy: Policy, groups: usize) -> Setup {
    Setup { cast: BuiltInCast::Small.named_cast().cast, groups, policy }
}

/// The policy, cast and groups with which the fault matters.
///
/// # Panics
/// If the cast of the fault is not built in.
pub fn setup_for(fault: Fault) -> Setup {
    let cast = BuiltInCast::named(fault.cast().name()).expect("the cast of a fault is built in");
    Setup { cast: cast.named_cast().cast, groups: fault.groups(), policy: fault.policy() }
}

/// The built-in service, with a function that is called before every command.
pub struct Disturbed<F>(pub Memory, pub F);

impl<F: Fn(&Command)> Adapter for Disturbed<F> {
    fn about(&self) -> About {
        self.0.about()
    }

    fn reset(&mut self, setup: &Setup) -> Result<(), Failure> {
        self.0.reset(setup)
    }

    fn apply(&mut self, command: &Command) -> Result<Answer, Failure> {
        (self.1)(command);
        self.0.apply(command)
    }

    fn observe(&mut self, seen: &mut Observation) -> Result<(), Failure> {
        self.0.observe(seen)
    }
}

/// An implementation that follows a script, and panics at its end.
#[derive(Clone)]
pub struct Scripted {
    /// The description of the implementation.
    pub about: About,
    /// The answer and the observation of each command.
    pub script: Vec<(Result<Answer, Failure>, Observation)>,
    /// The number of commands so far.
    pub at: usize,
}

impl Scripted {
    /// An implementation at the beginning of the script.
    pub fn new(about: About, script: Vec<(Result<Answer, Failure>, Observation)>) -> Self {
        Scripted { about, script, at: 0 }
    }
}

impl Adapter for Scripted {
    fn about(&self) -> About {
        self.about.clone()
    }

    fn reset(&mut self, _: &Setup) -> Result<(), Failure> {
        self.at = 0;
        Ok(())
    }

    fn apply(&mut self, command: &Command) -> Result<Answer, Failure> {
        let Some((answer, _)) = self.script.get(self.at) else {
            panic!("the script ends before {command:?}")
        };
        self.at += 1;
        answer.clone()
    }

    fn observe(&mut self, seen: &mut Observation) -> Result<(), Failure> {
        *seen = self.script[self.at - 1].1;
        Ok(())
    }
}

/// A policy whose knobs are drawn at random; the same for the same number.
pub fn random_policy(number: u64) -> Policy {
    let mut choices = Seeded::of_run(0xc0ffee, number);
    let choices = &mut choices;
    Policy {
        quorum: any(choices),
        between_children: any(choices),
        admission: any(choices),
        inviters: any(choices),
        links: choices.chance(1, 2),
        newcomer: Newcomer {
            create: any(choices),
            invite: any(choices),
            accept: any(choices),
            join: any(choices),
        },
        message: Surface { send: any(choices), deliver: any(choices) },
        call: Surface { send: any(choices), deliver: any(choices) },
        on_loss: any(choices),
    }
}

fn any<W: NamedEnum>(choices: &mut impl Choices) -> W {
    W::ALL[choices.below(W::ALL.len())]
}

/// A set with a fast hash, for large values that are hashed often.
pub type FastSet<T> = HashSet<T, FixedState>;

/// The most commands of a trace that a plain search tries.
pub const PLAIN: usize = 4;

/// Whether a plain search can find the fault, with few users and few commands.
pub fn is_plain(fault: &Fault) -> bool {
    fault.cast() == FaultCast::Small && fault.min_length() <= PLAIN
}

/// The faults that a plain search can find.
pub fn plain_faults() -> Vec<Fault> {
    Fault::ALL.iter().copied().filter(is_plain).collect()
}

/// The length of the shortest history for each of the identities that count, of the findings that histories of up to
/// [`PLAIN`] commands show, by trying all of them, until the wanted ones are found: breadth-first over the pairs of model and service, on every command that
/// can be written down with users of the right kinds.
///
/// # Panics
/// If the built-in service fails.
pub fn true_minima(
    fault: Fault,
    wanted: &HashSet<Identity>,
    identities: impl Fn(&Finding) -> Vec<Identity>,
) -> BTreeMap<Identity, usize> {
    let setup = setup_for(fault);
    let alphabet = alphabet(&setup);
    let mut service = Memory::with_fault(fault);
    let mut lockstep = Lockstep::new(CheckConfig::of(&service.about()));
    lockstep.start(&mut service, &setup).expect("the service starts");
    let mut known = FastSet::from_iter([fingerprint(&service, &lockstep)]);
    let mut frontier = vec![(service, lockstep)];
    let mut minima = BTreeMap::new();
    for length in 1..=PLAIN {
        let mut next = Vec::new();
        for (service, lockstep) in &frontier {
            for command in &alphabet {
                let (mut service, mut lockstep) = (service.clone(), lockstep.clone());
                match lockstep.step(&mut service, command) {
                    StepResult::Ended(finding) => {
                        for identity in identities(&finding) {
                            minima.entry(identity).or_insert(length);
                        }
                    }
                    _ => {
                        if known.insert(fingerprint(&service, &lockstep)) {
                            next.push((service, lockstep));
                        }
                    }
                }
            }
        }
        if wanted.iter().all(|identity| minima.contains_key(identity)) {
            return minima;
        }
        frontier = next;
    }
    minima
}

/// The commands of a group's owner.
const OF_OWNERS: [CommandKind; 7] = [
    CommandKind::OpenLink,
    CommandKind::CloseLink,
    CommandKind::Remove,
    CommandKind::Ban,
    CommandKind::Unban,
    CommandKind::Transfer,
    CommandKind::Dissolve,
];

/// The well-typed commands, approvals by anyone, and commands of owners by guardians, because some faults are about the
/// actor.
pub fn alphabet(setup: &Setup) -> Vec<Command> {
    let mut alphabet = setup.bounds().well_typed();
    let mut approvals = setup.bounds();
    approvals.commands = [CommandKind::Approve].into_iter().collect();
    let kinds = setup.cast.kinds();
    alphabet.extend(approvals.all().into_iter().filter(|command| match *command {
        Command::Approve { by, child, contact } => {
            kinds.chatting().contains(by)
                && kinds.children.contains(child)
                && kinds.chatting().contains(contact)
                && child != contact
        }
        _ => false,
    }));
    let mut running = setup.bounds();
    running.commands = OF_OWNERS.iter().copied().collect();
    let by_guardians = running.all().into_iter().filter(|command| {
        let (by, others) = (command.by(), command.users().without(command.by()));
        kinds.guardians.contains(by) && others.is_subset(kinds.chatting())
    });
    alphabet.extend(by_guardians);
    alphabet
}

/// A hash of 128 bits of the service's data and the model's state, on which the future depends.
fn fingerprint(service: &Memory, lockstep: &Lockstep) -> (u64, u64) {
    let hash = |seed| FixedState::with_seed(seed).hash_one((service, lockstep.state()));
    (hash(0), hash(1))
}
