//! Read models: what no single service can answer, because it joins what several of them keep.
//!
//! What it keeps: nothing that cannot be lost. Two mirrors follow the change feeds of the services into
//! the gateway's store (rows and cursor in one batch), and a [`Model`] in memory follows the mirrors.
//! What it promises: every answer is a pure function of the model, so it can be tested without a server
//! and asked of a past state; a covered count never exceeds its total; a joint event counts once in a
//! union and once for each dialogue. What it deliberately does not do: it serves no RPC (the gateway
//! does), decides no rights and writes to no service.
//!
//! | module | holds |
//! | --- | --- |
//! | [`model`] | the records by name, and who refers to whom |
//! | `shelf` | a model for each sight: what a reader may not see is not in it |
//! | [`copies`] | the records as their services answer them, byte for byte |
//! | [`follow`] | the mirrors that feed the models, how far they are, waiting for a position |
//! | [`period`] | days from, to, and whether an event falls on them |
//! | [`scope`] | which events a question is about |
//! | [`outline`] | the nodes of a plan: their order, what lies below what, what counts as one |
//! | [`links`] | which links cover a node, and whether they count as planned or addressed |
//! | [`mod@coverage`] | n of m at each level, with the proof |
//! | [`day`] | the day against which is counted, and what may be shown on it |
//! | `subject` | what is followed up: an addressee or a commitment |
//! | `post`, `standpoint`, [`mod@due`] | who answers for it, what is said of it, when it is due |
//! | [`item`] | all that is derived of it |
//! | [`selection`], [`page`] | which items a question is about, and which page of them |
//! | [`open`], [`mod@count`], [`gap`] | open items, how many there are, what the record lacks |
//! | `translation` | languages that a text lacks, or has from a machine or of an older text |
//! | [`inbox`], [`mod@handover`], [`mod@figures`] | what waits for a post, what a chair hands on, what a meeting was told |
//! | [`calendar`] | events and dues as calendars read them |
//! | [`search`] | records found by their words |
//! | [`resolve`] | names told with the parties of the record |
//! | [`stated`] | what sources claim beside what is counted |
//! | [`mod@trace`] | the life of a record, hop by hop |

#![warn(missing_docs)]

pub mod calendar;
pub mod copies;
pub mod count;
pub mod coverage;
pub mod day;
pub mod due;
pub mod figures;
pub mod follow;
pub mod gap;
pub mod handover;
pub mod inbox;
pub mod item;
pub mod links;
pub mod model;
pub mod open;
pub mod outline;
pub mod page;
pub mod period;
pub mod resolve;
pub mod scope;
pub mod search;
pub mod selection;
pub mod stated;
pub mod trace;

mod changed;
mod post;
mod refers;
mod shelf;
mod standpoint;
mod subject;
mod translation;

#[cfg(test)]
mod answers;
#[cfg(test)]
mod sample;

pub use calendar::Calendar;
pub use count::{ItemCount, count_items};
pub use coverage::coverage;
pub use due::{Dues, dues};
pub use figures::{FiguresQuestion, figures};
pub use follow::Views;
pub use gap::{Gaps, gaps};
pub use handover::{HandoverQuestion, handover};
pub use inbox::{InboxQuestion, inbox};
pub use model::Model;
pub use open::{OpenItems, open_items};
pub use page::{Asked, Page};
pub use resolve::Names;
pub use scope::Question;
pub use search::Search;
pub use trace::trace;
