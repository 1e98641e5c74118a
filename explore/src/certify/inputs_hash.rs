//! The ground on which a certificate stands, as a hash: when it has changed, the certificate says nothing.

use chatwarden_model::{Command, NamedEnum, Newcomer, Policy, Setup, Surface, User};

use chatwarden::campaign::CampaignConfig;
use chatwarden::hash::fnv1a;

/// The hash of the policy, cast, groups, alphabet and terms. It is the same in every version in which these are.
pub(super) fn hash(plan: &CampaignConfig, alphabet: &[Command]) -> u64 {
    let mut words = Vec::new();
    policy(&plan.setup.policy, &mut words);
    cast(&plan.setup, &mut words);
    words.extend(alphabet.iter().map(|command| format!("{:?}", command.key())));
    let terms = plan.terms;
    words.push(terms.fidelity.name().into());
    words.extend(terms.promises.iter().map(|promise| promise.name().into()));
    words.extend(terms.observes.iter().map(|part| part.name().into()));
    fnv1a(words.join("\n").as_bytes())
}

/// Every knob, so that one that is added has to be thought of here.
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
