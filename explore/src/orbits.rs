//! Symmetry: the least of all states that differ by renaming interchangeable users stands for all of them.
//!
//! The least accounts are found by trying every renaming, so orbits are exact; a renaming moves bits, and of a
//! changed state only the bits that changed have to be moved. Groups follow the renamings that make the accounts
//! least, and are then sorted; that is done where groups are known by number.

use chatwarden_model::{Cast, Renaming};

use super::MOST_RENAMINGS;
use super::facts::{Bits, Facts};

/// The renamings of users under which a search looks the same, the identity first.
#[derive(Debug)]
pub(super) struct Orbits<const W: usize> {
    renamings: Vec<Renaming>,
    /// Where each bit goes, for each renaming.
    moved: Vec<Vec<u16>>,
}

/// The same accounts under every renaming.
pub(super) type Images<const W: usize> = Vec<Bits<W>>;

impl<const W: usize> Orbits<W> {
    /// The renamings that keep a cast, so many that they can be tried: where more users are interchangeable, orbits are
    /// still exact, but the last users keep their names. Only the identity if there is to be no symmetry.
    pub(super) fn new<const U: usize>(cast: &Cast, facts: &Facts<U, W>, symmetry: bool) -> Self {
        let renamings = Renaming::keeping(cast, 0, if symmetry { MOST_RENAMINGS } else { 1 });
        let moved = renamings.iter().map(|renaming| facts.renamed(renaming)).collect();
        Orbits { renamings, moved }
    }

    /// The renamings.
    pub(super) fn renamings(&self) -> &[Renaming] {
        &self.renamings
    }

    /// The accounts under every renaming.
    pub(super) fn images(&self, bits: &Bits<W>, images: &mut Images<W>) {
        images.clear();
        images.extend(self.moved.iter().map(|moved| rename(moved, bits)));
    }

    /// The least image of accounts that differ in some bits from those of the images, and which renamings lead to
    /// it.
    #[inline]
    pub(super) fn least(&self, images: &Images<W>, changed: &Bits<W>, by: &mut Vec<u16>) -> Bits<W> {
        by.clear();
        by.push(0);
        let mut least = xor(&images[0], changed);
        for (nth, (image, moved)) in images.iter().zip(&self.moved).enumerate().skip(1) {
            let image = xor(image, &rename(moved, changed));
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

#[inline]
fn rename<const W: usize>(moved: &[u16], bits: &Bits<W>) -> Bits<W> {
    let mut renamed = [0; W];
    for (nth, &word) in bits.iter().enumerate() {
        let mut rest = word;
        while rest != 0 {
            let to = usize::from(moved[nth * 64 + rest.trailing_zeros() as usize]);
            renamed[to / 64 % W] |= 1 << (to % 64);
            rest &= rest - 1;
        }
    }
    renamed
}

/// The bits in which two differ.
#[inline]
pub(super) fn xor<const W: usize>(one: &Bits<W>, other: &Bits<W>) -> Bits<W> {
    std::array::from_fn(|word| one[word] ^ other[word])
}
