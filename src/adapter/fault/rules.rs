//! The rules under which faults matter: presets where one will do, and the few policies that no preset is.

use chatwarden_model::{NamedEnum, OnLoss, Policy, Preset, Quorum, Surface, named_enum};

named_enum! {
    /// A policy for faults that matter under no preset. `docs/policies` has a file of each.
    ///
    /// ```
    /// use chatwarden::adapter::fault::CustomPolicy;
    /// use chatwarden::model::{SendRule, Surface};
    /// assert_eq!(CustomPolicy::GuardedTalk.policy().call, Surface::GUARDED);
    /// assert_eq!(CustomPolicy::GuardedDelivery.policy().call.send, SendRule::Anyone);
    /// ```
    pub enum CustomPolicy {
        GuardedTalk = "guarded-talk": "everyone comes in; sending and delivery are guarded",
        BothGuardians = "both-guardians": "messenger-kids where every guardian of a child must approve",
        FreezingConsent = "freezing-consent": "everyone comes in by consent, and a loss freezes the group",
        GuardedDelivery = "guarded-delivery": "everyone comes in and sends; only the delivery is guarded",
    }
}

impl CustomPolicy {
    /// The value of every knob.
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

/// The rules under which a fault matters.
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
    /// A policy of the catalogue's own.
    CustomPolicy(CustomPolicy),
}

impl Rules {
    /// The name of the preset, or of the file in `docs/policies` without its ending.
    pub fn name(self) -> &'static str {
        match self {
            Rules::Preset(preset) => preset.name(),
            Rules::CustomPolicy(tailored) => tailored.name(),
        }
    }

    /// The value of every knob.
    pub const fn policy(self) -> Policy {
        match self {
            Rules::Preset(preset) => preset.policy(),
            Rules::CustomPolicy(tailored) => tailored.policy(),
        }
    }
}
