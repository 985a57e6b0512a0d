//! Keys of the records layer. A space or a kind byte once given is never changed or reused.
//!
//! ```text
//! 0x01 | kind u8 | name            record: the encoded resource message, without etag; history is kept
//! 0x02 | kind u8 | index u8 | ...  index row made by the noun; its value is the name of the record
//! 0x03 | kind u8 | guard u8 | ...  guard row of a rule that spans records (one active chair); its value is the
//!                                  name of the record that has what only one may have
//! 0x04 | source | name             mirror: a record of another service, with its etag
//! 0x05 | source                    mirror: token of the last change taken over
//! ```
//!
//! Texts are written in the order-preserving form of [`rapporteur_store::key`].

use bytes::Bytes;
use rapporteur_store::key::Key;

const RECORD: u8 = 0x01;
const INDEX: u8 = 0x02;
const GUARD: u8 = 0x03;
const MIRROR: u8 = 0x04;
const CURSOR: u8 = 0x05;

/// The key of a record.
pub fn record(kind: u8, name: &str) -> Bytes {
    Key::new(RECORD).u8(kind).str(name).into_bytes()
}

/// What the keys of all records of a kind whose names begin with `name_prefix` begin with.
pub fn record_prefix(kind: u8, name_prefix: &str) -> Bytes {
    let key = Key::new(RECORD).u8(kind).str(name_prefix).into_bytes();
    // Without the end mark of the text. Names hold no 0x00.
    key.slice(..key.len() - 2)
}

/// The kind and name of a record's key; `None` for any other key.
pub fn record_name(key: &[u8]) -> Option<(u8, String)> {
    let mut reader = rapporteur_store::key::KeyReader::new(key);
    if reader.u8().ok()? != RECORD {
        return None;
    }
    let kind = reader.u8().ok()?;
    let name = reader.str().ok()?;
    reader.rest().is_empty().then(|| (kind, name.into_owned()))
}

/// The beginning of an index key; the noun adds its values, the sort order and at last the name.
pub fn index(kind: u8, index: u8) -> Key {
    Key::new(INDEX).u8(kind).u8(index)
}

/// What all index keys of a kind begin with.
pub fn index_prefix(kind: u8) -> Bytes {
    Key::new(INDEX).u8(kind).into_bytes()
}

/// The beginning of a guard key.
pub fn guard(kind: u8, guard: u8) -> Key {
    Key::new(GUARD).u8(kind).u8(guard)
}

/// What all guard keys of a kind begin with.
pub(crate) fn guard_prefix(kind: u8) -> Bytes {
    Key::new(GUARD).u8(kind).into_bytes()
}

/// What an index or guard row is called.
pub(crate) fn row_word(key: &[u8]) -> &'static str {
    match key.first() {
        Some(&GUARD) => "guard row",
        _ => "index row",
    }
}

/// The key of a mirrored record.
pub fn mirror(source: &str, name: &str) -> Bytes {
    Key::new(MIRROR).str(source).str(name).into_bytes()
}

/// What the keys of mirrored records whose names begin with `name_prefix` begin with.
pub fn mirror_prefix(source: &str, name_prefix: &str) -> Bytes {
    let key = Key::new(MIRROR).str(source).str(name_prefix).into_bytes();
    key.slice(..key.len() - 2)
}

/// What the keys of all mirrored records begin with.
pub(crate) fn mirrors() -> Bytes {
    Key::new(MIRROR).into_bytes()
}

/// The name of a mirrored record's key.
pub fn mirror_name(key: &[u8]) -> Option<String> {
    let mut reader = rapporteur_store::key::KeyReader::new(key);
    if reader.u8().ok()? != MIRROR {
        return None;
    }
    reader.str().ok()?;
    reader.str().ok().map(|name| name.into_owned())
}

/// The key of a mirror's cursor.
pub fn cursor(source: &str) -> Bytes {
    Key::new(CURSOR).str(source).into_bytes()
}
