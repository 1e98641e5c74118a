//! The record that the harness leaves in a scenario: how the scenario was found, the verdict, and how minimal it is.
//!
//! Records are read and written here. They are made by `triage`.

use chatwarden_model::{CommandKind, Condition, Group, Promise, UserSet, named_enum};

use super::certificate::Certificate;
use super::error::Error;
use super::json::{Json, json};
use super::limits::MAX_PARTIES;
use super::node::{Node, Object};
use super::record::{Context, FieldShape, Fields, Record, record};
use super::shape::{GroupName, Nullable, Number, Step, Text, UserNames, nested, word, word_among};
use super::word::NounOf;
use crate::adapter::Fidelity;
use crate::finding::Verdict;

/// The verdicts that a finding can have, gravest first: all but that nothing was found.
pub(super) const FOUND: &[Verdict] = &[
    Verdict::BrokenPromise,
    Verdict::TooPermissive,
    Verdict::Diverged,
    Verdict::TooStrict,
    Verdict::Inconclusive,
];

record! {
    /// How a scenario was found, the verdict, and how minimal its trace is.
    ///
    /// ```
    /// use chatwarden::finding::Verdict;
    /// use chatwarden::format::{Scenario, Source};
    /// # let text = r#"{"chatwarden": 1, "name": "found", "policy": "messenger-kids", "cast": "small", "groups": ["g1"], "steps": [
    /// #   {"command": {"do": "create", "by": "sam", "group": "g1", "with": ["kay"]}, "expect": "deny"}], "finding":
    /// #   {"engine": "fuzz", "seed": 7, "run": 40, "adapter": "memory", "fidelity": "exact", "harness": "0.1.0",
    /// #   "verdict": "too-permissive", "at": 0, "message": "…", "minimal": "one-minimal"}}"#;
    /// let scenario = Scenario::read(Source::new("found.json", text))?;
    /// let finding = scenario.finding.expect("the harness has found it");
    /// assert_eq!((finding.verdict, finding.run), (Verdict::TooPermissive, Some(40)));
    /// # Ok::<(), chatwarden::format::Error>(())
    /// ```
    #[derive(Clone, PartialEq, Eq, Debug)]
    pub struct FindingRecord = "finding":
        "How the harness found the scenario; written by the harness."
    {
        /// The engine that found it, such as `fuzz`.
        pub engine: String = "engine": Text,
        /// The seed of the random choices, if there were any.
        pub seed: Option<u64> = "seed": Nullable(Number(0..=u64::MAX)),
        /// The number of the run that found it, from 0, if runs were counted.
        pub run: Option<u64> = "run": Nullable(Number(0..=u64::MAX)),
        /// The implementation's name.
        pub adapter: String = "adapter": Text,
        /// The fault that was planted, if one was.
        pub fault: Option<String> = "fault": Nullable(Text),
        /// How closely the implementation was compared.
        pub fidelity: Fidelity = "fidelity": word(),
        /// The harness's version.
        pub harness: String = "harness": Text,
        /// The implementation's version, if it is known.
        pub implementation: Option<String> = "implementation": Nullable(Text),
        /// The verdict, which is never `conforms`.
        pub verdict: Verdict = "verdict": word_among(FOUND),
        /// The promise that is broken, if one is.
        pub promise: Option<Promise> = "promise": Nullable(word()),
        /// The condition that decided, if one did.
        pub condition: Option<Condition> = "condition": Nullable(word()),
        /// The kind of the command at which it was found.
        pub command: Option<CommandKind> = "command": Nullable(word()),
        /// The step at which it was found, from 0; also 0 if it was found before the first.
        pub at: usize = "at": Step(|context| context.steps.max(1)),
        /// The group in which the promise is broken.
        pub group: Option<Group> = "group": Nullable(GroupName),
        /// The users between whom the promise is broken.
        pub users: Option<UserSet> = "users": Nullable(UserNames(MAX_PARTIES)),
        /// The finding in a sentence.
        pub message: String = "message": Text,
        /// How minimal the trace is.
        pub minimal: Minimality = "minimal": word(),
        /// The certificate, if and only if the trace is certified.
        pub certificate: Option<Certificate> = "certificate": Nullable(nested("a certificate")),
    }
}

named_enum! {
    /// How minimal a trace is.
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

impl NounOf for Minimality {
    const NOUN: &'static str = "minimality";
}

impl Record for FindingRecord {
    fn read_record(fields: &Object<'_>, context: &mut Context) -> Result<Self, Error> {
        check_minimality(fields, context)?;
        Self::read_fields(fields, context)
    }

    fn rules() -> Vec<(&'static str, Json<'static>)> {
        let certified = || json!({"properties": {"minimal": {"const": (Json::name(Minimality::Certified))}}});
        let object = || json!({"certificate": {"type": "object"}});
        let needs = json!({"properties": (object()), "required": ["certificate"]});
        let has = json!({"properties": (object()), "required": ["certificate"]});
        let rules = json!([{"if": (certified()), "then": needs}, {"if": has, "then": (certified())}]);
        vec![("allOf", rules)]
    }
}

/// Makes sure that a certificate is there if, and only if, the trace is certified.
fn check_minimality(fields: &Object<'_>, context: &mut Context) -> Result<(), Error> {
    let node = fields.required("minimal")?;
    let minimal = node.word::<Minimality>()?;
    let certificate = Nullable(nested::<Certificate>("a certificate"));
    match (minimal, certificate.read_field(fields, "certificate", context)?) {
        (Minimality::Certified, None) => Err(node.error("a chain that is certified needs a `certificate`")),
        (Minimality::None | Minimality::OneMinimal, Some(_)) => {
            let key: Node<'_> = fields.key("certificate").unwrap_or(node);
            Err(key.error("`certificate` goes only with `\"minimal\": \"certified\"`"))
        }
        _ => Ok(()),
    }
}
