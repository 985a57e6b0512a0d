//! From a preview to the record: rows are written some at a time, kind after kind, so that what a record refers to is
//! there before it. After each some, how far it is is kept. Whatever is killed, the next commit goes on there: what it
//! makes again has the same request ids, so it is made once.

mod waves;

use std::collections::BTreeSet;

use futures::StreamExt as _;
use prost::Message as _;
use prost_reflect::{DynamicMessage, Value};
use rapporteur_proto::bare::bare;
use rapporteur_proto::gateway::v1::{CommitImportResponse, Import, ImportSummary, ImportVerdict};
use rapporteur_records::{Error, Result as Answer};
use rapporteur_server::status;
use tokio::sync::mpsc;
use tonic::{Code, Status};
use uuid::Uuid;

use self::waves::waves;
use super::kept::{Cursor, Kept, Placed};
use super::kinds::{KINDS, Kind, etag, set};
use super::onto::{Onto, in_words, is_fatal};
use super::outside;
use super::plan::AT_A_TIME;
use super::row::{Act, Done, KeptRow, Step, count};

/// Rows between two notes of how far it is.
pub(super) const WINDOW: usize = 256;
/// Request ids are made of the import, the row and the record under this.
const IMPORTED: Uuid = Uuid::from_u128(0x1b6d_52c8_9e0a_4f7d_8c35_7261_7070_6f72);

/// Where a step stands: in which of some rows, and which it is of that row.
type At = (usize, usize);

/// What became of a step.
enum Came {
    /// It is written; the etag since then.
    Written(String),
    /// It is there already, without this import.
    There,
    /// It was refused.
    Refused(String),
}

/// What is written, for whom.
pub(super) struct Writing<'a> {
    pub(super) onto: &'a Onto,
    pub(super) import: &'a Import,
}

/// Writes what is left to write. The summary says what became of all rows.
pub(super) async fn commit(
    onto: &Onto,
    kept: &Kept,
    import: &Import,
    go_on: bool,
    told: &mpsc::Sender<Result<CommitImportResponse, Status>>,
) -> Result<ImportSummary, Status> {
    let writing = Writing { onto, import };
    let summary = import.summary.unwrap_or_default();
    let total = summary.created + summary.updated + summary.unchanged + summary.refused;
    let mut cursor = kept.cursor().await.map_err(status)?;
    let mut before = None;
    loop {
        let mut rows = kept.from(cursor.written, WINDOW).await.map_err(status)?;
        let planned: Vec<_> = rows.iter().map(|(_, row)| row.verdict()).collect();
        let mut touched = BTreeSet::new();
        // What became of the rows before is noted while these are written.
        let (written, noted) = tokio::join!(
            writing.write(&mut rows, &mut touched),
            remember(kept, before.take(), told)
        );
        if written.is_err() || noted.is_err() {
            // What was written is remembered, so that it can be undone even if nobody goes on.
            kept.write(&rows, None).await.map_err(status)?;
            written?;
            noted?;
        }
        let Some((last, _)) = rows.last() else { break };
        let next = last + 1;
        let mut counted = cursor.summary.unwrap_or_default();
        let mut refused = None;
        for ((_, row), planned) in rows.iter().zip(planned) {
            count(&mut counted, row.verdict());
            if row.verdict() == ImportVerdict::Refused && planned != row.verdict() {
                let row = row.shown();
                refused = refused.or_else(|| Some(format!("{}: {}", row.place, row.reason)));
            }
        }
        cursor.written = next;
        cursor.summary = Some(counted);
        let written = Written {
            // The others are kept as they are.
            touched: touched.iter().map(|at| rows[*at].clone()).collect(),
            cursor: cursor.clone(),
            answer: CommitImportResponse {
                rows: rows.into_iter().filter_map(|(_, row)| row.row).collect(),
                import: None,
                done: i64::try_from(next).unwrap_or(i64::MAX),
                total,
            },
        };
        if let Some(row) = refused.filter(|_| !go_on) {
            remember(kept, Some(written), told).await?;
            return Err(status(Error::Precondition {
                reason: "ROW_REFUSED",
                subject: import.name.clone(),
                description: format!(
                    "{row}; the import stopped here, and goes on with continue_on_error"
                ),
                legal: Vec::new(),
            }));
        }
        before = Some(written);
    }
    Ok(cursor.summary.unwrap_or_default())
}

/// Rows that are written, and what is to be noted and told of them.
struct Written {
    touched: Vec<Placed>,
    cursor: Cursor,
    answer: CommitImportResponse,
}

/// Notes what became of rows and how far the import is, and tells it.
async fn remember(
    kept: &Kept,
    written: Option<Written>,
    told: &mpsc::Sender<Result<CommitImportResponse, Status>>,
) -> Result<(), Status> {
    let Some(Written {
        touched,
        cursor,
        answer,
    }) = written
    else {
        return Ok(());
    };
    kept.write(&touched, Some(&cursor)).await.map_err(status)?;
    let heard = told.send(Ok(answer)).await;
    heard.map_err(|_| Status::cancelled("nobody waits for the import any more"))
}

impl Writing<'_> {
    /// Writes some rows, and notes in them what became of them; `touched` are those of which there was something to
    /// note.
    async fn write(
        &self,
        rows: &mut [Placed],
        touched: &mut BTreeSet<usize>,
    ) -> Result<(), Status> {
        for rank in 0..KINDS {
            for wave in waves(rows, rank, touched)? {
                let here = &*rows;
                let steps = wave.into_iter().map(|at| async move {
                    let (place, row) = &here[at.0];
                    (at, self.step(*place, at.1, row).await)
                });
                let came: Vec<_> = futures::stream::iter(steps)
                    .buffer_unordered(AT_A_TIME)
                    .collect()
                    .await;
                let mut failed = None;
                for (at, came) in came {
                    match came {
                        Ok(came) => note(rows, at, came),
                        Err(why) => failed = Some(why),
                    }
                }
                if let Some(failed) = failed {
                    return Err(failed);
                }
            }
        }
        for at in touched.iter() {
            rows[*at].1.judge();
        }
        Ok(())
    }

    async fn step(&self, place: u64, step_at: usize, kept: &KeptRow) -> Result<Came, Status> {
        let step = &kept.steps[step_at];
        let row = kept.row.as_ref();
        let shown = row.and_then(|row| row.records.get(step_at));
        let (Some(row), Some(shown)) = (row, shown) else {
            let why = "a step of no record".to_owned();
            return Err(status(Error::Internal(why)));
        };
        let kind = Kind::of(&step.message).map_err(status)?;
        let (verb, request) = match step.act() {
            Act::Leave => return Ok(Came::There),
            Act::Create => ("Create", kind.create(&shown.name)),
            Act::Update => {
                let record = kind.read(&step.record).map_err(status)?;
                ("Update", kind.update(&record, &shown.fields, &step.etag))
            }
            Act::Respond => {
                let input = kind.method("Respond").map_err(status)?.input();
                let request = DynamicMessage::decode(input, step.record.as_slice());
                let wrong = |error: prost::DecodeError| Error::Internal(error.to_string());
                ("Respond", request.map_err(wrong))
            }
            Act::Move => {
                let request = kind.act(&step.verb, &shown.name, kept.rests_on(step_at));
                (step.verb.as_str(), request)
            }
        };
        let mut request = request.map_err(status)?;
        let mut why = self.reason(&row.place);
        if step.act() == Act::Move {
            let calendar = self.import.calendar.as_ref();
            let calendar = calendar.map_or("", |calendar| calendar.name.as_str());
            why = format!("{} ({why})", outside::why(row.change(), calendar));
        }
        self.fill(&mut request, verb, (place, step_at), &why)
            .map_err(status)?;
        let request = match step.act() {
            Act::Create => kind.with(&request, &step.record),
            _ => request.encode_to_vec().into(),
        };
        let method = kind.method(verb).map_err(status)?;
        match self.onto.send(method, request).await {
            Ok(answer) => Ok(Came::Written(etag(&answer).map_err(status)?)),
            Err(refused) if is_fatal(&refused) => Err(refused),
            Err(refused) if refused.code() == Code::AlreadyExists => {
                self.is_there(kind, step, &shown.name).await
            }
            Err(refused) if refused.code() == Code::Aborted => Ok(Came::Refused(
                "was changed since the preview; preview the file again".to_owned(),
            )),
            Err(refused) => Ok(Came::Refused(in_words(&refused))),
        }
    }

    /// Somebody has made the record since the preview. One that rows share is taken as it is.
    async fn is_there(&self, kind: &Kind, step: &Step, name: &str) -> Result<Came, Status> {
        let there = self.onto.get(kind, name).await?;
        let stated = kind.read(&step.record).map_err(status)?;
        let same = there.is_some_and(|there| step.shared || bare(&there) == bare(&stated));
        Ok(if same {
            Came::There
        } else {
            Came::Refused(
                "was made by somebody since the preview; preview the file again".to_owned(),
            )
        })
    }

    /// Why, in the change log.
    pub(super) fn reason(&self, place: &str) -> String {
        let file = self
            .import
            .file
            .as_ref()
            .map_or("", |file| file.name.as_str());
        format!("{}: {file}, {place}", self.import.name)
    }

    /// What every write has.
    pub(super) fn fill(
        &self,
        request: &mut DynamicMessage,
        verb: &str,
        (place, step): (u64, usize),
        why: &str,
    ) -> Answer<()> {
        let of = format!("{}\n{verb}\n{place}\n{step}", self.import.uid);
        let id = Uuid::new_v5(&IMPORTED, of.as_bytes()).to_string();
        set(request, "request_id", Value::String(id))?;
        set(request, "reason", Value::String(why.to_owned()))
    }
}

/// Notes what became of a step. The record itself is not needed any more: it is there, or will never be.
fn note(rows: &mut [Placed], (row, at): At, came: Came) {
    let kept = &mut rows[row].1;
    let step = &mut kept.steps[at];
    let record = kept.row.as_mut().and_then(|row| row.records.get_mut(at));
    let Some(record) = record else { return };
    step.record = Vec::new();
    match came {
        Came::Written(etag) => {
            step.etag = etag;
            step.set_done(Done::Written);
        }
        Came::There => {
            step.set_done(Done::Over);
            record.set_verdict(ImportVerdict::Unchanged);
        }
        Came::Refused(reason) => {
            step.set_done(Done::Over);
            record.reason = reason;
            record.set_verdict(ImportVerdict::Refused);
        }
    }
}

#[cfg(test)]
mod tests {
    use rapporteur_proto::descriptor_pool;
    use rapporteur_proto::gateway::v1::{ImportRecord, ImportRow};

    use super::super::kinds::text;
    use super::*;

    fn row(place: u64, message: &str, json: &str) -> Placed {
        let kind = descriptor_pool().get_message_by_name(message).unwrap();
        let record =
            DynamicMessage::deserialize(kind, &mut serde_json::Deserializer::from_str(json))
                .unwrap();
        let name = text(&record, "name");
        let row = ImportRow {
            records: vec![ImportRecord {
                name,
                verdict: ImportVerdict::Created.into(),
                ..ImportRecord::default()
            }],
            ..ImportRow::default()
        };
        let step = Step {
            message: message.to_owned(),
            act: Act::Create.into(),
            record: record.encode_to_vec(),
            ..Step::default()
        };
        let kept = KeptRow {
            row: Some(row),
            steps: vec![step],
        };
        (place, kept)
    }

    fn left(rows: &mut [Placed], message: &str) -> Vec<Vec<At>> {
        let rank = Kind::of(message).unwrap().rank;
        waves(rows, rank, &mut BTreeSet::new()).unwrap()
    }

    #[test]
    fn what_speaks_of_a_row_above_waits_for_it() {
        let party = |place, id: &str, above: &str| {
            let json = format!(r#"{{"name":"parties/{id}","parentParty":"{above}"}}"#);
            row(place, "rapporteur.events.v1.Party", &json)
        };
        let mut rows = vec![
            party(0, "a", ""),
            party(1, "b", ""),
            party(2, "c", "parties/a"),
            row(
                3,
                "rapporteur.events.v1.Event",
                r#"{"name":"dialogues/r/events/x"}"#,
            ),
        ];
        let parties = left(&mut rows, "rapporteur.events.v1.Party");
        assert_eq!(parties, [vec![(0, 0), (1, 0)], vec![(2, 0)]]);
        let events = left(&mut rows, "rapporteur.events.v1.Event");
        assert_eq!(events, [vec![(3, 0)]]);
        note(&mut rows, (3, 0), Came::Written("9".into()));
        assert!(left(&mut rows, "rapporteur.events.v1.Event").is_empty());
        assert_eq!(rows[3].1.steps[0].etag, "9");
        assert!(rows[3].1.steps[0].record.is_empty(), "kept twice");
    }

    #[test]
    fn what_is_refused_ends_its_row() {
        let mut rows = vec![row(
            0,
            "rapporteur.events.v1.Event",
            r#"{"name":"dialogues/r/events/x"}"#,
        )];
        let mut addressee = rows[0].1.clone();
        rows[0].1.steps.append(&mut addressee.steps);
        let records = addressee.row.unwrap().records;
        rows[0].1.row.as_mut().unwrap().records.extend(records);
        note(&mut rows, (0, 0), Came::Refused("why".into()));
        assert!(left(&mut rows, "rapporteur.events.v1.Event").is_empty());
        rows[0].1.judge();
        let shown = rows[0].1.shown();
        assert_eq!(shown.verdict(), ImportVerdict::Refused);
        assert!(shown.reason.contains("why"));
        assert_eq!(shown.records[1].verdict(), ImportVerdict::Unchanged);
    }
}
