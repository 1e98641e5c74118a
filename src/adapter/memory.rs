//! The built-in chat service: accounts, rooms and one handler for each command, like the back end of a
//! product. The harness is tested with it.
//!
//! **Architecture invariant:** it is written from `docs/semantics.md` and uses no rule, state or step of
//! the model, only commands and policies. A mistake in the model is therefore found as a difference.
//!
//! It gives no reasons for refusals. It searches lists instead of hash tables, because it has few users.

mod accounts;
mod admission;
mod contacts;
mod fault_memory;
mod list;
mod rooms;
mod talk;
#[cfg(test)]
mod tests;

use std::hash::BuildHasher;

use chatwarden_model::{Command, Group, NamedEnum, Policy, Preset, Setup, User, UserSet};

use crate::adapter::fault::Fault;
use crate::adapter::{About, Adapter, Answer, Failure, Observation};
use accounts::Account;
use fault_memory::RoomMemory;
use foldhash::quality::FixedState;
use rooms::Room;

const _: () = assert!(Fault::ALL.len() <= u128::BITS as usize, "a fault has no bit in `Memory::faults`");

/// The built-in chat service, with or without planted faults.
///
/// Two services are equal if they hold the same data, whatever commands they carried out. A command must
/// name users and groups of the last reset; otherwise the service panics.
///
/// ```
/// use chatwarden::adapter::{Adapter, fault::Fault, memory::Memory};
/// use chatwarden::model::{Cast, Command, Kind, Preset, Setup, User, UserSet};
/// let mut cast = Cast::default();
/// let ann = cast.add(Kind::Guardian, UserSet::EMPTY);
/// let kay = cast.add(Kind::Child, UserSet::of([ann]));
/// let sam = cast.add(Kind::Adult, UserSet::EMPTY);
/// let setup = Setup { cast, groups: 1, policy: Preset::MessengerKids.policy() };
///
/// for (mut service, allows) in [(Memory::new(), false), (Memory::with_fault(Fault::DirectUnchecked), true)] {
///     service.reset(&setup)?;
///     let answer = service.apply(&Command::Direct { by: sam, to: kay })?;
///     assert_eq!(answer.is_allowed(), allows);
/// }
/// # Ok::<(), chatwarden::adapter::Failure>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Memory {
    policy: Policy,
    /// One bit for each planted fault, at the index of the fault.
    faults: u128,
    accounts: Vec<Account>,
    rooms: Vec<Room>,
}

impl Memory {
    /// The service without faults. It has no accounts before the first reset.
    pub fn new() -> Self {
        Self::with_faults([])
    }

    /// The service with one fault.
    pub fn with_fault(fault: Fault) -> Self {
        Self::with_faults([fault])
    }

    /// The service with these faults.
    pub fn with_faults(faults: impl IntoIterator<Item = Fault>) -> Self {
        let faults = faults.into_iter().fold(0, |bits, fault| bits | 1 << fault.index());
        let policy = Preset::MessengerKids.policy();
        Memory { policy, faults, accounts: Vec::new(), rooms: Vec::new() }
    }

    fn has(&self, fault: Fault) -> bool {
        self.faults >> fault.index() & 1 == 1
    }

    fn account(&self, user: User) -> &Account {
        &self.accounts[user.index()]
    }

    fn account_mut(&mut self, user: User) -> &mut Account {
        &mut self.accounts[user.index()]
    }

    fn room(&self, group: Group) -> &Room {
        &self.rooms[group.index()]
    }

    fn room_mut(&mut self, group: Group) -> &mut Room {
        &mut self.rooms[group.index()]
    }

    /// Changes the fault memory of the room if the service has the fault.
    fn record(&mut self, fault: Fault, group: Group, change: impl FnOnce(&mut RoomMemory)) {
        if self.has(fault) {
            change(&mut self.room_mut(group).fault_memory);
        }
    }

    fn dispatch(&mut self, command: &Command) -> Reply {
        match *command {
            Command::Approve { by, child, contact } => self.approve(by, child, contact),
            Command::Revoke { by, child, contact } => self.revoke(by, child, contact),
            Command::AddGuardian { by, child, guardian } => self.add_guardian(by, child, guardian),
            Command::RemoveGuardian { by, child, guardian } => self.remove_guardian(by, child, guardian),
            Command::Block { by, who } => self.block(by, who),
            Command::Unblock { by, who } => self.unblock(by, who),
            Command::Direct { by, to } => self.direct(by, to),
            Command::Create { by, group, with } => self.create(by, group, with),
            Command::Invite { by, group, who } => self.invite(by, group, who),
            Command::Accept { by, group } => self.accept(by, group),
            Command::Decline { by, group } => self.decline(by, group),
            Command::Cancel { by, group, who } => self.cancel(by, group, who),
            Command::OpenLink { by, group } => self.open_link(by, group),
            Command::CloseLink { by, group } => self.close_link(by, group),
            Command::Join { by, group } => self.join(by, group),
            Command::Leave { by, group } => self.leave(by, group),
            Command::Remove { by, group, who } => self.remove(by, group, who),
            Command::Ban { by, group, who } => self.ban(by, group, who),
            Command::Unban { by, group, who } => self.unban(by, group, who),
            Command::Transfer { by, group, to } => self.transfer(by, group, to),
            Command::Message { by, group } => self.message(by, group),
            Command::Call { by, group } => self.call(by, group),
            Command::Dissolve { by, group } => self.dissolve(by, group),
        }
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self::new()
    }
}

impl Adapter for Memory {
    fn about(&self) -> About {
        About::exact("memory", env!("CARGO_PKG_VERSION"))
    }

    fn reset(&mut self, setup: &Setup) -> Result<(), Failure> {
        self.policy = setup.policy;
        self.accounts.resize_with(setup.cast.len(), Account::default);
        for (index, account) in self.accounts.iter_mut().enumerate() {
            let user = User::new(index);
            account.reset(setup.cast.kind(user), setup.cast.guardians(user));
        }
        self.rooms.resize_with(setup.groups, Room::default);
        self.rooms.iter_mut().for_each(Room::reset);
        Ok(())
    }

    fn apply(&mut self, command: &Command) -> Result<Answer, Failure> {
        Ok(match self.dispatch(command) {
            Ok(delivered) => Answer::Allow { delivered },
            Err(Refused) => Answer::deny(),
        })
    }

    fn observe(&mut self, seen: &mut Observation) -> Result<(), Failure> {
        let Observation { groups, contacts, blocks } = seen;
        for (room, view) in self.rooms.iter().zip(groups) {
            *view = room.view();
        }
        for (index, account) in self.accounts.iter().enumerate() {
            contacts[index] = self.contacts(User::new(index));
            blocks[index] = account.blocked.users();
        }
        Ok(())
    }

    fn fork(&self) -> Option<Box<dyn Adapter + Send>> {
        Some(Box::new(self.clone()))
    }

    fn fingerprint(&self) -> Option<u128> {
        let half = |salt| u128::from(FixedState::with_seed(salt).hash_one(self));
        Some(half(0) << 64 | half(1))
    }
}

/// The result of a handler: the users to whom something was delivered, or a refusal.
type Reply = Result<UserSet, Refused>;

/// The reply of a handler that delivers nothing.
const DONE: Reply = Ok(UserSet::EMPTY);

/// A refusal, without a reason.
struct Refused;

fn require(condition: bool) -> Result<(), Refused> {
    if condition { Ok(()) } else { Err(Refused) }
}
