//! `prove` as a process: results, exit codes, reports, and solvers that are absent or wrong.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use chatwarden_model::NamedEnum;
use chatwarden_prove::Fact;
use serde_json::Value;
use tempfile::TempDir;

use crate::cli::{chatwarden, code, command, folder, json_lines, text};

/// The result of each promise in the first line.
fn results(output: &Output) -> Vec<(String, String)> {
    let line = &json_lines(output)[0];
    assert_eq!(line["type"], "proof", "{line}");
    let promises = line["promises"].as_object().expect("an object");
    let word = |value: &Value| value["result"].as_str().expect("a word").to_string();
    promises.iter().map(|(promise, value)| (promise.clone(), word(value))).collect()
}

#[test]
fn a_policy_that_keeps_every_promise_is_proved() {
    let folder = folder();
    let output =
        chatwarden(folder.path(), &["prove", "--policy", "pairwise-consent", "--json", "--expect-kept"]);
    assert_eq!(code(&output), 0, "{}", text(&output.stderr));
    let results = results(&output);
    assert_eq!(results.len(), 13);
    assert!(results.iter().all(|(_, result)| result == "proved"), "{results:?}");
    assert_eq!(
        json_lines(&output)[0]["never_allowed"],
        serde_json::json!([]),
        "every command can be allowed"
    );
}

#[test]
fn a_broken_promise_is_shown_with_the_shortest_chain_and_in_every_report() {
    let folder = folder();
    let options = ["prove", "--policy", "messenger-kids-2019", "--promises", "no-strangers,ban"];
    let reports = ["--expect-kept", "--junit", "junit.xml", "--sarif", "sarif.json"];
    let output = chatwarden(folder.path(), &[&options[..], &reports].concat());
    assert_eq!(code(&output), 1, "{}", text(&output.stderr));
    let told = text(&output.stdout);
    assert!(told.contains("broken by 3 commands") && told.contains("create(sam, g1, [kay, kim])"), "{told}");
    let read = |file: &str| fs::read_to_string(folder.path().join(file)).expect("it is written");
    assert!(read("junit.xml").contains(r#"failures="1""#), "{}", read("junit.xml"));
    assert!(read("sarif.json").contains("breaks the promise no-strangers"), "{}", read("sarif.json"));
    let without = chatwarden(folder.path(), &options);
    assert_eq!(code(&without), 0, "a broken promise is an answer");
}

#[test]
fn what_is_neither_proved_nor_broken_is_shown_as_a_situation() {
    let folder = folder();
    let options = ["prove", "--policy", "adder-only", "--promises", "no-strangers", "--depth", "2"];
    let output = chatwarden(folder.path(), &options);
    assert_eq!(code(&output), 3);
    let told = text(&output.stdout);
    for words in ["not inductive: revoke", "no history of up to 2 commands does", "then revoke(u1, u2, u3)"] {
        assert!(told.contains(words), "{words} is missing: {told}");
    }
    assert!(text(&output.stderr).contains("no-strangers is neither proved nor broken"));
}

#[test]
fn questions_are_files_that_another_solver_answers_alike() {
    let folder = folder();
    let options =
        ["prove", "--promises", "ban", "--solver", "z3", "--recheck", "--out", "questions", "--json"];
    let output = chatwarden(folder.path(), &options);
    assert_eq!(code(&output), 0, "{}", text(&output.stderr));
    let line = &json_lines(&output)[0];
    assert_eq!(line["recheck"]["agreed"], line["questions"]);
    let files: Vec<_> =
        fs::read_dir(folder.path().join("questions/messenger-kids")).expect("a folder").collect();
    assert_eq!(Value::from(files.len()), line["questions"]);
    let file = folder.path().join("questions/messenger-kids/keeps-invite.smt2");
    assert!(fs::read_to_string(&file).expect("it is written").contains("(set-info :status unsat)"));
    let answer = Command::new("z3").arg(file).output().expect("z3 starts");
    assert_eq!(text(&answer.stdout), "unsat\n");
}

/// A folder with a program of the name `z3` that answers every question like this.
fn with_solver(answer: &str) -> TempDir {
    let folder = folder();
    let program = folder.path().join("z3");
    let script = format!(
        "#!/bin/sh\nwhile read -r line; do case \"$line\" in '(check-sat)') echo '{answer}';; '(echo'*) echo chatwarden-done;; esac; done\n"
    );
    fs::write(&program, script).expect("it can be written");
    let executable = Command::new("/bin/chmod").arg("+x").arg(&program).status();
    assert!(executable.expect("there is a chmod").success());
    folder
}

/// The proof of one promise with what is on this path.
fn proof_with(path: &Path) -> Output {
    let folder = folder();
    let path = format!("{}:/bin", path.display());
    command(folder.path(), &["prove", "--promises", "ban", "--solver", "z3"])
        .env("PATH", path)
        .output()
        .expect("the program starts")
}

#[test]
fn a_solver_that_is_absent_or_wrong_proves_nothing() {
    let empty = folder();
    let output = chatwarden_with_empty_path(empty.path());
    assert_eq!(code(&output), 3);
    assert!(text(&output.stderr).contains("apt-get install z3"), "{}", text(&output.stderr));
    for (answer, words) in [
        ("unknown", "is not known: unknown"),
        ("out of memory", "out of memory"),
        ("unsat", "no command can be allowed"),
        ("", "is not known: no answer"),
    ] {
        let output = proof_with(with_solver(answer).path());
        assert_eq!(code(&output), 3, "{answer}: {}", text(&output.stdout));
        assert!(text(&output.stderr).contains(words), "{answer}: {}", text(&output.stderr));
    }
}

fn chatwarden_with_empty_path(folder: &Path) -> Output {
    command(folder, &["prove"]).env("PATH", folder).output().expect("the program starts")
}

#[test]
fn races_are_told_with_a_history() {
    let folder = folder();
    let output = chatwarden(folder.path(), &["prove", "--promises", "block", "--races", "--json"]);
    assert_eq!(code(&output), 0, "{}", text(&output.stderr));
    let race = serde_json::json!({
        "promise": "block",
        "isolation": "stale",
        "first": "block",
        "second": "direct",
        "history": {
            "before": ["approve(ann, kay, sam)"],
            "both": ["block(kay, sam)", "direct(kay, sam)"],
        },
    });
    assert_eq!(json_lines(&output)[0]["races"], serde_json::json!([race]));
}

#[test]
fn a_cast_too_large_for_histories_has_races_without_them() {
    let folder = folder();
    let users: Vec<_> =
        (0..9).map(|number| serde_json::json!({"name": format!("u{number}"), "kind": "adult"})).collect();
    fs::write(folder.path().join("cast.json"), Value::from(users).to_string()).expect("it can be written");
    let options = ["prove", "--promises", "block", "--races", "--cast", "cast.json", "--json"];
    let output = chatwarden(folder.path(), &options);
    assert_eq!(code(&output), 0, "{}", text(&output.stderr));
    assert_eq!(json_lines(&output)[0]["races"][0]["history"], Value::Null);
}

#[test]
fn the_documentation_lists_the_facts() {
    let page = fs::read_to_string(Path::new(crate::ROOT).join("docs/proving.md")).expect("it can be read");
    let rows = Fact::ALL.iter().map(|fact| format!("| {} | {} |", fact.name(), fact.about()));
    let table: Vec<String> = rows.collect();
    assert!(page.contains(&table.join("\n")), "docs/proving.md needs:\n{}", table.join("\n"));
}
