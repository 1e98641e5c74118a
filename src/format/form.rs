//! What a scenario file looks like: the same types write it and describe it to the schema.
//!
//! The forms of policies, casts and commands are with those; how the lines are broken is in `layout`.

use chatwarden_model::{CommandKind, Condition, EnumSet, NamedEnum, Promise, UserSet};
#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use super::cast::CastForm;
use super::certificate::CertificateForm;
use super::command::NamedCommand;
use super::finding::{FindingRecord, Minimality, RecordedVerdict};
use super::names::Names;
use super::policy::PolicyForm;
use super::scenario::{
    Break, Expect, Expectation, FORMAT_VERSION, MAX_PARTIES, MAX_STEPS, Scenario, ScenarioStep,
};
#[cfg(feature = "schema")]
use super::schema::{Name, UserNames};
use super::word::AsName;
use crate::adapter::Fidelity;

/// A history of commands on a chat service, and what is to be expected of it.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(
    feature = "schema",
    schemars(rename = "scenario", title = "chatwarden scenario", deny_unknown_fields)
)]
pub(super) struct ScenarioForm<'a> {
    /// The version of the format.
    #[cfg_attr(feature = "schema", schemars(extend("const" = FORMAT_VERSION)))]
    chatwarden: u64,
    /// The name, which is the stem of the file's.
    #[cfg_attr(feature = "schema", schemars(with = "Name"))]
    name: &'a str,
    /// One or more sentences for the reader.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    about: Option<&'a str>,
    /// Where the case comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    source: Option<&'a str>,
    policy: PolicyForm,
    cast: CastForm<'a>,
    /// The names of the groups, in order.
    #[cfg_attr(feature = "schema", schemars(with = "Vec<Name>", length(max = chatwarden_model::MAX_GROUPS), extend("uniqueItems" = true)))]
    groups: &'a [String],
    /// What happens.
    #[cfg_attr(feature = "schema", schemars(length(max = super::scenario::MAX_STEPS)))]
    steps: Vec<StepForm<'a>>,
    /// The promises to judge; all of them if left out, none if empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<AsName<Promise>>", extend("uniqueItems" = true)))]
    promises: Option<Vec<AsName<Promise>>>,
    /// What the history is expected to break: each judged promise that it breaks, once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schemars(length(max = Promise::ALL.len())))]
    breaks: Vec<BreakForm<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "FindingForm<'a>"))]
    finding: Option<FindingForm<'a>>,
}

/// A command, and what the policy says to it.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "step", deny_unknown_fields, extend("allOf" = step_rules())))]
struct StepForm<'a> {
    command: NamedCommand<'a>,
    /// The decision; left out, none is expected.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "AsName<Expectation>"))]
    expect: Option<AsName<Expectation>>,
    /// The first condition that fails, where a refusal is expected; left out, any will do.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "AsName<Condition>"))]
    because: Option<AsName<Condition>>,
    /// To whom it delivers, in any order; left out, that is not compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "UserNames"))]
    delivered: Option<Vec<&'a str>>,
}

/// What a step may have beside what.
fn step_rules() -> Value {
    let reason = |kind: &CommandKind| {
        let conditions: Vec<_> = kind.conditions().iter().map(|condition| condition.name()).collect();
        json!({
            "if": {"properties": {"command": {"properties": {"do": {"const": kind.name()}}}}},
            "then": {"properties": {"because": {"enum": conditions}}},
        })
    };
    let delivering: Vec<_> =
        CommandKind::ALL.iter().filter(|kind| kind.delivers()).map(|kind| kind.name()).collect();
    let rules = [
        json!({
            "if": {"required": ["because"]},
            "then": {"required": ["expect"], "properties": {"expect": {"const": "deny"}}},
        }),
        json!({
            "if": {"required": ["delivered"], "properties": {"delivered": {"minItems": 1}}},
            "then": {"properties": {
                "command": {"properties": {"do": {"enum": delivering}}},
                "expect": {"const": "allow"},
            }},
        }),
    ];
    rules.into_iter().chain(CommandKind::ALL.iter().map(reason)).collect()
}

/// A promise that the history is expected to break.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "break", deny_unknown_fields))]
struct BreakForm<'a> {
    promise: AsName<Promise>,
    /// The first step at which it is broken, from 0.
    #[cfg_attr(feature = "schema", schemars(range(max = MAX_STEPS - 1)))]
    at: usize,
    /// A group in which it is then broken.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Name"))]
    group: Option<&'a str>,
    /// Between whom it is then broken.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "UserNames<0, MAX_PARTIES>"))]
    users: Option<Vec<&'a str>>,
}

/// How the harness found the scenario; written by the harness.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "finding", deny_unknown_fields, extend("allOf" = finding_rules())))]
struct FindingForm<'a> {
    /// What looked for it, such as `fuzz`.
    engine: &'a str,
    /// The seed of the random choices.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(range(max = u64::MAX)))]
    seed: Option<u64>,
    /// The number of the run that found it, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(range(max = u64::MAX)))]
    run: Option<u64>,
    /// The implementation's name.
    adapter: &'a str,
    /// The fault that was planted.
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<&'a str>,
    /// How closely the implementation was compared.
    fidelity: AsName<Fidelity>,
    /// The harness's version.
    harness: &'a str,
    /// The implementation's version.
    #[serde(skip_serializing_if = "Option::is_none")]
    implementation: Option<&'a str>,
    /// What was found.
    verdict: AsName<RecordedVerdict>,
    /// The promise that is broken.
    #[serde(skip_serializing_if = "Option::is_none")]
    promise: Option<AsName<Promise>>,
    /// The condition that decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    condition: Option<AsName<Condition>>,
    /// The kind of the command at which it was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    command: Option<AsName<CommandKind>>,
    /// The step at which it was found, from 0.
    #[cfg_attr(feature = "schema", schemars(range(max = MAX_STEPS - 1)))]
    at: usize,
    /// The group in which the promise is broken.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<Name>"))]
    group: Option<&'a str>,
    /// Between whom the promise is broken.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<UserNames<0, MAX_PARTIES>>"))]
    users: Option<Vec<&'a str>>,
    /// What was found, in a sentence.
    message: &'a str,
    /// How minimal the chain is.
    minimal: AsName<Minimality>,
    /// What was exhausted, if the chain is certified.
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate: Option<CertificateForm>,
}

/// What a finding may have beside what.
fn finding_rules() -> Value {
    let certified = json!({"properties": {"minimal": {"const": Minimality::Certified.name()}}});
    let certificate = json!({
        "required": ["certificate"],
        "properties": {"certificate": {"type": "object"}},
    });
    json!([{"if": certified, "then": certificate}, {"if": certificate, "then": certified}])
}

impl<'a> ScenarioForm<'a> {
    /// The scenario with its names.
    pub(super) fn new(scenario: &'a Scenario, names: &'a Names) -> Self {
        let promises = |promises: EnumSet<Promise>| promises.iter().map(AsName).collect();
        ScenarioForm {
            chatwarden: FORMAT_VERSION,
            name: &scenario.name,
            about: scenario.about.as_deref(),
            source: scenario.source.as_deref(),
            policy: (&scenario.policy).into(),
            cast: CastForm::new(&scenario.cast, names),
            groups: &scenario.groups,
            steps: scenario.steps.iter().map(|step| StepForm::new(step, names)).collect(),
            promises: scenario.promises.map(promises),
            breaks: scenario.breaks.iter().map(|broken| BreakForm::new(broken, names)).collect(),
            finding: scenario.finding.as_ref().map(|finding| FindingForm::new(finding, names)),
        }
    }
}

impl<'a> StepForm<'a> {
    fn new(step: &ScenarioStep, names: &'a Names) -> Self {
        let (expect, because) = match step.expect {
            None => (None, None),
            Some(Expect::Allow) => (Some(Expectation::Allow), None),
            Some(Expect::Deny { because }) => (Some(Expectation::Deny), because),
        };
        StepForm {
            command: NamedCommand { command: step.command, names },
            expect: expect.map(AsName),
            because: because.map(AsName),
            delivered: list(step.delivered, names),
        }
    }
}

impl<'a> BreakForm<'a> {
    fn new(broken: &Break, names: &'a Names) -> Self {
        BreakForm {
            promise: AsName(broken.promise),
            at: broken.at,
            group: broken.group.map(|group| names.group(group)),
            users: list(broken.users, names),
        }
    }
}

impl<'a> FindingForm<'a> {
    fn new(finding: &'a FindingRecord, names: &'a Names) -> Self {
        FindingForm {
            engine: &finding.engine,
            seed: finding.seed,
            run: finding.run,
            adapter: &finding.adapter,
            fault: finding.fault.as_deref(),
            fidelity: AsName(finding.fidelity),
            harness: &finding.harness,
            implementation: finding.implementation.as_deref(),
            verdict: AsName(finding.verdict),
            promise: finding.promise.map(AsName),
            condition: finding.condition.map(AsName),
            command: finding.command.map(AsName),
            at: finding.at,
            group: finding.group.map(|group| names.group(group)),
            users: list(finding.users, names),
            message: &finding.message,
            minimal: AsName(finding.minimal),
            certificate: finding.certificate.as_ref().map(Into::into),
        }
    }
}

fn list(users: Option<UserSet>, names: &Names) -> Option<Vec<&str>> {
    users.map(|users| names.of(users).collect())
}
