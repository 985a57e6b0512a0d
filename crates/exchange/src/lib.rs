//! What others send, read and turned into drafts of records; successive calendars compared.
//!
//! What it keeps: nothing. Bytes go in; rows, drafts, differences and the reasons why a row is refused come out. What
//! it promises: the same bytes give the same answer, bounded in memory and time whatever they are (see
//! [`read::Limits`]); no row is left out without a word; the words of the source are kept. What it deliberately does
//! not do: it changes no record, knows no party (the caller says who is meant by a name) and fetches nothing.
//!
//! | module | holds |
//! | --- | --- |
//! | [`read`] | formats: bytes to rows |
//! | [`map`] | mappings: rows to drafts of records |
//! | [`row`] | rows, places, refusals, facts about a file |
//! | [`snapshot`] | one calendar at two times |
//! | [`write`] | the record in the formats of others |

#![warn(missing_docs)]

pub mod map;
pub mod read;
pub mod row;
pub mod snapshot;
pub mod write;
