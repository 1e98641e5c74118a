//! Names of earlier versions of the formats: read wherever a word is read, never written, and never suggested.

use chatwarden::format::{KnownFinding, Source};
use chatwarden::model::Cause;

use super::{GOOD, read};

/// A place in the good file, and what is put there: the name, and the old one.
const SCENARIO: &[[&str; 3]] = &[
    [r#""promises": ["no-strangers""#, r#""promises": ["no-strangers""#, r#""promises": ["company""#],
    [
        r#"{"promise": "no-strangers", "at": 2"#,
        r#"{"promise": "no-strangers", "at": 2"#,
        r#"{"promise": "company", "at": 2"#,
    ],
    [r#""verdict": "broken-promise""#, r#""verdict": "diverged""#, r#""verdict": "drifted""#],
    ["    \"promise\": \"delivery\"", "    \"promise\": \"no-strangers\"", "    \"promise\": \"company\""],
];

/// The end of an entry of a baseline with the name, and with the old one.
const BASELINE: &[[&str; 2]] = &[
    [r#""verdict": "diverged""#, r#""verdict": "drifted""#],
    [
        r#""verdict": "broken-promise", "promise": "no-strangers""#,
        r#""verdict": "broken-promise", "promise": "company""#,
    ],
];

#[test]
fn old_names_are_read_and_not_written() {
    for [place, name, old] in SCENARIO {
        assert_eq!(GOOD.matches(place).count(), 1, "{place}");
        let scenario = read(&GOOD.replace(place, old)).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(scenario.write(), GOOD.replace(place, name));
    }
    for [name, old] in BASELINE {
        let [written, text] = [name, old].map(|entry| {
            format!("{{\n  \"chatwarden-baseline\": 1,\n  \"known\": [\n    {{\"policy\": \"p\", {entry}}}\n  ]\n}}\n")
        });
        let known = KnownFinding::read_all(Source::new("baseline.json", &text)).unwrap();
        assert_eq!(KnownFinding::write_all(known), written);
    }
}

/// An entry without a cause excuses the usual one. One without the parts that diverged excuses nothing.
#[test]
fn an_entry_of_an_earlier_baseline_excuses_no_more_than_it_did() {
    let entry = |rest: &str| {
        let text = format!(
            r#"{{"chatwarden-baseline": 1, "known": [{{"policy": "x", "adapter": "my-chat", "command": "leave", {rest}}}]}}"#
        );
        KnownFinding::read_all(Source::new("known.json", &text)).expect("it is a baseline").remove(0)
    };
    let broken = entry(r#""verdict": "broken-promise", "promise": "no-strangers""#);
    assert_eq!(broken.cause, Some(Cause::Unapproved));
    assert_eq!(entry(r#""verdict": "broken-promise", "promise": "exit""#).cause, None);
    assert_eq!(entry(r#""verdict": "diverged""#).parts, None);
    let diverged = entry(r#""verdict": "diverged", "parts": ["members", "owner"]"#);
    assert_eq!(diverged.identity(), "diverged-leave-members-owner");
}

#[test]
fn old_names_are_not_suggested() {
    for (place, unknown) in [
        (r#""promises": ["no-strangers""#, r#""promises": ["companyy""#),
        (r#""verdict": "broken-promise""#, r#""verdict": "driftet""#),
    ] {
        let help = read(&GOOD.replace(place, unknown)).unwrap_err().help.unwrap_or_default();
        assert!(!help.contains("company") && !help.contains("drifted"), "{help}");
    }
}
