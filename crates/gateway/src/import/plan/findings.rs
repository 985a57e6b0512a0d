//! What would become of one record: what is new or different is proposed to its service, which says whether it would take
//! it.

use bytes::Bytes;
use prost::Message as _;
use prost_reflect::{DynamicMessage, ReflectMessage as _, Value};
use rapporteur_exchange::map::Record;
use rapporteur_proto::bare::ancestors;
use rapporteur_proto::gateway::v1::ImportVerdict;
use rapporteur_records::Error;
use rapporteur_server::status;
use tonic::{Code, Status};
use uuid::Uuid;

use super::super::compare::{differing, note, overlaid};
use super::super::kinds::{Kind, set, text};
use super::super::ledger;
use super::super::onto::{in_words, is_fatal, missing};
use super::super::row::{Act, Step};
use super::{Planner, digest};

/// What is to be found out about a record.
pub(super) enum Ask {
    /// It is there, or comes from a row above.
    Nothing,
    /// Whether it may be made. `rests`: on what a row above makes, so that nobody can say yet.
    Create { rests: bool },
    /// What of it is different.
    Compare(Box<DynamicMessage>),
    /// Nothing; it cannot be.
    Refuse(String),
}

/// What was found out about a record.
#[derive(Default)]
pub(super) struct Found {
    pub(super) verdict: ImportVerdict,
    pub(super) fields: Vec<String>,
    pub(super) reason: String,
    pub(super) step: Step,
}

impl Planner {
    pub(super) async fn find_out(&self, record: &Record, ask: Ask) -> Result<Found, Status> {
        match ask {
            Ask::Nothing => Ok(Found::unchanged("")),
            Ask::Refuse(reason) => Ok(Found::refused(reason)),
            Ask::Create { rests } => self.creation(record, rests).await,
            Ask::Compare(there) => self.comparison(record, &there).await,
        }
    }

    async fn creation(&self, record: &Record, rests: bool) -> Result<Found, Status> {
        let bytes = record.message.encode_to_vec();
        let created = |record| Found {
            verdict: ImportVerdict::Created,
            step: Step {
                act: Act::Create.into(),
                record,
                ..Step::default()
            },
            ..Found::default()
        };
        if rests {
            return Ok(created(bytes));
        }
        let kind = kind_of(record).map_err(status)?;
        let request = kind.create(&record.name).map_err(status)?;
        match self.propose(kind, "Create", request, Some(&bytes)).await {
            Ok(_) => Ok(created(bytes)),
            Err(refused) if is_fatal(&refused) => Err(refused),
            Err(refused) if self.comes(&refused) => Ok(created(bytes)),
            Err(refused) if refused.code() == Code::AlreadyExists => {
                // Somebody made it since this preview began, or it is hidden.
                match self.onto.get(kind, &record.name).await? {
                    Some(_) if record.shared => Ok(Found::unchanged("")),
                    Some(there) => self.comparison(record, &there).await,
                    None => Ok(Found::refused(
                        "is there already, and is not shown to you".to_owned(),
                    )),
                }
            }
            Err(refused) => Ok(Found::refused(in_words(&refused))),
        }
    }

    /// Whether what a refusal misses is made by a row above.
    fn comes(&self, refused: &Status) -> bool {
        missing(refused)
            .is_some_and(|name| ancestors(&name).any(|name| self.made.contains(&digest(name))))
    }

    async fn comparison(&self, record: &Record, there: &DynamicMessage) -> Result<Found, Status> {
        match self.compared(record, there).await {
            Err(stale) if is_stale(&stale) => {
                // Somebody changed it since this preview began.
                let kind = kind_of(record).map_err(status)?;
                let Some(there) = self.onto.get(kind, &record.name).await? else {
                    return Ok(Found::refused("is not shown to you any more".to_owned()));
                };
                match self.compared(record, &there).await {
                    Err(stale) if is_stale(&stale) => Ok(Found::refused(in_words(&stale))),
                    found => found,
                }
            }
            found => found,
        }
    }

    /// What of a record is different. ABORTED: it is not as it was read any more.
    async fn compared(&self, record: &Record, there: &DynamicMessage) -> Result<Found, Status> {
        let kind = kind_of(record).map_err(status)?;
        let etag = text(there, "etag");
        let stated = overlaid(&record.message, there);
        let known: &[String] = self.fields.get(record.kind).map_or(&[], Vec::as_slice);
        let mut fields = differing(there, &stated, known);
        let note = note(there, &stated);
        if record.kind == "addressee" {
            // Its ledger only grows, and only by its own call.
            fields.retain(|field| field != "entries");
            match ledger::answer(there, &stated) {
                Ok(None) => {}
                Ok(Some(request)) if fields.is_empty() => {
                    return self.answer(kind, request, there, &etag).await;
                }
                Ok(Some(_)) => {
                    let reason = format!(
                        "has a new answer, and {} changed: change one at a time",
                        fields.join(", ")
                    );
                    return Ok(Found::refused(reason));
                }
                Err(reason) => return Ok(Found::refused(reason)),
            }
        }
        if fields.is_empty() {
            return Ok(Found::unchanged(&note));
        }
        let request = kind.update(&stated, &fields, &etag).map_err(status)?;
        let would_be = match self.propose(kind, "Update", request, None).await {
            Ok(would_be) => kind.read(&would_be).map_err(status)?,
            Err(refused) if is_fatal(&refused) || is_stale(&refused) => return Err(refused),
            Err(refused) if self.comes(&refused) => stated.clone(),
            Err(refused) => return Ok(Found::refused(in_words(&refused))),
        };
        // What the service makes of it may be what is there: defaults, spelling.
        fields.retain(|field| differing(there, &would_be, std::slice::from_ref(field)).len() == 1);
        if fields.is_empty() {
            return Ok(Found::unchanged(&note));
        }
        Ok(Found {
            verdict: ImportVerdict::Updated,
            reason: note,
            step: Step {
                act: Act::Update.into(),
                record: stated.encode_to_vec(),
                etag,
                before: there.encode_to_vec(),
                ..Step::default()
            },
            fields,
        })
    }

    async fn answer(
        &self,
        kind: &Kind,
        mut request: DynamicMessage,
        there: &DynamicMessage,
        etag: &str,
    ) -> Result<Found, Status> {
        let etag = etag.to_owned();
        set(&mut request, "etag", Value::String(etag.clone())).map_err(status)?;
        match self.propose(kind, "Respond", request.clone(), None).await {
            Ok(_) => Ok(Found {
                verdict: ImportVerdict::Updated,
                fields: vec!["entries".to_owned()],
                step: Step {
                    act: Act::Respond.into(),
                    record: request.encode_to_vec(),
                    etag,
                    before: there.encode_to_vec(),
                    ..Step::default()
                },
                ..Found::default()
            }),
            Err(refused) if is_fatal(&refused) || is_stale(&refused) => Err(refused),
            Err(refused) => Ok(Found::refused(in_words(&refused))),
        }
    }

    /// What a service would answer to a request, with this record in it where it is given apart.
    pub(super) async fn propose(
        &self,
        kind: &Kind,
        verb: &str,
        mut request: DynamicMessage,
        record: Option<&[u8]>,
    ) -> Result<Bytes, Status> {
        let id = Uuid::new_v4().to_string();
        let filled = set(&mut request, "request_id", Value::String(id))
            .and_then(|()| set(&mut request, "validate_only", Value::Bool(true)))
            .and_then(|()| set(&mut request, "reason", Value::String(self.reason.clone())));
        filled.map_err(status)?;
        let method = kind.method(verb).map_err(status)?;
        let request = match record {
            Some(record) => kind.with(&request, record),
            None => request.encode_to_vec().into(),
        };
        self.onto.send(method, request).await
    }
}

impl Found {
    pub(super) fn unchanged(note: &str) -> Self {
        Self {
            verdict: ImportVerdict::Unchanged,
            reason: note.to_owned(),
            ..Self::default()
        }
    }

    fn refused(reason: String) -> Self {
        Self {
            verdict: ImportVerdict::Refused,
            reason,
            ..Self::default()
        }
    }
}

/// Whether a record was not as the request says that it was.
fn is_stale(answer: &Status) -> bool {
    answer.code() == Code::Aborted
}

fn kind_of(record: &Record) -> Result<&'static Kind, Error> {
    Kind::of(record.message.descriptor().full_name())
}
