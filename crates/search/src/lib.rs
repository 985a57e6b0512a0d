//! Texts found again: analysis by language, the index, ranking, and how alike two texts are.
//!
//! What it keeps: an index in a folder that can be deleted and made again. What it promises: the same
//! documents and the same question give the same answer, in the same order. What it deliberately does not
//! do: it knows no noun of the record and no rights (`views` makes documents of records and says who sees
//! which), serves no RPC and downloads nothing.

#![warn(missing_docs)]

pub mod analysis;
pub mod evaluate;
pub mod rank;
pub mod similar;
