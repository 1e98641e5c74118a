//! Policies: by the name of a preset, or as an object with every knob.
//!
//! The knobs and their meaning are the model's. This file declares how they are written.

use std::path::Path;

use chatwarden_model::{Newcomer, Policy, Preset, Surface};

use super::error::Error;
use super::json::{Json, json};
use super::names::Names;
use super::node::Node;
use super::record::{Context, Plain, Record, Shape, record};
use super::shape::{BOOLEAN, nested, word};
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
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PolicySpec {
    /// A preset.
    Preset(Preset),
    /// A policy knob by knob.
    Full(Policy),
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
            Policy::read_object(node, "a policy", &mut Context::default()).map(PolicySpec::Full)
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

    /// The value of every knob.
    pub const fn policy(&self) -> Policy {
        match self {
            PolicySpec::Preset(preset) => preset.policy(),
            PolicySpec::Full(policy) => *policy,
        }
    }

    fn to_json(self) -> Json<'static> {
        match self {
            PolicySpec::Preset(preset) => Json::name(preset),
            PolicySpec::Full(policy) => knobs(&policy),
        }
    }
}

/// The object with every knob of a policy.
pub(super) fn knobs(policy: &Policy) -> Json<'static> {
    // No knob names anybody.
    static NOBODY: Names = Names { users: Vec::new(), groups: Vec::new() };
    policy.to_json(&NOBODY)
}

/// A policy, by name or in full.
pub(super) const POLICY: Plain<PolicySpec> = Plain {
    read: |node, _| PolicySpec::read(node),
    write: |value, _| value.to_json(),
    schema: |schemas| {
        schemas.define("policy", |schemas| {
            let preset = word::<Preset>().schema(schemas);
            let knobs = nested::<Policy>("a policy").schema(schemas);
            json!({
                "description": "The rules that are to keep the promises: the name of a preset, or every knob.",
                "anyOf": [preset, knobs],
            })
        })
    },
};
