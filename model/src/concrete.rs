//! The reading that executes the rules: truth values are bits, sets of users are bit sets, and a change
//! is made at once. It allocates nothing.

use core::ops::{BitAnd, BitOr, Deref, DerefMut, Sub};

use crate::logic::{Change, Logic, OnState, Place, Search, Set, Truth};
use crate::policy::Policy;
use crate::state::{Link, Phase, State};
use crate::user::{Group, Kind, User, UserSet};

/// A state of the model and a policy, on which the rules are executed. `S` is a reference to the state.
///
/// ```
/// use chatwarden_model::{Cast, Command, Concrete, Condition, Kind, Preset, State, UserSet};
/// let mut cast = Cast::default();
/// let ann = cast.add(Kind::Guardian, UserSet::EMPTY);
/// let sam = cast.add(Kind::Adult, UserSet::EMPTY);
/// let state: State = State::new(&cast);
/// let policy = Preset::MessengerKids.policy();
/// let block = Command::Block { by: ann, who: sam };
/// let rules = Concrete { state: &state, policy: &policy };
/// assert!(!Condition::ActorCanChat.holds(&rules, &block.request()));
/// assert!(Condition::TargetCanChat.holds(&rules, &block.request()));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Concrete<'a, S> {
    /// The state.
    pub state: S,
    /// The policy.
    pub policy: &'a Policy,
}

impl Truth for bool {
    #[inline(always)]
    fn and(self, other: impl FnOnce() -> bool) -> bool {
        self && other()
    }
    #[inline(always)]
    fn or(self, other: impl FnOnce() -> bool) -> bool {
        self || other()
    }
}

impl BitAnd for UserSet {
    type Output = UserSet;
    #[inline(always)]
    fn bitand(self, other: UserSet) -> UserSet {
        self.and(other)
    }
}

impl BitOr for UserSet {
    type Output = UserSet;
    #[inline(always)]
    fn bitor(self, other: UserSet) -> UserSet {
        self.or(other)
    }
}

impl Sub for UserSet {
    type Output = UserSet;
    #[inline(always)]
    fn sub(self, other: UserSet) -> UserSet {
        self.minus(other)
    }
}

impl Set for UserSet {
    type User = User;
    type Truth = bool;

    #[inline(always)]
    fn none() -> Self {
        UserSet::EMPTY
    }
    #[inline(always)]
    fn one(user: User) -> Self {
        UserSet::EMPTY.with(user)
    }
    #[inline(always)]
    fn has(self, user: User) -> bool {
        self.contains(user)
    }
    #[inline(always)]
    fn all(self, holds: impl FnMut(User) -> bool) -> bool {
        self.iter().all(holds)
    }
    #[inline(always)]
    fn any(self, holds: impl FnMut(User) -> bool) -> bool {
        self.iter().any(holds)
    }
    #[inline(always)]
    fn all_pairs(self, mut holds: impl FnMut(User, User) -> bool) -> bool {
        self.iter().all(|one| self.after(one).iter().all(|other| holds(one, other)))
    }
    #[inline(always)]
    fn filter(self, mut holds: impl FnMut(User) -> bool) -> Self {
        // Without branches, because the lock-step calls it after every command.
        let bit = |user: User, is_in: bool| u16::from(is_in) << user.index();
        UserSet::from_bits(self.iter().fold(0, |bits, user| bits | bit(user, holds(user))))
    }
    #[inline(always)]
    fn is_within(self, other: Self) -> bool {
        self.is_subset(other)
    }
    #[inline(always)]
    fn is_inhabited(self) -> bool {
        !self.is_empty()
    }
}

impl<const U: usize, const G: usize, S: Deref<Target = State<U, G>>> Logic for Concrete<'_, S> {
    type Truth = bool;
    type User = User;
    type Group = Group;
    type Users = UserSet;

    const HAS_GROUPS: bool = G > 0;

    #[inline(always)]
    fn policy(&self) -> &Policy {
        self.policy
    }
    #[inline(always)]
    fn of_kind(&self, kind: Kind) -> UserSet {
        self.state.kinds.of(kind)
    }
    #[inline(always)]
    fn is_same(&self, one: User, other: User) -> bool {
        one == other
    }
    #[inline(always)]
    fn is_same_group(&self, one: Group, other: Group) -> bool {
        one == other
    }
    #[inline(always)]
    fn at(&self, place: Place<User, Group>) -> UserSet {
        let state = &*self.state;
        match place {
            Place::Guardians(child) => state.guardians[child.index()],
            Place::Approvals(child, contact) => state.approvals[child.index()][contact.index()],
            Place::Blocks(user) => state.blocks[user.index()],
            Place::Owner(group) => state.group(group).owner.map_or(UserSet::EMPTY, Set::one),
            Place::Members(group) => state.group(group).members,
            Place::Banned(group) => state.group(group).banned,
        }
    }
    #[inline(always)]
    fn invited(&self, group: Group) -> UserSet {
        self.state.group(group).invited
    }
    #[inline(always)]
    fn inviter(&self, group: Group, user: User) -> UserSet {
        self.state.group(group).inviter(user).map_or(UserSet::EMPTY, Set::one)
    }
    #[inline(always)]
    fn has_phase(&self, group: Group, phase: Phase) -> bool {
        self.state.group(group).phase == phase
    }
    #[inline(always)]
    fn has_link(&self, group: Group, link: Link) -> bool {
        self.state.group(group).link == link
    }
    fn all_groups(&self, holds: impl FnMut(Group) -> bool) -> bool {
        Group::first(G).all(holds)
    }
    fn differs_from(&self, other: &Self) -> bool {
        *self.state != *other.state
    }
}

impl<const U: usize, const G: usize, S: DerefMut<Target = State<U, G>>> Change for Concrete<'_, S> {
    #[inline(always)]
    fn add(&mut self, place: Place<User, Group>, users: UserSet) {
        self.assign(place, self.at(place) | users);
    }
    #[inline(always)]
    fn remove(&mut self, place: Place<User, Group>, users: UserSet) {
        self.assign(place, self.at(place) - users);
    }
    #[inline(always)]
    fn assign(&mut self, place: Place<User, Group>, users: UserSet) {
        let state = &mut *self.state;
        match place {
            Place::Guardians(child) => state.guardians[child.index()] = users,
            Place::Approvals(child, contact) => state.approvals[child.index()][contact.index()] = users,
            Place::Blocks(user) => state.blocks[user.index()] = users,
            Place::Owner(group) => state.group_mut(group).owner = users.nth(0),
            Place::Members(group) => state.group_mut(group).members = users,
            Place::Banned(group) => state.group_mut(group).banned = users,
        }
    }
    #[inline(always)]
    fn invite(&mut self, group: Group, users: UserSet, by: User) {
        users.iter().for_each(|user| self.state.group_mut(group).invite(user, by));
    }
    #[inline(always)]
    fn uninvite(&mut self, group: Group, users: UserSet) {
        let group = self.state.group_mut(group);
        (users & group.invited).iter().for_each(|user| group.uninvite(user));
    }
    #[inline(always)]
    fn set_phase(&mut self, group: Group, phase: Phase) {
        self.state.group_mut(group).phase = phase;
    }
    #[inline(always)]
    fn set_link(&mut self, group: Group, link: Link) {
        self.state.group_mut(group).link = link;
    }
    #[inline(always)]
    fn when(&mut self, condition: bool, change: impl FnOnce(&mut Self)) {
        if condition {
            change(self);
        }
    }
    #[inline(always)]
    fn for_each(&mut self, users: UserSet, mut change: impl FnMut(&mut Self, User)) {
        users.iter().for_each(|user| change(self, user));
    }
    #[inline(always)]
    fn for_each_group(&mut self, mut change: impl FnMut(&mut Self, Group)) {
        Group::first(G).for_each(|group| change(self, group));
    }
}

impl<const U: usize, const G: usize, S: Deref<Target = State<U, G>>> OnState for Concrete<'_, S> {
    #[inline(always)]
    fn users(users: UserSet) -> UserSet {
        users
    }
}

/// Calls the function for every breach.
pub(crate) struct Breaches<F>(pub(crate) F);

impl<L, F> Search<L> for Breaches<F>
where
    L: Logic<Truth = bool, User = User, Group = Group, Users = UserSet>,
    F: FnMut(Option<Group>, UserSet),
{
    #[inline(always)]
    fn each(&mut self, users: UserSet, mut search: impl FnMut(&mut Self, User)) {
        users.iter().for_each(|user| search(self, user));
    }
    #[inline(always)]
    fn each_pair(&mut self, users: UserSet, mut search: impl FnMut(&mut Self, User, User)) {
        users.iter().for_each(|one| users.after(one).iter().for_each(|other| search(self, one, other)));
    }
    #[inline(always)]
    fn each_group(&mut self, state: &L, mut search: impl FnMut(&mut Self, Group)) {
        let _ = state.all_groups(|group| {
            search(self, group);
            true
        });
    }
    #[inline(always)]
    fn when(&mut self, condition: bool, search: impl FnOnce(&mut Self)) {
        if condition {
            search(self);
        }
    }
    #[inline(always)]
    fn breach(&mut self, found: bool, group: Option<Group>, users: UserSet) {
        if found {
            (self.0)(group, users);
        }
    }
}
