//! The adapter of Parlor for chatwarden. It maps users, groups and commands of the model to
//! accounts, rooms and endpoints of Parlor, and checks nothing itself.
//!
//! Parlor's rules are those of the preset `messenger-kids`. It has no links, bans, transfers or
//! calls, and its support desk registers parents, so the adapter does not support those commands.

use chatwarden::adapter::{About, Adapter, Answer, Failure, Observation, Part};
use chatwarden::model::{Command, CommandKind, EnumSet, Group, Kind, Phase, Preset, Setup, User, UserSet};
use parlor::{Parlor, ParlorError, Role, RoomId, RoomState, UserId};

/// The commands that Parlor has an endpoint for.
const COMMANDS: [CommandKind; 10] = [
    CommandKind::Approve,
    CommandKind::Revoke,
    CommandKind::Block,
    CommandKind::Unblock,
    CommandKind::Direct,
    CommandKind::Create,
    CommandKind::Invite,
    CommandKind::Leave,
    CommandKind::Remove,
    CommandKind::Message,
];

/// The parts of the state that the lists for Parlor's support desk show.
const PARTS: [Part; 5] = [Part::Members, Part::Phase, Part::Owner, Part::Contacts, Part::Blocks];

/// Parlor on a database in memory, which is wiped before each run.
pub struct ParlorAdapter {
    parlor: Parlor,
    /// Each user's account, at the user's index.
    accounts: Vec<UserId>,
    /// The most rooms that can be opened.
    rooms: usize,
}

impl ParlorAdapter {
    /// An adapter, to be reset before use.
    ///
    /// # Errors
    /// If the database cannot be made.
    pub fn new() -> Result<Self, Failure> {
        Ok(ParlorAdapter { parlor: Parlor::in_memory().map_err(failed)?, accounts: Vec::new(), rooms: 0 })
    }

    fn user(&self, account: UserId) -> Result<User, Failure> {
        let at = self.accounts.iter().position(|&known| known == account);
        at.map(User::new).ok_or_else(|| Failure::Failed(format!("nobody signed up as {account:?}")))
    }

    fn users(&self, accounts: &[UserId]) -> Result<UserSet, Failure> {
        accounts.iter().map(|&account| self.user(account)).collect()
    }

    fn group(&self, room: RoomId) -> Result<Group, Failure> {
        let group = Group::first(self.rooms).find(|&group| number(group) == room);
        group.ok_or_else(|| Failure::Failed(format!("nobody opened {room:?}")))
    }

    /// Calls the endpoint for the command. Returns the users whose inbox got something, or none if
    /// there is no such endpoint.
    fn call(&mut self, command: &Command) -> Option<Result<Vec<UserId>, ParlorError>> {
        let account = |user: User| self.accounts[user.index()];
        let parlor = &mut self.parlor;
        let by = account(command.by());
        let done = match *command {
            Command::Direct { to, .. } => return Some(parlor.whisper(by, account(to), "hi")),
            Command::Message { group, .. } => return Some(parlor.post(by, number(group), "hi")),
            Command::Approve { child, contact, .. } => parlor.approve(by, account(child), account(contact)),
            Command::Revoke { child, contact, .. } => parlor.withdraw(by, account(child), account(contact)),
            Command::Block { who, .. } => parlor.block(by, account(who)),
            Command::Unblock { who, .. } => parlor.unblock(by, account(who)),
            Command::Create { group, with, .. } => {
                parlor.open_room(by, number(group), &with.iter().map(account).collect())
            }
            Command::Invite { group, who, .. } => parlor.invite(by, number(group), account(who)),
            Command::Leave { group, .. } => parlor.leave(by, number(group)),
            Command::Remove { group, who, .. } => parlor.kick(by, number(group), account(who)),
            _ => return None,
        };
        Some(done.map(|()| Vec::new()))
    }

    fn start(&mut self, setup: &Setup) -> Result<(), ParlorError> {
        self.parlor.wipe()?;
        self.rooms = setup.groups;
        self.accounts.clear();
        let cast = setup.cast;
        for user in cast.kinds().everyone() {
            let role = match cast.kind(user) {
                Kind::Child => Role::Kid,
                Kind::Adult => Role::GrownUp,
                Kind::Guardian => Role::Parent,
            };
            self.accounts.push(self.parlor.sign_up("somebody", role)?);
        }
        for kid in cast.kinds().children {
            for parent in cast.guardians(kid) {
                self.parlor.link_parent(self.accounts[kid.index()], self.accounts[parent.index()])?;
            }
        }
        Ok(())
    }
}

impl Adapter for ParlorAdapter {
    fn about(&self) -> About {
        About {
            commands: EnumSet::from_iter(COMMANDS),
            observes: EnumSet::from_iter(PARTS),
            policy: Some(Preset::MessengerKids.policy()),
            ..About::exact("parlor", parlor::VERSION)
        }
    }

    fn reset(&mut self, setup: &Setup) -> Result<(), Failure> {
        self.start(setup).map_err(failed)
    }

    fn apply(&mut self, command: &Command) -> Result<Answer, Failure> {
        match self.call(command) {
            None => Err(Failure::Unsupported),
            Some(Ok(readers)) => Ok(Answer::Allow { delivered: self.users(&readers)? }),
            Some(Err(ParlorError::Refused(_))) => Ok(Answer::deny()),
            Some(Err(error)) => Err(failed(error)),
        }
    }

    fn observe(&mut self, seen: &mut Observation) -> Result<(), Failure> {
        for room in self.parlor.rooms().map_err(failed)? {
            let group = &mut seen.groups[self.group(room.id)?.index()];
            group.phase = match room.state {
                RoomState::Open => Phase::Active,
                RoomState::Frozen => Phase::Frozen,
                RoomState::Closed => Phase::Dissolved,
            };
            group.owner = room.owner.map(|owner| self.user(owner)).transpose()?;
            group.members = self.users(&room.people)?;
        }
        for (kid, contact) in self.parlor.approvals().map_err(failed)? {
            seen.contacts[self.user(kid)?.index()].insert(self.user(contact)?);
        }
        for (blocker, blocked) in self.parlor.blocks().map_err(failed)? {
            seen.blocks[self.user(blocker)?.index()].insert(self.user(blocked)?);
        }
        Ok(())
    }
}

/// The number that the app draws for a room.
fn number(group: Group) -> RoomId {
    RoomId(group.index() as i64)
}

fn failed(error: ParlorError) -> Failure {
    Failure::Failed(error.to_string())
}
