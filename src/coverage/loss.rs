//! The cases of a lost authorization: who lost it, and which groups the two share.

use chatwarden_model::{Command, Phase, User, UserSet};

use super::Case;
use super::observe::Observer;

impl<V: FnMut(Case), const U: usize, const G: usize> Observer<'_, V, U, G> {
    /// The authorizations that an allowed command about accounts takes away.
    pub(super) fn losses(&mut self) {
        let view = self.view;
        let user = match *self.command {
            Command::Revoke { child, .. }
            | Command::AddGuardian { child, .. }
            | Command::RemoveGuardian { child, .. } => child,
            Command::Block { by, .. } => by,
            _ => return,
        };
        let before = view.state.with_groups([]);
        let mut after = before;
        after.carry_out(view.policy, self.command);
        let is_lost = |&other: &User| {
            (view.is_child(user) || view.is_child(other))
                && before.authorized(view.policy, user, other)
                && !after.authorized(view.policy, user, other)
        };
        let others = view.state.kinds().chatting().without(user);
        let lost: UserSet = others.iter().filter(is_lost).collect();
        if lost.is_empty() {
            self.note_if(Case::StillAuthorized, after != before);
            return;
        }
        let shared: usize = lost.iter().map(|other| self.loss(user, other)).sum();
        self.note_if(Case::LostTwice, lost.len() > 1 && shared > 0);
        let has_changed = view.history.is_some_and(|history| history.has_changed(self.command));
        self.note_if(Case::LostAgain, shared > 0 && has_changed);
    }

    /// The cases of two users who lose their authorization; the number of active groups that they share.
    fn loss(&mut self, user: User, other: User) -> usize {
        let pair = UserSet::of([user, other]);
        let mut shared = 0;
        for (_, group) in self.view.state.groups() {
            let together = pair.is_subset(group.members);
            match group.phase {
                Phase::Active if together => {
                    shared += 1;
                    self.note_if(Case::LostWithOwner, group.owner.is_some_and(|owner| pair.contains(owner)));
                    self.note_if(Case::LostBesideOthers, group.members.len() > 2);
                }
                Phase::Active => {
                    let (inside, invited) = (group.members.and(pair), group.invited().and(pair));
                    let one_invited = !inside.is_empty() && !invited.minus(inside).is_empty();
                    self.note_if(Case::LostWhileInvited, one_invited);
                }
                Phase::Frozen if together => self.note(Case::LostInFrozenGroup),
                _ => {}
            }
        }
        if shared == 0 {
            self.note(Case::LostUnshared);
            return 0;
        }
        self.note(Case::LostShared);
        let is_child = self.view.is_child(user);
        let are_children = is_child && self.view.is_child(other);
        self.note(if are_children { Case::LostBetweenChildren } else { Case::LostWithAdult });
        self.note_if(Case::LostToAdult, !is_child);
        self.note_if(Case::LostInTwoGroups, shared > 1);
        shared
    }
}
