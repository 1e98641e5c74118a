//! The semantics page once more, as naively as it can be written: what the model is compared with.
//!
//! Written from that page alone, with sets and maps of plain numbers, so that a misreading in the model is
//! not repeated here. Deliberately absent: everything that is quick or clever, and any call into the
//! model's rules; of the model only the vocabulary is used. Users and groups are their positions.

mod conditions;
mod effects;
mod promises;

use std::collections::{BTreeMap, BTreeSet};

use chatwarden_model::{
    BetweenChildren, Cast, Command, Condition, Group, Kind, Link, Phase, Policy, Quorum, User, UserSet,
};

pub(crate) use promises::{Step, Trouble};

/// A user or a group, as its position.
pub(crate) type Id = usize;

/// Some users.
pub(crate) type Ids = BTreeSet<Id>;

/// The state of the page: one field for each row of its table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Oracle {
    pub(crate) kinds: Vec<Kind>,
    /// Child, guardian.
    pub(crate) guardians: BTreeSet<(Id, Id)>,
    /// Child, contact, guardian.
    pub(crate) approvals: BTreeSet<(Id, Id, Id)>,
    /// Who blocks, who is blocked.
    pub(crate) blocks: BTreeSet<(Id, Id)>,
    pub(crate) groups: Vec<Room>,
}

/// What the page says of a group.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Room {
    pub(crate) phase: Phase,
    pub(crate) owner: Option<Id>,
    pub(crate) members: Ids,
    pub(crate) banned: Ids,
    pub(crate) invited: BTreeMap<Id, Id>,
    pub(crate) link: Link,
}

/// The positions of some users.
pub(crate) fn ids(users: UserSet) -> Ids {
    users.iter().map(User::index).collect()
}

impl Oracle {
    /// The state at the start.
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

    /// The command, if its conditions hold: whether they do, one by one, and to whom it was delivered.
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
            // No allowed command takes the last guardian; where one was taken anyway, nobody can approve.
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

    /// Compatible with each other: every two different users of these.
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
