//! The cases of an outcome: the inner parts of the policy's rules, each with the commands and outcomes at which it
//! can be seen at all.
//!
//! Whether one is seen in a situation is asked in `observe`; whether it can be seen under a policy is for a search.

use chatwarden_model::{CommandKind as K, Condition as C, named_enum};

use super::DecidedBy;

named_enum! {
    /// What was particular about an outcome: who of the group was the obstacle, whose approval was missing, what
    /// was lost. The *newcomer* of a message or call is who sends it.
    ///
    /// ```
    /// use chatwarden::coverage::Case;
    /// use chatwarden::model::NamedEnum;
    /// assert_eq!(Case::OnlyOwner.about(), "the owner alone is not compatible with the newcomer");
    /// ```
    pub enum Case {
        OnlyInviter = "only-the-inviter": "the inviter, who does not own the group, alone is not compatible with the newcomer",
        OnlyOwner = "only-the-owner": "the owner alone is not compatible with the newcomer",
        OnlyOwningInviter = "only-the-owner-who-invites": "the inviter, who owns the group, alone is not compatible with the newcomer",
        OnlyMember = "only-another-member": "a member who neither invites nor owns the group alone is not compatible with the newcomer",
        OnlyLauncher = "only-the-former-owner": "a member who launched the group and owns it no more alone is not compatible with the newcomer",
        OnlyInvitee = "only-another-invitee": "somebody else who is invited alone is not compatible with the newcomer",
        NoMember = "no-member": "no member at all is compatible with the newcomer",
        NobodyToAsk = "nobody-to-ask": "the rule asks for the owner, and the group has none",
        OnceTogether = "once-together": "who is not compatible with the newcomer is or was in a group with them",
        SharedElsewhere = "shared-elsewhere": "the newcomer shares another group with the inviter, who is not the obstacle",
        AllowedBefore = "allowed-before": "the same was allowed before",
        RefusedBefore = "refused-before": "the same was refused before",

        NotApproved = "not-approved": "no guardian of the child approved the adult",
        OwnSideMissing = "own-side-missing": "of two children, the newcomer's guardians alone did not approve",
        OtherSideMissing = "other-side-missing": "of two children, the other's guardians alone did not approve",
        BothSidesMissing = "both-sides-missing": "of two children, neither's guardians approved as they have to",
        QuorumShort = "quorum-short": "some guardians of a child approved, but not all",
        OwnBlock = "own-block": "the newcomer alone has blocked the other, and nothing else is in the way",
        OtherBlock = "other-block": "the other alone has blocked the newcomer, and nothing else is in the way",

        OneApproval = "one-approval": "not all of several guardians approved, and that sufficed",
        AllApprovals = "all-approvals": "all of several guardians approved, as they have to",
        OneSide = "one-side": "of two children, one's guardians approved, and that sufficed",
        AdultsWhoBlocked = "adults-who-blocked": "of two adults, one has blocked the other, and they may share the group all the same",
        OneContact = "one-contact": "one member of several is compatible with the newcomer, and that sufficed",
        AmongStrangers = "among-strangers": "a member is not compatible with the newcomer, and the rule does not ask",

        ByChild = "by-a-child": "a child acts",
        ByAdult = "by-an-adult": "an adult acts",
        ToChild = "to-a-child": "it is done to a child",
        ToAdult = "to-an-adult": "it is done to an adult",

        ByGuardian = "by-a-guardian": "a guardian acts, who does not chat",
        ByOwner = "by-the-owner": "the owner acts",
        ByMember = "by-a-member": "a member acts who does not own the group",
        ByInvitee = "by-an-invitee": "somebody acts who is invited",
        ByOutsider = "by-an-outsider": "somebody acts who is neither in the group nor invited",
        ByFormerOwner = "by-a-former-owner": "somebody acts who owned the group once",
        ByFormerMember = "by-a-former-member": "somebody acts who was a member once",
        ByRemovedMember = "by-a-removed-member": "somebody acts whom somebody else took out of the group",
        ByFormerInviter = "by-a-former-inviter": "somebody acts who invited the same user once",
        KnowsLink = "knows-the-link": "somebody acts who was a member while the link was open",
        OwnsElsewhere = "owns-elsewhere": "somebody acts who owns another group",
        MemberElsewhere = "member-elsewhere": "somebody acts who is a member of another group",
        InvitedElsewhere = "invited-elsewhere": "somebody outside acts who is invited into another group",
        BannedElsewhere = "banned-elsewhere": "the newcomer is banned in another group",
        ToOwner = "to-the-owner": "it is done to the owner",
        ToMember = "to-a-member": "it is done to a member who does not own the group",
        ToInvitee = "to-an-invitee": "it is done to somebody who is invited",
        ToOutsider = "to-an-outsider": "it is done to somebody who is neither in the group nor invited",
        ToFormerMember = "to-a-former-member": "it is done to somebody who was a member once",

        ByTheChild = "by-the-child-itself": "the child acts whom it is about",
        ByTheTarget = "by-the-target-itself": "the contact, or the guardian, acts whom it is about",
        ByOtherGuardian = "by-another-guardian": "a guardian acts who does not look after the child",
        ByFormerGuardian = "by-a-former-guardian": "a guardian acts who looked after the child once",
        ByBystander = "by-a-bystander": "somebody who chats acts whom it is not about",

        StillAuthorized = "still-authorized": "it changes something, and no child loses an authorization",
        LostUnshared = "lost-unshared": "two lose their authorization who share no active group",
        LostShared = "lost-in-a-group": "two lose their authorization who share a group",
        LostInTwoGroups = "lost-in-two-groups": "two lose their authorization who share two groups",
        LostInFrozenGroup = "lost-in-a-frozen-group": "two lose their authorization who share a frozen group",
        LostBetweenChildren = "lost-between-children": "two children lose their authorization who share a group",
        LostWithAdult = "lost-with-an-adult": "a child and an adult lose their authorization who share a group",
        LostToAdult = "lost-to-an-adult": "an adult takes away the authorization with a child with whom they share a group",
        LostWithOwner = "lost-with-the-owner": "two lose their authorization who share a group that one of them owns",
        LostBesideOthers = "lost-beside-others": "two lose their authorization who share a group with others",
        LostTwice = "lost-twice": "several pairs lose their authorization at once, one of which at least shares a group",
        LostWhileInvited = "lost-while-invited": "two lose their authorization of whom one is invited into the other's group",
        OthersApproval = "others-approval": "the approval that is taken back was given by other guardians alone",
        BesideBlock = "beside-a-block": "of the two, one has blocked the other, and that stays",
        ChangesNothing = "changes-nothing": "everything is already as it is to be",
        Again = "again": "the same was done before, has been undone, and is done again",
        LostAgain = "lost-again": "it is done again, and two lose their authorization who share a group",
        Reunited = "reunited": "two become authorized of whom one was a member of the other's group once",
        ToReturning = "to-a-returning-guardian": "a guardian comes back who was taken from the child while an approval of theirs stood",

        LastMember = "last-member": "the last member departs, and the group is over",
        InvitationsStay = "invitations-stay": "a member departs whose invitations stay",
        LinkStays = "link-stays": "the owner departs, and the link stays open",
        InFrozenGroup = "in-a-frozen-group": "the group is frozen",
        WithOthers = "with-others": "the group has other members",
        WithInvitations = "with-invitations": "the group has pending invitations",
        BesideInvitations = "beside-invitations": "somebody else is invited",
        BesideBans = "beside-bans": "somebody else is banned",
        WithLink = "with-link": "the group's link is open",
        WithNobody = "with-nobody": "nobody comes along",
        WithOne = "with-one": "one user comes along",
        WithSeveral = "with-several": "several users come along",
        InviterGone = "inviter-gone": "the inviter is no member any more",
        NoOwner = "no-owner": "the group has no owner",
        DeliveredToAll = "delivered-to-all": "all other members, of which there are some, receive it",
        DeliveredToSome = "delivered-to-some": "some of the other members receive it",
        DeliveredToNobody = "delivered-to-nobody": "nobody receives it",
    }
}

impl Case {
    /// Whether it takes more than a state to tell: what happened before it.
    pub const fn is_of_the_past(self) -> bool {
        matches!(
            self,
            Case::OnlyLauncher
                | Case::OnceTogether
                | Case::AllowedBefore
                | Case::RefusedBefore
                | Case::ByFormerOwner
                | Case::ByFormerMember
                | Case::ByRemovedMember
                | Case::ByFormerInviter
                | Case::KnowsLink
                | Case::ToFormerMember
                | Case::ByFormerGuardian
                | Case::Again
                | Case::LostAgain
                | Case::Reunited
                | Case::ToReturning
        )
    }

    /// Whether it takes a second group.
    pub const fn is_of_two_groups(self) -> bool {
        matches!(
            self,
            Case::SharedElsewhere
                | Case::OwnsElsewhere
                | Case::MemberElsewhere
                | Case::InvitedElsewhere
                | Case::BannedElsewhere
                | Case::LostInTwoGroups
        )
    }

    /// Whether the case can be told of that outcome of such a command, under any policy.
    pub fn fits(self, kind: K, outcome: DecidedBy) -> bool {
        match outcome {
            DecidedBy::Allowed => self.fits_allowed(kind),
            DecidedBy::Alone(condition) => self.fits_refused(kind, condition),
        }
    }

    fn fits_refused(self, kind: K, condition: C) -> bool {
        match condition {
            C::NewcomerCleared | C::AudienceCleared | C::PartiesAuthorized => self.is_obstacle(kind),
            C::ActorIsMember => {
                matches!(
                    self,
                    Case::ByGuardian
                        | Case::ByInvitee
                        | Case::ByOutsider
                        | Case::ByFormerMember
                        | Case::ByRemovedMember
                        | Case::MemberElsewhere
                )
            }
            C::ActorIssuedOrOwns => self == Case::ByFormerInviter,
            C::LinkIsOpen => self == Case::KnowsLink,
            C::ActorIsOutside => matches!(self, Case::ByOwner | Case::ByMember),
            C::ActorIsInvited => {
                matches!(
                    self,
                    Case::ByGuardian
                        | Case::ByOwner
                        | Case::ByMember
                        | Case::ByOutsider
                        | Case::InvitedElsewhere
                        | Case::BesideInvitations
                )
            }
            C::ActorIsOwner => {
                matches!(
                    self,
                    Case::ByGuardian
                        | Case::ByMember
                        | Case::ByInvitee
                        | Case::ByOutsider
                        | Case::ByFormerOwner
                        | Case::OwnsElsewhere
                )
            }
            C::TargetIsOutside => matches!(self, Case::ToOwner | Case::ToMember),
            C::TargetIsMember => matches!(self, Case::ToInvitee | Case::ToOutsider),
            C::TargetIsInvited => matches!(self, Case::ToOwner | Case::ToMember | Case::ToOutsider),
            C::ActorIsGuardian => {
                matches!(
                    self,
                    Case::ByTheChild | Case::ByOtherGuardian | Case::ByBystander | Case::ByFormerGuardian
                ) || self == Case::ByTheTarget && kind != K::RemoveGuardian
            }
            C::TargetIsGuardian => matches!(self, Case::ToChild | Case::ToAdult),
            _ => false,
        }
    }

    /// Whether the case tells who was not compatible with the newcomer, or why.
    fn is_obstacle(self, kind: K) -> bool {
        match self {
            Case::OnlyInviter => matches!(kind, K::Create | K::Invite | K::Accept),
            Case::OnlyOwner => matches!(kind, K::Invite | K::Accept | K::Join | K::Message | K::Call),
            Case::OnlyOwningInviter => matches!(kind, K::Invite | K::Accept),
            Case::OnlyMember | Case::OnlyLauncher => !matches!(kind, K::Direct | K::Create),
            Case::OnlyInvitee => matches!(kind, K::Create | K::Invite | K::Accept | K::Join),
            Case::NoMember => matches!(kind, K::Invite | K::Accept | K::Join),
            Case::NobodyToAsk => matches!(kind, K::Invite | K::Accept | K::Join),
            Case::ToFormerMember | Case::SharedElsewhere => kind == K::Invite,
            Case::ByFormerMember => matches!(kind, K::Accept | K::Join),
            Case::OnceTogether => !matches!(kind, K::Message | K::Call),
            Case::AllowedBefore => kind != K::Create,
            Case::RefusedBefore => true,
            Case::NotApproved
            | Case::OwnSideMissing
            | Case::OtherSideMissing
            | Case::BothSidesMissing
            | Case::QuorumShort
            | Case::OwnBlock
            | Case::OtherBlock => true,
            _ => false,
        }
    }

    fn fits_allowed(self, kind: K) -> bool {
        let comes_in = matches!(kind, K::Create | K::Invite | K::Accept | K::Join);
        let sends = matches!(kind, K::Message | K::Call);
        let settles = matches!(kind, K::Revoke | K::AddGuardian | K::RemoveGuardian | K::Block);
        let departs = matches!(kind, K::Leave | K::Remove | K::Ban);
        match self {
            Case::OneApproval | Case::AllApprovals | Case::OneSide => comes_in || sends || kind == K::Direct,
            Case::AdultsWhoBlocked => comes_in || sends,
            Case::OneContact => matches!(kind, K::Invite | K::Accept | K::Join),
            Case::AmongStrangers => matches!(kind, K::Invite | K::Accept | K::Join) || sends,
            Case::ByChild | Case::ByAdult => !kind.is_administrative(),
            Case::ToChild | Case::ToAdult => {
                matches!(
                    kind,
                    K::Approve
                        | K::Revoke
                        | K::Block
                        | K::Unblock
                        | K::Direct
                        | K::Invite
                        | K::Cancel
                        | K::Remove
                        | K::Ban
                        | K::Unban
                        | K::Transfer
                )
            }
            Case::ByOwner | Case::ByMember => matches!(kind, K::Invite | K::Cancel | K::Leave) || sends,
            Case::ByInvitee | Case::ByOutsider => kind == K::Join,
            Case::ToMember | Case::ToInvitee | Case::ToOutsider => kind == K::Ban,
            Case::ByFormerMember => matches!(kind, K::Accept | K::Join),
            Case::ToFormerMember => kind == K::Invite,
            Case::BannedElsewhere => matches!(kind, K::Invite | K::Join),
            Case::ByTheTarget => kind == K::RemoveGuardian,
            Case::StillAuthorized
            | Case::LostUnshared
            | Case::LostShared
            | Case::LostInTwoGroups
            | Case::LostInFrozenGroup
            | Case::LostBetweenChildren
            | Case::LostWithAdult
            | Case::LostWithOwner
            | Case::LostBesideOthers
            | Case::LostWhileInvited => settles,
            Case::LostToAdult => kind == K::Block,
            Case::LostAgain => settles,
            Case::Reunited => matches!(kind, K::Approve | K::Unblock),
            Case::ToReturning => kind == K::AddGuardian,
            Case::OthersApproval => kind == K::Revoke,
            Case::BesideBlock => matches!(kind, K::Approve | K::Revoke | K::Block | K::Unblock),
            Case::LostTwice => settles && kind != K::Block && kind != K::Revoke,
            Case::ChangesNothing => matches!(
                kind,
                K::Approve | K::Revoke | K::AddGuardian | K::Block | K::Unblock | K::OpenLink | K::CloseLink
            ),
            Case::Again => !sends && !matches!(kind, K::Direct | K::Create | K::Dissolve),
            Case::LastMember => kind == K::Leave,
            Case::InvitationsStay => departs,
            Case::LinkStays => kind == K::Leave,
            Case::InFrozenGroup => {
                departs
                    || matches!(
                        kind,
                        K::Decline | K::Cancel | K::CloseLink | K::Unban | K::Transfer | K::Dissolve
                    )
            }
            Case::WithLink => matches!(kind, K::Dissolve | K::CloseLink),
            Case::WithOthers | Case::WithInvitations => kind == K::Dissolve,
            Case::BesideInvitations => {
                matches!(kind, K::Accept | K::Decline | K::Cancel | K::Join | K::Ban)
            }
            Case::BesideBans => matches!(kind, K::Ban | K::Unban),
            Case::WithNobody | Case::WithOne | Case::WithSeveral => kind == K::Create,
            Case::InviterGone => kind == K::Accept,
            Case::NoOwner => matches!(kind, K::Invite | K::Accept | K::Join) || sends,
            Case::DeliveredToAll | Case::DeliveredToSome | Case::DeliveredToNobody => sends,
            _ => false,
        }
    }
}
