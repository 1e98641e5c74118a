//! The reasons why two users are not authorized with each other, and the commands that would change it.

use chatwarden_model::{
    Admission, BetweenChildren, Breach, Command, Group, NewcomerRule, Promise, Quorum, State, User, UserSet,
};

use super::{Describer, pairs_of};
use crate::trace::TraceStep;

impl Describer<'_> {
    /// The reasons of a breach at the step: the blocks between its two users, and the approvals that are
    /// missing. There is none if the promise does not ask for them.
    pub fn breach_reasons(&self, step: &TraceStep, breach: &Breach) -> Vec<String> {
        let Some((one, other)) = authorization_pair(breach) else { return Vec::new() };
        match breach.promise {
            Promise::Block => self.block_reasons(&step.before, one, other),
            _ => self.missing_approvals(judged_state(step, breach), one, other),
        }
    }

    /// The commands after which the two users of a breach at the step would be authorized.
    pub fn breach_fixes(&self, step: &TraceStep, breach: &Breach) -> Vec<String> {
        authorization_pair(breach)
            .map_or_else(Vec::new, |(one, other)| self.fixes(judged_state(step, breach), one, other))
    }

    /// The reasons why two users are not authorized with each other: blocks, and approvals that are
    /// missing. There is none if they are authorized, or if no command could change it.
    pub fn missing_approvals(&self, state: &State, one: User, other: User) -> Vec<String> {
        let mut reasons = self.block_reasons(state, one, other);
        for (child, contact, guardians) in self.needed_approvals(state, one, other) {
            let (child, contact) = (self.names.user(child), self.names.user(contact));
            let users = self.users(guardians);
            reasons.push(match (guardians.len(), self.setup.policy.quorum) {
                (0, _) => format!("{child} has no guardian who could approve {contact}"),
                (1, _) => format!("{users} has not approved {contact} for {child}"),
                (2, Quorum::Any) => {
                    let neither = users.replacen(" and ", " nor ", 1);
                    format!("neither {neither} has approved {contact} for {child}")
                }
                (_, Quorum::Any) => format!("none of {users} has approved {contact} for {child}"),
                (_, Quorum::All) => format!("{users} have not approved {contact} for {child}"),
            });
        }
        reasons
    }

    /// The commands after which the two would be authorized with each other.
    pub fn fixes(&self, state: &State, one: User, other: User) -> Vec<String> {
        let blocks = self.blocks_between(state, one, other);
        let mut fixes: Vec<_> = blocks.map(|(by, who)| self.command(Command::Unblock { by, who })).collect();
        let mut missing = self.needed_approvals(state, one, other);
        if self.setup.policy.between_children == BetweenChildren::Either {
            missing.truncate(1);
        }
        for (child, contact, guardians) in missing {
            let needed = if self.setup.policy.quorum == Quorum::Any { 1 } else { guardians.len() };
            let approvals = guardians.iter().take(needed).map(|by| Command::Approve { by, child, contact });
            fixes.extend(approvals.map(|approve| self.command(approve)));
        }
        fixes
    }

    /// The reasons why a command fails the policy's comparison of users: those of each compared
    /// pair that is not authorized. There is none for a command that compares no users.
    pub fn unauthorized_pairs(&self, state: &State, command: &Command) -> Vec<String> {
        let policy = &self.setup.policy;
        let mut pairs = self.compared_pairs(state, command);
        pairs.retain(|(one, other)| !state.compatible(policy, *one, *other));
        pairs.iter().flat_map(|(one, other)| self.missing_approvals(state, *one, *other)).collect()
    }

    /// The pairs that the policy compares before it lets the command pass.
    fn compared_pairs(&self, state: &State, command: &Command) -> Vec<(User, User)> {
        let policy = &self.setup.policy;
        let between =
            |user: User, others: UserSet| others.without(user).iter().map(|other| (user, other)).collect();
        let newcomer = |rule, group: Group, user: User, inviter: Option<User>| {
            let group = state.group(group);
            let compared = match rule {
                NewcomerRule::Anyone => UserSet::EMPTY,
                NewcomerRule::Inviter => UserSet::of(inviter),
                NewcomerRule::Owner => UserSet::of(group.owner),
                NewcomerRule::AnyMember | NewcomerRule::EveryMember => group.members,
                NewcomerRule::EveryMemberAndInvitee => group.members.or(group.invited()),
            };
            between(user, compared)
        };
        match *command {
            Command::Direct { by, to } => vec![(by, to)],
            Command::Create { by, with, .. } => match policy.newcomer.create {
                NewcomerRule::Anyone => Vec::new(),
                NewcomerRule::Inviter | NewcomerRule::Owner | NewcomerRule::AnyMember => between(by, with),
                NewcomerRule::EveryMember if policy.admission == Admission::Consent => between(by, with),
                NewcomerRule::EveryMember | NewcomerRule::EveryMemberAndInvitee => {
                    pairs_of(with.with(by)).collect()
                }
            },
            Command::Invite { by, group, who } => newcomer(policy.newcomer.invite, group, who, Some(by)),
            Command::Accept { by, group } => {
                newcomer(policy.newcomer.accept, group, by, state.group(group).inviter(by))
            }
            Command::Join { by, group } => {
                newcomer(policy.newcomer.join, group, by, state.group(group).owner)
            }
            Command::Message { by, group } | Command::Call { by, group } => {
                between(by, state.group(group).members)
            }
            _ => Vec::new(),
        }
    }

    fn block_reasons(&self, state: &State, one: User, other: User) -> Vec<String> {
        let blocks = self.blocks_between(state, one, other);
        blocks
            .map(|(by, who)| format!("{} has blocked {}", self.names.user(by), self.names.user(who)))
            .collect()
    }

    fn blocks_between(&self, state: &State, one: User, other: User) -> impl Iterator<Item = (User, User)> {
        let blocks =
            [(one, other), (other, one)].map(|(by, who)| state.blocks(by).contains(who).then_some((by, who)));
        blocks.into_iter().flatten()
    }

    /// Each approval that is missing: the child, the contact, and the guardians who have not given
    /// it.
    fn needed_approvals(&self, state: &State, one: User, other: User) -> Vec<(User, User, UserSet)> {
        let policy = &self.setup.policy;
        let kinds = self.setup.cast.kinds();
        let approved = |child, contact| state.approved(policy, child, contact);
        let both = UserSet::of([one, other]);
        if both.len() < 2 || !both.is_subset(kinds.chatting()) {
            return Vec::new();
        }
        let either = policy.between_children == BetweenChildren::Either && both.is_subset(kinds.children);
        if either && (approved(one, other) || approved(other, one)) {
            return Vec::new();
        }
        let mut missing = Vec::new();
        for (child, contact) in [(one, other), (other, one)] {
            if kinds.children.contains(child) && !approved(child, contact) {
                missing.push((child, contact, state.guardians(child).minus(state.approvals(child, contact))));
            }
        }
        missing
    }
}

/// The two users of a breach of a promise that asks whether they are authorized with each other, or
/// whether one has blocked the other.
fn authorization_pair(breach: &Breach) -> Option<(User, User)> {
    let asks = breach.cause.is_some() || breach.promise == Promise::Block;
    let mut users = breach.users.iter().filter(|_| asks);
    Some((users.next()?, users.next()?))
}

/// The state on which the promise of the breach is judged: `no-strangers` after the step, the promises
/// about an invitation or a delivery before it.
fn judged_state<'a>(step: &'a TraceStep, breach: &Breach) -> &'a State {
    if breach.promise == Promise::NoStrangers { &step.after } else { &step.before }
}
