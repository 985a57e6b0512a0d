//! An import taken back, from its last row to its first: what it changed gets its old values, what it made is cancelled or
//! withdrawn where its state allows that, and hidden from the public where not, since nothing is ever deleted. What
//! somebody has changed since stays, and so does what has no way back; each record says what became of it.

use prost_reflect::DynamicMessage;
use rapporteur_proto::gateway::v1::{Import, ImportRow, UndoImportResponse};
use rapporteur_server::status;
use tokio::sync::mpsc;
use tonic::{Code, Status};

use super::commit::{WINDOW, Writing};
use super::kept::{Cursor, Kept};
use super::kinds::{Kind, text};
use super::onto::{Onto, in_words, is_fatal};
use super::plan::way_back;
use super::row::{Act, Done, KeptRow, Step};

/// Takes back what is left to take back, in the name of who undoes it.
pub(super) async fn undo(
    onto: &Onto,
    kept: &Kept,
    import: &Import,
    why: &str,
    told: &mpsc::Sender<Result<UndoImportResponse, Status>>,
) -> Result<Cursor, Status> {
    let writing = Writing { onto, import };
    let mut cursor = kept.cursor().await.map_err(status)?;
    // Rows after the last that was noted may have been written in part.
    let mut before = cursor.undone_from.unwrap_or(u64::MAX);
    loop {
        let mut rows = kept.before(before, WINDOW).await.map_err(status)?;
        let Some((first, _)) = rows.last() else { break };
        before = *first;
        let mut failed = None;
        for (place, row) in &mut rows {
            failed = undo_row(&writing, *place, row, why).await.err();
            if failed.is_some() {
                break;
            }
        }
        if let Some(failed) = failed {
            kept.write(&rows, None).await.map_err(status)?;
            return Err(failed);
        }
        let steps = rows.iter().flat_map(|(_, row)| &row.steps);
        for step in steps {
            match step.done() {
                Done::TakenBack => cursor.undone += 1,
                Done::Stays => cursor.stay += 1,
                _ => {}
            }
        }
        cursor.undone_from = Some(before);
        kept.write(&rows, Some(&cursor)).await.map_err(status)?;
        let touched = rows.iter().filter(|(_, row)| {
            let done = |step: &Step| matches!(step.done(), Done::TakenBack | Done::Stays);
            row.steps.iter().any(done)
        });
        let rows: Vec<ImportRow> = touched.map(|(_, row)| row.shown()).collect();
        let some = UndoImportResponse { rows, import: None };
        if told.send(Ok(some)).await.is_err() {
            return Err(Status::cancelled("nobody waits for the import any more"));
        }
    }
    Ok(cursor)
}

async fn undo_row(
    writing: &Writing<'_>,
    place: u64,
    row: &mut KeptRow,
    why: &str,
) -> Result<(), Status> {
    for at in (0..row.steps.len()).rev() {
        if row.steps[at].done() != Done::Written {
            continue;
        }
        let (done, words, etag) = take_back(writing, (place, at), row, why).await?;
        row.steps[at].set_done(done);
        // What the row did to the record before rests on this.
        row.steps[at].etag = etag.unwrap_or_else(|| row.since(at).to_owned());
        if let Some(record) = row.row.as_mut().and_then(|row| row.records.get_mut(at)) {
            record.undone = words;
        }
    }
    // An addressee goes with its recommendation.
    let Some(shown) = row.row.as_mut() else {
        return Ok(());
    };
    let gone: Vec<String> = shown
        .records
        .iter()
        .zip(&row.steps)
        .filter(|(_, step)| step.done() == Done::TakenBack && step.act() == Act::Create)
        .map(|(record, _)| format!("{}/", record.name))
        .collect();
    for (record, step) in shown.records.iter_mut().zip(&mut row.steps) {
        let below = gone.iter().any(|name| record.name.starts_with(name));
        if below && step.done() == Done::Stays && step.act() == Act::Create {
            step.set_done(Done::TakenBack);
            "goes with the record above it".clone_into(&mut record.undone);
        }
    }
    Ok(())
}

async fn take_back(
    writing: &Writing<'_>,
    (place, at): (u64, usize),
    row: &KeptRow,
    why: &str,
) -> Result<(Done, String, Option<String>), Status> {
    let (step, etag) = (&row.steps[at], row.since(at));
    let shown = row.shown();
    let record = shown.records.get(at).cloned().unwrap_or_default();
    let kind = Kind::of(&step.message).map_err(status)?;
    let mut reason = format!("undo of {}", writing.reason(&shown.place));
    if !why.is_empty() {
        reason = format!("{reason}: {why}");
    }
    let mut refused = String::new();
    let ways: Vec<(&str, DynamicMessage)> = match step.act() {
        Act::Update => {
            let before = kind.read(&step.before).map_err(status)?;
            let request = kind.update(&before, &record.fields, etag);
            vec![("Update", request.map_err(status)?)]
        }
        Act::Create if step.shared => {
            "other records may rest on it".clone_into(&mut refused);
            Vec::new()
        }
        Act::Create => ways_back(kind, &record.name, etag).map_err(status)?,
        Act::Respond => {
            "an answer in the ledger is not taken out; enter the next".clone_into(&mut refused);
            Vec::new()
        }
        Act::Move => {
            let before = kind.read(&step.before).map_err(status)?;
            match way_back(&step.verb, &before) {
                Some(verb) => {
                    let request = kind.act(verb, &record.name, etag);
                    vec![(verb, request.map_err(status)?)]
                }
                None => {
                    "no verb leads back to the state before".clone_into(&mut refused);
                    Vec::new()
                }
            }
        }
        Act::Leave => Vec::new(),
    };
    for (verb, mut request) in ways {
        let id = format!("undo {verb}");
        let filled = writing.fill(&mut request, &id, (place, at), &reason);
        filled.map_err(status)?;
        let method = kind.method(verb).map_err(status)?;
        match writing.onto.call(method, &request).await {
            Ok(answer) => {
                let words = if step.act() == Act::Update {
                    "has its old values again"
                } else {
                    past(verb)
                };
                let etag = text(&answer, "etag");
                return Ok((Done::TakenBack, words.to_owned(), Some(etag)));
            }
            Err(failed) if is_fatal(&failed) => return Err(failed),
            Err(changed) if changed.code() == Code::Aborted => {
                let words = "stays: somebody has changed it since".to_owned();
                return Ok((Done::Stays, words, None));
            }
            Err(other) => refused = in_words(&other),
        }
    }
    if refused.is_empty() {
        refused = format!("a {} is not taken back", record.kind.replace('_', " "));
    }
    Ok((Done::Stays, format!("stays: {refused}"), None))
}

/// The requests that take a record of our making back, the first that is legal being the one.
fn ways_back(
    kind: &'static Kind,
    name: &str,
    etag: &str,
) -> rapporteur_records::Result<Vec<(&'static str, DynamicMessage)>> {
    let verbs = kind
        .ways_back()
        .iter()
        .map(|verb| Ok((*verb, kind.act(verb, name, etag)?)));
    let mut ways: Vec<_> = verbs.collect::<rapporteur_records::Result<_>>()?;
    ways.extend(kind.hide(name, etag)?.map(|request| ("Update", request)));
    Ok(ways)
}

fn past(verb: &str) -> &'static str {
    match verb {
        "Cancel" => "cancelled",
        "Withdraw" => "withdrawn",
        "Update" => "hidden from the public",
        "Retract" => "retracted",
        "Plan" => "planned again",
        "Confirm" => "confirmed again",
        "Postpone" => "postponed again",
        _ => "taken back",
    }
}
