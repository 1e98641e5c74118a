//! Users, groups and sets of users, all as small indices, and the cast of a run.
//!
//! The formats give users and groups their names. The state (`state`) records the effects of commands.

use crate::named_enum;

/// The largest number of users in a cast.
pub const MAX_USERS: usize = 16;

/// The largest number of groups in a run.
pub const MAX_GROUPS: usize = 8;

const _: () = assert!(MAX_USERS <= u16::BITS as usize, "a UserSet has no bit for the last user");
// `index` masks with these numbers less one.
const _: () = assert!(MAX_USERS.is_power_of_two() && MAX_GROUPS.is_power_of_two());
const _: () = assert!(MAX_USERS <= 1 << u8::BITS && MAX_GROUPS <= 1 << u8::BITS, "an index is a u8");

named_enum! {
    /// The kind of a user. It is fixed for the whole run.
    ///
    /// ```
    /// use chatwarden_model::{Kind, NamedEnum};
    /// assert_eq!(Kind::named("child"), Some(Kind::Child));
    /// ```
    pub enum Kind {
        Child = "child": "chats and is protected: the promises are made to children",
        Adult = "adult": "chats: a relative, a coach, a stranger",
        Guardian = "guardian": "administers children and does not chat",
    }
}

/// A user: an index in the cast.
///
/// ```
/// use chatwarden_model::User;
/// assert_eq!(User::new(3).index(), 3);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct User(u8);

impl User {
    /// The user with this index.
    ///
    /// # Panics
    /// If the index is not below [`MAX_USERS`].
    #[inline]
    pub const fn new(index: usize) -> Self {
        assert!(index < MAX_USERS, "the index of a user is below MAX_USERS");
        User(index as u8)
    }

    /// The index in the cast, below [`MAX_USERS`].
    #[inline]
    pub const fn index(self) -> usize {
        // The constructor checked the index. The mask lets the compiler omit bounds checks.
        self.0 as usize & (MAX_USERS - 1)
    }
}

/// A group: an index in the order in which the run declares its groups.
///
/// ```
/// use chatwarden_model::Group;
/// assert_eq!(Group::new(1).index(), 1);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Group(u8);

impl Group {
    /// The group with this index.
    ///
    /// # Panics
    /// If the index is not below [`MAX_GROUPS`].
    #[inline]
    pub const fn new(index: usize) -> Self {
        assert!(index < MAX_GROUPS, "the index of a group is below MAX_GROUPS");
        Group(index as u8)
    }

    /// The index in the order of declaration, below [`MAX_GROUPS`].
    #[inline]
    pub const fn index(self) -> usize {
        self.0 as usize & (MAX_GROUPS - 1)
    }

    /// The first `count` groups.
    pub fn first(count: usize) -> impl Iterator<Item = Group> + Clone {
        (0..count).map(Group::new)
    }
}

/// A set of users, one bit for each. It is iterated in index order.
///
/// ```
/// use chatwarden_model::{User, UserSet};
/// let pair = UserSet::of([User::new(4), User::new(1)]);
/// assert_eq!(pair.iter().map(User::index).collect::<Vec<_>>(), [1, 4]);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct UserSet(u16);

impl UserSet {
    /// The empty set.
    pub const EMPTY: UserSet = UserSet(0);

    /// The set of these users.
    pub fn of(users: impl IntoIterator<Item = User>) -> Self {
        users.into_iter().collect()
    }

    /// The first `count` users.
    ///
    /// # Panics
    /// If the count is above [`MAX_USERS`].
    pub const fn first(count: usize) -> Self {
        assert!(count <= MAX_USERS, "a cast has at most MAX_USERS users");
        UserSet(((1u32 << count) - 1) as u16)
    }

    /// The set of the users whose bits are one; see [`UserSet::bits`].
    pub const fn from_bits(bits: u16) -> Self {
        UserSet(bits)
    }

    /// One bit for each user. The user with index 0 has the lowest bit.
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// Whether the user is in the set.
    pub const fn contains(self, user: User) -> bool {
        self.0 >> user.index() & 1 == 1
    }

    /// Adds a user.
    pub const fn insert(&mut self, user: User) {
        self.0 |= 1 << user.index();
    }

    /// Removes a user.
    pub const fn remove(&mut self, user: User) {
        self.0 &= !(1 << user.index());
    }

    /// The set with this user.
    #[must_use]
    pub const fn with(self, user: User) -> Self {
        UserSet(self.0 | 1 << user.index())
    }

    /// The set without this user.
    #[must_use]
    pub const fn without(self, user: User) -> Self {
        UserSet(self.0 & !(1 << user.index()))
    }

    /// The users in either set.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        UserSet(self.0 | other.0)
    }

    /// The users in both sets.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        UserSet(self.0 & other.0)
    }

    /// The users in this set and not in the other.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        UserSet(self.0 & !other.0)
    }

    /// The users in this set whose index is above that of the user.
    #[must_use]
    pub(crate) const fn after(self, user: User) -> Self {
        UserSet(self.0 & (u16::MAX << user.index()) & !(1 << user.index()))
    }

    /// Whether every user of this set is in the other.
    pub const fn is_subset(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    /// Whether no user is in the set.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The number of users in the set.
    pub const fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// The user that has `before` users of the set before it in index order.
    #[inline]
    pub const fn nth(self, before: usize) -> Option<User> {
        let mut bits = self.0;
        let mut skipped = 0;
        while skipped < before && bits != 0 {
            bits &= bits - 1;
            skipped += 1;
        }
        if bits == 0 { None } else { Some(User(bits.trailing_zeros() as u8)) }
    }

    /// The users in index order.
    pub fn iter(self) -> Users {
        Users(self)
    }
}

impl FromIterator<User> for UserSet {
    fn from_iter<I: IntoIterator<Item = User>>(users: I) -> Self {
        users.into_iter().fold(UserSet::EMPTY, UserSet::with)
    }
}

impl IntoIterator for UserSet {
    type Item = User;
    type IntoIter = Users;
    fn into_iter(self) -> Users {
        Users(self)
    }
}

/// The iterator of [`UserSet::iter`].
#[derive(Clone, Debug)]
pub struct Users(UserSet);

impl Iterator for Users {
    type Item = User;

    fn next(&mut self) -> Option<User> {
        let bits = self.0.0;
        if bits == 0 {
            return None;
        }
        self.0 = UserSet(bits & (bits - 1));
        Some(User(bits.trailing_zeros() as u8))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.0.len(), Some(self.0.len()))
    }
}

impl ExactSizeIterator for Users {}

/// The users of a run: the kind of each, and the guardians of each child at the start.
///
/// ```
/// use chatwarden_model::{Cast, Kind, User, UserSet};
/// let mut cast = Cast::default();
/// let ann = cast.add(Kind::Guardian, UserSet::EMPTY);
/// let kay = cast.add(Kind::Child, UserSet::of([ann]));
/// assert_eq!(cast.kind(kay), Kind::Child);
/// assert_eq!(cast.guardians(kay), UserSet::of([ann]));
/// assert_eq!(cast.len(), 2);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Cast {
    pub(crate) kinds: Kinds,
    pub(crate) guardians: [UserSet; MAX_USERS],
}

impl Cast {
    /// Adds a user with the next index. Guardians are recorded for a child only. They may be users
    /// that are added later.
    ///
    /// # Panics
    /// If the cast is full.
    pub fn add(&mut self, kind: Kind, guardians: UserSet) -> User {
        let user = User::new(self.len());
        match kind {
            Kind::Child => self.kinds.children.insert(user),
            Kind::Adult => self.kinds.adults.insert(user),
            Kind::Guardian => self.kinds.guardians.insert(user),
        }
        if kind == Kind::Child {
            self.guardians[user.index()] = guardians;
        }
        user
    }

    /// The number of users.
    pub fn len(&self) -> usize {
        self.kinds.everyone().len()
    }

    /// Whether the cast has no users.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The users of each kind.
    pub fn kinds(&self) -> Kinds {
        self.kinds
    }

    /// The kind of a user of this cast.
    pub fn kind(&self, user: User) -> Kind {
        self.kinds.kind(user)
    }

    /// The child's guardians at the start of a run; empty for an adult or guardian.
    pub fn guardians(&self, child: User) -> UserSet {
        self.guardians[child.index()]
    }
}

/// The users of each kind.
///
/// ```
/// use chatwarden_model::{Cast, Kind, UserSet};
/// let mut cast = Cast::default();
/// let sam = cast.add(Kind::Adult, UserSet::EMPTY);
/// assert!(cast.kinds().chatting().contains(sam));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Kinds {
    /// The users of kind child.
    pub children: UserSet,
    /// The users of kind adult.
    pub adults: UserSet,
    /// The users of kind guardian.
    pub guardians: UserSet,
}

impl Kinds {
    /// The users who chat: children and adults.
    pub const fn chatting(self) -> UserSet {
        self.children.or(self.adults)
    }

    /// All users.
    pub const fn everyone(self) -> UserSet {
        let Kinds { children, adults, guardians } = self;
        children.or(adults).or(guardians)
    }

    /// The kind of a user. A user outside the cast counts as a guardian, who can do least.
    #[inline]
    pub const fn kind(self, user: User) -> Kind {
        if self.children.contains(user) {
            Kind::Child
        } else if self.adults.contains(user) {
            Kind::Adult
        } else {
            Kind::Guardian
        }
    }

    /// These users of each kind without the one user.
    #[must_use]
    pub const fn without(self, user: User) -> Self {
        let Kinds { children, adults, guardians } = self;
        Kinds {
            children: children.without(user),
            adults: adults.without(user),
            guardians: guardians.without(user),
        }
    }

    /// The users of one kind.
    pub const fn of(self, kind: Kind) -> UserSet {
        match kind {
            Kind::Child => self.children,
            Kind::Adult => self.adults,
            Kind::Guardian => self.guardians,
        }
    }
}
