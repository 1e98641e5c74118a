//! `list`: a policy as a file that is read back, the knobs, the effects of commands, and one name of
//! many.

use std::collections::BTreeMap;

use chatwarden::format::PolicySpec;
use chatwarden::model::{CommandKind, Knob, NamedEnum, Policy, Preset};
use serde_json::Value;

use crate::cli::{chatwarden, code, folder, json_lines, refuses, text};

/// The knobs in a JSON object, each with its value; knobs within a group are named with a dot.
fn knobs(value: &Value) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for (key, value) in value.as_object().expect("a policy is an object") {
        match value {
            Value::Object(_) => {
                found
                    .extend(knobs(value).into_iter().map(|(inner, value)| (format!("{key}.{inner}"), value)));
            }
            Value::String(word) => drop(found.insert(key.clone(), word.clone())),
            other => drop(found.insert(key.clone(), other.to_string())),
        }
    }
    found
}

#[test]
fn a_listed_policy_is_a_file_with_every_knob_and_explained_beside_it() {
    let folder = folder();
    let output = chatwarden(folder.path(), &["list", "policies", "pairwise-consent"]);
    assert_eq!(code(&output), 0);
    let file = folder.path().join("my.json");
    std::fs::write(&file, &output.stdout).expect("it can be written");
    let read = PolicySpec::open(&file).expect("it is a policy");
    let preset = Preset::PairwiseConsent;
    assert_eq!(
        (read.policy(), read.name(), read.about()),
        (preset.policy(), preset.name(), Some(preset.about()))
    );

    let mut in_file = knobs(&serde_json::from_slice(&output.stdout).expect("it is JSON"));
    assert!(in_file.remove("name").is_some() && in_file.remove("about").is_some());
    let wanted = Knob::ALL.iter().map(|knob| (knob.name().into(), knob.value(&preset.policy()).name.into()));
    assert_eq!(in_file, wanted.collect(), "the table of knobs has every knob of a file");

    let (explained, one_line) = (text(&output.stderr), |text: &str| text.replace("\n      ", " "));
    assert!(explained.lines().all(|line| line.chars().count() <= 106), "{explained}");
    for knob in Knob::ALL {
        let value = knob.value(&preset.policy());
        assert!(explained.contains(&format!("\n  {knob}: {}\n", value.name)), "{explained}");
        let meaning = format!("{}: {}", knob.about(), value.about);
        assert!(one_line(&explained).contains(&meaning), "{meaning}");
    }

    let only_file = chatwarden(folder.path(), &["list", "policies", "pairwise-consent", "--json"]);
    assert_eq!((only_file.stdout, text(&only_file.stderr)), (output.stdout, String::new()));
}

#[test]
fn a_policy_of_a_file_is_called_by_its_name_and_its_description_is_harmless() {
    let folder = folder();
    let text_of = |name: &str| {
        let file = PolicySpec::Preset(Preset::AdderOnly).file();
        file.replace("\"adder-only\"", name).replacen(
            "\"about\": \"",
            "\"about\": \"\\u001b[2J\\n::error::\\u202e",
            1,
        )
    };
    let write = |text: &str| std::fs::write(folder.path().join("my.json"), text).expect("it can be written");
    write(&text_of("\"club\""));
    let listed = chatwarden(folder.path(), &["list", "policies", "my.json"]);
    assert_eq!(code(&listed), 0);
    let said = text(&listed.stderr);
    assert!(said.contains("\nclub: \\u{1b}[2J\\n::error::\\u{202e}only who adds"), "{said}");
    let explored = chatwarden(folder.path(), &["explore", "--policy", "my.json", "--depth", "0", "--json"]);
    assert_eq!(json_lines(&explored)[0]["policy"], "club");
    write(&text_of("\"club\\u001b\""));
    let wrong = chatwarden(folder.path(), &["list", "policies", "my.json"]);
    assert_eq!(code(&wrong), 2);
    assert!(text(&wrong.stderr).contains("is not a name") && !text(&wrong.stderr).contains("club\u{1b}"));
}

#[test]
fn every_knob_is_listed_with_its_values_and_its_default() {
    let folder = folder();
    let listed = text(&chatwarden(folder.path(), &["list", "knobs"]).stdout);
    let lines = json_lines(&chatwarden(folder.path(), &["list", "knobs", "--json"]));
    assert_eq!(lines.len(), Knob::ALL.len());
    for (knob, line) in Knob::ALL.iter().zip(lines) {
        assert!(listed.contains(&format!("{knob}: {}\n", knob.about())), "{knob}");
        assert_eq!((&line["knob"], &line["about"]), (&knob.name().into(), &knob.about().into()));
        let default = knob.value(&Policy::DEFAULT);
        assert_eq!(line["default"], default.name);
        assert!(listed.contains(&format!("{} (default)\n", default.about)), "{knob}");
        let values = line["values"].as_array().expect("a list");
        let values = values.iter().map(|value| (value["value"].as_str(), value["about"].as_str()));
        assert!(values.eq(knob.values().iter().map(|value| (Some(value.name), Some(value.about)))), "{knob}");
    }
}

#[test]
fn every_command_is_listed_with_its_effect_and_one_in_full() {
    let folder = folder();
    let listed = text(&chatwarden(folder.path(), &["list", "commands"]).stdout).replace("\n    ", " ");
    for kind in CommandKind::ALL {
        assert!(listed.contains(&format!(" effect: {}\n", kind.effect())), "{kind}: {listed}");
    }
    let invite = text(&chatwarden(folder.path(), &["list", "commands", "invite"]).stdout);
    assert!(invite.starts_with("invite(by, group, who): a member invites a user\n"), "{invite}");
    assert!(!invite.contains("accept("), "{invite}");
    for field in CommandKind::Invite.fields() {
        assert!(invite.contains(field.about()), "{invite}");
    }
    for condition in CommandKind::Invite.conditions() {
        assert!(invite.contains(condition.about()), "{invite}");
    }
    assert!(invite.replace("\n    ", " ").contains(CommandKind::Invite.effect()), "{invite}");
}

#[test]
fn one_name_is_listed_alone_and_a_wrong_one_is_refused() {
    let folder = folder();
    let fault = text(&chatwarden(folder.path(), &["list", "faults", "launcher-only"]).stdout);
    assert!(fault.starts_with("  launcher-only\n") && fault.lines().count() < 8, "{fault}");
    refuses(&["list", "commands", "invit"], "unknown command `invit`; did you mean `invite`?");
    refuses(&["list", "policies", "adder"], "unknown policy");
    refuses(&["list", "casts", "small", "--json"], "`--json` goes only with");
}
