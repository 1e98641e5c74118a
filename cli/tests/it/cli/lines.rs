//! What `--json` prints against the page that describes it: every type of line, and every field of each.

use std::collections::{BTreeMap, BTreeSet};

use super::{chatwarden, folder, json_lines, text};

const PAGE: &str = include_str!("../../../../docs/json-lines.md");

/// A child, its guardian and an adult: so few that searches end at once.
const CAST: &str = r#"[
  {"name": "ann", "kind": "guardian"},
  {"name": "kay", "kind": "child", "guardians": ["ann"]},
  {"name": "sam", "kind": "adult"}
]"#;

/// A known finding that is absent.
const BASELINE: &str = r#"{"chatwarden-baseline": 1, "known": [
  {"policy": "messenger-kids", "adapter": "memory", "verdict": "too-strict", "command": "leave"}
]}"#;

/// Commands that together print every type of line.
const COMMANDS: [&str; 9] = [
    "fuzz --cast cast.json --fault direct-unchecked --coverage",
    "fuzz --cast cast.json --runs 10 --baseline known.json",
    "suite --cast cast.json --policy adder-only --out suite --adapter memory",
    "explore --cast cast.json --policy adder-only",
    "explore --cast cast.json --fault direct-unchecked --depth 1",
    "prove --promises block --races --recheck",
    "list faults",
    "list knobs",
    "replay missing.json",
];

/// The text of the page about each type of line.
fn sections() -> BTreeMap<&'static str, &'static str> {
    let section = |section: &'static str| section.split_once('`').expect("a heading names a type");
    PAGE.split("\n## `").skip(1).map(section).collect()
}

#[test]
fn every_type_of_line_and_every_field_is_on_the_page() {
    let folder = folder();
    std::fs::write(folder.path().join("cast.json"), CAST).expect("it can be written");
    std::fs::write(folder.path().join("known.json"), BASELINE).expect("it can be written");
    let driver = concat!("python3 '", env!("CARGO_MANIFEST_DIR"), "/../drivers/python/driver.py' --fixed");
    let mut outputs = vec![chatwarden(folder.path(), &["check-driver", driver, "--json"])];
    for command in COMMANDS {
        let mut words: Vec<_> = command.split(' ').collect();
        words.push("--json");
        outputs.push(chatwarden(folder.path(), &words));
    }
    let (sections, mut printed) = (sections(), BTreeSet::new());
    for output in &outputs {
        let lines = json_lines(output);
        assert!(!lines.is_empty(), "{}", text(&output.stderr));
        for line in lines {
            let kind = line["type"].as_str().expect("a line has a type").to_string();
            let section = sections.get(kind.as_str()).unwrap_or_else(|| panic!("{kind} is not on the page"));
            for field in line.as_object().expect("a line is an object").keys().filter(|key| *key != "type") {
                assert!(section.contains(&format!("`{field}`")), "{kind}: {field} is not on the page");
            }
            printed.insert(kind);
        }
    }
    assert_eq!(sections.into_keys().collect::<BTreeSet<_>>(), printed.iter().map(String::as_str).collect());
}
