//! The relations that follow from a state under a policy: approved, authorized, compatible and cleared.
//! They are defined in the section "Derived" of `docs/semantics.md`.

use crate::policy::{BetweenChildren, NewcomerRule, Policy, Quorum, SendRule};
use crate::state::{GroupState, Phase, State};
use crate::user::{User, UserSet};

impl<const U: usize, const G: usize> State<U, G> {
    /// Whether the contact is approved for the child, by one guardian or by all, as the quorum says. For a
    /// child without guardians, which only a faulty implementation leaves, no contact is approved.
    #[inline]
    pub fn approved(&self, policy: &Policy, child: User, contact: User) -> bool {
        let guardians = self.guardians(child);
        let valid = self.approvals(child, contact).and(guardians);
        match policy.quorum {
            Quorum::Any => !valid.is_empty(),
            Quorum::All => !valid.is_empty() && valid == guardians,
        }
    }

    /// The users approved for the child.
    pub fn contacts(&self, policy: &Policy, child: User) -> UserSet {
        // Without branches, because the lock-step calls it after every command.
        let bit = |contact: User| u16::from(self.approved(policy, child, contact)) << contact.index();
        UserSet::from_bits(self.kinds.chatting().iter().fold(0, |bits, contact| bits | bit(contact)))
    }

    /// Whether either of the two has blocked the other.
    #[inline]
    pub fn blocked(&self, one: User, other: User) -> bool {
        self.blocks(one).contains(other) || self.blocks(other).contains(one)
    }

    /// Whether the two may talk with each other outside groups. It is symmetric, and false if they are
    /// the same user or one of them does not chat.
    #[inline]
    pub fn authorized(&self, policy: &Policy, one: User, other: User) -> bool {
        !self.blocked(one, other) && self.authorized_but_for_blocks(policy, one, other)
    }

    /// Whether the two would be authorized if neither had blocked the other.
    #[inline]
    pub(crate) fn authorized_but_for_blocks(&self, policy: &Policy, one: User, other: User) -> bool {
        let pair = UserSet::EMPTY.with(one).with(other);
        if pair.len() < 2 || !pair.is_subset(self.kinds.chatting()) {
            return false;
        }
        let children = self.kinds.children;
        match (children.contains(one), children.contains(other)) {
            (false, false) => true,
            (true, false) => self.approved(policy, one, other),
            (false, true) => self.approved(policy, other, one),
            (true, true) => {
                let (there, back) = (self.approved(policy, one, other), self.approved(policy, other, one));
                match policy.between_children {
                    BetweenChildren::Both => there & back,
                    BetweenChildren::Either => there | back,
                }
            }
        }
    }

    /// Whether the two may share a group: both are adults, or they are authorized.
    #[inline]
    pub fn compatible(&self, policy: &Policy, one: User, other: User) -> bool {
        let adults = self.kinds.adults;
        (adults.contains(one) && adults.contains(other)) || self.authorized(policy, one, other)
    }

    /// Whether the user is compatible with all of them.
    #[inline]
    pub(crate) fn compatible_with_all(&self, policy: &Policy, user: User, others: UserSet) -> bool {
        others.iter().all(|other| self.compatible(policy, user, other))
    }

    /// Whether every two of them are compatible.
    pub(crate) fn compatible_pairwise(&self, policy: &Policy, users: UserSet) -> bool {
        users
            .iter()
            .all(|user| self.compatible_with_all(policy, user, users.minus(UserSet::first(user.index() + 1))))
    }

    /// Whether the rule lets the newcomer into the group. `inviter` is the user whom the semantics names as
    /// the inviter for the command.
    #[inline]
    pub(crate) fn cleared(
        &self,
        policy: &Policy,
        rule: NewcomerRule,
        group: &GroupState<U>,
        newcomer: User,
        inviter: Option<User>,
    ) -> bool {
        let chatting = self.kinds.chatting();
        let exists = matches!(group.phase, Phase::Active | Phase::Frozen);
        if !exists || !chatting.contains(newcomer) || inviter.is_some_and(|by| !chatting.contains(by)) {
            return false;
        }
        let with = |user: Option<User>| user.is_some_and(|user| self.compatible(policy, user, newcomer));
        match rule {
            NewcomerRule::Anyone => true,
            NewcomerRule::Inviter => with(inviter),
            NewcomerRule::Owner => with(group.owner),
            NewcomerRule::AnyMember => group.members.iter().any(|member| with(Some(member))),
            NewcomerRule::EveryMember => self.compatible_with_all(policy, newcomer, group.members),
            NewcomerRule::EveryMemberAndInvitee => {
                let everyone = group.members.or(group.invited()).without(newcomer);
                self.compatible_with_all(policy, newcomer, everyone)
            }
        }
    }

    /// Whether the rule lets the user send to the group.
    #[inline]
    pub(crate) fn audience_cleared(
        &self,
        policy: &Policy,
        rule: SendRule,
        group: &GroupState<U>,
        by: User,
    ) -> bool {
        matches!(group.phase, Phase::Active | Phase::Frozen)
            && match rule {
                SendRule::Anyone => true,
                SendRule::EveryMember => self.compatible_with_all(policy, by, group.members.without(by)),
            }
    }
}
