//! The mutator of inputs. It changes commands, never bytes: it inserts, deletes or swaps commands,
//! changes an argument, repeats the end of a trace as another user or in another group, and splices
//! two traces.
//!
//! Inserted commands come from the generator, in the state that the commands before them lead to by
//! the policy. So most are allowed or near misses. The fuzzer decides which inputs are kept.

use std::convert::Infallible;

use chatwarden_model::{
    Argument, Arguments, Command, CommandKind, EnumSet, Field, Group, Renaming, Setup, State, User, UserSet,
    step,
};

use super::codec::Input;
use super::header::Header;
use crate::generate::{Choices, Generator, Seeded};

/// Of so many inputs, one gets another cast, number of groups and policy, if inputs may have their
/// own.
const OTHER_SETUP: usize = 64;

/// Makes inputs from inputs.
///
/// ```
/// use chatwarden::fuzz::{Input, Mutator};
/// use chatwarden::format::NamedSetup;
/// use chatwarden::model::EnumSet;
/// let mut mutator = Mutator::new(NamedSetup::default().setup(), EnumSet::all(), 50);
/// let mut bytes = [0; 408];
/// let len = mutator.mutate(&mut bytes, 0, 408, 7);
/// let input = Input::decode(&bytes[..len], &NamedSetup::default().setup(), EnumSet::all(), 50)?;
/// assert!(!input.commands.is_empty());
/// # Ok::<(), chatwarden::fuzz::UnknownVersion>(())
/// ```
#[derive(Clone, Debug)]
pub struct Mutator {
    own: Setup,
    kinds: EnumSet<CommandKind>,
    most: usize,
    varies_setup: bool,
    input: Input,
    other: Input,
}

impl Mutator {
    /// A mutator of inputs with at most `most` commands of these kinds. `own` is the setup of the
    /// target, for inputs that leave it to the target.
    pub fn new(own: Setup, kinds: EnumSet<CommandKind>, most: usize) -> Self {
        Mutator { own, kinds, most, varies_setup: false, input: Input::default(), other: Input::default() }
    }

    /// The same mutator, but inputs have setups of their own, which change as well.
    pub fn varying_setup(self) -> Self {
        Mutator { varies_setup: true, ..self }
    }

    /// Replaces the input in the first `size` bytes of the data by another of at most `max_size`
    /// bytes, and returns the number of its bytes. It depends on nothing but the input and the
    /// seed. This is the interface of libFuzzer for custom mutators.
    pub fn mutate(&mut self, data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
        let mut choices = Seeded::of_run(seed.into(), 0);
        let size = size.min(data.len());
        // An input that cannot be read is replaced by a new one.
        let readable = self.input.read(&data[..size], &self.own, self.kinds, self.most).is_ok();
        if !readable {
            self.input = Input { header: Header::OWN, commands: std::mem::take(&mut self.input.commands) };
        }
        if self.varies_setup && (!readable || choices.chance(1, OTHER_SETUP)) {
            self.input.header = Header::any(&mut choices);
        }
        let most = self.most.min((max_size / Input::WIDTH).saturating_sub(1));
        let setup = self.input.header.setup(&self.own);
        change(&mut self.input.commands, &setup, self.kinds, most, &mut choices);
        let end = data.len().min(max_size);
        self.input.write(&mut data[..end])
    }

    /// Writes the beginning of one input and the end of the other, and returns the number of bytes.
    /// This is the interface of libFuzzer for custom crossovers.
    pub fn splice(&mut self, one: &[u8], other: &[u8], out: &mut [u8], seed: u32) -> usize {
        let mut choices = Seeded::of_run(seed.into(), 1);
        let most = self.most.min((out.len() / Input::WIDTH).saturating_sub(1));
        // An input that cannot be read has no commands.
        let _ = self.input.read(one, &self.own, self.kinds, self.most);
        let _ = self.other.read(other, &self.own, self.kinds, self.most);
        let kept = choices.below(self.input.commands.len() + 1);
        let from = choices.below(self.other.commands.len() + 1);
        self.input.commands.truncate(kept);
        self.input.commands.extend_from_slice(&self.other.commands[from..]);
        self.input.commands.truncate(most);
        self.input.write(out)
    }
}

/// Makes one or more changes, and leaves at most `most` commands.
fn change(
    commands: &mut Vec<Command>,
    setup: &Setup,
    kinds: EnumSet<CommandKind>,
    most: usize,
    choices: &mut impl Choices,
) {
    // Half the time any kind of command is inserted; otherwise some kinds are left out, as in the
    // traces of a campaign.
    let generator = match choices.chance(1, 2) {
        true => Generator::with_commands(setup, kinds),
        false => Generator::for_run(setup, kinds, choices),
    };
    commands.truncate(most);
    loop {
        // The longer a trace is, the likelier commands are deleted, because short traces are
        // faster.
        let is_long = commands.len() * 2 > choices.below(most.max(1) + 1);
        match choices.below(16) {
            0..4 if is_long => delete(commands, choices),
            0..7 => insert(commands, setup, &generator, most, choices),
            7..9 => delete(commands, choices),
            9..12 => change_argument(commands, setup, choices),
            12 => swap(commands, choices),
            _ => repeat(commands, setup, most, choices),
        }
        if choices.chance(2, 3) && !commands.is_empty() {
            return;
        }
        if most == 0 || !generator.can_draw() {
            return;
        }
    }
}

/// Inserts commands of the generator, more often than not at the end, where no later command
/// depends on them.
fn insert(
    commands: &mut Vec<Command>,
    setup: &Setup,
    generator: &Generator,
    most: usize,
    choices: &mut impl Choices,
) {
    let room = most - commands.len();
    if room == 0 || !generator.can_draw() {
        return;
    }
    let count = match choices.below(4) {
        0 | 1 => 1,
        2 => 2,
        _ => 1 + choices.below(8),
    };
    let at = if choices.chance(5, 8) { commands.len() } else { choices.below(commands.len() + 1) };
    // A copy, because what it remembers is of this place in the trace.
    let mut generator = *generator;
    let mut state: State = setup.start();
    for command in &commands[..at] {
        step(&mut state, &setup.policy, command);
    }
    for at in at..at + count.min(room) {
        let command = generator.next(&state, choices);
        step(&mut state, &setup.policy, &command);
        commands.insert(at, command);
    }
}

fn delete(commands: &mut Vec<Command>, choices: &mut impl Choices) {
    if !commands.is_empty() {
        let from = choices.below(commands.len());
        let longest = match choices.below(8) {
            0..5 => 1,
            5 | 6 => 8,
            _ => commands.len(),
        };
        let count = 1 + choices.below(longest.min(commands.len() - from));
        commands.drain(from..from + count);
    }
}

fn swap(commands: &mut [Command], choices: &mut impl Choices) {
    if commands.len() > 1 {
        let at = choices.below(commands.len());
        let with =
            if choices.chance(1, 2) { (at + 1) % commands.len() } else { choices.below(commands.len()) };
        commands.swap(at, with);
    }
}

fn change_argument(commands: &mut [Command], setup: &Setup, choices: &mut impl Choices) {
    if commands.is_empty() {
        return;
    }
    let at = choices.below(commands.len());
    let command = commands[at];
    let field = choices.below(command.kind().fields().len());
    let mut edit = ChangedArgument { command, setup, field: command.kind().fields()[field], choices };
    let Ok(changed) = command.kind().build(&mut edit);
    commands[at] = changed;
}

/// Repeats the end of the trace; often as another user or in another group.
fn repeat(commands: &mut Vec<Command>, setup: &Setup, most: usize, choices: &mut impl Choices) {
    let room = most - commands.len();
    if room == 0 || commands.is_empty() {
        return;
    }
    let count = 1 + choices.below(commands.len().min(room).min(8));
    let renaming = random_exchange(setup, choices);
    let from = commands.len() - count;
    for at in from..from + count {
        let command = commands[at];
        commands.push(renaming.command(&command));
    }
}

/// The arguments of a command, one of which is drawn anew.
struct ChangedArgument<'a, C> {
    command: Command,
    setup: &'a Setup,
    field: Field,
    choices: &'a mut C,
}

impl<C: Choices> ChangedArgument<'_, C> {
    /// One of the candidates; now and then, or if there are none, one of all users.
    fn any_user(&mut self, field: Field) -> User {
        let candidates = self.setup.bounds().candidates(self.command.kind(), field);
        let takes_all = self.choices.chance(1, 16) || candidates.is_empty();
        let users = if takes_all { UserSet::first(self.setup.cast.len()) } else { candidates };
        users.nth(self.choices.below(users.len())).expect("the number is below the size of the set")
    }
}

impl<C: Choices> Arguments for ChangedArgument<'_, C> {
    type Error = Infallible;

    fn user(&mut self, field: Field) -> Result<User, Infallible> {
        match self.command.argument(field) {
            Some(Argument::User(user)) if field != self.field => Ok(user),
            _ => Ok(self.any_user(field)),
        }
    }

    fn users(&mut self, field: Field) -> Result<UserSet, Infallible> {
        let Some(Argument::Users(users)) = self.command.argument(field) else {
            unreachable!("the command has the field")
        };
        if field != self.field {
            return Ok(users);
        }
        let user = self.any_user(field);
        Ok(if users.contains(user) { users.without(user) } else { users.with(user) })
    }

    fn group(&mut self, field: Field) -> Result<Group, Infallible> {
        match self.command.argument(field) {
            Some(Argument::Group(group)) if field != self.field => Ok(group),
            _ => Ok(Group::new(self.choices.below(self.setup.groups))),
        }
    }
}

/// The identity, or two users of a kind exchanged, or two groups, or both.
fn random_exchange(setup: &Setup, choices: &mut impl Choices) -> Renaming {
    let mut renaming = Renaming::identity();
    if choices.chance(1, 2) {
        let one = User::new(choices.below(setup.cast.len()));
        let same_kind = setup.cast.kinds().of(setup.cast.kind(one));
        let other = same_kind.nth(choices.below(same_kind.len())).expect("the user is one of its kind");
        renaming = renaming.swapping_users(one, other);
    }
    if setup.groups > 1 && choices.chance(1, 4) {
        let [one, other] = [(); 2].map(|()| Group::new(choices.below(setup.groups)));
        renaming = renaming.swapping_groups(one, other);
    }
    renaming
}
