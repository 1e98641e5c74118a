//! The promises at risk in a step: the policy breaks them there, or a single mistake would.
//!
//! A mistake is to carry out a refused command, or to carry out an allowed one without its safeguard: the
//! settling of a loss, the eviction by a ban, the waiting of an invitation, the choice of recipients.

use chatwarden_model::{
    Admission, Breach, Command, CommandKind as K, DeliverRule, EnumSet, OnLoss, Policy, Promise, State,
    Surface, Transition, UserSet,
};

use super::{DecidedBy, StateView};

/// Hands every promise that is at risk to the visitor.
pub(super) fn each<const U: usize, const G: usize>(
    view: &StateView<'_, U, G>,
    command: &Command,
    outcome: DecidedBy,
    mut visit: impl FnMut(Promise),
) {
    let state = view.state;
    match outcome {
        DecidedBy::Alone(_) => {
            let carried_out = Effect::of(view.policy, state, command);
            for &promise in at_risk_if_refused(command.kind()) {
                let is_at_risk = match promise {
                    Promise::Refusal => carried_out.after != *state,
                    _ => carried_out.breaks_anew(promise, view, command),
                };
                if is_at_risk {
                    visit(promise);
                }
            }
        }
        DecidedBy::Allowed => {
            let unguarded = without_safeguards(view.policy);
            for &promise in at_risk_if_allowed(command.kind()) {
                let effect = if matches!(promise, Promise::Ban | Promise::Exit) {
                    evicting_nobody(state, command)
                } else {
                    Effect::of(&unguarded, state, command)
                };
                if effect.breaks_anew(promise, view, command) {
                    visit(promise);
                }
            }
        }
    }
}

/// The promises that can be at risk at a command of the kind.
pub(super) fn promises(kind: K) -> EnumSet<Promise> {
    at_risk_if_refused(kind).iter().chain(at_risk_if_allowed(kind)).copied().collect()
}

/// The promises that a refused command of the kind could break if it were carried out.
const fn at_risk_if_refused(kind: K) -> &'static [Promise] {
    use Promise as P;
    match kind {
        K::Approve | K::Revoke | K::AddGuardian | K::RemoveGuardian => &[P::Guardianship, P::Refusal],
        K::Direct => &[P::Delivery, P::Block],
        K::Create => &[P::NoStrangers, P::Invitation, P::Standing, P::Refusal],
        K::Invite => &[P::NoStrangers, P::Invitation, P::Entry, P::Ban, P::Refusal],
        K::Accept => &[P::NoStrangers, P::Entry, P::Refusal],
        K::Join => &[P::NoStrangers, P::Entry, P::Ban, P::Refusal],
        K::Message | K::Call => &[P::Delivery, P::Membership],
        K::OpenLink | K::CloseLink | K::Remove | K::Ban | K::Unban | K::Transfer | K::Dissolve => {
            &[P::Authority, P::Refusal]
        }
        // To decline without an invitation, or to unblock without a block, changes nothing.
        K::Decline | K::Unblock => &[],
        _ => &[P::Refusal],
    }
}

/// The promises that an allowed command of the kind could break without its safeguard.
const fn at_risk_if_allowed(kind: K) -> &'static [Promise] {
    use Promise as P;
    match kind {
        K::Revoke | K::AddGuardian | K::RemoveGuardian | K::Block => &[P::NoStrangers],
        K::Create | K::Invite => &[P::NoStrangers, P::Consent, P::Invitation],
        K::Accept | K::Join => &[P::NoStrangers],
        K::Message | K::Call => &[P::Delivery],
        K::Leave | K::Remove => &[P::Exit],
        K::Ban => &[P::Exit, P::Ban],
        _ => &[],
    }
}

/// The policy without its safeguards.
fn without_safeguards(policy: &Policy) -> Policy {
    let to_all = |surface: Surface| Surface { deliver: DeliverRule::All, ..surface };
    Policy {
        admission: Admission::Direct,
        on_loss: OnLoss::Nothing,
        message: to_all(policy.message),
        call: to_all(policy.call),
        ..*policy
    }
}

/// The effect of a command on a state, right or wrong.
struct Effect<const U: usize, const G: usize> {
    after: State<U, G>,
    delivered: UserSet,
}

impl<const U: usize, const G: usize> Effect<U, G> {
    fn of(policy: &Policy, state: &State<U, G>, command: &Command) -> Self {
        let mut after = *state;
        let delivered = after.carry_out(policy, command);
        Effect { after, delivered }
    }

    /// Whether it breaks the promise where it was not broken before.
    fn breaks_anew(&self, promise: Promise, view: &StateView<'_, U, G>, command: &Command) -> bool {
        let (policy, before) = (view.policy, view.state);
        let Effect { after, delivered } = self;
        let carried_out = Transition { policy, before, command, allowed: true, delivered: *delivered, after };
        let nothing = Transition { allowed: false, delivered: UserSet::EMPTY, after: before, ..carried_out };
        let mut anew = false;
        promise.each_breach(&carried_out, |breach: Breach| {
            let mut known = false;
            promise.each_breach(&nothing, |old| known |= old.is_at_place_of(&breach));
            anew |= !known;
        });
        anew
    }
}

/// A leave, remove or ban that leaves the user in the group.
fn evicting_nobody<const U: usize, const G: usize>(state: &State<U, G>, command: &Command) -> Effect<U, G> {
    let mut after = *state;
    if let Command::Ban { group, who, .. } = *command {
        after.group_mut(group).banned.insert(who);
    }
    Effect { after, delivered: UserSet::EMPTY }
}
