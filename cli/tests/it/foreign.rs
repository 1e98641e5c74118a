//! Text from outside in every output. Each field that somebody else writes holds a hostile text; each
//! output is searched for what a terminal, a log viewer or a CI system would obey.
//!
//! The inputs are files and their names, options, and the words of a driver. The outputs are standard
//! output and standard error of each subcommand, JSON lines, annotations, reports and saved files.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::cli::folder;

/// Something of each kind that is obeyed. A name of a file can hold it.
const HOSTILE: &str = "FIELD\n::error::no\r::warning::no\u{1b}[2J\u{1b}]0;no\u{7}\u{9b}2J\u{85} ::notice::no\u{202e}\u{2066}\
    \u{200b}\u{feff}\u{ad}\u{e0041}\u{2028}::error::no ##[error]no ##vso[no]";

/// A command, and the fields whose start has to be seen in its output.
type Run<'a> = (Vec<&'a str>, &'a [&'a str]);

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

/// Writes the inputs to a folder with a hostile name, and returns its name.
fn write_inputs(root: &Path) -> String {
    let name = hostile("folder");
    let folder = root.join(&name);
    fs::create_dir(&folder).expect("the name is allowed");
    let write =
        |file: &str, value: Value| fs::write(folder.join(file), value.to_string()).expect("it is written");
    let scenario = |name: &str, expect: &str| {
        json!({
            "chatwarden": 1, "name": name, "about": hostile("about"), "source": hostile("source"),
            "policy": "messenger-kids", "cast": "small", "groups": [],
            "steps": [{"command": {"do": "block", "by": "kay", "who": "kim"}, "expect": expect}],
        })
    };
    write("told.json", scenario("told", "allow"));
    write("wrong.json", scenario("wrong", "deny"));
    let mut unreadable = scenario("unreadable", "allow");
    unreadable[hostile("key")] = Value::Null;
    write("unreadable.json", unreadable);
    write("policy.json", json!("adder-only"));
    write("cast.json", json!("small"));
    fs::write(folder.join("input"), "").expect("it is written");
    let known = json!({
        "scenario": hostile("scenario"), "policy": hostile("policy"), "adapter": hostile("adapter"),
        "fault": hostile("fault"), "verdict": "too-strict",
    });
    fs::write(root.join("known.json"), json!({"chatwarden-baseline": 1, "known": [known]}).to_string())
        .expect("it is written");
    fs::write(root.join("words.txt"), HOSTILE).expect("it is written");
    fs::write(root.join("driver.py"), include_str!("foreign/driver.py")).expect("it is written");
    name
}

/// Runs the program in a step of GitHub Actions, and returns what it printed.
fn printed(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_chatwarden"))
        .args(arguments)
        .current_dir(folder)
        .env("GITHUB_ACTIONS", "true")
        .output()
        .expect("the program starts");
    let [out, err] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).expect("it is UTF-8"));
    assert!(!err.contains("panicked at"), "{err}");
    out + &err
}

#[test]
fn no_field_of_an_input_is_obeyed_in_any_output() {
    let root = folder();
    let folder = write_inputs(root.path());
    let driver = |way: &str| format!("exec:python3 driver.py {way} '{}'", hostile("command"));
    let [deny, error, line, exit] = ["deny", "error", "line", "exit"].map(driver);
    let below = |file: &str| format!("{folder}/{file}");
    let [told, policy, cast, input] = ["told.json", "policy.json", "cast.json", "input"].map(below);
    let [found, corpus, missing] = ["found", "corpus", "missing/file"].map(below);
    let reports =
        ["1", "2", "3", "4"].map(|nth| [below(&format!("{nth}.xml")), below(&format!("{nth}.sarif"))]);
    let with_reports = |nth: usize, arguments: &[&'static str]| {
        let [junit, sarif]: &[String; 2] = &reports[nth];
        [arguments, &["--junit"]]
            .concat()
            .into_iter()
            .chain([junit.as_str(), "--sarif", sarif])
            .collect::<Vec<_>>()
    };
    let [option, unclosed] = [hostile("option"), format!("exec:'{}", hostile("option"))];
    let program = format!("'{}'", hostile("option"));
    let few = ["--runs", "20", "--shrink-time", "1s", "--save", &found];

    let runs: Vec<Run<'_>> = vec![
        (vec!["explain", &told], &["about", "source"]),
        (vec!["explain", &told, "--adapter", &deny], &["command", "because"]),
        (
            [with_reports(0, &["replay"]), vec![&folder, "--baseline", "known.json"]].concat(),
            &["folder", "key", "scenario", "policy", "adapter", "fault"],
        ),
        (vec!["replay", &folder, "--baseline", "known.json", "--json"], &["folder", "scenario"]),
        (vec!["replay", &folder, "--baseline", "new.json", "--update-baseline"], &["folder"]),
        (
            [&with_reports(1, &["fuzz"])[..], &["--adapter", &deny], &few].concat(),
            &["folder", "command", "because"],
        ),
        ([&["fuzz", "--adapter", &error], &few[..]].concat(), &["folder", "error", "command"]),
        ([&["fuzz", "--json", "--adapter", &error], &few[..]].concat(), &["folder", "error"]),
        ([&with_reports(2, &["check-driver"])[..], &[&exit]].concat(), &["log"]),
        (vec!["explore", "--depth", "1", "--adapter", &line, "--save", &found], &["line"]),
        (vec!["explore", "--depth", "1", "--adapter", &deny, "--save", &found], &["name"]),
        (
            vec!["explore", "--depth", "1", "--adapter", &deny, "--save", &found, "--json"],
            &["name", "because"],
        ),
        (
            [&with_reports(3, &["explore"])[..], &["--depth", "3", "--policy", &policy, "--cast", &cast]]
                .concat(),
            &["folder"],
        ),
        (vec!["replay", &told, "--adapter", &deny], &["folder", "because"]),
        (vec!["shrink", &told, "--adapter", &deny, "--save", &found], &["folder", "command"]),
        (vec!["from-artifact", &input, &missing], &["folder"]),
        (vec!["to-corpus", &folder, "--out", &corpus], &["folder", "key"]),
        (vec!["fuzz", "--adapter", &option], &["option"]),
        (vec!["fuzz", "--adapter", &unclosed], &["option"]),
        (vec!["check-driver", &program], &["option"]),
        (vec!["fuzz", "--fault", &option], &["option"]),
        (vec!["fuzz", "--policy", &option], &["option"]),
        (vec!["replay", &told, "--junit", &missing], &["folder"]),
        (vec!["explain", &missing], &["folder"]),
    ];
    for (arguments, fields) in &runs {
        let printed = printed(root.path(), arguments);
        assert_eq!(obeyed(&printed), None, "{arguments:?} prints\n{printed}");
        for field in *fields {
            assert!(printed.contains(&format!("{field}-field")), "no {field} in {arguments:?}:\n{printed}");
        }
    }

    let inputs = ["told.json", "wrong.json", "unreadable.json", "known.json", "words.txt"];
    let written: Vec<_> = files_below(root.path())
        .into_iter()
        .filter(|file| !inputs.iter().any(|input| file.ends_with(input)))
        .collect();
    assert!(written.len() > 10, "{written:?}");
    for file in &written {
        let text = String::from_utf8_lossy(&fs::read(file).expect("it can be read")).into_owned();
        let of = |extension: &str| file.extension().is_some_and(|other| other == extension);
        if of("json") || of("xml") || of("sarif") {
            assert_eq!(obeyed(&text), None, "{file:?} has\n{text}");
        }
        if of("sarif") {
            let report: Value = serde_json::from_str(&text).expect("it is JSON");
            let obeyed: Vec<_> = strings(&report).into_iter().filter_map(obeyed).collect();
            assert!(obeyed.is_empty(), "{file:?} has {obeyed:?}");
        }
    }
}
