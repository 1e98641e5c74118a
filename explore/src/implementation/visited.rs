//! Keys of states, and the states that a search has reached.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

use chatwarden_model::{CommandKind, NamedEnum};

/// The key by which a search recognizes a state that was reached before.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Key {
    /// The hash of the state.
    pub(super) hash: u128,
    /// The kinds of the commands that led there; empty if one trace to each state is enough.
    pub(super) kinds: Kinds,
}

impl Key {
    /// The hash of both.
    pub(super) fn combined(self) -> u128 {
        // An odd factor keeps different sets of kinds apart.
        self.hash ^ u128::from(self.kinds.0).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)
    }
}

/// A set of kinds of commands, one bit for each.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) struct Kinds(u64);

const _: () = assert!(CommandKind::ALL.len() <= u64::BITS as usize, "a set of kinds has one bit for each");

impl Kinds {
    pub(super) fn with(self, kind: CommandKind) -> Self {
        Kinds(self.0 | 1 << kind.index())
    }
}

/// The reached states, and the number of traces to each.
pub(super) struct Visited {
    /// The number of traces to each state that are extended; all of them if none.
    paths: Option<usize>,
    taken: HashSet<u128, BuildHasherDefault<PrehashedKey>>,
    /// The number of traces to each state, if more than one is allowed.
    counts: HashMap<u128, usize, BuildHasherDefault<PrehashedKey>>,
}

impl Visited {
    pub(super) fn new(paths: Option<usize>) -> Self {
        Visited { paths, taken: HashSet::default(), counts: HashMap::default() }
    }

    /// Whether a trace with this key is to be extended.
    pub(super) fn is_new(&self, key: Key) -> bool {
        let Some(paths) = self.paths else { return true };
        let count = || self.counts.get(&key.hash).copied().unwrap_or(0);
        !self.taken.contains(&key.combined()) && (paths == 1 || count() < paths)
    }

    /// Adds a key, and returns whether it was new.
    pub(super) fn insert(&mut self, key: Key) -> bool {
        let is_new = self.is_new(key);
        if is_new && self.paths.is_some() {
            self.taken.insert(key.combined());
            if self.paths != Some(1) {
                *self.counts.entry(key.hash).or_insert(0) += 1;
            }
        }
        is_new
    }

    pub(super) fn clear(&mut self) {
        self.taken.clear();
        self.counts.clear();
    }

    /// The number of bytes, about: a table has a control byte for each entry and is at least seven parts
    /// of sixteen full.
    pub(super) fn bytes(&self) -> u64 {
        let entries = |count: usize, size: usize| (count * (size + 1) * 16 / 7) as u64;
        entries(self.taken.len(), 16) + entries(self.counts.len(), 24)
    }
}

/// Passes keys on unchanged, because they are hashes.
#[derive(Default)]
struct PrehashedKey(u64);

impl Hasher for PrehashedKey {
    fn write(&mut self, _: &[u8]) {
        unreachable!("keys are numbers of 128 bits")
    }

    fn write_u128(&mut self, key: u128) {
        self.0 = key as u64;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
