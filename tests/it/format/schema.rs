//! The committed JSON schema is current and valid, and agrees with the reader as far as a schema can.

use std::sync::LazyLock;

use chatwarden::format::scenario_schema;
use jsonschema::Validator;
use serde_json::Value;

use super::GOOD;
use super::broken::rows;

static SCHEMA: LazyLock<Validator> = LazyLock::new(|| {
    let schema = serde_json::from_str(&scenario_schema()).unwrap();
    jsonschema::draft202012::meta::validate(&schema).expect("it is a schema itself");
    jsonschema::draft202012::new(&schema).unwrap()
});

/// Whether the schema accepts the text.
pub(super) fn accepts(text: &str) -> bool {
    serde_json::from_str(text).is_ok_and(|value: Value| SCHEMA.is_valid(&value))
}

#[test]
fn the_committed_schema_is_current() {
    let committed = include_str!("../../../scenarios/scenario.schema.json");
    assert!(
        committed == scenario_schema(),
        "the schema has changed: cargo run -- schema > scenarios/scenario.schema.json"
    );
}

#[test]
fn the_schema_accepts_what_is_good_and_rejects_what_is_broken_in_structure() {
    assert!(accepts(GOOD));
    for row in rows("What the schema sees") {
        assert!(!accepts(&row.text()), "accepted: {}", row.replace);
    }
    for row in rows("What only the reader sees") {
        assert!(accepts(&row.text()), "rejected: {}", row.replace);
    }
}
