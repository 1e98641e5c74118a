//! `to-corpus`: scenarios as inputs of fuzz targets.

use std::collections::BTreeSet;
use std::path::PathBuf;

use chatwarden_model::{Argument, Arguments, Command, Field, Group, User, UserSet};
use clap::Args;

use crate::options::{self, Tested};
use crate::{CliError, Exit};
use chatwarden::format::{NamedCast, NamedSetup, Scenario};
use chatwarden::fuzz::{Header, Input};
use chatwarden::replay;

/// Batch scenarios into inputs of a fuzz target.
///
/// Each becomes a file by the name of the scenario. An input says which built-in cast, how many groups and which policy it
/// is about; a cast that is not built in is always left to the target, and with `--own` everything is. What is left to the
/// target the options say: users stay who they are by their names, and what is about others, or longer, is left out.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  chatwarden to-corpus scenarios --out fuzz/corpus/lockstep")]
pub(crate) struct ToCorpus {
    /// Scenario files, and folders of them
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The folder to write inputs to
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Leave cast, groups and policy to the target, as one does that tests a product with its own
    #[arg(long)]
    own: bool,
    #[command(flatten)]
    tested: Tested,
}

impl ToCorpus {
    pub(crate) fn run(&self) -> Result<Exit, CliError> {
        let files = replay::scenario_files(&self.files)?;
        std::fs::create_dir_all(&self.out)?;
        let (mut exit, mut written) = (Exit::Success, BTreeSet::new());
        for file in &files {
            match Scenario::open(file) {
                Ok(scenario) => match self.input(&scenario) {
                    Ok(input) => {
                        let name = name(&scenario, &written);
                        std::fs::write(self.out.join(&name), input.encode())?;
                        written.insert(name);
                    }
                    Err(why) => anstream::eprintln!("note: {} is left out: {why}", file.display()),
                },
                // One file that cannot be read keeps no other from being turned, and is never passed over.
                Err(error) => {
                    anstream::eprintln!("{}error:{} {error}", options::ERROR, anstyle::Reset);
                    exit = Exit::UsageError;
                }
            }
        }
        if exit == Exit::Success || !written.is_empty() {
            anstream::println!("{} inputs in {}", written.len(), self.out.display());
        }
        Ok(exit)
    }

    /// The scenario as an input, or why the target has none that says the same.
    fn input(&self, scenario: &Scenario) -> Result<Input, String> {
        let Scenario { cast, groups, policy, .. } = scenario.clone();
        let setup = NamedSetup { cast, groups, policy };
        let header = if self.own { Header::OWN } else { Header::of(&setup) };
        let mut commands = replay::commands(scenario);
        let most: usize = self.tested.length.into();
        if commands.len() > most {
            return Err(format!("the target takes {most} commands, and these are {}", commands.len()));
        }
        if header.leaves_cast() {
            let groups = if self.own { self.tested.groups.into() } else { setup.groups.len() };
            let same = Same { from: &setup.cast.named_cast(), to: &self.tested.cast.named_cast(), groups };
            commands = commands.iter().map(|command| same.command(command)).collect::<Result<_, _>>()?;
        }
        Ok(Input { header, commands })
    }
}

/// A name that no other scenario has taken: those of different folders may be called the same.
fn name(scenario: &Scenario, taken: &BTreeSet<String>) -> String {
    let names = (1..).map(|nth| match nth {
        1 => scenario.name.clone(),
        _ => format!("{}-{nth}", scenario.name),
    });
    names.into_iter().find(|name| !taken.contains(name)).expect("there are more names than files")
}

/// Who of one cast is who in another: users of the same name and kind.
struct Same<'a> {
    from: &'a NamedCast,
    to: &'a NamedCast,
    groups: usize,
}

impl Same<'_> {
    fn command(&self, command: &Command) -> Result<Command, String> {
        let mut arguments = Vec::new();
        command.each_argument(|_, argument| arguments.push(argument));
        command.kind().build(&mut Translated { same: self, left: arguments.into_iter() })
    }

    fn user(&self, user: User) -> Result<User, String> {
        let (name, kind) = (&self.from.names[user.index()], self.from.cast.kind(user));
        let known = self.to.names.iter().position(|known| known == name).map(User::new);
        known
            .filter(|known| self.to.cast.kind(*known) == kind)
            .ok_or_else(|| format!("no {kind} of the target is called `{name}`"))
    }
}

/// The arguments of a command, in their order.
struct Translated<'a> {
    same: &'a Same<'a>,
    left: std::vec::IntoIter<Argument>,
}

impl Arguments for Translated<'_> {
    type Error = String;

    fn user(&mut self, _: Field) -> Result<User, String> {
        let Some(Argument::User(user)) = self.left.next() else { unreachable!("a user comes next") };
        self.same.user(user)
    }

    fn users(&mut self, _: Field) -> Result<UserSet, String> {
        let Some(Argument::Users(users)) = self.left.next() else { unreachable!("users come next") };
        users.iter().map(|user| self.same.user(user)).collect()
    }

    fn group(&mut self, _: Field) -> Result<Group, String> {
        let Some(Argument::Group(group)) = self.left.next() else { unreachable!("a group comes next") };
        let (number, groups) = (group.index() + 1, self.same.groups);
        if number > groups {
            return Err(format!("the target has no more groups than {groups}, and it needs {number}"));
        }
        Ok(group)
    }
}
