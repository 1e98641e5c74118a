//! Renaming users and groups: what every rule of the model is indifferent to.
//!
//! The canonical representative of a state belongs to the search that needs it.

use alloc::vec::Vec;
use core::convert::Infallible;

use crate::command::{Argument, Arguments, Command, Field};
use crate::state::{GroupState, State};
use crate::user::{Cast, Group, Kind, MAX_GROUPS, MAX_USERS, User, UserSet};

/// A map of users to users and of groups to groups. Where it is a permutation that keeps kinds, every
/// command commutes with it; where it is not, it merges users or gives them other parts.
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
    /// Every user and group keeps its name.
    pub fn identity() -> Self {
        Renaming { users: core::array::from_fn(User::new), groups: core::array::from_fn(Group::new) }
    }

    /// The renamings that make no difference at the start of a run: those that keep every user's kind and the
    /// guardians of every child, and rename the first groups among each other. The identity comes first, and
    /// one after another is among them again.
    ///
    /// Should there be more than `most`, they are those of them that leave the last users and groups alone.
    ///
    /// ```
    /// use chatwarden_model::{Cast, Kind, Renaming, UserSet};
    /// let mut cast = Cast::default();
    /// let ann = cast.add(Kind::Guardian, UserSet::EMPTY);
    /// cast.add(Kind::Child, UserSet::of([ann]));
    /// cast.add(Kind::Adult, UserSet::EMPTY);
    /// cast.add(Kind::Adult, UserSet::EMPTY);
    /// assert_eq!(Renaming::keeping(&cast, 2, 100).len(), 4);
    /// ```
    pub fn keeping(cast: &Cast, groups: usize, most: usize) -> Vec<Self> {
        let mut found = Vec::new();
        for movable in (0..=cast.len()).rev() {
            found.clear();
            let movable = UserSet::first(movable);
            let mut search = Keeping { cast, movable, most: most.max(1), found: &mut found };
            if search.extend(&search.order(), Renaming::identity(), UserSet::EMPTY) {
                break;
            }
        }
        for last in 1..groups.min(MAX_GROUPS) {
            if found.len() * (last + 1) > most {
                break;
            }
            let shorter = found.clone();
            for other in (0..last).rev() {
                let swapped = |renaming: &Self| renaming.swapping_groups(Group::new(other), Group::new(last));
                found.extend(shorter.iter().map(swapped));
            }
        }
        found
    }

    /// The same, but the user gets that name.
    #[must_use]
    pub fn with_user(mut self, user: User, to: User) -> Self {
        self.users[user.index()] = to;
        self
    }

    /// The same, but the group gets that name.
    #[must_use]
    pub fn with_group(mut self, group: Group, to: Group) -> Self {
        self.groups[group.index()] = to;
        self
    }

    /// The same, but the two users get each other's names.
    #[must_use]
    pub fn swapping_users(mut self, one: User, other: User) -> Self {
        self.users.swap(one.index(), other.index());
        self
    }

    /// The same, but the two groups get each other's names.
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

    /// The set of the new names.
    pub fn users(&self, users: UserSet) -> UserSet {
        users.iter().map(|user| self.user(user)).collect()
    }

    /// The command with the new names.
    pub fn command(&self, command: &Command) -> Command {
        let Ok(renamed) = command.kind().build(&mut Renamed { renaming: self, command });
        renamed
    }

    /// The cast in which each user stands under the new name.
    ///
    /// # Panics
    /// If the renaming is not a permutation of the cast.
    pub fn cast(&self, cast: &Cast) -> Cast {
        let mut renamed = Cast::default();
        for name in UserSet::first(cast.len()) {
            let user = UserSet::first(cast.len()).iter().find(|&user| self.user(user) == name);
            let user = user.expect("a cast is renamed by a permutation");
            renamed.add(cast.kind(user), self.users(cast.guardians(user)));
        }
        renamed
    }

    /// The state with the new names. The renaming must be a permutation that keeps kinds.
    pub fn state<const U: usize, const G: usize>(&self, state: &State<U, G>) -> State<U, G> {
        let mut renamed = *state;
        for user in UserSet::first(U) {
            let (from, to) = (user.index(), self.user(user).index());
            renamed.guardians[to] = self.users(state.guardians[from]);
            renamed.blocks[to] = self.users(state.blocks[from]);
            for other in UserSet::first(U) {
                renamed.approvals[to][self.user(other).index()] =
                    self.users(state.approvals[from][other.index()]);
            }
        }
        for (group, state) in state.groups() {
            renamed.groups[self.group(group).index()] = self.group_state(state);
        }
        renamed
    }

    fn group_state<const U: usize>(&self, group: &GroupState<U>) -> GroupState<U> {
        let mut renamed = GroupState {
            phase: group.phase,
            link: group.link,
            owner: group.owner.map(|owner| self.user(owner)),
            members: self.users(group.members),
            banned: self.users(group.banned),
            ..GroupState::default()
        };
        for user in group.invited() {
            if let Some(inviter) = group.inviter(user) {
                renamed.invite(self.user(user), self.user(inviter));
            }
        }
        renamed
    }
}

/// The search for the renamings that keep a cast.
struct Keeping<'a> {
    cast: &'a Cast,
    movable: UserSet,
    most: usize,
    found: &'a mut Vec<Renaming>,
}

impl Keeping<'_> {
    /// Guardians first, so that a child can be compared as soon as it is named.
    fn order(&self) -> Vec<User> {
        let kinds = self.cast.kinds();
        [kinds.guardians, kinds.children, kinds.adults].iter().flat_map(|users| users.iter()).collect()
    }

    /// Names the users that have no new name yet in every way; false if there are too many ways.
    fn extend(&mut self, rest: &[User], renaming: Renaming, taken: UserSet) -> bool {
        let Some((&user, rest)) = rest.split_first() else {
            self.found.push(renaming);
            return self.found.len() <= self.most;
        };
        let names = if self.movable.contains(user) { self.movable } else { UserSet::EMPTY.with(user) };
        names.minus(taken).iter().all(|name| {
            !self.is_like(user, name, &renaming) || {
                self.extend(rest, renaming.with_user(user, name), taken.with(name))
            }
        })
    }

    /// Whether the user can get the other's name, if the guardians have got theirs.
    fn is_like(&self, user: User, name: User, renaming: &Renaming) -> bool {
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

/// The arguments of a command under their new names.
struct Renamed<'a> {
    renaming: &'a Renaming,
    command: &'a Command,
}

impl Renamed<'_> {
    fn argument(&self, wanted: Field) -> Argument {
        let mut found = None;
        self.command.each_argument(|field, argument| {
            if field == wanted {
                found = Some(argument);
            }
        });
        found.expect("a command of the same kind has the same fields")
    }
}

impl Arguments for Renamed<'_> {
    type Error = Infallible;

    fn user(&mut self, field: Field) -> Result<User, Infallible> {
        match self.argument(field) {
            Argument::User(user) => Ok(self.renaming.user(user)),
            _ => unreachable!("`{field}` is a user"),
        }
    }

    fn users(&mut self, field: Field) -> Result<UserSet, Infallible> {
        match self.argument(field) {
            Argument::Users(users) => Ok(self.renaming.users(users)),
            _ => unreachable!("`{field}` is a set of users"),
        }
    }

    fn group(&mut self, field: Field) -> Result<Group, Infallible> {
        match self.argument(field) {
            Argument::Group(group) => Ok(self.renaming.group(group)),
            _ => unreachable!("`{field}` is a group"),
        }
    }
}
