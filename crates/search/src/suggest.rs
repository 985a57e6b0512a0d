//! Which classes a text belongs to: which goal, which objective of a plan, which theme. A person decides; what is
//! said here is only a suggestion, with its reasons, and nothing where nothing is sure enough.
//!
//! Three things speak for a class:
//!
//! - its **words** ([`classes`]): how much of the text's weight the class has too, from 0 to 1, in its own texts or, at a
//!   discount, in those of the classes below it (BM25 over stems and concepts, so that languages are bridged);
//! - its **names**: a title, another name or a hashtag of the class that stands in the text as a whole: 0.5;
//! - its **neighbours** ([`score`]): the share of the 14 most alike texts, by the square of their likeness, that people
//!   put into the class, times the root of the likeness of the nearest of them; at most 0.45.
//!
//! Their sum is the evidence `e`, and the score `e^2.5 / (e^2.5 + 0.2^2.5 + 0.6 m^2.5)`: it stands against no evidence
//! (0.2), and against the mean `m` of the four best of its scheme, so that what fits everything is sure of nothing.
//! Nothing below [`LEAST`] is suggested. The constants lie on a plateau that was found on judged sets; see the bench's
//! EVALUATION.md.
//!
//! | module | holds |
//! | --- | --- |
//! | [`classes`] | the classes, and what the words of a text say for each |
//! | [`score`] | words, names and neighbours put together, with the reasons |

pub mod classes;
pub mod score;

pub use self::classes::{Class, Classes, Said};
pub use self::score::{Neighbour, Reasons, Suggestion, leave_out_outdone, scored, suggest};

/// What is less sure than this is not suggested.
pub const LEAST: f32 = 0.5;

#[cfg(test)]
mod tests;
