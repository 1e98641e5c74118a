//! A state in one number: which accounts, and which state each group is in, all by number.
//!
//! What the numbers stand for is known to those who gave them: accounts to the store, groups to `groups`.

use std::fmt::Debug;
use std::hash::Hash;

/// A packed state, or the groups of one with no accounts beside them.
pub(super) trait Key: Copy + Ord + Hash + Debug + Send + Sync + 'static {
    /// No state has this key.
    const NONE: Self;
    /// How many states of a group can be told apart where there are that many groups.
    fn capacity(groups: usize) -> u64;
    /// The key of these groups.
    fn of(groups: &[u32]) -> Self;
    /// The number of the state that a group is in, where there are `groups`.
    fn group(self, nth: usize, groups: usize) -> u32;
    /// The same with a group in another state.
    fn with_group(self, nth: usize, groups: usize, state: u32) -> Self;
    /// The groups alone.
    fn groups(self) -> Self;
    /// The same groups with these accounts.
    fn with_accounts(self, accounts: u32) -> Self;
    /// The number of the accounts.
    fn accounts(self) -> u32;
    /// Bits as if drawn, of which the upper ones are the better.
    fn mixed(self) -> u64;
}

/// The accounts take the upper 32 bits, the groups have equal parts of the rest.
macro_rules! key {
    ($number:ty, $hash:expr) => {
        impl Key for $number {
            const NONE: Self = Self::MAX;

            fn capacity(groups: usize) -> u64 {
                1 << width::<Self>(groups).min(32)
            }

            fn of(groups: &[u32]) -> Self {
                let put = |key: Self, (nth, &state): (usize, &u32)| key.with_group(nth, groups.len(), state);
                groups.iter().enumerate().fold(0, put)
            }

            #[inline]
            fn group(self, nth: usize, groups: usize) -> u32 {
                let width = width::<Self>(groups);
                (self >> (nth * width)) as u32 & (u32::MAX >> (32 - width.min(32)))
            }

            #[inline]
            fn with_group(self, nth: usize, groups: usize, state: u32) -> Self {
                let width = width::<Self>(groups);
                let place = Self::from(u32::MAX >> (32 - width.min(32))) << (nth * width);
                self & !place | Self::from(state) << (nth * width)
            }

            #[inline]
            fn groups(self) -> Self {
                self & (Self::MAX >> 32)
            }

            #[inline]
            fn with_accounts(self, accounts: u32) -> Self {
                self | Self::from(accounts) << (Self::BITS - 32)
            }

            #[inline]
            fn accounts(self) -> u32 {
                (self >> (Self::BITS - 32)) as u32
            }

            #[inline]
            fn mixed(self) -> u64 {
                let hash: fn(Self) -> u64 = $hash;
                hash(self)
            }
        }
    };
}

/// How many bits each group has.
#[inline]
fn width<K>(groups: usize) -> usize {
    (size_of::<K>() * 8 - 32) / groups.max(1)
}

/// An odd number without pattern, to multiply with.
const MIX: u64 = 0x9e37_79b9_7f4a_7c15;

key!(u64, |key| {
    let product = u128::from(key) * u128::from(MIX);
    (product >> 64) as u64 ^ product as u64
});
key!(u128, |key| {
    let half = |bits: u64, by: u64| {
        let product = u128::from(bits) * u128::from(by);
        (product >> 64) as u64 ^ product as u64
    };
    half((key >> 64) as u64 ^ MIX, MIX) ^ half(key as u64, 0xd6e8_feb8_6659_fd93)
});
