//! Those who take their time, and those who are many: heads and bodies letter by letter, answers that are read letter
//! by letter, more connections than there is room for. Others are served meanwhile, soon, and memory stays bounded.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rapporteur_proto::changes::v1::WatchRequest;
use rapporteur_proto::changes::v1::change_service_client::ChangeServiceClient;
use rapporteur_proto::events::v1::ListPartiesRequest;
use rapporteur_proto::events::v1::party_service_client::PartyServiceClient;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tonic::Request;
use tonic::transport::Channel;

use super::Results;
use crate::harness::{House, PATIENCE, channel};
use crate::keyed::bearing;

/// How long others may wait. Generous: the machine may be busy.
const SERVED_WITHIN: Duration = Duration::from_secs(5);
/// A head has to be whole within 30 s, a body within 20 s.
const PUT_OUT_WITHIN: Duration = Duration::from_secs(75);
const MEMORY: u64 = 128 << 20;
const CROWD: usize = 100;

/// The longest of some calls of somebody who means well.
async fn served(friend: &Channel) -> Duration {
    let mut longest = Duration::ZERO;
    for _ in 0..20 {
        let since = Instant::now();
        let mut parties = PartyServiceClient::new(friend.clone());
        let asked = parties.list_parties(ListPartiesRequest::default());
        timeout(PATIENCE, asked).await.expect("an answer").unwrap();
        longest = longest.max(since.elapsed());
    }
    longest
}

/// Sends a letter now and then until the other side has had enough; how long that took.
async fn trickle(address: String, begin: &'static [u8], letter: &'static [u8]) -> Duration {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let since = Instant::now();
    if stream.write_all(begin).await.is_err() {
        return since.elapsed();
    }
    let mut some = [0; 1_024];
    loop {
        match timeout(Duration::from_millis(500), stream.read(&mut some)).await {
            // Whoever is told that it took too long may go on reading; the end comes.
            Ok(Ok(1..)) => {}
            Ok(Ok(0) | Err(_)) => return since.elapsed(),
            Err(_) => {
                if stream.write_all(letter).await.is_err() {
                    return since.elapsed();
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_slow_are_put_out_and_hold_up_nobody() {
    let house = House::start().await;
    let address = house.gateway.address.clone();
    let friend = channel(&address);
    served(&friend).await;
    let before = house.gateway.memory();
    let mut results = Results::new("slow clients");
    const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n";
    for (what, begin, letter) in [
        ("a head letter by letter", &b"GET /v1/dialogues HTTP/1.1\r\nHost: somewhere\r\nX-Slow: "[..], &b"a"[..]),
        ("a body letter by letter", b"POST /v1/dialogues HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n{", b" "),
        ("a body in small pieces", b"POST /v1/dialogues HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n", b"1\r\n \r\n"),
        ("half of a first word", PREFACE, b""),
        ("nothing at all", b"", b""),
    ] {
        let mut crowd = JoinSet::new();
        for _ in 0..CROWD {
            crowd.spawn(trickle(address.clone(), begin, letter));
        }
        sleep(Duration::from_secs(1)).await;
        let waited = served(&friend).await;
        let grown = house.gateway.memory().saturating_sub(before);
        let ended = timeout(PUT_OUT_WITHIN, async {
            let mut longest = Duration::ZERO;
            while let Some(one) = crowd.join_next().await {
                longest = longest.max(one.unwrap());
            }
            longest
        });
        let ended = ended.await;
        let came = format!(
            "others waited {waited:.1?}, {} MiB more, {}",
            grown >> 20,
            ended.as_ref().map_or("they are still there".to_owned(), |ended| format!("put out after {ended:.0?}"))
        );
        let held = waited < SERVED_WITHIN && grown < MEMORY && ended.is_ok();
        results.said(&format!("{CROWD} times {what}"), "put out; others are served within 5 s", &came, held);
    }
    results.print();
    house.gateway.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_at_the_door_keeps_nobody_out() {
    let house = House::start().await;
    let address = house.gateway.address.clone();
    let friend = channel(&address);
    served(&friend).await;
    let before = house.gateway.memory();
    let mut results = Results::new("crowds");
    let (mut crowd, mut refused) = (Vec::new(), 0);
    for _ in 0..2_000 {
        match timeout(Duration::from_secs(2), TcpStream::connect(&address)).await {
            Ok(Ok(stream)) => crowd.push(stream),
            _ => refused += 1,
        }
    }
    let waited = served(&friend).await;
    let grown = house.gateway.memory().saturating_sub(before);
    let came = format!(
        "others waited {waited:.1?}, {} MiB more, {refused} could not connect",
        grown >> 20
    );
    let held = waited < SERVED_WITHIN && grown < MEMORY;
    results.said(
        "2,000 connections that say nothing",
        "others are served within 5 s",
        &came,
        held,
    );
    drop(crowd);
    // Room is made again for whoever comes from the same address.
    let since = Instant::now();
    let back = loop {
        let mut parties = PartyServiceClient::new(channel(&address));
        let asked = parties.list_parties(ListPartiesRequest::default());
        if matches!(timeout(SERVED_WITHIN, asked).await, Ok(Ok(_))) {
            break since.elapsed();
        }
        assert!(since.elapsed() < PATIENCE, "nobody comes in any more");
        sleep(Duration::from_millis(50)).await;
    };
    results.said(
        "(somebody new from there, when they are gone)",
        "comes in",
        &format!("after {back:.1?}"),
        true,
    );
    results.print();
}

/// A feed has no end, so whoever listens holds a place. Those who take all places leave some for others.
#[tokio::test(flavor = "multi_thread")]
async fn listeners_leave_room_for_others() {
    let house = House::start().await;
    house.ask(&[
        "dialogue",
        "add",
        "--id",
        "rabat",
        "--title",
        "Rabat Process",
    ]);
    let (key, address) = (house.key(), &house.gateway.address);
    let mut results = Results::new("listeners");
    let mut seats = Vec::new();
    let mut refused = BTreeMap::new();
    for _ in 0..6 {
        let listeners = channel(address);
        for number in 0..100 {
            let mut changes = ChangeServiceClient::new(listeners.clone());
            let watch = WatchRequest::default();
            // The administrator is not counted elsewhere.
            let watch = if number % 2 == 0 {
                bearing(watch, &key)
            } else {
                Request::new(watch)
            };
            match timeout(PATIENCE, changes.watch(watch))
                .await
                .expect("an answer")
            {
                Ok(feed) => seats.push(feed.into_inner()),
                Err(status) => *refused.entry(status.code().to_string()).or_insert(0) += 1,
            }
        }
    }
    results.said(
        "600 listeners",
        "most are told that there are too many",
        &format!("{} and {refused:?}", seats.len()),
        seats.len() <= 200,
    );
    // For longer than it takes to find a service silent.
    let (since, friend) = (Instant::now(), channel(address));
    let mut longest = Duration::ZERO;
    while since.elapsed() < Duration::from_secs(8) {
        longest = longest.max(served(&friend).await);
        sleep(Duration::from_millis(200)).await;
    }
    results.said(
        "others meanwhile",
        "are served within 5 s",
        &format!("waited {longest:.1?}"),
        longest < SERVED_WITHIN,
    );
    house.ask(&[
        "party",
        "add",
        "--id",
        "pt",
        "--kind",
        "state",
        "--country",
        "PT",
    ]);
    // Each of those who sit hears of everything.
    for feed in &mut seats {
        let heard = timeout(PATIENCE, feed.message()).await.expect("a change");
        assert!(heard.unwrap().is_some());
    }
    let status = house.ask(&["status", "-o", "json"]);
    let is_well = !status.contains("\"serving\": false") && !status.contains("no answer");
    results.said("the services", "are believed to be there", &status, is_well);
    results.print();
}
