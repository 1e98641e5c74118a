//! A text that is to be read, with the name of its file. Its limits, encoding and syntax are checked here, and places in
//! it are counted here.
//!
//! The text is interpreted by the readers of [`Node`]s.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde_json::value::RawValue;

use super::error::{Error, Place};
use super::limits::MAX_FILE_BYTES;
use super::node::Node;

/// A text with the name that errors give it.
///
/// ```
/// use chatwarden::format::Source;
/// let line = Source::from_bytes("<stdin>", b" [true] ")?;
/// assert_eq!(line.root()?.raw(), "[true]");
/// # Ok::<(), chatwarden::format::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    name: &'a str,
    text: &'a str,
}

impl<'a> Source<'a> {
    /// A text with the name of its file, or a substitute.
    pub const fn new(name: &'a str, text: &'a str) -> Self {
        Source { name, text }
    }

    /// The same from bytes.
    ///
    /// # Errors
    /// If they are not UTF-8.
    pub fn from_bytes(name: &'a str, bytes: &'a [u8]) -> Result<Self, Error> {
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let (valid, rest) = bytes.split_at(error.valid_up_to());
            // This part was just found to be valid.
            let text = std::str::from_utf8(valid).unwrap_or_default();
            Source { name, text }.error(text.len(), format!("byte {:#04x} is not UTF-8", rest[0]))
        })?;
        Ok(Source { name, text })
    }

    /// The JSON value that the text holds.
    ///
    /// # Errors
    /// If the text is too long, starts with a byte order mark or is not one JSON value.
    pub fn root(self) -> Result<Node<'a>, Error> {
        within_limit(self.name, self.text.len())?;
        if self.text.starts_with('\u{feff}') {
            return Err(self.error(0, "the text starts with a byte order mark, which JSON does not have"));
        }
        if self.text.trim_ascii().is_empty() {
            return Err(self.error(0, "the text is empty"));
        }
        let root: &RawValue = serde_json::from_str(self.text).map_err(|error| self.syntax_error(&error))?;
        Ok(Node::new(self, root))
    }

    /// An error at the byte of that offset.
    pub(super) fn error(self, offset: usize, message: impl Into<String>) -> Error {
        Error { place: Some(self.place(offset)), ..Error::of_file(self.name, message) }
    }

    /// The place of the byte of that offset.
    pub(super) fn place(self, offset: usize) -> Place {
        let before = &self.text[..offset];
        let line = before.rfind('\n').map_or(before, |end| &before[end + 1..]);
        Place { line: before.matches('\n').count() + 1, column: line.chars().count() + 1 }
    }

    /// The offset of a piece of the text.
    pub(super) fn offset(self, piece: &str) -> usize {
        piece.as_ptr().addr() - self.text.as_ptr().addr()
    }

    fn syntax_error(self, error: &serde_json::Error) -> Error {
        // The parser counts lines from 1, and in a line the bytes up to the wrong one.
        let start: usize =
            self.text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
        let mut offset = (start + error.column().saturating_sub(1)).min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or_default();
        let message =
            PHRASES.iter().fold(message.to_owned(), |text, (theirs, ours)| text.replace(theirs, ours));
        self.error(offset, format!("not JSON: {message}"))
    }
}

/// Phrases of the parser's messages, and those that replace them.
const PHRASES: [(&str, &str); 4] = [
    ("EOF while parsing", "the text ends within"),
    ("expected ident", "misspelt `true`, `false` or `null`"),
    ("expected value", "expected a value"),
    ("control character (\\u0000-\\u001F) found while parsing", "a line break or other control character in"),
];

/// All bytes of a stream, such as standard input.
///
/// # Errors
/// If it cannot be read or holds more than a file may.
pub fn read_bytes(name: &str, stream: impl Read) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let limit = MAX_FILE_BYTES as u64 + 1;
    stream.take(limit).read_to_end(&mut bytes).map_err(|error| unreadable(name, &error))?;
    within_limit(name, bytes.len())?;
    Ok(bytes)
}

/// The value that the reader makes of the file at the path.
pub(super) fn open<T>(path: &Path, read: impl FnOnce(Source<'_>) -> Result<T, Error>) -> Result<T, Error> {
    let name = path.display().to_string();
    let file = File::open(path).map_err(|error| unreadable(&name, &error))?;
    read(Source::from_bytes(&name, &read_bytes(&name, file)?)?)
}

fn unreadable(name: &str, error: &std::io::Error) -> Error {
    Error::of_file(name, format!("cannot be read: {error}"))
}

fn within_limit(name: &str, bytes: usize) -> Result<(), Error> {
    if bytes > MAX_FILE_BYTES {
        return Err(Error::of_file(name, format!("larger than {} MiB", MAX_FILE_BYTES >> 20)));
    }
    Ok(())
}
