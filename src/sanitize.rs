//! Text from outside, made safe for an output: the names of files, the words of a driver or of a
//! panic, the texts of a scenario. A terminal, a log viewer or a CI system obeys some of it.
//!
//! Every function leaves ordinary text of any script as it is, and writes the rest as a visible
//! escape such as `\u{202e}`. Text that was made safe once stays the same when it is made safe
//! again. Three things are escaped:
//!
//! - Characters that do not show themselves: control characters, line and paragraph separators, marks
//!   that reorder text, and characters that are invisible or have no meaning.
//! - The start of a command of a CI system within a line: `##[error]`, `##vso[…]`, `##teamcity[…]`.
//! - `::` at the start of a line, with which a command of GitHub Actions starts.
//!
//! The layout of a text, and the colours of a terminal, are added after that.

use std::ffi::OsStr;
use std::fmt::Write;
use std::ops::RangeInclusive;
use std::path::Path;

/// The characters that do not show themselves: those of the Unicode categories Cc, Zl, Zp and Co,
/// those with the property `Default_Ignorable_Code_Point`, the annotation marks, and the code points
/// that are no characters. Of the latter, the last two of each plane are left out here.
const HIDDEN: [RangeInclusive<char>; 22] = [
    '\u{0}'..='\u{1f}',
    '\u{7f}'..='\u{9f}',
    '\u{ad}'..='\u{ad}',
    '\u{34f}'..='\u{34f}',
    '\u{61c}'..='\u{61c}',
    '\u{115f}'..='\u{1160}',
    '\u{17b4}'..='\u{17b5}',
    '\u{180b}'..='\u{180f}',
    '\u{200b}'..='\u{200f}',
    '\u{2028}'..='\u{202e}',
    '\u{2060}'..='\u{206f}',
    '\u{3164}'..='\u{3164}',
    '\u{e000}'..='\u{f8ff}',
    '\u{fdd0}'..='\u{fdef}',
    '\u{fe00}'..='\u{fe0f}',
    '\u{feff}'..='\u{feff}',
    '\u{ffa0}'..='\u{ffa0}',
    '\u{fff0}'..='\u{fffb}',
    '\u{1bca0}'..='\u{1bca3}',
    '\u{1d173}'..='\u{1d17a}',
    '\u{e0000}'..='\u{e0fff}',
    '\u{f0000}'..='\u{10ffff}',
];

/// Whether a reader sees the character, and sees it where it stands.
///
/// ```
/// use chatwarden::sanitize::is_visible;
/// assert!("aé漢ש 👩".chars().all(is_visible));
/// assert!(!"\u{1b}\n\u{200b}\u{202e}\u{2028}\u{e0041}".chars().any(is_visible));
/// ```
pub fn is_visible(char: char) -> bool {
    let ends_plane = u32::from(char) & 0xfffe == 0xfffe;
    (' '..='~').contains(&char) || !(ends_plane || HIDDEN.iter().any(|range| range.contains(&char)))
}

/// The text on one line.
///
/// ```
/// use chatwarden::sanitize::line;
/// assert_eq!(line("Зоя, 2024"), "Зоя, 2024");
/// assert_eq!(line("a\n::error::b \u{202e}c"), r"a\n::error::b \u{202e}c");
/// assert_eq!(line("  ::error::b"), r"  \u{3a}:error::b");
/// assert_eq!(line("see ##[error]b"), r"see #\u{23}[error]b");
/// ```
pub fn line(text: &str) -> String {
    let start = text.len() - text.trim_start().len();
    let is_command = text[start..].starts_with("::");
    escaped(
        text,
        |at, _| is_command && at == start,
        |char, line| match char {
            '\n' | '\r' | '\t' => line.extend(char.escape_default()),
            _ => line.extend(char.escape_unicode()),
        },
    )
}

/// The text with its line breaks. Each line is made safe and starts with the indentation.
///
/// ```
/// use chatwarden::sanitize::lines;
/// assert_eq!(lines("one\r\n::set-env::two\n", "  "), "  one\n  \\u{3a}:set-env::two");
/// ```
pub fn lines(text: &str, indentation: &str) -> String {
    text.lines().map(|one| format!("{indentation}{}", line(one))).collect::<Vec<_>>().join("\n")
}

/// The lines of the text on one line, with ` / ` between them.
///
/// ```
/// use chatwarden::sanitize::joined;
/// assert_eq!(joined("panicked:\n  left: 1\n\n  right: 2\n"), "panicked: / left: 1 / right: 2");
/// ```
pub fn joined(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    line(&lines.collect::<Vec<_>>().join(" / "))
}

/// The text on one line in backticks. Of a long text only the start is quoted: so many characters.
///
/// ```
/// use chatwarden::sanitize::quoted;
/// assert_eq!(quoted("a\tb", 64), r"`a\tb`");
/// assert_eq!(quoted("abcdef", 3), "`abc…`");
/// ```
pub fn quoted(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => format!("`{}`", line(text)),
        Some((end, _)) => format!("`{}…`", line(&text[..end])),
    }
}

/// A path on one line. To quote it in a command, use [`shell_path`].
///
/// ```
/// assert_eq!(chatwarden::sanitize::path("a\nb.json".as_ref()), r"a\nb.json");
/// ```
pub fn path(path: &Path) -> String {
    line(&path.to_string_lossy())
}

/// A JSON text of the same value. The line breaks between its values stay.
///
/// ```
/// use chatwarden::sanitize::json;
/// assert_eq!(json("[\n\"\u{202e}\u{e0041}\"]"), "[\n\"\\u202e\\udb40\\udc41\"]");
/// assert_eq!(json(r#""see ##[error]b""#), r#""see #\u0023[error]b""#);
/// ```
pub fn json(text: &str) -> String {
    // All of these characters stand within a string, and never after a backslash.
    escaped(
        text,
        |_, _| false,
        |char, json| match char {
            '\n' => json.push('\n'),
            _ => char.encode_utf16(&mut [0; 2]).iter().for_each(|unit| {
                let _ = write!(json, "\\u{unit:04x}");
            }),
        },
    )
}

/// A path as a word of a shell, also if it looks like an option.
///
/// ```
/// use chatwarden::sanitize::shell_path;
/// assert_eq!(shell_path("found/a-1.json".as_ref()), "found/a-1.json");
/// assert_eq!(shell_path("-n/it's.json".as_ref()), r"'./-n/it'\''s.json'");
/// ```
pub fn shell_path(path: &Path) -> String {
    if path.as_os_str().as_encoded_bytes().starts_with(b"-") {
        return shell_word(Path::new(".").join(path).as_os_str());
    }
    shell_word(path.as_os_str())
}

/// The text as a word of a shell. Of a text with bytes that cannot be shown the form is `$'…'`, which
/// POSIX has since 2024, and Bash, Zsh and the Korn shell have had for long.
///
/// ```
/// use chatwarden::sanitize::shell_word;
/// assert_eq!(shell_word("exec:my-driver".as_ref()), "exec:my-driver");
/// assert_eq!(shell_word("exec:my driver $HOME".as_ref()), "'exec:my driver $HOME'");
/// assert_eq!(shell_word("a\n'b\u{202e}".as_ref()), r"$'a\012\047b\342\200\256'");
/// ```
pub fn shell_word(word: &OsStr) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"%+,-./:=@_".contains(&byte);
    match word.to_str() {
        Some(text) if !text.is_empty() && text.bytes().all(is_plain) => text.into(),
        Some(text) if line(text) == text => format!("'{}'", text.replace('\'', r"'\''")),
        _ => shell_escapes(word),
    }
}

/// The word with octal escapes.
fn shell_escapes(word: &OsStr) -> String {
    let octal = |escapes: &mut String, bytes: &[u8]| {
        bytes.iter().for_each(|byte| {
            let _ = write!(escapes, "\\{byte:03o}");
        });
    };
    let mut quoted = String::from("$'");
    for chunk in word.as_encoded_bytes().utf8_chunks() {
        quoted += &escaped(
            chunk.valid(),
            |_, char| matches!(char, '\'' | '\\'),
            |char, part| {
                octal(part, char.encode_utf8(&mut [0; 4]).as_bytes());
            },
        );
        octal(&mut quoted, chunk.invalid());
    }
    quoted + "'"
}

/// The text with escapes for what is not visible, for the start of a CI system's command within a line,
/// and for the characters that the caller names by their position.
fn escaped(
    text: &str,
    is_unwanted: impl Fn(usize, char) -> bool,
    escape: impl Fn(char, &mut String),
) -> String {
    let mut safe = String::with_capacity(text.len());
    for (at, char) in text.char_indices() {
        if !is_visible(char) || is_unwanted(at, char) || starts_command(text, at) {
            escape(char, &mut safe);
        } else {
            safe.push(char);
        }
    }
    safe
}

/// Whether the second `#` of `##[` or `##word[` is at this position.
fn starts_command(text: &str, at: usize) -> bool {
    text[..at].ends_with('#')
        && text[at..].strip_prefix('#').is_some_and(|rest| {
            rest.trim_start_matches(|char: char| char.is_ascii_alphabetic()).starts_with('[')
        })
}
