//! How keys are spelt, so that the order of the bytes is the order of the values.
//!
//! Engines know only bytes. Whoever wants "all events of a dialogue by date" must therefore write keys
//! whose byte order *is* that order. This module is the only place that knows how:
//!
//! | part | bytes | why |
//! |---|---|---|
//! | space | one byte, first | keeps kinds of rows apart; once given, never reused or changed |
//! | `str` | UTF-8, each `00` as `00 FF`, then `00 00` | `"a" < "a\0" < "ab"`, and no string is a prefix of another |
//! | `u8`, `u32`, `u64` | big-endian | |
//! | `i64` | big-endian, top bit flipped | negative before positive |
//! | `..._desc` | as above, every bit inverted | newest first in a forward scan |
//! | `bytes16` | as they are | ids; fixed width needs no end mark |
//!
//! Case and accents are not folded here: fold before encoding if order should ignore them.
//!
//! ```
//! use rapporteur_store::key::{Key, KeyReader, prefix_end};
//!
//! let key = Key::new(b'e').str("asean-eu").i64_desc(1_700_000_000).into_bytes();
//! let mut parts = KeyReader::new(&key);
//! assert_eq!(parts.u8()?, b'e');
//! assert_eq!(parts.str()?, "asean-eu");
//! assert_eq!(parts.i64_desc()?, 1_700_000_000);
//! parts.end()?;
//!
//! // Everything of one dialogue lies between its prefix and the end of that prefix.
//! let prefix = Key::new(b'e').str("asean-eu");
//! assert!(prefix.as_slice() < &key[..] && key < prefix_end(prefix.as_slice()));
//! # Ok::<(), rapporteur_store::key::Malformed>(())
//! ```

use std::borrow::Cow;

use bytes::Bytes;

const ESCAPE: u8 = 0x00;
const ESCAPED_ZERO: u8 = 0xFF;
const END: u8 = 0x00;
const TOP_BIT: u64 = 1 << 63;

/// A key in the making: parts are appended in the order in which rows should be sorted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    bytes: Vec<u8>,
}

impl Key {
    /// Starts a key in the space `space`: the byte that keeps one kind of rows apart from all others.
    #[must_use]
    pub fn new(space: u8) -> Self {
        let mut bytes = Vec::with_capacity(48);
        bytes.push(space);
        Self { bytes }
    }

    /// Appends a string.
    #[must_use]
    pub fn str(mut self, text: &str) -> Self {
        escape_into(&mut self.bytes, text.as_bytes());
        self
    }

    /// Appends a small number.
    #[must_use]
    pub fn u8(mut self, number: u8) -> Self {
        self.bytes.push(number);
        self
    }

    /// Appends a number.
    #[must_use]
    pub fn u32(mut self, number: u32) -> Self {
        self.bytes.extend_from_slice(&number.to_be_bytes());
        self
    }

    /// Appends a number.
    #[must_use]
    pub fn u64(mut self, number: u64) -> Self {
        self.bytes.extend_from_slice(&number.to_be_bytes());
        self
    }

    /// Appends a number; larger numbers sort first.
    #[must_use]
    pub fn u64_desc(self, number: u64) -> Self {
        self.u64(!number)
    }

    /// Appends a number that may be negative: a time, for example.
    #[must_use]
    pub fn i64(self, number: i64) -> Self {
        self.u64(flip(number))
    }

    /// Appends a number that may be negative; larger numbers sort first.
    #[must_use]
    pub fn i64_desc(self, number: i64) -> Self {
        self.u64(!flip(number))
    }

    /// Appends sixteen bytes as they are: an id.
    #[must_use]
    pub fn bytes16(mut self, id: [u8; 16]) -> Self {
        self.bytes.extend_from_slice(&id);
        self
    }

    /// The key so far.
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        &self.bytes
    }

    /// The finished key.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        self.bytes.into()
    }
}

impl From<Key> for Bytes {
    fn from(key: Key) -> Self {
        key.into_bytes()
    }
}

impl AsRef<[u8]> for Key {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// A key that is not spelt the way its reader expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("malformed key: {expected} expected at byte {at}")]
pub struct Malformed {
    /// What the reader asked for.
    pub expected: &'static str,
    /// Where it was not found.
    pub at: usize,
}

/// Takes a key apart again, in the order in which it was put together (the space byte is a `u8`).
#[derive(Clone, Debug)]
pub struct KeyReader<'a> {
    key: &'a [u8],
    at: usize,
}

impl<'a> KeyReader<'a> {
    /// Reads `key` from its first byte.
    #[must_use]
    pub fn new(key: &'a [u8]) -> Self {
        Self { key, at: 0 }
    }

    /// The next part, a `u8` (or the space).
    pub fn u8(&mut self) -> Result<u8, Malformed> {
        let [byte] = self.take::<1>("a byte")?;
        Ok(byte)
    }

    /// The next part, a `u32`.
    pub fn u32(&mut self) -> Result<u32, Malformed> {
        self.take("a u32").map(u32::from_be_bytes)
    }

    /// The next part, a `u64`.
    pub fn u64(&mut self) -> Result<u64, Malformed> {
        self.take("a u64").map(u64::from_be_bytes)
    }

    /// The next part, a descending `u64`.
    pub fn u64_desc(&mut self) -> Result<u64, Malformed> {
        self.u64().map(|number| !number)
    }

    /// The next part, an `i64`.
    pub fn i64(&mut self) -> Result<i64, Malformed> {
        self.u64().map(unflip)
    }

    /// The next part, a descending `i64`.
    pub fn i64_desc(&mut self) -> Result<i64, Malformed> {
        self.u64().map(|number| unflip(!number))
    }

    /// The next part, sixteen raw bytes.
    pub fn bytes16(&mut self) -> Result<[u8; 16], Malformed> {
        self.take("16 bytes")
    }

    /// The next part, a string; borrowed unless it holds a zero byte.
    pub fn str(&mut self) -> Result<Cow<'a, str>, Malformed> {
        let malformed = Malformed {
            expected: "a string",
            at: self.at,
        };
        match self.escaped().ok_or(malformed)? {
            Cow::Borrowed(bytes) => std::str::from_utf8(bytes)
                .map(Cow::Borrowed)
                .map_err(|_| malformed),
            Cow::Owned(bytes) => String::from_utf8(bytes)
                .map(Cow::Owned)
                .map_err(|_| malformed),
        }
    }

    /// What has not been read yet.
    #[must_use]
    pub fn rest(&self) -> &'a [u8] {
        self.key.get(self.at..).unwrap_or_default()
    }

    /// Holds when nothing is left.
    pub fn end(&self) -> Result<(), Malformed> {
        if self.rest().is_empty() {
            Ok(())
        } else {
            Err(Malformed {
                expected: "the end",
                at: self.at,
            })
        }
    }

    fn escaped(&mut self) -> Option<Cow<'a, [u8]>> {
        let rest = self.rest();
        let mut owned: Option<Vec<u8>> = None;
        let mut done = 0;
        loop {
            let zero = done + rest.get(done..)?.iter().position(|byte| *byte == ESCAPE)?;
            match *rest.get(zero + 1)? {
                END => {
                    self.at += zero + 2;
                    return Some(match owned {
                        None => Cow::Borrowed(&rest[..zero]),
                        Some(mut bytes) => {
                            bytes.extend_from_slice(&rest[done..zero]);
                            Cow::Owned(bytes)
                        }
                    });
                }
                ESCAPED_ZERO => {
                    owned
                        .get_or_insert_default()
                        .extend_from_slice(&rest[done..=zero]);
                    done = zero + 2;
                }
                _ => return None,
            }
        }
    }

    fn take<const N: usize>(&mut self, expected: &'static str) -> Result<[u8; N], Malformed> {
        let part = self.rest().first_chunk::<N>().ok_or(Malformed {
            expected,
            at: self.at,
        })?;
        self.at += N;
        Ok(*part)
    }
}

/// The first key after every key that begins with `prefix`: the exclusive upper end of its range.
/// Empty, which [`Store::scan`](crate::Store::scan) takes as "no end", when there is none.
#[must_use]
pub fn prefix_end(prefix: &[u8]) -> Bytes {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if last < u8::MAX {
            end.push(last + 1);
            return end.into();
        }
    }
    Bytes::new()
}

/// Appends bytes of any content so that order is kept and no result is a prefix of another.
fn escape_into(out: &mut Vec<u8>, bytes: &[u8]) {
    for byte in bytes {
        out.push(*byte);
        if *byte == ESCAPE {
            out.push(ESCAPED_ZERO);
        }
    }
    out.extend_from_slice(&[ESCAPE, END]);
}

fn flip(number: i64) -> u64 {
    number.cast_unsigned() ^ TOP_BIT
}

fn unflip(number: u64) -> i64 {
    (number ^ TOP_BIT).cast_signed()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Strings that meet the escapes often.
    fn text() -> impl Strategy<Value = String> {
        prop_oneof![
            proptest::string::string_regex("[\\x00\\x01a\u{7f}\u{ff}]{0,6}").unwrap(),
            any::<String>()
        ]
    }

    /// Numbers near the places where encodings go wrong.
    fn signed() -> impl Strategy<Value = i64> {
        prop_oneof![any::<i64>(), -2..3i64, Just(i64::MIN), Just(i64::MAX)]
    }

    proptest! {
        #[test]
        fn order_of_strings(a in text(), b in text()) {
            prop_assert_eq!(Key::new(1).str(&a).cmp(&Key::new(1).str(&b)), a.as_bytes().cmp(b.as_bytes()));
        }

        #[test]
        fn order_of_numbers(a in any::<u64>(), b in any::<u64>(), c in signed(), d in signed(), e in any::<u32>(), f in any::<u32>()) {
            let key = || Key::new(1);
            prop_assert_eq!(key().u64(a).cmp(&key().u64(b)), a.cmp(&b));
            prop_assert_eq!(key().u64_desc(a).cmp(&key().u64_desc(b)), b.cmp(&a));
            prop_assert_eq!(key().i64(c).cmp(&key().i64(d)), c.cmp(&d));
            prop_assert_eq!(key().i64_desc(c).cmp(&key().i64_desc(d)), d.cmp(&c));
            prop_assert_eq!(key().u32(e).cmp(&key().u32(f)), e.cmp(&f));
            prop_assert_eq!(key().u8(e as u8).cmp(&key().u8(f as u8)), (e as u8).cmp(&(f as u8)));
        }

        #[test]
        fn order_of_parts_is_order_of_tuples(a in (text(), signed(), text()), b in (text(), signed(), text())) {
            let key = |t: &(String, i64, String)| Key::new(1).str(&t.0).i64(t.1).str(&t.2);
            let tuple = |t: &(String, i64, String)| (t.0.clone().into_bytes(), t.1, t.2.clone().into_bytes());
            prop_assert_eq!(key(&a).cmp(&key(&b)), tuple(&a).cmp(&tuple(&b)));
        }

        #[test]
        fn round_trip(a in text(), b in any::<u64>(), c in signed(), d in any::<u32>(), e in any::<u8>(), f in any::<[u8; 16]>(), g in text()) {
            let key = Key::new(7).str(&a).u64(b).u64_desc(b).i64(c).i64_desc(c).u32(d).u8(e).bytes16(f).str(&g).into_bytes();
            let mut reader = KeyReader::new(&key);
            prop_assert_eq!(reader.u8()?, 7);
            prop_assert_eq!(reader.str()?, a);
            prop_assert_eq!(reader.u64()?, b);
            prop_assert_eq!(reader.u64_desc()?, b);
            prop_assert_eq!(reader.i64()?, c);
            prop_assert_eq!(reader.i64_desc()?, c);
            prop_assert_eq!(reader.u32()?, d);
            prop_assert_eq!(reader.u8()?, e);
            prop_assert_eq!(reader.bytes16()?, f);
            prop_assert_eq!(reader.str()?, g);
            reader.end()?;
        }

        #[test]
        fn reading_garbage_never_panics(bytes in any::<Vec<u8>>()) {
            let mut reader = KeyReader::new(&bytes);
            while reader.str().is_ok() {}
            while reader.u32().is_ok() {}
            prop_assert!(reader.rest().len() < 4);
        }

        #[test]
        fn escaped_bytes_round_trip(bytes in any::<Vec<u8>>(), tail in any::<Vec<u8>>()) {
            let mut out = Vec::new();
            escape_into(&mut out, &bytes);
            out.extend_from_slice(&tail);
            let mut reader = KeyReader::new(&out);
            let read = reader.escaped().unwrap();
            prop_assert_eq!(&read[..], &bytes[..]);
            prop_assert_eq!(reader.rest(), &tail[..]);
        }

        #[test]
        fn prefix_range_is_exactly_the_prefix(prefix in proptest::collection::vec(prop_oneof![Just(0xFF), any::<u8>()], 0..4), key in proptest::collection::vec(prop_oneof![Just(0xFF), any::<u8>()], 0..6)) {
            let end = prefix_end(&prefix);
            let inside = key >= prefix && (end.is_empty() || key[..] < end[..]);
            prop_assert_eq!(inside, key.starts_with(&prefix));
        }
    }

    #[test]
    fn no_end_after_the_last_prefix() {
        assert!(prefix_end(&[]).is_empty());
        assert!(prefix_end(&[0xFF, 0xFF]).is_empty());
        assert_eq!(prefix_end(&[1, 0xFF])[..], [2]);
    }
}
