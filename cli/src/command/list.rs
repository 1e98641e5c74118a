//! `list`: the vocabularies, each word with its meaning.
//!
//! The catalogue of faults, of which there is more to say, is in `faults`.

pub(crate) mod faults;

use std::io::Write;

use chatwarden_model::{CommandKind, Condition, NamedEnum, Preset, Promise};
use clap::{Args, ValueEnum};

use crate::{CliError, Exit};
use chatwarden::format::BuiltInCast;

/// List what there is: policies, promises, commands, conditions, faults, casts.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  chatwarden list faults")]
pub(crate) struct List {
    /// What to list
    what: Vocabulary,
    /// Print JSON lines instead of text; for `faults` only
    #[arg(long)]
    json: bool,
}

#[derive(ValueEnum, Clone, Copy, Debug)]
enum Vocabulary {
    Policies,
    Promises,
    Commands,
    Conditions,
    Faults,
    Casts,
}

impl List {
    pub(crate) fn run(&self) -> Result<Exit, CliError> {
        if self.json && !matches!(self.what, Vocabulary::Faults) {
            return Err(CliError::Input("`--json` goes only with `list faults`".into()));
        }
        let mut out = std::io::stdout().lock();
        match self.what {
            Vocabulary::Policies => words::<Preset>(&mut out)?,
            Vocabulary::Promises => words::<Promise>(&mut out)?,
            Vocabulary::Commands => commands(&mut out)?,
            Vocabulary::Conditions => words::<Condition>(&mut out)?,
            Vocabulary::Faults if self.json => faults::lines(&mut out)?,
            Vocabulary::Faults => faults::text(&mut out)?,
            Vocabulary::Casts => casts(&mut out)?,
        }
        Ok(Exit::Success)
    }
}

fn words<W: NamedEnum>(out: &mut impl Write) -> std::io::Result<()> {
    let width = W::ALL.iter().map(|word| word.name().len()).max().unwrap_or(0);
    W::ALL.iter().try_for_each(|word| writeln!(out, "{:<width$}  {}", word.name(), word.about()))
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

/// Each built-in cast with its users, as a file would list them.
fn casts(out: &mut impl Write) -> std::io::Result<()> {
    for cast in BuiltInCast::ALL {
        writeln!(out, "{cast}: {}", cast.about())?;
        let cast = cast.named_cast();
        for user in cast.cast.kinds().everyone() {
            let guardians =
                cast.cast.guardians(user).iter().map(|guardian| cast.names[guardian.index()].as_str());
            let of = if cast.cast.guardians(user).is_empty() { "" } else { " of " };
            let guardians = guardians.collect::<Vec<_>>().join(" and ");
            writeln!(out, "    {}: {}{of}{guardians}", cast.names[user.index()], cast.cast.kind(user))?;
        }
    }
    Ok(())
}
