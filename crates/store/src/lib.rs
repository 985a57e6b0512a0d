//! Ordered key-value storage with one contract for every engine.
//!
//! What it keeps: rows (key -> value, version) and one change log. What it promises is written on
//! [`Store`] and tested by [`conformance`] on every engine. What it deliberately does not do: it
//! knows no message, no noun and no RPC; it never merges, never retries on its own, never deletes
//! history.
//!
//! Reading order: [`contract`] (the words), [`key`] (how keys are spelt), [`chain`] (how the log is
//! hashed), [`limits`] (what is refused), [`meter`] (what is counted), [`engine`] (which engine, and where), [`sled`] (the embedded one),
//! `postgres` (the one for several machines; a feature),
//! [`archive`] (a store as a file), [`mod@copy`] (stores to and from files and engines), [`switch`] (a store that
//! can be moved while it is used), [`conformance`] (the proof).

#![warn(missing_docs)]

pub mod archive;
pub mod chain;
pub mod conformance;
pub mod contract;
pub mod copy;
pub mod engine;
pub mod key;
pub mod limits;
pub mod meter;
#[cfg(feature = "postgres")]
pub mod postgres;
pub mod sled;
pub mod switch;

pub use contract::{
    Batch, Check, Commit, Direction, Error, Health, Info, Limits, LogEntry, Result, Revision, Row,
    Store, Token, Verified, Write,
};
pub use meter::Meter;
