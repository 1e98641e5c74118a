//! A shard of the factored engine: accounts by number, and the states as keys that hold such numbers.

use super::packing::Bits;
use super::state_key::StateKey;
use super::table::{States, Table, hash};

/// The part of the states whose accounts belong to this shard.
#[derive(Debug)]
pub(super) struct Shard<const W: usize, K> {
    accounts: Vec<Bits<W>>,
    numbers: Table<u32>,
    pub(super) states: States<K>,
}

impl<const W: usize, K: StateKey> Shard<W, K> {
    pub(super) fn new() -> Self {
        Shard { accounts: Vec::new(), numbers: Table::new(u32::MAX), states: States::new() }
    }

    /// Adds those of the states that are new, all with the same accounts.
    pub(super) fn insert(&mut self, accounts: &Bits<W>, groups: &[K]) {
        let number = match self.number(accounts) {
            Ok(number) => number,
            Err(slot) => {
                self.accounts.push(*accounts);
                let next = self.accounts.len() as u32 - 1;
                let hash_of = |number: u32| account_hash(&self.accounts[number as usize]);
                self.numbers.put(slot, next, hash_of);
                next
            }
        };
        groups.iter().for_each(|groups| self.states.insert(groups.with_accounts(number)));
    }

    /// The key of a state, if it was reached.
    pub(super) fn find(&self, accounts: &Bits<W>, groups: K) -> Option<K> {
        let key = groups.with_accounts(self.number(accounts).ok()?);
        self.states.contains(key).then_some(key)
    }

    #[inline]
    fn number(&self, accounts: &Bits<W>) -> Result<u32, usize> {
        let is_same = |number: u32| self.accounts[number as usize] == *accounts;
        self.numbers.find(account_hash(accounts), is_same)
    }

    /// The accounts of that number.
    pub(super) fn accounts(&self, number: u32) -> &Bits<W> {
        &self.accounts[number as usize]
    }

    pub(super) fn bytes(&self) -> usize {
        self.accounts.capacity() * size_of::<Bits<W>>() + self.numbers.bytes() + self.states.bytes()
    }
}

/// The bits of the hash that do not choose the shard.
#[inline]
fn account_hash<const W: usize>(accounts: &Bits<W>) -> u64 {
    hash(*accounts) << 6
}
