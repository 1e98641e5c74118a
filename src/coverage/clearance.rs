//! The cases of the rules about who may be with whom: which pair was the obstacle and why, and what
//! sufficed where the rule holds.

use chatwarden_model::{
    Admission, Command, CommandKind as K, GroupState, NewcomerRule, Policy, Quorum, SendRule, User, UserSet,
};

use super::observe::Observer;
use super::{Case, HistoryFacts, StateView};

/// Two users whom a rule compares.
#[derive(Clone, Copy, Debug)]
struct Pair {
    newcomer: User,
    other: User,
    /// Whether the other is not a member, but invited or brought along.
    is_invitee: bool,
}

impl<V: FnMut(Case), const U: usize, const G: usize> Observer<'_, V, U, G> {
    /// The pair that alone was not cleared, and the reason.
    pub(super) fn obstacle(&mut self) {
        let (view, command) = (self.view, self.command);
        let group = command.group().map(|group| view.state.group(group));
        let rule = newcomer_rule(view.policy, self.kind);
        if rule == Some(NewcomerRule::AnyMember) && self.kind != K::Create {
            self.note(Case::NoMember);
            if let (Some(newcomer), Some(group)) = (newcomer(command), group) {
                self.earlier_meeting(newcomer, group.members);
            }
            return;
        }
        let (mut obstacle, mut count) = (None, 0);
        view.each_compared(command, |pair| {
            if !view.is_cleared(command, pair) {
                obstacle = Some(pair);
                count += 1;
            }
        });
        match (obstacle, count) {
            (Some(pair), 1) => {
                if let Some(group) = group {
                    self.role_of_obstacle(group, pair);
                }
                self.reason(pair);
                self.earlier_meeting(pair.newcomer, UserSet::of([pair.other]));
            }
            (None, _) => self.note(Case::NobodyToAsk),
            _ => {}
        }
    }

    /// Whether the newcomer was in a group before with one of those who are the obstacle.
    fn earlier_meeting(&mut self, newcomer: User, others: UserSet) {
        let met_before = self.view.history.map_or(UserSet::EMPTY, |history| history.met_before(newcomer));
        self.note_if(Case::OnceTogether, !met_before.and(others).is_empty());
    }

    /// The role of the user with whom alone the newcomer is not compatible.
    fn role_of_obstacle(&mut self, group: &GroupState<U>, Pair { newcomer, other, is_invitee }: Pair) {
        let inviter = match *self.command {
            Command::Create { by, .. } | Command::Invite { by, .. } => Some(by),
            Command::Accept { by, .. } => group.inviter(by),
            _ => None,
        };
        let owns = group.owner == Some(other);
        self.note(match (is_invitee, inviter == Some(other), owns) {
            (true, ..) => Case::OnlyInvitee,
            (_, true, true) => Case::OnlyOwningInviter,
            (_, true, false) => Case::OnlyInviter,
            (_, false, true) => Case::OnlyOwner,
            (_, false, false) => Case::OnlyMember,
        });
        let actor_and_newcomer = UserSet::of([self.by, newcomer]);
        let mut groups = self.view.state.groups();
        let share = groups.any(|(_, group)| actor_and_newcomer.is_subset(group.members));
        self.note_if(Case::SharedElsewhere, other != self.by && share);
        let number = self.command.group();
        let launched =
            |history: &HistoryFacts| number.and_then(|number| history.group(number).launcher) == Some(other);
        let is_plain_member = !owns && !is_invitee;
        self.note_if(Case::OnlyLauncher, is_plain_member && self.view.history.is_some_and(launched));
    }

    /// The reason for which the two are not authorized with each other, if it is a single one.
    fn reason(&mut self, Pair { newcomer, other, .. }: Pair) {
        let state = self.view.state;
        let own_block = state.blocks(newcomer).contains(other);
        let other_block = state.blocks(other).contains(newcomer);
        let mut unblocked = state.with_groups([]);
        unblocked.blocks_mut(newcomer).remove(other);
        unblocked.blocks_mut(other).remove(newcomer);
        let approved = unblocked.authorized(self.view.policy, newcomer, other);
        match (approved, own_block, other_block) {
            (true, true, false) => self.note(Case::OwnBlock),
            (true, false, true) => self.note(Case::OtherBlock),
            (false, false, false) => self.missing_approval(newcomer, other),
            _ => {}
        }
    }

    fn missing_approval(&mut self, newcomer: User, other: User) {
        let view = self.view;
        let approved = |child, contact| view.state.approved(view.policy, child, contact);
        let partly = |child, contact| !view.state.approvals(child, contact).is_empty();
        match (view.is_child(newcomer), view.is_child(other)) {
            (true, true) => {
                let (own, others) = (approved(newcomer, other), approved(other, newcomer));
                self.note(match (own, others) {
                    (false, true) => Case::OwnSideMissing,
                    (true, false) => Case::OtherSideMissing,
                    _ => Case::BothSidesMissing,
                });
                let falls_short = !own && partly(newcomer, other) || !others && partly(other, newcomer);
                self.note_if(Case::QuorumShort, falls_short);
            }
            (is_child, _) => {
                let (child, adult) = if is_child { (newcomer, other) } else { (other, newcomer) };
                self.note(if partly(child, adult) { Case::QuorumShort } else { Case::NotApproved });
            }
        }
    }

    /// What sufficed for an allowed command.
    pub(super) fn sufficient(&mut self) {
        let (view, command) = (self.view, self.command);
        let mut sufficed = [false; 4];
        view.each_compared(command, |pair| {
            sufficed.iter_mut().zip(view.sufficed(pair)).for_each(|(any, sufficed)| *any |= sufficed);
        });
        let cases = [Case::OneApproval, Case::AllApprovals, Case::OneSide, Case::AdultsWhoBlocked];
        for (case, sufficed) in cases.into_iter().zip(sufficed) {
            self.note_if(case, sufficed);
        }
        let (Some(group), Some(newcomer)) = (command.group(), newcomer(command)) else { return };
        let others = view.state.group(group).members.without(newcomer);
        let is_compatible = |&other: &User| view.state.compatible(view.policy, newcomer, other);
        let compatible = others.iter().filter(is_compatible).count();
        let one_is_enough = newcomer_rule(view.policy, self.kind) == Some(NewcomerRule::AnyMember);
        self.note_if(Case::OneContact, one_is_enough && compatible == 1 && others.len() > 1);
        self.note_if(Case::AmongStrangers, compatible < others.len());
    }
}

impl<const U: usize, const G: usize> StateView<'_, U, G> {
    /// Whether the two are authorized where they would be alone, and compatible elsewhere.
    fn is_cleared(&self, command: &Command, Pair { newcomer, other, .. }: Pair) -> bool {
        match command.kind() {
            K::Direct => self.state.authorized(self.policy, newcomer, other),
            _ => self.state.compatible(self.policy, newcomer, other),
        }
    }

    /// Whether the two are authorized by one of several approvals, by all of several, by those of one
    /// side, or as adults in spite of a block.
    fn sufficed(&self, pair: Pair) -> [bool; 4] {
        let (one, other) = (pair.newcomer, pair.other);
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

    /// The pairs that the rule of the command compares.
    fn each_compared(&self, command: &Command, mut visit: impl FnMut(Pair)) {
        let mut with = |newcomer, other, is_invitee| visit(Pair { newcomer, other, is_invitee });
        match *command {
            Command::Direct { by, to } => with(by, to, false),
            Command::Message { by, group } | Command::Call { by, group } => {
                let call = command.kind() == K::Call;
                let surface = if call { self.policy.call } else { self.policy.message };
                if surface.send == SendRule::EveryMember {
                    let others = self.state.group(group).members.without(by);
                    others.iter().for_each(|other| with(by, other, false));
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
                let members = match rule {
                    NewcomerRule::Anyone => UserSet::EMPTY,
                    NewcomerRule::Inviter => UserSet::of(match command.kind() {
                        K::Invite => Some(command.by()),
                        K::Accept => group.inviter(newcomer),
                        _ => group.owner,
                    }),
                    NewcomerRule::Owner => UserSet::of(group.owner),
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
}

/// The rule of the policy for newcomers at such a command.
fn newcomer_rule(policy: &Policy, kind: K) -> Option<NewcomerRule> {
    match kind {
        K::Create => Some(policy.newcomer.create),
        K::Invite => Some(policy.newcomer.invite),
        K::Accept => Some(policy.newcomer.accept),
        K::Join => Some(policy.newcomer.join),
        _ => None,
    }
}

/// The user who comes in by the command, or sends.
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
