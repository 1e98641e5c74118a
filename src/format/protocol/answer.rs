//! Answers: the frame that each of them has, errors, and the answers to a command, a reset and a good-bye.
//!
//! Introductions and observations are in `hello` and `observation`.

use std::borrow::Cow;

use chatwarden_model::{MAX_USERS, UserSet};

use super::write_line;
use crate::adapter::Answer;
use crate::format::error::Error;
use crate::format::json::{Json, json};
use crate::format::names::Names;
use crate::format::node::{Node, Object};
use crate::format::source::Source;

/// An answer of which only the frame is read yet.
///
/// ```
/// use chatwarden::format::{Reply, Source};
/// let line = r#"{"jsonrpc": "2.0", "id": 7, "error": {"code": 1, "message": "leave is not supported"}}"#;
/// let reply = Reply::read(Source::new("answer", line))?;
/// assert_eq!((reply.id, reply.outcome.unwrap_err().code), (Some(7), 1));
/// # Ok::<(), chatwarden::format::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Reply<'a> {
    /// The id of the request; none where the driver could not read it.
    pub id: Option<u64>,
    /// The result, or an error.
    pub outcome: Result<Node<'a>, Refusal>,
}

/// An error as the answer to a request.
///
/// ```
/// use chatwarden::format::{code, Refusal};
/// let refusal = Refusal { code: code::INDEFINITE, message: "no reply in 5 s".into() };
/// assert_eq!(refusal.code, 2);
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// The code: one of those in [`code`](super::code), or a driver's own.
    pub code: i64,
    /// The message for people.
    pub message: String,
}

impl<'a> Reply<'a> {
    /// The answer that the line holds.
    ///
    /// # Errors
    /// If it is not an answer of JSON-RPC 2.0.
    pub fn read(line: Source<'a>) -> Result<Self, Error> {
        let reply = line.root()?.object("an answer")?.only(&["jsonrpc", "id", "result", "error"])?;
        check_jsonrpc(&reply)?;
        let id = reply.nullable("id", |id| id.integer(0..=u64::MAX))?;
        reply.required("id")?;
        let outcome = match (reply.optional("error", read_refusal)?, reply.key("result")) {
            (None, _) => Ok(reply.required("result")?),
            (Some(refusal), None) => Err(refusal),
            (Some(_), Some(key)) => {
                return Err(key.error("an answer has either a `result` or an `error`, not both"));
            }
        };
        Ok(Reply { id, outcome })
    }
}

/// Makes sure that the message is one of JSON-RPC 2.0.
pub(super) fn check_jsonrpc(message: &Object<'_>) -> Result<(), Error> {
    let version = message.required("jsonrpc")?;
    if version.text()? == "2.0" { Ok(()) } else { Err(version.expected("`\"2.0\"`")) }
}

fn read_refusal(node: Node<'_>) -> Result<Refusal, Error> {
    let error = node.object("an error")?.only(&["code", "message", "data"])?;
    let code = error.required("code")?;
    let number = code.raw().parse().map_err(|_| code.expected("a whole number"))?;
    Ok(Refusal { code: number, message: error.required("message")?.text()?.into_owned() })
}

/// The answer to a command under a version of the protocol. An answer that allows must list its receivers
/// if the command `delivers`. From version 2 on, an answer that refuses may list some.
///
/// # Errors
/// If the value is no such answer.
pub fn read_answer(node: Node<'_>, names: &Names, delivers: bool, protocol: u64) -> Result<Answer, Error> {
    let answer = node.object("an answer to `apply`")?;
    let decision = answer.required("decision")?;
    let receivers = |answer: &Object<'_>| {
        let delivered = answer.optional("delivered", |node| names.read_users(node, MAX_USERS))?;
        Ok(delivered.unwrap_or(UserSet::EMPTY))
    };
    match &*decision.text()? {
        "allow" => {
            let answer = answer.described("an answer that allows").only(&["decision", "delivered"])?;
            if delivers {
                answer.required("delivered")?;
            }
            Ok(Answer::Allow { delivered: receivers(&answer)? })
        }
        "deny" => {
            let fields = &["decision", "because", "delivered"][..if protocol < 2 { 2 } else { 3 }];
            let answer = answer.described("an answer that refuses").only(fields)?;
            answer.nullable("because", Node::text)?;
            Ok(Answer::Deny { delivered: receivers(&answer)? })
        }
        other => Err(decision.unknown("decision", other, ["allow", "deny"])),
    }
}

/// The reason that a good answer to a command gives for its refusal, in the implementation's words.
pub fn read_reason(node: Node<'_>) -> Option<Cow<'_, str>> {
    node.object("an answer to `apply`").ok()?.nullable("because", Node::text).ok()?
}

/// Makes sure that the result is an empty object, as that of `reset` and `bye` is.
///
/// # Errors
/// If it is anything else.
pub fn read_nothing(node: Node<'_>) -> Result<(), Error> {
    node.object("an answer to `reset` or `bye`")?.only(&[]).map(drop)
}

/// Adds the answer to a command as a line, with the reason of a refusal. The receivers are listed if the command `delivers`, and also if there are
/// any although it does not.
pub fn write_answer(
    id: &str,
    answer: Answer,
    reason: Option<&str>,
    names: &Names,
    delivers: bool,
    lines: &mut Vec<u8>,
) {
    let lists = answer.is_allowed() && delivers || !answer.delivered().is_empty();
    let result = Json::object([
        ("decision", Some(json!(if answer.is_allowed() { "allow" } else { "deny" }))),
        ("because", reason.filter(|_| !answer.is_allowed()).map(Json::from)),
        ("delivered", lists.then(|| Json::list(names.of(answer.delivered())))),
    ]);
    write_result(id, result, lines);
}

/// Adds the answer to a reset or a bye as a line.
pub fn write_nothing(id: &str, lines: &mut Vec<u8>) {
    write_result(id, json!({}), lines);
}

/// Adds an error as a line.
pub fn write_refusal(id: &str, refusal: &Refusal, lines: &mut Vec<u8>) {
    let Refusal { code, message } = refusal;
    let error = json!({"code": (*code), "message": (message.as_str())});
    write_line(lines, &json!({"jsonrpc": "2.0", "id": (Json::Raw(id)), "error": error}));
}

/// Adds a result as a line. The id goes back as it came.
pub(super) fn write_result(id: &str, result: Json<'_>, lines: &mut Vec<u8>) {
    write_line(lines, &json!({"jsonrpc": "2.0", "id": (Json::Raw(id)), "result": result}));
}
