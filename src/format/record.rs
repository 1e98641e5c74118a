//! Records: objects whose fields are declared once, by [`record!`]. The struct, its reader, its writer and its schema
//! come from that declaration.
//!
//! A field is declared with its *shape*, which knows how a value is read, written and described. The shapes that
//! several records use are in `shape`; a shape that one record needs is beside it.

use chatwarden_model::{CommandKind, EnumSet, Promise};

use super::error::Error;
use super::json::{Json, json};
use super::names::Names;
use super::node::{Node, Object};
use super::schema::{Schemas, described};

/// The values of fields that were read before, as far as later fields refer to them.
#[derive(Clone, Debug, Default)]
pub(super) struct Context {
    /// The name that the scenario must have, because its file has it.
    pub(super) stem: Option<String>,
    /// The names of users and groups.
    pub(super) names: Names,
    /// The kind of the command of the step that is being read.
    pub(super) kind: Option<CommandKind>,
    /// How many steps there are.
    pub(super) steps: usize,
    /// The promises to judge; none if all of them are.
    pub(super) promises: Option<EnumSet<Promise>>,
    /// The promises that are listed as broken so far.
    pub(super) broken: EnumSet<Promise>,
}

/// A kind of JSON value.
pub(super) trait Shape {
    /// The value in Rust.
    type Value: PartialEq;

    /// Reads a value.
    fn read(&self, node: Node<'_>, context: &mut Context) -> Result<Self::Value, Error>;

    /// Writes a value with the names of the users and groups in it.
    fn write<'a>(&self, value: &Self::Value, names: &'a Names) -> Json<'a>;

    /// Describes every value of this shape.
    fn schema(&self, schemas: &mut Schemas) -> Json<'static>;

    /// The value of a field that is left out; none if the field is required. A field with this
    /// value is not written.
    fn default(&self) -> Option<Self::Value> {
        None
    }
}

/// A shape without parameters, as its three functions.
pub(super) struct Plain<T> {
    pub(super) read: fn(Node<'_>, &mut Context) -> Result<T, Error>,
    pub(super) write: for<'a> fn(&T, &'a Names) -> Json<'a>,
    pub(super) schema: fn(&mut Schemas) -> Json<'static>,
}

impl<T: PartialEq> Shape for Plain<T> {
    type Value = T;

    fn read(&self, node: Node<'_>, context: &mut Context) -> Result<T, Error> {
        (self.read)(node, context)
    }

    fn write<'a>(&self, value: &T, names: &'a Names) -> Json<'a> {
        (self.write)(value, names)
    }

    fn schema(&self, schemas: &mut Schemas) -> Json<'static> {
        (self.schema)(schemas)
    }
}

/// The parts of a record that [`record!`] makes from its declaration.
pub(super) trait Fields: Sized {
    /// The name of the record in the schema.
    const NAME: &'static str;

    /// The meaning of the record, for the schema.
    const ABOUT: &'static str;

    /// The keys of the fields, in the order of the file.
    const KEYS: &'static [&'static str];

    fn read_fields(fields: &Object<'_>, context: &mut Context) -> Result<Self, Error>;

    fn write_fields<'a>(&self, names: &'a Names) -> Vec<(&'static str, Option<Json<'a>>)>;

    fn field_schemas(schemas: &mut Schemas) -> Vec<FieldSchema>;
}

/// The description of a field.
pub(super) struct FieldSchema {
    pub(super) key: &'static str,
    pub(super) is_required: bool,
    pub(super) schema: Json<'static>,
}

/// An object with declared fields, and the rules about it that the declaration cannot express.
pub(super) trait Record: Fields {
    /// The key and value of the version with which a file starts, if the record is a whole file.
    const VERSION: Option<(&'static str, u64)> = None;

    /// Reads the fields, and checks how they go together.
    fn read_record(fields: &Object<'_>, context: &mut Context) -> Result<Self, Error> {
        Self::read_fields(fields, context)
    }

    /// Describes how the fields go together: further keywords of the schema.
    fn rules() -> Vec<(&'static str, Json<'static>)> {
        Vec::new()
    }

    /// Reads the object; errors call it `what`.
    fn read_object(node: Node<'_>, what: &'static str, context: &mut Context) -> Result<Self, Error> {
        let fields = node.object(what)?;
        let Some((key, version)) = Self::VERSION else {
            return Self::read_record(&fields.only(Self::KEYS)?, context);
        };
        // The fields of another version are not known.
        fields.optional(key, |node| read_version(node, version, "the format"))?;
        let fields = fields.only(&[&[key], Self::KEYS].concat())?;
        fields.required(key)?;
        Self::read_record(&fields, context)
    }

    /// Writes the object.
    fn to_json<'a>(&self, names: &'a Names) -> Json<'a> {
        let version = Self::VERSION.map(|(key, version)| (key, Some(Json::from(version))));
        Json::object(version.into_iter().chain(self.write_fields(names)))
    }

    /// Describes the object.
    fn to_schema(schemas: &mut Schemas) -> Json<'static> {
        let version = Self::VERSION.map(|(key, version)| FieldSchema {
            key,
            is_required: true,
            schema: described(
                "The version of the format.",
                json!({"type": "integer", "format": "uint64", "minimum": 0_u64, "const": version}),
            ),
        });
        let fields: Vec<_> = version.into_iter().chain(Self::field_schemas(schemas)).collect();
        let required = Json::list(fields.iter().filter(|field| field.is_required).map(|field| field.key));
        let properties = Json::object(fields.into_iter().map(|field| (field.key, Some(field.schema))));
        let schema = [
            ("description", Self::ABOUT.into()),
            ("type", "object".into()),
            ("properties", properties),
            ("additionalProperties", false.into()),
            ("required", required),
        ];
        Json::object(schema.into_iter().chain(Self::rules()).map(|(key, value)| (key, Some(value))))
    }
}

/// Makes sure that the value is the version of the format or protocol that is read here.
pub(super) fn read_version(node: Node<'_>, version: u64, of: &str) -> Result<(), Error> {
    if node.raw() == version.to_string() {
        return Ok(());
    }
    Err(node.expected(format_args!("version {version} of {of}")))
}

/// Declares a record: `field: Type = "key": shape`, with a comment that is also the field's description in the
/// schema. With `for`, the struct is declared elsewhere, and the types are left out.
macro_rules! record {
    ($(#[$meta:meta])* $vis:vis struct $record:ident = $name:literal: $about:literal {
        $($(#[doc = $doc:literal])+ $field_vis:vis $field:ident: $type:ty = $key:literal: $shape:expr),* $(,)?
    }) => {
        $(#[$meta])*
        $vis struct $record { $($(#[doc = $doc])+ $field_vis $field: $type),* }

        record! {
            for $record = $name: $about { $($(#[doc = $doc])+ $field = $key: $shape),* }
        }
    };
    (for $record:ident = $name:literal: $about:literal {
        $($(#[doc = $doc:literal])+ $field:ident = $key:literal: $shape:expr),* $(,)?
    }) => {
        impl $crate::format::record::Fields for $record {
            const NAME: &'static str = $name;
            const ABOUT: &'static str = $about;
            const KEYS: &'static [&'static str] = &[$($key),*];

            fn read_fields(
                fields: &$crate::format::node::Object<'_>,
                context: &mut $crate::format::record::Context,
            ) -> Result<Self, $crate::format::error::Error> {
                use $crate::format::record::read_field;
                Ok($record { $($field: read_field(&$shape, fields, $key, context)?),* })
            }

            fn write_fields<'a>(
                &self,
                names: &'a $crate::format::names::Names,
            ) -> Vec<(&'static str, Option<$crate::format::json::Json<'a>>)> {
                use $crate::format::record::write_field;
                let $record { $($field),* } = self;
                vec![$(($key, write_field(&$shape, $field, names))),*]
            }

            fn field_schemas(
                schemas: &mut $crate::format::schema::Schemas,
            ) -> Vec<$crate::format::record::FieldSchema> {
                use $crate::format::record::field_schema;
                vec![$(field_schema($key, &[$($doc),+], &$shape, |record: &Self| &record.$field, schemas)),*]
            }
        }
    };
}
pub(super) use record;

// These three take the type of the value from the field, so that no shape has to repeat it.

pub(super) fn read_field<T>(
    shape: &impl Shape<Value = T>,
    fields: &Object<'_>,
    key: &str,
    context: &mut Context,
) -> Result<T, Error> {
    match shape.default() {
        Some(default) if fields.key(key).is_none() => Ok(default),
        _ => shape.read(fields.required(key)?, context),
    }
}

pub(super) fn write_field<'a, S: Shape>(shape: &S, value: &S::Value, names: &'a Names) -> Option<Json<'a>> {
    (shape.default().as_ref() != Some(value)).then(|| shape.write(value, names))
}

pub(super) fn field_schema<R, T>(
    key: &'static str,
    comment: &[&str],
    shape: &impl Shape<Value = T>,
    _: fn(&R) -> &T,
    schemas: &mut Schemas,
) -> FieldSchema {
    let about: Vec<_> = comment.iter().map(|line| line.trim()).collect();
    let schema = described(about.join(" "), shape.schema(schemas));
    FieldSchema { key, is_required: shape.default().is_none(), schema }
}
