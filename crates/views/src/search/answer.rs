//! What was found, shown: titles, marked words and counts.

use std::cmp::Reverse;

use prost::Message as _;
use rapporteur_proto::gateway::v1::{
    Facet, FacetValue, Highlight, HighlightPiece, SearchField, SearchHit, SearchResponse,
    SpellingGuess,
};
use rapporteur_proto::r#type::v1::LocalizedText;
use rapporteur_records::Sight;
use rapporteur_search::analysis::reading::Readings;
use rapporteur_search::facet::Counts;
use rapporteur_search::index::{PART, record_of};
use rapporteur_search::page::Place;
use rapporteur_search::rank::Text;
use rapporteur_search::{Answer, Marks, Match, Order, Piece};

use super::field::{KIND, PARTY, STATE, THEME};
use super::lens::lens;
use super::question::SearchQuestion;
use super::remembered::Remembered;
use super::thing::{Findable, Thing};
use crate::model::Model;

/// A page ends early with this many bytes, so that it stays below what any client takes.
const PAGE_BYTES: usize = 2 << 20;
/// Most texts of one hit in which words are marked.
const MOST_HIGHLIGHTS: usize = 3;

/// An answer, and the key of the page after it.
#[derive(Clone, Debug)]
pub struct Found {
    /// The answer, but for its page token and positions.
    pub response: SearchResponse,
    /// What the next page begins after.
    pub next: Option<Vec<u8>>,
}

/// Shows what was found, as far as the model of now still shows it to this reader.
pub(crate) fn shown(
    (model, readings): (&Model, &Readings),
    question: &SearchQuestion,
    answer: Answer,
) -> Found {
    let (mut hits, mut bytes, mut last) = (Vec::new(), 0, None);
    for (number, place) in answer.places.iter().enumerate() {
        if bytes >= PAGE_BYTES {
            break;
        }
        last = Some(number);
        if let Some(hit) = hit((model, readings), question, &answer.marks, place) {
            bytes += hit.encoded_len();
            hits.push(hit);
        }
    }
    let has_more = answer.has_more || last.is_some_and(|last| last + 1 < answer.places.len());
    let next = last
        .filter(|_| has_more)
        .and_then(|last| answer.after(last));
    let next = next.as_ref().map(rapporteur_search::Cursor::encode);
    let facets = question.facets.iter().zip(&answer.facets);
    let response = SearchResponse {
        hits,
        total: i64::try_from(answer.total).unwrap_or(i64::MAX),
        facets: facets
            .map(|(field, counts)| facet(model, *field, counts, question.facet_size))
            .collect(),
        guesses: answer
            .guesses
            .into_iter()
            .map(|guess| SpellingGuess {
                written: guess.written,
                read_as: guess.read_as,
            })
            .collect(),
        any_word: answer.matching == Match::Some,
        ..SearchResponse::default()
    };
    Found { response, next }
}

/// Shows the texts of documents, one after the other, as a reader sees them; nothing of what is hidden from them.
pub(crate) fn texts(
    (model, remembered): (&Model, &Remembered),
    sight: &Sight,
    names: &[&str],
    show: &mut dyn FnMut(&[Text]),
) {
    for name in names {
        let is_inside = sight.sees_inside(record_of(name));
        remembered.texts(model, name, is_inside, &mut *show);
    }
}

/// A record and its documents as a reader sees them; nothing of one that is hidden from them.
fn seen_things<'m>(model: &'m Model, record: &'m str, sight: &Sight) -> Vec<Thing<'m>> {
    let one = Findable::of(model, record);
    let seen = one.and_then(|one| {
        let lens = lens(model, record, one.is_internal(), sight)?;
        Some(one.things(lens, record))
    });
    seen.unwrap_or_default()
}

/// A record as a reader sees it; none that is hidden from them.
pub(super) fn seen_thing<'m>(model: &'m Model, name: &'m str, sight: &Sight) -> Option<Thing<'m>> {
    seen_things(model, name, sight).into_iter().next()
}

fn hit(
    (model, readings): (&Model, &Readings),
    question: &SearchQuestion,
    marks: &Marks,
    place: &Place,
) -> Option<SearchHit> {
    let record = record_of(&place.name);
    // The index may be behind: what has become hidden since is not shown.
    let mut seen = seen_things(model, record, question.sight()).into_iter();
    let thing = seen.find(|thing| thing.name == place.name)?;
    let one = |field: &str| thing.values(field).next().unwrap_or_default().to_owned();
    let all = |field: &str| thing.values(field).map(str::to_owned).collect();
    let document = place.name.split_once(PART).map(|(_, id)| id);
    Some(SearchHit {
        name: record.to_owned(),
        document: document.unwrap_or_default().to_owned(),
        kind: one(KIND),
        date: thing
            .date
            .map(|date| date.value.clone())
            .unwrap_or_default(),
        state: one(STATE),
        themes: all(THEME),
        parties: all(PARTY),
        highlights: highlights(&thing, readings, marks, &question.language),
        score: if question.order == Order::Relevance {
            place.score()
        } else {
            0.0
        },
        title: thing.title.map(std::borrow::Cow::into_owned),
    })
}

/// The texts with marked words: the title first, in the language of the reader first.
fn highlights(
    thing: &Thing<'_>,
    readings: &Readings,
    marks: &Marks,
    language: &str,
) -> Vec<Highlight> {
    let mut shown = Vec::new();
    if marks.is_empty() {
        return shown;
    }
    for text in thing
        .title
        .as_deref()
        .into_iter()
        .chain(thing.texts.iter().copied())
    {
        for (tag, words) in in_order(text, language) {
            if shown.len() == MOST_HIGHLIGHTS {
                return shown;
            }
            let Some(pieces) = marks.snippet(words, &readings.of(words, tag)) else {
                continue;
            };
            let piece = |piece: Piece| HighlightPiece {
                text: piece.text,
                found: piece.is_found,
            };
            shown.push(Highlight {
                language: tag.to_owned(),
                pieces: pieces.into_iter().map(piece).collect(),
            });
        }
    }
    shown
}

fn in_order<'t>(text: &'t LocalizedText, language: &str) -> Vec<(&'t str, &'t str)> {
    let mut all: Vec<(&str, &str)> = text
        .by_language
        .iter()
        .map(|(tag, words)| (tag.as_str(), words.as_str()))
        .collect();
    all.sort_by_key(|(tag, _)| (*tag != language, *tag != text.authentic, *tag));
    all
}

fn facet(model: &Model, field: SearchField, counts: &Counts, size: usize) -> Facet {
    let mut values: Vec<(&str, u64)> = counts
        .iter()
        .map(|(value, count)| (&**value, *count))
        .collect();
    // The values come in their own order, and keep it where counts are equal.
    values.sort_by_key(|(_, count)| Reverse(*count));
    let value = |(value, count): (&str, u64)| FacetValue {
        title: title(model, field, value).cloned(),
        value: value.to_owned(),
        count: i64::try_from(count).unwrap_or(i64::MAX),
    };
    Facet {
        field: field.into(),
        distinct: i32::try_from(values.len()).unwrap_or(i32::MAX),
        values: values.into_iter().take(size).map(value).collect(),
    }
}

/// What a value is called; parties, dialogues and plans are before everybody.
pub(super) fn title<'m>(
    model: &'m Model,
    field: SearchField,
    value: &str,
) -> Option<&'m LocalizedText> {
    match field {
        SearchField::Dialogue => model.dialogues.get(value)?.title.as_ref(),
        SearchField::Party => model.parties.get(value)?.title.as_ref(),
        SearchField::PlanNode => model.nodes.get(value)?.text.as_ref(),
        _ => None,
    }
}
