//! What the writers write: a record of either service, which holds a number.

use rapporteur_proto::FieldMask;
use rapporteur_proto::events::v1::event_service_client::EventServiceClient;
use rapporteur_proto::events::v1::{
    CreateEventRequest, Event, EventKind, EventState, GetEventRequest, UpdateEventRequest,
};
use rapporteur_proto::recommendations::v1::instrument_service_client::InstrumentServiceClient;
use rapporteur_proto::recommendations::v1::{
    CreateInstrumentRequest, GetInstrumentRequest, Instrument, InstrumentKind,
    UpdateInstrumentRequest,
};
use rapporteur_proto::r#type::v1::{CivilDate, LocalizedText, PlanLink, PlanLinkKind};
use tonic::Status;

use super::door::Door;

/// The dialogue of all records.
pub(crate) const DIALOGUE: &str = "dialogues/killed";
/// The node of a plan to which all events have a link.
pub(crate) const NODE: &str = "dialogues/killed/plans/plan/nodes/node";

/// Of which service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Noun {
    Event,
    Instrument,
}

/// A record as a writer has seen it.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) name: String,
    pub(crate) etag: String,
    pub(crate) number: i32,
}

impl From<Event> for Seen {
    fn from(event: Event) -> Self {
        Self {
            name: event.name,
            etag: event.etag,
            number: event.ordinal,
        }
    }
}

impl From<Instrument> for Seen {
    fn from(instrument: Instrument) -> Self {
        Self {
            name: instrument.name,
            etag: instrument.etag,
            number: instrument.parties_count.unwrap_or_default(),
        }
    }
}

/// What a writer asks for.
#[derive(Debug)]
pub(crate) enum Call {
    /// A record with this id, which holds 0.
    Create(String),
    /// One more in the record that was seen, if it is still the same.
    Count(Seen),
    /// The record of this name as it stands.
    Get(String),
}

/// A text in English.
pub(crate) fn text(words: &str) -> Option<LocalizedText> {
    Some(LocalizedText {
        by_language: [("en".to_owned(), words.to_owned())].into(),
        ..LocalizedText::default()
    })
}

impl Noun {
    /// Makes a call. The operation is the request id of what writes, and in the log the reason.
    pub(crate) async fn call(self, door: &Door, call: &Call, op: &str) -> Result<Seen, Status> {
        match call {
            Call::Create(id) => self.create(door, id, op).await,
            Call::Count(seen) => self.count(door, seen, op).await,
            Call::Get(name) => self.get(door, name).await,
        }
    }

    async fn create(self, door: &Door, id: &str, op: &str) -> Result<Seen, Status> {
        match self {
            Self::Event => {
                let event = Event {
                    kind: EventKind::ThematicMeeting.into(),
                    state: EventState::Planned.into(),
                    title: text(id),
                    start: Some(CivilDate {
                        value: "2031-05-04".into(),
                        ..CivilDate::default()
                    }),
                    plan_links: vec![PlanLink {
                        node: NODE.into(),
                        kind: PlanLinkKind::Planned.into(),
                        ..PlanLink::default()
                    }],
                    ..Event::default()
                };
                let request = door.request(CreateEventRequest {
                    parent: DIALOGUE.into(),
                    event_id: id.into(),
                    event: Some(event),
                    request_id: op.into(),
                    reason: op.into(),
                    ..CreateEventRequest::default()
                });
                let mut client = EventServiceClient::new(door.gateway());
                Ok(client.create_event(request).await?.into_inner().into())
            }
            Self::Instrument => {
                let instrument = Instrument {
                    kind: InstrumentKind::Conclusion.into(),
                    title: text(id),
                    ..Instrument::default()
                };
                let request = door.request(CreateInstrumentRequest {
                    parent: DIALOGUE.into(),
                    instrument_id: id.into(),
                    instrument: Some(instrument),
                    request_id: op.into(),
                    reason: op.into(),
                    ..CreateInstrumentRequest::default()
                });
                let mut client = InstrumentServiceClient::new(door.gateway());
                let made = client.create_instrument(request).await?;
                Ok(made.into_inner().into())
            }
        }
    }

    async fn count(self, door: &Door, seen: &Seen, op: &str) -> Result<Seen, Status> {
        let (name, etag, number) = (seen.name.clone(), seen.etag.clone(), seen.number + 1);
        let mask = |field: &str| {
            Some(FieldMask {
                paths: vec![field.to_owned()],
            })
        };
        match self {
            Self::Event => {
                let request = door.request(UpdateEventRequest {
                    event: Some(Event {
                        name,
                        etag,
                        ordinal: number,
                        ..Event::default()
                    }),
                    update_mask: mask("ordinal"),
                    request_id: op.into(),
                    reason: op.into(),
                    ..UpdateEventRequest::default()
                });
                let mut client = EventServiceClient::new(door.gateway());
                Ok(client.update_event(request).await?.into_inner().into())
            }
            Self::Instrument => {
                let request = door.request(UpdateInstrumentRequest {
                    instrument: Some(Instrument {
                        name,
                        etag,
                        parties_count: Some(number),
                        ..Instrument::default()
                    }),
                    update_mask: mask("parties_count"),
                    request_id: op.into(),
                    reason: op.into(),
                    ..UpdateInstrumentRequest::default()
                });
                let mut client = InstrumentServiceClient::new(door.gateway());
                let changed = client.update_instrument(request).await?;
                Ok(changed.into_inner().into())
            }
        }
    }

    async fn get(self, door: &Door, name: &str) -> Result<Seen, Status> {
        let name = name.to_owned();
        match self {
            Self::Event => {
                let request = door.request(GetEventRequest { name, as_of: None });
                let mut client = EventServiceClient::new(door.gateway());
                Ok(client.get_event(request).await?.into_inner().into())
            }
            Self::Instrument => {
                let request = door.request(GetInstrumentRequest { name, as_of: None });
                let mut client = InstrumentServiceClient::new(door.gateway());
                Ok(client.get_instrument(request).await?.into_inner().into())
            }
        }
    }
}
