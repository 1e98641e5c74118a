//! `--sarif`: read back with types that were generated from the published schema, and looked at as code scanning does.

use std::path::Path;

use serde_json::{Value, json};

use super::{chatwarden, code, folder, read, refuses, strangers, text, write};

/// The document, whose results have all that code scanning asks for. What its readers did not know they would drop.
pub(super) fn sarif(folder: &Path) -> Value {
    let written = read(folder, "out.sarif");
    let document: Value = serde_json::from_str(&written).expect("it is JSON");
    let typed: serde_sarif::sarif::Sarif = serde_json::from_str(&written).expect("it is SARIF");
    let again = serde_json::to_value(&typed).expect("it can be written");
    assert_eq!(again, document, "nothing in it is unknown to the schema");
    let run = &document["runs"][0];
    for result in list(&run["results"]) {
        let rules = list(&run["tool"]["driver"]["rules"]);
        let rule = rules.iter().find(|rule| rule["id"] == result["ruleId"]).expect("its rule is there");
        for words in ["shortDescription", "fullDescription", "help"] {
            assert!(!rule[words]["text"].as_str().expect("a text").is_empty());
        }
        assert!(!result["message"]["text"].as_str().expect("a text").is_empty());
        assert_eq!(list(&result["locations"]).len(), 1);
    }
    document
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

pub(super) fn results(document: &Value) -> &[Value] {
    list(&document["runs"][0]["results"])
}

fn place(result: &Value) -> (&str, u64) {
    let physical = &result["locations"][0]["physicalLocation"];
    let uri = physical["artifactLocation"]["uri"].as_str().expect("a reference");
    (uri, physical["region"]["startLine"].as_u64().expect("a line"))
}

#[test]
fn a_finding_stands_at_the_step_of_the_scenario_that_shows_it() {
    let folder = folder();
    let output = chatwarden(folder.path(), &["fuzz", "--fault", "launcher-only", "--sarif", "out.sarif"]);
    assert_eq!(code(&output), 1);
    let document = sarif(folder.path());
    let [result] = results(&document) else { panic!("{document}") };
    assert_eq!(
        (&result["ruleId"], &result["level"]),
        (&json!("broken-promise-invite-no-strangers"), &json!("error"))
    );
    let message = result["message"]["text"].as_str().expect("a text");
    assert!(text(&output.stdout).starts_with(&format!("{message}\n")), "the terminal says the same");
    let (uri, line) = place(result);
    let saved = read(folder.path(), uri);
    let line = saved.lines().nth(line as usize - 1).expect("the line is there");
    assert!(line.contains(r#""do": "invite""#), "{line}");
    let flow = list(&result["codeFlows"][0]["threadFlows"][0]["locations"]);
    let steps: Vec<_> =
        flow.iter().map(|step| step["location"]["message"]["text"].as_str().unwrap()).collect();
    assert_eq!((steps.len(), steps[0], steps[3]), (4, "approve(ann, kay, sam)", "invite(sam, g1, kim)"));
    assert_eq!(flow[3]["importance"], "essential");
    assert_eq!(result["baselineState"], Value::Null, "there is no baseline");
}

#[test]
fn a_finding_is_recognised_however_it_was_come_by() {
    let folder = folder();
    let fingerprints = |fault: &str, seed: &str| {
        let arguments = ["fuzz", "--fault", fault, "--seed", seed, "--keep-going", "--runs", "3000"];
        chatwarden(folder.path(), &[&arguments[..], &["--sarif", "out.sarif"]].concat());
        let document = sarif(folder.path());
        let of = |result: &Value| (result["ruleId"].to_string(), result["partialFingerprints"].to_string());
        let mut all: Vec<_> = results(&document).iter().map(of).collect();
        all.sort();
        all
    };
    let one = fingerprints("launcher-only", "0");
    assert_eq!(one, fingerprints("launcher-only", "7"));
    let different: std::collections::BTreeSet<_> = one.iter().map(|(_, fingerprint)| fingerprint).collect();
    assert_eq!((one.len(), different.len()), (5, 5));
    let other = fingerprints("create-unchecked", "0");
    assert!(other.iter().all(|pair| !one.contains(pair)), "another fault is another finding");
}

#[test]
fn a_replay_that_fails_stands_at_its_step_and_one_that_passes_nowhere() {
    let folder = folder();
    write(folder.path(), "a b/wrong.json", &strangers("wrong", "allow"));
    write(folder.path(), "a b/right.json", &strangers("right", "deny"));
    let output = chatwarden(folder.path(), &["replay", "./a b", "--sarif", "out.sarif"]);
    assert_eq!(code(&output), 1);
    let document = sarif(folder.path());
    let [result] = results(&document) else { panic!("{document}") };
    assert_eq!((result["ruleId"].as_str(), place(result)), (Some("mismatch"), ("a%20b/wrong.json", 9)));
    let message = result["message"]["text"].as_str().expect("a text");
    assert!(message.starts_with("step 1: expected direct(sam, kay) to be allowed"), "{message}");

    let output = chatwarden(
        folder.path(),
        &["replay", "a b/right.json", "--fault", "direct-unchecked", "--sarif", "out.sarif"],
    );
    assert_eq!(code(&output), 1);
    let document = sarif(folder.path());
    assert_eq!(place(&results(&document)[0]), ("a%20b/right.json", 9));
}

#[test]
fn what_is_too_strict_or_no_answer_is_a_warning() {
    let folder = folder();
    chatwarden(folder.path(), &["fuzz", "--fault", "over-strict", "--sarif", "out.sarif"]);
    let document = sarif(folder.path());
    assert_eq!(
        (&results(&document)[0]["level"], &results(&document)[0]["kind"]),
        (&json!("warning"), &Value::Null)
    );

    let driver =
        concat!("exec:python3 '", env!("CARGO_MANIFEST_DIR"), "/tests/it/misbehaving/driver.py' exit");
    let arguments = ["fuzz", "--adapter", driver, "--runs", "5", "--length", "40", "--jobs", "1"];
    let output = chatwarden(folder.path(), &[&arguments[..], &["--sarif", "out.sarif"]].concat());
    assert_eq!(code(&output), 3, "{}", text(&output.stdout));
    let document = sarif(folder.path());
    assert_eq!(results(&document)[0]["level"], "warning", "{document}");
}

#[test]
fn what_kept_a_run_from_being_whole_is_told() {
    let folder = folder();
    write(folder.path(), "broken.json", "{\n  no");
    let output = chatwarden(folder.path(), &["replay", "broken.json", "--sarif", "out.sarif"]);
    assert_eq!(code(&output), 2);
    let document = sarif(folder.path());
    let invocation = &document["runs"][0]["invocations"][0];
    assert_eq!((&invocation["executionSuccessful"], results(&document).len()), (&json!(false), 0));
    let [notification] = list(&invocation["toolExecutionNotifications"]) else { panic!("{document}") };
    assert_eq!(place(notification), ("broken.json", 2));
}

#[test]
fn a_policy_that_breaks_its_promise_is_a_result() {
    let folder = folder();
    let explore = |more: &[&str]| {
        let arguments = ["explore", "--policy", "adder-only", "--depth", "3", "--sarif", "out.sarif"];
        let output = chatwarden(folder.path(), &[&arguments[..], more].concat());
        (code(&output), sarif(folder.path()))
    };
    let (exit, asked) = explore(&[]);
    assert_eq!((exit, results(&asked)[0]["level"].as_str()), (0, Some("warning")), "an answer is no failure");
    let place_of = &results(&asked)[0]["locations"][0];
    assert_eq!(place_of["logicalLocations"][0], json!({"name": "adder-only", "kind": "policy"}));
    let (exit, expected) = explore(&["--expect-kept", "--save", "found"]);
    let [result] = results(&expected) else { panic!("{expected}") };
    assert_eq!(
        (exit, &result["level"], &result["ruleId"]),
        (1, &json!("error"), &json!("broken-promise-no-strangers"))
    );
    let (uri, line) = place(result);
    let saved = read(folder.path(), uri);
    assert!(saved.lines().nth(line as usize - 1).unwrap().contains(r#""do": "create""#));
    let message = result["message"]["text"].as_str().expect("a text");
    assert!(message.starts_with("the policy adder-only breaks the promise no-strangers in g1"), "{message}");
}

#[test]
fn a_report_that_cannot_be_written_is_known_before_the_work() {
    refuses(&["fuzz", "--sarif", "/no/such/folder/x.sarif"], "cannot write /no/such/folder/x.sarif");
}
