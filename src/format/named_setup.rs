//! A setup with the names that it has outside: what fuzz targets and conformance tests are about.

use chatwarden_model::{MAX_GROUPS, Preset, Setup};

use super::cast::{BuiltInCast, CastSpec};
use super::names::Names;
use super::policy::PolicySpec;
use crate::adapter::About;

/// A setup as a user has it: what is built in by its name, the rest in full, and the groups by theirs.
///
/// ```
/// use chatwarden::model::Preset;
/// use chatwarden::format::{BuiltInCast, CastSpec, NamedSetup, PolicySpec};
/// let named = NamedSetup::new(CastSpec::BuiltIn(BuiltInCast::Small), 2, PolicySpec::Preset(Preset::AdderOnly));
/// assert_eq!(named.setup().groups, 2);
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NamedSetup {
    /// Who takes part.
    pub cast: CastSpec,
    /// What the groups are called.
    pub groups: Vec<String>,
    /// The rules.
    pub policy: PolicySpec,
}

impl NamedSetup {
    /// A setup with so many groups, at most 8.
    pub fn new(cast: CastSpec, groups: usize, policy: PolicySpec) -> Self {
        NamedSetup { cast, groups: Names::numbered(groups.min(MAX_GROUPS)), policy }
    }

    /// What the command line tests by default, with the policy that the implementation follows if it is a certain one.
    pub fn of(about: &About) -> Self {
        let default = NamedSetup::default();
        NamedSetup { policy: about.policy.map_or(default.policy, PolicySpec::Full), ..default }
    }

    /// Without names.
    pub fn setup(&self) -> Setup {
        Setup { cast: self.cast.named_cast().cast, groups: self.groups.len(), policy: self.policy.policy() }
    }
}

impl Default for NamedSetup {
    /// What the command line tests by default.
    fn default() -> Self {
        NamedSetup::new(CastSpec::BuiltIn(BuiltInCast::Small), 2, PolicySpec::Preset(Preset::MessengerKids))
    }
}
