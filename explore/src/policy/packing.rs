//! Packing: the accounts of a state, or one of its groups, as bits. There is one bit for each fact
//! that can hold of users, such as *this guardian approved that contact for this child*.
//!
//! A permutation of users therefore moves bits and changes none, which `permutations` relies on. *Accounts*
//! are the parts of a state outside its groups. A packing covers the states that the model reaches;
//! an implementation's states may hold more.

use chatwarden_model::{
    Cast, GroupParts, GroupState, Link, NamedEnum, Phase, Renaming, State, StateParts, User, UserSet,
};

/// One bit for each fact.
pub(super) type Bits<const W: usize> = [u64; W];

/// Accounts: a state without groups.
pub(super) type Accounts<const U: usize> = State<U, 0>;

/// The bits of a group that are no facts about users: two for the phase, one for the link.
const GROUP_HEADER: usize = 3;

const _: () = assert!(Phase::ALL.len() <= 4, "a packed group has two bits for the phase");
const _: () = assert!(Link::ALL.len() <= 2, "a packed group has one bit for the link");

/// A part of a state that is a set of users.
trait Part: Copy + PartialEq {
    /// The same part of the state after a permutation.
    fn renamed(self, renaming: &Renaming) -> Self;
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum AccountPart {
    Guardians(User),
    Approvals(User, User),
    Blocks(User),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum GroupPart {
    Owner,
    Members,
    Banned,
    Inviter(User),
}

impl Part for AccountPart {
    fn renamed(self, renaming: &Renaming) -> Self {
        match self {
            AccountPart::Guardians(child) => AccountPart::Guardians(renaming.user(child)),
            AccountPart::Approvals(child, contact) => {
                AccountPart::Approvals(renaming.user(child), renaming.user(contact))
            }
            AccountPart::Blocks(user) => AccountPart::Blocks(renaming.user(user)),
        }
    }
}

impl Part for GroupPart {
    fn renamed(self, renaming: &Renaming) -> Self {
        match self {
            GroupPart::Inviter(user) => GroupPart::Inviter(renaming.user(user)),
            GroupPart::Owner | GroupPart::Members | GroupPart::Banned => self,
        }
    }
}

/// The bits of one part.
#[derive(Clone, Copy, Debug)]
struct Row<P> {
    part: P,
    /// The users that the set can hold.
    others: UserSet,
    /// Whether their indices are consecutive, so that the bits of the set can be copied.
    consecutive: bool,
    /// The first bit.
    first: usize,
}

/// One row after the other, none across the border of two words.
fn rows<P>(first: usize, parts: impl Iterator<Item = (P, UserSet)>) -> Vec<Row<P>> {
    let mut next = first;
    let row = |(part, others): (P, UserSet)| {
        let first = if next % 64 + others.len() > 64 { (next / 64 + 1) * 64 } else { next };
        next = first + others.len();
        let lowest = others.bits() >> others.bits().trailing_zeros().min(15);
        Row { part, others, consecutive: lowest & lowest.wrapping_add(1) == 0, first }
    };
    parts.map(row).collect()
}

fn account_rows(cast: &Cast) -> Vec<Row<AccountPart>> {
    let kinds = cast.kinds();
    let chatting = kinds.chatting();
    let contacts = |child: User| {
        chatting.without(child).iter().map(move |contact| AccountPart::Approvals(child, contact))
    };
    let guardians = kinds.children.iter().map(|child| (AccountPart::Guardians(child), kinds.guardians));
    let approvals = kinds.children.iter().flat_map(contacts).map(|part| (part, kinds.guardians));
    let blocks = chatting.iter().map(|user| (AccountPart::Blocks(user), chatting));
    rows(0, guardians.chain(approvals).chain(blocks))
}

fn group_rows(cast: &Cast) -> Vec<Row<GroupPart>> {
    let chatting = cast.kinds().chatting();
    let parts = [GroupPart::Owner, GroupPart::Members, GroupPart::Banned].into_iter();
    let parts = parts.chain(chatting.iter().map(GroupPart::Inviter));
    rows(GROUP_HEADER, parts.map(|part| (part, chatting)))
}

/// The number of words that the accounts of a cast take.
pub(super) fn account_words(cast: &Cast) -> usize {
    words(&account_rows(cast))
}

/// The number of words that a group takes.
pub(super) fn group_words(cast: &Cast) -> usize {
    words(&group_rows(cast))
}

fn words<P>(rows: &[Row<P>]) -> usize {
    rows.last().map_or(0, |row| (row.first + row.others.len()).div_ceil(64))
}

/// The new position of each bit after a permutation.
fn renamed<P: Part>(rows: &[Row<P>], bits: usize, renaming: &Renaming) -> Vec<u16> {
    let mut to: Vec<u16> = (0..bits as u16).collect();
    for row in rows {
        let part = row.part.renamed(renaming);
        let target = rows.iter().find(|row| row.part == part);
        let target = target.expect("a permutation keeps kinds, so it maps rows to rows");
        for (nth, other) in row.others.iter().enumerate() {
            let before = target.others.and(UserSet::first(renaming.user(other).index()));
            to[row.first + nth] = (target.first + before.len()) as u16;
        }
    }
    to
}

/// Packs accounts into `W` words.
#[derive(Debug)]
pub(super) struct AccountPacking<const U: usize, const W: usize> {
    start: Accounts<U>,
    rows: Vec<Row<AccountPart>>,
}

impl<const U: usize, const W: usize> AccountPacking<U, W> {
    pub(super) fn new(cast: &Cast) -> Self {
        let rows = account_rows(cast);
        assert!(words(&rows) <= W, "accounts of {} words do not fit into {W}", words(&rows));
        AccountPacking { start: State::new(cast), rows }
    }

    /// The accounts before the first command.
    pub(super) fn start(&self) -> Accounts<U> {
        self.start
    }

    #[inline]
    pub(super) fn pack<const G: usize>(&self, state: &State<U, G>) -> Bits<W> {
        // Kinds never change, and groups have a packing of their own.
        let StateParts { kinds: _, guardians, approvals, blocks, groups: _ } = state.parts();
        let mut bits = [0; W];
        for row in &self.rows {
            let set = match row.part {
                AccountPart::Guardians(child) => guardians[child.index()],
                AccountPart::Approvals(child, contact) => approvals[child.index()][contact.index()],
                AccountPart::Blocks(user) => blocks[user.index()],
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
                AccountPart::Guardians(child) => *accounts.guardians_mut(child) = set,
                AccountPart::Approvals(child, contact) => *accounts.approvals_mut(child, contact) = set,
                AccountPart::Blocks(user) => *accounts.blocks_mut(user) = set,
            }
        }
        accounts
    }

    /// The new position of each bit after a permutation.
    pub(super) fn renamed(&self, renaming: &Renaming) -> Vec<u16> {
        renamed(&self.rows, W * 64, renaming)
    }
}

/// Packs a group into `W` words, of which at least one bit stays free. A new group is all zeros.
#[derive(Debug)]
pub(super) struct GroupPacking<const W: usize> {
    rows: Vec<Row<GroupPart>>,
}

impl<const W: usize> GroupPacking<W> {
    pub(super) fn new(cast: &Cast) -> Self {
        let rows = group_rows(cast);
        let used = rows.last().map_or(GROUP_HEADER, |row| row.first + row.others.len());
        assert!(used < W * 64, "a group of {used} bits does not fit into {W} words with one to spare");
        GroupPacking { rows }
    }

    #[inline]
    pub(super) fn pack<const U: usize>(&self, group: &GroupState<U>) -> Bits<W> {
        let GroupParts { phase, link, owner, members, banned, invited, inviters } = group.parts();
        let mut bits = [0; W];
        bits[0] = (phase.index() | link.index() << 2) as u64;
        for row in &self.rows {
            let set = match row.part {
                GroupPart::Owner => owner.map_or(UserSet::EMPTY, |owner| UserSet::EMPTY.with(owner)),
                GroupPart::Members => members,
                GroupPart::Banned => banned,
                GroupPart::Inviter(user) if invited.contains(user) => {
                    UserSet::EMPTY.with(User::new(inviters[user.index()].into()))
                }
                GroupPart::Inviter(_) => continue,
            };
            bits[row.first / 64] |= row.gather(set) << (row.first % 64);
        }
        bits
    }

    pub(super) fn unpack<const U: usize>(&self, bits: &Bits<W>) -> GroupState<U> {
        let mut group: GroupState<U> = GroupState::default();
        group.phase = Phase::ALL[(bits[0] & 0b11) as usize];
        group.link = Link::ALL[(bits[0] >> 2 & 0b1) as usize];
        for row in &self.rows {
            let set = row.spread(bits[row.first / 64] >> (row.first % 64));
            match row.part {
                GroupPart::Owner => group.owner = set.iter().next(),
                GroupPart::Members => group.members = set,
                GroupPart::Banned => group.banned = set,
                GroupPart::Inviter(user) => set.iter().for_each(|by| group.invite(user, by)),
            }
        }
        group
    }

    /// The new position of each bit after a permutation.
    pub(super) fn renamed(&self, renaming: &Renaming) -> Vec<u16> {
        renamed(&self.rows, W * 64, renaming)
    }
}

impl<P> Row<P> {
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
