//! The closed vocabularies of the model: every enum that has a name in the formats is declared by
//! [`named_enum!`], so that its variants, their names and their one-line explanations stand in one list.
//!
//! Parsing with suggestions is not here: the formats do that with [`NamedEnum::ALL`].

use core::fmt;
use core::marker::PhantomData;

/// A value with a name that scenario files, drivers and the terminal share.
///
/// ```
/// use chatwarden_model::{Condition, NamedEnum};
/// assert_eq!(Condition::named("newcomer-cleared"), Some(Condition::NewcomerCleared));
/// assert_eq!(Condition::NewcomerCleared.name(), "newcomer-cleared");
/// ```
pub trait NamedEnum: Copy + Eq + 'static {
    /// Every value, in the order of the semantics.
    const ALL: &'static [Self];

    /// The name under which files and messages know the value.
    fn name(self) -> &'static str;

    /// What the value means, in one line without a final period.
    fn about(self) -> &'static str;

    /// The position in [`NamedEnum::ALL`].
    fn index(self) -> usize;

    /// The names that earlier versions of the formats had for the value; they are read and not written.
    fn old_names(self) -> &'static [&'static str];

    /// The value of that name, or of that old name, if there is one.
    fn named(name: &str) -> Option<Self> {
        let is_name = |value: &Self| value.name() == name || value.old_names().contains(&name);
        Self::ALL.iter().copied().find(is_name)
    }
}

/// Declares an enum and its [`NamedEnum`]: `Variant = "name": "what it means"`. Old names follow the name, each
/// after a `|`.
#[macro_export]
macro_rules! named_enum {
    ($(#[$meta:meta])* pub enum $enum:ident {
        $($variant:ident = $name:literal $(| $old:literal)* : $about:literal),* $(,)?
    }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum $enum { $(#[doc = concat!("`", $name, "`: ", $about, ".")] $variant),* }

        impl $crate::NamedEnum for $enum {
            const ALL: &'static [Self] = &[$(Self::$variant),*];
            fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }
            fn about(self) -> &'static str {
                match self { $(Self::$variant => $about),* }
            }
            fn index(self) -> usize {
                self as usize
            }
            fn old_names(self) -> &'static [&'static str] {
                match self { $(Self::$variant => &[$($old),*]),* }
            }
        }

        impl ::core::fmt::Display for $enum {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.pad($crate::NamedEnum::name(*self))
            }
        }
    };
}

/// A set of at most 64 words of one vocabulary.
///
/// ```
/// use chatwarden_model::{Promise, EnumSet};
/// let told: EnumSet<Promise> = [Promise::NoStrangers, Promise::Ban].into_iter().collect();
/// assert!(told.contains(Promise::Ban) && !told.contains(Promise::Consent));
/// assert_eq!(EnumSet::<Promise>::all().len(), 8);
/// ```
pub struct EnumSet<W>(u64, PhantomData<W>);

impl<W: NamedEnum> EnumSet<W> {
    /// The set without a word.
    pub const fn empty() -> Self {
        EnumSet(0, PhantomData)
    }

    /// The whole vocabulary.
    pub fn all() -> Self {
        W::ALL.iter().copied().collect()
    }

    /// Whether the word is in the set.
    pub fn contains(self, word: W) -> bool {
        self.0 >> word.index() & 1 == 1
    }

    /// Adds a word.
    pub fn insert(&mut self, word: W) {
        self.0 |= 1 << word.index();
    }

    /// Takes a word out.
    pub fn remove(&mut self, word: W) {
        self.0 &= !(1 << word.index());
    }

    /// How many words are in the set.
    pub fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Whether no word is in the set.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The words in either set.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        EnumSet(self.0 | other.0, PhantomData)
    }

    /// The words in both sets.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        EnumSet(self.0 & other.0, PhantomData)
    }

    /// The words in the order of the vocabulary.
    pub fn iter(self) -> impl Iterator<Item = W> + Clone {
        W::ALL.iter().copied().filter(move |&word| self.contains(word))
    }
}

impl<W: NamedEnum> FromIterator<W> for EnumSet<W> {
    fn from_iter<I: IntoIterator<Item = W>>(words: I) -> Self {
        let mut set = Self::empty();
        words.into_iter().for_each(|word| set.insert(word));
        set
    }
}

/// The words that are marked. It does not branch on the marks.
impl<W: NamedEnum> FromIterator<(W, bool)> for EnumSet<W> {
    fn from_iter<I: IntoIterator<Item = (W, bool)>>(words: I) -> Self {
        words.into_iter().fold(Self::empty(), |set, (word, marked)| {
            EnumSet(set.0 | u64::from(marked) << word.index(), PhantomData)
        })
    }
}

// Written out because a derive would ask the same of `W`.
impl<W> Clone for EnumSet<W> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<W> Copy for EnumSet<W> {}
impl<W> PartialEq for EnumSet<W> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<W> Eq for EnumSet<W> {}
impl<W> Default for EnumSet<W> {
    fn default() -> Self {
        EnumSet(0, PhantomData)
    }
}
impl<W: NamedEnum> fmt::Debug for EnumSet<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(W::name)).finish()
    }
}
