//! The JSON schema of scenario files, for editors and for those who write scenarios by program.
//!
//! It says what a schema can say; that a name is known or a promise judged is for the reader to see.

use schemars::generate::SchemaSettings;

use super::form::ScenarioForm;
use super::layout;

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
