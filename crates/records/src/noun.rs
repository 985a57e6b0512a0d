//! What a noun must say of itself to be kept as a record.

use std::fmt;

use bytes::Bytes;
use prost::DecodeError;
use rapporteur_proto::Record;

use crate::sight::is_internal;
use crate::{Change, Pattern, Result, Violations, embargo};

/// A noun of the trade: how its records are named, indexed and checked. One static a noun, in its own file.
pub struct Noun<T> {
    /// The byte of this noun in every key. Once given it is never changed or reused.
    pub kind: u8,
    /// Shape of its names.
    pub pattern: Pattern,
    /// Its field in Create and Update requests, for error messages.
    pub field: &'static str,
    /// Fields that only the service sets, besides name, etag, uid and times.
    pub output_only: &'static [&'static str],
    /// The noun of the parent, where a record is internal when its parent is.
    pub under: Option<&'static dyn AnyNoun>,
    /// The index rows that lead to a record, made with [`crate::layout::index`]. A function of the message
    /// alone, so that indexes can be rebuilt, and computed for any past value.
    pub index: fn(&T) -> Vec<Bytes>,
    /// The rows by which a record keeps others from what only one may have (a number, the chair), made with
    /// [`crate::layout::guard`]; their value is its name. A function of the message alone, like the index rows.
    pub guards: fn(&T) -> Vec<Bytes>,
    /// Fills in what follows from other fields.
    pub complete: fn(&mut T),
    /// Notes every wrong field of the record itself; their paths begin with [`Noun::field`].
    pub check: fn(&T, &mut Violations),
}

impl<T: Record> Noun<T> {
    /// Whether none of its records is ever internal.
    pub fn is_never_internal(&self) -> bool {
        T::VISIBILITY == 0 && self.under.is_none()
    }

    /// All index rows that lead to a record: the noun's own, and that of an embargo.
    pub(crate) fn index_rows(&self, message: &T) -> Vec<Bytes> {
        let mut rows = (self.index)(message);
        rows.extend(embargo::row(self.kind, message));
        rows
    }
}

impl<T> fmt::Debug for Noun<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Noun({})", self.pattern.0)
    }
}

/// A noun without its type: what the feed and the checks need to know of it.
pub trait AnyNoun: fmt::Debug + Send + Sync {
    /// [`Noun::kind`].
    fn kind(&self) -> u8;
    /// [`Noun::pattern`].
    fn pattern(&self) -> Pattern;
    /// Full name of the message: `rapporteur.events.v1.Event`.
    fn full_name(&self) -> String;
    /// The index rows and the guard rows of an encoded message.
    fn rows(&self, bytes: &[u8]) -> std::result::Result<Vec<Bytes>, DecodeError>;
    /// Whether an encoded message is for those who work on it only, by itself.
    fn is_internal(&self, bytes: &[u8]) -> bool;
    /// [`Noun::under`].
    fn under(&self) -> Option<&'static dyn AnyNoun>;
    /// The parties to which an encoded message belongs.
    fn parties(&self, bytes: &[u8]) -> std::result::Result<Vec<String>, DecodeError>;
    /// Whether its records may be under embargo.
    fn knows_embargoes(&self) -> bool;
    /// The index row of an encoded message's embargo, if it is under one.
    fn embargo_row(&self, bytes: &[u8]) -> std::result::Result<Option<Bytes>, DecodeError>;
    /// Adds to a change that an encoded message, at this version, becomes public.
    fn end_embargo(&self, change: &mut Change<'_>, bytes: &[u8], version: u64) -> Result<()>;
}

impl<T: Record> AnyNoun for Noun<T> {
    fn kind(&self) -> u8 {
        self.kind
    }

    fn pattern(&self) -> Pattern {
        self.pattern
    }

    fn full_name(&self) -> String {
        T::full_name()
    }

    fn rows(&self, bytes: &[u8]) -> std::result::Result<Vec<Bytes>, DecodeError> {
        let message = T::decode(bytes)?;
        Ok([self.index_rows(&message), (self.guards)(&message)].concat())
    }

    fn is_internal(&self, bytes: &[u8]) -> bool {
        is_internal::<T>(bytes)
    }

    fn under(&self) -> Option<&'static dyn AnyNoun> {
        self.under
    }

    fn parties(&self, bytes: &[u8]) -> std::result::Result<Vec<String>, DecodeError> {
        let owned = |message: T| message.parties().into_iter().map(str::to_owned).collect();
        T::decode(bytes).map(owned)
    }

    fn knows_embargoes(&self) -> bool {
        T::VISIBILITY != 0
    }

    fn embargo_row(&self, bytes: &[u8]) -> std::result::Result<Option<Bytes>, DecodeError> {
        T::decode(bytes).map(|message| embargo::row(self.kind, &message))
    }

    fn end_embargo(&self, change: &mut Change<'_>, bytes: &[u8], version: u64) -> Result<()> {
        let old: T = crate::records::decode(bytes)?;
        let mut new = old.clone();
        new.end_embargo();
        change.update(self, &old, version, &mut new)
    }
}
