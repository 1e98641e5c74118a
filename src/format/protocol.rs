//! The driver protocol: JSON-RPC 2.0, one message a line, between the harness and a program that drives an
//! implementation. Both sides read and write their messages with this module.
//!
//! Nothing is sent or waited for here. `driver` serves an implementation, and the program speaks to its processes.
//! `docs/protocol.md` describes the protocol.

mod answer;
mod hello;
mod observation;
mod request;

pub use answer::{
    Refusal, Reply, read_answer, read_nothing, read_reason, write_answer, write_nothing, write_refusal,
};
pub use hello::{read_about, write_about};
pub use observation::{read_observation, write_observation};
pub use request::{Incoming, Method, Request, SessionContext};

use super::json::Json;

/// The highest version of the protocol that is spoken here. Version 1 is spoken too, with a driver that
/// knows no other: without `idempotent`, and without `delivered` in an answer that refuses.
pub const PROTOCOL_VERSION: u64 = 2;

/// The codes of errors, as JSON-RPC and the protocol number them.
///
/// ```
/// use chatwarden::format::code;
/// assert_eq!(code::UNSUPPORTED, 1);
/// ```
pub mod code {
    /// The command is not supported, and had no effect.
    pub const UNSUPPORTED: i64 = 1;
    /// The command may or may not have happened.
    pub const INDEFINITE: i64 = 2;
    /// The driver, or what it drives, failed.
    pub const FAILED: i64 = 3;
    /// JSON-RPC: the line is not JSON.
    pub const NOT_JSON: i64 = -32700;
    /// JSON-RPC: the line is JSON, and no request.
    pub const NOT_A_REQUEST: i64 = -32600;
    /// JSON-RPC: there is no such method.
    pub const NO_SUCH_METHOD: i64 = -32601;
    /// JSON-RPC: the method has other parameters.
    pub const WRONG_PARAMETERS: i64 = -32602;
}

/// Adds a message to the lines that are to be sent.
fn write_line(lines: &mut Vec<u8>, message: &Json<'_>) {
    message.append_to(lines);
    lines.push(b'\n');
}
