//! The formats: commands, casts, policies, scenarios, baselines and protocol messages as JSON.
//!
//! Users and groups have names in the formats and indices everywhere else. A reader turns names into indices, and a
//! writer turns them back. Nothing is decided, carried out or judged here.
//!
//! ```
//! use chatwarden::format::{Scenario, Source};
//! let text = r#"{"chatwarden": 1, "name": "leave", "policy": "messenger-kids", "cast": "small", "groups": ["g1"],
//!   "steps": [{"command": {"do": "leave", "by": "kya", "group": "g1"}}]}"#;
//! let error = Scenario::read(Source::new("scenarios/leave.json", text)).unwrap_err();
//! assert_eq!(error.to_string(), "scenarios/leave.json:2:47: unknown user `kya`; did you mean `kay`?");
//! ```
//!
//! To read, a [`Source`] checks limits, encoding and syntax, and hands out its root, a [`Node`] with its place in the
//! text. A reader asks the node for the value that it expects; for any other value it returns an [`Error`] with the
//! place. The values are:
//!
//! - [`Names`] of users and groups, and [`NounOf`], the nouns of the model's vocabularies;
//! - [`NamedCommand`] and [`read_command()`];
//! - [`NamedCast`], [`CastSpec`], [`BuiltInCast`] · [`PolicySpec`], [`FullPolicy`];
//! - [`Scenario`] with its [`ScenarioStep`]s, [`Break`]s and, if the harness found it, its [`FindingRecord`], with a
//!   [`Certificate`] if its trace is proved to be minimal;
//! - [`KnownFinding`]: a baseline is a list of these;
//! - [`Request`] and [`Reply`] of the driver protocol.
//!
//! Files are laid out for people to read and compare. [`scenario_schema()`] describes scenario files. Reading a
//! written value gives the same value.

mod baseline;
mod cast;
mod certificate;
mod command;
mod error;
mod finding;
mod json;
mod limits;
mod named_setup;
mod names;
mod node;
mod policy;
mod protocol;
mod record;
mod scenario;
mod schema;
mod shape;
mod source;
mod word;

pub use baseline::{BaselineVerdict, KnownFinding};
pub use cast::{BuiltInCast, CastSpec, NamedCast};
pub use certificate::{Certificate, CertificateLevel};
pub use command::{NamedCommand, read_command};
pub use error::{Error, Place, nearest};
pub use finding::{FindingRecord, Minimality};
pub use limits::{MAX_FILE_BYTES, MAX_LINE_BYTES, MAX_NAME_CHARS, MAX_STEPS};
pub use named_setup::NamedSetup;
pub use names::{Names, is_name};
pub use node::{Node, Object};
pub use policy::{FullPolicy, PolicySpec};
pub use protocol::{
    Incoming, Method, PROTOCOL_VERSION, Refusal, Reply, Request, SessionContext, code, read_about,
    read_answer, read_nothing, read_observation, read_reason, write_about, write_answer, write_nothing,
    write_observation, write_refusal,
};
pub use scenario::{Break, Expect, FORMAT_VERSION, Scenario, ScenarioStep, scenario_schema};
pub use source::{Source, read_bytes};
pub use word::NounOf;
