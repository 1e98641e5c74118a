//! Sources of choices: one number below a bound at a time, from a seed, from any generator of
//! random numbers, or from the bytes of a fuzzer.

use rand_core::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

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
    /// A number below the bound, which is at least 1 and below 2^32.
    fn below(&mut self, bound: usize) -> usize;

    /// True in `times` of `of` cases.
    #[inline]
    fn chance(&mut self, times: usize, of: usize) -> bool {
        self.below(of) < times
    }
}

/// Choices from a generator of random numbers: any of `rand` 0.10, or another `rand_core::Rng`
/// 0.10.
///
/// ```
/// use chatwarden::format::NamedSetup;
/// use chatwarden::generate::{Generator, Random};
/// use chatwarden::model::EnumSet;
/// use rand::SeedableRng;
/// use rand::rngs::StdRng;
///
/// let setup = NamedSetup::default().setup();
/// let mut generator = Generator::with_commands(&setup, EnumSet::all());
/// let trace = generator.run(&setup, 30, &[], &mut Random(StdRng::seed_from_u64(7)));
/// // The generator can be borrowed, and drawn from for something else as well.
/// let mut rng = rand::rng();
/// let other = generator.run(&setup, 30, &[], &mut Random(&mut rng));
/// assert_eq!((trace.len(), other.len()), (30, 30));
/// ```
#[derive(Clone, Debug)]
pub struct Random<R>(pub R);

impl<R: Rng> Choices for Random<R> {
    #[inline]
    fn below(&mut self, bound: usize) -> usize {
        // The upper half of the product is as good as uniform for bounds as small as these.
        ((u64::from(self.0.next_u32()) * bound as u64) >> 32) as usize
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
pub struct Seeded(Random<Xoshiro256PlusPlus>);

impl Seeded {
    /// The choices of one run of a campaign. They do not depend on the other runs.
    pub fn of_run(seed: u64, run: u64) -> Self {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        bytes[8..16].copy_from_slice(&run.to_le_bytes());
        bytes[16..].copy_from_slice(b"chatwarden run 1");
        let mut stream = Xoshiro256PlusPlus::from_seed(bytes);
        // The seed has few one bits; a few rounds spread them over the whole state.
        for _ in 0..8 {
            let _ = stream.next_u64();
        }
        Seeded(Random(stream))
    }
}

impl Choices for Seeded {
    #[inline]
    fn below(&mut self, bound: usize) -> usize {
        self.0.below(bound)
    }
}

/// Choices from the bytes of a fuzzer. Once they are used up, every choice is the first
/// alternative.
#[cfg(feature = "arbitrary")]
impl Choices for arbitrary::Unstructured<'_> {
    fn below(&mut self, bound: usize) -> usize {
        self.int_in_range(0..=bound - 1).unwrap_or(0)
    }
}
