//! A PostgreSQL server of one's own, in a temporary directory, for as long as somebody is connected.
//!
//! It listens on a socket in that directory and nowhere else. A small shell waits on a pipe beside it, and stops it and
//! removes the directory as soon as the pipe is closed: when the server is dropped, and also when this process is
//! killed. Both are in the process group of this process, so that killing the group ends them too.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use ::postgres::{Config, NoTls};
use tempfile::TempDir;

/// How long the server may take until it answers.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long it may take to stop.
const FAREWELL: Duration = Duration::from_secs(10);

/// How long to wait before asking again.
const PAUSE: Duration = Duration::from_millis(10);

/// Where Debian keeps the programs of each version.
const DEBIAN: &str = "/usr/lib/postgresql";

/// How much of the server's log is shown when something fails.
const LOG_LINES: usize = 12;

/// The user of the database is called so, whoever runs the server.
const USER: &str = "chatwarden";

/// Runs the server until the pipe to its standard input is closed, and then removes the directory. The server is
/// stopped at once: nobody needs what it holds.
const KEEPER: &str = r#"
trap : INT TERM HUP
"$1/postgres" -D "$2/data" -k "$2" -c listen_addresses= -c fsync=off -c synchronous_commit=off \
    -c full_page_writes=off -c shared_buffers=16MB -c max_connections=20 </dev/null >"$2/log" 2>&1 &
server=$!
cat >/dev/null
kill -QUIT $server 2>/dev/null
wait $server
rm -rf "$2"
"#;

/// A server that runs.
pub struct Server {
    /// The shell that keeps it.
    keeper: Child,
    directory: TempDir,
}

impl Server {
    /// Makes the files of a server in a temporary directory, starts it and waits until it answers.
    ///
    /// # Errors
    /// If PostgreSQL is not installed, or the server does not start in time; with the end of its log.
    pub fn start() -> Result<Self, String> {
        let programs = programs().ok_or("`initdb` is neither in the path nor in /usr/lib/postgresql")?;
        let directory = tempfile::Builder::new().prefix("chatwarden-sql-").tempdir();
        let directory = directory.map_err(|error| format!("there is no temporary directory: {error}"))?;
        let nobody = unprivileged().map_err(|error| format!("no user to run the server as: {error}"))?;
        if let Some((user, group)) = nobody {
            let owned = chown(directory.path(), Some(user), Some(group));
            owned.map_err(|error| format!("the temporary directory cannot be given away: {error}"))?;
        }
        make_files(&programs, directory.path(), nobody)?;
        let keeper = as_user(Command::new("sh"), nobody)
            .args(["-c", KEEPER, "chatwarden-sql"])
            .args([&programs, directory.path()])
            .current_dir(directory.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("the server cannot be started: {error}"))?;
        let server = Server { keeper, directory };
        server.wait_until_it_answers()?;
        Ok(server)
    }

    /// How it can be connected to.
    pub fn address(&self) -> String {
        format!("host={} user={USER} dbname=postgres", self.directory.path().display())
    }

    fn wait_until_it_answers(&self) -> Result<(), String> {
        let config: Config = self.address().parse().map_err(|error| format!("a bad address: {error}"))?;
        let started = Instant::now();
        loop {
            let Err(error) = config.connect(NoTls) else { return Ok(()) };
            let gone = !self.directory.path().join("data/postmaster.pid").exists();
            if started.elapsed() >= PATIENCE || (gone && started.elapsed() >= PATIENCE / 10) {
                let log = end_of(&self.directory.path().join("log"));
                return Err(format!("the server does not answer: {error}\n{log}"));
            }
            thread::sleep(PAUSE);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let started = Instant::now();
        while started.elapsed() < FAREWELL {
            if !matches!(self.keeper.try_wait(), Ok(None)) {
                return;
            }
            thread::sleep(PAUSE);
        }
        // The shell hangs; the server notices that its directory goes.
        let _ = self.keeper.kill();
        let _ = self.keeper.wait();
    }
}

/// The folder of the programs `initdb` and `postgres`: that of the first in the path, links followed, or the newest
/// that Debian has installed.
fn programs() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let in_path = std::env::split_paths(&path).filter_map(|folder| {
        let program = fs::canonicalize(folder.join("initdb")).ok()?;
        program.parent().map(Path::to_path_buf)
    });
    let versions = fs::read_dir(DEBIAN).into_iter().flatten().flatten();
    let mut of_debian: Vec<_> = versions.map(|version| version.path().join("bin")).collect();
    of_debian.sort_by_key(|folder| {
        let version = folder.parent().and_then(Path::file_name).map(|name| name.to_string_lossy().parse());
        version.and_then(Result::ok).unwrap_or(0_u32)
    });
    in_path
        .chain(of_debian.into_iter().rev())
        .find(|folder| folder.join("initdb").exists() && folder.join("postgres").exists())
}

/// The user and group as whom the server runs, if this process is the superuser's, whom PostgreSQL refuses: its own
/// user, where there is one, else that of nobody.
fn unprivileged() -> io::Result<Option<(u32, u32)>> {
    if fs::metadata("/proc/self")?.uid() != 0 {
        return Ok(None);
    }
    let passwords = fs::read_to_string("/etc/passwd")?;
    let found = ["postgres", "nobody"].iter().find_map(|wanted| {
        let mut fields =
            passwords.lines().find(|line| line.split(':').next() == Some(wanted))?.split(':').skip(2);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    });
    found.map(Some).ok_or_else(|| io::Error::other("there is neither `postgres` nor `nobody`"))
}

fn as_user(mut command: Command, user: Option<(u32, u32)>) -> Command {
    if let Some((user, group)) = user {
        command.uid(user).gid(group);
    }
    command
}

fn make_files(programs: &Path, directory: &Path, user: Option<(u32, u32)>) -> Result<(), String> {
    let log = directory.join("initdb.log");
    let open = || File::create(&log).and_then(|file| Ok((file.try_clone()?, file)));
    let (output, errors) = open().map_err(|error| format!("the log cannot be written: {error}"))?;
    let made = as_user(Command::new(programs.join("initdb")), user)
        .args(["--auth=trust", "--no-sync", "--no-locale", "--encoding=UTF8", "--username", USER])
        .arg("--pgdata")
        .arg(directory.join("data"))
        .current_dir(directory)
        .stdin(Stdio::null())
        .stdout(output)
        .stderr(errors)
        .status()
        .map_err(|error| format!("`initdb` cannot be started: {error}"))?;
    if made.success() { Ok(()) } else { Err(format!("`initdb` failed, {made}\n{}", end_of(&log))) }
}

fn end_of(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(LOG_LINES)..].join("\n")
}
