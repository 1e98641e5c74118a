//! Text from outside cannot do more than be read: in every form that `sanitize` gives it, and in what
//! a test or a fuzz target prints about an implementation.

use std::ffi::OsStr;
use std::process::Command;

use chatwarden::adapter::{About, Adapter, Answer, Failure, Observation};
use chatwarden::conformance::Conformance;
use chatwarden::model::{self, Setup};
use chatwarden::sanitize::{is_visible, joined, json, line, lines, quoted, shell_word};
use proptest::prelude::*;

/// Something of each kind that a reader of an output obeys.
const HOSTILE: &str = "\n::error::no\r::warning::no\u{1b}[2J\u{1b}]0;no\u{7}\u{9b}2J\u{85} ::notice::no\u{202e}\u{2066}\
    \u{200b}\u{feff}\u{ad}\u{e0041}\u{2028}::error::no\u{2029}\u{3164}##[error]no ##vso[no]\u{0}";

/// Pieces of which a text can be obeyed, and pieces that only look like it.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "::", ":", "##", "#", "[", "error", " ", "\u{3000}", "\n", "\r", "\\", "'", "é"
        ])
        .prop_map(String::from),
        any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

/// Whether nothing reads the line as a command, and a person reads all of it.
fn is_harmless(line: &str) -> bool {
    let commands = ["##[", "##error[", "##vso["];
    line.chars().all(is_visible)
        && !line.trim_start().starts_with("::")
        && !commands.iter().any(|command| line.contains(command))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_text_does_more_than_be_read(text in text()) {
        for safe in [line(&text), joined(&text), quoted(&text, 5)] {
            prop_assert!(is_harmless(&safe), "{safe:?}");
            prop_assert_eq!(line(&safe), safe, "it is safe already");
        }
        prop_assert!(lines(&text, "  ").lines().all(is_harmless));
        let written = serde_json::to_string(&text).unwrap();
        prop_assert!(is_harmless(&json(&written)));
        prop_assert_eq!(serde_json::from_str::<String>(&json(&written)).unwrap(), text);
    }
}

#[test]
fn names_of_every_script_stay_as_they_are() {
    for name in [
        "Zoë",
        "Дмитрий",
        "Ελένη",
        "שרה",
        "أحمد",
        "प्रिया",
        "สมชาย",
        "たけし",
        "김민준",
        "陳　大文",
        "👧🏽 🇩🇪",
        "e\u{301}",
    ] {
        assert_eq!(line(name), name);
        assert_eq!(quoted(name, 64), format!("`{name}`"));
    }
}

/// The regular expressions of JSON schemas know the properties of Unicode.
#[test]
fn what_unicode_calls_invisible_is_hidden() {
    let class = r"\p{Cc}\p{Zl}\p{Zp}\p{Co}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}";
    let all = || (char::MIN..=char::MAX).filter(|char| !('\u{fff9}'..='\u{fffb}').contains(char));
    for (pattern, text) in [
        (format!("^[{class}]*$"), all().filter(|char| !is_visible(*char)).collect::<String>()),
        (format!("^[^{class}]*$"), all().filter(|char| is_visible(*char)).collect()),
    ] {
        let schema = serde_json::json!({ "pattern": pattern });
        assert!(jsonschema::is_valid(&schema, &serde_json::json!(text)), "{pattern}");
    }
}

#[cfg(unix)]
#[test]
fn a_shell_reads_a_quoted_word_as_it_was() {
    let not_utf8 = [b"a\xff\n".as_slice(), b"\xc3'\xa9"].map(std::os::unix::ffi::OsStrExt::from_bytes);
    let words =
        ["", "plain/word.json", "it's", "a b", "$(no) `no` \\ \"*\"", HOSTILE.trim_end_matches('\0'), "é\n"];
    let words: Vec<&OsStr> = words.iter().map(OsStr::new).chain(not_utf8).collect();
    let quoted: Vec<_> = words.iter().map(|word| shell_word(word)).collect();
    assert!(quoted.iter().all(|word| is_harmless(word)), "{quoted:?}");
    let script = format!("printf '%s\\0' {}", quoted.join(" "));
    let read = Command::new("bash").args(["-c", &script]).output().expect("there is a shell").stdout;
    let expected: Vec<u8> = words.iter().flat_map(|word| [word.as_encoded_bytes(), b"\0"].concat()).collect();
    assert_eq!(read, expected, "{script}");
}

/// A service that answers nothing, and panics or fails with foreign words.
struct Foreign {
    panics: bool,
}

impl Adapter for Foreign {
    fn about(&self) -> About {
        About::exact("foreign", "1")
    }

    fn reset(&mut self, _: &Setup) -> Result<(), Failure> {
        Ok(())
    }

    fn apply(&mut self, _: &model::Command) -> Result<Answer, Failure> {
        assert!(!self.panics, "a panic{HOSTILE}");
        Err(Failure::Failed(format!("a failure{HOSTILE}")))
    }

    fn observe(&mut self, _: &mut Observation) -> Result<(), Failure> {
        Ok(())
    }
}

#[test]
fn a_failed_test_prints_nothing_that_is_obeyed() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    for (panics, word) in [(true, "a panic / "), (false, "a failure / ")] {
        let scenarios = folder.path().join(HOSTILE.trim_end_matches('\0'));
        std::fs::create_dir_all(&scenarios).expect("the name is allowed");
        let conformance = Conformance { scenarios, runs: 1, ..Conformance::default() };
        // The first error is about what is found, the second about what was saved.
        for _ in 0..2 {
            let error =
                conformance.check(&|| Ok(Foreign { panics })).expect_err("nothing is answered").to_string();
            assert!(error.contains(word) && error.contains("::error::no"), "{error}");
            error.lines().for_each(|line| assert!(is_harmless(line), "{line:?} in\n{error}"));
        }
    }
}
