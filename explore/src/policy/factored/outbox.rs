//! The successors that a thread makes of some states, sorted by the shards to which they belong.
//!
//! Successors may repeat; each shard drops those that it has reached before.

use super::packing::Bits;
use super::table::{SHARDS, shard_of};
use crate::policy::levels::Counts;

/// The counts and the successors of some states, by shard.
#[derive(Debug)]
pub(super) struct Outbox<const W: usize, K> {
    pub(super) counts: Counts,
    /// Whether successors are wanted, and not only the counts.
    pub(super) wants_successors: bool,
    parcels: Vec<Vec<Parcel<W>>>,
    /// The groups of all parcels, one list after the other; some parcels share one.
    pub(super) groups: Vec<K>,
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
        let parcels = vec![Vec::new(); SHARDS];
        Outbox { counts: Counts::default(), wants_successors: true, parcels, groups: Vec::new() }
    }

    pub(super) fn clear(&mut self, wants_successors: bool) {
        self.counts = Counts::default();
        self.wants_successors = wants_successors;
        self.parcels.iter_mut().for_each(Vec::clear);
        self.groups.clear();
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
