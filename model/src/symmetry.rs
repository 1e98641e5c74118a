//! Renaming users and groups: what every rule of the model is indifferent to.
//!
//! Which renamings keep a cast, and the canonical representative of a state, belong to the search that
//! needs them.

use core::convert::Infallible;

use crate::command::{Argument, Arguments, Command, Field};
use crate::state::{GroupState, State};
use crate::user::{Cast, Group, MAX_GROUPS, MAX_USERS, User, UserSet};

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
