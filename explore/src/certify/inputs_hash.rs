//! The hash of the inputs of a certificate. If it has changed, the certificate is void.

use chatwarden_model::{Command, NamedEnum, Newcomer, Policy, Setup, Surface, User};

use chatwarden::campaign::CampaignConfig;
use chatwarden::hash::fnv1a;
use chatwarden::lockstep::CheckConfig;

/// The hash of the setup, the actions, and how the implementation is compared. It is the same in every
/// version in which these are the same.
pub(super) fn hash(config: &CampaignConfig, actions: &[Command]) -> u64 {
    let mut words = Vec::new();
    policy(&config.setup.policy, &mut words);
    cast(&config.setup, &mut words);
    words.extend(actions.iter().map(|command| format!("{:?}", command.key())));
    let CheckConfig { fidelity, promises, observes, idempotent } = config.check;
    words.push(fidelity.name().into());
    words.extend(promises.iter().map(|promise| promise.name().into()));
    words.extend(observes.iter().map(|part| part.name().into()));
    words.extend(idempotent.then(|| "idempotent".into()));
    fnv1a(words.join("\n").as_bytes())
}

/// Every knob; one that is added does not compile here until it is handled.
fn policy(policy: &Policy, words: &mut Vec<String>) {
    let Policy {
        quorum,
        between_children,
        admission,
        inviters,
        links,
        newcomer: Newcomer { create, invite, accept, join },
        message,
        call,
        on_loss,
    } = *policy;
    let knobs = [quorum.name(), between_children.name(), admission.name(), inviters.name(), on_loss.name()];
    words.extend(knobs.map(String::from));
    words.extend([create, invite, accept, join].map(|rule| rule.name().into()));
    words.push(links.to_string());
    for Surface { send, deliver } in [message, call] {
        words.extend([send.name().into(), deliver.name().into()]);
    }
}

fn cast(setup: &Setup, words: &mut Vec<String>) {
    for user in (0..setup.cast.len()).map(User::new) {
        words.push(format!("{} {}", setup.cast.kind(user).name(), setup.cast.guardians(user).bits()));
    }
    words.push(setup.groups.to_string());
}
