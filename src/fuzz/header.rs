//! The header of an input: which cast, how many groups and which policy it is about, or that its target knows.
//!
//! The bytes are laid out in `codec`.

use std::sync::OnceLock;

use chatwarden_model::{Admission, BetweenChildren, DeliverRule, Inviters, OnLoss, Quorum};
use chatwarden_model::{
    Cast, MAX_GROUPS, NamedEnum, Newcomer, NewcomerRule, Policy, Preset, SendRule, Setup, Surface,
};

use super::codec::{Input, UnknownVersion, number_of};
use crate::format::{BuiltInCast, CastSpec, NamedSetup, Names, PolicySpec};
use crate::generate::Choices;

/// What the numbers of casts stand for, from 1.
const CASTS: [BuiltInCast; 2] = [BuiltInCast::Small, BuiltInCast::Family];

/// What the numbers of policies stand for, from 1.
const PRESETS: [Preset; 7] = [
    Preset::MessengerKids,
    Preset::MessengerKids2019,
    Preset::PairwiseConsent,
    Preset::AtLeastOneContact,
    Preset::AdderOnly,
    Preset::InviteTimeOnly,
    Preset::NoContactRule,
];

/// What an input says of cast, groups and policy: its header.
///
/// ```
/// use chatwarden::fuzz::Header;
/// use chatwarden::format::NamedSetup;
/// let header = Header::of(&NamedSetup::default());
/// assert_eq!(Header::read(&header.bytes()), Ok(header));
/// assert_eq!(header.named_setup(&NamedSetup::default()), NamedSetup::default());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Header {
    cast: u8,
    groups: u8,
    policy: u8,
    knobs: u32,
}

impl Header {
    /// A header that leaves everything to the target.
    pub const OWN: Header = Header { cast: 0, groups: 0, policy: 0, knobs: 0 };

    /// The header that says all of a setup that can be said: a cast that is not built in is left to the target.
    pub fn of(named: &NamedSetup) -> Self {
        let cast = match named.cast {
            CastSpec::BuiltIn(cast) => 1 + number_of(&CASTS, &cast),
            CastSpec::Full(_) => 0,
        };
        let (policy, knobs) = match named.policy {
            PolicySpec::Preset(preset) => (1 + number_of(&PRESETS, &preset), 0),
            PolicySpec::Full(policy) => (1 + PRESETS.len() as u8, knobs(&policy)),
        };
        Header { cast, groups: 1 + named.groups.len() as u8, policy, knobs }
    }

    /// One of all that a header can say: a built-in cast, at least one group, a preset or any policy.
    pub fn any(choices: &mut impl Choices) -> Self {
        let cast = 1 + choices.below(CASTS.len()) as u8;
        let groups = 2 + choices.below(3) as u8;
        let policy = 1 + choices.below(PRESETS.len() + 1) as u8;
        let is_full = usize::from(policy) > PRESETS.len();
        Header { cast, groups, policy, knobs: if is_full { choices.below(1 << 24) as u32 } else { 0 } }
    }

    /// Reads the header of an input; bytes that are missing are zero.
    ///
    /// # Errors
    /// If the input is of another version.
    pub fn read(bytes: &[u8]) -> Result<Self, UnknownVersion> {
        let byte = |at: usize| bytes.get(at).copied().unwrap_or(0);
        match byte(0) {
            Input::VERSION => Ok(Header {
                cast: byte(1),
                groups: byte(2),
                policy: byte(3),
                knobs: u32::from_le_bytes([byte(4), byte(5), byte(6), byte(7)]),
            }),
            other => Err(UnknownVersion(other)),
        }
    }

    /// The header as bytes.
    pub fn bytes(&self) -> [u8; Input::WIDTH] {
        let knobs = self.knobs.to_le_bytes();
        [Input::VERSION, self.cast, self.groups, self.policy, knobs[0], knobs[1], knobs[2], knobs[3]]
    }

    /// Whether the cast is left to the target.
    pub const fn leaves_cast(&self) -> bool {
        self.cast == 0
    }

    /// Whether the policy is left to the target.
    pub const fn leaves_policy(&self) -> bool {
        self.policy == 0
    }

    /// What is tested: what the header says, and the target's own for the rest.
    pub fn named_setup(&self, own: &NamedSetup) -> NamedSetup {
        NamedSetup {
            cast: self.cast().map_or_else(|| own.cast.clone(), CastSpec::BuiltIn),
            groups: self.groups().map_or_else(|| own.groups.clone(), Names::numbered),
            policy: self.policy().unwrap_or(own.policy),
        }
    }

    /// As [`Header::named_setup`], without names.
    pub fn setup(&self, own: &Setup) -> Setup {
        Setup {
            cast: self.cast().map_or(own.cast, cast_of),
            groups: self.groups().unwrap_or(own.groups),
            policy: self.policy().map_or(own.policy, |spec| spec.policy()),
        }
    }

    fn cast(&self) -> Option<BuiltInCast> {
        let nth = usize::from(self.cast.checked_sub(1)?);
        Some(CASTS[nth % CASTS.len()])
    }

    fn groups(&self) -> Option<usize> {
        let count = usize::from(self.groups.checked_sub(1)?);
        Some(count % (MAX_GROUPS + 1))
    }

    fn policy(&self) -> Option<PolicySpec> {
        let nth = usize::from(self.policy.checked_sub(1)?);
        let preset = PRESETS.get(nth % (PRESETS.len() + 1));
        Some(
            preset.map_or_else(
                || PolicySpec::Full(policy_of(self.knobs)),
                |preset| PolicySpec::Preset(*preset),
            ),
        )
    }
}

/// The users of a built-in cast, without making their names.
fn cast_of(cast: BuiltInCast) -> Cast {
    static MADE: OnceLock<Vec<Cast>> = OnceLock::new();
    let made = MADE.get_or_init(|| BuiltInCast::ALL.iter().map(|cast| cast.named_cast().cast).collect());
    made[cast.index()]
}

/// A policy as a number of mixed base: a digit for each knob, of which a later one can be added at the end.
fn knobs(policy: &Policy) -> u32 {
    let mut number = Number { value: 0, scale: 1 };
    let Policy { quorum, between_children, admission, inviters, links, newcomer, message, call, on_loss } =
        policy;
    number.push(&QUORUMS, quorum);
    number.push(&BETWEEN_CHILDREN, between_children);
    number.push(&ADMISSIONS, admission);
    number.push(&INVITERS, inviters);
    number.push(&[false, true], links);
    for rule in [newcomer.create, newcomer.invite, newcomer.accept, newcomer.join] {
        number.push(&NEWCOMER_RULES, &rule);
    }
    for surface in [message, call] {
        number.push(&SEND_RULES, &surface.send);
        number.push(&DELIVER_RULES, &surface.deliver);
    }
    number.push(&ON_LOSS, on_loss);
    number.value
}

fn policy_of(knobs: u32) -> Policy {
    let mut number = Number { value: knobs, scale: 1 };
    Policy {
        quorum: number.pull(&QUORUMS),
        between_children: number.pull(&BETWEEN_CHILDREN),
        admission: number.pull(&ADMISSIONS),
        inviters: number.pull(&INVITERS),
        links: number.pull(&[false, true]),
        newcomer: Newcomer {
            create: number.pull(&NEWCOMER_RULES),
            invite: number.pull(&NEWCOMER_RULES),
            accept: number.pull(&NEWCOMER_RULES),
            join: number.pull(&NEWCOMER_RULES),
        },
        message: Surface { send: number.pull(&SEND_RULES), deliver: number.pull(&DELIVER_RULES) },
        call: Surface { send: number.pull(&SEND_RULES), deliver: number.pull(&DELIVER_RULES) },
        on_loss: number.pull(&ON_LOSS),
    }
}

/// A number whose digits have bases of their own, the lowest first.
struct Number {
    value: u32,
    scale: u32,
}

impl Number {
    fn push<W: PartialEq>(&mut self, table: &[W], word: &W) {
        self.value += u32::from(number_of(table, word)) * self.scale;
        self.scale *= table.len() as u32;
    }

    fn pull<W: Copy>(&mut self, table: &[W]) -> W {
        let digit = self.value / self.scale % table.len() as u32;
        self.scale *= table.len() as u32;
        table[digit as usize]
    }
}

const QUORUMS: [Quorum; 2] = [Quorum::Any, Quorum::All];
const BETWEEN_CHILDREN: [BetweenChildren; 2] = [BetweenChildren::Both, BetweenChildren::Either];
const ADMISSIONS: [Admission; 2] = [Admission::Consent, Admission::Direct];
const INVITERS: [Inviters; 2] = [Inviters::Members, Inviters::Owner];
const NEWCOMER_RULES: [NewcomerRule; 6] = [
    NewcomerRule::Anyone,
    NewcomerRule::Inviter,
    NewcomerRule::Owner,
    NewcomerRule::AnyMember,
    NewcomerRule::EveryMember,
    NewcomerRule::EveryMemberAndInvitee,
];
const SEND_RULES: [SendRule; 2] = [SendRule::Anyone, SendRule::EveryMember];
const DELIVER_RULES: [DeliverRule; 2] = [DeliverRule::All, DeliverRule::Authorized];
const ON_LOSS: [OnLoss; 5] =
    [OnLoss::Nothing, OnLoss::Freeze, OnLoss::RemoveContact, OnLoss::RemoveChild, OnLoss::Dissolve];
