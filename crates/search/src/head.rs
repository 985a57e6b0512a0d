//! The head of an answer: the best of the rough order, put in order by their texts.
//!
//! The first page says where the head ends, and its figures say how rare words were then: so later pages find the
//! same head in the same order, whatever is written meanwhile.

use tantivy::Searcher;
use tantivy::schema::Field;

use crate::ask::{Ask, Texts};
use crate::error::{Error, Result};
use crate::index::Fields;
use crate::page::{Order, Place};
use crate::query::Query;
use crate::rank::{self, Question, Tuning};
use crate::statistics::{Figures, Statistics};
use crate::terms::Match;

/// How many of the best are read again.
const HEAD: usize = rank::CANDIDATES;
/// So many may have come into the head since the first page.
const NEWCOMERS: usize = 100;
/// Most bytes of figures in a cursor; a query of more terms is scored anew on each page.
const FIGURES_BYTES: usize = 700;

/// Where a page begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub(crate) place: Place,
    pub(crate) boundary: Option<Place>,
    pub(crate) in_head: bool,
    pub(crate) matching: Match,
    pub(crate) figures: Figures,
}

/// How the head is put in order.
pub(crate) struct Head<'a> {
    fields: rank::Fields<'a>,
    question: Question,
    texts: &'a Texts<'a>,
    after: Option<&'a Cursor>,
}

/// The part of the head that a page may show.
pub(crate) struct Sorted {
    pub(crate) places: Vec<Place>,
    /// Where the head ends in the rough order.
    pub(crate) boundary: Option<Place>,
    /// What comes after it, as far as the rough order had it; none when that is to be searched for.
    pub(crate) tail: Option<Vec<Place>>,
}

impl<'a> Head<'a> {
    /// The head of the page that is asked for, if it has one.
    pub(crate) fn of(
        ask: &Ask<'a>,
        fields: &Fields,
        spoken: &'a [(&'static str, Field)],
    ) -> Option<Self> {
        let texts = ask.texts.filter(|_| ask.order == Order::Relevance)?;
        if ask.after.is_some_and(|after| !after.in_head) {
            return None;
        }
        let languages: Vec<&'static str> = spoken.iter().map(|(language, _)| *language).collect();
        let words = ask.query.words();
        let question = Question::new(&words, "", &languages, Tuning::default());
        let fields = rank::Fields {
            folded: fields.folded,
            title: Some(fields.title),
            stems: spoken,
        };
        // Of one word there is nothing in the texts that the rough order has not seen.
        (!question.is_one_word()).then_some(Self {
            fields,
            question,
            texts,
            after: ask.after,
        })
    }

    /// How many of the rough order are needed for a page of so many.
    pub(crate) fn wanted(&self, size: usize) -> usize {
        if self.after.is_some() {
            HEAD + NEWCOMERS
        } else {
            HEAD.max(size) + 1
        }
    }

    /// Puts the head in order; what comes before the page is left out.
    pub(crate) fn sort(
        &self,
        rough: Vec<Place>,
        searcher: &Searcher,
        statistics: &Statistics<'_>,
    ) -> Result<Sorted> {
        let mut head = rough;
        let (boundary, tail) = match self.after.and_then(|after| after.boundary.clone()) {
            // How the first page had it; whether there is more, the second search finds.
            Some(boundary) => {
                head.retain(|place| *place <= boundary);
                (Some(boundary), None)
            }
            None => {
                let tail = head.split_off(head.len().min(HEAD));
                (head.last().cloned(), Some(tail))
            }
        };
        let scorer = self.question.scorer(searcher, statistics, &self.fields)?;
        let names: Vec<&str> = head.iter().map(|place| place.name.as_str()).collect();
        let mut scores = Vec::with_capacity(names.len());
        (self.texts)(&names, &mut |texts| scores.push(scorer.score(texts)));
        let scored = head.iter().zip(scores);
        let mut places: Vec<Place> = scored
            .map(|(place, score)| Place::scored(score, place.name.clone()))
            .collect();
        if let Some(after) = self.after {
            places.retain(|place| *place > after.place);
        }
        places.sort();
        Ok(Sorted {
            places,
            boundary,
            tail,
        })
    }
}

impl Query {
    /// The words that are asked for, as a question.
    fn words(&self) -> String {
        use crate::query::Node;
        fn add(node: &Node, words: &mut String) {
            match node {
                Node::Word(one) | Node::Beginning(one) | Node::Phrase(one) => {
                    words.push_str(one);
                    words.push(' ');
                }
                Node::Tag(tag, _) => {
                    words.push('#');
                    words.push_str(tag);
                    words.push(' ');
                }
                Node::All(nodes) | Node::Any(nodes) => {
                    nodes.iter().for_each(|node| add(node, words));
                }
                Node::Filter(_) | Node::Not(_) => {}
            }
        }
        let mut words = String::new();
        self.nodes.iter().for_each(|node| add(node, &mut words));
        words
    }
}

/// Flags of a cursor's first byte.
const SOME: u8 = 1;
const IN_HEAD: u8 = 2;

impl Cursor {
    /// As bytes.
    pub fn encode(&self) -> Vec<u8> {
        let some = if self.matching == Match::Some {
            SOME
        } else {
            0
        };
        let in_head = if self.in_head { IN_HEAD } else { 0 };
        let mut bytes = vec![some | in_head];
        let mut figures = Vec::new();
        for (key, figure) in &self.figures {
            figures.extend_from_slice(&key.to_be_bytes());
            number(&mut figures, *figure);
        }
        if figures.len() > FIGURES_BYTES {
            figures.clear();
        }
        number(&mut bytes, figures.len() as u64);
        bytes.extend_from_slice(&figures);
        for place in [Some(&self.place), self.boundary.as_ref()]
            .into_iter()
            .flatten()
        {
            bytes.extend_from_slice(&place.rank.to_be_bytes());
            number(&mut bytes, place.name.len() as u64);
            bytes.extend_from_slice(place.name.as_bytes());
        }
        bytes
    }

    /// From bytes that [`Cursor::encode`] made.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        fn part<'b>(rest: &mut &'b [u8]) -> Option<&'b [u8]> {
            let length = usize::try_from(take_number(rest)?).ok()?;
            let (part, after) = rest.split_at_checked(length)?;
            *rest = after;
            Some(part)
        }
        fn place(rest: &mut &[u8]) -> Option<Place> {
            let (rank, after) = rest.split_first_chunk::<8>()?;
            *rest = after;
            let name = str::from_utf8(part(rest)?).ok()?.to_owned();
            let rank = u64::from_be_bytes(*rank);
            Some(Place { rank, name })
        }
        let read = || {
            let (flags, mut rest) = bytes.split_first()?;
            let mut coded = part(&mut rest)?;
            let mut figures = Figures::new();
            while !coded.is_empty() {
                let (key, after) = coded.split_first_chunk::<4>()?;
                coded = after;
                figures.insert(u32::from_be_bytes(*key), take_number(&mut coded)?);
            }
            let own = place(&mut rest)?;
            let boundary = if rest.is_empty() {
                None
            } else {
                Some(place(&mut rest)?)
            };
            rest.is_empty().then_some(Self {
                place: own,
                boundary,
                in_head: flags & IN_HEAD != 0,
                matching: if flags & SOME != 0 {
                    Match::Some
                } else {
                    Match::Every
                },
                figures,
            })
        };
        read().ok_or_else(|| Error::Query("is not continued by this page token".to_owned()))
    }
}

/// A number in as few bytes as it needs (LEB128).
fn number(bytes: &mut Vec<u8>, mut value: u64) {
    loop {
        let low = (value & 0x7F) as u8;
        value >>= 7;
        if value == 0 {
            bytes.push(low);
            return;
        }
        bytes.push(low | 0x80);
    }
}

fn take_number(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7F).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}
