//! Answers: the frame that every one of them has, errors, and what is answered to a command.
//!
//! Introductions and observations are read and written by `hello` and `seen`.

use chatwarden_model::{MAX_USERS, UserSet};
use serde::Serialize;
use serde_json::value::RawValue;

use super::write_line;
use crate::adapter::Answer;
use crate::format::error::Error;
use crate::format::names::Names;
use crate::format::node::{Node, Object};
use crate::format::source::Source;

/// An answer, of which only the frame has been read.
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
    /// The id of the request that is answered; none where the driver could not read it.
    pub id: Option<u64>,
    /// The result, or an error.
    pub outcome: Result<Node<'a>, Refusal>,
}

/// An error that is answered to a request.
///
/// ```
/// use chatwarden::format::{code, Refusal};
/// let refusal = Refusal { code: code::INDEFINITE, message: "no reply in 5 s".into() };
/// assert_eq!(refusal.code, 2);
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// Which kind of error it is: one of those in [`code`](super::code), or a driver's own.
    pub code: i64,
    /// What happened.
    pub message: String,
}

impl<'a> Reply<'a> {
    /// The answer that the line holds.
    ///
    /// # Errors
    /// If it is not an answer of JSON-RPC 2.0.
    pub fn read(line: Source<'a>) -> Result<Self, Error> {
        let reply = line.root()?.object("an answer")?.only(&["jsonrpc", "id", "result", "error"])?;
        read_version(&reply)?;
        let id = reply.nullable("id", |id| id.integer(0..=u64::MAX))?;
        if reply.key("id").is_none() {
            reply.required("id")?;
        }
        let outcome = match reply.optional("error", read_refusal)? {
            None => Ok(reply.required("result")?),
            Some(refusal) => match reply.key("result") {
                None => Err(refusal),
                Some(key) => return Err(key.error("an answer has either a `result` or an `error`, not both")),
            },
        };
        Ok(Reply { id, outcome })
    }
}

/// Makes sure that the message is one of JSON-RPC 2.0.
pub(super) fn read_version(message: &Object<'_>) -> Result<(), Error> {
    let version = message.required("jsonrpc")?;
    if version.text()? == "2.0" { Ok(()) } else { Err(version.expected("`\"2.0\"`")) }
}

fn read_refusal(node: Node<'_>) -> Result<Refusal, Error> {
    let error = node.object("an error")?.only(&["code", "message", "data"])?;
    let code = error.required("code")?;
    let number = code.raw().parse().map_err(|_| code.expected("a whole number"))?;
    Ok(Refusal { code: number, message: error.required("message")?.text()?.into_owned() })
}

/// The answer to a command; `delivers` says whether it is one that has to tell to whom something was delivered.
///
/// # Errors
/// If the value is no such answer.
pub fn read_answer(node: Node<'_>, names: &Names, delivers: bool) -> Result<Answer, Error> {
    let answer = node.object("an answer to `apply`")?;
    let decision = answer.required("decision")?;
    match &*decision.text()? {
        "allow" => {
            let answer = answer.described("an answer that allows").only(&["decision", "delivered"])?;
            if delivers {
                answer.required("delivered")?;
            }
            let delivered = answer.optional("delivered", |node| names.read_users(node, MAX_USERS))?;
            Ok(Answer::Allow { delivered: delivered.unwrap_or(UserSet::EMPTY) })
        }
        "deny" => {
            let answer = answer.described("an answer that refuses").only(&["decision", "because"])?;
            answer.nullable("because", Node::text)?;
            Ok(Answer::Deny)
        }
        other => Err(decision.unknown("decision", other, ["allow", "deny"])),
    }
}

/// Makes sure that the result is an empty object, as that of `reset` and `bye` is.
///
/// # Errors
/// If it is anything else.
pub fn read_nothing(node: Node<'_>) -> Result<(), Error> {
    node.object("an answer to `reset` or `bye`")?.only(&[]).map(drop)
}

/// Adds the answer to a command as a line; `delivers` says whether it is one that has to tell to whom something was
/// delivered. To whom something was delivered is told whether or not it had to be.
pub fn write_answer(id: &str, answer: Answer, names: &Names, delivers: bool, lines: &mut Vec<u8>) {
    let decision = if answer.is_allowed() { "allow" } else { "deny" };
    let tells = answer.is_allowed() && (delivers || !answer.delivered().is_empty());
    let delivered = tells.then(|| names.of(answer.delivered()).collect());
    write_result(id, &AnswerForm { decision, delivered }, lines);
}

/// Adds the answer to a reset or a bye as a line.
pub fn write_nothing(id: &str, lines: &mut Vec<u8>) {
    write_result(id, &NothingForm {}, lines);
}

/// Adds an error as a line.
pub fn write_refusal(id: &str, refusal: &Refusal, lines: &mut Vec<u8>) {
    let error = RefusalForm { code: refusal.code, message: &refusal.message };
    write_line(
        lines,
        &ReplyForm { jsonrpc: "2.0", id: raw(id), result: None::<NothingForm>, error: Some(error) },
    );
}

/// Adds a result as a line.
pub(super) fn write_result(id: &str, result: &impl Serialize, lines: &mut Vec<u8>) {
    write_line(lines, &ReplyForm { jsonrpc: "2.0", id: raw(id), result: Some(result), error: None });
}

/// An id goes back as it came; it was part of a JSON text.
fn raw(id: &str) -> &RawValue {
    serde_json::from_str(id).unwrap_or(RawValue::NULL)
}

#[derive(Serialize)]
struct ReplyForm<'a, R> {
    jsonrpc: &'static str,
    id: &'a RawValue,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<R>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<RefusalForm<'a>>,
}

#[derive(Serialize)]
struct RefusalForm<'a> {
    code: i64,
    message: &'a str,
}

#[derive(Serialize)]
struct AnswerForm<'a> {
    decision: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivered: Option<Vec<&'a str>>,
}

#[derive(Serialize)]
struct NothingForm {}
