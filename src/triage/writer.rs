//! Findings on disk: a finding becomes a scenario file as soon as it is made, the file is replaced as the history
//! shrinks, and gets its lasting name, made of what it holds, at the end. What a policy does not keep is saved at once.
//!
//! What a scenario file looks like is the formats' to say. Nothing is printed here.

use std::io;
use std::path::{Path, PathBuf};

use chatwarden_model::{Command, EnumSet, NamedEnum, Promise, Setup};

use crate::adapter::Fidelity;
use crate::campaign::{Origin, ShrinkStatus};
use crate::finding::{Finding, Identity};
use crate::format::{self, CastSpec, FindingRecord, NamedSetup, Names, PolicySpec, Scenario};
use crate::hash::fnv1a;
use crate::replay;
use crate::triage::file::replace_file;

/// What the scenarios of a campaign have in common.
///
/// An example is at [`Draft`].
#[derive(Clone, Debug)]
pub struct FindingWriter {
    /// Where the files go; it is made when the first is written.
    pub directory: PathBuf,
    /// The policy, as the user named it.
    pub policy: PolicySpec,
    /// The cast, as the user named it.
    pub cast: CastSpec,
    /// The names of the groups.
    pub groups: Vec<String>,
    /// The promises that were judged, unless all were.
    pub promises: Option<EnumSet<Promise>>,
    /// Who looked for it: `fuzz`, `shrink`.
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

/// What the name of a draft ends in.
const DRAFT: &str = ".new";

impl FindingWriter {
    /// A folder of scenarios about a setup, of which nobody is known to have found any.
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

    /// The cast, groups and policy.
    pub fn setup(&self) -> Setup {
        Setup { cast: self.cast.named_cast().cast, groups: self.groups.len(), policy: self.policy.policy() }
    }

    /// What users and groups are called.
    pub fn names(&self) -> Names {
        self.cast.named_cast().with_groups(self.groups.clone())
    }

    /// The folder of a scenario with no more groups than the commands name.
    pub fn with_groups_of(&self, commands: &[Command]) -> Self {
        let named = commands.iter().filter_map(Command::group).map(|group| group.index() + 1).max();
        let mut folder = self.clone();
        folder.groups.truncate(named.unwrap_or(0));
        folder
    }

    /// A history as a scenario, with what the policy says to it and no finding.
    pub fn history(&self, commands: &[Command]) -> Scenario {
        let mut scenario = self.followed(commands);
        scenario.name = format!("history-{:08x}", hash(&scenario, ""));
        scenario
    }

    /// The finding as a scenario.
    pub fn scenario(
        &self,
        commands: &[Command],
        finding: &Finding,
        origin: Option<Origin>,
        minimal: ShrinkStatus,
    ) -> Scenario {
        let mut scenario = self.followed(commands);
        scenario.finding = Some(self.record(&scenario, finding, origin, minimal));
        scenario.name = self.name(&scenario, finding.identity());
        scenario
    }

    /// What the policy says to the commands.
    fn followed(&self, commands: &[Command]) -> Scenario {
        let (steps, mut breaks) = replay::follow_policy(&self.setup(), commands);
        let judged = self.promises.unwrap_or_else(EnumSet::all);
        breaks.retain(|known| judged.contains(known.promise));
        Scenario {
            name: String::new(),
            about: None,
            source: None,
            policy: self.policy,
            cast: self.cast.clone(),
            groups: self.groups.clone(),
            steps,
            promises: self.promises,
            breaks,
            finding: None,
        }
    }

    /// Writes a finding down as it was made.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn draft(
        &self,
        commands: &[Command],
        finding: &Finding,
        origin: Option<Origin>,
    ) -> io::Result<Draft> {
        let mut scenario = self.scenario(commands, finding, origin, ShrinkStatus::Unfinished);
        // A name that no finished finding has, so that no draft ever stands in the place of one.
        scenario.name += DRAFT;
        Ok(Draft { path: write(&self.directory, &scenario)?, name: scenario.name })
    }

    /// Writes a scenario under its name, whole or not at all. Of a file of the same history that is there already, what a
    /// person wrote into it stays, and its finding if that is known to be as minimal or more so.
    ///
    /// # Errors
    /// If it cannot be written, or what is there cannot be read.
    pub fn save(&self, mut scenario: Scenario) -> io::Result<PathBuf> {
        let path = self.directory.join(format!("{}.json", scenario.name));
        if path.exists() {
            let known = Scenario::open(&path).map_err(io::Error::other)?;
            scenario.about = scenario.about.or(known.about);
            scenario.source = scenario.source.or(known.source);
            if is_surpassed(scenario.finding.as_ref(), known.finding.as_ref()) {
                scenario.finding = known.finding;
            }
        }
        write(&self.directory, &scenario)
    }

    fn record(
        &self,
        scenario: &Scenario,
        finding: &Finding,
        origin: Option<Origin>,
        minimal: ShrinkStatus,
    ) -> FindingRecord {
        let identity = finding.identity();
        let (setup, names) = (scenario.setup(), scenario.names());
        let telling = crate::describe::Describer { names: &names, setup: &setup };
        let breach = finding.breach();
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
            command: identity.command,
            at: finding.at(),
            group: breach.and_then(|breach| breach.group),
            users: breach.map(|breach| breach.users).filter(|users| !users.is_empty()),
            message: telling.deviation(finding.gravest()),
            minimal: match minimal {
                ShrinkStatus::OneMinimal => format::Minimality::OneMinimal,
                ShrinkStatus::Unfinished | ShrinkStatus::Unstable(_) => format::Minimality::None,
            },
            certificate: None,
        }
    }

    /// The identity with a hash of what is replayed, so that the same history is the same file.
    fn name(&self, scenario: &Scenario, identity: Identity) -> String {
        let subject = [&self.adapter, self.fault.as_deref().unwrap_or_default(), self.fidelity.name()];
        format!("{identity}-{:08x}", hash(scenario, &subject.join("\n")))
    }
}

/// The file of a finding whose history is still being shrunk.
///
/// ```
/// use chatwarden::adapter::Fidelity;
/// use chatwarden::campaign::ShrinkStatus;
/// use chatwarden::model::{Command, Group, Preset, User};
/// use chatwarden::triage::FindingWriter;
/// use chatwarden::finding::{Deviation, Finding};
/// use chatwarden::format::{BuiltInCast, CastSpec, Names, PolicySpec, Scenario};
///
/// let folder = FindingWriter {
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
/// let draft = folder.draft(&[command], &finding, None)?;
/// let file = draft.settle(&folder, folder.scenario(&[command], &finding, None, ShrinkStatus::OneMinimal))?;
/// let saved = Scenario::open(&file).expect("what was saved can be read");
/// assert_eq!(saved.steps.len(), 1);
/// # std::fs::remove_dir_all(folder.directory)?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Draft {
    name: String,
    path: PathBuf,
}

impl Draft {
    /// Where it is.
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

    /// Replaces what the file holds by something simpler.
    ///
    /// # Errors
    /// If it cannot be written; then the file holds what it held.
    pub fn improve(&self, folder: &FindingWriter, scenario: Scenario) -> io::Result<()> {
        write(&folder.directory, &Scenario { name: self.name.clone(), ..scenario }).map(drop)
    }

    /// Writes the last of it under its lasting name.
    ///
    /// # Errors
    /// If it cannot be written; then the draft stays.
    pub fn settle(self, folder: &FindingWriter, scenario: Scenario) -> io::Result<PathBuf> {
        let path = folder.save(scenario)?;
        self.discard()?;
        Ok(path)
    }

    /// Takes the file away: something simpler, or earlier, stands for it.
    ///
    /// # Errors
    /// If it cannot be removed.
    pub fn discard(self) -> io::Result<()> {
        match std::fs::remove_file(self.path) {
            // Who found the same at the same time has done it.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }
}

/// Whether what is known of the same history of the same implementation is as good, or better.
fn is_surpassed(finding: Option<&FindingRecord>, known: Option<&FindingRecord>) -> bool {
    let (Some(finding), Some(known)) = (finding, known) else { return false };
    let by = |record: &FindingRecord| (record.harness.clone(), record.implementation.clone());
    by(finding) == by(known) && finding.minimal.index() <= known.minimal.index()
}

/// Writes a scenario to a folder under its name, whole or not at all.
pub fn write(directory: &Path, scenario: &Scenario) -> io::Result<PathBuf> {
    std::fs::create_dir_all(directory)?;
    let path = directory.join(format!("{}.json", scenario.name));
    replace_file(&path, scenario.write().as_bytes())?;
    Ok(path)
}

/// A hash of what a scenario replays and of what it is about, which its name does not change.
pub fn hash(scenario: &Scenario, subject: &str) -> u32 {
    let anonymous = Scenario { name: "x".into(), finding: None, ..scenario.clone() };
    let hash = fnv1a(&[anonymous.write().as_bytes(), subject.as_bytes()].concat());
    (hash >> 32 ^ hash & 0xffff_ffff) as u32
}
