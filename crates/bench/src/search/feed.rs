//! A service that has nothing but a feed: a record of so many texts, which then grows by one twice a second.

use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Result;
use prost::{Message, Name};
use rapporteur_proto::Any;
use rapporteur_proto::changes::v1::change_service_server::{ChangeService, ChangeServiceServer};
use rapporteur_proto::changes::v1::{
    Change, ListChangesRequest, ListChangesResponse, ListRevisionsRequest, ListRevisionsResponse,
    ResourceChange, Service, WatchRequest, WatchResponse,
};
use rapporteur_proto::events::v1::{Dialogue, Party};
use rapporteur_proto::recommendations::v1::{
    Addressee, Recommendation, RecommendationState, Response as Answered,
};
use rapporteur_proto::r#type::v1::{CivilDate, LocalizedText};
use rapporteur_records::FeedToken;
use rapporteur_store::Token;
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tokio_stream::{Stream, StreamExt as _};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::corpus::{Corpus, Line};

/// A word that only texts have that were told later; the moment follows it.
pub const STAMP: &str = "stampword";
/// How often one more is told.
const EVERY: Duration = Duration::from_millis(500);
const DIALOGUES: u64 = 10;
const MOST: i32 = 1_000;

/// The feed of one service.
#[derive(Clone, Debug)]
pub struct Feed {
    service: Service,
    texts: u64,
    corpus: Arc<Corpus>,
}

/// Serves the feed of a service until `end`.
pub async fn serve(
    service: &str,
    texts: u64,
    corpus: Option<&Path>,
    listener: TcpListener,
    end: impl Future<Output = ()>,
) -> Result<()> {
    let feed = Feed {
        service: match service {
            "events" => Service::Events,
            _ => Service::Recommendations,
        },
        texts,
        corpus: Arc::new(Corpus::read(corpus)?),
    };
    let server = ChangeServiceServer::new(feed).max_encoding_message_size(64 << 20);
    let incoming = TcpListenerStream::new(listener);
    let serving = tonic::transport::Server::builder().add_service(server);
    Ok(serving.serve_with_incoming_shutdown(incoming, end).await?)
}

impl Feed {
    /// How many changes there are before it grows.
    fn head(&self) -> u64 {
        match self.service {
            Service::Events => DIALOGUES + 1,
            _ => self.texts,
        }
    }

    fn token(&self, position: u64) -> String {
        let token = Token {
            store_id: Uuid::from_u128(self.service as u128 + 1),
            position,
            op_id: Uuid::from_u128(position.into()),
        };
        FeedToken(token).to_string()
    }

    fn change(&self, position: u64) -> Change {
        let number = position - 1;
        let resources = match self.service {
            Service::Events if number < DIALOGUES => {
                let name = format!("dialogues/d{number}");
                vec![resource(
                    &name,
                    &Dialogue {
                        name: name.clone(),
                        ..Dialogue::default()
                    },
                )]
            }
            Service::Events => {
                let name = "parties/none".to_owned();
                vec![resource(
                    &name,
                    &Party {
                        name: name.clone(),
                        ..Party::default()
                    },
                )]
            }
            _ => text(number, &self.line(number)),
        };
        Change {
            service: self.service.into(),
            position,
            resources,
            token: self.token(position),
            ..Change::default()
        }
    }

    fn line(&self, number: u64) -> Line {
        if number < self.texts {
            return self.corpus.line(number);
        }
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Line {
            text: format!("{STAMP} {}", now.as_micros()),
            ..Line::default()
        }
    }
}

fn resource<T: Message + Name>(name: &str, record: &T) -> ResourceChange {
    ResourceChange {
        name: name.to_owned(),
        r#type: T::full_name(),
        value: Some(Any {
            type_url: T::type_url(),
            value: record.encode_to_vec(),
        }),
    }
}

/// A recommendation and its addressee.
fn text(number: u64, line: &Line) -> Vec<ResourceChange> {
    let code = |words: &str| {
        let code: String = words
            .to_lowercase()
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
            .collect();
        code.trim_matches('-').to_owned()
    };
    let dialogue = number % DIALOGUES;
    let name = format!("dialogues/d{dialogue}/recommendations/r{number:07}");
    let text = Recommendation {
        name: name.clone(),
        state: RecommendationState::Adopted.into(),
        text: Some(LocalizedText {
            by_language: [("en".to_owned(), line.text.clone())].into(),
            ..LocalizedText::default()
        }),
        themes: line.issues.iter().map(|issue| code(issue)).collect(),
        adopted: Some(CivilDate {
            value: (2_008 + number % 16).to_string(),
            ..CivilDate::default()
        }),
        ..Recommendation::default()
    };
    let mut resources = vec![resource(&name, &text)];
    let party = code(&line.addressed_to);
    if !party.is_empty() {
        let addressee = Addressee {
            name: format!("{name}/addressees/{party}"),
            party: format!("parties/{party}"),
            response: Answered::Supported.into(),
            ..Addressee::default()
        };
        resources.push(resource(&addressee.name.clone(), &addressee));
    }
    resources
}

fn after(token: &str) -> Result<u64, Status> {
    if token.is_empty() {
        return Ok(0);
    }
    let token: FeedToken = token
        .parse()
        .map_err(|_| Status::invalid_argument("token"))?;
    Ok(token.0.position)
}

#[tonic::async_trait]
impl ChangeService for Feed {
    async fn list_changes(
        &self,
        request: Request<ListChangesRequest>,
    ) -> Result<Response<ListChangesResponse>, Status> {
        let request = request.into_inner();
        let from = after(&request.token)?;
        // Whoever asks only where the log ends wants no records.
        let most = if request.name_prefix.is_empty() {
            request.page_size.clamp(1, MOST)
        } else {
            0
        };
        let to = self
            .head()
            .min(from + u64::from(most.unsigned_abs()))
            .max(from);
        let end = if most == 0 { self.head().max(from) } else { to };
        Ok(Response::new(ListChangesResponse {
            changes: (from + 1..=to)
                .map(|position| self.change(position))
                .collect(),
            next_token: self.token(end),
            at_head: end >= self.head(),
        }))
    }

    type WatchStream = Pin<Box<dyn Stream<Item = Result<WatchResponse, Status>> + Send>>;

    async fn watch(
        &self,
        request: Request<WatchRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let mut position = after(&request.into_inner().token)?;
        if self.service == Service::Events {
            return Ok(Response::new(Box::pin(tokio_stream::pending())));
        }
        let feed = self.clone();
        let ticks = tokio_stream::wrappers::IntervalStream::new(tokio::time::interval(EVERY));
        let told = ticks.map(move |_| {
            position += 1;
            Ok(WatchResponse {
                change: Some(feed.change(position)),
                token: feed.token(position),
                ..WatchResponse::default()
            })
        });
        Ok(Response::new(Box::pin(told)))
    }

    async fn list_revisions(
        &self,
        _: Request<ListRevisionsRequest>,
    ) -> Result<Response<ListRevisionsResponse>, Status> {
        Err(Status::unimplemented("a feed has no history"))
    }
}
