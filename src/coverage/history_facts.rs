//! The facts about the commands of a trace so far, as far as cases need them.

use chatwarden_model::{
    Command, Group, GroupState, Link, MAX_GROUPS, MAX_USERS, Phase, State, User, UserSet,
};

/// The earlier roles and meetings of users, and the earlier commands with their results.
///
/// ```
/// use chatwarden::coverage::HistoryFacts;
/// use chatwarden::model::{step, Cast, Command, Group, Kind, Preset, Setup, State, UserSet};
/// let mut cast = Cast::default();
/// let sam = cast.add(Kind::Adult, UserSet::EMPTY);
/// let setup = Setup { cast, groups: 1, policy: Preset::NoContactRule.policy() };
/// let mut history = HistoryFacts::default();
/// let mut state: State = setup.start();
/// for command in [
///     Command::Create { by: sam, group: Group::new(0), with: UserSet::EMPTY },
///     Command::Leave { by: sam, group: Group::new(0) },
/// ] {
///     let before = state;
///     let allowed = step(&mut state, &setup.policy, &command).decision.is_allowed();
///     history.record(&before, &command, allowed, &state);
/// }
/// assert!(history.group(Group::new(0)).owners.contains(sam));
/// ```
#[derive(Clone, Debug, Default)]
pub struct HistoryFacts {
    groups: [GroupHistory; MAX_GROUPS],
    guardians: [UserSet; MAX_USERS],
    /// For each child the guardians who were removed while an approval of theirs was valid.
    removed_approvers: [UserSet; MAX_USERS],
    /// For each user those with whom they were in a group.
    met_before: [UserSet; MAX_USERS],
    commands: Vec<(Command, CommandResult)>,
}

/// The earlier users of a group.
#[derive(Clone, Copy, Debug, Default)]
pub struct GroupHistory {
    /// The user who launched it.
    pub launcher: Option<User>,
    /// The users who have owned it.
    pub owners: UserSet,
    /// The users who have been members.
    pub members: UserSet,
    /// The users whom a command of somebody else took out.
    pub removed: UserSet,
    /// The users who were members while its link was open.
    pub know_link: UserSet,
    /// The users who have departed.
    pub departed: UserSet,
    /// The users who have accepted an invitation.
    pub accepted: UserSet,
    /// The users whose invitation was cancelled.
    pub cancelled: UserSet,
    /// The users who have declined an invitation.
    pub declined: UserSet,
    /// The users whom the launch named, and nothing later brought in or invited.
    pub since_launch: UserSet,
    /// The users whom an invitation after the launch named last.
    pub since_invitation: UserSet,
    /// The users who joined by the link last.
    pub since_joining: UserSet,
    /// For each user those who have invited them.
    inviters: [UserSet; MAX_USERS],
}

impl GroupHistory {
    /// The users who have invited the user.
    pub fn inviters(&self, invited: User) -> UserSet {
        self.inviters[invited.index()]
    }
}

/// The result of an earlier command.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum CommandResult {
    Refused,
    Allowed,
    /// Allowed, and the state was different afterwards.
    Changed,
}

impl HistoryFacts {
    /// Forgets everything and keeps the memory, to record another trace.
    pub fn clear(&mut self) {
        let mut commands = std::mem::take(&mut self.commands);
        commands.clear();
        *self = HistoryFacts { commands, ..HistoryFacts::default() };
    }

    /// Records a step: the state before, whether the command was allowed, and the state after.
    pub fn record(&mut self, before: &State, command: &Command, is_allowed: bool, after: &State) {
        let result = match (is_allowed, before == after) {
            (false, _) => CommandResult::Refused,
            (true, true) => CommandResult::Allowed,
            (true, false) => CommandResult::Changed,
        };
        self.commands.push((*command, result));
        if result != CommandResult::Changed {
            return;
        }
        for (group, now) in after.groups().filter(|(_, now)| now.phase != Phase::New) {
            self.groups[group.index()].record(before.group(group), command, now);
            if command.group() == Some(group) {
                self.groups[group.index()].record_way_in(command);
            }
            for member in now.members {
                let met = &mut self.met_before[member.index()];
                *met = met.or(now.members.without(member));
            }
        }
        for child in before.kinds().children {
            let guardians = &mut self.guardians[child.index()];
            *guardians = guardians.or(before.guardians(child));
        }
        if let Command::RemoveGuardian { child, guardian, .. } = *command {
            let approved = |contact: User| before.approvals(child, contact).contains(guardian);
            if before.kinds().chatting().iter().any(approved) {
                self.removed_approvers[child.index()].insert(guardian);
            }
        }
    }

    /// The earlier users of the group.
    pub fn group(&self, group: Group) -> &GroupHistory {
        &self.groups[group.index()]
    }

    /// The users who have been guardians of the child.
    pub fn guardians(&self, child: User) -> UserSet {
        self.guardians[child.index()]
    }

    /// The guardians who were removed from the child while an approval of theirs was valid.
    pub fn removed_approvers(&self, child: User) -> UserSet {
        self.removed_approvers[child.index()]
    }

    /// The users with whom the user has been in a group.
    pub fn met_before(&self, user: User) -> UserSet {
        self.met_before[user.index()]
    }

    /// Whether the same command changed something before.
    pub fn has_changed(&self, command: &Command) -> bool {
        self.commands.contains(&(*command, CommandResult::Changed))
    }

    /// Whether the same command was allowed before.
    pub fn was_allowed(&self, command: &Command) -> bool {
        self.has_changed(command) || self.commands.contains(&(*command, CommandResult::Allowed))
    }

    /// Whether the same command was refused before.
    pub fn was_refused(&self, command: &Command) -> bool {
        self.commands.contains(&(*command, CommandResult::Refused))
    }
}

impl GroupHistory {
    fn record<const U: usize>(&mut self, before: &GroupState<U>, command: &Command, after: &GroupState<U>) {
        if let Some(owner) = after.owner {
            self.owners.insert(owner);
            self.launcher.get_or_insert(owner);
        }
        self.members = self.members.or(after.members);
        let left = before.members.minus(after.members);
        self.departed = self.departed.or(left);
        if after.phase != Phase::Dissolved {
            self.removed = self.removed.or(left.without(command.by()));
        }
        if after.link == Link::Open {
            self.know_link = self.know_link.or(after.members);
        }
        for invited in after.invited() {
            let inviters = &mut self.inviters[invited.index()];
            *inviters = inviters.or(UserSet::of(after.inviter(invited)));
        }
    }

    /// Records how a user came in or was invited, and the end of an invitation.
    fn record_way_in(&mut self, command: &Command) {
        let (launch, invitation, joining) = match *command {
            Command::Create { with, .. } => (with, UserSet::EMPTY, UserSet::EMPTY),
            Command::Invite { who, .. } => (UserSet::EMPTY, UserSet::of([who]), UserSet::EMPTY),
            Command::Join { by, .. } => (UserSet::EMPTY, UserSet::EMPTY, UserSet::of([by])),
            Command::Accept { by, .. } => return self.accepted.insert(by),
            Command::Decline { by, .. } => return self.declined.insert(by),
            Command::Cancel { who, .. } => return self.cancelled.insert(who),
            _ => return,
        };
        let named = launch.or(invitation).or(joining);
        let only = |former: UserSet, new: UserSet| former.minus(named).or(new);
        self.since_launch = only(self.since_launch, launch);
        self.since_invitation = only(self.since_invitation, invitation);
        self.since_joining = only(self.since_joining, joining);
    }
}
