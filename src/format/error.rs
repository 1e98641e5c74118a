//! Errors of the formats: the place in a text, a message and a suggestion. Every reader returns this one type.
//!
//! The place is found by `source`.

use std::fmt;

use super::limits::MAX_NAME_CHARS;
use crate::sanitize;

/// An error in a text, displayed as `FILE:LINE:COLUMN: message; help`, on one line.
///
/// ```
/// use chatwarden::format::{PolicySpec, Source};
/// let text = r#" "messenger-kid" "#;
/// let error = PolicySpec::read(Source::new("my.json", text).root()?).unwrap_err();
/// assert_eq!(error.to_string(), "my.json:1:2: unknown policy `messenger-kid`; did you mean `messenger-kids`?");
/// # Ok::<(), chatwarden::format::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Error {
    /// The file's name, or a substitute such as `<stdin>`.
    pub file: String,
    /// The start of the wrong value or key; none if the whole file is wrong.
    pub place: Option<Place>,
    /// The message.
    pub message: String,
    /// A suggestion, or the known words.
    pub help: Option<String>,
}

/// A place in a text.
///
/// ```
/// use chatwarden::format::{Place, Source};
/// let error = Source::new("my.json", "[\n  no]").root().unwrap_err();
/// assert_eq!(error.place, Some(Place { line: 2, column: 4 }));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Place {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, counted in characters.
    pub column: usize,
}

impl Error {
    /// An error about a whole file.
    pub fn of_file(file: &str, message: impl Into<String>) -> Self {
        Error { file: file.into(), place: None, message: message.into(), help: None }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", sanitize::line(&self.file))?;
        if let Some(Place { line, column }) = self.place {
            write!(f, "{line}:{column}:")?;
        }
        write!(f, " {}", sanitize::line(&self.message))?;
        self.help.iter().try_for_each(|help| write!(f, "; {}", sanitize::line(help)))
    }
}

impl std::error::Error for Error {}

/// The known word that is nearest to an unknown one, if it is so near that it was probably meant.
///
/// ```
/// use chatwarden::format::nearest;
/// assert_eq!(nearest("fmaily", ["small", "family"]), Some("family"));
/// assert_eq!(nearest("large", ["small", "family"]), None);
/// ```
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Nothing longer than a name is a misspelt word, and measuring a megabyte would take long.
    if word.len() > MAX_NAME_CHARS {
        return None;
    }
    let word = word.to_lowercase();
    let measured = |known: &'a str| (strsim::damerau_levenshtein(&word, &known.to_lowercase()), known);
    // One letter of three may be wrong.
    let near = |(edits, known): &(usize, &str)| 3 * edits <= word.len().max(known.len());
    known.into_iter().map(measured).filter(near).min_by_key(|(edits, _)| *edits).map(|(_, known)| known)
}

/// The help about an unknown word: the nearest known word, or else all known words if they are few.
pub(super) fn help<'a>(word: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> Option<String> {
    const FEW: usize = 12;
    if let Some(meant) = nearest(word, known.clone()) {
        return Some(format!("did you mean `{meant}`?"));
    }
    match known.clone().into_iter().count() {
        0 => Some("there is none".into()),
        1..=FEW => Some(format!("known: {}", listed(known))),
        _ => None,
    }
}

/// A list of words in a message.
pub(super) fn listed<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words.into_iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

/// A piece of the user's text in a message: in backticks, short, and on one line.
pub(super) fn quoted(text: &str) -> String {
    sanitize::quoted(text, MAX_NAME_CHARS)
}
