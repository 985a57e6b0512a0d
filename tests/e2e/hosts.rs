//! The three services on three hosts, and a client on a fourth, while cables are pulled, swallow everything, are slow,
//! and are mended: reads go on where they can, writes are done or refused in words, and afterwards nothing is lost,
//! nothing is there twice, and everybody who follows has all of it.
//!
//! The hosts are network namespaces, which take root and iproute2 to make; where that cannot be done, the story says
//! that it is skipped. It runs in a process of its own, on the client's host.

mod house;
mod load;
mod network;

use std::process::Stdio;
use std::time::{Duration, Instant};

use rapporteur_proto::changes::v1::Service;
use rapporteur_proto::gateway::v1::trace_service_client::TraceServiceClient;
use rapporteur_proto::gateway::v1::{Position, TraceRequest};
use rapporteur_proto::recommendations::v1::recommendation_service_client::RecommendationServiceClient;
use rapporteur_proto::recommendations::v1::{CreateRecommendationRequest, Recommendation};
use tokio::time::sleep;
use tonic::Status;

use self::house::House;
use self::load::{ALL, Load, PACE, Tally, Told, What, bearing};
use self::network::Fault::{self, Apart, Down, Slow, Swallows};
use self::network::Host::{Client, Events, Gateway, Recommendations};
use self::network::Network;
use crate::harness::PATIENCE;
use crate::judge;
use crate::recorder::Diary as _;

/// Tells the story's process whose network it is in.
const INSIDE: &str = "RAPPORTEUR_TEST_HOSTS";
/// The whole story, with much patience for a busy machine.
const STORY_WITHIN: Duration = Duration::from_secs(400);
/// How long after healing everybody works and has all of it. Generous: the machine may be busy.
const CAUGHT_UP_WITHIN: Duration = Duration::from_secs(40);
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// What goes wrong at once, and for how many seconds. A silent service is found out after four, a connection that
/// brings nothing after ten.
const TROUBLE: [(&[Fault], u64); 12] = [
    (&[Down(Events)], 3),
    (&[Swallows(Events)], 6),
    (&[Slow(Events)], 3),
    (&[Down(Recommendations)], 3),
    (&[Swallows(Recommendations)], 6),
    (&[Slow(Recommendations)], 3),
    (&[Down(Gateway)], 3),
    (&[Swallows(Gateway)], 13),
    (&[Slow(Gateway), Slow(Client)], 3),
    (&[Apart(Events, Recommendations)], 12),
    (&[Swallows(Client)], 3),
    (&[Down(Gateway), Down(Events), Down(Recommendations)], 4),
];

#[test]
fn three_services_on_three_hosts_are_cut_apart_and_come_together() {
    let network = match Network::lay() {
        Ok(network) => network,
        Err(why) => {
            println!("three hosts: skipped: {why}");
            return;
        }
    };
    // Whatever happens, the network goes.
    let network = Laid(network);
    let mut story = network.0.on(Client);
    let story = story
        .arg(std::env::current_exe().unwrap())
        .args([
            "hosts::inside",
            "--exact",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(INSIDE, std::process::id().to_string())
        .stdin(Stdio::null());
    let mut story = story.spawn().unwrap();
    let deadline = Instant::now() + STORY_WITHIN;
    let ended = loop {
        if let Some(ended) = story.try_wait().unwrap() {
            break ended;
        }
        if Instant::now() > deadline {
            story.kill().unwrap();
            story.wait().unwrap();
            panic!("the story does not end");
        }
        std::thread::sleep(LOOK_AGAIN);
    };
    assert!(ended.success(), "the story went wrong: {ended}");
}

struct Laid(Network);

impl Drop for Laid {
    fn drop(&mut self) {
        self.0.remove();
    }
}

/// The story, in the process that the test above starts; nothing in any other.
#[tokio::test(flavor = "multi_thread")]
async fn inside() {
    let Ok(maker) = std::env::var(INSIDE) else {
        return;
    };
    let network = Network::of(maker.parse().unwrap());
    let house = House::start(&network).await;
    let mut load = Load::start(&house);
    let beginning = Instant::now();
    while load.told.position("dialogues/d1/recommendations/r1") == 0 {
        load.look();
        assert!(beginning.elapsed() < PATIENCE, "nobody can write");
        sleep(LOOK_AGAIN).await;
    }
    // Views follow by a moment.
    while let Err(status) = views_have(&house, &load.told).await {
        assert!(beginning.elapsed() < PATIENCE, "{status:?}");
        sleep(LOOK_AGAIN).await;
    }
    load.read(&house);
    caught_up(&house, &mut load).await;

    println!(
        "at      what went wrong, for how long; calls that were answered, and how others ended"
    );
    let began = Instant::now();
    for (faults, seconds) in TROUBLE {
        load.told.take();
        let at = began.elapsed();
        faults.iter().for_each(|fault| network.make(*fault));
        sleep(Duration::from_secs(seconds)).await;
        let tally = load.told.take();
        faults.iter().for_each(|fault| network.heal(*fault));
        let after = caught_up(&house, &mut load).await;
        println!("{:5.1} s {faults:?}, {seconds} s", at.as_secs_f32());
        for what in ALL {
            println!("        {what:?}: {}", tally.told(what));
        }
        println!("        all is well {:.1} s after", after.as_secs_f32());
        hold(faults, &tally);
    }
    let told = load.end().await;
    register_has_all(&network, &house, &told).await;

    let acknowledged = told.everything_acknowledged();
    let (stores, _folder) = house.stop().await;
    judge::services(&stores, &acknowledged).await;
    judge::followed(&stores).await.unwrap();
    let writes: usize = acknowledged.values().map(Vec::len).sum();
    println!(
        "{writes} writes of {} records were acknowledged; each is there once, and in every mirror; {:.1} s in all",
        acknowledged.len(),
        began.elapsed().as_secs_f32()
    );
}

/// Reads go on where they can, and nowhere else.
fn hold(faults: &[Fault], tally: &Tally) {
    use What::{ReadEvents, ReadRecommendations, ReadViews};
    let all = [ReadEvents, ReadRecommendations, ReadViews];
    let (go_on, fail): (&[What], &[What]) = match faults {
        [Down(Events) | Swallows(Events)] => (&[ReadRecommendations, ReadViews], &[ReadEvents]),
        [Down(Recommendations) | Swallows(Recommendations)] => {
            (&[ReadEvents, ReadViews], &[ReadRecommendations])
        }
        [Slow(_), ..] => (&[], &[]),
        [Apart(..)] => (&all, &[]),
        _ => (&[], &all),
    };
    for what in go_on {
        // One that had begun may be late on a busy machine.
        let (done, failed) = (tally.done(*what), tally.failed(*what));
        assert!(
            done > 0 && failed * 20 <= done,
            "{faults:?}: {what:?}: {done} and {failed}"
        );
    }
    for what in fail {
        assert!(
            tally.failed(*what) > 0,
            "{faults:?}: nobody noticed anything of {what:?}"
        );
    }
    if faults.iter().any(|fault| matches!(fault, Slow(_))) {
        let answered = all.iter().all(|what| tally.done(*what) > 0);
        assert!(answered, "{faults:?}: slow is not gone");
    }
}

/// Waits until everything is read and written again, and the views have what was written after; how long that took.
async fn caught_up(house: &House, load: &mut Load) -> Duration {
    let since = Instant::now();
    let before = positions(&load.told);
    loop {
        load.look();
        let (now, tally) = (positions(&load.told), load.told.tally());
        let mut both = before.iter().zip(&now);
        let wrote = both.all(|(before, now)| now.position > before.position);
        let works = wrote && ALL.iter().all(|what| tally.done(*what) > 0);
        if works && views_have(house, &load.told).await.is_ok() {
            return since.elapsed();
        }
        let waited = since.elapsed();
        assert!(waited < CAUGHT_UP_WITHIN, "after {waited:?}: {tally:?}");
        sleep(LOOK_AGAIN).await;
    }
}

/// The last that was acknowledged.
fn positions(told: &Told) -> [Position; 2] {
    let of = |service: Service, collection| Position {
        service: service.into(),
        position: told.position(collection),
    };
    [
        of(Service::Events, "/events/"),
        of(Service::Recommendations, "/recommendations/"),
    ]
}

/// Whether the views have all that was acknowledged by now.
async fn views_have(house: &House, told: &Told) -> Result<(), Status> {
    let request = TraceRequest {
        name: "dialogues/d1/recommendations/r1".into(),
        at_least: positions(told).into(),
        ..TraceRequest::default()
    };
    let mut tracer = TraceServiceClient::new(house.channel());
    let traced = tracer
        .trace(bearing(request, PACE.within, house.key()))
        .await;
    traced.map(drop)
}

/// What the recommendations service has of the events service shows when it cannot ask: it takes a recommendation of
/// the event that came last.
async fn register_has_all(network: &Network, house: &House, told: &Told) {
    let last = told.position("/events/").to_string();
    let acknowledged = told.everything_acknowledged();
    let mut events = acknowledged
        .iter()
        .filter(|(name, _)| name.contains("/events/"));
    let (event, _) = events
        .find(|(_, etags)| etags.last() == Some(&last))
        .unwrap();
    let (parent, _) = event.split_once("/events/").unwrap();
    let since = Instant::now();
    network.make(Apart(Events, Recommendations));
    let made = loop {
        let recommendation = Recommendation {
            event: event.clone(),
            text: crate::recorder::text("It is recommended at last"),
            ..Recommendation::default()
        };
        let request = CreateRecommendationRequest {
            parent: parent.to_owned(),
            recommendation_id: "last".into(),
            recommendation: Some(recommendation),
            request_id: "last".into(),
            ..CreateRecommendationRequest::default()
        };
        let request = bearing(request, PACE.within, house.key());
        let mut client = RecommendationServiceClient::new(house.channel());
        match client.create_recommendation(request).await {
            Ok(made) => break made.into_inner(),
            Err(status) => assert!(since.elapsed() < CAUGHT_UP_WITHIN, "{status:?}"),
        }
        // It may not have heard of it yet.
        network.heal(Apart(Events, Recommendations));
        sleep(LOOK_AGAIN).await;
        network.make(Apart(Events, Recommendations));
    };
    network.heal(Apart(Events, Recommendations));
    told.acknowledged(&made.name, &made.etag);
    while let Err(status) = views_have(house, told).await {
        let waited = since.elapsed();
        assert!(waited < CAUGHT_UP_WITHIN, "{status:?}");
        sleep(LOOK_AGAIN).await;
    }
}
