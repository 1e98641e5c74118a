//! `list faults`: the catalogue by family for people, one JSON line a fault for programs; and the options of a
//! setup in which a fault shows.

use std::io::{self, Write};

use chatwarden_model::NamedEnum;
use serde_json::json;

use crate::args::implementation::{policy_argument, setup_options};
use crate::report::counted;
use chatwarden::adapter::fault::{Detectability, Family, Fault};

/// The width of the text in columns.
const COLUMNS: usize = 100;

/// The indentation of the text about a fault.
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
            let (detectability, options) = (fault.detectability(), setup_options(fault));
            let commands = counted(fault.min_length(), "command");
            wrapped(out, &format!("{detectability}, with {commands} or more, under {options}"))?;
            if let Some(precedent) = fault.precedent() {
                wrapped(out, &format!("precedent: {precedent}"))?;
            }
        }
    }
    writeln!(out, "\nhow a fault can be detected")?;
    Detectability::ALL.iter().try_for_each(|value| {
        writeln!(out, "  {value}")?;
        wrapped(out, value.about())
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
            "policy": policy_argument(fault.rules()),
            "cast": fault.cast().name(),
            "groups": fault.groups(),
        });
        writeln!(out, "{line}")
    })
}

/// Writes the text as indented lines, wrapped between words.
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
