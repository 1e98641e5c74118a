//! Hostile texts: too long, too deep, no text at all, or a good file of which random pieces are replaced. The reader
//! refuses them with a short message, or reads what they say.

use std::fmt::Write;

use chatwarden::format::{
    Error, MAX_FILE_BYTES, MAX_NAME_CHARS, MAX_STEPS, Scenario, Source, is_name, read_bytes,
};
use proptest::prelude::*;
use proptest::sample::Index;

use super::{GOOD, read};

fn read_raw(bytes: &[u8]) -> Result<Scenario, Error> {
    Scenario::read(Source::from_bytes("raw.json", bytes)?)
}

/// The good file with the cast, groups and steps that are given.
fn scenario(cast: &str, groups: &str, steps: &str) -> String {
    format!(
        r#"{{"chatwarden": 1, "name": "a", "policy": "messenger-kids", "cast": {cast}, "groups": {groups}, "steps": {steps}}}"#
    )
}

fn list(count: usize, item: impl Fn(usize) -> String) -> String {
    format!("[{}]", (0..count).map(item).collect::<Vec<_>>().join(","))
}

#[test]
fn bytes_that_are_no_text_are_located() {
    let rows: [(&[u8], &str); 7] = [
        (b"", "1:1: the text is empty"),
        (b" \r\n\t", "1:1: the text is empty"),
        (b"\xef\xbb\xbf{}", "1:1: the text starts with a byte order mark, which JSON does not have"),
        (b"\xff\xfe{\0}\0", "1:1: byte 0xff is not UTF-8"),
        (b"{\"name\":\n \"\xc3\xa9\xe9\"}", "2:4: byte 0xe9 is not UTF-8"),
        (b"{\"name\": \"\xf0\x9f\x98", "1:11: byte 0xf0 is not UTF-8"),
        (b"\0", "1:1: not JSON: expected a value"),
    ];
    for (bytes, error) in rows {
        assert_eq!(read_raw(bytes).unwrap_err().to_string(), format!("raw.json:{error}"));
    }
}

#[test]
fn depth_is_no_danger() {
    let lists = |depth| "[".repeat(depth) + &"]".repeat(depth);
    let objects = |depth| "{\"a\":".repeat(depth) + "0" + &"}".repeat(depth);
    let most = MAX_FILE_BYTES;
    let rows = [
        ("[".repeat(most), "not JSON: the text ends within a list"),
        ("{\"a\":".repeat(most / 5), "not JSON: the text ends within a value"),
        (lists(most / 2), "expected an object (a scenario), found a list"),
        (objects(most / 6 - 1), "a scenario has no field `a`"),
        (GOOD.replace("\"an invented case\"", &lists(most / 4)), "expected a string, found a list"),
        (GOOD.replace("\"fuzz\"", &objects(most / 12)), "expected a string, found an object"),
        (scenario("\"small\"", "[]", &lists(most / 4)), "expected an object (a step), found a list"),
    ];
    for (text, message) in rows {
        assert_eq!(read(&text).unwrap_err().message, message);
    }
}

#[test]
fn limits_are_exact_and_named() {
    let (cast, step) = ("\"small\"", r#"{"command": {"do": "block", "by": "kay", "who": "sam"}}"#);
    let steps = |count| scenario(cast, "[]", &list(count, |_| step.into()));
    let users =
        |count| scenario(&list(count, |i| format!(r#"{{"name": "{i}", "kind": "adult"}}"#)), "[]", "[]");
    let groups = |count| scenario(cast, &list(count, |i| format!("\"{i}\"")), "[]");
    let name = |length| scenario(cast, &format!("[\"{}\"]", "n".repeat(length)), "[]");
    let bytes = |count: usize| {
        let text = scenario(cast, "[]", "[]");
        " ".repeat(count - text.len()) + &text
    };
    let n = "n".repeat(64);
    let rows = [
        (steps(MAX_STEPS), None),
        (steps(MAX_STEPS + 1), Some("expected at most 10000 steps, found 10001".into())),
        (users(0), Some("expected 1 to 16 users, found 0".into())),
        (users(1), None),
        (users(16), None),
        (users(17), Some("expected 1 to 16 users, found 17".into())),
        (groups(0), None),
        (groups(8), None),
        (groups(9), Some("expected at most 8 groups, found 9".into())),
        (name(1), None),
        (name(MAX_NAME_CHARS), None),
        (name(MAX_NAME_CHARS + 1), Some(format!("`{n}…` is not a name"))),
        (name(1 << 20), Some(format!("`{n}…` is not a name"))),
        (bytes(MAX_FILE_BYTES), None),
        (bytes(MAX_FILE_BYTES + 1), Some("larger than 16 MiB".into())),
    ];
    for (text, message) in rows {
        assert_eq!(read(&text).err().map(|error| error.message), message);
    }
    assert!(is_name("a-Z_0.9") && !is_name("") && !is_name("a b") && !is_name("é"));
}

#[test]
fn an_endless_stream_is_not_read_to_its_end() {
    let error = read_bytes("<stdin>", std::io::repeat(b' ')).unwrap_err();
    assert_eq!(error.to_string(), "<stdin>: larger than 16 MiB");
}

#[test]
fn a_crowd_of_fields_is_no_danger() {
    let mut fields = String::new();
    for number in 0..500_000 {
        write!(fields, "\"{number}\": 0, \"\\ud800\": 0, ").unwrap();
    }
    let error = read(&GOOD.replace("\"chatwarden\"", &(fields + "\"chatwarden\""))).unwrap_err();
    assert_eq!(error.message, "the string has an escape that is half of a surrogate pair");
    let repeated = "\"by\": 0, ".repeat(1_000_000);
    let error = read(&GOOD.replacen("\"by\"", &(repeated + "\"by\""), 1)).unwrap_err();
    assert_eq!(error.message, "the field `by` stands twice in a command");
}

#[test]
fn messages_are_short_and_leave_the_terminal_alone() {
    let rows = [
        ("\\u001b[2J", "unknown user `\\u{1b}[2J`; known: `ann`, `kay`, `kim`, `bob`, `sam`".to_owned()),
        (
            "\\n\\u202e\\u0000\\\"'\\\\",
            "unknown user `\\n\\u{202e}\\u{0}\"'\\`; known: `ann`, `kay`, `kim`, `bob`, `sam`".into(),
        ),
        (
            &"é".repeat(1 << 20),
            format!("unknown user `{}…`; known: `ann`, `kay`, `kim`, `bob`, `sam`", "é".repeat(64)),
        ),
    ];
    for (name, message) in rows {
        let error = read(&GOOD.replacen("\"by\": \"ann\"", &format!("\"by\": \"{name}\""), 1)).unwrap_err();
        assert_eq!(error.to_string(), format!("good.json:26:41: {message}"));
    }
}

/// A piece of the good file goes where another one is, or random bytes do.
#[derive(Clone, Debug)]
enum Edit {
    Move { from: Index, to: Index },
    Insert { at: Index, bytes: Vec<u8> },
    Overwrite { at: Index, byte: u8 },
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        (any::<Index>(), any::<Index>()).prop_map(|(from, to)| Edit::Move { from, to }),
        (any::<Index>(), prop::collection::vec(any::<u8>(), 0..4))
            .prop_map(|(at, bytes)| Edit::Insert { at, bytes }),
        (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Edit::Overwrite { at, byte }),
    ]
}

/// Where the strings, numbers and signs of the text stand, roughly.
fn tokens(text: &[u8]) -> Vec<std::ops::Range<usize>> {
    let is_sign = |byte: &u8| b"{}[]:, \n".contains(byte);
    let ends = |at: &usize| *at == 0 || is_sign(&text[*at]) || is_sign(&text[*at - 1]);
    let ends: Vec<_> = (0..text.len()).filter(ends).chain([text.len()]).collect();
    ends.windows(2).map(|pair| pair[0]..pair[1]).collect()
}

impl Edit {
    fn apply(&self, text: &mut Vec<u8>) {
        match self {
            Edit::Move { from, to } => {
                let tokens = tokens(text);
                let piece = text[from.get(&tokens).clone()].to_vec();
                text.splice(to.get(&tokens).clone(), piece);
            }
            Edit::Insert { at, bytes } => {
                let at = at.index(text.len());
                text.splice(at..at, bytes.iter().copied());
            }
            Edit::Overwrite { at, byte } => {
                let at = at.index(text.len());
                text[at] = *byte;
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn no_text_makes_the_reader_panic(edits in prop::collection::vec(edit(), 1..5)) {
        let mut text = GOOD.as_bytes().to_vec();
        edits.iter().for_each(|edit| edit.apply(&mut text));
        match read_raw(&text) {
            Ok(scenario) => prop_assert_eq!(read(&scenario.write()), Ok(scenario)),
            Err(error) => prop_assert!(error.place.is_some() && error.to_string().len() < 1000, "{}", error),
        }
    }
}
