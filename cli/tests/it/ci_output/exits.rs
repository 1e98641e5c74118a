//! Every way to end leaves complete reports, in which it is told: errors before and in the work, streams and disks that
//! are full, and signals. `junit` and `sarif` read the reports with their schemas.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::junit::junit;
use super::sarif::{results, sarif};
use super::{code, command, findings, folder, json_lines, strangers, text, write};

/// All reports.
const REPORTS: [&str; 5] = ["--json", "--junit", "out.xml", "--sarif", "out.sarif"];

/// An old report, which another takes the place of.
const OLD: &str = "an old report";

/// A CI system kills a program ten seconds after SIGTERM.
const PATIENCE: Duration = Duration::from_secs(8);

/// The program in a step of GitHub Actions.
fn on_github(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = command(folder, arguments);
    command.env("GITHUB_ACTIONS", "true").stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn start(mut command: Command) -> Child {
    command.spawn().expect("the program starts")
}

/// Waits until it is so.
#[track_caller]
fn wait_until(is_so: impl Fn() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < Duration::from_secs(60), "it does not get there");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Sends SIGTERM, and says how the program ended, which does not take long.
#[track_caller]
fn terminated(child: Child) -> Output {
    let started = Instant::now();
    assert!(Command::new("kill").arg(child.id().to_string()).status().expect("there is a kill").success());
    let output = child.wait_with_output().expect("it ends");
    assert!(started.elapsed() < PATIENCE, "it took {:?}", started.elapsed());
    output
}

/// The files tell why the work was not done.
#[track_caller]
fn files_tell(folder: &Path, why: &str) {
    let report = junit(folder, "out.xml");
    let error = report.lines().find(|line| line.contains(r#"<error type="incomplete""#));
    assert!(error.is_some_and(|error| error.contains(why)), "{report}");
    let document = sarif(folder);
    let invocation = &document["runs"][0]["invocations"][0];
    let notification = &invocation["toolExecutionNotifications"][0]["message"]["text"];
    assert_eq!(invocation["executionSuccessful"], false);
    assert!(notification.as_str().is_some_and(|text| text.contains(why)), "{document}");
}

/// The streams tell it as well: the last JSON line, and an annotation.
#[track_caller]
fn streams_tell(output: &Output, why: &str) {
    let lines = json_lines(output);
    let last = lines.last().expect("there is a line");
    assert_eq!(last["type"], "error");
    assert!(last["message"].as_str().is_some_and(|text| text.contains(why)), "{last}");
    let (told, start) = (text(&output.stderr), "::error title=incomplete::");
    let annotation = told.lines().find_map(|line| line.strip_prefix(start)).expect("it is an annotation");
    assert!(annotation.contains(why), "{annotation}");
}

#[test]
fn whatever_keeps_a_subcommand_from_its_work_is_in_every_report() {
    let folder = folder();
    write(folder.path(), "broken.json", "{");
    write(folder.path(), "right.json", &strangers("right", "deny"));
    for (arguments, exit, why) in [
        (&["fuzz", "--adapter", "exec:/no/such/driver"][..], 2, "`/no/such/driver` cannot be started"),
        (&["fuzz", "--adapter", "exec:true"], 3, "exited with code 0 instead of answering `hello`"),
        (&["explore", "--adapter", "exec:true"], 3, "exited with code 0 instead of answering `hello`"),
        (&["check-driver", "true"], 3, "exited with code 0 instead of answering `hello`"),
        (&["replay", "right.json", "--baseline", "broken.json"], 2, "broken.json:1:1: not JSON"),
        (&["explore", "--baseline", "missing.json"], 2, "missing.json: cannot be read"),
        (&["suite", "--policy", "adder-only", "--out", "/dev/null/x"], 2, "cannot write to /dev/null/x"),
        (&["shrink", "broken.json"], 2, "broken.json:1:1: not JSON"),
        (&["explore", "--policy", "broken.json"], 2, "broken.json:1:1: not JSON"),
        (&["replay"], 2, "required arguments were not provided"),
    ] {
        ["out.xml", "out.sarif"].into_iter().for_each(|file| write(folder.path(), file, OLD));
        let output = on_github(folder.path(), &[arguments, &REPORTS].concat()).output().expect("it starts");
        assert_eq!(code(&output), exit, "{arguments:?}: {}", text(&output.stderr));
        files_tell(folder.path(), why);
        streams_tell(&output, why);
    }
}

#[test]
fn a_report_that_cannot_be_written_keeps_no_other_from_being_complete() {
    let folder = folder();
    let path = folder.path();
    let fuzz = ["fuzz", "--fault", "launcher-only", "--junit", "out.xml", "--sarif"];
    let full = || File::create("/dev/full").expect("there is a full device");

    let output =
        command(path, &[&fuzz[..], &["out.sarif"]].concat()).stdout(full()).output().expect("it starts");
    assert_eq!((code(&output), text(&output.stderr).contains("No space left")), (2, true));
    assert!(junit(path, "out.xml").contains(r#"failures="1""#));
    assert_eq!(results(&sarif(path)).len(), 1);

    fs::remove_file(path.join("out.xml")).expect("it was written");
    let output = command(path, &[&fuzz[..], &["/dev/full", "--json"]].concat()).output().expect("it starts");
    assert_eq!((code(&output), text(&output.stderr).contains("/dev/full: No space left")), (2, true));
    assert_eq!(findings(&json_lines(&output)).len(), 1);
    assert!(junit(path, "out.xml").contains(r#"failures="1""#));

    let output = command(path, &["fuzz", "--adapter", "memry"]).stderr(full()).output().expect("it starts");
    assert_eq!(code(&output), 2, "an error that nobody can read is no panic");
}

#[test]
fn without_further_threads_the_work_is_done_on_one() {
    let folder = folder();
    let driver = concat!("exec:'", env!("CARGO_BIN_EXE_chatwarden"), "' serve");
    for (arguments, exit) in [
        (&["fuzz", "--fault", "launcher-only", "--jobs", "2"][..], 1),
        (&["fuzz", "--adapter", driver, "--runs", "20", "--jobs", "2"], 0),
        (&["explore", "--depth", "6", "--jobs", "2"], 0),
        (&["explore", "--fault", "launcher-only", "--depth", "3", "--jobs", "2"], 1),
    ] {
        // No thread can have a stack of so many bytes.
        let mut command = command(folder.path(), arguments);
        let output = command.env("RUST_MIN_STACK", "1000000000000000").output().expect("it starts");
        assert_eq!(code(&output), exit, "{arguments:?}: {}", text(&output.stderr));
    }
}

#[test]
fn a_file_that_may_not_grow_is_an_error_and_leaves_the_old_one() {
    let folder = folder();
    write(folder.path(), "out.xml", OLD);
    let program = env!("CARGO_BIN_EXE_chatwarden");
    let mut shell = Command::new("bash");
    shell.args(["-c", &format!("ulimit -f 0; exec '{program}' fuzz --runs 1 --junit out.xml")]);
    let output = shell.current_dir(folder.path()).output().expect("there is a shell");
    assert_eq!(output.status.code(), Some(2), "no signal ends it");
    assert!(text(&output.stderr).contains("out.xml: File too large"), "{}", text(&output.stderr));
    assert_eq!(fs::read_to_string(folder.path().join("out.xml")).expect("it is there"), OLD);
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1, "nothing is left behind");
}

#[test]
fn files_have_the_mode_of_any_new_file_and_links_to_them_stay() {
    let folder = folder();
    write(folder.path(), "new", "");
    let link = folder.path().join("link.json");
    std::os::unix::fs::symlink("known.json", &link).expect("a link can be made");
    let reports =
        ["--junit", "out.xml", "--sarif", "out.sarif", "--baseline", "link.json", "--update-baseline"];
    let output =
        super::chatwarden(folder.path(), &[&["fuzz", "--fault", "over-strict"][..], &reports].concat());
    assert_eq!(code(&output), 0, "{}", text(&output.stderr));
    let mode = |path: &Path| fs::metadata(path).expect("it is written").permissions().mode();
    let found = fs::read_dir(folder.path().join("scenarios/found")).expect("it is saved");
    let written = ["out.xml", "out.sarif", "known.json"].map(|file| folder.path().join(file));
    for file in written.into_iter().chain(found.map(|entry| entry.expect("an entry").path())) {
        assert_eq!(mode(&file), mode(&folder.path().join("new")), "{}", file.display());
    }
    assert!(link.is_symlink());
}

#[test]
fn two_reports_in_one_file_are_wrong_usage_however_it_is_named() {
    let folder = folder();
    write(folder.path(), "out.xml", OLD);
    std::os::unix::fs::symlink("missing.xml", folder.path().join("link.xml")).expect("a link can be made");
    for [junit, sarif] in [["out.xml", "./out.xml"], ["missing.xml", "link.xml"]] {
        let output =
            super::chatwarden(folder.path(), &["replay", "x.json", "--junit", junit, "--sarif", sarif]);
        assert_eq!(code(&output), 2);
        assert!(text(&output.stderr).contains("name the same file"), "{}", text(&output.stderr));
    }
    assert_eq!(fs::read_to_string(folder.path().join("out.xml")).expect("it is there"), OLD);
    assert!(!folder.path().join("missing.xml").exists());
}

#[test]
fn a_pipe_in_a_folder_is_unreadable_and_one_that_is_named_is_read() {
    let folder = folder();
    write(folder.path(), "all/right.json", &strangers("right", "deny"));
    for pipe in ["all/pipe.json", "wrong.json"] {
        assert!(
            Command::new("mkfifo").arg(folder.path().join(pipe)).status().expect("there is mkfifo").success()
        );
    }
    let output = super::chatwarden(folder.path(), &["replay", "all", "--json"]);
    let lines = json_lines(&output);
    let types: Vec<_> = lines.iter().map(|line| (&line["type"], &line["file"])).collect();
    let [scenario, error] = ["scenario", "error"].map(Value::from);
    assert_eq!(types, [(&error, &"all/pipe.json".into()), (&scenario, &"all/right.json".into())]);
    assert_eq!(code(&output), 2);

    thread::scope(|scope| {
        scope.spawn(|| write(folder.path(), "wrong.json", &strangers("wrong", "allow")));
        let output = on_github(folder.path(), &["replay", "wrong.json"]).output().expect("it starts");
        assert_eq!(code(&output), 1, "{}", text(&output.stderr));
        assert!(
            text(&output.stdout).contains("::error file=wrong.json,title=mismatch::"),
            "{}",
            text(&output.stdout)
        );
    });
}

#[test]
fn sigterm_ends_a_campaign_at_once_with_what_was_found() {
    let folder = folder();
    write(folder.path(), "out.xml", OLD);
    let fuzz = ["fuzz", "--fault", "launcher-only", "--keep-going", "--time", "60s"];
    let child = start(on_github(folder.path(), &[&fuzz[..], &REPORTS].concat()));
    let found = folder.path().join("scenarios/found");
    wait_until(|| fs::read_dir(&found).is_ok_and(|drafts| drafts.count() > 0));
    assert_eq!(fs::read_to_string(folder.path().join("out.xml")).expect("it is there"), OLD, "until the end");
    let output = terminated(child);
    assert_eq!(code(&output), 1);
    files_tell(folder.path(), "SIGTERM");
    streams_tell(&output, "SIGTERM");
    assert!(text(&output.stderr).contains("told to end: what was found is saved and reported"));
    let lines = json_lines(&output);
    let findings = findings(&lines);
    assert!(!findings.is_empty() && findings.len() == fs::read_dir(&found).expect("a folder").count());
    assert_eq!(results(&sarif(folder.path())).len(), findings.len());
}

/// Ends the program with SIGTERM when it is stuck. The files tell it.
#[track_caller]
fn ends_when_stuck(folder: &Path, arguments: &[&str], is_stuck: impl Fn(&Child) -> bool) -> String {
    let child = start(on_github(folder, &[arguments, &REPORTS].concat()));
    wait_until(|| is_stuck(&child));
    let output = terminated(child);
    assert_eq!(code(&output), 143, "{arguments:?}: {}", text(&output.stderr));
    files_tell(folder, "SIGTERM");
    text(&output.stderr)
}

#[test]
#[cfg(target_os = "linux")]
fn no_subcommand_waits_for_a_driver_after_sigterm() {
    let driver = concat!("python3 '", env!("CARGO_MANIFEST_DIR"), "/tests/it/misbehaving/driver.py'");
    let driver = format!("{driver} silent-after-hello exits");
    let adapter = format!("exec:{driver}");
    let has_driver = |child: &Child| {
        let id = child.id();
        fs::read_to_string(format!("/proc/{id}/task/{id}/children")).is_ok_and(|ids| !ids.is_empty())
    };
    let subcommands: [&[&str]; 5] = [
        &["fuzz", "--adapter", &adapter],
        &["explore", "--adapter", &adapter],
        &["replay", "right.json", "--adapter", &adapter],
        &["shrink", "right.json", "--adapter", &adapter],
        &["check-driver", &driver],
    ];
    thread::scope(|scope| {
        for arguments in subcommands {
            scope.spawn(move || {
                let folder = folder();
                write(folder.path(), "right.json", &strangers("right", "deny"));
                let patient = [arguments, &["--timeout", "60s"]].concat();
                let told = ends_when_stuck(folder.path(), &patient, has_driver);
                assert!(!told.contains("error: SIGTERM"), "{arguments:?} returns by itself: {told}");
                assert_eq!(
                    results(&sarif(folder.path())).len(),
                    0,
                    "an answer that was cut short is no finding"
                );
                assert!(!folder.path().join("scenarios").exists());
            });
        }
    });
}

#[test]
fn sigterm_does_not_wait_for_a_reader() {
    let (folder, started) = (folder(), Instant::now());
    // The coverage is longer than a pipe can hold, and nobody reads it.
    let fuzz = ["fuzz", "--runs", "10", "--coverage"];
    ends_when_stuck(folder.path(), &fuzz, |_| started.elapsed() > Duration::from_secs(1));
}
