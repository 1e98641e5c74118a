//! What one command shows in one situation: its outcome, the cases of that outcome, and the promises that depend on
//! it.
//!
//! The model is asked for decisions and effects; no rule is written here a second time, but for whom a rule asks,
//! which the cases name.

use chatwarden_model::{
    Admission, Command, CommandKind as K, Condition as C, GroupState, Kind, NewcomerRule, Phase, Policy,
    Quorum, SendRule, State, User, UserSet, decide,
};

use super::{Case, Outcome, Past, Point, stake};

/// A situation in which commands are given: the state, the policy, and what went before as far as it is known.
///
/// ```
/// use chatwarden::coverage::{Outcome, Point, Situation};
/// use chatwarden::model::{Cast, Command, CommandKind, Kind, Preset, State, User, UserSet};
/// let mut cast = Cast::default();
/// let sam = cast.add(Kind::Adult, UserSet::EMPTY);
/// let zoe = cast.add(Kind::Adult, UserSet::EMPTY);
/// let state: State<2, 0> = State::new(&cast);
/// let situation = Situation { state: &state, policy: &Preset::AdderOnly.policy(), past: None };
/// let mut shown = Vec::new();
/// situation.each_point(&Command::Block { by: sam, who: zoe }, |point| shown.push(point));
/// assert_eq!(shown[0], Point::Decided(CommandKind::Block, Outcome::Allowed));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a, const U: usize, const G: usize> {
    /// The state before the command.
    pub state: &'a State<U, G>,
    /// The rules.
    pub policy: &'a Policy,
    /// What went before; without it the cases of the past are not told.
    pub past: Option<&'a Past>,
}

/// Two users of whom a rule asks whether they are compatible.
#[derive(Clone, Copy, Debug)]
struct Asked {
    newcomer: User,
    other: User,
    /// Whether the other is merely invited, or comes along.
    is_invitee: bool,
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
        let outcome = decision.near_miss().map_or(Outcome::Allowed, Outcome::Alone);
        visit(Point::Decided(kind, outcome));
        self.each_case(command, outcome, &mut |case: Case| {
            debug_assert!(case.fits(kind, outcome), "{kind}, {outcome:?}: {case} cannot be told");
            visit(Point::Case(kind, outcome, case));
        });
        stake::each(self, command, outcome, |promise| visit(Point::Promise(promise, kind)));
    }

    fn each_case(&self, command: &Command, outcome: Outcome, tell: &mut impl FnMut(Case)) {
        match outcome {
            Outcome::Allowed => {
                self.kinds(command, tell);
                self.enough(command, tell);
                self.settling(command, tell);
                self.particulars(command, tell);
                self.effect(command, tell);
            }
            Outcome::Alone(C::NewcomerCleared | C::AudienceCleared | C::PartiesAuthorized) => {
                self.obstacle(command, tell);
            }
            Outcome::Alone(C::ActorIsGuardian) => self.wrong_guardian(command, tell),
            Outcome::Alone(C::TargetIsGuardian) => self.kind_of(target(command), tell),
            Outcome::Alone(_) => {}
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

    /// How actor and target stand to the group, where the command could as well be about others.
    fn standing(&self, command: &Command, outcome: Outcome, tell: &mut impl FnMut(Case)) {
        let Some(number) = command.group() else { return };
        let (kind, group, by) = (command.kind(), self.state.group(number), command.by());
        let mut told = |case: Case| {
            if case.fits(kind, outcome) {
                tell(case);
            }
        };
        told(match stand(group, by) {
            Stand::Owner => Case::ByOwner,
            Stand::Member => Case::ByMember,
            Stand::Invitee => Case::ByInvitee,
            Stand::Outsider => Case::ByOutsider,
        });
        if let Some(target) = target(command) {
            told(match stand(group, target) {
                Stand::Owner => Case::ToOwner,
                Stand::Member => Case::ToMember,
                Stand::Invitee => Case::ToInvitee,
                Stand::Outsider => Case::ToOutsider,
            });
        }
        if group.phase == Phase::Frozen {
            told(Case::InFrozenGroup);
        }
        if let Some(past) = self.past {
            if past.owners(number).contains(by) {
                told(Case::ByFormerOwner);
            }
            if past.members(number).contains(by) {
                told(Case::ByFormerMember);
            }
            if target(command).is_some_and(|target| past.members(number).contains(target)) {
                told(Case::ToFormerMember);
            }
        }
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

    /// Who alone was not compatible with whom, and why.
    fn obstacle(&self, command: &Command, tell: &mut impl FnMut(Case)) {
        let group = command.group().map(|group| self.state.group(group));
        let rule = newcomer_rule(self.policy, command.kind());
        if rule == Some(NewcomerRule::AnyMember) && command.kind() != K::Create {
            return tell(Case::NoMember);
        }
        let (mut obstacle, mut count) = (None, 0);
        self.each_asked(command, |asked| {
            if !self.state.compatible(self.policy, asked.newcomer, asked.other) {
                obstacle = Some(asked);
                count += 1;
            }
        });
        match (obstacle, count) {
            (Some(asked), 1) => {
                if let Some(group) = group {
                    self.role(command, group, asked, tell);
                }
                self.reason(asked, tell);
            }
            (None, _) => tell(Case::NobodyToAsk),
            _ => {}
        }
    }

    /// What the other is to the command, with whom alone the newcomer is not compatible.
    fn role(&self, command: &Command, group: &GroupState<U>, asked: Asked, tell: &mut impl FnMut(Case)) {
        let other = asked.other;
        let inviter = match *command {
            Command::Create { by, .. } | Command::Invite { by, .. } => Some(by),
            Command::Accept { by, .. } => group.inviter(by),
            _ => None,
        };
        let owns = group.owner == Some(other);
        tell(match (asked.is_invitee, inviter == Some(other), owns) {
            (true, ..) => Case::OnlyInvitee,
            (_, true, true) => Case::OnlyOwningInviter,
            (_, true, false) => Case::OnlyInviter,
            (_, false, true) => Case::OnlyOwner,
            (_, false, false) => Case::OnlyMember,
        });
        let launched = |past: &Past| command.group().and_then(|group| past.launcher(group)) == Some(other);
        if !owns && command.kind() != K::Create && self.past.is_some_and(launched) {
            tell(Case::OnlyLauncher);
        }
    }

    /// Why the two are not authorized with each other, if it is one thing.
    fn reason(&self, asked: Asked, tell: &mut impl FnMut(Case)) {
        let (newcomer, other) = (asked.newcomer, asked.other);
        let own_block = self.state.blocks(newcomer).contains(other);
        let other_block = self.state.blocks(other).contains(newcomer);
        let mut unblocked = self.state.with_groups([]);
        unblocked.blocks_mut(newcomer).remove(other);
        unblocked.blocks_mut(other).remove(newcomer);
        let approved = unblocked.authorized(self.policy, newcomer, other);
        match (approved, own_block, other_block) {
            (true, true, false) => tell(Case::OwnBlock),
            (true, false, true) => tell(Case::OtherBlock),
            (false, false, false) => self.missing_approval(newcomer, other, tell),
            _ => {}
        }
    }

    fn missing_approval(&self, newcomer: User, other: User, tell: &mut impl FnMut(Case)) {
        let approved = |child, contact| self.state.approved(self.policy, child, contact);
        let partly = |child, contact| !self.state.approvals(child, contact).is_empty();
        match (self.is_child(newcomer), self.is_child(other)) {
            (true, true) => {
                let (own, others) = (approved(newcomer, other), approved(other, newcomer));
                tell(match (own, others) {
                    (false, true) => Case::OwnSideMissing,
                    (true, false) => Case::OtherSideMissing,
                    _ => Case::BothSidesMissing,
                });
                if !own && partly(newcomer, other) || !others && partly(other, newcomer) {
                    tell(Case::QuorumShort);
                }
            }
            (of_newcomer, _) => {
                let (child, adult) = if of_newcomer { (newcomer, other) } else { (other, newcomer) };
                tell(if partly(child, adult) { Case::QuorumShort } else { Case::NotApproved });
            }
        }
    }

    /// What sufficed for an allowed command.
    fn enough(&self, command: &Command, tell: &mut impl FnMut(Case)) {
        let kind = command.kind();
        let mut seen = [false; 4];
        self.each_asked(command, |asked| {
            for (seen, case) in seen.iter_mut().zip(self.sufficed(asked)) {
                *seen |= case;
            }
        });
        let cases = [Case::OneApproval, Case::AllApprovals, Case::OneSide, Case::AdultsWhoBlocked];
        for (case, seen) in cases.into_iter().zip(seen) {
            if seen && case.fits(kind, Outcome::Allowed) {
                tell(case);
            }
        }
        let (Some(group), Some(newcomer)) = (command.group(), newcomer(command)) else { return };
        let others = self.state.group(group).members.without(newcomer);
        let compatible =
            others.iter().filter(|&other| self.state.compatible(self.policy, newcomer, other)).count();
        if newcomer_rule(self.policy, kind) == Some(NewcomerRule::AnyMember)
            && compatible == 1
            && others.len() > 1
        {
            tell(Case::OneContact);
        }
        if compatible < others.len() {
            tell(Case::AmongStrangers);
        }
    }

    /// Whether the two are authorized by one of several approvals, by all of several, by one side's, or as adults
    /// in spite of a block.
    fn sufficed(&self, asked: Asked) -> [bool; 4] {
        let (one, other) = (asked.newcomer, asked.other);
        if !self.is_child(one) && !self.is_child(other) {
            return [false, false, false, self.state.blocked(one, other)];
        }
        if !self.state.authorized(self.policy, one, other) {
            return [false; 4];
        }
        let approvals = |child: User, contact: User| {
            let guardians = self.state.guardians(child);
            let count = self.state.approvals(child, contact).and(guardians).len();
            (self.is_child(child) && guardians.len() > 1).then_some((count, guardians.len()))
        };
        let sides = [approvals(one, other), approvals(other, one)];
        let any = self.policy.quorum == Quorum::Any;
        let one_of = any && sides.iter().flatten().any(|(count, all)| *count > 0 && count < all);
        let all_of = !any && sides.iter().flatten().any(|(count, all)| count == all);
        let children = self.is_child(one) && self.is_child(other);
        let both =
            self.state.approved(self.policy, one, other) && self.state.approved(self.policy, other, one);
        [one_of, all_of, children && !both, false]
    }

    /// What becomes of the others' authorizations by a command about them.
    fn settling(&self, command: &Command, tell: &mut impl FnMut(Case)) {
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
                if shared > 1 {
                    tell(Case::LostInTwoGroups);
                }
            }
        }
        shared
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
                    (Case::WithLink, group.link == chatwarden_model::Link::Open),
                ];
                is_particular.into_iter().filter(|(_, is)| *is).for_each(|(case, _)| tell(case));
            }
            (Command::RemoveGuardian { by, guardian, .. }, _) if by == guardian => tell(Case::ByTheTarget),
            _ => {}
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
            if leaves && group.owner == Some(who) && group.link == chatwarden_model::Link::Open {
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
        let asks_past = self.past.is_some() && Case::Again.fits(kind, Outcome::Allowed);
        if !asks_past && !Case::ChangesNothing.fits(kind, Outcome::Allowed) {
            return;
        }
        let mut after = *self.state;
        after.carry_out(self.policy, command);
        let changes = after != *self.state;
        if !changes && Case::ChangesNothing.fits(kind, Outcome::Allowed) {
            tell(Case::ChangesNothing);
        }
        if changes && asks_past && self.past.is_some_and(|past| past.has_changed(command)) {
            tell(Case::Again);
        }
    }

    /// The pairs of whom the rule asks whether they are compatible, or authorized.
    fn each_asked(&self, command: &Command, mut visit: impl FnMut(Asked)) {
        let mut with = |newcomer, other, is_invitee| visit(Asked { newcomer, other, is_invitee });
        match *command {
            Command::Direct { by, to } => with(by, to, false),
            Command::Message { by, group } | Command::Call { by, group } => {
                let call = command.kind() == K::Call;
                let surface = if call { self.policy.call } else { self.policy.message };
                if surface.send == SendRule::EveryMember {
                    self.state
                        .group(group)
                        .members
                        .without(by)
                        .iter()
                        .for_each(|other| with(by, other, false));
                }
            }
            Command::Create { by, with: along, .. } => {
                let rule = self.policy.newcomer.create;
                if rule != NewcomerRule::Anyone {
                    along.iter().for_each(|newcomer| with(newcomer, by, false));
                }
                let pairwise = match rule {
                    NewcomerRule::EveryMember => self.policy.admission == Admission::Direct,
                    rule => rule == NewcomerRule::EveryMemberAndInvitee,
                };
                if pairwise {
                    for one in along {
                        for other in along.minus(UserSet::first(one.index() + 1)) {
                            with(one, other, true);
                        }
                    }
                }
            }
            Command::Invite { group, .. } | Command::Accept { group, .. } | Command::Join { group, .. } => {
                let (Some(newcomer), Some(rule)) =
                    (newcomer(command), newcomer_rule(self.policy, command.kind()))
                else {
                    return;
                };
                let group = self.state.group(group);
                let one = |user: Option<User>| UserSet::of(user);
                let members = match rule {
                    NewcomerRule::Anyone => UserSet::EMPTY,
                    NewcomerRule::Inviter => one(match command.kind() {
                        K::Invite => Some(command.by()),
                        K::Accept => group.inviter(newcomer),
                        _ => group.owner,
                    }),
                    NewcomerRule::Owner => one(group.owner),
                    _ => group.members,
                };
                members.iter().for_each(|other| with(newcomer, other, false));
                if rule == NewcomerRule::EveryMemberAndInvitee {
                    let waiting = group.invited().minus(group.members).without(newcomer);
                    waiting.iter().for_each(|other| with(newcomer, other, true));
                }
            }
            _ => {}
        }
    }

    fn is_child(&self, user: User) -> bool {
        self.state.kinds().children.contains(user)
    }
}

/// How a user stands to a group.
enum Stand {
    Owner,
    Member,
    Invitee,
    Outsider,
}

fn stand<const U: usize>(group: &GroupState<U>, user: User) -> Stand {
    if group.owner == Some(user) {
        Stand::Owner
    } else if group.members.contains(user) {
        Stand::Member
    } else if group.invited().contains(user) {
        Stand::Invitee
    } else {
        Stand::Outsider
    }
}

/// The rule that the policy has for newcomers at such a command.
fn newcomer_rule(policy: &Policy, kind: K) -> Option<NewcomerRule> {
    match kind {
        K::Create => Some(policy.newcomer.create),
        K::Invite => Some(policy.newcomer.invite),
        K::Accept => Some(policy.newcomer.accept),
        K::Join => Some(policy.newcomer.join),
        _ => None,
    }
}

/// Who comes in by the command, or sends.
fn newcomer(command: &Command) -> Option<User> {
    match *command {
        Command::Invite { who, .. } => Some(who),
        Command::Accept { by, .. }
        | Command::Join { by, .. }
        | Command::Message { by, .. }
        | Command::Call { by, .. } => Some(by),
        _ => None,
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
