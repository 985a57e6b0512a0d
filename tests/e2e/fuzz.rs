//! Nonsense to every call: whatever comes, the answer is a clear one and the programs go on.
//!
//! Messages are made from the descriptors and then spoilt: bits flipped, cut off, doubled, or random from the
//! beginning. A fixed seed, so that a failure comes again; more of them by `RAPPORTEUR_TEST_MESSAGES`.

use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use prost::Message as _;
use prost_reflect::{DynamicMessage, Kind, MessageDescriptor, MethodDescriptor, Value};
use tokio::time::{Duration, timeout};
use tonic::client::Grpc;
use tonic::transport::Channel;
use tonic::{Code, Request};

use crate::harness::{House, PATIENCE, channel};
use rapporteur_server::Raw;

/// Messages in a run that nobody asked more of.
const MESSAGES: usize = 6_000;
/// Callers at a time.
const CALLERS: usize = 16;
/// How deep a message is filled.
const DEPTH: usize = 4;

/// SplitMix64 (Steele, Lea, Flood 2014): the same numbers every time.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end.max(1) as u64).unwrap()
    }

    fn text(&mut self) -> String {
        const TEXTS: [&str; 16] = [
            "",
            "dialogues/rabat",
            "dialogues/rabat/events/x",
            "dialogues/-",
            "parties/pt",
            "../../etc/passwd",
            "dialogues/%2e%2e/events/x",
            "\u{202e}txt",
            "a\0b",
            "dialogues/r\u{430}bat",
            "=1+1",
            "2024-13-45",
            "title.en",
            "*",
            "\r\nX-Evil: 1",
            "9999999999999999999999",
        ];
        match self.below(20) {
            0 => "x".repeat(self.below(100_000)),
            1 => "\u{1F600}/".repeat(self.below(500)),
            _ => TEXTS[self.below(TEXTS.len())].to_owned(),
        }
    }

    fn value(&mut self, kind: &Kind, depth: usize) -> Value {
        let odd = self.next();
        match kind {
            Kind::Double => Value::F64(f64::from_bits(odd)),
            Kind::Float => Value::F32(f32::from_bits(odd as u32)),
            Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Value::I32(odd as i32 >> self.below(32)),
            Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Value::I64(odd as i64 >> self.below(64)),
            Kind::Uint32 | Kind::Fixed32 => Value::U32(odd as u32 >> self.below(32)),
            Kind::Uint64 | Kind::Fixed64 => Value::U64(odd >> self.below(64)),
            Kind::Bool => Value::Bool(odd & 1 == 1),
            Kind::String => Value::String(self.text()),
            Kind::Bytes => Value::Bytes(self.text().into()),
            Kind::Enum(_) => Value::EnumNumber(odd as i32 >> self.below(32)),
            Kind::Message(message) => Value::Message(self.message(message, depth)),
        }
    }

    fn message(&mut self, of: &MessageDescriptor, depth: usize) -> DynamicMessage {
        let mut message = DynamicMessage::new(of.clone());
        for field in of.fields() {
            let deep = matches!(field.kind(), Kind::Message(_)) && depth == 0;
            if deep || field.is_map() || self.below(3) == 0 {
                continue;
            }
            let depth = depth.saturating_sub(1);
            let value = if field.is_list() {
                let count = self.below(4);
                Value::List(
                    (0..count)
                        .map(|_| self.value(&field.kind(), depth))
                        .collect(),
                )
            } else {
                self.value(&field.kind(), depth)
            };
            message.set_field(&field, value);
        }
        message
    }

    fn spoilt(&mut self, of: &MethodDescriptor) -> Bytes {
        let mut bytes = self.message(&of.input(), DEPTH).encode_to_vec();
        match self.below(6) {
            0 => bytes.truncate(self.below(bytes.len() + 1)),
            1 => {
                for _ in 0..=self.below(8) {
                    let at = self.below(bytes.len());
                    let bit = 1 << self.below(8);
                    if let Some(byte) = bytes.get_mut(at) {
                        *byte ^= bit;
                    }
                }
            }
            2 => bytes = (0..self.below(300)).map(|_| self.next() as u8).collect(),
            3 => bytes.extend_from_within(..),
            _ => {}
        }
        bytes.into()
    }
}

async fn answered(
    to: Channel,
    method: &MethodDescriptor,
    key: Option<&str>,
    message: Bytes,
) -> Code {
    let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
    let mut request = Request::new(message);
    request.set_timeout(Duration::from_secs(10));
    if let Some(key) = key {
        let credential = format!("Bearer {key}").parse().unwrap();
        request.metadata_mut().insert("authorization", credential);
    }
    let mut client = Grpc::new(to);
    client.ready().await.unwrap();
    match client
        .server_streaming(request, path.parse().unwrap(), Raw)
        .await
    {
        Err(status) => status.code(),
        // The first item tells; a watch has more.
        Ok(stream) => match timeout(Duration::from_millis(50), stream.into_inner().message()).await
        {
            Ok(Err(status)) => status.code(),
            _ => Code::Ok,
        },
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nonsense_gets_a_clear_answer() {
    let house = House::start().await;
    let count =
        std::env::var("RAPPORTEUR_TEST_MESSAGES").map_or(MESSAGES, |text| text.parse().unwrap());
    let methods: Vec<MethodDescriptor> = rapporteur_proto::descriptor_pool()
        .services()
        .filter(|service| service.full_name().starts_with("rapporteur."))
        // What is done to a store by its operator is another matter: a move moves.
        .filter(|service| !service.full_name().starts_with("rapporteur.store."))
        .flat_map(|service| service.methods().collect::<Vec<_>>())
        .collect();
    let places =
        [&house.gateway, &house.events, &house.recommendations].map(|one| channel(&one.address));
    let (key, next) = (house.key(), AtomicUsize::new(0));
    let work = async || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= count {
                return;
            }
            let mut dice = Dice(seed as u64);
            let method = &methods[dice.below(methods.len())];
            let place = dice.below(places.len());
            let message = dice.spoilt(method);
            let key = (place == 0 && dice.below(4) > 0).then_some(key.as_str());
            let call = answered(places[place].clone(), method, key, message);
            let code = timeout(PATIENCE, call).await.unwrap();
            assert!(
                ![Code::Internal, Code::Unknown, Code::DataLoss].contains(&code),
                "seed {seed}: {} at {place} answers {code:?}",
                method.full_name()
            );
        }
    };
    futures::future::join_all((0..CALLERS).map(|_| work())).await;
    // They are all there, and answer what makes sense.
    for service in ["gateway", "events", "recommendations"] {
        assert!(house.ask(&["status"]).contains(service));
    }
    println!("{count} messages to {} calls", methods.len());
}
