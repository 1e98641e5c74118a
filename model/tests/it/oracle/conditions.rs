//! The conditions of the commands, in the words and the order of `docs/semantics.md`.
//!
//! Every condition is evaluated, also after one that does not hold, for any command over the cast.

use chatwarden_model::{
    Admission, Command, Condition, Group, Inviters, Kind, Link, NewcomerRule, Phase, Policy, SendRule,
    Surface, User,
};

use super::{Id, Ids, Oracle, ids};

impl Oracle {
    /// Every condition of the command with its value, in the order of the semantics.
    pub(crate) fn conditions(&self, policy: &Policy, command: &Command) -> Vec<(Condition, bool)> {
        use Condition as C;
        let by = command.by().index();
        let actor_chats = (C::ActorCanChat, self.chats(by));
        let subject = |child: User| (C::SubjectIsChild, self.is(child.index(), Kind::Child));
        let guards = |child: User| (C::ActorIsGuardian, self.guardians(child.index()).contains(&by));
        let chats = |who: User| (C::TargetCanChat, self.chats(who.index()));
        let distinct = |who: User| (C::Distinct, by != who.index());
        let active = |g: Group| (C::GroupIsActive, self.room(g).phase == Phase::Active);
        let member = |g: Group| (C::ActorIsMember, self.room(g).members.contains(&by));
        let owner = |g: Group| (C::ActorIsOwner, self.room(g).owner == Some(by));
        let invited = |g: Group| (C::ActorIsInvited, self.room(g).invited.contains_key(&by));
        let has_member = |g: Group, who: User| self.room(g).members.contains(&who.index());
        let has_banned = |g: Group, who: User| self.room(g).banned.contains(&who.index());
        let has_invited = |g: Group, who: User| self.room(g).invited.contains_key(&who.index());
        let inviter = |g: Group, who: User| self.room(g).invited.get(&who.index()).copied();
        match *command {
            Command::Approve { child, contact, .. } | Command::Revoke { child, contact, .. } => {
                vec![subject(child), guards(child), chats(contact), (C::Distinct, child != contact)]
            }
            Command::AddGuardian { child, guardian, .. } => {
                let is_guardian = self.is(guardian.index(), Kind::Guardian);
                vec![subject(child), guards(child), (C::TargetIsGuardian, is_guardian)]
            }
            Command::RemoveGuardian { child, guardian, .. } => {
                let guardians = self.guardians(child.index());
                vec![
                    subject(child),
                    guards(child),
                    (C::TargetGuardsChild, guardians.contains(&guardian.index())),
                    (C::NotLastGuardian, guardians.len() >= 2),
                ]
            }
            Command::Block { who, .. } | Command::Unblock { who, .. } => {
                vec![actor_chats, chats(who), distinct(who)]
            }
            Command::Direct { to, .. } => {
                let authorized = self.authorized(policy, by, to.index());
                vec![actor_chats, chats(to), distinct(to), (C::PartiesAuthorized, authorized)]
            }
            Command::Create { group, with, .. } => {
                let with = ids(with);
                vec![
                    actor_chats,
                    (C::TargetCanChat, with.iter().all(|&who| self.chats(who))),
                    (C::Distinct, !with.contains(&by)),
                    (C::GroupIsNew, self.room(group).phase == Phase::New),
                    (C::NewcomerCleared, self.creation_cleared(policy, by, &with)),
                ]
            }
            Command::Invite { group, who, .. } => {
                let may = policy.inviters == Inviters::Members || self.room(group).owner == Some(by);
                let cleared = self.cleared(policy, policy.newcomer.invite, group, who.index(), Some(by));
                vec![
                    chats(who),
                    active(group),
                    member(group),
                    (C::ActorMayInvite, may),
                    (C::TargetIsOutside, !has_member(group, who)),
                    (C::TargetNotInvited, !has_invited(group, who)),
                    (C::TargetNotBanned, !has_banned(group, who)),
                    (C::NewcomerCleared, cleared),
                ]
            }
            Command::Accept { group, .. } => {
                let inviter = inviter(group, command.by());
                let cleared = self.cleared(policy, policy.newcomer.accept, group, by, inviter);
                vec![active(group), invited(group), (C::NewcomerCleared, cleared)]
            }
            Command::Decline { group, .. } => vec![invited(group)],
            Command::Cancel { group, who, .. } => {
                let issued_or_owns = inviter(group, who) == Some(by) || self.room(group).owner == Some(by);
                vec![
                    member(group),
                    (C::TargetIsInvited, has_invited(group, who)),
                    (C::ActorIssuedOrOwns, issued_or_owns),
                ]
            }
            Command::OpenLink { group, .. } => {
                vec![(C::LinksEnabled, policy.links), active(group), owner(group)]
            }
            Command::CloseLink { group, .. } | Command::Dissolve { group, .. } => vec![owner(group)],
            Command::Join { group, .. } => {
                let inviter = self.room(group).owner;
                let cleared = self.cleared(policy, policy.newcomer.join, group, by, inviter);
                vec![
                    actor_chats,
                    active(group),
                    (C::LinkIsOpen, self.room(group).link == Link::Open),
                    (C::ActorIsOutside, !has_member(group, command.by())),
                    (C::ActorNotBanned, !has_banned(group, command.by())),
                    (C::NewcomerCleared, cleared),
                ]
            }
            Command::Leave { group, .. } => vec![member(group)],
            Command::Remove { group, who, .. } | Command::Transfer { group, to: who, .. } => {
                vec![owner(group), (C::TargetIsMember, has_member(group, who)), distinct(who)]
            }
            Command::Ban { group, who, .. } => {
                let not_banned = (C::TargetNotBanned, !has_banned(group, who));
                vec![owner(group), chats(who), distinct(who), not_banned]
            }
            Command::Unban { group, who, .. } => {
                vec![owner(group), (C::TargetIsBanned, has_banned(group, who))]
            }
            Command::Message { group, .. } => {
                vec![active(group), member(group), self.audience(policy, policy.message, group, by)]
            }
            Command::Call { group, .. } => {
                vec![active(group), member(group), self.audience(policy, policy.call, group, by)]
            }
        }
    }

    /// Whether the group is neither new nor dissolved.
    fn lives(&self, group: Group) -> bool {
        matches!(self.room(group).phase, Phase::Active | Phase::Frozen)
    }

    /// *Cleared*(rule, g, t, i).
    fn cleared(&self, policy: &Policy, rule: NewcomerRule, group: Group, t: Id, i: Option<Id>) -> bool {
        // No rule clears a guardian, or a newcomer whom a guardian invites.
        if !self.lives(group) || !self.chats(t) || i.is_some_and(|i| !self.chats(i)) {
            return false;
        }
        let room = self.room(group);
        let with = |u: Id| self.compatible(policy, u, t);
        match rule {
            NewcomerRule::Anyone => true,
            NewcomerRule::Inviter => i.is_some_and(with),
            NewcomerRule::Owner => room.owner.is_some_and(with),
            NewcomerRule::AnyMember => room.members.iter().any(|&m| with(m)),
            NewcomerRule::EveryMember => room.members.iter().all(|&m| with(m)),
            NewcomerRule::EveryMemberAndInvitee => {
                let everyone: Ids = room.members.iter().chain(room.invited.keys()).copied().collect();
                everyone.iter().filter(|&&u| u != t).all(|&u| with(u))
            }
        }
    }

    /// newcomer-cleared of `create`.
    fn creation_cleared(&self, policy: &Policy, by: Id, with: &Ids) -> bool {
        if !self.chats(by) || !with.iter().all(|&t| self.chats(t)) {
            return false;
        }
        let by_creator = with.iter().all(|&t| self.compatible(policy, by, t));
        match policy.newcomer.create {
            NewcomerRule::Anyone => true,
            NewcomerRule::Inviter | NewcomerRule::Owner | NewcomerRule::AnyMember => by_creator,
            NewcomerRule::EveryMember => {
                by_creator && (policy.admission == Admission::Consent || self.all_compatible(policy, with))
            }
            NewcomerRule::EveryMemberAndInvitee => {
                let mut everyone = with.clone();
                everyone.insert(by);
                self.all_compatible(policy, &everyone)
            }
        }
    }

    fn audience(&self, policy: &Policy, surface: Surface, group: Group, by: Id) -> (Condition, bool) {
        let mut others = self.room(group).members.iter().filter(|&&m| m != by);
        let cleared = surface.send == SendRule::Anyone || others.all(|&m| self.compatible(policy, by, m));
        (Condition::AudienceCleared, self.lives(group) && cleared)
    }
}
