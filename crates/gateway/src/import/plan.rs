//! What a file would do to the record, found out row by row: what is there is read, [`findings`] say what would become of
//! each record.

mod findings;
mod moves;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Arc, PoisonError};

use futures::future::BoxFuture;
use futures::{StreamExt as _, TryStreamExt as _};
use prost::Message as _;
use prost_reflect::{DynamicMessage, ReflectMessage as _};
use rapporteur_exchange::map::{Draft, Mapping, Record, Verdict};
use rapporteur_exchange::row::{Place, Refused};
use rapporteur_proto::bare::{ancestors, each_text};
use rapporteur_proto::events::v1::{Party, PartyKind};
use rapporteur_proto::gateway::v1::{ImportChange, ImportRecord, ImportRow, ImportVerdict};
use rapporteur_records::Result as Answer;
use rapporteur_server::status;
use tonic::Status;

use super::kinds::Kind;
use super::onto::Onto;
use super::outside::{Outside, told};
use super::preview::States;
use super::row::{Act, KeptRow, Step};
use crate::at_hand::AtHand;
use findings::Ask;
use moves::Moving;
pub(super) use moves::way_back;

/// Calls that are on their way at a time: enough that in a service's store one group gathers while another is on its way to
/// the disk.
pub(super) const AT_A_TIME: usize = 128;

/// The digest of a name: a million names are remembered in little memory.
type Digest = [u8; 16];

/// Plans the rows of one file.
pub(super) struct Planner {
    onto: Onto,
    /// Records as they were when the preview began, or later.
    at_hand: AtHand,
    mapping: Arc<Mapping>,
    /// Fields of which the mapping speaks, by kind.
    fields: HashMap<&'static str, Vec<String>>,
    /// Records that rows above make.
    made: HashSet<Digest>,
    /// Shared records that are there.
    there: HashSet<Digest>,
    /// Records of which a row above has spoken.
    spoken_of: HashSet<Digest>,
    /// States that the file names and that may not be on record.
    states: States,
    /// The calendar of which the file is a snapshot, if it is one.
    pub(super) outside: Option<Outside>,
    /// Why, for the change log of a proposal: it is not written.
    reason: String,
}

impl Planner {
    pub(super) fn new(
        onto: Onto,
        at_hand: AtHand,
        mapping: Arc<Mapping>,
        states: States,
        reason: String,
    ) -> Self {
        Self {
            onto,
            at_hand,
            mapping,
            fields: HashMap::new(),
            made: HashSet::new(),
            there: HashSet::new(),
            spoken_of: HashSet::new(),
            states,
            outside: None,
            reason,
        }
    }

    /// Plans some rows together. Boxed: so it is known here already that it can go on in any thread.
    pub(super) fn plan(
        &mut self,
        verdicts: Vec<Verdict>,
    ) -> BoxFuture<'_, Result<Vec<KeptRow>, Status>> {
        Box::pin(self.planned(verdicts))
    }

    async fn planned(&mut self, mut verdicts: Vec<Verdict>) -> Result<Vec<KeptRow>, Status> {
        self.add_states(&mut verdicts).map_err(status)?;
        let mut present = self.present(&verdicts).await?;
        let asks: Vec<Vec<Ask>> = verdicts
            .iter()
            .map(|verdict| match verdict {
                Verdict::Draft(draft) => self.asks(draft, &mut present),
                Verdict::Refused(_) => Vec::new(),
            })
            .collect();
        for draft in drafts(&verdicts) {
            for record in &draft.records {
                let mapping = &self.mapping;
                self.fields.entry(record.kind).or_insert_with(|| {
                    let fields = mapping.fields(record.kind).into_iter();
                    fields
                        .map(str::to_owned)
                        .filter(|field| field != "state")
                        .collect()
                });
            }
        }
        if let Some(outside) = &mut self.outside {
            for draft in drafts(&verdicts) {
                if let Some(event) = draft.records.iter().find(|record| record.kind == "event") {
                    outside.recorded(&draft.row, &event.name);
                }
            }
        }
        let this = &*self;
        // Owned, since a future that borrows what an iterator lends is not known to be Send.
        let rows: Vec<(Verdict, Vec<Ask>)> = verdicts.into_iter().zip(asks).collect();
        let rows = futures::stream::iter(rows)
            .map(|(verdict, asks)| async move {
                match verdict {
                    Verdict::Draft(draft) => this.row(&draft, asks).await,
                    Verdict::Refused(refused) => Ok(refused_row(&refused)),
                }
            })
            .buffered(AT_A_TIME)
            .try_collect();
        let mut rows: Vec<KeptRow> = rows.await?;
        self.settle(&mut rows);
        Ok(rows)
    }

    /// A state that a row names and that is not on record is recorded with it: everybody knows which states there are.
    fn add_states(&self, verdicts: &mut [Verdict]) -> Answer<()> {
        let states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        for verdict in verdicts {
            let Verdict::Draft(draft) = verdict else {
                continue;
            };
            let mut named = BTreeSet::new();
            for record in &draft.records {
                each_text(&record.message, &mut |text| {
                    if states.contains(text) {
                        named.insert(text.to_owned());
                    }
                });
            }
            for record in &draft.records {
                named.remove(&record.name);
            }
            for name in named {
                draft.records.insert(0, state(name)?);
            }
        }
        Ok(())
    }

    /// The records of which these rows speak, as they are; those that are not there are left out. Only what is not at
    /// hand costs a call.
    async fn present(
        &self,
        verdicts: &[Verdict],
    ) -> Result<HashMap<String, DynamicMessage>, Status> {
        let mut present = HashMap::new();
        let mut wanted: BTreeMap<String, String> = BTreeMap::new();
        for record in drafts(verdicts).flat_map(|draft| &draft.records) {
            let digest = digest(&record.name);
            if self.made.contains(&digest) || self.there.contains(&digest) {
                continue;
            }
            let message = record.message.descriptor();
            let kind = Kind::of(message.full_name()).map_err(status)?;
            let name = record.name.clone();
            match self.at_hand.get(message.full_name(), &name) {
                Some(Some(bytes)) => {
                    present.insert(name, kind.read(&bytes).map_err(status)?);
                }
                Some(None) => {}
                None => {
                    wanted.insert(name, message.full_name().to_owned());
                }
            }
        }
        let read = futures::stream::iter(wanted)
            .map(|(name, message)| async move {
                let kind = Kind::of(&message).map_err(status)?;
                let found = self.onto.get(kind, &name).await?;
                Ok::<_, Status>(found.map(|record| (name, record)))
            })
            .buffer_unordered(AT_A_TIME);
        let read: Vec<_> = read.try_collect().await?;
        present.extend(read.into_iter().flatten());
        Ok(present)
    }

    /// What is to be found out about the records of a row. Rows are asked about in their order.
    fn asks(&mut self, draft: &Draft, present: &mut HashMap<String, DynamicMessage>) -> Vec<Ask> {
        let asks = draft.records.iter().map(|record| {
            let name = digest(&record.name);
            if record.shared {
                if present.contains_key(&record.name) {
                    self.there.insert(name);
                }
                return if self.there.contains(&name) || !self.made.insert(name) {
                    Ask::Nothing
                } else {
                    Ask::Create {
                        rests: self.rests(&record.name),
                    }
                };
            }
            if !self.spoken_of.insert(name) {
                return Ask::Refuse("a row above is about the same record".to_owned());
            }
            // Nobody asks for it again: no row below may speak of it.
            match present.remove(&record.name) {
                Some(there) => Ask::Compare(Box::new(there)),
                None => {
                    let rests = self.rests(&record.name);
                    self.made.insert(name);
                    Ask::Create { rests }
                }
            }
        });
        asks.collect()
    }

    /// Whether a record stands below one that a row makes.
    fn rests(&self, name: &str) -> bool {
        ancestors(name).any(|above| above.len() < name.len() && self.made.contains(&digest(above)))
    }

    async fn row(&self, draft: &Draft, asks: Vec<Ask>) -> Result<KeptRow, Status> {
        let mut kept = KeptRow {
            row: Some(ImportRow {
                key: draft.key.clone(),
                notes: draft.notes.clone(),
                ..at(&draft.place)
            }),
            steps: Vec::new(),
        };
        let change = self
            .outside
            .as_ref()
            .and_then(|outside| outside.change(&draft.row));
        let mut records = Vec::new();
        for (record, ask) in draft.records.iter().zip(asks) {
            let moving = change.and_then(|change| Moving::asked(change, record, &ask));
            let mut found = self.find_out(record, ask).await?;
            if self.outside.is_some() && change.is_none() {
                found = moves::as_it_was(record, found);
            }
            if moving.is_some() && found.verdict != ImportVerdict::Refused {
                // That its state is another one is no longer to be noted.
                found.reason.clear();
            }
            let refused = found.verdict == ImportVerdict::Refused;
            kept.steps.push(Step {
                message: record.message.descriptor().full_name().to_owned(),
                shared: record.shared,
                ..found.step
            });
            records.push(ImportRecord {
                kind: record.kind.to_owned(),
                name: record.name.clone(),
                verdict: found.verdict.into(),
                fields: found.fields,
                reason: found.reason,
                ..ImportRecord::default()
            });
            if refused {
                // What comes after it rests on it.
                break;
            }
            if let Some(moving) = moving {
                let (moved, step) = self.moved(&record.name, moving).await?;
                kept.steps.push(step);
                records.push(moved);
            }
        }
        if let Some(row) = kept.row.as_mut() {
            row.records = records;
            row.set_change(change.map_or(ImportChange::Unspecified, |change| told(change.what)));
        }
        kept.judge();
        if !kept.fits() {
            let too_large = Refused {
                place: draft.place.clone(),
                column: String::new(),
                reason: "is larger than a record can be".to_owned(),
            };
            return Ok(refused_row(&too_large));
        }
        Ok(kept)
    }

    /// Shared records that a refused row would have made are made by the next row that needs them.
    fn settle(&mut self, rows: &mut [KeptRow]) {
        let mut orphans: HashMap<String, Step> = HashMap::new();
        for kept in rows.iter_mut() {
            let KeptRow { row, steps } = kept;
            let Some(row) = row.as_mut() else { continue };
            let refused = row.verdict() == ImportVerdict::Refused;
            for (record, step) in row.records.iter_mut().zip(steps.iter_mut()) {
                if refused {
                    if step.act() == Act::Create && step.shared {
                        orphans.insert(record.name.clone(), step.clone());
                    } else if step.act() == Act::Create {
                        self.made.remove(&digest(&record.name));
                    }
                    step.set_act(Act::Leave);
                    if record.verdict() != ImportVerdict::Refused {
                        record.set_verdict(ImportVerdict::Unchanged);
                    }
                } else if step.shared
                    && let Some(orphan) = orphans.remove(&record.name)
                {
                    *step = orphan;
                    record.set_verdict(ImportVerdict::Created);
                }
            }
        }
        for name in orphans.keys() {
            self.made.remove(&digest(name));
        }
    }
}

fn drafts(verdicts: &[Verdict]) -> impl Iterator<Item = &Draft> {
    verdicts.iter().filter_map(|verdict| match verdict {
        Verdict::Draft(draft) => Some(draft),
        Verdict::Refused(_) => None,
    })
}

/// A state by its name, `parties/pt`; its service adds how it is called.
fn state(name: String) -> Answer<Record> {
    let code = name.rsplit('/').next().unwrap_or_default().to_uppercase();
    let party = Party {
        name: name.clone(),
        kind: PartyKind::State.into(),
        country_code: code,
        ..Party::default()
    };
    let kind = Kind::of("rapporteur.events.v1.Party")?;
    Ok(Record {
        kind: "party",
        name,
        shared: true,
        message: kind.read(&party.encode_to_vec())?,
    })
}

fn digest(name: &str) -> Digest {
    let mut digest = [0; 16];
    digest.copy_from_slice(&blake3::hash(name.as_bytes()).as_bytes()[..16]);
    digest
}

/// A row without records, at a place.
fn at(place: &Place) -> ImportRow {
    let line = match place {
        Place::Line(line) | Place::Path { line, .. } => *line,
        Place::Sheet { row, .. } | Place::Table { row, .. } => *row,
    };
    ImportRow {
        place: place.to_string(),
        line: i64::try_from(line).unwrap_or(i64::MAX),
        ..ImportRow::default()
    }
}

fn refused_row(refused: &Refused) -> KeptRow {
    KeptRow {
        row: Some(ImportRow {
            verdict: ImportVerdict::Refused.into(),
            column: refused.column.clone(),
            reason: refused.reason.clone(),
            ..at(&refused.place)
        }),
        steps: Vec::new(),
    }
}
