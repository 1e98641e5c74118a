//! SARIF 2.1.0: a result for each finding, at the step of the scenario that shows it, for code
//! scanning.
//!
//! The document is made with `serde_json` alone. The crate with types for it generates them from
//! the schema at build time, and so brings a parser of schemas and two versions of a parser of Rust
//! into every build. A test reads the document back with that crate.
//!
//! Code scanning takes a result for repaired if a later upload lacks it. So a known finding stays
//! in, marked as suppressed, and an absent one is left out. GitHub makes its own fingerprint of the
//! line.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use chatwarden_model::NamedEnum;
use serde_json::{Value, json};

use super::diagnostic::{Diagnostic, Severity, diagnostics, failed_check};
use super::{Event, Report, replace};
use crate::baseline::slashed;
use crate::driver_check::{Check, CheckResult};
use chatwarden::format::{KnownFinding, Place};
use chatwarden::hash::fnv1a;
use chatwarden::sanitize;

/// Collects findings and writes them as one SARIF file at the end.
///
/// ```
/// let file = std::env::temp_dir().join("chatwarden-sarif-example.sarif");
/// let mut report = chatwarden_cli::report::Sarif::new(file.clone());
/// chatwarden_cli::report::Report::finish(&mut report)?;
/// assert!(std::fs::read_to_string(&file)?.contains("\"version\": \"2.1.0\""));
/// # std::fs::remove_file(file)?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Sarif {
    file: PathBuf,
    /// The rule of each identity.
    rules: BTreeMap<String, Value>,
    results: Vec<Value>,
    /// The reasons why the run is not complete.
    notifications: Vec<Value>,
}

/// Where the schema of the format is published.
const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// The name under which results have their fingerprint.
const FINGERPRINT: &str = "chatwardenFinding/v1";

impl Sarif {
    /// A report in that file, which is replaced at the end.
    pub fn new(file: PathBuf) -> Self {
        Sarif { file, rules: BTreeMap::new(), results: Vec::new(), notifications: Vec::new() }
    }

    fn add(&mut self, diagnostic: &Diagnostic<'_>) {
        let identity = diagnostic.matched.finding.identity();
        self.results.push(result(diagnostic, &identity));
        self.rules.entry(identity).or_insert_with_key(|identity| rule(identity, diagnostic));
    }

    /// Adds a failed check of a driver. It has no place in a file.
    fn add_check(&mut self, checked: &CheckResult) {
        let Some((severity, message)) = failed_check(checked) else { return };
        let (check, id) = (checked.check, format!("check-driver-{}", checked.check.name()));
        self.results.push(json!({
            "ruleId": id,
            "level": severity.name(),
            "message": {"text": message},
            "locations": [{"logicalLocations": [{"name": "driver", "kind": "module"}]}],
            "partialFingerprints": {FINGERPRINT: format!("{:016x}", fnv1a(id.as_bytes()))},
        }));
        self.rules.entry(id.clone()).or_insert_with(|| check_rule(check, &id));
    }

    /// Adds a reason why the run is not complete that belongs to no scenario.
    fn notify(&mut self, text: &str) {
        self.notifications.push(json!({"level": "error", "message": {"text": text}}));
    }

    fn document(&self) -> Value {
        json!({
            "$schema": SCHEMA,
            "version": "2.1.0",
            "runs": [{
                "tool": {"driver": {
                    "name": "chatwarden",
                    "semanticVersion": env!("CARGO_PKG_VERSION"),
                    "rules": self.rules.values().collect::<Vec<_>>(),
                }},
                "columnKind": "unicodeCodePoints",
                "invocations": [{
                    "executionSuccessful": self.notifications.is_empty(),
                    "toolExecutionNotifications": self.notifications,
                }],
                "results": self.results,
            }],
        })
    }
}

impl Report for Sarif {
    fn event(&mut self, event: Event<'_>) -> io::Result<()> {
        match event {
            Event::ScenarioUnreadable(file, error) => self.notifications.push(json!({
                "level": "error",
                "message": {"text": error.to_string()},
                "locations": [{"physicalLocation": physical(file, error.place)}],
            })),
            Event::DriverChecked(checked) => self.add_check(checked),
            Event::RunIncomplete(why) => self.notify(why),
            Event::ImplementationExplored(explored) if !explored.answers_what_was_asked() => {
                self.notify(&format!("not complete: {}", explored.result.end.about()));
            }
            _ => {}
        }
        diagnostics(event).iter().for_each(|diagnostic| self.add(diagnostic));
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        replace(&self.file, &(sanitize::json(&serde_json::to_string_pretty(&self.document())?) + "\n"))
    }
}

/// The rule for an identity. It is the same for every scenario that shows it.
fn rule(identity: &str, diagnostic: &Diagnostic<'_>) -> Value {
    let finding = &diagnostic.matched.finding;
    let meaning = meaning(finding);
    let place = finding.command.map(|command| format!(" It shows at the command {command}."));
    json!({
        "id": identity,
        "shortDescription": {"text": finding.verdict.about()},
        "fullDescription": {"text": meaning},
        "help": {"text": format!("{}: {}.{}", finding.verdict, meaning, place.unwrap_or_default())},
        "defaultConfiguration": {"level": diagnostic.level.name()},
    })
}

/// The rule for a check of a driver.
fn check_rule(check: Check, id: &str) -> Value {
    json!({
        "id": id,
        "shortDescription": {"text": format!("the driver fails the check `{check}`")},
        "fullDescription": {"text": format!("expected: {}", check.about())},
        "help": {"text": format!("expected: {}. To mend it: {}.", check.about(), check.mend())},
        "defaultConfiguration": {"level": Severity::Error.name()},
    })
}

fn meaning(finding: &KnownFinding) -> String {
    match (finding.promise, finding.condition) {
        (Some(promise), _) => format!("the promise {promise} is broken ({})", promise.about()),
        (None, Some(condition)) => {
            format!("what the policy refuses is allowed: {condition} does not hold ({})", condition.about())
        }
        (None, None) => finding.verdict.about().into(),
    }
}

fn result(diagnostic: &Diagnostic<'_>, identity: &str) -> Value {
    let mut result = json!({
        "ruleId": identity,
        "level": diagnostic.level.name(),
        "message": {"text": diagnostic.message},
        "locations": [location(diagnostic)],
        "partialFingerprints": {FINGERPRINT: diagnostic.matched.fingerprint()},
    });
    if !diagnostic.trace.is_empty() {
        let steps: Vec<_> =
            diagnostic.trace.iter().enumerate().map(|(at, _)| flow_step(diagnostic, at)).collect();
        result["codeFlows"] = json!([{"threadFlows": [{"locations": steps}]}]);
    }
    if let Some(known) = diagnostic.matched.known {
        result["baselineState"] = if known { "unchanged" } else { "new" }.into();
    }
    if diagnostic.matched.is_known() {
        result["suppressions"] = json!([{"kind": "external", "justification": "the baseline lists it"}]);
    }
    result
}

/// The step that shows the finding; the file, if no single step does; the policy, if no file was
/// saved.
fn location(diagnostic: &Diagnostic<'_>) -> Value {
    match diagnostic.file {
        Some(file) => json!({"physicalLocation": physical(file, diagnostic.place())}),
        None => json!({"logicalLocations": [{"name": diagnostic.matched.finding.policy, "kind": "policy"}]}),
    }
}

/// A command of the trace.
fn flow_step(diagnostic: &Diagnostic<'_>, at: usize) -> Value {
    let (step, place) = &diagnostic.trace[at];
    let mut location = json!({"message": {"text": step}});
    if let Some(file) = diagnostic.file {
        location["physicalLocation"] = physical(file, *place);
    }
    let importance = if diagnostic.at == Some(at) { "essential" } else { "important" };
    json!({"location": location, "importance": importance})
}

/// A place in a file. Code scanning needs one, so it is the first line if the place is unknown.
fn physical(file: &Path, place: Option<Place>) -> Value {
    let region = match place {
        Some(Place { line, column }) => json!({"startLine": line, "startColumn": column}),
        None => json!({"startLine": 1}),
    };
    json!({"artifactLocation": {"uri": uri(file)}, "region": region})
}

/// The path as a URI reference: relative to the working directory if the path is.
fn uri(file: &Path) -> String {
    let scheme = if file.is_absolute() { "file://" } else { "" };
    let encoded = slashed(file).bytes().fold(String::new(), |uri, byte| match byte {
        b'-' | b'.' | b'_' | b'~' | b'/' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => {
            uri + char::from(byte).encode_utf8(&mut [0; 4])
        }
        _ => uri + &format!("%{byte:02X}"),
    });
    format!("{scheme}{encoded}")
}
