//! `to-corpus`: scenarios become inputs of fuzz targets.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;

use chatwarden_model::{Argument, Arguments, Command, Field, Group, User, UserSet};
use clap::Args;

use crate::args::FuzzTargetArgs;
use crate::command::open_scenario;
use crate::messages::{print_error, print_note, text_output};
use crate::report::counted;
use crate::{CliError, Exit};
use chatwarden::format::{NamedCast, NamedSetup, Scenario};
use chatwarden::fuzz::{Header, Input};
use chatwarden::replay;
use chatwarden::sanitize;

/// Convert scenarios to inputs of a fuzz target.
///
/// Each scenario becomes a file with the name of the scenario. The input states a built-in cast, the
/// number of groups and the policy. A cast from a file is always left to the target; with `--own`,
/// everything is. The options below then describe the target. Users keep their names. A scenario that
/// does not fit the target is left out, with a note.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  chatwarden to-corpus scenarios --out fuzz/corpus/lockstep")]
pub(crate) struct ToCorpus {
    /// Scenario files, or folders of them
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Folder in which the inputs are written
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Leave cast, groups and policy to the target, as for a target that tests your own product
    #[arg(long)]
    own: bool,
    #[command(flatten)]
    target: FuzzTargetArgs,
}

impl ToCorpus {
    pub(crate) fn run(&self) -> Result<Exit, CliError> {
        let files = replay::scenario_files(&self.files)?;
        std::fs::create_dir_all(&self.out)?;
        let (mut exit, mut written) = (Exit::Success, BTreeSet::new());
        for file in &files {
            match open_scenario(file, &self.files) {
                Ok(scenario) => match self.input(&scenario) {
                    Ok(input) => {
                        let name = unused_name(&scenario, &written);
                        std::fs::write(self.out.join(&name), input.encode())?;
                        written.insert(name);
                    }
                    Err(why) => print_note(format_args!("{} is left out: {why}", sanitize::path(file))),
                },
                // An unreadable file is an error, but the other files are converted.
                Err(error) => {
                    print_error(error);
                    exit = Exit::UsageError;
                }
            }
        }
        if exit == Exit::Success || !written.is_empty() {
            let folder = sanitize::path(&self.out);
            writeln!(text_output(), "{} in {folder}", counted(written.len(), "input"))?;
        }
        Ok(exit)
    }

    /// The scenario as an input of the target.
    fn input(&self, scenario: &Scenario) -> Result<Input, String> {
        let Scenario { cast, groups, policy, .. } = scenario.clone();
        let setup = NamedSetup { cast, groups, policy };
        let header = if self.own { Header::OWN } else { Header::of(&setup) };
        let mut commands = replay::commands(scenario);
        let length: usize = self.target.length.into();
        if commands.len() > length {
            return Err(format!(
                "the target reads {length} commands, and the scenario has {}",
                commands.len()
            ));
        }
        if header.leaves_cast() {
            let groups = if self.own { self.target.groups.into() } else { setup.groups.len() };
            let mapping =
                CastMapping { from: &setup.cast.named_cast(), to: &self.target.cast.named_cast(), groups };
            commands = commands.iter().map(|command| mapping.command(command)).collect::<Result<_, _>>()?;
        }
        Ok(Input { header, commands })
    }
}

/// A file name that is not yet used. Scenarios of different folders can have the same name.
fn unused_name(scenario: &Scenario, used: &BTreeSet<String>) -> String {
    let names = (1..).map(|nth| match nth {
        1 => scenario.name.clone(),
        _ => format!("{}-{nth}", scenario.name),
    });
    names.into_iter().find(|name| !used.contains(name)).expect("there are more names than files")
}

/// Maps users of one cast to users of another with the same name and kind.
struct CastMapping<'a> {
    from: &'a NamedCast,
    to: &'a NamedCast,
    groups: usize,
}

impl CastMapping<'_> {
    fn command(&self, command: &Command) -> Result<Command, String> {
        let mut arguments = Vec::new();
        command.each_argument(|_, argument| arguments.push(argument));
        command.kind().build(&mut MappedArguments { mapping: self, arguments: arguments.into_iter() })
    }

    fn user(&self, user: User) -> Result<User, String> {
        let (name, kind) = (&self.from.names[user.index()], self.from.cast.kind(user));
        let user = self.to.names.iter().position(|other| other == name).map(User::new);
        user.filter(|user| self.to.cast.kind(*user) == kind)
            .ok_or_else(|| format!("the target has no {kind} `{name}`"))
    }
}

/// The arguments of a command in order, mapped to the other cast.
struct MappedArguments<'a> {
    mapping: &'a CastMapping<'a>,
    arguments: std::vec::IntoIter<Argument>,
}

impl Arguments for MappedArguments<'_> {
    type Error = String;

    fn user(&mut self, _: Field) -> Result<User, String> {
        let Some(Argument::User(user)) = self.arguments.next() else {
            unreachable!("the next argument is a user")
        };
        self.mapping.user(user)
    }

    fn users(&mut self, _: Field) -> Result<UserSet, String> {
        let Some(Argument::Users(users)) = self.arguments.next() else {
            unreachable!("the next argument is a set of users")
        };
        users.iter().map(|user| self.mapping.user(user)).collect()
    }

    fn group(&mut self, _: Field) -> Result<Group, String> {
        let Some(Argument::Group(group)) = self.arguments.next() else {
            unreachable!("the next argument is a group")
        };
        let (number, groups) = (group.index() + 1, self.mapping.groups);
        if number > groups {
            return Err(format!("the target has {groups} groups, and the scenario needs {number}"));
        }
        Ok(group)
    }
}
