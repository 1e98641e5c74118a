//! A policy as a number of mixed base: a digit for each knob, the lowest first. A new knob gets the
//! highest digit, so that older numbers keep their meaning.

use chatwarden_model::{
    Admission, BetweenChildren, DeliverRule, Inviters, Newcomer, NewcomerRule, OnLoss, Policy, Quorum,
    SendRule, Surface,
};

use super::numbering::{Numbering, numbering};

/// Defines the two directions. The braces hold a policy, which serves as a pattern and as a value;
/// then comes the numbering of each knob. It compiles only if every knob is in both.
macro_rules! knobs {
    ({ $($policy:tt)* } $($knob:ident: $numbering:ident),* $(,)?) => {
        /// How many policies there are. It compiles only if the count fits.
        pub(super) const POLICIES: u32 = 1 $(* $numbering.values.len() as u32)*;

        /// The number of a policy.
        pub(super) fn number_of(policy: &Policy) -> u32 {
            let $($policy)* = *policy;
            let digits = [$(($numbering.numbers[$knob as usize], $numbering.values.len())),*];
            let above = |number: u32, (digit, base): &(u8, usize)| number * *base as u32 + u32::from(*digit);
            digits.iter().rev().fold(0, above)
        }

        /// The policy of a number; numbers from [`POLICIES`] on wrap around.
        pub(super) fn policy_of(number: u32) -> Policy {
            let mut rest = number as usize;
            $(
                let $knob = $numbering.values[rest % $numbering.values.len()];
                rest /= $numbering.values.len();
            )*
            let _ = rest;
            $($policy)*
        }
    };
}

knobs! {
    {
        Policy {
            quorum,
            between_children,
            admission,
            inviters,
            links,
            newcomer: Newcomer { create, invite, accept, join },
            message: Surface { send: message_send, deliver: message_deliver },
            call: Surface { send: call_send, deliver: call_deliver },
            on_loss,
        }
    }
    quorum: QUORUMS,
    between_children: BETWEEN_CHILDREN,
    admission: ADMISSIONS,
    inviters: INVITERS,
    links: LINKS,
    create: NEWCOMER_RULES,
    invite: NEWCOMER_RULES,
    accept: NEWCOMER_RULES,
    join: NEWCOMER_RULES,
    message_send: SEND_RULES,
    message_deliver: DELIVER_RULES,
    call_send: SEND_RULES,
    call_deliver: DELIVER_RULES,
    on_loss: ON_LOSS,
}

const QUORUMS: Numbering<Quorum, 2> = numbering!(Quorum: Any, All);
const BETWEEN_CHILDREN: Numbering<BetweenChildren, 2> = numbering!(BetweenChildren: Both, Either);
const ADMISSIONS: Numbering<Admission, 2> = numbering!(Admission: Consent, Direct);
const INVITERS: Numbering<Inviters, 2> = numbering!(Inviters: Members, Owner);
const LINKS: Numbering<bool, 2> = Numbering { values: [false, true], numbers: [0, 1] };
const NEWCOMER_RULES: Numbering<NewcomerRule, 6> =
    numbering!(NewcomerRule: Anyone, Inviter, Owner, AnyMember, EveryMember, EveryMemberAndInvitee);
const SEND_RULES: Numbering<SendRule, 2> = numbering!(SendRule: Anyone, EveryMember);
const DELIVER_RULES: Numbering<DeliverRule, 2> = numbering!(DeliverRule: All, Authorized);
const ON_LOSS: Numbering<OnLoss, 5> =
    numbering!(OnLoss: Nothing, Freeze, RemoveContact, RemoveChild, Dissolve);
