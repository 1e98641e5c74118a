//! What a run has seen before: as much of it as the cases of the past ask for.
//!
//! The present is a state of the model, which this only reads.

use chatwarden_model::{
    Command, Group, GroupState, Link, MAX_GROUPS, MAX_USERS, Phase, State, User, UserSet,
};

/// Who was and did what before.
///
/// ```
/// use chatwarden::coverage::HistoryFacts;
/// use chatwarden::model::{step, Cast, Command, Group, Kind, Preset, Setup, State, UserSet};
/// let mut cast = Cast::default();
/// let sam = cast.add(Kind::Adult, UserSet::EMPTY);
/// let setup = Setup { cast, groups: 1, policy: Preset::NoContactRule.policy() };
/// let mut past = HistoryFacts::default();
/// let mut state: State = setup.start();
/// for command in [
///     Command::Create { by: sam, group: Group::new(0), with: UserSet::EMPTY },
///     Command::Leave { by: sam, group: Group::new(0) },
/// ] {
///     let before = state;
///     let allowed = step(&mut state, &setup.policy, &command).decision.is_allowed();
///     past.record(&before, &command, allowed, &state);
/// }
/// assert!(past.group(Group::new(0)).owners.contains(sam));
/// ```
#[derive(Clone, Debug, Default)]
pub struct HistoryFacts {
    groups: [GroupHistory; MAX_GROUPS],
    guardians: [UserSet; MAX_USERS],
    /// Who was taken from the child while an approval of theirs stood.
    approvers: [UserSet; MAX_USERS],
    /// With whom each user was in a group.
    company: [UserSet; MAX_USERS],
    commands: Vec<(Command, Came)>,
}

/// What a group has seen.
///
/// ```
/// assert!(chatwarden::coverage::GroupHistory::default().launcher.is_none());
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct GroupHistory {
    /// Who launched it.
    pub launcher: Option<User>,
    /// Who owned it at some time.
    pub owners: UserSet,
    /// Who was a member at some time.
    pub members: UserSet,
    /// Who was taken out by what somebody else did.
    pub removed: UserSet,
    /// Who was a member while its link was open.
    pub know_link: UserSet,
    /// Who invited each user at some time.
    inviters: [UserSet; MAX_USERS],
}

impl GroupHistory {
    /// Who invited the user at some time.
    pub fn inviters(&self, invited: User) -> UserSet {
        self.inviters[invited.index()]
    }
}

/// What came of a command.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Came {
    Refused,
    Allowed,
    /// Allowed, and something was different afterwards.
    Changed,
}

impl HistoryFacts {
    /// Forgets everything, to follow another history in the same place.
    pub fn clear(&mut self) {
        let mut commands = std::mem::take(&mut self.commands);
        commands.clear();
        *self = HistoryFacts { commands, ..HistoryFacts::default() };
    }

    /// Takes a step down: what was before it, whether it was allowed, and what is after it.
    pub fn record(&mut self, before: &State, command: &Command, is_allowed: bool, after: &State) {
        let came = match (is_allowed, before == after) {
            (false, _) => Came::Refused,
            (true, true) => Came::Allowed,
            (true, false) => Came::Changed,
        };
        self.commands.push((*command, came));
        if came != Came::Changed {
            return;
        }
        for (group, now) in after.groups().filter(|(_, now)| now.phase != Phase::New) {
            self.groups[group.index()].record(before.group(group), command, now);
            for member in now.members {
                let company = &mut self.company[member.index()];
                *company = company.or(now.members.without(member));
            }
        }
        for child in before.kinds().children {
            let guardians = &mut self.guardians[child.index()];
            *guardians = guardians.or(before.guardians(child));
        }
        if let Command::RemoveGuardian { child, guardian, .. } = *command {
            let approved = |contact: User| before.approvals(child, contact).contains(guardian);
            if before.kinds().chatting().iter().any(approved) {
                self.approvers[child.index()].insert(guardian);
            }
        }
    }

    /// What the group has seen.
    pub fn group(&self, group: Group) -> &GroupHistory {
        &self.groups[group.index()]
    }

    /// Who looked after the child at some time before now.
    pub fn guardians(&self, child: User) -> UserSet {
        self.guardians[child.index()]
    }

    /// Who was taken from the child at some time while an approval of theirs stood.
    pub fn approvers(&self, child: User) -> UserSet {
        self.approvers[child.index()]
    }

    /// With whom the user was in a group at some time.
    pub fn company(&self, user: User) -> UserSet {
        self.company[user.index()]
    }

    /// Whether the same command changed something before.
    pub fn has_changed(&self, command: &Command) -> bool {
        self.commands.contains(&(*command, Came::Changed))
    }

    /// Whether the same command was allowed before.
    pub fn was_allowed(&self, command: &Command) -> bool {
        self.has_changed(command) || self.commands.contains(&(*command, Came::Allowed))
    }

    /// Whether the same command was refused before.
    pub fn was_refused(&self, command: &Command) -> bool {
        self.commands.contains(&(*command, Came::Refused))
    }
}

impl GroupHistory {
    fn record<const U: usize>(&mut self, before: &GroupState<U>, command: &Command, after: &GroupState<U>) {
        if let Some(owner) = after.owner {
            self.owners.insert(owner);
            self.launcher.get_or_insert(owner);
        }
        self.members = self.members.or(after.members);
        let gone = before.members.minus(after.members);
        if after.phase != Phase::Dissolved {
            self.removed = self.removed.or(gone.without(command.by()));
        }
        if after.link == Link::Open {
            self.know_link = self.know_link.or(after.members);
        }
        for invited in after.invited() {
            let inviters = &mut self.inviters[invited.index()];
            *inviters = inviters.or(UserSet::of(after.inviter(invited)));
        }
    }
}
