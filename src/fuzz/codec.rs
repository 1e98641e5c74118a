//! The codec of inputs of fuzzers: bytes to a trace and back. Later versions go on reading version
//! 1.
//!
//! An input is a header of eight bytes, laid out in `header`, and eight bytes for each command. So
//! a changed byte changes one command, and the bytes behind it keep their places.
//!
//! | byte | of a command |
//! | --- | --- |
//! | 0 | the kind; from 64 on, the other bytes are choices for the generator; numbers between are skipped |
//! | 1 | the group |
//! | 2 | the actor |
//! | 3 | the first other user |
//! | 4 | the second other user |
//! | 5, 6 | the set of users, the lower byte first |
//! | 7 | unused |
//!
//! Numbers out of range wrap around, so that every input of this version is a trace. A command that
//! is written out keeps its meaning for ever. A command that the generator chooses does not,
//! because the generator may change; so the mutator and [`Input::encode`] write commands out.
//!
//! How inputs change is in `mutate`; how they are executed is in `target`.

use std::convert::Infallible;

use chatwarden_model::{
    Argument, Arguments, Command, CommandKind, EnumSet, Field, Group, Setup, State, User, UserSet, step,
};

use super::header::{Header, UnknownVersion};
use super::numbering::{Numbering, numbering};
use crate::generate::{Choices, Generator, Seeded};

/// From this number on, a command is chosen by the generator.
const CHOSEN: u8 = 64;

/// The numbers of the kinds of commands.
const KINDS: Numbering<CommandKind, 23> = numbering!(
    CommandKind: Approve,
    Revoke,
    AddGuardian,
    RemoveGuardian,
    Block,
    Unblock,
    Direct,
    Create,
    Invite,
    Accept,
    Decline,
    Cancel,
    OpenLink,
    CloseLink,
    Join,
    Leave,
    Remove,
    Ban,
    Unban,
    Transfer,
    Message,
    Call,
    Dissolve,
);
const _: () = assert!(KINDS.len() <= CHOSEN as usize, "the numbers of kinds end where choices begin");

/// An input of a fuzzer: a trace and the setup that it is about.
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
    /// The cast, groups and policy.
    pub header: Header,
    /// The commands.
    pub commands: Vec<Command>,
}

impl Default for Input {
    /// An input without commands that leaves its setup to the target.
    fn default() -> Self {
        Input { header: Header::OWN, commands: Vec::new() }
    }
}

impl Input {
    /// How many bytes each command takes, as many as the header.
    pub const WIDTH: usize = Header::WIDTH;

    /// The input that the bytes stand for. `own` is the setup of the target, for what the header
    /// leaves to it. Commands of other than these kinds are skipped, and there are at most `most`.
    ///
    /// # Errors
    /// If the bytes are of another version.
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

    /// The same as [`Input::decode`], in place. It allocates nothing once there is room for the
    /// commands.
    ///
    /// # Errors
    /// If the bytes are of another version. Then the input is the default one.
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
        let mut generated = None;
        for record in bytes.get(Input::WIDTH..).unwrap_or_default().chunks(Input::WIDTH) {
            if self.commands.len() == most {
                break;
            }
            let mut whole = [0; Input::WIDTH];
            whole[..record.len()].copy_from_slice(record);
            let command = if whole[0] >= CHOSEN {
                let generated = generated.get_or_insert_with(|| GeneratedCommands {
                    generator: Generator::with_commands(&setup, kinds),
                    state: setup.start(),
                    followed: 0,
                });
                generated.next(&setup, &self.commands, &whole)
            } else {
                written_out(&whole, &setup)
            };
            match command {
                Some(command) if kinds.contains(command.kind()) => self.commands.push(command),
                _ => {}
            }
        }
        Ok(())
    }

    /// The bytes of the input, with every command written out.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![0; Input::WIDTH * (1 + self.commands.len())];
        self.write(&mut bytes);
        bytes
    }

    /// The same as [`Input::encode`], in place, with as many commands as there is room for. Returns
    /// the number of bytes written.
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

/// The bytes of a command.
fn record(command: &Command) -> [u8; Input::WIDTH] {
    let mut record = [0; Input::WIDTH];
    record[0] = KINDS.number(command.kind());
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

/// The command that is written out in a record, unless there is none, or no group for it.
fn written_out(record: &[u8; Input::WIDTH], setup: &Setup) -> Option<Command> {
    let kind = KINDS.value(usize::from(record[0]))?;
    if setup.groups == 0 && kind.names_group() {
        return None;
    }
    let Ok(command) = kind.build(&mut RecordArguments { record, setup, next: 3 });
    Some(command)
}

/// The arguments in a record.
struct RecordArguments<'a> {
    record: &'a [u8; Input::WIDTH],
    setup: &'a Setup,
    /// The position of the next of the other users.
    next: usize,
}

impl Arguments for RecordArguments<'_> {
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

/// The number modulo the bound. Most numbers are below it, so that divisions are rare.
#[inline]
fn wrapped(byte: u8, bound: usize) -> usize {
    let number = usize::from(byte);
    if number < bound { number } else { number % bound }
}

/// Generates the commands of records that are choices, in the state after the commands before them.
struct GeneratedCommands {
    generator: Generator,
    state: State,
    /// The number of commands that lead to the state.
    followed: usize,
}

impl GeneratedCommands {
    fn next(&mut self, setup: &Setup, before: &[Command], record: &[u8; Input::WIDTH]) -> Option<Command> {
        for command in &before[self.followed..] {
            step(&mut self.state, &setup.policy, command);
        }
        self.followed = before.len();
        let stream = Seeded::of_run(u64::from_le_bytes(*record), 0);
        let mut choices = RecordChoices { left: &record[1..], stream };
        self.generator.can_draw().then(|| self.generator.next(&self.state, &mut choices))
    }
}

/// Choices from the bytes of a record. Once those are used up, they are the seed of a stream.
struct RecordChoices<'a> {
    left: &'a [u8],
    stream: Seeded,
}

impl Choices for RecordChoices<'_> {
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
