//! Implementations to be searched: the built-in service with a log, and services that fail.

use std::sync::{Arc, Mutex};

use chatwarden::adapter::memory::Memory;
use chatwarden::adapter::{About, Adapter, Answer, Failure, Observation};
use chatwarden::model::{Command, CommandKind, Setup, State};

use chatwarden_test_support::FastSet;

/// Pairs of a state and a command.
pub(crate) type Log = Arc<Mutex<FastSet<(State, Command)>>>;

/// The built-in service with a log of the commands that it got in each state, with or without copies and
/// a fingerprint.
#[derive(Clone)]
pub(crate) struct Logged {
    pub(crate) service: Memory,
    pub(crate) setup: Setup,
    pub(crate) state: State,
    pub(crate) log: Log,
    pub(crate) copies: bool,
    pub(crate) has_fingerprint: bool,
}

impl Logged {
    pub(crate) fn new(service: Memory, setup: Setup, log: &Log, copies: bool) -> Self {
        Logged { service, setup, state: setup.start(), log: Arc::clone(log), copies, has_fingerprint: copies }
    }
}

impl Adapter for Logged {
    fn about(&self) -> About {
        self.service.about()
    }

    fn reset(&mut self, setup: &Setup) -> Result<(), Failure> {
        self.state = setup.start();
        self.service.reset(setup)
    }

    fn apply(&mut self, command: &Command) -> Result<Answer, Failure> {
        self.log.lock().expect("no test panics with it").insert((self.state, *command));
        let answer = self.service.apply(command)?;
        if answer.is_allowed() {
            self.state.carry_out(&self.setup.policy, command);
        }
        Ok(answer)
    }

    fn observe(&mut self, seen: &mut Observation) -> Result<(), Failure> {
        self.service.observe(seen)
    }

    fn fork(&self) -> Option<Box<dyn Adapter + Send>> {
        self.copies.then(|| Box::new(self.clone()) as Box<dyn Adapter + Send>)
    }

    fn fingerprint(&self) -> Option<u128> {
        self.service.fingerprint().filter(|_| self.has_fingerprint)
    }
}

/// The built-in service, which panics at commands of one kind, does not support another, and can be reset
/// only so often.
#[derive(Clone)]
pub(crate) struct Unsteady {
    pub(crate) service: Memory,
    pub(crate) panics_at: Option<CommandKind>,
    pub(crate) lacks: Option<CommandKind>,
    pub(crate) resets: u32,
    pub(crate) copies: bool,
}

impl Unsteady {
    pub(crate) fn new(copies: bool) -> Self {
        Unsteady { service: Memory::new(), panics_at: None, lacks: None, resets: u32::MAX, copies }
    }
}

impl Adapter for Unsteady {
    fn about(&self) -> About {
        self.service.about()
    }

    fn reset(&mut self, setup: &Setup) -> Result<(), Failure> {
        self.resets = self.resets.checked_sub(1).ok_or(Failure::Failed("no accounts are left".into()))?;
        self.service.reset(setup)
    }

    fn apply(&mut self, command: &Command) -> Result<Answer, Failure> {
        assert_ne!(Some(command.kind()), self.panics_at, "a bug");
        if self.lacks == Some(command.kind()) {
            Err(Failure::Unsupported)
        } else {
            self.service.apply(command)
        }
    }

    fn observe(&mut self, seen: &mut Observation) -> Result<(), Failure> {
        self.service.observe(seen)
    }

    fn fork(&self) -> Option<Box<dyn Adapter + Send>> {
        self.copies.then(|| Box::new(self.clone()) as Box<dyn Adapter + Send>)
    }
}

/// The built-in service without copies, which refuses all launches after some.
pub(crate) struct Tiring {
    pub(crate) service: Memory,
    pub(crate) launches: u32,
}

impl Adapter for Tiring {
    fn about(&self) -> About {
        self.service.about()
    }

    fn reset(&mut self, setup: &Setup) -> Result<(), Failure> {
        self.service.reset(setup)
    }

    fn apply(&mut self, command: &Command) -> Result<Answer, Failure> {
        if command.kind() == CommandKind::Create {
            match self.launches.checked_sub(1) {
                Some(left) => self.launches = left,
                None => return Ok(Answer::deny()),
            }
        }
        self.service.apply(command)
    }

    fn observe(&mut self, seen: &mut Observation) -> Result<(), Failure> {
        self.service.observe(seen)
    }
}
