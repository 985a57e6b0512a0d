//! Calendars to subscribe to: of a dialogue, of any filter of ListEvents, and of what a post has to report.
//!
//! What is in them comes through the same calls that everybody makes ([`Inside`]), so the services decide what this
//! caller sees; [`public_only`] says where they have to be asked to leave out more. What a reader has already is told
//! by the position up to which the views have read: as long as that stands still, so does the calendar. The door is
//! asked each time all the same.

mod described;
mod query;
mod read;

use axum::body::Body;
use bytes::Bytes;
use http::header::IF_NONE_MATCH;
use http::{HeaderMap, Method, Request, Response};
use rapporteur_records::Error;
use rapporteur_server::status;
use rapporteur_views::Views;
use rapporteur_views::calendar::{Calendar, Task};
use tokio::sync::Semaphore;
use tonic::Status;

pub use self::described::paths;
use self::query::Query;
use self::read::{Content, Reader};
use super::bindings::Bindings;
use super::inside::{Inside, Onward};
use super::known::{self, Known, Position};
use super::{etag, problem};

/// Paths of axum's router at which there are calendars.
pub const PATHS: [&str; 3] = [
    "/v1/calendar.ics",
    "/v1/dialogues/{dialogue}/calendar.ics",
    "/v1/dialogues/{dialogue}/posts/{post}/calendar.ics",
];

const MEDIA: &str = "text/calendar; charset=utf-8";
/// Calendars that are put together at a time; each may hold many events.
const AT_A_TIME: usize = 2;

/// Whether only what everybody may read is asked for.
fn public_only(onward: &Onward) -> bool {
    !onward.has_credential()
}

/// Answers requests for calendars.
#[derive(Debug)]
pub struct Calendars {
    inside: Inside,
    bindings: Bindings,
    views: Views,
    known: Known,
    room: Semaphore,
}

impl Calendars {
    /// Calendars of what these services tell; `views` say when something has changed.
    pub fn new(inside: Inside, bindings: Bindings, views: Views) -> Self {
        Self {
            inside,
            bindings,
            views,
            known: Known::default(),
            room: Semaphore::new(AT_A_TIME),
        }
    }

    /// The answer to a request at one of [`PATHS`].
    pub async fn answer(&self, request: Request<Body>) -> Response<Body> {
        let (parts, _) = request.into_parts();
        if ![Method::GET, Method::HEAD].contains(&parts.method) {
            return problem::other_methods(&[Method::GET], &parts.headers);
        }
        let onward = Onward::of(&parts.headers, &parts.extensions);
        let query = parts.uri.query().unwrap_or_default();
        let answer = match Query::read(&self.bindings, parts.uri.path(), query) {
            Ok(query) => {
                self.calendar(query, &onward, &parts.uri, &parts.headers)
                    .await
            }
            Err(error) => Err(status(error)),
        };
        answer.unwrap_or_else(|status| problem::answer(&status, &parts.headers))
    }

    async fn calendar(
        &self,
        query: Query,
        onward: &Onward,
        asked: &http::Uri,
        headers: &HeaderMap,
    ) -> Result<Response<Body>, Status> {
        let reader = Reader::new(&self.inside, onward);
        let key = known::key(onward, &asked.to_string());
        // Before anything is read: what changes meanwhile is asked for again the next time.
        let position = Position::of(&self.views);
        let has = headers.get(IF_NONE_MATCH).map(|has| has.as_bytes());
        if let Some(etag) = self.known.etag(&key, &position)
            && has.is_some_and(|has| etag::is_named(has, &etag))
        {
            reader.may(&query).await?;
            return etag::answer(headers, &etag, || Ok((Bytes::new(), MEDIA)));
        }
        let text = {
            let _room = self.room.acquire().await;
            let content = reader.read(&query, public_only(onward)).await?;
            tokio::task::spawn_blocking(move || write(&content, query.language))
                .await
                .map_err(|error| status(Error::Internal(error.to_string())))?
        };
        let etag = blake3::hash(text.as_bytes()).to_hex()[..32].to_owned();
        self.known.remember(key, position, &etag);
        etag::answer(headers, &etag, || Ok((Bytes::from(text), MEDIA)))
    }
}

fn write(content: &Content, language: Option<String>) -> String {
    let tasks = content.dues.iter().filter_map(|due| {
        let item = content.items.get(&due.subject)?;
        Some(Task { due, item })
    });
    let parents = content.parents.iter();
    Calendar {
        title: content.title.clone(),
        language,
        events: content.events.iter().collect(),
        parents: parents.map(|e| (e.name.as_str(), e.uid.as_str())).collect(),
        tasks: tasks.collect(),
    }
    .write()
}
