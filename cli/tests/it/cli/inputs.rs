//! `to-corpus` and `from-artifact`: scenarios become inputs of fuzz targets, and come back the same.

use std::fs;
use std::path::Path;

use chatwarden::format::Scenario;
use chatwarden::replay;

use super::{chatwarden, code, folder, refuses, text};

const REPORTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios/reported");

#[test]
fn scenarios_become_inputs_and_come_back() {
    let folder = folder();
    let made = chatwarden(folder.path(), &["to-corpus", REPORTED, "--out", "corpus"]);
    assert_eq!(code(&made), 0, "{}", text(&made.stderr));
    let mut inputs: Vec<_> = fs::read_dir(folder.path().join("corpus"))
        .expect("it is there")
        .map(|entry| entry.expect("it can be listed").path())
        .collect();
    inputs.sort();
    let scenarios = replay::scenario_files(&[REPORTED.into()]).expect("there are scenarios");
    assert_eq!(inputs.len(), scenarios.len());
    for file in scenarios {
        let original = Scenario::open(&file).expect("it can be read");
        let input = folder.path().join("corpus").join(&original.name);
        let back = chatwarden(
            folder.path(),
            &["from-artifact", input.to_str().expect("it is text"), "--save", "back"],
        );
        assert_eq!(code(&back), 0, "{}", text(&back.stderr));
        let saved = text(&back.stdout);
        let saved = saved.trim().rsplit(' ').next().expect("it names the file");
        let scenario = Scenario::open(&folder.path().join(saved)).expect("it can be read");
        assert_eq!(replay::commands(&scenario), replay::commands(&original), "{}", original.name);
        assert_eq!(
            (&scenario.policy, &scenario.cast),
            (&original.policy, &original.cast),
            "{}",
            original.name
        );
        replay::against_policy(&scenario).expect("the policy does what it says");
    }
}

#[test]
fn what_an_input_leaves_open_the_options_say() {
    let folder = folder();
    let made = chatwarden(folder.path(), &["to-corpus", REPORTED, "--out", "corpus", "--own"]);
    assert_eq!(code(&made), 0, "{}", text(&made.stderr));
    let arguments = [
        "from-artifact",
        "corpus/messenger-kids-2019",
        "--policy",
        "adder-only",
        "--cast",
        "family",
        "--groups",
        "3",
        "--save",
        "back",
    ];
    let back = chatwarden(folder.path(), &arguments);
    assert_eq!(code(&back), 0, "{}", text(&back.stderr));
    let file = replay::scenario_files(&[folder.path().join("back")]).expect("it was saved").remove(0);
    let original = Scenario::open(&Path::new(REPORTED).join("messenger-kids-2019.json"));
    let (original, scenario) = (original.expect("it can be read"), Scenario::open(&file).expect("it can be"));
    assert_eq!(replay::commands(&scenario), replay::commands(&original));
    let said = fs::read_to_string(file).expect("it can be read");
    for word in ["\"adder-only\"", "\"family\"", "\"g3\""] {
        assert!(said.contains(word), "{word}: {said}");
    }
}

#[test]
fn inputs_that_cannot_be_read_are_said_to_be_and_keep_no_other() {
    let folder = folder();
    fs::write(folder.path().join("old"), [7, 0, 0]).expect("it can be written");
    fs::write(folder.path().join("empty"), [1]).expect("it can be written");
    chatwarden(folder.path(), &["to-corpus", REPORTED, "--out", "corpus"]);
    let back = chatwarden(
        folder.path(),
        &["from-artifact", "old", "missing", "empty", "corpus/messenger-kids-2019"],
    );
    assert_eq!(code(&back), 2);
    let errors = text(&back.stderr);
    for error in [
        "old: the input is of version 7; this program reads version 1",
        "missing: ",
        "empty: the input has no commands",
    ] {
        assert!(errors.contains(error), "{errors}");
    }
    assert!(text(&back.stdout).contains("saved scenarios/found/history-"));
    refuses(&["to-corpus", "no-such-file.json", "--out", "corpus"], "no-such-file.json");
}

/// A scenario of a user who writes to another.
fn direct(cast: &str, by: &str, to: &str) -> String {
    format!(
        r#"{{"chatwarden": 1, "name": "x", "policy": "messenger-kids", "cast": {cast}, "groups": [],
          "steps": [{{"command": {{"do": "direct", "by": "{by}", "to": "{to}"}}, "expect": "deny"}}]}}"#
    )
}

#[test]
fn users_stay_who_they_are_where_the_cast_is_left_to_the_target() {
    let folder = folder();
    let scenarios = folder.path().join("scenarios");
    fs::create_dir(&scenarios).expect("it can be made");
    // In the cast `small`, `sam` comes after `kim`; nobody is called `cyd`, and `ann` is no adult.
    let own = r#"[{"name": "sam", "kind": "adult"}, {"name": "mia", "kind": "guardian"}, {"name": "kim", "kind": "child", "guardians": ["mia"]}]"#;
    fs::write(scenarios.join("x.json"), direct(own, "sam", "kim")).expect("it can be written");
    fs::write(
        scenarios.join("stranger.json"),
        direct("\"family\"", "sam", "cyd").replace("\"x\"", "\"stranger\""),
    )
    .expect("it can be written");
    let made = chatwarden(folder.path(), &["to-corpus", "scenarios", "--own", "--out", "corpus"]);
    assert_eq!(code(&made), 0, "{}", text(&made.stderr));
    assert!(text(&made.stdout).contains("1 input in corpus"), "{}", text(&made.stdout));
    assert!(
        text(&made.stderr).contains("stranger.json is left out: the target has no ")
            && text(&made.stderr).contains("`cyd`"),
        "{}",
        text(&made.stderr)
    );
    let back = chatwarden(folder.path(), &["from-artifact", "corpus/x", "--save", "back"]);
    assert_eq!(code(&back), 0, "{}", text(&back.stderr));
    let file = replay::scenario_files(&[folder.path().join("back")]).expect("it was saved").remove(0);
    let said = fs::read_to_string(file).expect("it can be read");
    assert!(said.contains(r#""by": "sam", "to": "kim""#), "{said}");
}

#[test]
fn what_a_target_has_no_input_for_is_left_out_and_said_to_be() {
    let folder = folder();
    let said = |arguments: &[&str]| {
        let fixed = ["to-corpus", REPORTED, "--own", "--out", "corpus"];
        let made = chatwarden(folder.path(), &[&fixed, arguments].concat());
        assert_eq!(code(&made), 0);
        text(&made.stderr)
    };
    let long = said(&["--length", "2"]);
    assert!(long.contains("is left out: the target reads 2 commands, and the scenario has "), "{long}");
    let few = said(&["--groups", "0"]);
    assert!(few.contains("is left out: the target has 0 groups, and the scenario needs 1"), "{few}");
}

#[test]
fn what_a_person_wrote_into_a_scenario_stays() {
    let folder = folder();
    chatwarden(folder.path(), &["to-corpus", REPORTED, "--out", "corpus"]);
    let from_artifact = || chatwarden(folder.path(), &["from-artifact", "corpus/messenger-kids-2019"]);
    from_artifact();
    let found = folder.path().join("scenarios/found");
    let file = replay::scenario_files(&[found]).expect("it was saved").remove(0);
    let written =
        Scenario { about: Some("Seen in May.".into()), ..Scenario::open(&file).expect("it is one") };
    fs::write(&file, written.write()).expect("it can be written");
    assert_eq!(code(&from_artifact()), 0);
    assert_eq!(Scenario::open(&file), Ok(written));
}
