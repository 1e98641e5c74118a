//! A state of the factored engine in one number: its accounts and the state of each group, by number.
//!
//! `Shard` numbers the accounts, `GroupStates` the states of groups.

use std::fmt::Debug;
use std::hash::Hash;

use super::table::{Entry, MULTIPLIER};

/// A packed state, or the groups of one without accounts.
pub(super) trait StateKey: Entry + Hash + Debug + Send + Sync + 'static {
    /// The number of states that a group can have if there are so many groups.
    fn capacity(groups: usize) -> u64;
    /// The key of these groups.
    fn of(groups: &[u32]) -> Self;
    /// The number of one group's state, of so many `groups`.
    fn group(self, nth: usize, groups: usize) -> u32;
    /// The key with another state of one group.
    fn with_group(self, nth: usize, groups: usize, state: u32) -> Self;
    /// The groups alone.
    fn groups(self) -> Self;
    /// The same groups with these accounts.
    fn with_accounts(self, accounts: u32) -> Self;
    /// The number of the accounts.
    fn accounts(self) -> u32;
}

/// The accounts take the upper 32 bits; the groups share the rest equally.
macro_rules! state_key {
    ($number:ty, $hash:expr) => {
        impl Entry for $number {
            const NONE: Self = Self::MAX;

            #[inline]
            fn hash(self) -> u64 {
                let hash: fn(Self) -> u64 = $hash;
                hash(self)
            }
        }

        impl StateKey for $number {
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
                let mask = Self::from(u32::MAX >> (32 - width.min(32))) << (nth * width);
                self & !mask | Self::from(state) << (nth * width)
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
        }
    };
}

/// The number of bits for each group.
#[inline]
fn width<K>(groups: usize) -> usize {
    (size_of::<K>() * 8 - 32) / groups.max(1)
}

#[inline]
fn mixed(bits: u64, by: u64) -> u64 {
    let product = u128::from(bits) * u128::from(by);
    (product >> 64) as u64 ^ product as u64
}

state_key!(u64, |key| mixed(key, MULTIPLIER));
state_key!(u128, |key| {
    mixed((key >> 64) as u64 ^ MULTIPLIER, MULTIPLIER) ^ mixed(key as u64, 0xd6e8_feb8_6659_fd93)
});
