//! How words of the model's vocabularies are spelled in JSON: what each kind of word is called when one
//! is unknown, and one wrapper that writes any of them and describes them to the schema.
//!
//! The words themselves are not here: the model declares them, each with its meaning.

use chatwarden_model::{
    Admission, BetweenChildren, CommandKind, Condition, DeliverRule, Inviters, Kind, Link, NamedEnum,
    NewcomerRule, OnLoss, Phase, Preset, Promise, Quorum, SendRule,
};
use serde::{Serialize, Serializer};

use crate::adapter::{Fidelity, Part};

/// A vocabulary that has words in files or messages.
///
/// ```
/// use chatwarden::format::{Source, NounOf};
/// use chatwarden::model::{Quorum, NamedEnum, named_enum};
/// named_enum! {
///     /// Which way the wind blows.
///     pub enum Wind { East = "east": "from the east", West = "west": "from the west" }
/// }
/// impl NounOf for Wind { const NOUN: &'static str = "wind"; }
///
/// let error = Source::new("my.json", r#""north""#).root()?.word::<Wind>().unwrap_err();
/// assert_eq!(error.to_string(), "my.json:1:1: unknown wind `north`; known: `east`, `west`");
/// # Ok::<(), chatwarden::format::Error>(())
/// ```
pub trait NounOf: NamedEnum {
    /// What a word of the vocabulary is called.
    const NOUN: &'static str;
}

macro_rules! vocabularies {
    ($($type:ty = $noun:literal,)*) => {
        $(impl NounOf for $type { const NOUN: &'static str = $noun; })*
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
pub(super) struct AsName<W>(pub(super) W);

impl<W: NamedEnum> Serialize for AsName<W> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.name())
    }
}
