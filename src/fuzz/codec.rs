//! Inputs of fuzzers: bytes to a history and back. Version 1, which later versions go on reading.
//!
//! Eight bytes of header, then eight for each command, so that a changed byte changes one command and nothing behind it
//! moves:
//!
//! | byte | header | command |
//! | --- | --- | --- |
//! | 0 | the version, 1 | the kind; from 64 on, the other bytes are choices for the generator; what is between is passed over |
//! | 1 | the cast: 0 is the target's own, then the built-in ones | the group |
//! | 2 | how many groups | who acts |
//! | 3 | the policy: 0 is the target's own, then the presets, then that of the next bytes | the first other user |
//! | 4 | the knobs, a number of mixed base, | the second |
//! | 5, 6 | the lowest byte first | the set of users, the lower byte first |
//! | 7 | | – |
//!
//! Numbers out of range wrap around, so that every input of this version is a history. Commands that were written out
//! stay what they are; those that the generator chooses depend on it, so the mutator and [`Input::encode`] write none.
//! What the numbers stand for is listed here, does not follow the order of the model's tables, and is only appended to.
//!
//! How inputs change is in `mutate`, what is done with them in `target`.

use std::convert::Infallible;
use std::fmt;

use chatwarden_model::{
    Argument, Arguments, Command, CommandKind, EnumSet, Field, Group, Setup, State, User, UserSet, step,
};

use super::header::Header;
use crate::generate::{Choices, Generator, Seeded};

/// From this number on, a command is chosen by the generator.
const CHOSEN: u8 = 64;

/// What the numbers of commands stand for.
const KINDS: [CommandKind; 23] = [
    CommandKind::Approve,
    CommandKind::Revoke,
    CommandKind::AddGuardian,
    CommandKind::RemoveGuardian,
    CommandKind::Block,
    CommandKind::Unblock,
    CommandKind::Direct,
    CommandKind::Create,
    CommandKind::Invite,
    CommandKind::Accept,
    CommandKind::Decline,
    CommandKind::Cancel,
    CommandKind::OpenLink,
    CommandKind::CloseLink,
    CommandKind::Join,
    CommandKind::Leave,
    CommandKind::Remove,
    CommandKind::Ban,
    CommandKind::Unban,
    CommandKind::Transfer,
    CommandKind::Message,
    CommandKind::Call,
    CommandKind::Dissolve,
];

/// Bytes that are no input of a version that is known.
///
/// ```
/// use chatwarden::fuzz::Header;
/// let error = Header::read(&[7]).unwrap_err();
/// assert_eq!(error.to_string(), "the input is of version 7; this program reads version 1");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UnknownVersion(pub u8);

impl fmt::Display for UnknownVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the input is of version {}; this program reads version {}", self.0, Input::VERSION)
    }
}

impl std::error::Error for UnknownVersion {}

/// A history with what it says of cast, groups and policy.
///
/// ```
/// use chatwarden::fuzz::{Header, Input};
/// use chatwarden::format::NamedSetup;
/// use chatwarden::model::{Command, User, EnumSet};
/// let commands = vec![Command::Block { by: User::new(2), who: User::new(4) }];
/// let input = Input { header: Header::OWN, commands };
/// let own = NamedSetup::default().setup();
/// assert_eq!(Input::decode(&input.encode(), &own, EnumSet::all(), 50), Ok(input));
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Input {
    /// What it says of cast, groups and policy.
    pub header: Header,
    /// The commands.
    pub commands: Vec<Command>,
}

impl Default for Input {
    /// No commands, and everything left to the target.
    fn default() -> Self {
        Input { header: Header::OWN, commands: Vec::new() }
    }
}

impl Input {
    /// The version that is written.
    pub const VERSION: u8 = 1;

    /// How many bytes the header takes, and each command.
    pub const WIDTH: usize = 8;

    /// The history that the bytes stand for: `own` is what the target tests where the header leaves it to the target. Only
    /// these kinds of commands are taken, and not more than so many.
    ///
    /// # Errors
    /// If they are of another version.
    pub fn decode(
        bytes: &[u8],
        own: &Setup,
        kinds: EnumSet<CommandKind>,
        most: usize,
    ) -> Result<Self, UnknownVersion> {
        let mut input = Input::default();
        input.read(bytes, own, kinds, most)?;
        Ok(input)
    }

    /// As [`Input::decode`], in place: once there is room for as many commands, nothing is allocated.
    ///
    /// # Errors
    /// If the bytes are of another version; then the input is without commands, and leaves all else to the target.
    pub fn read(
        &mut self,
        bytes: &[u8],
        own: &Setup,
        kinds: EnumSet<CommandKind>,
        most: usize,
    ) -> Result<(), UnknownVersion> {
        self.commands.clear();
        self.header = Header::OWN;
        self.header = Header::read(bytes)?;
        let setup = self.header.setup(own);
        let mut chooser = None;
        for record in bytes.get(Input::WIDTH..).unwrap_or_default().chunks(Input::WIDTH) {
            if self.commands.len() == most {
                break;
            }
            let mut whole = [0; Input::WIDTH];
            whole[..record.len()].copy_from_slice(record);
            let command = if whole[0] >= CHOSEN {
                let chooser = chooser.get_or_insert_with(|| Chooser::new(&setup, kinds));
                chooser.choose(&setup, &self.commands, &whole)
            } else {
                written(&whole, &setup)
            };
            match command {
                Some(command) if kinds.contains(command.kind()) => self.commands.push(command),
                _ => {}
            }
        }
        Ok(())
    }

    /// The bytes that stand for the history, in every version.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![0; Input::WIDTH * (1 + self.commands.len())];
        self.write(&mut bytes);
        bytes
    }

    /// As [`Input::encode`], in place: as many commands as there is room for. Returns how many bytes that were.
    pub fn write(&self, out: &mut [u8]) -> usize {
        let header = self.header.bytes();
        let records = std::iter::once(header).chain(self.commands.iter().map(record));
        let mut len = 0;
        for (place, record) in out.chunks_exact_mut(Input::WIDTH).zip(records) {
            place.copy_from_slice(&record);
            len += Input::WIDTH;
        }
        len
    }
}

/// The record of a command.
fn record(command: &Command) -> [u8; Input::WIDTH] {
    let mut record = [0; Input::WIDTH];
    record[0] = number_of(&KINDS, &command.kind());
    let mut others = 3..5;
    command.each_argument(|field, argument| match argument {
        Argument::Group(group) => record[1] = group.index() as u8,
        Argument::User(user) if field == Field::By => record[2] = user.index() as u8,
        Argument::User(user) => {
            let at = others.next().expect("a command names two other users at most");
            record[at] = user.index() as u8;
        }
        Argument::Users(users) => record[5..7].copy_from_slice(&users.bits().to_le_bytes()),
    });
    record
}

/// The command that is written out in a record, if it is one that can be carried out with these users and groups.
fn written(record: &[u8; Input::WIDTH], setup: &Setup) -> Option<Command> {
    let kind = *KINDS.get(usize::from(record[0]))?;
    if setup.groups == 0 && kind.names_group() {
        return None;
    }
    let Ok(command) = kind.build(&mut Written { record, setup, next: 3 });
    Some(command)
}

/// The arguments in a record.
struct Written<'a> {
    record: &'a [u8; Input::WIDTH],
    setup: &'a Setup,
    /// Where the next of the other users stands.
    next: usize,
}

impl Arguments for Written<'_> {
    type Error = Infallible;

    fn user(&mut self, field: Field) -> Result<User, Infallible> {
        let at = if field == Field::By { 2 } else { std::mem::replace(&mut self.next, 4) };
        Ok(User::new(wrapped(self.record[at], self.setup.cast.len())))
    }

    fn users(&mut self, _: Field) -> Result<UserSet, Infallible> {
        let users = UserSet::from_bits(u16::from_le_bytes([self.record[5], self.record[6]]));
        Ok(users.and(UserSet::first(self.setup.cast.len())))
    }

    fn group(&mut self, _: Field) -> Result<Group, Infallible> {
        Ok(Group::new(wrapped(self.record[1], self.setup.groups)))
    }
}

/// A number below the bound; what was written is below it already, so that hardly anything is divided.
#[inline]
fn wrapped(byte: u8, bound: usize) -> usize {
    let number = usize::from(byte);
    if number < bound { number } else { number % bound }
}

/// Makes the commands of records that are choices, in the state that what stands before them leads to by the policy.
struct Chooser {
    generator: Generator,
    state: State,
    /// How many commands the state is behind.
    followed: usize,
}

impl Chooser {
    fn new(setup: &Setup, kinds: EnumSet<CommandKind>) -> Self {
        Chooser { generator: Generator::with_commands(setup, kinds), state: setup.start(), followed: 0 }
    }

    fn choose(&mut self, setup: &Setup, before: &[Command], record: &[u8; Input::WIDTH]) -> Option<Command> {
        for command in &before[self.followed..] {
            step(&mut self.state, &setup.policy, command);
        }
        self.followed = before.len();
        self.generator.can_draw().then(|| self.generator.next(&self.state, &mut Bytes::new(record)))
    }
}

/// Choices from the bytes of a record, and when those are used up, from a stream of which they are the seed.
struct Bytes<'a> {
    left: &'a [u8],
    stream: Seeded,
}

impl<'a> Bytes<'a> {
    fn new(record: &'a [u8; Input::WIDTH]) -> Self {
        Bytes { left: &record[1..], stream: Seeded::of_run(u64::from_le_bytes(*record), 0) }
    }
}

impl Choices for Bytes<'_> {
    fn below(&mut self, bound: usize) -> usize {
        match self.left.split_first() {
            Some((byte, left)) if bound <= 256 => {
                self.left = left;
                (usize::from(*byte) * bound) >> 8
            }
            _ => self.stream.below(bound),
        }
    }
}

/// The number that stands for a word: its position.
pub(super) fn number_of<W: PartialEq>(table: &[W], word: &W) -> u8 {
    let position = table.iter().position(|known| known == word);
    position.expect("every word has a number") as u8
}
