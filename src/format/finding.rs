//! The record that the harness leaves in a scenario: how the scenario was found, the verdict, and how minimal it is.
//!
//! Records are read and written here. They are made by `triage`.

use chatwarden_model::{
    Cause, Command, CommandKind, Condition, EnumSet, Group, MAX_GROUPS, Promise, UserSet, named_enum,
};

use super::certificate::Certificate;
use super::command::COMMAND;
use super::error::Error;
use super::json::{Json, json};
use super::limits::{MAX_PARTIES, MAX_STEPS};
use super::names;
use super::node::Object;
use super::record::{Context, Fields, Plain, Record, record};
use super::schema;
use super::shape::{
    GROUP_NAME, List, Number, OrElse, Step, TEXT, UserNames, Word, name_schema, nested, nullable, optional,
    word, words,
};
use super::word::NounOf;
use crate::adapter::{Fidelity, Part};
use crate::finding::{Finding, Identity, Verdict};

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
        pub engine: String = "engine": TEXT,
        /// The seed of the random choices, if there were any.
        pub seed: Option<u64> = "seed": nullable(Number(0..=u64::MAX)),
        /// The number of the run that found it, from 0, if runs were counted.
        pub run: Option<u64> = "run": nullable(Number(0..=u64::MAX)),
        /// The implementation's name.
        pub adapter: String = "adapter": TEXT,
        /// The fault that was planted, if one was.
        pub fault: Option<String> = "fault": nullable(TEXT),
        /// How closely the implementation was compared.
        pub fidelity: Fidelity = "fidelity": word(),
        /// The harness's version.
        pub harness: String = "harness": TEXT,
        /// The implementation's version, if it is known.
        pub implementation: Option<String> = "implementation": nullable(TEXT),
        /// The verdict, which is never `conforms`.
        pub verdict: Verdict = "verdict": Word(FOUND),
        /// The promise that is broken, if one is.
        pub promise: Option<Promise> = "promise": nullable(word()),
        /// The condition that decided, if one did.
        pub condition: Option<Condition> = "condition": nullable(word()),
        /// Why two users are not authorized with each other, if the promise asks for that; files of
        /// earlier versions leave it out.
        pub cause: Option<Cause> = "cause": optional(word()),
        /// The parts of the observed state that diverged; files of earlier versions leave it out.
        pub parts: Option<EnumSet<Part>> = "parts": optional(words("parts", 1)),
        /// The kind of the command at which it was found.
        pub command: Option<CommandKind> = "command": nullable(word()),
        /// The step at which it was found, from 0; also 0 if it was found before the first.
        pub at: usize = "at": Step(|context| context.steps.max(1)),
        /// The group in which the promise is broken.
        pub group: Option<Group> = "group": nullable(GROUP_NAME),
        /// The users between whom the promise is broken.
        pub users: Option<UserSet> = "users": nullable(UserNames(MAX_PARTIES)),
        /// The finding in a sentence.
        pub message: String = "message": TEXT,
        /// The implementation's reason for its answer at the step, in its own words, if it gave one.
        pub because: Option<String> = "because": optional(TEXT),
        /// How minimal the trace is.
        pub minimal: Minimality = "minimal": word(),
        /// The certificate, if and only if the trace is certified.
        pub certificate: Option<Certificate> = "certificate": nullable(nested("a certificate")),
        /// The names of further groups that only the original trace names.
        pub original_groups: Vec<String> = "original-groups": OrElse(FURTHER_GROUPS, Vec::new),
        /// The original trace, as it was found, if it was made simpler since; files of earlier versions
        /// leave it out.
        pub original: Option<Vec<Command>> = "original": optional(
            List { of: COMMAND, what: "commands", most: MAX_STEPS },
        ),
    }
}

/// The names of groups that the scenario does not have. They follow its own in index order.
const FURTHER_GROUPS: Plain<Vec<String>> = Plain {
    read: |node, context| {
        let own = context.names.groups.len();
        for item in node.list("groups", 0..=MAX_GROUPS - own)? {
            names::declare(&mut context.names.groups, "group", item)?;
        }
        Ok(context.names.groups[own..].to_vec())
    },
    write: |value, _| Json::list(value.iter().cloned()),
    schema: |schemas| schema::list(name_schema(schemas), None, Some(MAX_GROUPS), true),
};

impl FindingRecord {
    /// The same finding with the original trace of another record of it, if it has none itself.
    #[must_use]
    pub fn with_original_of(self, other: &FindingRecord) -> Self {
        if self.original.is_some() {
            return self;
        }
        let FindingRecord { original_groups, original, .. } = other.clone();
        FindingRecord { original_groups, original, ..self }
    }

    /// Whether the finding is the recorded one. A file of an earlier version does not record the cause and
    /// the parts; then they do not count.
    pub fn is_shown_by(&self, finding: &Finding) -> bool {
        finding.identities().any(|shown| {
            let recorded = Identity {
                promise: self.promise,
                condition: self.condition,
                cause: self.cause.or(shown.cause),
                parts: self.parts.unwrap_or(shown.parts),
                ..Identity::new(self.verdict, self.command)
            };
            recorded == shown
        })
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
        let record = Self::read_fields(fields, context)?;
        match (record.minimal, fields.key("certificate")) {
            (Minimality::Certified, _) if record.certificate.is_none() => {
                let minimal = fields.required("minimal")?;
                Err(minimal.error("a chain that is certified needs a `certificate`"))
            }
            (Minimality::None | Minimality::OneMinimal, Some(key)) if record.certificate.is_some() => {
                Err(key.error("`certificate` goes only with `\"minimal\": \"certified\"`"))
            }
            _ => Ok(record),
        }
    }

    fn rules() -> Vec<(&'static str, Json<'static>)> {
        let certified = json!({"properties": {"minimal": {"const": (Json::name(Minimality::Certified))}}});
        let has = json!({"properties": {"certificate": {"type": "object"}}, "required": ["certificate"]});
        let needs = json!({"if": (certified.clone()), "then": (has.clone())});
        vec![("allOf", json!([needs, {"if": has, "then": certified}]))]
    }
}
