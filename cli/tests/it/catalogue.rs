//! The catalogue of faults, as far as it can be checked without finding any: the files of its policies, the
//! names of its casts, and its listing.

use std::path::Path;

use chatwarden::adapter::fault::{CustomPolicy, Detectability, Family, Fault, FaultCast, Rules};
use chatwarden::format::{BuiltInCast, PolicySpec};
use chatwarden::model::{NamedEnum, Preset};

use crate::cli::{chatwarden, code, folder, json_lines, text};

#[test]
fn the_policies_that_are_no_presets_are_in_files() {
    let folder = Path::new(crate::ROOT).join("docs/policies");
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .expect("the folder is there")
        .map(|entry| entry.expect("it can be listed").file_name().into_string().expect("it is text"))
        .collect();
    files.sort();
    let mut wanted: Vec<_> = CustomPolicy::ALL.iter().map(|tailored| format!("{tailored}.json")).collect();
    wanted.sort();
    assert_eq!(files, wanted);
    for tailored in CustomPolicy::ALL {
        let file = PolicySpec::open(&folder.join(format!("{tailored}.json"))).expect("it holds a policy");
        assert_eq!(file, PolicySpec::from(tailored.policy()), "{tailored}");
        assert!(Preset::ALL.iter().all(|preset| preset.policy() != tailored.policy()), "{tailored}");
        let used = Fault::ALL.iter().any(|fault| fault.rules() == Rules::CustomPolicy(*tailored));
        assert!(used, "no fault matters under {tailored}");
    }
}

#[test]
fn every_word_of_the_catalogue_is_used_and_every_crowd_is_a_built_in_cast() {
    let all = Fault::ALL;
    assert!(Family::ALL.iter().all(|family| all.iter().any(|fault| fault.family() == *family)));
    assert!(Detectability::ALL.iter().all(|sight| all.iter().any(|fault| fault.detectability() == *sight)));
    assert!(FaultCast::ALL.iter().all(|crowd| all.iter().any(|fault| fault.cast() == *crowd)));
    assert!(FaultCast::ALL.iter().all(|crowd| BuiltInCast::named(crowd.name()).is_some()));
}

#[test]
fn the_pages_say_how_many_faults_there_are() {
    for (page, words) in
        [("README.md", "names the"), ("docs/coverage.md", "of the"), ("docs/figures.md", "the")]
    {
        let text = std::fs::read_to_string(Path::new(crate::ROOT).join(page)).expect("the page is there");
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let wanted = format!("{words} {} faults", Fault::ALL.len());
        assert!(text.contains(&wanted), "{page} does not say `{wanted}`");
    }
}

#[test]
fn a_precedent_can_be_looked_up() {
    for fault in Fault::ALL {
        let Some(precedent) = fault.precedent() else { continue };
        assert!(precedent.chars().any(|letter| letter.is_ascii_digit()), "{fault}: {precedent}");
        assert!(precedent.contains(": ") && !precedent.ends_with('.'), "{fault}: {precedent}");
    }
}

#[test]
fn the_catalogue_is_listed_by_family_within_a_hundred_columns() {
    let output = chatwarden(folder().path(), &["list", "faults"]);
    assert_eq!(code(&output), 0);
    let listed = text(&output.stdout);
    let too_wide = listed.lines().find(|line| line.chars().count() > 100);
    assert_eq!(too_wide, None);
    let mut family = None;
    let mut seen = 0;
    for line in listed.lines() {
        if let Some((name, _)) = line.split_once(": ").filter(|(name, _)| Family::named(name).is_some()) {
            family = Family::named(name);
        } else if let Some(fault) = line.strip_prefix("  ").and_then(Fault::named) {
            assert_eq!(Some(fault.family()), family, "{fault}");
            seen += 1;
        }
    }
    assert_eq!(seen, Fault::ALL.len());
}

#[test]
fn the_catalogue_is_listed_for_programs() {
    let lines = json_lines(&chatwarden(folder().path(), &["list", "faults", "--json"]));
    assert_eq!(lines.len(), Fault::ALL.len());
    for (line, fault) in lines.iter().zip(Fault::ALL) {
        assert_eq!(line["fault"], fault.name());
        assert_eq!(line["family"], fault.family().name());
        assert_eq!(line["precedent"].as_str(), fault.precedent());
        assert_eq!(line["cast"], fault.cast().name());
        let policy = line["policy"].as_str().expect("a policy");
        let root = Path::new(crate::ROOT);
        let policy = match Preset::named(policy) {
            Some(preset) => preset.policy(),
            None => PolicySpec::open(&root.join(policy)).expect("it holds a policy").policy(),
        };
        assert_eq!(policy, fault.policy(), "{fault}");
    }
    let other = chatwarden(folder().path(), &["list", "casts", "--json"]);
    assert_eq!(code(&other), 2);
}

#[test]
fn where_a_fault_is_idle_the_command_that_finds_it_is_named() {
    let folder = folder();
    let idle = chatwarden(folder.path(), &["fuzz", "--fault", "call-unchecked", "--runs", "50"]);
    assert_eq!(code(&idle), 0);
    let said = text(&idle.stderr);
    let command = said.lines().find_map(|line| line.trim().strip_prefix("chatwarden "));
    let words: Vec<_> = command.expect("a command is named").split(' ').collect();
    assert_eq!(
        words,
        [
            "fuzz",
            "--fault",
            "call-unchecked",
            "--policy",
            "docs/policies/guarded-talk.json",
            "--cast",
            "small",
            "--groups",
            "2",
        ]
    );
    let root = Path::new(crate::ROOT);
    let save = folder.path().join("found");
    let save = ["--save", save.to_str().expect("the path is text")];
    assert_eq!(code(&chatwarden(root, &[&words[..], &save].concat())), 1);
}
