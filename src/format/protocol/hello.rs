//! Introductions: the answer of a driver to `hello`.

use chatwarden_model::{CommandKind, NamedEnum};

use super::answer::write_result;
use crate::adapter::{About, Part};
use crate::format::error::Error;
use crate::format::json::Json;
use crate::format::node::Node;
use crate::format::policy::{PolicySpec, knobs};
use crate::format::shape::read_words;

/// The most characters of an implementation's name or version.
const MAX_TITLE_CHARS: usize = 200;

/// The fields of an introduction. The last one is new in version 2.
const FIELDS: [&str; 8] =
    ["protocol", "name", "version", "commands", "fidelity", "policy", "observes", "idempotent"];

/// The implementation that the result of `hello` describes, and the version of the protocol that the driver
/// chose: at most the one that `hello` named.
///
/// # Errors
/// If the value is no such introduction, or one of another version of the protocol.
pub fn read_about(node: Node<'_>, at_most: u64) -> Result<(About, u64), Error> {
    let hello = node.object("an answer to `hello`")?;
    let protocol = hello.required("protocol")?;
    let known = if at_most < 2 { "version 1" } else { "version 1 or 2" };
    let version = protocol.integer(1..=at_most);
    let version = version.map_err(|_| protocol.expected(format_args!("{known} of the protocol")))?;
    let hello = hello.only(&FIELDS[..if version < 2 { FIELDS.len() - 1 } else { FIELDS.len() }])?;
    let commands = hello.required("commands")?;
    let about = About {
        name: read_title(hello.required("name")?)?,
        version: read_title(hello.required("version")?)?,
        commands: read_words(commands, "commands", 0)?,
        fidelity: hello.required("fidelity")?.word()?,
        observes: read_words(hello.required("observes")?, "parts", 0)?,
        policy: hello.nullable("policy", PolicySpec::read)?.map(|spec| spec.policy()),
        idempotent: hello.optional("idempotent", Node::boolean)?.unwrap_or(false),
    };
    if about.commands.is_empty() {
        return Err(commands.error("a driver has to carry out at least one command"));
    }
    Ok((about, version))
}

fn read_title(node: Node<'_>) -> Result<String, Error> {
    let title = node.text()?;
    let fine =
        !title.is_empty() && title.chars().count() <= MAX_TITLE_CHARS && !title.contains(char::is_control);
    if fine {
        Ok(title.into_owned())
    } else {
        Err(node.expected(format_args!("1 to {MAX_TITLE_CHARS} characters on a line")))
    }
}

/// Adds the answer to `hello` as a line, under that version of the protocol.
pub fn write_about(id: &str, about: &About, protocol: u64, lines: &mut Vec<u8>) {
    let About { name, version, commands, fidelity, observes, policy, idempotent } = about;
    let result = [
        ("protocol", Some(protocol.into())),
        ("name", Some(name.as_str().into())),
        ("version", Some(version.as_str().into())),
        ("commands", Some(Json::list(commands.iter().map(CommandKind::name)))),
        ("fidelity", Some(Json::name(*fidelity))),
        ("policy", Some(policy.as_ref().map(knobs).into())),
        ("observes", Some(Json::list(observes.iter().map(Part::name)))),
        ("idempotent", (protocol >= 2 && *idempotent).then_some(true.into())),
    ];
    write_result(id, Json::object(result), lines);
}
