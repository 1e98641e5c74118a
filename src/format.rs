//! The formats: what users, groups, commands, casts, policies and whole scenarios look like as JSON.
//!
//! It is the only room that knows serde, and the only one where anybody has a name: a reader turns names
//! into the model's indices, a writer turns them back. Nothing is decided, carried out or judged here.
//!
//! ```
//! use chatwarden::format::{Scenario, Source};
//! let text = r#"{"chatwarden": 1, "name": "leave", "policy": "messenger-kids", "cast": "small", "groups": ["g1"],
//!   "steps": [{"command": {"do": "leave", "by": "kya", "group": "g1"}}]}"#;
//! let error = Scenario::read(Source::new("scenarios/leave.json", text)).unwrap_err();
//! assert_eq!(error.to_string(), "scenarios/leave.json:2:47: unknown user `kya`; did you mean `kay`?");
//! ```
//!
//! The way in: a [`Source`] checks limits, encoding and syntax and hands out its root, a [`Node`], which
//! knows where it stands; what it is expected to be is asked of it, down to the last field, and whatever
//! else it is becomes an [`Error`] that points at it. The values, from the small to the whole:
//!
//! - [`Names`] of users and groups, and [`NounOf`], the words of the model;
//! - [`NamedCommand`] and [`read_command()`];
//! - [`NamedCast`], [`CastSpec`], [`BuiltInCast`] · [`PolicySpec`];
//! - [`Scenario`] with its [`ScenarioStep`]s, [`Break`]s and, if the harness found it, its [`FindingRecord`], with a
//!   [`Certificate`] where its length is proved;
//! - [`KnownFinding`], of which a baseline is a list.
//!
//! The way out is laid out for people to read and compare, and is described by [`scenario_schema()`].
//! Reading back what was written gives the same value.

mod baseline;
mod cast;
mod certificate;
mod command;
mod error;
mod finding;
mod form;
mod layout;
mod named_setup;
mod names;
mod node;
mod policy;
mod protocol;
mod scenario;
#[cfg(feature = "schema")]
mod schema;
mod source;
mod word;

pub use baseline::{KnownFinding, KnownVerdict};
pub use cast::{BuiltInCast, CastSpec, NamedCast};
pub use certificate::{Certificate, CertificateLevel};
pub use command::{NamedCommand, read_command};
pub use error::{Error, Place, nearest};
pub use finding::{FindingRecord, Minimality, RecordedVerdict};
pub use named_setup::NamedSetup;
pub use names::{MAX_NAME_CHARS, Names, is_name};
pub use node::{Node, Object};
pub use policy::PolicySpec;
pub use protocol::{
    Incoming, MAX_LINE_BYTES, Method, PROTOCOL_VERSION, Refusal, Reply, Request, SessionContext, code,
    read_about, read_answer, read_nothing, read_observation, write_about, write_answer, write_nothing,
    write_observation, write_refusal,
};
pub use scenario::{Break, Expect, FORMAT_VERSION, MAX_STEPS, Scenario, ScenarioStep};
#[cfg(feature = "schema")]
pub use schema::scenario_schema;
pub use source::{MAX_FILE_BYTES, Source, read_bytes};
pub use word::NounOf;
