//! What was observed, beside what should have been: drift, the judged state, and the deviations of a decision.
//!
//! Promises are not judged here but by the model, on the judged state that is made here.

use chatwarden_model::{Command, Decision, EnumSet, Group, GroupState, Policy, Setup, State, User, UserSet};

use crate::adapter::{Answer, GroupView, Observation, Part};
use crate::finding::Deviation;

/// The observed parts that are not as in the state. This is how every observation is compared.
#[inline]
pub fn drift(state: &State, seen: &Observation, setup: &Setup, observes: EnumSet<Part>) -> EnumSet<Part> {
    let mut drifted = EnumSet::empty();
    for group in Group::first(setup.groups) {
        drifted = drifted.or(differences(&view(state.group(group)), &seen.groups[group.index()]));
    }
    let kinds = setup.cast.kinds();
    if kinds.children.iter().any(|child| state.contacts(&setup.policy, child) != seen.contacts[child.index()])
    {
        drifted.insert(Part::Contacts);
    }
    if kinds.chatting().iter().any(|user| state.blocks(user) != seen.blocks[user.index()]) {
        drifted.insert(Part::Blocks);
    }
    drifted.and(observes)
}

/// Whether everybody of whom the answer and the observation speak is in the cast.
#[inline]
pub(super) fn is_readable(seen: &Observation, answer: Answer, setup: &Setup) -> bool {
    let groups = seen
        .groups
        .iter()
        .map(|group| group.members.or(group.invited).or(group.banned).or(UserSet::of(group.owner)));
    let users = seen.contacts.iter().chain(&seen.blocks).copied().chain(groups);
    let named = users.fold(answer.delivered(), UserSet::or);
    named.is_subset(setup.cast.kinds().everyone())
}

/// Whether anything that can be seen differs between two moments.
pub(super) fn changed(
    before: &Observation,
    after: &Observation,
    setup: &Setup,
    observes: EnumSet<Part>,
) -> bool {
    let mut parts = EnumSet::empty();
    for group in Group::first(setup.groups) {
        parts = parts.or(differences(&before.groups[group.index()], &after.groups[group.index()]));
    }
    if before.contacts != after.contacts {
        parts.insert(Part::Contacts);
    }
    if before.blocks != after.blocks {
        parts.insert(Part::Blocks);
    }
    !parts.and(observes).is_empty()
}

/// Sets the state's groups to what was observed of them. An invitation that appears was issued by the actor.
pub(super) fn overlay(
    before: &State,
    state: &mut State,
    seen: &Observation,
    setup: &Setup,
    observes: EnumSet<Part>,
    by: User,
) {
    for group in Group::first(setup.groups) {
        let (seen, before) = (&seen.groups[group.index()], before.group(group));
        let group = state.group_mut(group);
        for part in observes.iter() {
            match part {
                Part::Members => group.members = seen.members,
                Part::Phase => group.phase = seen.phase,
                Part::Owner => group.owner = seen.owner,
                Part::Banned => group.banned = seen.banned,
                Part::Link => group.link = seen.link,
                Part::Invited => {
                    group.uninvite_all();
                    seen.invited
                        .iter()
                        .for_each(|user| group.invite(user, before.inviter(user).unwrap_or(by)));
                }
                Part::Contacts | Part::Blocks => {}
            }
        }
    }
}

/// In what the answer departs from the policy; refusing more and delivering less count under `strict` only.
pub(super) fn deviations(
    before: &State,
    policy: &Policy,
    command: &Command,
    decision: Decision,
    answer: Answer,
    strict: bool,
) -> Vec<Deviation> {
    let by_policy =
        if decision.is_allowed() { { *before }.carry_out(policy, command) } else { UserSet::EMPTY };
    let mut found = Vec::new();
    match (decision.reason(), answer.is_allowed()) {
        (Some(condition), true) => found.push(Deviation::Allowed(condition)),
        (None, false) if strict => found.push(Deviation::Refused),
        (None, true) => {
            let (over, under) = (answer.delivered().minus(by_policy), by_policy.minus(answer.delivered()));
            if !over.is_empty() {
                found.push(Deviation::Overdelivered(over));
            }
            if !under.is_empty() && strict {
                found.push(Deviation::Underdelivered(under));
            }
        }
        _ => {}
    }
    found
}

fn view(group: &GroupState) -> GroupView {
    GroupView {
        phase: group.phase,
        link: group.link,
        owner: group.owner,
        members: group.members,
        invited: group.invited(),
        banned: group.banned,
    }
}

#[inline]
fn differences(one: &GroupView, other: &GroupView) -> EnumSet<Part> {
    EnumSet::from_flags([
        (Part::Phase, one.phase != other.phase),
        (Part::Link, one.link != other.link),
        (Part::Owner, one.owner != other.owner),
        (Part::Members, one.members != other.members),
        (Part::Invited, one.invited != other.invited),
        (Part::Banned, one.banned != other.banned),
    ])
}
