//! Clients that mean harm, frame by frame, against a real service: others are served meanwhile, and memory stays
//! bounded.

use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use rapporteur_proto::events::v1::ListPartiesRequest;
use rapporteur_proto::events::v1::party_service_client::PartyServiceClient;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tonic::Code;
use tonic::transport::Channel;

use crate::harness::{House, PATIENCE, Running, channel, free_address};

// Types of frames and what a frame may be marked with (RFC 9113, 6).
const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// What one attack may cost the service at most, beside what it needs anyway.
const MEMORY: u64 = 64 << 20;
/// Connections of one address, of which the friend has one.
const CONNECTIONS: usize = 250;
/// What all of them may cost together.
const OF_ONE_ADDRESS: u64 = 420 << 20;
/// What the service lets a client leave untaken, in these tests.
const TAKE: Duration = Duration::from_secs(2);

/// A service under attack, and a client who means well.
struct Besieged {
    service: Running,
    friend: PartyServiceClient<Channel>,
    before: u64,
    _folder: TempDir,
}

impl Besieged {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut service = start(folder.path());
        let friend = PartyServiceClient::new(service.serving().await);
        let mut besieged = Self {
            service,
            friend,
            before: 0,
            _folder: folder,
        };
        besieged.serves().await;
        besieged.before = besieged.service.memory();
        besieged
    }

    /// The friend gets an answer, soon.
    async fn serves(&mut self) {
        let asked = self.friend.list_parties(ListPartiesRequest::default());
        let answered = timeout(Duration::from_secs(10), asked).await;
        answered.expect("an answer in time").unwrap();
        let grown = self.service.memory().saturating_sub(self.before);
        assert!(self.before == 0 || grown < MEMORY, "grew by {grown} bytes");
    }

    async fn attacker(&self) -> Attacker {
        Attacker::connect(&self.service.address, &[]).await
    }
}

fn start(folder: &Path) -> Running {
    let take = TAKE.as_secs().to_string();
    Running::start(
        "rapporteur-events",
        &free_address(),
        &folder.join("events"),
        &["--take-seconds", &take],
    )
}

/// A client that speaks frames.
pub(crate) struct Attacker {
    stream: TcpStream,
    next: u32,
}

impl Attacker {
    /// Says hello with these settings.
    pub(crate) async fn connect(address: &str, settings: &[(u16, u32)]) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        let mut attacker = Self { stream, next: 1 };
        let mut hello = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
        let settings: Vec<u8> = settings
            .iter()
            .flat_map(|(id, value)| [&id.to_be_bytes()[..], &value.to_be_bytes()].concat())
            .collect();
        hello.extend(frame(SETTINGS, 0, 0, &settings));
        attacker.send(&hello).await.unwrap();
        attacker
    }

    /// An error when the server has closed the connection; or when it takes nothing any more, which is as good.
    pub(crate) async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        match timeout(Duration::from_secs(5), self.stream.write_all(bytes)).await {
            Ok(sent) => sent,
            Err(_) => Err(io::ErrorKind::TimedOut.into()),
        }
    }

    /// A stream that nobody had.
    fn stream_id(&mut self) -> u32 {
        self.next += 2;
        self.next - 2
    }

    /// The head of a call.
    pub(crate) fn head(&mut self, method: &str, flags: u8) -> (u32, Vec<u8>) {
        let id = self.stream_id();
        (id, frame(HEADERS, flags, id, &headers(method)))
    }

    /// A whole call whose message is empty.
    fn call(&mut self, method: &str) -> Vec<u8> {
        let (id, head) = self.head(method, END_HEADERS);
        [head, frame(DATA, END_STREAM, id, &[0; 5])].concat()
    }

    /// Sends the same again and again; how often, until the server had enough.
    async fn flood(&mut self, times: usize, mut next: impl FnMut(&mut Self) -> Vec<u8>) -> usize {
        for n in 0..times {
            let bytes = next(self);
            if self.send(&bytes).await.is_err() {
                return n;
            }
        }
        times
    }

    /// Whether a frame of this type comes before the call or the connection is broken off.
    pub(crate) async fn is_answered(&mut self, kind: u8) -> bool {
        let came = async {
            loop {
                let mut head = [0; 9];
                if self.stream.read_exact(&mut head).await.is_err() {
                    return false;
                }
                let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
                let mut payload = vec![0; length as usize];
                if self.stream.read_exact(&mut payload).await.is_err() {
                    return false;
                }
                match head[3] {
                    came if came == kind => return true,
                    RST_STREAM | GOAWAY => return false,
                    _ => {}
                }
            }
        };
        timeout(PATIENCE, came).await.expect("an answer or an end")
    }

    /// Reads until the server closes the connection.
    async fn put_out(&mut self) {
        let mut bytes = vec![0; 64 << 10];
        let closed =
            async { while !matches!(self.stream.read(&mut bytes).await, Ok(0) | Err(_)) {} };
        timeout(PATIENCE, closed)
            .await
            .expect("the server closes the connection");
    }
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = length[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// The head of a call, in HPACK without its tables (RFC 7541, 6.2.2).
fn headers(method: &str) -> Vec<u8> {
    let path = format!("/rapporteur.{method}");
    [
        (":method", "POST"),
        (":scheme", "http"),
        (":path", &path),
        (":authority", "localhost"),
        ("te", "trailers"),
        ("content-type", "application/grpc"),
    ]
    .iter()
    .flat_map(|(name, value)| literal(name, value))
    .collect()
}

pub(crate) fn literal(name: &str, value: &str) -> Vec<u8> {
    let text = |text: &str| {
        let mut bytes = Vec::new();
        // A length of 127 and more goes on in the next bytes.
        match text.len() {
            short @ ..127 => bytes.push(u8::try_from(short).unwrap()),
            long => {
                bytes.push(127);
                let mut rest = long - 127;
                while rest >= 128 {
                    bytes.push(u8::try_from(rest % 128 + 128).unwrap());
                    rest /= 128;
                }
                bytes.push(u8::try_from(rest).unwrap());
            }
        }
        bytes.extend(text.as_bytes());
        bytes
    };
    [vec![0], text(name), text(value)].concat()
}

const LIST: &str = "events.v1.PartyService/ListParties";
const WATCH: &str = "changes.v1.ChangeService/Watch";

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_are_taken_back_at_once() {
    let mut besieged = Besieged::start().await;
    let mut attacker = besieged.attacker().await;
    let sent = attacker
        .flood(20_000, |attacker| {
            let (id, head) = attacker.head(LIST, END_HEADERS);
            [head, frame(RST_STREAM, 0, id, &8_u32.to_be_bytes())].concat()
        })
        .await;
    besieged.serves().await;
    attacker.put_out().await;
    println!("rapid reset: {sent} calls were sent");
    besieged.serves().await;
    besieged.service.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_the_server_has_to_take_back() {
    let mut besieged = Besieged::start().await;
    let mut attacker = besieged.attacker().await;
    // A window that grows by nothing is an error of the stream (MadeYouReset).
    attacker
        .flood(20_000, |attacker| {
            let (id, head) = attacker.head(WATCH, END_HEADERS);
            [head, frame(WINDOW_UPDATE, 0, id, &[0; 4])].concat()
        })
        .await;
    besieged.serves().await;
    attacker.put_out().await;
    besieged.serves().await;
    besieged.service.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_without_end() {
    let mut besieged = Besieged::start().await;
    let mut attacker = besieged.attacker().await;
    let (id, head) = attacker.head(LIST, 0);
    attacker.send(&head).await.unwrap();
    let more = literal("x-more", &"m".repeat(8_000));
    let sent = attacker
        .flood(50_000, |_| frame(CONTINUATION, 0, id, &more))
        .await;
    attacker.put_out().await;
    println!("CONTINUATION: {sent} frames were sent");
    besieged.serves().await;

    // The same with an end: too large a head is refused, not kept.
    let mut attacker = besieged.attacker().await;
    let mut large = headers(LIST);
    large.extend(literal("x-large", &"m".repeat(16_000)));
    attacker
        .flood(1_000, |attacker| {
            let id = attacker.stream_id();
            frame(HEADERS, END_HEADERS | END_STREAM, id, &large)
        })
        .await;
    besieged.serves().await;
    besieged.service.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn frames_without_meaning() {
    let mut besieged = Besieged::start().await;
    let mut empty = besieged.attacker().await;
    let (id, head) = empty.head(LIST, END_HEADERS);
    empty.send(&head).await.unwrap();
    empty.flood(200_000, |_| frame(DATA, 0, id, &[])).await;
    besieged.serves().await;
    for (kind, payload) in [(PING, vec![0; 8]), (SETTINGS, vec![0, 4, 0, 0, 255, 255])] {
        // It asks and asks, and reads no answer.
        let mut attacker = besieged.attacker().await;
        let sent = attacker
            .flood(500_000, |_| frame(kind, 0, 0, &payload))
            .await;
        println!("frames of type {kind}: {sent} were sent");
        besieged.serves().await;
        drop(attacker);
    }
    besieged.serves().await;
    besieged.service.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn more_calls_at_a_time_than_there_may_be() {
    let mut besieged = Besieged::start().await;
    let mut attacker = besieged.attacker().await;
    attacker
        .flood(10_000, |attacker| attacker.call(WATCH))
        .await;
    besieged.serves().await;
    besieged.service.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_nobody_takes() {
    let mut besieged = Besieged::start().await;
    let mut crowd = Vec::new();
    // A call that waits costs some 14 KiB, whatever its answer; 2,048 of them stay below the bound.
    for _ in 0..8 {
        // A window of nothing: no answer may be sent.
        let address = &besieged.service.address;
        let mut attacker = Attacker::connect(address, &[(4, 0)]).await;
        attacker.flood(256, |attacker| attacker.call(LIST)).await;
        crowd.push(attacker);
    }
    besieged.serves().await;
    let since = Instant::now();
    for attacker in &mut crowd {
        attacker.put_out().await;
    }
    assert!(since.elapsed() < TAKE * 8, "{:?}", since.elapsed());
    besieged.serves().await;
    besieged.service.stop();
}

/// All that one address may ask the gateway for, and take nothing of.
#[tokio::test(flavor = "multi_thread")]
async fn all_answers_that_one_address_leaves_untaken() {
    let house = House::start().await;
    let address = &house.gateway.address;
    let mut friend = PartyServiceClient::new(channel(address));
    friend
        .list_parties(ListPartiesRequest::default())
        .await
        .unwrap();
    let before = house.gateway.memory();
    let mut crowd = Vec::new();
    let mut most = 0;
    for _ in 0..CONNECTIONS {
        let mut attacker = Attacker::connect(address, &[(4, 0)]).await;
        attacker.flood(256, |attacker| attacker.call(LIST)).await;
        crowd.push(attacker);
        most = most.max(house.gateway.memory());
    }
    let since = Instant::now();
    // The friend shares the address, and so its share of calls: asked to come back, it does.
    let answered = timeout(Duration::from_secs(10), async {
        loop {
            match friend.list_parties(ListPartiesRequest::default()).await {
                Err(status) if status.code() == Code::ResourceExhausted => {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                answer => return answer,
            }
        }
    });
    let answered = answered.await;
    let waited = since.elapsed();
    answered.expect("an answer in time").unwrap();
    let grown = most.max(house.gateway.memory()).saturating_sub(before);
    println!(
        "{CONNECTIONS} connections, 256 calls on each: {} MiB, and a friend waited {waited:.1?}",
        grown >> 20
    );
    assert!(grown < OF_ONE_ADDRESS, "grew by {} MiB", grown >> 20);
    drop(crowd);
    house.gateway.stop();
}
