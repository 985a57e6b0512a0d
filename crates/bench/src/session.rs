//! One run from beginning to end.

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use tonic::transport::Channel;

use crate::arguments::{Arguments, Measure};
use crate::caller::{Caller, connect};
use crate::plan::{CONNECTIONS, Plan};
use crate::process::{Pid, Process};
use crate::reads::{Answers, Servers};
use crate::record::{GET, LIST};
use crate::rounds::median;
use crate::table::{Outcome, Report};
use crate::{cold, coverage, door, engines, imports, reads, record, rows, say, search, writes};

/// Measures everything, prints it, and says whether all targets were met.
pub fn run(arguments: &Arguments) -> Result<bool> {
    let plan = Plan::of(arguments);
    let folder = match &arguments.folder {
        Some(folder) => tempfile::tempdir_in(folder)?,
        None => tempfile::tempdir()?,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let mut report = Report {
        quick: arguments.quick,
        machine: machine(folder.path())?,
        outcome: Outcome::default(),
    };
    runtime.block_on(measure(&plan, folder.path(), &mut report))?;
    writeln!(std::io::stdout(), "{report}")?;
    if let Some(file) = &arguments.json {
        report
            .write(file)
            .with_context(|| file.display().to_string())?;
    }
    Ok(report.met())
}

async fn measure(plan: &Plan, folder: &Path, report: &mut Report) -> Result<()> {
    let large = folder.join("large");
    if [Measure::Gets, Measure::Lists, Measure::Openings]
        .into_iter()
        .any(|part| plan.has(part))
    {
        read(plan, folder, &large, report).await?;
    }
    if plan.has(Measure::Door) {
        say("passing the door");
        report.add(door::doors(plan, &folder.join("door")).await?);
    }
    if plan.has(Measure::Creates) {
        say("creating, by 1 to 256 callers");
        let service = Process::start("events", &[folder.join("writes").as_os_str()])?;
        report.add(writes::creates(plan, &service).await?);
        service.stop()?;
    }
    if plan.has(Measure::Commits) {
        say("committing to the store alone");
        report.add(rows::commits(plan, folder).await?);
    }
    if plan.has(Measure::Engines) {
        say("committing to one engine and another");
        report.add(engines::commits(plan, folder).await?);
    }
    if plan.has(Measure::Rows) {
        say("getting from the store alone");
        report.add(rows::gets(plan, folder).await?);
    }
    if plan.has(Measure::Coverage) {
        say("counting coverage");
        report.add(coverage::coverages(plan).await?);
    }
    if plan.has(Measure::Search) {
        say("searching");
        report.add(search::searches(plan, folder).await?);
    }
    if plan.has(Measure::Imports) {
        say("importing");
        report.add(imports::imports(plan, &folder.join("imports")).await?);
    }
    if plan.has(Measure::Openings) {
        say("opening");
        report.add(cold::starts(plan, &large).await?);
    }
    Ok(())
}

/// Fills two services and reads from them; at the end both are closed.
async fn read(plan: &Plan, folder: &Path, large: &Path, report: &mut Report) -> Result<()> {
    let small = filled(&folder.join("small"), plan.small).await?;
    let large = filled(large, plan.large).await?;

    let mut caller = Caller::new(small.1[0].clone());
    let event = caller
        .call(&GET, record::gets(plan.small).pop().unwrap_or_default())
        .await?;
    let page = Caller::new(large.1[0].clone())
        .call(&LIST, record::list())
        .await?;
    let (event_file, page_file) = (folder.join("event"), folder.join("page"));
    std::fs::write(&event_file, &event)?;
    std::fs::write(&page_file, &page)?;
    say(&format!(
        "an event has {} bytes, a page {}",
        event.len(),
        page.len()
    ));
    let answers = Answers {
        event: event.len(),
        page: page.len(),
    };

    let echo = Process::start("echo", &[event_file.as_os_str(), page_file.as_os_str()])?;
    let proxy = Process::start("proxy", &[OsStr::new(&echo.address().to_string())])?;
    let behind = format!("http://{}", small.0.address());
    let gateway = Process::start(
        "gateway",
        &[folder.join("gateway").as_os_str(), OsStr::new(&behind)],
    )?;
    let servers = Servers {
        echo: connected(&echo).await?,
        proxy: connected(&proxy).await?,
        small: (small.1, small.0.pid()),
        large: (large.1, large.0.pid()),
        gateway: connected(&gateway).await?,
    };
    if plan.has(Measure::Gets) {
        say("getting");
        report.add(reads::gets(plan, &servers, &answers).await?);
    }
    if plan.has(Measure::Lists) {
        say("listing");
        report.add(reads::lists(plan, &servers, &answers).await?);
    }

    drop(servers);
    for server in [gateway, proxy, echo, small.0, large.0] {
        server.stop()?;
    }
    Ok(())
}

/// An events service with so many events, all of which it lists.
pub async fn filled(data: &Path, count: u64) -> Result<(Process, Vec<Channel>)> {
    let service = Process::start("events", &[data.as_os_str()])?;
    let channels = connect(service.address(), CONNECTIONS).await?;
    record::prepare(&channels[0]).await?;
    let begin = Instant::now();
    record::fill(&channels, count).await?;
    say(&format!(
        "created {count} events in {:.1} s",
        begin.elapsed().as_secs_f64()
    ));
    record::check(&channels[0], count).await?;
    Ok((service, channels))
}

async fn connected(process: &Process) -> Result<(Vec<Channel>, Pid)> {
    Ok((
        connect(process.address(), CONNECTIONS).await?,
        process.pid(),
    ))
}

/// Cores, and how long the disk takes to keep 4 KiB: without that no figure of a write says anything.
fn machine(folder: &Path) -> Result<String> {
    let cores = std::thread::available_parallelism()?;
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or_default().to_owned();
    let path = folder.join("sync");
    let mut file = std::fs::File::create(&path)?;
    let mut took = Vec::new();
    for _ in 0..50 {
        let begin = Instant::now();
        file.write_all(&[0; 4 << 10])?;
        file.sync_data()?;
        took.push(begin.elapsed().as_secs_f64());
    }
    std::fs::remove_file(path)?;
    let sync = Duration::from_secs_f64(median(&took));
    let build = if cfg!(debug_assertions) {
        "debug"
    } else {
        "release"
    };
    Ok(format!(
        "{cores} cores, load {load} at the start, {:.2} ms for a synced 4 KiB, {build} build",
        sync.as_secs_f64() * 1e3
    ))
}
