//! The conditions of a command, evaluated on one state. One function for each list of conditions in the
//! table of `docs/semantics.md`.
//!
//! Deciding changes nothing; `step` carries allowed commands out.

use crate::command::{Command, CommandKind};
use crate::condition::Condition as C;
use crate::condition::Decision;
use crate::policy::{Admission, Inviters, NewcomerRule, Policy, Surface};
use crate::state::{Link, Phase, State};
use crate::user::{Group, User, UserSet};

/// Decides a command: which of its conditions hold in the state under the policy. All of them are
/// evaluated, also after one that does not hold.
///
/// ```
/// use chatwarden_model::{decide, Cast, Command, Condition, Kind, Preset, State, UserSet};
/// let mut cast = Cast::default();
/// let ann = cast.add(Kind::Guardian, UserSet::EMPTY);
/// let kay = cast.add(Kind::Child, UserSet::of([ann]));
/// let sam = cast.add(Kind::Adult, UserSet::EMPTY);
/// let state: State = State::new(&cast);
/// let by_child = Command::Approve { by: kay, child: kay, contact: sam };
/// let decision = decide(&state, &Preset::MessengerKids.policy(), &by_child);
/// assert_eq!(decision.reason(), Some(Condition::ActorIsGuardian));
/// ```
pub fn decide<const U: usize, const G: usize>(
    state: &State<U, G>,
    policy: &Policy,
    command: &Command,
) -> Decision {
    let question = Question { state, policy, kind: command.kind(), by: command.by() };
    match *command {
        Command::Approve { child, contact, .. } | Command::Revoke { child, contact, .. } => {
            question.approve_or_revoke(child, contact)
        }
        Command::AddGuardian { child, guardian, .. } => question.add_guardian(child, guardian),
        Command::RemoveGuardian { child, guardian, .. } => question.remove_guardian(child, guardian),
        Command::Block { who, .. } | Command::Unblock { who, .. } => question.block_or_unblock(who),
        Command::Direct { to, .. } => question.direct(to),
        Command::Create { group, with, .. } => question.create(group, with),
        Command::Invite { group, who, .. } => question.invite(group, who),
        Command::Accept { group, .. } => question.accept(group),
        Command::Decline { by, group } => {
            question.answer([(C::ActorIsInvited, question.is_invited(group, by))])
        }
        Command::Cancel { group, who, .. } => question.cancel(group, who),
        Command::OpenLink { group, .. } => question.open_link(group),
        Command::CloseLink { group, .. } | Command::Dissolve { group, .. } => {
            question.answer([(C::ActorIsOwner, question.actor_owns(group))])
        }
        Command::Join { group, .. } => question.join(group),
        Command::Leave { by, group } => question.answer([(C::ActorIsMember, question.is_member(group, by))]),
        Command::Remove { group, who, .. } | Command::Transfer { group, to: who, .. } => {
            question.remove_or_transfer(group, who)
        }
        Command::Ban { group, who, .. } => question.ban(group, who),
        Command::Unban { group, who, .. } => question.unban(group, who),
        Command::Message { group, .. } => question.send(group, policy.message),
        Command::Call { group, .. } => question.send(group, policy.call),
    }
}

/// A command that is decided, without the fields after the actor.
struct Question<'a, const U: usize, const G: usize> {
    state: &'a State<U, G>,
    policy: &'a Policy,
    kind: CommandKind,
    by: User,
}

/// The conditions of each command.
impl<const U: usize, const G: usize> Question<'_, U, G> {
    fn approve_or_revoke(&self, child: User, contact: User) -> Decision {
        self.answer([
            (C::SubjectIsChild, self.state.kinds.children.contains(child)),
            (C::ActorIsGuardian, self.guards(self.by, child)),
            (C::TargetCanChat, self.chats(contact)),
            (C::Distinct, child != contact),
        ])
    }

    fn add_guardian(&self, child: User, guardian: User) -> Decision {
        self.answer([
            (C::SubjectIsChild, self.state.kinds.children.contains(child)),
            (C::ActorIsGuardian, self.guards(self.by, child)),
            (C::TargetIsGuardian, self.state.kinds.guardians.contains(guardian)),
        ])
    }

    fn remove_guardian(&self, child: User, guardian: User) -> Decision {
        self.answer([
            (C::SubjectIsChild, self.state.kinds.children.contains(child)),
            (C::ActorIsGuardian, self.guards(self.by, child)),
            (C::TargetGuardsChild, self.guards(guardian, child)),
            (C::NotLastGuardian, self.state.guardians(child).len() >= 2),
        ])
    }

    fn block_or_unblock(&self, who: User) -> Decision {
        self.answer([
            (C::ActorCanChat, self.chats(self.by)),
            (C::TargetCanChat, self.chats(who)),
            (C::Distinct, self.by != who),
        ])
    }

    fn direct(&self, to: User) -> Decision {
        self.answer([
            (C::ActorCanChat, self.chats(self.by)),
            (C::TargetCanChat, self.chats(to)),
            (C::Distinct, self.by != to),
            (C::PartiesAuthorized, self.state.authorized(self.policy, self.by, to)),
        ])
    }

    fn create(&self, group: Group, with: UserSet) -> Decision {
        self.answer([
            (C::ActorCanChat, self.chats(self.by)),
            (C::TargetCanChat, with.is_subset(self.state.kinds.chatting())),
            (C::Distinct, !with.contains(self.by)),
            (C::GroupIsNew, self.state.group(group).phase == Phase::New),
            (C::NewcomerCleared, self.launch_cleared(with)),
        ])
    }

    fn invite(&self, group: Group, who: User) -> Decision {
        let rule = self.policy.newcomer.invite;
        self.answer([
            (C::TargetCanChat, self.chats(who)),
            (C::GroupIsActive, self.is_active(group)),
            (C::ActorIsMember, self.is_member(group, self.by)),
            (C::ActorMayInvite, self.policy.inviters == Inviters::Members || self.actor_owns(group)),
            (C::TargetIsOutside, !self.is_member(group, who)),
            (C::TargetNotInvited, !self.is_invited(group, who)),
            (C::TargetNotBanned, !self.is_banned(group, who)),
            (C::NewcomerCleared, self.newcomer_cleared(rule, group, who, Some(self.by))),
        ])
    }

    fn accept(&self, group: Group) -> Decision {
        let (rule, inviter) = (self.policy.newcomer.accept, self.state.group(group).inviter(self.by));
        self.answer([
            (C::GroupIsActive, self.is_active(group)),
            (C::ActorIsInvited, self.is_invited(group, self.by)),
            (C::NewcomerCleared, self.newcomer_cleared(rule, group, self.by, inviter)),
        ])
    }

    fn cancel(&self, group: Group, who: User) -> Decision {
        let issued = self.state.group(group).inviter(who) == Some(self.by);
        self.answer([
            (C::ActorIsMember, self.is_member(group, self.by)),
            (C::TargetIsInvited, self.is_invited(group, who)),
            (C::ActorIssuedOrOwns, issued || self.actor_owns(group)),
        ])
    }

    fn open_link(&self, group: Group) -> Decision {
        self.answer([
            (C::LinksEnabled, self.policy.links),
            (C::GroupIsActive, self.is_active(group)),
            (C::ActorIsOwner, self.actor_owns(group)),
        ])
    }

    fn join(&self, group: Group) -> Decision {
        let (rule, owner) = (self.policy.newcomer.join, self.state.group(group).owner);
        self.answer([
            (C::ActorCanChat, self.chats(self.by)),
            (C::GroupIsActive, self.is_active(group)),
            (C::LinkIsOpen, self.state.group(group).link == Link::Open),
            (C::ActorIsOutside, !self.is_member(group, self.by)),
            (C::ActorNotBanned, !self.is_banned(group, self.by)),
            (C::NewcomerCleared, self.newcomer_cleared(rule, group, self.by, owner)),
        ])
    }

    fn remove_or_transfer(&self, group: Group, who: User) -> Decision {
        self.answer([
            (C::ActorIsOwner, self.actor_owns(group)),
            (C::TargetIsMember, self.is_member(group, who)),
            (C::Distinct, self.by != who),
        ])
    }

    fn ban(&self, group: Group, who: User) -> Decision {
        self.answer([
            (C::ActorIsOwner, self.actor_owns(group)),
            (C::TargetCanChat, self.chats(who)),
            (C::Distinct, self.by != who),
            (C::TargetNotBanned, !self.is_banned(group, who)),
        ])
    }

    fn unban(&self, group: Group, who: User) -> Decision {
        self.answer([
            (C::ActorIsOwner, self.actor_owns(group)),
            (C::TargetIsBanned, self.is_banned(group, who)),
        ])
    }

    fn send(&self, group: Group, surface: Surface) -> Decision {
        let audience = self.state.group(group);
        self.answer([
            (C::GroupIsActive, self.is_active(group)),
            (C::ActorIsMember, self.is_member(group, self.by)),
            (C::AudienceCleared, self.state.audience_cleared(self.policy, surface.send, audience, self.by)),
        ])
    }
}

/// Parts of conditions.
impl<const U: usize, const G: usize> Question<'_, U, G> {
    fn answer<const N: usize>(&self, rows: [(C, bool); N]) -> Decision {
        Decision::of(self.kind, rows)
    }

    fn chats(&self, user: User) -> bool {
        self.state.kinds.chatting().contains(user)
    }

    fn guards(&self, user: User, child: User) -> bool {
        self.state.guardians(child).contains(user)
    }

    fn is_active(&self, group: Group) -> bool {
        self.state.group(group).phase == Phase::Active
    }

    fn is_member(&self, group: Group, user: User) -> bool {
        self.state.group(group).members.contains(user)
    }

    fn is_invited(&self, group: Group, user: User) -> bool {
        self.state.group(group).invited().contains(user)
    }

    fn is_banned(&self, group: Group, user: User) -> bool {
        self.state.group(group).banned.contains(user)
    }

    fn actor_owns(&self, group: Group) -> bool {
        self.state.group(group).owner == Some(self.by)
    }

    fn newcomer_cleared(
        &self,
        rule: NewcomerRule,
        group: Group,
        newcomer: User,
        inviter: Option<User>,
    ) -> bool {
        self.state.cleared(self.policy, rule, self.state.group(group), newcomer, inviter)
    }

    /// The newcomer rule at the launch of a group. The group has no members yet, so the rule compares the
    /// launcher and the users in `with`.
    fn launch_cleared(&self, with: UserSet) -> bool {
        let (state, policy, by) = (self.state, self.policy, self.by);
        if !with.with(by).is_subset(state.kinds.chatting()) {
            return false;
        }
        let with_launcher = || state.compatible_with_all(policy, by, with);
        match policy.newcomer.create {
            NewcomerRule::Anyone => true,
            NewcomerRule::Inviter | NewcomerRule::Owner | NewcomerRule::AnyMember => with_launcher(),
            NewcomerRule::EveryMember => {
                with_launcher()
                    && (policy.admission == Admission::Consent || state.compatible_pairwise(policy, with))
            }
            NewcomerRule::EveryMemberAndInvitee => state.compatible_pairwise(policy, with.with(by)),
        }
    }
}
