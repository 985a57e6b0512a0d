//! Three members of etcd on this machine, as Debian packages it, each with a folder and two free ports.
//!
//! A shell stands beside each and holds a pipe from this process: when this process ends, in whatever way, the
//! pipe does too, and the member goes.

use std::fs::File;
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};

use super::etcd::{Status, status};
use crate::say;

/// How many members.
const MEMBERS: usize = 3;
/// How long they may take to find a leader. Generous: the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(60);
/// Starts what its arguments say, and kills it when stdin ends.
const KEEPER: &str = r#""$@" & member=$!; read -r _; kill -9 $member; wait $member"#;

/// A cluster that runs until it is dropped.
#[derive(Debug)]
pub(super) struct Cluster {
    members: Vec<Member>,
}

#[derive(Debug)]
struct Member {
    keeper: Child,
    clients: SocketAddr,
    log: PathBuf,
}

impl Drop for Member {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        // Nothing can be done about it any more.
        let _ = self.keeper.wait();
    }
}

impl Cluster {
    /// Starts a new cluster in `folder`; says so and gives none where etcd is not installed.
    pub(super) fn start(folder: &Path) -> Result<Option<Self>> {
        let version = match Command::new("etcd").arg("--version").output() {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                say("skipped: no etcd found");
                return Ok(None);
            }
            asked => asked.context("asking etcd for its version")?.stdout,
        };
        let version = String::from_utf8_lossy(&version);
        say(version.lines().next().unwrap_or_default());
        let ports = free(2 * MEMBERS)?;
        let (clients, peers) = ports.split_at(MEMBERS);
        let all: Vec<String> = (0..MEMBERS)
            .map(|number| format!("member-{number}=http://{}", peers[number]))
            .collect();
        let mut members = Vec::new();
        for number in 0..MEMBERS {
            let data = folder.join(format!("etcd-{number}"));
            let log = data.with_extension("log");
            let name = format!("member-{number}");
            let (client, peer) = (
                format!("http://{}", clients[number]),
                format!("http://{}", peers[number]),
            );
            let mut command = Command::new("sh");
            command
                .args(["-c", KEEPER, "sh", "etcd", "--data-dir"])
                .arg(&data)
                .args(["--name", &name, "--initial-cluster", &all.join(",")])
                .args(["--listen-client-urls", &client])
                .args(["--advertise-client-urls", &client])
                .args(["--listen-peer-urls", &peer])
                .args(["--initial-advertise-peer-urls", &peer])
                .args(["--logger", "zap", "--log-level", "error"]);
            let keeper = command
                .stdin(Stdio::piped())
                .stdout(Stdio::null())
                .stderr(File::create(&log)?)
                .spawn()
                .context("starting etcd")?;
            members.push(Member {
                keeper,
                clients: clients[number],
                log,
            });
        }
        Ok(Some(Self { members }))
    }

    /// The address of the leader, once all members are there and agree on it.
    pub(super) async fn leader(&self) -> Result<SocketAddr> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(leader) = self.agreed().await {
                return Ok(leader);
            }
            if Instant::now() > deadline {
                let said = |member: &Member| std::fs::read_to_string(&member.log);
                let said: Vec<String> = self.members.iter().filter_map(|m| said(m).ok()).collect();
                bail!("etcd finds no leader; its members say:\n{}", said.concat());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn agreed(&self) -> Option<SocketAddr> {
        let mut found: Vec<(Status, SocketAddr)> = Vec::new();
        for member in &self.members {
            found.push((status(member.clients).await.ok()?, member.clients));
        }
        let leader = found.first()?.0.leader;
        let agree = leader != 0 && found.iter().all(|(status, _)| status.leader == leader);
        let of = |(status, _): &&(Status, SocketAddr)| status.member() == leader;
        let (_, address) = found.iter().find(of).filter(|_| agree)?;
        Some(*address)
    }
}

/// So many loopback addresses on which nobody listens.
fn free(count: usize) -> Result<Vec<SocketAddr>> {
    // All are held at once, so that no two are the same.
    let held: Vec<TcpListener> = (0..count)
        .map(|_| TcpListener::bind("127.0.0.1:0"))
        .collect::<std::io::Result<_>>()?;
    let addresses: Vec<SocketAddr> = held
        .iter()
        .map(TcpListener::local_addr)
        .collect::<std::io::Result<_>>()?;
    ensure!(addresses.len() == count, "no free ports");
    Ok(addresses)
}
