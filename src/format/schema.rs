//! The JSON schema (draft 2020-12) of records: its definitions, and the pieces of which they are made.
//!
//! Each record and shape describes itself. Some rules are left to the reader, for example that a
//! name is known or a promise judged.

use super::json::{Json, json};
use super::record::Record;

/// The definitions of a schema, in the order in which they were first referred to.
#[derive(Default)]
pub(super) struct Schemas(Vec<(String, Json<'static>)>);

impl Schemas {
    /// A reference to the definition of that name, which is made if it is not there yet.
    pub(super) fn define(
        &mut self,
        name: impl Into<String>,
        make: impl FnOnce(&mut Self) -> Json<'static>,
    ) -> Json<'static> {
        let name = name.into();
        let reference = json!({"$ref": (format!("#/$defs/{name}"))});
        if self.0.iter().all(|(known, _)| *known != name) {
            let at = self.0.len();
            // The definitions that it refers to come after it.
            self.0.push((name, Json::Null));
            self.0[at].1 = make(self);
        }
        reference
    }
}

/// The schema of a file that is a record.
pub(super) fn of_file<R: Record>(title: &'static str) -> String {
    let mut schemas = Schemas::default();
    let mut fields = vec![
        ("$schema".into(), json!("https://json-schema.org/draft/2020-12/schema")),
        ("title".into(), json!(title)),
    ];
    let Json::Object(root) = R::to_schema(&mut schemas) else { unreachable!("a record is an object") };
    fields.extend(root);
    let definitions = schemas.0.into_iter().map(|(name, schema)| (name.into(), schema));
    fields.push(("$defs".into(), Json::Object(definitions.collect())));
    Json::Object(fields).wrapped()
}

/// The schema with a description, which comes first.
pub(super) fn described(about: impl Into<String>, schema: Json<'static>) -> Json<'static> {
    let Json::Object(mut fields) = schema else { unreachable!("a schema is an object") };
    fields.insert(0, ("description".into(), about.into().into()));
    Json::Object(fields)
}

/// The schema that accepts `null` as well.
pub(super) fn nullable(schema: Json<'static>) -> Json<'static> {
    let Json::Object(mut fields) = schema else { unreachable!("a schema is an object") };
    match fields.iter_mut().find(|(key, _)| key == "type") {
        Some((_, of)) => {
            let before = std::mem::replace(of, Json::Null);
            *of = Json::List(vec![before, json!("null")]);
            Json::Object(fields)
        }
        None => Json::Object(vec![(
            "anyOf".into(),
            Json::List(vec![Json::Object(fields), json!({"type": "null"})]),
        )]),
    }
}

/// The schema of a list.
pub(super) fn list(
    items: Json<'static>,
    least: Option<usize>,
    most: Option<usize>,
    is_unique: bool,
) -> Json<'static> {
    Json::object([
        ("type", Some(json!("array"))),
        ("items", Some(items)),
        ("minItems", least.map(Json::from)),
        ("maxItems", most.map(Json::from)),
        ("uniqueItems", is_unique.then(|| json!(true))),
    ])
}
