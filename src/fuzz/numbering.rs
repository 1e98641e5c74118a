//! Numberings: which number stands for which value of an enum in an input. A number never changes,
//! so lists are only appended to, and they do not follow the order of the model.

use chatwarden_model::NamedEnum;

/// The values of an enum in the order of their numbers; made by [`numbering!`].
pub(super) struct Numbering<V: 'static, const N: usize> {
    pub(super) values: [V; N],
    /// The number of each value, at the value's discriminant.
    pub(super) numbers: [u8; N],
}

impl<V: NamedEnum, const N: usize> Numbering<V, N> {
    /// How many values there are.
    pub(super) const fn len(&self) -> usize {
        N
    }

    pub(super) fn number(&self, value: V) -> u8 {
        self.numbers[value.index()]
    }

    pub(super) fn value(&self, number: usize) -> Option<V> {
        self.values.get(number).copied()
    }
}

/// Makes the [`Numbering`] of an enum. It compiles only if every value is listed exactly once.
macro_rules! numbering {
    ($enum:ident: $($value:ident),* $(,)?) => {{
        const VALUES: [$enum; <$enum as chatwarden_model::NamedEnum>::ALL.len()] = [$($enum::$value),*];
        const NUMBERS: [u8; VALUES.len()] = {
            let mut numbers = [u8::MAX; VALUES.len()];
            let mut number = 0;
            while number < VALUES.len() {
                let index = VALUES[number] as usize;
                assert!(numbers[index] == u8::MAX, "a value is listed twice");
                numbers[index] = number as u8;
                number += 1;
            }
            numbers
        };
        Numbering { values: VALUES, numbers: NUMBERS }
    }};
}
pub(super) use numbering;
