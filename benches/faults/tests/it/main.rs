//! The kill table: it says what a plain recomputation says, tells what was not found as not found, does not depend on
//! the number of jobs, and names the feature that an engine takes.

use std::num::NonZeroUsize;
use std::time::Duration;

use chatwarden::adapter::Adapter;
use chatwarden::adapter::fault::Fault;
use chatwarden::adapter::memory::Memory;
use chatwarden::campaign;
use chatwarden::counterexample::Origin;
use chatwarden_fault_bench::{Amount, BenchConfig, BenchMonitor, Engine, Scope, Table, measure};
use chatwarden::generate::Guidance;
use chatwarden::model::NamedEnum;
use chatwarden_cli::report::{kill_lines, kill_text};
use serde_json::{Value, json};

use crate::cli::{chatwarden, code, folder, json_lines, refuses, text};
use chatwarden_test_support::setup_for;

/// Two faults that one command in a situation shows, and one that takes a certain order.
const FAULTS: [Fault; 3] = [Fault::LauncherOnly, Fault::MessageToAll, Fault::RejoinUnchecked];

fn plan(engines: &[Engine]) -> BenchConfig {
    BenchConfig { seeds: 5, runs: 400, ..BenchConfig::new(FAULTS.to_vec(), engines.to_vec()) }
}

fn lines(table: &Table) -> Vec<Value> {
    let mut out = Vec::new();
    kill_lines(table, &mut out).expect("it is written to memory");
    text(&out).lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect()
}

/// In how many runs a campaign finds the fault, if it does.
fn runs_to_find(fault: Fault, guidance: Guidance, seed: u64) -> Option<u64> {
    let defaults = campaign::CampaignConfig::new(setup_for(fault), &Memory::new().about());
    let plan = campaign::CampaignConfig { seed, runs: 400, guidance, ..defaults };
    let make = || Ok(Memory::with_fault(fault));
    let tally = campaign::run_campaign(&plan, &make, &campaign::CampaignMonitor::default(), &|_| {});
    tally.expect("the service starts").found.first().and_then(|found| found.origin.map(Origin::runs))
}

#[test]
fn the_lines_agree_with_a_plain_recomputation() {
    let lines = lines(&measure(&plan(&[Engine::Uniform, Engine::Likely]), &BenchMonitor::default()));
    let mut kills = lines.iter().filter(|line| line["type"] == "kill");
    for fault in FAULTS {
        for (engine, guidance) in [("uniform", Guidance::Uniform), ("likely", Guidance::Likely)] {
            let line = kills.next().expect("there is a line for each fault and engine");
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
    assert_eq!(kills.next(), None);
    let engines: Vec<_> = lines.iter().filter(|line| line["type"] == "engine").collect();
    assert_eq!(engines.len(), 2);
    assert_eq!(engines[1]["always"], FAULTS.iter().filter(|fault| is_always_found(**fault)).count());
}

fn is_always_found(fault: Fault) -> bool {
    (0..5).all(|seed| runs_to_find(fault, Guidance::Likely, seed).is_some())
}

#[test]
fn what_is_not_found_is_told_so_and_never_as_a_number() {
    let plan = BenchConfig {
        seeds: 2,
        runs: 20,
        ..BenchConfig::new(vec![Fault::RejoinUnchecked], vec![Engine::Uniform])
    };
    let table = measure(&plan, &BenchMonitor::default());
    let row = &table.rows[0];
    assert_eq!((row.found(), row.runs(), row.least()), (0, Some(Amount::MoreThan(20)), None));
    assert_eq!(table.minimum(Fault::RejoinUnchecked), None);
    let line = &lines(&table)[0];
    assert_eq!(line["runs"], json!({"over": 20}));
    assert_eq!(line["runs_by_seed"], json!([null, null]));
    assert_eq!((&line["least"], &line["minimum"]), (&Value::Null, &Value::Null));
    let mut out = Vec::new();
    kill_text(&table, &mut out).expect("it is written to memory");
    let words: Vec<_> =
        text(&out).lines().nth(1).expect("a row").split_whitespace().map(String::from).collect();
    assert_eq!(words[..5], ["rejoin-unchecked", "uniform", "0/2", ">20", ">600"]);
    assert_eq!(words[words.len() - 2..], ["–", "?"]);
}

/// A table in which no time is told.
fn timeless(mut table: Table) -> Table {
    for trial in table.rows.iter_mut().flat_map(|row| &mut row.trials) {
        trial.time = Duration::ZERO;
    }
    table
}

#[test]
fn the_number_of_jobs_changes_times_only() {
    // What can be covered at all takes longer to find out than all else takes together.
    for (engines, faults) in [
        ([Engine::Uniform, Engine::Likely], FAULTS.to_vec()),
        ([Engine::Coverage, Engine::Suite], vec![Fault::LauncherOnly]),
    ] {
        let with = |jobs| {
            let jobs = NonZeroUsize::new(jobs).expect("it is not zero");
            let plan = BenchConfig { faults: faults.clone(), jobs, time: None, ..plan(&engines) };
            timeless(measure(&plan, &BenchMonitor::default()))
        };
        let one = with(1);
        assert_eq!(one, with(3));
        assert_eq!(one.rows.len(), faults.len() * engines.len());
        let trials = |engine: Engine| if engine.is_seeded() { 5 } else { 1 };
        assert!(one.rows.iter().all(|row| row.trials.len() == trials(row.engine)));
    }
}

#[test]
fn minima_are_of_the_fault_where_everything_shorter_was_tried_and_else_of_the_finding() {
    let minimum = |engines: Vec<Engine>| {
        let fault = Fault::LauncherOnly;
        let plan = BenchConfig { seeds: 2, time: None, ..BenchConfig::new(vec![fault], engines) };
        measure(&plan, &BenchMonitor::default()).minimum(fault).map(|minimum| (minimum.length, minimum.scope))
    };
    // What was found may take more than the least that shows the fault in some way.
    let of_finding = minimum(vec![Engine::Likely]).expect("it is certified");
    assert!(of_finding.0 >= 3 && of_finding.1 == Scope::Finding, "{of_finding:?}");
    assert_eq!(minimum(vec![Engine::Likely, Engine::Exhaustive]), Some((3, Scope::Fault)));
}

#[test]
fn what_is_stopped_has_only_what_was_measured() {
    let watch = BenchMonitor::default();
    watch.stop();
    let table = measure(&plan(&[Engine::Likely, Engine::Coverage]), &watch);
    assert!(table.rows.iter().all(|row| row.trials.is_empty() && row.runs().is_none()));
    assert_eq!(table.of_engine(Engine::Likely).faults, 0);
}

#[test]
fn the_program_prints_lines_for_the_engines_and_faults_that_were_asked_for() {
    let folder = folder();
    let arguments =
        ["bench", "faults", "--engine", "likely", "--fault", "launcher-only", "--seeds", "3", "--json"];
    let output = chatwarden(folder.path(), &arguments);
    assert_eq!(code(&output), 0);
    let lines = json_lines(&output);
    let [kill, engine] = lines.as_slice() else { panic!("{lines:?}") };
    assert_eq!((&kill["found"], &kill["trials"], &kill["minimum"]), (&json!(3), &json!(3), &json!(3)));
    assert_eq!((&engine["engine"], &engine["always"]), (&json!("likely"), &json!(1)));
    assert_eq!(text(&output.stderr), "", "it is quiet in a pipe");
    refuses(&["bench", "faults", "--engine", "likly"], "likely");
    refuses(&["bench", "faults", "--seeds", "0"], "0");
}

#[cfg(not(feature = "peers"))]
#[test]
fn an_engine_that_is_not_built_in_names_its_feature() {
    assert!(!Engine::Proptest.is_built_in());
    let error =
        "the engine `proptest` is not built in; `cargo build --release --features peers` builds it in";
    refuses(&["bench", "faults", "--engine", "likely,proptest"], error);
}

#[cfg(feature = "peers")]
#[test]
fn the_peer_finds_what_it_can_and_hands_back_chains_that_show_it() {
    let plan = BenchConfig {
        seeds: 2,
        runs: 2_000,
        ..BenchConfig::new(vec![Fault::MessageToAll], vec![Engine::Proptest])
    };
    let table = timeless(measure(&plan, &BenchMonitor::default()));
    assert_eq!(table, timeless(measure(&plan, &BenchMonitor::default())));
    assert_eq!(table.rows[0].found(), 2);
    let setup = setup_for(Fault::MessageToAll);
    let mut service = Memory::with_fault(Fault::MessageToAll);
    let terms = chatwarden::lockstep::CheckConfig::of(&service.about());
    for chain in table.rows[0].trials.iter().filter_map(|trial| trial.chain.as_ref()) {
        let finding = chatwarden::lockstep::run(&mut service, terms, &setup, &chain.commands);
        assert_eq!(finding.as_ref(), Some(&chain.finding));
    }
}
