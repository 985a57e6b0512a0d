//! A PostgreSQL of our own: an ordinary user's, on a free port of loopback, in a temporary folder.
//!
//! A shell stands beside each server and holds a pipe from this process: when this process ends, in whatever
//! way, the pipe does too, and the shell stops the server and removes the folder.
//!
//! The stories with the real programs (`tests/e2e`) start theirs with this file too.

use std::fs;
use std::io::Write as _;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// Nothing that a server is asked for takes longer, on a busy machine too.
const PATIENCE: Duration = Duration::from_secs(60);

/// Starts the server of the folder `$1` and stops it with the signal that stdin names. When stdin ends without
/// one, nobody is left: then the folder goes too. A signal to the whole group of the test is no reason to go
/// before the server.
const KEEPER: &str = r#"
trap : INT TERM HUP
"$0/postgres" -D "$1/data" >>"$1/log" 2>&1 & server=$!
read -r how
kill -"${how:-QUIT}" $server 2>/dev/null
wait $server
[ -n "$how" ] || rm -rf "$1"
"#;

pub struct Server {
    folder: Option<TempDir>,
    data: PathBuf,
    pub port: u16,
    keeper: Mutex<Option<Child>>,
}

/// The server that all tests share which do not hurt it; none when this machine has no PostgreSQL.
pub fn shared() -> Option<&'static Server> {
    static SHARED: OnceLock<Option<Server>> = OnceLock::new();
    SHARED.get_or_init(|| Server::start(&[])).as_ref()
}

impl Server {
    /// A new server with these lines of configuration.
    pub fn start(settings: &[&str]) -> Option<Self> {
        let Some(bin) = binaries() else {
            // Around the capture of test output: whoever reads the log must see it.
            let _ = writeln!(std::io::stderr(), "skipped: no PostgreSQL binaries found");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        if let Some((uid, gid)) = other_user() {
            chown(folder.path(), Some(uid), Some(gid)).unwrap();
        }
        let data = folder.path().join("data");
        let made = as_user(&bin.join("initdb"))
            .args([
                "-U",
                "postgres",
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--locale=C",
                "-N",
                "-D",
            ])
            .arg(&data)
            .output()
            .unwrap();
        assert!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let server = Self {
            folder: Some(folder),
            data,
            port,
            keeper: Mutex::new(None),
        };
        let port = format!("port = {port}");
        let ours = [
            &port[..],
            "listen_addresses = '127.0.0.1'",
            "unix_socket_directories = ''",
            "max_connections = 200",
            "fsync = on",
            "shared_buffers = 64MB",
        ];
        server.configure(ours.iter().chain(settings));
        server.run();
        Some(server)
    }

    pub fn configure<'a>(&self, lines: impl IntoIterator<Item = &'a &'a str>) {
        let mut file = fs::OpenOptions::new()
            .append(true)
            .open(self.data.join("postgresql.conf"))
            .unwrap();
        for line in lines {
            writeln!(file, "{line}").unwrap();
        }
    }

    /// The folder of the server's files, which its user may read.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// Gives a file to the user of the server, as its keys must be.
    pub fn own(&self, file: &Path) {
        if let Some((uid, gid)) = other_user() {
            chown(file, Some(uid), Some(gid)).unwrap();
        }
    }

    /// Starts it, again after it was stopped, and waits until it answers.
    pub fn run(&self) {
        let bin = binaries().unwrap();
        let deadline = Instant::now() + PATIENCE;
        loop {
            let mut shell = as_user(Path::new("/bin/sh"));
            shell.args(["-c", KEEPER]).arg(&bin);
            shell.args(self.data.parent());
            shell
                .stdin(Stdio::piped())
                .stdout(Stdio::null())
                .stderr(Stdio::null());
            let mut keeper = shell.spawn().unwrap();
            let answers = loop {
                let ready = Command::new(bin.join("pg_isready"))
                    .args(["-q", "-h", "127.0.0.1", "-p", &self.port.to_string()])
                    .status()
                    .unwrap();
                if ready.success() {
                    break true;
                }
                // Right after a kill, processes of the old server may still hold its memory.
                if !self.runs() && keeper_is_alone(&keeper) {
                    break false;
                }
                assert!(Instant::now() < deadline, "{}", self.log());
                std::thread::sleep(Duration::from_millis(20));
            };
            if answers {
                *self.keeper.lock().unwrap() = Some(keeper);
                return;
            }
            // With a signal, since without one the folder goes too: the keeper may only be slow to begin. Of all
            // signals, this one alone reaches a server that the keeper has only just begun.
            if let Some(mut pipe) = keeper.stdin.take() {
                let _ = writeln!(pipe, "KILL");
            }
            keeper.wait().unwrap();
            assert!(Instant::now() < deadline, "{}", self.log());
        }
    }

    /// Asks it to stop as an administrator would: `INT` is a fast shutdown, `QUIT` an immediate one.
    pub fn stop(&self, signal: &str) {
        if let Some(mut keeper) = self.keeper.lock().unwrap().take() {
            if let Some(mut pipe) = keeper.stdin.take() {
                // The shell may have gone.
                let _ = writeln!(pipe, "{signal}");
            }
            keeper.wait().unwrap();
        }
    }

    /// Kills the postmaster and everything of it, at once.
    pub fn kill(&self) {
        let postmaster = self.postmaster().unwrap();
        let children = fs::read_to_string(format!("/proc/{postmaster}/task/{postmaster}/children"));
        let children = children.unwrap_or_default();
        kill_9(postmaster);
        children
            .split_whitespace()
            .for_each(|pid| kill_9(pid.parse().unwrap()));
        self.stop("KILL");
    }

    fn postmaster(&self) -> Option<u32> {
        let file = fs::read_to_string(self.data.join("postmaster.pid")).ok()?;
        file.lines().next()?.trim().parse().ok()
    }

    fn runs(&self) -> bool {
        self.postmaster()
            .is_some_and(|pid| Path::new(&format!("/proc/{pid}")).exists())
    }

    fn log(&self) -> String {
        fs::read_to_string(self.data.with_file_name("log")).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop("QUIT");
        drop(self.folder.take());
    }
}

pub fn kill_9(pid: u32) {
    // It may be gone already.
    let _ = Command::new("kill")
        .args(["-9", &pid.to_string()])
        .stderr(Stdio::null())
        .status();
}

/// Where `initdb` and `postgres` are: on the path, or where Debian puts them.
fn binaries() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path);
    let mut debian: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .collect();
    debian.sort();
    let has_all = |bin: &PathBuf| {
        ["initdb", "postgres", "pg_isready"]
            .iter()
            .all(|name| bin.join(name).exists())
    };
    on_path.chain(debian.into_iter().rev()).find(has_all)
}

/// PostgreSQL refuses to run as root: then it runs as somebody else.
fn other_user() -> Option<(u32, u32)> {
    if fs::metadata("/proc/self").unwrap().uid() != 0 {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").unwrap();
    let find = |name: &str| {
        users.lines().find_map(|line| {
            let mut fields = line.split(':');
            (fields.next()? == name).then_some(())?;
            let uid = fields.nth(1)?.parse().ok()?;
            Some((uid, fields.next()?.parse().ok()?))
        })
    };
    Some(find("postgres").or_else(|| find("nobody")).unwrap())
}

fn as_user(program: &Path) -> Command {
    let mut command = Command::new(program);
    if let Some((uid, gid)) = other_user() {
        command.uid(uid).gid(gid).current_dir("/");
    }
    command
}

/// Whether the shell has no server (any more).
fn keeper_is_alone(keeper: &Child) -> bool {
    let pid = keeper.id();
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
    children.is_ok_and(|children| children.trim().is_empty())
}
