//! The catalogue of faults that can be planted in the built-in chat service, so that the harness can be
//! tested on them: their names and facts about each.
//!
//! `memory` implements a fault in the function where such a defect would occur. Nothing here says how to
//! find a fault.

mod facts;
mod rules;

pub use rules::{CustomPolicy, Rules};

use chatwarden_model::{Policy, Preset, named_enum};

named_enum! {
    /// A defect that can be planted in the built-in service.
    ///
    /// ```
    /// use chatwarden::adapter::fault::{Family, Fault};
    /// use chatwarden::model::{Preset, NamedEnum};
    /// let fault = Fault::named("launcher-only").expect("it is in the catalogue");
    /// assert_eq!((fault.family(), fault.preset()), (Family::Admission, Some(Preset::MessengerKids)));
    /// ```
    pub enum Fault {
        LauncherOnly = "launcher-only": "a newcomer is compared only with the launcher of the group, at every way into it",
        CreateUnchecked = "create-unchecked": "the users with whom a group is launched are not compared with anyone",
        InviteChecksInviterOnly = "invite-checks-inviter-only": "an invited user is compared only with the inviter",
        RejoinUnchecked = "rejoin-unchecked": "a former member is not compared again",
        OwnerInvitesAnyone = "owner-invites-anyone": "the owner's invitations are not checked",
        LastMemberSkipped = "last-member-skipped": "the loop that compares a newcomer with the members omits the last member",
        OnlyChildrenCompared = "only-children-compared": "a newcomer is compared only with the children of the group",
        FifthMemberUnchecked = "fifth-member-unchecked": "a newcomer who would be the fifth member is not compared with anyone",
        NeighboursCompared = "neighbours-compared": "the users with whom a group is launched are each compared only with the next one",
        FirstChildOnly = "first-child-only": "of the children in a group, a newcomer is compared only with the first",
        SharedGroupVouches = "shared-group-vouches": "an invited user who shares another group with the inviter is not compared with the members of this one",
        StaleClearance = "stale-clearance": "two users who once came to share a group count as authorized whenever one of them is a newcomer",
        TransferEndsChecks = "transfer-ends-checks": "after the ownership was transferred, invitations are not checked",
        AcceptUnchecked = "accept-unchecked": "a user who accepts an invitation is not compared again",
        AcceptChecksInviterOnly = "accept-checks-inviter-only": "a user who accepts an invitation is compared only with the inviter",
        AcceptByAnyone = "accept-by-anyone": "while an invitation to a group is pending, every user can accept it",
        InvitationAdmitsElsewhere = "invitation-admits-elsewhere": "an invitation to one group can be accepted in another",
        AcceptWhenFrozen = "accept-when-frozen": "an invitation can be accepted after the group froze",
        DeclineDropsAll = "decline-drops-all": "declining an invitation deletes all pending invitations to the group",
        DeclinedInvitationRevived = "declined-invitation-revived": "an invitation after a declined one counts as issued by the first inviter",
        CancelledInvitationWorks = "cancelled-invitation-works": "an invitation can be accepted after it was cancelled",
        InvitationNotUsedUp = "invitation-not-used-up": "a user who accepted an invitation and departed can accept it again",
        DeclineRemovesMember = "decline-removes-member": "a member can decline, and is then no longer a member",
        JoinUnchecked = "join-unchecked": "a user who joins by a link is not compared with anyone",
        JoinIgnoresBan = "join-ignores-ban": "a banned user can join by a link",
        OldLinkWorks = "old-link-works": "a user who was a member while the link was open can join by it after it was closed",
        RevokeKeepsMembership = "revoke-keeps-membership": "a revocation leaves shared groups as they are",
        RevokeFirstGroupOnly = "revoke-first-group-only": "a revocation changes only the first shared group",
        RevokeOwnApprovalOnly = "revoke-own-approval-only": "a revocation deletes only the approval of the guardian who revokes",
        SecondRevocationIdle = "second-revocation-idle": "the second revocation of the same contact leaves shared groups as they are",
        ReapprovalRestoresMembership = "reapproval-restores-membership": "a contact who departed after a revocation is a member again as soon as the contact is approved again",
        SidesSwappedTwice = "sides-swapped-twice": "a revocation passes the child and the contact in the wrong order, and the function that separates them expects that order",
        BanKeepsInvitation = "ban-keeps-invitation": "a ban leaves the pending invitation in place",
        BlockOneWay = "block-one-way": "a block counts for the user who blocked, not for the user who is blocked",
        ApproveClearsBlock = "approve-clears-block": "an approval deletes the blocks between the two",
        LaunchIgnoresBlock = "launch-ignores-block": "blocks are ignored when a group is launched",
        DirectIgnoresBlock = "direct-ignores-block": "direct messages are delivered in spite of a block",
        AdultBlockKeepsGroups = "adult-block-keeps-groups": "a block by an adult leaves shared groups as they are",
        UnbanClearsAll = "unban-clears-all": "the end of one ban ends all bans of the group",
        BanSparesForeignInvitation = "ban-spares-foreign-invitation": "a ban deletes the pending invitation only if the user who bans issued it",
        UnblockClearsAll = "unblock-clears-all": "the end of one block ends all blocks of the user",
        KickLiftsBan = "kick-lifts-ban": "a banned user can be removed, which ends the ban",
        UnbanReadmits = "unban-readmits": "a user who was a member when banned is a member again as soon as the ban ends",
        InvitationPassesBan = "invitation-passes-ban": "a banned user can be invited",
        EitherParent = "either-parent": "between two children, the approval of one suffices",
        ChildApproves = "child-approves": "a child can approve its own contacts",
        AnyGuardian = "any-guardian": "a guardian of another child may approve",
        RemovedGuardianStillCounts = "removed-guardian-still-counts": "approvals of a removed guardian stay valid",
        AddGuardianUnsettled = "add-guardian-unsettled": "adding a guardian, whose approval is then missing, leaves shared groups as they are",
        TwoGuardiansSuffice = "two-guardians-suffice": "where all guardians must approve, two suffice",
        ReturnedGuardianCounts = "returned-guardian-counts": "a user who becomes a guardian again has the former approvals back",
        ApprovalsFiledCrosswise = "approvals-filed-crosswise": "between children, an approval is stored with the contact instead of the child, and looked up there",
        MemberRemoves = "member-removes": "every member may remove others",
        GuardianRunsGroups = "guardian-runs-groups": "a guardian, as an administrator, may manage any group as its owner does",
        TransferKeepsRights = "transfer-keeps-rights": "a member who transferred the ownership can still act as the owner",
        LeavePassesOwnership = "leave-passes-ownership": "when the owner leaves, the first member becomes the owner",
        ReturnedOwnerManages = "returned-owner-manages": "an owner who left the group can act as its owner after coming back",
        LeaveDissolvesGroup = "leave-dissolves-group": "a member who leaves dissolves the group",
        LeaveKeepsMembership = "leave-keeps-membership": "a user who leaves the group stays a member",
        LinkedMemberStays = "linked-member-stays": "a member who joined by the link cannot be removed",
        DissolveKeepsMembers = "dissolve-keeps-members": "a dissolved group keeps its members",
        FrozenGroupsTalk = "frozen-groups-talk": "messages are delivered in a frozen group",
        CallUnchecked = "call-unchecked": "a call skips the check of the audience",
        MessageToAll = "message-to-all": "a message is delivered to all members, authorized or not",
        DirectUnchecked = "direct-unchecked": "direct messages skip the check",
        CallToAll = "call-to-all": "a call is delivered to all members, authorized or not",
        OutsiderSends = "outsider-sends": "a user who is not a member can send a message to a group",
        RemovedMemberSends = "removed-member-sends": "a user who was removed from a group can still send messages to it",
        DepartedMemberReceives = "departed-member-receives": "a message is also delivered to users who left the group or were removed from it",
        CallReachesInvited = "call-reaches-invited": "a call is also delivered to invited users",
        BegunConversationGoesOn = "begun-conversation-goes-on": "two users who exchanged direct messages can still do so after losing their authorization",
        FanOutStops = "fan-out-stops": "a message is delivered to at most three members",
        RefusalLeavesInvitation = "refusal-leaves-invitation": "a refused invitation is recorded",
        OverStrict = "over-strict": "an adult cannot invite",
        RefusedApprovalCounts = "refused-approval-counts": "a refused approval is recorded",
        SecondTryPasses = "second-try-passes": "a refused invitation is allowed at the second attempt",
    }
}

named_enum! {
    /// The part of a product in which a defect occurs.
    ///
    /// ```
    /// use chatwarden::adapter::fault::{Family, Fault};
    /// assert_eq!(Fault::JoinIgnoresBan.family(), Family::Links);
    /// ```
    pub enum Family {
        Admission = "admission": "the comparison of newcomers at a launch or an invitation",
        Acceptance = "acceptance": "pending invitations: accepting and declining",
        Links = "links": "joining by a link, and the life of a link",
        Revocation = "revocation": "the effects of losing an authorization",
        Blocking = "blocking": "the effects of blocks and bans",
        Guardianship = "guardianship": "the approvals that count for a child",
        Authority = "authority": "the users who may manage a group",
        Departure = "departure": "leaving a group, being removed from it, and its end",
        Delivery = "delivery": "the users who may send, and those who receive",
        Refusal = "refusal": "commands that are refused without a reason, and the effects of refused commands",
    }
}

named_enum! {
    /// The kind of trace that is needed to find a fault.
    ///
    /// ```
    /// use chatwarden::adapter::fault::{Fault, Detectability};
    /// assert_eq!(Fault::RejoinUnchecked.detectability(), Detectability::Order);
    /// ```
    pub enum Detectability {
        Single = "single": "one command, in a state that the service without the fault also reaches, by any trace",
        Count = "count": "a number: the fifth member, the second group",
        Order = "order": "a certain order of commands: after a transfer, at a second revocation, with a former member",
        Pair = "pair": "a state in which two defects that usually mask each other do not",
    }
}

named_enum! {
    /// The built-in cast with which a fault can be found.
    ///
    /// ```
    /// use chatwarden::adapter::fault::Fault;
    /// use chatwarden::model::NamedEnum;
    /// use chatwarden::format::BuiltInCast;
    /// let name = Fault::LauncherOnly.cast().name();
    /// assert_eq!(BuiltInCast::named(name), Some(BuiltInCast::Small));
    /// ```
    pub enum FaultCast {
        Small = "small": "two children, each with a guardian, and an adult",
        Family = "family": "three children, one with two guardians, and two adults",
    }
}

impl Fault {
    /// The part of a product in which such a defect occurs.
    pub const fn family(self) -> Family {
        facts::of(self).family
    }

    /// The kind of trace that is needed to find it.
    pub const fn detectability(self) -> Detectability {
        facts::of(self).detectability
    }

    /// A real defect of the same kind, with its year and a reference, if one is known.
    pub const fn precedent(self) -> Option<&'static str> {
        facts::of(self).precedent
    }

    /// The policy under which it has an effect, with its name.
    pub const fn rules(self) -> Rules {
        facts::of(self).rules
    }

    /// The policy under which it has an effect.
    pub const fn policy(self) -> Policy {
        self.rules().policy()
    }

    /// The preset under which it has an effect, if there is one.
    pub const fn preset(self) -> Option<Preset> {
        match self.rules() {
            Rules::Preset(preset) => Some(preset),
            Rules::CustomPolicy(_) => None,
        }
    }

    /// The length in commands of the shortest trace that shows it, with this policy, cast and number of
    /// groups.
    pub const fn min_length(self) -> usize {
        facts::of(self).min_length
    }

    /// The cast with which it can be found.
    pub const fn cast(self) -> FaultCast {
        facts::of(self).cast
    }

    /// A number of groups with which it can be found. It may be larger than necessary.
    pub const fn groups(self) -> usize {
        facts::of(self).groups
    }
}
