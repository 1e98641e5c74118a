//! Symmetry: the least of all states that differ by a permutation of interchangeable users represents
//! all of them.
//!
//! The least packing is found by trying every permutation, so orbits are exact. A permutation moves
//! bits. Where only some bits of a state change, only those have to be moved. Groups follow the
//! permutations that make the accounts least, and are then sorted by the engine.

use chatwarden_model::Renaming;

use super::packing::{AccountPacking, Bits};
use crate::MAX_PERMUTATIONS;

/// The permutations of a search, as moves of the bits of one packing; the identity is the first.
#[derive(Debug)]
pub(super) struct Permutations<const W: usize> {
    /// The new position of each bit, for each permutation.
    moves: Vec<Vec<u16>>,
}

/// The same accounts under every permutation.
pub(super) type Images<const W: usize> = Vec<Bits<W>>;

impl<const W: usize> Permutations<W> {
    /// These permutations in a packing.
    pub(super) fn new<const U: usize>(renamings: &[Renaming], packing: &AccountPacking<U, W>) -> Self {
        Permutations { moves: renamings.iter().map(|renaming| packing.renamed(renaming)).collect() }
    }

    /// The bits under every permutation.
    pub(super) fn images(&self, bits: &Bits<W>, images: &mut Images<W>) {
        images.clear();
        images.extend(self.moves.iter().map(|moves| permuted(moves, bits)));
    }

    /// The least image of bits that differ in some places from those of the images, and the numbers of
    /// the permutations that lead to it.
    #[inline]
    pub(super) fn least(&self, images: &Images<W>, changed: &Bits<W>, by: &mut Vec<u16>) -> Bits<W> {
        by.clear();
        by.push(0);
        let mut least = xor(&images[0], changed);
        for (nth, (image, moves)) in images.iter().zip(&self.moves).enumerate().skip(1) {
            let image = xor(image, &permuted(moves, changed));
            if image < least {
                by.clear();
                least = image;
            }
            if image == least {
                by.push(nth as u16);
            }
        }
        least
    }
}

const _: () = assert!(MAX_PERMUTATIONS <= u16::MAX as usize, "permutations are numbered in 16 bits");

#[inline]
fn permuted<const W: usize>(moves: &[u16], bits: &Bits<W>) -> Bits<W> {
    let mut image = [0; W];
    for (nth, &word) in bits.iter().enumerate() {
        let mut rest = word;
        while rest != 0 {
            let to = usize::from(moves[nth * 64 + rest.trailing_zeros() as usize]);
            image[to / 64 % W] |= 1 << (to % 64);
            rest &= rest - 1;
        }
    }
    image
}

/// The bits in which two differ.
#[inline]
pub(super) fn xor<const W: usize>(one: &Bits<W>, other: &Bits<W>) -> Bits<W> {
    std::array::from_fn(|word| one[word] ^ other[word])
}
