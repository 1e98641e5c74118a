//! The state of the chat service: guardians, approvals, blocks and groups.
//!
//! Two type parameters set the size. `State` holds any cast. `State<5, 1>` holds small casts and is
//! cheaper to copy. The rules are the same for every size. `relation` derives relations from the state,
//! and `step` changes it.

use crate::named_enum;
use crate::user::{Cast, Group, Kinds, MAX_GROUPS, MAX_USERS, User, UserSet};

named_enum! {
    /// The phase of a group. A group never returns to an earlier phase.
    ///
    /// ```
    /// use chatwarden_model::{GroupState, Phase};
    /// let group: GroupState = GroupState::default();
    /// assert_eq!(group.phase, Phase::New);
    /// ```
    pub enum Phase {
        New = "new": "not launched yet",
        Active = "active": "in use",
        Frozen = "frozen": "nobody comes in and nobody talks, for good",
        Dissolved = "dissolved": "over",
    }
}

named_enum! {
    /// Whether one can join a group by its link.
    pub enum Link {
        Closed = "closed": "nobody joins by the link",
        Open = "open": "one can join by the link",
    }
}

/// The state of a group, for at most `U` users.
///
/// ```
/// use chatwarden_model::{GroupState, User};
/// let (kay, sam) = (User::new(0), User::new(1));
/// let mut group: GroupState = GroupState::default();
/// group.invite(sam, kay);
/// assert_eq!(group.inviter(sam), Some(kay));
/// group.uninvite(sam);
/// assert_eq!(group, GroupState::default());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct GroupState<const U: usize = MAX_USERS> {
    /// The phase.
    pub phase: Phase,
    /// Whether one can join by the link.
    pub link: Link,
    /// The owner; none before the launch and after the owner departed.
    pub owner: Option<User>,
    /// The members.
    pub members: UserSet,
    /// The users who are banned.
    pub banned: UserSet,
    pub(crate) invited: UserSet,
    /// The index of the inviter, for each invited user. It is zero for all others, so that groups with
    /// the same invitations are equal.
    pub(crate) inviters: [u8; U],
}

impl<const U: usize> Default for GroupState<U> {
    fn default() -> Self {
        const { assert!(U <= MAX_USERS, "a state holds at most MAX_USERS users") };
        GroupState {
            phase: Phase::New,
            link: Link::Closed,
            owner: None,
            members: UserSet::EMPTY,
            banned: UserSet::EMPTY,
            invited: UserSet::EMPTY,
            inviters: [0; U],
        }
    }
}

impl<const U: usize> GroupState<U> {
    /// The users with a pending invitation.
    pub fn invited(&self) -> UserSet {
        self.invited
    }

    /// The user who issued the pending invitation of `user`, if there is one.
    #[inline]
    pub fn inviter(&self, user: User) -> Option<User> {
        if self.invited.contains(user) { Some(User::new(self.inviters[user.index()].into())) } else { None }
    }

    /// Records an invitation of `user` by `by`.
    pub fn invite(&mut self, user: User, by: User) {
        self.invited.insert(user);
        self.inviters[user.index()] = by.index() as u8;
    }

    /// Deletes the user's invitation, if there is one.
    pub fn uninvite(&mut self, user: User) {
        self.invited.remove(user);
        self.inviters[user.index()] = 0;
    }

    /// Deletes all invitations.
    pub fn uninvite_all(&mut self) {
        self.invited = UserSet::EMPTY;
        self.inviters = [0; U];
    }
}

/// The state of the reference model. A decision depends on the state, the policy and the command.
///
/// It holds at most `U` users and `G` groups.
///
/// ```
/// use chatwarden_model::{Cast, Group, Kind, Phase, State, UserSet};
/// let mut cast = Cast::default();
/// cast.add(Kind::Adult, UserSet::EMPTY);
/// let state: State<5, 1> = State::new(&cast);
/// assert_eq!(state.group(Group::new(0)).phase, Phase::New);
/// assert!(size_of_val(&state) < 100);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct State<const U: usize = MAX_USERS, const G: usize = MAX_GROUPS> {
    pub(crate) kinds: Kinds,
    pub(crate) guardians: [UserSet; U],
    pub(crate) approvals: [[UserSet; U]; U],
    pub(crate) blocks: [UserSet; U],
    pub(crate) groups: [GroupState<U>; G],
}

impl<const U: usize, const G: usize> State<U, G> {
    /// The state at the start of a run: no approvals, no blocks, every group new.
    ///
    /// # Panics
    /// If the cast has more than `U` users.
    pub fn new(cast: &Cast) -> Self {
        const { assert!(G <= MAX_GROUPS, "a state holds at most MAX_GROUPS groups") };
        assert!(cast.len() <= U, "a cast of {} users does not fit a state for {U}", cast.len());
        let mut guardians = [UserSet::EMPTY; U];
        for child in cast.kinds().children {
            guardians[child.index()] = cast.guardians(child);
        }
        State {
            kinds: cast.kinds(),
            guardians,
            approvals: [[UserSet::EMPTY; U]; U],
            blocks: [UserSet::EMPTY; U],
            groups: [GroupState::default(); G],
        }
    }

    /// This state with other groups.
    pub fn with_groups<const H: usize>(&self, groups: [GroupState<U>; H]) -> State<U, H> {
        const { assert!(H <= MAX_GROUPS, "a state holds at most MAX_GROUPS groups") };
        let State { kinds, guardians, approvals, blocks, groups: _ } = *self;
        State { kinds, guardians, approvals, blocks, groups }
    }

    /// The users of each kind.
    pub fn kinds(&self) -> Kinds {
        self.kinds
    }

    /// The child's guardians.
    pub fn guardians(&self, child: User) -> UserSet {
        self.guardians[child.index()]
    }

    /// The users who approved the contact for the child. Only those who are guardians of the child count;
    /// see [`State::approved`].
    pub fn approvals(&self, child: User, contact: User) -> UserSet {
        self.approvals[child.index()][contact.index()]
    }

    /// The users whom the user has blocked.
    pub fn blocks(&self, user: User) -> UserSet {
        self.blocks[user.index()]
    }

    /// The child's guardians. Together with the next two functions it sets up a state without commands.
    pub fn guardians_mut(&mut self, child: User) -> &mut UserSet {
        &mut self.guardians[child.index()]
    }

    /// The users who approved the contact for the child.
    pub fn approvals_mut(&mut self, child: User, contact: User) -> &mut UserSet {
        &mut self.approvals[child.index()][contact.index()]
    }

    /// The users whom the user has blocked.
    pub fn blocks_mut(&mut self, user: User) -> &mut UserSet {
        &mut self.blocks[user.index()]
    }

    /// A group.
    #[inline]
    pub fn group(&self, group: Group) -> &GroupState<U> {
        &self.groups[group.index()]
    }

    /// A group. The lock-step sets it to what it observed.
    #[inline]
    pub fn group_mut(&mut self, group: Group) -> &mut GroupState<U> {
        &mut self.groups[group.index()]
    }

    /// All `G` groups. Those that the run does not declare stay new.
    pub fn groups(&self) -> impl Iterator<Item = (Group, &GroupState<U>)> {
        Group::first(G).zip(&self.groups)
    }
}

/// Every part of a state. Code that hashes, packs or renames states destructures it without `..`, so
/// that a part that is added does not compile there until it is handled.
///
/// ```
/// use chatwarden_model::{Cast, Kind, State, StateParts, User, UserSet};
/// let mut cast = Cast::default();
/// let ann = cast.add(Kind::Guardian, UserSet::EMPTY);
/// let kay = cast.add(Kind::Child, UserSet::of([ann]));
/// let state: State<5, 1> = State::new(&cast);
/// let StateParts { kinds, guardians, approvals, blocks, groups } = state.parts();
/// assert_eq!((kinds, guardians[kay.index()]), (cast.kinds(), UserSet::of([ann])));
/// assert_eq!((approvals[0].len(), blocks.len(), groups.len()), (5, 5, 1));
/// ```
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "each part is documented where `State` gives it out")]
pub struct StateParts<'a, const U: usize, const G: usize> {
    pub kinds: Kinds,
    pub guardians: &'a [UserSet; U],
    pub approvals: &'a [[UserSet; U]; U],
    pub blocks: &'a [UserSet; U],
    pub groups: &'a [GroupState<U>; G],
}

/// Every part of a group, to be destructured like [`StateParts`].
///
/// ```
/// use chatwarden_model::{GroupState, User};
/// let mut group: GroupState = GroupState::default();
/// group.invite(User::new(3), User::new(1));
/// assert_eq!((group.parts().invited.len(), group.parts().inviters[3]), (1, 1));
/// ```
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "each part is documented where `GroupState` gives it out")]
pub struct GroupParts<'a, const U: usize> {
    pub phase: Phase,
    pub link: Link,
    pub owner: Option<User>,
    pub members: UserSet,
    pub banned: UserSet,
    pub invited: UserSet,
    pub inviters: &'a [u8; U],
}

impl<const U: usize, const G: usize> State<U, G> {
    /// Every part of the state.
    #[inline]
    pub fn parts(&self) -> StateParts<'_, U, G> {
        let State { kinds, guardians, approvals, blocks, groups } = self;
        StateParts { kinds: *kinds, guardians, approvals, blocks, groups }
    }
}

impl<const U: usize> GroupState<U> {
    /// Every part of the group.
    #[inline]
    pub fn parts(&self) -> GroupParts<'_, U> {
        let GroupState { phase, link, owner, members, banned, invited, inviters } = self;
        GroupParts {
            phase: *phase,
            link: *link,
            owner: *owner,
            members: *members,
            banned: *banned,
            invited: *invited,
            inviters,
        }
    }
}
