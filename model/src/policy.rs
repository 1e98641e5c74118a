//! The policy, which has one value for each knob, and the presets.
//!
//! `knob` lists the knobs with their values. `decide`, `relation` and `step` read the knobs.

use crate::named_enum;

named_enum! {
    /// The number of a child's guardians who must approve a contact.
    ///
    /// ```
    /// use chatwarden_model::{Preset, Quorum};
    /// assert_eq!(Preset::MessengerKids.policy().quorum, Quorum::Any);
    /// ```
    pub enum Quorum {
        Any = "any": "one guardian's approval suffices",
        All = "all": "every guardian of the child must approve",
    }
}

named_enum! {
    /// The approvals that two children need to be authorized with each other.
    ///
    /// ```
    /// use chatwarden_model::{BetweenChildren, Preset};
    /// assert_eq!(Preset::MessengerKids.policy().between_children, BetweenChildren::Both);
    /// ```
    pub enum BetweenChildren {
        Both = "both": "each is approved for the other",
        Either = "either": "one is approved for the other",
    }
}

named_enum! {
    /// The effect of an invitation.
    ///
    /// ```
    /// use chatwarden_model::{Admission, Preset};
    /// assert_eq!(Preset::PairwiseConsent.policy().admission, Admission::Consent);
    /// ```
    pub enum Admission {
        Consent = "consent": "an invitation waits to be accepted",
        Direct = "direct": "an invitation adds at once",
    }
}

named_enum! {
    /// The users who may invite.
    ///
    /// ```
    /// use chatwarden_model::{Inviters, Preset};
    /// assert_eq!(Preset::NoContactRule.policy().inviters, Inviters::Members);
    /// ```
    pub enum Inviters {
        Members = "members": "every member may invite",
        Owner = "owner": "only the owner may invite",
    }
}

named_enum! {
    /// The users with whom a newcomer must be compatible.
    ///
    /// ```
    /// use chatwarden_model::{NewcomerRule, Preset};
    /// assert_eq!(Preset::MessengerKids2019.policy().newcomer.invite, NewcomerRule::Inviter);
    /// ```
    pub enum NewcomerRule {
        Anyone = "anyone": "with nobody in particular",
        Inviter = "inviter": "with the inviter",
        Owner = "owner": "with the owner of the group",
        AnyMember = "any-member": "with at least one member",
        EveryMember = "every-member": "with every member",
        EveryMemberAndInvitee = "every-member-and-invitee": "with every member and every other pending invitee",
    }
}

named_enum! {
    /// The condition under which a member may send to a group.
    ///
    /// ```
    /// use chatwarden_model::{Preset, SendRule};
    /// assert_eq!(Preset::PairwiseConsent.policy().call.send, SendRule::EveryMember);
    /// ```
    pub enum SendRule {
        Anyone = "anyone": "always",
        EveryMember = "every-member": "when compatible with every other member",
    }
}

named_enum! {
    /// The members who receive what is sent to a group.
    ///
    /// ```
    /// use chatwarden_model::{DeliverRule, Preset};
    /// assert_eq!(Preset::AdderOnly.policy().message.deliver, DeliverRule::All);
    /// ```
    pub enum DeliverRule {
        All = "all": "every other member",
        Authorized = "authorized": "every other member who is compatible with the sender",
    }
}

named_enum! {
    /// The change of a shared group when two members, at least one a child, lose their authorization.
    ///
    /// ```
    /// use chatwarden_model::{OnLoss, Preset};
    /// assert_eq!(Preset::MessengerKids.policy().on_loss, OnLoss::Freeze);
    /// ```
    pub enum OnLoss {
        Nothing = "nothing": "both stay",
        Freeze = "freeze": "the group is frozen",
        RemoveContact = "remove-contact": "the contact departs",
        RemoveChild = "remove-child": "the child departs",
        Dissolve = "dissolve": "the group is dissolved",
    }
}

/// The newcomer rule for each of the four commands by which users become members.
///
/// ```
/// use chatwarden_model::{Newcomer, NewcomerRule};
/// assert_eq!(Newcomer::everywhere(NewcomerRule::Inviter).join, NewcomerRule::Inviter);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Newcomer {
    /// For the users with whom a group is created.
    pub create: NewcomerRule,
    /// For a user who is invited.
    pub invite: NewcomerRule,
    /// For a user who accepts an invitation.
    pub accept: NewcomerRule,
    /// For a user who joins by a link.
    pub join: NewcomerRule,
}

impl Newcomer {
    /// The same rule for all four commands.
    pub const fn everywhere(rule: NewcomerRule) -> Self {
        Newcomer { create: rule, invite: rule, accept: rule, join: rule }
    }
}

/// The rules for sending to a group on one surface: messages or calls.
///
/// ```
/// use chatwarden_model::{DeliverRule, SendRule, Surface};
/// assert_eq!(Surface::OPEN, Surface { send: SendRule::Anyone, deliver: DeliverRule::All });
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Surface {
    /// The condition under which a member may send.
    pub send: SendRule,
    /// The members who receive.
    pub deliver: DeliverRule,
}

impl Surface {
    /// Every member may send to all.
    pub const OPEN: Surface = Surface { send: SendRule::Anyone, deliver: DeliverRule::All };
    /// A member sends only when compatible with every other member, and delivery is checked once more.
    pub const GUARDED: Surface = Surface { send: SendRule::EveryMember, deliver: DeliverRule::Authorized };
}

/// The rules that are to keep the promises: one value for each knob.
///
/// ```
/// use chatwarden_model::{OnLoss, Policy, Preset};
/// let policy = Policy { on_loss: OnLoss::Dissolve, ..Preset::MessengerKids.policy() };
/// assert!(!policy.links);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Policy {
    /// The number of guardians who must approve a contact.
    pub quorum: Quorum,
    /// The approvals that two children need.
    pub between_children: BetweenChildren,
    /// The effect of an invitation.
    pub admission: Admission,
    /// The users who may invite.
    pub inviters: Inviters,
    /// Whether an owner may open a link to join by.
    pub links: bool,
    /// The users with whom a newcomer must be compatible.
    pub newcomer: Newcomer,
    /// The rules for messages to a group.
    pub message: Surface,
    /// The rules for calls in a group.
    pub call: Surface,
    /// The change of shared groups when an authorization is lost.
    pub on_loss: OnLoss,
}

named_enum! {
    /// A policy with a name. Each describes the rules of a kind of product.
    ///
    /// ```
    /// use chatwarden_model::{Preset, NamedEnum};
    /// assert_eq!(Preset::named("adder-only"), Some(Preset::AdderOnly));
    /// ```
    pub enum Preset {
        MessengerKids = "messenger-kids": "what Messenger Kids promised: a newcomer is authorized with every member, and a loss freezes the group",
        MessengerKids2019 = "messenger-kids-2019": "the reported defect: a newcomer is compared with the inviter only",
        PairwiseConsent = "pairwise-consent": "invitations are accepted, everyone is compared with everyone at every step",
        AtLeastOneContact = "at-least-one-contact": "one member who is a contact suffices (Apple's Communication Limits)",
        AdderOnly = "adder-only": "only who adds somebody must be a contact (\"who can add me to groups\")",
        InviteTimeOnly = "invite-time-only": "inviter and invitee are compared at the invitation, nothing later (gematik TI-Messenger)",
        NoContactRule = "no-contact-rule": "roles and bans, no contact graph (Matrix and XMPP defaults)",
    }
}

impl Policy {
    /// The default of every knob. A preset has it wherever it says nothing else.
    pub const DEFAULT: Policy = Policy {
        quorum: Quorum::Any,
        between_children: BetweenChildren::Both,
        admission: Admission::Consent,
        inviters: Inviters::Members,
        links: false,
        newcomer: Newcomer::everywhere(NewcomerRule::EveryMember),
        message: Surface::OPEN,
        call: Surface::OPEN,
        on_loss: OnLoss::Nothing,
    };
}

impl Preset {
    /// The policy of this preset, as in the table of `docs/semantics.md`.
    pub const fn policy(self) -> Policy {
        use NewcomerRule::{AnyMember, Anyone, Inviter};
        let base = Policy::DEFAULT;
        let by_adder = Newcomer { create: Inviter, invite: Inviter, accept: Anyone, join: Anyone };
        match self {
            Preset::MessengerKids => Policy { admission: Admission::Direct, on_loss: OnLoss::Freeze, ..base },
            Preset::MessengerKids2019 => {
                Policy { admission: Admission::Direct, newcomer: Newcomer::everywhere(Inviter), ..base }
            }
            Preset::PairwiseConsent => Policy {
                links: true,
                message: Surface::GUARDED,
                call: Surface::GUARDED,
                on_loss: OnLoss::RemoveContact,
                ..base
            },
            Preset::AtLeastOneContact => Policy { newcomer: Newcomer::everywhere(AnyMember), ..base },
            Preset::AdderOnly => {
                Policy { admission: Admission::Direct, links: true, newcomer: by_adder, ..base }
            }
            Preset::InviteTimeOnly => Policy { newcomer: by_adder, ..base },
            Preset::NoContactRule => Policy { links: true, newcomer: Newcomer::everywhere(Anyone), ..base },
        }
    }
}
