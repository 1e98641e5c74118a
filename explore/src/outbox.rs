//! What a core makes of some states and hands to the shards: their successors, sorted by where they belong.
//!
//! Nothing is looked up here: whether a successor is new is found out by its shard.

use chatwarden_model::{EnumSet, Promise};

use super::facts::Bits;
use super::store::{SHARDS, shard_of};

/// The successors of some states, by the shard where they belong.
#[derive(Debug)]
pub(super) struct Outbox<const W: usize, K> {
    parcels: Vec<Vec<Parcel<W>>>,
    /// The groups of all parcels, one list after the other; some parcels share one.
    pub(super) groups: Vec<K>,
    /// How many allowed commands lead out of the states.
    pub(super) transitions: u64,
    /// The promises that one of them breaks.
    pub(super) broken: EnumSet<Promise>,
    /// Whether the successors are wanted, and not only how many there are and what they break.
    pub(super) is_open: bool,
}

/// States with the same accounts.
#[derive(Clone, Copy, Debug)]
struct Parcel<const W: usize> {
    accounts: Bits<W>,
    start: u32,
    end: u32,
}

impl<const W: usize, K: Copy> Outbox<W, K> {
    pub(super) fn new() -> Self {
        Outbox {
            parcels: vec![Vec::new(); SHARDS],
            groups: Vec::new(),
            transitions: 0,
            broken: EnumSet::empty(),
            is_open: true,
        }
    }

    /// Empties it, and has successors put into it from now on or not.
    pub(super) fn clear(&mut self, is_open: bool) {
        self.is_open = is_open;
        self.parcels.iter_mut().for_each(Vec::clear);
        self.groups.clear();
        self.transitions = 0;
        self.broken = EnumSet::empty();
    }

    /// The successors that belong to a shard: accounts, and the groups beside them.
    pub(super) fn parcels(&self, shard: usize) -> impl Iterator<Item = (&Bits<W>, &[K])> {
        let parcels = self.parcels[shard].iter();
        parcels.map(|parcel| (&parcel.accounts, &self.groups[parcel.start as usize..parcel.end as usize]))
    }

    pub(super) fn bytes(&self) -> usize {
        let parcels: usize = self.parcels.iter().map(Vec::capacity).sum();
        parcels * size_of::<Parcel<W>>() + self.groups.capacity() * size_of::<K>()
    }

    /// Sends a part of the list of groups with these accounts.
    pub(super) fn send(&mut self, accounts: Bits<W>, start: usize, end: usize) {
        if start < end {
            let parcel = Parcel { accounts, start: start as u32, end: end as u32 };
            self.parcels[shard_of(&accounts)].push(parcel);
        }
    }
}
