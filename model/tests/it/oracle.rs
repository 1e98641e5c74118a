//! A second implementation of `docs/semantics.md`, with which the model is compared.
//!
//! **Architecture invariant:** it is written from that page alone and calls no rule of the model, so that
//! an error of the model is not repeated here. It uses commands, conditions and policies of the model, but
//! sets and maps of plain numbers as state. It is simple and slow. Users and groups are their indices.

mod conditions;
mod effects;
mod promises;

use std::collections::{BTreeMap, BTreeSet};

use chatwarden_model::{
    BetweenChildren, Cast, Command, Condition, Group, Kind, Link, Phase, Policy, Quorum, User, UserSet,
};

pub(crate) use promises::{Step, Violation};

/// A user or a group, as its index.
pub(crate) type Id = usize;

/// A set of users.
pub(crate) type Ids = BTreeSet<Id>;

/// The state: one field for each row of the table in the semantics.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Oracle {
    pub(crate) kinds: Vec<Kind>,
    /// Pairs of a child and a guardian.
    pub(crate) guardians: BTreeSet<(Id, Id)>,
    /// A child, a contact and a guardian who approves.
    pub(crate) approvals: BTreeSet<(Id, Id, Id)>,
    /// Pairs of the user who blocks and the user who is blocked.
    pub(crate) blocks: BTreeSet<(Id, Id)>,
    pub(crate) groups: Vec<Room>,
}

/// The state of a group.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Room {
    pub(crate) phase: Phase,
    pub(crate) owner: Option<Id>,
    pub(crate) members: Ids,
    pub(crate) banned: Ids,
    pub(crate) invited: BTreeMap<Id, Id>,
    pub(crate) link: Link,
}

/// The indices of the users.
pub(crate) fn ids(users: UserSet) -> Ids {
    users.iter().map(User::index).collect()
}

impl Oracle {
    /// The state at the start of a run.
    pub(crate) fn new(cast: &Cast, groups: usize) -> Self {
        let users = 0..cast.len();
        let mut guardians = BTreeSet::new();
        for child in users.clone() {
            guardians
                .extend(ids(cast.guardians(User::new(child))).into_iter().map(|guardian| (child, guardian)));
        }
        let room = Room {
            phase: Phase::New,
            owner: None,
            members: Ids::new(),
            banned: Ids::new(),
            invited: BTreeMap::new(),
            link: Link::Closed,
        };
        Oracle {
            kinds: users.map(|user| cast.kind(User::new(user))).collect(),
            guardians,
            approvals: BTreeSet::new(),
            blocks: BTreeSet::new(),
            groups: vec![room; groups],
        }
    }

    /// Carries out the command if its conditions hold. Returns every condition with its value, and the
    /// users to whom the command delivered.
    pub(crate) fn step(&mut self, policy: &Policy, command: &Command) -> (Vec<(Condition, bool)>, Ids) {
        let conditions = self.conditions(policy, command);
        let allowed = conditions.iter().all(|&(_, holds)| holds);
        let delivered = if allowed { self.effect(policy, command) } else { Ids::new() };
        (conditions, delivered)
    }

    pub(crate) fn is(&self, user: Id, kind: Kind) -> bool {
        self.kinds[user] == kind
    }

    fn chats(&self, user: Id) -> bool {
        self.is(user, Kind::Child) || self.is(user, Kind::Adult)
    }

    pub(crate) fn guardians(&self, child: Id) -> Ids {
        self.guardians.iter().filter(|row| row.0 == child).map(|row| row.1).collect()
    }

    pub(crate) fn approved(&self, policy: &Policy, child: Id, contact: Id) -> bool {
        let guardians = self.guardians(child);
        let approves = |guardian: &Id| self.approvals.contains(&(child, contact, *guardian));
        match policy.quorum {
            Quorum::Any => guardians.iter().any(approves),
            // A child without guardians, which no allowed command leaves, has no approved contacts.
            Quorum::All => guardians.iter().all(approves) && !guardians.is_empty(),
        }
    }

    pub(crate) fn authorized(&self, policy: &Policy, u: Id, v: Id) -> bool {
        if u == v || self.blocks.contains(&(u, v)) || self.blocks.contains(&(v, u)) {
            return false;
        }
        match (self.kinds[u], self.kinds[v]) {
            (Kind::Guardian, _) | (_, Kind::Guardian) => false,
            (Kind::Adult, Kind::Adult) => true,
            (Kind::Child, Kind::Adult) => self.approved(policy, u, v),
            (Kind::Adult, Kind::Child) => self.approved(policy, v, u),
            (Kind::Child, Kind::Child) => {
                let (one, other) = (self.approved(policy, u, v), self.approved(policy, v, u));
                match policy.between_children {
                    BetweenChildren::Both => one && other,
                    BetweenChildren::Either => one || other,
                }
            }
        }
    }

    fn compatible(&self, policy: &Policy, u: Id, v: Id) -> bool {
        (self.is(u, Kind::Adult) && self.is(v, Kind::Adult)) || self.authorized(policy, u, v)
    }

    /// Whether every two different users of these are compatible.
    fn all_compatible(&self, policy: &Policy, users: &Ids) -> bool {
        users.iter().all(|&t| users.iter().all(|&u| t == u || self.compatible(policy, t, u)))
    }

    pub(crate) fn room(&self, group: Group) -> &Room {
        &self.groups[group.index()]
    }

    fn room_mut(&mut self, group: Group) -> &mut Room {
        &mut self.groups[group.index()]
    }
}
