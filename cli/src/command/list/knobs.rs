//! `list knobs`: the knobs of a policy with their values, for people and for programs.

use std::io::{self, Write};

use chatwarden_model::{Knob, NamedEnum, Policy};
use serde_json::json;

/// Each knob with its meaning and its values, the default marked.
pub(super) fn text(out: &mut impl Write, knobs: &[Knob]) -> io::Result<()> {
    for knob in knobs {
        let (values, default) = (knob.values(), knob.value(&Policy::DEFAULT));
        writeln!(out, "{knob}: {}", knob.about())?;
        let width = values.iter().map(|value| value.name.len()).max().unwrap_or(0);
        for value in values {
            let mark = if value == default { " (default)" } else { "" };
            writeln!(out, "    {:<width$}  {}{mark}", value.name, value.about)?;
        }
    }
    Ok(())
}

/// The same, one object a line.
pub(super) fn lines(out: &mut impl Write, knobs: &[Knob]) -> io::Result<()> {
    knobs.iter().try_for_each(|knob| {
        let values = knob.values();
        let values: Vec<_> =
            values.iter().map(|value| json!({"value": value.name, "about": value.about})).collect();
        let line = json!({
            "type": "knob",
            "knob": knob.name(),
            "about": knob.about(),
            "default": knob.value(&Policy::DEFAULT).name,
            "values": values,
        });
        writeln!(out, "{line}")
    })
}
