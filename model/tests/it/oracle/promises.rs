//! The promises, in the words of `docs/semantics.md`: the set of all violations of a step.

use std::collections::BTreeSet;

use chatwarden_model::{Admission, Command, Group, Kind, Phase, Policy, Promise};

use super::{Id, Ids, Oracle};

/// A violation of a promise: the promise, the group if there is one, and the users between whom it is
/// broken.
pub(crate) type Violation = (Promise, Option<Id>, Ids);

/// A command with its effects.
pub(crate) struct Step<'a> {
    pub(crate) policy: &'a Policy,
    pub(crate) before: &'a Oracle,
    pub(crate) command: &'a Command,
    pub(crate) allowed: bool,
    pub(crate) delivered: &'a Ids,
    pub(crate) after: &'a Oracle,
}

impl Step<'_> {
    /// All violations of promises by this step.
    pub(crate) fn violations(&self) -> BTreeSet<Violation> {
        let mut found = BTreeSet::new();
        self.no_strangers(&mut found);
        self.ban(&mut found);
        if self.allowed {
            self.delivery(&mut found);
            self.guardianship(&mut found);
            self.consent(&mut found);
            self.invitation(&mut found);
            self.membership(&mut found);
        } else if self.before != self.after {
            // The semantics does not name a group; the model reports the one that the command names.
            found.insert((Promise::Refusal, self.command.group().map(Group::index), Ids::new()));
        }
        found
    }

    /// Whether the two differ, at least one is a child, and they are not authorized in the state.
    fn are_strangers(&self, state: &Oracle, u: Id, v: Id) -> bool {
        let a_child = state.is(u, Kind::Child) || state.is(v, Kind::Child);
        u != v && a_child && !state.authorized(self.policy, u, v)
    }

    fn by(&self) -> Id {
        self.command.by().index()
    }

    fn no_strangers(&self, found: &mut BTreeSet<Violation>) {
        for (g, room) in self.after.groups.iter().enumerate() {
            for &u in &room.members {
                for &v in &room.members {
                    if room.phase == Phase::Active && u < v && self.are_strangers(self.after, u, v) {
                        found.insert((Promise::NoStrangers, Some(g), Ids::from([u, v])));
                    }
                }
            }
        }
    }

    fn ban(&self, found: &mut BTreeSet<Violation>) {
        for (g, room) in self.after.groups.iter().enumerate() {
            for &u in &room.banned {
                if room.members.contains(&u) || room.invited.contains_key(&u) {
                    found.insert((Promise::Ban, Some(g), Ids::from([u])));
                }
            }
        }
    }

    fn delivery(&self, found: &mut BTreeSet<Violation>) {
        let place = match *self.command {
            Command::Message { group, .. } | Command::Call { group, .. } => Some(group.index()),
            Command::Direct { .. } => None,
            _ => return,
        };
        for &to in self.delivered {
            if self.are_strangers(self.before, self.by(), to) {
                found.insert((Promise::Delivery, place, Ids::from([self.by(), to])));
            }
        }
    }

    fn guardianship(&self, found: &mut BTreeSet<Violation>) {
        let (Command::Approve { child, .. }
        | Command::Revoke { child, .. }
        | Command::AddGuardian { child, .. }
        | Command::RemoveGuardian { child, .. }) = *self.command
        else {
            return;
        };
        if !self.before.guardians(child.index()).contains(&self.by()) {
            found.insert((Promise::Guardianship, None, Ids::from([self.by(), child.index()])));
        }
    }

    fn consent(&self, found: &mut BTreeSet<Violation>) {
        if self.policy.admission != Admission::Consent {
            return;
        }
        for (g, (before, after)) in self.before.groups.iter().zip(&self.after.groups).enumerate() {
            for &m in after.members.difference(&before.members) {
                if m != self.by() {
                    found.insert((Promise::Consent, Some(g), Ids::from([self.by(), m])));
                }
            }
        }
    }

    fn invitation(&self, found: &mut BTreeSet<Violation>) {
        let (group, named) = match *self.command {
            Command::Create { group, with, .. } => (group, super::ids(with)),
            Command::Invite { group, who, .. } => (group, Ids::from([who.index()])),
            _ => return,
        };
        for who in named {
            if self.are_strangers(self.before, self.by(), who) {
                let users = Ids::from([self.by(), who]);
                found.insert((Promise::Invitation, Some(group.index()), users));
            }
        }
    }

    fn membership(&self, found: &mut BTreeSet<Violation>) {
        let (Command::Message { group, .. } | Command::Call { group, .. }) = *self.command else {
            return;
        };
        let members = &self.before.room(group).members;
        for &to in self.delivered {
            if !members.contains(&self.by()) || !members.contains(&to) {
                found.insert((Promise::Membership, Some(group.index()), Ids::from([self.by(), to])));
            }
        }
    }
}
