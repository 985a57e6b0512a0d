//! Pages of what a view lists. A view sorts all that it lists by a key; a page is what comes after a key. The key
//! goes to the client and back in a token that the gateway seals.

use prost::Message;

/// A page ends early with this many bytes, so that with one more entry it stays below what any client takes.
const PAGE_BYTES: usize = 2 << 20;

/// Which page.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The key of the last entry that was shown; empty for the first page.
    pub after: &'a [u8],
    /// Most entries on the page.
    pub size: usize,
}

/// One page.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<M> {
    /// The entries, in order.
    pub entries: Vec<M>,
    /// The key of the last of them, when there are more.
    pub last: Option<Vec<u8>>,
    /// How many there are on all pages.
    pub total: usize,
}

/// Sorts and cuts; only what is on the page becomes a message.
pub(crate) fn page<T, M: Message>(
    mut all: Vec<(Vec<u8>, T)>,
    asked: Asked<'_>,
    message: impl Fn(&T) -> M,
) -> Page<M> {
    all.sort_by(|one, other| one.0.cmp(&other.0));
    let begin =
        all.partition_point(|(key, _)| key.as_slice() <= asked.after && !asked.after.is_empty());
    let mut entries = Vec::new();
    let mut bytes = 0;
    let mut last = None;
    for (key, one) in &all[begin..] {
        if entries.len() == asked.size || bytes >= PAGE_BYTES {
            break;
        }
        let entry = message(one);
        bytes += entry.encoded_len();
        entries.push(entry);
        last = Some(key);
    }
    let is_end = begin + entries.len() == all.len();
    Page {
        last: last.filter(|_| !is_end).cloned(),
        total: all.len(),
        entries,
    }
}

/// A number as a key: in the order of numbers.
pub(crate) fn ordered(number: i64) -> [u8; 8] {
    (number.cast_unsigned() ^ (1 << 63)).to_be_bytes()
}
