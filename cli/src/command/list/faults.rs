//! `list faults`: the catalogue, family by family for people and line by line for programs; and the command under
//! whose rules a fault matters.

use std::io::{self, Write};

use chatwarden_model::NamedEnum;
use serde_json::json;

use chatwarden::adapter::fault::{Detectability, Family, Fault, Rules};

/// How many columns the text takes.
const COLUMNS: usize = 100;

/// How far what is said of a fault stands to the right of its name.
const INDENT: &str = "      ";

/// The catalogue for people.
pub(crate) fn text(out: &mut impl Write) -> io::Result<()> {
    for (number, &family) in Family::ALL.iter().enumerate() {
        if number > 0 {
            writeln!(out)?;
        }
        writeln!(out, "{family}: {}", family.about())?;
        for &fault in Fault::ALL.iter().filter(|fault| fault.family() == family) {
            writeln!(out, "  {fault}")?;
            wrapped(out, fault.about())?;
            let (sight, least) = (fault.detectability(), fault.min_length());
            let commands = if least == 1 { "command" } else { "commands" };
            wrapped(out, &format!("{sight}, by {least} {commands} or more, with {}", options(fault)))?;
            if let Some(precedent) = fault.precedent() {
                wrapped(out, &format!("precedent: {precedent}"))?;
            }
        }
    }
    writeln!(out, "\nwhat it takes to see a fault")?;
    Detectability::ALL.iter().try_for_each(|sight| {
        writeln!(out, "  {sight}")?;
        wrapped(out, sight.about())
    })
}

/// The catalogue for programs, one object a line.
pub(crate) fn lines(out: &mut impl Write) -> io::Result<()> {
    Fault::ALL.iter().try_for_each(|fault| {
        let line = json!({
            "type": "fault",
            "fault": fault.name(),
            "family": fault.family().name(),
            "about": fault.about(),
            "precedent": fault.precedent(),
            "sight": fault.detectability().name(),
            "least": fault.min_length(),
            "policy": policy(fault.rules()),
            "cast": fault.cast().name(),
            "groups": fault.groups(),
        });
        writeln!(out, "{line}")
    })
}

/// The options by which a subcommand takes the policy, cast and groups under which the fault matters.
pub(crate) fn options(fault: Fault) -> String {
    format!("--policy {} --cast {} --groups {}", policy(fault.rules()), fault.cast(), fault.groups())
}

/// The rules as an argument: a preset by its name, others by their file.
fn policy(rules: Rules) -> String {
    match rules {
        Rules::Preset(preset) => preset.name().into(),
        Rules::CustomPolicy(tailored) => format!("docs/policies/{tailored}.json"),
    }
}

/// Writes the words on as many indented lines as they take.
fn wrapped(out: &mut impl Write, text: &str) -> io::Result<()> {
    let mut column = 0;
    for word in text.split(' ') {
        let width = word.chars().count();
        if column > 0 && column + 1 + width > COLUMNS {
            writeln!(out)?;
            column = 0;
        }
        let before = if column == 0 { INDENT } else { " " };
        write!(out, "{before}{word}")?;
        column += before.len() + width;
    }
    writeln!(out)
}
