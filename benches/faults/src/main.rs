//! `bench`: the harness is measured. How soon each engine finds each fault of the catalogue is for `kills` to measure
//! and for `report` to print.

use std::num::NonZeroUsize;
use std::time::Duration;

use chatwarden_model::NamedEnum;
use clap::{Args, Subcommand};

use super::interrupt::Interrupt;
use super::{CliError, Exit, options, progress};
use chatwarden::adapter::fault::Fault;
use crate::fault_bench::{BenchConfig, Engine, measure};
use crate::report::{kill_lines, kill_text};

/// Measure the harness itself.
#[derive(Args, Debug)]
pub(super) struct Bench {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand, Debug)]
enum What {
    Faults(Faults),
}

/// How soon does each engine find each fault of the catalogue, and in how short a chain?
///
/// Each attempt has one core to itself, and as many are made at a time as there are jobs; a machine that does something
/// else meanwhile makes the times longer and changes nothing else. Shrinking is not part of the time to find, nor is
/// what is made once for a policy: the search for what can be covered, and the suite.
///
/// What was not found is told as such: `>20000` runs were made in vain. The minimum is the length below which there is
/// nothing, by an exhaustive search or, with a `*`, by a certificate for the shortest chain's finding.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
struct Faults {
    /// The faults, separated by commas (see `list faults`) [default: all]
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = options::word::<Fault>(), hide_possible_values = true)]
    fault: Vec<Fault>,
    /// The engines, separated by commas [default: all that are built in]
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = options::word::<Engine>())]
    engine: Vec<Engine>,
    /// On how many seeds each engine that has seeds looks
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..))]
    seeds: u64,
    /// The most runs of an attempt
    #[arg(long, value_name = "N", default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(1..=u32::MAX.into()))]
    runs: u64,
    /// The most time of an exhaustive search for a fault, and of a certificate
    #[arg(long, value_name = "TIME", default_value = "20s", value_parser = options::positive_duration)]
    time_limit: Duration,
    /// How many attempts are made at a time, each on one core [default: all cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=options::MOST_JOBS))]
    jobs: Option<u16>,
    /// Print JSON lines instead of text
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
The engine `proptest` is built in by `cargo build --release --features peers`.

Examples:
  chatwarden bench faults
  chatwarden bench faults --fault launcher-only,rejoin-unchecked --engine uniform,likely --seeds 5
  chatwarden bench faults --json > kills.jsonl";

impl Bench {
    pub(super) fn run(&self) -> Result<Exit, CliError> {
        match &self.what {
            What::Faults(faults) => faults.run(),
        }
    }
}

impl Faults {
    fn run(&self) -> Result<Exit, CliError> {
        let plan = self.plan()?;
        let interrupt = Interrupt::installed();
        let watch = &interrupt.measuring;
        let table = progress::of_measuring(watch, || measure(&plan, watch));
        if self.json {
            kill_lines(&table, &mut std::io::stdout().lock())?;
        } else {
            kill_text(&table, &mut anstream::stdout().lock())?;
        }
        Ok(if watch.is_stopped() { Exit::Interrupted } else { Exit::Success })
    }

    fn plan(&self) -> Result<BenchConfig, CliError> {
        let defaults = BenchConfig::new(in_order(&self.fault), self.engines()?);
        Ok(BenchConfig {
            seeds: self.seeds,
            runs: self.runs,
            time: Some(self.time_limit),
            jobs: self.jobs.and_then(|jobs| NonZeroUsize::new(jobs.into())).unwrap_or(defaults.jobs),
            ..defaults
        })
    }

    fn engines(&self) -> Result<Vec<Engine>, CliError> {
        let mut engines = in_order(&self.engine);
        if self.engine.is_empty() {
            engines.retain(|engine| engine.is_built_in());
        }
        let absent = engines.iter().find(|engine| !engine.is_built_in());
        match absent.and_then(|engine| Some((engine, engine.feature()?))) {
            Some((engine, feature)) => Err(CliError::Input(format!(
                "the engine `{engine}` is not built in; `cargo build --release --features {feature}` builds it in"
            ))),
            None => Ok(engines),
        }
    }
}

/// The words, each once and in the order of the vocabulary, or all if there are none.
fn in_order<W: NamedEnum>(words: &[W]) -> Vec<W> {
    W::ALL.iter().copied().filter(|word| words.is_empty() || words.contains(word)).collect()
}
