//! Which commands exist within bounds: the alphabet of a search, and what a generator draws from.
//!
//! Nothing here asks whether a command is allowed.

use alloc::vec::Vec;
use core::convert::Infallible;

use crate::command::{Argument, Arguments, Command, CommandKind, Field};
use crate::named_enum::EnumSet;
use crate::user::{Cast, Group, Kinds, User, UserSet};

/// The users, groups and kinds of commands of a run.
///
/// ```
/// use chatwarden_model::{Bounds, Cast, CommandKind, Kind, UserSet, EnumSet};
/// let mut cast = Cast::default();
/// cast.add(Kind::Adult, UserSet::EMPTY);
/// cast.add(Kind::Adult, UserSet::EMPTY);
/// let leave = EnumSet::from_iter([CommandKind::Leave]);
/// let bounds = Bounds { kinds: cast.kinds(), groups: 3, commands: leave };
/// assert_eq!(bounds.well_typed().len(), 6);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bounds {
    /// The users of each kind.
    pub kinds: Kinds,
    /// How many groups there are.
    pub groups: usize,
    /// Which kinds of commands are used.
    pub commands: EnumSet<CommandKind>,
}

impl Bounds {
    /// The bounds of a cast with all kinds of commands.
    pub fn new(cast: &Cast, groups: usize) -> Self {
        Bounds { kinds: cast.kinds(), groups, commands: EnumSet::all() }
    }

    /// Every command whose users have the right kinds and differ where they must, in the order of
    /// [`Command::key`].
    pub fn well_typed(&self) -> Vec<Command> {
        let mut commands = self.all();
        commands.retain(|command| self.is_well_typed(command));
        commands
    }

    /// Every command that can be written down, in the order of [`Command::key`]. With 16 users a launch
    /// alone has over eight million; that is meant for small casts.
    pub fn all(&self) -> Vec<Command> {
        let mut commands = Vec::new();
        for kind in self.commands.iter() {
            let mut digits = Odometer { bounds: *self, digits: [0; 4], bases: [1; 4], used: 0 };
            loop {
                digits.used = 0;
                let Ok(command) = kind.build(&mut digits);
                if digits.in_range() {
                    commands.push(command);
                }
                if !digits.advance() {
                    break;
                }
            }
        }
        commands
    }

    /// Whether each user named has a kind with which the command could ever be allowed, and differs from the
    /// actor (or the child from the contact) where it must.
    pub fn is_well_typed(&self, command: &Command) -> bool {
        let mut fits = true;
        command.each_argument(|field, argument| {
            fits &= match argument {
                Argument::User(user) => self.candidates(command.kind(), field).contains(user),
                Argument::Users(users) => users.is_subset(self.candidates(command.kind(), field)),
                Argument::Group(group) => group.index() < self.groups,
            };
        });
        fits && match *command {
            Command::Approve { child, contact, .. } | Command::Revoke { child, contact, .. } => {
                child != contact
            }
            Command::Block { by, who }
            | Command::Unblock { by, who }
            | Command::Direct { by, to: who }
            | Command::Invite { by, who, .. }
            | Command::Cancel { by, who, .. }
            | Command::Remove { by, who, .. }
            | Command::Ban { by, who, .. }
            | Command::Unban { by, who, .. }
            | Command::Transfer { by, to: who, .. } => by != who,
            Command::Create { by, with, .. } => !with.contains(by),
            _ => true,
        }
    }

    /// The users with whom a command of that kind could ever be allowed in that field.
    pub fn candidates(&self, command: CommandKind, field: Field) -> UserSet {
        match field {
            Field::Guardian => self.kinds.guardians,
            Field::By if command.is_administrative() => self.kinds.guardians,
            Field::Child => self.kinds.children,
            _ => self.kinds.chatting(),
        }
    }
}

/// Counts through all arguments of a command: a digit for each field, the last one turning fastest.
struct Odometer {
    bounds: Bounds,
    digits: [u32; 4],
    bases: [u32; 4],
    used: usize,
}

impl Odometer {
    fn digit(&mut self, base: usize) -> usize {
        let at = self.used;
        self.used += 1;
        self.bases[at] = base as u32;
        // A base of zero has no digit; `in_range` rejects what is built from a stand-in.
        self.digits[at] as usize
    }

    fn in_range(&self) -> bool {
        (0..self.used).all(|at| self.digits[at] < self.bases[at])
    }

    fn advance(&mut self) -> bool {
        for at in (0..self.used).rev() {
            self.digits[at] += 1;
            if self.digits[at] < self.bases[at] {
                return true;
            }
            self.digits[at] = 0;
        }
        false
    }
}

impl Arguments for Odometer {
    type Error = Infallible;

    fn user(&mut self, _: Field) -> Result<User, Infallible> {
        let everyone = self.bounds.kinds.everyone();
        let digit = self.digit(everyone.len());
        Ok(everyone.nth(digit).unwrap_or(User::new(0)))
    }

    fn users(&mut self, _: Field) -> Result<UserSet, Infallible> {
        let everyone = self.bounds.kinds.everyone();
        let digit = self.digit(1 << everyone.len());
        Ok(everyone.iter().enumerate().filter(|(at, _)| digit >> at & 1 == 1).map(|(_, user)| user).collect())
    }

    fn group(&mut self, _: Field) -> Result<Group, Infallible> {
        let count = self.bounds.groups;
        Ok(Group::new(self.digit(count)))
    }
}
