//! How words of the model's vocabularies are spelled in JSON: what each kind of word is called when one
//! is unknown, and one wrapper that writes any of them and describes them to the schema.
//!
//! The words themselves are not here: the model declares them, each with its meaning.

use std::borrow::Cow;

use chatwarden_model::{
    Admission, BetweenChildren, CommandKind, Condition, DeliverRule, Inviters, Kind, Link, NewcomerRule,
    OnLoss, Phase, Preset, Promise, Quorum, SendRule, Word,
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};
use serde_json::json;

use crate::adapter::{Fidelity, Part};

/// A vocabulary that has words in files or messages.
///
/// ```
/// use chatwarden::wire::{Source, Vocabulary};
/// use chatwarden::model::{Quorum, Word, words};
/// words! {
///     /// Which way the wind blows.
///     pub enum Wind { East = "east": "from the east", West = "west": "from the west" }
/// }
/// impl Vocabulary for Wind { const NOUN: &'static str = "wind"; }
///
/// let error = Source::new("my.json", r#""north""#).root()?.word::<Wind>().unwrap_err();
/// assert_eq!(error.to_string(), "my.json:1:1: unknown wind `north`; known: `east`, `west`");
/// # Ok::<(), chatwarden::wire::Error>(())
/// ```
pub trait Vocabulary: Word {
    /// What a word of the vocabulary is called.
    const NOUN: &'static str;
}

macro_rules! vocabularies {
    ($($type:ty = $noun:literal,)*) => {
        $(impl Vocabulary for $type { const NOUN: &'static str = $noun; })*
    };
}

vocabularies! {
    Admission = "admission",
    BetweenChildren = "rule between children",
    CommandKind = "command",
    Condition = "condition",
    DeliverRule = "deliver rule",
    Fidelity = "fidelity",
    Inviters = "inviters",
    Kind = "kind of user",
    NewcomerRule = "newcomer rule",
    OnLoss = "consequence of a loss",
    Part = "part of what can be seen",
    Phase = "phase",
    Link = "state of a link",
    Preset = "policy",
    Promise = "promise",
    Quorum = "quorum",
    SendRule = "send rule",
}

/// A word as JSON has it: a string.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spelled<W>(pub(super) W);

impl<W: Word> Serialize for Spelled<W> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.name())
    }
}

impl<W: Vocabulary> JsonSchema for Spelled<W> {
    fn schema_name() -> Cow<'static, str> {
        format!("{}-word", W::NOUN.replace(' ', "-")).into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let words = W::ALL.iter().map(|word| json!({"const": word.name(), "description": word.about()}));
        json_schema!({"oneOf": words.collect::<Vec<_>>()})
    }
}
