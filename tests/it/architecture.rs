//! The project keeps its own rules: who imports whom, a header in each file, none too long, nothing switched off.
//! ARCHITECTURE.md shows the table to people; it is checked here.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use chatwarden::certify::CertificateLevel;
use chatwarden::finding::Verdict;
use chatwarden::format::{KnownVerdict, RecordedLevel, RecordedVerdict};
use chatwarden::model::NamedEnum;

/// For each room of the library, the rooms that it may import. Beyond the table, every room may use the model.
const IMPORTS: &[(&str, &[&str])] = &[
    ("adapter", &[]),
    ("wire", &["adapter"]),
    ("driver", &["adapter", "wire"]),
    ("exec", &["adapter", "wire"]),
    ("generate", &["coverage"]),
    ("shrink", &[]),
    ("verdict", &["adapter"]),
    ("check", &["adapter", "verdict"]),
    ("coverage", &[]),
    ("explore", &["adapter", "check", "coverage", "verdict"]),
    ("history", &["adapter", "check", "verdict"]),
    ("campaign", &["adapter", "check", "coverage", "generate", "shrink", "verdict"]),
    ("suite", &["coverage", "explore", "generate", "shrink"]),
    ("hash", &[]),
    ("baseline", &["hash", "verdict", "wire"]),
    ("certify", &["adapter", "campaign", "explore", "hash", "verdict"]),
    (
        "kills",
        &[
            "adapter", "campaign", "certify", "check", "coverage", "explore", "generate", "suite", "verdict",
            "wire",
        ],
    ),
    ("replay", &["adapter", "check", "history", "report", "verdict", "wire"]),
    ("inspect", &["adapter", "campaign", "check", "exec", "generate", "verdict", "wire"]),
    (
        "report",
        &[
            "baseline", "campaign", "certify", "coverage", "explore", "history", "inspect", "kills", "suite",
            "verdict", "wire",
        ],
    ),
    ("save", &["adapter", "campaign", "certify", "hash", "replay", "report", "suite", "verdict", "wire"]),
    (
        "conclude",
        &[
            "adapter", "baseline", "campaign", "certify", "history", "replay", "report", "save", "verdict",
            "wire",
        ],
    ),
    (
        "conformance",
        &["adapter", "campaign", "check", "conclude", "history", "replay", "report", "save", "wire"],
    ),
    ("strategy", &["generate", "shrink"]),
    (
        "fuzz",
        &["adapter", "campaign", "check", "conclude", "coverage", "generate", "save", "verdict", "wire"],
    ),
    (
        "cli",
        &[
            "adapter", "baseline", "campaign", "certify", "check", "conclude", "coverage", "driver", "exec",
            "explore", "fuzz", "generate", "history", "inspect", "kills", "replay", "report", "save",
            "suite", "verdict", "wire",
        ],
    ),
];

/// No file is longer, so that each stays one room.
const MOST_LINES: usize = 500;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("it can be listed").path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn every_rust_file() -> Vec<PathBuf> {
    let folders = [
        "src",
        "model/src",
        "model/tests",
        "tests",
        "benches",
        "fuzz/fuzz_targets",
        "examples/parlor/src",
        "examples/parlor/warden",
        "examples/parlor/fuzz/fuzz_targets",
    ];
    let of_drivers = ["drivers/sql/src", "drivers/sql/tests", "drivers/sql/benches"];
    folders.iter().chain(&of_drivers).flat_map(|folder| rust_files(&root().join(folder))).collect()
}

/// The room of a file: the first part of its path below `src`, without its ending.
fn room(file: &Path) -> String {
    let below = file.strip_prefix(root().join("src")).expect("the file is in src");
    let first = below.components().next().expect("it has a name").as_os_str().to_string_lossy().into_owned();
    first.trim_end_matches(".rs").to_string()
}

/// The rooms that a file imports; documentation is for users, who may import everything.
fn imported(file: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(file).expect("it can be read");
    let code =
        text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    // What a macro names is imported where it is expanded.
    let code = code.replace("$crate::", "");
    let names = code.split("crate::").skip(1);
    let names =
        names.map(|rest| rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>());
    names.filter(|name| !name.is_empty()).collect()
}

#[test]
fn rooms_import_only_what_the_table_allows() {
    let table: BTreeMap<_, _> = IMPORTS.iter().copied().collect();
    let mut unused: BTreeSet<_> =
        IMPORTS.iter().flat_map(|(room, allowed)| allowed.iter().map(move |other| (*room, *other))).collect();
    for file in rust_files(&root().join("src")) {
        let room = room(&file);
        if room == "lib" || room == "main" {
            continue;
        }
        let (room, allowed) =
            table.get_key_value(room.as_str()).unwrap_or_else(|| panic!("{room} is not in the table"));
        for other in imported(&file) {
            unused.retain(|pair| *pair != (*room, other.as_str()));
            let fine = other == *room || allowed.contains(&other.as_str());
            assert!(fine, "{} imports {other}, which {room} may not", file.display());
        }
    }
    assert!(unused.is_empty(), "the table allows what nobody does: {unused:?}");
}

#[test]
fn the_table_is_the_one_that_people_read() {
    let page = fs::read_to_string(root().join("ARCHITECTURE.md")).expect("the page is there");
    for (room, allowed) in IMPORTS {
        let allowed = if allowed.is_empty() { "–".into() } else { allowed.join(", ") };
        let row = format!("| `{room}` | {allowed} |");
        assert!(page.contains(&row), "ARCHITECTURE.md lacks the row\n{row}");
    }
}

#[test]
fn every_file_says_what_it_is_and_is_one_room() {
    for file in every_rust_file() {
        let text = fs::read_to_string(&file).expect("it can be read");
        assert!(text.starts_with("//! "), "{} has no header", file.display());
        let lines = text.lines().count();
        assert!(lines <= MOST_LINES, "{} has {lines} lines", file.display());
    }
}

#[test]
fn nothing_is_switched_off() {
    // Put together here, so that this file does not find itself.
    let forbidden = [
        ["#[", "ignore"].concat(),
        ["```", "ignore"].concat(),
        ["#[", "allow("].concat(),
        ["no_", "run"].concat(),
    ];
    for file in every_rust_file() {
        let text = fs::read_to_string(&file).expect("it can be read");
        for word in &forbidden {
            assert!(!text.contains(word), "{} contains {word}", file.display());
        }
    }
}

#[test]
fn the_model_depends_on_nothing() {
    let manifest = fs::read_to_string(root().join("model/Cargo.toml")).expect("the manifest is there");
    let dependencies = manifest.split("[dependencies]").nth(1).expect("it has the section");
    let dependencies = dependencies.split("\n[").next().unwrap_or_default();
    assert_eq!(dependencies.trim(), "");
    assert!(!manifest.contains("[build-dependencies]"));
    let library = fs::read_to_string(root().join("model/src/lib.rs")).expect("the library is there");
    assert!(library.contains("#![no_std]"));
}

#[test]
fn implementations_share_no_rule_with_the_model() {
    let rules =
        ["decide", "step", "State", "GroupState", "Promise", "Transition", "Decision", "Condition", "Bounds"];
    for file in ["src/adapter", "drivers/sql/src"].iter().flat_map(|folder| rust_files(&root().join(folder)))
    {
        let text = fs::read_to_string(&file).expect("it can be read");
        let from_the_model = text
            .split("use chatwarden_model::")
            .nth(1)
            .or_else(|| text.split("\nuse chatwarden::model::").nth(1));
        let imports = from_the_model.unwrap_or_default();
        let imports = imports.split(';').next().unwrap_or_default();
        let words: Vec<_> = imports.split(|c: char| !c.is_alphanumeric()).collect();
        for rule in rules {
            assert!(!words.contains(&rule), "{} imports {rule}", file.display());
        }
    }
}

#[test]
fn the_words_of_a_record_are_the_words_of_the_harness() {
    let names = |words: &[&str]| words.join(" ");
    let verdicts = Verdict::ALL.iter().filter(|verdict| **verdict != Verdict::Conforms);
    let verdicts: Vec<_> = verdicts.map(|word| word.name()).collect();
    let recorded: Vec<_> = RecordedVerdict::ALL.iter().map(|word| word.name()).collect();
    assert_eq!(names(&verdicts), names(&recorded));
    let known = KnownVerdict::ALL.iter().filter(|verdict| **verdict != KnownVerdict::Mismatch);
    assert_eq!(names(&verdicts), names(&known.map(|word| word.name()).collect::<Vec<_>>()));
    let levels: Vec<_> = CertificateLevel::ALL.iter().map(|word| word.name()).collect();
    let recorded: Vec<_> = RecordedLevel::ALL.iter().map(|word| word.name()).collect();
    assert_eq!(names(&levels), names(&recorded));
}
