//! Symmetry: maps that rename users and groups, and the permutations that keep a cast. The rules of the
//! model do not depend on names.
//!
//! A search that needs a canonical representative of a state computes it itself.

use alloc::vec::Vec;
use core::convert::Infallible;

use crate::command::{Argument, Arguments, Field};
use crate::state::{GroupState, State};
use crate::table::Command;
use crate::user::{Cast, Group, Kind, Kinds, MAX_GROUPS, MAX_USERS, User, UserSet};

/// A map of users to users and of groups to groups.
///
/// Every command commutes with a permutation. The shrinker also uses maps that are not permutations: they
/// merge users or groups in a command.
///
/// ```
/// use chatwarden_model::{Command, Group, Renaming, User};
/// let swapped = Renaming::identity().swapping_users(User::new(0), User::new(2));
/// let leave = Command::Leave { by: User::new(0), group: Group::new(0) };
/// assert_eq!(swapped.command(&leave), Command::Leave { by: User::new(2), group: Group::new(0) });
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Renaming {
    users: [User; MAX_USERS],
    groups: [Group; MAX_GROUPS],
}

impl Renaming {
    /// The identity: every user and group keeps its name.
    pub fn identity() -> Self {
        Renaming { users: core::array::from_fn(User::new), groups: core::array::from_fn(Group::new) }
    }

    /// The map that differs from this one in the new name of the user.
    #[must_use]
    pub fn with_user(mut self, user: User, to: User) -> Self {
        self.users[user.index()] = to;
        self
    }

    /// The map that differs from this one in the new name of the group.
    #[must_use]
    pub fn with_group(mut self, group: Group, to: Group) -> Self {
        self.groups[group.index()] = to;
        self
    }

    /// The map that differs from this one by exchanging the new names of the two users.
    #[must_use]
    pub fn swapping_users(mut self, one: User, other: User) -> Self {
        self.users.swap(one.index(), other.index());
        self
    }

    /// The map that differs from this one by exchanging the new names of the two groups.
    #[must_use]
    pub fn swapping_groups(mut self, one: Group, other: Group) -> Self {
        self.groups.swap(one.index(), other.index());
        self
    }

    /// The new name of a user.
    pub fn user(&self, user: User) -> User {
        self.users[user.index()]
    }

    /// The new name of a group.
    pub fn group(&self, group: Group) -> Group {
        self.groups[group.index()]
    }

    /// The new names of the users.
    pub fn users(&self, users: UserSet) -> UserSet {
        users.iter().map(|user| self.user(user)).collect()
    }

    /// The command with the new names.
    pub fn command(&self, command: &Command) -> Command {
        let Ok(renamed) = command.kind().build(&mut Renamed { renaming: self, command });
        renamed
    }

    /// The cast with the new names.
    ///
    /// # Panics
    /// If the map is not a permutation of the users of the cast.
    pub fn cast(&self, cast: &Cast) -> Cast {
        let Cast { kinds, guardians } = cast;
        let renamed = Cast {
            kinds: self.kinds(*kinds),
            guardians: self.by_user(guardians, |guardians| self.users(*guardians)),
        };
        assert_eq!(renamed.kinds.everyone(), kinds.everyone(), "a cast is renamed by a permutation");
        renamed
    }

    /// The state with the new names. The map must be a permutation.
    pub fn state<const U: usize, const G: usize>(&self, state: &State<U, G>) -> State<U, G> {
        let State { kinds, guardians, approvals, blocks, groups } = state;
        let mut renamed = State {
            kinds: self.kinds(*kinds),
            guardians: self.by_user(guardians, |guardians| self.users(*guardians)),
            approvals: self.by_user(approvals, |row| self.by_user(row, |users| self.users(*users))),
            blocks: self.by_user(blocks, |blocked| self.users(*blocked)),
            groups: *groups,
        };
        for (group, state) in Group::first(G).zip(groups) {
            renamed.groups[self.group(group).index()] = self.group_state(state);
        }
        renamed
    }

    fn group_state<const U: usize>(&self, group: &GroupState<U>) -> GroupState<U> {
        let GroupState { phase, link, owner, members, banned, invited, inviters } = *group;
        let mut renamed_inviters = [0; U];
        for user in invited {
            let inviter = self.user(User::new(inviters[user.index()].into()));
            renamed_inviters[self.user(user).index()] = inviter.index() as u8;
        }
        GroupState {
            phase,
            link,
            owner: owner.map(|owner| self.user(owner)),
            members: self.users(members),
            banned: self.users(banned),
            invited: self.users(invited),
            inviters: renamed_inviters,
        }
    }

    fn kinds(&self, kinds: Kinds) -> Kinds {
        let Kinds { children, adults, guardians } = kinds;
        Kinds { children: self.users(children), adults: self.users(adults), guardians: self.users(guardians) }
    }

    /// The values of each user, renamed and moved to the user's new index.
    fn by_user<T: Copy, const U: usize>(&self, values: &[T; U], renamed: impl Fn(&T) -> T) -> [T; U] {
        let mut moved = *values;
        for (user, value) in UserSet::first(U).iter().zip(values) {
            moved[self.user(user).index()] = renamed(value);
        }
        moved
    }
}

/// Permutations of users and groups that keep a cast. They form a group.
///
/// ```
/// use chatwarden_model::{Cast, Kind, SymmetryCut, SymmetryGroup, UserSet};
/// let mut cast = Cast::default();
/// (0..16).for_each(|_| { cast.add(Kind::Adult, UserSet::EMPTY); });
/// let symmetry = SymmetryGroup::keeping(&cast, 1, 100);
/// assert_eq!(symmetry.renamings.len(), 24, "four users change their names");
/// assert_eq!(symmetry.cut, SymmetryCut { users: 12, groups: 0 });
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SymmetryGroup {
    /// The permutations. The identity comes first.
    pub renamings: Vec<Renaming>,
    /// The permutations that are left out.
    pub cut: SymmetryCut,
}

/// A bound on permutations: the number of the last users and of the last groups that keep their names,
/// because there would be too many permutations otherwise.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct SymmetryCut {
    /// The number of users.
    pub users: usize,
    /// The number of groups.
    pub groups: usize,
}

impl SymmetryCut {
    /// Whether no permutation is left out.
    pub fn is_none(self) -> bool {
        self == SymmetryCut::default()
    }
}

impl SymmetryGroup {
    /// The permutations that keep the cast, that is each user's kind and each child's guardians, and
    /// permute the first `groups` groups.
    ///
    /// If there are more than `most`, or too many to be found in a second, the result is the subgroup
    /// that leaves the last users and groups in place. It has at least one element, the identity.
    ///
    /// ```
    /// use chatwarden_model::{Cast, Kind, SymmetryGroup, UserSet};
    /// let mut cast = Cast::default();
    /// let ann = cast.add(Kind::Guardian, UserSet::EMPTY);
    /// cast.add(Kind::Child, UserSet::of([ann]));
    /// cast.add(Kind::Adult, UserSet::EMPTY);
    /// cast.add(Kind::Adult, UserSet::EMPTY);
    /// assert_eq!(SymmetryGroup::keeping(&cast, 2, 100).renamings.len(), 4);
    /// ```
    pub fn keeping(cast: &Cast, groups: usize, most: usize) -> Self {
        let mut movable = cast.len();
        let mut renamings = loop {
            let mut search = Keeping {
                cast,
                movable: UserSet::first(movable),
                most: most.max(1),
                steps_left: MAX_STEPS,
                found: Vec::new(),
            };
            if search.extend(&search.order(), Renaming::identity(), UserSet::EMPTY) {
                break search.found;
            }
            movable -= 1;
        };
        let groups = groups.min(MAX_GROUPS);
        let mut named = 1.min(groups);
        while named < groups && renamings.len() * (named + 1) <= most {
            let shorter = renamings.clone();
            for other in (0..named).rev() {
                let swapped =
                    |renaming: &Renaming| renaming.swapping_groups(Group::new(other), Group::new(named));
                renamings.extend(shorter.iter().map(swapped));
            }
            named += 1;
        }
        let cut = SymmetryCut { users: cast.len() - movable, groups: groups - named };
        SymmetryGroup { renamings, cut }
    }
}

/// The most names that are tried in one search for permutations. It takes a small part of a second.
const MAX_STEPS: u32 = 1 << 18;

/// The search for the permutations of users that keep a cast.
struct Keeping<'a> {
    cast: &'a Cast,
    /// The users who may get another name.
    movable: UserSet,
    /// The search ends when it has found more.
    most: usize,
    /// The number of names that may still be tried.
    steps_left: u32,
    found: Vec<Renaming>,
}

impl Keeping<'_> {
    /// Guardians come first, because the guardians of a child must have their names before the child can
    /// be compared.
    fn order(&self) -> Vec<User> {
        let kinds = self.cast.kinds();
        [kinds.guardians, kinds.children, kinds.adults].iter().flat_map(|users| users.iter()).collect()
    }

    /// Gives the remaining users new names in every possible way. False if there are too many ways, or if
    /// it takes too long.
    fn extend(&mut self, rest: &[User], renaming: Renaming, taken: UserSet) -> bool {
        let Some((&user, rest)) = rest.split_first() else {
            self.found.push(renaming);
            return self.found.len() <= self.most;
        };
        if self.steps_left == 0 {
            return false;
        }
        self.steps_left -= 1;
        let names = if self.movable.contains(user) { self.movable } else { UserSet::EMPTY.with(user) };
        names.minus(taken).iter().all(|name| {
            !self.may_become(user, name, &renaming)
                || self.extend(rest, renaming.with_user(user, name), taken.with(name))
        })
    }

    /// Whether the user may get this name. The guardians have theirs already.
    fn may_become(&self, user: User, name: User, renaming: &Renaming) -> bool {
        let wards = |guardian| {
            self.cast
                .kinds()
                .children
                .iter()
                .filter(move |&child| self.cast.guardians(child).contains(guardian))
        };
        self.cast.kind(user) == self.cast.kind(name)
            && match self.cast.kind(user) {
                Kind::Guardian => wards(user).count() == wards(name).count(),
                Kind::Child => renaming.users(self.cast.guardians(user)) == self.cast.guardians(name),
                Kind::Adult => true,
            }
    }
}

/// The arguments of a command with the new names.
struct Renamed<'a> {
    renaming: &'a Renaming,
    command: &'a Command,
}

impl Arguments for Renamed<'_> {
    type Error = Infallible;

    fn user(&mut self, field: Field) -> Result<User, Infallible> {
        match self.command.argument(field) {
            Some(Argument::User(user)) => Ok(self.renaming.user(user)),
            _ => unreachable!("`{field}` is a user"),
        }
    }

    fn users(&mut self, field: Field) -> Result<UserSet, Infallible> {
        match self.command.argument(field) {
            Some(Argument::Users(users)) => Ok(self.renaming.users(users)),
            _ => unreachable!("`{field}` is a set of users"),
        }
    }

    fn group(&mut self, field: Field) -> Result<Group, Infallible> {
        match self.command.argument(field) {
            Some(Argument::Group(group)) => Ok(self.renaming.group(group)),
            _ => unreachable!("`{field}` is a group"),
        }
    }
}
