//! Baselines: the findings that a project knows of already, one on a line, so that a build fails for new ones only.
//!
//! This file reads and writes them. Which finding is a known one is decided by the program.

use std::collections::HashSet;
use std::fmt;
use std::path::Path;

use chatwarden_model::{Cause, CommandKind, Condition, EnumSet, NamedEnum, Promise};

use super::error::Error;
use super::finding::FOUND;
use super::json::{Json, json};
use super::limits::MAX_STEPS;
use super::names::Names;
use super::node::Object;
use super::record::{Context, Fields, Plain, Record, read_version, record};
use super::shape::{Step, TEXT, optional, word, words};
use super::source::{self, Source};
use super::word::NounOf;
use crate::adapter::Part;
use crate::finding::Verdict;
use crate::sanitize;

/// The version of the format of baselines.
const BASELINE_VERSION: u64 = 1;

/// The most findings that a baseline may hold.
const MAX_KNOWN: usize = 10_000;

record! {
    /// A finding as it is called from one run to the next, however its trace is found or shrunk: the verdict, and the
    /// policy and implementation that it is about.
    ///
    /// ```
    /// use chatwarden::finding::Verdict;
    /// use chatwarden::format::{BaselineVerdict, KnownFinding, Source};
    /// let text = r#"{"chatwarden-baseline": 1, "known": [
    ///   {"policy": "messenger-kids", "adapter": "my-chat", "verdict": "too-strict", "command": "leave"}]}"#;
    /// let known = KnownFinding::read_all(Source::new("baseline.json", text))?;
    /// assert_eq!(known[0].verdict, BaselineVerdict::Found(Verdict::TooStrict));
    /// assert_eq!(known[0].to_string(), "too-strict-leave of my-chat under messenger-kids");
    /// # Ok::<(), chatwarden::format::Error>(())
    /// ```
    #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
    pub struct KnownFinding = "known-finding": "A finding that is known." {
        /// The scenario file, if it was replayed; none if it was found by a campaign or a search.
        pub scenario: Option<String> = "scenario": optional(TEXT),
        /// The policy: a preset's name, or a name made of all its knobs.
        pub policy: String = "policy": TEXT,
        /// The implementation's name; none if it is a finding of the policy alone.
        pub adapter: Option<String> = "adapter": optional(TEXT),
        /// The fault that was planted, if one was.
        pub fault: Option<String> = "fault": optional(TEXT),
        /// The verdict.
        pub verdict: BaselineVerdict = "verdict": ANY_VERDICT,
        /// The kind of the command at which it was found.
        pub command: Option<CommandKind> = "command": optional(word()),
        /// The promise that is broken.
        pub promise: Option<Promise> = "promise": optional(word()),
        /// The condition for which the policy refuses what was allowed.
        pub condition: Option<Condition> = "condition": optional(word()),
        /// Why two users are not authorized with each other, if the promise asks for that.
        pub cause: Option<Cause> = "cause": optional(word()),
        /// The parts of the observed state that diverged.
        pub parts: Option<EnumSet<Part>> = "parts": optional(words("parts", 1)),
        /// The step, from 0, at which the policy does not do what the scenario says.
        pub at: Option<usize> = "at": optional(Step(|_| MAX_STEPS)),
    }
}

/// The verdict of a finding that can be known before a run.
///
/// ```
/// use chatwarden::{finding::Verdict, format::BaselineVerdict};
/// assert_eq!(BaselineVerdict::Found(Verdict::TooStrict).name(), "too-strict");
/// assert_eq!(BaselineVerdict::Mismatch.name(), "mismatch");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum BaselineVerdict {
    /// An implementation, or a policy that breaks a promise, has this verdict.
    Found(Verdict),
    /// The policy does not do what a scenario says.
    Mismatch,
}

impl BaselineVerdict {
    /// The word that files and reports have for it.
    pub fn name(self) -> &'static str {
        match self {
            BaselineVerdict::Found(verdict) => verdict.name(),
            BaselineVerdict::Mismatch => "mismatch",
        }
    }

    /// The meaning, in one line without a final period.
    pub fn about(self) -> &'static str {
        match self {
            BaselineVerdict::Found(verdict) => verdict.about(),
            BaselineVerdict::Mismatch => "the policy does not do what the scenario says",
        }
    }
}

impl fmt::Display for BaselineVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A verdict, or `mismatch`.
const ANY_VERDICT: Plain<BaselineVerdict> = Plain {
    read: |node, _| {
        let word = node.text()?;
        let known = FOUND.iter().copied().map(BaselineVerdict::Found).chain([BaselineVerdict::Mismatch]);
        // An old name of a verdict is read as well.
        let name = Verdict::named(&word).map_or(&*word, |verdict| verdict.name());
        let verdict = known.clone().find(|verdict| verdict.name() == name);
        verdict.ok_or_else(|| node.unknown(Verdict::NOUN, &word, known.map(BaselineVerdict::name)))
    },
    write: |value, _| value.name().into(),
    schema: TEXT.schema,
};

impl Record for KnownFinding {
    fn read_record(fields: &Object<'_>, context: &mut Context) -> Result<Self, Error> {
        let verdict = fields.required("verdict")?;
        let mut known = Self::read_fields(fields, context)?;
        if known.verdict == BaselineVerdict::Found(Verdict::Inconclusive) {
            return Err(verdict.error("what is inconclusive is never known: it is no answer"));
        }
        // A file of an earlier version does not say the cause. It excuses the usual one only. The parts that
        // diverged cannot be guessed, so an entry without them excuses nothing.
        let is_of_implementation = known.adapter.is_some();
        if known.promise.is_some_and(Promise::asks_for_authorization) && is_of_implementation {
            known.cause.get_or_insert(Cause::Unapproved);
        }
        Ok(known)
    }
}

impl KnownFinding {
    /// The findings that the file at the path lists.
    ///
    /// # Errors
    /// If the file cannot be read, or at the first thing that does not belong in a baseline.
    pub fn open_all(path: &Path) -> Result<Vec<Self>, Error> {
        source::open(path, Self::read_all)
    }

    /// The findings that a baseline lists.
    ///
    /// # Errors
    /// At the first thing that does not belong in a baseline.
    pub fn read_all(source: Source<'_>) -> Result<Vec<Self>, Error> {
        let fields = source.root()?.object("a baseline")?;
        // The fields of another version are not known.
        fields.optional("chatwarden-baseline", |node| read_version(node, BASELINE_VERSION, "the format"))?;
        let fields = fields.only(&["chatwarden-baseline", "known"])?;
        fields.required("chatwarden-baseline")?;
        let mut all: Vec<KnownFinding> = Vec::new();
        let mut before = HashSet::new();
        for node in fields.required("known")?.list("findings", 0..=MAX_KNOWN)? {
            let known = KnownFinding::read_object(node, "a known finding", &mut Context::default())?;
            if !before.insert(known.clone()) {
                return Err(node.repeated("finding", &known.to_string()));
            }
            all.push(known);
        }
        Ok(all)
    }

    /// The text of a baseline that lists the findings, one on a line, in the order of their scenarios, policies and
    /// verdicts.
    pub fn write_all(known: impl IntoIterator<Item = Self>) -> String {
        let mut known: Vec<_> = known.into_iter().collect();
        known.sort();
        let names = Names::default();
        let known = Json::list(known.iter().map(|known| known.to_json(&names)));
        json!({"chatwarden-baseline": BASELINE_VERSION, "known": known}).file()
    }

    /// The verdict, command, promise, condition and cause as one word.
    pub fn identity(&self) -> String {
        let parts = [
            Some(self.verdict.name()),
            self.command.map(NamedEnum::name),
            self.promise.map(NamedEnum::name),
            self.condition.map(NamedEnum::name),
            self.cause.filter(|cause| *cause != Cause::Unapproved).map(NamedEnum::name),
        ];
        let diverged = self.parts.iter().flat_map(|parts| parts.iter().map(Part::name));
        parts.into_iter().flatten().chain(diverged).collect::<Vec<_>>().join("-")
    }
}

/// The identity, and the policy and implementation that it is about, on one line.
impl fmt::Display for KnownFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.identity())?;
        self.at.iter().try_for_each(|at| write!(f, " at step {at}"))?;
        let named = [
            ("of", self.adapter.as_ref()),
            ("with", self.fault.as_ref()),
            ("under", Some(&self.policy)),
            ("in", self.scenario.as_ref()),
        ];
        named.into_iter().try_for_each(|(word, name)| match name {
            Some(name) => write!(f, " {word} {}", sanitize::line(name)),
            None => Ok(()),
        })
    }
}
