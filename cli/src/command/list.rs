//! `list`: the names that options and files accept, each with its meaning. `faults` lists the catalogue of
//! faults.

pub(crate) mod faults;

use std::io::Write;

use chatwarden_model::{CommandKind, Condition, NamedEnum, Preset, Promise};
use clap::{Args, ValueEnum};

use crate::{CliError, Exit};
use chatwarden::format::{BuiltInCast, NamedCast};

/// List the policies, promises, commands, conditions, faults or casts, with their meanings.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  chatwarden list faults")]
pub(crate) struct List {
    /// Names to list
    names: Names,
    /// Print JSON lines instead of text; for `faults` only
    #[arg(long)]
    json: bool,
}

#[derive(ValueEnum, Clone, Copy, Debug)]
enum Names {
    Policies,
    Promises,
    Commands,
    Conditions,
    Faults,
    Casts,
}

impl List {
    pub(crate) fn run(&self) -> Result<Exit, CliError> {
        if self.json && !matches!(self.names, Names::Faults) {
            return Err(CliError::Input("`--json` goes only with `list faults`".into()));
        }
        let mut out = std::io::stdout().lock();
        match self.names {
            Names::Policies => named_values::<Preset>(&mut out)?,
            Names::Promises => named_values::<Promise>(&mut out)?,
            Names::Commands => commands(&mut out)?,
            Names::Conditions => named_values::<Condition>(&mut out)?,
            Names::Faults if self.json => faults::lines(&mut out)?,
            Names::Faults => faults::text(&mut out)?,
            Names::Casts => casts(&mut out)?,
        }
        Ok(Exit::Success)
    }
}

fn named_values<E: NamedEnum>(out: &mut impl Write) -> std::io::Result<()> {
    let width = E::ALL.iter().map(|value| value.name().len()).max().unwrap_or(0);
    E::ALL.iter().try_for_each(|value| writeln!(out, "{:<width$}  {}", value.name(), value.about()))
}

/// Each command with its fields, its meaning and its conditions.
fn commands(out: &mut impl Write) -> std::io::Result<()> {
    for kind in CommandKind::ALL {
        let fields: Vec<_> = kind.fields().iter().map(|field| field.name()).collect();
        let conditions: Vec<_> = kind.conditions().iter().map(|condition| condition.name()).collect();
        writeln!(out, "{kind}({}): {}", fields.join(", "), kind.about())?;
        writeln!(out, "    allowed if {}", conditions.join(", "))?;
    }
    Ok(())
}

/// Each built-in cast with its users, in the order of a cast file.
fn casts(out: &mut impl Write) -> std::io::Result<()> {
    for built_in in BuiltInCast::ALL {
        writeln!(out, "{built_in}: {}", built_in.about())?;
        let NamedCast { cast, names } = built_in.named_cast();
        for user in cast.kinds().everyone() {
            let guardians = cast.guardians(user).iter().map(|guardian| names[guardian.index()].as_str());
            let of = if cast.guardians(user).is_empty() { "" } else { " of " };
            let guardians = guardians.collect::<Vec<_>>().join(" and ");
            writeln!(out, "    {}: {}{of}{guardians}", names[user.index()], cast.kind(user))?;
        }
    }
    Ok(())
}
