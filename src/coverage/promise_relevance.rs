//! Which promises depend on a command: the policy breaks them there, or one thing done otherwise would.
//!
//! Done otherwise means: carried out although it is refused, or carried out without what looks after the promise (the
//! settling of a loss, the eviction by a ban, the waiting of an invitation, the choice of who receives).

use chatwarden_model::{
    Admission, Breach, Command, CommandKind as K, DeliverRule, EnumSet, OnLoss, Policy, Promise, State,
    Surface, Transition, UserSet,
};

use super::{DecidedBy, Situation};

/// Hands every promise that depends on the command to the visitor.
pub(super) fn each<const U: usize, const G: usize>(
    situation: &Situation<'_, U, G>,
    command: &Command,
    outcome: DecidedBy,
    mut visit: impl FnMut(Promise),
) {
    let state = situation.state;
    match outcome {
        DecidedBy::Alone(_) => {
            let carried_out = Done::by(situation.policy, state, command);
            for &promise in depending_on_refusal(command.kind()) {
                if promise == Promise::Refusal {
                    if carried_out.after != *state {
                        visit(promise);
                    }
                } else if carried_out.breaks_anew(promise, situation, command) {
                    visit(promise);
                }
            }
        }
        DecidedBy::Allowed => {
            let careless = otherwise(situation.policy);
            for &promise in depending_on_effect(command.kind()) {
                let done = if promise == Promise::Ban {
                    evicting_nobody(state, command)
                } else {
                    Done::by(&careless, state, command)
                };
                if done.breaks_anew(promise, situation, command) {
                    visit(promise);
                }
            }
        }
    }
}

/// The promises that can depend on a command of the kind.
pub(super) fn promises(kind: K) -> EnumSet<Promise> {
    depending_on_refusal(kind).iter().chain(depending_on_effect(kind)).copied().collect()
}

/// The promises that a command of the kind could break if it were let through.
const fn depending_on_refusal(kind: K) -> &'static [Promise] {
    use Promise as P;
    match kind {
        K::Approve | K::Revoke | K::AddGuardian | K::RemoveGuardian => &[P::Guardianship, P::Refusal],
        K::Direct => &[P::Delivery],
        K::Create => &[P::NoStrangers, P::Invitation, P::Refusal],
        K::Invite => &[P::NoStrangers, P::Invitation, P::Ban, P::Refusal],
        K::Accept => &[P::NoStrangers, P::Refusal],
        K::Join => &[P::NoStrangers, P::Ban, P::Refusal],
        K::Message | K::Call => &[P::Delivery, P::Membership],
        // What nobody was asked for cannot be declined, and who has not blocked takes nothing back.
        K::Decline | K::Unblock => &[],
        _ => &[P::Refusal],
    }
}

/// The promises that an allowed command of the kind could break, or that its effect looks after.
const fn depending_on_effect(kind: K) -> &'static [Promise] {
    use Promise as P;
    match kind {
        K::Revoke | K::AddGuardian | K::RemoveGuardian | K::Block => &[P::NoStrangers],
        K::Create | K::Invite => &[P::NoStrangers, P::Consent, P::Invitation],
        K::Accept | K::Join => &[P::NoStrangers],
        K::Message | K::Call => &[P::Delivery],
        K::Ban => &[P::Ban],
        _ => &[],
    }
}

/// The policy without what looks after the promises when a command is carried out.
fn otherwise(policy: &Policy) -> Policy {
    let to_all = |surface: Surface| Surface { deliver: DeliverRule::All, ..surface };
    Policy {
        admission: Admission::Direct,
        on_loss: OnLoss::Nothing,
        message: to_all(policy.message),
        call: to_all(policy.call),
        ..*policy
    }
}

/// What becomes of a state if a command is carried out in some way, right or wrong.
struct Done<const U: usize, const G: usize> {
    after: State<U, G>,
    delivered: UserSet,
}

impl<const U: usize, const G: usize> Done<U, G> {
    fn by(policy: &Policy, state: &State<U, G>, command: &Command) -> Self {
        let mut after = *state;
        let delivered = after.carry_out(policy, command);
        Done { after, delivered }
    }

    /// Whether it breaks the promise at a place where it was not broken before.
    fn breaks_anew(&self, promise: Promise, situation: &Situation<'_, U, G>, command: &Command) -> bool {
        let (policy, before) = (situation.policy, situation.state);
        let nothing =
            Transition { policy, before, command, allowed: false, delivered: UserSet::EMPTY, after: before };
        let done = Transition { allowed: true, delivered: self.delivered, after: &self.after, ..nothing };
        let mut anew = false;
        promise.each_breach(&done, |breach: Breach| {
            let mut known = false;
            promise.each_breach(&nothing, |old| known |= old == breach);
            anew |= !known;
        });
        anew
    }
}

/// A ban that leaves the user where they are.
fn evicting_nobody<const U: usize, const G: usize>(state: &State<U, G>, command: &Command) -> Done<U, G> {
    let mut after = *state;
    if let Command::Ban { group, who, .. } = *command {
        after.group_mut(group).banned.insert(who);
    }
    Done { after, delivered: UserSet::EMPTY }
}
