//! The certificate of a finding's chain: what was exhausted without coming upon anything shorter.
//!
//! It is read and written here and means nothing here, like the rest of the record: who searches knows what the
//! numbers count, and whether they are right is for who searches again to see.

use chatwarden_model::{CommandKind, EnumSet, MAX_GROUPS, NamedEnum, named_enum};
#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::Serialize;

use super::error::Error;
use super::node::Node;
use super::scenario::MAX_STEPS;
use super::word::{AsName, NounOf};

/// The most commands that can be written down with the most users and groups are fewer.
const MAX_ALPHABET: u64 = 1 << 32;

/// What was exhausted without coming upon a chain shorter than the scenario's.
///
/// ```
/// use chatwarden::format::{Minimality, CertificateLevel, Scenario, Source};
/// # let text = r#"{"chatwarden": 1, "name": "found", "policy": "messenger-kids", "cast": "small", "groups": ["g1"], "steps": [
/// #   {"command": {"do": "create", "by": "sam", "group": "g1", "with": ["kay"]}, "expect": "deny"}], "finding":
/// #   {"engine": "fuzz", "adapter": "memory", "fidelity": "exact", "harness": "0.1.0", "verdict": "too-permissive", "at": 0,
/// #   "message": "…", "minimal": "certified", "certificate": {"level": "product", "below": 1, "groups": 1, "alphabet": 930,
/// #   "ill-typed": true, "situations": 0, "tried": 0, "renamings": 1, "ground": "00000000075bcd15"}}}"#;
/// let scenario = Scenario::read(Source::new("found.json", text))?;
/// let finding = scenario.finding.expect("the harness has found it");
/// let certificate = finding.certificate.expect("the chain is certified");
/// assert_eq!((certificate.level, certificate.ground), (CertificateLevel::Product, 123_456_789));
/// # Ok::<(), chatwarden::format::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Certificate {
    /// Over what the chain is minimal.
    pub level: CertificateLevel,
    /// How many commands the chain has; all histories of fewer were tried.
    pub below: usize,
    /// How many groups there were; the scenario names those that the chain needs.
    pub groups: usize,
    /// The kinds of commands of which histories were made.
    pub commands: EnumSet<CommandKind>,
    /// How many commands histories were made of.
    pub alphabet: u64,
    /// Whether these were all that can be written down.
    pub ill_typed: bool,
    /// How many situations were gone on from.
    pub situations: u64,
    /// How many commands were tried in them.
    pub tried: u64,
    /// Up to how many renamings histories were held to be alike.
    pub renamings: u64,
    /// A hash of everything on which the search depends but the implementation.
    pub ground: u64,
}

named_enum! {
    /// Over what a chain is minimal.
    ///
    /// ```
    /// use chatwarden::{format::CertificateLevel, model::NamedEnum};
    /// assert_eq!(CertificateLevel::named("black-box"), Some(CertificateLevel::BlackBox));
    /// ```
    pub enum CertificateLevel {
        Product = "product": "over the pairs of states of model and implementation",
        BlackBox = "black-box": "over all sequences of commands, up to renaming users and groups",
    }
}

impl NounOf for CertificateLevel {
    const NOUN: &'static str = "level";
}

impl Certificate {
    /// The certificate that the value is.
    pub(super) fn read(node: Node<'_>) -> Result<Self, Error> {
        let fields = node.object("a certificate")?.only(&[
            "level",
            "below",
            "groups",
            "commands",
            "alphabet",
            "ill-typed",
            "situations",
            "tried",
            "renamings",
            "ground",
        ])?;
        let number = |field, limits| fields.required(field)?.integer(limits);
        Ok(Certificate {
            level: fields.required("level")?.word()?,
            below: number("below", 1..=MAX_STEPS as u64)? as usize,
            groups: number("groups", 0..=MAX_GROUPS as u64)? as usize,
            commands: fields.optional("commands", read_commands)?.unwrap_or_else(EnumSet::all),
            alphabet: number("alphabet", 1..=MAX_ALPHABET)?,
            ill_typed: fields.required("ill-typed")?.boolean()?,
            situations: number("situations", 0..=u64::MAX)?,
            tried: number("tried", 0..=u64::MAX)?,
            renamings: number("renamings", 1..=u64::MAX)?,
            ground: read_ground(fields.required("ground")?)?,
        })
    }
}

fn read_commands(node: Node<'_>) -> Result<EnumSet<CommandKind>, Error> {
    let mut commands = EnumSet::empty();
    for item in node.list("commands", 1..=CommandKind::ALL.len())? {
        let kind = item.word::<CommandKind>()?;
        if commands.contains(kind) {
            return Err(item.repeated("command", kind.name()));
        }
        commands.insert(kind);
    }
    Ok(commands)
}

fn read_ground(node: Node<'_>) -> Result<u64, Error> {
    let text = node.text()?;
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let digits = text.len() == 16 && text.bytes().all(is_digit);
    let ground = u64::from_str_radix(&text, 16).ok().filter(|_| digits);
    ground.ok_or_else(|| node.error("expected 16 hexadecimal digits, in lower case"))
}

/// What was exhausted without coming upon a chain shorter than the scenario's.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", schemars(rename = "certificate", deny_unknown_fields))]
pub(super) struct CertificateForm {
    /// Over what the chain is minimal.
    level: AsName<CertificateLevel>,
    /// How many commands the chain has; all histories of fewer were tried.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = MAX_STEPS)))]
    below: usize,
    /// How many groups there were; the scenario names those that the chain needs.
    #[cfg_attr(feature = "schema", schemars(range(max = MAX_GROUPS)))]
    groups: usize,
    /// The kinds of commands of which histories were made; left out, all.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<AsName<CommandKind>>", length(min = 1), extend("uniqueItems" = true)))]
    commands: Option<Vec<AsName<CommandKind>>>,
    /// How many commands histories were made of.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = MAX_ALPHABET)))]
    alphabet: u64,
    /// Whether these were all that can be written down; if not, they were the well-typed ones and, of the kinds that
    /// the chain has, all.
    ill_typed: bool,
    /// How many situations were gone on from.
    #[cfg_attr(feature = "schema", schemars(range(max = u64::MAX)))]
    situations: u64,
    /// How many commands were tried in them.
    #[cfg_attr(feature = "schema", schemars(range(max = u64::MAX)))]
    tried: u64,
    /// Up to how many renamings of users and groups histories were held to be alike; 1: none but the identity.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = u64::MAX)))]
    renamings: u64,
    /// A hash of the policy, cast, groups, alphabet, fidelity and promises.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = "^[0-9a-f]{16}$")))]
    ground: String,
}

impl From<&Certificate> for CertificateForm {
    fn from(record: &Certificate) -> Self {
        let some = record.commands != EnumSet::all();
        CertificateForm {
            level: AsName(record.level),
            below: record.below,
            groups: record.groups,
            commands: some.then(|| record.commands.iter().map(AsName).collect()),
            alphabet: record.alphabet,
            ill_typed: record.ill_typed,
            situations: record.situations,
            tried: record.tried,
            renamings: record.renamings,
            ground: format!("{:016x}", record.ground),
        }
    }
}
