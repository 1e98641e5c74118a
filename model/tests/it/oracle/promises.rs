//! The promises, in the words of `docs/semantics.md`: the set of all violations of a step.

use std::collections::BTreeSet;

use chatwarden_model::{Admission, Cause, Command, Group, Kind, Link, Phase, Policy, Promise};

use super::{Id, Ids, Oracle};

/// A violation of a promise: the promise, the group if there is one, the users concerned, and why two
/// users are not authorized with each other.
pub(crate) type Violation = (Promise, Option<Id>, Ids, Option<Cause>);

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
        self.delivery(&mut found);
        self.block(&mut found);
        self.membership(&mut found);
        if self.allowed {
            self.guardianship(&mut found);
            self.consent(&mut found);
            self.invitation(&mut found);
            self.entry(&mut found);
            self.exit(&mut found);
            self.standing(&mut found);
            self.authority(&mut found);
        } else if self.before != self.after || self.receivers().next().is_some() {
            // The semantics does not name a group; the model reports the one that the command names.
            found.insert((Promise::Refusal, self.command.group().map(Group::index), Ids::new(), None));
        }
        found
    }

    /// Those to whom something was delivered. A sender is not among them.
    fn receivers(&self) -> impl Iterator<Item = Id> {
        self.delivered.iter().copied().filter(|&to| to != self.by())
    }

    /// Why two users are not authorized with each other in the state.
    fn cause(&self, state: &Oracle, u: Id, v: Id) -> Option<Cause> {
        let mut unblocked = state.clone();
        unblocked.blocks.clear();
        Some(if unblocked.authorized(self.policy, u, v) { Cause::Blocked } else { Cause::Unapproved })
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
                        let cause = self.cause(self.after, u, v);
                        found.insert((Promise::NoStrangers, Some(g), Ids::from([u, v]), cause));
                    }
                }
            }
        }
    }

    fn ban(&self, found: &mut BTreeSet<Violation>) {
        for (g, room) in self.after.groups.iter().enumerate() {
            for &u in &room.banned {
                if room.members.contains(&u) || room.invited.contains_key(&u) {
                    found.insert((Promise::Ban, Some(g), Ids::from([u]), None));
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
        for to in self.receivers() {
            if self.are_strangers(self.before, self.by(), to) {
                let cause = self.cause(self.before, self.by(), to);
                found.insert((Promise::Delivery, place, Ids::from([self.by(), to]), cause));
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
            found.insert((Promise::Guardianship, None, Ids::from([self.by(), child.index()]), None));
        }
    }

    fn consent(&self, found: &mut BTreeSet<Violation>) {
        if self.policy.admission != Admission::Consent {
            return;
        }
        for (g, (before, after)) in self.before.groups.iter().zip(&self.after.groups).enumerate() {
            for &m in after.members.difference(&before.members) {
                if m != self.by() {
                    found.insert((Promise::Consent, Some(g), Ids::from([self.by(), m]), None));
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
                let (users, cause) = (Ids::from([self.by(), who]), self.cause(self.before, self.by(), who));
                found.insert((Promise::Invitation, Some(group.index()), users, cause));
            }
        }
    }

    fn membership(&self, found: &mut BTreeSet<Violation>) {
        let (Command::Message { group, .. } | Command::Call { group, .. }) = *self.command else {
            return;
        };
        let members = &self.before.room(group).members;
        for to in self.receivers() {
            if !members.contains(&self.by()) || !members.contains(&to) {
                found.insert((Promise::Membership, Some(group.index()), Ids::from([self.by(), to]), None));
            }
        }
    }

    fn block(&self, found: &mut BTreeSet<Violation>) {
        let Command::Direct { .. } = *self.command else { return };
        for to in self.receivers() {
            let (there, back) = ((self.by(), to), (to, self.by()));
            if self.before.blocks.contains(&there) || self.before.blocks.contains(&back) {
                found.insert((Promise::Block, None, Ids::from([self.by(), to]), None));
            }
        }
    }

    /// Every group, with a user who is a member before or after the step and whether they are.
    fn memberships(&self) -> Vec<(Id, Id, bool, bool)> {
        let mut all = Vec::new();
        for (g, (before, after)) in self.before.groups.iter().zip(&self.after.groups).enumerate() {
            for u in 0..self.before.kinds.len() {
                all.push((g, u, before.members.contains(&u), after.members.contains(&u)));
            }
        }
        all
    }

    fn entry(&self, found: &mut BTreeSet<Violation>) {
        let direct = self.policy.admission == Admission::Direct;
        for (g, u, was, is) in self.memberships() {
            let own = self.by() == u;
            let room = &self.before.groups[g];
            let excepted = self.command.group().map(Group::index) == Some(g)
                && match *self.command {
                    Command::Create { with, .. } => own || (direct && super::ids(with).contains(&u)),
                    Command::Accept { .. } => own && room.invited.contains_key(&u),
                    Command::Join { .. } => own && room.link == Link::Open,
                    Command::Invite { who, .. } => {
                        direct && who.index() == u && room.members.contains(&self.by())
                    }
                    _ => false,
                };
            if is && !was && !excepted {
                found.insert((Promise::Entry, Some(g), Ids::from([u]), None));
            }
        }
    }

    fn exit(&self, found: &mut BTreeSet<Violation>) {
        for (g, u, _, is) in self.memberships() {
            if is && self.takes_out(g) == Some(u) {
                found.insert((Promise::Exit, Some(g), Ids::from([u]), None));
            }
        }
    }

    /// The user whom the command takes out of the group, if it is a leave, remove or ban of that group.
    fn takes_out(&self, g: Id) -> Option<Id> {
        match *self.command {
            Command::Leave { by, group } if group.index() == g => Some(by.index()),
            Command::Remove { group, who, .. } | Command::Ban { group, who, .. } if group.index() == g => {
                Some(who.index())
            }
            _ => None,
        }
    }

    fn standing(&self, found: &mut BTreeSet<Violation>) {
        let settles = matches!(
            self.command,
            Command::Revoke { .. }
                | Command::AddGuardian { .. }
                | Command::RemoveGuardian { .. }
                | Command::Block { .. }
        );
        for (g, u, was, is) in self.memberships() {
            let out = self.takes_out(g);
            let dissolves = matches!(*self.command, Command::Dissolve { group, .. } if group.index() == g);
            let gone = out.is_some() && self.after.groups[g].phase == Phase::Dissolved;
            if was && !is && !(settles || out == Some(u) || dissolves || gone) {
                found.insert((Promise::Standing, Some(g), Ids::from([u]), None));
            }
        }
    }

    fn authority(&self, found: &mut BTreeSet<Violation>) {
        let (Command::Remove { group, .. }
        | Command::Ban { group, .. }
        | Command::Unban { group, .. }
        | Command::Transfer { group, .. }
        | Command::Dissolve { group, .. }
        | Command::OpenLink { group, .. }
        | Command::CloseLink { group, .. }) = *self.command
        else {
            return;
        };
        if self.before.room(group).owner != Some(self.by()) {
            found.insert((Promise::Authority, Some(group.index()), Ids::from([self.by()]), None));
        }
    }
}
