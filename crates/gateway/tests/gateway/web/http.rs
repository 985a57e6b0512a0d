//! HTTP/1.1 as a program of another house speaks it.

use std::net::SocketAddr;

use bytes::Bytes;
use http::header::HOST;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

use crate::{Gateway, soon};

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The reason in an error, which has the status that HTTP has.
    pub(crate) fn reason(&self) -> String {
        let json = self.json();
        assert_eq!(json["error"]["code"], self.status.as_u16(), "{json}");
        let details = json["error"]["details"].as_array().unwrap().clone();
        let of = |kind: &str| {
            let kind = format!("type.googleapis.com/google.rpc.{kind}");
            details
                .iter()
                .find(|d| d["@type"] == kind.as_str())
                .unwrap()
        };
        let id = of("RequestInfo")["requestId"].as_str().unwrap();
        assert_eq!(id, self.header("x-request-id"));
        of("ErrorInfo")["reason"].as_str().unwrap().to_owned()
    }
}

/// A request that is being made up.
pub(crate) struct Asking {
    address: SocketAddr,
    request: http::request::Builder,
    body: Bytes,
}

pub(crate) fn ask(gateway: &Gateway, method: Method, target: &str) -> Asking {
    let request = Request::builder().method(method).uri(target);
    Asking {
        address: gateway.address,
        request: request.header(HOST, gateway.address.to_string()),
        body: Bytes::new(),
    }
}

pub(crate) fn get(gateway: &Gateway, target: &str) -> Asking {
    ask(gateway, Method::GET, target)
}

impl Asking {
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    pub(crate) fn key(self, gateway: &Gateway) -> Self {
        self.header("authorization", &format!("Bearer {}", gateway.key))
    }

    pub(crate) fn json(self, body: &str) -> Self {
        let body = Bytes::copy_from_slice(body.as_bytes());
        self.body(body, "application/json")
    }

    pub(crate) fn body(mut self, body: Bytes, media: &str) -> Self {
        self.body = body;
        self.header("content-type", media)
    }

    /// The answer, all of it.
    pub(crate) async fn answer(self) -> Answer {
        let (parts, body) = self.open().await.into_parts();
        let body = soon("the body", body.collect()).await.unwrap();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: body.to_bytes(),
        }
    }

    /// The answer as far as it has come.
    pub(crate) async fn open(self) -> http::Response<Incoming> {
        let stream = soon("a connection", TcpStream::connect(self.address));
        let stream = TokioIo::new(stream.await.unwrap());
        let (mut sender, connection) = hyper::client::conn::http1::handshake(stream).await.unwrap();
        tokio::spawn(connection);
        let request = self.request.body(Full::new(self.body)).unwrap();
        soon("an answer", sender.send_request(request))
            .await
            .unwrap()
    }
}

/// The lines of an answer, as they come.
pub(crate) struct Lines {
    body: Incoming,
    seen: Vec<u8>,
}

impl Lines {
    pub(crate) fn of(answer: http::Response<Incoming>) -> Self {
        assert_eq!(answer.headers()["content-type"], "application/x-ndjson");
        Self {
            body: answer.into_body(),
            seen: Vec::new(),
        }
    }

    /// The next line, or nothing at the end.
    pub(crate) async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some(end) = self.seen.iter().position(|b| *b == b'\n') {
                let line: Vec<u8> = self.seen.drain(..=end).collect();
                return Some(serde_json::from_slice(&line).unwrap());
            }
            let frame = soon("a line", self.body.frame()).await?.unwrap();
            self.seen.extend_from_slice(frame.data_ref().unwrap());
        }
    }
}
