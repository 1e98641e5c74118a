//! The catalogue of faults that can be planted in the built-in chat service, so that the harness can be tested on
//! what it is to find: their names, and what is known of each.
//!
//! Where a fault is planted is in `memory`, at the place where such a defect would live. Absent is how a fault is
//! found: that is for the harness to show.

mod facts;
mod rules;

pub use rules::{CustomPolicy, Rules};

use chatwarden_model::{Policy, Preset, named_enum};

named_enum! {
    /// A defect that can be planted.
    ///
    /// ```
    /// use chatwarden::adapter::fault::{Family, Fault};
    /// use chatwarden::model::{Preset, NamedEnum};
    /// let fault = Fault::named("launcher-only").expect("it is in the catalogue");
    /// assert_eq!((fault.family(), fault.preset()), (Family::Admission, Some(Preset::MessengerKids)));
    /// ```
    pub enum Fault {
        LauncherOnly = "launcher-only": "a newcomer is compared with whoever launched the group only, wherever newcomers come in",
        CreateUnchecked = "create-unchecked": "those with whom a group is launched are not compared with anyone",
        InviteChecksInviterOnly = "invite-checks-inviter-only": "an invited user is compared with the inviter only",
        RejoinUnchecked = "rejoin-unchecked": "who was a member once is not compared again",
        OwnerInvitesAnyone = "owner-invites-anyone": "the owner's invitations are not checked",
        LastMemberSkipped = "last-member-skipped": "the loop that compares a newcomer with the members stops one short",
        OnlyChildrenCompared = "only-children-compared": "a newcomer is compared with the children of the group only",
        FifthMemberUnchecked = "fifth-member-unchecked": "who would be the fifth member is not compared with anyone",
        NeighboursCompared = "neighbours-compared": "those with whom a group is launched are each compared with the next one only",
        FirstChildOnly = "first-child-only": "of the children in a group, a newcomer is compared with the first only",
        SharedGroupVouches = "shared-group-vouches": "who shares another group with the inviter is not compared with the members of this one",
        StaleClearance = "stale-clearance": "two who once came to share a group count as authorized for good where one is to come in",
        TransferEndsChecks = "transfer-ends-checks": "once ownership has been passed on, invitations are not checked",
        AcceptUnchecked = "accept-unchecked": "who accepts an invitation is not compared again",
        AcceptChecksInviterOnly = "accept-checks-inviter-only": "who accepts an invitation is compared with the inviter only",
        AcceptByAnyone = "accept-by-anyone": "while an invitation to a group is pending, anybody can accept it",
        InvitationAdmitsElsewhere = "invitation-admits-elsewhere": "an invitation to one group can be accepted in another",
        AcceptWhenFrozen = "accept-when-frozen": "an invitation can be accepted after the group froze",
        DeclineDropsAll = "decline-drops-all": "who declines an invitation takes all pending invitations to the group along",
        DeclinedInvitationRevived = "declined-invitation-revived": "an invitation after a declined one counts as from the first inviter",
        JoinUnchecked = "join-unchecked": "who joins by a link is not compared with anyone",
        JoinIgnoresBan = "join-ignores-ban": "a banned user can join by a link",
        OldLinkWorks = "old-link-works": "who was a member while the link was open can join by it after it was closed",
        RevokeKeepsMembership = "revoke-keeps-membership": "a revocation leaves shared groups as they are",
        RevokeFirstGroupOnly = "revoke-first-group-only": "a revocation looks after the first shared group only",
        RevokeOwnApprovalOnly = "revoke-own-approval-only": "a revocation takes back the revoking guardian's approval only",
        SecondRevocationIdle = "second-revocation-idle": "the second revocation of the same contact leaves shared groups as they are",
        ReapprovalRestoresMembership = "reapproval-restores-membership": "who departed by a revocation is a member again as soon as contact is approved again",
        SidesSwappedTwice = "sides-swapped-twice": "a revocation passes on the child and the contact in the wrong order, and what parts them takes them in that order",
        BanKeepsInvitation = "ban-keeps-invitation": "a ban leaves the pending invitation in place",
        BlockOneWay = "block-one-way": "a block counts for who blocked, not for who is blocked",
        ApproveClearsBlock = "approve-clears-block": "an approval takes back the blocks between the two",
        LaunchIgnoresBlock = "launch-ignores-block": "blocks are not asked about when a group is launched",
        DirectIgnoresBlock = "direct-ignores-block": "direct messages pass in spite of a block",
        AdultBlockKeepsGroups = "adult-block-keeps-groups": "a block by an adult leaves shared groups as they are",
        UnbanClearsAll = "unban-clears-all": "the end of one ban is the end of all bans of the group",
        BanSparesForeignInvitation = "ban-spares-foreign-invitation": "a ban drops the pending invitation only if whoever bans has issued it",
        EitherParent = "either-parent": "one side's approval suffices between two children",
        ChildApproves = "child-approves": "a child can approve its own contacts",
        AnyGuardian = "any-guardian": "a guardian of another child may approve",
        RemovedGuardianStillCounts = "removed-guardian-still-counts": "approvals of a removed guardian stay valid",
        AddGuardianUnsettled = "add-guardian-unsettled": "a further guardian, whose approval is then missing, leaves shared groups as they are",
        TwoGuardiansSuffice = "two-guardians-suffice": "where all guardians must approve, two are enough",
        ReturnedGuardianCounts = "returned-guardian-counts": "who is made a guardian again has the approvals of old back",
        ApprovalsFiledCrosswise = "approvals-filed-crosswise": "between children an approval is filed with the contact instead of the child, and looked up there",
        MemberRemoves = "member-removes": "every member may remove others",
        GuardianRunsGroups = "guardian-runs-groups": "a guardian, being an administrator, may run any group as its owner does",
        TransferKeepsRights = "transfer-keeps-rights": "a member who has passed ownership on can still act as the owner",
        LeavePassesOwnership = "leave-passes-ownership": "when the owner leaves, the first of the members becomes the owner",
        FrozenGroupsTalk = "frozen-groups-talk": "messages pass in a frozen group",
        CallUnchecked = "call-unchecked": "a call skips the check of the audience",
        MessageToAll = "message-to-all": "a message goes to all members, authorized or not",
        DirectUnchecked = "direct-unchecked": "direct messages skip the check",
        CallToAll = "call-to-all": "a call goes to all members, authorized or not",
        OutsiderSends = "outsider-sends": "who is not a member can send a message to a group",
        RemovedMemberSends = "removed-member-sends": "who was removed from a group can still send messages to it",
        BegunConversationGoesOn = "begun-conversation-goes-on": "two who have written to each other directly can go on whatever becomes of the authorization",
        FanOutStops = "fan-out-stops": "a message reaches three of the other members at the most",
        RefusalLeavesInvitation = "refusal-leaves-invitation": "a refused invitation is recorded all the same",
        OverStrict = "over-strict": "an adult cannot invite",
        RefusedApprovalCounts = "refused-approval-counts": "an approval that is refused is recorded all the same",
        SecondTryPasses = "second-try-passes": "an invitation that was refused passes at the second try",
    }
}

named_enum! {
    /// Where in a product a defect lives.
    ///
    /// ```
    /// use chatwarden::adapter::fault::{Family, Fault};
    /// assert_eq!(Fault::JoinIgnoresBan.family(), Family::Links);
    /// ```
    pub enum Family {
        Admission = "admission": "with whom a newcomer is compared, at a launch or an invitation",
        Acceptance = "acceptance": "what becomes of a pending invitation",
        Links = "links": "who comes in by a link, and how long it works",
        Revocation = "revocation": "what the end of an authorization, a membership or a group leaves behind",
        Blocking = "blocking": "whom a block or a ban shuts out",
        Guardianship = "guardianship": "whose word counts for a child",
        Authority = "authority": "who may run a group",
        Delivery = "delivery": "who may speak, and who receives it",
        Refusal = "refusal": "what is refused without a reason, and what a refused command leaves behind",
    }
}

named_enum! {
    /// What it takes to see a fault.
    ///
    /// ```
    /// use chatwarden::adapter::fault::{Fault, Detectability};
    /// assert_eq!(Fault::RejoinUnchecked.detectability(), Detectability::Order);
    /// ```
    pub enum Detectability {
        Single = "single": "one command, in a situation to which the fault has not contributed, however it was reached",
        Count = "count": "a size or a number: the fifth member, the second group",
        Order = "order": "a way to get there: after ownership passed on, at a second revocation, with a member of old",
        Pair = "pair": "a situation in which two defects that mask each other no longer do",
    }
}

named_enum! {
    /// The cast that a fault takes, by the name of the built-in cast.
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
    /// Where in a product such a defect lives.
    pub const fn family(self) -> Family {
        facts::of(self).family
    }

    /// What it takes to see it.
    pub const fn detectability(self) -> Detectability {
        facts::of(self).detectability
    }

    /// A real defect of the same kind, with its year and where it is described, if one is known.
    pub const fn precedent(self) -> Option<&'static str> {
        facts::of(self).precedent
    }

    /// The rules under which it matters.
    pub const fn rules(self) -> Rules {
        facts::of(self).rules
    }

    /// The same as a policy.
    pub const fn policy(self) -> Policy {
        self.rules().policy()
    }

    /// The preset under which it matters, if it does under one.
    pub const fn preset(self) -> Option<Preset> {
        match self.rules() {
            Rules::Preset(preset) => Some(preset),
            Rules::CustomPolicy(_) => None,
        }
    }

    /// How many commands the shortest history has that shows it with these rules, cast and groups.
    pub const fn min_length(self) -> usize {
        facts::of(self).min_length
    }

    /// Who it takes to see it.
    pub const fn cast(self) -> FaultCast {
        facts::of(self).cast
    }

    /// How many groups it takes, with some to spare.
    pub const fn groups(self) -> usize {
        facts::of(self).groups
    }
}
