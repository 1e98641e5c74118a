//! The catalogue of SQL faults: each is found under the policy in the README's table, shrunk, and certified over
//! the product itself.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use chatwarden::adapter::{Adapter, Failure};
use chatwarden::campaign::{self, CampaignConfig, CampaignMonitor};
use chatwarden::counterexample::{Counterexample, ShrinkStatus};
use chatwarden_explore::certify::{CertificateLevel, Certifier, Limits};

use chatwarden::lockstep::{self, CheckConfig};
use chatwarden::model::{Command, NamedEnum};
use chatwarden_sql::fault::{Fault, Sql};

use crate::support::{on_postgres, on_sqlite, policy_for, server, small};

/// The runs of each campaign.
const RUNS: u64 = 500;

/// The result for a fault: of its findings, the one with the shortest counterexample.
struct Row {
    fault: Fault,
    policy: &'static str,
    identity: String,
    runs: u64,
    shrunk: usize,
    certified: usize,
    chain: Vec<Command>,
    time: Duration,
}

#[test]
fn every_fault_is_found_shrunk_and_certified() {
    let rows: Vec<Row> = std::thread::scope(|scope| {
        let half = |odd| {
            scope.spawn(move || Fault::ALL.iter().skip(odd).step_by(2).map(|&fault| row(fault)).collect())
        };
        let halves: Vec<Vec<Row>> =
            [half(0), half(1)].map(|half| half.join().expect("no assertion fails")).into();
        halves.into_iter().flatten().collect()
    });
    println!("{:<24} {:<32} {:>5} shrunk certified seconds finding", "fault", "policy", "runs");
    for row in &rows {
        let Row { fault, policy, identity, runs, shrunk, certified, time, .. } = row;
        println!(
            "{fault:<24} {policy:<32} {runs:>5} {shrunk:>6} {certified:>9} {:>7.1} {identity}",
            time.as_secs_f64()
        );
    }
    let minimal = rows.iter().filter(|row| row.shrunk == row.certified).count();
    println!("the shrinker alone reaches the certified length for {minimal} of {}", rows.len());
    assert!(minimal * 10 >= rows.len() * 9, "shrinking is good enough on the built-in service");
    let page = include_str!("../../README.md");
    for row in &rows {
        let line = format!("| `{}` | {} | {} | {} |", row.fault, row.policy, row.certified, row.identity);
        assert!(page.contains(&line), "README.md lacks the line\n{line}");
    }
    show_the_same_on_postgres(&rows);
}

/// Each counterexample shows the same finding on the other database, which runs the same text.
fn show_the_same_on_postgres(rows: &[Row]) {
    let Some(server) = server() else { return };
    for Row { fault, identity, chain, .. } in rows {
        let mut service = on_postgres(&server, Some(*fault)).expect("the service starts");
        let (setup, config) = (small(policy_for(*fault).1, 1), CheckConfig::of(&service.about()));
        let finding = lockstep::run(&mut service, config, &setup, chain);
        let shown = finding.map(|finding| finding.identity().to_string());
        assert_eq!(shown.as_ref(), Some(identity), "{fault}");
    }
}

#[test]
fn every_fault_is_a_text_of_its_own() {
    let texts: HashSet<_> = Fault::ALL.iter().map(|&fault| sql(Some(fault))).collect();
    assert_eq!(texts.len(), Fault::ALL.len());
    assert!(!texts.contains(&sql(None)));
}

fn sql(fault: Option<Fault>) -> (String, String) {
    let sql = Sql::with(fault).expect("the text has what the fault changes");
    (sql.schema, sql.scripts)
}

fn row(fault: Fault) -> Row {
    let (policy, rules) = policy_for(fault);
    let make = || on_sqlite(Some(fault));
    let about = make().expect("the service starts").about();
    let config = CampaignConfig {
        jobs: std::num::NonZeroUsize::MIN,
        runs: RUNS,
        keep_going: true,
        ..CampaignConfig::new(small(rules, 1), &about)
    };
    let started = Instant::now();
    let result = campaign::run_campaign(&config, &make, &CampaignMonitor::default(), &|_| {})
        .expect("the service starts");
    let first = result.found.first().unwrap_or_else(|| panic!("{fault} is not found under {policy}"));
    let runs = first.origin.expect("a campaign found it").runs();
    let shrink = |found: &Counterexample| -> Result<_, Failure> {
        campaign::shrink(&config, &make, found, &CampaignMonitor::default(), |_, _| {})
    };
    let all = result.found.iter().map(|found| (found, shrink(found).expect("the service starts")));
    let (found, shrunk) = all.min_by_key(|(_, shrunk)| shrunk.commands.len()).expect("there is a first");
    assert_eq!(shrunk.status, ShrinkStatus::OneMinimal, "{fault}");
    assert_eq!(shrunk.finding.identity(), found.finding.identity());
    let length = shrunk.commands.len();
    let monitor = chatwarden_explore::SearchMonitor::default();
    let search = Certifier { config: &config, limits: Limits::default(), monitor: &monitor };
    let certified = search.certify(&make, shrunk, shrink).expect("the service starts");
    let certificate = certified.certificate().expect("there is no limit");
    assert_eq!(certificate.level, CertificateLevel::Product, "{fault}");
    assert_eq!(certificate.below, certified.commands.len(), "{fault}");
    assert_eq!(certified.finding.identity(), found.finding.identity());
    Row {
        fault,
        policy,
        identity: found.finding.identity().to_string(),
        runs,
        shrunk: length,
        certified: certificate.below,
        chain: certified.commands,
        time: started.elapsed(),
    }
}
