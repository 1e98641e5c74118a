//! What several subcommands let one say, and how words, lists and files are read from arguments.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use bytesize::ByteSize;
use chatwarden_model::{EnumSet, MAX_GROUPS, NamedEnum, Promise};
use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use super::CliError;
use crate::report::{Annotations, Json, Junit, Reports, Sarif, Terminal};
use chatwarden::format::{CastSpec, MAX_STEPS, PolicySpec, nearest};
use chatwarden::triage;

/// How errors and warnings are marked.
pub(crate) const ERROR: Style = AnsiColor::Red.on_default().bold();

/// The most jobs: more only wait for each other.
pub(crate) const MOST_JOBS: i64 = 1_024;

/// Where results go.
#[derive(Args, Debug)]
pub(crate) struct Output {
    /// Print JSON lines instead of text
    #[arg(long)]
    json: bool,
    #[arg(long, value_name = "FILE", help = "Write a JUnit report as well")]
    junit: Option<PathBuf>,
    #[arg(long, value_name = "FILE", help = "Write a SARIF report as well")]
    sarif: Option<PathBuf>,
}

/// What a fuzz target tests, where its inputs leave that to it.
#[derive(Args, Debug)]
pub(crate) struct Tested {
    /// Who takes part in the target: a built-in cast (see `list casts`) or a JSON file
    #[arg(long, value_name = "NAME|FILE", default_value = "small", value_parser = cast)]
    pub(crate) cast: CastSpec,
    /// How many groups there are in the target
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u8).range(0..=MAX_GROUPS as i64))]
    pub(crate) groups: u8,
    /// The most commands that the target takes of an input
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=MAX_STEPS as i64))]
    pub(crate) length: u16,
}

/// What GitHub Actions sets to `true` where it runs a step.
const GITHUB: &str = "GITHUB_ACTIONS";

impl Output {
    /// The reports that were asked for.
    pub(crate) fn reports(&self) -> Result<Reports, CliError> {
        let mut reports = Reports::default();
        if self.json {
            reports.add(Json::new(std::io::stdout()));
        } else {
            reports.add(Terminal::new(anstream::stdout()));
        }
        let unwritable =
            |file: &Path, error| CliError::Input(format!("cannot write {}: {error}", file.display()));
        if let Some(file) = &self.junit {
            reports.add(Junit::new(file.clone()).map_err(|error| unwritable(file, error))?);
        }
        if let Some(file) = &self.sarif {
            reports.add(Sarif::new(file.clone()).map_err(|error| unwritable(file, error))?);
        }
        match (std::env::var_os(GITHUB).is_some_and(|set| set == "true"), self.json) {
            (false, _) => {}
            (true, false) => reports.add(Annotations::new(std::io::stdout())),
            // Every line on standard output is an object; the runner reads standard error as well.
            (true, true) => reports.add(Annotations::new(std::io::stderr())),
        }
        Ok(reports)
    }
}

/// A parser for a word of a vocabulary; clap lists the words and names the nearest.
pub(crate) fn word<W: NamedEnum + Send + Sync>() -> impl TypedValueParser<Value = W> {
    let values = W::ALL.iter().map(|word| {
        PossibleValue::new(word.name()).aliases(word.old_names().iter().copied()).help(word.about())
    });
    PossibleValuesParser::new(values.collect::<Vec<_>>())
        .map(|name| W::named(&name).expect("clap lets only known words through"))
}

/// The set of the words, or all if there are none.
pub(crate) fn all_or<W: NamedEnum>(words: &[W]) -> EnumSet<W> {
    if words.is_empty() { EnumSet::all() } else { words.iter().copied().collect() }
}

/// The promises to judge, if not all of them are.
pub(crate) fn chosen(promises: &[Promise]) -> Option<EnumSet<Promise>> {
    (!promises.is_empty()).then(|| promises.iter().copied().collect())
}

/// What was found must be written somewhere; that it cannot be is better known before the work than after it.
pub(crate) fn writable(directory: &Path) -> Result<(), CliError> {
    triage::check_writable(directory)
        .map_err(|error| CliError::Input(format!("cannot write to {}: {error}", directory.display())))
}

/// A value, and the argument by which it was named.
#[derive(Clone, Debug)]
pub(crate) struct Given<T> {
    pub(crate) name: String,
    pub(crate) value: T,
}

impl<T> Given<T> {
    pub(crate) fn new(name: &str, value: T) -> Self {
        Given { name: name.into(), value }
    }
}

/// A parser that keeps the argument beside its value.
pub(crate) fn given<T: Clone + Send + Sync + 'static>(
    parse: impl Fn(&str) -> Result<T, String> + Clone + Send + Sync + 'static,
) -> impl TypedValueParser<Value = Given<T>> {
    move |argument: &str| parse(argument).map(|value| Given::new(argument, value))
}

/// A number of bytes.
pub(crate) fn bytes(argument: &str) -> Result<u64, String> {
    let size = argument.parse::<ByteSize>();
    size.map(|size| size.as_u64()).map_err(|_| "expected a size, such as `4GiB` or `500MB`".into())
}

/// A span of time in which something can happen, and not longer than anybody waits.
pub(crate) fn positive_duration(argument: &str) -> Result<Duration, String> {
    const MOST: Duration = Duration::from_secs(365 * 24 * 60 * 60);
    match humantime::parse_duration(argument) {
        Ok(Duration::ZERO) => Err("no time at all is too little".into()),
        Ok(time) if time > MOST => Err("more than a year is too much".into()),
        other => other.map_err(|error| error.to_string()),
    }
}

/// A preset's name, or a file that holds a policy.
pub(crate) fn policy(argument: &str) -> Result<PolicySpec, String> {
    named_or_file("policy", argument, PolicySpec::Preset, PolicySpec::open)
}

/// A built-in cast's name, or a file that holds a cast.
pub(crate) fn cast(argument: &str) -> Result<CastSpec, String> {
    named_or_file("cast", argument, CastSpec::BuiltIn, CastSpec::open)
}

fn named_or_file<W: NamedEnum, T>(
    noun: &str,
    argument: &str,
    named: impl Fn(W) -> T,
    open: impl Fn(&Path) -> Result<T, chatwarden::format::Error>,
) -> Result<T, String> {
    if let Some(word) = W::named(argument) {
        return Ok(named(word));
    }
    let path = Path::new(argument);
    if path.exists() {
        return open(path).map_err(|error| error.to_string());
    }
    let known = || W::ALL.iter().map(|word| word.name());
    Err(match nearest(argument, known()) {
        Some(word) => format!("unknown {noun}, and no such file; did you mean `{word}`?"),
        None => {
            format!("unknown {noun}, and no such file; known are {}", known().collect::<Vec<_>>().join(", "))
        }
    })
}
