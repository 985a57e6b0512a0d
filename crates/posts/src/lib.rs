//! From post to record, and back.
//!
//! [`draft`] reads the text of posts (those of social networks, press lines, newsletters) and proposes what they
//! say: events, figures, numbered takeaways, conclusions, themes, links. It is deterministic and knows no network and
//! no service: the same text gives the same proposals with the same ids. Each proposal names the rule that found
//! it, says how far the rule can be trusted, and gives the exact words with their place in the text. It proposes and
//! never decides: nothing enters the record that a person has not accepted.
//!
//! [`compose`](fn@compose) goes the other way: from what the record says of an event to an announcement, a report or a
//! list of takeaways, in English or French. What the record does not say is left out.
//!
//! | module | holds |
//! | --- | --- |
//! | `split` | a file into its posts; the furniture of the page around them is left out |
//! | `view` | a text as the rules read it, with the way back to the original |
//! | `segment` | a post into sentences, bullets and sections |
//! | `rules` | one file a kind of fact |
//! | `words` | what the rules know of words, as tables |
//! | [`parties`] | names to parties, as the caller knows them |
//! | `compose` | the record as a post |

#![warn(missing_docs)]

mod compose;
mod draft;
pub mod parties;
mod proposal;
mod rules;
mod segment;
mod split;
mod view;
mod vocabulary;
mod words;

pub use compose::{Figure, Form, Item, Language, Meeting, Quoted, Style, compose};
pub use draft::{Draft, DraftError, LONGEST, Options, Post, draft};
pub use proposal::{
    AgendaItem, Basis, Body, Claim, Date, Event, Evidence, Instrument, Link, NewParty, Place,
    Proposal, Qualifier, Quote, Role, State, Takeaway, Theme,
};
pub use vocabulary::Vocabulary;
