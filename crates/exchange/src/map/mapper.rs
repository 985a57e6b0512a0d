//! Rows in, drafts out.

use std::collections::{BTreeMap, HashMap};
use std::io::{Read, Seek};
use std::ops::ControlFlow;

use serde_json::{Map, Value};

use super::column::Organisations;
use super::kind::Kind;
use super::party::{Parties, Remembered};
use super::record::{Draft, Record, Verdict, notes, organisation};
use super::scope::{Scope, Wrong};
use super::text::{fold, short_id};
use super::{Made, Mapping, When};
use crate::read::{Options, read};
use crate::row::{Damage, Facts, Refused, Row};

/// Most rows that one draft is made of, where a mapping groups them.
const GROUP: usize = 10_000;
/// Most bytes of text of such rows.
const GROUP_BYTES: usize = 16 << 20;
/// Most shared records that are remembered.
const SHARED: usize = 50_000;
/// The column that holds the rows of a group.
const ROWS: &str = "rows";

/// What the caller says about a file.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Where the records go: `dialogues/rabat`.
    pub into: String,
    /// Values of the mapping's parameters.
    pub parameters: BTreeMap<String, String>,
}

/// Makes drafts of the rows of one file.
pub struct Mapper<'m> {
    mapping: &'m Mapping,
    parties: Remembered<'m>,
    settings: Settings,
    /// How often a key was there, by its digest.
    seen: HashMap<[u8; 16], u32>,
    /// Shared records that were made before, by name: all rows mean the same one.
    shared: HashMap<String, Record>,
    /// Digest of an id -> that of its key.
    ids: HashMap<[u8; 16], [u8; 16]>,
    group: Option<Group>,
}

struct Group {
    name: String,
    first: Row,
    rows: Vec<Value>,
    bytes: usize,
}

impl<'m> Mapper<'m> {
    /// A mapper for one file.
    ///
    /// # Errors
    ///
    /// When a parameter is missing or is none of the mapping's, or `into` is no dialogue.
    pub fn new(
        mapping: &'m Mapping,
        mut settings: Settings,
        parties: &'m dyn Parties,
    ) -> Result<Self, String> {
        let dialogue = Kind::of("dialogue").is_some_and(|kind| kind.takes(&settings.into));
        if !dialogue {
            return Err(format!(
                "into: {:?} is no dialogue, dialogues/*",
                settings.into
            ));
        }
        let known: Vec<&str> = mapping.parameters.keys().map(String::as_str).collect();
        if let Some(name) = settings
            .parameters
            .keys()
            .find(|name| !known.contains(&name.as_str()))
        {
            let known = if known.is_empty() {
                "none".to_owned()
            } else {
                known.join(", ")
            };
            return Err(format!(
                "{name}: is no parameter of {}; it has {known}",
                mapping.name
            ));
        }
        for (name, parameter) in &mapping.parameters {
            if settings.parameters.contains_key(name) {
                continue;
            }
            let Some(default) = &parameter.default else {
                return Err(format!("{name}: is missing ({})", parameter.about));
            };
            settings.parameters.insert(name.clone(), default.clone());
        }
        Ok(Self {
            mapping,
            parties: Remembered::of(parties),
            settings,
            seen: HashMap::new(),
            shared: HashMap::new(),
            ids: HashMap::new(),
            group: None,
        })
    }

    /// Takes a row; `None` while a group of rows is gathered.
    pub fn take(&mut self, row: Row) -> Option<Verdict> {
        let Some(template) = &self.mapping.group else {
            return Some(self.map(row));
        };
        let columns = self.columns(&row);
        let name = match template.fill(&self.scope(&row, &columns, "", "")) {
            Ok((name, _)) => name,
            Err(wrong) => return Some(Verdict::Refused(refused(&row, wrong))),
        };
        let bytes = row
            .cells
            .iter()
            .map(|(_, value)| value.as_str().map_or(64, str::len))
            .sum();
        let value = Value::Object(row.cells.iter().cloned().collect::<Map<_, _>>());
        match &mut self.group {
            Some(group) if group.name == name => {
                group.bytes += bytes;
                if group.rows.len() >= GROUP || group.bytes > GROUP_BYTES {
                    let reason =
                        format!("is of a group of more than {GROUP} rows or {GROUP_BYTES} bytes");
                    return Some(Verdict::Refused(refused(&row, Wrong::new("", reason))));
                }
                group.rows.push(value);
                None
            }
            _ => {
                let next = Group {
                    name,
                    first: row,
                    rows: vec![value],
                    bytes,
                };
                let done = self.group.replace(next)?;
                Some(self.map(done.whole()))
            }
        }
    }

    /// The end of the file: the verdict on the last group, if any.
    pub fn finish(&mut self) -> Option<Verdict> {
        let group = self.group.take()?;
        Some(self.map(group.whole()))
    }

    fn map(&mut self, row: Row) -> Verdict {
        match self.draft(&row) {
            Ok((key, records)) => Verdict::Draft(Draft {
                place: row.place.clone(),
                key,
                records,
                notes: notes(&row),
                row,
            }),
            Err(wrong) => Verdict::Refused(refused(&row, wrong)),
        }
    }

    /// The name in the file of each column that the mapping calls otherwise.
    fn columns(&self, row: &Row) -> HashMap<String, String> {
        let columns = self.mapping.columns.iter();
        let found = columns.filter_map(|(ours, theirs)| {
            let there = theirs.iter().find(|name| row.get(name).is_some())?;
            Some((ours.clone(), there.clone()))
        });
        found.collect()
    }

    fn scope<'s>(
        &'s self,
        row: &'s Row,
        columns: &'s HashMap<String, String>,
        key: &'s str,
        id: &'s str,
    ) -> Scope<'s> {
        Scope {
            row,
            value: None,
            key,
            id,
            into: &self.settings.into,
            parameters: &self.settings.parameters,
            columns,
            words: &self.mapping.words,
            parties: &self.parties,
        }
    }

    fn draft(&mut self, row: &Row) -> Result<(String, Vec<Record>), Wrong> {
        let columns = self.columns(row);
        let scope = self.scope(row, &columns, "", "");
        let wanted = self
            .mapping
            .records
            .iter()
            .map(|made| Ok((made, made.wanted(&scope)?)));
        let wanted: Vec<_> = wanted.collect::<Result<_, Wrong>>()?;
        let wanted: Vec<&Made> = wanted
            .into_iter()
            .filter_map(|(made, yes)| yes.then_some(made))
            .collect();
        if wanted.iter().all(|made| made.shared) {
            return Err(self.no_record(&scope));
        }
        let key = self.mapping.key.fill_all(&scope, "the key of the row")?;
        let scope = self.scope(row, &columns, &key, "");
        let id = self.mapping.id.fill_all(&scope, "the id of the record")?;
        let plain = key.clone();
        let (key, id) = self.occurrence(key, id)?;
        let scope = self.scope(row, &columns, &key, &id);
        let (mut records, mut new) = (Vec::new(), Organisations::new());
        for made in wanted {
            let name = made.name(&scope)?;
            let record = match self.shared.get(&name).filter(|_| made.shared) {
                Some(record) => record.clone(),
                None => made.record(name, &scope, &mut new)?,
            };
            let known = records
                .iter()
                .any(|there: &Record| there.name == record.name);
            if !(known && record.shared) {
                records.push(record);
            }
        }
        let organisations = new.iter().map(|(name, title)| organisation(name, title));
        let mut all: Vec<Record> = organisations.collect::<Result<_, _>>()?;
        all.append(&mut records);
        self.count(&plain, &key, &id);
        for record in all.iter().filter(|record| record.shared) {
            if self.shared.len() < SHARED && !self.shared.contains_key(&record.name) {
                self.shared.insert(record.name.clone(), record.clone());
            }
        }
        Ok((key, all))
    }

    /// The key and the id as this row has them: the second row of a key is `#2`. No two keys become one id.
    fn occurrence(&self, key: String, id: String) -> Result<(String, String), Wrong> {
        let times = self.seen.get(&digest(&key)).map_or(1, |times| times + 1);
        let (key, id) = match times {
            1 => (key, short_id(id)),
            times => (format!("{key}#{times}"), short_id(format!("{id}.{times}"))),
        };
        let owner = self.ids.get(&digest(&id));
        if owner.is_some_and(|owner| *owner != digest(&key)) {
            let reason = format!(
                "{id:?} is already the id of another row; a longer `id` in the mapping would keep them apart"
            );
            return Err(Wrong::new("id", reason));
        }
        Ok((key, id))
    }

    /// Remembers a row that is not refused: one that is refused takes no number from its twin.
    fn count(&mut self, plain: &str, key: &str, id: &str) {
        *self.seen.entry(digest(plain)).or_insert(0) += 1;
        self.ids.insert(digest(id), digest(key));
    }

    fn no_record(&self, scope: &Scope<'_>) -> Wrong {
        let mut said: Vec<String> = Vec::new();
        for when in self.mapping.records.iter().flat_map(|made| &made.when) {
            let text = when
                .text
                .fill(scope)
                .map(|(text, _)| text)
                .unwrap_or_default();
            let shown: String = text.chars().take(60).collect();
            let one = format!("{} = {shown:?}", when.text.source);
            if !said.contains(&one) {
                said.push(one);
            }
        }
        Wrong::new(
            "",
            format!(
                "becomes no record by this mapping, which looks at {}",
                said.join(", ")
            ),
        )
    }
}

impl Group {
    /// The first row, with all rows of the group in a column.
    fn whole(self) -> Row {
        let mut row = self.first;
        row.cells.push((ROWS.to_owned(), Value::Array(self.rows)));
        row
    }
}

impl Made {
    fn wanted(&self, scope: &Scope<'_>) -> Result<bool, Wrong> {
        for When { text, is, not } in &self.when {
            let (text, _) = text.fill(scope)?;
            let text = fold(&text);
            let among = |list: &Vec<String>| list.iter().any(|word| fold(word) == text);
            let holds = match (is, not) {
                (None, None) => !text.is_empty(),
                (is, not) => is.as_ref().is_none_or(among) && !not.as_ref().is_some_and(among),
            };
            if !holds {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

fn refused(row: &Row, wrong: Wrong) -> Refused {
    Refused {
        place: row.place.clone(),
        column: wrong.column,
        reason: wrong.reason,
    }
}

fn digest(text: &str) -> [u8; 16] {
    let mut digest = [0; 16];
    digest.copy_from_slice(&blake3::hash(text.as_bytes()).as_bytes()[..16]);
    digest
}

/// Reads a file and maps it: each row's verdict goes to `sink`, in the order of the file. `options` say what the mapping
/// does not; its own words go before.
///
/// # Errors
///
/// [`Damage`] when the file, or the rest of it, cannot be read.
pub fn run<R: Read + Seek>(
    source: R,
    name: &str,
    options: &Options,
    mapper: &mut Mapper<'_>,
    sink: &mut dyn FnMut(Verdict) -> ControlFlow<()>,
) -> Result<Facts, Damage> {
    let own = mapper.mapping.options();
    let options = Options {
        encoding: own.encoding.clone().or_else(|| options.encoding.clone()),
        delimiter: own.delimiter.or(options.delimiter),
        sheet: options.sheet.clone().or_else(|| own.sheet.clone()),
        rows: if own.rows.is_empty() {
            options.rows.clone()
        } else {
            own.rows.clone()
        },
        opened: true,
        ..options.clone()
    };
    let mut ended = false;
    let facts = read(source, name, &options, &mut |item| {
        let verdict = match item {
            Ok(row) => mapper.take(row),
            Err(refused) => Some(Verdict::Refused(refused)),
        };
        let flow = verdict.map_or(ControlFlow::Continue(()), &mut *sink);
        ended |= flow.is_break();
        flow
    })?;
    if let Some(verdict) = mapper.finish().filter(|_| !ended) {
        // Nothing follows, whatever the sink says.
        let _ = sink(verdict);
    }
    Ok(facts)
}
