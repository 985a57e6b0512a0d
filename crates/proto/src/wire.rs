//! Answers that are already encoded.

use std::fmt;
use std::marker::PhantomData;

use bytes::{Buf, BufMut, Bytes};
use prost::encoding::{
    DecodeContext, WireType, encode_key, encode_varint, encoded_len_varint, key_len, skip_field,
};
use prost::{DecodeError, Message};

/// The `etag` field of every resource message.
const ETAG: u32 = 2;
/// The list field of every List and BatchGet answer.
const ITEMS: u32 = 1;
/// The `next_page_token` field of every List answer.
const NEXT: u32 = 2;

/// A record as the store keeps it: the encoded message without its etag, and the version that is its etag.
///
/// Protobuf lets a later field overwrite an earlier one, so the etag is simply written behind the bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The encoded resource message.
    pub bytes: Bytes,
    /// The version of its row.
    pub version: u64,
}

impl Stored {
    fn len(&self) -> usize {
        let etag = decimal_len(self.version);
        self.bytes.len() + key_len(ETAG) + encoded_len_varint(etag as u64) + etag
    }

    fn write(&self, buffer: &mut impl BufMut) {
        buffer.put_slice(&self.bytes);
        encode_key(ETAG, WireType::LengthDelimited, buffer);
        encode_varint(decimal_len(self.version) as u64, buffer);
        write_decimal(self.version, buffer);
    }

    /// The encoded message with its etag.
    pub fn to_vec(&self) -> Vec<u8> {
        let mut whole = Vec::with_capacity(self.len());
        self.write(&mut whole);
        whole
    }

    /// The message with its etag.
    pub fn decode<T: Message + Default>(&self) -> Result<T, DecodeError> {
        T::decode(self.to_vec().as_slice())
    }
}

/// An answer of type `T`, already encoded.
pub struct Wire<T> {
    body: Body,
    message: PhantomData<fn() -> T>,
}

enum Body {
    Record(Stored),
    Page {
        records: Vec<Stored>,
        next_page_token: String,
    },
}

impl<T> Wire<T> {
    /// One record.
    pub fn record(record: Stored) -> Self {
        Self {
            body: Body::Record(record),
            message: PhantomData,
        }
    }

    /// A page of records; `T` is a List or BatchGet answer.
    pub fn page(records: Vec<Stored>, next_page_token: String) -> Self {
        Self {
            body: Body::Page {
                records,
                next_page_token,
            },
            message: PhantomData,
        }
    }
}

impl<T: Message + Default> Wire<T> {
    /// The message, for callers inside the process.
    pub fn decode(&self) -> Result<T, DecodeError> {
        T::decode(self.encode_to_vec().as_slice())
    }
}

impl<T> Default for Wire<T> {
    fn default() -> Self {
        Self::page(Vec::new(), String::new())
    }
}

impl<T> fmt::Debug for Wire<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.body {
            Body::Record(record) => write!(
                f,
                "Wire({} bytes at {})",
                record.bytes.len(),
                record.version
            ),
            Body::Page { records, .. } => write!(f, "Wire({} records)", records.len()),
        }
    }
}

impl<T> Message for Wire<T> {
    fn encode_raw(&self, buffer: &mut impl BufMut) {
        match &self.body {
            Body::Record(record) => record.write(buffer),
            Body::Page {
                records,
                next_page_token,
            } => {
                for record in records {
                    encode_key(ITEMS, WireType::LengthDelimited, buffer);
                    encode_varint(record.len() as u64, buffer);
                    record.write(buffer);
                }
                if !next_page_token.is_empty() {
                    prost::encoding::string::encode(NEXT, next_page_token, buffer);
                }
            }
        }
    }

    fn encoded_len(&self) -> usize {
        match &self.body {
            Body::Record(record) => record.len(),
            Body::Page {
                records,
                next_page_token,
            } => {
                let records: usize = records
                    .iter()
                    .map(|r| key_len(ITEMS) + encoded_len_varint(r.len() as u64) + r.len())
                    .sum();
                let next = if next_page_token.is_empty() {
                    0
                } else {
                    prost::encoding::string::encoded_len(NEXT, next_page_token)
                };
                records + next
            }
        }
    }

    /// Servers only send this type; whatever is read into it is skipped.
    fn merge_field(
        &mut self,
        tag: u32,
        wire_type: WireType,
        buffer: &mut impl Buf,
        context: DecodeContext,
    ) -> Result<(), DecodeError> {
        skip_field(wire_type, tag, buffer, context)
    }

    fn clear(&mut self) {
        *self = Self::default();
    }
}

fn decimal_len(number: u64) -> usize {
    number.checked_ilog10().unwrap_or(0) as usize + 1
}

fn write_decimal(mut number: u64, buffer: &mut impl BufMut) {
    let mut digits = [0_u8; 20];
    let mut start = digits.len();
    loop {
        start -= 1;
        digits[start] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    buffer.put_slice(&digits[start..]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::v1::{ListPartiesResponse, Party};

    fn stored(name: &str, version: u64) -> Stored {
        let party = Party {
            name: name.into(),
            acronym: "X".into(),
            ..Party::default()
        };
        Stored {
            bytes: party.encode_to_vec().into(),
            version,
        }
    }

    #[test]
    fn a_record_goes_out_with_its_etag() {
        for version in [0, 1, 9, 10, 99, 100, 12_345, u64::MAX] {
            let wire = Wire::<Party>::record(stored("parties/pt", version));
            assert_eq!(wire.encoded_len(), wire.encode_to_vec().len());
            let party = wire.decode().unwrap();
            assert_eq!(party.name, "parties/pt");
            assert_eq!(party.etag, version.to_string());
            assert_eq!(
                stored("parties/pt", version).decode::<Party>().unwrap(),
                party
            );
        }
    }

    #[test]
    fn a_page_goes_out_as_the_list_answer() {
        let wire = Wire::<ListPartiesResponse>::page(
            vec![stored("parties/pt", 7), stored("parties/eg", 8)],
            "next".into(),
        );
        assert_eq!(wire.encoded_len(), wire.encode_to_vec().len());
        let page = wire.decode().unwrap();
        assert_eq!(page.parties.len(), 2);
        assert_eq!(page.parties[1].etag, "8");
        assert_eq!(page.next_page_token, "next");
    }
}
