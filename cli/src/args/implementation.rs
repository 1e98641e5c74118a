//! `--adapter`, `--fault`, `--fidelity`: the implementation under test, and how closely it is compared
//! with the model.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chatwarden_model::{EnumSet, NamedEnum, Promise, Setup};
use clap::Args;

use crate::baseline::Subject;
use crate::driver_process::{DriverOptions, DriverPool, StartError};
use crate::messages::print_note;
use crate::{CliError, args};
use chatwarden::adapter::fault::{Fault, Rules};
use chatwarden::adapter::memory::Memory;
use chatwarden::adapter::{About, Adapter, Failure, Fidelity};
use chatwarden::format::{BuiltInCast, CastSpec, Names, PolicySpec, Scenario, nearest};
use chatwarden::lockstep::CheckConfig;
use chatwarden::sanitize;
use chatwarden::triage::FindingWriter;

/// The name of the built-in chat service as an adapter.
const MEMORY: &str = "memory";

/// The prefix of an adapter that is the command of a driver.
pub(crate) const EXEC: &str = "exec:";

/// The restarts of drivers while a finding is shrunk. A driver that crashes must be restarted after
/// every trace that still shows the crash.
const SHRINK_RESTARTS: u32 = 10_000;

/// The implementation under test.
#[derive(Args, Clone, Debug)]
pub(crate) struct ImplementationArgs {
    /// Implementation: `memory` (the built-in chat service) or `exec:COMMAND` (a driver)
    #[arg(long, value_name = "ADAPTER")]
    adapter: Option<String>,
    /// Plant a fault in the built-in chat service (see `list faults`); implies `--adapter memory`
    #[arg(long, value_name = "NAME", value_parser = args::named_enum::<Fault>(), hide_possible_values = true)]
    fault: Option<Fault>,
    /// How closely the implementation is compared with the model [default: as it declares]
    #[arg(long, value_name = "FIDELITY", value_parser = args::named_enum::<Fidelity>())]
    fidelity: Option<Fidelity>,
    #[command(flatten)]
    driver: DriverArgs,
}

/// How drivers are started and spoken to.
#[derive(Args, Clone, Debug)]
pub(crate) struct DriverArgs {
    /// Time limit for a driver to start, to answer a request, and to exit
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = args::positive_duration)]
    timeout: Duration,
    /// Number of restarts of drivers that crash, hang or violate the protocol
    #[arg(long, value_name = "N", default_value_t = 3)]
    restarts: u32,
    /// Wait for each answer of a driver before sending the next request
    #[arg(long)]
    no_pipelining: bool,
}

impl DriverArgs {
    /// Starts the first driver.
    pub(crate) fn open(&self, command: &str) -> Result<Arc<DriverPool>, CliError> {
        let options =
            DriverOptions { timeout: self.timeout, pipelined: !self.no_pipelining, restarts: self.restarts };
        DriverPool::open(command, options).map_err(|error| match error {
            StartError::Command(why) => CliError::Input(why),
            StartError::Driver(failure) => CliError::Unanswered(failure),
        })
    }
}

/// The implementation that the user named, and its own description.
#[derive(Clone, Debug)]
pub(crate) struct Implementation {
    pub(crate) about: About,
    backend: Backend,
    /// The names of users and groups that a driver receives.
    names: Names,
    pub(crate) fidelity: Fidelity,
    /// Whether the user chose the fidelity.
    is_fidelity_chosen: bool,
}

/// The system behind the adapter.
#[derive(Clone, Debug)]
enum Backend {
    BuiltIn(Option<Fault>),
    Driver { command: String, drivers: Arc<DriverPool> },
}

impl ImplementationArgs {
    /// The implementation, if the user named one.
    pub(crate) fn named(&self) -> Result<Option<Implementation>, CliError> {
        if self.adapter.is_some() || self.fault.is_some() {
            return self.or_memory().map(Some);
        }
        match self.fidelity {
            None => Ok(None),
            Some(_) => Err(CliError::Input("`--fidelity` goes only with `--adapter` or `--fault`".into())),
        }
    }

    /// The implementation; the built-in chat service if the user named none.
    pub(crate) fn or_memory(&self) -> Result<Implementation, CliError> {
        let backend = self.backend()?;
        let about = match &backend {
            Backend::BuiltIn(fault) => built_in(*fault).about(),
            Backend::Driver { drivers, .. } => drivers.about().clone(),
        };
        Ok(Implementation {
            fidelity: self.fidelity.unwrap_or(about.fidelity),
            about,
            backend,
            names: Names::default(),
            is_fidelity_chosen: self.fidelity.is_some(),
        })
    }

    fn backend(&self) -> Result<Backend, CliError> {
        let name = self.adapter.as_deref().unwrap_or(MEMORY);
        match name.strip_prefix(EXEC) {
            None if name == MEMORY => Ok(Backend::BuiltIn(self.fault)),
            None => {
                let help = match nearest(name, [MEMORY]) {
                    Some(nearest) => format!("did you mean `{nearest}`?"),
                    None => format!("known are `{MEMORY}` and `{EXEC}COMMAND`"),
                };
                Err(CliError::Input(format!("unknown adapter {}; {help}", sanitize::quoted(name, 64))))
            }
            Some(_) if self.fault.is_some() => {
                Err(CliError::Input("`--fault` goes only with the built-in chat service".into()))
            }
            Some(command) => {
                Ok(Backend::Driver { command: command.into(), drivers: self.driver.open(command)? })
            }
        }
    }

    /// Prints why a run with this setup may have found nothing.
    pub(crate) fn print_hint(&self, implementation: &Implementation, setup: &Setup) {
        let fidelity = implementation.fidelity;
        let no_finding = match fidelity {
            Fidelity::Exact => None,
            Fidelity::NoLooser => Some("a refusal or a missing delivery is no finding"),
            Fidelity::PromisesOnly => Some("an answer that the policy does not give is no finding"),
        };
        let limit = no_finding.map(|limit| format!("only what {fidelity} compares was looked for: {limit}"));
        match (self.fault, limit) {
            (Some(fault), Some(limit)) => print_note(format_args!(
                "{limit}; this command compares everything:\n  chatwarden fuzz --fault {fault} {}",
                setup_options(fault)
            )),
            (Some(fault), None) if is_setup_of(fault, setup) => print_note(format_args!(
                "{fault} shows under this policy and with this cast; more or longer runs find it"
            )),
            (Some(fault), None) => print_note(format_args!(
                "{fault} shows only under some policies and casts; this command finds it:\n  \
                 chatwarden fuzz --fault {fault} {}",
                setup_options(fault)
            )),
            (None, Some(limit)) if fidelity == Fidelity::PromisesOnly => print_note(format_args!(
                "{limit}; `--fidelity no-looser` also finds what is allowed and should not be"
            )),
            (None, _) => {}
        }
    }
}

impl Implementation {
    /// The same implementation, which knows users and groups by these names.
    pub(crate) fn with_names(&self, names: Names) -> Self {
        Implementation { names, ..self.clone() }
    }

    /// A new instance.
    pub(crate) fn make(&self) -> Result<Box<dyn Adapter + Send>, Failure> {
        Ok(match &self.backend {
            Backend::BuiltIn(fault) => Box::new(built_in(*fault)),
            Backend::Driver { drivers, .. } => Box::new(drivers.driver(&self.names)?),
        })
    }

    /// Allows as many restarts as it takes to shrink a crash of a driver.
    pub(crate) fn allow_restarts(&self) {
        if let Backend::Driver { drivers, .. } = &self.backend {
            drivers.allow_restarts(SHRINK_RESTARTS);
        }
    }

    /// How the implementation is compared with the model.
    pub(crate) fn check_config(&self, promises: EnumSet<Promise>) -> CheckConfig {
        CheckConfig { fidelity: self.fidelity, promises, ..CheckConfig::of(&self.about) }
    }

    /// How the implementation is compared with the model along a scenario. A finding of the same
    /// adapter is replayed with the fidelity that it was made with, unless the user chose another.
    pub(crate) fn check_config_for(&self, scenario: &Scenario) -> CheckConfig {
        let own = scenario.finding.as_ref().filter(|finding| finding.adapter == self.about.name);
        let recorded = own.map(|finding| finding.fidelity);
        let fidelity =
            if self.is_fidelity_chosen { self.fidelity } else { recorded.unwrap_or(self.fidelity) };
        CheckConfig { fidelity, ..self.check_config(scenario.judged()) }
    }

    /// The subject of its findings in a baseline.
    pub(crate) fn subject(&self, policy: &PolicySpec) -> Subject {
        Subject::new(policy, Some(&self.about.name), self.fault())
    }

    /// The planted fault.
    fn fault(&self) -> Option<&'static str> {
        match self.backend {
            Backend::BuiltIn(fault) => fault.map(NamedEnum::name),
            Backend::Driver { .. } => None,
        }
    }

    /// The writer of its findings.
    pub(crate) fn finding_writer(
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

    /// The options that name it on the command line.
    pub(crate) fn arguments(&self) -> String {
        let mut arguments = match &self.backend {
            Backend::BuiltIn(Some(fault)) => format!("--fault {fault}"),
            Backend::BuiltIn(None) => format!("--adapter {MEMORY}"),
            Backend::Driver { command, .. } => {
                format!("--adapter {}", sanitize::shell_word(format!("{EXEC}{command}").as_ref()))
            }
        };
        if self.fidelity != self.about.fidelity {
            arguments += &format!(" --fidelity {}", self.fidelity.name());
        }
        arguments
    }
}

fn built_in(fault: Option<Fault>) -> Memory {
    fault.map_or_else(Memory::new, Memory::with_fault)
}

/// Whether the fault shows under the policy, with the cast and as many groups.
fn is_setup_of(fault: Fault, setup: &Setup) -> bool {
    let cast = BuiltInCast::named(fault.cast().name()).map(|cast| cast.named_cast().cast);
    setup.policy == fault.policy() && Some(setup.cast) == cast && setup.groups >= fault.groups()
}

/// The options for a policy, a cast and a number of groups under which the fault shows.
pub(crate) fn setup_options(fault: Fault) -> String {
    format!("--policy {} --cast {} --groups {}", policy_argument(fault.rules()), fault.cast(), fault.groups())
}

/// The policy as an argument: the name of a preset, or a file.
pub(crate) fn policy_argument(rules: Rules) -> String {
    match rules {
        Rules::Preset(preset) => preset.name().into(),
        Rules::CustomPolicy(custom) => format!("docs/policies/{custom}.json"),
    }
}
