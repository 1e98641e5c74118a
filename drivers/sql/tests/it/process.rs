//! The driver as a process: its answers, and that it leaves no process and no file behind.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::server;

/// The time limit of every wait.
const TIMEOUT: Duration = Duration::from_secs(20);

const HELLO: &str =
    r#"{"jsonrpc": "2.0", "id": 1, "method": "hello", "params": {"protocol": 1, "harness": "test"}}"#;
const BYE: &str = r#"{"jsonrpc": "2.0", "id": 2, "method": "bye", "params": {}}"#;

/// A running driver, with the folder of its temporary directories.
struct Driver {
    process: Child,
    answers: BufReader<ChildStdout>,
    folder: tempfile::TempDir,
}

impl Driver {
    fn start(arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("there is a temporary directory");
        // If the test runs as the superuser, the server runs as another user.
        let open = fs::Permissions::from_mode(0o777);
        fs::set_permissions(folder.path(), open).expect("it is the test's own");
        let mut process = Command::new(env!("CARGO_BIN_EXE_chatwarden-sql"))
            .args(arguments)
            .env("TMPDIR", folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the driver starts");
        let answers = BufReader::new(process.stdout.take().expect("it is a pipe"));
        Driver { process, answers, folder }
    }

    fn ask(&mut self, request: &str) -> String {
        let input = self.process.stdin.as_mut().expect("it is a pipe");
        writeln!(input, "{request}").expect("the driver listens");
        let mut answer = String::new();
        self.answers.read_line(&mut answer).expect("the driver answers");
        answer
    }

    /// The process of the server and its directory.
    fn server(&self) -> (u32, PathBuf) {
        let entry = fs::read_dir(self.folder.path()).expect("it can be listed").next();
        let directory = entry.expect("the server has a directory").expect("it can be listed").path();
        let written = fs::read_to_string(directory.join("data/postmaster.pid")).expect("the server runs");
        (written.lines().next().expect("it is not empty").parse().expect("it is a number"), directory)
    }
}

/// A way in which a driver ends.
type End = fn(&mut Driver);

fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let started = Instant::now();
    while !condition() {
        assert!(started.elapsed() < TIMEOUT, "{what}");
        thread::sleep(Duration::from_millis(10));
    }
}

fn runs(process: u32) -> bool {
    // A zombie does not run.
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    stat.rsplit(')').next().is_some_and(|rest| !rest.is_empty() && !rest.trim_start().starts_with('Z'))
}

fn leaves_nothing(process: u32, directory: &Path) {
    wait_until("the server still runs", || !runs(process));
    wait_until("the directory still exists", || !directory.exists());
}

#[test]
fn the_program_introduces_itself_and_says_good_bye() {
    let mut driver = Driver::start(&["--fault", "launcher-only"]);
    let answer = driver.ask(HELLO);
    assert!(
        answer.contains(r#""name":"chatwarden-sql""#) && answer.contains(r#""fidelity":"exact""#),
        "{answer}"
    );
    assert!(driver.ask(BYE).contains("result"));
    assert!(driver.process.wait().expect("it ends").success());
}

#[test]
fn the_server_goes_with_the_driver_however_that_ends() {
    if server().is_none() {
        return;
    }
    let ends: [(&str, End); 3] = [
        ("it says good-bye", |driver| assert!(driver.ask(BYE).contains("result"))),
        ("its input ends", |driver| drop(driver.process.stdin.take())),
        ("it is killed", |driver| driver.process.kill().expect("it runs")),
    ];
    for (what, end) in ends {
        let mut driver = Driver::start(&["--database", "postgres"]);
        assert!(driver.ask(HELLO).contains("result"), "{what}");
        let (process, directory) = driver.server();
        assert!(runs(process), "{what}");
        end(&mut driver);
        driver.process.wait().expect("it ends");
        leaves_nothing(process, &directory);
    }
}

#[test]
fn wrong_arguments_are_refused() {
    let rows = [
        (["--fault", "none"], "possible values"),
        (["--database", "oracle"], "`oracle` is none of sqlite"),
        (["--database", "sqlite:/nowhere/chat.db"], "unable to open"),
    ];
    for (arguments, said) in rows {
        let output = Command::new(env!("CARGO_BIN_EXE_chatwarden-sql"))
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .expect("the driver starts");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && errors.contains(said), "{arguments:?}: {errors}");
    }
}
