//! The vocabulary of the formulas: three sorts, and the parts of the state as relations over them.
//!
//! Users who chat and guardians are different sorts. A guardian does not chat, so a rule that lets persons
//! depend on guardians never leads back, and the questions stay decidable.

use chatwarden_model::{NamedEnum, Phase, Place};

/// A sort of things. Each has at least one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Sort {
    /// A group.
    Group,
    /// A user who chats: a child or an adult.
    Person,
    /// A user of kind guardian.
    Guardian,
}

impl Sort {
    /// Every sort. A relation that demands something of a later sort for something of an earlier one does
    /// not lead back.
    pub const ALL: [Sort; 3] = [Sort::Group, Sort::Person, Sort::Guardian];

    /// The name in formulas.
    pub const fn name(self) -> &'static str {
        match self {
            Sort::Group => "Group",
            Sort::Person => "Person",
            Sort::Guardian => "Guardian",
        }
    }
}

/// A relation of the formulas: a part of the state, the kind of a person, or an argument that is a set.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Relation {
    /// The person is a child.
    Child,
    /// The person is one of those with whom the first or second command launches a group.
    With(u8),
    /// The guardian is one of the child's.
    Guardians,
    /// For the child, the person is approved by the guardian.
    Approvals,
    /// The first person has blocked the second.
    Blocks,
    /// The group is in this phase.
    Phase(Phase),
    /// The link of the group is open.
    Link,
    /// The group is owned by the person.
    Owner,
    /// The group has the person as a member.
    Members,
    /// The person is banned from the group.
    Banned,
    /// The group has a pending invitation of the person.
    Invited,
    /// The group has a pending invitation, of the first person by the second.
    Inviter,
    /// A condition that has a definition: [`Term::definition`](crate::term::Term::definition).
    Condition(u32, &'static [Sort]),
}

impl Relation {
    /// The relations that commands change: the parts of the state.
    pub fn state() -> impl Iterator<Item = Relation> {
        let phases = Phase::ALL.iter().map(|phase| Relation::Phase(*phase));
        let parts = [
            Relation::Guardians,
            Relation::Approvals,
            Relation::Blocks,
            Relation::Link,
            Relation::Owner,
            Relation::Members,
            Relation::Banned,
            Relation::Invited,
            Relation::Inviter,
        ];
        phases.chain(parts)
    }

    /// The sorts of its arguments.
    pub const fn sorts(self) -> &'static [Sort] {
        use Sort::{Group, Guardian, Person};
        match self {
            Relation::Child | Relation::With(_) => &[Person],
            Relation::Guardians => &[Person, Guardian],
            Relation::Approvals => &[Person, Person, Guardian],
            Relation::Blocks => &[Person, Person],
            Relation::Phase(_) | Relation::Link => &[Group],
            Relation::Owner | Relation::Members | Relation::Banned | Relation::Invited => &[Group, Person],
            Relation::Inviter => &[Group, Person, Person],
            Relation::Condition(_, sorts) => sorts,
        }
    }

    /// The name in formulas. Conditions are numbered.
    pub const fn name(self) -> &'static str {
        match self {
            Relation::Child => "child",
            Relation::With(0) => "with",
            Relation::With(_) => "with-of-second",
            Relation::Guardians => "guardians",
            Relation::Approvals => "approvals",
            Relation::Blocks => "blocks",
            Relation::Phase(Phase::New) => "new",
            Relation::Phase(Phase::Active) => "active",
            Relation::Phase(Phase::Frozen) => "frozen",
            Relation::Phase(Phase::Dissolved) => "dissolved",
            Relation::Link => "link",
            Relation::Owner => "owner",
            Relation::Members => "members",
            Relation::Banned => "banned",
            Relation::Invited => "invited",
            Relation::Inviter => "inviter",
            Relation::Condition(..) => "condition",
        }
    }

    /// The relation of a place, and the users that say which place it is.
    pub(crate) fn of_place<U: Copy, G: Copy>(place: Place<U, G>) -> (Relation, Option<G>, Vec<U>) {
        match place {
            Place::Guardians(child) => (Relation::Guardians, None, vec![child]),
            Place::Approvals(child, contact) => (Relation::Approvals, None, vec![child, contact]),
            Place::Blocks(user) => (Relation::Blocks, None, vec![user]),
            Place::Owner(group) => (Relation::Owner, Some(group), vec![]),
            Place::Members(group) => (Relation::Members, Some(group), vec![]),
            Place::Banned(group) => (Relation::Banned, Some(group), vec![]),
        }
    }
}
