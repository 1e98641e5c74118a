//! When two situations are alike: their keys, and those that were reached before.
//!
//! A key is a hash of 128 bits, so that two different situations count as one only by an accident that is not to be
//! expected in any search that fits a computer. What a situation can hold is not here, only how it is told apart.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, BuildHasherDefault, Hash, Hasher};

use chatwarden_model::{Group, NamedEnum, Renaming, Setup, State, User, UserSet};
use foldhash::quality::FixedState;

use chatwarden::finding::Identity;

/// What tells a situation from others.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Key {
    /// The hash of the situation.
    pub(super) situation: u128,
    /// The kinds of the commands that led there, a bit for each; zero where one history to each situation is enough.
    pub(super) kinds: u32,
}

impl Key {
    /// Both in one.
    pub(super) fn whole(self) -> u128 {
        // An odd factor keeps different sets of kinds apart.
        self.situation ^ u128::from(self.kinds).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)
    }
}

/// Hashes states, as one or up to renaming.
pub(super) struct Keys {
    users: usize,
    groups: usize,
    halves: [FixedState; 2],
    images: Vec<Image>,
}

impl Keys {
    /// Keys that are the same for states that one of the renamings, which form a group, turns into each other.
    pub(super) fn new(setup: &Setup, renamings: &[Renaming]) -> Self {
        let beside_the_identity = renamings.get(1..).unwrap_or_default();
        Keys {
            users: setup.cast.len(),
            groups: setup.groups,
            halves: [FixedState::with_seed(0), FixedState::with_seed(1)],
            images: beside_the_identity
                .iter()
                .map(|renaming| Image::new(renaming, setup.cast.len()))
                .collect(),
        }
    }

    /// The hash of the state's canonical representative, which is the image with the least hash.
    pub(super) fn state(&self, state: &State) -> u128 {
        self.representative(state).0
    }

    /// The hash of the state's canonical representative, and the number of the first renaming that leads to it.
    pub(super) fn representative(&self, state: &State) -> (u128, usize) {
        let own = self.hash(state, |user| user, |group| group, |users| users);
        self.images.iter().zip(1..).fold((own, 0), |least, (image, number)| {
            let old_user = |user: User| image.old_users[user.index()];
            let old_group = |group: Group| image.old_groups[group.index()];
            least.min((self.hash(state, old_user, old_group, |users| image.users(users)), number))
        })
    }

    /// The hash of a state, a pending drift and what the implementation says of itself.
    pub(super) fn product(&self, state: u128, drift: Option<Identity>, fingerprint: u128) -> u128 {
        let half = |fold: &FixedState| u128::from(fold.hash_one((state, drift, fingerprint)));
        half(&self.halves[0]) << 64 | half(&self.halves[1])
    }

    /// Hashes the state under new names, going through the new names in order.
    #[inline]
    fn hash(
        &self,
        state: &State,
        old_user: impl Fn(User) -> User,
        old_group: impl Fn(Group) -> Group,
        new: impl Fn(UserSet) -> UserSet,
    ) -> u128 {
        let everyone = UserSet::first(self.users);
        let mut words = Words::new(&self.halves);
        for user in everyone {
            let user = old_user(user);
            words.put(new(state.guardians(user)).bits());
            words.put(new(state.blocks(user)).bits());
            everyone.iter().for_each(|other| words.put(new(state.approvals(user, old_user(other))).bits()));
        }
        for group in Group::first(self.groups) {
            let group = state.group(old_group(group));
            let owner = group.owner.map_or(UserSet::EMPTY, |owner| new(UserSet::EMPTY.with(owner)));
            words.put((group.phase.index() << 1 | group.link.index()) as u16);
            words.put(owner.bits());
            words.put(new(group.members).bits());
            words.put(new(group.banned).bits());
            let invited = new(group.invited());
            words.put(invited.bits());
            for user in invited {
                let inviter = group.inviter(old_user(user));
                words.put(inviter.map_or(UserSet::EMPTY, |inviter| new(UserSet::EMPTY.with(inviter))).bits());
            }
        }
        words.finish()
    }
}

/// A renaming, laid out for speed.
struct Image {
    old_users: Vec<User>,
    old_groups: Vec<Group>,
    /// The new names of the sets of the first eight users and of the others.
    new_sets: [Vec<UserSet>; 2],
}

impl Image {
    fn new(renaming: &Renaming, users: usize) -> Self {
        let mut old_users: Vec<User> = UserSet::first(chatwarden_model::MAX_USERS).iter().collect();
        old_users.sort_by_key(|&user| renaming.user(user));
        let mut old_groups: Vec<Group> = Group::first(chatwarden_model::MAX_GROUPS).collect();
        old_groups.sort_by_key(|&group| renaming.group(group));
        let sets = |shift: usize| {
            let bits = 1usize << users.saturating_sub(shift).min(8);
            (0..bits).map(|set| renaming.users(UserSet::from_bits((set << shift) as u16))).collect()
        };
        Image { old_users, old_groups, new_sets: [sets(0), sets(8)] }
    }

    fn users(&self, users: UserSet) -> UserSet {
        let bits = usize::from(users.bits());
        self.new_sets[0][bits & 0xff].or(self.new_sets[1][bits >> 8])
    }
}

/// Two hashers that are fed the same, four small numbers at a time.
struct Words<'a> {
    hashers: [foldhash::quality::FoldHasher<'a>; 2],
    word: u64,
    filled: u32,
}

impl<'a> Words<'a> {
    fn new(halves: &'a [FixedState; 2]) -> Self {
        Words { hashers: [halves[0].build_hasher(), halves[1].build_hasher()], word: 0, filled: 0 }
    }

    #[inline]
    fn put(&mut self, number: u16) {
        self.word = self.word << 16 | u64::from(number);
        self.filled += 1;
        if self.filled % 4 == 0 {
            self.hashers.iter_mut().for_each(|hasher| hasher.write_u64(self.word));
        }
    }

    fn finish(mut self) -> u128 {
        let (word, filled) = (self.word, self.filled);
        self.hashers.iter_mut().for_each(|hasher| (word, filled).hash(hasher));
        u128::from(self.hashers[0].finish()) << 64 | u128::from(self.hashers[1].finish())
    }
}

/// The situations that were reached, and by how many histories.
pub(super) struct Known {
    /// How many histories to each situation are gone on from; without a number, all of them.
    paths: Option<usize>,
    taken: HashSet<u128, BuildHasherDefault<Ready>>,
    /// The number of histories to each, where more than one is allowed.
    counts: HashMap<u128, usize, BuildHasherDefault<Ready>>,
}

impl Known {
    pub(super) fn new(paths: Option<usize>) -> Self {
        Known { paths, taken: HashSet::default(), counts: HashMap::default() }
    }

    /// Whether the situation is to be gone on from, if it was not reached since.
    pub(super) fn is_fresh(&self, key: Key) -> bool {
        let Some(paths) = self.paths else { return true };
        let count = || self.counts.get(&key.situation).copied().unwrap_or(0);
        !self.taken.contains(&key.whole()) && (paths == 1 || count() < paths)
    }

    /// Notes a situation, and whether it is to be gone on from.
    pub(super) fn insert(&mut self, key: Key) -> bool {
        let fresh = self.is_fresh(key);
        if fresh && self.paths.is_some() {
            self.taken.insert(key.whole());
            if self.paths != Some(1) {
                *self.counts.entry(key.situation).or_insert(0) += 1;
            }
        }
        fresh
    }

    /// One that knows nothing yet, for the same number of histories.
    pub(super) fn like(&self) -> Self {
        Known::new(self.paths)
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.taken.clear();
        self.counts.clear();
    }

    /// How many bytes it takes, about: a table has a control byte an entry and is at least seven parts of
    /// sixteen full.
    pub(super) fn bytes(&self) -> u64 {
        let entries = |count: usize, size: usize| (count * (size + 1) * 16 / 7) as u64;
        entries(self.taken.len(), 16) + entries(self.counts.len(), 24)
    }
}

/// Keys are hashes already.
#[derive(Default)]
struct Ready(u64);

impl Hasher for Ready {
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
