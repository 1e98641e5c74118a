//! `--baseline`: known findings do not fail the run, new ones do. Absent ones are named. An inconclusive result is
//! never a known finding.

use std::path::Path;

use serde_json::{Value, json};

use super::{chatwarden, code, findings, folder, json_lines, read, refuses, strangers, text, write};

const FUZZ: &[&str] = &["fuzz", "--fault", "launcher-only", "--runs", "2000"];
const BASELINE: &[&str] = &["--baseline", "known.json"];
const UPDATE: &[&str] = &["--baseline", "known.json", "--update-baseline"];

fn known_line(verdict: &str, rest: &str) -> String {
    format!(
        r#"{{"policy": "messenger-kids", "adapter": "memory", "fault": "launcher-only", "verdict": "{verdict}", {rest}}}"#
    )
}

fn baseline(entries: &[String]) -> String {
    format!("{{\n  \"chatwarden-baseline\": 1,\n  \"known\": [\n    {}\n  ]\n}}\n", entries.join(",\n    "))
}

/// The findings of the fault, in the order of the file.
fn all_five() -> [String; 5] {
    let broken = |command: &str, cause: &str| {
        let rest = format!(r#""command": "{command}", "promise": "no-strangers", "cause": "{cause}""#);
        known_line("broken-promise", &rest)
    };
    [
        broken("create", "unapproved"),
        broken("create", "blocked"),
        broken("invite", "unapproved"),
        broken("invite", "blocked"),
        known_line("too-strict", r#""command": "invite""#),
    ]
}

fn run(folder: &Path, arguments: &[&[&str]]) -> (i32, String) {
    let output = chatwarden(folder, &arguments.concat());
    (code(&output), text(&output.stdout))
}

#[test]
fn what_is_found_is_written_sorted_a_line_each_and_excused_from_then_on() {
    let folder = folder();
    assert_eq!(run(folder.path(), &[FUZZ, UPDATE]).0, 0);
    assert_eq!(read(folder.path(), "known.json"), baseline(&all_five()));
    let (exit, told) = run(folder.path(), &[FUZZ, BASELINE]);
    assert_eq!(exit, 0);
    assert!(told.contains("\nknown too-strict: it refuses what the policy allows"), "{told}");
    assert!(told.contains("no new finding, 5 known, in 2000 runs"), "{told}");
    assert!(!told.contains("gone"), "{told}");
    run(folder.path(), &[&FUZZ[..3], &["--seed", "9", "--runs", "4000"], UPDATE]);
    assert_eq!(read(folder.path(), "known.json"), baseline(&all_five()), "another seed changes nothing");
}

#[test]
fn a_known_finding_hides_no_new_one() {
    let folder = folder();
    let [_, _, unapproved, blocked, strict] = all_five();
    write(folder.path(), "known.json", &baseline(&[unapproved, blocked, strict]));
    let output = chatwarden(folder.path(), &[FUZZ, BASELINE, &["--json", "--junit", "out.xml"]].concat());
    assert_eq!(code(&output), 1);
    let lines = json_lines(&output);
    let found = findings(&lines);
    let told: Vec<_> = found.iter().map(|line| (line["command"].as_str().unwrap(), &line["known"])).collect();
    assert_eq!(
        told,
        [("invite", &json!(true)), ("invite", &json!(true)), ("create", &json!(false))],
        "it ends at the first that is new"
    );
    assert_eq!(lines.last().unwrap()["known"], 2);
    let junit = super::junit::junit(folder.path(), "out.xml");
    assert!(
        junit.contains(r#"tests="3" failures="1" errors="0""#) && junit.contains(r#"skipped="2""#),
        "{junit}"
    );
}

#[test]
fn what_is_gone_is_named_and_taken_out() {
    let folder = folder();
    let gone = known_line("too-permissive", r#""command": "join", "condition": "link-is-open""#);
    let known = [all_five().to_vec(), vec![gone]].concat();
    write(folder.path(), "known.json", &baseline(&known));
    let (exit, told) = run(folder.path(), &[FUZZ, BASELINE]);
    assert_eq!(exit, 0, "what is gone is no failure");
    let name = "gone too-permissive-join-link-is-open of memory with launcher-only under messenger-kids";
    assert!(told.contains(name), "{told}");
    let lines = json_lines(&chatwarden(folder.path(), &[FUZZ, BASELINE, &["--json"]].concat()));
    let gone: Vec<_> = lines.iter().filter(|line| line["type"] == "gone").collect();
    let [gone] = gone[..] else { panic!("{lines:?}") };
    assert_eq!((&gone["verdict"], &gone["condition"]), (&json!("too-permissive"), &json!("link-is-open")));
    assert_eq!(gone["scenario"], Value::Null);
    assert_eq!(run(folder.path(), &[FUZZ, UPDATE]).0, 0);
    assert_eq!(read(folder.path(), "known.json"), baseline(&all_five()));
}

#[test]
fn nothing_is_called_gone_that_the_run_could_not_have_met() {
    let folder = folder();
    write(folder.path(), "known.json", &baseline(&all_five()));
    let before = read(folder.path(), "known.json");
    for other in [
        &["fuzz", "--fault", "create-unchecked", "--runs", "500"][..],
        &["fuzz", "--fault", "launcher-only", "--policy", "no-contact-rule", "--runs", "500"],
        &["fuzz", "--fault", "launcher-only", "--runs", "500", "--shard", "1/5"],
        &["fuzz", "--fault", "launcher-only", "--runs", "500", "--commands", "approve,block"],
        &["explore", "--policy", "messenger-kids", "--depth", "2"],
    ] {
        let (_, told) = run(folder.path(), &[other, BASELINE]);
        assert!(!told.contains("\ngone "), "{other:?}\n{told}");
    }
    let (exit, _) = run(folder.path(), &[&["explore", "--policy", "messenger-kids", "--depth", "2"], UPDATE]);
    assert_eq!((exit, read(folder.path(), "known.json")), (0, before), "what was not asked about stays");
    let narrow = ["fuzz", "--fault", "launcher-only", "--runs", "500", "--promises", "ban"];
    let (_, told) = run(folder.path(), &[&narrow, BASELINE]);
    assert!(!told.contains("gone broken-promise"), "a promise that is not judged\n{told}");
}

#[test]
fn replays_are_known_by_their_file() {
    let folder = folder();
    write(folder.path(), "s/one.json", &strangers("one", "deny"));
    write(folder.path(), "s/two.json", &strangers("two", "deny"));
    let replay = &["replay", "s", "--fault", "direct-unchecked"];
    assert_eq!(run(folder.path(), &[replay, UPDATE]).0, 0);
    let (exit, told) = run(folder.path(), &[replay, BASELINE]);
    assert_eq!((exit, told.lines().last()), (0, Some("scenarios: 2 known")));
    write(folder.path(), "s/three.json", &strangers("three", "deny"));
    assert_eq!(run(folder.path(), &[replay, BASELINE]).0, 1, "a new scenario that shows it is new");
    write(folder.path(), "s/three.json", &strangers("three", "allow"));
    let (exit, told) = run(folder.path(), &[replay, BASELINE]);
    assert_eq!(
        (exit, told.lines().last()),
        (1, Some("scenarios: 1 failed, 2 known")),
        "a mistake in a file too"
    );
    std::fs::remove_file(folder.path().join("s/three.json")).expect("it is there");
    std::fs::remove_file(folder.path().join("s/two.json")).expect("it is there");
    let (exit, told) = run(folder.path(), &[replay, BASELINE]);
    assert!(exit == 0 && told.contains("\ngone broken-promise-direct-delivery of memory"), "{told}");
    // Without the implementation nobody can say whether the other finding is gone, but the file of this one is.
    let (exit, told) = run(folder.path(), &[&["replay", "s"], BASELINE]);
    assert!(exit == 0 && told.contains("in s/two.json\n") && !told.contains("in s/one.json"), "{told}");
}

#[test]
fn an_explored_policy_or_implementation_is_excused_in_the_same_way() {
    let folder = folder();
    let policy = &["explore", "--policy", "adder-only", "--depth", "4"];
    assert_eq!(run(folder.path(), &[policy, UPDATE]).0, 0);
    let (exit, told) = run(folder.path(), &[policy, BASELINE]);
    assert!(exit == 0 && told.contains("no-strangers  broken by 3 commands, known"), "{told}");
    let worse = &["explore", "--policy", "no-contact-rule", "--depth", "4"];
    assert_eq!(
        run(folder.path(), &[worse, BASELINE]).0,
        1,
        "whoever lists what is known expects the rest to be kept"
    );

    let service = &["explore", "--fault", "launcher-only", "--depth", "4"];
    assert_eq!(run(folder.path(), &[service, BASELINE]).0, 1);
    assert_eq!(run(folder.path(), &[service, UPDATE]).0, 0);
    let (exit, told) = run(folder.path(), &[service, BASELINE]);
    assert!(exit == 0 && told.contains("known broken-promise"), "{told}");
    // Without blocks there is no other cause than a missing approval.
    let kinds = "approve,create,invite,leave,message";
    let campaign = &["fuzz", "--fault", "launcher-only", "--runs", "40", "--commands", kinds];
    assert_eq!(run(folder.path(), &[campaign, BASELINE]).0, 0, "it does not matter who found it");
}

#[test]
fn a_policy_with_another_knob_is_another_policy() {
    let folder = folder();
    let knobs = r#"{"quorum": "any", "between-children": "both", "admission": "direct", "inviters": "members",
        "links": true, "newcomer": {"create": "inviter", "invite": "inviter", "accept": "anyone", "join": "anyone"},
        "message": {"send": "anyone", "deliver": "all"}, "call": {"send": "anyone", "deliver": "all"},
        "on-loss": "nothing"}"#;
    let explore = &["explore", "--policy", "mine.json", "--depth", "3"];
    write(folder.path(), "mine.json", knobs);
    assert_eq!(run(folder.path(), &[explore, UPDATE]).0, 0);
    let listed = read(folder.path(), "known.json");
    assert!(
        listed
            .contains(r#"{"policy": "adder-only", "verdict": "broken-promise", "promise": "no-strangers"}"#),
        "{listed}"
    );
    write(folder.path(), "mine.json", &knobs.replace(r#""links": true"#, r#""links": false"#));
    assert_eq!(run(folder.path(), &[explore, BASELINE]).0, 1);
    assert_eq!(run(folder.path(), &[explore, UPDATE]).0, 0);
    let listed = read(folder.path(), "known.json");
    assert!(
        listed.contains(r#"{"policy": "adder-only", "#) && listed.contains(r#"{"policy": "custom-"#),
        "{listed}"
    );
}

#[test]
fn what_is_no_answer_is_never_known() {
    let folder = folder();
    let driver =
        concat!("exec:python3 '", env!("CARGO_MANIFEST_DIR"), "/tests/it/misbehaving/driver.py' exit");
    let fuzz = &["fuzz", "--adapter", driver, "--runs", "5", "--length", "40", "--jobs", "1"];
    assert_eq!(run(folder.path(), &[fuzz, UPDATE]).0, 3);
    assert_eq!(read(folder.path(), "known.json"), "{\n  \"chatwarden-baseline\": 1,\n  \"known\": []\n}\n");
    assert_eq!(run(folder.path(), &[fuzz, BASELINE]).0, 3);
}

#[test]
fn a_mistake_in_a_baseline_is_located() {
    let folder = folder();
    let complains = |from: &str, to: &str, error: &str| {
        let text_of = baseline(&all_five());
        assert!(text_of.contains(from), "{from} is not in the baseline");
        write(folder.path(), "known.json", &text_of.replacen(from, to, 1));
        let output = chatwarden(folder.path(), &[FUZZ, BASELINE].concat());
        let told = text(&output.stderr);
        assert!(code(&output) == 2 && told.contains(&format!("known.json:{error}")), "{told}");
    };
    complains("too-strict", "to-strict", "8:92: unknown verdict `to-strict`; did you mean `too-strict`?");
    complains("too-strict", "inconclusive", "8:92: what is inconclusive is never known");
    complains(
        "no-strangers",
        "no-strngers",
        "4:142: unknown promise `no-strngers`; did you mean `no-strangers`?",
    );
    complains("\"fault\"", "\"falt\"", "4:55: a known finding has no field `falt`; did you mean `fault`?");
    complains("baseline\": 1", "baseline\": 2", "2:26: expected version 1 of the format");
    complains("\"create\"", "\"invite\"", "6:5: finding `broken-promise-invite-no-strangers of memory");
    complains("\"known\"", "\"knwon\"", "3:3: a baseline has no field `knwon`; did you mean `known`?");
    complains("{\n", "[\n", "2:");
}

#[test]
fn wrong_usage_of_baselines_is_refused() {
    refuses(&["fuzz", "--baseline", "missing.json"], "missing.json: cannot be read");
    refuses(&["fuzz", "--update-baseline"], "--baseline <FILE>");
    refuses(&["fuzz", "--baseline", "/dev/null/x.json", "--update-baseline"], "cannot write to /dev/null");
    refuses(&["explore", "--stop-at-first", "--baseline", "x.json"], "cannot be used with");
}
