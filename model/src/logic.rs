//! The form in which the rules are written: conditions, relations, effects and promises are functions
//! over the traits of this file.
//!
//! Each implementation of the traits is a *reading* of the rules. [`Concrete`](crate::Concrete) executes
//! them on a state. Another reading can build formulas, or remember why a condition fails.

use core::ops::{BitAnd, BitOr, Not, Sub};

use crate::command::Field;
use crate::policy::Policy;
use crate::state::{Link, Phase};
use crate::table::CommandKind;
use crate::user::{Group, Kind, User, UserSet};

/// A truth value. `&`, `|` and `!` are the logical operators.
pub trait Truth:
    Copy + From<bool> + BitAnd<Output = Self> + BitOr<Output = Self> + Not<Output = Self>
{
    /// `self & other`. A reading that executes does not evaluate `other` if `self` is false.
    fn and(self, other: impl FnOnce() -> Self) -> Self;

    /// `self | other`. A reading that executes does not evaluate `other` if `self` is true.
    fn or(self, other: impl FnOnce() -> Self) -> Self;
}

/// A set of users. `&` is the intersection, `|` the union and `-` the difference.
pub trait Set: Copy + BitAnd<Output = Self> + BitOr<Output = Self> + Sub<Output = Self> {
    /// A user.
    type User: Copy;
    /// A truth value.
    type Truth: Truth;

    /// The empty set.
    fn none() -> Self;
    /// The set of one user.
    fn one(user: Self::User) -> Self;
    /// Whether the user is in the set.
    fn has(self, user: Self::User) -> Self::Truth;
    /// Whether `holds` is true of every user in the set.
    fn all(self, holds: impl FnMut(Self::User) -> Self::Truth) -> Self::Truth;
    /// Whether `holds` is true of a user in the set.
    fn any(self, holds: impl FnMut(Self::User) -> Self::Truth) -> Self::Truth;
    /// Whether `holds` is true of every two users in the set. It must not depend on the order of the two.
    fn all_pairs(self, holds: impl FnMut(Self::User, Self::User) -> Self::Truth) -> Self::Truth;
    /// The users in the set of whom `holds` is true.
    #[must_use]
    fn filter(self, holds: impl FnMut(Self::User) -> Self::Truth) -> Self;

    /// Whether every user in the set is in the other.
    fn is_within(self, other: Self) -> Self::Truth {
        self.all(|user| other.has(user))
    }

    /// Whether a user is in the set.
    fn is_inhabited(self) -> Self::Truth {
        self.any(|_| Self::Truth::from(true))
    }
}

/// A part of the state that is a set of users. A part that is at most one user is such a set too.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place<User, Group> {
    /// The guardians of the child.
    Guardians(User),
    /// The users who approved for the child, which comes first, the contact.
    Approvals(User, User),
    /// The users whom the user has blocked.
    Blocks(User),
    /// The owner of the group; at most one.
    Owner(Group),
    /// The members of the group.
    Members(Group),
    /// The users who are banned from the group.
    Banned(Group),
}

/// The state and the policy, as a reading sees them.
pub trait Logic {
    /// A truth value.
    type Truth: Truth;
    /// A user.
    type User: Copy;
    /// A group.
    type Group: Copy;
    /// A set of users.
    type Users: Set<User = Self::User, Truth = Self::Truth>;

    /// Whether there may be groups.
    const HAS_GROUPS: bool = true;

    /// The policy. It is known in every reading.
    fn policy(&self) -> &Policy;
    /// The users of the kind.
    fn of_kind(&self, kind: Kind) -> Self::Users;
    /// Whether the two are the same user.
    fn is_same(&self, one: Self::User, other: Self::User) -> Self::Truth;
    /// Whether the two are the same group.
    fn is_same_group(&self, one: Self::Group, other: Self::Group) -> Self::Truth;
    /// The users at this place.
    fn at(&self, place: Place<Self::User, Self::Group>) -> Self::Users;
    /// The users with a pending invitation to the group.
    fn invited(&self, group: Self::Group) -> Self::Users;
    /// The user who issued the pending invitation of the user; at most one.
    fn inviter(&self, group: Self::Group, user: Self::User) -> Self::Users;
    /// Whether the group is in this phase.
    fn has_phase(&self, group: Self::Group, phase: Phase) -> Self::Truth;
    /// Whether the link of the group is open or closed.
    fn has_link(&self, group: Self::Group, link: Link) -> Self::Truth;
    /// Whether `holds` is true of every group.
    fn all_groups(&self, holds: impl FnMut(Self::Group) -> Self::Truth) -> Self::Truth;
    /// Whether a part of the state differs from that of the other state.
    fn differs_from(&self, other: &Self) -> Self::Truth;

    /// The users who chat.
    fn chatting(&self) -> Self::Users {
        self.of_kind(Kind::Child) | self.of_kind(Kind::Adult)
    }
    /// The users of kind child.
    fn children(&self) -> Self::Users {
        self.of_kind(Kind::Child)
    }
    /// The users of kind adult.
    fn adults(&self) -> Self::Users {
        self.of_kind(Kind::Adult)
    }
    /// All users.
    fn everyone(&self) -> Self::Users {
        self.chatting() | self.of_kind(Kind::Guardian)
    }
    /// The guardians of the child.
    fn guardians(&self, child: Self::User) -> Self::Users {
        self.at(Place::Guardians(child))
    }
    /// The users who approved the contact for the child.
    fn approvals(&self, child: Self::User, contact: Self::User) -> Self::Users {
        self.at(Place::Approvals(child, contact))
    }
    /// The users whom the user has blocked.
    fn blocks(&self, user: Self::User) -> Self::Users {
        self.at(Place::Blocks(user))
    }
    /// The owner of the group; at most one.
    fn owner(&self, group: Self::Group) -> Self::Users {
        self.at(Place::Owner(group))
    }
    /// The members of the group.
    fn members(&self, group: Self::Group) -> Self::Users {
        self.at(Place::Members(group))
    }
    /// The users who are banned from the group.
    fn banned(&self, group: Self::Group) -> Self::Users {
        self.at(Place::Banned(group))
    }
}

/// A reading whose users and groups are those of a cast.
pub trait OnState: Logic<User = User, Group = Group> {
    /// These users.
    fn users(users: UserSet) -> Self::Users {
        users.iter().fold(Self::Users::none(), |set, user| set | Self::Users::one(user))
    }
}

/// A state that can be changed.
pub trait Change: Logic {
    /// Adds the users at the place.
    fn add(&mut self, place: Place<Self::User, Self::Group>, users: Self::Users);
    /// Removes the users from the place.
    fn remove(&mut self, place: Place<Self::User, Self::Group>, users: Self::Users);
    /// Puts these users at the place, and nobody else.
    fn assign(&mut self, place: Place<Self::User, Self::Group>, users: Self::Users);
    /// Records invitations of the users by `by`.
    fn invite(&mut self, group: Self::Group, users: Self::Users, by: Self::User);
    /// Deletes the invitations of the users.
    fn uninvite(&mut self, group: Self::Group, users: Self::Users);
    /// Sets the phase of the group.
    fn set_phase(&mut self, group: Self::Group, phase: Phase);
    /// Opens or closes the link of the group.
    fn set_link(&mut self, group: Self::Group, link: Link);
    /// Makes the change if the condition, which is evaluated before it, is true.
    fn when(&mut self, condition: Self::Truth, change: impl FnOnce(&mut Self));
    /// Makes the change for every user in the set. A change for one user must not depend on that for
    /// another.
    fn for_each(&mut self, users: Self::Users, change: impl FnMut(&mut Self, Self::User));
    /// Makes the change for every group. A change for one group must not depend on that for another.
    fn for_each_group(&mut self, change: impl FnMut(&mut Self, Self::Group));
}

/// A command with its effects, on which the promises are judged.
pub struct Judged<'a, L: Logic> {
    /// The state before the command.
    pub before: &'a L,
    /// The command.
    pub command: &'a Request<L>,
    /// The users to whom the command delivered a message or call.
    pub delivered: L::Users,
    /// The state after the command.
    pub after: &'a L,
}

/// The search for breaches of a promise.
pub trait Search<L: Logic> {
    /// Searches for every user in the set, in index order.
    fn each(&mut self, users: L::Users, search: impl FnMut(&mut Self, L::User));
    /// Searches for every two users in the set, the first before the second in index order. What is
    /// searched for must not depend on the order.
    fn each_pair(&mut self, users: L::Users, search: impl FnMut(&mut Self, L::User, L::User));
    /// Searches for every group, in index order.
    fn each_group(&mut self, state: &L, search: impl FnMut(&mut Self, L::Group));
    /// Searches if the condition is true.
    fn when(&mut self, condition: L::Truth, search: impl FnOnce(&mut Self));
    /// Reports a breach in the group and about the users, if it is true that there is one.
    fn breach(&mut self, found: L::Truth, group: Option<L::Group>, users: L::Users);
}

/// A command with its arguments, as a reading sees them. Commands have different fields; a rule reads
/// only those that the command has.
pub struct Request<L: Logic + ?Sized> {
    /// The kind of the command.
    pub kind: CommandKind,
    /// The actor.
    pub by: L::User,
    /// The child whose contacts or guardians are decided on.
    pub child: Option<L::User>,
    /// The user in the field contact, guardian, who or to.
    pub target: Option<L::User>,
    /// The users with whom a group is launched.
    pub with: Option<L::Users>,
    /// The group.
    pub group: Option<L::Group>,
}

impl<L: Logic> Clone for Request<L> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<L: Logic> Copy for Request<L> {}

/// The arguments. Each is there, because `table` lists conditions and effects of a command only where the
/// command has the fields that they read. A test tries all of them.
#[expect(clippy::missing_panics_doc, reason = "a command without the field is a defect of `table`")]
impl<L: Logic> Request<L> {
    /// A command without arguments.
    #[inline(always)]
    pub fn new(kind: CommandKind, by: L::User) -> Self {
        Request { kind, by, child: None, target: None, with: None, group: None }
    }

    /// The command with this user in the field.
    #[inline(always)]
    #[must_use]
    pub fn with_user(self, field: Field, user: L::User) -> Self {
        match field {
            Field::By => Request { by: user, ..self },
            Field::Child => Request { child: Some(user), ..self },
            Field::Contact | Field::Guardian | Field::Who | Field::To => {
                Request { target: Some(user), ..self }
            }
            Field::Group | Field::With => unreachable!("the field holds no user"),
        }
    }

    /// The child whose contacts or guardians are decided on.
    #[inline(always)]
    pub fn child(&self) -> L::User {
        self.child.expect("the command names a child")
    }

    /// The user in the field contact, guardian, who or to.
    #[inline(always)]
    pub fn target(&self) -> L::User {
        self.target.expect("the command has a target")
    }

    /// The group.
    #[inline(always)]
    pub fn group(&self) -> L::Group {
        self.group.expect("the command names a group")
    }

    /// The target as a set, or the users with whom a group is launched.
    #[inline(always)]
    pub fn targets(&self) -> L::Users {
        match (self.target, self.with) {
            (Some(target), _) => L::Users::one(target),
            (None, with) => with.expect("the command has a target"),
        }
    }

    /// The users who are about to come into the group: the targets, or the actor of an accept or join.
    #[inline(always)]
    pub fn newcomers(&self) -> L::Users {
        if self.target.is_some() || self.with.is_some() { self.targets() } else { L::Users::one(self.by) }
    }
}
