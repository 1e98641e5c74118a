//! Inputs for targets that make more of their bytes than a history: each is a value of the crate `arbitrary`.

use arbitrary::{Arbitrary, Result, Unstructured};
use chatwarden_model::WordSet;

use super::codec::{Input, WIDTH};
use crate::generate::Choices;
use crate::wire::NamedSetup;

/// The most commands of an input.
const MOST: usize = 50;

/// What is left of the bytes is the input, which is refused if it is of another version.
impl<'a> Arbitrary<'a> for Input {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let len = u.arbitrary_len::<[u8; WIDTH]>()?.min(1 + MOST) * WIDTH;
        Self::of(u.bytes(len.min(u.len()))?)
    }

    fn arbitrary_take_rest(u: Unstructured<'a>) -> Result<Self> {
        Self::of(u.take_rest())
    }

    fn size_hint(_: usize) -> (usize, Option<usize>) {
        (0, None)
    }
}

impl Input {
    fn of(bytes: &[u8]) -> Result<Self> {
        let own = NamedSetup::default().setup();
        Input::decode(bytes, &own, WordSet::all(), MOST).map_err(|_| arbitrary::Error::IncorrectFormat)
    }
}

/// Choices as they come from the bytes of a fuzzer, the first alternative once those are used up.
impl Choices for Unstructured<'_> {
    fn below(&mut self, bound: usize) -> usize {
        self.choose_index(bound).unwrap_or(0)
    }
}
