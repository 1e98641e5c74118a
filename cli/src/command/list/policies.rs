//! `list policies NAME`: a policy as a file, and the meaning of each of its knobs.

use std::io::{self, Write};

use chatwarden_model::{Knob, NamedEnum};

use crate::CliError;
use crate::args;
use chatwarden::format::PolicySpec;
use chatwarden::sanitize;

/// The policy as a file, which `--policy FILE` reads. The meaning of each knob goes to standard error,
/// unless only the file is wanted: JSON has no comments.
pub(super) fn one(out: &mut impl Write, name: &str, only_file: bool) -> Result<(), CliError> {
    let spec = args::policy(name).map_err(CliError::Input)?;
    out.write_all(spec.file().as_bytes())?;
    out.flush()?;
    if !only_file {
        explain(&mut io::stderr().lock(), &spec)?;
    }
    Ok(())
}

fn explain(out: &mut impl Write, spec: &PolicySpec) -> io::Result<()> {
    writeln!(out, "\n{}", shown(spec))?;
    let policy = spec.policy();
    for knob in Knob::ALL {
        let value = knob.value(&policy);
        let others = knob.values();
        let others: Vec<_> = others.iter().filter(|other| **other != value).map(|other| other.name).collect();
        writeln!(out, "  {knob}: {}", value.name)?;
        super::wrapped(out, "      ", &format!("{}: {}", knob.about(), value.about))?;
        super::wrapped(out, "      ", &format!("instead of {}", others.join(", ")))?;
    }
    Ok(())
}

/// The name of a policy and its description, on one line that is safe for every output.
pub(crate) fn shown(spec: &PolicySpec) -> String {
    match spec.about() {
        Some(about) => format!("{}: {}", spec.name(), sanitize::line(about)),
        None => spec.name().into(),
    }
}
