//! The noun of each vocabulary: `policy` in "unknown policy `messenger-kid`".
//!
//! The words themselves are declared where their values are, each with its meaning.

use chatwarden_model::{
    Admission, BetweenChildren, Cause, CommandKind, Condition, DeliverRule, Inviters, Kind, Link, NamedEnum,
    NewcomerRule, OnLoss, Phase, Preset, Promise, Quorum, SendRule,
};

use crate::adapter::{Fidelity, Part};
use crate::finding::Verdict;

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
    /// The noun for a word of the vocabulary.
    const NOUN: &'static str;
}

macro_rules! nouns {
    ($($type:ty = $noun:literal,)*) => {
        $(impl NounOf for $type { const NOUN: &'static str = $noun; })*
    };
}

nouns! {
    Admission = "admission",
    BetweenChildren = "rule between children",
    Cause = "cause",
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
    Verdict = "verdict",
}
