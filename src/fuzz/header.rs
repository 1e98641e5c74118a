//! The header of an input: its version, and which cast, how many groups and which policy it is
//! about, or that it leaves them to its target.
//!
//! | byte | meaning |
//! | --- | --- |
//! | 0 | the version, 1 |
//! | 1 | the cast: 0 is the target's own, then the built-in ones |
//! | 2 | the number of groups: 0 is the target's own, then 0 groups and up |
//! | 3 | the policy: 0 is the target's own, then the presets, then the one that bytes 4 to 7 hold |
//! | 4 to 7 | a policy as a number, the lowest byte first; see `knobs` |

use std::fmt;
use std::sync::OnceLock;

use chatwarden_model::{Cast, MAX_GROUPS, NamedEnum, Preset, Setup};

use super::knobs;
use super::numbering::{Numbering, numbering};
use crate::format::{BuiltInCast, CastSpec, NamedSetup, Names, PolicySpec};
use crate::generate::Choices;

/// The numbers of casts; a header holds them plus one.
const CASTS: Numbering<BuiltInCast, 2> = numbering!(BuiltInCast: Small, Family);

/// The numbers of policies; a header holds them plus one.
const PRESETS: Numbering<Preset, 7> = numbering!(
    Preset: MessengerKids,
    MessengerKids2019,
    PairwiseConsent,
    AtLeastOneContact,
    AdderOnly,
    InviteTimeOnly,
    NoContactRule,
);

/// Below this number [`Header::any`] draws policies.
const DRAWN_POLICIES: usize = 1 << 24;
const _: () = assert!(knobs::POLICIES as usize <= DRAWN_POLICIES, "every policy is drawn");

/// Bytes that are not an input of a known version.
///
/// ```
/// use chatwarden::fuzz::Header;
/// let error = Header::read(&[7]).unwrap_err();
/// assert_eq!(error.to_string(), "the input is of version 7; this program reads version 1");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UnknownVersion(pub u8);

impl fmt::Display for UnknownVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the input is of version {}; this program reads version {}", self.0, Header::VERSION)
    }
}

impl std::error::Error for UnknownVersion {}

/// The cast, groups and policy of an input, each of which may be left to the target.
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
    /// The version of inputs that is written and read.
    pub const VERSION: u8 = 1;

    /// How many bytes a header takes.
    pub const WIDTH: usize = 8;

    /// A header that leaves everything to the target.
    pub const OWN: Header = Header { cast: 0, groups: 0, policy: 0, knobs: 0 };

    /// The header of a setup. A cast that is not built in cannot be written, and is left to the
    /// target.
    pub fn of(named: &NamedSetup) -> Self {
        let cast = match named.cast {
            CastSpec::BuiltIn(cast) => 1 + CASTS.number(cast),
            CastSpec::Full(_) => 0,
        };
        let (policy, knobs) = match &named.policy {
            PolicySpec::Preset(preset) => (1 + PRESETS.number(*preset), 0),
            PolicySpec::Full(full) => (1 + PRESETS.len() as u8, knobs::number_of(&full.policy)),
        };
        Header { cast, groups: 1 + named.groups.len() as u8, policy, knobs }
    }

    /// A header that leaves nothing to the target: a built-in cast, one to three groups, and a
    /// preset or any policy.
    pub fn any(choices: &mut impl Choices) -> Self {
        let cast = 1 + choices.below(CASTS.len()) as u8;
        let groups = 2 + choices.below(3) as u8;
        let policy = 1 + choices.below(PRESETS.len() + 1) as u8;
        let is_full = usize::from(policy) > PRESETS.len();
        Header { cast, groups, policy, knobs: if is_full { choices.below(DRAWN_POLICIES) as u32 } else { 0 } }
    }

    /// Reads the header at the beginning of an input. Missing bytes count as zero.
    ///
    /// # Errors
    /// If the input is of another version.
    pub fn read(bytes: &[u8]) -> Result<Self, UnknownVersion> {
        let byte = |at: usize| bytes.get(at).copied().unwrap_or(0);
        match byte(0) {
            Header::VERSION => Ok(Header {
                cast: byte(1),
                groups: byte(2),
                policy: byte(3),
                knobs: u32::from_le_bytes([byte(4), byte(5), byte(6), byte(7)]),
            }),
            other => Err(UnknownVersion(other)),
        }
    }

    /// The bytes of the header.
    pub fn bytes(&self) -> [u8; Header::WIDTH] {
        let knobs = self.knobs.to_le_bytes();
        [Header::VERSION, self.cast, self.groups, self.policy, knobs[0], knobs[1], knobs[2], knobs[3]]
    }

    /// True if the cast is left to the target.
    pub const fn leaves_cast(&self) -> bool {
        self.cast == 0
    }

    /// The setup of an input with this header, where `own` is the setup of the target.
    pub fn named_setup(&self, own: &NamedSetup) -> NamedSetup {
        NamedSetup {
            cast: self.cast().map_or_else(|| own.cast.clone(), CastSpec::BuiltIn),
            groups: self.groups().map_or_else(|| own.groups.clone(), Names::numbered),
            policy: self.policy().unwrap_or_else(|| own.policy.clone()),
        }
    }

    /// The same as [`Header::named_setup`], without names.
    pub fn setup(&self, own: &Setup) -> Setup {
        Setup {
            cast: self.cast().map_or(own.cast, cast_of),
            groups: self.groups().unwrap_or(own.groups),
            policy: self.policy().map_or(own.policy, |spec| spec.policy()),
        }
    }

    fn cast(&self) -> Option<BuiltInCast> {
        let nth = usize::from(self.cast.checked_sub(1)?);
        CASTS.value(nth % CASTS.len())
    }

    fn groups(&self) -> Option<usize> {
        let count = usize::from(self.groups.checked_sub(1)?);
        Some(count % (MAX_GROUPS + 1))
    }

    fn policy(&self) -> Option<PolicySpec> {
        let nth = usize::from(self.policy.checked_sub(1)?);
        let preset = PRESETS.value(nth % (PRESETS.len() + 1));
        Some(preset.map_or_else(|| PolicySpec::from(knobs::policy_of(self.knobs)), PolicySpec::Preset))
    }
}

/// The users of a built-in cast. They are kept, so that reading an input allocates nothing.
fn cast_of(cast: BuiltInCast) -> Cast {
    static MADE: OnceLock<Vec<Cast>> = OnceLock::new();
    let made = MADE.get_or_init(|| BuiltInCast::ALL.iter().map(|cast| cast.named_cast().cast).collect());
    made[cast.index()]
}
