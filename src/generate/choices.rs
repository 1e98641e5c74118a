//! Where choices come from: one number below a bound at a time.

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng, SeedableRng};

/// A source of choices.
///
/// A source that always takes the first alternative:
///
/// ```
/// use chatwarden::generate::Choices;
/// struct First;
/// impl Choices for First {
///     fn below(&mut self, _: usize) -> usize { 0 }
/// }
/// assert!(First.chance(1, 2));
/// ```
pub trait Choices {
    /// A number below the bound, which is at least 1.
    fn below(&mut self, bound: usize) -> usize;

    /// True in `times` of `of` cases.
    #[inline]
    fn chance(&mut self, times: usize, of: usize) -> bool {
        self.below(of) < times
    }
}

/// Choices from a seed: the same on every machine and in every version.
///
/// ```
/// use chatwarden::generate::{Choices, Seeded};
/// let (mut one, mut other) = (Seeded::of_run(1, 2), Seeded::of_run(1, 2));
/// assert_eq!(one.below(1000), other.below(1000));
/// ```
#[derive(Clone, Debug)]
pub struct Seeded(Xoshiro256PlusPlus);

impl Seeded {
    /// The choices of one run of a campaign; they do not depend on the other runs.
    pub fn of_run(seed: u64, run: u64) -> Self {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        bytes[8..16].copy_from_slice(&run.to_le_bytes());
        bytes[16..].copy_from_slice(b"chatwarden run 1");
        let mut stream = Xoshiro256PlusPlus::from_seed(bytes);
        // The raw seed has few one bits; a few rounds spread them over the whole state.
        for _ in 0..8 {
            let _ = stream.next_u64();
        }
        Seeded(stream)
    }
}

impl Choices for Seeded {
    #[inline]
    fn below(&mut self, bound: usize) -> usize {
        // The product's upper half is as good as uniform for bounds as small as these.
        (((self.0.next_u64() >> 32) * bound as u64) >> 32) as usize
    }
}
