//! The accounts of a state, that is everything but its groups, as bits: one for each fact that somebody is a
//! child's guardian, approved a contact for a child, or has blocked somebody.
//!
//! Renaming users moves bits about and changes none, which makes it cheap. Groups are not here.

use chatwarden_model::{Cast, Policy, Renaming, State, User, UserSet};

/// One bit for each fact.
pub(super) type Bits<const W: usize> = [u64; W];

/// Accounts alone: a state without groups.
pub(super) type Accounts<const U: usize> = State<U, 0>;

/// Which bit stands for which fact.
#[derive(Debug)]
pub(super) struct Facts<const U: usize, const W: usize> {
    start: Accounts<U>,
    rows: Vec<Row>,
}

/// The facts about one user, or one pair, as a set of others.
#[derive(Clone, Copy, Debug)]
struct Row {
    about: About,
    /// Who can be in the set.
    others: UserSet,
    /// Whether they are neighbours, so that the bits of the set can be taken as they are.
    neighbours: bool,
    first: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum About {
    Guardians(User),
    Approvals(User, User),
    Blocks(User),
}

/// How many words the facts about a cast take.
pub(super) fn words(cast: &Cast) -> usize {
    rows(cast).last().map_or(0, |row| (row.first + row.others.len()).div_ceil(64))
}

/// One row after the other, none across the border of two words.
fn rows(cast: &Cast) -> Vec<Row> {
    let kinds = cast.kinds();
    let chatting = kinds.chatting();
    let pairs = |child: User| chatting.without(child).iter().map(move |other| About::Approvals(child, other));
    let guardians = kinds.children.iter().map(|child| (About::Guardians(child), kinds.guardians));
    let approvals = kinds.children.iter().flat_map(pairs).map(|about| (about, kinds.guardians));
    let blocks = chatting.iter().map(|user| (About::Blocks(user), chatting));
    let mut next = 0;
    let place = |(about, others): (About, UserSet)| {
        let first = if next % 64 + others.len() > 64 { (next / 64 + 1) * 64 } else { next };
        next = first + others.len();
        let lowest = others.bits() >> others.bits().trailing_zeros().min(15);
        Row { about, others, neighbours: lowest & lowest.wrapping_add(1) == 0, first }
    };
    guardians.chain(approvals).chain(blocks).map(place).collect()
}

impl<const U: usize, const W: usize> Facts<U, W> {
    /// The facts about a cast.
    pub(super) fn new(cast: &Cast) -> Self {
        Facts { start: State::new(cast), rows: rows(cast) }
    }

    /// The accounts at the start of a run.
    pub(super) fn start(&self) -> Accounts<U> {
        self.start
    }

    /// The bits of these accounts.
    #[inline]
    pub(super) fn pack(&self, accounts: &Accounts<U>) -> Bits<W> {
        let mut bits = [0; W];
        for row in &self.rows {
            let set = match row.about {
                About::Guardians(child) => accounts.guardians(child),
                About::Approvals(child, contact) => accounts.approvals(child, contact),
                About::Blocks(user) => accounts.blocks(user),
            };
            bits[row.first / 64] |= row.gather(set) << (row.first % 64);
        }
        bits
    }

    /// The accounts of these bits.
    pub(super) fn unpack(&self, bits: &Bits<W>) -> Accounts<U> {
        let mut accounts = self.start;
        for row in &self.rows {
            let set = row.spread(bits[row.first / 64] >> (row.first % 64));
            match row.about {
                About::Guardians(child) => *accounts.guardians_mut(child) = set,
                About::Approvals(child, contact) => *accounts.approvals_mut(child, contact) = set,
                About::Blocks(user) => *accounts.blocks_mut(user) = set,
            }
        }
        accounts
    }

    /// Where each bit goes if users are renamed.
    pub(super) fn renamed(&self, renaming: &Renaming) -> Vec<u16> {
        let mut to = vec![0; W * 64];
        for row in &self.rows {
            let about = match row.about {
                About::Guardians(child) => About::Guardians(renaming.user(child)),
                About::Approvals(child, contact) => {
                    About::Approvals(renaming.user(child), renaming.user(contact))
                }
                About::Blocks(user) => About::Blocks(renaming.user(user)),
            };
            let target = self.rows.iter().find(|row| row.about == about);
            let target = target.expect("a renaming keeps kinds, so the same facts are told");
            for (nth, other) in row.others.iter().enumerate() {
                let before = target.others.and(UserSet::first(renaming.user(other).index()));
                to[row.first + nth] = (target.first + before.len()) as u16;
            }
        }
        to
    }
}

impl Row {
    #[inline]
    fn gather(&self, set: UserSet) -> u64 {
        debug_assert!(set.is_subset(self.others), "a fact without a bit");
        if self.neighbours {
            return u64::from(set.bits() >> self.others.bits().trailing_zeros().min(15));
        }
        let others = self.others.iter().enumerate();
        others.fold(0, |bits, (nth, other)| bits | u64::from(set.contains(other)) << nth)
    }

    #[inline]
    fn spread(&self, bits: u64) -> UserSet {
        if self.neighbours {
            let set = (bits as u16) << self.others.bits().trailing_zeros().min(15);
            return UserSet::from_bits(set).and(self.others);
        }
        self.others
            .iter()
            .enumerate()
            .filter(|(nth, _)| bits >> nth & 1 == 1)
            .map(|(_, other)| other)
            .collect()
    }
}

/// Who is authorized with whom, one bit for each pair of users who chat: all that the groups of a state feel of
/// its accounts.
#[inline]
pub(super) fn relation<const U: usize>(accounts: &Accounts<U>, policy: &Policy) -> u128 {
    let chatting = accounts.kinds().chatting();
    let mut bits = 0;
    for one in chatting {
        for other in chatting.minus(UserSet::first(one.index() + 1)) {
            bits = bits << 1 | u128::from(accounts.authorized(policy, one, other));
        }
    }
    bits
}
