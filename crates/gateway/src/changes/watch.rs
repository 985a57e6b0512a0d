//! The watches of all services as one stream.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures::Stream;
use rapporteur_proto::changes::v1::{WatchRequest, WatchResponse};
use rapporteur_server::client::Onward;
use tonic::{Status, Streaming};

use super::token::Token;
use crate::audience::Seat;
use crate::routes::ROUTES;
use crate::upstream::{Upstream, Upstreams};

/// Passes on what any service sends, until one of them ends.
#[derive(Debug)]
pub struct Joined {
    upstreams: Upstreams,
    /// `None` for a service that has none of the types wanted.
    streams: [Option<Streaming<WatchResponse>>; ROUTES.len()],
    at_head: [bool; ROUTES.len()],
    token: Token,
    /// Whose turn it is to be asked first, so that a busy service does not drown the others.
    turn: usize,
    ended: bool,
    /// Kept for as long as it is listened to.
    seat: Option<Seat>,
}

impl Joined {
    /// Whose seat is free again when this ends.
    pub(super) fn sits(&mut self, seat: Seat) {
        self.seat = Some(seat);
    }

    pub(super) async fn open(
        upstreams: &Upstreams,
        onward: &Onward,
        token: Token,
        types: [Option<Vec<String>>; ROUTES.len()],
        name_prefix: &str,
    ) -> Result<Self, Status> {
        let [events, recommendations] = upstreams.all();
        let [e, r] = types;
        let at_head = [e.is_none(), r.is_none()];
        let streams = futures::try_join!(
            watch(events, onward, &token.parts[0], e, name_prefix),
            watch(recommendations, onward, &token.parts[1], r, name_prefix),
        )?;
        Ok(Self {
            upstreams: upstreams.clone(),
            streams: streams.into(),
            at_head,
            token,
            turn: 0,
            ended: false,
            seat: None,
        })
    }

    fn passed_on(&mut self, place: usize, mut message: WatchResponse) -> WatchResponse {
        self.token.parts[place] = message.token;
        self.at_head[place] = message.at_head;
        let token = self.token.to_string();
        if let Some(change) = &mut message.change {
            change.token.clone_from(&token);
        }
        WatchResponse {
            change: message.change,
            token,
            at_head: self.at_head.iter().all(|at| *at),
        }
    }
}

async fn watch(
    upstream: &Upstream,
    onward: &Onward,
    token: &str,
    types: Option<Vec<String>>,
    name_prefix: &str,
) -> Result<Option<Streaming<WatchResponse>>, Status> {
    let Some(types) = types else { return Ok(None) };
    let request = WatchRequest {
        token: token.to_owned(),
        types,
        name_prefix: name_prefix.to_owned(),
    };
    Ok(Some(
        upstream.watch(onward.without_deadline(request)).await?,
    ))
}

impl Stream for Joined {
    type Item = Result<WatchResponse, Status>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.ended {
            return Poll::Ready(None);
        }
        for step in 0..ROUTES.len() {
            let place = (self.turn + step) % ROUTES.len();
            let Some(stream) = &mut self.streams[place] else {
                continue;
            };
            let Poll::Ready(item) = Pin::new(stream).poll_next(cx) else {
                continue;
            };
            self.turn = place + 1;
            let upstream = &self.upstreams.all()[place];
            let item = match item {
                Some(Ok(message)) => Ok(self.passed_on(place, message)),
                Some(Err(status)) => Err(upstream.failed(status)),
                None => Err(upstream.down("its feed ended")),
            };
            self.ended = item.is_err();
            return Poll::Ready(Some(item));
        }
        Poll::Pending
    }
}
