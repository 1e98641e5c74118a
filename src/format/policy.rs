//! Policies: by the name of a preset, or as an object with every knob.
//!
//! What the knobs do is the model's to say.

use std::path::Path;

use chatwarden_model::{
    Admission, BetweenChildren, DeliverRule, Inviters, Newcomer, NewcomerRule, OnLoss, Policy, Preset,
    Quorum, SendRule, Surface,
};
#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::Serialize;

use super::error::Error;
use super::layout;
use super::node::{Node, Object};
use super::source;
use super::word::{AsName, NounOf};

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

impl PolicySpec {
    /// The policy that the value names or spells out.
    ///
    /// # Errors
    /// If it is neither the name of a preset nor an object with all knobs and nothing else.
    pub fn read(node: Node<'_>) -> Result<Self, Error> {
        if node.is_text() {
            node.word().map(PolicySpec::Preset)
        } else if node.is_object() {
            read_policy(node).map(PolicySpec::Full)
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
        layout::line(&PolicyForm::from(self))
    }

    /// The value of every knob.
    pub const fn policy(&self) -> Policy {
        match self {
            PolicySpec::Preset(preset) => preset.policy(),
            PolicySpec::Full(policy) => *policy,
        }
    }
}

fn read_policy(node: Node<'_>) -> Result<Policy, Error> {
    let knobs = node.object("a policy")?.only(&[
        "quorum",
        "between-children",
        "admission",
        "inviters",
        "links",
        "newcomer",
        "message",
        "call",
        "on-loss",
    ])?;
    Ok(Policy {
        quorum: word(&knobs, "quorum")?,
        between_children: word(&knobs, "between-children")?,
        admission: word(&knobs, "admission")?,
        inviters: word(&knobs, "inviters")?,
        links: knobs.required("links")?.boolean()?,
        newcomer: read_newcomer(knobs.required("newcomer")?)?,
        message: read_surface(knobs.required("message")?, "`message`")?,
        call: read_surface(knobs.required("call")?, "`call`")?,
        on_loss: word(&knobs, "on-loss")?,
    })
}

fn read_newcomer(node: Node<'_>) -> Result<Newcomer, Error> {
    let knobs = node.object("`newcomer`")?.only(&["create", "invite", "accept", "join"])?;
    Ok(Newcomer {
        create: word(&knobs, "create")?,
        invite: word(&knobs, "invite")?,
        accept: word(&knobs, "accept")?,
        join: word(&knobs, "join")?,
    })
}

fn read_surface(node: Node<'_>, what: &'static str) -> Result<Surface, Error> {
    let knobs = node.object(what)?.only(&["send", "deliver"])?;
    Ok(Surface { send: word(&knobs, "send")?, deliver: word(&knobs, "deliver")? })
}

fn word<W: NounOf>(knobs: &Object<'_>, knob: &str) -> Result<W, Error> {
    knobs.required(knob)?.word()
}

/// The rules that are to keep the promises: the name of a preset, or every knob.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(untagged)]
#[cfg_attr(feature = "schema", schemars(rename = "policy"))]
pub(super) enum PolicyForm {
    Preset(AsName<Preset>),
    Full(KnobsForm),
}

/// A policy: one value for each knob.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", schemars(rename = "knobs", deny_unknown_fields))]
pub(super) struct KnobsForm {
    /// How many guardians must approve.
    quorum: AsName<Quorum>,
    /// Whose approval two children need.
    between_children: AsName<BetweenChildren>,
    /// What an invitation does.
    admission: AsName<Admission>,
    /// Who may invite.
    inviters: AsName<Inviters>,
    /// Whether an owner may open a link by which one joins.
    links: bool,
    /// With whom a newcomer must be compatible.
    newcomer: NewcomerForm,
    /// The rules for messages to a group.
    message: SurfaceForm,
    /// The rules for calls in a group.
    call: SurfaceForm,
    /// What happens when an authorization is lost.
    on_loss: AsName<OnLoss>,
}

/// The newcomer rule at each of the four places where somebody may come in.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "newcomer", deny_unknown_fields))]
struct NewcomerForm {
    /// For those with whom a group is created.
    create: AsName<NewcomerRule>,
    /// For who is invited.
    invite: AsName<NewcomerRule>,
    /// For who accepts an invitation.
    accept: AsName<NewcomerRule>,
    /// For who joins by a link.
    join: AsName<NewcomerRule>,
}

/// The rules of one surface on which a group is talked to.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "surface", deny_unknown_fields))]
struct SurfaceForm {
    /// When a member may send.
    send: AsName<SendRule>,
    /// Who receives.
    deliver: AsName<DeliverRule>,
}

impl From<&PolicySpec> for PolicyForm {
    fn from(spec: &PolicySpec) -> Self {
        match spec {
            PolicySpec::Preset(preset) => PolicyForm::Preset(AsName(*preset)),
            PolicySpec::Full(policy) => PolicyForm::Full(policy.into()),
        }
    }
}

impl From<&Policy> for KnobsForm {
    fn from(policy: &Policy) -> Self {
        let Newcomer { create, invite, accept, join } = policy.newcomer;
        KnobsForm {
            quorum: AsName(policy.quorum),
            between_children: AsName(policy.between_children),
            admission: AsName(policy.admission),
            inviters: AsName(policy.inviters),
            links: policy.links,
            newcomer: NewcomerForm {
                create: AsName(create),
                invite: AsName(invite),
                accept: AsName(accept),
                join: AsName(join),
            },
            message: policy.message.into(),
            call: policy.call.into(),
            on_loss: AsName(policy.on_loss),
        }
    }
}

impl From<Surface> for SurfaceForm {
    fn from(surface: Surface) -> Self {
        SurfaceForm { send: AsName(surface.send), deliver: AsName(surface.deliver) }
    }
}
