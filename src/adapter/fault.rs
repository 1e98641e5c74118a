//! The catalogue of faults that can be planted in the built-in chat service, so that the harness can be tested on
//! what it is to find: their names, and what is known of each.
//!
//! Where a fault is planted is in `memory`, at the place where such a defect would live. Absent is how a fault is
//! found: that is for the harness to show.

mod facts;
mod rules;

pub use rules::{Rules, Tailored};

use chatwarden_model::{Policy, Preset, words};

words! {
    /// A defect that can be planted.
    ///
    /// ```
    /// use chatwarden::adapter::fault::{Family, Fault};
    /// use chatwarden::model::{Preset, Word};
    /// let fault = Fault::named("launcher-only").expect("it is in the catalogue");
    /// assert_eq!((fault.family(), fault.preset()), (Family::Admission, Some(Preset::MessengerKids)));
    /// ```
    pub enum Fault {
        LauncherOnly = "launcher-only": "a newcomer is compared with whoever launched the group only, wherever newcomers come in",
        CreateUnchecked = "create-unchecked": "those with whom a group is launched are not compared with anyone",
        InviteChecksInviterOnly = "invite-checks-inviter-only": "an invited user is compared with the inviter only",
        AcceptUnchecked = "accept-unchecked": "who accepts an invitation is not compared again",
        JoinUnchecked = "join-unchecked": "who joins by a link is not compared with anyone",
        JoinIgnoresBan = "join-ignores-ban": "a banned user can join by a link",
        BanKeepsInvitation = "ban-keeps-invitation": "a ban leaves the pending invitation in place",
        RejoinUnchecked = "rejoin-unchecked": "who was a member once is not compared again",
        OwnerInvitesAnyone = "owner-invites-anyone": "the owner's invitations are not checked",
        LastMemberSkipped = "last-member-skipped": "the loop that compares a newcomer with the members stops one short",
        OnlyChildrenCompared = "only-children-compared": "a newcomer is compared with the children of the group only",
        EitherParent = "either-parent": "one side's approval suffices between two children",
        ChildApproves = "child-approves": "a child can approve its own contacts",
        AnyGuardian = "any-guardian": "a guardian of another child may approve",
        RevokeKeepsMembership = "revoke-keeps-membership": "a revocation leaves shared groups as they are",
        RevokeFirstGroupOnly = "revoke-first-group-only": "a revocation looks after the first shared group only",
        RevokeOwnApprovalOnly = "revoke-own-approval-only": "a revocation takes back the revoking guardian's approval only",
        BlockOneWay = "block-one-way": "a block counts for who blocked, not for who is blocked",
        ApproveClearsBlock = "approve-clears-block": "an approval takes back the blocks between the two",
        RemovedGuardianStillCounts = "removed-guardian-still-counts": "approvals of a removed guardian stay valid",
        FrozenGroupsTalk = "frozen-groups-talk": "messages pass in a frozen group",
        CallUnchecked = "call-unchecked": "a call skips the check of the audience",
        MessageToAll = "message-to-all": "a message goes to all members, authorized or not",
        MemberRemoves = "member-removes": "every member may remove others",
        RefusalLeavesInvitation = "refusal-leaves-invitation": "a refused invitation is recorded all the same",
        DirectUnchecked = "direct-unchecked": "direct messages skip the check",
        OverStrict = "over-strict": "an adult cannot invite",
    }
}

words! {
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

words! {
    /// What it takes to see a fault.
    ///
    /// ```
    /// use chatwarden::adapter::fault::{Fault, Sight};
    /// assert_eq!(Fault::RejoinUnchecked.sight(), Sight::Order);
    /// ```
    pub enum Sight {
        Single = "single": "one command, in a situation to which the fault has not contributed, however it was reached",
        Count = "count": "a size or a number: the fifth member, the second group",
        Order = "order": "a way to get there: after ownership passed on, at a second revocation, with a member of old",
        Pair = "pair": "a situation in which two defects that mask each other no longer do",
    }
}

words! {
    /// The cast that a fault takes, by the name of the built-in cast.
    ///
    /// ```
    /// use chatwarden::adapter::fault::Fault;
    /// use chatwarden::model::Word;
    /// use chatwarden::wire::BuiltInCast;
    /// let name = Fault::LauncherOnly.cast().name();
    /// assert_eq!(BuiltInCast::named(name), Some(BuiltInCast::Small));
    /// ```
    pub enum Crowd {
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
    pub const fn sight(self) -> Sight {
        facts::of(self).sight
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
            Rules::Tailored(_) => None,
        }
    }

    /// Who it takes to see it.
    pub const fn cast(self) -> Crowd {
        facts::of(self).cast
    }

    /// How many groups it takes, with some to spare.
    pub const fn groups(self) -> usize {
        facts::of(self).groups
    }
}
