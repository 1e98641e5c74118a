//! Drivers that answer wrongly. Each fails the check of its mistake, with advice. Checks that would then be
//! meaningless are skipped. Drivers that do not keep the protocol are tested in `misbehaving`.
//!
//! The table at the head of `driver_check/driver.py` describes each mistake and names the check that fails.

use std::path::Path;

use crate::cli::{chatwarden, code, json_lines};

const DRIVER: &str = include_str!("driver_check/driver.py");

/// A row of the driver's table: the way, and the check.
fn ways() -> Vec<(&'static str, &'static str)> {
    let table = DRIVER.split("\"\"\"").nth(1).expect("the driver has a header");
    let rows = table.lines().filter_map(|line| line.strip_prefix("  "));
    rows.map(|row| {
        let mut words = row.split_whitespace();
        (words.next().expect("a row has a way"), words.next().expect("a row has a check"))
    })
    .collect()
}

#[test]
fn each_way_of_being_wrong_fails_its_check() {
    let ways = ways();
    // Most of the time is spent waiting.
    std::thread::scope(|scope| {
        for some in ways.chunks(ways.len().div_ceil(4)) {
            scope.spawn(|| each_fails_its_check(some));
        }
    });
}

fn each_fails_its_check(ways: &[(&str, &str)]) {
    for &(way, check) in ways {
        let driver = format!("python3 cli/tests/it/driver_check/driver.py {way}");
        let arguments = ["check-driver", &driver, "--timeout", "5s", "--json"];
        let output = chatwarden(Path::new(crate::ROOT), &arguments);
        let lines = json_lines(&output);
        assert_eq!(lines.len(), 8, "{way}: a line for each check");
        let of = |outcome: &str| -> Vec<&str> {
            let lines = lines.iter().filter(|line| line["outcome"] == outcome);
            lines.map(|line| line["name"].as_str().expect("a check has a name")).collect()
        };
        if check == "-" {
            assert_eq!((of("passed").len(), code(&output)), (8, 0), "{way}: {lines:#?}");
            continue;
        }
        // Whoever fails another check may well be found to be not exact, too.
        let failed: Vec<_> =
            of("failed").into_iter().filter(|name| check == "fidelity" || *name != "fidelity").collect();
        assert_eq!(failed, [check], "{way}: {lines:#?}");
        let failed = lines.iter().find(|line| line["outcome"] == "failed").expect("one failed");
        assert!(!failed["message"].as_str().expect("it has a message").is_empty());
        // Who stays after `bye` does not keep the protocol, which the message says; to all else there is advice.
        let protocol = check == "bye";
        assert_eq!(failed["mend"].is_null(), protocol, "{way}: {failed}");
        assert_eq!(code(&output), if protocol { 3 } else { 1 }, "{way}");
        let ground = ["answers", "repeatable", "observe", "reset"].contains(&check);
        assert_eq!(of("skipped").is_empty(), !ground, "{way}: {lines:#?}");
    }
}
