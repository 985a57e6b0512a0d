//! Each seed is simulated in a process of its own, in which randomness is always the same: then a seed decides
//! everything, whatever ran before it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// What tells a process which seed it is to simulate.
pub(crate) const ONE: &str = "RAPPORTEUR_SIM_ONE";
/// What tells it to break the stores.
pub(crate) const BROKEN: &str = "RAPPORTEUR_SIM_BROKEN";

/// What such a process needs.
pub(crate) struct Simulator {
    _folder: TempDir,
    /// None without a C compiler: then a seed decides what goes wrong, but not all that follows from it.
    exact: Option<PathBuf>,
}

impl Simulator {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let exact = folder.path().join("exact.so");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sim/exact.c");
        let mut compiler = Command::new("cc");
        compiler.args(["-shared", "-fPIC", "-O1", "-o"]);
        let compiled = compiler.arg(&exact).arg(source).status();
        let exact = compiled.ok().map(|status| {
            assert!(status.success(), "tests/sim/exact.c does not compile");
            exact
        });
        Self {
            _folder: folder,
            exact,
        }
    }

    /// Whether a seed decides everything.
    pub(crate) fn is_exact(&self) -> bool {
        self.exact.is_some()
    }

    /// Simulates a seed; what the process printed, and whether all was well.
    pub(crate) fn run(&self, seed: u64) -> Output {
        self.command(seed).output().unwrap()
    }

    /// The same with stores that have lost their last commit whenever a host starts.
    pub(crate) fn run_broken(&self, seed: u64) -> Output {
        self.command(seed).env(BROKEN, "1").output().unwrap()
    }

    fn command(&self, seed: u64) -> Command {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["one_seed", "--exact", "--nocapture", "--test-threads=1"]);
        command.env(ONE, seed.to_string()).stdin(Stdio::null());
        if let Some(exact) = &self.exact {
            command.env("LD_PRELOAD", exact);
        }
        command
    }
}
