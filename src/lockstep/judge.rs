//! Compares an observation with the state that should have been: the parts that diverge, the state
//! merged with the observation, and the deviations of an answer from the policy.
//!
//! Promises are judged by the model, on the merged state. Every structure is taken apart field by
//! field, so that the compiler names this file when the observed state gets another part.

use chatwarden_model::{CommandKind, Decision, EnumSet, Group, GroupState, Setup, State, User, UserSet};

use crate::adapter::{Answer, GroupView, Observation, Part};
use crate::finding::{Deviation, Difference};

/// The observed parts that are not as in the state. Every observation is compared by this function.
#[inline]
pub fn diverged_parts(
    state: &State,
    seen: &Observation,
    setup: &Setup,
    observes: EnumSet<Part>,
) -> EnumSet<Part> {
    let Observation { groups, contacts, blocks } = seen;
    let mut diverged = EnumSet::empty();
    for group in Group::first(setup.groups) {
        diverged = diverged.or(differences(&view(state.group(group)), &groups[group.index()]));
    }
    let kinds = setup.cast.kinds();
    if kinds.children.iter().any(|child| state.contacts(&setup.policy, child) != contacts[child.index()]) {
        diverged.insert(Part::Contacts);
    }
    if kinds.chatting().iter().any(|user| state.blocks(user) != blocks[user.index()]) {
        diverged.insert(Part::Blocks);
    }
    diverged.and(observes)
}

/// The places in which an observation differs from the state, in the parts that are compared.
pub(super) fn list_differences(
    state: &State,
    seen: &Observation,
    setup: &Setup,
    compared: EnumSet<Part>,
) -> Vec<Difference> {
    let Observation { groups, contacts, blocks } = seen;
    let mut all = Vec::new();
    for group in Group::first(setup.groups) {
        list_group_differences(group, &view(state.group(group)), &groups[group.index()], &mut all);
    }
    let kinds = setup.cast.kinds();
    for child in kinds.children {
        let expected = state.contacts(&setup.policy, child);
        all.extend(
            listed(expected, contacts[child.index()]).map(|(contact, expected)| Difference::Contact {
                child,
                contact,
                expected,
            }),
        );
    }
    for by in kinds.chatting() {
        let listed = listed(state.blocks(by), blocks[by.index()]);
        all.extend(listed.map(|(who, expected)| Difference::Block { by, who, expected }));
    }
    all.retain(|difference| compared.contains(difference.part()));
    all
}

fn list_group_differences(group: Group, expected: &GroupView, seen: &GroupView, all: &mut Vec<Difference>) {
    let GroupView { phase, link, owner, members, invited, banned } = *expected;
    if phase != seen.phase {
        all.push(Difference::Phase { group, expected: phase, seen: seen.phase });
    }
    if owner != seen.owner {
        all.push(Difference::Owner { group, expected: owner, seen: seen.owner });
    }
    let members = listed(members, seen.members);
    all.extend(members.map(|(user, expected)| Difference::Member { group, user, expected }));
    let invited = listed(invited, seen.invited);
    all.extend(invited.map(|(user, expected)| Difference::Invited { group, user, expected }));
    let banned = listed(banned, seen.banned);
    all.extend(banned.map(|(user, expected)| Difference::Banned { group, user, expected }));
    if link != seen.link {
        all.push(Difference::Link { group, expected: link, seen: seen.link });
    }
}

/// The users who are in one set only, each with whether they are in the expected one.
fn listed(expected: UserSet, seen: UserSet) -> impl Iterator<Item = (User, bool)> {
    let differing = expected.minus(seen).or(seen.minus(expected));
    differing.iter().map(move |user| (user, expected.contains(user)))
}

/// Whether the answer and the observation name only users of the cast.
#[inline]
pub(super) fn is_readable(seen: &Observation, answer: Answer, setup: &Setup) -> bool {
    let Observation { groups, contacts, blocks } = seen;
    let groups = groups.iter().map(|group| {
        let GroupView { phase: _, link: _, owner, members, invited, banned } = *group;
        members.or(invited).or(banned).or(UserSet::of(owner))
    });
    let users = contacts.iter().chain(blocks).copied().chain(groups);
    let named = users.fold(answer.delivered(), UserSet::or);
    named.is_subset(setup.cast.kinds().everyone())
}

/// Whether a command of the kind, if it was carried out, would show in an observed part or in what it
/// delivers. If it would not, nothing follows from an observation that is as before.
pub(super) fn would_show(kind: CommandKind, observes: EnumSet<Part>) -> bool {
    use CommandKind as K;
    let parts: &[Part] = match kind {
        K::Approve | K::Revoke | K::AddGuardian | K::RemoveGuardian => &[Part::Contacts],
        K::Block | K::Unblock => &[Part::Blocks],
        K::Create | K::Dissolve => &[Part::Members, Part::Phase],
        K::Invite => &[Part::Members, Part::Invited],
        K::Accept | K::Join | K::Leave | K::Remove => &[Part::Members],
        K::Decline | K::Cancel => &[Part::Invited],
        K::OpenLink | K::CloseLink => &[Part::Link],
        K::Ban | K::Unban => &[Part::Banned],
        K::Transfer => &[Part::Owner],
        K::Direct | K::Message | K::Call => return true,
    };
    parts.iter().any(|part| observes.contains(*part))
}

/// Whether two observations differ in a part that the adapter observes.
pub(super) fn changed(
    before: &Observation,
    after: &Observation,
    setup: &Setup,
    observes: EnumSet<Part>,
) -> bool {
    let Observation { groups, contacts, blocks } = before;
    let users = [(Part::Contacts, *contacts != after.contacts), (Part::Blocks, *blocks != after.blocks)];
    let groups = groups.iter().zip(&after.groups).take(setup.groups);
    let parts = groups.map(|(before, after)| differences(before, after));
    !parts.fold(EnumSet::from_flags(users), EnumSet::or).and(observes).is_empty()
}

/// Sets the groups of the state to the observed ones. The actor counts as the inviter of a new
/// invitation. Contacts, blocks and bans stay those of the model: they follow the commands that were
/// allowed, although an implementation forgets them.
pub(super) fn merge_observation(
    before: &State,
    state: &mut State,
    seen: &Observation,
    setup: &Setup,
    observes: EnumSet<Part>,
    by: User,
) {
    for group in Group::first(setup.groups) {
        let GroupView { phase, link, owner, members, invited, banned: _ } = seen.groups[group.index()];
        let before = before.group(group);
        let group = state.group_mut(group);
        for part in observes.iter() {
            match part {
                Part::Members => group.members = members,
                Part::Phase => group.phase = phase,
                Part::Owner => group.owner = owner,
                Part::Link => group.link = link,
                Part::Invited => {
                    group.uninvite_all();
                    invited.iter().for_each(|user| group.invite(user, before.inviter(user).unwrap_or(by)));
                }
                Part::Contacts | Part::Blocks | Part::Banned => {}
            }
        }
    }
}

/// The deviations of an answer from the policy. `by_policy` are the users to whom the policy
/// delivers. Refusing more and delivering less count only if `strict`. Something may be delivered
/// although the answer refuses.
pub(super) fn deviations(
    decision: Decision,
    answer: Answer,
    by_policy: UserSet,
    strict: bool,
) -> Vec<Deviation> {
    let mut deviations = Vec::new();
    match (decision.reason(), answer.is_allowed()) {
        (Some(condition), true) => deviations.push(Deviation::Allowed(condition)),
        (None, false) if strict => deviations.push(Deviation::Refused),
        (None, true) => {
            let under = by_policy.minus(answer.delivered());
            if !under.is_empty() && strict {
                deviations.push(Deviation::Underdelivered(under));
            }
        }
        (Some(_), false) | (None, false) => {}
    }
    let over = answer.delivered().minus(by_policy);
    if !over.is_empty() && (decision.is_allowed() || !answer.is_allowed()) {
        deviations.push(Deviation::Overdelivered(over));
    }
    deviations
}

/// The group as an adapter would observe it. Inviters cannot be observed.
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

/// The parts in which two views of a group differ.
#[inline]
pub fn differences(one: &GroupView, other: &GroupView) -> EnumSet<Part> {
    let GroupView { phase, link, owner, members, invited, banned } = *one;
    EnumSet::from_flags([
        (Part::Phase, phase != other.phase),
        (Part::Link, link != other.link),
        (Part::Owner, owner != other.owner),
        (Part::Members, members != other.members),
        (Part::Invited, invited != other.invited),
        (Part::Banned, banned != other.banned),
    ])
}
