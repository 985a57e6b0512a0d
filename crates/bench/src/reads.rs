//! Reading: Get and List, direct and through the gateway, beside echoes of the same answers.

use std::sync::Arc;

use anyhow::{Result, ensure};
use bytes::Bytes;
use http::uri::PathAndQuery;
use prost::Message as _;
use rapporteur_proto::events::v1::ListEventsResponse;
use tonic::transport::Channel;

use crate::caller::{Caller, callers};
use crate::load::{Work, open};
use crate::plan::{CALLERS, Plan};
use crate::process::Pid;
use crate::record::{GET, LIST};
use crate::rounds::{Contestant, Series, contest};
use crate::table::{Figure, Outcome, Row, Target};
use crate::{echo, record};

/// Moves callers through the requests in steps that have no divisor in common with their number.
const STEP: usize = 7_919;

/// Calls one method with requests in turn.
#[derive(Clone, Debug)]
pub struct Reading {
    caller: Caller,
    path: PathAndQuery,
    requests: Arc<[Bytes]>,
    next: usize,
    /// Fewest bytes of an answer that is one.
    least: usize,
    /// Whether the client makes a message of the page, as an ordinary client does.
    decode: bool,
}

impl Reading {
    /// As many as there are callers, each beginning elsewhere among the requests.
    pub fn all(
        callers: Vec<Caller>,
        path: PathAndQuery,
        least: usize,
        requests: &Arc<[Bytes]>,
    ) -> Vec<Self> {
        let count = callers.len();
        let start = |(place, caller)| Self {
            caller,
            path: path.clone(),
            requests: requests.clone(),
            next: place * requests.len() / count,
            least,
            decode: false,
        };
        callers.into_iter().enumerate().map(start).collect()
    }
}

impl Work for Reading {
    async fn call(&mut self) -> Result<()> {
        let request = self.requests[self.next].clone();
        self.next = (self.next + STEP) % self.requests.len();
        let answer = self.caller.call(&self.path, request).await?;
        ensure!(
            answer.len() >= self.least,
            "{} answered only {} bytes",
            self.path,
            answer.len()
        );
        if self.decode {
            std::hint::black_box(ListEventsResponse::decode(answer)?);
        }
        Ok(())
    }
}

/// The servers that are read from.
#[derive(Debug)]
pub struct Servers {
    /// The echo.
    pub echo: (Vec<Channel>, Pid),
    /// The bare proxy before the echo.
    pub proxy: (Vec<Channel>, Pid),
    /// The events service with few events.
    pub small: (Vec<Channel>, Pid),
    /// The events service with many.
    pub large: (Vec<Channel>, Pid),
    /// The gateway before the one with few.
    pub gateway: (Vec<Channel>, Pid),
}

/// What is asked for.
#[derive(Debug)]
pub struct Answers {
    /// Bytes of one event.
    pub event: usize,
    /// Bytes of a page of them.
    pub page: usize,
}

fn contestant(
    name: &str,
    (channels, pid): &(Vec<Channel>, Pid),
    behind: Option<Pid>,
    (path, least): (PathAndQuery, usize),
    requests: &Arc<[Bytes]>,
) -> Contestant<Reading> {
    Contestant {
        name: name.to_owned(),
        callers: Reading::all(callers(channels, CALLERS), path, least, requests),
        servers: [*pid].into_iter().chain(behind).collect(),
    }
}

fn echoing(path: &'static str, least: usize) -> (PathAndQuery, usize) {
    (PathAndQuery::from_static(path), least)
}

/// The same with a client that decodes.
fn decoding(one: &Contestant<Reading>) -> Contestant<Reading> {
    let mut one = one.clone();
    one.name += ", decoded";
    for caller in &mut one.callers {
        caller.decode = true;
    }
    one
}

/// Get, in turns with E0, E1 and F; then all at one rate in an open loop.
pub async fn gets(plan: &Plan, servers: &Servers, answers: &Answers) -> Result<Outcome> {
    let empty: Arc<[Bytes]> = Arc::new([Bytes::new()]);
    let of_small: Arc<[Bytes]> = record::gets(plan.small).into();
    let of_large: Arc<[Bytes]> = record::gets(plan.large).into();
    // Event sizes differ by the digits of their versions.
    let get = || (GET, answers.event - 8);
    let contestants = [
        contestant(
            "E0: empty echo",
            &servers.echo,
            None,
            echoing(echo::EMPTY, 0),
            &empty,
        ),
        contestant(
            "E1: echo of an Event",
            &servers.echo,
            None,
            echoing(echo::EVENT, answers.event),
            &of_small,
        ),
        contestant(
            "echo of an Event's bytes",
            &servers.echo,
            None,
            echoing(echo::EVENT_BYTES, answers.event),
            &of_small,
        ),
        contestant("Get", &servers.small, None, get(), &of_small),
        contestant(
            &format!("Get, any of {}", plan.large),
            &servers.large,
            None,
            get(),
            &of_large,
        ),
        contestant(
            "F: E1 through a bare proxy",
            &servers.proxy,
            Some(servers.echo.1),
            echoing(echo::EVENT, answers.event),
            &of_small,
        ),
        contestant(
            "Get through the gateway",
            &servers.gateway,
            Some(servers.small.1),
            get(),
            &of_small,
        ),
    ];
    let series = contest(&contestants, plan.reads).await?;
    let [e0, e1, bytes, direct, any, proxied, gateway] = &series[..] else {
        return Ok(Outcome::default());
    };
    let rows = vec![
        Row::of(direct, e1, Some(Target::AtLeast(0.90))),
        Row::of(direct, bytes, None),
        Row::of(any, e1, None),
        Row::of(gateway, proxied, Some(Target::AtLeast(0.85))),
        Row::of(e1, e0, None),
        Row::of(proxied, e0, None),
        Row::of(gateway, direct, None),
    ];
    let mut figures: Vec<Figure> = series.iter().map(Figure::of).collect();

    // Half of what the slowest can do, so that waiting times are those of a system that keeps up.
    let rate = series
        .iter()
        .map(Series::rate)
        .fold(f64::INFINITY, f64::min)
        / 2.0;
    for one in [
        &contestants[1],
        &contestants[3],
        &contestants[5],
        &contestants[6],
    ] {
        let measured = open(&one.callers, rate, plan.open_loop / 5, plan.open_loop).await?;
        figures.push(Figure::open(&one.name, rate, &measured));
    }
    Ok(Outcome { rows, figures })
}

/// List, in turns with an echo of the same bytes.
pub async fn lists(plan: &Plan, servers: &Servers, answers: &Answers) -> Result<Outcome> {
    let first: Arc<[Bytes]> = Arc::new([record::list()]);
    let pages_of_small: Arc<[Bytes]> = record::lists(&servers.small.0[0]).await?.into();
    let pages_of_large: Arc<[Bytes]> = record::lists(&servers.large.0[0]).await?.into();
    // A page is as long as its events, whose versions have one to six digits.
    let least = answers.page * 9 / 10;
    let list = || (LIST, least);
    let [bytes, small, large, any_small, any_large] = [
        contestant(
            "echo of a page's bytes",
            &servers.echo,
            None,
            echoing(echo::PAGE_BYTES, least),
            &first,
        ),
        contestant(
            &format!("List, first page of {}", plan.small),
            &servers.small,
            None,
            list(),
            &first,
        ),
        contestant(
            &format!("List, first page of {}", plan.large),
            &servers.large,
            None,
            list(),
            &first,
        ),
        contestant(
            &format!("List, any page of {}", plan.small),
            &servers.small,
            None,
            list(),
            &pages_of_small,
        ),
        contestant(
            &format!("List, any page of {}", plan.large),
            &servers.large,
            None,
            list(),
            &pages_of_large,
        ),
    ];
    let [bytes_decoded, small_decoded, large_decoded] = [&bytes, &small, &large].map(decoding);
    let contestants = [
        bytes,
        small,
        large,
        any_small,
        any_large,
        bytes_decoded,
        small_decoded,
        large_decoded,
    ];
    let series = contest(&contestants, plan.reads).await?;
    let [
        bytes,
        small,
        large,
        any_small,
        any_large,
        bytes_decoded,
        small_decoded,
        large_decoded,
    ] = &series[..]
    else {
        return Ok(Outcome::default());
    };
    // A client that decodes nothing lays bare what the server costs; an ordinary one decodes the page.
    let target = Some(Target::AtLeast(0.6));
    let rows = vec![
        Row::of(small_decoded, bytes_decoded, target),
        Row::of(large_decoded, bytes_decoded, target),
        Row::of(small, bytes, target),
        Row::of(large, bytes, target),
        Row::slower(large, small, Some(Target::AtMost(1.3))),
        Row::of(any_large, bytes, None),
        Row::slower(any_large, any_small, None),
    ];
    Ok(Outcome {
        rows,
        figures: series.iter().map(Figure::of).collect(),
    })
}
