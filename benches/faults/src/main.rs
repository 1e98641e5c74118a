//! The command line of the fault bench.

use std::io;
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use chatwarden::adapter::fault::Fault;
use chatwarden_fault_bench::{BenchConfig, BenchMonitor, Engine, measure, report};
use chatwarden_model::NamedEnum;
use clap::Parser;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

/// How soon does each engine find each fault of the catalogue, and with how short a counterexample?
///
/// Each attempt has one core, and as many attempts run at the same time as there are jobs. Other work
/// of the machine makes the times longer and changes nothing else. Not counted are shrinking and the
/// work that is done once for a policy: the search for reachable points of coverage, and the suite.
///
/// An amount like `>20000` means that the fault was not found in 20000 runs. The minimum is the length
/// below which no counterexample exists, by an exhaustive search or, with a `*`, by a certificate for
/// the finding of the shortest counterexample. Ctrl-C prints the results so far.
#[derive(Parser, Debug)]
#[command(after_help = EXAMPLES)]
struct Arguments {
    /// The faults, separated by commas (see `chatwarden list faults`) [default: all]
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = named::<Fault>(), hide_possible_values = true)]
    fault: Vec<Fault>,
    /// The engines, separated by commas [default: all]
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = named::<Engine>())]
    engine: Vec<Engine>,
    /// How many seeds each seeded engine tries
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..))]
    seeds: u64,
    /// The most runs of an attempt
    #[arg(long, value_name = "N", default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(1..=u32::MAX.into()))]
    runs: u64,
    /// The most time of an exhaustive search for a fault, and of a certificate
    #[arg(long, value_name = "TIME", default_value = "20s", value_parser = positive_duration)]
    time_limit: Duration,
    /// How many attempts run at the same time, each on one core [default: all cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1_024))]
    jobs: Option<u16>,
    /// Print JSON lines instead of text
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples, each after `cargo run --release -p chatwarden-fault-bench --`:
  --fault launcher-only,rejoin-unchecked --engine uniform,likely --seeds 5
  --json > detections.jsonl";

/// The exit code of an interrupted program.
const INTERRUPTED: u8 = 130;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let monitor = Arc::new(BenchMonitor::default());
    let stopper = Arc::clone(&monitor);
    let stop = move || {
        if stopper.is_stopped() {
            std::process::exit(INTERRUPTED.into());
        }
        stopper.stop();
    };
    ctrlc::set_handler(stop).expect("no other handler is set");
    let table = measure(&arguments.config(), &monitor);
    let mut out = io::stdout().lock();
    let printed = if arguments.json {
        report::write_json_lines(&table, &mut out)
    } else {
        report::write_text(&table, &mut out)
    };
    match printed {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
        _ if monitor.is_stopped() => INTERRUPTED.into(),
        _ => ExitCode::SUCCESS,
    }
}

impl Arguments {
    fn config(&self) -> BenchConfig {
        let defaults = BenchConfig::new(in_order(&self.fault), in_order(&self.engine));
        BenchConfig {
            seeds: self.seeds,
            runs: self.runs,
            time_limit: Some(self.time_limit),
            jobs: self.jobs.and_then(|jobs| NonZeroUsize::new(jobs.into())).unwrap_or(defaults.jobs),
            ..defaults
        }
    }
}

/// The values, each once and in the order of their enum, or all values if none are given.
fn in_order<W: NamedEnum>(given: &[W]) -> Vec<W> {
    W::ALL.iter().copied().filter(|value| given.is_empty() || given.contains(value)).collect()
}

/// A parser for the names of an enum.
fn named<W: NamedEnum + Send + Sync>() -> impl TypedValueParser<Value = W> {
    let values = W::ALL.iter().map(|value| PossibleValue::new(value.name()).help(value.about()));
    PossibleValuesParser::new(values.collect::<Vec<_>>())
        .map(|name| W::named(&name).expect("only known names get through"))
}

fn positive_duration(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(Duration::ZERO) => Err("it must be more than zero".into()),
        result => result.map_err(|error| error.to_string()),
    }
}
