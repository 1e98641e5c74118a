//! The fault bench: its results agree with a plain recomputation, do not depend on the number of jobs,
//! and never give a number for a fault that was not found.

use std::num::NonZeroUsize;
use std::process::{Command, Output};
use std::time::Duration;

use chatwarden::adapter::Adapter;
use chatwarden::adapter::fault::Fault;
use chatwarden::adapter::memory::Memory;
use chatwarden::campaign::{self, CampaignConfig, CampaignMonitor};
use chatwarden::counterexample::Origin;
use chatwarden::generate::Guidance;
use chatwarden::lockstep::{self, CheckConfig};
use chatwarden::model::NamedEnum;
use chatwarden_fault_bench::{Amount, BenchConfig, BenchMonitor, Engine, Scope, Table, measure, report};
use chatwarden_test_support::setup_for;
use serde_json::{Value, json};

/// Two faults that a single command in some state shows, and one that needs commands in a certain order.
const FAULTS: [Fault; 3] = [Fault::LauncherOnly, Fault::MessageToAll, Fault::RejoinUnchecked];

fn config(engines: &[Engine]) -> BenchConfig {
    BenchConfig { seeds: 5, runs: 400, ..BenchConfig::new(FAULTS.to_vec(), engines.to_vec()) }
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("the output is UTF-8")
}

fn json_lines(bytes: &[u8]) -> Vec<Value> {
    text(bytes).lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect()
}

fn lines(table: &Table) -> Vec<Value> {
    let mut out = Vec::new();
    report::write_json_lines(table, &mut out).expect("it is written to memory");
    json_lines(&out)
}

/// The number of runs in which a campaign finds the fault, if it does.
fn runs_to_find(fault: Fault, guidance: Guidance, seed: u64) -> Option<u64> {
    let defaults = CampaignConfig::new(setup_for(fault), &Memory::new().about());
    let config = CampaignConfig { seed, runs: 400, guidance, ..defaults };
    let make = || Ok(Memory::with_fault(fault));
    let result = campaign::run_campaign(&config, &make, &CampaignMonitor::default(), &|_| {});
    result.expect("the service starts").found.first().and_then(|found| found.origin.map(Origin::runs))
}

#[test]
fn the_lines_agree_with_a_plain_recomputation() {
    let lines = lines(&measure(&config(&[Engine::Uniform, Engine::Likely]), &BenchMonitor::default()));
    let mut rows = lines.iter().filter(|line| line["type"] == "kill");
    for fault in FAULTS {
        for (engine, guidance) in [("uniform", Guidance::Uniform), ("likely", Guidance::Likely)] {
            let line = rows.next().expect("there is a line for each fault and engine");
            assert_eq!((&line["fault"], &line["engine"]), (&json!(fault.name()), &json!(engine)));
            let by_seed: Vec<_> = (0..5).map(|seed| runs_to_find(fault, guidance, seed)).collect();
            assert_eq!(line["runs_by_seed"], json!(by_seed));
            assert_eq!(line["found"], by_seed.iter().flatten().count());
            let mut runs: Vec<_> = by_seed.iter().map(|runs| runs.unwrap_or(u64::MAX)).collect();
            runs.sort_unstable();
            let median = if runs[2] == u64::MAX { json!({"over": 400}) } else { json!({"median": runs[2]}) };
            assert_eq!(line["runs"], median, "{line}");
        }
    }
    assert_eq!(rows.next(), None);
    let engines: Vec<_> = lines.iter().filter(|line| line["type"] == "engine").collect();
    assert_eq!(engines.len(), 2);
    assert_eq!(engines[1]["always"], FAULTS.iter().filter(|fault| is_always_found(**fault)).count());
}

fn is_always_found(fault: Fault) -> bool {
    (0..5).all(|seed| runs_to_find(fault, Guidance::Likely, seed).is_some())
}

#[test]
fn a_fault_that_is_not_found_has_bounds_and_no_numbers() {
    let config = BenchConfig {
        seeds: 2,
        runs: 20,
        ..BenchConfig::new(vec![Fault::RejoinUnchecked], vec![Engine::Uniform])
    };
    let table = measure(&config, &BenchMonitor::default());
    let row = &table.rows[0];
    assert_eq!((row.found(), row.runs(), row.min_length()), (0, Some(Amount::MoreThan(20)), None));
    assert_eq!(table.minimum(Fault::RejoinUnchecked), None);
    let line = &lines(&table)[0];
    assert_eq!(line["runs"], json!({"over": 20}));
    assert_eq!(line["runs_by_seed"], json!([null, null]));
    assert_eq!((&line["least"], &line["minimum"]), (&Value::Null, &Value::Null));
    let mut out = Vec::new();
    report::write_text(&table, &mut out).expect("it is written to memory");
    let words: Vec<_> =
        text(&out).lines().nth(1).expect("a row").split_whitespace().map(String::from).collect();
    assert_eq!(words[..5], ["rejoin-unchecked", "uniform", "0/2", ">20", ">600"]);
    assert_eq!(words[words.len() - 2..], ["–", "?"]);
}

/// The table with all times set to zero.
fn timeless(mut table: Table) -> Table {
    for trial in table.rows.iter_mut().flat_map(|row| &mut row.trials) {
        trial.time = Duration::ZERO;
    }
    table
}

#[test]
fn the_number_of_jobs_changes_times_only() {
    // The search for reachable points takes longer than everything else together.
    for (engines, faults) in [
        ([Engine::Uniform, Engine::Likely], FAULTS.to_vec()),
        ([Engine::Coverage, Engine::Suite], vec![Fault::LauncherOnly]),
    ] {
        let with = |jobs| {
            let jobs = NonZeroUsize::new(jobs).expect("it is not zero");
            let config = BenchConfig { faults: faults.clone(), jobs, time_limit: None, ..config(&engines) };
            timeless(measure(&config, &BenchMonitor::default()))
        };
        let one = with(1);
        assert_eq!(one, with(3));
        assert_eq!(one.rows.len(), faults.len() * engines.len());
        let trials = |engine: Engine| if engine.is_seeded() { 5 } else { 1 };
        assert!(one.rows.iter().all(|row| row.trials.len() == trials(row.engine)));
    }
}

#[test]
fn a_minimum_is_that_of_the_fault_if_everything_shorter_was_tried_and_else_that_of_the_finding() {
    let minimum = |engines: Vec<Engine>| {
        let fault = Fault::LauncherOnly;
        let config = BenchConfig { seeds: 2, time_limit: None, ..BenchConfig::new(vec![fault], engines) };
        measure(&config, &BenchMonitor::default())
            .minimum(fault)
            .map(|minimum| (minimum.length, minimum.scope))
    };
    // The finding may need more commands than the fault does.
    let of_finding = minimum(vec![Engine::Likely]).expect("it is certified");
    assert!(of_finding.0 >= 3 && of_finding.1 == Scope::Finding, "{of_finding:?}");
    assert_eq!(minimum(vec![Engine::Likely, Engine::Exhaustive]), Some((3, Scope::Fault)));
}

#[test]
fn a_stopped_measurement_has_only_complete_attempts() {
    let monitor = BenchMonitor::default();
    monitor.stop();
    let table = measure(&config(&[Engine::Likely, Engine::Coverage]), &monitor);
    assert!(table.rows.iter().all(|row| row.trials.is_empty() && row.runs().is_none()));
    assert_eq!(table.of_engine(Engine::Likely).faults, 0);
}

/// The program, run with the arguments.
fn run(arguments: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_chatwarden-fault-bench");
    Command::new(program).args(arguments).output().expect("the program starts")
}

#[test]
fn the_program_prints_lines_for_the_engines_and_faults_that_were_asked_for() {
    let output = run(&["--engine", "likely", "--fault", "launcher-only", "--seeds", "3", "--json"]);
    assert_eq!(output.status.code(), Some(0));
    let lines = json_lines(&output.stdout);
    let [row, engine] = lines.as_slice() else { panic!("{lines:?}") };
    assert_eq!((&row["type"], &engine["type"]), (&json!("kill"), &json!("engine")));
    assert_eq!((&row["found"], &row["trials"], &row["minimum"]), (&json!(3), &json!(3), &json!(3)));
    assert_eq!((&engine["engine"], &engine["always"]), (&json!("likely"), &json!(1)));
    assert_eq!(text(&output.stderr), "");
    for (arguments, named) in [(["--engine", "likly"], "likely"), (["--seeds", "0"], "0")] {
        let output = run(&arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(text(&output.stderr).contains(named), "{arguments:?}: {}", text(&output.stderr));
    }
}

#[test]
fn proptest_finds_a_fault_and_its_counterexample_shows_it() {
    let config = BenchConfig {
        seeds: 2,
        runs: 2_000,
        ..BenchConfig::new(vec![Fault::MessageToAll], vec![Engine::Proptest])
    };
    let table = timeless(measure(&config, &BenchMonitor::default()));
    assert_eq!(table, timeless(measure(&config, &BenchMonitor::default())));
    assert_eq!(table.rows[0].found(), 2);
    let setup = setup_for(Fault::MessageToAll);
    let mut service = Memory::with_fault(Fault::MessageToAll);
    let check = CheckConfig::of(&service.about());
    for shrunk in table.rows[0].trials.iter().filter_map(|trial| trial.counterexample.as_ref()) {
        let finding = lockstep::run(&mut service, check, &setup, &shrunk.commands);
        assert_eq!(finding.as_ref(), Some(&shrunk.finding));
    }
}
