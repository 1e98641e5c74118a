//! Introductions: what a driver says about itself when it is greeted.

use chatwarden_model::{CommandKind, EnumSet, NamedEnum};
use serde::Serialize;

use super::PROTOCOL_VERSION;
use super::answer::write_result;
use super::request::read_protocol;
use crate::adapter::{About, Part};
use crate::format::error::Error;
use crate::format::node::Node;
use crate::format::policy::{KnobsForm, PolicySpec};
use crate::format::word::NounOf;

/// The most characters of an implementation's name or version.
const MAX_TITLE_CHARS: usize = 200;

/// What the result of `hello` says about the implementation.
///
/// # Errors
/// If the value is no such introduction, or one of another version of the protocol.
pub fn read_about(node: Node<'_>) -> Result<About, Error> {
    let fields = ["protocol", "name", "version", "commands", "fidelity", "policy", "observes"];
    let hello = node.object("an answer to `hello`")?.only(&fields)?;
    read_protocol(hello.required("protocol")?)?;
    let commands = hello.required("commands")?;
    let about = About {
        name: read_title(hello.required("name")?)?,
        version: read_title(hello.required("version")?)?,
        commands: read_words(commands, "commands")?,
        fidelity: hello.required("fidelity")?.word()?,
        observes: read_words(hello.required("observes")?, "parts")?,
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

fn read_words<W: NounOf>(node: Node<'_>, what: &str) -> Result<EnumSet<W>, Error> {
    let mut words = EnumSet::empty();
    for item in node.list(what, 0..=W::ALL.len())? {
        let word = item.word::<W>()?;
        if words.contains(word) {
            return Err(item.repeated(W::NOUN, word.name()));
        }
        words.insert(word);
    }
    Ok(words)
}

/// Adds the answer to `hello` as a line.
pub fn write_about(id: &str, about: &About, lines: &mut Vec<u8>) {
    let form = AboutForm {
        protocol: PROTOCOL_VERSION,
        name: &about.name,
        version: &about.version,
        commands: about.commands.iter().map(CommandKind::name).collect(),
        fidelity: about.fidelity.name(),
        policy: about.policy.as_ref().map(KnobsForm::from),
        observes: about.observes.iter().map(Part::name).collect(),
    };
    write_result(id, &form, lines);
}

#[derive(Serialize)]
struct AboutForm<'a> {
    protocol: u64,
    name: &'a str,
    version: &'a str,
    commands: Vec<&'static str>,
    fidelity: &'static str,
    policy: Option<KnobsForm>,
    observes: Vec<&'static str>,
}
