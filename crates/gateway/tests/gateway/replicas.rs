//! Several replicas of one service: they share the calls, and the loss of one is nobody's trouble.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use rapporteur_proto::changes::v1::change_service_client::ChangeServiceClient;
use rapporteur_proto::changes::v1::{Service, WatchRequest};
use rapporteur_proto::events::v1::Party;
use rapporteur_proto::gateway::v1::GetStatusRequest;
use rapporteur_proto::gateway::v1::status_service_client::StatusServiceClient;

use super::*;
use crate::echo::{Echo, State};
use crate::feed::Feed;
use crate::wire::Cable;

const NAMES: [&str; 3] = ["one", "two", "three"];
/// Callers at a time.
const CALLERS: usize = 16;

/// Three replicas, each at the end of a cable, behind a gateway.
struct Three {
    upstreams: Vec<Upstream>,
    cables: Vec<Cable>,
    states: Vec<Arc<State>>,
    gateway: Gateway,
}

impl Three {
    async fn start() -> Self {
        let (mut upstreams, mut cables, mut states) = (Vec::new(), Vec::new(), Vec::new());
        for name in NAMES {
            let echo = Echo::named(name);
            states.push(echo.state.clone());
            let upstream = Upstream::start(Routes::new(echo)).await;
            cables.push(Cable::to(&upstream.url).await);
            upstreams.push(upstream);
        }
        let urls: Vec<String> = cables.iter().map(Cable::url).collect();
        let gateway = Gateway::start(&urls.join(","), &nobody().await).await;
        Self {
            upstreams,
            cables,
            states,
            gateway,
        }
    }

    /// How many writes came in at all of them since the last time; none came in twice.
    fn made_once(&self) -> usize {
        let each = self.states.iter();
        let each = each.map(|state| std::mem::take(&mut *state.seen.lock().unwrap()));
        let mut seen = each.collect::<Vec<_>>().concat();
        let made = seen.len();
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), made, "a write was made twice");
        made
    }
}

/// Who answers how many of so many calls.
async fn who(gateway: &Gateway, calls: usize) -> BTreeMap<String, usize> {
    let mut who = BTreeMap::new();
    for _ in 0..calls {
        let name = gateway.echo("GetWho", nothing()).await.unwrap();
        *who.entry(name.into_inner()).or_default() += 1;
    }
    who
}

/// Waits until one of them answers calls, or no longer does.
async fn answers(gateway: &Gateway, name: &str, does: bool) {
    let turn = async { while who(gateway, 6).await.contains_key(name) != does {} };
    soon("a replica to come or go", turn).await;
}

/// Makes calls of `method` by many callers until `calls` are made, or until `enough`; what failed.
async fn load(
    gateway: &Gateway,
    method: &str,
    calls: usize,
    enough: &AtomicBool,
    made: &AtomicUsize,
) -> Vec<Status> {
    let caller = || async {
        let mut failed = Vec::new();
        while !enough.load(Ordering::Relaxed) {
            let number = made.fetch_add(1, Ordering::Relaxed);
            if number >= calls {
                break;
            }
            let request = gateway.keyed(format!("{method} {number}"));
            failed.extend(gateway.echo(method, request).await.err());
        }
        failed
    };
    let callers: FuturesUnordered<_> = (0..CALLERS).map(|_| caller()).collect();
    callers.collect::<Vec<_>>().await.concat()
}

/// What failed of so many calls.
async fn fails(gateway: &Gateway, method: &str, calls: usize) -> Vec<Status> {
    let (enough, made) = (AtomicBool::new(false), AtomicUsize::new(0));
    load(gateway, method, calls, &enough, &made).await
}

/// What failed of the calls that were made while `happens`, and some before and after it.
async fn fails_while(
    gateway: &Gateway,
    method: &str,
    happens: impl Future<Output = ()>,
) -> Vec<Status> {
    let (enough, made) = (AtomicBool::new(false), AtomicUsize::new(0));
    let some_more = async |calls: usize| {
        let until = made.load(Ordering::Relaxed) + calls;
        while made.load(Ordering::Relaxed) < until {
            tokio::task::yield_now().await;
        }
    };
    let story = async {
        soon("calls before", some_more(200)).await;
        happens.await;
        soon("calls after", some_more(500)).await;
        enough.store(true, Ordering::Relaxed);
    };
    let (failed, ()) = futures::join!(load(gateway, method, usize::MAX, &enough, &made), story);
    failed
}

#[tokio::test]
async fn replicas_share_the_calls() {
    let three = Three::start().await;
    let who = who(&three.gateway, 300).await;
    assert_eq!(who.len(), 3, "{who:?}");
    assert!(
        who.values().all(|calls| (80..=120).contains(calls)),
        "{who:?}"
    );
}

#[tokio::test]
async fn a_replica_that_stops_and_comes_back_fails_no_call() {
    let mut three = Three::start().await;
    // Without the cables: what matters is how a server closes its door.
    let urls: Vec<&str> = three.upstreams.iter().map(|u| u.url.as_str()).collect();
    let gateway = Gateway::start(&urls.join(","), &nobody().await).await;
    for method in ["GetWho", "CreateThing"] {
        answers(&gateway, "two", true).await;
        let second = three.upstreams.remove(1);
        let address = std::cell::OnceCell::new();
        let stops = async { address.set(second.stop().await).unwrap() };
        let failed = fails_while(&gateway, method, stops).await;
        assert!(failed.is_empty(), "{method}: {failed:?}");
        three.made_once();
        let failed = fails(&gateway, method, 1_000).await;
        assert!(failed.is_empty(), "{method}: {failed:?}");
        let writes = if method == "CreateThing" { 1_000 } else { 0 };
        assert_eq!(three.made_once(), writes);
        assert_eq!(who(&gateway, 30).await.len(), 2);
        let echo = Echo::named("two");
        three.states.push(echo.state.clone());
        let second = Upstream::start_at(address.get().unwrap(), Routes::new(echo)).await;
        three.upstreams.insert(1, second);
        answers(&gateway, "two", true).await;
    }
}

#[tokio::test]
async fn a_replica_whose_connections_break_fails_no_read() {
    let three = Three::start().await;
    let cable = &three.cables[2];
    for _ in 0..5 {
        answers(&three.gateway, "three", true).await;
        let failed = fails_while(&three.gateway, "GetWho", cable.cut()).await;
        assert!(failed.is_empty(), "{failed:?}");
        for method in ["GetWho", "CreateThing"] {
            let failed = fails(&three.gateway, method, 1_000).await;
            assert!(failed.is_empty(), "{method}: {failed:?}");
        }
        cable.mend();
    }
    answers(&three.gateway, "three", true).await;
}

#[tokio::test]
async fn a_replica_that_does_not_serve_gets_no_calls() {
    let three = Three::start().await;
    let readiness = &three.upstreams[0].readiness;
    for _ in 0..3 {
        answers(&three.gateway, "one", true).await;
        readiness.not_ready("a test");
        answers(&three.gateway, "one", false).await;
        let who = who(&three.gateway, 300).await;
        assert_eq!(who.get("one"), None, "{who:?}");
        readiness.ready();
    }
    answers(&three.gateway, "one", true).await;
}

#[tokio::test]
async fn a_write_is_never_made_twice() {
    let three = Three::start().await;
    let gateway = &three.gateway;
    // One that its replica has heard: nobody knows what came of it.
    let call = gateway.echo("CreateSlow", gateway.keyed("slow".to_owned()));
    let heard = three
        .states
        .iter()
        .map(|state| Box::pin(state.entered.notified()));
    let breaks = async {
        let (_, place, _) = soon("the call to come in", futures::future::select_all(heard)).await;
        three.cables[place].cut().await;
        place
    };
    let (failed, place) = futures::join!(call, breaks);
    assert_down(&failed.unwrap_err(), "events");
    assert_eq!(three.made_once(), 1);
    three.cables[place].mend();

    // Many, while connections break: what was answered was made once, the rest once or not at all.
    answers(gateway, NAMES[place], true).await;
    for cable in &three.cables {
        let failed = fails_while(gateway, "CreateThing", cable.cut()).await;
        assert!(failed.len() <= CALLERS, "{failed:?}");
        for status in failed {
            assert_down(&status, "events");
        }
        let made = three.made_once();
        assert!(made > 600, "{made}");
        cable.mend();
        for name in NAMES {
            answers(gateway, name, true).await;
        }
    }
}

#[tokio::test]
async fn an_outage_is_not_multiplied() {
    let three = Three::start().await;
    let failed = fails(&three.gateway, "GetBusy", 1_000).await;
    assert_eq!(failed.len(), 1_000);
    for status in &failed {
        // What the service said itself, not that it is down.
        assert!(status.message().contains("storage"), "{status:?}");
    }
    let asked = three.states.iter();
    let asked: usize = asked.map(|s| s.seen.lock().unwrap().len()).sum();
    assert!(asked > 1_020 && asked <= 1_250, "{asked}");
}

#[tokio::test]
async fn when_all_are_gone_it_is_said_at_once() {
    let urls = [nobody().await, nobody().await, nobody().await];
    let gateway = Gateway::start(&urls.join(","), &nobody().await).await;
    for _ in 0..50 {
        let begun = std::time::Instant::now();
        let status = gateway.echo("GetWho", nothing()).await.unwrap_err();
        assert_down(&status, "events");
        assert!(begun.elapsed() < Duration::from_secs(1), "{status:?}");
    }
    let status = gateway.echo("GetWho", nothing()).await.unwrap_err();
    for url in urls {
        let authority = url.trim_start_matches("http://");
        assert!(status.message().contains(authority), "{status:?}");
    }
}

#[tokio::test]
async fn each_replica_has_its_own_status() {
    let feed = Feed::new(Service::Events);
    feed.put(1, "parties/pt", &Party::default());
    let (one, other) = (feed.serve().await, feed.serve().await);
    let gateway = Gateway::start(&format!("{},{}", one.url, other.url), &nobody().await).await;
    one.readiness.not_ready("a test");
    let mut client = StatusServiceClient::new(gateway.channel.clone());
    let said = async {
        loop {
            let answer = client.get_status(GetStatusRequest {}).await.unwrap();
            let services = answer.into_inner().services;
            let events = services.into_iter().filter(|s| s.service == "events");
            let events: Vec<_> = events.map(|s| (s.address, s.serving, s.head)).collect();
            if !events[0].1 {
                return events;
            }
        }
    };
    let expected = [(one.url.clone(), false, 1), (other.url.clone(), true, 1)];
    assert_eq!(soon("the status", said).await, expected);
}

#[tokio::test]
async fn feeds_outlive_a_replica() {
    let feed = Feed::new(Service::Events);
    let texts = Feed::new(Service::Recommendations).serve().await;
    let (one, other) = (feed.serve().await, feed.serve().await);
    let cables = [Cable::to(&one.url).await, Cable::to(&other.url).await];
    let urls = cables.each_ref().map(Cable::url).join(",");
    let gateway = Gateway::start(&urls, &texts.url).await;
    let mut client = ChangeServiceClient::new(gateway.channel.clone());
    let mut status = StatusServiceClient::new(gateway.channel.clone());

    let (mut token, mut ended, mut seconds) = (String::new(), 0, 0);
    let mut stream = None;
    for cable in cables.iter().cycle().take(4) {
        // One change before the loss and one after it: each is told once and in order.
        for cut in [false, true] {
            seconds += 1;
            let position = feed.put(seconds, &format!("parties/p{seconds}"), &Party::default());
            if cut {
                cable.cut().await;
            }
            let told = async {
                loop {
                    let open = match &mut stream {
                        Some(open) => open,
                        none => {
                            let token = token.clone();
                            let request = WatchRequest {
                                token,
                                ..WatchRequest::default()
                            };
                            match client.watch(request).await {
                                Ok(answer) => none.insert(answer.into_inner()),
                                Err(status) => {
                                    assert_eq!(status.code(), Code::Unavailable, "{status:?}");
                                    continue;
                                }
                            }
                        }
                    };
                    match open.message().await {
                        Ok(Some(message)) => {
                            token = message.token;
                            if let Some(change) = message.change {
                                return change.position;
                            }
                        }
                        Ok(None) => panic!("an end without a status"),
                        Err(status) => {
                            assert_down(&status, "events");
                            (ended, stream) = (ended + 1, None);
                        }
                    }
                }
            };
            assert_eq!(soon("the change", told).await, position);
            let viewed = async {
                loop {
                    let answer = status.get_status(GetStatusRequest {}).await.unwrap();
                    let mut services = answer.into_inner().services.into_iter();
                    if services.any(|s| s.service == "events" && s.viewed == position) {
                        break;
                    }
                }
            };
            soon("the views to follow", viewed).await;
        }
        cable.mend();
    }
    assert!(ended >= 2, "the feed was on one of them: {ended}");
}
