//! How alike two texts are, and which of many are like one: "has this been said before?".
//!
//! Texts are compared by their words without endings, rare ones weighing more; words that are nearly written
//! alike, other words for the same thing (across languages too) and the order of words count in part. A score
//! is between 0 and 1, the same in both directions, and comes with its reasons.
//!
//! | module | holds |
//! | --- | --- |
//! | [`likeness`] | two texts |
//! | [`texts`] | many: added, replaced and removed one by one, and what is like a text |
//! | [`clusters`] | groups of near-duplicates among them |

pub mod clusters;
pub mod likeness;
mod pair;
pub mod texts;
pub(crate) mod vocabulary;

pub use self::clusters::Cluster;
pub use self::likeness::{Alike, Likeness, Shared};
pub use self::texts::{Match, Texts};

/// From here on two texts say the same with hardly a word changed: `duplicate_of`.
pub const DUPLICATE: f32 = 0.9;

/// From here on a text repeats another in substance: `repeats`.
pub const REPEATS: f32 = 0.65;

#[cfg(test)]
mod tests;
