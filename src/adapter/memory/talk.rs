//! What is said: direct messages, messages to a room and calls in it. Nothing is kept; only who received
//! it counts.

use chatwarden_model::{DeliverRule, Group, Phase, SendRule, Surface, User, UserSet};

use super::rooms::Room;
use super::{Memory, Reply, require};
use crate::adapter::fault::Fault;

impl Memory {
    pub(super) fn direct(&self, by: User, to: User) -> Reply {
        require(self.can_chat(by) && self.can_chat(to) && by != to)?;
        require(self.may_talk(by, to) || self.has(Fault::DirectUnchecked))?;
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
        self.send(by, room, rules)
    }

    pub(super) fn call(&self, by: User, group: Group) -> Reply {
        let room = self.room(group);
        require(room.is_active())?;
        let unchecked = self.has(Fault::CallUnchecked);
        self.send(by, room, if unchecked { Surface::OPEN } else { self.policy.call })
    }

    fn send(&self, by: User, room: &Room, rules: Surface) -> Reply {
        require(room.members.has(&by))?;
        let others = room.members.iter().copied().filter(|&member| member != by);
        let reached = |member: &User| self.may_share(by, *member);
        require(rules.send == SendRule::Anyone || others.clone().all(|member| reached(&member)))?;
        Ok(match rules.deliver {
            DeliverRule::All => others.collect(),
            DeliverRule::Authorized => others.filter(reached).collect(),
        })
    }
}
