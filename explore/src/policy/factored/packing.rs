//! Packing: the accounts of a state as bits. There is one bit for each fact that can hold of users,
//! such as *this guardian approved that contact for this child*.
//!
//! A permutation of users therefore moves bits and changes none, which `permutations` relies on. *Accounts*
//! are the parts of a state outside its groups. A packing covers the states that the model reaches;
//! an implementation's states may hold more.

use chatwarden_model::{Cast, Renaming, State, StateParts, User, UserSet};

/// One bit for each fact.
pub(super) type Bits<const W: usize> = [u64; W];

/// Accounts: a state without groups.
pub(super) type Accounts<const U: usize> = State<U, 0>;

/// A part of the accounts that is a set of users.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Part {
    Guardians(User),
    Approvals(User, User),
    Blocks(User),
}

impl Part {
    /// The same part of the accounts after a permutation.
    fn renamed(self, renaming: &Renaming) -> Self {
        match self {
            Part::Guardians(child) => Part::Guardians(renaming.user(child)),
            Part::Approvals(child, contact) => Part::Approvals(renaming.user(child), renaming.user(contact)),
            Part::Blocks(user) => Part::Blocks(renaming.user(user)),
        }
    }
}

/// The bits of one part.
#[derive(Clone, Copy, Debug)]
struct Row {
    part: Part,
    /// The users that the set can hold.
    others: UserSet,
    /// Whether their indices are consecutive, so that the bits of the set can be copied.
    consecutive: bool,
    /// The first bit.
    first: usize,
}

/// One row after the other, none across the border of two words.
fn rows(cast: &Cast) -> Vec<Row> {
    let kinds = cast.kinds();
    let chatting = kinds.chatting();
    let contacts =
        |child: User| chatting.without(child).iter().map(move |contact| Part::Approvals(child, contact));
    let guardians = kinds.children.iter().map(|child| (Part::Guardians(child), kinds.guardians));
    let approvals = kinds.children.iter().flat_map(contacts).map(|part| (part, kinds.guardians));
    let blocks = chatting.iter().map(|user| (Part::Blocks(user), chatting));
    let mut next = 0;
    let row = |(part, others): (Part, UserSet)| {
        let first = if next % 64 + others.len() > 64 { (next / 64 + 1) * 64 } else { next };
        next = first + others.len();
        let lowest = others.bits() >> others.bits().trailing_zeros().min(15);
        Row { part, others, consecutive: lowest & lowest.wrapping_add(1) == 0, first }
    };
    guardians.chain(approvals).chain(blocks).map(row).collect()
}

/// The number of words that the accounts of a cast take.
pub(super) fn account_words(cast: &Cast) -> usize {
    words(&rows(cast))
}

fn words(rows: &[Row]) -> usize {
    rows.last().map_or(0, |row| (row.first + row.others.len()).div_ceil(64))
}

/// Packs accounts into `W` words.
#[derive(Debug)]
pub(super) struct AccountPacking<const U: usize, const W: usize> {
    /// The accounts before the first command.
    pub(super) start: Accounts<U>,
    rows: Vec<Row>,
}

impl<const U: usize, const W: usize> AccountPacking<U, W> {
    pub(super) fn new(cast: &Cast) -> Self {
        let rows = rows(cast);
        assert!(words(&rows) <= W, "accounts of {} words do not fit into {W}", words(&rows));
        AccountPacking { start: State::new(cast), rows }
    }

    #[inline]
    pub(super) fn pack<const G: usize>(&self, state: &State<U, G>) -> Bits<W> {
        // Kinds never change, and groups are numbered.
        let StateParts { kinds: _, guardians, approvals, blocks, groups: _ } = state.parts();
        let mut bits = [0; W];
        for row in &self.rows {
            let set = match row.part {
                Part::Guardians(child) => guardians[child.index()],
                Part::Approvals(child, contact) => approvals[child.index()][contact.index()],
                Part::Blocks(user) => blocks[user.index()],
            };
            bits[row.first / 64] |= row.gather(set) << (row.first % 64);
        }
        bits
    }

    pub(super) fn unpack(&self, bits: &Bits<W>) -> Accounts<U> {
        let mut accounts = self.start;
        for row in &self.rows {
            let set = row.spread(bits[row.first / 64] >> (row.first % 64));
            match row.part {
                Part::Guardians(child) => *accounts.guardians_mut(child) = set,
                Part::Approvals(child, contact) => *accounts.approvals_mut(child, contact) = set,
                Part::Blocks(user) => *accounts.blocks_mut(user) = set,
            }
        }
        accounts
    }

    /// The new position of each bit after a permutation.
    pub(super) fn renamed(&self, renaming: &Renaming) -> Vec<u16> {
        let mut to: Vec<u16> = (0..W as u16 * 64).collect();
        for row in &self.rows {
            let part = row.part.renamed(renaming);
            let target = self.rows.iter().find(|row| row.part == part);
            let target = target.expect("a permutation keeps kinds, so it maps rows to rows");
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
        if self.consecutive {
            return u64::from(set.bits() >> self.others.bits().trailing_zeros().min(15));
        }
        let others = self.others.iter().enumerate();
        others.fold(0, |bits, (nth, other)| bits | u64::from(set.contains(other)) << nth)
    }

    #[inline]
    fn spread(&self, bits: u64) -> UserSet {
        if self.consecutive {
            let set = (bits as u16) << self.others.bits().trailing_zeros().min(15);
            return UserSet::from_bits(set).and(self.others);
        }
        let others = self.others.iter().enumerate();
        others.filter(|(nth, _)| bits >> nth & 1 == 1).map(|(_, other)| other).collect()
    }
}
