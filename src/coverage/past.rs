//! What a run has seen before: as much of it as the cases of the past ask for.
//!
//! The present is a state of the model, which this only reads.

use chatwarden_model::{Command, Group, MAX_GROUPS, MAX_USERS, State, User, UserSet};

/// Who owned, was in and looked after what before, and which commands had an effect.
///
/// ```
/// use chatwarden::coverage::Past;
/// use chatwarden::model::{step, Cast, Command, Group, Kind, Preset, Setup, State, UserSet};
/// let mut cast = Cast::default();
/// let sam = cast.add(Kind::Adult, UserSet::EMPTY);
/// let setup = Setup { cast, groups: 1, policy: Preset::NoContactRule.policy() };
/// let mut past = Past::default();
/// let mut state: State = setup.start();
/// for command in [
///     Command::Create { by: sam, group: Group::new(0), with: UserSet::EMPTY },
///     Command::Leave { by: sam, group: Group::new(0) },
/// ] {
///     let before = state;
///     step(&mut state, &setup.policy, &command);
///     past.took(&before, &command, &state);
/// }
/// assert!(past.owners(Group::new(0)).contains(sam));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Past {
    launchers: [Option<User>; MAX_GROUPS],
    owners: [UserSet; MAX_GROUPS],
    members: [UserSet; MAX_GROUPS],
    guardians: [UserSet; MAX_USERS],
    /// The commands that changed something.
    effective: Vec<Command>,
}

impl Past {
    /// Forgets everything: a new run begins.
    pub fn clear(&mut self) {
        let mut effective = std::mem::take(&mut self.effective);
        effective.clear();
        *self = Past { effective, ..Past::default() };
    }

    /// Takes a step down, with what was before it and what is after it.
    pub fn took(&mut self, before: &State, command: &Command, after: &State) {
        if before == after {
            return;
        }
        for (group, now) in after.groups() {
            let at = group.index();
            if let Some(owner) = now.owner {
                self.owners[at].insert(owner);
                self.launchers[at].get_or_insert(owner);
            }
            self.members[at] = self.members[at].or(now.members);
        }
        for child in before.kinds().children {
            let guardians = &mut self.guardians[child.index()];
            *guardians = guardians.or(before.guardians(child));
        }
        self.effective.push(*command);
    }

    /// Who launched the group.
    pub fn launcher(&self, group: Group) -> Option<User> {
        self.launchers[group.index()]
    }

    /// Who owned the group at some time.
    pub fn owners(&self, group: Group) -> UserSet {
        self.owners[group.index()]
    }

    /// Who was a member at some time.
    pub fn members(&self, group: Group) -> UserSet {
        self.members[group.index()]
    }

    /// Who looked after the child at some time before now.
    pub fn guardians(&self, child: User) -> UserSet {
        self.guardians[child.index()]
    }

    /// Whether the same command changed something before.
    pub fn has_changed(&self, command: &Command) -> bool {
        self.effective.contains(command)
    }
}
