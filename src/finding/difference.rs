//! The places in which an observed state differs from the expected one.

use chatwarden_model::{Group, Link, Phase, User};

use crate::adapter::Part;

/// One place in which the observed state differs from the expected one.
///
/// ```
/// use chatwarden::adapter::Part;
/// use chatwarden::finding::Difference;
/// use chatwarden::model::{Group, User};
/// let member = Difference::Member { group: Group::new(0), user: User::new(4), expected: false };
/// assert_eq!((member.part(), member.group()), (Part::Members, Some(Group::new(0))));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Difference {
    /// The phase of a group.
    Phase {
        /// The group.
        group: Group,
        /// The expected phase.
        expected: Phase,
        /// The observed phase.
        seen: Phase,
    },
    /// The owner of a group.
    Owner {
        /// The group.
        group: Group,
        /// The expected owner, if one is expected.
        expected: Option<User>,
        /// The observed owner, if there is one.
        seen: Option<User>,
    },
    /// A user is a member although that is not expected, or is not although it is.
    Member {
        /// The group.
        group: Group,
        /// The user.
        user: User,
        /// Whether the user is expected to be a member.
        expected: bool,
    },
    /// A user is invited although that is not expected, or is not although it is.
    Invited {
        /// The group.
        group: Group,
        /// The user.
        user: User,
        /// Whether the user is expected to be invited.
        expected: bool,
    },
    /// A user is banned although that is not expected, or is not although it is.
    Banned {
        /// The group.
        group: Group,
        /// The user.
        user: User,
        /// Whether the user is expected to be banned.
        expected: bool,
    },
    /// The link of a group.
    Link {
        /// The group.
        group: Group,
        /// The expected state.
        expected: Link,
        /// The observed state.
        seen: Link,
    },
    /// A contact of a child is approved although that is not expected, or is not although it is.
    Contact {
        /// The child.
        child: User,
        /// The contact.
        contact: User,
        /// Whether the contact is expected to be approved.
        expected: bool,
    },
    /// A user has blocked another although that is not expected, or has not although it is.
    Block {
        /// The user who blocks.
        by: User,
        /// The user who is blocked.
        who: User,
        /// Whether the block is expected.
        expected: bool,
    },
}

impl Difference {
    /// The part of the state in which the difference is.
    pub fn part(&self) -> Part {
        match self {
            Difference::Phase { .. } => Part::Phase,
            Difference::Owner { .. } => Part::Owner,
            Difference::Member { .. } => Part::Members,
            Difference::Invited { .. } => Part::Invited,
            Difference::Banned { .. } => Part::Banned,
            Difference::Link { .. } => Part::Link,
            Difference::Contact { .. } => Part::Contacts,
            Difference::Block { .. } => Part::Blocks,
        }
    }

    /// The group in which the difference is, if it is in one.
    pub fn group(&self) -> Option<Group> {
        match *self {
            Difference::Phase { group, .. }
            | Difference::Owner { group, .. }
            | Difference::Member { group, .. }
            | Difference::Invited { group, .. }
            | Difference::Banned { group, .. }
            | Difference::Link { group, .. } => Some(group),
            Difference::Contact { .. } | Difference::Block { .. } => None,
        }
    }
}
