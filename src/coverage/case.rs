//! The cases of an outcome, and the commands and outcomes at which each can be seen.
//!
//! Whether a case holds for a command in a state is observed in `observe`, `clearance` and `loss`. A
//! case is reported only where it fits by the table.

use std::sync::LazyLock;

use chatwarden_model::{CommandKind as K, Condition as C, NamedEnum, named_enum};

use super::{DecidedBy, OUTCOMES};

/// A set of kinds of commands.
#[derive(Clone, Copy)]
struct Kinds(u32);

const _: () = assert!(K::ALL.len() <= u32::BITS as usize, "each kind has a bit");

impl Kinds {
    const ALL: Kinds = Kinds::of(K::ALL);

    const fn of(kinds: &[K]) -> Self {
        let (mut set, mut at) = (0, 0);
        while at < kinds.len() {
            set |= 1 << kinds[at] as u32;
            at += 1;
        }
        Kinds(set)
    }

    const fn or(self, other: Kinds) -> Self {
        Kinds(self.0 | other.0)
    }

    const fn without(self, other: Kinds) -> Self {
        Kinds(self.0 & !other.0)
    }

    const fn contains(self, kind: K) -> bool {
        self.0 >> kind as u32 & 1 == 1
    }
}

/// Somebody comes into a group that exists.
const ENTERING: Kinds = Kinds::of(&[K::Invite, K::Accept, K::Join]);
/// Something is delivered to a group.
const SENDING: Kinds = Kinds::of(&[K::Message, K::Call]);
/// A child can lose an authorization.
const SETTLING: Kinds = Kinds::of(&[K::Revoke, K::AddGuardian, K::RemoveGuardian, K::Block]);
/// A member leaves a group.
const LEAVING: Kinds = Kinds::of(&[K::Leave, K::Remove, K::Ban]);
/// The actor is a guardian.
const GUARDING: Kinds = Kinds::of(&[K::Approve, K::Revoke, K::AddGuardian, K::RemoveGuardian]);
/// The same change can be made again after it was undone.
const REPEATABLE: Kinds =
    Kinds::ALL.without(SENDING).without(Kinds::of(&[K::Direct, K::Create, K::Dissolve]));
/// Something is done in a group that exists.
const IN_GROUP: Kinds = ENTERING.or(SENDING).or(LEAVING).or(ANSWERING).or(Kinds::of(&[
    K::OpenLink,
    K::CloseLink,
    K::Unban,
    K::Transfer,
    K::Dissolve,
]));
/// A pending invitation ends.
const ANSWERING: Kinds = Kinds::of(&[K::Accept, K::Decline, K::Cancel]);
/// One user is the target, who is a child or an adult.
const TARGETING: Kinds =
    Kinds::of(&[K::Approve, K::Revoke, K::Block, K::Unblock, K::Direct, K::Invite, K::Cancel])
        .or(Kinds::of(&[K::Remove, K::Ban, K::Unban, K::Transfer]));
/// The actor is a child or an adult.
const CHATTING: Kinds = Kinds::ALL.without(GUARDING);

/// The knowledge that it takes to see a case.
#[derive(Clone, Copy)]
enum Needs {
    /// A state with one group.
    State,
    /// The commands before.
    History,
    /// A state with two groups.
    SecondGroup,
}

/// The row of a case in the table.
struct Row {
    needs: Needs,
    /// The outcomes that the case fits, each with the commands.
    at: &'static [(&'static [DecidedBy], Kinds)],
}

macro_rules! outcomes {
    (Allowed) => {
        &[DecidedBy::Allowed]
    };
    // Somebody may not be with somebody else.
    (Uncleared) => {
        &[
            DecidedBy::Alone(C::NewcomerCleared),
            DecidedBy::Alone(C::AudienceCleared),
            DecidedBy::Alone(C::PartiesAuthorized),
        ]
    };
    ($condition:ident) => {
        &[DecidedBy::Alone(C::$condition)]
    };
}

macro_rules! kinds {
    () => { Kinds::ALL };
    ([$($kind:ident),*]) => { Kinds::of(&[$(K::$kind),*]) };
    ($set:ident) => { $set };
    ($first:tt | $($more:tt)|+) => { kinds!($first)$(.or(kinds!($more)))+ };
}

/// Declares the cases: `Case = "name": "meaning" needs Knowledge at { Outcome: kinds of commands, … }`.
/// An outcome without kinds stands for all commands that can have it.
macro_rules! cases {
    ($(#[$meta:meta])* pub enum Case { $(
        $case:ident = $name:literal: $about:literal $(needs $needs:ident)?
            at { $($outcome:ident $(: $($kinds:tt)|+)?),* }
    )* }) => {
        named_enum! {
            $(#[$meta])*
            pub enum Case { $($case = $name: $about),* }
        }

        const ROWS: [Row; Case::ALL.len()] = [$(Row {
            // The first one counts.
            needs: [$(Needs::$needs,)? Needs::State][0],
            at: &[$((outcomes!($outcome), kinds!($($($kinds)|+)?))),*],
        }),*];
    };
}

cases! {
    /// A particular of an outcome: which user of the group was the obstacle, whose approval was missing,
    /// what was lost. The *newcomer* of a message or call is its sender.
    ///
    /// ```
    /// use chatwarden::coverage::Case;
    /// use chatwarden::model::NamedEnum;
    /// assert_eq!(Case::OnlyOwner.about(), "the owner alone is not compatible with the newcomer");
    /// ```
    pub enum Case {
        OnlyInviter = "only-the-inviter":
            "the inviter, who does not own the group, alone is not compatible with the newcomer"
            at { Uncleared: [Create, Invite, Accept] }
        OnlyOwner = "only-the-owner": "the owner alone is not compatible with the newcomer"
            at { Uncleared: ENTERING | SENDING }
        OnlyOwningInviter = "only-the-owner-who-invites":
            "the inviter, who owns the group, alone is not compatible with the newcomer"
            at { Uncleared: [Invite, Accept] }
        OnlyMember = "only-another-member":
            "a member who neither invites nor owns the group alone is not compatible with the newcomer"
            at { Uncleared: ENTERING | SENDING }
        OnlyLauncher = "only-the-former-owner":
            "a member who launched the group and owns it no more alone is not compatible with the newcomer"
            needs History at { Uncleared: ENTERING | SENDING }
        OnlyInvitee = "only-another-invitee":
            "somebody else who is invited alone is not compatible with the newcomer"
            at { Uncleared: [Create] | ENTERING }
        NoMember = "no-member": "no member at all is compatible with the newcomer"
            at { Uncleared: ENTERING }
        NobodyToAsk = "nobody-to-ask": "the rule asks for the owner, and the group has none"
            at { Uncleared: ENTERING }
        OnceTogether = "once-together":
            "who is not compatible with the newcomer is or was in a group with them"
            needs History at { Uncleared: [Direct, Create] | ENTERING }
        SharedElsewhere = "shared-elsewhere":
            "the newcomer shares another group with the inviter, who is not the obstacle"
            needs SecondGroup at { Uncleared: [Invite] }
        AllowedBefore = "allowed-before": "the same was allowed before"
            needs History at { Uncleared: [Direct] | ENTERING | SENDING }
        RefusedBefore = "refused-before": "the same was refused before"
            needs History at { Uncleared }

        NotApproved = "not-approved": "no guardian of the child approved the adult"
            at { Uncleared }
        OwnSideMissing = "own-side-missing": "of two children, the newcomer's guardians alone did not approve"
            at { Uncleared }
        OtherSideMissing = "other-side-missing":
            "of two children, the other's guardians alone did not approve"
            at { Uncleared }
        BothSidesMissing = "both-sides-missing":
            "of two children, neither's guardians approved as they have to"
            at { Uncleared }
        QuorumShort = "quorum-short": "some guardians of a child approved, but not all"
            at { Uncleared }
        OwnBlock = "own-block": "the newcomer alone has blocked the other, and nothing else is in the way"
            at { Uncleared }
        OtherBlock = "other-block": "the other alone has blocked the newcomer, and nothing else is in the way"
            at { Uncleared }

        OneApproval = "one-approval": "not all of several guardians approved, and that sufficed"
            at { Allowed: [Direct, Create] | ENTERING | SENDING }
        AllApprovals = "all-approvals": "all of several guardians approved, as they have to"
            at { Allowed: [Direct, Create] | ENTERING | SENDING }
        OneSide = "one-side": "of two children, one's guardians approved, and that sufficed"
            at { Allowed: [Direct, Create] | ENTERING | SENDING }
        AdultsWhoBlocked = "adults-who-blocked":
            "of two adults, one has blocked the other, and they may share the group all the same"
            at { Allowed: [Create] | ENTERING | SENDING }
        OneContact = "one-contact": "one member of several is compatible with the newcomer, and that sufficed"
            at { Allowed: ENTERING }
        AmongStrangers = "among-strangers":
            "a member is not compatible with the newcomer, and the rule does not ask"
            at { Allowed: ENTERING | SENDING }

        ByChild = "by-a-child": "a child acts"
            at { Allowed: CHATTING }
        ByAdult = "by-an-adult": "an adult acts"
            at { Allowed: CHATTING }
        ToChild = "to-a-child": "it is done to a child"
            at { Allowed: TARGETING, TargetIsGuardian }
        ToAdult = "to-an-adult": "it is done to an adult"
            at { Allowed: TARGETING, TargetIsGuardian }

        ByGuardian = "by-a-guardian": "a guardian acts, who does not chat"
            at { ActorIsMember, ActorIsInvited, ActorIsOwner }
        ByOwner = "by-the-owner": "the owner acts"
            at { Allowed: [Invite, Cancel, Leave] | SENDING, ActorIsOutside, ActorIsInvited }
        ByMember = "by-a-member": "a member acts who does not own the group"
            at { Allowed: [Invite, Cancel, Leave] | SENDING, ActorIsOutside, ActorIsInvited, ActorIsOwner }
        ByInvitee = "by-an-invitee": "somebody acts who is invited"
            at { Allowed: [Join], ActorIsMember, ActorIsOwner }
        ByOutsider = "by-an-outsider": "somebody acts who is neither in the group nor invited"
            at { Allowed: [Join], ActorIsMember, ActorIsInvited, ActorIsOwner }
        ByFormerOwner = "by-a-former-owner": "somebody acts who owned the group once"
            needs History at { ActorIsOwner }
        ByFormerMember = "by-a-former-member": "somebody acts who was a member once"
            needs History at { Allowed: [Accept, Join], Uncleared: [Accept, Join], ActorIsMember }
        ByRemovedMember = "by-a-removed-member": "somebody acts whom somebody else took out of the group"
            needs History at { ActorIsMember }
        ByFormerInviter = "by-a-former-inviter": "somebody acts who invited the same user once"
            needs History at { ActorIssuedOrOwns }
        ByReturnedOwner = "by-a-returned-owner":
            "somebody acts who owned the group once, departed, and is a member again"
            needs History at { ActorIsOwner }
        UsedInvitation = "used-invitation": "somebody outside acts who accepted an invitation once"
            needs History at { ActorIsInvited: [Accept] }
        CancelledInvitation = "cancelled-invitation":
            "somebody outside acts whose invitation was cancelled"
            needs History at { ActorIsInvited: [Accept, Decline] }
        DeclinedInvitation = "declined-invitation":
            "somebody outside acts who declined an invitation"
            needs History at { ActorIsInvited: [Accept, Decline] }
        KnowsLink = "knows-the-link": "somebody acts who was a member while the link was open"
            needs History at { LinkIsOpen }
        OwnsElsewhere = "owns-elsewhere": "somebody acts who owns another group"
            needs SecondGroup at { ActorIsOwner }
        MemberElsewhere = "member-elsewhere": "somebody acts who is a member of another group"
            needs SecondGroup at { ActorIsMember }
        InvitedElsewhere = "invited-elsewhere": "somebody outside acts who is invited into another group"
            needs SecondGroup at { ActorIsInvited }
        BannedElsewhere = "banned-elsewhere": "the newcomer is banned in another group"
            needs SecondGroup at { Allowed: [Invite, Join] }
        AlsoElsewhere = "also-elsewhere":
            "in another group the same is allowed too, and would have an effect of its own"
            needs SecondGroup at { Allowed: IN_GROUP }
        ToOwner = "to-the-owner": "it is done to the owner"
            at { TargetIsOutside, TargetIsInvited }
        ToMember = "to-a-member": "it is done to a member who does not own the group"
            at { Allowed: [Ban], TargetIsOutside, TargetIsInvited }
        ToInvitee = "to-an-invitee": "it is done to somebody who is invited"
            at { Allowed: [Ban], TargetIsMember }
        ToOutsider = "to-an-outsider": "it is done to somebody who is neither in the group nor invited"
            at { Allowed: [Ban], TargetIsMember, TargetIsInvited }
        ToFormerMember = "to-a-former-member": "it is done to somebody who was a member once"
            needs History at { Allowed: [Invite, Unban], Uncleared: [Invite] }
        ToBanned = "to-somebody-banned": "it is done to somebody who is banned"
            at { TargetIsMember }
        SinceLaunch = "since-the-launch": "whom it is about was named at the launch of the group"
            needs History at { Allowed: ANSWERING | LEAVING | [Transfer] }
        SinceInvitation = "since-an-invitation": "whom it is about was invited after the launch"
            needs History at { Allowed: ANSWERING | LEAVING | [Transfer] }
        SinceJoining = "since-joining": "whom it is about joined by the link"
            needs History at { Allowed: LEAVING | [Transfer] }

        ByTheChild = "by-the-child-itself": "the child acts whom it is about"
            at { ActorIsGuardian }
        ByTheTarget = "by-the-target-itself": "the contact, or the guardian, acts whom it is about"
            at { Allowed: [RemoveGuardian], ActorIsGuardian: [Approve, Revoke, AddGuardian] }
        ByOtherGuardian = "by-another-guardian": "a guardian acts who does not look after the child"
            at { ActorIsGuardian }
        ByFormerGuardian = "by-a-former-guardian": "a guardian acts who looked after the child once"
            needs History at { ActorIsGuardian }
        ByBystander = "by-a-bystander": "somebody who chats acts whom it is not about"
            at { ActorIsGuardian }

        StillAuthorized = "still-authorized": "it changes something, and no child loses an authorization"
            at { Allowed: SETTLING }
        LostUnshared = "lost-unshared": "two lose their authorization who share no active group"
            at { Allowed: SETTLING }
        LostShared = "lost-in-a-group": "two lose their authorization who share a group"
            at { Allowed: SETTLING }
        LostInTwoGroups = "lost-in-two-groups": "two lose their authorization who share two groups"
            needs SecondGroup at { Allowed: SETTLING }
        LostInFrozenGroup = "lost-in-a-frozen-group": "two lose their authorization who share a frozen group"
            at { Allowed: SETTLING }
        LostBetweenChildren = "lost-between-children":
            "two children lose their authorization who share a group"
            at { Allowed: SETTLING }
        LostWithAdult = "lost-with-an-adult":
            "a child and an adult lose their authorization who share a group"
            at { Allowed: SETTLING }
        LostToAdult = "lost-to-an-adult":
            "an adult takes away the authorization with a child with whom they share a group"
            at { Allowed: [Block] }
        LostWithOwner = "lost-with-the-owner":
            "two lose their authorization who share a group that one of them owns"
            at { Allowed: SETTLING }
        LostBesideOthers = "lost-beside-others": "two lose their authorization who share a group with others"
            at { Allowed: SETTLING }
        LostTwice = "lost-twice":
            "several pairs lose their authorization at once, one of which at least shares a group"
            at { Allowed: [AddGuardian, RemoveGuardian] }
        LostWhileInvited = "lost-while-invited":
            "two lose their authorization of whom one is invited into the other's group"
            at { Allowed: SETTLING }
        OthersApproval = "others-approval":
            "the approval that is taken back was given by other guardians alone"
            at { Allowed: [Revoke] }
        BesideBlock = "beside-a-block": "of the two, one has blocked the other, and that stays"
            at { Allowed: [Approve, Revoke, Block, Unblock] }
        ChangesNothing = "changes-nothing": "everything is already as it is to be"
            at { Allowed: [Approve, Revoke, AddGuardian, Block, Unblock, OpenLink, CloseLink] }
        Again = "again": "the same was done before, has been undone, and is done again"
            needs History at { Allowed: REPEATABLE }
        LostAgain = "lost-again": "it is done again, and two lose their authorization who share a group"
            needs History at { Allowed: SETTLING }
        Reunited = "reunited": "two become authorized of whom one was a member of the other's group once"
            needs History at { Allowed: [Approve, Unblock] }
        ToReturning = "to-a-returning-guardian":
            "a guardian comes back who was taken from the child while an approval of theirs stood"
            needs History at { Allowed: [AddGuardian] }

        LastMember = "last-member": "the last member departs, and the group is over"
            at { Allowed: [Leave] }
        InvitationsStay = "invitations-stay": "a member departs whose invitations stay"
            at { Allowed: LEAVING }
        LinkStays = "link-stays": "the owner departs, and the link stays open"
            at { Allowed: [Leave] }
        InFrozenGroup = "in-a-frozen-group": "the group is frozen"
            at { Allowed: LEAVING | [Decline, Cancel, CloseLink, Unban, Transfer, Dissolve] }
        WithOthers = "with-others": "the group has other members"
            at { Allowed: [Dissolve] }
        WithInvitations = "with-invitations": "the group has pending invitations"
            at { Allowed: [Dissolve] }
        BesideInvitations = "beside-invitations": "somebody else is invited"
            at { Allowed: SENDING | [Accept, Decline, Cancel, Join, Ban], ActorIsInvited }
        BesideDeparted = "beside-somebody-departed": "somebody was a member once and is none now"
            needs History at { Allowed: SENDING }
        BesideBlocks = "beside-other-blocks": "the actor has blocked somebody else"
            at { Allowed: [Unblock] }
        BesideBans = "beside-bans": "somebody else is banned"
            at { Allowed: [Ban, Unban] }
        WithLink = "with-link": "the group's link is open"
            at { Allowed: [Dissolve, CloseLink] }
        WithNobody = "with-nobody": "nobody comes along"
            at { Allowed: [Create] }
        WithOne = "with-one": "one user comes along"
            at { Allowed: [Create] }
        WithSeveral = "with-several": "several users come along"
            at { Allowed: [Create] }
        InviterGone = "inviter-gone": "the inviter is no member any more"
            at { Allowed: [Accept] }
        NoOwner = "no-owner": "the group has no owner"
            at { Allowed: ENTERING | SENDING }
        DeliveredToAll = "delivered-to-all": "all other members, of which there are some, receive it"
            at { Allowed: SENDING }
        DeliveredToSome = "delivered-to-some": "some of the other members receive it"
            at { Allowed: SENDING }
        DeliveredToNobody = "delivered-to-nobody": "nobody receives it"
            at { Allowed: SENDING }
    }
}

impl Case {
    /// Whether a state alone does not show it, because it depends on the commands before.
    pub const fn needs_history(self) -> bool {
        matches!(ROWS[self as usize].needs, Needs::History)
    }

    /// Whether a state with one group cannot show it.
    pub const fn needs_second_group(self) -> bool {
        matches!(ROWS[self as usize].needs, Needs::SecondGroup)
    }

    /// Whether the case can be seen at that outcome of such a command, under any policy.
    pub fn fits(self, kind: K, outcome: DecidedBy) -> bool {
        CaseSet::fitting(kind, outcome).contains(self)
    }
}

/// A set of cases.
#[derive(Clone, Copy)]
pub(super) struct CaseSet(u128);

const _: () = assert!(Case::ALL.len() <= u128::BITS as usize, "each case has a bit");

impl CaseSet {
    /// The cases that fit the outcome of a command of the kind.
    #[inline]
    pub(super) fn fitting(kind: K, outcome: DecidedBy) -> Self {
        static FITTING: LazyLock<Vec<[CaseSet; OUTCOMES]>> = LazyLock::new(CaseSet::by_outcome);
        FITTING[kind.index()][outcome.number(kind)]
    }

    fn by_outcome() -> Vec<[CaseSet; OUTCOMES]> {
        let mut table = vec![[CaseSet(0); OUTCOMES]; K::ALL.len()];
        for (case, row) in ROWS.iter().enumerate() {
            for &(outcomes, kinds) in row.at {
                for &kind in K::ALL.iter().filter(|kind| kinds.contains(**kind)) {
                    for outcome in outcomes.iter().filter(|outcome| outcome.is_of(kind)) {
                        table[kind.index()][outcome.number(kind)].0 |= 1 << case;
                    }
                }
            }
        }
        table
    }

    pub(super) const fn contains(self, case: Case) -> bool {
        self.0 >> case as u32 & 1 == 1
    }
}
