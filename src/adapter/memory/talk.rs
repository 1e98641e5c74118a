//! Direct messages, messages to a room and calls in a room. The service stores none of them and only
//! answers who received them.

use chatwarden_model::{DeliverRule, Group, Phase, SendRule, Surface, User, UserSet};

use super::rooms::Room;
use super::{Memory, Reply, require};
use crate::adapter::fault::Fault;

impl Memory {
    pub(super) fn direct(&mut self, by: User, to: User) -> Reply {
        require(self.can_chat(by) && self.can_chat(to) && by != to)?;
        let begun = self.account(by).fault_memory.talked.contains(to);
        let unblocked = self.has(Fault::DirectIgnoresBlock) && self.are_approved(by, to);
        require(self.may_talk(by, to) || begun || unblocked || self.has(Fault::DirectUnchecked))?;
        if self.has(Fault::BegunConversationGoesOn) {
            self.account_mut(by).fault_memory.talked.insert(to);
            self.account_mut(to).fault_memory.talked.insert(by);
        }
        Ok(UserSet::of([to]))
    }

    pub(super) fn message(&self, by: User, group: Group) -> Reply {
        let room = self.room(group);
        let thawed = room.status == Phase::Frozen && self.has(Fault::FrozenGroupsTalk);
        require(room.is_active() || thawed)?;
        let mut rules = self.policy.message;
        if self.has(Fault::MessageToAll) {
            rules.deliver = DeliverRule::All;
        }
        let outsider =
            self.has(Fault::OutsiderSends) && self.can_chat(by) || room.fault_memory.removed.contains(by);
        require(room.members.contains(&by) || outsider)?;
        let delivered = self.send(by, room, rules)?;
        let most = if self.has(Fault::FanOutStops) { 3 } else { usize::MAX };
        let delivered: UserSet = delivered.iter().take(most).collect();
        Ok(delivered.or(room.fault_memory.departed.without(by)))
    }

    pub(super) fn call(&self, by: User, group: Group) -> Reply {
        let room = self.room(group);
        require(room.is_active())?;
        require(room.members.contains(&by))?;
        let mut rules = if self.has(Fault::CallUnchecked) { Surface::OPEN } else { self.policy.call };
        if self.has(Fault::CallToAll) {
            rules.deliver = DeliverRule::All;
        }
        let delivered = self.send(by, room, rules)?;
        let invited = room.invitations.iter().map(|invitation| invitation.who);
        Ok(if self.has(Fault::CallReachesInvited) { delivered.or(invited.collect()) } else { delivered })
    }

    fn send(&self, by: User, room: &Room, rules: Surface) -> Reply {
        let others = room.members.iter().copied().filter(|&member| member != by);
        let reached = |member: &User| self.may_share(by, *member);
        require(rules.send == SendRule::Anyone || others.clone().all(|member| reached(&member)))?;
        Ok(match rules.deliver {
            DeliverRule::All => others.collect(),
            DeliverRule::Authorized => others.filter(reached).collect(),
        })
    }
}
