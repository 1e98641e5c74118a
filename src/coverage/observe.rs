//! What one command shows in one situation: its outcome, the cases of that outcome, and the promises that depend on
//! it.
//!
//! The model is asked for decisions and effects; no rule is written here a second time, but for whom a rule asks,
//! which the cases name.

use chatwarden_model::{
    Command, CommandKind as K, Condition as C, GroupState, Kind, Link, Phase, Policy, State, User, UserSet,
    decide,
};

use super::{Case, DecidedBy, HistoryFacts, Point, promise_relevance};

/// A situation in which commands are given: the state, the policy, and what went before as far as it is known.
///
/// ```
/// use chatwarden::coverage::{DecidedBy, Point, Situation};
/// use chatwarden::model::{Cast, Command, CommandKind, Kind, Preset, State, User, UserSet};
/// let mut cast = Cast::default();
/// let sam = cast.add(Kind::Adult, UserSet::EMPTY);
/// let zoe = cast.add(Kind::Adult, UserSet::EMPTY);
/// let state: State<2, 0> = State::new(&cast);
/// let situation = Situation { state: &state, policy: &Preset::AdderOnly.policy(), past: None };
/// let mut shown = Vec::new();
/// situation.each_point(&Command::Block { by: sam, who: zoe }, |point| shown.push(point));
/// assert_eq!(shown[0], Point::Decided(CommandKind::Block, DecidedBy::Allowed));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a, const U: usize, const G: usize> {
    /// The state before the command.
    pub state: &'a State<U, G>,
    /// The rules.
    pub policy: &'a Policy,
    /// What went before; without it the cases of the past are not told.
    pub past: Option<&'a HistoryFacts>,
}

impl<const U: usize, const G: usize> Situation<'_, U, G> {
    /// Hands every point that the command shows to the visitor, its outcome first. A command that more than one
    /// condition refuses shows nothing.
    #[inline]
    pub fn each_point(&self, command: &Command, mut visit: impl FnMut(Point)) {
        let decision = decide(self.state, self.policy, command);
        if decision.failures() > 1 {
            return;
        }
        let kind = command.kind();
        let outcome = decision.near_miss().map_or(DecidedBy::Allowed, DecidedBy::Alone);
        visit(Point::Decided(kind, outcome));
        self.each_case(command, outcome, &mut |case: Case| {
            debug_assert!(case.fits(kind, outcome), "{kind}, {outcome:?}: {case} cannot be told");
            visit(Point::Case(kind, outcome, case));
        });
        promise_relevance::each(self, command, outcome, |promise| visit(Point::Promise(promise, kind)));
    }

    fn each_case(&self, command: &Command, outcome: DecidedBy, tell: &mut impl FnMut(Case)) {
        match outcome {
            DecidedBy::Allowed => {
                self.kinds(command, tell);
                self.enough(command, tell);
                self.settling(command, tell);
                self.particulars(command, tell);
                self.effect(command, tell);
            }
            DecidedBy::Alone(C::NewcomerCleared | C::AudienceCleared | C::PartiesAuthorized) => {
                self.obstacle(command, tell);
                self.before(command, tell);
            }
            DecidedBy::Alone(C::ActorIsGuardian) => self.wrong_guardian(command, tell),
            DecidedBy::Alone(C::TargetIsGuardian) => self.kind_of(target(command), tell),
            DecidedBy::Alone(_) => {}
        }
        self.standing(command, outcome, tell);
    }

    /// The kinds of the users between whom an allowed command passes.
    fn kinds(&self, command: &Command, tell: &mut impl FnMut(Case)) {
        if !command.kind().is_administrative() {
            tell(if self.is_child(command.by()) { Case::ByChild } else { Case::ByAdult });
        }
        if !matches!(command.kind(), K::AddGuardian | K::RemoveGuardian) {
            self.kind_of(target(command), tell);
        }
    }

    fn kind_of(&self, user: Option<User>, tell: &mut impl FnMut(Case)) {
        match user.map(|user| self.state.kinds().kind(user)) {
            Some(Kind::Child) => tell(Case::ToChild),
            Some(Kind::Adult) => tell(Case::ToAdult),
            _ => {}
        }
    }

    /// Whether a command that asks who may be with whom came out before, and how.
    fn before(&self, command: &Command, tell: &mut impl FnMut(Case)) {
        let Some(past) = self.past else { return };
        if command.kind() != K::Create && past.was_allowed(command) {
            tell(Case::AllowedBefore);
        }
        if past.was_refused(command) {
            tell(Case::RefusedBefore);
        }
    }

    /// How actor and target stand to the group, where the command could as well be about others.
    fn standing(&self, command: &Command, outcome: DecidedBy, tell: &mut impl FnMut(Case)) {
        let Some(number) = command.group() else { return };
        let (kind, group, by) = (command.kind(), self.state.group(number), command.by());
        let mut told = |case: Case| {
            if case.fits(kind, outcome) {
                tell(case);
            }
        };
        told(match stand(group, by) {
            GroupRole::Owner => Case::ByOwner,
            GroupRole::Member => Case::ByMember,
            GroupRole::Invitee => Case::ByInvitee,
            GroupRole::Outsider => Case::ByOutsider,
        });
        if let Some(target) = target(command) {
            told(match stand(group, target) {
                GroupRole::Owner => Case::ToOwner,
                GroupRole::Member => Case::ToMember,
                GroupRole::Invitee => Case::ToInvitee,
                GroupRole::Outsider => Case::ToOutsider,
            });
        }
        let others = || self.state.groups().filter(|(other, _)| *other != number).map(|(_, group)| group);
        let whose = target(command).unwrap_or(by);
        let is_outside = !group.members.contains(by);
        let mut told_if = |case: Case, is_so: bool| {
            if is_so {
                told(case);
            }
        };
        told_if(Case::ByGuardian, self.state.kinds().guardians.contains(by));
        told_if(Case::InFrozenGroup, group.phase == Phase::Frozen);
        let is_meant = is_outside || !matches!(kind, K::Accept | K::Decline);
        told_if(Case::BesideInvitations, is_meant && !group.invited().without(whose).is_empty());
        told_if(Case::BesideBans, !group.banned.without(whose).is_empty());
        told_if(Case::OwnsElsewhere, others().any(|other| other.owner == Some(by)));
        told_if(Case::MemberElsewhere, others().any(|other| other.members.contains(by)));
        told_if(Case::InvitedElsewhere, is_outside && others().any(|other| other.invited().contains(by)));
        told_if(Case::BannedElsewhere, others().any(|other| other.banned.contains(whose)));
        let Some(past) = self.past.map(|past| past.group(number)) else { return };
        told_if(Case::ByFormerOwner, past.owners.contains(by));
        told_if(Case::ByFormerMember, past.members.contains(by));
        told_if(Case::ByRemovedMember, past.removed.contains(by));
        told_if(Case::ByFormerInviter, past.inviters(whose).contains(by));
        told_if(Case::KnowsLink, past.know_link.contains(by));
        told_if(Case::ToFormerMember, past.members.contains(whose));
    }

    /// Who takes the part of a guardian without being the child's.
    fn wrong_guardian(&self, command: &Command, tell: &mut impl FnMut(Case)) {
        let by = command.by();
        let Some(child) = child(command) else { return };
        if by == child {
            tell(Case::ByTheChild);
        } else if target(command) == Some(by) {
            tell(Case::ByTheTarget);
        } else if self.state.kinds().guardians.contains(by) {
            tell(Case::ByOtherGuardian);
        } else {
            tell(Case::ByBystander);
        }
        if self.past.is_some_and(|past| past.guardians(child).contains(by)) {
            tell(Case::ByFormerGuardian);
        }
    }

    /// What is particular about single kinds of commands that are allowed.
    fn particulars(&self, command: &Command, tell: &mut impl FnMut(Case)) {
        let group = command.group().map(|group| self.state.group(group));
        match (command, group) {
            (Command::Create { with, .. }, _) => tell(match with.len() {
                0 => Case::WithNobody,
                1 => Case::WithOne,
                _ => Case::WithSeveral,
            }),
            (Command::Invite { .. } | Command::Accept { .. } | Command::Join { .. }, Some(group)) => {
                if group.owner.is_none() {
                    tell(Case::NoOwner);
                }
                let inviter = group.inviter(command.by());
                let is_gone = inviter.is_some_and(|inviter| !group.members.contains(inviter));
                if command.kind() == K::Accept && is_gone {
                    tell(Case::InviterGone);
                }
            }
            (
                Command::Leave { by: who, .. } | Command::Remove { who, .. } | Command::Ban { who, .. },
                Some(group),
            ) => {
                self.departing(command, group, *who, tell);
            }
            (Command::Message { .. } | Command::Call { .. }, Some(group)) => {
                if group.owner.is_none() {
                    tell(Case::NoOwner);
                }
                self.delivery(command, group, tell);
            }
            (Command::Dissolve { by, .. }, Some(group)) => {
                let is_particular = [
                    (Case::WithOthers, !group.members.without(*by).is_empty()),
                    (Case::WithInvitations, !group.invited().is_empty()),
                    (Case::WithLink, group.link == Link::Open),
                ];
                is_particular.into_iter().filter(|(_, is)| *is).for_each(|(case, _)| tell(case));
            }
            (Command::CloseLink { .. }, Some(group)) if group.link == Link::Open => tell(Case::WithLink),
            (Command::RemoveGuardian { by, guardian, .. }, _) if by == guardian => tell(Case::ByTheTarget),
            (Command::AddGuardian { child, guardian, .. }, _) => {
                let approved = self.past.is_some_and(|past| past.approvers(*child).contains(*guardian));
                if approved && !self.state.guardians(*child).contains(*guardian) {
                    tell(Case::ToReturning);
                }
            }
            (Command::Approve { child, contact, .. }, _) => {
                if self.state.blocked(*child, *contact) {
                    tell(Case::BesideBlock);
                }
                self.reuniting(command, [*child, *contact], tell);
            }
            (Command::Revoke { by, child, contact }, _) => {
                let given = self.state.approvals(*child, *contact).and(self.state.guardians(*child));
                if !given.is_empty() && !given.contains(*by) {
                    tell(Case::OthersApproval);
                }
                if self.state.blocked(*child, *contact) {
                    tell(Case::BesideBlock);
                }
            }
            (Command::Block { by, who } | Command::Unblock { by, who }, _) => {
                if self.state.blocks(*who).contains(*by) {
                    tell(Case::BesideBlock);
                }
                if command.kind() == K::Unblock {
                    self.reuniting(command, [*by, *who], tell);
                }
            }
            _ => {}
        }
    }

    /// Whether two become authorized of whom one was in the other's group.
    fn reuniting(&self, command: &Command, pair: [User; 2], tell: &mut impl FnMut(Case)) {
        let Some(past) = self.past else { return };
        let parted = self.state.groups().any(|(number, group)| {
            let were = UserSet::of(pair).and(past.group(number).members);
            were.len() == 2 && were.and(group.members).len() == 1
        });
        let [one, other] = pair;
        if parted && !self.state.authorized(self.policy, one, other) {
            let mut after = self.state.with_groups([]);
            after.carry_out(self.policy, command);
            if after.authorized(self.policy, one, other) {
                tell(Case::Reunited);
            }
        }
    }

    fn departing(&self, command: &Command, group: &GroupState<U>, who: User, tell: &mut impl FnMut(Case)) {
        let leaves = command.kind() == K::Leave;
        if !group.members.contains(who) {
            return;
        }
        if leaves && group.members.len() == 1 {
            tell(Case::LastMember);
        } else {
            if group.invited().iter().any(|invited| group.inviter(invited) == Some(who)) {
                tell(Case::InvitationsStay);
            }
            if leaves && group.owner == Some(who) && group.link == Link::Open {
                tell(Case::LinkStays);
            }
        }
    }

    fn delivery(&self, command: &Command, group: &GroupState<U>, tell: &mut impl FnMut(Case)) {
        let others = group.members.without(command.by());
        let delivered = self.state.clone().carry_out(self.policy, command);
        tell(match delivered.len() {
            0 => Case::DeliveredToNobody,
            count if count == others.len() => Case::DeliveredToAll,
            _ => Case::DeliveredToSome,
        });
    }

    /// Whether an allowed command changes something, and whether it did so before.
    fn effect(&self, command: &Command, tell: &mut impl FnMut(Case)) {
        let kind = command.kind();
        let asks_past = self.past.is_some() && Case::Again.fits(kind, DecidedBy::Allowed);
        if !asks_past && !Case::ChangesNothing.fits(kind, DecidedBy::Allowed) {
            return;
        }
        let mut after = *self.state;
        after.carry_out(self.policy, command);
        let changes = after != *self.state;
        if !changes && Case::ChangesNothing.fits(kind, DecidedBy::Allowed) {
            tell(Case::ChangesNothing);
        }
        if changes && asks_past && self.past.is_some_and(|past| past.has_changed(command)) {
            tell(Case::Again);
        }
    }

    pub(super) fn is_child(&self, user: User) -> bool {
        self.state.kinds().children.contains(user)
    }
}

/// How a user stands to a group.
enum GroupRole {
    Owner,
    Member,
    Invitee,
    Outsider,
}

fn stand<const U: usize>(group: &GroupState<U>, user: User) -> GroupRole {
    if group.owner == Some(user) {
        GroupRole::Owner
    } else if group.members.contains(user) {
        GroupRole::Member
    } else if group.invited().contains(user) {
        GroupRole::Invitee
    } else {
        GroupRole::Outsider
    }
}

/// To whom it is done, if it is one user.
fn target(command: &Command) -> Option<User> {
    match *command {
        Command::Approve { contact: target, .. }
        | Command::Revoke { contact: target, .. }
        | Command::AddGuardian { guardian: target, .. }
        | Command::RemoveGuardian { guardian: target, .. }
        | Command::Block { who: target, .. }
        | Command::Unblock { who: target, .. }
        | Command::Direct { to: target, .. }
        | Command::Invite { who: target, .. }
        | Command::Cancel { who: target, .. }
        | Command::Remove { who: target, .. }
        | Command::Ban { who: target, .. }
        | Command::Unban { who: target, .. }
        | Command::Transfer { to: target, .. } => Some(target),
        _ => None,
    }
}

/// The child on whose contacts or guardians the command decides.
fn child(command: &Command) -> Option<User> {
    match *command {
        Command::Approve { child, .. }
        | Command::Revoke { child, .. }
        | Command::AddGuardian { child, .. }
        | Command::RemoveGuardian { child, .. } => Some(child),
        _ => None,
    }
}
