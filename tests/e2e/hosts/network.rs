//! Four hosts and a switch, each a network namespace, with a cable from each host to the switch; and what happens
//! to cables. Nothing of it is seen from outside: both ends of a cable are made in the namespaces.

use std::process::{Command, Output, Stdio};

/// The hosts, in the order of their addresses.
pub(crate) const HOSTS: [Host; 4] = [
    Host::Gateway,
    Host::Events,
    Host::Recommendations,
    Host::Client,
];
/// Names of all namespaces begin so, and go on with the process that made them.
const PREFIX: &str = "rapporteur";
const SWITCH: &str = "switch";
/// The host's end of its cable.
const CABLE: &str = "cable";
/// Nobody has this one (RFC 7042, 2.1: locally administered).
const NOBODY: &str = "02:00:00:00:00:ff";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Host {
    Gateway,
    Events,
    Recommendations,
    Client,
}

impl Host {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::Events => "events",
            Self::Recommendations => "recommendations",
            Self::Client => "client",
        }
    }

    /// What runs there; the client runs itself.
    pub(crate) fn program(self) -> &'static str {
        match self {
            Self::Gateway | Self::Client => "rapporteur-gateway",
            Self::Events => "rapporteur-events",
            Self::Recommendations => "rapporteur-recommendations",
        }
    }

    pub(crate) fn address(self) -> String {
        format!("10.77.0.{}", self as u8 + 1)
    }
}

/// What can happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The cable is pulled.
    Down(Host),
    /// The cable takes everything and brings nothing, either way: nobody is told.
    Swallows(Host),
    /// The cable is slow, and loses some.
    Slow(Host),
    /// Two hosts do not hear each other any more; everybody else does. Nobody is told.
    Apart(Host, Host),
}

/// Hosts, switch and cables.
#[derive(Clone, Debug)]
pub(crate) struct Network {
    /// Which process made it.
    maker: u32,
}

impl Network {
    /// The network that another process made.
    pub(crate) fn of(maker: u32) -> Self {
        Self { maker }
    }

    /// Lays cables to a switch. An error where this process may not, or the machine cannot.
    pub(crate) fn lay() -> Result<Self, String> {
        remove_stale();
        let network = Self::of(std::process::id());
        let laid = network.lay_cables();
        if laid.is_err() {
            network.remove();
        }
        laid.map(|()| network)
    }

    fn lay_cables(&self) -> Result<(), String> {
        let switch = self.space(SWITCH);
        ip(&["netns", "add", &switch])?;
        ip(&["-n", &switch, "link", "add", "wires", "type", "bridge"])?;
        ip(&["-n", &switch, "link", "set", "wires", "up"])?;
        for host in HOSTS {
            let (space, port) = (self.space(host.name()), host.name());
            ip(&["netns", "add", &space])?;
            let ends = ["name", port, "netns", &switch];
            let cable = [
                "link", "add", CABLE, "netns", &space, "type", "veth", "peer",
            ];
            ip(&[&cable[..], &ends].concat())?;
            ip(&["-n", &switch, "link", "set", port, "master", "wires", "up"])?;
            let address = format!("{}/24", host.address());
            ip(&["-n", &space, "address", "add", &address, "dev", CABLE])?;
            ip(&["-n", &space, "link", "set", CABLE, "up"])?;
            ip(&["-n", &space, "link", "set", "lo", "up"])?;
        }
        Ok(())
    }

    fn space(&self, name: &str) -> String {
        format!("{PREFIX}-{}-{name}", self.maker)
    }

    /// A command that runs on a host.
    pub(crate) fn on(&self, host: Host) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.space(host.name())]);
        command
    }

    /// Makes it happen.
    pub(crate) fn make(&self, fault: Fault) {
        match fault {
            Fault::Down(host) => self.set_port(host, "down"),
            Fault::Swallows(host) => self.queue(host, &[&["blackhole"]]),
            Fault::Slow(host) => self.queue(host, &SLOW),
            Fault::Apart(one, other) => {
                for (here, there) in [(one, other), (other, one)] {
                    let there = there.address();
                    let to_nobody = ["lladdr", NOBODY, "dev", CABLE, "nud", "permanent"];
                    self.neighbour(here, &[&["replace", &there], &to_nobody[..]].concat());
                }
            }
        }
    }

    /// Takes it back.
    pub(crate) fn heal(&self, fault: Fault) {
        match fault {
            Fault::Down(host) => self.set_port(host, "up"),
            Fault::Swallows(host) | Fault::Slow(host) => {
                for (space, end) in self.ends(host) {
                    tc(&["-n", &space, "qdisc", "del", "dev", end, "root"]).unwrap();
                }
            }
            Fault::Apart(one, other) => {
                for (here, there) in [(one, other), (other, one)] {
                    self.neighbour(here, &["del", &there.address(), "dev", CABLE]);
                }
            }
        }
    }

    fn set_port(&self, host: Host, state: &str) {
        let switch = self.space(SWITCH);
        ip(&["-n", &switch, "link", "set", host.name(), state]).unwrap();
    }

    fn neighbour(&self, host: Host, what: &[&str]) {
        let space = self.space(host.name());
        ip(&[&["-n", &space, "neighbour"], what].concat()).unwrap();
    }

    /// Both ends of the cable of a host.
    fn ends(&self, host: Host) -> [(String, &'static str); 2] {
        let (host_end, switch_end) = (self.space(host.name()), self.space(SWITCH));
        [(host_end, CABLE), (switch_end, host.name())]
    }

    /// Puts a queue before both ends of a cable: the first of these that the kernel knows.
    fn queue(&self, host: Host, kinds: &[&[&str]]) {
        for (space, end) in self.ends(host) {
            let add = |kind: &&&[&str]| {
                let root = ["-n", &space, "qdisc", "add", "dev", end, "root"];
                tc(&[&root[..], kind].concat()).is_ok()
            };
            assert!(kinds.iter().any(|kind| add(&kind)), "no queue of {kinds:?}");
        }
    }

    /// Ends what runs on the hosts and takes everything away.
    pub(crate) fn remove(&self) {
        for space in HOSTS.map(Host::name).into_iter().chain([SWITCH]) {
            remove(&self.space(space));
        }
    }
}

/// Delay and loss by themselves; where the kernel cannot do that, a line so narrow that what is sent at once waits
/// for most of a second, and more is dropped.
const SLOW: [&[&str]; 2] = [
    &["netem", "delay", "150ms", "50ms", "loss", "3%"],
    &[
        "tbf", "rate", "512kbit", "burst", "1600", "latency", "400ms",
    ],
];

/// What a process left that is no more.
fn remove_stale() {
    let listed = ip(&["netns", "list"]).unwrap_or_default();
    for space in listed.lines().filter_map(|line| line.split(' ').next()) {
        let maker = space
            .strip_prefix(PREFIX)
            .and_then(|rest| rest.split('-').nth(1));
        let maker = maker.and_then(|maker| maker.parse::<u32>().ok());
        if maker.is_some_and(|maker| !std::path::Path::new(&format!("/proc/{maker}")).exists()) {
            remove(space);
        }
    }
}

/// A namespace that is not there is as good as removed.
fn remove(space: &str) {
    let running = ip(&["netns", "pids", space]).unwrap_or_default();
    for process in running.split_whitespace() {
        run(Command::new("kill").args(["-KILL", process])).ok();
    }
    ip(&["netns", "del", space]).ok();
}

fn ip(arguments: &[&str]) -> Result<String, String> {
    run(Command::new("ip").args(arguments))
}

fn tc(arguments: &[&str]) -> Result<String, String> {
    run(Command::new("tc").args(arguments))
}

fn run(command: &mut Command) -> Result<String, String> {
    let told = |output: &Output| String::from_utf8_lossy(&output.stderr).trim().to_owned();
    match command.stdin(Stdio::null()).output() {
        Ok(output) if output.status.success() => {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        }
        Ok(output) => Err(format!("{command:?}: {}", told(&output))),
        Err(error) => Err(format!("{command:?}: {error}")),
    }
}
