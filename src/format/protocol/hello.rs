//! Introductions: the answer of a driver to `hello`.

use chatwarden_model::{CommandKind, NamedEnum};

use super::PROTOCOL_VERSION;
use super::answer::write_result;
use crate::adapter::{About, Part};
use crate::format::error::Error;
use crate::format::json::{Json, json};
use crate::format::node::Node;
use crate::format::policy::{PolicySpec, knobs};
use crate::format::record::read_version;
use crate::format::shape::read_words;

/// The most characters of an implementation's name or version.
const MAX_TITLE_CHARS: usize = 200;

/// The implementation that the result of `hello` describes.
///
/// # Errors
/// If the value is no such introduction, or one of another version of the protocol.
pub fn read_about(node: Node<'_>) -> Result<About, Error> {
    let fields = ["protocol", "name", "version", "commands", "fidelity", "policy", "observes"];
    let hello = node.object("an answer to `hello`")?.only(&fields)?;
    read_version(hello.required("protocol")?, PROTOCOL_VERSION, "the protocol")?;
    let commands = hello.required("commands")?;
    let about = About {
        name: read_title(hello.required("name")?)?,
        version: read_title(hello.required("version")?)?,
        commands: read_words(commands, "commands", 0)?,
        fidelity: hello.required("fidelity")?.word()?,
        observes: read_words(hello.required("observes")?, "parts", 0)?,
        policy: hello.nullable("policy", PolicySpec::read)?.map(|spec| spec.policy()),
    };
    if about.commands.is_empty() {
        return Err(commands.error("a driver has to carry out at least one command"));
    }
    Ok(about)
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

/// Adds the answer to `hello` as a line.
pub fn write_about(id: &str, about: &About, lines: &mut Vec<u8>) {
    let About { name, version, commands, fidelity, observes, policy } = about;
    let result = json!({
        "protocol": PROTOCOL_VERSION,
        "name": (name.as_str()),
        "version": (version.as_str()),
        "commands": (Json::list(commands.iter().map(CommandKind::name))),
        "fidelity": (Json::name(*fidelity)),
        "policy": (policy.as_ref().map(knobs)),
        "observes": (Json::list(observes.iter().map(Part::name))),
    });
    write_result(id, result, lines);
}
