//! What several tests need: casts and setups by name, users of the cast `small`, an implementation that does as it is
//! told, and for each fault the setup in which it matters and the true minima of its findings.

use std::collections::{BTreeMap, HashSet};
use std::hash::BuildHasher;

use chatwarden::adapter::fault::{Fault, FaultCast};
use chatwarden::adapter::memory::Memory;
use chatwarden::adapter::{About, Adapter, Answer, Failure, Observation};
use chatwarden::finding::Identity;
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
pub fn setup_for(fault: Fault) -> Setup {
    let cast = BuiltInCast::named(fault.cast().name()).expect("the crowd is a built-in cast");
    Setup { cast: cast.named_cast().cast, groups: fault.groups(), policy: fault.policy() }
}

/// The built-in service, to which something happens before every command.
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

/// An implementation that answers and shows what the script says, one entry a command; at its end it panics.
#[derive(Clone)]
pub struct Scripted {
    pub about: About,
    pub script: Vec<(Result<Answer, Failure>, Observation)>,
    pub at: usize,
}

impl Scripted {
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
        let Some((answer, _)) = self.script.get(self.at) else { panic!("no line for {command:?}") };
        self.at += 1;
        answer.clone()
    }

    fn observe(&mut self, seen: &mut Observation) -> Result<(), Failure> {
        *seen = self.script[self.at - 1].1;
        Ok(())
    }
}

/// A policy with a value of each knob drawn at random.
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

/// A set of what is large and hashed often; the standard library's hash would take most of the time.
pub type FastSet<T> = HashSet<T, FixedState>;

/// The most commands of a history that a plain search tries.
pub const PLAIN: usize = 4;

/// The faults that a plain search can find: with few users, and by few commands.
pub fn plain_faults() -> Vec<Fault> {
    let plain = |fault: &Fault| fault.cast() == FaultCast::Small && fault.least() <= PLAIN;
    Fault::ALL.iter().copied().filter(plain).collect()
}

/// The length of the shortest history for each identity that histories of up to [`PLAIN`] commands show, by trying all
/// of them, until the wanted ones are found: breadth-first over the pairs of model and service, on every command that
/// can be written down with users of the right kinds.
pub fn true_minima(fault: Fault, wanted: &HashSet<Identity>) -> BTreeMap<Identity, usize> {
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
                        minima.entry(finding.identity()).or_insert(length);
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

/// The commands by which a group is run.
const RUNNING: [CommandKind; 7] = [
    CommandKind::OpenLink,
    CommandKind::CloseLink,
    CommandKind::Remove,
    CommandKind::Ban,
    CommandKind::Unban,
    CommandKind::Transfer,
    CommandKind::Dissolve,
];

/// Well-typed commands, approvals by anyone, and what owners do, by guardians: some faults are about who acts.
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
    running.commands = RUNNING.iter().copied().collect();
    let by_guardians = running.all().into_iter().filter(|command| {
        let (by, others) = (command.by(), command.users().without(command.by()));
        kinds.guardians.contains(by) && others.is_subset(kinds.chatting())
    });
    alphabet.extend(by_guardians);
    alphabet
}

/// 128 bits of what the future depends on: the service's data and the model's state.
fn fingerprint(service: &Memory, lockstep: &Lockstep) -> (u64, u64) {
    let hash = |seed| FixedState::with_seed(seed).hash_one((service, lockstep.state()));
    (hash(0), hash(1))
}
