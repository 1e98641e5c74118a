//! A JSON value with its place in the text. A reader takes it apart, from the outside to the inside.
//!
//! A value is converted only when a reader asks for it. So each error points at its value, key or item, duplicate keys
//! stay visible, and no depth of nesting leads to recursion. There is no tree. Values are written by `json`.

use std::borrow::Cow;
use std::fmt;
use std::ops::RangeInclusive;

use serde_core::Deserializer;
use serde_core::de::{MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::error::{Error, Place, help, quoted};
use super::source::Source;
use super::word::NounOf;

/// A value in a text.
///
/// ```
/// use chatwarden::format::Source;
/// let node = Source::new("my.json", r#"{"seed": 7}"#).root()?;
/// let fields = node.object("a run")?.only(&["seed", "length"])?;
/// assert_eq!(fields.required("seed")?.integer(0..=9)?, 7);
/// assert_eq!(fields.required("length").unwrap_err().to_string(), "my.json:1:1: a run needs the field `length`");
/// # Ok::<(), chatwarden::format::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Node<'a> {
    source: Source<'a>,
    raw: &'a str,
}

impl<'a> Node<'a> {
    pub(super) fn new(source: Source<'a>, raw: &'a RawValue) -> Self {
        Node { source, raw: raw.get() }
    }

    /// The value as the text has it.
    pub fn raw(self) -> &'a str {
        self.raw
    }

    /// The place at which the value starts.
    pub fn place(self) -> Place {
        self.source.place(self.source.offset(self.raw))
    }

    /// An error at this value.
    pub fn error(self, message: impl Into<String>) -> Error {
        self.source.error(self.source.offset(self.raw), message)
    }

    /// An error at this value: it should be something else.
    pub fn expected(self, what: impl fmt::Display) -> Error {
        let found = match self.first() {
            b'"' => "a string".into(),
            b'{' => "an object".into(),
            b'[' => "a list".into(),
            _ => quoted(self.raw),
        };
        self.error(format!("expected {what}, found {found}"))
    }

    /// An error at this value: it is a word that is none of the known ones.
    pub fn unknown<'k>(
        self,
        noun: &str,
        word: &str,
        known: impl IntoIterator<Item = &'k str> + Clone,
    ) -> Error {
        Error { help: help(word, known), ..self.error(format!("unknown {noun} {}", quoted(word))) }
    }

    /// An error at this value: it is named a second time, where each may be named once.
    pub fn repeated(self, noun: &str, word: &str) -> Error {
        self.error(format!("{noun} {} is named twice", quoted(word)))
    }

    /// Whether the value is `null`.
    pub fn is_null(self) -> bool {
        self.raw == "null"
    }

    /// Whether the value is a string.
    pub fn is_text(self) -> bool {
        self.first() == b'"'
    }

    /// Whether the value is an object.
    pub fn is_object(self) -> bool {
        self.first() == b'{'
    }

    /// Whether the value is a list.
    pub fn is_list(self) -> bool {
        self.first() == b'['
    }

    /// The boolean that the value is.
    ///
    /// # Errors
    /// If it is something else.
    pub fn boolean(self) -> Result<bool, Error> {
        match self.raw {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(self.expected("`true` or `false`")),
        }
    }

    /// The whole number that the value is, written with digits only.
    ///
    /// # Errors
    /// If it is something else, or not within the limits.
    pub fn integer(self, limits: RangeInclusive<u64>) -> Result<u64, Error> {
        self.number_among("whole number", limits)
    }

    /// The whole number that the value is, as a position, from 0, in a list of that length.
    ///
    /// # Errors
    /// If it is something else, or not a position in the list.
    pub fn index(self, noun: &str, count: usize) -> Result<usize, Error> {
        let Some(last) = count.checked_sub(1) else {
            return Err(self.error(format!("there is no {noun}")));
        };
        self.number_among(noun, 0..=last as u64).map(|index| index as usize)
    }

    fn number_among(self, noun: &str, limits: RangeInclusive<u64>) -> Result<u64, Error> {
        let number = self.raw.parse().ok().filter(|number| limits.contains(number));
        number.ok_or_else(|| match limits.into_inner() {
            (least, u64::MAX) => self.expected(format_args!("a {noun} from {least} to 2^64 - 1")),
            (least, most) => self.expected(format_args!("a {noun} from {least} to {most}")),
        })
    }

    /// The string that the value is.
    ///
    /// # Errors
    /// If it is something else, or an escape in it is half of a surrogate pair.
    pub fn text(self) -> Result<Cow<'a, str>, Error> {
        if !self.is_text() {
            return Err(self.expected("a string"));
        }
        if !self.raw.contains('\\') {
            return Ok(Cow::Borrowed(&self.raw[1..self.raw.len() - 1]));
        }
        // The check of the syntax does not include surrogate pairs.
        let decoded = serde_json::from_str(self.raw).map(Cow::Owned);
        decoded.map_err(|_| self.error("the string has an escape that is half of a surrogate pair"))
    }

    /// The word that the value is.
    ///
    /// # Errors
    /// If it is not a string, or an unknown word.
    pub fn word<W: NounOf>(self) -> Result<W, Error> {
        self.word_among(W::ALL)
    }

    /// The word that the value is, one of these. An old name counts as well, and is never suggested.
    pub(super) fn word_among<W: NounOf>(self, known: &[W]) -> Result<W, Error> {
        let word = self.text()?;
        let value = W::named(&word).filter(|value| known.contains(value));
        value.ok_or_else(|| self.unknown(W::NOUN, &word, known.iter().map(|known| known.name())))
    }

    /// The items of the list that the value is. Errors call them `what`.
    ///
    /// # Errors
    /// If it is something else, or has more or fewer items than it may.
    pub fn list(self, what: &str, limits: RangeInclusive<usize>) -> Result<Vec<Node<'a>>, Error> {
        if !self.is_list() {
            return Err(self.expected(format_args!("a list of {what}")));
        }
        let (least, most) = limits.into_inner();
        let (items, count) = self.visit(Items { source: self.source, most });
        if (least..=most).contains(&count) {
            return Ok(items);
        }
        let limits = match least {
            0 => format!("at most {most}"),
            _ if least == most => most.to_string(),
            _ => format!("{least} to {most}"),
        };
        Err(self.error(format!("expected {limits} {what}, found {count}")))
    }

    /// The fields of the object that the value is. Errors call it `what`.
    ///
    /// # Errors
    /// If it is something else, or has a field twice.
    pub fn object(self, what: impl Into<Cow<'static, str>>) -> Result<Object<'a>, Error> {
        let what = what.into();
        if !self.is_object() {
            return Err(self.expected(format_args!("an object ({what})")));
        }
        let mut fields: Vec<Field<'a>> = Vec::new();
        for (key, value) in self.visit(Entries(self.source)) {
            let name = key.text()?;
            if fields.iter().any(|field| field.name == name) {
                return Err(key.error(format!("the field {} stands twice in {what}", quoted(&name))));
            }
            fields.push(Field { name, key, value });
        }
        Ok(Object { what, node: self, fields })
    }

    fn first(self) -> u8 {
        self.raw.as_bytes()[0]
    }

    fn visit<V: Visitor<'a>>(self, visitor: V) -> V::Value {
        let mut parser = serde_json::Deserializer::from_str(self.raw);
        parser.deserialize_any(visitor).expect("the syntax has been checked")
    }
}

/// The fields of an object.
///
/// ```
/// use chatwarden::format::Source;
/// let node = Source::new("my.json", r#"{"sead": 7}"#).root()?;
/// let error = node.object("a run")?.only(&["seed", "length"]).unwrap_err();
/// assert_eq!(error.to_string(), "my.json:1:2: a run has no field `sead`; did you mean `seed`?");
/// # Ok::<(), chatwarden::format::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Object<'a> {
    what: Cow<'static, str>,
    node: Node<'a>,
    fields: Vec<Field<'a>>,
}

#[derive(Clone, Debug)]
struct Field<'a> {
    name: Cow<'a, str>,
    key: Node<'a>,
    value: Node<'a>,
}

impl<'a> Object<'a> {
    /// The same fields, of an object that errors call `what` from now on.
    #[must_use]
    pub fn described(self, what: impl Into<Cow<'static, str>>) -> Self {
        Object { what: what.into(), ..self }
    }

    /// The same fields, if there are none but these.
    ///
    /// # Errors
    /// At the first field that is not one of them.
    pub fn only(self, known: &[&str]) -> Result<Self, Error> {
        let Some(field) = self.fields.iter().find(|field| !known.contains(&&*field.name)) else {
            return Ok(self);
        };
        let error = field.key.error(format!("{} has no field {}", self.what, quoted(&field.name)));
        Err(Error { help: help(&field.name, known.iter().copied()), ..error })
    }

    /// The value of a field.
    ///
    /// # Errors
    /// If there is no such field.
    pub fn required(&self, name: &str) -> Result<Node<'a>, Error> {
        let value = self.field(name).map(|field| field.value);
        value.ok_or_else(|| self.node.error(format!("{} needs the field `{name}`", self.what)))
    }

    /// The value that the reader makes of a field that may be left out.
    ///
    /// # Errors
    /// The reader's.
    pub fn optional<T>(
        &self,
        name: &str,
        read: impl FnOnce(Node<'a>) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        self.field(name).map(|field| read(field.value)).transpose()
    }

    /// The value that the reader makes of a field that may be left out or `null`.
    ///
    /// # Errors
    /// The reader's.
    pub fn nullable<T>(
        &self,
        name: &str,
        read: impl FnOnce(Node<'a>) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        let value = self.field(name).map(|field| field.value).filter(|value| !value.is_null());
        value.map(read).transpose()
    }

    /// The key of a field, for an error about its presence.
    pub fn key(&self, name: &str) -> Option<Node<'a>> {
        self.field(name).map(|field| field.key)
    }

    fn field(&self, name: &str) -> Option<&Field<'a>> {
        self.fields.iter().find(|field| field.name == name)
    }
}

/// Collects the entries of an object.
struct Entries<'a>(Source<'a>);

/// More than any object of the formats has. Among this many fields one is unknown or repeated, so that later ones need
/// not be kept.
const MOST_FIELDS: usize = 64;

impl<'a> Visitor<'a> for Entries<'a> {
    type Value = Vec<(Node<'a>, Node<'a>)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while entries.len() < MOST_FIELDS {
            let Some((key, value)) = map.next_entry()? else { return Ok(entries) };
            entries.push((Node::new(self.0, key), Node::new(self.0, value)));
        }
        while map.next_entry::<&RawValue, &RawValue>()?.is_some() {}
        Ok(entries)
    }
}

/// Collects the items of a list, up to the most that it may have, and counts all of them.
struct Items<'a> {
    source: Source<'a>,
    most: usize,
}

impl<'a> Visitor<'a> for Items<'a> {
    type Value = (Vec<Node<'a>>, usize);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let (mut items, mut count) = (Vec::new(), 0);
        while let Some(item) = list.next_element()? {
            if items.len() < self.most {
                items.push(Node::new(self.source, item));
            }
            count += 1;
        }
        Ok((items, count))
    }
}
