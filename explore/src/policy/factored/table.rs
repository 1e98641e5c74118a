//! The reached states of a shard: each is kept once, in the order of its distance from the start.
//!
//! States are kept whole, not as hashes, so no state is mistaken for another. The bits of a state have
//! no meaning here.

use super::packing::Bits;

/// The number of shards: enough that a shard's table fits into a core's cache for millions of states.
pub(super) const SHARDS: usize = 64;

/// A value in a table.
pub(super) trait Entry: Copy + Ord {
    /// No state has this value.
    const NONE: Self;

    /// A hash, of which the upper bits are the better.
    fn hash(self) -> u64;
}

/// The states of a shard.
#[derive(Debug)]
pub(super) struct States<T> {
    all: Vec<T>,
    seen: Table<T>,
    /// The first state of each distance.
    levels: Vec<usize>,
}

impl<T: Entry> States<T> {
    pub(super) fn new() -> Self {
        States { all: Vec::new(), seen: Table::new(T::NONE), levels: vec![0] }
    }

    /// Adds the state unless it was reached before.
    #[inline]
    pub(super) fn insert(&mut self, state: T) {
        if let Err(slot) = self.seen.find(state.hash(), |other| other == state) {
            self.seen.put(slot, state, T::hash);
            self.all.push(state);
        }
    }

    pub(super) fn contains(&self, state: T) -> bool {
        self.seen.find(state.hash(), |other| other == state).is_ok()
    }

    /// Makes the states added since the last level a level, in ascending order.
    pub(super) fn end_level(&mut self) {
        let start = self.levels.last().copied().unwrap_or_default();
        self.all[start..].sort_unstable();
        self.levels.push(self.all.len());
    }

    /// The states at that distance.
    pub(super) fn level(&self, distance: usize) -> &[T] {
        &self.all[self.levels[distance]..self.levels[distance + 1]]
    }

    /// The states of all ended levels.
    pub(super) fn in_levels(&self) -> &[T] {
        &self.all[..self.levels.last().copied().unwrap_or_default()]
    }

    /// The number of states, those of the unended level included.
    pub(super) fn reached(&self) -> usize {
        self.all.len()
    }

    pub(super) fn bytes(&self) -> usize {
        self.all.capacity() * size_of::<T>() + self.seen.bytes()
    }
}

/// An odd number without a pattern.
pub(super) const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;

/// A hash of bits. The upper six bits choose the shard, so tables use the others.
#[inline]
pub(super) fn hash(words: impl IntoIterator<Item = u64>) -> u64 {
    let mix = |hash: u64, word: u64| {
        let product = u128::from(hash ^ word) * u128::from(MULTIPLIER);
        (product >> 64) as u64 ^ product as u64
    };
    words.into_iter().fold(0x2545_f491_4f6c_dd1d, mix)
}

/// The shard of accounts.
#[inline]
pub(super) fn shard_of<const W: usize>(accounts: &Bits<W>) -> usize {
    const { assert!(SHARDS == 1 << 6, "the upper six bits of a hash choose the shard") };
    (hash(*accounts) >> 58) as usize
}

/// A hash table with open addressing. A search looks its states up billions of times and never removes
/// one. A table of bare values answers most look-ups with one memory access.
#[derive(Debug)]
pub(super) struct Table<T> {
    slots: Vec<T>,
    empty: T,
    len: usize,
}

impl<T: Copy + PartialEq> Table<T> {
    pub(super) fn new(empty: T) -> Self {
        Table { slots: vec![empty; 16], empty, len: 0 }
    }

    /// The value, or the slot where it belongs.
    #[inline]
    pub(super) fn find(&self, hash: u64, is_same: impl Fn(T) -> bool) -> Result<T, usize> {
        let mask = self.slots.len() - 1;
        let mut slot = self.first_slot(hash);
        loop {
            let value = self.slots[slot & mask];
            if value == self.empty {
                return Err(slot & mask);
            }
            if is_same(value) {
                return Ok(value);
            }
            slot += 1;
        }
    }

    /// Puts a value into its slot, and makes room for the next.
    #[inline]
    pub(super) fn put(&mut self, slot: usize, value: T, hash_of: impl Fn(T) -> u64) {
        self.slots[slot] = value;
        self.len += 1;
        // At most three in four slots are taken.
        if self.len * 4 > self.slots.len() * 3 {
            self.grow(hash_of);
        }
    }

    #[cold]
    fn grow(&mut self, hash_of: impl Fn(T) -> u64) {
        let larger = vec![self.empty; self.slots.len() * 2];
        let old = std::mem::replace(&mut self.slots, larger);
        let mask = self.slots.len() - 1;
        for value in old {
            if value != self.empty {
                let mut slot = self.first_slot(hash_of(value)) & mask;
                while self.slots[slot] != self.empty {
                    slot = (slot + 1) & mask;
                }
                self.slots[slot] = value;
            }
        }
    }

    #[inline]
    fn first_slot(&self, hash: u64) -> usize {
        (hash >> (64 - self.slots.len().trailing_zeros())) as usize
    }

    pub(super) fn bytes(&self) -> usize {
        self.slots.capacity() * size_of::<T>()
    }
}
