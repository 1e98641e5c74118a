//! The certificate of a finding: the search that came upon no shorter trace that shows it.
//!
//! Certificates are read and written here. The meaning of the numbers is that of the search, which also checks them.

use chatwarden_model::{CommandKind, EnumSet, MAX_GROUPS, named_enum};

use super::limits::MAX_STEPS;
use super::record::{Record, record};
use super::shape::{BOOLEAN, Count, HASH, Number, OrElse, word, words};
use super::word::NounOf;

/// More than the number of commands that can be written down with the most users and groups.
const MAX_ALPHABET: u64 = 1 << 32;

record! {
    /// The search that came upon no trace shorter than the scenario's.
    ///
    /// ```
    /// use chatwarden::format::{Minimality, CertificateLevel, Scenario, Source};
    /// # let text = r#"{"chatwarden": 1, "name": "found", "policy": "messenger-kids", "cast": "small", "groups": ["g1"], "steps": [
    /// #   {"command": {"do": "create", "by": "sam", "group": "g1", "with": ["kay"]}, "expect": "deny"}], "finding":
    /// #   {"engine": "fuzz", "adapter": "memory", "fidelity": "exact", "harness": "0.1.0", "verdict": "too-permissive", "at": 0,
    /// #   "message": "…", "minimal": "certified", "certificate": {"level": "product", "below": 1, "groups": 1, "alphabet": 930,
    /// #   "ill-typed": true, "situations": 0, "tried": 0, "renamings": 1, "ground": "00000000075bcd15"}}}"#;
    /// let scenario = Scenario::read(Source::new("found.json", text))?;
    /// let finding = scenario.finding.expect("the harness has found it");
    /// let certificate = finding.certificate.expect("the trace is certified");
    /// assert_eq!((certificate.level, certificate.ground), (CertificateLevel::Product, 123_456_789));
    /// # Ok::<(), chatwarden::format::Error>(())
    /// ```
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    pub struct Certificate = "certificate":
        "The search that came upon no trace shorter than the scenario's."
    {
        /// The traces over which the scenario's is minimal.
        pub level: CertificateLevel = "level": word(),
        /// The number of commands of the trace; every shorter trace was tried.
        pub below: usize = "below": Count(1..=MAX_STEPS),
        /// The number of groups of the search; the scenario names those that the trace needs.
        pub groups: usize = "groups": Count(0..=MAX_GROUPS),
        /// The kinds of commands of which traces were made; left out, all.
        pub commands: EnumSet<CommandKind> = "commands": OrElse(words("commands", 1), EnumSet::all),
        /// The number of different commands of which traces were made.
        pub alphabet: u64 = "alphabet": Number(1..=MAX_ALPHABET),
        /// Whether these are all commands that can be written down. If not, they are the well-typed
        /// ones and, of the kinds in the trace, all.
        pub ill_typed: bool = "ill-typed": BOOLEAN,
        /// The number of states that were expanded.
        pub situations: u64 = "situations": Number(0..=u64::MAX),
        /// The number of commands that were tried in these states.
        pub tried: u64 = "tried": Number(0..=u64::MAX),
        /// The number of permutations of users and groups up to which traces are the same; 1 is the
        /// identity alone.
        pub renamings: u64 = "renamings": Number(1..=u64::MAX),
        /// A hash of the policy, cast, groups, commands, fidelity and promises of the search.
        pub ground: u64 = "ground": HASH,
    }
}

impl Record for Certificate {}

named_enum! {
    /// The traces over which a trace is minimal.
    ///
    /// ```
    /// use chatwarden::{format::CertificateLevel, model::NamedEnum};
    /// assert_eq!(CertificateLevel::named("black-box"), Some(CertificateLevel::BlackBox));
    /// ```
    pub enum CertificateLevel {
        Product = "product": "over the pairs of states of model and implementation",
        BlackBox = "black-box": "over all sequences of commands, up to renaming users and groups",
    }
}

impl NounOf for CertificateLevel {
    const NOUN: &'static str = "level";
}
