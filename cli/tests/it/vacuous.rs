//! Runs that show nothing: none of them passes, whatever the subcommand. The ways of showing nothing are in
//! `vacuous/driver.py`.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::cli::{chatwarden, code, folder, json_lines, text};

fn driver(words: &str) -> String {
    format!("exec:python3 '{}/tests/it/vacuous/driver.py' {words}", env!("CARGO_MANIFEST_DIR"))
}

/// A scenario that ends in an invitation of that child, kim being the one who may be invited; as the file of
/// a finding if there is a record.
fn write_scenario(folder: &Path, name: &str, policy: &str, who: &str, record: Option<Value>) {
    let expect = if who == "kim" { "allow" } else { "deny" };
    let mut scenario = json!({
        "chatwarden": 1, "name": name, "policy": policy, "cast": "small", "groups": ["g1"],
        "steps": [
            {"command": {"do": "approve", "by": "bob", "child": "kim", "contact": "sam"}, "expect": "allow"},
            {"command": {"do": "create", "by": "sam", "group": "g1", "with": []}, "expect": "allow"},
            {"command": {"do": "invite", "by": "sam", "group": "g1", "who": who}, "expect": expect},
        ],
    });
    if let Some(record) = record {
        scenario["finding"] = record;
    }
    fs::write(folder.join(format!("{name}.json")), scenario.to_string()).expect("it can be written");
}

fn record() -> Value {
    json!({
        "engine": "fuzz", "seed": 0, "run": 1, "adapter": "tiny-chat", "fidelity": "exact", "harness": "0.1.0",
        "verdict": "too-permissive", "command": "invite", "condition": "newcomer-cleared", "at": 2, "message": "…",
        "minimal": "one-minimal",
    })
}

/// A subcommand with a driver, the exit code, and words that it says.
const RUNS: &[(&str, &str, i32, &str)] = &[
    ("fuzz --runs 20", "unsupported", 3, "lists commands that it then calls unsupported; left out:"),
    ("fuzz --runs 20", "only-leave", 3, "inconclusive: no command was allowed"),
    ("fuzz --runs 20", "lying", 3, " invite"),
    ("fuzz --runs 1 --shard 2/2", "right", 3, "fewer runs than shards, and none for 2/2"),
    ("explore --depth 2", "unsupported", 3, "lists commands that it then calls unsupported; left out:"),
    ("explore --depth 2", "only-leave", 3, "inconclusive: no command was allowed"),
    ("explore --depth 1", "lying", 3, " invite"),
    ("replay found.json", "unsupported", 3, "lists commands that it then calls unsupported; left out:"),
    (
        "replay found.json",
        "only-leave",
        3,
        "the finding was not tried: the implementation does not support 1 approve",
    ),
    ("replay found.json", "lying", 3, "left out: 1 invite"),
    ("replay found.json --fidelity no-looser", "refusing", 3, "allowed none of the commands"),
    ("replay plain.json --fidelity no-looser", "refusing", 3, "allowed none of the commands"),
    ("replay plain.json", "only-leave", 3, "inconclusive: every scenario was skipped"),
    ("replay plain.json", "lying", 3, "left out: 1 invite"),
    ("replay other.json", "right", 3, "it is of another policy than the implementation's"),
    ("replay plain.json --shard 2/2", "right", 3, "fewer scenarios than shards, and none for 2/2"),
    ("replay found.json", "right", 0, "1 fixed"),
    ("replay plain.json other.json", "right", 0, "1 passed, 1 skipped"),
    ("replay plain.json other.json --policy adder-only", "right", 0, "1 scenario of other policies: what"),
];

#[test]
fn a_run_that_shows_nothing_passes_nowhere() {
    let folder = folder();
    write_scenario(folder.path(), "found", "messenger-kids", "kay", Some(record()));
    write_scenario(folder.path(), "plain", "messenger-kids", "kay", None);
    write_scenario(folder.path(), "other", "adder-only", "kay", None);
    for (arguments, way, expected, words) in RUNS {
        let driver = driver(way);
        let _ = fs::remove_file(folder.path().join("out.xml"));
        let options = ["--adapter", &driver, "--junit", "out.xml"];
        let arguments: Vec<_> = arguments.split(' ').chain(options).collect();
        let output = chatwarden(folder.path(), &arguments);
        let told = text(&output.stdout) + &text(&output.stderr);
        assert_eq!(code(&output), *expected, "{arguments:?}: {told}");
        assert!(told.contains(words), "{words} is missing: {arguments:?}: {told}");
        let junit = fs::read_to_string(folder.path().join("out.xml")).expect("the report is written");
        let is_green = !junit.contains("<error") && !junit.contains("<failure");
        assert_eq!(is_green, *expected == 0, "{arguments:?}: {junit}");
    }
}

#[test]
fn a_known_finding_that_was_not_exercised_stays_known() {
    let folder = folder();
    let known = json!({"chatwarden-baseline": 1, "known": [
        {"policy": "messenger-kids", "adapter": "tiny-chat", "verdict": "too-permissive", "command": "invite",
            "condition": "newcomer-cleared"},
        {"policy": "messenger-kids", "adapter": "tiny-chat", "verdict": "too-strict", "command": "leave"},
        {"policy": "messenger-kids", "adapter": "tiny-chat", "verdict": "too-permissive", "command": "invite",
            "condition": "newcomer-cleared", "scenario": "found.json"},
    ]});
    write_scenario(folder.path(), "found", "messenger-kids", "kay", Some(record()));
    let left = |arguments: &str, way: &str| {
        fs::write(folder.path().join("known.json"), known.to_string()).expect("it can be written");
        let driver = driver(way);
        let options = ["--adapter", &driver, "--baseline", "known.json", "--update-baseline"];
        chatwarden(folder.path(), &arguments.split(' ').chain(options).collect::<Vec<_>>());
        let text = fs::read_to_string(folder.path().join("known.json")).expect("it is there");
        text.matches("\"verdict\"").count()
    };
    assert_eq!(left("fuzz --runs 50", "only-leave"), 3, "nothing was exercised");
    assert_eq!(left("fuzz --runs 50", "lying"), 3);
    assert_eq!(left("replay found.json", "lying"), 3);
    assert_eq!(left("replay found.json", "right"), 2, "that of the scenario is gone");
    assert_eq!(left("fuzz --runs 50", "right"), 1, "the two of the campaign are gone");
}

#[test]
fn a_replay_says_what_it_compared_and_where_the_product_differs() {
    let folder = folder();
    write_scenario(folder.path(), "plain", "messenger-kids", "kim", None);
    let replay = [
        "replay",
        "plain.json",
        "--fault",
        "over-strict",
        "--fidelity",
        "promises-only",
        "--junit",
        "out.xml",
    ];
    let output = chatwarden(folder.path(), &[&replay[..], &["--json"]].concat());
    let lines = json_lines(&output);
    assert_eq!(code(&output), 0, "{lines:?}");
    let [scenario, summary] = lines.as_slice() else { panic!("{lines:?}") };
    assert_eq!(scenario["outcome"], "passed");
    let differences = scenario["differences"].as_array().expect("a list");
    assert!(!differences.is_empty(), "{scenario}");
    assert_eq!((&summary["type"], &summary["fidelity"]), (&json!("replay"), &json!(["promises-only"])));
    assert_eq!(summary["carried_out"], 2);
    let junit = fs::read_to_string(folder.path().join("out.xml")).expect("the report is written");
    assert!(junit.contains("<system-out>step "), "{junit}");
    let told = text(&chatwarden(folder.path(), &replay).stdout);
    assert!(
        told.contains(
            "passed with differences plain.json\n    step 2: expected invite(sam, g1, kim) to be allowed"
        ),
        "{told}"
    );
    assert!(told.contains("memory was compared promises-only: its own rules decide"), "{told}");
    assert_eq!(told.matches("was compared").count(), 1);
}

#[test]
fn a_driver_that_answers_only_errors_is_started_anew_and_its_trace_is_kept() {
    let folder = folder();
    let driver = driver(&format!("failing '{}'", folder.path().join("starts").display()));
    let fuzz = ["fuzz", "--runs", "60", "--jobs", "1", "--shrink-time", "1ms", "--restarts", "2"];
    let output = chatwarden(folder.path(), &[&fuzz[..], &["--adapter", &driver]].concat());
    let told = text(&output.stdout);
    assert_eq!(code(&output), 3, "{told}");
    assert!(told.contains("error 5: the pool of connections is empty"), "{told}");
    assert!(told.contains("\n   0  approve(ann, kay, kim) "), "the trace up to there is printed: {told}");
    let saved: Vec<_> = fs::read_dir(folder.path().join("scenarios/found")).expect("it is saved").collect();
    assert!(!saved.is_empty());
    let starts = fs::read_to_string(folder.path().join("starts")).expect("it was started");
    assert!(starts.lines().count() > 2, "{starts}");
    assert!(
        text(&output.stderr).contains("failed too often to be started again"),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn a_hint_names_the_fidelity_where_that_hides_a_fault() {
    let folder = folder();
    let fuzz = ["fuzz", "--fault", "over-strict", "--runs", "50"];
    let told = |options: &[&str]| {
        let output = chatwarden(folder.path(), &[&fuzz[..], options].concat());
        (code(&output), text(&output.stderr))
    };
    let (exit, hint) = told(&["--fidelity", "promises-only"]);
    assert!(exit == 0 && hint.contains("only what promises-only compares was looked for"), "{hint}");
    let (exit, hint) = told(&["--fidelity", "no-looser"]);
    assert!(exit == 0 && hint.contains("a refusal or a missing delivery is no finding"), "{hint}");
}
