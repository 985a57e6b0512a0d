//! Making a call a second time: which calls may be, and what is kept of one for it.
//!
//! Kept is the head and the first frame of the body, which is the whole body of a call with one small
//! message. A larger or longer body goes on as it comes and is gone, and so is the chance to repeat it.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Body;
use bytes::Bytes;
use http::request::Parts;
use http::{Request, Response};
use http_body::Frame;
use rapporteur_server::deadline::{Pace, pace};

use crate::download::Download;

/// Largest body that is kept.
const SMALL: usize = 64 << 10;

/// What may be done about a call that a replica may have heard of but did not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// Nothing: it may have changed the record, and the client alone knows the id under which to ask again.
    Never,
    /// It is made again as long as nothing of the answer is here.
    Unanswered,
    /// It is made again as long as the answer is not whole: nothing of a short one is passed on before.
    Unfinished,
}

/// Whether the call of a path may be repeated. A call that certainly was not heard may be in any case.
pub fn repeat(path: &str) -> Repeat {
    match pace(path) {
        _ if !changes_nothing(path) => Repeat::Never,
        Pace::Brief => Repeat::Unfinished,
        Pace::Bulk | Pace::Endless | Pace::Elsewhere => Repeat::Unanswered,
    }
}

/// First words of the names of methods that change nothing of the record.
const READS: [&str; 16] = [
    "Get",
    "List",
    "BatchGet",
    "Watch",
    "Resolve",
    "Trace",
    "Check",
    "Count",
    "Issue",
    "Search",
    "RebuildSearch",
    "Similar",
    "Related",
    "Suggest",
    "VerifyAudit",
    "Preview",
];

/// Whether the method of a path surely changes nothing.
fn changes_nothing(path: &str) -> bool {
    let method = path.rsplit('/').next().unwrap_or_default();
    READS.iter().any(|word| {
        method
            .strip_prefix(word)
            .is_some_and(|rest| rest.bytes().next().is_none_or(|b| b.is_ascii_uppercase()))
    })
}

/// What is kept of a call while its answer is waited for.
#[derive(Debug)]
pub struct Copy {
    /// What may be done with it.
    pub repeat: Repeat,
    /// An answer that is not passed on yet.
    pub answer: Option<Response<Download>>,
    head: Parts,
    body: Kept,
}

/// What is kept of the body.
#[derive(Debug)]
enum Kept {
    /// Nothing was sent of it.
    Unsent,
    /// All that was sent of it.
    Sent(Bytes),
    /// Too much was sent.
    Gone,
}

impl Copy {
    /// A copy of a call of which nothing was sent.
    pub fn of(request: &Request<Body>) -> Box<Self> {
        let (mut head, ()) = Request::new(()).into_parts();
        head.method.clone_from(request.method());
        head.uri.clone_from(request.uri());
        head.version = request.version();
        head.headers.clone_from(request.headers());
        head.extensions.clone_from(request.extensions());
        Box::new(Self {
            repeat: repeat(request.uri().path()),
            answer: None,
            head,
            body: Kept::Unsent,
        })
    }

    /// A frame of the body is sent.
    pub fn sends(&mut self, frame: &Frame<Bytes>) {
        self.body = match (frame.data_ref(), &self.body) {
            (Some(data), Kept::Unsent) if data.len() <= SMALL => Kept::Sent(data.clone()),
            (Some(data), Kept::Sent(kept)) if data.is_empty() => Kept::Sent(kept.clone()),
            _ => Kept::Gone,
        };
    }

    /// The call anew, with what its client has not sent yet; `None` when too much of it is gone.
    pub fn anew(self, rest: Option<Body>) -> Option<Request<Body>> {
        let body = match (self.body, rest) {
            (Kept::Unsent, rest) => rest.unwrap_or_default(),
            (Kept::Sent(data), None) => Body::from(data),
            (Kept::Sent(data), Some(rest)) => Body::new(Resumed::new(data, rest)),
            (Kept::Gone, _) => return None,
        };
        Some(Request::from_parts(self.head, body))
    }
}

/// A body whose first frame was taken out and is put back.
#[derive(Debug)]
pub struct Resumed {
    first: Option<Bytes>,
    rest: Body,
}

impl Resumed {
    /// `first`, and then the rest.
    pub fn new(first: Bytes, rest: Body) -> Self {
        let first = Some(first);
        Self { first, rest }
    }
}

impl http_body::Body for Resumed {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        match self.first.take() {
            Some(first) => Poll::Ready(Some(Ok(Frame::data(first)))),
            None => Pin::new(&mut self.rest).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.first.is_none() && self.rest.is_end_stream()
    }
}

#[cfg(test)]
mod tests {
    use futures::StreamExt as _;

    use super::*;
    use crate::routes::is_public;

    #[test]
    fn only_what_changes_nothing_is_repeated() {
        let mut reads = 0;
        let services = rapporteur_proto::descriptor_pool().services();
        for service in services.filter(|service| is_public(service.full_name())) {
            for method in service.methods() {
                let path = format!("/{}/{}", service.full_name(), method.name());
                // A method that may change something takes the id under which its client may ask again.
                let writes = method.input().get_field_by_name("request_id").is_some();
                // A walk through a whole log is not begun twice for one asker either.
                let long = method.is_client_streaming()
                    || method.is_server_streaming()
                    || method.name() == "VerifyAuditTrail";
                let expected = match (writes, long) {
                    (true, _) => Repeat::Never,
                    (false, true) => Repeat::Unanswered,
                    (false, false) => Repeat::Unfinished,
                };
                assert_eq!(repeat(&path), expected, "{path}");
                reads += usize::from(!writes);
            }
        }
        assert!(reads > 30, "{reads}");
        assert_eq!(
            repeat("/rapporteur.events.v1.EventService/Unheard"),
            Repeat::Never
        );
    }

    async fn said(request: Option<Request<Body>>) -> Option<Vec<u8>> {
        let mut frames = request?.into_body().into_data_stream();
        let mut all = Vec::new();
        while let Some(frame) = frames.next().await {
            all.extend_from_slice(&frame.unwrap());
        }
        Some(all)
    }

    #[tokio::test]
    async fn a_body_in_one_small_frame_is_kept() {
        let copy = |frames: &[&[u8]]| {
            let mut copy = Copy::of(&Request::new(Body::empty()));
            for frame in frames {
                copy.sends(&Frame::data(Bytes::copy_from_slice(frame)));
            }
            copy
        };
        let rest = || Some(Body::from("rest"));
        assert_eq!(said(copy(&[]).anew(rest())).await.unwrap(), b"rest");
        assert_eq!(said(copy(&[b"one"]).anew(None)).await.unwrap(), b"one");
        assert_eq!(said(copy(&[b"one", b""]).anew(None)).await.unwrap(), b"one");
        assert_eq!(
            said(copy(&[b"one"]).anew(rest())).await.unwrap(),
            b"onerest"
        );
        assert_eq!(said(copy(&[b"one", b"two"]).anew(None)).await, None);
        assert_eq!(said(copy(&[&[7; SMALL + 1]]).anew(None)).await, None);
        assert_eq!(said(copy(&[&[7; SMALL + 1], b""]).anew(None)).await, None);
    }
}
