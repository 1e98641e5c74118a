//! `suite`: the conformance suite of a policy as scenario files, and what an implementation makes of it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use chatwarden_model::{MAX_GROUPS, Setup};
use clap::Args;

use super::replay::Replayer;
use crate::baseline_args::BaselineArgs;
use crate::coverage_args::Asked;
use crate::interrupt::Interrupt;
use crate::options::{self, Given, Output};
use crate::report::{Covered, Event, Report, Written};
use crate::suite_writer::SuiteWriter;
use crate::target::Target;
use crate::{CliError, Exit, progress};
use chatwarden::format::{CastSpec, MAX_STEPS, PolicySpec};
use chatwarden_explore::suite::{self, SuiteConfig};

/// Write the conformance suite of a policy: few and short scenarios that show everything that can be covered.
///
/// Each condition of each command is seen to refuse it alone, each inner part of the rules is seen, and each command on
/// which a promise depends. The same policy and cast give the same files. With `--adapter` or `--fault`, the
/// implementation is taken through them as well.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  chatwarden suite --policy pairwise-consent --out conformance\n  chatwarden suite --policy my-policy.json --out conformance --adapter exec:my-driver --junit suite.xml"
)]
pub(crate) struct Suite {
    #[command(flatten)]
    target: Target,
    /// The rules: a preset (see `list policies`) or a JSON file
    #[arg(long, value_name = "NAME|FILE", value_parser = options::given(options::policy))]
    policy: Given<PolicySpec>,
    /// Who takes part: a built-in cast (see `list casts`) or a JSON file
    #[arg(long, value_name = "NAME|FILE", default_value = "small", value_parser = options::given(options::cast))]
    cast: Given<CastSpec>,
    /// How many groups there are
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u8).range(0..=MAX_GROUPS as i64))]
    groups: u8,
    /// The most steps of a scenario, as far as what it shows can be shown in so many
    #[arg(long, value_name = "N", default_value_t = 12, value_parser = clap::value_parser!(u16).range(1..=MAX_STEPS as i64))]
    length: u16,
    /// Where the scenarios go
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    coverage: Asked,
    #[command(flatten)]
    known: BaselineArgs,
    #[command(flatten)]
    output: Output,
}

impl Suite {
    pub(crate) fn run(&self) -> Result<Exit, CliError> {
        let mut reports = self.output.reports()?;
        let implementation = self.target.named()?;
        options::writable(&self.out)?;
        let cast = self.cast.value.casting().cast;
        let setup = Setup { cast, groups: self.groups.into(), policy: self.policy.value.policy() };
        let plan = SuiteConfig { length: self.length.into(), ..SuiteConfig::new(setup) };
        let interrupt = Interrupt::installed();
        let suite = progress::of_search(&self.policy.name, &interrupt.search, || {
            suite::build(&plan, &interrupt.search)
        });
        if interrupt.search.is_stopped() {
            // Half a suite would pass for a whole one.
            return Ok(Exit::Interrupted);
        }
        let shelf = SuiteWriter {
            directory: self.out.clone(),
            policy: self.policy.value,
            cast: self.cast.value.clone(),
        };
        let files = suite.chains.iter().map(|chain| shelf.save(chain)).collect::<Result<Vec<_>, _>>()?;
        name_leftovers(&self.out, &files)?;
        let mut exit = if suite.missing.is_empty() { Exit::Success } else { Exit::Inconclusive };
        let mut replayer = Replayer::new(implementation.as_ref(), false, &self.known)?;
        exit = exit.max(replayer.all(&files, &mut reports, |_| {})?);
        let (policy, cast) = (self.policy.name.as_str(), self.cast.name.as_str());
        if self.coverage.coverage {
            let (coverage, ground) = (&suite.coverage(&setup), &suite.ground);
            reports.event(Event::CoverageCounted(&Covered {
                policy,
                cast,
                groups: self.groups.into(),
                coverage,
                ground,
            }))?;
        }
        reports.event(Event::SuiteWritten(&Written { policy, cast, suite: &suite, directory: &self.out }))?;
        reports.finish()?;
        Ok(exit)
    }
}

/// Says which scenarios in the folder are not of this suite: of an older one, most likely.
fn name_leftovers(folder: &Path, files: &[PathBuf]) -> Result<(), CliError> {
    if files.is_empty() {
        return Ok(());
    }
    let written: BTreeSet<&Path> = files.iter().map(PathBuf::as_path).collect();
    for file in chatwarden::replay::scenario_files(&[folder.to_path_buf()])? {
        if !written.contains(file.as_path()) {
            anstream::eprintln!("note: {} is not of this suite", file.display());
        }
    }
    Ok(())
}
