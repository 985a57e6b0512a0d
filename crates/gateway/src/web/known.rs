//! Which calendar or export had which etag at which position, so that "unchanged" costs next to nothing. None of them is
//! kept, only its etag: nothing can be learnt from it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rapporteur_proto::changes::v1::Service;
use rapporteur_records::time;
use rapporteur_records::words::date::day_of;
use rapporteur_views::Views;

use super::inside::Onward;

/// Who asked for what: a hash, as a key may be part of it.
pub(super) type Key = [u8; 32];

/// Most of them that are remembered.
const MOST: usize = 4_096;
/// An embargo ends, and a right is given, without a change of the record: after this time it is looked at
/// again, as often as its readers are told to ask.
const FOR: Duration = Duration::from_secs(3_600);

/// How far the record has been read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Position {
    services: Option<[u64; 2]>,
    /// What is due is counted from this day.
    day: jiff::civil::Date,
}

impl Position {
    pub(super) fn of(views: &Views) -> Self {
        let all = [Service::Events, Service::Recommendations].map(|one| views.progress(one));
        // Views that do not get on know of no change.
        let follow = all
            .iter()
            .all(|one| one.caught_up && one.trouble.is_empty());
        Self {
            services: follow.then(|| all.map(|one| one.position)),
            day: day_of(time::now_us()),
        }
    }
}

/// The etags of calendars or exports.
#[derive(Debug, Default)]
pub(super) struct Known(Mutex<HashMap<Key, (Position, Instant, String)>>);

impl Known {
    /// The etag of what was asked for, if it is the same still.
    pub(super) fn etag(&self, key: &Key, now: &Position) -> Option<String> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (position, since, etag) = known.get(key)?;
        let same = now.services.is_some() && position == now && since.elapsed() < FOR;
        same.then(|| etag.clone())
    }

    pub(super) fn remember(&self, key: Key, position: Position, etag: &str) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(key, (position, Instant::now(), etag.to_owned()));
    }
}

/// What tells apart whoever asks, and what is asked for.
pub(super) fn key(onward: &Onward, asked: &str) -> Key {
    let mut hash = blake3::Hasher::new();
    for part in onward.identity() {
        hash.update(part).update(&[0]);
    }
    hash.update(&[0]).update(asked.as_bytes());
    hash.finalize().into()
}
