//! Findings on disk. A draft is written as soon as something is found and is replaced while the
//! trace shrinks. At the end the file gets its final name, which is made of its content.
//!
//! The form of scenario files is in `format`. Nothing is printed here.

use std::io;
use std::path::{Path, PathBuf};

use chatwarden_model::{Command, EnumSet, NamedEnum, Promise, Setup};

use crate::adapter::{About, Fidelity};
use crate::counterexample::{Counterexample, ShrinkStatus};
use crate::describe::Describer;
use crate::finding::Identity;
use crate::format::{self, CastSpec, FindingRecord, NamedSetup, Names, PolicySpec, Scenario};
use crate::hash::fnv1a;
use crate::lockstep::CheckConfig;
use crate::replay;
use crate::triage::file::replace_file;

/// Writes the scenarios of findings, and holds what they have in common.
///
/// An example is at [`Draft`].
#[derive(Clone, Debug)]
pub struct FindingWriter {
    /// The folder of the files; it is made when the first is written.
    pub directory: PathBuf,
    /// The policy, as the user named it.
    pub policy: PolicySpec,
    /// The cast, as the user named it.
    pub cast: CastSpec,
    /// The names of the groups.
    pub groups: Vec<String>,
    /// The promises that were judged, unless all were.
    pub promises: Option<EnumSet<Promise>>,
    /// The engine that found it, such as `fuzz` or `shrink`.
    pub engine: String,
    /// The implementation's name.
    pub adapter: String,
    /// The implementation's version.
    pub implementation: Option<String>,
    /// The fault that was planted, if one was.
    pub fault: Option<String>,
    /// How closely the implementation was compared.
    pub fidelity: Fidelity,
}

/// The end of the name of a draft.
const DRAFT: &str = ".new";

impl FindingWriter {
    /// A writer of scenarios about a setup, without an engine or an implementation.
    pub fn about(named: NamedSetup, directory: PathBuf) -> Self {
        let NamedSetup { cast, groups, policy } = named;
        FindingWriter {
            directory,
            policy,
            cast,
            groups,
            promises: None,
            engine: String::new(),
            adapter: String::new(),
            implementation: None,
            fault: None,
            fidelity: Fidelity::Exact,
        }
    }

    /// The same, for findings of an engine and an implementation that is compared like this.
    #[must_use]
    pub fn with_source(self, engine: &str, about: &About, check: CheckConfig) -> Self {
        let judges_all = check.promises == EnumSet::all();
        FindingWriter {
            engine: engine.into(),
            adapter: about.name.clone(),
            implementation: Some(about.version.clone()),
            fidelity: check.fidelity,
            promises: (!judges_all).then_some(check.promises),
            ..self
        }
    }

    /// The cast, groups and policy.
    pub fn setup(&self) -> Setup {
        Setup { cast: self.cast.named_cast().cast, groups: self.groups.len(), policy: self.policy.policy() }
    }

    /// The names of users and groups.
    pub fn names(&self) -> Names {
        self.cast.named_cast().with_groups(self.groups.clone())
    }

    /// A trace as a scenario that expects what the policy does, without a finding.
    pub fn trace(&self, commands: &[Command]) -> Scenario {
        let mut scenario = self.expected(commands);
        scenario.name = format!("history-{:08x}", hash(&scenario, ""));
        scenario
    }

    /// The counterexample as a scenario.
    pub fn scenario(&self, counterexample: &Counterexample) -> Scenario {
        let mut scenario = self.expected(&counterexample.commands);
        scenario.finding = Some(self.record(&scenario, counterexample));
        scenario.name = self.name(&scenario, counterexample.identity());
        scenario
    }

    /// The counterexample as a scenario that has no more groups than its commands name.
    pub fn scenario_without_idle_groups(&self, counterexample: &Counterexample) -> Scenario {
        let mut fewer = self.clone();
        fewer.groups.truncate(groups_named(&counterexample.commands));
        let mut scenario = fewer.scenario(counterexample);
        if let Some(finding) = &mut scenario.finding {
            finding.original_groups = self.original_groups(counterexample, fewer.groups.len());
        }
        scenario
    }

    /// The names of the groups in the original trace but the first `known`. A group without a name gets a
    /// number.
    fn original_groups(&self, counterexample: &Counterexample, known: usize) -> Vec<String> {
        let named = counterexample.original.as_deref().map_or(0, groups_named);
        let mut names = self.names();
        names.fill(0, named);
        names.groups.into_iter().take(named).skip(known).collect()
    }

    /// A scenario that expects what the policy does.
    fn expected(&self, commands: &[Command]) -> Scenario {
        let (steps, mut breaks) = replay::follow_policy(&self.setup(), commands);
        let judged = self.promises.unwrap_or_else(EnumSet::all);
        breaks.retain(|known| judged.contains(known.promise));
        Scenario {
            name: String::new(),
            about: None,
            source: None,
            policy: self.policy.clone(),
            cast: self.cast.clone(),
            groups: self.groups.clone(),
            steps,
            promises: self.promises,
            breaks,
            finding: None,
        }
    }

    /// Writes a counterexample to disk as it was found.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn draft(&self, found: &Counterexample) -> io::Result<Draft> {
        let mut scenario = self.scenario(found);
        // No finished finding has such a name, so a draft never replaces one.
        scenario.name += DRAFT;
        Ok(Draft { path: write(&self.directory, &scenario)?, name: scenario.name })
    }

    /// Writes a scenario under its name, whole or not at all. If there is a file of the same trace
    /// already, the texts that a person wrote into it stay; so does its finding if it is as minimal
    /// or more so. An original trace stays if the new finding has none.
    ///
    /// # Errors
    /// If it cannot be written, or if the file that is there cannot be read.
    pub fn save(&self, mut scenario: Scenario) -> io::Result<PathBuf> {
        let path = self.directory.join(format!("{}.json", scenario.name));
        if path.exists() {
            let known = Scenario::open_found(&path).map_err(io::Error::other)?;
            scenario.about = scenario.about.or(known.about);
            scenario.source = scenario.source.or(known.source);
            scenario.finding = kept_finding(scenario.finding, known.finding);
        }
        write(&self.directory, &scenario)
    }

    fn record(&self, scenario: &Scenario, counterexample: &Counterexample) -> FindingRecord {
        let Counterexample { finding, origin, status, .. } = counterexample;
        let identity = finding.identity();
        let (setup, names) = (scenario.setup(), scenario.names());
        let describer = Describer { names: &names, setup: &setup };
        let breach = finding.breach();
        let certificate = counterexample.certificate();
        FindingRecord {
            engine: self.engine.clone(),
            seed: origin.map(|origin| origin.seed),
            run: origin.map(|origin| origin.run),
            adapter: self.adapter.clone(),
            fault: self.fault.clone(),
            fidelity: self.fidelity,
            harness: env!("CARGO_PKG_VERSION").into(),
            implementation: self.implementation.clone(),
            verdict: identity.verdict,
            promise: identity.promise,
            condition: identity.condition,
            cause: identity.cause,
            parts: Some(identity.parts).filter(|parts| !parts.is_empty()),
            command: identity.command,
            at: finding.at(),
            group: breach.and_then(|breach| breach.group),
            users: breach.map(|breach| breach.users).filter(|users| !users.is_empty()),
            message: describer.deviation(finding.command(), finding.gravest()),
            because: finding.reason().map(Into::into),
            minimal: match (status, certificate) {
                (_, Some(_)) => format::Minimality::Certified,
                (ShrinkStatus::OneMinimal, None) => format::Minimality::OneMinimal,
                (ShrinkStatus::Unfinished | ShrinkStatus::Unstable(_), None) => format::Minimality::None,
            },
            certificate,
            original_groups: self.original_groups(counterexample, self.groups.len()),
            original: counterexample.original.clone(),
        }
    }

    /// The identity with a hash of what is replayed, so that the same trace is the same file.
    fn name(&self, scenario: &Scenario, identity: Identity) -> String {
        let subject = [&self.adapter, self.fault.as_deref().unwrap_or_default(), self.fidelity.name()];
        format!("{identity}-{:08x}", hash(scenario, &subject.join("\n")))
    }
}

/// The file of a finding whose trace is still being shrunk.
///
/// ```
/// use chatwarden::adapter::Fidelity;
/// use chatwarden::counterexample::Counterexample;
/// use chatwarden::model::{Command, Group, Preset, User};
/// use chatwarden::triage::FindingWriter;
/// use chatwarden::finding::{Deviation, Finding};
/// use chatwarden::format::{BuiltInCast, CastSpec, Names, PolicySpec, Scenario};
///
/// let writer = FindingWriter {
///     directory: std::env::temp_dir().join("chatwarden-draft-example"),
///     policy: PolicySpec::Preset(Preset::MessengerKids),
///     cast: CastSpec::BuiltIn(BuiltInCast::Small),
///     groups: Names::numbered(1),
///     promises: None,
///     engine: "example".into(),
///     adapter: "my-chat".into(),
///     implementation: None,
///     fault: None,
///     fidelity: Fidelity::Exact,
/// };
/// let command = Command::Leave { by: User::new(2), group: Group::new(0) };
/// let finding = Finding::new(0, Some(command), vec![Deviation::Refused]);
/// let found = Counterexample::new(vec![command], finding);
/// let file = writer.draft(&found)?.rename(&writer, writer.scenario(&found))?;
/// let saved = Scenario::open(&file).expect("what was saved can be read");
/// assert_eq!(saved.steps.len(), 1);
/// # std::fs::remove_dir_all(writer.directory)?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Draft {
    name: String,
    path: PathBuf,
}

impl Draft {
    /// The path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads it back.
    ///
    /// # Errors
    /// If it is not there any more, or is no scenario.
    pub fn open(&self) -> io::Result<Scenario> {
        Scenario::open(&self.path).map_err(io::Error::other)
    }

    /// Replaces the content of the file by a simpler scenario.
    ///
    /// # Errors
    /// If it cannot be written; then the file stays as it was.
    pub fn improve(&self, writer: &FindingWriter, scenario: Scenario) -> io::Result<()> {
        write(&writer.directory, &Scenario { name: self.name.clone(), ..scenario }).map(drop)
    }

    /// Writes the last version under its final name, and removes the draft.
    ///
    /// # Errors
    /// If it cannot be written; then the draft stays.
    pub fn rename(self, writer: &FindingWriter, scenario: Scenario) -> io::Result<PathBuf> {
        let path = writer.save(scenario)?;
        self.discard()?;
        Ok(path)
    }

    /// Removes the file, because another one takes its place.
    ///
    /// # Errors
    /// If it cannot be removed.
    pub fn discard(self) -> io::Result<()> {
        match std::fs::remove_file(self.path) {
            // Another process that found the same has removed it.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }
}

/// The finding to keep of two of the same trace and implementation: the known one if it is as minimal or
/// more so.
fn kept_finding(new: Option<FindingRecord>, known: Option<FindingRecord>) -> Option<FindingRecord> {
    let (Some(new), Some(known)) = (&new, &known) else { return new };
    let by = |record: &FindingRecord| (record.harness.clone(), record.implementation.clone());
    let is_surpassed = by(new) == by(known) && new.minimal.index() <= known.minimal.index();
    let (kept, other) = if is_surpassed { (known, new) } else { (new, known) };
    Some(kept.clone().with_original_of(other))
}

/// How many groups there are up to the last that the commands name.
fn groups_named(commands: &[Command]) -> usize {
    commands.iter().filter_map(Command::group).map(|group| group.index() + 1).max().unwrap_or(0)
}

/// Writes a scenario to a folder under its name, whole or not at all.
pub fn write(directory: &Path, scenario: &Scenario) -> io::Result<PathBuf> {
    std::fs::create_dir_all(directory)?;
    let path = directory.join(format!("{}.json", scenario.name));
    replace_file(&path, scenario.write().as_bytes())?;
    Ok(path)
}

/// A hash of what a scenario replays and of its subject. It does not depend on the scenario's name.
pub fn hash(scenario: &Scenario, subject: &str) -> u32 {
    let anonymous = Scenario { name: "x".into(), finding: None, ..scenario.clone() };
    let hash = fnv1a(&[anonymous.write().as_bytes(), subject.as_bytes()].concat());
    (hash >> 32 ^ hash & 0xffff_ffff) as u32
}
