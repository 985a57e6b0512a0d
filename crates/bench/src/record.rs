//! The events that are kept, and filling a service with them the way a client would.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Result, ensure};
use bytes::Bytes;
use http::uri::PathAndQuery;
use prost::Message as _;
use rapporteur_proto::events::v1::dialogue_service_client::DialogueServiceClient;
use rapporteur_proto::events::v1::event_service_client::EventServiceClient;
use rapporteur_proto::events::v1::party_service_client::PartyServiceClient;
use rapporteur_proto::events::v1::{
    CreateDialogueRequest, CreateEventRequest, CreatePartyRequest, Dialogue, Event, EventKind,
    EventMode, EventRole, EventState, GetEventRequest, ListEventsRequest, Party, PartyKind, Role,
};
use rapporteur_proto::r#type::v1::{Basis, CivilDate, LocalizedText, Place, Provenance};
use tokio::task::JoinSet;
use tonic::transport::Channel;
use uuid::Uuid;

use crate::caller::{Caller, callers};
use crate::load::Work;
use crate::plan::PAGE;

/// The method that creates an event.
pub const CREATE: PathAndQuery =
    PathAndQuery::from_static("/rapporteur.events.v1.EventService/CreateEvent");
/// The method that gets one.
pub const GET: PathAndQuery =
    PathAndQuery::from_static("/rapporteur.events.v1.EventService/GetEvent");
/// The method that lists them.
pub const LIST: PathAndQuery =
    PathAndQuery::from_static("/rapporteur.events.v1.EventService/ListEvents");

/// With so many a day, 100,000 events are those of 25 years.
const EVENTS_A_DAY: u64 = 11;
/// By so many days the order in which events are recorded differs from that of their days.
const DAYS_AROUND: u64 = 120;
/// Callers that fill a store.
const FILLERS: usize = 256;
/// Records on a page when all are counted.
const COUNTED: i32 = 1_000;

/// The dialogue of all events.
pub const DIALOGUE: &str = "rabat";
const PARTIES: [&str; 2] = ["es", "ma"];

fn parent() -> String {
    format!("dialogues/{DIALOGUE}")
}

fn id(number: u64) -> String {
    format!("event-{number:07}")
}

fn text(english: &str, french: &str) -> Option<LocalizedText> {
    let by_language =
        [("en", english), ("fr", french)].map(|(tag, text)| (tag.to_owned(), text.to_owned()));
    Some(LocalizedText {
        by_language: by_language.into(),
        ..LocalizedText::default()
    })
}

/// The name of an event.
pub fn name(number: u64) -> String {
    format!("{}/events/{}", parent(), id(number))
}

/// An event as a secretariat records it: two languages, roles, themes, a source. About a kilobyte and ten
/// index rows, as the middle one of the sample record.
pub fn event(number: u64) -> Event {
    // Recorded in about the order of their days, some months ahead or behind.
    let day = number / EVENTS_A_DAY + number * 7_919 % DAYS_AROUND;
    let date = format!(
        "{}-{:02}-{:02}",
        2_000 + day / 360,
        day / 30 % 12 + 1,
        day % 28 + 1
    );
    let date = Some(CivilDate {
        value: date,
        basis: Basis::Given.into(),
        ..CivilDate::default()
    });
    let role = |(party, role): (&&str, Role)| EventRole {
        party: format!("parties/{party}"),
        role: role.into(),
        ..EventRole::default()
    };
    Event {
        kind: EventKind::ThematicMeeting.into(),
        state: EventState::Planned.into(),
        title: text(
            &format!(
                "Thematic meeting {number:07} on voluntary return and sustainable reintegration"
            ),
            &format!(
                "Réunion thématique {number:07} sur le retour volontaire et la réintégration durable"
            ),
        ),
        description: text(
            "Experts of the partner countries compare what helps returnees to find work and housing, what the communities \
             that receive them need, and how the actions of the plan that concern them are followed up until the next \
             meeting of senior officials.",
            "Les experts des pays partenaires comparent ce qui aide les personnes de retour à trouver travail et logement.",
        ),
        start: date.clone(),
        end: date,
        mode: EventMode::InPerson.into(),
        place: Some(Place {
            name: "Rabat".into(),
            country_code: "MA".into(),
            ..Place::default()
        }),
        themes: vec!["return".into(), "reintegration".into()],
        roles: PARTIES
            .iter()
            .zip([Role::CoChair, Role::Host])
            .map(role)
            .collect(),
        provenance: vec![Provenance {
            url: "https://www.rabat-process.org/en/activities/technical-meetings".into(),
            quote: "The meeting brings together experts from partner countries and organisations."
                .into(),
            basis: Basis::External.into(),
            ..Provenance::default()
        }],
        ..Event::default()
    }
}

/// What every event refers to.
pub async fn prepare(channel: &Channel) -> Result<()> {
    let dialogue = Dialogue {
        title: text("Rabat Process", "Processus de Rabat"),
        ..Dialogue::default()
    };
    let request = CreateDialogueRequest {
        dialogue_id: DIALOGUE.into(),
        dialogue: Some(dialogue),
        ..CreateDialogueRequest::default()
    };
    DialogueServiceClient::new(channel.clone())
        .create_dialogue(request)
        .await?;
    let mut parties = PartyServiceClient::new(channel.clone());
    for code in PARTIES {
        let (kind, country_code) = (PartyKind::State.into(), code.to_uppercase());
        let party = Some(Party {
            kind,
            country_code,
            ..Party::default()
        });
        parties
            .create_party(CreatePartyRequest {
                party_id: code.into(),
                party,
                ..CreatePartyRequest::default()
            })
            .await?;
    }
    Ok(())
}

/// Creates events, each once.
#[derive(Clone, Debug)]
pub struct Creating {
    caller: Caller,
    /// The number of the next event, of all callers together.
    next: Arc<AtomicU64>,
}

impl Creating {
    /// A caller that creates what `next` counts.
    pub fn new(caller: Caller, next: Arc<AtomicU64>) -> Self {
        Self { caller, next }
    }

    async fn create(&mut self, number: u64) -> Result<()> {
        let request = CreateEventRequest {
            parent: parent(),
            event_id: id(number),
            event: Some(event(number)),
            // As every careful client does, so that it may repeat the request.
            request_id: Uuid::new_v4().to_string(),
            ..CreateEventRequest::default()
        };
        self.caller
            .call(&CREATE, request.encode_to_vec().into())
            .await?;
        Ok(())
    }
}

impl Work for Creating {
    async fn call(&mut self) -> Result<()> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        self.create(number).await
    }
}

/// Creates the events `0..count`.
pub async fn fill(channels: &[Channel], count: u64) -> Result<()> {
    let next = Arc::new(AtomicU64::new(0));
    let mut tasks = JoinSet::new();
    for caller in callers(channels, FILLERS) {
        let mut creating = Creating::new(caller, next.clone());
        tasks.spawn(async move {
            loop {
                let number = creating.next.fetch_add(1, Ordering::Relaxed);
                if number >= count {
                    return Ok::<_, anyhow::Error>(());
                }
                creating.create(number).await?;
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    Ok(())
}

/// Holds when the service lists exactly the events `0..count`, each once.
pub async fn check(channel: &Channel, count: u64) -> Result<()> {
    let mut client = EventServiceClient::new(channel.clone()).max_decoding_message_size(64 << 20);
    let mut seen = vec![false; usize::try_from(count)?];
    let mut query = ListEventsRequest {
        parent: parent(),
        page_size: COUNTED,
        ..ListEventsRequest::default()
    };
    loop {
        let page = client.list_events(query.clone()).await?.into_inner();
        for event in page.events {
            let number: usize = event.name.rsplit('-').next().unwrap_or_default().parse()?;
            let twice = seen
                .get_mut(number)
                .map(|seen| std::mem::replace(seen, true));
            ensure!(
                twice == Some(false),
                "{} is listed twice, or was never created",
                event.name
            );
        }
        if page.next_page_token.is_empty() {
            break;
        }
        query.page_token = page.next_page_token;
    }
    let missing = seen.iter().filter(|seen| !**seen).count();
    ensure!(
        missing == 0,
        "{missing} of {count} acknowledged events are not listed"
    );
    Ok(())
}

/// Requests for each of the events `0..count`.
pub fn gets(count: u64) -> Vec<Bytes> {
    let get = |number| GetEventRequest {
        name: name(number),
        as_of: None,
    };
    (0..count)
        .map(|number| get(number).encode_to_vec().into())
        .collect()
}

/// The request for the first page.
pub fn list() -> Bytes {
    list_after(String::new())
}

fn list_after(page_token: String) -> Bytes {
    let page_size = i32::try_from(PAGE).unwrap_or_default();
    ListEventsRequest {
        parent: parent(),
        page_size,
        page_token,
        ..ListEventsRequest::default()
    }
    .encode_to_vec()
    .into()
}

/// The requests for all full pages, from the first on.
pub async fn lists(channel: &Channel) -> Result<Vec<Bytes>> {
    let mut caller = Caller::new(channel.clone());
    let mut requests = vec![list()];
    loop {
        let request = requests.last().cloned().unwrap_or_default();
        let page = rapporteur_proto::events::v1::ListEventsResponse::decode(
            caller.call(&LIST, request).await?,
        )?;
        if page.next_page_token.is_empty() {
            if page.events.len() < PAGE {
                requests.pop();
            }
            return Ok(requests);
        }
        requests.push(list_after(page.next_page_token));
    }
}
