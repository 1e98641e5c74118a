//! The policies under which faults have an effect: presets, and four policies that are no presets.

use chatwarden_model::{NamedEnum, OnLoss, Policy, Preset, Quorum, Surface, named_enum};

named_enum! {
    /// A policy for faults that have no effect under any preset. Each is a file in `docs/policies`.
    ///
    /// ```
    /// use chatwarden::adapter::fault::CustomPolicy;
    /// use chatwarden::model::{SendRule, Surface};
    /// assert_eq!(CustomPolicy::GuardedTalk.policy().call, Surface::GUARDED);
    /// assert_eq!(CustomPolicy::GuardedDelivery.policy().call.send, SendRule::Anyone);
    /// ```
    pub enum CustomPolicy {
        GuardedTalk = "guarded-talk": "every newcomer is admitted; sending and delivery are checked",
        BothGuardians = "both-guardians": "messenger-kids where every guardian of a child must approve",
        FreezingConsent = "freezing-consent": "every newcomer is admitted by consent, and a loss freezes the group",
        GuardedDelivery = "guarded-delivery": "every newcomer is admitted and may send; only the delivery is checked",
    }
}

impl CustomPolicy {
    /// The policy.
    pub const fn policy(self) -> Policy {
        let open = Preset::NoContactRule.policy();
        let delivery = Surface { send: Surface::OPEN.send, deliver: Surface::GUARDED.deliver };
        match self {
            CustomPolicy::GuardedTalk => Policy { message: Surface::GUARDED, call: Surface::GUARDED, ..open },
            CustomPolicy::BothGuardians => Policy { quorum: Quorum::All, ..Preset::MessengerKids.policy() },
            CustomPolicy::FreezingConsent => Policy { on_loss: OnLoss::Freeze, ..open },
            CustomPolicy::GuardedDelivery => Policy { message: delivery, call: delivery, ..open },
        }
    }
}

/// The policy under which a fault has an effect.
///
/// ```
/// use chatwarden::adapter::fault::{Fault, Rules, CustomPolicy};
/// let rules = Fault::CallUnchecked.rules();
/// assert_eq!(rules, Rules::CustomPolicy(CustomPolicy::GuardedTalk));
/// assert_eq!(rules.name(), "guarded-talk");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Rules {
    /// A preset.
    Preset(Preset),
    /// A policy of this catalogue.
    CustomPolicy(CustomPolicy),
}

impl Rules {
    /// The name of the preset, or of the file in `docs/policies` without its extension.
    pub fn name(self) -> &'static str {
        match self {
            Rules::Preset(preset) => preset.name(),
            Rules::CustomPolicy(custom) => custom.name(),
        }
    }

    /// The policy.
    pub const fn policy(self) -> Policy {
        match self {
            Rules::Preset(preset) => preset.policy(),
            Rules::CustomPolicy(custom) => custom.policy(),
        }
    }
}
