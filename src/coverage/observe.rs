//! The points that one command shows in one state: its outcome, the cases of that outcome, and the
//! promises at risk.
//!
//! Decisions and effects are asked of the model. The cases of the rules about who may be with whom are in
//! `clearance`, and those of a lost authorization in `loss`.

use chatwarden_model::{
    Argument, Command, CommandKind as K, Condition as C, Field, Group, GroupState, Kind, Link, Phase, Policy,
    Renaming, State, User, UserSet, decide,
};

use super::case::CaseSet;
use super::{Case, DecidedBy, GroupHistory, HistoryFacts, Point, promise_relevance};

/// A state with the policy, and with the facts of the commands before as far as they are known.
///
/// ```
/// use chatwarden::coverage::{DecidedBy, Point, StateView};
/// use chatwarden::model::{Cast, Command, CommandKind, Kind, Preset, State, User, UserSet};
/// let mut cast = Cast::default();
/// let sam = cast.add(Kind::Adult, UserSet::EMPTY);
/// let zoe = cast.add(Kind::Adult, UserSet::EMPTY);
/// let state: State<2, 0> = State::new(&cast);
/// let view = StateView { state: &state, policy: &Preset::AdderOnly.policy(), history: None };
/// let mut shown = Vec::new();
/// view.each_point(&Command::Block { by: sam, who: zoe }, |point| shown.push(point));
/// assert_eq!(shown[0], Point::Decided(CommandKind::Block, DecidedBy::Allowed));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct StateView<'a, const U: usize, const G: usize> {
    /// The state before the command.
    pub state: &'a State<U, G>,
    /// The rules.
    pub policy: &'a Policy,
    /// The facts of the commands before. Without them no case is shown that needs history.
    pub history: Option<&'a HistoryFacts>,
}

impl<const U: usize, const G: usize> StateView<'_, U, G> {
    /// Hands every point that the command shows to the visitor, its outcome first. A command that more
    /// than one condition refuses shows nothing.
    #[inline]
    pub fn each_point(&self, command: &Command, mut visit: impl FnMut(Point)) {
        let decision = decide(self.state, self.policy, command);
        let Some(outcome) = DecidedBy::of(decision) else { return };
        let kind = command.kind();
        visit(Point::Decided(kind, outcome));
        let mut observer = Observer {
            view: *self,
            command,
            kind,
            by: command.by(),
            target: target(command),
            fitting: CaseSet::fitting(kind, outcome),
            visit: |case| visit(Point::Case(kind, outcome, case)),
        };
        observer.each_case(outcome);
        promise_relevance::each(self, command, outcome, |promise| visit(Point::Promise(promise, kind)));
    }

    pub(super) fn is_child(&self, user: User) -> bool {
        self.state.kinds().children.contains(user)
    }
}

/// Observes the cases of a command whose outcome is known.
pub(super) struct Observer<'a, V, const U: usize, const G: usize> {
    pub(super) view: StateView<'a, U, G>,
    pub(super) command: &'a Command,
    pub(super) kind: K,
    pub(super) by: User,
    /// The target, if it is one user.
    pub(super) target: Option<User>,
    /// The cases that fit the outcome; no others are reported.
    fitting: CaseSet,
    visit: V,
}

impl<V: FnMut(Case), const U: usize, const G: usize> Observer<'_, V, U, G> {
    /// Reports the case if it fits the outcome.
    pub(super) fn note(&mut self, case: Case) {
        if self.fitting.contains(case) {
            (self.visit)(case);
        }
    }

    /// Reports the case if it holds and fits the outcome.
    pub(super) fn note_if(&mut self, case: Case, holds: bool) {
        if holds {
            self.note(case);
        }
    }

    fn each_case(&mut self, outcome: DecidedBy) {
        self.kinds_of_users();
        match outcome {
            DecidedBy::Allowed => {
                self.sufficient();
                self.losses();
                self.effect_on_group();
                self.effect_on_accounts();
                self.change();
            }
            DecidedBy::Alone(C::NewcomerCleared | C::AudienceCleared | C::PartiesAuthorized) => {
                self.obstacle();
                self.same_before();
            }
            DecidedBy::Alone(_) => self.guardian_roles(),
        }
        self.group_roles();
    }

    fn kinds_of_users(&mut self) {
        self.note(if self.view.is_child(self.by) { Case::ByChild } else { Case::ByAdult });
        match self.target.map(|target| self.view.state.kinds().kind(target)) {
            Some(Kind::Child) => self.note(Case::ToChild),
            Some(Kind::Adult) => self.note(Case::ToAdult),
            Some(Kind::Guardian) | None => {}
        }
    }

    /// Whether the same command was allowed or refused before.
    fn same_before(&mut self) {
        if let Some(history) = self.view.history {
            self.note_if(Case::AllowedBefore, history.was_allowed(self.command));
            self.note_if(Case::RefusedBefore, history.was_refused(self.command));
        }
    }

    /// The roles of actor and target in the group and in others.
    fn group_roles(&mut self) {
        let Some(number) = self.command.group() else { return };
        let (group, by) = (self.view.state.group(number), self.by);
        let by_role = [Case::ByOwner, Case::ByMember, Case::ByInvitee, Case::ByOutsider];
        self.note(of_role(group, by, by_role));
        if let Some(target) = self.target {
            let to_role = [Case::ToOwner, Case::ToMember, Case::ToInvitee, Case::ToOutsider];
            self.note(of_role(group, target, to_role));
            self.note_if(Case::ToBanned, group.banned.contains(target));
        }
        let newcomer = self.target.unwrap_or(by);
        // At `accept` and `decline` the invitations of others matter only to somebody outside the group.
        let counts_invitations = !group.members.contains(by) || !matches!(self.kind, K::Accept | K::Decline);
        self.note_if(Case::ByGuardian, self.view.state.kinds().guardians.contains(by));
        self.note_if(Case::InFrozenGroup, group.phase == Phase::Frozen);
        let others_invited = !group.invited().without(newcomer).is_empty();
        self.note_if(Case::BesideInvitations, counts_invitations && others_invited);
        self.note_if(Case::BesideBans, !group.banned.without(newcomer).is_empty());
        self.roles_elsewhere(number, newcomer);
        if let Some(history) = self.view.history {
            self.former_roles(history.group(number), newcomer);
            self.past_of_group(group, history.group(number));
        }
    }

    fn roles_elsewhere(&mut self, number: Group, newcomer: User) {
        let (state, by) = (self.view.state, self.by);
        let others = || state.groups().filter(|(other, _)| *other != number).map(|(_, group)| group);
        self.note_if(Case::OwnsElsewhere, others().any(|other| other.owner == Some(by)));
        self.note_if(Case::MemberElsewhere, others().any(|other| other.members.contains(by)));
        let is_outside = !state.group(number).members.contains(by);
        let invited = is_outside && others().any(|other| other.invited().contains(by));
        self.note_if(Case::InvitedElsewhere, invited);
        self.note_if(Case::BannedElsewhere, others().any(|other| other.banned.contains(newcomer)));
        if self.fitting.contains(Case::AlsoElsewhere) {
            self.also_elsewhere(number);
        }
    }

    /// Whether an implementation that mistakes the group would change, or deliver to, another one.
    fn also_elsewhere(&mut self, number: Group) {
        let StateView { state, policy, .. } = self.view;
        let delivered = state.clone().carry_out(policy, self.command);
        let has_effect = |other: Group| {
            let command = Renaming::identity().swapping_groups(number, other).command(self.command);
            let mut after = *state;
            decide(state, policy, &command).is_allowed()
                && (!after.carry_out(policy, &command).is_subset(delivered) || after != *state)
        };
        let mut others = state.groups().map(|(other, _)| other).filter(|other| *other != number);
        let is_so = others.any(has_effect);
        self.note_if(Case::AlsoElsewhere, is_so);
    }

    fn former_roles(&mut self, history: &GroupHistory, newcomer: User) {
        let by = self.by;
        self.note_if(Case::ByFormerOwner, history.owners.contains(by));
        self.note_if(Case::ByFormerMember, history.members.contains(by));
        self.note_if(Case::ByRemovedMember, history.removed.contains(by));
        self.note_if(Case::ByFormerInviter, history.inviters(newcomer).contains(by));
        self.note_if(Case::KnowsLink, history.know_link.contains(by));
        self.note_if(Case::ToFormerMember, history.members.contains(newcomer));
    }

    /// What became of earlier members and invitations, and how the user came in whom the command is about.
    fn past_of_group(&mut self, group: &GroupState<U>, history: &GroupHistory) {
        let by = self.by;
        let is_member = group.members.contains(by);
        let was_owner = history.owners.and(history.departed).contains(by);
        self.note_if(Case::ByReturnedOwner, is_member && was_owner);
        self.note_if(Case::UsedInvitation, !is_member && history.accepted.contains(by));
        self.note_if(Case::CancelledInvitation, !is_member && history.cancelled.contains(by));
        self.note_if(Case::DeclinedInvitation, !is_member && history.declined.contains(by));
        self.note_if(Case::BesideDeparted, !history.members.minus(group.members).is_empty());
        let about = self.target.unwrap_or(by);
        if group.members.or(group.invited()).contains(about) {
            self.note_if(Case::SinceLaunch, history.since_launch.contains(about));
            self.note_if(Case::SinceInvitation, history.since_invitation.contains(about));
            self.note_if(Case::SinceJoining, history.since_joining.contains(about));
        }
    }

    /// The relation of the actor to the child, where the command is one of a guardian.
    fn guardian_roles(&mut self) {
        let Some(Argument::User(child)) = self.command.argument(Field::Child) else { return };
        let by = self.by;
        self.note(if by == child {
            Case::ByTheChild
        } else if self.target == Some(by) {
            Case::ByTheTarget
        } else if self.view.state.kinds().guardians.contains(by) {
            Case::ByOtherGuardian
        } else {
            Case::ByBystander
        });
        let was_guardian = |history: &HistoryFacts| history.guardians(child).contains(by);
        self.note_if(Case::ByFormerGuardian, self.view.history.is_some_and(was_guardian));
    }

    /// The particulars of the group that matter to the effect of an allowed command.
    fn effect_on_group(&mut self) {
        let state = self.view.state;
        let Some(group) = self.command.group().map(|number| state.group(number)) else { return };
        if let Command::Create { with, .. } = self.command {
            self.note(match with.len() {
                0 => Case::WithNobody,
                1 => Case::WithOne,
                _ => Case::WithSeveral,
            });
        }
        self.note_if(Case::NoOwner, group.owner.is_none());
        let inviter = group.inviter(self.by);
        self.note_if(Case::InviterGone, inviter.is_some_and(|inviter| !group.members.contains(inviter)));
        self.leaving(group, self.target.unwrap_or(self.by));
        self.note_if(Case::WithOthers, !group.members.without(self.by).is_empty());
        self.note_if(Case::WithInvitations, !group.invited().is_empty());
        self.note_if(Case::WithLink, group.link == Link::Open);
        if matches!(self.kind, K::Message | K::Call) {
            self.delivery(group);
        }
    }

    /// The invitations and the open link that stay when a user leaves the group.
    fn leaving(&mut self, group: &GroupState<U>, who: User) {
        if !group.members.contains(who) {
            return;
        }
        if self.kind == K::Leave && group.members.len() == 1 {
            self.note(Case::LastMember);
            return;
        }
        let has_invited = group.invited().iter().any(|invited| group.inviter(invited) == Some(who));
        self.note_if(Case::InvitationsStay, has_invited);
        self.note_if(Case::LinkStays, group.owner == Some(who) && group.link == Link::Open);
    }

    fn delivery(&mut self, group: &GroupState<U>) {
        let others = group.members.without(self.by);
        let delivered = self.view.state.clone().carry_out(self.view.policy, self.command);
        self.note(match delivered.len() {
            0 => Case::DeliveredToNobody,
            count if count == others.len() => Case::DeliveredToAll,
            _ => Case::DeliveredToSome,
        });
    }

    /// The particulars of two accounts that matter to the effect of an allowed command.
    fn effect_on_accounts(&mut self) {
        let (state, history) = (self.view.state, self.view.history);
        match *self.command {
            Command::RemoveGuardian { .. } => self.guardian_roles(),
            Command::AddGuardian { child, guardian, .. } => {
                let approved =
                    history.is_some_and(|history| history.removed_approvers(child).contains(guardian));
                self.note_if(Case::ToReturning, approved && !state.guardians(child).contains(guardian));
            }
            Command::Approve { child, contact, .. } => {
                self.note_if(Case::BesideBlock, state.blocked(child, contact));
                self.reunion([child, contact]);
            }
            Command::Revoke { by, child, contact } => {
                let given = state.approvals(child, contact).and(state.guardians(child));
                self.note_if(Case::OthersApproval, !given.is_empty() && !given.contains(by));
                self.note_if(Case::BesideBlock, state.blocked(child, contact));
            }
            Command::Block { by, who } | Command::Unblock { by, who } => {
                self.note_if(Case::BesideBlock, state.blocks(who).contains(by));
                self.note_if(Case::BesideBlocks, !state.blocks(by).without(who).is_empty());
                if self.kind == K::Unblock {
                    self.reunion([by, who]);
                }
            }
            _ => {}
        }
    }

    /// Whether two become authorized who were in a group together that one of them has left.
    fn reunion(&mut self, [one, other]: [User; 2]) {
        let StateView { state, policy, history: Some(history) } = self.view else { return };
        let were_parted = state.groups().any(|(number, group)| {
            let were = UserSet::of([one, other]).and(history.group(number).members);
            were.len() == 2 && were.and(group.members).len() == 1
        });
        if were_parted && !state.authorized(policy, one, other) {
            let mut after = state.with_groups([]);
            after.carry_out(policy, self.command);
            self.note_if(Case::Reunited, after.authorized(policy, one, other));
        }
    }

    /// Whether an allowed command changes anything, and whether it did so before.
    fn change(&mut self) {
        let history = self.view.history.filter(|_| self.fitting.contains(Case::Again));
        if history.is_none() && !self.fitting.contains(Case::ChangesNothing) {
            return;
        }
        let mut after = *self.view.state;
        after.carry_out(self.view.policy, self.command);
        if after == *self.view.state {
            self.note(Case::ChangesNothing);
        } else {
            self.note_if(Case::Again, history.is_some_and(|history| history.has_changed(self.command)));
        }
    }
}

/// The case of the role that the user has in the group.
fn of_role<const U: usize>(
    group: &GroupState<U>,
    user: User,
    [owner, member, invitee, outsider]: [Case; 4],
) -> Case {
    if group.owner == Some(user) {
        owner
    } else if group.members.contains(user) {
        member
    } else if group.invited().contains(user) {
        invitee
    } else {
        outsider
    }
}

/// The target of the command, if it is one user.
#[inline]
fn target(command: &Command) -> Option<User> {
    let mut target = None;
    command.each_argument(|field, argument| match argument {
        Argument::User(user) if field != Field::By && field != Field::Child => target = Some(user),
        _ => {}
    });
    target
}
