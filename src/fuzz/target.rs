//! A fuzz target: executes inputs in lock-step, tells the fuzzer what they came through, and takes care of a finding
//! before the process ends with it.
//!
//! It knows nothing of libFuzzer but what the macro [`fuzz_target`](crate::fuzz_target) hands it, so any fuzzer of byte
//! strings can drive it.

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
use crate::triage::{FindingWriter, Pipeline};

/// What a target tests and how.
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
    /// Cast, groups and policy; if there are none, those of the command line with the policy that the implementation
    /// follows.
    pub setup: Option<NamedSetup>,
    /// Whether inputs may be about any cast, number of groups and policy; if not, those that are about others than the
    /// target's own are unreadable. So it is for an implementation that follows rules of its own.
    pub varies_setup: bool,
    /// The commands to draw from, of those that the implementation can carry out.
    pub commands: EnumSet<CommandKind>,
    /// The most commands that an input has; what is longer is cut.
    pub length: usize,
    /// On which terms the implementation is checked, if not on those that it declares.
    pub terms: Option<CheckConfig>,
    /// What is told to the fuzzer.
    pub signal: Signal,
    /// Where scenarios of what is found are saved.
    pub save: PathBuf,
    /// How long what is found may be shrunk; libFuzzer waits for an input no longer than its `-timeout`, which is 1,200
    /// seconds if nothing is said.
    pub shrink_time: Duration,
    /// The words that replay a saved scenario, if the program can.
    pub replay: String,
    /// The fault that was planted in the implementation, if one was.
    pub fault: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            setup: None,
            varies_setup: false,
            commands: EnumSet::all(),
            length: 50,
            terms: None,
            signal: Signal::Situations,
            save: "scenarios/found".into(),
            shrink_time: Duration::from_secs(60),
            replay: String::new(),
            fault: None,
        }
    }
}

impl Settings {
    /// The cast, groups and policy under which a fault of the built-in service matters.
    pub fn for_fault(fault: Fault) -> Self {
        let cast = match fault.cast() {
            FaultCast::Small => BuiltInCast::Small,
            FaultCast::Family => BuiltInCast::Family,
        };
        let policy = fault.preset().map_or(PolicySpec::Full(fault.policy()), PolicySpec::Preset);
        Settings {
            setup: Some(NamedSetup::new(CastSpec::BuiltIn(cast), fault.groups(), policy)),
            replay: format!("chatwarden replay --fault {fault}"),
            fault: Some(fault.name().into()),
            ..Settings::default()
        }
    }

    /// The settings with what the environment says: `CHATWARDEN_SIGNAL`, a [`Signal`], and `CHATWARDEN_SAVE`, the folder
    /// of what is found.
    ///
    /// # Errors
    /// If a signal by that name is not known.
    pub fn from_environment(self) -> Result<Self, String> {
        let signal = match std::env::var("CHATWARDEN_SIGNAL") {
            Ok(word) => Signal::read(&word).map_err(|error| format!("CHATWARDEN_SIGNAL: {error}"))?,
            Err(_) => self.signal,
        };
        let save = std::env::var_os("CHATWARDEN_SAVE").map_or(self.save, PathBuf::from);
        Ok(Settings { signal, save, ..self })
    }
}

/// What came of an input.
///
/// ```
/// assert_ne!(chatwarden::fuzz::TargetOutcome::Conforms, chatwarden::fuzz::TargetOutcome::Unreadable);
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TargetOutcome {
    /// It is of a version that is not known or about what the target does not test, and of no use in a corpus.
    Unreadable,
    /// Nothing to report.
    Conforms,
    /// The implementation does not conform, about what the header says.
    Found(Header, Box<Counterexample>),
}

/// Executes inputs with an implementation.
///
/// ```
/// use chatwarden::adapter::{fault::Fault, memory::Memory};
/// use chatwarden::fuzz::{Counters, TargetOutcome, Settings, Target};
///
/// static COUNTERS: Counters = Counters::new();
/// let mut target = Target::new(|| Ok(Memory::with_fault(Fault::LauncherOnly)), Settings::default(), &COUNTERS)?;
/// let mut bytes = vec![0; 408];
/// let found = (0..).find_map(|seed| {
///     // A fuzzer goes on from what was worth keeping; this goes on from nothing.
///     let len = (0..8).fold(0, |len, turn| target.mutator().mutate(&mut bytes, len, 408, seed * 8 + turn));
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
    /// None while there is a finding: what the implementation holds, a port perhaps, the next may need.
    adapter: Option<A>,
    about: About,
    settings: Settings,
    own: NamedSetup,
    /// What `own` is without names.
    setup: Setup,
    kinds: EnumSet<CommandKind>,
    terms: CheckConfig,
    lockstep: Lockstep,
    guide: Guide,
    counters: &'static Counters,
    mutator: Mutator,
    input: Input,
    taken: Vec<Command>,
}

impl<A: Adapter, M: Fn() -> Result<A, Failure>> Target<A, M> {
    /// A target for implementations that `make` makes.
    ///
    /// # Errors
    /// If the first one cannot be made.
    pub fn new(make: M, settings: Settings, counters: &'static Counters) -> Result<Self, Failure> {
        let adapter = make()?;
        let about = adapter.about();
        let own = settings.setup.clone().unwrap_or_else(|| NamedSetup::of(&about));
        let setup = own.setup();
        let kinds = settings.commands.and(about.commands);
        let terms = settings.terms.unwrap_or_else(|| CheckConfig::of(&about));
        let mutator = Mutator::new(setup, kinds, settings.length);
        Ok(Target {
            make,
            adapter: Some(adapter),
            about,
            own,
            setup,
            kinds,
            terms,
            lockstep: Lockstep::new(terms),
            guide: Guide::new(settings.signal),
            counters,
            mutator: if settings.varies_setup { mutator.varying_setup() } else { mutator },
            input: Input::default(),
            taken: Vec::with_capacity(settings.length),
            settings,
        })
    }

    /// Makes inputs out of inputs, for this target.
    pub fn mutator(&mut self) -> &mut Mutator {
        &mut self.mutator
    }

    /// Executes an input. In the steady state nothing is allocated here.
    pub fn run(&mut self, bytes: &[u8]) -> TargetOutcome {
        // What panicked after the last input is of that one.
        if let Some(finding) = self.lockstep.late() {
            return self.found(finding);
        }
        let read = self.input.read(bytes, &self.setup, self.kinds, self.settings.length);
        if read.is_err() {
            return TargetOutcome::Unreadable;
        }
        let setup = self.input.header.setup(&self.setup);
        if !self.settings.varies_setup && setup != self.setup {
            return TargetOutcome::Unreadable;
        }
        match self.execute(&setup) {
            Some(finding) => self.found(finding),
            None => TargetOutcome::Conforms,
        }
    }

    fn found(&self, finding: Finding) -> TargetOutcome {
        let commands = self.taken.clone();
        TargetOutcome::Found(self.input.header, Box::new(Counterexample::new(commands, finding)))
    }

    /// An input as the history that it is, for who looks at a corpus or an artifact.
    pub fn tell(&self, bytes: &[u8]) -> String {
        let input = match Input::decode(bytes, &self.setup, self.kinds, self.settings.length) {
            Ok(input) => input,
            Err(error) => return error.to_string(),
        };
        let named = input.header.named_setup(&self.own);
        let names = named.cast.casting().with_groups(named.groups.clone());
        let mut told = format!(
            "{} in {}, policy {}",
            names.users.join(", "),
            if names.groups.is_empty() { "no group".into() } else { names.groups.join(", ") },
            named.policy.write(),
        );
        for (step, command) in input.commands.iter().enumerate() {
            let command = NamedCommand { command: *command, names: &names };
            told += &format!("\n{step:>4}  {command}");
        }
        told
    }

    /// Saves, shrinks, saves again and tells what an input about this showed, and returns the file. The implementation that
    /// showed it is gone then.
    ///
    /// # Errors
    /// If it cannot be saved or told.
    pub fn conclude(
        &mut self,
        header: Header,
        found: &Counterexample,
        out: &mut impl Write,
        palette: &Palette,
    ) -> io::Result<PathBuf> {
        let shown_by = self.adapter.take();
        let pipeline = self.pipeline(header.named_setup(&self.own));
        pipeline.draft(found);
        drop(shown_by);
        if let Some(path) = pipeline.draft_file(found.identity()) {
            // Shrinking takes time. A person who ends it early should know where the draft is.
            let (identity, path) = (found.identity(), path.display());
            let _ = writeln!(out, "{identity} is in {path} and is being shrunk").and_then(|()| out.flush());
        }
        pipeline.process_as_text(found, out, palette)
    }

    fn execute(&mut self, setup: &Setup) -> Option<Finding> {
        let Target { adapter, lockstep, guide, counters, taken, input, .. } = self;
        taken.clear();
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
            let before: Option<State> = guide.looks_back().then(|| *lockstep.state());
            let progress = lockstep.step(adapter, command);
            if progress == StepResult::Unsupported {
                continue;
            }
            taken.push(*command);
            if let StepResult::Ended(finding) = progress {
                return Some(finding);
            }
            if let (false, Some(decision)) = (guide.is_silent(), lockstep.decision()) {
                let before = before.as_ref().map(|before| (before, &setup.policy));
                guide.tell(counters, before, command, decision, lockstep.state());
            }
        }
        let finding = lockstep.finish()?;
        taken.truncate(finding.at() + 1);
        Some(finding)
    }

    fn pipeline(&self, named: NamedSetup) -> Pipeline<&M> {
        let setup = named.setup();
        let config = CampaignConfig {
            commands: self.kinds,
            terms: self.terms,
            shrink_time: Some(self.settings.shrink_time),
            ..CampaignConfig::new(setup, &self.about)
        };
        let writer = FindingWriter {
            fault: self.settings.fault.clone(),
            ..FindingWriter::about(named, self.settings.save.clone())
        };
        let writer = writer.with_source("cargo-fuzz", &self.about, self.terms);
        let mut pipeline = Pipeline::new(config, writer, &self.make);
        pipeline.replay.clone_from(&self.settings.replay);
        pipeline
    }
}
