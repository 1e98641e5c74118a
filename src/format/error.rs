//! What is wrong with a text, and where: every reader of this room fails with the same located error.
//!
//! Where in a text a value stands is known to `source`; here is only what is said about it.

use std::fmt;

use super::limits::MAX_NAME_CHARS;

/// A fault in something that was to be read, displayed as `FILE:LINE:COLUMN: message; help`.
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
    /// The file's name, or what stands for one, such as `<stdin>`.
    pub file: String,
    /// Where the offending value or key starts; none if the fault is that of the whole file.
    pub place: Option<Place>,
    /// What is wrong.
    pub message: String,
    /// What may have been meant, or what is known.
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
    /// A fault of a whole file.
    pub fn of_file(file: &str, message: impl Into<String>) -> Self {
        Error { file: file.into(), place: None, message: message.into(), help: None }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.file)?;
        if let Some(Place { line, column }) = self.place {
            write!(f, "{line}:{column}:")?;
        }
        write!(f, " {}", self.message)?;
        self.help.iter().try_for_each(|help| write!(f, "; {help}"))
    }
}

impl std::error::Error for Error {}

/// The known word that was meant by an unknown one, if one is so close that a slip explains it.
///
/// ```
/// use chatwarden::format::nearest;
/// assert_eq!(nearest("fmaily", ["small", "family"]), Some("family"));
/// assert_eq!(nearest("large", ["small", "family"]), None);
/// ```
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Nobody slips over more than a name can hold, and to measure a megabyte would take long.
    if word.len() > MAX_NAME_CHARS {
        return None;
    }
    let word = word.to_lowercase();
    let slips = |known: &'a str| (strsim::damerau_levenshtein(&word, &known.to_lowercase()), known);
    // Of three letters one may be wrong, of six two, and so on.
    let close = |(slips, known): &(usize, &str)| 3 * slips <= word.len().max(known.len());
    known.into_iter().map(slips).filter(close).min_by_key(|(slips, _)| *slips).map(|(_, known)| known)
}

/// What to say of an unknown word: the one that was meant, else those that are known, if they are few.
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

/// Words as messages list them.
pub(super) fn listed<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words.into_iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

/// A piece of the user's text as messages show it: in backticks, short, and on one line.
pub(super) fn quoted(text: &str) -> String {
    const SHOWN: usize = MAX_NAME_CHARS;
    let mut quoted = String::from("`");
    for char in text.chars().take(SHOWN) {
        // Control characters would have their way with the terminal; quotes are harmless there.
        match char {
            '"' | '\'' | '\\' => quoted.push(char),
            other => quoted.extend(other.escape_debug()),
        }
    }
    quoted.push_str(if text.chars().nth(SHOWN).is_some() { "…`" } else { "`" });
    quoted
}
