//! `list`: the names that options and files accept, each with its meaning.

pub(crate) mod faults;
mod knobs;
pub(crate) mod policies;

use std::io::Write;

use chatwarden_model::{CommandKind, Condition, NamedEnum, Preset, Promise};
use clap::{Args, ValueEnum};

use crate::{CliError, Exit};
use chatwarden::adapter::fault::Fault;
use chatwarden::format::{BuiltInCast, NamedCast, nearest};
use chatwarden::sanitize;

/// The width of the text in columns.
const COLUMNS: usize = 100;

/// List the policies, knobs, promises, commands, conditions, faults or casts, with their meanings.
///
/// With a name, only that one is listed. A policy is then printed as a file with every knob, which
/// `--policy FILE` reads. The meaning of each knob goes to standard error, so it is not in the file.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct List {
    /// Names to list
    names: Names,
    /// Only this one; a policy may also be a JSON file
    name: Option<String>,
    /// Print JSON instead of text, for `faults` and `knobs` one line each; for a policy, print only the
    /// file
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  chatwarden list faults
  chatwarden list commands invite
  chatwarden list policies messenger-kids > my-policy.json";

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
enum Names {
    Policies,
    Knobs,
    Promises,
    Commands,
    Conditions,
    Faults,
    Casts,
}

impl List {
    pub(crate) fn run(&self) -> Result<Exit, CliError> {
        let (name, mut out) = (self.name.as_deref(), std::io::stdout().lock());
        match (self.names, name) {
            (Names::Policies, Some(name)) => policies::one(&mut out, name, self.json)?,
            (Names::Knobs, _) if self.json => knobs::lines(&mut out, chosen("knob", name)?)?,
            (Names::Faults, _) if self.json => faults::lines(&mut out, chosen("fault", name)?)?,
            _ if self.json => {
                let only = "`--json` goes only with `list faults`, `list knobs` and `list policies NAME`";
                return Err(CliError::Input(only.into()));
            }
            (Names::Policies, None) => named_values::<Preset>(&mut out, Preset::ALL)?,
            (Names::Knobs, _) => knobs::text(&mut out, chosen("knob", name)?)?,
            (Names::Promises, _) => named_values::<Promise>(&mut out, chosen("promise", name)?)?,
            (Names::Commands, _) => commands(&mut out, chosen("command", name)?, name.is_some())?,
            (Names::Conditions, _) => named_values::<Condition>(&mut out, chosen("condition", name)?)?,
            (Names::Faults, None) => faults::text(&mut out)?,
            (Names::Faults, Some(_)) => {
                chosen::<Fault>("fault", name)?.iter().try_for_each(|fault| faults::one(&mut out, *fault))?;
            }
            (Names::Casts, _) => casts(&mut out, chosen("cast", name)?)?,
        }
        Ok(Exit::Success)
    }
}

/// The value of that name, or all values if there is no name.
fn chosen<E: NamedEnum>(noun: &str, name: Option<&str>) -> Result<&'static [E], CliError> {
    let Some(name) = name else { return Ok(E::ALL) };
    if let Some(value) = E::named(name) {
        return Ok(std::slice::from_ref(&E::ALL[value.index()]));
    }
    let hint = match nearest(name, E::ALL.iter().map(|value| value.name())) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "without a name, `list` names all".into(),
    };
    Err(CliError::Input(format!("unknown {noun} `{}`; {hint}", sanitize::line(name))))
}

fn named_values<E: NamedEnum>(out: &mut impl Write, values: &[E]) -> std::io::Result<()> {
    let width = values.iter().map(|value| value.name().len()).max().unwrap_or(0);
    values.iter().try_for_each(|value| writeln!(out, "{:<width$}  {}", value.name(), value.about()))
}

/// Each command with its fields, its meaning, its conditions and its effect. In full, the meaning of each
/// field and condition is beside it.
fn commands(out: &mut impl Write, kinds: &[CommandKind], in_full: bool) -> std::io::Result<()> {
    for kind in kinds {
        let fields: Vec<_> = kind.fields().iter().map(|field| field.name()).collect();
        writeln!(out, "{kind}({}): {}", fields.join(", "), kind.about())?;
        if in_full {
            meanings(out, "fields", kind.fields())?;
            meanings(out, "allowed if all of these hold", kind.conditions())?;
            writeln!(out, "  effect")?;
            wrapped(out, "    ", kind.effect())?;
        } else {
            let conditions: Vec<_> = kind.conditions().iter().map(|condition| condition.name()).collect();
            wrapped(out, "    ", &format!("allowed if {}", conditions.join(", ")))?;
            wrapped(out, "    ", &format!("effect: {}", kind.effect()))?;
        }
    }
    Ok(())
}

fn meanings<E: NamedEnum>(out: &mut impl Write, heading: &str, values: &[E]) -> std::io::Result<()> {
    writeln!(out, "  {heading}")?;
    let width = values.iter().map(|value| value.name().len()).max().unwrap_or(0);
    values.iter().try_for_each(|value| writeln!(out, "    {:<width$}  {}", value.name(), value.about()))
}

/// Each built-in cast with its users, in the order of a cast file.
fn casts(out: &mut impl Write, casts: &[BuiltInCast]) -> std::io::Result<()> {
    for built_in in casts {
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

/// Writes the text as indented lines, wrapped between words.
fn wrapped(out: &mut impl Write, indent: &str, text: &str) -> std::io::Result<()> {
    let mut column = 0;
    for word in text.split(' ') {
        let width = word.chars().count();
        if column > 0 && column + 1 + width > COLUMNS {
            writeln!(out)?;
            column = 0;
        }
        let before = if column == 0 { indent } else { " " };
        write!(out, "{before}{word}")?;
        column += before.len() + width;
    }
    writeln!(out)
}
