//! What several tests need: casts and setups by name, users of the cast `small`, and an implementation that does as
//! it is told.

use chatwarden::adapter::{About, Adapter, Answer, Failure, Observation};
use chatwarden::generate::{Choices, Seeded};
use chatwarden::model::{Command, Group, Newcomer, Policy, Preset, Setup, Surface, User, Word};
use chatwarden::wire::BuiltInCast;

pub(crate) const ANN: User = User::new(0);
pub(crate) const BOB: User = User::new(1);
pub(crate) const KAY: User = User::new(2);
pub(crate) const KIM: User = User::new(3);
pub(crate) const SAM: User = User::new(4);
pub(crate) const G1: Group = Group::new(0);

/// The cast `small` under a policy.
pub(crate) fn small(policy: Policy, groups: usize) -> Setup {
    Setup { cast: BuiltInCast::Small.casting().cast, groups, policy }
}

/// A policy under which everyone comes in and only the sending of messages and calls is guarded.
pub(crate) fn guarded_talk() -> Policy {
    Policy { message: Surface::GUARDED, call: Surface::GUARDED, ..Preset::NoContactRule.policy() }
}

/// A policy under which everyone comes in and sends, and only the delivery is guarded.
pub(crate) fn guarded_delivery() -> Policy {
    let delivery = Surface { send: Surface::OPEN.send, deliver: Surface::GUARDED.deliver };
    Policy { message: delivery, call: delivery, ..Preset::NoContactRule.policy() }
}

/// An implementation that answers and shows what the script says, one entry a command; at its end it panics.
#[derive(Clone)]
pub(crate) struct Scripted {
    pub(crate) about: About,
    pub(crate) script: Vec<(Result<Answer, Failure>, Observation)>,
    pub(crate) at: usize,
}

impl Scripted {
    pub(crate) fn new(about: About, script: Vec<(Result<Answer, Failure>, Observation)>) -> Self {
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
pub(crate) fn random_policy(number: u64) -> Policy {
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

fn any<W: Word>(choices: &mut impl Choices) -> W {
    W::ALL[choices.below(W::ALL.len())]
}
