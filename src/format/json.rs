//! JSON values that are written, and their layouts: a message, a line, or a file that people read.
//!
//! An object keeps the order of its fields. JSON is read by `node`, without a tree.

use std::borrow::Cow;

use chatwarden_model::NamedEnum;

use crate::sanitize;

/// A JSON value that is to be written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Json<'a> {
    Null,
    Bool(bool),
    Number(i128),
    Text(Cow<'a, str>),
    /// A value that is JSON text already.
    Raw(&'a str),
    List(Vec<Json<'a>>),
    Object(Vec<(Cow<'static, str>, Json<'a>)>),
}

/// Builds a [`Json`] from JSON notation. A value that is neither an object nor a list is an expression; one of
/// several tokens needs parentheses.
macro_rules! json {
    ({ $($key:literal : $value:tt),* $(,)? }) => {
        $crate::format::json::Json::Object(vec![$(($key.into(), json!($value))),*])
    };
    ([ $($item:tt),* $(,)? ]) => { $crate::format::json::Json::List(vec![$(json!($item)),*]) };
    ($value:expr) => { $crate::format::json::Json::from($value) };
}
pub(super) use json;

impl<'a> Json<'a> {
    /// An object with the fields that have a value.
    pub(super) fn object(fields: impl IntoIterator<Item = (&'static str, Option<Json<'a>>)>) -> Self {
        let fields = fields.into_iter().filter_map(|(key, value)| Some((key.into(), value?)));
        Json::Object(fields.collect())
    }

    /// A list of these values.
    pub(super) fn list<T: Into<Json<'a>>>(items: impl IntoIterator<Item = T>) -> Self {
        Json::List(items.into_iter().map(Into::into).collect())
    }

    /// The name of the value as files have it.
    pub(super) fn name(value: impl NamedEnum) -> Self {
        Json::from(value.name())
    }

    /// Appends the value without any space, as messages have it.
    pub(super) fn append_to(&self, bytes: &mut Vec<u8>) {
        self.write(Layout::Compact, 0, bytes);
    }

    /// The value on one line.
    pub(super) fn line(&self) -> String {
        self.laid_out(Layout::Line)
    }

    /// The value as a file. An object, and each object right within it, has a line for each field. A list of objects
    /// right within it has a line for each object. Everything deeper stays on its line.
    pub(super) fn file(&self) -> String {
        self.laid_out(Layout::File) + "\n"
    }

    /// The value as a file in which only a value that is too long for a line is broken.
    pub(super) fn wrapped(&self) -> String {
        self.laid_out(Layout::Wrapped) + "\n"
    }

    fn laid_out(&self, layout: Layout) -> String {
        let mut bytes = Vec::new();
        self.write(layout, 0, &mut bytes);
        String::from_utf8(bytes).expect("JSON is UTF-8")
    }

    fn write(&self, layout: Layout, depth: usize, bytes: &mut Vec<u8>) {
        match self {
            Json::Null => bytes.extend_from_slice(b"null"),
            Json::Bool(value) => bytes.extend_from_slice(if *value { b"true" } else { b"false" }),
            Json::Number(number) => bytes.extend_from_slice(number.to_string().as_bytes()),
            Json::Text(text) => write_text(text, bytes),
            Json::Raw(text) => bytes.extend_from_slice(text.as_bytes()),
            Json::List(items) => {
                let breaks = !items.is_empty() && layout.breaks(self, depth);
                bytes.push(b'[');
                for (at, item) in items.iter().enumerate() {
                    layout.separate(at == 0, breaks, depth + 1, bytes);
                    item.write(layout, depth + 1, bytes);
                }
                end_line(breaks, depth, bytes);
                bytes.push(b']');
            }
            Json::Object(fields) => {
                let breaks = !fields.is_empty() && layout.breaks(self, depth);
                bytes.push(b'{');
                for (at, (key, value)) in fields.iter().enumerate() {
                    layout.separate(at == 0, breaks, depth + 1, bytes);
                    write_text(key, bytes);
                    bytes.extend_from_slice(if layout == Layout::Compact { b":" } else { b": " });
                    value.write(layout, depth + 1, bytes);
                }
                end_line(breaks, depth, bytes);
                bytes.push(b'}');
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Layout {
    Compact,
    Line,
    File,
    Wrapped,
}

impl Layout {
    /// Whether the parts of a list or object at this depth have lines of their own.
    fn breaks(self, value: &Json<'_>, depth: usize) -> bool {
        const WIDTH: usize = 110;
        match (self, value) {
            (Layout::Compact | Layout::Line, _) => false,
            (Layout::Wrapped, _) => INDENT.len() * depth + value.line().len() > WIDTH,
            (Layout::File, Json::List(items)) => {
                depth < 2 && items.iter().any(|item| matches!(item, Json::Object(_)))
            }
            (Layout::File, _) => depth < 2,
        }
    }

    /// Writes what comes before a part.
    fn separate(self, is_first: bool, breaks: bool, depth: usize, bytes: &mut Vec<u8>) {
        if !is_first {
            bytes.push(b',');
        }
        if !is_first && !breaks && self != Layout::Compact {
            bytes.push(b' ');
        }
        end_line(breaks, depth, bytes);
    }
}

const INDENT: &[u8] = b"  ";

fn end_line(breaks: bool, depth: usize, bytes: &mut Vec<u8>) {
    if breaks {
        bytes.push(b'\n');
        (0..depth).for_each(|_| bytes.extend_from_slice(INDENT));
    }
}

/// Writes a string. A file is read by people as well, so no character in it is hidden.
fn write_text(text: &str, bytes: &mut Vec<u8>) {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'#') {
        return serde_json::to_writer(bytes, text).expect("a string can be written to memory");
    }
    let text = serde_json::to_string(text).expect("a string can be written to memory");
    bytes.extend_from_slice(sanitize::json(&text).as_bytes());
}

impl From<bool> for Json<'_> {
    fn from(value: bool) -> Self {
        Json::Bool(value)
    }
}

impl From<u64> for Json<'_> {
    fn from(number: u64) -> Self {
        Json::Number(number.into())
    }
}

impl From<i64> for Json<'_> {
    fn from(number: i64) -> Self {
        Json::Number(number.into())
    }
}

impl From<usize> for Json<'_> {
    fn from(number: usize) -> Self {
        Json::Number(number as i128)
    }
}

impl<'a> From<&'a str> for Json<'a> {
    fn from(text: &'a str) -> Self {
        Json::Text(text.into())
    }
}

impl From<String> for Json<'_> {
    fn from(text: String) -> Self {
        Json::Text(text.into())
    }
}

impl<'a, T: Into<Json<'a>>> From<Option<T>> for Json<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Json::Null, Into::into)
    }
}
