//! Commands with names: read from JSON, written as JSON, shown on one line, and described to the schema. All of it
//! comes from the model's one table of commands and their fields.

use std::borrow::Cow;
use std::fmt;

use chatwarden_model::{
    Argument, Arguments, Command, CommandKind, Field, Group, MAX_USERS, NamedEnum, User, UserSet,
};

use super::error::Error;
use super::json::{Json, json};
use super::names::Names;
use super::node::{Node, Object};
use super::record::{Plain, Shape};
use super::schema::Schemas;
use super::shape::{UserNames, name_schema};

/// A command with the names of its users and groups.
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
    /// The names of the users and groups.
    pub names: &'a Names,
}

impl<'a> NamedCommand<'a> {
    /// The command as JSON on one line.
    pub fn to_json(&self) -> String {
        self.json().line()
    }

    pub(super) fn json(self) -> Json<'a> {
        let names = self.names;
        let mut fields = vec![("do", Some(Json::name(self.command.kind())))];
        self.command.each_argument(|field, argument| {
            let value = match argument {
                Argument::User(user) => names.user(user).into(),
                Argument::Group(group) => names.group(group).into(),
                Argument::Users(users) => Json::list(names.of(users)),
            };
            fields.push((field.name(), Some(value)));
        });
        Json::object(fields)
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

/// A command, whose kind the later fields of a step refer to.
pub(super) const COMMAND: Plain<Command> = Plain {
    read: |node, context| {
        let command = read_command(node, &context.names)?;
        context.kind = Some(command.kind());
        Ok(command)
    },
    write: |&command, names| NamedCommand { command, names }.json(),
    schema: |schemas| {
        schemas.define("command", |schemas| {
            let commands = CommandKind::ALL.iter().map(|kind| schema_of(*kind, schemas));
            json!({
                "description": "Something that an actor, `by`, asks of the chat service.",
                "oneOf": (Json::list(commands)),
            })
        })
    },
};

fn schema_of(kind: CommandKind, schemas: &mut Schemas) -> Json<'static> {
    let names = kind.fields().iter().map(|field| field.name());
    let required = Json::list(std::iter::once("do").chain(names));
    let fields = kind.fields().iter().map(|field| {
        let schema = match field {
            Field::With => UserNames(MAX_USERS).schema(schemas),
            Field::By | Field::Child | Field::Contact | Field::Guardian => name_schema(schemas),
            Field::Who | Field::To | Field::Group => name_schema(schemas),
        };
        (field.name(), Some(schema))
    });
    let kind_of = ("do", Some(json!({"const": (kind.name())})));
    let properties = Json::object(std::iter::once(kind_of).chain(fields));
    json!({
        "description": (kind.about()),
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}
