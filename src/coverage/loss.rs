//! What becomes of authorizations and groups by a command about accounts.

use chatwarden_model::{Command, Phase, User, UserSet};

use super::{Case, Situation};

impl<const U: usize, const G: usize> Situation<'_, U, G> {
    /// What becomes of the others' authorizations by a command about them.
    pub(super) fn settling(&self, command: &Command, tell: &mut impl FnMut(Case)) {
        let user = match *command {
            Command::Revoke { child, .. }
            | Command::AddGuardian { child, .. }
            | Command::RemoveGuardian { child, .. } => child,
            Command::Block { by, .. } => by,
            _ => return,
        };
        let mut after = self.state.with_groups([]);
        after.carry_out(self.policy, command);
        let others = self.state.kinds().chatting().without(user);
        let protected = |other: User| self.is_child(user) || self.is_child(other);
        let is_lost = |other: User| {
            protected(other)
                && self.state.authorized(self.policy, user, other)
                && !after.authorized(self.policy, user, other)
        };
        let lost: UserSet = others.iter().filter(|&other| is_lost(other)).collect();
        if lost.is_empty() {
            if after != self.state.with_groups([]) {
                tell(Case::StillAuthorized);
            }
            return;
        }
        let mut shared = 0;
        for other in lost {
            shared += self.lost(user, other, tell);
        }
        if lost.len() > 1 && shared > 0 {
            tell(Case::LostTwice);
        }
        if shared > 0 && self.past.is_some_and(|past| past.has_changed(command)) {
            tell(Case::LostAgain);
        }
    }

    /// Two lose their authorization; in how many active groups they are.
    fn lost(&self, user: User, other: User, tell: &mut impl FnMut(Case)) -> usize {
        let pair = UserSet::EMPTY.with(user).with(other);
        let mut shared = 0;
        for (_, group) in self.state.groups() {
            let together = pair.is_subset(group.members);
            match group.phase {
                Phase::Active if together => {
                    shared += 1;
                    if group.owner.is_some_and(|owner| pair.contains(owner)) {
                        tell(Case::LostWithOwner);
                    }
                    if group.members.len() > 2 {
                        tell(Case::LostBesideOthers);
                    }
                }
                Phase::Active => {
                    let (inside, waiting) = (group.members.and(pair), group.invited().and(pair));
                    if !inside.is_empty() && !waiting.minus(inside).is_empty() {
                        tell(Case::LostWhileInvited);
                    }
                }
                Phase::Frozen if together => tell(Case::LostInFrozenGroup),
                _ => {}
            }
        }
        match shared {
            0 => tell(Case::LostUnshared),
            _ => {
                tell(Case::LostShared);
                let children = self.is_child(user) && self.is_child(other);
                tell(if children { Case::LostBetweenChildren } else { Case::LostWithAdult });
                if !self.is_child(user) {
                    tell(Case::LostToAdult);
                }
                if shared > 1 {
                    tell(Case::LostInTwoGroups);
                }
            }
        }
        shared
    }
}
