//! Drivers that misbehave. Each run ends soon and with the right outcome. The message says what was wrong and
//! where to read on. No process is left behind, and no earlier finding is lost.
//!
//! The table at the head of `misbehaving/driver.py` describes each mode and its outcome.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

const DRIVER: &str = include_str!("misbehaving/driver.py");

/// How long a campaign may take: it waits in vain some times while it shrinks, and the machine may be busy.
const LIMIT: Duration = Duration::from_secs(60);

/// The modes in which something is waited for in vain. They have a short time limit, and all others one that is long enough
/// for the busiest machine, since a driver's start counts as well.
const WAITING: &[&str] = &[
    "silent",
    "silent-after-hello",
    "silent-in-the-middle",
    "half-a-line",
    "out-of-order",
    "stubborn",
    "loud-and-silent",
    "closed-output",
    "closed-input",
    "dripping",
    "stays-after-bye",
    "silent-bye",
    "loud-bye",
];

/// Words that the message about a mode must have, besides those that follow from the outcome.
const WORDS: &[(&str, &[&str])] = &[
    ("silent", &["did not answer `hello` within 2s", "#time"]),
    ("silent-after-hello", &["did not answer `reset` within 2s", "#time"]),
    ("silent-in-the-middle", &["within 2s", "#time"]),
    ("half-a-line", &["the line so far is `{\"jsonrpc\": \"2.0\", \"`", "#time"]),
    ("half-a-line-and-exit", &["exited with code 0", "the line so far is", "#lines"]),
    ("no-line-feed", &["a line of more than 1 MiB", "`xxx", "#lines"]),
    ("too-long-a-line", &["a line of more than 1 MiB", "#lines"]),
    ("blank-line", &["the text is empty"]),
    ("wrong-id", &["its id is 31, out of turn; expected 30"]),
    ("text-id", &["found a string"]),
    ("null-id", &["its id is null; expected 30"]),
    ("no-id", &["an answer needs the field `id`"]),
    ("out-of-order", &["its id is 31, out of turn; expected 30"]),
    ("twice", &["its id is 30", "expected 31"]),
    ("unasked", &["its id is 0", "expected 1", "#hello"]),
    ("not-utf8", &["byte 0xff is not UTF-8"]),
    ("not-json", &["not JSON", "`warning: the cache is cold`"]),
    ("not-an-object", &["expected an object (an answer), found a list"]),
    ("deep", &["[[[", "(100000 bytes)"]),
    ("huge-number", &["999"]),
    ("nan", &["not JSON", "NaN"]),
    ("no-version", &["an answer needs the field `jsonrpc`"]),
    ("both", &["an answer has either a `result` or an `error`, not both"]),
    ("neither", &["an answer needs the field `result`"]),
    ("null-result", &["found `null`"]),
    ("duplicate-field", &["the field `decision` stands twice", "#apply"]),
    ("unknown-field", &["has no field `remark`"]),
    ("unknown-decision", &["unknown decision `maybe`", "#apply"]),
    ("unknown-receiver", &["unknown user `zac`", "#apply"]),
    ("repeated-receiver", &["is named twice", "#apply"]),
    ("no-receivers", &["needs the field `delivered`", "#apply"]),
    ("unknown-member", &["unknown user `zac`", "#observe"]),
    ("unknown-group", &["unknown group `g9`", "#observe"]),
    ("undeclared-part", &["`hello` did not list `link`", "#observe"]),
    ("missing-part", &["a group needs the field `phase`", "#observe"]),
    ("exit", &["exited with code 0", "#lines"]),
    ("exit-with-words", &["exited with code 3", "the database is on fire", "#lines"]),
    ("killed", &["was killed by signal 9", "#lines"]),
    ("stubborn", &["within 2s", "#time"]),
    ("orphan", &["exited with code 0", "#lines"]),
    ("loud-and-silent", &["within 2s", "its standard error ends in", "oh no", "#time"]),
    ("garbage", &["`garbage`"]),
    ("empty-objects", &["the line is `{}`"]),
    ("closed-output", &["closed its standard output", "#lines"]),
    ("closed-input", &["within 2s", "#time"]),
    ("protocol-three", &["expected version 1 or 2 of the protocol, found `3`", "#hello"]),
    ("unknown-command", &["`inviet`", "did you mean `invite`", "#hello"]),
    ("no-commands", &["at least one command", "#hello"]),
    ("no-hello", &["error -32603: no configuration", "#errors"]),
    ("dripping", &["within 2s", "the line so far is", "#time"]),
    ("no-reset", &["error 5: the tables are locked", "#errors"]),
    ("stubborn-and-loud", &["the line is `no`"]),
    ("indefinite", &["no definite answer: no reply from the gateway"]),
    ("failing", &["error 5: null pointer", "#errors"]),
    ("unobservable", &["answered `observe` with error 5: the replica is gone", "#errors"]),
    ("denying", &["breaks the promise refusal"]),
    ("unstable", &["breaks the promise no-strangers"]),
    ("dies-with-a-finding", &["breaks the promise no-strangers"]),
];

/// A row of the driver's table: the mode, and the outcome that is expected.
fn modes() -> Vec<(&'static str, &'static str)> {
    let table = DRIVER.split("\"\"\"").nth(1).expect("the driver has a header");
    let rows = table.lines().filter_map(|line| line.strip_prefix("  "));
    rows.map(|row| {
        let mut words = row.split_whitespace();
        (words.next().expect("a row has a mode"), words.next().expect("a row has an outcome"))
    })
    .collect()
}

/// Whether a process is left one of whose arguments is the mark. One that was killed may take a moment to go.
fn is_left(mark: &str) -> bool {
    let given_up = Instant::now() + Duration::from_secs(5);
    while is_there(mark) {
        if Instant::now() > given_up {
            return true;
        }
        thread::sleep(Duration::from_millis(20));
    }
    false
}

/// Whether there is a process one of whose arguments is the mark.
fn is_there(mark: &str) -> bool {
    let processes = fs::read_dir("/proc").expect("this system shows its processes").flatten();
    processes.map(|entry| entry.path()).any(|process| {
        // A process that ends meanwhile cannot be read and is not left.
        let line = fs::read(process.join("cmdline")).unwrap_or_default();
        line.split(|byte| *byte == 0).any(|argument| argument == mark.as_bytes())
    })
}

fn saved(folder: &Path, prefix: &str) -> usize {
    let files = fs::read_dir(folder).expect("it can be listed").flatten();
    files.filter(|file| file.file_name().to_string_lossy().starts_with(prefix)).count()
}

/// The mistakes in the way a campaign against this mode ends; none if it ends as it should.
fn complaints(mode: &str, outcome: &str) -> Vec<String> {
    let mark = format!("mark-{mode}-{}", std::process::id());
    let folder = tempfile::tempdir().expect("a folder can be made");
    let timeout = if WAITING.contains(&mode) { "2s" } else { "30s" };
    let started = Instant::now();
    let output = Command::new(env!("CARGO_BIN_EXE_chatwarden"))
        .args([
            "fuzz",
            "--adapter",
            &format!("exec:python3 cli/tests/it/misbehaving/driver.py {mode} {mark}"),
        ])
        .args(["--jobs", "1", "--runs", "50", "--timeout", timeout, "--restarts", "0"])
        .args(["--shrink-time", "1ms", "--save"])
        .arg(folder.path())
        .current_dir(crate::ROOT)
        .output()
        .expect("the program runs");
    let took = started.elapsed();
    let told =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    println!("{mode:<24} {outcome:<12} {:>6.2} s", took.as_secs_f64());

    let (code, file) = match outcome {
        "conforms" => (0, None),
        "inconclusive" => (3, None),
        "finding" | "unstable" => (1, Some("broken-promise")),
        other => panic!("`{other}` is no outcome"),
    };
    let mut wrong = Vec::new();
    let mut expect = |holds: bool, what: String| {
        if !holds {
            wrong.push(format!("{mode}: {what}\n{told}"));
        }
    };
    expect(output.status.code() == Some(code), format!("{} instead of {code}", output.status));
    expect(took < LIMIT, format!("it took {took:?}"));
    expect(!is_left(&mark), "it left a process".into());
    expect(file.is_none_or(|prefix| saved(folder.path(), prefix) > 0), "the finding is not on disk".into());
    expect(!told.contains("panicked"), "the harness panicked".into());
    let named = matches!(outcome, "inconclusive" | "unstable");
    expect(!named || told.contains(outcome), format!("it does not say {outcome}"));
    let words = WORDS.iter().filter(|(name, _)| *name == mode).flat_map(|(_, words)| *words);
    words.for_each(|word| expect(told.contains(word), format!("it does not say {word}")));
    wrong
}

#[test]
fn every_misbehaving_driver_ends_in_its_outcome_and_leaves_nothing_behind() {
    let modes = modes();
    assert!(modes.len() >= 25, "the table has {} rows", modes.len());
    let next = AtomicUsize::new(0);
    // Most of the time is spent waiting for what does not come.
    let wrong: Vec<String> = thread::scope(|scope| {
        let work = || {
            let mut wrong = Vec::new();
            while let Some((mode, outcome)) = modes.get(next.fetch_add(1, Relaxed)) {
                wrong.extend(complaints(mode, outcome));
            }
            wrong
        };
        let workers: Vec<_> = (0..6).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("no outcome is misspelt")).collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Starts a campaign against a driver that hangs and ignores every signal that can be ignored, interrupts it so many times,
/// and says with which code it ended and after how long.
fn interrupted(signal: &str, times: usize) -> (Option<i32>, Duration) {
    let mark = format!("mark-{signal}-{times}-{}", std::process::id());
    let folder = tempfile::tempdir().expect("a folder can be made");
    let hanging = folder.path().join("hanging");
    let driver =
        format!("exec:python3 cli/tests/it/misbehaving/driver.py stubborn {mark} {}", hanging.display());
    let mut campaign = Command::new(env!("CARGO_BIN_EXE_chatwarden"))
        .args(["fuzz", "--adapter", &driver])
        .args(["--jobs", "2", "--timeout", "20s", "--save"])
        .arg(folder.path())
        .current_dir(crate::ROOT)
        .stdout(Stdio::null())
        .spawn()
        .expect("the program runs");
    // The driver makes the file when it has read a request that it will never answer.
    let given_up = Instant::now() + LIMIT;
    while !hanging.exists() {
        assert!(Instant::now() < given_up, "the driver was never asked");
        thread::sleep(Duration::from_millis(20));
    }
    let started = Instant::now();
    for _ in 0..times {
        let sent = Command::new("kill").args([&format!("-{signal}"), &campaign.id().to_string()]).status();
        assert!(sent.expect("there is a kill").success());
        thread::sleep(Duration::from_millis(100));
    }
    let status = campaign.wait().expect("it ends");
    assert!(!is_left(&mark), "{times} times {signal} leave a process");
    (status.code(), started.elapsed())
}

#[test]
fn who_presses_ctrl_c_twice_does_not_wait_for_a_driver() {
    for (signal, exit) in [("INT", 130), ("TERM", 143)] {
        let (code, took) = interrupted(signal, 2);
        assert_eq!(code, Some(exit));
        assert!(took < Duration::from_secs(2), "{signal}: {took:?}");
    }
}

#[test]
fn the_tables_are_about_the_same_modes() {
    let modes = modes();
    for mode in WORDS.iter().map(|(mode, _)| mode).chain(WAITING) {
        assert!(modes.iter().any(|(name, _)| name == mode), "`{mode}` is no mode");
    }
    for (mode, outcome) in &modes {
        let described = WORDS.iter().any(|(name, _)| name == mode);
        assert!(described || *outcome == "conforms", "nothing is expected to be said about `{mode}`");
        assert_eq!(DRIVER.matches(&format!("\"{mode}\":")).count(), 1, "`{mode}` is not carried out once");
    }
}
