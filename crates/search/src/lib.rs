//! Texts found again: analysis by language, the index, ranking, and how alike two texts are.
//!
//! What it keeps: an index in a folder that can be deleted and made again. What it promises: the same
//! documents and the same question give the same answer, in the same order; every count is exact. What it
//! deliberately does not do: it knows no noun of the record (but that parties have names) and no rights (`views` makes documents of records and
//! says who sees which), serves no RPC and downloads nothing.
//!
//! | module | holds |
//! | --- | --- |
//! | [`analysis`] | how words become terms, by language |
//! | [`document`] | what is indexed of one thing |
//! | [`index`], [`generations`] | the index in a folder, and the one that takes its place |
//! | [`rank`] | which texts answer best |
//! | [`similar`] | how alike texts are |
//! | [`suggest`] | which classes a text belongs to |
//! | [`resolve`] | names of states and organisations, as written, told |
//! | [`evaluate`] | how good all but the last are, on judged sets |
//! | [`query`] | what people write, read |
//! | `terms` | the same as the index understands it |
//! | [`filter`] | conditions on fields |
//! | [`ask`] | one question and its answer |
//! | [`facet`], [`page`], [`highlight`] | counts, order, marked words |
//! | `head` | the best of an answer, put in order by their texts |
//! | `ready` | what is made of an index once, so that no question has to |
//! | `statistics` | the figures behind the scores, kept from page to page |

#![warn(missing_docs)]

pub mod analysis;
pub mod ask;
pub mod document;
pub mod error;
pub mod evaluate;
pub mod facet;
pub mod filter;
pub mod generations;
pub mod highlight;
pub mod index;
pub mod page;
pub mod query;
pub mod rank;
pub mod resolve;
pub mod similar;
pub mod suggest;

mod head;
mod near;
mod ready;
mod statistics;
mod terms;

pub use ask::{Answer, Ask};
pub use document::{Document, Text};
pub use error::{Error, Result};
pub use filter::Filter;
pub use generations::{Generation, Generations, Opened};
pub use head::Cursor;
pub use highlight::{Marks, Piece};
pub use index::{Index, Writer};
pub use page::Order;
pub use query::{Node, Query, Vocabulary};
pub use terms::{Guess, Match};
