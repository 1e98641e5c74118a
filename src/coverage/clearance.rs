//! The rules about who may be with whom: of which pairs they ask, who was the obstacle and why, and what sufficed.

use chatwarden_model::{
    Admission, Command, CommandKind as K, GroupState, NewcomerRule, Policy, Quorum, SendRule, User, UserSet,
};

use super::{Case, DecidedBy, HistoryFacts, Situation};

/// Two users of whom a rule asks whether they are compatible.
#[derive(Clone, Copy, Debug)]
struct Asked {
    newcomer: User,
    other: User,
    /// Whether the other is merely invited, or comes along.
    is_invitee: bool,
}

impl<const U: usize, const G: usize> Situation<'_, U, G> {
    /// Who alone was not compatible with whom, and why.
    pub(super) fn obstacle(&self, command: &Command, tell: &mut impl FnMut(Case)) {
        let group = command.group().map(|group| self.state.group(group));
        let rule = newcomer_rule(self.policy, command.kind());
        if rule == Some(NewcomerRule::AnyMember) && command.kind() != K::Create {
            tell(Case::NoMember);
            if let (Some(newcomer), Some(group)) = (newcomer(command), group) {
                self.acquaintance(command, newcomer, group.members, tell);
            }
            return;
        }
        let (mut obstacle, mut count) = (None, 0);
        self.each_asked(command, |asked| {
            if !self.meets(command.kind(), asked) {
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
                self.acquaintance(command, asked.newcomer, UserSet::of([asked.other]), tell);
            }
            (None, _) => tell(Case::NobodyToAsk),
            _ => {}
        }
    }

    /// Whether the two are to each other what the rule asks: compatible, and authorized where they are alone.
    fn meets(&self, kind: K, Asked { newcomer, other, .. }: Asked) -> bool {
        match kind {
            K::Direct => self.state.authorized(self.policy, newcomer, other),
            _ => self.state.compatible(self.policy, newcomer, other),
        }
    }

    /// Whether the newcomer was in a group once with one of those who are the obstacle.
    fn acquaintance(&self, command: &Command, newcomer: User, others: UserSet, tell: &mut impl FnMut(Case)) {
        let are_together = matches!(command.kind(), K::Message | K::Call);
        let company = self.past.map_or(UserSet::EMPTY, |past| past.company(newcomer));
        if !are_together && !company.and(others).is_empty() {
            tell(Case::OnceTogether);
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
        let launched =
            |past: &HistoryFacts| command.group().and_then(|group| past.group(group).launcher) == Some(other);
        let pair = UserSet::of([command.by(), asked.newcomer]);
        let shared = || self.state.groups().any(|(_, group)| pair.is_subset(group.members));
        if command.kind() == K::Invite && other != command.by() && shared() {
            tell(Case::SharedElsewhere);
        }
        let is_there = !owns && !asked.is_invitee && command.kind() != K::Create;
        if is_there && self.past.is_some_and(launched) {
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
    pub(super) fn enough(&self, command: &Command, tell: &mut impl FnMut(Case)) {
        let kind = command.kind();
        let mut seen = [false; 4];
        self.each_asked(command, |asked| {
            for (seen, case) in seen.iter_mut().zip(self.sufficed(asked)) {
                *seen |= case;
            }
        });
        let cases = [Case::OneApproval, Case::AllApprovals, Case::OneSide, Case::AdultsWhoBlocked];
        for (case, seen) in cases.into_iter().zip(seen) {
            if seen && case.fits(kind, DecidedBy::Allowed) {
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
