//! Opening a store that was closed: each time in a new process, since sled keeps much in its own memory.
//!
//! The files are in the page cache of the kernel: what is compared is the work, not the disk.

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use rapporteur_store::sled::{Options, SledStore};
use sled::Mode;

use crate::arguments::Open;
use crate::caller::{Caller, connect};
use crate::plan::Plan;
use crate::process::{Process, again};
use crate::record::{self, GET};
use crate::rounds::median;
use crate::table::{Outcome, Row, Target};

/// Opens a store as the process was asked to and prints how long that took, in nanoseconds.
pub fn open(asked: &Open) -> Result<()> {
    let begin = Instant::now();
    let took = if asked.bare {
        // As the store configures it; see `SledStore`.
        let config = sled::Config::new()
            .path(asked.data.join("sled"))
            .mode(Mode::LowSpace)
            .cache_capacity(Options::default().cache_bytes)
            .flush_every_ms(Some(500));
        let db = config.open()?;
        let took = begin.elapsed();
        drop(db);
        took
    } else {
        let store = SledStore::open(&asked.data, Options::default())?;
        let took = begin.elapsed();
        drop(store);
        took
    };
    writeln!(std::io::stdout(), "{}", took.as_nanos())?;
    Ok(())
}

/// The store in turns with bare sled on the same directory, and the whole service to its first answer.
pub async fn starts(plan: &Plan, data: &Path) -> Result<Outcome> {
    let (mut bare, mut store, mut service) = (Vec::new(), Vec::new(), Vec::new());
    // The first opening after the filling tidies up; it does not count.
    opened(data, true)?;
    for _ in 0..plan.openings {
        bare.push(opened(data, true)?);
        store.push(opened(data, false)?);
        service.push(answered(data).await?);
    }
    let row = |what: &str, took: &[f64], target| {
        let ratios: Vec<f64> = took
            .iter()
            .zip(&bare)
            .map(|(ours, theirs)| ours / theirs)
            .collect();
        let ms = |took: &[f64]| format!("{:.1} ms", median(took) * 1e3);
        Row {
            what: format!("{what}, {} events", plan.large),
            against: "bare sled, opened".into(),
            ratio: median(&ratios),
            target,
            measured: ms(took),
            reference: ms(&bare),
        }
    };
    let rows = vec![
        row("store, opened", &store, Some(Target::AtMost(3.0))),
        row("events service, start to first answer", &service, None),
    ];
    Ok(Outcome {
        rows,
        figures: Vec::new(),
    })
}

fn opened(data: &Path, bare: bool) -> Result<f64> {
    let mut command = again()?;
    command.arg("open").args(bare.then_some("--bare")).arg(data);
    let output = command.output()?;
    ensure!(
        output.status.success(),
        "opening failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let nanos: u64 = String::from_utf8_lossy(&output.stdout)
        .trim()
        .parse()
        .context("the time that opening took")?;
    Ok(Duration::from_nanos(nanos).as_secs_f64())
}

async fn answered(data: &Path) -> Result<f64> {
    let begin = Instant::now();
    let service = Process::start("events", &[OsStr::new(data)])?;
    let channels = connect(service.address(), 1).await?;
    let request = record::gets(1).pop().unwrap_or_default();
    Caller::new(channels[0].clone()).call(&GET, request).await?;
    let took = begin.elapsed();
    drop(channels);
    service.stop()?;
    Ok(took.as_secs_f64())
}
