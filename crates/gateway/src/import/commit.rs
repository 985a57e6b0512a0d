//! From a preview to the record: rows are written some at a time, kind after kind, so that what a record refers to is
//! there before it. After each some, how far it is is kept. Whatever is killed, the next commit goes on there: what it
//! makes again has the same request ids, so it is made once.

use std::collections::HashSet;

use futures::StreamExt as _;
use prost_reflect::{DynamicMessage, Value};
use rapporteur_proto::bare::{bare, speaks_of};
use rapporteur_proto::gateway::v1::{CommitImportResponse, Import, ImportSummary, ImportVerdict};
use rapporteur_records::{Error, Result as Answer};
use rapporteur_server::status;
use tokio::sync::mpsc;
use tonic::{Code, Status};
use uuid::Uuid;

use super::kept::{Kept, Placed};
use super::kinds::{KINDS, Kind, set, text};
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
    loop {
        let mut rows = kept.from(cursor.written, WINDOW).await.map_err(status)?;
        let Some((last, _)) = rows.last() else { break };
        let next = last + 1;
        let planned: Vec<_> = rows.iter().map(|(_, row)| row.shown().verdict()).collect();
        if let Err(failed) = writing.write(&mut rows).await {
            // What was written is remembered, so that it can be undone even if nobody goes on.
            kept.write(&rows, None).await.map_err(status)?;
            return Err(failed);
        }
        let mut counted = cursor.summary.unwrap_or_default();
        let mut refused = None;
        for ((_, row), planned) in rows.iter().zip(planned) {
            let row = row.shown();
            count(&mut counted, row.verdict());
            let newly = row.verdict() == ImportVerdict::Refused && planned != row.verdict();
            refused = refused.or_else(|| newly.then(|| format!("{}: {}", row.place, row.reason)));
        }
        cursor.written = next;
        cursor.summary = Some(counted);
        kept.write(&rows, Some(&cursor)).await.map_err(status)?;
        let some = CommitImportResponse {
            rows: rows.iter().map(|(_, row)| row.shown()).collect(),
            import: None,
            done: i64::try_from(next).unwrap_or(i64::MAX),
            total,
        };
        if told.send(Ok(some)).await.is_err() {
            return Err(Status::cancelled("nobody waits for the import any more"));
        }
        if let Some(row) = refused.filter(|_| !go_on) {
            return Err(status(Error::Precondition {
                reason: "ROW_REFUSED",
                subject: import.name.clone(),
                description: format!(
                    "{row}; the import stopped here, and goes on with continue_on_error"
                ),
                legal: Vec::new(),
            }));
        }
    }
    Ok(cursor.summary.unwrap_or_default())
}

impl Writing<'_> {
    /// Writes some rows, and notes in them what became of them.
    async fn write(&self, rows: &mut [Placed]) -> Result<(), Status> {
        for rank in 0..KINDS {
            for wave in waves(rows, rank)? {
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
        for (_, row) in rows {
            row.judge();
        }
        Ok(())
    }

    async fn step(&self, place: u64, step_at: usize, kept: &KeptRow) -> Result<Came, Status> {
        let (step, row) = (&kept.steps[step_at], kept.shown());
        let shown = row.records.get(step_at).cloned().unwrap_or_default();
        let kind = Kind::of(&step.message).map_err(status)?;
        let (verb, request) = match step.act() {
            Act::Leave => return Ok(Came::There),
            Act::Create => {
                let record = kind.read(&step.record).map_err(status)?;
                ("Create", kind.create(&record))
            }
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
        let method = kind.method(verb).map_err(status)?;
        match self.onto.call(method, &request).await {
            Ok(answer) => Ok(Came::Written(text(&answer, "etag"))),
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

/// Notes what became of a step.
fn note(rows: &mut [Placed], (row, at): At, came: Came) {
    let kept = &mut rows[row].1;
    let step = &mut kept.steps[at];
    let record = kept.row.as_mut().and_then(|row| row.records.get_mut(at));
    let Some(record) = record else { return };
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

/// The steps of one kind that are left to do, in runs that do not speak of each other. Of a row of which something was
/// refused, the rest is not done.
fn waves(rows: &mut [Placed], rank: usize) -> Result<Vec<Vec<At>>, Status> {
    let mut waves: Vec<Vec<At>> = Vec::new();
    let mut names: HashSet<String> = HashSet::new();
    for (row, (_, kept)) in rows.iter_mut().enumerate() {
        let shown = kept.shown();
        let refused = shown
            .records
            .iter()
            .any(|record| record.verdict() == ImportVerdict::Refused);
        for (at, step) in kept.steps.iter_mut().enumerate() {
            let kind = Kind::of(&step.message).map_err(status)?;
            if kind.rank != rank || step.act() == Act::Leave || step.done() != Done::Not {
                continue;
            }
            if refused {
                step.set_done(Done::Over);
                if let Some(row) = kept.row.as_mut() {
                    row.records[at].set_verdict(ImportVerdict::Unchanged);
                }
                continue;
            }
            // A new chair closes the one before: their order is their meaning.
            let in_turn = kind.message.name() == "Chairmanship";
            let record = match step.act() {
                Act::Create | Act::Update => kind.read(&step.record).map_err(status)?,
                _ => DynamicMessage::new(kind.message.clone()),
            };
            let known: HashSet<&str> = names.iter().map(String::as_str).collect();
            let again = known.contains(shown.records[at].name.as_str());
            if waves.is_empty() || in_turn || again || speaks_of(&record, &known) {
                waves.push(Vec::new());
                names.clear();
            }
            names.insert(shown.records[at].name.clone());
            if let Some(wave) = waves.last_mut() {
                wave.push((row, at));
            }
        }
    }
    Ok(waves)
}

#[cfg(test)]
mod tests {
    use prost::Message as _;
    use rapporteur_proto::descriptor_pool;
    use rapporteur_proto::gateway::v1::{ImportRecord, ImportRow};

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
        let rank = |message: &str| Kind::of(message).unwrap().rank;
        let parties = waves(&mut rows, rank("rapporteur.events.v1.Party")).unwrap();
        assert_eq!(parties, [vec![(0, 0), (1, 0)], vec![(2, 0)]]);
        let events = waves(&mut rows, rank("rapporteur.events.v1.Event")).unwrap();
        assert_eq!(events, [vec![(3, 0)]]);
        note(&mut rows, (3, 0), Came::Written("9".into()));
        assert!(
            waves(&mut rows, rank("rapporteur.events.v1.Event"))
                .unwrap()
                .is_empty()
        );
        assert_eq!(rows[3].1.steps[0].etag, "9");
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
        let rank = Kind::of("rapporteur.events.v1.Event").unwrap().rank;
        assert!(waves(&mut rows, rank).unwrap().is_empty());
        rows[0].1.judge();
        let shown = rows[0].1.shown();
        assert_eq!(shown.verdict(), ImportVerdict::Refused);
        assert!(shown.reason.contains("why"));
        assert_eq!(shown.records[1].verdict(), ImportVerdict::Unchanged);
    }
}
