//! Where the states that a search has reached are kept: shards that several cores fill side by side, each state in
//! the shard of its accounts, and in each shard the states in the order of their distance from the start.
//!
//! States are kept whole, not as hashes, so none is taken for another. What a state means is not known here.

use super::facts::Bits;
use super::key::Key;

/// How many shards there are: enough that a shard's table fits into a core's cache for millions of states.
pub(super) const SHARDS: usize = 64;

/// The part of the states whose accounts fall to this shard.
#[derive(Debug)]
pub(super) struct Shard<const W: usize, K> {
    accounts: Vec<Bits<W>>,
    numbers: Table<u32>,
    states: Vec<K>,
    seen: Table<K>,
    /// Where the states of each distance begin.
    levels: Vec<usize>,
}

/// The shard of these accounts.
#[inline]
pub(super) fn shard_of<const W: usize>(accounts: &Bits<W>) -> usize {
    (hash(accounts) >> 58) as usize
}

impl<const W: usize, K: Key> Shard<W, K> {
    pub(super) fn new() -> Self {
        Shard {
            accounts: Vec::new(),
            numbers: Table::new(u32::MAX),
            states: Vec::new(),
            seen: Table::new(K::NONE),
            levels: vec![0],
        }
    }

    /// Adds those of the states that are new, all with the same accounts.
    pub(super) fn insert(&mut self, accounts: &Bits<W>, groups: &[K]) {
        let is_same = |number: u32| self.accounts[number as usize] == *accounts;
        let number = match self.numbers.find(hash(accounts) << 6, is_same) {
            Ok(number) => number,
            Err(slot) => {
                self.accounts.push(*accounts);
                let next = self.accounts.len() as u32 - 1;
                self.numbers.put(slot, next, |number| hash(&self.accounts[number as usize]) << 6);
                next
            }
        };
        for groups in groups {
            let key = groups.with_accounts(number);
            if let Err(slot) = self.seen.find(key.mixed(), |other| other == key) {
                self.seen.put(slot, key, K::mixed);
                self.states.push(key);
            }
        }
    }

    /// The key of a state, if it is here.
    pub(super) fn find(&self, accounts: &Bits<W>, groups: K) -> Option<K> {
        let is_same = |number: u32| self.accounts[number as usize] == *accounts;
        let number = self.numbers.find(hash(accounts) << 6, is_same).ok()?;
        let key = groups.with_accounts(number);
        self.seen.find(key.mixed(), |other| other == key).ok()
    }

    /// The accounts of that number.
    pub(super) fn accounts(&self, number: u32) -> &Bits<W> {
        &self.accounts[number as usize]
    }

    /// The states added since the last level ended are a level; those with the same accounts stand together.
    pub(super) fn end_level(&mut self) {
        let start = self.levels.last().copied().unwrap_or_default();
        self.states[start..].sort_unstable();
        self.levels.push(self.states.len());
    }

    /// The states at that distance.
    pub(super) fn level(&self, distance: usize) -> &[K] {
        &self.states[self.levels[distance]..self.levels[distance + 1]]
    }

    /// The states of all ended levels.
    pub(super) fn all(&self) -> &[K] {
        &self.states[..self.len()]
    }

    /// How many states the ended levels have.
    pub(super) fn len(&self) -> usize {
        self.levels.last().copied().unwrap_or_default()
    }

    /// How many states there are, those of the level that has not ended among them.
    pub(super) fn reached(&self) -> usize {
        self.states.len()
    }

    /// How many bytes the shard takes.
    pub(super) fn bytes(&self) -> usize {
        self.accounts.capacity() * size_of::<Bits<W>>()
            + self.states.capacity() * size_of::<K>()
            + self.numbers.bytes()
            + self.seen.bytes()
    }
}

#[inline]
fn hash<const W: usize>(accounts: &Bits<W>) -> u64 {
    let mix = |hash: u64, &word: &u64| {
        let product = u128::from(hash ^ word) * 0x9e37_79b9_7f4a_7c15;
        (product >> 64) as u64 ^ product as u64
    };
    accounts.iter().fold(0x2545_f491_4f6c_dd1d, mix)
}

/// A hash table with open addressing. The states of a search are looked up billions of times and never removed,
/// which a table of bare values answers with one look at the memory in most cases.
#[derive(Debug)]
struct Table<T> {
    slots: Vec<T>,
    empty: T,
    len: usize,
}

impl<T: Copy + PartialEq> Table<T> {
    fn new(empty: T) -> Self {
        Table { slots: vec![empty; 16], empty, len: 0 }
    }

    /// The value, or the slot where it belongs.
    #[inline]
    fn find(&self, hash: u64, is_same: impl Fn(T) -> bool) -> Result<T, usize> {
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

    /// Puts a value where it belongs, and makes room for the next.
    #[inline]
    fn put(&mut self, slot: usize, value: T, hash_of: impl Fn(T) -> u64) {
        self.slots[slot] = value;
        self.len += 1;
        // Up to three in four slots are taken.
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

    fn bytes(&self) -> usize {
        self.slots.capacity() * size_of::<T>()
    }
}
