//! Scenario files: a policy, a cast, a trace of commands, and the decisions and broken promises that are expected.
//!
//! A scenario is declared, read, written and described to the schema here. Nothing is carried out or judged: `replay`
//! compares a scenario with the policy or an implementation.

use std::path::Path;

use chatwarden_model::{
    Command, CommandKind, Condition, EnumSet, Group, MAX_GROUPS, MAX_USERS, NamedEnum, Promise, Setup,
    UserSet, named_enum,
};

use super::cast::{CAST, CastSpec};
use super::command::COMMAND;
use super::error::{Error, Place, listed, quoted};
use super::finding::FindingRecord;
use super::json::{Json, json};
use super::limits::{MAX_PARTIES, MAX_STEPS};
use super::names::{self, Names};
use super::node::{Node, Object};
use super::policy::{POLICY, PolicySpec};
use super::record::{Context, Fields, Plain, Record, Shape, record};
use super::schema;
use super::shape::{
    self, GROUP_NAME, List, OrElse, Step, TEXT, UserNames, name_schema, nested, optional, word, words,
};
use super::source::{self, Source};
use super::word::NounOf;

/// The version of the format of scenario files.
pub const FORMAT_VERSION: u64 = 1;

record! {
    /// A trace of commands with the expected decision of each.
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
    pub struct Scenario = "scenario":
        "A trace of commands on a chat service, and what is expected of it."
    {
        /// The name, which is the stem of the file's.
        pub name: String = "name": OWN_NAME,
        /// One or more sentences for the reader.
        pub about: Option<String> = "about": optional(TEXT),
        /// Where the case comes from.
        pub source: Option<String> = "source": optional(TEXT),
        /// The rules.
        pub policy: PolicySpec = "policy": POLICY,
        /// Who takes part.
        pub cast: CastSpec = "cast": CAST,
        /// The names of the groups, in index order.
        pub groups: Vec<String> = "groups": GROUP_NAMES,
        /// The trace, from the first command to the last.
        pub steps: Vec<ScenarioStep> = "steps": List { of: STEP, what: "steps", most: MAX_STEPS },
        /// The promises to judge; all of them if left out, none if empty.
        pub promises: Option<EnumSet<Promise>> = "promises": optional(JUDGED_PROMISES),
        /// The judged promises that the trace breaks, each once; it breaks no other.
        pub breaks: Vec<Break> = "breaks": OrElse(
            List { of: nested("a break"), what: "breaks", most: Promise::ALL.len() },
            Vec::new,
        ),
        /// How the scenario was found, if the harness found it.
        pub finding: Option<FindingRecord> = "finding": optional(nested("a finding")),
    }
}

/// A command and the decision that the policy is expected to make.
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
    /// The users to whom it delivers, if that is to be compared.
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

record! {
    /// A promise that the trace is expected to break, and where it is first broken.
    ///
    /// ```
    /// use chatwarden::model::{Promise, UserSet};
    /// use chatwarden::format::Break;
    /// let stranger = Break { promise: Promise::NoStrangers, at: 3, group: None, users: Some(UserSet::first(2)) };
    /// assert_eq!(stranger.at, 3);
    /// ```
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    pub struct Break = "break": "A promise that the trace is expected to break." {
        /// The promise.
        pub promise: Promise = "promise": BROKEN_PROMISE,
        /// The first step at which it is broken, from 0.
        pub at: usize = "at": Step(|context| context.steps),
        /// A group in which it is then broken, if a certain one is expected.
        pub group: Option<Group> = "group": optional(GROUP_NAME),
        /// The users between whom it is then broken, if certain ones are expected.
        pub users: Option<UserSet> = "users": optional(UserNames(MAX_PARTIES)),
    }
}

record! {
    /// A step as a file has it.
    #[derive(PartialEq)]
    struct StepFields = "step": "A command and the decision that the policy is expected to make." {
        /// The command.
        command: Command = "command": COMMAND,
        /// The decision; left out, none is expected.
        expect: Option<Expectation> = "expect": optional(word()),
        /// The first condition that fails, where a refusal is expected; left out, any will do.
        because: Option<Condition> = "because": optional(REASON),
        /// To whom it delivers, in any order; left out, that is not compared.
        delivered: Option<UserSet> = "delivered": optional(UserNames(MAX_USERS)),
    }
}

named_enum! {
    /// A decision as a file has it.
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
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        source::open(path, |source| read(source.root()?, stem))
    }

    /// The scenario in a file that was found in a folder. Only a regular file is opened: to open a
    /// pipe would wait for its writer.
    ///
    /// ```
    /// use chatwarden::format::Scenario;
    /// let error = Scenario::open_found("/dev/null".as_ref()).unwrap_err();
    /// assert_eq!(error.to_string(), "/dev/null: cannot be read: it is not a regular file");
    /// ```
    ///
    /// # Errors
    /// As for [`Scenario::open`], and if it is no regular file.
    pub fn open_found(path: &Path) -> Result<Self, Error> {
        match path.metadata() {
            Ok(found) if !found.is_file() => {
                Err(Error::of_file(&path.display().to_string(), "cannot be read: it is not a regular file"))
            }
            _ => Scenario::open(path),
        }
    }

    /// The scenario that the text is.
    ///
    /// # Errors
    /// At the first thing that does not belong in a scenario.
    pub fn read(source: Source<'_>) -> Result<Self, Error> {
        read(source.root()?, None)
    }

    /// The place of each step in the file at the path. The steps themselves are not read.
    ///
    /// # Errors
    /// If the file cannot be read, or is no object with a list of steps.
    pub fn step_places(path: &Path) -> Result<Vec<Place>, Error> {
        source::open(path, |source| {
            let steps = source.root()?.object("a scenario")?.required("steps")?;
            Ok(steps.list("steps", 0..=MAX_STEPS)?.into_iter().map(Node::place).collect())
        })
    }

    /// The text of the file, which is the same for the same scenario.
    pub fn write(&self) -> String {
        let mut names = self.names();
        // The original trace of a finding may name groups that the scenario does not have.
        names.groups.extend(self.finding.iter().flat_map(|finding| finding.original_groups.clone()));
        self.to_json(&names).file()
    }

    /// The names of the users and groups.
    pub fn names(&self) -> Names {
        self.cast.named_cast().with_groups(self.groups.clone())
    }

    /// The cast, groups and policy, which are fixed before the first step.
    pub fn setup(&self) -> Setup {
        Setup { cast: self.cast.named_cast().cast, groups: self.groups.len(), policy: self.policy.policy() }
    }

    /// The promises to judge.
    pub fn judged(&self) -> EnumSet<Promise> {
        self.promises.unwrap_or_else(EnumSet::all)
    }
}

/// The JSON schema (draft 2020-12) of scenario files, as a file.
///
/// ```
/// let schema = chatwarden::format::scenario_schema();
/// assert!(schema.contains("\"const\": \"newcomer-cleared\""));
/// ```
pub fn scenario_schema() -> String {
    schema::of_file::<Scenario>("chatwarden scenario")
}

fn read(root: Node<'_>, stem: Option<String>) -> Result<Scenario, Error> {
    Scenario::read_object(root, "a scenario", &mut Context { stem, ..Context::default() })
}

impl Record for Scenario {
    const VERSION: Option<(&'static str, u64)> = Some(("chatwarden", FORMAT_VERSION));
}

impl Record for Break {}

impl Record for StepFields {
    fn read_record(fields: &Object<'_>, context: &mut Context) -> Result<Self, Error> {
        let step = Self::read_fields(fields, context)?;
        if step.expect != Some(Expectation::Deny) {
            forbidden(fields, "because", "`because` goes only with `\"expect\": \"deny\"`")?;
        }
        if step.delivered.is_some_and(|users| !users.is_empty()) {
            if step.expect == Some(Expectation::Deny) {
                forbidden(fields, "delivered", "a refused command delivers nothing")?;
            }
            let kind = step.command.kind();
            if !kind.delivers() {
                forbidden(fields, "delivered", format!("`{kind}` delivers nothing"))?;
            }
        }
        Ok(step)
    }

    fn rules() -> Vec<(&'static str, Json<'static>)> {
        let delivering = CommandKind::ALL.iter().filter(|kind| kind.delivers()).map(|kind| kind.name());
        let delivering = Json::list(delivering);
        let because = json!({
            "if": {"required": ["because"]},
            "then": {"properties": {"expect": {"const": "deny"}}, "required": ["expect"]},
        });
        let delivered = json!({
            "if": {"properties": {"delivered": {"minItems": 1_u64}}, "required": ["delivered"]},
            "then": {"properties": {
                "command": {"properties": {"do": {"enum": delivering}}},
                "expect": {"const": "allow"},
            }},
        });
        let reasons = CommandKind::ALL.iter().map(|kind| {
            let conditions = Json::list(kind.conditions().iter().map(|condition| condition.name()));
            json!({
                "if": {"properties": {"command": {"properties": {"do": {"const": (kind.name())}}}}},
                "then": {"properties": {"because": {"enum": conditions}}},
            })
        });
        vec![("allOf", Json::List([because, delivered].into_iter().chain(reasons).collect()))]
    }
}

/// Refuses a field that has no place here, if it is there.
fn forbidden(fields: &Object<'_>, field: &str, why: impl Into<String>) -> Result<(), Error> {
    fields.key(field).map_or(Ok(()), |key| Err(key.error(why)))
}

/// The name of the scenario that is declared here.
const OWN_NAME: Plain<String> = Plain {
    read: |node, context| {
        let name = names::read_name(node)?;
        match &context.stem {
            Some(stem) if *stem != name => {
                let stem = quoted(stem);
                Err(node.error(format!("the scenario is named `{name}` and its file {stem}")))
            }
            _ => Ok(name),
        }
    },
    write: TEXT.write,
    schema: name_schema,
};

/// The names of the groups that are declared here, in order.
const GROUP_NAMES: Plain<Vec<String>> = Plain {
    read: |node, context| {
        context.names.groups = names::read_groups(node)?;
        Ok(context.names.groups.clone())
    },
    write: |value, _| Json::list(value.iter().cloned()),
    schema: |schemas| schema::list(name_schema(schemas), None, Some(MAX_GROUPS), true),
};

/// A step, which is counted.
const STEP: Plain<ScenarioStep> = Plain {
    read: |node, context| {
        let StepFields { command, expect, because, delivered } =
            StepFields::read_object(node, "a step", context)?;
        context.steps += 1;
        let expect = expect.map(|word| match word {
            Expectation::Allow => Expect::Allow,
            Expectation::Deny => Expect::Deny { because },
        });
        Ok(ScenarioStep { command, expect, delivered })
    },
    write: |&ScenarioStep { command, expect, delivered }, names| {
        let (expect, because) = match expect {
            None => (None, None),
            Some(Expect::Allow) => (Some(Expectation::Allow), None),
            Some(Expect::Deny { because }) => (Some(Expectation::Deny), because),
        };
        StepFields { command, expect, because, delivered }.to_json(names)
    },
    schema: |schemas| nested::<StepFields>("a step").schema(schemas),
};

/// A condition of the step's command.
const REASON: Plain<Condition> = Plain {
    read: |node, context| {
        let kind = context.kind.expect("the command of a step is read first");
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
    },
    write: |value, _| Json::name(*value),
    schema: |schemas| word::<Condition>().schema(schemas),
};

/// The promises to judge.
const JUDGED_PROMISES: Plain<EnumSet<Promise>> = Plain {
    read: |node, context| {
        let promises = shape::read_words(node, "promises", 0)?;
        context.promises = Some(promises);
        Ok(promises)
    },
    write: |value, _| Json::list(value.iter().map(Promise::name)),
    schema: |schemas| words::<Promise>("promises", 0).schema(schemas),
};

/// One of the promises to judge, each of which is listed once.
const BROKEN_PROMISE: Plain<Promise> = Plain {
    read: |node, context| {
        let promise = shape::insert_word(&mut context.broken, node)?;
        if context.promises.is_some_and(|judged| !judged.contains(promise)) {
            return Err(node.error(format!("`{promise}` is not one of the promises to judge")));
        }
        Ok(promise)
    },
    write: |value, _| Json::name(*value),
    schema: |schemas| word::<Promise>().schema(schemas),
};
