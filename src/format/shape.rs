//! The shapes of fields that several records use: texts, numbers, words, names, lists and records in records.

use std::marker::PhantomData;
use std::ops::RangeInclusive;

use chatwarden_model::{EnumSet, Group, NamedEnum, UserSet};

use super::error::Error;
use super::json::{Json, json};
use super::limits::{MAX_NAME_CHARS, MAX_STEPS};
use super::names::Names;
use super::node::Node;
use super::record::{Context, Plain, Record, Shape};
use super::schema::{self, Schemas};
use super::word::NounOf;

/// A text.
pub(super) const TEXT: Plain<String> = Plain {
    read: |node, _| node.text().map(Into::into),
    write: |value, _| value.clone().into(),
    schema: |_| json!({"type": "string"}),
};

/// `true` or `false`.
pub(super) const BOOLEAN: Plain<bool> = Plain {
    read: |node, _| node.boolean(),
    write: |value, _| (*value).into(),
    schema: |_| json!({"type": "boolean"}),
};

/// A whole number within limits.
pub(super) struct Number(pub(super) RangeInclusive<u64>);

impl Shape for Number {
    type Value = u64;

    fn read(&self, node: Node<'_>, _: &mut Context) -> Result<u64, Error> {
        node.integer(self.0.clone())
    }

    fn write<'a>(&self, value: &u64, _: &'a Names) -> Json<'a> {
        (*value).into()
    }

    fn schema(&self, _: &mut Schemas) -> Json<'static> {
        let (least, most) = self.0.clone().into_inner();
        json!({"type": "integer", "format": "uint64", "minimum": least, "maximum": most})
    }
}

/// A count within limits.
pub(super) struct Count(pub(super) RangeInclusive<usize>);

impl Shape for Count {
    type Value = usize;

    fn read(&self, node: Node<'_>, _: &mut Context) -> Result<usize, Error> {
        let (least, most) = self.0.clone().into_inner();
        node.integer(least as u64..=most as u64).map(|count| count as usize)
    }

    fn write<'a>(&self, value: &usize, _: &'a Names) -> Json<'a> {
        (*value).into()
    }

    fn schema(&self, _: &mut Schemas) -> Json<'static> {
        let (least, most) = self.0.clone().into_inner();
        json!({"type": "integer", "format": "uint", "minimum": least, "maximum": most})
    }
}

/// The position of a step, from 0, among as many as the function says.
pub(super) struct Step(pub(super) fn(&Context) -> usize);

impl Shape for Step {
    type Value = usize;

    fn read(&self, node: Node<'_>, context: &mut Context) -> Result<usize, Error> {
        node.index("step", self.0(context))
    }

    fn write<'a>(&self, value: &usize, _: &'a Names) -> Json<'a> {
        (*value).into()
    }

    fn schema(&self, schemas: &mut Schemas) -> Json<'static> {
        Count(0..=MAX_STEPS - 1).schema(schemas)
    }
}

/// A hash: 16 hexadecimal digits.
pub(super) const HASH: Plain<u64> = Plain {
    read: |node, _| {
        let text = node.text()?;
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        let digits = text.len() == 16 && text.bytes().all(is_digit);
        let hash = u64::from_str_radix(&text, 16).ok().filter(|_| digits);
        hash.ok_or_else(|| node.error("expected 16 hexadecimal digits, in lower case"))
    },
    write: |value, _| format!("{value:016x}").into(),
    schema: |_| json!({"type": "string", "pattern": "^[0-9a-f]{16}$"}),
};

/// One of the words of a vocabulary, or of a part of it.
pub(super) struct Word<W: 'static>(pub(super) &'static [W]);

/// Any word of a vocabulary.
pub(super) fn word<W: NamedEnum>() -> Word<W> {
    Word(W::ALL)
}

impl<W: NounOf> Shape for Word<W> {
    type Value = W;

    fn read(&self, node: Node<'_>, _: &mut Context) -> Result<W, Error> {
        node.word_among(self.0)
    }

    fn write<'a>(&self, value: &W, _: &'a Names) -> Json<'a> {
        Json::name(*value)
    }

    fn schema(&self, schemas: &mut Schemas) -> Json<'static> {
        schemas.define(format!("{}-word", W::NOUN.replace(' ', "-")), |_| {
            let words =
                self.0.iter().map(|word| json!({"description": (word.about()), "const": (word.name())}));
            json!({"oneOf": (Json::List(words.collect()))})
        })
    }
}

/// A list of words, each once; errors call them `what`.
pub(super) struct Words<W> {
    what: &'static str,
    least: usize,
    of: PhantomData<W>,
}

/// A list of at least so many words of a vocabulary, each once.
pub(super) fn words<W>(what: &'static str, least: usize) -> Words<W> {
    Words { what, least, of: PhantomData }
}

impl<W: NounOf> Shape for Words<W> {
    type Value = EnumSet<W>;

    fn read(&self, node: Node<'_>, _: &mut Context) -> Result<EnumSet<W>, Error> {
        read_words(node, self.what, self.least)
    }

    fn write<'a>(&self, value: &EnumSet<W>, _: &'a Names) -> Json<'a> {
        Json::list(value.iter().map(W::name))
    }

    fn schema(&self, schemas: &mut Schemas) -> Json<'static> {
        schema::list(word::<W>().schema(schemas), (self.least > 0).then_some(self.least), None, true)
    }
}

/// Reads a list of at least so many words of a vocabulary, each once.
pub(super) fn read_words<W: NounOf>(node: Node<'_>, what: &str, least: usize) -> Result<EnumSet<W>, Error> {
    let mut words = EnumSet::empty();
    for item in node.list(what, least..=W::ALL.len())? {
        insert_word(&mut words, item)?;
    }
    Ok(words)
}

/// Reads a word and adds it to a set in which it is not yet.
pub(super) fn insert_word<W: NounOf>(words: &mut EnumSet<W>, node: Node<'_>) -> Result<W, Error> {
    let word = node.word::<W>()?;
    if words.contains(word) {
        return Err(node.repeated(W::NOUN, word.name()));
    }
    words.insert(word);
    Ok(word)
}

/// The schema of a name.
pub(super) fn name_schema(schemas: &mut Schemas) -> Json<'static> {
    let pattern = || format!("^[a-zA-Z0-9._-]{{1,{MAX_NAME_CHARS}}}$");
    schemas.define("name", |_| json!({"type": "string", "pattern": (pattern())}))
}

/// The name of a group.
pub(super) const GROUP_NAME: Plain<Group> = Plain {
    read: |node, context| context.names.read_group(node),
    write: |value, names| names.group(*value).into(),
    schema: name_schema,
};

/// A list of the names of users, at most so many, each once.
pub(super) struct UserNames(pub(super) usize);

impl Shape for UserNames {
    type Value = UserSet;

    fn read(&self, node: Node<'_>, context: &mut Context) -> Result<UserSet, Error> {
        context.names.read_users(node, self.0)
    }

    fn write<'a>(&self, value: &UserSet, names: &'a Names) -> Json<'a> {
        Json::list(names.of(*value))
    }

    fn schema(&self, schemas: &mut Schemas) -> Json<'static> {
        schema::list(name_schema(schemas), Some(0), Some(self.0), true)
    }
}

/// A list of at most so many values; errors call them `what`.
pub(super) struct List<S> {
    pub(super) of: S,
    pub(super) what: &'static str,
    pub(super) most: usize,
}

impl<S: Shape> Shape for List<S> {
    type Value = Vec<S::Value>;

    fn read(&self, node: Node<'_>, context: &mut Context) -> Result<Vec<S::Value>, Error> {
        let items = node.list(self.what, 0..=self.most)?;
        items.into_iter().map(|item| self.of.read(item, context)).collect()
    }

    fn write<'a>(&self, value: &Vec<S::Value>, names: &'a Names) -> Json<'a> {
        Json::list(value.iter().map(|item| self.of.write(item, names)))
    }

    fn schema(&self, schemas: &mut Schemas) -> Json<'static> {
        schema::list(self.of.schema(schemas), None, Some(self.most), false)
    }
}

/// A record within another.
pub(super) struct Nested<R> {
    what: &'static str,
    of: PhantomData<R>,
}

/// A record within another; errors call it `what`.
pub(super) fn nested<R>(what: &'static str) -> Nested<R> {
    Nested { what, of: PhantomData }
}

impl<R: Record + PartialEq> Shape for Nested<R> {
    type Value = R;

    fn read(&self, node: Node<'_>, context: &mut Context) -> Result<R, Error> {
        R::read_object(node, self.what, context)
    }

    fn write<'a>(&self, value: &R, names: &'a Names) -> Json<'a> {
        value.to_json(names)
    }

    fn schema(&self, schemas: &mut Schemas) -> Json<'static> {
        schemas.define(R::NAME, R::to_schema)
    }
}

/// A field that may be left out and, if it is `nullable`, may be `null`.
pub(super) struct Optional<S> {
    of: S,
    nullable: bool,
}

/// A field that may be left out.
pub(super) const fn optional<S>(of: S) -> Optional<S> {
    Optional { of, nullable: false }
}

/// A field that may be left out or `null`.
pub(super) fn nullable<S>(of: S) -> Optional<S> {
    Optional { of, nullable: true }
}

impl<S: Shape> Shape for Optional<S> {
    type Value = Option<S::Value>;

    fn read(&self, node: Node<'_>, context: &mut Context) -> Result<Self::Value, Error> {
        if self.nullable && node.is_null() { Ok(None) } else { self.of.read(node, context).map(Some) }
    }

    fn write<'a>(&self, value: &Self::Value, names: &'a Names) -> Json<'a> {
        value.as_ref().map(|value| self.of.write(value, names)).into()
    }

    fn schema(&self, schemas: &mut Schemas) -> Json<'static> {
        let schema = self.of.schema(schemas);
        if self.nullable { schema::nullable(schema) } else { schema }
    }

    fn default(&self) -> Option<Self::Value> {
        Some(None)
    }
}

/// A field that is left out if it has its default.
pub(super) struct OrElse<S: Shape>(pub(super) S, pub(super) fn() -> S::Value);

impl<S: Shape> Shape for OrElse<S> {
    type Value = S::Value;

    fn read(&self, node: Node<'_>, context: &mut Context) -> Result<S::Value, Error> {
        self.0.read(node, context)
    }

    fn write<'a>(&self, value: &S::Value, names: &'a Names) -> Json<'a> {
        self.0.write(value, names)
    }

    fn schema(&self, schemas: &mut Schemas) -> Json<'static> {
        self.0.schema(schemas)
    }

    fn default(&self) -> Option<S::Value> {
        Some((self.1)())
    }
}
