//! Annotations of GitHub Actions: lines of a form that GitHub documents, only where GitHub reads them.

use std::path::Path;
use std::process::{Command, Output};

use super::{code, folder, strangers, text, write};

fn on_github(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chatwarden"));
    command.args(arguments).current_dir(folder).env("GITHUB_ACTIONS", "true");
    command.output().expect("the program starts")
}

/// The lines that GitHub takes for annotations.
fn annotations(stream: &[u8]) -> Vec<String> {
    text(stream).lines().filter(|line| line.trim_start().starts_with("::")).map(String::from).collect()
}

#[test]
fn a_finding_is_annotated_at_its_step() {
    let folder = folder();
    write(folder.path(), "50%/a,b:c/wrong.json", &strangers("wrong", "allow"));
    write(folder.path(), "50%/a,b:c/right.json", &strangers("right", "deny"));
    let output = on_github(folder.path(), &["replay", "50%"]);
    assert_eq!(code(&output), 1);
    assert_eq!(
        annotations(&output.stdout),
        [
            "::error file=50%25/a%2Cb%3Ac/wrong.json,line=9,col=5,title=mismatch::step 1: expected direct(sam, kay) to be \
          allowed, and the policy refuses, because parties-authorized does not hold%0A   0  block(kay, kim)%0A   1  \
          direct(sam, kay)"
        ]
    );
    assert_eq!(annotations(&output.stderr), [""; 0]);
}

#[test]
fn lines_of_json_stay_alone_on_their_stream() {
    let folder = folder();
    let output = on_github(folder.path(), &["fuzz", "--fault", "over-strict", "--json"]);
    for line in text(&output.stdout).lines() {
        serde_json::from_str::<serde_json::Value>(line).expect("every line is an object");
    }
    let [annotation] = &annotations(&output.stderr)[..] else { panic!("{}", text(&output.stderr)) };
    assert!(annotation.starts_with("::warning file=scenarios/found/too-strict-"), "{annotation}");
}

#[test]
fn what_is_known_is_a_notice_and_what_cannot_be_read_an_error() {
    let folder = folder();
    write(folder.path(), "wrong.json", &strangers("wrong", "allow"));
    let known = ["replay", "wrong.json", "--baseline", "known.json"];
    assert_eq!(code(&on_github(folder.path(), &[&known[..], &["--update-baseline"]].concat())), 0);
    let output = on_github(folder.path(), &known);
    assert_eq!(code(&output), 0);
    let notice = &annotations(&output.stdout)[0];
    assert!(notice.starts_with("::notice file=wrong.json,line=9,col=5,title=mismatch::"), "{notice}");

    write(folder.path(), "broken.json", "{\n  no");
    let output = on_github(folder.path(), &["replay", "broken.json"]);
    let error = &annotations(&output.stdout)[0];
    assert!(error.starts_with("::error file=broken.json,line=2,col=3,title=unreadable::not JSON"), "{error}");
    let output = on_github(folder.path(), &["explore", "--policy", "adder-only", "--depth", "3"]);
    let asked = &annotations(&output.stdout)[0];
    assert!(
        asked.starts_with("::warning title=broken-promise-no-strangers::the policy adder-only breaks"),
        "{asked}"
    );
}

#[test]
fn nowhere_else_is_anything_annotated() {
    let folder = folder();
    write(folder.path(), "wrong.json", &strangers("wrong", "allow"));
    let output = super::chatwarden(folder.path(), &["replay", "wrong.json"]);
    assert_eq!((code(&output), annotations(&output.stdout).len()), (1, 0));
}
