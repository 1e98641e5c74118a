//! `suite`: writes the conformance suite of a policy, and replays it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use chatwarden_model::{MAX_GROUPS, Setup};
use clap::Args;

use super::replay::ReplayRun;
use crate::args::coverage::CoverageArgs;
use crate::args::implementation::ImplementationArgs;
use crate::args::{self, BaselineArgs, NamedArg, OutputArgs};
use crate::interrupt::Interrupt;
use crate::messages::print_note;
use crate::report::{Covered, Event, Report, Reports, Written, counted};
use crate::suite_writer::SuiteWriter;
use crate::{CliError, Exit, progress};
use chatwarden::format::{CastSpec, MAX_STEPS, PolicySpec};
use chatwarden::replay;
use chatwarden::sanitize;
use chatwarden_explore::suite::{self, SuiteConfig};

const EXAMPLES: &str = "\
Examples:
  chatwarden suite --policy pairwise-consent --out conformance
  chatwarden suite --policy my.json --out conformance --adapter exec:my-driver --junit suite.xml";

/// Write the conformance suite of a policy: few, short scenarios that cover every reachable point.
///
/// The suite shows each condition refusing each command alone, each case of the rules, and each command
/// on which a promise depends. The same policy and cast give the same files. With `--adapter` or
/// `--fault` the suite is also replayed with the implementation.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Suite {
    #[command(flatten)]
    target: ImplementationArgs,
    /// Policy: a preset (see `list policies`) or a JSON file
    #[arg(long, value_name = "NAME|FILE", value_parser = args::named_policy)]
    policy: NamedArg<PolicySpec>,
    /// Cast: a built-in cast (see `list casts`) or a JSON file
    #[arg(long, value_name = "NAME|FILE", default_value = "small", value_parser = args::with_name(args::cast))]
    cast: NamedArg<CastSpec>,
    /// Number of groups
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u8).range(0..=MAX_GROUPS as i64))]
    groups: u8,
    /// Largest number of steps of a scenario, unless a point needs more
    #[arg(long, value_name = "N", default_value_t = 12, value_parser = clap::value_parser!(u16).range(1..=MAX_STEPS as i64))]
    length: u16,
    /// Folder in which the scenarios are written
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    coverage: CoverageArgs,
    #[command(flatten)]
    known: BaselineArgs,
    #[command(flatten)]
    output: OutputArgs,
}

impl Suite {
    pub(crate) fn run(&self) -> Result<Exit, CliError> {
        self.output.with_reports(|reports, interrupt| self.write(reports, interrupt))
    }

    fn write(&self, reports: &mut Reports, interrupt: &Interrupt) -> Result<Exit, CliError> {
        let implementation = self.target.named()?;
        args::check_writable(&self.out)?;
        let (policy, cast) = (self.policy.name.as_str(), self.cast.name.as_str());
        let setup = Setup {
            cast: self.cast.value.named_cast().cast,
            groups: self.groups.into(),
            policy: self.policy.value.policy(),
        };
        let config = SuiteConfig { length: self.length.into(), ..SuiteConfig::new(setup) };
        let monitor = &interrupt.search;
        let suite = progress::of_search(policy, monitor, || suite::build(&config, monitor));
        if monitor.is_stopped() {
            // A part of a suite must not be mistaken for the whole.
            return Ok(Exit::Interrupted);
        }
        let writer = SuiteWriter {
            directory: self.out.clone(),
            policy: self.policy.value.clone(),
            cast: self.cast.value.clone(),
        };
        let files = suite.traces.iter().map(|trace| writer.save(trace)).collect::<Result<Vec<_>, _>>()?;
        note_other_scenarios(&self.out, &files)?;
        let mut exit = if suite.missing.is_empty() { Exit::Success } else { Exit::Inconclusive };
        let replays = ReplayRun::new(interrupt, implementation.as_ref(), &[], &self.known)?;
        let mut replays = replays.under(Some(&self.policy.value));
        exit = exit.max(replays.replay_all(&files, reports, |_| {})?);
        if self.coverage.coverage {
            reports.event(Event::CoverageCounted(&Covered {
                policy,
                cast,
                groups: setup.groups,
                coverage: &suite.coverage(&setup),
                reachability: &suite.reachability,
            }))?;
        }
        if !suite.missing.is_empty() {
            let missing = counted(suite.missing.len(), "reachable point");
            reports.event(Event::RunIncomplete(&format!("no scenario reaches {missing}")))?;
        }
        reports.event(Event::SuiteWritten(&Written { policy, cast, suite: &suite, directory: &self.out }))?;
        Ok(exit)
    }
}

/// Notes the scenarios in the folder that are not of this suite; most likely an older suite wrote them.
fn note_other_scenarios(folder: &Path, files: &[PathBuf]) -> Result<(), CliError> {
    if files.is_empty() {
        return Ok(());
    }
    let written: BTreeSet<&Path> = files.iter().map(PathBuf::as_path).collect();
    for file in replay::scenario_files(&[folder.to_path_buf()])? {
        if !written.contains(file.as_path()) {
            print_note(format_args!("{} is not part of this suite", sanitize::path(&file)));
        }
    }
    Ok(())
}
