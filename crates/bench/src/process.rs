//! Servers in processes of their own, so that client and server stand to each other as they would
//! elsewhere and none shares its allocator or its runtime with another.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, ensure};

/// What `/proc` counts CPU time in: always hundredths of a second towards programs.
const TICKS_PER_SECOND: u32 = 100;

/// The id of a process.
#[derive(Clone, Copy, Debug)]
pub struct Pid(u32);

impl Pid {
    /// This process.
    pub fn own() -> Self {
        Self(std::process::id())
    }

    /// CPU time that it has taken so far, in all its threads.
    pub fn cpu(self) -> Result<Duration> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.0))
            .context("reading a server's CPU time")?;
        // The name, in brackets, may hold anything; what counts comes after it.
        let fields = stat
            .rsplit(')')
            .next()
            .unwrap_or_default()
            .split_ascii_whitespace()
            .collect::<Vec<_>>();
        let ticks = |place: usize| {
            fields
                .get(place)
                .and_then(|field| field.parse::<u32>().ok())
        };
        let both = ticks(11)
            .zip(ticks(12))
            .ok_or_else(|| anyhow!("/proc/{}/stat is not understood", self.0))?;
        Ok(Duration::from_secs(1) * (both.0 + both.1) / TICKS_PER_SECOND)
    }
}

impl Pid {
    /// Bytes of it that are in memory now, but for what it shares with files.
    pub fn resident(self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0))
            .context("reading a server's memory")?;
        let kib = status.lines().find_map(|line| {
            let value = line.strip_prefix("RssAnon:")?;
            value.trim().strip_suffix(" kB")?.parse::<u64>().ok()
        });
        kib.map(|kib| kib << 10)
            .ok_or_else(|| anyhow!("/proc/{}/status is not understood", self.0))
    }
}

/// A server that this process started. It stops when this is dropped, or when this process dies.
#[derive(Debug)]
pub struct Process {
    name: &'static str,
    child: Child,
    /// The server serves as long as this is open.
    stdin: Option<ChildStdin>,
    address: SocketAddr,
}

impl Process {
    /// Starts this program as a server and waits until it says where it listens.
    pub fn start(name: &'static str, arguments: &[&OsStr]) -> Result<Self> {
        let mut command = again()?;
        command
            .args(["serve", name])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut child = command
            .spawn()
            .with_context(|| format!("starting {name}"))?;
        let stdin = child.stdin.take();
        let mut line = String::new();
        let stdout = child
            .stdout
            .take()
            .ok_or_else(|| anyhow!("{name} has no stdout"))?;
        BufReader::new(stdout).read_line(&mut line)?;
        let address = line
            .trim()
            .parse()
            .with_context(|| format!("{name} said `{}`, not where it listens", line.trim()))?;
        Ok(Self {
            name,
            child,
            stdin,
            address,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its process id.
    pub fn pid(&self) -> Pid {
        Pid(self.child.id())
    }

    /// Lets it finish and waits for it.
    pub fn stop(mut self) -> Result<()> {
        self.stdin = None;
        let status = self.child.wait()?;
        ensure!(status.success(), "{} ended with {status}", self.name);
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // After `stop` both do nothing.
        self.stdin = None;
        let _ = self.child.wait();
    }
}

/// This program once more, without the settings of services that happen to be in the environment.
pub fn again() -> Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("RAPPORTEUR_") {
            command.env_remove(name);
        }
    }
    Ok(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_memory_of_a_process_grows() {
        let own = Pid::own();
        let before = own.resident().unwrap();
        let much = std::hint::black_box(vec![1_u8; 64 << 20]);
        assert!(own.resident().unwrap() > before + (much.len() as u64 >> 1));
    }

    #[test]
    fn the_cpu_time_of_a_process_grows() {
        let own = Pid::own();
        let before = own.cpu().unwrap();
        let begin = std::time::Instant::now();
        while begin.elapsed() < Duration::from_millis(100) {
            std::hint::black_box(begin);
        }
        assert!(own.cpu().unwrap() > before);
    }
}
