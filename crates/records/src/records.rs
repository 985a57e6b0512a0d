//! Reading records: as they stand, or as they stood.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use rapporteur_proto::{Record, Stored, Timestamp};
use rapporteur_store::{Row, Store};

use crate::{AnyNoun, Error, Noun, Result, Sight, layout, name};

/// Most bytes of records that one answer holds, below the 4 MiB that a server sends.
const ANSWER_BYTES: usize = 3 << 20;

/// The clock, passed in so that tests choose the time.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// The records of one service.
#[derive(Clone)]
pub struct Records {
    pub(crate) store: Arc<dyn Store>,
    clock: Clock,
    sight: Sight,
}

impl fmt::Debug for Records {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Records")
    }
}

impl Records {
    /// Records in `store`, stamped by the system's clock.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self::with_clock(store, Arc::new(time::now_us))
    }

    /// Records in `store`, stamped by `clock` (microseconds since the Unix epoch).
    pub fn with_clock(store: Arc<dyn Store>, clock: Clock) -> Self {
        Self {
            store,
            clock,
            sight: Sight::Everything,
        }
    }

    /// The same records as a reader with this sight sees them in [`Records::get`], [`Records::get_many`] and
    /// [`Records::list`]. Rules are checked against all there is: [`Records::find`] and the like do not look at it.
    #[must_use]
    pub fn seen_by(&self, sight: Sight) -> Self {
        Self {
            sight,
            ..self.clone()
        }
    }

    /// The store underneath, for rows that are no records.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// Now, in microseconds since the Unix epoch.
    pub fn now_us(&self) -> i64 {
        (self.clock)()
    }

    /// One record as it is stored, now or as of a moment.
    pub async fn get<T: Record>(
        &self,
        noun: &Noun<T>,
        name: &str,
        as_of: Option<Timestamp>,
    ) -> Result<Stored> {
        noun.pattern.check("name", name)?;
        let key = layout::record(noun.kind, name);
        let found = match as_of {
            None => self.store.get(&key).await?.map(stored),
            Some(moment) => {
                let position = self.position_at(moment).await?;
                self.at(&key, position).await?
            }
        };
        // What is internal and what does not exist are answered alike.
        let not_found = || Error::NotFound {
            name: name.to_owned(),
        };
        let found = found.ok_or_else(not_found)?;
        let past = as_of.is_some();
        if self
            .shows(&self.sight, noun, name, &found.bytes, past)
            .await?
        {
            Ok(found)
        } else {
            Err(not_found())
        }
    }

    /// Several records, in the order of their names; the first that does not exist fails.
    pub async fn get_many<T: Record>(
        &self,
        noun: &Noun<T>,
        names: &[String],
        as_of: Option<Timestamp>,
    ) -> Result<Vec<Stored>> {
        if names.len() > 1_000 {
            return Err(Error::invalid(
                "names",
                format!(
                    "holds {} names; at most 1,000 are read at once",
                    names.len()
                ),
            ));
        }
        for (place, name) in names.iter().enumerate() {
            noun.pattern.check(&format!("names[{place}]"), name)?;
        }
        if as_of.is_some() {
            let mut records = Vec::with_capacity(names.len());
            let mut bytes = 0;
            for name in names {
                let record = self.get(noun, name, as_of).await?;
                bytes += record.bytes.len();
                fits_into_an_answer(bytes)?;
                records.push(record);
            }
            return Ok(records);
        }
        let keys: Vec<Bytes> = names
            .iter()
            .map(|name| layout::record(noun.kind, name))
            .collect();
        let rows = self.store.get_many(&keys).await?;
        fits_into_an_answer(rows.iter().flatten().map(|row| row.value.len()).sum())?;
        let mut records = Vec::with_capacity(names.len());
        for (row, name) in rows.into_iter().zip(names) {
            let not_found = || Error::NotFound { name: name.clone() };
            let record = row.map(stored).ok_or_else(not_found)?;
            if !self
                .shows(&self.sight, noun, name, &record.bytes, false)
                .await?
            {
                return Err(not_found());
            }
            records.push(record);
        }
        Ok(records)
    }

    /// The message and version of a record, if it exists.
    pub async fn find<T: Record>(&self, noun: &Noun<T>, name: &str) -> Result<Option<(T, u64)>> {
        if !noun.pattern.matches(name) {
            return Ok(None);
        }
        let row = self.store.get(&layout::record(noun.kind, name)).await?;
        row.map(|row| Ok((decode::<T>(&row.value)?, row.version)))
            .transpose()
    }

    /// The message and version of a record that must exist.
    pub async fn read<T: Record>(&self, noun: &Noun<T>, name: &str) -> Result<(T, u64)> {
        noun.pattern.check("name", name)?;
        self.find(noun, name).await?.ok_or_else(|| Error::NotFound {
            name: name.to_owned(),
        })
    }

    /// The message of a record that `field` of a request refers to.
    pub async fn referred<T: Record>(
        &self,
        noun: &Noun<T>,
        field: &str,
        name: &str,
    ) -> Result<(T, u64)> {
        noun.pattern.check(field, name)?;
        let found = self.find(noun, name).await?;
        found.ok_or_else(|| Error::UnknownReference {
            field: field.to_owned(),
            name: name.to_owned(),
        })
    }

    /// The last position at or before a moment.
    pub async fn position_at(&self, moment: Timestamp) -> Result<u64> {
        let us = time::to_us(moment)
            .ok_or_else(|| Error::invalid("as_of", "is not a moment between years 1 and 9999"))?;
        Ok(self.store.position_at(us).await?)
    }

    /// Whether a reader with this sight is shown a value of a record. `past`: it may not be its present one; then
    /// the present one must be shown too, so that what became internal is nowhere to be found.
    pub(crate) async fn shows(
        &self,
        sight: &Sight,
        noun: &dyn AnyNoun,
        name: &str,
        bytes: &[u8],
        past: bool,
    ) -> Result<bool> {
        shows(&self.store, sight, noun, name, bytes, past).await
    }

    /// The sight of the reader; see [`Records::seen_by`].
    pub(crate) fn sight(&self) -> &Sight {
        &self.sight
    }

    /// The value that a key had at a position.
    pub(crate) async fn at(&self, key: &[u8], position: u64) -> Result<Option<Stored>> {
        if position == 0 {
            return Ok(None);
        }
        let revisions = self.store.history(key, position, 1).await?;
        Ok(revisions.into_iter().next().and_then(|r| {
            r.value.map(|bytes| Stored {
                bytes,
                version: r.position,
            })
        }))
    }
}

/// See [`Records::shows`].
pub(crate) async fn shows(
    store: &Arc<dyn Store>,
    sight: &Sight,
    noun: &dyn AnyNoun,
    name: &str,
    bytes: &[u8],
    past: bool,
) -> Result<bool> {
    if *sight == Sight::Everything || sight.sees_inside(name) {
        return Ok(true);
    }
    if noun.is_internal(bytes) {
        return Ok(false);
    }
    if past {
        let now = store.get(&layout::record(noun.kind(), name)).await?;
        if now.is_some_and(|row| noun.is_internal(&row.value)) {
            return Ok(false);
        }
    }
    let Some(parent) = noun.under() else {
        return Ok(true);
    };
    let above = name::parent_of(name);
    let row = store.get(&layout::record(parent.kind(), above)).await?;
    Ok(row.is_none_or(|row| !parent.is_internal(&row.value)))
}

/// Records that are asked for by name are answered all or not at all.
fn fits_into_an_answer(bytes: usize) -> Result<()> {
    if bytes <= ANSWER_BYTES {
        return Ok(());
    }
    let most = ANSWER_BYTES >> 20;
    let wrong =
        format!("lead to more than {most} MiB, which is too much for one answer; ask for fewer");
    Err(Error::invalid("names", wrong))
}

pub(crate) fn stored(row: Row) -> Stored {
    Stored {
        bytes: row.value,
        version: row.version,
    }
}

/// A stored message. Failing here means that the store holds what this program did not write.
pub(crate) fn decode<T: Record>(bytes: &[u8]) -> Result<T> {
    T::decode(bytes)
        .map_err(|e| Error::Internal(format!("stored {} does not decode: {e}", T::full_name())))
}

/// Moments as the protos have them and as the store has them.
pub mod time {
    use std::time::{SystemTime, UNIX_EPOCH};

    use rapporteur_proto::Timestamp;

    /// The system's clock, in microseconds since the Unix epoch.
    pub fn now_us() -> i64 {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
    }

    /// Microseconds as a proto timestamp.
    pub fn from_us(us: i64) -> Timestamp {
        let nanos = i32::try_from(us.rem_euclid(1_000_000) * 1_000).unwrap_or(0);
        Timestamp {
            seconds: us.div_euclid(1_000_000),
            nanos,
        }
    }

    /// A proto timestamp in microseconds, rounded down; `None` outside the years 1 to 9999.
    pub fn to_us(moment: Timestamp) -> Option<i64> {
        let in_range = (-62_135_596_800..=253_402_300_799).contains(&moment.seconds);
        let good = in_range && (0..1_000_000_000).contains(&moment.nanos);
        good.then(|| moment.seconds * 1_000_000 + i64::from(moment.nanos / 1_000))
    }
}
