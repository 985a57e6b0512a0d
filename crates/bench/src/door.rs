//! The door: Get through a gateway that guards everything, beside the same without any guard; and Gets that a gateway
//! answers from its own copies, beside an echo of the same bytes.
//!
//! Both have the same store (a copy, since a store has one process), the same callers and the same minute.
//! Without: plain connections, anonymous callers, a service that believes everybody. With: see [`crate::guarded`].

use std::ffi::OsStr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use bytes::Bytes;
use http::uri::PathAndQuery;

use crate::caller::{Caller, callers, connect};
use crate::guarded::Guarded;
use crate::plan::{CALLERS, CONNECTIONS, Plan};
use crate::process::{Pid, Process};
use crate::reads::Reading;
use crate::record::GET;
use crate::rounds::{Contestant, contest};
use crate::session::filled;
use crate::table::{Figure, Outcome, Row, Target};
use crate::{echo, record};

/// How long a gateway may take until it has read all events.
const COPIED_WITHIN: Duration = Duration::from_secs(60);

/// Get through both, in turns.
pub async fn doors(plan: &Plan, folder: &Path) -> Result<Outcome> {
    let store = folder.join("events");
    std::fs::create_dir_all(folder)?;
    let (filler, channels) = filled(&store, plan.small).await?;
    let requests: Arc<[Bytes]> = record::gets(plan.small).into();
    let first = requests.first().cloned().unwrap_or_default();
    let event = Caller::new(channels[0].clone()).call(&GET, first).await?;
    drop(channels);
    filler.stop()?;
    let copy = folder.join("copy");
    copied(&store, &copy)?;

    let events = Process::start("events", &[store.as_os_str()])?;
    let behind = format!("http://{}", events.address());
    let home = folder.join("open");
    let gateway = Process::start("gateway", &[home.as_os_str(), OsStr::new(&behind)])?;
    let guarded = Guarded::start(&folder.join("guarded"), &copy, CALLERS).await?;

    let event_file = folder.join("event");
    std::fs::write(&event_file, &event)?;
    let page_file = folder.join("page");
    std::fs::write(&page_file, [])?;
    let echoing = Process::start("echo", &[event_file.as_os_str(), page_file.as_os_str()])?;
    let echoes = connect(echoing.address(), CONNECTIONS).await?;

    let channels = connect(gateway.address(), CONNECTIONS).await?;
    let near = hot(callers(&channels, CALLERS), &requests).await?;
    let near_guarded = hot(guarded.callers.clone(), &requests).await?;
    let getting = |name: &str, callers: Vec<Caller>, servers: Vec<Pid>| Contestant {
        name: name.to_owned(),
        // Event sizes differ by the digits of their versions.
        callers: Reading::all(callers, GET, event.len() - 8, &requests),
        servers,
    };
    let contestants = [
        getting(
            "Get through the gateway, nothing guarded",
            callers(&channels, CALLERS),
            vec![gateway.pid(), events.pid()],
        ),
        getting(
            "Get through the gateway: TLS, keys, grants, limits, signed callers",
            guarded.callers.clone(),
            vec![guarded.gateway.pid(), guarded.events.pid()],
        ),
        Contestant {
            name: "echo of an Event's bytes".to_owned(),
            callers: Reading::all(
                callers(&echoes, CALLERS),
                PathAndQuery::from_static(echo::EVENT_BYTES),
                event.len(),
                &requests,
            ),
            servers: vec![echoing.pid()],
        },
        getting(
            "Get that the gateway answers itself",
            near,
            vec![gateway.pid()],
        ),
        getting(
            "Get that the gateway answers itself, guarded",
            near_guarded,
            vec![guarded.gateway.pid()],
        ),
    ];
    let series = contest(&contestants, plan.reads).await?;
    let [open, shut, echoed, near, near_shut] = &series[..] else {
        return Ok(Outcome::default());
    };
    let outcome = Outcome {
        rows: vec![
            Row::of(shut, open, Some(Target::AtLeast(0.70))),
            Row::cheaper(shut, open),
            Row::of(near, echoed, Some(Target::AtLeast(0.85))),
            Row::cheaper(near, echoed),
            Row::of(near_shut, near, None),
            Row::of(near, open, None),
        ],
        figures: series.iter().map(Figure::of).collect(),
    };
    drop((contestants, channels, echoes));
    echoing.stop()?;
    guarded.stop()?;
    gateway.stop()?;
    events.stop()?;
    Ok(outcome)
}

/// The same callers, for whom a copy will do, once the gateway has one of each record.
async fn hot(callers: Vec<Caller>, requests: &[Bytes]) -> Result<Vec<Caller>> {
    let callers = callers
        .into_iter()
        .map(|caller| caller.saying("cache-control", "max-age=5"))
        .collect::<Result<Vec<_>>>()?;
    let mut caller = callers.first().context("nobody calls")?.clone();
    let until = Instant::now() + COPIED_WITHIN;
    for request in requests {
        while !caller
            .answer(&GET, request.clone())
            .await?
            .metadata()
            .contains_key("age")
        {
            ensure!(Instant::now() < until, "the gateway copies nothing");
        }
    }
    Ok(callers)
}

/// Copies the folder of a store that nobody has open.
fn copied(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let (entry, to) = (entry?, to.to_owned());
        let place = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copied(&entry.path(), &place)?;
        } else {
            std::fs::copy(entry.path(), place)?;
        }
    }
    Ok(())
}
