//! A PostgreSQL server in a temporary directory.
//!
//! The server listens only on a socket in that directory. It is in the process group of this process, so a signal
//! to the group ends it too. A keeper, a shell in a process group of its own, waits on a pipe. The pipe is closed
//! when the server is dropped or this process ends. Then the keeper stops the server and removes the directory.

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

/// The time limit for the server to answer.
const START_TIMEOUT: Duration = Duration::from_secs(30);

/// The time limit for the server to stop.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);

/// The time between two checks.
const PAUSE: Duration = Duration::from_millis(10);

/// The folder of Debian with the programs of each version.
const DEBIAN: &str = "/usr/lib/postgresql";

/// The number of lines of the server's log in an error.
const LOG_LINES: usize = 12;

/// The user of the database, whatever user runs the server.
const USER: &str = "chatwarden";

/// The server listens on no address, and its data need not survive a loss of power. The last two settings let it
/// remember more transactions, and their reads, exactly.
const SETTINGS: [&str; 7] = [
    "listen_addresses=",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "shared_buffers=16MB",
    "max_connections=100",
    "max_pred_locks_per_transaction=256",
];

/// The script of the keeper. It waits until its standard input is closed, stops the process `$1` if that is still
/// the server of the directory `$2`, and removes the directory. The server stops without saving its data.
const KEEPER: &str = r#"
cat >/dev/null
[ "$(head -n 1 "$2/data/postmaster.pid" 2>/dev/null)" = "$1" ] && kill -QUIT "$1"
while kill -0 "$1" 2>/dev/null; do sleep 0.01; done
rm -rf "$2"
"#;

/// A running server. [`Server::start`] has an example.
#[derive(Debug)]
pub struct Server {
    postgres: Child,
    /// `None` only while the server starts.
    keeper: Option<Child>,
    directory: TempDir,
}

impl Server {
    /// Creates the files of a server in a temporary directory, starts it and waits until it answers.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use chatwarden_sql::database::{postgres::Postgres, server::Server};
    /// match Server::start() {
    ///     Ok(server) => assert!(Postgres::at_server(&Arc::new(server)).is_ok()),
    ///     Err(why) => eprintln!("PostgreSQL cannot be started here: {why}"),
    /// }
    /// ```
    ///
    /// # Errors
    /// If PostgreSQL is not installed, or the server does not start in time. The error has the end of the log.
    pub fn start() -> Result<Self, String> {
        let programs = programs().ok_or("`initdb` is neither in the path nor in /usr/lib/postgresql")?;
        let directory = tempfile::Builder::new().prefix("chatwarden-sql-").tempdir();
        let directory = directory.map_err(|error| format!("cannot create a temporary directory: {error}"))?;
        let nobody = unprivileged().map_err(|error| format!("no user can run the server: {error}"))?;
        if let Some((user, group)) = nobody {
            let owned = chown(directory.path(), Some(user), Some(group));
            owned.map_err(|error| format!("cannot change the owner of the temporary directory: {error}"))?;
        }
        create_files(&programs, directory.path(), nobody)?;
        let postgres = spawn_server(&programs, directory.path(), nobody);
        let postgres = postgres.map_err(|error| format!("cannot start the server: {error}"))?;
        let mut server = Server { postgres, keeper: None, directory };
        server.keeper = Some(
            server
                .spawn_keeper(nobody)
                .map_err(|error| format!("cannot start the keeper of the server: {error}"))?,
        );
        server.wait_until_it_answers()?;
        Ok(server)
    }

    /// The connection string.
    pub fn address(&self) -> String {
        format!("host={} user={USER} dbname=postgres", self.directory.path().display())
    }

    fn spawn_keeper(&self, user: Identity) -> io::Result<Child> {
        as_user(Command::new("sh"), user)
            .args(["-c", KEEPER, "chatwarden-sql", &self.postgres.id().to_string()])
            .arg(self.directory.path())
            .current_dir("/")
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
    }

    fn wait_until_it_answers(&mut self) -> Result<(), String> {
        let config: Config = self.address().parse().map_err(|error| format!("bad address: {error}"))?;
        let started = Instant::now();
        loop {
            let Err(error) = config.connect(NoTls) else { return Ok(()) };
            let ended = !matches!(self.postgres.try_wait(), Ok(None));
            if ended || started.elapsed() >= START_TIMEOUT {
                let log = end_of(&self.directory.path().join("log"));
                return Err(format!("the server does not answer: {error}\n{log}"));
            }
            thread::sleep(PAUSE);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let keeper = self.keeper.take().map(|mut keeper| {
            drop(keeper.stdin.take());
            keeper
        });
        if keeper.is_none() {
            // The start failed before the keeper ran, so the server must be stopped here.
            let _ = self.postgres.kill();
        }
        // The keeper sees the process until its parent has waited for it, so the server is waited for first.
        wait_or_kill(&mut self.postgres);
        keeper.into_iter().for_each(|mut keeper| wait_or_kill(&mut keeper));
    }
}

/// Waits until the process ends, and kills it after the time limit.
fn wait_or_kill(process: &mut Child) {
    let started = Instant::now();
    while matches!(process.try_wait(), Ok(None)) {
        if started.elapsed() >= STOP_TIMEOUT {
            let _ = process.kill();
            let _ = process.wait();
            return;
        }
        thread::sleep(PAUSE);
    }
}

/// The user and group of the server; `None` if they are those of this process.
type Identity = Option<(u32, u32)>;

/// Starts the server on its files.
fn spawn_server(programs: &Path, directory: &Path, user: Identity) -> io::Result<Child> {
    let log = File::create(directory.join("log"))?;
    as_user(Command::new(programs.join("postgres")), user)
        .arg("-D")
        .arg(directory.join("data"))
        .arg("-k")
        .arg(directory)
        .args(SETTINGS.iter().flat_map(|setting| ["-c", setting]))
        .current_dir(directory)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()
}

/// The folder of the programs `initdb` and `postgres`: the first in the path, with links resolved, or the newest
/// version that Debian installed.
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

/// The user of the server if this process runs as the superuser, which PostgreSQL refuses: `postgres` if that
/// user exists, else `nobody`.
fn unprivileged() -> io::Result<Identity> {
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

fn as_user(mut command: Command, user: Identity) -> Command {
    if let Some((user, group)) = user {
        command.uid(user).gid(group);
    }
    command
}

fn create_files(programs: &Path, directory: &Path, user: Identity) -> Result<(), String> {
    let log = directory.join("initdb.log");
    let open = || File::create(&log).and_then(|file| Ok((file.try_clone()?, file)));
    let (output, errors) = open().map_err(|error| format!("cannot write the log: {error}"))?;
    let made = as_user(Command::new(programs.join("initdb")), user)
        .args(["--auth=trust", "--no-sync", "--no-locale", "--encoding=UTF8", "--username", USER])
        .arg("--pgdata")
        .arg(directory.join("data"))
        .current_dir(directory)
        .stdin(Stdio::null())
        .stdout(output)
        .stderr(errors)
        .status()
        .map_err(|error| format!("cannot start `initdb`: {error}"))?;
    if made.success() { Ok(()) } else { Err(format!("`initdb` failed, {made}\n{}", end_of(&log))) }
}

fn end_of(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(LOG_LINES)..].join("\n")
}
