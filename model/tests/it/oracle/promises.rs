//! The promises, in the words of the semantics page: every place where a step breaks one.
//!
//! Deliberately absent: any order among those places, which are a set here.

use std::collections::BTreeSet;

use chatwarden_model::{Admission, Command, Group, Kind, Phase, Policy, Promise};

use super::{Id, Ids, Oracle};

/// A place where a promise is broken: which one, in which group, and by or between whom.
pub(crate) type Trouble = (Promise, Option<Id>, Ids);

/// A command and what came of it.
pub(crate) struct Step<'a> {
    pub(crate) policy: &'a Policy,
    pub(crate) before: &'a Oracle,
    pub(crate) command: &'a Command,
    pub(crate) allowed: bool,
    pub(crate) delivered: &'a Ids,
    pub(crate) after: &'a Oracle,
}

impl Step<'_> {
    /// All places where this step breaks a promise.
    pub(crate) fn troubles(&self) -> BTreeSet<Trouble> {
        let mut found = BTreeSet::new();
        self.company(&mut found);
        self.ban(&mut found);
        if self.allowed {
            self.delivery(&mut found);
            self.guardianship(&mut found);
            self.consent(&mut found);
            self.invitation(&mut found);
            self.membership(&mut found);
        } else if self.before != self.after {
            // The page does not say where; the place is the group that the command names.
            found.insert((Promise::Refusal, self.command.group().map(Group::index), Ids::new()));
        }
        found
    }

    /// They are two users, at least one of them a child, and not authorized in that state.
    fn child_at_risk(&self, state: &Oracle, u: Id, v: Id) -> bool {
        let a_child = state.is(u, Kind::Child) || state.is(v, Kind::Child);
        u != v && a_child && !state.authorized(self.policy, u, v)
    }

    fn by(&self) -> Id {
        self.command.by().index()
    }

    fn company(&self, found: &mut BTreeSet<Trouble>) {
        for (g, room) in self.after.groups.iter().enumerate() {
            for &u in &room.members {
                for &v in &room.members {
                    if room.phase == Phase::Active && u < v && self.child_at_risk(self.after, u, v) {
                        found.insert((Promise::NoStrangers, Some(g), Ids::from([u, v])));
                    }
                }
            }
        }
    }

    fn ban(&self, found: &mut BTreeSet<Trouble>) {
        for (g, room) in self.after.groups.iter().enumerate() {
            for &u in &room.banned {
                if room.members.contains(&u) || room.invited.contains_key(&u) {
                    found.insert((Promise::Ban, Some(g), Ids::from([u])));
                }
            }
        }
    }

    fn delivery(&self, found: &mut BTreeSet<Trouble>) {
        let place = match *self.command {
            Command::Message { group, .. } | Command::Call { group, .. } => Some(group.index()),
            Command::Direct { .. } => None,
            _ => return,
        };
        for &to in self.delivered {
            if self.child_at_risk(self.before, self.by(), to) {
                found.insert((Promise::Delivery, place, Ids::from([self.by(), to])));
            }
        }
    }

    fn guardianship(&self, found: &mut BTreeSet<Trouble>) {
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

    fn consent(&self, found: &mut BTreeSet<Trouble>) {
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

    fn invitation(&self, found: &mut BTreeSet<Trouble>) {
        let (group, named) = match *self.command {
            Command::Create { group, with, .. } => (group, super::ids(with)),
            Command::Invite { group, who, .. } => (group, Ids::from([who.index()])),
            _ => return,
        };
        for who in named {
            if self.child_at_risk(self.before, self.by(), who) {
                let users = Ids::from([self.by(), who]);
                found.insert((Promise::Invitation, Some(group.index()), users));
            }
        }
    }

    fn membership(&self, found: &mut BTreeSet<Trouble>) {
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
