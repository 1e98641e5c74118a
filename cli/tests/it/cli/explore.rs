//! `explore` as its users run it: what is printed, saved and returned.

use std::fs;

use serde_json::{Value, json};

use super::{chatwarden, code, folder, json_lines, refuses, text};

#[test]
fn a_policy_that_breaks_its_promise_is_shown_with_the_shortest_chain() {
    let folder = folder();
    let arguments = ["explore", "--policy", "messenger-kids-2019", "--depth", "4"];
    let explored = chatwarden(folder.path(), &arguments);
    assert_eq!(code(&explored), 0, "an answer is no failure");
    let printed = text(&explored.stdout);
    for line in [
        "messenger-kids-2019, cast small, 1 group, 125 commands",
        "states 1,816 up to 2 permutations, transitions 13,869, depth 4, not complete: longer traces were not asked for",
        "no-strangers  broken by 3 commands",
        "     2  create(sam, g1, [kay, kim])",
        "ann has not approved kim for kay",
        "delivery      broken by 4 commands",
        "     3  message(kay, g1)  delivered to kim and sam",
        "invitation    kept up to 4 commands",
        "ban           kept by construction: only an implementation can break it",
    ] {
        assert!(printed.contains(line), "{line} is not in\n{printed}");
    }
    assert_eq!(text(&explored.stderr), "", "it is quiet in a pipe");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is saved unasked");
}

#[test]
fn only_a_complete_search_says_that_a_promise_is_kept() {
    let folder = folder();
    let explored = |arguments: &[&str]| {
        let all = [&["explore", "--commands", "approve,create,message"], arguments].concat();
        text(&chatwarden(folder.path(), &all).stdout)
    };
    let complete = explored(&[]);
    assert!(complete.contains("complete: everything that can be reached was tried"), "{complete}");
    assert!(complete.contains("no-strangers  kept\n"), "{complete}");
    let bounded = explored(&["--depth", "2"]);
    assert!(bounded.contains("no-strangers  kept up to 2 commands\n"), "{bounded}");
    assert!(!bounded.contains("no-strangers  kept\n"), "{bounded}");
    let table = explored(&["--depth", "2", "--all-policies"]);
    assert!(table.contains("✓ ≤2") && table.contains("✓ ≤N no trace of up to N commands"), "{table}");
}

#[test]
fn json_lines_of_policies_have_the_fields_of_the_formats_page() {
    let folder = folder();
    let arguments = ["explore", "--all-policies", "--depth", "3", "--promises", "no-strangers,ban", "--json"];
    let lines = json_lines(&chatwarden(folder.path(), &arguments));
    let policies: Vec<_> = lines.iter().map(|line| line["policy"].as_str().unwrap()).collect();
    assert_eq!(
        policies.join(" "),
        "messenger-kids messenger-kids-2019 pairwise-consent at-least-one-contact adder-only invite-time-only \
         no-contact-rule"
    );
    for line in &lines {
        assert_eq!(
            fields(line),
            "type policy cast groups alphabet states transitions renamings unrenamed depth complete seconds bytes promises"
        );
        assert_eq!((&line["type"], &line["complete"]), (&json!("exploration"), &json!(false)));
        assert_eq!(
            (&line["cast"], &line["groups"], &line["alphabet"]),
            (&json!("small"), &json!(1), &json!(125))
        );
        assert_eq!(fields(&line["promises"]), "no-strangers ban", "an old name is accepted and not printed");
    }
    assert_eq!(lines[0]["promises"], json!({"no-strangers": null, "ban": null}));
    assert_eq!(lines[1]["promises"]["no-strangers"], json!({"length": 3, "file": null, "known": null}));
}

#[test]
fn counterexamples_are_saved_as_scenarios_that_replay() {
    let folder = folder();
    let arguments = ["explore", "--policy", "invite-time-only", "--depth", "5", "--save", "out", "--json"];
    let line = &json_lines(&chatwarden(folder.path(), &arguments))[0];
    let mut files = Vec::new();
    for (promise, length) in [("no-strangers", 4), ("delivery", 5)] {
        let broken = &line["promises"][promise];
        assert_eq!(broken["length"], length);
        let file = broken["file"].as_str().expect("it is saved");
        assert!(file.starts_with(&format!("out/{promise}-invite-time-only-")), "{file}");
        let saved: Value =
            serde_json::from_str(&fs::read_to_string(folder.path().join(file)).unwrap()).unwrap();
        assert_eq!(saved["steps"].as_array().unwrap().len(), length);
        assert!(saved["about"].as_str().unwrap().contains("No shorter history breaks it"), "{saved}");
        let breaks = saved["breaks"].as_array().unwrap();
        assert!(breaks.iter().any(|known| known["promise"] == promise && known["at"] == length - 1));
        files.push(file.to_string());
    }
    let replayed = chatwarden(folder.path(), &["replay", "out"]);
    assert_eq!((code(&replayed), text(&replayed.stdout).contains("2 passed")), (0, true));

    chatwarden(folder.path(), &arguments);
    assert_eq!(fs::read_dir(folder.path().join("out")).unwrap().count(), files.len(), "names are stable");
}

#[test]
fn whether_a_broken_promise_fails_is_the_user_s_to_say() {
    let folder = folder();
    let explored = |arguments: &[&str]| {
        code(&chatwarden(folder.path(), &[&["explore", "--depth", "3", "--expect-kept"], arguments].concat()))
    };
    assert_eq!(explored(&["--policy", "adder-only"]), 1);
    assert_eq!(explored(&["--policy", "adder-only", "--promises", "invitation,ban"]), 0);
    assert_eq!(explored(&["--policy", "messenger-kids"]), 0);
    assert_eq!(explored(&["--all-policies"]), 1);
}

#[test]
fn a_search_that_runs_out_of_memory_tells_what_it_knows() {
    let folder = folder();
    let arguments = ["explore", "--policy", "adder-only", "--memory", "100kB", "--json"];
    let output = chatwarden(folder.path(), &arguments);
    assert_eq!(code(&output), 0);
    let line = &json_lines(&output)[0];
    assert_eq!((&line["complete"], &line["promises"]["no-strangers"]["length"]), (&json!(false), &json!(3)));
}

/// A question without an answer is no pass.
#[test]
fn a_search_that_was_cut_off_is_inconclusive_where_a_pass_was_asked_for() {
    let folder = folder();
    let ends = |arguments: &[&str]| {
        code(&chatwarden(folder.path(), &[&["explore", "--memory", "100kB"], arguments].concat()))
    };
    assert_eq!(ends(&["--expect-kept", "--junit", "kept.xml"]), 3);
    let report = fs::read_to_string(folder.path().join("kept.xml")).unwrap();
    assert!(report.contains(r#"errors="1""#), "{report}");
    assert_eq!(ends(&["--expect-kept", "--policy", "adder-only"]), 1);
    assert_eq!(ends(&["--expect-kept", "--depth", "0"]), 3, "no command was tried");
    assert_eq!(ends(&["--adapter", "memory", "--junit", "x.xml"]), 3);
    let report = fs::read_to_string(folder.path().join("x.xml")).unwrap();
    assert!(report.contains(r#"errors="1""#), "{report}");
}

#[test]
fn junit_has_a_test_for_each_promise() {
    let folder = folder();
    let arguments = ["explore", "--policy", "adder-only", "--depth", "3", "--junit", "x.xml"];
    assert_eq!(code(&chatwarden(folder.path(), &arguments)), 0);
    let report = fs::read_to_string(folder.path().join("x.xml")).unwrap();
    assert!(report.contains(r#"tests="13""#) && report.contains(r#"failures="1""#), "{report}");
    assert!(report.contains("create(sam, g1, [kay, kim])"), "{report}");
}

#[test]
fn an_implementation_is_driven_through_every_situation() {
    let folder = folder();
    let arguments = ["explore", "--adapter", "memory", "--depth", "3", "--json"];
    let output = chatwarden(folder.path(), &arguments);
    assert_eq!(code(&output), 0);
    let lines = json_lines(&output);
    assert_eq!(lines.len(), 1);
    assert_eq!(
        fields(&lines[0]),
        "type policy cast groups alphabet adapter fault fidelity paths renamings unrenamed states allowed refused \
         executed carried_out left_out resets depth judged complete end seconds findings"
    );
    assert_eq!((&lines[0]["type"], &lines[0]["findings"]), (&json!("conformance"), &json!(0)));
    assert_eq!((&lines[0]["depth"], &lines[0]["complete"]), (&json!(3), &json!(false)));
    assert!(!folder.path().join("scenarios").exists(), "nothing is saved");
}

#[test]
fn what_does_not_conform_is_found_by_its_shortest_chain_saved_and_replayed() {
    let folder = folder();
    let explore = ["explore", "--fault", "over-strict", "--depth", "3"];
    let output = chatwarden(folder.path(), &[&explore[..], &["--json"]].concat());
    assert_eq!(code(&output), 1);
    let lines = json_lines(&output);
    let [finding, conformance] = lines.as_slice() else { panic!("{lines:?}") };
    assert_eq!((&finding["verdict"], &finding["steps"]), (&json!("too-strict"), &json!(3)));
    assert_eq!((&finding["seed"], &finding["run"]), (&Value::Null, &Value::Null));
    assert_eq!(finding["minimal"], "certified");
    assert_eq!(conformance["findings"], 1);
    let file = finding["file"].as_str().expect("it is saved");
    assert!(file.starts_with("scenarios/found/too-strict-invite-"), "{file}");
    let replay =
        |arguments: &[&str]| code(&chatwarden(folder.path(), &[&["replay", file], arguments].concat()));
    assert_eq!((replay(&["--fault", "over-strict"]), replay(&["--adapter", "memory"])), (1, 0));
    let saved = fs::read_to_string(folder.path().join(file)).unwrap();
    assert!(saved.contains(r#""engine": "explore""#), "{saved}");

    let printed = text(&chatwarden(folder.path(), &explore).stdout);
    assert!(
        printed.contains(
            "among all traces of up to 3 commands there is no first deviation other than those listed"
        ),
        "{printed}"
    );
    assert!(printed.contains("`--no-symmetry`"), "what is assumed is said:\n{printed}");
    let paths = [&explore[..], &["--paths", "2", "--no-symmetry"]].concat();
    let printed = text(&chatwarden(folder.path(), &paths).stdout);
    assert!(printed.contains("each visible state was expanded from up to 2 traces"), "{printed}");
    assert!(!printed.contains("`--no-symmetry`"), "{printed}");
}

/// A child is no guardian, so its approval is ill-typed; and yet an implementation may let it through.
#[test]
fn ill_typed_commands_are_tried_with_an_implementation() {
    let folder = folder();
    let explore = ["explore", "--fault", "child-approves", "--depth", "1"];
    let found = chatwarden(folder.path(), &explore);
    assert_eq!(code(&found), 1);
    assert!(text(&found.stdout).contains("it breaks the promise guardianship"), "{}", text(&found.stdout));
    let well_typed = [&explore[..], &["--well-typed"]].concat();
    assert_eq!(code(&chatwarden(folder.path(), &well_typed)), 0);
}

#[test]
fn wrong_usage_is_refused() {
    refuses(&["explore", "--policy", "adder-onyl"], "did you mean `adder-only`?");
    refuses(&["explore", "--all-policies", "--policy", "adder-only"], "cannot be used with");
    refuses(&["explore", "--all-policies", "--fault", "over-strict"], "cannot be used with");
    refuses(&["explore", "--expect-kept", "--adapter", "memory"], "cannot be used with");
    refuses(&["explore", "--paths", "2"], "`--paths` goes only with");
    refuses(&["explore", "--well-typed"], "`--well-typed` goes only with");
    refuses(&["explore", "--certify"], "`--certify` goes only with");
    refuses(&["explore", "--fidelity", "exact"], "`--fidelity` goes only with");
    refuses(&["explore", "--memory", "much"], "expected a size, such as `4GiB`");
    refuses(&["explore", "--groups", "0", "--commands", "leave"], "none of the commands");
    refuses(&["explore", "--groups", "9"], "0..=8");
    refuses(&["explore", "--save", "/dev/null/x"], "cannot write to /dev/null/x");
    refuses(&["explore", "--fault", "over-strict", "--save", "/dev/null/x"], "cannot write to /dev/null/x");
}

#[test]
#[cfg(target_os = "linux")]
fn an_interrupted_search_ends_with_what_it_has() {
    let folder = folder();
    let explore = ["explore", "--groups", "2", "--jobs", "2", "--json"];
    let output = super::interrupted_when(folder.path(), &explore, super::has_begun);
    assert_eq!(code(&output), 130);
    let line = &json_lines(&output)[0];
    assert_eq!((&line["type"], &line["complete"]), (&json!("exploration"), &json!(false)));
}

fn fields(value: &Value) -> String {
    value.as_object().expect("an object").keys().cloned().collect::<Vec<_>>().join(" ")
}
