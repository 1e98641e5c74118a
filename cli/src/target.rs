//! Which implementation is tested, and how closely it is compared.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chatwarden_model::{EnumSet, NamedEnum, Promise};
use clap::Args;

use super::{CliError, options};
use crate::baseline::Subject;
use crate::command::list::faults::options as options_for;
use crate::driver_process::{DriverOptions, DriverPool, StartError};
use chatwarden::adapter::fault::Fault;
use chatwarden::adapter::memory::Memory;
use chatwarden::adapter::{About, Adapter, Failure, Fidelity};
use chatwarden::format::{CastSpec, Names, PolicySpec, Scenario, nearest};
use chatwarden::lockstep::CheckConfig;
use chatwarden::triage::FindingWriter;

/// The adapter that is known by name.
const MEMORY: &str = "memory";

/// What stands before the command of a driver.
pub(crate) const EXEC: &str = "exec:";

/// How often drivers are started anew while a finding is shrunk, which a driver that dies of it has to be for every
/// history that still shows it.
const RESTARTS_TO_SHRINK: u32 = 10_000;

/// The implementation under test.
#[derive(Args, Clone, Debug)]
pub(crate) struct Target {
    /// The implementation: `memory`, the built-in chat service, or `exec:COMMAND`, a driver
    #[arg(long, value_name = "ADAPTER")]
    adapter: Option<String>,
    /// Plant a fault in the built-in chat service; implies `--adapter memory`
    #[arg(long, value_name = "NAME", value_parser = options::word::<Fault>(), hide_possible_values = true)]
    pub(crate) fault: Option<Fault>,
    /// How closely it is compared [default: as it declares itself]
    #[arg(long, value_name = "FIDELITY", value_parser = options::word::<Fidelity>())]
    fidelity: Option<Fidelity>,
    #[command(flatten)]
    driving: Driving,
}

/// How a driver is started and spoken to.
#[derive(Args, Clone, Debug)]
pub(crate) struct Driving {
    /// How long a driver may take to start, to answer, and to exit
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = options::positive_duration)]
    timeout: Duration,
    /// How often drivers may be started anew after one died, hung or answered nonsense
    #[arg(long, value_name = "COUNT", default_value_t = 3)]
    restarts: u32,
    /// Send a driver each request only when the one before it is answered
    #[arg(long)]
    no_pipelining: bool,
}

impl Driving {
    /// Starts the first driver of the command.
    pub(crate) fn open(&self, command: &str) -> Result<Arc<DriverPool>, CliError> {
        let options =
            DriverOptions { timeout: self.timeout, pipelined: !self.no_pipelining, restarts: self.restarts };
        DriverPool::open(command, options).map_err(|error| match error {
            StartError::Command(why) => CliError::Input(why),
            StartError::Driver(failure) => CliError::Unanswered(failure),
        })
    }
}

/// An implementation that was named, and what it says about itself.
#[derive(Clone, Debug)]
pub(crate) struct Implementation {
    pub(crate) about: About,
    service: Service,
    /// What a driver is told that users and groups are called.
    names: Names,
    pub(crate) fidelity: Fidelity,
    /// Whether the user said how closely it is compared.
    chosen: bool,
}

/// What is behind the adapter.
#[derive(Clone, Debug)]
enum Service {
    BuiltIn(Option<Fault>),
    Driven { command: String, drivers: Arc<DriverPool> },
}

impl Target {
    /// The implementation, if one was named.
    pub(crate) fn named(&self) -> Result<Option<Implementation>, CliError> {
        match (self.adapter.as_deref(), self.fault) {
            (None, None) => match self.fidelity {
                None => Ok(None),
                Some(_) => {
                    Err(CliError::Input("`--fidelity` goes only with `--adapter` or `--fault`".into()))
                }
            },
            _ => self.or_memory().map(Some),
        }
    }

    /// Says why a fault that was planted may not have been found.
    pub(crate) fn note_idle_fault(&self) {
        if let Some(fault) = self.fault {
            anstream::eprintln!(
                "note: {fault} matters under some policies and casts only; this finds it:\n  \
                 chatwarden fuzz --fault {fault} {}",
                options_for(fault)
            );
        }
    }

    /// The implementation; the built-in chat service, if none was named.
    pub(crate) fn or_memory(&self) -> Result<Implementation, CliError> {
        let name = self.adapter.as_deref().unwrap_or(MEMORY);
        let service = match name.strip_prefix(EXEC) {
            None if name == MEMORY => Service::BuiltIn(self.fault),
            None => {
                let help = match nearest(name, [MEMORY]) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => format!("known are `{MEMORY}` and `{EXEC}COMMAND`"),
                };
                return Err(CliError::Input(format!("unknown adapter `{name}`; {help}")));
            }
            Some(_) if self.fault.is_some() => {
                return Err(CliError::Input("`--fault` goes only with the built-in chat service".into()));
            }
            Some(command) => {
                Service::Driven { command: command.into(), drivers: self.driving.open(command)? }
            }
        };
        let about = match &service {
            Service::BuiltIn(fault) => built_in(*fault).about(),
            Service::Driven { drivers, .. } => drivers.about().clone(),
        };
        Ok(Implementation {
            fidelity: self.fidelity.unwrap_or(about.fidelity),
            about,
            service,
            names: Names::default(),
            chosen: self.fidelity.is_some(),
        })
    }
}

impl Implementation {
    /// The same, to which users and groups have these names.
    pub(crate) fn with_names(&self, names: Names) -> Self {
        Implementation { names, ..self.clone() }
    }

    /// One more of it.
    pub(crate) fn make(&self) -> Result<Box<dyn Adapter + Send>, Failure> {
        Ok(match &self.service {
            Service::BuiltIn(fault) => Box::new(built_in(*fault)),
            Service::Driven { drivers, .. } => Box::new(drivers.driver(&self.names)?),
        })
    }

    /// Allows for as many restarts as it takes to shrink what makes a driver die.
    pub(crate) fn allow_restarts(&self) {
        if let Service::Driven { drivers, .. } = &self.service {
            drivers.allow_restarts(RESTARTS_TO_SHRINK);
        }
    }

    /// The terms on which it is checked.
    pub(crate) fn terms(&self, promises: EnumSet<Promise>) -> CheckConfig {
        CheckConfig { fidelity: self.fidelity, promises, observes: self.about.observes }
    }

    /// The terms on which it is checked with a scenario: a finding of this implementation recurs or not as it was made,
    /// unless the user says how to compare. What was found with another one says nothing of how to compare this one.
    pub(crate) fn terms_for(&self, scenario: &Scenario) -> CheckConfig {
        let own = scenario.finding.as_ref().filter(|finding| finding.adapter == self.about.name);
        let recorded = own.map(|finding| finding.fidelity);
        let fidelity = if self.chosen { self.fidelity } else { recorded.unwrap_or(self.fidelity) };
        CheckConfig { fidelity, ..self.terms(scenario.judged()) }
    }

    /// What findings of it are made in, under a policy.
    pub(crate) fn subject(&self, policy: &PolicySpec) -> Subject {
        Subject::new(policy, Some(&self.about.name), self.fault())
    }

    /// The fault that was planted in it.
    fn fault(&self) -> Option<&'static str> {
        match self.service {
            Service::BuiltIn(fault) => fault.map(NamedEnum::name),
            Service::Driven { .. } => None,
        }
    }

    /// Where its findings go, and what their scenarios have in common.
    pub(crate) fn folder(
        &self,
        engine: &str,
        directory: PathBuf,
        policy: PolicySpec,
        cast: CastSpec,
        groups: Vec<String>,
        promises: Option<EnumSet<Promise>>,
    ) -> FindingWriter {
        FindingWriter {
            directory,
            policy,
            cast,
            groups,
            promises,
            engine: engine.into(),
            adapter: self.about.name.clone(),
            implementation: Some(self.about.version.clone()),
            fault: self.fault().map(Into::into),
            fidelity: self.fidelity,
        }
    }

    /// The words that name it on the command line.
    pub(crate) fn arguments(&self) -> String {
        let mut words = match &self.service {
            Service::BuiltIn(Some(fault)) => format!("--fault {fault}"),
            Service::BuiltIn(None) => format!("--adapter {MEMORY}"),
            Service::Driven { command, .. } => {
                format!("--adapter {}", shell_words::quote(&format!("{EXEC}{command}")))
            }
        };
        if self.fidelity != self.about.fidelity {
            words += &format!(" --fidelity {}", self.fidelity.name());
        }
        words
    }
}

fn built_in(fault: Option<Fault>) -> Memory {
    fault.map_or_else(Memory::new, Memory::with_fault)
}
