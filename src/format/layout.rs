//! How JSON is laid out: a value on one line, as messages and the steps of a scenario have it, or a file
//! that people read and compare, with a line for each thing that changes alone.

use std::io;

use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{Formatter, Serializer};

/// The value on one line.
pub(super) fn line(value: &impl Serialize) -> String {
    let mut bytes = Vec::new();
    let written = value.serialize(&mut Serializer::with_formatter(&mut bytes, OneLine));
    written.expect("nothing that is written here can fail");
    String::from_utf8(bytes).expect("JSON is UTF-8")
}

/// The value as a file: an object and the objects right within it have a line for each field, a list of
/// objects right within it one for each object, and whatever is deeper stays on its line.
pub(super) fn file(value: &impl Serialize) -> String {
    broken(value, |value, depth| match value {
        Value::Object(_) => depth < 2,
        Value::Array(items) => depth < 2 && items.iter().any(Value::is_object),
        _ => false,
    })
}

/// The value as a file in which only what is too long for a line is broken.
pub(super) fn wrapped(value: &impl Serialize) -> String {
    const WIDTH: usize = 110;
    broken(value, |value, depth| INDENT.len() * depth + line(value).len() > WIDTH)
}

const INDENT: &str = "  ";

/// The value with a line for each part of whatever is to be broken at its depth.
fn broken(value: &impl Serialize, breaks: impl Fn(&Value, usize) -> bool) -> String {
    let value = serde_json::to_value(value).expect("nothing that is written here can fail");
    let mut text = String::new();
    write(&value, 0, &breaks, &mut text);
    text.push('\n');
    text
}

fn write(value: &Value, depth: usize, breaks: &impl Fn(&Value, usize) -> bool, text: &mut String) {
    let parts: Vec<_> = match value {
        Value::Object(fields) => fields.iter().map(|(key, value)| (line(key) + ": ", value)).collect(),
        Value::Array(items) => items.iter().map(|item| (String::new(), item)).collect(),
        _ => Vec::new(),
    };
    if parts.is_empty() || !breaks(value, depth) {
        text.push_str(&line(value));
        return;
    }
    let [open, close] = if value.is_object() { ['{', '}'] } else { ['[', ']'] };
    let mut before = open;
    for (key, part) in parts {
        text.push(before);
        new_line(depth + 1, text);
        text.push_str(&key);
        write(part, depth + 1, breaks, text);
        before = ',';
    }
    new_line(depth, text);
    text.push(close);
}

fn new_line(depth: usize, text: &mut String) {
    text.push('\n');
    text.push_str(&INDENT.repeat(depth));
}

/// Compact JSON with a space after every comma and colon.
struct OneLine;

impl Formatter for OneLine {
    fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        writer.write_all(if first { b"" } else { b", " })
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.begin_array_value(writer, first)
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }
}
