//! Starts the real programs on free loopback ports, waits until they serve, ends them.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tonic::transport::{Channel, Endpoint};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

/// Longest wait for anything that should happen soon. Generous: the machine may be busy.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The folder of the programs that this very build made.
fn programs() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let test = std::env::current_exe().unwrap();
        let folder = test.ancestors().nth(2).unwrap().to_path_buf();
        let names = [
            "rapporteur",
            "rapporteur-events",
            "rapporteur-recommendations",
            "rapporteur-gateway",
        ];
        if !names.iter().all(|name| folder.join(name).exists()) {
            // `cargo test` of the workspace has built them; a run of these tests alone may not have.
            let built = Command::new(env!("CARGO"))
                .args(["build", "--workspace", "--bins"])
                .status()
                .unwrap();
            assert!(built.success(), "the programs do not build");
        }
        folder
    })
}

/// The path of one of our programs.
pub(crate) fn program(name: &str) -> PathBuf {
    programs().join(name)
}

/// A loopback address that nobody listens on.
pub(crate) fn free_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

/// A running program. Dropping it kills it.
pub(crate) struct Running {
    child: Child,
    name: &'static str,
    pub(crate) address: String,
    log: PathBuf,
}

impl Running {
    /// Starts a service with these arguments beside `--listen` and `--data`; it may not serve yet.
    pub(crate) fn start(
        name: &'static str,
        address: &str,
        data: &Path,
        arguments: &[&str],
    ) -> Self {
        // `env` runs what it is given.
        Self::start_by(Command::new("env"), name, address, data, arguments)
    }

    /// The same, by a command that runs the program it is given in its own place.
    pub(crate) fn start_by(
        mut command: Command,
        name: &'static str,
        address: &str,
        data: &Path,
        arguments: &[&str],
    ) -> Self {
        let log = data.with_extension("log");
        let file = std::fs::File::options()
            .create(true)
            .append(true)
            .open(&log)
            .unwrap();
        // Who checks what callers may do starts the services with the gateway's keys instead.
        let trust = name != "rapporteur-gateway" && !arguments.contains(&"--caller-keys");
        let child = command
            .arg(program(name))
            .args(["--listen", address, "--data"])
            .arg(data)
            .args(trust.then_some("--trust-callers"))
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(file)
            .spawn()
            .unwrap();
        Self {
            child,
            name,
            address: address.to_owned(),
            log,
        }
    }

    /// Waits until it says that it serves.
    pub(crate) async fn serving(&mut self) -> Channel {
        let address = self.address.clone();
        self.serving_at(&address).await
    }

    /// The same, asked at the address where health is answered.
    pub(crate) async fn serving_at(&mut self, address: &str) -> Channel {
        let channel = channel(address);
        let deadline = Instant::now() + PATIENCE;
        loop {
            let asked = HealthClient::new(channel.clone())
                .check(HealthCheckRequest::default())
                .await;
            if asked.is_ok_and(|answer| answer.into_inner().status() == ServingStatus::Serving) {
                return channel;
            }
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("{} ended with {status}:\n{}", self.name, self.said());
            }
            assert!(
                Instant::now() < deadline,
                "{} does not serve:\n{}",
                self.name,
                self.said()
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Waits for its end, which must be a bad one; what it said.
    pub(crate) fn refused(mut self) -> String {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait().unwrap() {
                assert!(!status.success(), "{} ended in good order", self.name);
                return self.said();
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("{} runs:\n{}", self.name, self.said());
    }

    /// What it has logged so far.
    pub(crate) fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Bytes of it that are in memory, but for what it shares with files.
    pub(crate) fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("RssAnon:"));
        let kib: u64 = line
            .unwrap()
            .trim()
            .trim_end_matches(" kB")
            .parse()
            .unwrap();
        kib << 10
    }

    /// SIGKILL, now.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM; waits for the end and checks that it was a good one.
    pub(crate) fn stop(mut self) {
        let asked = Command::new("kill")
            .arg(self.child.id().to_string())
            .status()
            .unwrap();
        assert!(asked.success());
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait().unwrap() {
                assert!(
                    status.success(),
                    "{} ended with {status}:\n{}",
                    self.name,
                    self.said()
                );
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("{} does not stop:\n{}", self.name, self.said());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail when it has ended already, which is as good.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// A lazy channel to a loopback address.
pub(crate) fn channel(address: &str) -> Channel {
    Endpoint::from_shared(format!("http://{address}"))
        .unwrap()
        .connect_timeout(Duration::from_secs(2))
        .connect_lazy()
}

/// The three services as three processes, and a home for the tool.
pub(crate) struct House {
    pub(crate) folder: TempDir,
    pub(crate) events: Running,
    pub(crate) recommendations: Running,
    pub(crate) gateway: Running,
}

impl House {
    pub(crate) async fn start() -> Self {
        Self::started(|_| Vec::new()).await
    }

    /// The same, each with these arguments beside its own; asked by the last part of the program's name.
    pub(crate) async fn started(more: impl Fn(&str) -> Vec<String>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let start = |name: &'static str, address: &str, own: &[&str]| {
            let short = name.trim_start_matches("rapporteur-");
            let more = more(short);
            let arguments = own.iter().copied().chain(more.iter().map(String::as_str));
            let arguments: Vec<&str> = arguments.collect();
            Running::start(name, address, &folder.path().join(short), &arguments)
        };
        let (events, recommendations, gateway) = (free_address(), free_address(), free_address());
        let (to_events, to_recommendations) = (
            format!("http://{events}"),
            format!("http://{recommendations}"),
        );
        let services = [
            "--events",
            &to_events,
            "--recommendations",
            &to_recommendations,
        ];
        let mut house = Self {
            events: start("rapporteur-events", &events, &[]),
            recommendations: start(
                "rapporteur-recommendations",
                &recommendations,
                &services[..2],
            ),
            gateway: start("rapporteur-gateway", &gateway, &services),
            folder,
        };
        house.events.serving().await;
        house.recommendations.serving().await;
        house.gateway.serving().await;
        house
    }

    /// The admin key that the gateway wrote at its first start.
    pub(crate) fn key(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("gateway/admin.key"))
            .unwrap()
            .trim()
            .to_owned()
    }

    /// Runs the tool as the administrator; the caller looks at how it went.
    pub(crate) fn tool(&self, arguments: &[&str]) -> Output {
        Command::new(program("rapporteur"))
            .args(arguments)
            .env("XDG_CONFIG_HOME", self.folder.path().join("config"))
            .env(
                "RAPPORTEUR_GATEWAY",
                format!("http://{}", self.gateway.address),
            )
            .env("RAPPORTEUR_TOKEN", self.key())
            .env_remove("RAPPORTEUR_PROFILE")
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    /// Runs the tool, which must succeed; what it printed.
    pub(crate) fn ask(&self, arguments: &[&str]) -> String {
        let output = self.tool(arguments);
        let (out, err) = (
            String::from_utf8(output.stdout).unwrap(),
            String::from_utf8(output.stderr).unwrap(),
        );
        assert!(
            output.status.success(),
            "rapporteur {}: {}\n{out}\n{err}",
            arguments.join(" "),
            output.status
        );
        out
    }

    /// Repeats a question until the answer is as wanted: views follow with a small lag.
    pub(crate) async fn until(&self, arguments: &[&str], wanted: impl Fn(&str) -> bool) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let answer = self.ask(arguments);
            if wanted(&answer) {
                return answer;
            }
            assert!(
                Instant::now() < deadline,
                "rapporteur {} still says:\n{answer}",
                arguments.join(" ")
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}
