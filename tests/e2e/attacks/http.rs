//! What HTTP alone has: bodies of every wrong kind, requests inside requests, pages of other origins, things that
//! grow when they are unpacked.

use std::time::Duration;

use bytes::Bytes;
use rapporteur_proto::events::v1::ListPartiesRequest;
use rapporteur_proto::events::v1::party_service_client::PartyServiceClient;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tonic::Code;
use tonic::client::Grpc;
use tonic::codec::CompressionEncoding;

use super::{Results, code};
use crate::harness::{House, PATIENCE, channel};
use crate::keyed::bearing;
use rapporteur_server::Raw;

/// What one attack may cost in memory.
const MEMORY: u64 = 96 << 20;

/// What came back over HTTP/1.1; a status of 0 when the connection was closed without a word.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

/// Sends this and reads until the other side closes.
pub(crate) async fn ask(address: &str, request: &[u8]) -> Answer {
    let stream = TcpStream::connect(address).await.unwrap();
    let (mut reader, mut writer) = stream.into_split();
    let request = request.to_vec();
    // Who is refused may be answered before all of it is taken.
    let sending = tokio::spawn(async move {
        writer.write_all(&request).await.ok();
        writer
    });
    let mut all = Vec::new();
    let read = async {
        let mut some = vec![0; 64 << 10];
        while let Ok(count @ 1..) = reader.read(&mut some).await {
            all.extend_from_slice(&some[..count]);
        }
    };
    timeout(PATIENCE, read)
        .await
        .expect("the server closes the connection");
    sending.abort();
    let end = all
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .unwrap_or(all.len());
    let head = String::from_utf8_lossy(&all[..end]).to_ascii_lowercase();
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    let body = all.get(end + 4..).unwrap_or_default().to_vec();
    let status = status.unwrap_or(0);
    Answer { status, head, body }
}

/// A POST that would make a dialogue, with these headers and this body.
fn post(key: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST /v1/dialogues?dialogueId=http HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {key}\r\n\
         {headers}\r\n"
    );
    [head.as_bytes(), body].concat()
}

/// The same with the headers that it should have.
fn json(key: &str, body: &[u8]) -> Vec<u8> {
    let headers = format!(
        "Content-Type: application/json\r\nContent-Length: {}\r\n",
        body.len()
    );
    post(key, &headers, body)
}

const GOOD: &str = r#"{"title": {"byLanguage": {"en": "Good"}}}"#;

#[tokio::test(flavor = "multi_thread")]
async fn odd_requests_are_refused_and_cost_little() {
    let house = House::start().await;
    let (address, key) = (house.gateway.address.clone(), house.key());
    let mut results = Results::new("HTTP");
    let before = house.gateway.memory();
    let refused = [400];
    let length = GOOD.len();
    let deep = |open: &str, close: &str| {
        let depth = 200_000;
        format!(
            r#"{{"title": {}1{}}}"#,
            open.repeat(depth),
            close.repeat(depth)
        )
    };
    let many = format!("{{{}}}", vec![r#""title": {}"#; 100_000].join(","));
    for (what, request, should) in [
        (
            "a body of 8 MiB",
            json(&key, &vec![b' '; 8 << 20]),
            &[413][..],
        ),
        (
            "lists in lists, 200,000 deep",
            json(&key, deep("[", "]").as_bytes()),
            &refused,
        ),
        (
            "objects in objects, 200,000 deep",
            json(&key, deep(r#"{"a":"#, "}").as_bytes()),
            &refused,
        ),
        (
            "a field twice",
            json(
                &key,
                br#"{"title": {"byLanguage": {"en": "a"}}, "title": {"byLanguage": {"en": "b"}}}"#,
            ),
            &refused,
        ),
        (
            "a field twice, deep inside",
            json(
                &key,
                br#"{"title": {"byLanguage": {"en": "a", "en": "b"}}}"#,
            ),
            &refused,
        ),
        (
            "a field 100,000 times",
            json(&key, many.as_bytes()),
            &refused,
        ),
        (
            "a field under both its names",
            json(&key, br#"{"worksIn": ["en"], "works_in": ["fr"]}"#),
            &refused,
        ),
        (
            "an unknown field",
            json(&key, br#"{"isAdmin": true}"#),
            &refused,
        ),
        ("no JSON", json(&key, b"title=x"), &refused),
        (
            "JSON and more",
            json(&key, format!("{GOOD} {GOOD}").as_bytes()),
            &refused,
        ),
        (
            "not UTF-8",
            json(
                &key,
                b"{\"title\": {\"byLanguage\": {\"en\": \"\xff\xfe\"}}}",
            ),
            &refused,
        ),
        (
            "half of a surrogate",
            json(&key, br#"{"title": {"byLanguage": {"en": "\ud800"}}}"#),
            &refused,
        ),
        (
            "a number where a text is",
            json(&key, br#"{"title": 7}"#),
            &refused,
        ),
        (
            "a form",
            post(
                &key,
                &format!(
                    "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n"
                ),
                GOOD.as_bytes(),
            ),
            &[400, 415],
        ),
        (
            "plain text",
            post(
                &key,
                &format!("Content-Type: text/plain\r\nContent-Length: {length}\r\n"),
                GOOD.as_bytes(),
            ),
            &[400, 415],
        ),
        (
            "no media type",
            post(
                &key,
                &format!("Content-Length: {length}\r\n"),
                GOOD.as_bytes(),
            ),
            &[400, 415],
        ),
        (
            "a packed body",
            post(
                &key,
                &format!(
                    "Content-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: {length}\r\n"
                ),
                GOOD.as_bytes(),
            ),
            &[400, 415],
        ),
        (
            "two lengths",
            post(
                &key,
                &format!(
                    "Content-Type: application/json\r\nContent-Length: {length}\r\nContent-Length: 3\r\n"
                ),
                GOOD.as_bytes(),
            ),
            &[400, 0],
        ),
        (
            "a length below zero",
            post(
                &key,
                "Content-Type: application/json\r\nContent-Length: -1\r\n",
                GOOD.as_bytes(),
            ),
            &[400, 0],
        ),
        (
            "a length and pieces",
            post(
                &key,
                "Content-Type: application/json\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n",
                b"0\r\n\r\nGET /v1/keys HTTP/1.1\r\n\r\n",
            ),
            &[400, 0],
        ),
        (
            "pieces of an odd kind",
            post(
                &key,
                "Content-Type: application/json\r\nTransfer-Encoding: xchunked\r\n",
                GOOD.as_bytes(),
            ),
            &[400, 0],
        ),
        (
            "a piece longer than memory",
            post(
                &key,
                "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n",
                b"fffffffffffffffff\r\n",
            ),
            &[400, 0],
        ),
        (
            "a header in two lines",
            post(&key, "X-A: b\r\n c\r\n", b""),
            &[400, 0],
        ),
        (
            "a header without end",
            [
                &b"GET /v1/dialogues HTTP/1.1\r\nX-A: "[..],
                &[b'a'; 1 << 20],
            ]
            .concat(),
            &[400, 431, 0],
        ),
        (
            "10,000 headers",
            [
                b"GET /v1/dialogues HTTP/1.1\r\n".to_vec(),
                b"X-A: b\r\n".repeat(10_000),
            ]
            .concat(),
            &[400, 431, 0],
        ),
        (
            "a target of 100,000 letters",
            format!(
                "GET /v1/{} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
                "a".repeat(100_000)
            )
            .into_bytes(),
            &[400, 404, 414, 431, 0],
        ),
        (
            "a query of many parts",
            format!(
                "GET /v1/dialogues?{} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
                "a=b&".repeat(10_000)
            )
            .into_bytes(),
            &[400, 414, 431, 0],
        ),
        (
            "another method",
            b"DELETE /v1/dialogues/rabat HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".to_vec(),
            &[405, 404],
        ),
        (
            "TRACE",
            b"TRACE /v1/dialogues HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".to_vec(),
            &[405, 400, 404],
        ),
        (
            "CONNECT",
            b"CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: 127.0.0.1:22\r\nConnection: close\r\n\r\n"
                .to_vec(),
            &[400, 404, 405, 0],
        ),
        (
            "nonsense",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello, is this TLS here?\r\n\r\n"
                .to_vec(),
            &[400, 0],
        ),
    ] {
        results.add(what, should, &ask(&address, &request).await.status);
    }
    for (what, method, more) in [
        ("a page of another origin reads", "GET", ""),
        (
            "a page of another origin asks first",
            "OPTIONS",
            "Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: authorization\r\n",
        ),
    ] {
        let request = format!(
            "{method} /v1/dialogues HTTP/1.1\r\nHost: x\r\nConnection: close\r\nOrigin: https://evil.example\r\n{more}\r\n"
        );
        let answer = ask(&address, request.as_bytes()).await;
        let allowed = answer.head.contains("access-control-allow");
        results.add(what, &[false], &allowed);
    }
    results.add(
        "gzip that grows to 200 MiB",
        &[Code::ResourceExhausted, Code::Unimplemented],
        &bomb(&house, CompressionEncoding::Gzip).await,
    );
    results.add(
        "zstd that grows to 200 MiB",
        &[Code::ResourceExhausted, Code::Unimplemented],
        &bomb(&house, CompressionEncoding::Zstd).await,
    );
    let grown = house.gateway.memory().saturating_sub(before) + 1;
    results.said(
        "(memory after all this)",
        "96 MiB more at most",
        &format!("{} MiB", grown >> 20),
        grown < MEMORY,
    );
    // The same key and the same words in the right shape.
    let made = ask(&address, &json(&key, GOOD.as_bytes())).await;
    results.add("(a good request)", &[200], &made.status);
    results.print();
    let list = PartyServiceClient::new(channel(&address))
        .list_parties(ListPartiesRequest::default())
        .await;
    assert_eq!(code(&list), Code::Ok);
}

/// A message of 200 MiB of nothing, packed small, to each program.
async fn bomb(house: &House, packed: CompressionEncoding) -> Code {
    let mut codes = Vec::new();
    for program in [&house.gateway, &house.events, &house.recommendations] {
        let before = program.memory();
        let mut client = Grpc::new(channel(&program.address)).send_compressed(packed);
        client.ready().await.unwrap();
        let path = if program.address == house.recommendations.address {
            "/rapporteur.recommendations.v1.InstrumentService/ListInstruments"
        } else {
            "/rapporteur.events.v1.PartyService/ListParties"
        };
        let mut request = bearing(Bytes::from(vec![0; 200 << 20]), &house.key());
        if program.address != house.gateway.address {
            request.metadata_mut().remove("authorization");
        }
        request.set_timeout(Duration::from_secs(60));
        let answer = client.unary(request, path.parse().unwrap(), Raw).await;
        codes.push(code(&answer));
        let grown = program.memory().saturating_sub(before);
        assert!(grown < MEMORY, "a packed message cost {} MiB", grown >> 20);
    }
    assert!(codes.iter().all(|code| *code == codes[0]), "{codes:?}");
    codes[0]
}
