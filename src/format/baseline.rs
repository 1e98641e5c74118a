//! Baselines: the findings that a project knows of already, a line each, so that a build fails for new ones only.
//!
//! Here is what such a file holds, and how it is read and written. Which finding is known is `baseline`'s to say.

use std::fmt;
use std::path::Path;

use chatwarden_model::{CommandKind, Condition, NamedEnum, Promise, named_enum};
use serde::Serialize;

use super::error::Error;
use super::layout;
use super::node::Node;
use super::scenario::MAX_STEPS;
use super::source::{self, Source};
use super::word::{AsName, NounOf};

/// The version of the format of baselines.
const BASELINE_VERSION: u64 = 1;

/// The most findings that a baseline may hold.
const MAX_KNOWN: usize = 10_000;

/// What a finding is called from one run to the next, however its history is drawn or shrunk: what was found, and in
/// what.
///
/// ```
/// use chatwarden::format::{KnownFinding, KnownVerdict, Source};
/// let text = r#"{"chatwarden-baseline": 1, "known": [
///   {"policy": "messenger-kids", "adapter": "my-chat", "verdict": "too-strict", "command": "leave"}]}"#;
/// let known = KnownFinding::read_all(Source::new("baseline.json", text))?;
/// assert_eq!(known[0].verdict, KnownVerdict::TooStrict);
/// assert_eq!(known[0].to_string(), "too-strict-leave of my-chat under messenger-kids");
/// # Ok::<(), chatwarden::format::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct KnownFinding {
    /// The scenario file, if it was replayed; none if it was found by a campaign or a search.
    pub scenario: Option<String>,
    /// The policy: a preset's name, or a name made of all its knobs.
    pub policy: String,
    /// The implementation's name; none where a policy was asked alone.
    pub adapter: Option<String>,
    /// The fault that was planted, if one was.
    pub fault: Option<String>,
    /// What was found.
    pub verdict: KnownVerdict,
    /// The kind of the command at which it was found.
    pub command: Option<CommandKind>,
    /// The promise that is broken.
    pub promise: Option<Promise>,
    /// The condition for which the policy refuses what was allowed.
    pub condition: Option<Condition>,
    /// The step, from 0, at which the policy does not do what the scenario says.
    pub at: Option<usize>,
}

named_enum! {
    /// What can be known of before a run, gravest first.
    ///
    /// ```
    /// use chatwarden::{model::NamedEnum, format::KnownVerdict};
    /// assert_eq!(KnownVerdict::named("mismatch"), Some(KnownVerdict::Mismatch));
    /// ```
    pub enum KnownVerdict {
        BrokenPromise = "broken-promise": "a promise is broken",
        TooPermissive = "too-permissive": "allowed or delivered what the policy refuses",
        Diverged = "diverged" | "drifted": "decisions agree, the observed state does not",
        TooStrict = "too-strict": "refused, or failed to deliver, what the policy allows",
        Mismatch = "mismatch": "the policy does not do what the scenario says",
        Inconclusive = "inconclusive": "no definite answer, a crash or an unreadable answer: never a pass",
    }
}

impl NounOf for KnownVerdict {
    const NOUN: &'static str = "verdict";
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
        // Of another version nothing else can be said with certainty.
        fields.optional("chatwarden-baseline", read_version)?;
        let fields = fields.only(&["chatwarden-baseline", "known"])?;
        fields.required("chatwarden-baseline")?;
        let mut all: Vec<KnownFinding> = Vec::new();
        let mut before = std::collections::HashSet::new();
        for node in fields.required("known")?.list("findings", 0..=MAX_KNOWN)? {
            let known = read(node)?;
            if !before.insert(known.clone()) {
                return Err(node.repeated("finding", &known.to_string()));
            }
            all.push(known);
        }
        Ok(all)
    }

    /// The text of a baseline that lists the findings, a line each, in the order of their scenarios, policies and
    /// verdicts.
    pub fn write_all(known: impl IntoIterator<Item = Self>) -> String {
        let mut known: Vec<_> = known.into_iter().collect();
        known.sort();
        let known = known.iter().map(KnownForm::new).collect();
        layout::file(&BaselineForm { version: BASELINE_VERSION, known })
    }

    /// What was found, as one word, without what it was found in.
    pub fn identity(&self) -> String {
        let parts = [
            self.command.map(NamedEnum::name),
            self.promise.map(NamedEnum::name),
            self.condition.map(NamedEnum::name),
        ];
        let parts = [Some(self.verdict.name())].into_iter().chain(parts).flatten();
        parts.collect::<Vec<_>>().join("-")
    }
}

/// What was found, and in what.
impl fmt::Display for KnownFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.identity())?;
        self.at.iter().try_for_each(|at| write!(f, " at step {at}"))?;
        self.adapter.iter().try_for_each(|adapter| write!(f, " of {adapter}"))?;
        self.fault.iter().try_for_each(|fault| write!(f, " with {fault}"))?;
        write!(f, " under {}", self.policy)?;
        self.scenario.iter().try_for_each(|scenario| write!(f, " in {scenario}"))
    }
}

fn read_version(node: Node<'_>) -> Result<(), Error> {
    if node.raw() == BASELINE_VERSION.to_string() {
        return Ok(());
    }
    Err(node.expected(format_args!("version {BASELINE_VERSION} of the format")))
}

fn read(node: Node<'_>) -> Result<KnownFinding, Error> {
    let fields = node.object("a known finding")?.only(&[
        "scenario",
        "policy",
        "adapter",
        "fault",
        "verdict",
        "command",
        "promise",
        "condition",
        "at",
    ])?;
    let text = |field| fields.optional(field, |node| node.text().map(Into::into));
    let verdict = fields.required("verdict")?;
    let known = KnownFinding {
        scenario: text("scenario")?,
        policy: fields.required("policy")?.text()?.into(),
        adapter: text("adapter")?,
        fault: text("fault")?,
        verdict: verdict.word()?,
        command: fields.optional("command", Node::word)?,
        promise: fields.optional("promise", Node::word)?,
        condition: fields.optional("condition", Node::word)?,
        at: fields.optional("at", |node| node.index("step", MAX_STEPS))?,
    };
    if known.verdict == KnownVerdict::Inconclusive {
        return Err(verdict.error("what is inconclusive is never known: it is no answer"));
    }
    Ok(known)
}

#[derive(Serialize)]
struct BaselineForm<'a> {
    #[serde(rename = "chatwarden-baseline")]
    version: u64,
    known: Vec<KnownForm<'a>>,
}

#[derive(Serialize)]
struct KnownForm<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    scenario: Option<&'a str>,
    policy: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    adapter: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<&'a str>,
    verdict: AsName<KnownVerdict>,
    #[serde(skip_serializing_if = "Option::is_none")]
    command: Option<AsName<CommandKind>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    promise: Option<AsName<Promise>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    condition: Option<AsName<Condition>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<usize>,
}

impl<'a> KnownForm<'a> {
    fn new(known: &'a KnownFinding) -> Self {
        KnownForm {
            scenario: known.scenario.as_deref(),
            policy: &known.policy,
            adapter: known.adapter.as_deref(),
            fault: known.fault.as_deref(),
            verdict: AsName(known.verdict),
            command: known.command.map(AsName),
            promise: known.promise.map(AsName),
            condition: known.condition.map(AsName),
            at: known.at,
        }
    }
}
