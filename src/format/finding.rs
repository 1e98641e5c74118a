//! The record that the harness leaves in a scenario which it found: how, what, and how minimal it is.
//!
//! It is read and written here and means nothing here: what a verdict is, how one is reached and which
//! versions there are is known to those who write the record. So the words have the form of the file.

use chatwarden_model::{CommandKind, Condition, Group, Promise, UserSet, named_enum};

use super::certificate::Certificate;
use super::error::Error;
use super::names::Names;
use super::node::{Node, Object};
use super::scenario::MAX_PARTIES;
use super::word::NounOf;
use crate::adapter::Fidelity;

/// How a scenario was found, what was found, and how minimal the chain is.
///
/// ```
/// use chatwarden::format::{RecordedVerdict, Scenario, Source};
/// # let text = r#"{"chatwarden": 1, "name": "found", "policy": "messenger-kids", "cast": "small", "groups": ["g1"], "steps": [
/// #   {"command": {"do": "create", "by": "sam", "group": "g1", "with": ["kay"]}, "expect": "deny"}], "finding":
/// #   {"engine": "fuzz", "seed": 7, "run": 40, "adapter": "memory", "fidelity": "exact", "harness": "0.1.0",
/// #   "verdict": "too-permissive", "at": 0, "message": "…", "minimal": "one-minimal"}}"#;
/// let scenario = Scenario::read(Source::new("found.json", text))?;
/// let finding = scenario.finding.expect("the harness has found it");
/// assert_eq!((finding.verdict, finding.run), (RecordedVerdict::TooPermissive, Some(40)));
/// # Ok::<(), chatwarden::format::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FindingRecord {
    /// What looked for it, such as `fuzz`.
    pub engine: String,
    /// The seed of the random choices, if there were any.
    pub seed: Option<u64>,
    /// The number of the run that found it, from 0, if runs were counted.
    pub run: Option<u64>,
    /// The implementation's name.
    pub adapter: String,
    /// The fault that was planted, if one was.
    pub fault: Option<String>,
    /// How closely the implementation was compared.
    pub fidelity: Fidelity,
    /// The harness's version.
    pub harness: String,
    /// The implementation's version, if it told.
    pub implementation: Option<String>,
    /// What was found.
    pub verdict: RecordedVerdict,
    /// The promise that is broken, if one is.
    pub promise: Option<Promise>,
    /// The condition that decided, if one did.
    pub condition: Option<Condition>,
    /// The kind of the command at which it was found.
    pub command: Option<CommandKind>,
    /// The step at which it was found, from 0; also 0 where it was found before the first.
    pub at: usize,
    /// The group in which the promise is broken.
    pub group: Option<Group>,
    /// Between whom the promise is broken.
    pub users: Option<UserSet>,
    /// What was found, in a sentence.
    pub message: String,
    /// How minimal the chain is.
    pub minimal: Minimality,
    /// What was exhausted, if and only if the chain is certified.
    pub certificate: Option<Certificate>,
}

named_enum! {
    /// What was found, gravest first.
    ///
    /// ```
    /// use chatwarden::{model::NamedEnum, format::RecordedVerdict};
    /// assert_eq!(RecordedVerdict::named("diverged"), Some(RecordedVerdict::Diverged));
    /// ```
    pub enum RecordedVerdict {
        BrokenPromise = "broken-promise": "a promise is broken",
        TooPermissive = "too-permissive": "allowed or delivered what the policy refuses",
        Diverged = "diverged" | "drifted": "decisions agree, the observed state does not",
        TooStrict = "too-strict": "refused, or failed to deliver, what the policy allows",
        Inconclusive = "inconclusive": "no definite answer",
    }
}

named_enum! {
    /// How minimal a chain of commands is.
    ///
    /// ```
    /// use chatwarden::{model::NamedEnum, format::Minimality};
    /// assert_eq!(Minimality::named("certified"), Some(Minimality::Certified));
    /// ```
    pub enum Minimality {
        None = "none": "as it was found",
        OneMinimal = "one-minimal": "no single simplification shows the same",
        Certified = "certified": "nothing shorter shows the same, as the certificate says",
    }
}

impl NounOf for RecordedVerdict {
    const NOUN: &'static str = "verdict";
}

impl NounOf for Minimality {
    const NOUN: &'static str = "minimality";
}

impl FindingRecord {
    /// The record that the value is, in a scenario of that many steps.
    pub(super) fn read(node: Node<'_>, names: &Names, steps: usize) -> Result<Self, Error> {
        let fields = node.object("a finding")?.only(&[
            "engine",
            "seed",
            "run",
            "adapter",
            "fault",
            "fidelity",
            "harness",
            "implementation",
            "verdict",
            "promise",
            "condition",
            "command",
            "at",
            "group",
            "users",
            "message",
            "minimal",
            "certificate",
        ])?;
        let text = |field| fields.required(field)?.text().map(Into::into);
        let text_if_any = |field| fields.nullable(field, |node| node.text().map(Into::into));
        let number = |field| fields.nullable(field, |node| node.integer(0..=u64::MAX));
        let (minimal, certificate) = read_minimality(&fields)?;
        Ok(FindingRecord {
            engine: text("engine")?,
            seed: number("seed")?,
            run: number("run")?,
            adapter: text("adapter")?,
            fault: text_if_any("fault")?,
            fidelity: fields.required("fidelity")?.word()?,
            harness: text("harness")?,
            implementation: text_if_any("implementation")?,
            verdict: fields.required("verdict")?.word()?,
            promise: fields.nullable("promise", Node::word)?,
            condition: fields.nullable("condition", Node::word)?,
            command: fields.nullable("command", Node::word)?,
            at: fields.required("at")?.index("step", steps.max(1))?,
            group: fields.nullable("group", |node| names.read_group(node))?,
            users: fields.nullable("users", |node| names.read_users(node, MAX_PARTIES))?,
            message: text("message")?,
            minimal,
            certificate,
        })
    }
}

/// How minimal the chain is, with the certificate that goes with it.
fn read_minimality(fields: &Object<'_>) -> Result<(Minimality, Option<Certificate>), Error> {
    let node = fields.required("minimal")?;
    let minimal = node.word()?;
    let certificate = fields.nullable("certificate", Certificate::read)?;
    match (minimal, certificate) {
        (Minimality::Certified, None) => Err(node.error("a chain that is certified needs a `certificate`")),
        (Minimality::None | Minimality::OneMinimal, Some(_)) => {
            let key = fields.key("certificate").unwrap_or(node);
            Err(key.error("`certificate` goes only with `\"minimal\": \"certified\"`"))
        }
        _ => Ok((minimal, certificate)),
    }
}
