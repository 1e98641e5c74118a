//! Text from outside in every output. Each field that somebody else writes holds a hostile text; each
//! output is searched for what a terminal, a log viewer or a CI system would obey.
//!
//! The inputs are files and their names, options, and the words of a driver. The outputs are standard
//! output and standard error of each subcommand, JSON lines, annotations, reports and saved files.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use chatwarden::format::PolicySpec;
use chatwarden::model::Preset;
use serde_json::{Value, json};

use crate::cli::{folder, text};

/// Something of each kind that is obeyed. A name of a file can hold it.
const HOSTILE: &str = "FIELD\n::error::no\r::warning::no\u{1b}[2J\u{1b}]0;no\u{7}\u{9b}2J\u{85} ::notice::no\u{202e}\u{2066}\
    \u{200b}\u{feff}\u{ad}\u{e0041}\u{2028}::error::no ##[error]no ##vso[no]";

/// The commands, and the fields whose start has to be seen in what each of them prints. A word with `$` is
/// a hostile value, see [`value`].
const RUNS: &[(&str, &[&str])] = &[
    ("explain $told", &["about", "source", "rules"]),
    ("explain $told --adapter $deny", &["command", "because"]),
    ("explain $recorded", &["message", "because", "engine", "adapter", "version", "fault"]),
    ("list policies $own", &["rules"]),
    (
        "replay $folder --baseline known.json --junit $junit --sarif $sarif",
        &["folder", "key", "scenario", "policy", "adapter", "fault"],
    ),
    ("replay $folder --baseline known.json --json", &["folder", "scenario"]),
    ("replay $folder --baseline new.json --update-baseline", &["folder"]),
    ("replay $told --adapter $deny --junit $junit --sarif $sarif", &["folder", "because"]),
    (
        "fuzz --runs 9 --adapter $deny --save $save --junit $junit --sarif $sarif",
        &["saved", "command", "because"],
    ),
    ("fuzz --runs 9 --shrink-time 1ms --adapter $error --save $save", &["saved", "error", "command"]),
    ("fuzz --runs 9 --shrink-time 1ms --adapter $error --save $save --json", &["saved", "error"]),
    ("check-driver $exit --junit $junit --sarif $sarif", &["log"]),
    ("explore --depth 1 --adapter $line --save $save", &["line"]),
    ("explore --depth 1 --adapter $deny --save $save", &["name", "because"]),
    ("explore --depth 1 --adapter $deny --save $save --json", &["name", "because"]),
    (
        "explore --depth 3 --policy $policy --cast $cast --save $save --junit $junit --sarif $sarif",
        &["folder", "saved"],
    ),
    ("shrink $told --adapter $deny --save $save", &["saved", "command"]),
    ("from-artifact $input $missing", &["folder"]),
    ("to-corpus $folder --out $save", &["saved", "key"]),
    ("fuzz --adapter $option", &["option"]),
    ("fuzz --adapter $unclosed", &["option"]),
    ("check-driver $program --junit $junit --sarif $sarif", &["option"]),
    ("fuzz --fault $option --junit $junit --sarif $sarif", &["option"]),
    ("fuzz --policy $option", &["option"]),
    ("replay $told --junit $missing", &["folder"]),
    ("explain $missing", &["folder"]),
];

fn hostile(field: &str) -> String {
    HOSTILE.replace("FIELD", &format!("{field}-field"))
}

/// Whether a line that GitHub Actions reads as a command is one of our annotations.
fn is_annotation(line: &str) -> bool {
    let mut parts = line.splitn(3, "::").skip(1);
    let (kind, properties) = parts.next().and_then(|command| command.split_once(' ')).unwrap_or_default();
    ["error", "warning", "notice"].contains(&kind) && properties.contains("title=")
}

/// The first thing in the text that is obeyed. The list is not that of the sanitizer.
fn obeyed(text: &str) -> Option<String> {
    let is_hidden = |char: &char| {
        (char.is_control() && *char != '\n')
            || matches!(char, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
            || matches!(char, '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
    };
    let is_command = |line: &&str| {
        let is_foreign = line.trim_start().starts_with("::") && !is_annotation(line);
        is_foreign || line.contains("##[") || line.contains("##vso[")
    };
    let line = text.lines().find(is_command).map(String::from);
    line.or_else(|| text.chars().find(is_hidden).map(|char| char.escape_unicode().to_string()))
}

/// Every string in the value.
fn strings(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().flat_map(strings).collect(),
        Value::Object(fields) => fields.values().flat_map(strings).collect(),
        _ => Vec::new(),
    }
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let paths =
        fs::read_dir(folder).expect("it can be listed").map(|entry| entry.expect("it is there").path());
    paths.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}

/// Writes the inputs to a folder with a hostile name, and makes the folder for what is saved.
fn write_inputs(root: &Path) {
    let folder = root.join(hostile("folder"));
    for folder in [&folder, &root.join(hostile("saved"))] {
        fs::create_dir(folder).expect("the name is allowed");
    }
    let write = |file: PathBuf, text: &str| fs::write(file, text).expect("it can be written");
    let policy = PolicySpec::from(Preset::MessengerKids.policy()).write();
    let mut policy: Value = serde_json::from_str(&policy).expect("it is JSON");
    policy["about"] = hostile("rules").into();
    let scenario = |name: &str, expect: &str| {
        json!({
            "chatwarden": 1, "name": name, "about": hostile("about"), "source": hostile("source"),
            "policy": policy, "cast": "small", "groups": [],
            "steps": [{"command": {"do": "block", "by": "kay", "who": "kim"}, "expect": expect}],
        })
    };
    let mut recorded = scenario("recorded", "allow");
    recorded["finding"] = json!({
        "engine": hostile("engine"), "adapter": hostile("adapter"), "fault": hostile("fault"), "fidelity": "exact",
        "harness": hostile("harness"), "implementation": hostile("version"), "verdict": "too-strict",
        "command": "block", "at": 0, "message": hostile("message"), "because": hostile("because"), "minimal": "none",
    });
    let mut unreadable = scenario("unreadable", "allow");
    unreadable[hostile("key")] = Value::Null;
    for (file, value) in [
        ("told.json", scenario("told", "allow")),
        ("wrong.json", scenario("wrong", "deny")),
        ("recorded.json", recorded),
        ("unreadable.json", unreadable),
        ("own.policy", policy.clone()),
        ("preset.policy", json!("adder-only")),
        ("cast", json!("small")),
    ] {
        write(folder.join(file), &value.to_string());
    }
    write(folder.join("input"), "");
    let known = json!({
        "scenario": hostile("scenario"), "policy": hostile("policy"), "adapter": hostile("adapter"),
        "fault": hostile("fault"), "verdict": "too-strict",
    });
    write(root.join("known.json"), &json!({"chatwarden-baseline": 1, "known": [known]}).to_string());
    write(root.join("words.txt"), HOSTILE);
    write(root.join("driver.py"), include_str!("foreign/driver.py"));
}

/// The value of a word in a run. Each run saves to files of its own.
fn value(word: &str, run: usize) -> String {
    let (folder, saved) = (hostile("folder"), format!("{}/{run}", hostile("saved")));
    let Some(name) = word.strip_prefix('$') else { return word.into() };
    match name {
        "folder" => folder,
        "told" | "recorded" => format!("{folder}/{name}.json"),
        "own" => format!("{folder}/own.policy"),
        "policy" => format!("{folder}/preset.policy"),
        "cast" | "input" => format!("{folder}/{name}"),
        "missing" => format!("{folder}/missing/file"),
        "save" => saved,
        "junit" => format!("{saved}.xml"),
        "sarif" => format!("{saved}.sarif"),
        "deny" | "error" | "line" | "exit" => {
            format!("exec:python3 driver.py {name} '{}'", hostile("command"))
        }
        "option" => hostile("option"),
        "unclosed" => format!("exec:'{}", hostile("option")),
        "program" => format!("'{}'", hostile("option")),
        other => panic!("`{other}` is no value"),
    }
}

/// Starts a run in a step of GitHub Actions.
fn start(root: &Path, run: usize) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chatwarden"));
    command.args(RUNS[run].0.split(' ').map(|word| value(word, run))).current_dir(root);
    command.env("GITHUB_ACTIONS", "true").stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("the program starts")
}

#[test]
fn no_field_of_an_input_is_obeyed_in_any_output() {
    let root = folder();
    write_inputs(root.path());
    let runs: Vec<usize> = (0..RUNS.len()).collect();
    for some in runs.chunks(4) {
        let started: Vec<_> = some.iter().map(|&run| (RUNS[run], start(root.path(), run))).collect();
        for ((arguments, fields), child) in started {
            let output = child.wait_with_output().expect("it ends");
            let printed = text(&output.stdout) + &text(&output.stderr);
            assert_eq!(obeyed(&printed), None, "{arguments} prints\n{printed}");
            assert!(!printed.contains("panicked at"), "{printed}");
            for field in fields {
                let start = format!("{field}-field");
                assert!(printed.contains(&start), "no {field} in {arguments}:\n{printed}");
            }
        }
    }
    let saved = files_below(&root.path().join(hostile("saved"))).into_iter();
    let saved = saved.chain([root.path().join("new.json")]).map(|file| {
        // The inputs of fuzz targets are no text.
        let text = fs::read_to_string(&file).unwrap_or_default();
        (file.extension().unwrap_or_default().to_string_lossy().into_owned(), text)
    });
    let saved: Vec<_> = saved.collect();
    for kind in ["json", "xml", "sarif"] {
        let texts = saved.iter().filter(|(other, _)| other == kind).map(|(_, text)| text);
        assert!(texts.clone().any(|text| text.contains("because-field")), "no reason in any {kind}");
        texts.for_each(|text| assert_eq!(obeyed(text), None, "it is in\n{text}"));
    }
    for (_, text) in saved.iter().filter(|(kind, _)| kind == "sarif") {
        let report: Value = serde_json::from_str(text).expect("it is JSON");
        let obeyed: Vec<_> = strings(&report).into_iter().filter_map(obeyed).collect();
        assert!(obeyed.is_empty(), "a report has {obeyed:?}");
    }
}
