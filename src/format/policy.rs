//! Policies: by the name of a preset, or as an object with every knob and, if it has them, a name and a
//! description.
//!
//! The knobs and their meaning are the model's. This file declares how they are written.

use std::path::Path;

use chatwarden_model::{NamedEnum, Newcomer, Policy, Preset, Surface};

use super::error::Error;
use super::json::{Json, json};
use super::names::{Names, read_name};
use super::node::{Node, Object};
use super::record::{
    Context, FieldSchema, Fields, Plain, Record, Shape, field_schema, read_field, record, write_field,
};
use super::schema::Schemas;
use super::shape::{BOOLEAN, Optional, TEXT, name_schema, nested, optional, word};
use super::source;

/// A policy as a file has it: by the name of a preset, or with every knob.
///
/// ```
/// use chatwarden::model::Preset;
/// use chatwarden::format::{PolicySpec, Source};
/// let spec = PolicySpec::read(Source::new("policy.json", r#""adder-only""#).root()?)?;
/// assert_eq!(spec, PolicySpec::Preset(Preset::AdderOnly));
/// assert!(spec.policy().links);
/// # Ok::<(), chatwarden::format::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PolicySpec {
    /// A preset.
    Preset(Preset),
    /// A policy knob by knob.
    Full(FullPolicy),
}

/// A policy knob by knob, with the texts for people.
///
/// ```
/// use chatwarden::format::{FullPolicy, PolicySpec};
/// use chatwarden::model::Policy;
/// let named = FullPolicy { name: Some("club".into()), ..Policy::DEFAULT.into() };
/// assert_eq!(PolicySpec::Full(named).name(), "club");
/// assert_eq!(PolicySpec::from(Policy::DEFAULT).name(), "custom");
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FullPolicy {
    /// The name in reports, if it has one: up to 64 letters, digits and `.`, `_`, `-`.
    pub name: Option<String>,
    /// The description, if it has one. It is text from outside, which an output must make safe.
    pub about: Option<String>,
    /// The value of every knob.
    pub policy: Policy,
}

impl From<Policy> for FullPolicy {
    fn from(policy: Policy) -> Self {
        FullPolicy { name: None, about: None, policy }
    }
}

impl From<Policy> for PolicySpec {
    fn from(policy: Policy) -> Self {
        PolicySpec::Full(policy.into())
    }
}

/// The name of a policy. It has no other characters than names of users, so every output is safe.
const NAME: Optional<Plain<String>> = optional(Plain {
    read: |node, _| read_name(node),
    write: |value, _| value.clone().into(),
    schema: name_schema,
});

const ABOUT: Optional<Plain<String>> = optional(TEXT);

/// The fields are those for people, and then the knobs.
impl Fields for FullPolicy {
    const NAME: &'static str = "full-policy";
    const ABOUT: &'static str = "A policy: one value for each knob, and texts for people.";
    const KEYS: &'static [&'static str] = &{
        let mut keys = ["name"; 2 + Policy::KEYS.len()];
        keys[1] = "about";
        let mut at = 0;
        while at < Policy::KEYS.len() {
            keys[2 + at] = Policy::KEYS[at];
            at += 1;
        }
        keys
    };

    fn read_fields(fields: &Object<'_>, context: &mut Context) -> Result<Self, Error> {
        Ok(FullPolicy {
            name: read_field(&NAME, fields, "name", context)?,
            about: read_field(&ABOUT, fields, "about", context)?,
            policy: Policy::read_fields(fields, context)?,
        })
    }

    fn write_fields<'a>(&self, names: &'a Names) -> Vec<(&'static str, Option<Json<'a>>)> {
        let FullPolicy { name, about, policy } = self;
        let mut fields =
            vec![("name", write_field(&NAME, name, names)), ("about", write_field(&ABOUT, about, names))];
        fields.append(&mut policy.write_fields(names));
        fields
    }

    fn field_schemas(schemas: &mut Schemas) -> Vec<FieldSchema> {
        let name: fn(&Self) -> &Option<String> = |full| &full.name;
        let about: fn(&Self) -> &Option<String> = |full| &full.about;
        let mut fields = vec![
            field_schema("name", &["The name in reports."], &NAME, name, schemas),
            field_schema(
                "about",
                &["What the policy is for, and where its rules come from."],
                &ABOUT,
                about,
                schemas,
            ),
        ];
        fields.append(&mut Policy::field_schemas(schemas));
        fields
    }
}

record! {
    for Policy = "knobs": "A policy: one value for each knob." {
        /// How many guardians must approve.
        quorum = "quorum": word(),
        /// Whose approval two children need.
        between_children = "between-children": word(),
        /// What an invitation does.
        admission = "admission": word(),
        /// Who may invite.
        inviters = "inviters": word(),
        /// Whether an owner may open a link by which one joins.
        links = "links": BOOLEAN,
        /// With whom a newcomer must be compatible.
        newcomer = "newcomer": nested("`newcomer`"),
        /// The rules for messages to a group.
        message = "message": nested("`message`"),
        /// The rules for calls in a group.
        call = "call": nested("`call`"),
        /// What happens when an authorization is lost.
        on_loss = "on-loss": word(),
    }
}

record! {
    for Newcomer = "newcomer": "The newcomer rule at each of the four places where somebody may come in." {
        /// For those with whom a group is created.
        create = "create": word(),
        /// For who is invited.
        invite = "invite": word(),
        /// For who accepts an invitation.
        accept = "accept": word(),
        /// For who joins by a link.
        join = "join": word(),
    }
}

record! {
    for Surface = "surface": "The rules of one surface on which a group is talked to." {
        /// When a member may send.
        send = "send": word(),
        /// Who receives.
        deliver = "deliver": word(),
    }
}

impl Record for FullPolicy {}
impl Record for Policy {}
impl Record for Newcomer {}
impl Record for Surface {}

impl PolicySpec {
    /// The policy that the value names or spells out.
    ///
    /// # Errors
    /// If it is neither the name of a preset nor an object with all knobs and nothing else.
    pub fn read(node: Node<'_>) -> Result<Self, Error> {
        if node.is_text() {
            node.word().map(PolicySpec::Preset)
        } else if node.is_object() {
            FullPolicy::read_object(node, "a policy", &mut Context::default()).map(PolicySpec::Full)
        } else {
            Err(node.expected("a policy's name or an object with all its knobs"))
        }
    }

    /// The policy in a file that holds just that.
    ///
    /// # Errors
    /// If the file cannot be read or does not hold a policy.
    pub fn open(path: &Path) -> Result<Self, Error> {
        source::open(path, |source| Self::read(source.root()?))
    }

    /// The policy on one line, the same for the same policy.
    pub fn write(&self) -> String {
        self.to_json().line()
    }

    /// The policy as a file with every knob, which [`PolicySpec::open`] reads. A preset keeps its name and
    /// its description.
    pub fn file(&self) -> String {
        self.to_full().to_json(&NOBODY).file()
    }

    /// The value of every knob.
    pub const fn policy(&self) -> Policy {
        match self {
            PolicySpec::Preset(preset) => preset.policy(),
            PolicySpec::Full(full) => full.policy,
        }
    }

    /// The name in reports; `custom` if it has none.
    pub fn name(&self) -> &str {
        match self {
            PolicySpec::Preset(preset) => preset.name(),
            PolicySpec::Full(full) => full.name.as_deref().unwrap_or("custom"),
        }
    }

    /// The description, if there is one. That of a file is text from outside, which an output must make
    /// safe.
    pub fn about(&self) -> Option<&str> {
        match self {
            PolicySpec::Preset(preset) => Some(preset.about()),
            PolicySpec::Full(full) => full.about.as_deref(),
        }
    }

    fn to_full(&self) -> FullPolicy {
        match self {
            PolicySpec::Preset(preset) => FullPolicy {
                name: Some(preset.name().into()),
                about: Some(preset.about().into()),
                policy: preset.policy(),
            },
            PolicySpec::Full(full) => full.clone(),
        }
    }

    fn to_json(&self) -> Json<'static> {
        match self {
            PolicySpec::Preset(preset) => Json::name(*preset),
            PolicySpec::Full(full) => full.to_json(&NOBODY),
        }
    }
}

/// No part of a policy names anybody.
static NOBODY: Names = Names { users: Vec::new(), groups: Vec::new() };

/// The object with every knob of a policy, as the driver protocol has it.
pub(super) fn knobs(policy: &Policy) -> Json<'static> {
    policy.to_json(&NOBODY)
}

/// A policy, by name or in full.
pub(super) const POLICY: Plain<PolicySpec> = Plain {
    read: |node, _| PolicySpec::read(node),
    write: |value, _| value.to_json(),
    schema: |schemas| {
        schemas.define("policy", |schemas| {
            let preset = word::<Preset>().schema(schemas);
            let full = nested::<FullPolicy>("a policy").schema(schemas);
            json!({
                "description": "The rules that are to keep the promises: the name of a preset, or every knob.",
                "anyOf": [preset, full],
            })
        })
    },
};
