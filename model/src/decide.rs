//! When a command is allowed: the value of each of its conditions, all evaluated on the same state.
//!
//! It changes nothing and answers nothing but the vector; what an allowed command does is in `step`.

use crate::command::Command;
use crate::condition::Condition as C;
use crate::condition::Decision;
use crate::policy::{Admission, Inviters, NewcomerRule, Policy};
use crate::state::{Link, Phase, State};
use crate::user::{Group, User, UserSet};

/// Decides a command: which of its conditions hold in the state under the policy.
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
    let kind = command.kind();
    let kinds = state.kinds;
    let chats = |user: User| kinds.chatting().contains(user);
    let guards = |user: User, child: User| state.guardians(child).contains(user);
    let active = |group: Group| state.group(group).phase == Phase::Active;
    let member = |group: Group, user: User| state.group(group).members.contains(user);
    let owner = |group: Group, user: User| state.group(group).owner == Some(user);
    let invited = |group: Group, user: User| state.group(group).invited().contains(user);
    let banned = |group: Group, user: User| state.group(group).banned.contains(user);

    match *command {
        Command::Approve { by, child, contact } | Command::Revoke { by, child, contact } => Decision::of(
            kind,
            [
                (C::SubjectIsChild, kinds.children.contains(child)),
                (C::ActorIsGuardian, guards(by, child)),
                (C::TargetCanChat, chats(contact)),
                (C::Distinct, child != contact),
            ],
        ),
        Command::AddGuardian { by, child, guardian } => Decision::of(
            kind,
            [
                (C::SubjectIsChild, kinds.children.contains(child)),
                (C::ActorIsGuardian, guards(by, child)),
                (C::TargetIsGuardian, kinds.guardians.contains(guardian)),
            ],
        ),
        Command::RemoveGuardian { by, child, guardian } => Decision::of(
            kind,
            [
                (C::SubjectIsChild, kinds.children.contains(child)),
                (C::ActorIsGuardian, guards(by, child)),
                (C::TargetGuardsChild, guards(guardian, child)),
                (C::NotLastGuardian, state.guardians(child).len() >= 2),
            ],
        ),
        Command::Block { by, who } | Command::Unblock { by, who } => Decision::of(
            kind,
            [(C::ActorCanChat, chats(by)), (C::TargetCanChat, chats(who)), (C::Distinct, by != who)],
        ),
        Command::Direct { by, to } => Decision::of(
            kind,
            [
                (C::ActorCanChat, chats(by)),
                (C::TargetCanChat, chats(to)),
                (C::Distinct, by != to),
                (C::PartiesAuthorized, state.authorized(policy, by, to)),
            ],
        ),
        Command::Create { by, group, with } => Decision::of(
            kind,
            [
                (C::ActorCanChat, chats(by)),
                (C::TargetCanChat, with.is_subset(kinds.chatting())),
                (C::Distinct, !with.contains(by)),
                (C::GroupIsNew, state.group(group).phase == Phase::New),
                (C::NewcomerCleared, launch_cleared(state, policy, by, with)),
            ],
        ),
        Command::Invite { by, group, who } => Decision::of(
            kind,
            [
                (C::TargetCanChat, chats(who)),
                (C::GroupIsActive, active(group)),
                (C::ActorIsMember, member(group, by)),
                (C::ActorMayInvite, policy.inviters == Inviters::Members || owner(group, by)),
                (C::TargetIsOutside, !member(group, who)),
                (C::TargetNotInvited, !invited(group, who)),
                (C::TargetNotBanned, !banned(group, who)),
                (
                    C::NewcomerCleared,
                    state.cleared(policy, policy.newcomer.invite, state.group(group), who, Some(by)),
                ),
            ],
        ),
        Command::Accept { by, group } => {
            let inviter = state.group(group).inviter(by);
            Decision::of(
                kind,
                [
                    (C::GroupIsActive, active(group)),
                    (C::ActorIsInvited, invited(group, by)),
                    (
                        C::NewcomerCleared,
                        state.cleared(policy, policy.newcomer.accept, state.group(group), by, inviter),
                    ),
                ],
            )
        }
        Command::Decline { by, group } => Decision::of(kind, [(C::ActorIsInvited, invited(group, by))]),
        Command::Cancel { by, group, who } => Decision::of(
            kind,
            [
                (C::ActorIsMember, member(group, by)),
                (C::TargetIsInvited, invited(group, who)),
                (C::ActorIssuedOrOwns, owner(group, by) || state.group(group).inviter(who) == Some(by)),
            ],
        ),
        Command::OpenLink { by, group } => Decision::of(
            kind,
            [
                (C::LinksEnabled, policy.links),
                (C::GroupIsActive, active(group)),
                (C::ActorIsOwner, owner(group, by)),
            ],
        ),
        Command::CloseLink { by, group } | Command::Dissolve { by, group } => {
            Decision::of(kind, [(C::ActorIsOwner, owner(group, by))])
        }
        Command::Join { by, group } => Decision::of(
            kind,
            [
                (C::ActorCanChat, chats(by)),
                (C::GroupIsActive, active(group)),
                (C::LinkIsOpen, state.group(group).link == Link::Open),
                (C::ActorIsOutside, !member(group, by)),
                (C::ActorNotBanned, !banned(group, by)),
                (
                    C::NewcomerCleared,
                    state.cleared(
                        policy,
                        policy.newcomer.join,
                        state.group(group),
                        by,
                        state.group(group).owner,
                    ),
                ),
            ],
        ),
        Command::Leave { by, group } => Decision::of(kind, [(C::ActorIsMember, member(group, by))]),
        Command::Remove { by, group, who } | Command::Transfer { by, group, to: who } => Decision::of(
            kind,
            [
                (C::ActorIsOwner, owner(group, by)),
                (C::TargetIsMember, member(group, who)),
                (C::Distinct, by != who),
            ],
        ),
        Command::Ban { by, group, who } => Decision::of(
            kind,
            [
                (C::ActorIsOwner, owner(group, by)),
                (C::TargetCanChat, chats(who)),
                (C::Distinct, by != who),
                (C::TargetNotBanned, !banned(group, who)),
            ],
        ),
        Command::Unban { by, group, who } => {
            Decision::of(kind, [(C::ActorIsOwner, owner(group, by)), (C::TargetIsBanned, banned(group, who))])
        }
        Command::Message { by, group } | Command::Call { by, group } => {
            let surface = if matches!(command, Command::Call { .. }) { policy.call } else { policy.message };
            let cleared = state.audience_cleared(policy, surface.send, state.group(group), by);
            Decision::of(
                kind,
                [
                    (C::GroupIsActive, active(group)),
                    (C::ActorIsMember, member(group, by)),
                    (C::AudienceCleared, cleared),
                ],
            )
        }
    }
}

/// The newcomer rule where a group is launched: it has no members yet, so the rule is about the launcher
/// and those who are to come along.
fn launch_cleared<const U: usize, const G: usize>(
    state: &State<U, G>,
    policy: &Policy,
    by: User,
    with: UserSet,
) -> bool {
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
