//! A setup with names: the cast, groups and policy of a fuzz target or conformance test.

use chatwarden_model::{MAX_GROUPS, Preset, Setup};

use super::cast::{BuiltInCast, CastSpec};
use super::names::Names;
use super::policy::PolicySpec;
use crate::adapter::About;

/// A setup as users write it: a cast and a policy, by name or in full, and the names of the groups.
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
    /// The names of the groups.
    pub groups: Vec<String>,
    /// The rules.
    pub policy: PolicySpec,
}

impl NamedSetup {
    /// A setup with that many groups, at most 8.
    pub fn new(cast: CastSpec, groups: usize, policy: PolicySpec) -> Self {
        NamedSetup { cast, groups: Names::numbered(groups.min(MAX_GROUPS)), policy }
    }

    /// The default setup of the command line, with the policy that the implementation declares, if it declares one.
    pub fn of(about: &About) -> Self {
        let default = NamedSetup::default();
        NamedSetup { policy: about.policy.map_or(default.policy, PolicySpec::from), ..default }
    }

    /// The setup without names.
    pub fn setup(&self) -> Setup {
        Setup { cast: self.cast.named_cast().cast, groups: self.groups.len(), policy: self.policy.policy() }
    }
}

impl Default for NamedSetup {
    /// The default setup of the command line.
    fn default() -> Self {
        NamedSetup::new(CastSpec::BuiltIn(BuiltInCast::Small), 2, PolicySpec::Preset(Preset::MessengerKids))
    }
}
