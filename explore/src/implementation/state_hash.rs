//! Hashes of the states that the lock-step tracks, of single states or up to a permutation of users and
//! groups.
//!
//! A hash has 128 bits, so a collision is not to be expected in any search that fits a computer. The
//! states are those of an implementation, which may hold facts that no state of the model holds, such as
//! a guardian in a group. So the packings and permutations of the policy search do not apply here.

use std::hash::{BuildHasher, Hash, Hasher};

use chatwarden_model::{
    Group, GroupParts, MAX_GROUPS, MAX_USERS, NamedEnum, Renaming, Setup, State, StateParts, User, UserSet,
};
use foldhash::quality::{FixedState, FoldHasher};

use chatwarden::finding::Identity;

/// Hashes states.
pub(super) struct StateHasher {
    users: usize,
    groups: usize,
    seeds: [FixedState; 2],
    /// The permutations but for the identity.
    permutations: Vec<Permutation>,
}

impl StateHasher {
    /// A hasher that does not distinguish states which one of the permutations turns into each other. They
    /// form a group, and the first is the identity.
    pub(super) fn new(setup: &Setup, permutations: &[Renaming]) -> Self {
        let others = permutations.get(1..).unwrap_or_default();
        StateHasher {
            users: setup.cast.len(),
            groups: setup.groups,
            seeds: [FixedState::with_seed(0), FixedState::with_seed(1)],
            permutations: others.iter().map(|other| Permutation::new(other, setup.cast.len())).collect(),
        }
    }

    /// The hash of the state's canonical representative, which is the image with the least hash.
    pub(super) fn hash(&self, state: &State) -> u128 {
        self.representative(state).0
    }

    /// The same, and the number of the first permutation that leads to the representative.
    pub(super) fn representative(&self, state: &State) -> (u128, usize) {
        let own = self.hash_image(state, |user| user, |group| group, |users| users);
        self.permutations.iter().zip(1..).fold((own, 0), |least, (permutation, number)| {
            let old_user = |user: User| permutation.old_users[user.index()];
            let old_group = |group: Group| permutation.old_groups[group.index()];
            least.min((self.hash_image(state, old_user, old_group, |users| permutation.users(users)), number))
        })
    }

    /// The hash of a state with a pending divergence and the implementation's fingerprint.
    pub(super) fn product(&self, state: u128, pending: Option<Identity>, fingerprint: u128) -> u128 {
        let half = |seed: &FixedState| u128::from(seed.hash_one((state, pending, fingerprint)));
        half(&self.seeds[0]) << 64 | half(&self.seeds[1])
    }

    /// Hashes the image of a state under a permutation, in the order of the new names.
    #[inline]
    fn hash_image(
        &self,
        state: &State,
        old_user: impl Fn(User) -> User,
        old_group: impl Fn(Group) -> Group,
        new: impl Fn(UserSet) -> UserSet,
    ) -> u128 {
        let set_of = |user: Option<User>| user.map_or(UserSet::EMPTY, |user| new(UserSet::EMPTY.with(user)));
        // The cast does not change during a search, so kinds need no hash.
        let StateParts { kinds: _, guardians, approvals, blocks, groups } = state.parts();
        let everyone = UserSet::first(self.users);
        let mut hash = HashPair::new(&self.seeds);
        for user in everyone {
            let user = old_user(user).index();
            hash.put(new(guardians[user]).bits());
            hash.put(new(blocks[user]).bits());
            everyone.iter().for_each(|other| hash.put(new(approvals[user][old_user(other).index()]).bits()));
        }
        for group in Group::first(self.groups) {
            let group = groups[old_group(group).index()].parts();
            let GroupParts { phase, link, owner, members, banned, invited, inviters } = group;
            hash.put((phase.index() << 1 | link.index()) as u16);
            hash.put(set_of(owner).bits());
            hash.put(new(members).bits());
            hash.put(new(banned).bits());
            let invited = new(invited);
            hash.put(invited.bits());
            for user in invited {
                let inviter = User::new(inviters[old_user(user).index()].into());
                hash.put(set_of(Some(inviter)).bits());
            }
        }
        hash.finish()
    }
}

/// A permutation as tables.
struct Permutation {
    old_users: Vec<User>,
    old_groups: Vec<Group>,
    /// The images of the sets of the first eight users and of the others.
    new_sets: [Vec<UserSet>; 2],
}

const _: () = assert!(MAX_USERS <= 16, "sets of users are permuted by two tables of eight bits");

impl Permutation {
    fn new(renaming: &Renaming, users: usize) -> Self {
        let mut old_users: Vec<User> = UserSet::first(MAX_USERS).iter().collect();
        old_users.sort_by_key(|&user| renaming.user(user));
        let mut old_groups: Vec<Group> = Group::first(MAX_GROUPS).collect();
        old_groups.sort_by_key(|&group| renaming.group(group));
        let sets = |shift: usize| {
            let bits = 1usize << users.saturating_sub(shift).min(8);
            (0..bits).map(|set| renaming.users(UserSet::from_bits((set << shift) as u16))).collect()
        };
        Permutation { old_users, old_groups, new_sets: [sets(0), sets(8)] }
    }

    fn users(&self, users: UserSet) -> UserSet {
        let bits = usize::from(users.bits());
        self.new_sets[0][bits & 0xff].or(self.new_sets[1][bits >> 8])
    }
}

/// Two hashes of the same numbers, made of four numbers at a time.
struct HashPair<'a> {
    hashers: [FoldHasher<'a>; 2],
    word: u64,
    filled: u32,
}

impl<'a> HashPair<'a> {
    fn new(seeds: &'a [FixedState; 2]) -> Self {
        HashPair { hashers: [seeds[0].build_hasher(), seeds[1].build_hasher()], word: 0, filled: 0 }
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
