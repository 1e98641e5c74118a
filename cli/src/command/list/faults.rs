//! `list faults`: the catalogue by family for people, one JSON line a fault for programs; and the options of a
//! setup in which a fault shows.

use std::io::{self, Write};

use chatwarden_model::NamedEnum;
use serde_json::json;

use super::wrapped;
use crate::args::implementation::{policy_argument, setup_options};
use crate::report::counted;
use chatwarden::adapter::fault::{Detectability, Family, Fault};

/// The indentation of the text about a fault.
const INDENT: &str = "      ";

/// The catalogue for people.
pub(super) fn text(out: &mut impl Write) -> io::Result<()> {
    for (number, &family) in Family::ALL.iter().enumerate() {
        if number > 0 {
            writeln!(out)?;
        }
        writeln!(out, "{family}: {}", family.about())?;
        for &fault in Fault::ALL.iter().filter(|fault| fault.family() == family) {
            one(out, fault)?;
        }
    }
    writeln!(out, "\nhow a fault can be detected")?;
    Detectability::ALL.iter().try_for_each(|value| {
        writeln!(out, "  {value}")?;
        wrapped(out, INDENT, value.about())
    })
}

/// A fault for people.
pub(super) fn one(out: &mut impl Write, fault: Fault) -> io::Result<()> {
    writeln!(out, "  {fault}")?;
    wrapped(out, INDENT, fault.about())?;
    let (detectability, options) = (fault.detectability(), setup_options(fault));
    let commands = counted(fault.min_length(), "command");
    wrapped(out, INDENT, &format!("{detectability}, with {commands} or more, under {options}"))?;
    match fault.precedent() {
        Some(precedent) => wrapped(out, INDENT, &format!("precedent: {precedent}")),
        None => Ok(()),
    }
}

/// Faults for programs, one object a line.
pub(super) fn lines(out: &mut impl Write, faults: &[Fault]) -> io::Result<()> {
    faults.iter().try_for_each(|fault| {
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
