//! The catalogue of faults that can be planted in the built-in chat service, each one dropped or mistaken
//! check at one place, so that the harness can be tested on what it is to find.
//!
//! Where a fault is planted is in `memory`, at the place where such a defect would live.

use chatwarden_model::words;

words! {
    /// A defect that can be planted.
    ///
    /// ```
    /// use chatwarden::{adapter::fault::Fault, model::Word};
    /// assert_eq!(Fault::named("launcher-only"), Some(Fault::LauncherOnly));
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
