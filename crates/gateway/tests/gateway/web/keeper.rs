//! A service of events made by hand: it says what it was asked, and lists what a test gave it.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use futures::future::BoxFuture;
use prost::Message;
use rapporteur_proto::events::v1::{
    CreateEventRequest, Event, GetEventRequest, ListEventsRequest, ListEventsResponse,
    UpdateEventRequest,
};
use rapporteur_records::Error;
use rapporteur_server::{Caller, MAX_DECODING_BYTES, status};
use tonic::body::Body;
use tonic::server::{Grpc, NamedService};
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;
use tower::{Service, service_fn};

/// Keeps events.
#[derive(Clone, Default)]
pub(crate) struct Keeper {
    pub(crate) events: Arc<Mutex<Vec<Event>>>,
    /// The lists that were asked for.
    pub(crate) lists: Arc<Mutex<Vec<ListEventsRequest>>>,
}

impl NamedService for Keeper {
    const NAME: &'static str = "rapporteur.events.v1.EventService";
}

impl Service<http::Request<Body>> for Keeper {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let this = self.clone();
        Box::pin(async move {
            let method = request.uri().path().rsplit('/').next().unwrap_or_default();
            Ok(match method {
                "GetEvent" => answered(request, read).await,
                "CreateEvent" => answered(request, create).await,
                "UpdateEvent" => answered(request, update).await,
                "ListEvents" => {
                    let list = move |request: Request<ListEventsRequest>| {
                        let answer = this.list(request.into_inner());
                        async { Ok(answer) }
                    };
                    answered(request, list).await
                }
                other => Status::unimplemented(other.to_owned()).into_http(),
            })
        })
    }
}

async fn answered<Q, A, F>(
    request: http::Request<Body>,
    handler: impl Fn(Request<Q>) -> F + Clone + Send + 'static,
) -> http::Response<Body>
where
    Q: Message + Default + 'static,
    A: Message + Default + 'static,
    F: Future<Output = Result<A, Status>> + Send + 'static,
{
    let handler = service_fn(move |request| {
        let answer = handler(request);
        async { answer.await.map(Response::new) }
    });
    Grpc::new(ProstCodec::<A, Q>::default())
        .apply_max_message_size_config(Some(MAX_DECODING_BYTES), None)
        .unary(handler, request)
        .await
}

/// An event that names who asked for it.
async fn read(request: Request<GetEventRequest>) -> Result<Event, Status> {
    let caller = Caller::of(&request);
    let name = request.into_inner().name;
    match name.rsplit('/').next() {
        Some("slow") => std::future::pending().await,
        Some("none") => Err(status(Error::NotFound { name })),
        _ => Ok(Event {
            name,
            etag: "7".into(),
            series: caller.id,
            state_reason: caller.request_id,
            ..Event::default()
        }),
    }
}

/// The new event, which names the id of the request.
async fn create(request: Request<CreateEventRequest>) -> Result<Event, Status> {
    let request = request.into_inner();
    Ok(Event {
        name: format!("{}/events/{}", request.parent, request.event_id),
        series: request.request_id,
        ..request.event.unwrap_or_default()
    })
}

async fn update(request: Request<UpdateEventRequest>) -> Result<Event, Status> {
    let event = request.into_inner().event.unwrap_or_default();
    if event.etag == "7" {
        return Ok(event);
    }
    Err(status(Error::Stale {
        name: event.name,
        current: "7".into(),
    }))
}

impl Keeper {
    /// A page of what is kept; a token is a place.
    fn list(&self, request: ListEventsRequest) -> ListEventsResponse {
        let from: usize = request.page_token.parse().unwrap_or(0);
        let size = usize::try_from(request.page_size).unwrap().clamp(1, 1_000);
        self.lists.lock().unwrap().push(request);
        let events = self.events.lock().unwrap();
        let page: Vec<Event> = events.iter().skip(from).take(size).cloned().collect();
        let next = from + page.len();
        let more = next < events.len();
        ListEventsResponse {
            events: page,
            next_page_token: if more {
                next.to_string()
            } else {
                String::new()
            },
        }
    }
}
