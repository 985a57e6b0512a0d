//! Replicas that say how far they have listened: what they certainly did not hear goes elsewhere, writes too.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Body;
use http::uri::PathAndQuery;
use rapporteur_gateway::balance::Balance;
use rapporteur_records::Error;
use rapporteur_server::Replicas;
use rapporteur_server::tls::PeerArgs;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::*;
use crate::echo::{Echo, State};

const PREFACE: usize = 24;
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RESET: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const ACK: u8 = 1;
const REFUSED_STREAM: [u8; 4] = [0, 0, 0, 7];
const INTERNAL_ERROR: [u8; 4] = [0, 0, 0, 2];
const NO_ERROR: [u8; 4] = [0; 4];

/// What a replica does with a call.
#[derive(Clone, Copy, Debug)]
enum Rudeness {
    /// It refuses the stream.
    Refuses,
    /// It goes away and says that it looked at no stream.
    GoesAway,
    /// It goes away and says that it did look at this one.
    GoesAwayWithIt,
    /// It ends the stream with an error of its own.
    Fails,
    /// It closes the connection.
    HangsUp,
    /// It says nothing, not even that it is there.
    Hangs,
}

fn frame(kind: u8, flags: u8, stream: [u8; 4], payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream, payload].concat()
}

/// One connection by hand: as much of HTTP/2 as a client needs to send a call.
async fn be_rude(mut socket: TcpStream, rudeness: Rudeness, calls: &AtomicUsize) -> Option<()> {
    if let Rudeness::Hangs = rudeness {
        std::future::pending::<()>().await;
    }
    let mut preface = [0; PREFACE];
    socket.read_exact(&mut preface).await.ok()?;
    let settings = frame(SETTINGS, 0, [0; 4], &[]);
    socket.write_all(&settings).await.ok()?;
    let mut refused = None;
    loop {
        let mut head = [0; 9];
        socket.read_exact(&mut head).await.ok()?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; usize::try_from(length).unwrap()];
        socket.read_exact(&mut payload).await.ok()?;
        let stream = [head[5], head[6], head[7], head[8]];
        let ends = matches!(head[3], DATA | HEADERS) && head[4] & 1 != 0;
        let answer = match head[3] {
            SETTINGS if head[4] & ACK == 0 => frame(SETTINGS, ACK, [0; 4], &[]),
            PING if head[4] & ACK == 0 => frame(PING, ACK, [0; 4], &payload),
            _ if ends && refused != Some(stream) => {
                calls.fetch_add(1, Ordering::Relaxed);
                refused = Some(stream);
                match rudeness {
                    Rudeness::Refuses => frame(RESET, 0, stream, &REFUSED_STREAM),
                    Rudeness::Fails => frame(RESET, 0, stream, &INTERNAL_ERROR),
                    Rudeness::GoesAway => frame(GOAWAY, 0, [0; 4], &[[0; 4], NO_ERROR].concat()),
                    Rudeness::GoesAwayWithIt => {
                        let answer = frame(GOAWAY, 0, [0; 4], &[stream, NO_ERROR].concat());
                        socket.write_all(&answer).await.ok()?;
                        return None;
                    }
                    Rudeness::HangsUp | Rudeness::Hangs => return None,
                }
            }
            _ => continue,
        };
        socket.write_all(&answer).await.ok()?;
    }
}

/// A rude replica first, then a good one.
struct Pair {
    balance: Balance,
    rude: Arc<AtomicUsize>,
    good: Arc<State>,
    _upstream: Upstream,
}

async fn pair(rudeness: Rudeness) -> Pair {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let rude = Arc::new(AtomicUsize::new(0));
    let calls = rude.clone();
    tokio::spawn(async move {
        loop {
            let (socket, _) = listener.accept().await.unwrap();
            let calls = calls.clone();
            tokio::spawn(async move { be_rude(socket, rudeness, &calls).await });
        }
    });
    let echo = Echo::default();
    let good = echo.state.clone();
    let upstream = Upstream::start(Routes::new(echo)).await;
    // Nobody follows their health: it is always the rude one's turn first.
    let replicas = Replicas::new(
        "events",
        &[address, upstream.url.clone()],
        &PeerArgs::default(),
    )
    .unwrap();
    Pair {
        balance: Balance::new(Arc::new(replicas)),
        rude,
        good,
        _upstream: upstream,
    }
}

impl Pair {
    /// A call with this message, first to the rude one.
    async fn call(&self, method: &str, message: &[u8]) -> Result<Vec<u8>, Error> {
        let length = u8::try_from(message.len()).unwrap();
        let body = [&[0, 0, 0, 0, length + 2, 0x0a, length], message].concat();
        let path = PathAndQuery::try_from(format!("/{}/{method}", echo::NAME)).unwrap();
        let request = http::Request::post(self.balance.target(0, Some(path)).unwrap())
            .version(http::Version::HTTP_2)
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .body(Body::from(body))
            .unwrap();
        let begun = self.balance.begin(0, request);
        let answer = soon(method, self.balance.answer(0, begun)).await?;
        let body = axum::body::to_bytes(Body::new(answer.into_body()), 1 << 20);
        Ok(soon("the body", body).await.unwrap()[7..].to_vec())
    }
}

#[tokio::test]
async fn what_was_certainly_not_heard_goes_elsewhere() {
    for rudeness in [Rudeness::Refuses, Rudeness::GoesAway] {
        let pair = pair(rudeness).await;
        for number in 0..20 {
            let message = format!("thing {number}");
            let answer = pair.call("CreateThing", message.as_bytes()).await;
            assert_eq!(answer.unwrap(), message.as_bytes(), "{rudeness:?}");
        }
        assert!(pair.rude.load(Ordering::Relaxed) > 0, "{rudeness:?}");
        assert_eq!(pair.good.seen.lock().unwrap().len(), 20);
    }
}

#[tokio::test]
async fn what_may_have_been_heard_goes_elsewhere_if_it_changes_nothing() {
    for rudeness in [Rudeness::GoesAwayWithIt, Rudeness::Fails, Rudeness::HangsUp] {
        let pair = pair(rudeness).await;
        for number in 0..20 {
            let message = format!("thing {number}");
            let answer = pair.call("GetSaid", message.as_bytes()).await;
            assert_eq!(answer.unwrap(), message.as_bytes(), "{rudeness:?}");
            let refused = pair.call("CreateThing", message.as_bytes()).await;
            let is_down =
                matches!(&refused, Err(Error::Upstream { service, .. }) if service == "events");
            assert!(is_down, "{rudeness:?}: {refused:?}");
        }
        assert_eq!(pair.rude.load(Ordering::Relaxed), 40, "{rudeness:?}");
        assert_eq!(pair.good.seen.lock().unwrap().len(), 0);
    }
}

#[tokio::test]
async fn who_says_nothing_holds_a_crowd_up_once() {
    let pair = pair(Rudeness::Hangs).await;
    let begun = std::time::Instant::now();
    let calls = (0..20).map(|_| pair.call("CreateThing", b"thing"));
    for answer in futures::future::join_all(calls).await {
        assert_eq!(answer.unwrap(), b"thing");
    }
    assert!(begun.elapsed() < client::CONNECT_WITHIN * 2);
    assert_eq!(pair.good.seen.lock().unwrap().len(), 20);
}
