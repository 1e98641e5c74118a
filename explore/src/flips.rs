//! For tests: states that differ from another one in a single part.

use chatwarden_model::{
    Group, GroupParts, GroupState, Link, NamedEnum, Phase, State, StateParts, User, UserSet,
};

/// For every part of a state and of its groups, the state with another value there, and the name of the
/// part. A part that is added does not compile here until it is handled.
pub(crate) fn flips<const U: usize, const G: usize>(
    state: &State<U, G>,
    groups: usize,
) -> Vec<(String, State<U, G>)> {
    // Kinds belong to the cast, which is the same in all states of a search.
    let StateParts { kinds, guardians: _, approvals: _, blocks: _, groups: _ } = state.parts();
    let mut all = Vec::new();
    let mut add = |part: String, flip: &dyn Fn(&mut State<U, G>)| {
        let mut flipped = *state;
        flip(&mut flipped);
        assert_ne!(flipped, *state, "{part}");
        all.push((part, flipped));
    };
    for child in kinds.children {
        for guardian in kinds.guardians {
            add(format!("guardian {guardian:?} of {child:?}"), &|state| {
                toggle(state.guardians_mut(child), guardian);
            });
            for contact in kinds.chatting().without(child) {
                add(format!("approval of {contact:?} for {child:?} by {guardian:?}"), &|state| {
                    toggle(state.approvals_mut(child, contact), guardian);
                });
            }
        }
    }
    for user in kinds.chatting() {
        for other in kinds.chatting().without(user) {
            add(format!("block of {other:?} by {user:?}"), &|state| toggle(state.blocks_mut(user), other));
        }
    }
    for group in Group::first(groups) {
        for (part, flipped) in group_flips(state.group(group), kinds.chatting()) {
            add(format!("{part} of {group:?}"), &|state| *state.group_mut(group) = flipped);
        }
    }
    all
}

fn group_flips<const U: usize>(group: &GroupState<U>, chatting: UserSet) -> Vec<(String, GroupState<U>)> {
    let GroupParts { phase, link, owner, members: _, banned: _, invited, inviters: _ } = group.parts();
    let mut all = Vec::new();
    let mut add = |part: String, flip: &dyn Fn(&mut GroupState<U>)| {
        let mut flipped = *group;
        flip(&mut flipped);
        all.push((part, flipped));
    };
    for other in Phase::ALL.iter().filter(|other| **other != phase) {
        add(format!("phase {other}"), &|group| group.phase = *other);
    }
    for other in Link::ALL.iter().filter(|other| **other != link) {
        add(format!("link {other}"), &|group| group.link = *other);
    }
    for other in chatting.iter().map(Some).chain([None]).filter(|other| *other != owner) {
        add(format!("owner {other:?}"), &|group| group.owner = other);
    }
    for user in chatting {
        add(format!("member {user:?}"), &|group| toggle(&mut group.members, user));
        add(format!("ban of {user:?}"), &|group| toggle(&mut group.banned, user));
        if invited.contains(user) {
            add(format!("invitation of {user:?}"), &|group| group.uninvite(user));
        }
        for by in chatting.iter().filter(|&by| group.inviter(user) != Some(by)) {
            add(format!("invitation of {user:?} by {by:?}"), &|group| group.invite(user, by));
        }
    }
    all
}

fn toggle(users: &mut UserSet, user: User) {
    if users.contains(user) {
        users.remove(user);
    } else {
        users.insert(user);
    }
}
