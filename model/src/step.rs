//! The effects of commands: the changes of the state, the deliveries, and *settle*, which changes groups
//! after an authorization is lost.
//!
//! [`step`] decides a command, with `decide`, and carries it out if it is allowed.

use crate::command::Command;
use crate::condition::Decision;
use crate::decide::decide;
use crate::policy::{Admission, DeliverRule, OnLoss, Policy, Surface};
use crate::state::{GroupState, Link, Phase, State};
use crate::user::{Group, User, UserSet};

/// The result of a command.
///
/// ```
/// use chatwarden_model::{step, Cast, Command, Group, Kind, Preset, State, UserSet};
/// let mut cast = Cast::default();
/// let sam = cast.add(Kind::Adult, UserSet::EMPTY);
/// let zoe = cast.add(Kind::Adult, UserSet::EMPTY);
/// let mut state: State = State::new(&cast);
/// let outcome = step(&mut state, &Preset::MessengerKids.policy(), &Command::Direct { by: sam, to: zoe });
/// assert!(outcome.decision.is_allowed());
/// assert_eq!(outcome.delivered, UserSet::of([zoe]));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Outcome {
    /// The conditions that held and those that did not.
    pub decision: Decision,
    /// The users to whom the command delivered a message or call. The set is empty if the command was
    /// refused.
    pub delivered: UserSet,
}

/// Decides the command and, if it is allowed, carries it out. A refused command changes nothing.
#[inline]
pub fn step<const U: usize, const G: usize>(
    state: &mut State<U, G>,
    policy: &Policy,
    command: &Command,
) -> Outcome {
    let decision = decide(state, policy, command);
    let delivered = if decision.is_allowed() { state.carry_out(policy, command) } else { UserSet::EMPTY };
    Outcome { decision, delivered }
}

impl<const U: usize, const G: usize> State<U, G> {
    /// Carries out a command without checking its conditions, and returns the users to whom it delivers.
    /// The lock-step calls it when an implementation allowed a command that the policy refuses. Then who
    /// is no member does not depart, who does not chat enters no group, and a group that is not new is
    /// made anew, with its bans kept.
    pub fn carry_out(&mut self, policy: &Policy, command: &Command) -> UserSet {
        match *command {
            Command::Approve { by, child, contact } => {
                self.approvals[child.index()][contact.index()].insert(by);
            }
            Command::Revoke { child, contact, .. } => self.settling(policy, child, |state| {
                state.approvals[child.index()][contact.index()] = UserSet::EMPTY;
            }),
            Command::AddGuardian { child, guardian, .. } => self.settling(policy, child, |state| {
                state.guardians[child.index()].insert(guardian);
            }),
            Command::RemoveGuardian { child, guardian, .. } => self.settling(policy, child, |state| {
                state.guardians[child.index()].remove(guardian);
                state.approvals[child.index()].iter_mut().for_each(|approvals| approvals.remove(guardian));
            }),
            Command::Block { by, who } => {
                self.settling(policy, by, |state| state.blocks[by.index()].insert(who));
            }
            Command::Unblock { by, who } => self.blocks[by.index()].remove(who),
            Command::Direct { to, .. } => return UserSet::EMPTY.with(to),
            Command::Create { by, group, with } => {
                let banned = self.group(group).banned;
                self.groups[group.index()] =
                    GroupState { phase: Phase::Active, owner: Some(by), banned, ..GroupState::default() };
                self.enter(group, by);
                with.iter().for_each(|user| self.admit(policy, group, user, by));
            }
            Command::Invite { by, group, who } => self.admit(policy, group, who, by),
            Command::Accept { by, group } | Command::Join { by, group } => self.enter(group, by),
            Command::Decline { by: who, group } | Command::Cancel { group, who, .. } => {
                self.groups[group.index()].uninvite(who);
            }
            Command::OpenLink { group, .. } => self.groups[group.index()].link = Link::Open,
            Command::CloseLink { group, .. } => self.groups[group.index()].link = Link::Closed,
            Command::Leave { by: who, group } | Command::Remove { group, who, .. } => {
                self.groups[group.index()].depart(who);
            }
            Command::Ban { group, who, .. } => {
                let group = &mut self.groups[group.index()];
                group.depart(who);
                group.uninvite(who);
                group.banned.insert(who);
            }
            Command::Unban { group, who, .. } => self.groups[group.index()].banned.remove(who),
            Command::Transfer { group, to, .. } => self.groups[group.index()].owner = Some(to),
            Command::Message { by, group } => return self.audience(policy, policy.message, group, by),
            Command::Call { by, group } => return self.audience(policy, policy.call, group, by),
            Command::Dissolve { group, .. } => self.groups[group.index()].dissolve(),
        }
        UserSet::EMPTY
    }

    /// The users to whom a message or call of the user is delivered in the group.
    fn audience(&self, policy: &Policy, surface: Surface, group: Group, by: User) -> UserSet {
        let others = self.group(group).members.without(by);
        match surface.deliver {
            DeliverRule::All => others,
            DeliverRule::Authorized => {
                others.iter().filter(|&other| self.compatible(policy, by, other)).collect()
            }
        }
    }

    /// Adds the user or records an invitation, as the policy's `admission` says.
    fn admit(&mut self, policy: &Policy, group: Group, user: User, by: User) {
        match policy.admission {
            Admission::Direct => self.enter(group, user),
            Admission::Consent => self.groups[group.index()].invite(user, by),
        }
    }

    /// Makes the user a member. Somebody who does not chat enters no group.
    fn enter(&mut self, group: Group, user: User) {
        if self.kinds.chatting().contains(user) {
            let group = &mut self.groups[group.index()];
            group.uninvite(user);
            group.members.insert(user);
        }
    }

    /// Makes the change. Then it applies the policy's `on_loss` to the shared groups of every pair that
    /// lost its authorization. One user of each pair is `user`.
    #[inline]
    fn settling(&mut self, policy: &Policy, user: User, change: impl FnOnce(&mut Self)) {
        if G == 0 || policy.on_loss == OnLoss::Nothing {
            return change(self);
        }
        let before = self.protected_contacts(policy, user);
        change(self);
        for other in before.minus(self.protected_contacts(policy, user)) {
            let (child, contact) =
                if self.kinds.children.contains(user) { (user, other) } else { (other, user) };
            for group in &mut self.groups {
                if group.phase == Phase::Active
                    && group.members.contains(child)
                    && group.members.contains(contact)
                {
                    match policy.on_loss {
                        OnLoss::Nothing => {}
                        OnLoss::Freeze => group.phase = Phase::Frozen,
                        OnLoss::RemoveContact => group.depart(contact),
                        OnLoss::RemoveChild => group.depart(child),
                        OnLoss::Dissolve => group.dissolve(),
                    }
                }
            }
        }
    }

    /// The users who are authorized with the user and of whom at least one, or the user, is a child.
    fn protected_contacts(&self, policy: &Policy, user: User) -> UserSet {
        let kinds = self.kinds;
        let others = if kinds.children.contains(user) { kinds.chatting() } else { kinds.children };
        others.iter().filter(|&other| self.authorized(policy, user, other)).collect()
    }
}

impl<const U: usize> GroupState<U> {
    /// Removes a member; nobody else departs. A group without members is dissolved. Invitations that the
    /// member issued stay, and an open link stays open.
    fn depart(&mut self, user: User) {
        if !self.members.contains(user) {
            return;
        }
        self.members.remove(user);
        if self.owner == Some(user) {
            self.owner = None;
        }
        if self.members.is_empty() {
            self.dissolve();
        }
    }

    /// Dissolves the group. Its bans stay.
    fn dissolve(&mut self) {
        *self = GroupState { phase: Phase::Dissolved, banned: self.banned, ..GroupState::default() };
    }
}
