//! A fuzz target: it executes inputs in lock-step, sets the counters of guidance, and saves,
//! shrinks and reports a finding before the process ends.
//!
//! It does not depend on libFuzzer. The macro [`fuzz_target`](crate::fuzz_target) connects the two;
//! any other fuzzer of byte strings can drive a target as well.

use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Duration;

use chatwarden_model::{Command, CommandKind, EnumSet, NamedEnum, Setup, State};

use super::codec::Input;
use super::guide::{Counters, Guide, Signal};
use super::header::Header;
use super::mutate::Mutator;
use crate::adapter::fault::{Fault, FaultCast};
use crate::adapter::{About, Adapter, Failure};
use crate::campaign::CampaignConfig;
use crate::counterexample::Counterexample;
use crate::describe::Palette;
use crate::finding::{Deviation, Finding};
use crate::format::{BuiltInCast, CastSpec, NamedCommand, NamedSetup, PolicySpec};
use crate::lockstep::{CheckConfig, Lockstep, StepResult};
use crate::sanitize;
use crate::triage::{FindingWriter, Pipeline};

/// The configuration of a target.
///
/// ```
/// use chatwarden::fuzz::{Settings, Signal};
/// use chatwarden::model::Preset;
/// use chatwarden::format::{BuiltInCast, CastSpec, NamedSetup, PolicySpec};
/// let family = CastSpec::BuiltIn(BuiltInCast::Family);
/// let settings = Settings {
///     setup: Some(NamedSetup::new(family, 2, PolicySpec::Preset(Preset::AdderOnly))),
///     length: 30,
///     ..Settings::default()
/// };
/// assert_eq!(settings.signal, Signal::Situations);
/// ```
#[derive(Clone, Debug)]
pub struct Settings {
    /// The cast, groups and policy. Without them, they are those of the command line, with the
    /// policy that the implementation declares.
    pub setup: Option<NamedSetup>,
    /// True if inputs may have any cast, number of groups and policy. If not, inputs with another
    /// setup than the target's own are unreadable, as an implementation with fixed rules needs it.
    pub varies_setup: bool,
    /// The kinds of commands to draw from. Those that the implementation does not support are left
    /// out.
    pub commands: EnumSet<CommandKind>,
    /// The most commands of an input; longer inputs are cut.
    pub length: usize,
    /// How the implementation is compared with the model, if not as it declares.
    pub check: Option<CheckConfig>,
    /// How much the fuzzer learns of the model's states.
    pub signal: Signal,
    /// The folder in which the scenarios of findings are saved.
    pub save: PathBuf,
    /// The most time for shrinking a finding. libFuzzer waits for an input no longer than its
    /// `-timeout`, by default 1,200 seconds.
    pub shrink_time: Duration,
    /// The command that replays a saved scenario, without its file; empty if there is none.
    pub replay: String,
    /// The fault that is planted in the implementation, if there is one.
    pub fault: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            setup: None,
            varies_setup: false,
            commands: EnumSet::all(),
            length: 50,
            check: None,
            signal: Signal::Situations,
            save: "scenarios/found".into(),
            shrink_time: Duration::from_secs(60),
            replay: String::new(),
            fault: None,
        }
    }
}

impl Settings {
    /// The settings with which a fault of the built-in service shows.
    pub fn for_fault(fault: Fault) -> Self {
        let cast = match fault.cast() {
            FaultCast::Small => BuiltInCast::Small,
            FaultCast::Family => BuiltInCast::Family,
        };
        let policy = fault.preset().map_or(PolicySpec::from(fault.policy()), PolicySpec::Preset);
        Settings {
            setup: Some(NamedSetup::new(CastSpec::BuiltIn(cast), fault.groups(), policy)),
            replay: format!("chatwarden replay --fault {fault}"),
            fault: Some(fault.name().into()),
            ..Settings::default()
        }
    }

    /// The settings, changed by the environment: `CHATWARDEN_SIGNAL` is a [`Signal`], and
    /// `CHATWARDEN_SAVE` the folder for findings.
    ///
    /// # Errors
    /// If there is no signal of that name.
    pub fn from_environment(self) -> Result<Self, String> {
        let signal = match std::env::var("CHATWARDEN_SIGNAL") {
            Ok(word) => Signal::read(&word).map_err(|error| format!("CHATWARDEN_SIGNAL: {error}"))?,
            Err(_) => self.signal,
        };
        let save = std::env::var_os("CHATWARDEN_SAVE").map_or(self.save, PathBuf::from);
        Ok(Settings { signal, save, ..self })
    }
}

/// The outcome of an input.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TargetOutcome {
    /// The input is of an unknown version, or has a setup that the target does not test. It is of
    /// no use in a corpus.
    Unreadable,
    /// The implementation conforms.
    Conforms,
    /// The implementation does not conform, with the setup of the header.
    Found(Header, Box<Counterexample>),
}

/// Executes inputs with an implementation.
///
/// ```
/// use chatwarden::adapter::{fault::Fault, memory::Memory};
/// use chatwarden::fuzz::{Counters, TargetOutcome, Settings, Target};
///
/// static COUNTERS: Counters = Counters::new();
/// let make = || Ok(Memory::with_fault(Fault::LauncherOnly));
/// let mut target = Target::new(make, Settings::default(), &COUNTERS)?;
/// let mut bytes = vec![0; 408];
/// let found = (0..).find_map(|seed| {
///     // A fuzzer mutates the inputs that it kept; this example mutates an empty one.
///     let len = (0..8).fold(0, |len, round| {
///         target.mutator().mutate(&mut bytes, len, 408, seed * 8 + round)
///     });
///     match target.run(&bytes[..len]) {
///         TargetOutcome::Found(_, found) => Some(found),
///         _ => None,
///     }
/// });
/// assert!(found.is_some());
/// # Ok::<(), chatwarden::adapter::Failure>(())
/// ```
#[derive(Debug)]
pub struct Target<A, M> {
    make: M,
    /// None after a finding: the next implementation may need what this one holds, such as a port.
    adapter: Option<A>,
    about: About,
    settings: Settings,
    own: NamedSetup,
    /// The configuration of the triage, with the setup of `own`.
    config: CampaignConfig,
    lockstep: Lockstep,
    guide: Guide,
    counters: &'static Counters,
    mutator: Mutator,
    input: Input,
    executed: Vec<Command>,
}

impl<A: Adapter, M: Fn() -> Result<A, Failure>> Target<A, M> {
    /// A target of the implementations that `make` makes.
    ///
    /// # Errors
    /// If the first one cannot be made.
    pub fn new(make: M, settings: Settings, counters: &'static Counters) -> Result<Self, Failure> {
        let adapter = make()?;
        let about = adapter.about();
        let own = settings.setup.clone().unwrap_or_else(|| NamedSetup::of(&about));
        let config = CampaignConfig {
            commands: settings.commands.and(about.commands),
            check: settings.check.unwrap_or_else(|| CheckConfig::of(&about)),
            shrink_time: Some(settings.shrink_time),
            ..CampaignConfig::new(own.setup(), &about)
        };
        let mutator = Mutator::new(config.setup, config.commands, settings.length);
        Ok(Target {
            make,
            adapter: Some(adapter),
            about,
            own,
            lockstep: Lockstep::new(config.check),
            config,
            guide: Guide::new(settings.signal),
            counters,
            mutator: if settings.varies_setup { mutator.varying_setup() } else { mutator },
            input: Input::default(),
            executed: Vec::with_capacity(settings.length),
            settings,
        })
    }

    /// The mutator of inputs of this target.
    pub fn mutator(&mut self) -> &mut Mutator {
        &mut self.mutator
    }

    /// Executes an input. After the first inputs, nothing is allocated here.
    pub fn run(&mut self, bytes: &[u8]) -> TargetOutcome {
        // A panic since the last input belongs to that one.
        if let Some(finding) = self.lockstep.late() {
            return self.found(finding);
        }
        let CampaignConfig { setup: own, commands: kinds, .. } = &self.config;
        if self.input.read(bytes, own, *kinds, self.settings.length).is_err() {
            return TargetOutcome::Unreadable;
        }
        let setup = self.input.header.setup(own);
        if !self.settings.varies_setup && setup != *own {
            return TargetOutcome::Unreadable;
        }
        match self.execute(&setup) {
            Some(finding) => self.found(finding),
            None => TargetOutcome::Conforms,
        }
    }

    fn found(&self, finding: Finding) -> TargetOutcome {
        let commands = self.executed.clone();
        TargetOutcome::Found(self.input.header, Box::new(Counterexample::new(commands, finding)))
    }

    /// An input as text, a line for each command, for people who look at a corpus or an artifact.
    pub fn describe(&self, bytes: &[u8]) -> String {
        let CampaignConfig { setup, commands, .. } = &self.config;
        let input = match Input::decode(bytes, setup, *commands, self.settings.length) {
            Ok(input) => input,
            Err(error) => return error.to_string(),
        };
        let named = input.header.named_setup(&self.own);
        let names = named.cast.named_cast().with_groups(named.groups.clone());
        let mut text = format!(
            "{} in {}, policy {}",
            names.users.join(", "),
            if names.groups.is_empty() { "no group".into() } else { names.groups.join(", ") },
            named.policy.write(),
        );
        for (step, command) in input.commands.iter().enumerate() {
            let command = NamedCommand { command: *command, names: &names };
            text += &format!("\n{step:>4}  {command}");
        }
        text
    }

    /// Saves a finding, shrinks it, saves it again and writes a report. Returns the file of the
    /// scenario. The implementation that showed the finding is dropped first.
    ///
    /// # Errors
    /// If the file or the report cannot be written.
    pub fn triage(
        &mut self,
        header: Header,
        found: &Counterexample,
        out: &mut impl Write,
        palette: &Palette,
    ) -> io::Result<PathBuf> {
        let (config, writer) = self.triage_config(header.named_setup(&self.own));
        let shown_by = self.adapter.take();
        let make = || Ok(Box::new((self.make)()?) as Box<dyn Adapter + '_>);
        let mut pipeline: Pipeline<MakeBoxed<'_, '_>> = Pipeline::new(config, writer, &make);
        pipeline.replay.clone_from(&self.settings.replay);
        pipeline.draft(found);
        drop(shown_by);
        process(&pipeline, found, out, palette)
    }

    fn execute(&mut self, setup: &Setup) -> Option<Finding> {
        let Target { adapter, lockstep, guide, counters, executed, input, .. } = self;
        executed.clear();
        let adapter = match adapter {
            Some(adapter) => adapter,
            None => match (self.make)() {
                Ok(made) => adapter.insert(made),
                Err(failure) => {
                    return Some(Finding::new(0, None, vec![Deviation::Indefinite(failure.to_string())]));
                }
            },
        };
        if adapter.wants_announcements() {
            adapter.announce(setup, &input.commands);
        }
        if let Err(finding) = lockstep.start(adapter, setup) {
            return Some(finding);
        }
        guide.start();
        for command in &input.commands {
            let before: Option<State> = (guide.signal == Signal::Points).then(|| *lockstep.state());
            let result = lockstep.step(adapter, command);
            if result == StepResult::Unsupported {
                continue;
            }
            executed.push(*command);
            if let StepResult::Ended(finding) = result {
                return Some(finding);
            }
            if let (false, Some(decision)) = (guide.signal == Signal::Silent, lockstep.decision()) {
                let before = before.as_ref().map(|before| (before, &setup.policy));
                guide.record(counters, before, command, decision, lockstep.state());
            }
        }
        let finding = lockstep.finish()?;
        executed.truncate(finding.at() + 1);
        Some(finding)
    }

    fn triage_config(&self, named: NamedSetup) -> (CampaignConfig, FindingWriter) {
        let config = CampaignConfig { setup: named.setup(), ..self.config.clone() };
        let writer = FindingWriter {
            fault: self.settings.fault.clone(),
            ..FindingWriter::about(named, self.settings.save.clone())
        };
        (config, writer.with_source("cargo-fuzz", &self.about, self.config.check))
    }
}

/// Makes an implementation whose type the pipeline does not know.
type MakeBoxed<'m, 'a> = &'m dyn Fn() -> Result<Box<dyn Adapter + 'a>, Failure>;

/// Processes a finding whose draft was written. It is not generic, so that this library compiles it
/// and not each fuzz crate.
fn process<'a>(
    pipeline: &Pipeline<MakeBoxed<'_, 'a>>,
    found: &Counterexample,
    mut out: &mut dyn Write,
    palette: &Palette,
) -> io::Result<PathBuf> {
    if let Some(path) = pipeline.draft_file(found.identity()) {
        // Shrinking takes time. A person who ends it early should know where the draft is.
        let (identity, path) = (found.identity(), sanitize::path(&path));
        let _ = writeln!(out, "{identity} is in {path} and is being shrunk").and_then(|()| out.flush());
    }
    pipeline.process_as_text(found, &mut out, palette)
}
