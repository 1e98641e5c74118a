//! The JSON schema of scenario files, for editors and for those who write scenarios by program.
//!
//! It says what a schema can say; that a name is known or a promise judged is for the reader to see.

use std::borrow::Cow;

use chatwarden_model::{Arguments, CommandKind, Field, Group, MAX_USERS, NamedEnum, User, UserSet};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};

use super::command::NamedCommand;
use super::form::ScenarioForm;
use super::layout;
use super::names::MAX_NAME_CHARS;
use super::word::{AsName, NounOf};

/// The JSON schema (draft 2020-12) of scenario files, as a file.
///
/// ```
/// let schema = chatwarden::format::scenario_schema();
/// assert!(schema.contains("\"const\": \"newcomer-cleared\""));
/// ```
pub fn scenario_schema() -> String {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    layout::wrapped(&settings.into_generator().into_root_schema_for::<ScenarioForm<'_>>())
}

/// A name, to the schema.
pub(super) struct Name;

impl JsonSchema for Name {
    fn schema_name() -> Cow<'static, str> {
        "name".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "pattern": format!("^[a-zA-Z0-9._-]{{1,{MAX_NAME_CHARS}}}$")})
    }
}

/// A list of users, each once, at least and at most so many, to the schema.
pub(super) struct UserNames<const LEAST: usize = 0, const MOST: usize = MAX_USERS>;

impl<const LEAST: usize, const MOST: usize> JsonSchema for UserNames<LEAST, MOST> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("{LEAST}-to-{MOST}-users").into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let name = generator.subschema_for::<Name>();
        json_schema!({"type": "array", "items": name, "minItems": LEAST, "maxItems": MOST, "uniqueItems": true})
    }
}

impl<W: NounOf> JsonSchema for AsName<W> {
    fn schema_name() -> Cow<'static, str> {
        format!("{}-word", W::NOUN.replace(' ', "-")).into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let words = W::ALL.iter().map(|word| json!({"const": word.name(), "description": word.about()}));
        json_schema!({"oneOf": words.collect::<Vec<_>>()})
    }
}

impl JsonSchema for NamedCommand<'_> {
    fn schema_name() -> Cow<'static, str> {
        "command".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let commands = CommandKind::ALL.iter().map(|kind| {
            let mut properties = Map::from_iter([("do".into(), json!({"const": kind.name()}))]);
            // The schema of each argument is what the "command" is built from.
            let Ok(_) = kind.build(&mut IntoSchema { generator, properties: &mut properties });
            json!({
                "description": kind.about(),
                "type": "object",
                "properties": properties,
                "required": properties.keys().collect::<Vec<_>>(),
                "additionalProperties": false,
            })
        });
        json_schema!({
            "description": "Something that an actor, `by`, asks of the chat service.",
            "oneOf": commands.collect::<Vec<_>>(),
        })
    }
}

/// Notes the type of every argument that a command is asked to be built from.
struct IntoSchema<'a> {
    generator: &'a mut SchemaGenerator,
    properties: &'a mut Map<String, Value>,
}

impl IntoSchema<'_> {
    fn note<T: JsonSchema>(&mut self, field: Field) {
        self.properties.insert(field.name().into(), self.generator.subschema_for::<T>().into());
    }
}

impl Arguments for IntoSchema<'_> {
    type Error = std::convert::Infallible;

    fn user(&mut self, field: Field) -> Result<User, Self::Error> {
        self.note::<Name>(field);
        Ok(User::new(0))
    }

    fn users(&mut self, field: Field) -> Result<UserSet, Self::Error> {
        self.note::<UserNames>(field);
        Ok(UserSet::EMPTY)
    }

    fn group(&mut self, field: Field) -> Result<Group, Self::Error> {
        self.note::<Name>(field);
        Ok(Group::new(0))
    }
}
