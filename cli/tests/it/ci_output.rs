//! What CI systems read: SARIF, annotations, `JUnit`, baselines, shards, and the recipe that puts them together; and that
//! they get it however the program ends.

mod annotations;
mod baseline;
mod exits;
mod junit;
mod recipe;
mod sarif;
mod shards;

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::cli::{chatwarden, code, command, folder, json_lines, refuses, text};

/// A scenario in which strangers write to each other, which the policy refuses; `expect` is what the file says.
fn strangers(name: &str, expect: &str) -> String {
    format!(
        r#"{{
  "chatwarden": 1,
  "name": "{name}",
  "policy": "messenger-kids",
  "cast": "small",
  "groups": [],
  "steps": [
    {{"command": {{"do": "block", "by": "kay", "who": "kim"}}, "expect": "allow"}},
    {{"command": {{"do": "direct", "by": "sam", "to": "kay"}}, "expect": "{expect}"}}
  ]
}}
"#
    )
}

fn write(folder: &Path, file: &str, text: &str) {
    let path = folder.join(file);
    fs::create_dir_all(path.parent().expect("it is in a folder")).expect("a folder can be made");
    fs::write(path, text).expect("it can be written");
}

fn read(folder: &Path, file: &str) -> String {
    fs::read_to_string(folder.join(file)).expect("the file is there")
}

/// The findings among the lines.
fn findings(lines: &[Value]) -> Vec<&Value> {
    lines.iter().filter(|line| line["type"] == "finding").collect()
}
