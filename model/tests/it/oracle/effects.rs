//! The effects of the commands, in the words of `docs/semantics.md`. They are defined for every command
//! over the cast, also for commands that are not allowed.

use chatwarden_model::{Admission, Command, DeliverRule, Group, Kind, Link, OnLoss, Phase, Policy, Surface};

use super::{Id, Ids, Oracle, Room, ids};

impl Oracle {
    /// Carries out the command without checking its conditions, and returns the users to whom it delivers.
    pub(crate) fn effect(&mut self, policy: &Policy, command: &Command) -> Ids {
        let before = self.clone();
        let by = command.by().index();
        match *command {
            Command::Approve { child, contact, .. } => {
                self.approvals.insert((child.index(), contact.index(), by));
            }
            Command::Revoke { child, contact, .. } => {
                self.approvals.retain(|row| (row.0, row.1) != (child.index(), contact.index()));
                self.settle(policy, &before, child.index());
            }
            Command::AddGuardian { child, guardian, .. } => {
                self.guardians.insert((child.index(), guardian.index()));
                self.settle(policy, &before, child.index());
            }
            Command::RemoveGuardian { child, guardian, .. } => {
                self.guardians.remove(&(child.index(), guardian.index()));
                self.approvals.retain(|row| (row.0, row.2) != (child.index(), guardian.index()));
                self.settle(policy, &before, child.index());
            }
            Command::Block { who, .. } => {
                self.blocks.insert((by, who.index()));
                self.settle(policy, &before, by);
            }
            Command::Unblock { who, .. } => {
                self.blocks.remove(&(by, who.index()));
            }
            Command::Direct { to, .. } => return Ids::from([to.index()]),
            Command::Create { group, with, .. } => {
                let room = self.room_mut(group);
                // A group that is not new is made anew.
                room.dissolve();
                room.phase = Phase::Active;
                room.owner = Some(by);
                self.enter(group, by);
                for who in ids(with) {
                    self.admit(policy, group, who, by);
                }
            }
            Command::Invite { group, who, .. } => self.admit(policy, group, who.index(), by),
            Command::Accept { group, .. } | Command::Join { group, .. } => self.enter(group, by),
            Command::Decline { group, .. } => {
                self.room_mut(group).invited.remove(&by);
            }
            Command::Cancel { group, who, .. } => {
                self.room_mut(group).invited.remove(&who.index());
            }
            Command::OpenLink { group, .. } => self.room_mut(group).link = Link::Open,
            Command::CloseLink { group, .. } => self.room_mut(group).link = Link::Closed,
            Command::Leave { group, .. } => self.room_mut(group).depart(by),
            Command::Remove { group, who, .. } => self.room_mut(group).depart(who.index()),
            Command::Ban { group, who, .. } => {
                let room = self.room_mut(group);
                room.depart(who.index());
                room.invited.remove(&who.index());
                room.banned.insert(who.index());
            }
            Command::Unban { group, who, .. } => {
                self.room_mut(group).banned.remove(&who.index());
            }
            Command::Transfer { group, to, .. } => self.room_mut(group).owner = Some(to.index()),
            Command::Message { group, .. } => return self.audience_of(policy, policy.message, group, by),
            Command::Call { group, .. } => return self.audience_of(policy, policy.call, group, by),
            Command::Dissolve { group, .. } => self.room_mut(group).dissolve(),
        }
        Ids::new()
    }

    fn admit(&mut self, policy: &Policy, group: Group, t: Id, actor: Id) {
        match policy.admission {
            Admission::Direct => self.enter(group, t),
            Admission::Consent => {
                self.room_mut(group).invited.insert(t, actor);
            }
        }
    }

    /// Nothing happens to somebody who does not chat.
    fn enter(&mut self, group: Group, t: Id) {
        if self.chats(t) {
            self.room_mut(group).members.insert(t);
            self.room_mut(group).invited.remove(&t);
        }
    }

    fn audience_of(&self, policy: &Policy, surface: Surface, group: Group, by: Id) -> Ids {
        let mut audience = self.room(group).members.clone();
        audience.remove(&by);
        match surface.deliver {
            DeliverRule::All => {}
            DeliverRule::Authorized => audience.retain(|&m| self.compatible(policy, by, m)),
        }
        audience
    }

    fn settle(&mut self, policy: &Policy, before: &Oracle, p: Id) {
        let lost = |q: &Id| {
            let a_child = self.is(p, Kind::Child) || self.is(*q, Kind::Child);
            a_child && before.authorized(policy, p, *q) && !self.authorized(policy, p, *q)
        };
        let lost: Vec<Id> = (0..self.kinds.len()).filter(lost).collect();
        for q in lost {
            let (child_side, contact_side) = if self.is(p, Kind::Child) { (p, q) } else { (q, p) };
            for room in &mut self.groups {
                if room.phase == Phase::Active && room.members.contains(&p) && room.members.contains(&q) {
                    match policy.on_loss {
                        OnLoss::Nothing => {}
                        OnLoss::Freeze => room.phase = Phase::Frozen,
                        OnLoss::RemoveContact => room.depart(contact_side),
                        OnLoss::RemoveChild => room.depart(child_side),
                        OnLoss::Dissolve => room.dissolve(),
                    }
                }
            }
        }
    }
}

impl Room {
    /// Nothing happens to somebody who is no member.
    fn depart(&mut self, t: Id) {
        if !self.members.remove(&t) {
            return;
        }
        if self.owner == Some(t) {
            self.owner = None;
        }
        if self.members.is_empty() {
            self.dissolve();
        }
    }

    fn dissolve(&mut self) {
        self.phase = Phase::Dissolved;
        self.owner = None;
        self.members.clear();
        self.invited.clear();
        self.link = Link::Closed;
    }
}
