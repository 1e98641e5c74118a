//! `explore`: tries every trace up to a bound. Without an implementation it searches which promises a
//! policy keeps; with one, whether the implementation follows the policy in every state.

mod implementation;
mod policies;

use std::num::NonZeroUsize;
use std::path::PathBuf;

use chatwarden_model::{CommandKind, MAX_GROUPS, NamedEnum, Preset, Promise, Setup};
use clap::Args;

use crate::args::BaselineArgs;
use crate::args::certify::Certify;
use crate::args::coverage::CoverageArgs;
use crate::args::implementation::ImplementationArgs;
use crate::args::{self, NamedArg, OutputArgs};
use crate::interrupt::Interrupt;
use crate::report::Reports;
use crate::{CliError, Exit};
use chatwarden::campaign::Shard;
use chatwarden::format::{CastSpec, MAX_STEPS, Names, PolicySpec};
use chatwarden_explore::PolicySearch;

/// Try every trace: find out which promises a policy keeps, or whether an implementation follows it.
///
/// Shorter traces are tried first, so a counterexample is always one of the shortest. Without a bound
/// the search continues until every reachable state is expanded.
///
/// With `--adapter` or `--fault`, every command, also those that the policy refuses, is executed in
/// every reachable state of the implementation and compared with the model.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Explore {
    #[command(flatten)]
    target: ImplementationArgs,
    /// Policy: a preset (see `list policies`) or a JSON file [default: messenger-kids]
    #[arg(long, value_name = "NAME|FILE", value_parser = args::named_policy)]
    policy: Option<NamedArg<PolicySpec>>,
    /// Explore every preset, and compare them in a table
    #[arg(long, conflicts_with_all = ["policy", "adapter", "fault"])]
    all_policies: bool,
    /// Explore every Nth preset, beginning with the Ith
    #[arg(long, value_name = "I/N", requires = "all_policies")]
    shard: Option<Shard>,
    /// Cast: a built-in cast (see `list casts`) or a JSON file
    #[arg(long, value_name = "NAME|FILE", default_value = "small", value_parser = args::with_name(args::cast))]
    cast: NamedArg<CastSpec>,
    /// Number of groups
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(0..=MAX_GROUPS as i64))]
    groups: u8,
    /// Commands of the traces, separated by commas [default: all]
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = args::named_enum::<CommandKind>(), hide_possible_values = true)]
    commands: Vec<CommandKind>,
    /// Also try ill-typed commands: users of the wrong kind, or one user where the command needs two;
    /// with an implementation, which might accept them, they are always tried
    #[arg(long)]
    ill_typed: bool,
    /// Leave ill-typed commands out with an implementation too
    #[arg(long, conflicts_with = "ill_typed")]
    well_typed: bool,
    /// Largest number of commands of a trace [default: no bound]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(0..=MAX_STEPS as i64))]
    depth: Option<u16>,
    /// Promises to check, separated by commas [default: all]
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = args::named_enum::<Promise>(), hide_possible_values = true)]
    promises: Vec<Promise>,
    /// Do not treat interchangeable users and groups as the same
    #[arg(long)]
    no_symmetry: bool,
    /// Search all traces of the length of the first finding, and end
    #[arg(long, conflicts_with = "baseline")]
    stop_at_first: bool,
    /// Number of cores; it does not change the result [default: all]
    #[arg(long, value_name = "N", value_parser = args::positive(args::MAX_JOBS))]
    jobs: Option<NonZeroUsize>,
    /// Memory for the reached states; the search ends there with a partial result; its lists and
    /// caches need some more
    #[arg(long, value_name = "LIMIT", default_value = "8GiB", value_parser = args::bytes)]
    memory: u64,
    /// Expand each visible state of an implementation from up to N different traces [default: the
    /// fingerprint of the implementation identifies its states; 1 if it has none]
    #[arg(long, value_name = "N", value_parser = args::positive(u16::MAX))]
    paths: Option<NonZeroUsize>,
    #[command(flatten)]
    coverage: CoverageArgs,
    #[command(flatten)]
    certify: Certify,
    /// Folder in which findings are saved as scenarios [default: none; scenarios/found with an
    /// implementation]
    #[arg(long, value_name = "DIR")]
    save: Option<PathBuf>,
    /// Exit with 1 if a policy breaks a promise, and with 3 if the memory did not suffice; implied by
    /// `--baseline`, except for the promises that it lists
    #[arg(long, conflicts_with_all = ["adapter", "fault"])]
    expect_kept: bool,
    #[command(flatten)]
    known: BaselineArgs,
    #[command(flatten)]
    output: OutputArgs,
}

const EXAMPLES: &str = "\
Examples:
  chatwarden explore --all-policies
  chatwarden explore --policy messenger-kids-2019 --save scenarios/found
  chatwarden explore --policy my-policy.json --cast family --depth 5 --expect-kept
  chatwarden explore --fault launcher-only --depth 6";

impl Explore {
    pub(crate) fn run(&self) -> Result<Exit, CliError> {
        self.output.with_reports(|reports, interrupt| self.search(reports, interrupt))
    }

    fn search(&self, reports: &mut Reports, interrupt: &Interrupt) -> Result<Exit, CliError> {
        match self.target.named()? {
            Some(_) if self.coverage.coverage => Err(CliError::Input(
                "`--coverage` reports the points that a policy can reach; it does not go with `--adapter` or `--fault`"
                    .into(),
            )),
            Some(implementation) => implementation::run(self, implementation, reports, interrupt),
            None => {
                self.expect_no_implementation()?;
                policies::run(self, reports, interrupt)
            }
        }
    }

    fn expect_no_implementation(&self) -> Result<(), CliError> {
        let given = [
            ("--paths", self.paths.is_some()),
            ("--well-typed", self.well_typed),
            ("--certify", self.certify.certify.is_some()),
        ];
        match given.iter().find(|(_, is_given)| *is_given) {
            Some((option, _)) => {
                Err(CliError::Input(format!("`{option}` goes only with `--adapter` or `--fault`")))
            }
            None => Ok(()),
        }
    }

    /// The search of a policy.
    fn policy_search(&self, policy: &PolicySpec) -> Result<PolicySearch, CliError> {
        let cast = self.cast.value.named_cast().cast;
        let defaults = PolicySearch::new(Setup { cast, groups: self.groups.into(), policy: policy.policy() });
        let search = PolicySearch {
            commands: args::set_or_all(&self.commands),
            ill_typed: self.ill_typed,
            promises: args::set_or_all(&self.promises),
            depth: self.depth.map(Into::into),
            symmetry: !self.no_symmetry,
            coverage: self.coverage.coverage,
            stop_at_first: self.stop_at_first,
            jobs: self.jobs.unwrap_or(defaults.jobs),
            memory: self.memory,
            ..defaults
        };
        if search.actions().is_empty() {
            return Err(CliError::Input(
                "none of the commands is possible with this cast and these groups".into(),
            ));
        }
        Ok(search)
    }

    fn group_names(&self) -> Vec<String> {
        Names::numbered(self.groups.into())
    }
}

/// The policy if the user names none.
fn default_policy() -> NamedArg<PolicySpec> {
    preset(Preset::MessengerKids)
}

fn preset(preset: Preset) -> NamedArg<PolicySpec> {
    NamedArg::new(preset.name(), PolicySpec::Preset(preset))
}
