//! Enums whose values have names in scenario files, drivers and reports, and sets of such values.
//!
//! [`named_enum!`] declares variants, names and one-line explanations in one list. The formats parse
//! names and suggest similar ones; they use [`NamedEnum::ALL`].

use core::fmt;
use core::hash::{Hash, Hasher};
use core::marker::PhantomData;

/// An enum whose values have names. Scenario files, drivers and the terminal use the same names.
///
/// ```
/// use chatwarden_model::{Condition, NamedEnum};
/// assert_eq!(Condition::named("newcomer-cleared"), Some(Condition::NewcomerCleared));
/// assert_eq!(Condition::NewcomerCleared.name(), "newcomer-cleared");
/// ```
pub trait NamedEnum: Copy + Eq + 'static {
    /// Every value, in the order of the semantics.
    const ALL: &'static [Self];

    /// The name in files and messages.
    fn name(self) -> &'static str;

    /// The meaning of the value, in one line without a final period.
    fn about(self) -> &'static str;

    /// The position in [`NamedEnum::ALL`].
    fn index(self) -> usize;

    /// Names from earlier versions of the formats. They are read and not written.
    fn old_names(self) -> &'static [&'static str];

    /// The value with this name or old name, if there is one.
    fn named(name: &str) -> Option<Self> {
        let is_name = |value: &Self| value.name() == name || value.old_names().contains(&name);
        Self::ALL.iter().copied().find(is_name)
    }
}

/// Declares an enum with its [`NamedEnum`] implementation. A line is
/// `Variant = "name" | "old-name": "meaning"`; there may be no old names or several.
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

/// A set of values of one enum, which has at most 64.
///
/// ```
/// use chatwarden_model::{Promise, EnumSet};
/// let broken: EnumSet<Promise> = [Promise::NoStrangers, Promise::Ban].into_iter().collect();
/// assert!(broken.contains(Promise::Ban) && !broken.contains(Promise::Consent));
/// assert_eq!(EnumSet::<Promise>::all().len(), 13);
/// ```
pub struct EnumSet<E>(u64, PhantomData<E>);

impl<E: NamedEnum> EnumSet<E> {
    /// The set without a value.
    pub const fn empty() -> Self {
        Self::from_bits(0)
    }

    /// The set of all values.
    pub fn all() -> Self {
        E::ALL.iter().copied().collect()
    }

    /// The set of the values that are paired with `true`. It does not branch on the flags.
    #[inline]
    pub fn from_flags(flags: impl IntoIterator<Item = (E, bool)>) -> Self {
        let add = |bits, (value, flag): (E, bool)| bits | u64::from(flag) << value.index();
        Self::from_bits(flags.into_iter().fold(0, add))
    }

    /// Every set is made here, so that no set of a larger enum compiles.
    const fn from_bits(bits: u64) -> Self {
        const { assert!(E::ALL.len() <= u64::BITS as usize, "an EnumSet holds at most 64 values") };
        EnumSet(bits, PhantomData)
    }

    /// Whether the value is in the set.
    pub fn contains(self, value: E) -> bool {
        self.0 >> value.index() & 1 == 1
    }

    /// Adds a value.
    pub fn insert(&mut self, value: E) {
        self.0 |= 1 << value.index();
    }

    /// Removes a value.
    pub fn remove(&mut self, value: E) {
        self.0 &= !(1 << value.index());
    }

    /// The number of values in the set.
    pub fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Whether no value is in the set.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The values in either set.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self::from_bits(self.0 | other.0)
    }

    /// The values in both sets.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self::from_bits(self.0 & other.0)
    }

    /// The values in the order of [`NamedEnum::ALL`].
    pub fn iter(self) -> impl Iterator<Item = E> + Clone {
        E::ALL.iter().copied().filter(move |&value| self.contains(value))
    }
}

impl<E: NamedEnum> FromIterator<E> for EnumSet<E> {
    fn from_iter<I: IntoIterator<Item = E>>(values: I) -> Self {
        let mut set = Self::empty();
        values.into_iter().for_each(|value| set.insert(value));
        set
    }
}

impl<E: NamedEnum> Default for EnumSet<E> {
    fn default() -> Self {
        Self::empty()
    }
}

// Written out because a derive would require the same traits of `E`.
impl<E> Clone for EnumSet<E> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<E> Copy for EnumSet<E> {}
impl<E> PartialEq for EnumSet<E> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<E> Eq for EnumSet<E> {}
impl<E> PartialOrd for EnumSet<E> {
    fn partial_cmp(&self, other: &Self) -> Option<core::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<E> Ord for EnumSet<E> {
    fn cmp(&self, other: &Self) -> core::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}
impl<E> Hash for EnumSet<E> {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.0.hash(hasher);
    }
}
impl<E: NamedEnum> fmt::Debug for EnumSet<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(E::name)).finish()
    }
}
