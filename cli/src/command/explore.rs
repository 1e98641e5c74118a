//! `explore`: every history up to a bound. Without an implementation it asks which promises a policy keeps; with one,
//! whether the implementation follows the policy in every situation.

mod implementation;
mod policies;

use std::num::NonZeroUsize;
use std::path::PathBuf;

use chatwarden_model::{CommandKind, MAX_GROUPS, NamedEnum, Preset, Promise, Setup};
use clap::Args;

use crate::baseline_args::BaselineArgs;
use crate::certify_args::Certify;
use crate::coverage_args::Asked;
use crate::options::{self, Given, Output};
use crate::target::Target;
use crate::{CliError, Exit};
use chatwarden::campaign::Shard;
use chatwarden::format::{CastSpec, MAX_STEPS, Names, PolicySpec};
use chatwarden_explore::PolicySearch;

/// Try every history: which promises does a policy keep, or does an implementation follow it everywhere?
///
/// Shorter histories are tried first, so the chain that breaks a promise is the first of the shortest. Without a
/// bound the search goes on until everything that can be reached was tried.
///
/// With `--adapter` or `--fault`, every command, refused ones as well, is tried in every situation that the
/// implementation can be brought into, and compared with the model.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Explore {
    #[command(flatten)]
    target: Target,
    /// The rules: a preset (see `list policies`) or a JSON file [default: messenger-kids]
    #[arg(long, value_name = "NAME|FILE", value_parser = options::given(options::policy))]
    policy: Option<Given<PolicySpec>>,
    /// Explore every preset, and compare them in a table
    #[arg(long, conflicts_with_all = ["policy", "adapter", "fault"])]
    all_policies: bool,
    /// Explore every Nth preset, from the Ith
    #[arg(long, value_name = "I/N", requires = "all_policies")]
    shard: Option<Shard>,
    /// Who takes part: a built-in cast (see `list casts`) or a JSON file
    #[arg(long, value_name = "NAME|FILE", default_value = "small", value_parser = options::given(options::cast))]
    cast: Given<CastSpec>,
    /// How many groups there are
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(0..=MAX_GROUPS as i64))]
    groups: u8,
    /// The commands to make histories of, separated by commas [default: all]
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = options::word::<CommandKind>(), hide_possible_values = true)]
    commands: Vec<CommandKind>,
    /// Try commands as well whose users have the wrong kinds, or do not differ where they must; with an implementation,
    /// which may let them through, they always are
    #[arg(long)]
    ill_typed: bool,
    /// Leave such commands out with an implementation too
    #[arg(long, conflicts_with = "ill_typed")]
    well_typed: bool,
    /// The most commands of a history [default: no bound]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(0..=MAX_STEPS as i64))]
    depth: Option<u16>,
    /// The promises to judge, separated by commas [default: all]
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = options::word::<Promise>(), hide_possible_values = true)]
    promises: Vec<Promise>,
    /// Tell states apart that differ by the names of interchangeable users and groups only
    #[arg(long)]
    no_symmetry: bool,
    /// End after the length at which something is first found
    #[arg(long, conflicts_with = "baseline")]
    stop_at_first: bool,
    /// How many cores to use; the result does not depend on it [default: all]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=options::MOST_JOBS))]
    jobs: Option<u16>,
    /// How much memory the states that are reached may take; the search ends there with what it knows. Lists and
    /// caches on the way come on top
    #[arg(long, value_name = "LIMIT", default_value = "8GiB", value_parser = options::bytes)]
    memory: u64,
    /// Drive an implementation along up to N different histories to each observable state [default: situations are told
    /// apart by the implementation's own fingerprint, if it has one; else 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    paths: Option<u16>,
    #[command(flatten)]
    coverage: Asked,
    #[command(flatten)]
    certify: Certify,
    /// Where to save scenarios of what is found [default: nowhere; scenarios/found with an implementation]
    #[arg(long, value_name = "DIR")]
    save: Option<PathBuf>,
    /// Exit with 1 if a policy breaks a promise, and with 3 if the memory did not suffice to tell; implied by `--baseline`,
    /// but for the promises that it lists
    #[arg(long, conflicts_with_all = ["adapter", "fault"])]
    expect_kept: bool,
    #[command(flatten)]
    known: BaselineArgs,
    #[command(flatten)]
    output: Output,
}

const EXAMPLES: &str = "\
Examples:
  chatwarden explore --all-policies
  chatwarden explore --policy messenger-kids-2019 --save scenarios/found
  chatwarden explore --policy my-policy.json --cast family --depth 5 --expect-kept
  chatwarden explore --fault launcher-only --depth 6";

impl Explore {
    pub(crate) fn run(&self) -> Result<Exit, CliError> {
        let mut reports = self.output.reports()?;
        match self.target.named()? {
            Some(_) if self.coverage.coverage => Err(CliError::Input(
                "`--coverage` tells what a policy lets one cover; it goes without `--adapter` and `--fault`"
                    .into(),
            )),
            Some(implementation) => implementation::run(self, implementation, &mut reports),
            None => {
                self.expect_no_implementation()?;
                policies::run(self, &mut reports)
            }
        }
    }

    fn expect_no_implementation(&self) -> Result<(), CliError> {
        let given = [
            ("--paths", self.paths.is_some()),
            ("--well-typed", self.well_typed),
            ("--certify", self.certify.is_given()),
        ];
        match given.iter().find(|(_, is_given)| *is_given) {
            Some((option, _)) => {
                Err(CliError::Input(format!("`{option}` goes only with `--adapter` or `--fault`")))
            }
            None => Ok(()),
        }
    }

    /// What is to be searched under a policy.
    fn plan(&self, policy: &PolicySpec) -> Result<PolicySearch, CliError> {
        let cast = self.cast.value.casting().cast;
        let defaults = PolicySearch::new(Setup { cast, groups: self.groups.into(), policy: policy.policy() });
        let plan = PolicySearch {
            commands: options::all_or(&self.commands),
            ill_typed: self.ill_typed,
            promises: options::all_or(&self.promises),
            depth: self.depth.map(Into::into),
            symmetry: !self.no_symmetry,
            coverage: self.coverage.coverage,
            stop_at_first: self.stop_at_first,
            jobs: self.jobs.and_then(|jobs| NonZeroUsize::new(jobs.into())).unwrap_or(defaults.jobs),
            memory: self.memory,
            ..defaults
        };
        if plan.alphabet().is_empty() {
            return Err(CliError::Input(
                "none of the commands can be made of this cast and these groups".into(),
            ));
        }
        Ok(plan)
    }

    fn groups(&self) -> Vec<String> {
        Names::numbered(self.groups.into())
    }
}

/// The policy that is explored unless one is named.
fn default_policy() -> Given<PolicySpec> {
    preset(Preset::MessengerKids)
}

fn preset(preset: Preset) -> Given<PolicySpec> {
    Given::new(preset.name(), PolicySpec::Preset(preset))
}
