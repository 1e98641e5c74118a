//! Scenario files: a policy, a cast, a history of commands, and what is to be expected of it.
//!
//! Here is what a scenario holds and how one is read; what the file looks like is in `form`. Nothing is
//! carried out or judged: that the expectations are met is for `replay` to see.

use std::ffi::OsStr;
use std::path::Path;

use chatwarden_model::{
    Command, CommandKind, Condition, EnumSet, Group, MAX_USERS, NamedEnum, Promise, Setup, UserSet,
    named_enum,
};

use super::cast::CastSpec;
use super::command::read_command;
use super::error::{Error, Place, listed, quoted};
use super::finding::FindingRecord;
use super::form::ScenarioForm;
use super::layout;
use super::names::{self, Names};
use super::node::{Node, Object};
use super::policy::PolicySpec;
use super::source::{self, Source};
use super::word::NounOf;

/// The version of the format of scenario files.
pub const FORMAT_VERSION: u64 = 1;

/// The most steps that a scenario may have.
pub const MAX_STEPS: usize = 10_000;

/// The most users between whom a promise is broken at one place.
pub(super) const MAX_PARTIES: usize = 2;

/// A history of commands with what is to be expected of each.
///
/// ```
/// use chatwarden::format::{Expect, Scenario, Source};
/// let text = r#"{
///   "chatwarden": 1,
///   "name": "strangers",
///   "policy": "messenger-kids",
///   "cast": "small",
///   "groups": ["g1"],
///   "steps": [
///     {"command": {"do": "create", "by": "sam", "group": "g1", "with": ["kay"]}, "expect": "deny"}
///   ]
/// }
/// "#;
/// let scenario = Scenario::read(Source::new("strangers.json", text))?;
/// assert_eq!(scenario.steps[0].expect, Some(Expect::Deny { because: None }));
/// assert_eq!(scenario.write(), text);
/// # Ok::<(), chatwarden::format::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Scenario {
    /// The name, which is the stem of its file's.
    pub name: String,
    /// What it is about, for the reader.
    pub about: Option<String>,
    /// Where the case comes from.
    pub source: Option<String>,
    /// The rules.
    pub policy: PolicySpec,
    /// Who takes part.
    pub cast: CastSpec,
    /// The names of the groups, in index order.
    pub groups: Vec<String>,
    /// What happens.
    pub steps: Vec<ScenarioStep>,
    /// The promises to judge, if not all of them.
    pub promises: Option<EnumSet<Promise>>,
    /// Which of the judged promises the history breaks; it breaks no other.
    pub breaks: Vec<Break>,
    /// How the scenario was found, if the harness found it.
    pub finding: Option<FindingRecord>,
}

/// A command, and what the policy says to it.
///
/// ```
/// use chatwarden::model::{Command, User};
/// use chatwarden::format::ScenarioStep;
/// let command = Command::Block { by: User::new(0), who: User::new(1) };
/// assert_eq!(ScenarioStep::from(command), ScenarioStep { command, expect: None, delivered: None });
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ScenarioStep {
    /// The command.
    pub command: Command,
    /// The decision, if one is expected.
    pub expect: Option<Expect>,
    /// To whom it delivers, if that is to be compared.
    pub delivered: Option<UserSet>,
}

/// A decision that is expected.
///
/// ```
/// use chatwarden::{model::Condition, format::Expect};
/// let refusal = Expect::Deny { because: Some(Condition::NewcomerCleared) };
/// assert_ne!(refusal, Expect::Deny { because: None });
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Expect {
    /// The command is allowed.
    Allow,
    /// The command is refused.
    Deny {
        /// The first condition that fails, if a certain one is expected.
        because: Option<Condition>,
    },
}

/// A promise that the history is expected to break, and where it breaks it first.
///
/// ```
/// use chatwarden::model::{Promise, UserSet};
/// use chatwarden::format::Break;
/// let company = Break { promise: Promise::NoStrangers, at: 3, group: None, users: Some(UserSet::first(2)) };
/// assert_eq!(company.at, 3);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Break {
    /// The promise.
    pub promise: Promise,
    /// The first step at which it is broken, from 0.
    pub at: usize,
    /// A group in which it is then broken, if a certain one is expected.
    pub group: Option<Group>,
    /// Between whom it is then broken, if certain users are expected.
    pub users: Option<UserSet>,
}

named_enum! {
    /// What is said to a command, as a file has it.
    pub enum Expectation {
        Allow = "allow": "the command is allowed",
        Deny = "deny": "the command is refused",
    }
}

impl NounOf for Expectation {
    const NOUN: &'static str = "expectation";
}

impl From<Command> for ScenarioStep {
    fn from(command: Command) -> Self {
        ScenarioStep { command, expect: None, delivered: None }
    }
}

impl Scenario {
    /// The scenario in the file at the path.
    ///
    /// # Errors
    /// If the file cannot be read, does not hold a scenario, or holds one of another name.
    pub fn open(path: &Path) -> Result<Self, Error> {
        source::open(path, |source| read(source.root()?, path.file_stem()))
    }

    /// The scenario that the text is.
    ///
    /// # Errors
    /// At the first thing that does not belong in a scenario.
    pub fn read(source: Source<'_>) -> Result<Self, Error> {
        read(source.root()?, None)
    }

    /// Where in the file at the path each step stands; nothing of what the steps hold is looked at.
    ///
    /// # Errors
    /// If the file cannot be read, or is no object with a list of steps.
    pub fn step_places(path: &Path) -> Result<Vec<Place>, Error> {
        source::open(path, |source| {
            let steps = source.root()?.object("a scenario")?.required("steps")?;
            Ok(steps.list("steps", 0..=MAX_STEPS)?.into_iter().map(Node::place).collect())
        })
    }

    /// The text of the file, which is the same for the same scenario, whoever writes it.
    pub fn write(&self) -> String {
        layout::file(&ScenarioForm::new(self, &self.names()))
    }

    /// What users and groups are called.
    pub fn names(&self) -> Names {
        self.cast.named_cast().with_groups(self.groups.clone())
    }

    /// What is fixed before the first step.
    pub fn setup(&self) -> Setup {
        Setup { cast: self.cast.named_cast().cast, groups: self.groups.len(), policy: self.policy.policy() }
    }

    /// The promises to judge.
    pub fn judged(&self) -> EnumSet<Promise> {
        self.promises.unwrap_or_else(EnumSet::all)
    }
}

fn read(root: Node<'_>, stem: Option<&OsStr>) -> Result<Scenario, Error> {
    let fields = root.object("a scenario")?;
    // Of another version nothing else can be said with certainty.
    fields.optional("chatwarden", read_version)?;
    let fields = fields.only(&[
        "chatwarden",
        "name",
        "about",
        "source",
        "policy",
        "cast",
        "groups",
        "steps",
        "promises",
        "breaks",
        "finding",
    ])?;
    fields.required("chatwarden")?;
    let name = read_own_name(fields.required("name")?, stem)?;
    let text = |field| fields.optional(field, |node| node.text().map(Into::into));
    let (about, source) = (text("about")?, text("source")?);
    let policy = PolicySpec::read(fields.required("policy")?)?;
    let cast = CastSpec::read(fields.required("cast")?)?;
    let groups = names::read_groups(fields.required("groups")?)?;
    let names = cast.named_cast().with_groups(groups.clone());
    let steps = fields.required("steps")?.list("steps", 0..=MAX_STEPS)?;
    let steps: Vec<_> = steps.into_iter().map(|node| read_step(node, &names)).collect::<Result<_, _>>()?;
    let promises = fields.optional("promises", read_promises)?;
    let judged = promises.unwrap_or_else(EnumSet::all);
    let breaks = fields.optional("breaks", |node| read_breaks(node, &names, steps.len(), judged))?;
    let breaks = breaks.unwrap_or_default();
    let finding = fields.optional("finding", |node| FindingRecord::read(node, &names, steps.len()))?;
    Ok(Scenario { name, about, source, policy, cast, groups, steps, promises, breaks, finding })
}

fn read_version(node: Node<'_>) -> Result<(), Error> {
    if node.raw() == FORMAT_VERSION.to_string() {
        return Ok(());
    }
    Err(node.expected(format_args!("version {FORMAT_VERSION} of the format")))
}

fn read_own_name(node: Node<'_>, stem: Option<&OsStr>) -> Result<String, Error> {
    let name = names::read_name(node)?;
    match stem {
        Some(stem) if stem != OsStr::new(&name) => {
            let stem = quoted(&stem.to_string_lossy());
            Err(node.error(format!("the scenario is named `{name}` and its file {stem}")))
        }
        _ => Ok(name),
    }
}

fn read_step(node: Node<'_>, names: &Names) -> Result<ScenarioStep, Error> {
    let fields = node.object("a step")?.only(&["command", "expect", "because", "delivered"])?;
    let command = read_command(fields.required("command")?, names)?;
    let expect = fields.optional("expect", Node::word)?;
    let because = fields.optional("because", |node| read_reason(node, command.kind()))?;
    let delivered = fields.optional("delivered", |node| names.read_users(node, MAX_USERS))?;
    if expect != Some(Expectation::Deny) {
        forbidden(&fields, "because", "`because` goes only with `\"expect\": \"deny\"`")?;
    }
    if delivered.is_some_and(|users| !users.is_empty()) {
        if expect == Some(Expectation::Deny) {
            forbidden(&fields, "delivered", "a refused command delivers nothing")?;
        }
        if !command.kind().delivers() {
            forbidden(&fields, "delivered", format!("`{}` delivers nothing", command.kind()))?;
        }
    }
    let expect = expect.map(|word| match word {
        Expectation::Allow => Expect::Allow,
        Expectation::Deny => Expect::Deny { because },
    });
    Ok(ScenarioStep { command, expect, delivered })
}

fn read_reason(node: Node<'_>, kind: CommandKind) -> Result<Condition, Error> {
    let (word, conditions) = (node.text()?, kind.conditions());
    let names = conditions.iter().map(|condition| condition.name());
    match Condition::named(&word) {
        Some(condition) if conditions.contains(&condition) => Ok(condition),
        None => Err(node.unknown(Condition::NOUN, &word, names)),
        Some(other) => {
            let help = Some(format!("its conditions are {}", listed(names)));
            Err(Error { help, ..node.error(format!("`{other}` is not a condition of `{kind}`")) })
        }
    }
}

/// Complains of a field that has no place here, if it is there.
fn forbidden(fields: &Object<'_>, field: &str, why: impl Into<String>) -> Result<(), Error> {
    fields.key(field).map_or(Ok(()), |key| Err(key.error(why)))
}

fn read_promises(node: Node<'_>) -> Result<EnumSet<Promise>, Error> {
    let mut promises = EnumSet::empty();
    for item in node.list("promises", 0..=Promise::ALL.len())? {
        insert(&mut promises, item)?;
    }
    Ok(promises)
}

/// Reads a promise and adds it to those before, each of which stands there once.
fn insert(promises: &mut EnumSet<Promise>, node: Node<'_>) -> Result<Promise, Error> {
    let promise = node.word::<Promise>()?;
    if promises.contains(promise) {
        return Err(node.repeated("promise", promise.name()));
    }
    promises.insert(promise);
    Ok(promise)
}

fn read_breaks(
    node: Node<'_>,
    names: &Names,
    steps: usize,
    judged: EnumSet<Promise>,
) -> Result<Vec<Break>, Error> {
    let mut broken = EnumSet::empty();
    let mut breaks = Vec::new();
    for item in node.list("breaks", 0..=Promise::ALL.len())? {
        let fields = item.object("a break")?.only(&["promise", "at", "group", "users"])?;
        let node = fields.required("promise")?;
        let promise = insert(&mut broken, node)?;
        if !judged.contains(promise) {
            return Err(node.error(format!("`{promise}` is not one of the promises to judge")));
        }
        breaks.push(Break {
            promise,
            at: fields.required("at")?.index("step", steps)?,
            group: fields.optional("group", |node| names.read_group(node))?,
            users: fields.optional("users", |node| names.read_users(node, MAX_PARTIES))?,
        });
    }
    Ok(breaks)
}
