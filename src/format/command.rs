//! Commands with names: read from JSON, written as JSON, shown on one line, and described to the schema,
//! all from the model's one table of commands and their fields.

use std::borrow::Cow;
use std::fmt;

use chatwarden_model::{
    Argument, Arguments, Command, CommandKind, Field, Group, MAX_USERS, NamedEnum, User, UserSet,
};
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::error::Error;
use super::layout;
use super::names::Names;
use super::node::{Node, Object};

/// A command with the names of those whom it names.
///
/// ```
/// use chatwarden::model::{Command, Group, User, UserSet};
/// use chatwarden::format::{Names, NamedCommand, Source, read_command};
/// let names = Names { users: vec!["kay".into(), "kim".into(), "sam".into()], groups: vec!["g1".into()] };
/// let text = r#"{"do": "create", "by": "sam", "group": "g1", "with": ["kay", "kim"]}"#;
/// let command = read_command(Source::new("<stdin>", text).root()?, &names)?;
/// assert_eq!(command, Command::Create { by: User::new(2), group: Group::new(0), with: UserSet::first(2) });
///
/// let named = NamedCommand { command, names: &names };
/// assert_eq!(named.to_json(), text);
/// assert_eq!(named.to_string(), "create(sam, g1, [kay, kim])");
/// # Ok::<(), chatwarden::format::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NamedCommand<'a> {
    /// The command.
    pub command: Command,
    /// What the users and groups are called.
    pub names: &'a Names,
}

impl NamedCommand<'_> {
    /// The command as JSON on one line.
    pub fn to_json(&self) -> String {
        layout::line(self)
    }
}

/// The command that the value is.
///
/// # Errors
/// If it is not a command, has other fields than that command, or names somebody unknown.
pub fn read_command(node: Node<'_>, names: &Names) -> Result<Command, Error> {
    let fields = node.object("a command")?;
    let kind: CommandKind = fields.required("do")?.word()?;
    let known: Vec<_> = std::iter::once("do").chain(kind.fields().iter().map(|field| field.name())).collect();
    let fields = fields.described(format!("`{kind}`")).only(&known)?;
    kind.build(&mut FromFields { fields, names })
}

struct FromFields<'a> {
    fields: Object<'a>,
    names: &'a Names,
}

impl Arguments for FromFields<'_> {
    type Error = Error;

    fn user(&mut self, field: Field) -> Result<User, Error> {
        self.names.read_user(self.fields.required(field.name())?)
    }

    fn users(&mut self, field: Field) -> Result<UserSet, Error> {
        self.names.read_users(self.fields.required(field.name())?, MAX_USERS)
    }

    fn group(&mut self, field: Field) -> Result<Group, Error> {
        self.names.read_group(self.fields.required(field.name())?)
    }
}

/// The command as people read it: `invite(kay, g1, sam)`.
impl fmt::Display for NamedCommand<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut arguments = Vec::new();
        self.command.each_argument(|_, argument| {
            arguments.push(match argument {
                Argument::User(user) => Cow::Borrowed(self.names.user(user)),
                Argument::Group(group) => Cow::Borrowed(self.names.group(group)),
                Argument::Users(users) => {
                    Cow::Owned(format!("[{}]", self.names.of(users).collect::<Vec<_>>().join(", ")))
                }
            });
        });
        f.pad(&format!("{}({})", self.command.kind(), arguments.join(", ")))
    }
}

impl Serialize for NamedCommand<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("do", self.command.kind().name())?;
        let mut written = Ok(());
        self.command.each_argument(|field, argument| {
            if written.is_ok() {
                written = match argument {
                    Argument::User(user) => map.serialize_entry(field.name(), self.names.user(user)),
                    Argument::Group(group) => map.serialize_entry(field.name(), self.names.group(group)),
                    Argument::Users(users) => {
                        map.serialize_entry(field.name(), &self.names.of(users).collect::<Vec<_>>())
                    }
                };
            }
        });
        written?;
        map.end()
    }
}
