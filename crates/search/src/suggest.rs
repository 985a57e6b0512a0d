//! Which classes a text belongs to: which goal, which objective of a plan, which theme. A person decides; what is
//! said here is only a suggestion, with its reasons, and nothing where nothing is sure enough.
//!
//! Three things speak for a class, each from 0 to 1:
//!
//! - its **words** ([`classes`]): how much of the text's weight the class has too, in its own texts or, at a discount,
//!   in those of the classes below it (BM25 over stems and concepts, so that languages are bridged), and how it stands
//!   beside the other classes;
//! - its **names**: a title, another name or a hashtag of the class that stands in the text as a whole;
//! - its **neighbours** ([`score`]): how alike the most alike texts are that people put into the class, against those
//!   that they put elsewhere.
//!
//! They are put together as independent witnesses are: `1 - (1 - words) (1 - names) (1 - neighbours)`. Nothing below
//! [`LEAST`] is suggested. The constants were found on judged sets; see the bench's EVALUATION.md.
//!
//! | module | holds |
//! | --- | --- |
//! | [`classes`] | the classes, and what the words of a text say for each |
//! | [`score`] | words, names and neighbours put together, with the reasons |

pub mod classes;
pub mod score;

pub use self::classes::{Class, Classes, Said};
pub use self::score::{Neighbour, Reasons, Suggestion, scored, suggest};

/// What is less sure than this is not suggested.
pub const LEAST: f32 = 0.5;
