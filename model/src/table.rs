//! The conditions and the commands. It is the table of `docs/semantics.md`.
//!
//! A row names the functions of `feature` that say what the condition or the effect is. Everything else
//! that depends on commands reads the table.

use crate::command::{Argument, Arguments, Field, Value, commands, effect, effect_in_words, type_of_field};
use crate::condition::conditions;
use crate::feature::{bans, contacts, groups, links};
use crate::logic::{Change, Logic, OnState, Request, Set};
use crate::user::{Group, User, UserSet};

conditions! {
    /// A condition under which a command is allowed. The *target* is the user in the field contact,
    /// guardian, who or to, or the users in the field with.
    ///
    /// ```
    /// use chatwarden_model::{Condition, NamedEnum};
    /// assert_eq!(Condition::LinkIsOpen.about(), "the group's link is open");
    /// ```
    pub enum Condition {
        SubjectIsChild = "subject-is-child": "the child named is of kind child", contacts::subject_is_child;
        ActorIsGuardian = "actor-is-guardian": "the actor is a guardian of the child", contacts::actor_is_guardian;
        TargetCanChat = "target-can-chat": "the target is a child or an adult", contacts::target_can_chat;
        Distinct = "distinct": "the two users named differ", contacts::distinct;
        TargetIsGuardian = "target-is-guardian": "the target is of kind guardian", contacts::target_is_guardian;
        TargetGuardsChild = "target-guards-child": "the target is a guardian of the child", contacts::target_guards_child;
        NotLastGuardian = "not-last-guardian": "the child has another guardian", contacts::not_last_guardian;
        ActorCanChat = "actor-can-chat": "the actor is a child or an adult", contacts::actor_can_chat;
        PartiesAuthorized = "parties-authorized": "actor and target are authorized with each other", contacts::parties_authorized;
        GroupIsNew = "group-is-new": "the group has not been launched", groups::group_is_new;
        NewcomerCleared = "newcomer-cleared": "the policy's rule clears the newcomer", groups::newcomer_cleared;
        GroupIsActive = "group-is-active": "the group is neither new, frozen nor dissolved", groups::group_is_active;
        ActorIsMember = "actor-is-member": "the actor is a member of the group", groups::actor_is_member;
        ActorMayInvite = "actor-may-invite": "the policy lets the actor invite", groups::actor_may_invite;
        TargetIsOutside = "target-is-outside": "the target is not a member", groups::target_is_outside;
        TargetNotInvited = "target-not-invited": "the target has no pending invitation", groups::target_not_invited;
        TargetNotBanned = "target-not-banned": "the target is not banned", bans::target_not_banned;
        ActorIsInvited = "actor-is-invited": "the actor has a pending invitation", groups::actor_is_invited;
        TargetIsInvited = "target-is-invited": "the target has a pending invitation", groups::target_is_invited;
        ActorIssuedOrOwns = "actor-issued-or-owns": "the actor issued the invitation or owns the group", groups::actor_issued_or_owns;
        LinksEnabled = "links-enabled": "the policy has links", links::links_enabled;
        ActorIsOwner = "actor-is-owner": "the actor owns the group", groups::actor_is_owner;
        LinkIsOpen = "link-is-open": "the group's link is open", links::link_is_open;
        ActorIsOutside = "actor-is-outside": "the actor is not a member", groups::actor_is_outside;
        ActorNotBanned = "actor-not-banned": "the actor is not banned", bans::actor_not_banned;
        TargetIsMember = "target-is-member": "the target is a member", groups::target_is_member;
        TargetIsBanned = "target-is-banned": "the target is banned", bans::target_is_banned;
        AudienceCleared = "audience-cleared": "the policy's rule lets the actor send to all other members", groups::audience_cleared;
    }
}

commands! {
    Approve = "approve" { child: Child, contact: Contact }: "a guardian approves a contact of a child"
        when [SubjectIsChild, ActorIsGuardian, TargetCanChat, Distinct]
        then does contacts::approve: "the approval of the contact for the child by this guardian is recorded";
    Revoke = "revoke" { child: Child, contact: Contact }: "a guardian withdraws all approvals of a contact of a child"
        when [SubjectIsChild, ActorIsGuardian, TargetCanChat, Distinct]
        then does contacts::revoke settling child: "no guardian's approval of the contact for the child is left";
    AddGuardian = "add-guardian" { child: Child, guardian: Guardian }: "a guardian makes another guardian one of the child's"
        when [SubjectIsChild, ActorIsGuardian, TargetIsGuardian]
        then does contacts::add_guardian settling child: "the guardian is one of the child's";
    RemoveGuardian = "remove-guardian" { child: Child, guardian: Guardian }: "a guardian takes a guardian from the child"
        when [SubjectIsChild, ActorIsGuardian, TargetGuardsChild, NotLastGuardian]
        then does contacts::remove_guardian settling child: "the guardian is none of the child's, and the guardian's approvals for the child are \
            deleted";
    Block = "block" { who: Who }: "a user blocks another"
        when [ActorCanChat, TargetCanChat, Distinct]
        then does contacts::block settling by: "the user is blocked by the actor";
    Unblock = "unblock" { who: Who }: "a user takes a block back"
        when [ActorCanChat, TargetCanChat, Distinct]
        then does contacts::unblock: "the user is no longer blocked by the actor";
    Direct = "direct" { to: To }: "a user writes to another outside any group"
        when [ActorCanChat, TargetCanChat, Distinct, PartiesAuthorized]
        then delivers contacts::to_target: "the message is delivered to the user";
    Create = "create" { group: Group, with: With }: "a user launches a group with others"
        when [ActorCanChat, TargetCanChat, Distinct, GroupIsNew, NewcomerCleared]
        then does groups::create: "the group is active with the actor as its owner and member; under the admission \
            `direct` the others are members, under `consent` they are invited";
    Invite = "invite" { group: Group, who: Who }: "a member invites a user"
        when [TargetCanChat, GroupIsActive, ActorIsMember, ActorMayInvite, TargetIsOutside, TargetNotInvited,
            TargetNotBanned, NewcomerCleared]
        then does groups::admit: "under the admission `direct` the user is a member, under `consent` the user is invited \
            by the actor";
    Accept = "accept" { group: Group }: "a user accepts an invitation"
        when [GroupIsActive, ActorIsInvited, NewcomerCleared]
        then does groups::enter: "the actor is a member, and the invitation is deleted";
    Decline = "decline" { group: Group }: "a user declines an invitation"
        when [ActorIsInvited]
        then does groups::decline: "the invitation of the actor is deleted";
    Cancel = "cancel" { group: Group, who: Who }: "an invitation is taken back"
        when [ActorIsMember, TargetIsInvited, ActorIssuedOrOwns]
        then does groups::cancel: "the invitation of the user is deleted";
    OpenLink = "open-link" { group: Group }: "the owner opens a link by which one joins"
        when [LinksEnabled, GroupIsActive, ActorIsOwner]
        then does links::open_link: "the link of the group is open";
    CloseLink = "close-link" { group: Group }: "the owner closes the link"
        when [ActorIsOwner]
        then does links::close_link: "the link of the group is closed";
    Join = "join" { group: Group }: "a user joins by the link"
        when [ActorCanChat, GroupIsActive, LinkIsOpen, ActorIsOutside, ActorNotBanned, NewcomerCleared]
        then does groups::enter: "the actor is a member, and an invitation of the actor is deleted";
    Leave = "leave" { group: Group }: "a member leaves"
        when [ActorIsMember]
        then does groups::leave: "the actor is no longer a member; an owner who leaves owns the group no longer, and a \
            group without members is dissolved";
    Remove = "remove" { group: Group, who: Who }: "the owner removes a member"
        when [ActorIsOwner, TargetIsMember, Distinct]
        then does groups::remove: "the user is no longer a member";
    Ban = "ban" { group: Group, who: Who }: "the owner bans a user"
        when [ActorIsOwner, TargetCanChat, Distinct, TargetNotBanned]
        then does bans::ban: "the user is banned, is no longer a member, and an invitation of the user is deleted";
    Unban = "unban" { group: Group, who: Who }: "the owner takes a ban back"
        when [ActorIsOwner, TargetIsBanned]
        then does bans::unban: "the user is no longer banned";
    Transfer = "transfer" { group: Group, to: To }: "the owner makes another member the owner"
        when [ActorIsOwner, TargetIsMember, Distinct]
        then does groups::transfer: "the member is the owner";
    Message = "message" { group: Group }: "a member writes to the group"
        when [GroupIsActive, ActorIsMember, AudienceCleared]
        then delivers groups::audience: "the message is delivered to the other members, or to those of them whom the policy's \
            `message.deliver` selects";
    Call = "call" { group: Group }: "a member calls the group"
        when [GroupIsActive, ActorIsMember, AudienceCleared]
        then delivers groups::audience: "the call is delivered to the other members, or to those of them whom the policy's \
            `call.deliver` selects";
    Dissolve = "dissolve" { group: Group }: "the owner dissolves the group"
        when [ActorIsOwner]
        then does groups::dissolve: "the group is dissolved: nobody is its owner, a member or invited, and its link is \
            closed; bans stay";
}
