//! The commands that exist for given users, groups and kinds of commands. They are the action set of a
//! search, and a generator draws from them.
//!
//! A command within bounds may be allowed or refused; `decide` decides.

use alloc::vec::Vec;
use core::convert::Infallible;

use crate::command::{Argument, Arguments, Field, MAX_FIELDS};
use crate::named_enum::EnumSet;
use crate::table::{Command, CommandKind};
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
    /// The number of groups.
    pub groups: usize,
    /// The kinds of commands.
    pub commands: EnumSet<CommandKind>,
}

impl Bounds {
    /// The bounds of a cast with all kinds of commands.
    pub fn new(cast: &Cast, groups: usize) -> Self {
        Bounds { kinds: cast.kinds(), groups, commands: EnumSet::all() }
    }

    /// Every well-typed command (see [`Bounds::is_well_typed`]), in the order of [`Command::key`].
    pub fn well_typed(&self) -> Vec<Command> {
        let mut commands = self.all();
        commands.retain(|command| self.is_well_typed(command));
        commands
    }

    /// Every command over these users and groups, in the order of [`Command::key`]. It is meant for small
    /// casts: with 16 users and 8 groups there are over eight million `create` commands.
    pub fn all(&self) -> Vec<Command> {
        let mut commands = Vec::new();
        for kind in self.commands.iter() {
            let (digits, bases) = ([0; MAX_FIELDS], [1; MAX_FIELDS]);
            let mut digits = Odometer { bounds: *self, digits, bases, used: 0 };
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

    /// Whether the command could be allowed in some state: each user that it names has a possible kind, and
    /// the target differs from the actor (or the contact from the child) where it must.
    pub fn is_well_typed(&self, command: &Command) -> bool {
        let (mut fits, mut subject) = (true, command.by());
        command.each_argument(|field, argument| {
            let candidates = self.candidates(command.kind(), field);
            let users = match argument {
                Argument::User(user) => UserSet::EMPTY.with(user),
                Argument::Users(users) => users,
                Argument::Group(group) => {
                    fits &= group.index() < self.groups;
                    return;
                }
            };
            fits &= users.is_subset(candidates);
            match (field, argument) {
                (Field::Child, Argument::User(child)) => subject = child,
                (Field::Contact | Field::Who | Field::To | Field::With, _) => {
                    fits &= !users.contains(subject);
                }
                _ => {}
            }
        });
        fits
    }

    /// The users with whom in this field a command of this kind could be allowed in some state.
    pub fn candidates(&self, command: CommandKind, field: Field) -> UserSet {
        match field {
            Field::Guardian => self.kinds.guardians,
            Field::By if command.is_administrative() => self.kinds.guardians,
            Field::Child => self.kinds.children,
            Field::By | Field::Contact | Field::Who | Field::To | Field::Group | Field::With => {
                self.kinds.chatting()
            }
        }
    }
}

/// Counts through all arguments of a command. There is a digit for each field. The last digit changes
/// fastest.
struct Odometer {
    bounds: Bounds,
    digits: [u32; MAX_FIELDS],
    /// The number of values of each digit.
    bases: [u32; MAX_FIELDS],
    /// The number of digits that the command asked for.
    used: usize,
}

impl Odometer {
    fn digit(&mut self, base: usize) -> usize {
        let at = self.used;
        self.used += 1;
        self.bases[at] = base as u32;
        // Where there is no value, the caller uses a default, and `in_range` rejects the command.
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
