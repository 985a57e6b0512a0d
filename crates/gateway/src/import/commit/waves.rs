//! What can be written at the same time: steps of one kind, none of which speaks of another.

use std::collections::{BTreeSet, HashSet};

use rapporteur_proto::bare::speaks_of;
use rapporteur_proto::gateway::v1::{ImportRow, ImportVerdict};
use rapporteur_server::status;
use tonic::Status;

use super::super::kept::Placed;
use super::super::kinds::Kind;
use super::super::row::{Act, Done, KeptRow, Step};
use super::At;

/// The steps of one kind that are left to do, in runs that do not speak of each other. Of a row of which something was
/// refused, the rest is not done.
pub(super) fn waves(
    rows: &mut [Placed],
    rank: usize,
    touched: &mut BTreeSet<usize>,
) -> Result<Vec<Vec<At>>, Status> {
    let mut waves: Vec<Vec<At>> = Vec::new();
    let mut names: HashSet<String> = HashSet::new();
    for (row, (_, kept)) in rows.iter_mut().enumerate() {
        let KeptRow {
            row: Some(shown),
            steps,
        } = kept
        else {
            continue;
        };
        for (at, step) in steps.iter_mut().enumerate() {
            if step.act() == Act::Leave || step.done() != Done::Not {
                continue;
            }
            let kind = Kind::of(&step.message).map_err(status)?;
            if kind.rank != rank {
                continue;
            }
            touched.insert(row);
            if refuses(shown) {
                step.set_done(Done::Over);
                shown.records[at].set_verdict(ImportVerdict::Unchanged);
                continue;
            }
            let name = &shown.records[at].name;
            // A new chair closes the one before: their order is their meaning.
            let in_turn = kind.message.name() == "Chairmanship";
            let again = names.contains(name);
            if waves.is_empty() || in_turn || again || waits(kind, name, step, &names)? {
                waves.push(Vec::new());
                names.clear();
            }
            names.insert(name.clone());
            if let Some(wave) = waves.last_mut() {
                wave.push((row, at));
            }
        }
    }
    Ok(waves)
}

/// Whether something of a row was refused.
fn refuses(row: &ImportRow) -> bool {
    let mut records = row.records.iter();
    records.any(|record| record.verdict() == ImportVerdict::Refused)
}

/// Whether a record speaks of one of these, which are of its kind.
fn waits(kind: &Kind, name: &str, step: &Step, names: &HashSet<String>) -> Result<bool, Status> {
    if !matches!(step.act(), Act::Create | Act::Update) || !speaks_of_its_kind(name, &step.record) {
        return Ok(false);
    }
    let record = kind.read(&step.record).map_err(status)?;
    let known: HashSet<&str> = names.iter().map(String::as_str).collect();
    Ok(speaks_of(&record, &known))
}

/// Whether the encoded record with this name may speak of another of its kind: whether their collection stands in it
/// anywhere but in its own name. Most do not, and then nobody has to read it.
fn speaks_of_its_kind(name: &str, record: &[u8]) -> bool {
    let Some((above, _)) = name.rsplit_once('/') else {
        return true;
    };
    let collection = above.rsplit('/').next().unwrap_or(above);
    let needle = format!("{collection}/");
    let count = |text: &[u8]| {
        let places = text.windows(needle.len());
        places.filter(|place| *place == needle.as_bytes()).count()
    };
    count(record) > count(name.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_read_only_when_it_may_speak_of_another() {
        let name = "dialogues/r/recommendations/a";
        let speaks = |text: &str| speaks_of_its_kind(name, text.as_bytes());
        assert!(!speaks(
            "..dialogues/r/recommendations/a..dialogues/r/events/e"
        ));
        assert!(speaks(
            "..dialogues/r/recommendations/a..dialogues/r/recommendations/b"
        ));
        assert!(speaks_of_its_kind("parties/a", b"..parties/a..parties/b"));
        assert!(!speaks_of_its_kind("parties/a", b"..parties/a.."));
    }
}
