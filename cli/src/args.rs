//! Groups of options that several subcommands share, and the parsers of option values.
//!
//! Each group with logic of its own is a file below. An option of a single subcommand is in that
//! subcommand's file.

mod baseline;
pub(crate) mod certify;
pub(crate) mod coverage;
pub(crate) mod implementation;
mod output;

pub(crate) use baseline::BaselineArgs;
pub(crate) use output::OutputArgs;

use std::num::NonZeroUsize;
use std::path::Path;
use std::time::Duration;

use bytesize::ByteSize;
use chatwarden_model::{EnumSet, MAX_GROUPS, NamedEnum};
use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use crate::CliError;
use chatwarden::format::{CastSpec, MAX_STEPS, PolicySpec, nearest};
use chatwarden::sanitize;
use chatwarden::triage;

/// The largest number of jobs. More would only wait for each other.
pub(crate) const MAX_JOBS: u16 = 1_024;

/// The setup of a fuzz target, for inputs that leave it to the target.
#[derive(Args, Debug)]
pub(crate) struct FuzzTargetArgs {
    /// Cast of the target: a built-in cast (see `list casts`) or a JSON file
    #[arg(long, value_name = "NAME|FILE", default_value = "small", value_parser = cast)]
    pub(crate) cast: CastSpec,
    /// Number of groups of the target
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u8).range(0..=MAX_GROUPS as i64))]
    pub(crate) groups: u8,
    /// Largest number of commands that the target reads from an input
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=MAX_STEPS as i64))]
    pub(crate) length: u16,
}

/// A parser for a [`NamedEnum`]. Clap lists the names in help and suggests the nearest one. Old names
/// are accepted and not listed.
pub(crate) fn named_enum<E: NamedEnum + Send + Sync>() -> impl TypedValueParser<Value = E> {
    let values = E::ALL.iter().map(|value| {
        PossibleValue::new(value.name()).help(value.about()).aliases(value.old_names().iter().copied())
    });
    PossibleValuesParser::new(values.collect::<Vec<_>>())
        .map(|name| E::named(&name).expect("clap accepts only known names"))
}

/// The set of these values, or of all values if there are none.
pub(crate) fn set_or_all<E: NamedEnum>(values: &[E]) -> EnumSet<E> {
    set_if_any(values).unwrap_or_else(EnumSet::all)
}

/// The set of these values, if there are any.
pub(crate) fn set_if_any<E: NamedEnum>(values: &[E]) -> Option<EnumSet<E>> {
    (!values.is_empty()).then(|| values.iter().copied().collect())
}

/// Checks before the work starts that findings can be saved in the folder.
pub(crate) fn check_writable(directory: &Path) -> Result<(), CliError> {
    triage::check_writable(directory)
        .map_err(|error| CliError::Input(format!("cannot write to {}: {error}", sanitize::path(directory))))
}

/// A value together with the argument that named it.
#[derive(Clone, Debug)]
pub(crate) struct NamedArg<T> {
    pub(crate) name: String,
    pub(crate) value: T,
}

impl<T> NamedArg<T> {
    pub(crate) fn new(name: &str, value: T) -> Self {
        NamedArg { name: name.into(), value }
    }
}

/// A parser that keeps the argument beside its value.
pub(crate) fn with_name<T: Clone + Send + Sync + 'static>(
    parse: impl Fn(&str) -> Result<T, String> + Clone + Send + Sync + 'static,
) -> impl TypedValueParser<Value = NamedArg<T>> {
    move |argument: &str| parse(argument).map(|value| NamedArg::new(argument, value))
}

/// A number of bytes, such as `4GiB`.
pub(crate) fn bytes(argument: &str) -> Result<u64, String> {
    let size = argument.parse::<ByteSize>();
    size.map(|size| size.as_u64()).map_err(|_| "expected a size, such as `4GiB` or `500MB`".into())
}

/// A number from one to this one.
pub(crate) fn positive(largest: u16) -> impl TypedValueParser<Value = NonZeroUsize> {
    clap::value_parser!(u16)
        .range(1..=largest.into())
        .map(|number| NonZeroUsize::new(number.into()).expect("the range begins at one"))
}

/// A duration above zero, of at most a year.
pub(crate) fn positive_duration(argument: &str) -> Result<Duration, String> {
    const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);
    match humantime::parse_duration(argument) {
        Ok(Duration::ZERO) => Err("the duration must be longer than zero".into()),
        Ok(time) if time > YEAR => Err("the duration must be at most a year".into()),
        other => other.map_err(|error| error.to_string()),
    }
}

/// A policy: the name of a preset, or a file.
pub(crate) fn policy(argument: &str) -> Result<PolicySpec, String> {
    named_or_file("policy", argument, PolicySpec::Preset, PolicySpec::open)
}

/// The same with its name: that of the preset, the one in the file, or the path of the file.
pub(crate) fn named_policy(argument: &str) -> Result<NamedArg<PolicySpec>, String> {
    let spec = policy(argument)?;
    let own = match &spec {
        PolicySpec::Full(full) => full.name.clone(),
        PolicySpec::Preset(_) => None,
    };
    Ok(NamedArg { name: own.unwrap_or_else(|| argument.into()), value: spec })
}

/// A cast: the name of a built-in cast, or a file.
pub(crate) fn cast(argument: &str) -> Result<CastSpec, String> {
    named_or_file("cast", argument, CastSpec::BuiltIn, CastSpec::open)
}

fn named_or_file<E: NamedEnum, T>(
    noun: &str,
    argument: &str,
    named: impl Fn(E) -> T,
    open: impl Fn(&Path) -> Result<T, chatwarden::format::Error>,
) -> Result<T, String> {
    if let Some(value) = E::named(argument) {
        return Ok(named(value));
    }
    let path = Path::new(argument);
    if path.exists() {
        return open(path).map_err(|error| error.to_string());
    }
    let names = || E::ALL.iter().map(|value| value.name());
    Err(match nearest(argument, names()) {
        Some(name) => format!("unknown {noun}, and no such file; did you mean `{name}`?"),
        None => {
            let names = names().collect::<Vec<_>>().join(", ");
            format!("unknown {noun}, and no such file; known are {names}")
        }
    })
}
