//! The knobs of a policy as a table: the name in files, the meaning and the values of each.
//!
//! `policy` declares the values.

use alloc::vec::Vec;

use crate::named_enum;
use crate::named_enum::NamedEnum;
use crate::policy::{
    Admission, BetweenChildren, DeliverRule, Inviters, NewcomerRule, OnLoss, Policy, Quorum, SendRule,
};

/// A value of a knob.
///
/// ```
/// use chatwarden_model::{Knob, Policy};
/// let value = Knob::Admission.value(&Policy::DEFAULT);
/// assert_eq!((value.name, value.about), ("consent", "an invitation waits to be accepted"));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KnobValue {
    /// The value in files, where `true` and `false` have no quotes.
    pub name: &'static str,
    /// The meaning, in one line without a final period.
    pub about: &'static str,
}

/// A type of values of a knob.
trait Choice: Sized + 'static {
    /// Every value, in the order of the semantics.
    const CHOICES: &'static [Self];

    fn described(&self) -> KnobValue;
}

impl<E: NamedEnum> Choice for E {
    const CHOICES: &'static [Self] = E::ALL;

    fn described(&self) -> KnobValue {
        KnobValue { name: self.name(), about: self.about() }
    }
}

/// Whether there are links is the only choice between yes and no. A second one needs a type of its own.
impl Choice for bool {
    const CHOICES: &'static [Self] = &[true, false];

    fn described(&self) -> KnobValue {
        match self {
            true => KnobValue { name: "true", about: "an owner may open a link by which one joins" },
            false => KnobValue { name: "false", about: "there are no links" },
        }
    }
}

fn choices<C: Choice>() -> Vec<KnobValue> {
    C::CHOICES.iter().map(C::described).collect()
}

macro_rules! knobs {
    ($($knob:ident = $name:literal: $about:literal, $($field:ident).+: $values:ty;)*) => {
        named_enum! {
            /// A knob of a policy. A knob within a group of knobs is named with a dot.
            ///
            /// ```
            /// use chatwarden_model::{Knob, NamedEnum};
            /// assert_eq!(Knob::named("newcomer.invite"), Some(Knob::NewcomerInvite));
            /// ```
            pub enum Knob { $($knob = $name: $about),* }
        }

        impl Knob {
            /// The values that the knob can have.
            pub fn values(self) -> Vec<KnobValue> {
                match self { $(Knob::$knob => choices::<$values>()),* }
            }

            /// The value that the knob has in a policy.
            pub fn value(self, policy: &Policy) -> KnobValue {
                match self { $(Knob::$knob => Choice::described(&policy.$($field).+)),* }
            }
        }
    };
}

knobs! {
    Quorum = "quorum": "how many of a child's guardians must approve a contact",
        quorum: Quorum;
    BetweenChildren = "between-children": "the approvals that two children need",
        between_children: BetweenChildren;
    Admission = "admission": "the effect of an invitation",
        admission: Admission;
    Inviters = "inviters": "the users who may invite",
        inviters: Inviters;
    Links = "links": "whether one can join by a link",
        links: bool;
    NewcomerCreate = "newcomer.create": "the users with whom a newcomer must be compatible when a group is created",
        newcomer.create: NewcomerRule;
    NewcomerInvite = "newcomer.invite": "the users with whom a newcomer must be compatible to be invited",
        newcomer.invite: NewcomerRule;
    NewcomerAccept = "newcomer.accept": "the users with whom a newcomer must be compatible to accept an invitation",
        newcomer.accept: NewcomerRule;
    NewcomerJoin = "newcomer.join": "the users with whom a newcomer must be compatible to join by a link",
        newcomer.join: NewcomerRule;
    MessageSend = "message.send": "when a member may write to a group",
        message.send: SendRule;
    MessageDeliver = "message.deliver": "the members who receive a message to a group",
        message.deliver: DeliverRule;
    CallSend = "call.send": "when a member may call a group",
        call.send: SendRule;
    CallDeliver = "call.deliver": "the members whom a call to a group reaches",
        call.deliver: DeliverRule;
    OnLoss = "on-loss": "the change of a shared group when two members, at least one a child, lose their authorization",
        on_loss: OnLoss;
}
