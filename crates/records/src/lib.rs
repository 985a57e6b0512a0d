//! Resource messages kept as records: what the services share between their rules and the store.
//!
//! What it keeps: each resource as its encoded message under its name, its index rows beside it, and
//! for each commit who did it, by which call and why. What it promises: a write is one batch; a repeated
//! request is done once; any record and any list can be read as it stood. What it deliberately does not
//! do: it knows no noun of the trade and no transport (errors become statuses in `server`).
//!
//! Reading order: [`noun`] (what a noun must say of itself), [`layout`] (keys), [`records`] (reads),
//! [`list`], [`change`] (writes), [`meta`] (what the log says of them), [`feed`] (the change log as changes),
//! [`audit`] (the same as an audit trail), [`mirror`] (following another service), [`whole`] (all of a store proved),
//! [`verify`] (indexes against records), [`repair`] (indexes made anew), [`words`] (rules of the messages that all nouns share).

pub mod audit;
pub mod change;
pub mod edit;
pub mod embargo;
pub mod error;
pub mod feed;
pub mod layout;
pub mod list;
pub mod mask;
pub mod meta;
pub mod mirror;
pub mod name;
pub mod noun;
pub mod records;
pub mod repair;
pub mod sight;
pub mod verify;
pub mod whole;
pub mod words;

pub use change::Change;
pub use edit::{Begun, Draft};
pub use error::{Error, Result, Violation};
pub use feed::{Feed, FeedToken};
pub use list::{Listing, Page, PageRequest, Range};
pub use meta::{Call, Refused};
pub use mirror::{Introduction, Mirror};
pub use name::{Pattern, check_id};
pub use noun::{AnyNoun, Noun};
pub use rapporteur_proto::{Record, Stored, Wire};
pub use records::{Records, time};
pub use sight::Sight;
pub use whole::{Anchor, Damage, Whole};
pub use words::{Field, Violations};
