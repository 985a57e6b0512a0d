//! Lists: a page at a time from index rows, now or as of a moment.

use std::collections::BTreeSet;

use bytes::Bytes;
use rapporteur_proto::{Record, Stored, Timestamp};
use rapporteur_store::Direction;
use rapporteur_store::key::prefix_end;

use crate::records::{decode, stored};
use crate::sight::name_in;
use crate::{Noun, Records, Result, Sight, check_id, layout};

/// Most index rows that one page looks at. A filter that matches little gives a short page and a token.
const ROWS_PER_PAGE: usize = 20_000;
/// A page ends at the first record past this size, so that it fits into one message (4 MiB).
const BYTES_PER_PAGE: usize = 2 << 20;

/// A stretch of index keys, or of record keys, in one direction.
#[derive(Clone, Debug)]
pub struct Range {
    /// First key.
    pub from: Bytes,
    /// First key after it; empty = no end.
    pub to: Bytes,
    /// Which end comes first.
    pub direction: Direction,
}

impl Range {
    /// All keys that begin so, in their order.
    pub fn prefix(prefix: impl Into<Bytes>) -> Self {
        let from = prefix.into();
        Self {
            to: prefix_end(&from),
            from,
            direction: Direction::Forward,
        }
    }

    /// All records of a kind whose names begin so, by name.
    pub fn names<T>(noun: &Noun<T>, name_prefix: &str) -> Self {
        Self::prefix(layout::record_prefix(noun.kind, name_prefix))
    }

    /// The same keys the other way round.
    #[must_use]
    pub fn backward(self) -> Self {
        Self {
            direction: Direction::Backward,
            ..self
        }
    }

    fn holds(&self, key: &[u8]) -> bool {
        key >= &self.from[..] && (self.to.is_empty() || key < &self.to[..])
    }
}

/// Which page.
#[derive(Clone, Debug, Default)]
pub struct PageRequest {
    /// Most records.
    pub size: usize,
    /// [`Page::next`] of the page before; empty for the first.
    pub after: Vec<u8>,
    /// As of which moment.
    pub as_of: Option<Timestamp>,
}

/// Some records, and where to go on.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// The records, as stored.
    pub records: Vec<Stored>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<Vec<u8>>,
}

/// What lets a record through.
pub type Predicate<T> = Box<dyn Fn(&T) -> bool + Send + Sync>;

/// What a list request asks for: where to look, and what to let through.
pub struct Listing<T> {
    /// Stretches of keys, one after the other.
    pub ranges: Vec<Range>,
    /// What a record must satisfy beyond being there; `None` = nothing.
    pub filter: Option<Predicate<T>>,
}

impl<T> std::fmt::Debug for Listing<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Listing")
            .field("ranges", &self.ranges)
            .finish_non_exhaustive()
    }
}

impl<T: Record> Listing<T> {
    /// The records whose names begin so, by name.
    pub fn names(noun: &Noun<T>, name_prefix: &str) -> Self {
        Self {
            ranges: vec![Range::names(noun, name_prefix)],
            filter: None,
        }
    }

    /// The children of `parent`, by name; an id in it may be `-` for any.
    pub fn children(noun: &Noun<T>, parent: &str) -> Result<Self> {
        noun.pattern.check_list_parent("parent", parent)?;
        let known = parent
            .split('/')
            .take_while(|segment| *segment != "-")
            .collect::<Vec<_>>()
            .join("/");
        let exact = known.len() == parent.len();
        let prefix = match (exact, known.is_empty()) {
            (_, true) => String::new(),
            (true, _) => format!("{parent}/{}/", noun.pattern.collection()),
            (false, _) => format!("{known}/"),
        };
        let listing = Self::names(noun, &prefix);
        // An id that is known behind one that may be any: `dialogues/-/plans/cadiz`.
        let mut behind = parent
            .split('/')
            .skip_while(|segment| *segment != "-")
            .skip(1);
        if behind.any(|segment| {
            check_id(segment).is_ok() && !noun.pattern.0.split('/').any(|s| s == segment)
        }) {
            let wanted = parent.to_owned();
            return Ok(listing.only(move |record| is_under(record.header().name, &wanted)));
        }
        Ok(listing)
    }

    /// The same, but only what satisfies `filter` too.
    #[must_use]
    pub fn only(mut self, filter: impl Fn(&T) -> bool + Send + Sync + 'static) -> Self {
        self.filter = Some(match self.filter.take() {
            None => Box::new(filter),
            Some(before) => Box::new(move |record| before(record) && filter(record)),
        });
        self
    }
}

/// Whether a name is that of a child of `parent`, in which `-` is any id.
pub fn is_under(name: &str, parent: &str) -> bool {
    let mut segments = name.split('/');
    parent.split('/').all(|wanted| {
        segments
            .next()
            .is_some_and(|segment| wanted == "-" || wanted == segment)
    })
}

/// What a record must satisfy beyond being in the range; `None` = nothing.
type Filter<'a, T> = Option<&'a (dyn Fn(&T) -> bool + Send + Sync)>;

impl Records {
    /// The records that a listing leads to, range after range.
    ///
    /// Its ranges are of index keys (see [`Noun::index`]) or of record keys ([`Range::names`]).
    pub async fn list<T: Record>(
        &self,
        noun: &Noun<T>,
        listing: &Listing<T>,
        request: &PageRequest,
    ) -> Result<Page> {
        let ranges = &listing.ranges;
        let filter = listing.filter.as_deref().map(|f| f as _);
        match request.as_of {
            None => self.list_now(noun, ranges, filter, request).await,
            Some(moment) => {
                let position = self.position_at(moment).await?;
                self.list_at(noun, ranges, filter, request, position).await
            }
        }
    }

    async fn list_now<T: Record>(
        &self,
        noun: &Noun<T>,
        ranges: &[Range],
        filter: Filter<'_, T>,
        request: &PageRequest,
    ) -> Result<Page> {
        let (first, mut after) = cursor(&request.after);
        let sees_all = noun.is_never_internal() || *self.sight() == Sight::Everything;
        let mut page = Page::default();
        let (mut looked_at, mut bytes) = (0, 0);
        // The last row that was looked at; only a page that is not the end makes a cursor of it.
        let mut last: Option<(usize, Bytes)> = None;
        let next = |last: Option<(usize, Bytes)>| last.map(|(place, key)| cursor_of(place, &key));
        for (place, range) in ranges.iter().enumerate().skip(first) {
            let mut rest = range.clone();
            if let Some(key) = after.take() {
                resume(&mut rest, key);
            }
            loop {
                // One row more than needed tells whether there is a next page.
                let wanted =
                    (request.size - page.records.len() + 1).max(if filter.is_some() || !sees_all {
                        256
                    } else {
                        1
                    });
                let rows = self
                    .store
                    .scan(&rest.from, &rest.to, wanted, rest.direction)
                    .await?;
                let exhausted = rows.len() < wanted;
                looked_at += rows.len();
                let found = self.follow(noun, &rows).await?;
                for ((key, _), record) in rows.iter().zip(found) {
                    if page.records.len() == request.size || bytes >= BYTES_PER_PAGE {
                        page.next = next(last);
                        return Ok(page);
                    }
                    last = Some((place, key.clone()));
                    if let Some(record) = record
                        && passes(filter, &record)?
                        && self.shows_row(noun, &record, false).await?
                    {
                        bytes += record.bytes.len();
                        page.records.push(record);
                    }
                }
                if exhausted {
                    break;
                }
                if looked_at >= ROWS_PER_PAGE {
                    page.next = next(last);
                    return Ok(page);
                }
                if let Some((key, _)) = rows.last() {
                    resume(&mut rest, key.to_vec());
                }
            }
        }
        Ok(page)
    }

    /// Whether the reader is shown a record of a list.
    async fn shows_row<T: Record>(
        &self,
        noun: &Noun<T>,
        record: &Stored,
        past: bool,
    ) -> Result<bool> {
        if noun.is_never_internal() || *self.sight() == Sight::Everything {
            return Ok(true);
        }
        let name = name_in(&record.bytes)?;
        self.shows(self.sight(), noun, name, &record.bytes, past)
            .await
    }

    /// The records that rows lead to; a record row leads to itself.
    async fn follow<T: Record>(
        &self,
        noun: &Noun<T>,
        rows: &[(Bytes, rapporteur_store::Row)],
    ) -> Result<Vec<Option<Stored>>> {
        if rows
            .first()
            .is_some_and(|(key, _)| layout::record_name(key).is_some())
        {
            return Ok(rows
                .iter()
                .map(|(_, row)| Some(stored(row.clone())))
                .collect());
        }
        let keys: Vec<Bytes> = rows
            .iter()
            .map(|(_, row)| layout::record(noun.kind, &String::from_utf8_lossy(&row.value)))
            .collect();
        let found = self.store.get_many(&keys).await?;
        Ok(found.into_iter().map(|row| row.map(stored)).collect())
    }

    /// The same list from history: every record of the kind as it stood, sorted by the index keys that it had.
    async fn list_at<T: Record>(
        &self,
        noun: &Noun<T>,
        ranges: &[Range],
        filter: Filter<'_, T>,
        request: &PageRequest,
        position: u64,
    ) -> Result<Page> {
        let mut matching: Vec<(usize, Bytes, Stored)> = Vec::new();
        let kind = layout::record_prefix(noun.kind, "");
        let end = prefix_end(&kind);
        let mut from = kind;
        loop {
            let rows = self
                .store
                .scan(&from, &end, 1_000, Direction::Forward)
                .await?;
            for (key, _) in &rows {
                let Some(record) = self.at(key, position).await? else {
                    continue;
                };
                let message = decode::<T>(&record.bytes)?;
                if filter.is_some_and(|f| !f(&message))
                    || !self.shows_row(noun, &record, true).await?
                {
                    continue;
                }
                let keys: BTreeSet<Bytes> = (noun.index)(&message)
                    .into_iter()
                    .chain([key.clone()])
                    .collect();
                for (place, range) in ranges.iter().enumerate() {
                    for key in keys.iter().filter(|k| range.holds(k)) {
                        matching.push((place, key.clone(), record.clone()));
                    }
                }
            }
            match rows.last() {
                Some((key, _)) if rows.len() == 1_000 => from = after_key(key),
                _ => break,
            }
        }
        matching.sort_by(|a, b| order(ranges, (a.0, &a.1), (b.0, &b.1)));
        let (place, key) = cursor(&request.after);
        if let Some(key) = key {
            matching.retain(|m| order(ranges, (m.0, &m.1), (place, &key)).is_gt());
        }
        let mut bytes = 0;
        let fits = |m: &&(usize, Bytes, Stored)| {
            let fits = bytes < BYTES_PER_PAGE;
            bytes += m.2.bytes.len();
            fits
        };
        let size = matching.iter().take(request.size).take_while(fits).count();
        let more = matching.len() > size;
        matching.truncate(size);
        let next = matching
            .last()
            .filter(|_| more)
            .map(|(place, key, _)| cursor_of(*place, key));
        Ok(Page {
            records: matching.into_iter().map(|m| m.2).collect(),
            next,
        })
    }
}

fn passes<T: Record>(filter: Filter<'_, T>, record: &Stored) -> Result<bool> {
    match filter {
        None => Ok(true),
        Some(filter) => Ok(filter(&decode::<T>(&record.bytes)?)),
    }
}

fn order(ranges: &[Range], a: (usize, &[u8]), b: (usize, &[u8])) -> std::cmp::Ordering {
    a.0.cmp(&b.0)
        .then_with(|| match ranges.get(a.0).map(|r| r.direction) {
            Some(Direction::Backward) => b.1.cmp(a.1),
            _ => a.1.cmp(b.1),
        })
}

/// Moves the range past `key`.
fn resume(range: &mut Range, key: Vec<u8>) {
    match range.direction {
        Direction::Forward => range.from = after_key(&key),
        Direction::Backward => range.to = key.into(),
    }
}

fn after_key(key: &[u8]) -> Bytes {
    [key, &[0]].concat().into()
}

fn cursor_of(place: usize, key: &[u8]) -> Vec<u8> {
    let mut cursor = vec![u8::try_from(place).unwrap_or(u8::MAX)];
    cursor.extend_from_slice(key);
    cursor
}

fn cursor(after: &[u8]) -> (usize, Option<Vec<u8>>) {
    match after.split_first() {
        None => (0, None),
        Some((place, key)) => (usize::from(*place), Some(key.to_vec())),
    }
}
