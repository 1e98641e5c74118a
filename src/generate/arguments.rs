//! The users and groups of a drawn command: any ([`Uniform`]), or mostly those with which it is
//! likely to be allowed ([`Likely`]).

use std::convert::Infallible;

use chatwarden_model::{
    Arguments, Bounds, Command, CommandKind, Field, Group, GroupState, Link, MAX_GROUPS, NewcomerRule, Phase,
    Policy, State, User, UserSet,
};

use super::{Choices, Generator};

/// Of so many arguments ...
const ARGUMENTS: usize = 64;
/// ... this many are drawn from all users, whatever their kind, ...
const FROM_EVERYONE: usize = 1;
/// ... and this many from all candidates, so that each condition gets its chance to fail alone.
const FROM_CANDIDATES: usize = 6;

/// Of so many uniform arguments, one is a user of any kind.
const ANY_KIND: usize = 16;

/// Arguments drawn without looking at the state. Most are of the right kind, and each user of that
/// kind is as likely as any other.
pub(super) struct Uniform<'a, C> {
    pub(super) bounds: &'a Bounds,
    pub(super) kind: CommandKind,
    pub(super) choices: &'a mut C,
}

impl<C: Choices> Arguments for Uniform<'_, C> {
    type Error = Infallible;

    fn user(&mut self, field: Field) -> Result<User, Infallible> {
        // An attacker does not keep to kinds.
        let users = match self.choices.below(ANY_KIND) {
            0 => self.bounds.kinds.everyone(),
            _ => self.bounds.candidates(self.kind, field),
        };
        Ok(one_of(users, self.bounds, self.choices))
    }

    fn users(&mut self, field: Field) -> Result<UserSet, Infallible> {
        let candidates = self.bounds.candidates(self.kind, field);
        Ok(candidates.iter().filter(|_| self.choices.chance(1, 2)).collect())
    }

    fn group(&mut self, _: Field) -> Result<Group, Infallible> {
        Ok(Group::new(self.choices.below(self.bounds.groups)))
    }
}

/// Arguments with which the command is likely to be allowed in the state. A few are drawn from all
/// candidates.
pub(super) struct Likely<'a, C> {
    bounds: &'a Bounds,
    policy: &'a Policy,
    kind: CommandKind,
    state: &'a State,
    choices: &'a mut C,
    group: Option<Group>,
    child: Option<User>,
    by: Option<User>,
    actors: UserSet,
    targets: UserSet,
    /// The users of the command that it is about, if there is one.
    about: UserSet,
}

impl<'a, C: Choices> Likely<'a, C> {
    /// The group and the child are drawn first, because the likely actors and targets depend on
    /// them.
    #[inline]
    pub(super) fn new(
        generator: &'a Generator,
        kind: CommandKind,
        state: &'a State,
        choices: &'a mut C,
    ) -> Self {
        Self::with(generator, kind, state, None, choices)
    }

    /// The same, often with the users and always with the group of another command.
    pub(super) fn about(
        generator: &'a Generator,
        kind: CommandKind,
        state: &'a State,
        command: &Command,
        choices: &'a mut C,
    ) -> Self {
        Self::with(generator, kind, state, Some(command), choices)
    }

    fn with(
        Generator { bounds, policy, .. }: &'a Generator,
        kind: CommandKind,
        state: &'a State,
        about: Option<&Command>,
        choices: &'a mut C,
    ) -> Self {
        let (group, child, by) = (about.and_then(Command::group), None, None);
        let about = about.map_or(UserSet::EMPTY, Command::users);
        let (actors, targets) = (bounds.kinds.chatting(), bounds.kinds.chatting());
        let mut likely =
            Likely { bounds, policy, kind, state, choices, group, child, by, actors, targets, about };
        if kind.names_group() {
            let group = group.unwrap_or_else(|| likely.draw_group());
            likely.group = Some(group);
            (likely.actors, likely.targets) = likely.in_group(state.group(group));
        } else if kind.is_administrative() {
            let child = likely.draw_user(Field::Child, bounds.kinds.children);
            likely.child = Some(child);
            likely.actors = state.guardians(child);
            likely.targets = likely.of_child(child);
        } else if kind == CommandKind::Unblock {
            likely.actors = likely.actors.iter().filter(|&user| !state.blocks(user).is_empty()).collect();
        }
        likely
    }

    fn draw_group(&mut self) -> Group {
        let mut fitting = [Group::new(0); MAX_GROUPS];
        let mut count = 0;
        for group in Group::first(self.bounds.groups) {
            fitting[count] = group;
            count += usize::from(fits(self.kind, self.state.group(group)));
        }
        if count == 0 || self.choices.chance(FROM_CANDIDATES, ARGUMENTS) {
            Group::new(self.choices.below(self.bounds.groups))
        } else {
            fitting[self.choices.below(count)]
        }
    }

    /// One of the likely users; now and then, or if there are none, one of all candidates.
    fn draw_user(&mut self, field: Field, likely: UserSet) -> User {
        let about = self.about.and(self.bounds.candidates(self.kind, field));
        if !about.is_empty() && self.choices.chance(1, 2) {
            return one_of(about, self.bounds, self.choices);
        }
        let users = match self.choices.below(ARGUMENTS) {
            roll if roll < FROM_EVERYONE => self.bounds.kinds.everyone(),
            roll if roll >= FROM_EVERYONE + FROM_CANDIDATES && !likely.is_empty() => likely,
            _ => self.bounds.candidates(self.kind, field),
        };
        one_of(users, self.bounds, self.choices)
    }

    /// The likely actors in the group, and the likely targets.
    #[inline]
    fn in_group(&self, group: &GroupState) -> (UserSet, UserSet) {
        use CommandKind as K;
        let chatting = self.bounds.kinds.chatting();
        let owner = UserSet::of(group.owner);
        match self.kind {
            K::Create => (chatting, chatting),
            K::Invite => (group.members, chatting.minus(group.members).minus(group.invited())),
            K::Cancel => (group.members, group.invited()),
            K::Accept | K::Decline => (group.invited(), UserSet::EMPTY),
            K::Join => (chatting.minus(group.members), UserSet::EMPTY),
            K::Remove | K::Transfer => (owner, group.members),
            K::Ban => (owner, chatting.minus(group.banned)),
            K::Unban => (owner, group.banned),
            K::OpenLink | K::CloseLink | K::Dissolve => (owner, UserSet::EMPTY),
            _ => (group.members, UserSet::EMPTY),
        }
    }

    /// The likely targets of a guardian of the child.
    #[inline]
    fn of_child(&self, child: User) -> UserSet {
        use CommandKind as K;
        let contacts = self.state.contacts(self.policy, child);
        let guardians = self.state.guardians(child);
        match self.kind {
            K::Revoke => contacts,
            K::RemoveGuardian => guardians,
            K::AddGuardian => self.bounds.kinds.guardians.minus(guardians),
            _ => self.bounds.kinds.chatting().without(child).minus(contacts),
        }
    }

    /// True if a launch with this user is likely to be allowed.
    fn suits_launcher(&self, by: User, user: User) -> bool {
        self.policy.newcomer.create == NewcomerRule::Anyone || self.state.compatible(self.policy, by, user)
    }
}

impl<C: Choices> Arguments for Likely<'_, C> {
    type Error = Infallible;

    #[inline]
    fn user(&mut self, field: Field) -> Result<User, Infallible> {
        Ok(match (field, self.child) {
            (Field::Child, Some(child)) => child,
            (Field::By, _) => {
                let by = self.draw_user(field, self.actors);
                if self.child.is_none() {
                    self.targets.remove(by);
                }
                if self.kind == CommandKind::Unblock {
                    self.targets = self.state.blocks(by);
                }
                self.by = Some(by);
                by
            }
            _ => self.draw_user(field, self.targets),
        })
    }

    fn users(&mut self, _: Field) -> Result<UserSet, Infallible> {
        let mut drawn = UserSet::EMPTY;
        for user in self.targets {
            let suits = self.by.is_none_or(|by| self.suits_launcher(by, user));
            if self.choices.chance(if suits { 5 } else { 1 }, 8) {
                drawn.insert(user);
            }
        }
        Ok(drawn)
    }

    fn group(&mut self, _: Field) -> Result<Group, Infallible> {
        Ok(self.group.expect("the group was drawn first"))
    }
}

/// True if a command of that kind could be allowed in the group.
fn fits(kind: CommandKind, group: &GroupState) -> bool {
    use CommandKind as K;
    match kind {
        K::Create => group.phase == Phase::New,
        K::Accept | K::Decline | K::Cancel => !group.invited().is_empty(),
        K::Join => group.link == Link::Open,
        K::Unban => !group.banned.is_empty(),
        K::Message | K::Call => matches!(group.phase, Phase::Active | Phase::Frozen),
        _ => !group.members.is_empty(),
    }
}

/// One user of the set; one of all users if the set is empty.
#[inline]
fn one_of(users: UserSet, bounds: &Bounds, choices: &mut impl Choices) -> User {
    let users = if users.is_empty() { bounds.kinds.everyone() } else { users };
    users.nth(choices.below(users.len())).expect("the number is below the size of the set")
}
