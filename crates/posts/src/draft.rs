//! A text of posts in, proposals out.

use std::collections::BTreeSet;

use jiff::civil;
use serde::Serialize;

use crate::parties::Parties;
use crate::proposal::{Body, Evidence, NewParty, Proposal};
use crate::rules::{self, Page, event, figures, instruments, links, roles, takeaways, themes};
use crate::segment::Parts;
use crate::view::View;
use crate::vocabulary::Vocabulary;
use crate::words::furniture;
use crate::{split, words};

/// Longest text that is read, in bytes.
pub const LONGEST: usize = 4 << 20;
/// Most posts of one text.
const POSTS: usize = 5_000;
/// Most tagged names that are kept of a post.
const MENTIONS: usize = 200;

/// What the caller knows about the posts.
pub struct Options<'a> {
    /// The day of posting: without it "last year" and "16 October" have no year.
    pub posted: Option<civil::Date>,
    /// Id of the dialogue whose posts they are, as `rabat`: events that name no dialogue are its.
    pub dialogue: Option<&'a str>,
    /// Codes of themes and names of dialogues.
    pub vocabulary: &'a Vocabulary,
    /// Who knows parties by their names.
    pub parties: &'a dyn Parties,
}

/// What a text proposes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Draft {
    /// Its posts, in their order; one that is there twice is read once.
    pub posts: Vec<Post>,
}

/// One post.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Post {
    /// Made of its words: the ids of its proposals begin so.
    pub id: String,
    /// Its first byte in the whole text, and the byte after its last.
    pub bytes: [usize; 2],
    /// Its words, verbatim.
    pub text: String,
    /// BCP 47 tag of its language; empty when unsure.
    pub language: String,
    /// Its hashtags, verbatim, without `#`.
    pub hashtags: Vec<String>,
    /// Those whom it tags at its end. A mention is not attendance.
    pub mentions: Vec<String>,
    /// Ids of the dialogues that it names.
    pub dialogues: Vec<String>,
    /// What it proposes.
    pub proposals: Vec<Proposal>,
}

/// Why a text is not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DraftError {
    /// It is longer than [`LONGEST`].
    #[error("the text has {0} bytes; at most {LONGEST} are read: split it")]
    TooLong(usize),
    /// It has more posts than are read.
    #[error("the text has {0} posts; at most {POSTS} are read: split it")]
    TooMany(usize),
}

/// Proposes what the posts of a text say. The same text and options give the same proposals.
///
/// # Errors
///
/// When the text is too long or has too many posts.
pub fn draft(text: &str, options: &Options<'_>) -> Result<Draft, DraftError> {
    if text.len() > LONGEST {
        return Err(DraftError::TooLong(text.len()));
    }
    let places = split::posts(text);
    if places.len() > POSTS {
        return Err(DraftError::TooMany(places.len()));
    }
    let mut seen = BTreeSet::new();
    let mut posts = Vec::new();
    // Characters are counted along, not from the beginning for each post.
    let (mut counted, mut characters) = (0, 0);
    for place in places {
        characters += text[counted..place.start].chars().count();
        counted = place.start;
        let words = &text[place.clone()];
        let id = blake3::hash(words.as_bytes()).to_hex()[..8].to_owned();
        if seen.insert(id.clone()) {
            posts.push(read(words, [place.start, characters], id, options));
        }
    }
    Ok(Draft { posts })
}

fn read(words: &str, at: [usize; 2], id: String, options: &Options<'_>) -> Post {
    let mut view = View::new(words);
    view.blank(furniture::is);
    let page = Page {
        parts: Parts::of(&view.text),
        marks: rules::marks(words),
        view,
        at,
        original: words,
        posted: options.posted,
        vocabulary: options.vocabulary,
        parties: options.parties,
    };
    let (hashtags, themes) = themes::find(&page);
    Post {
        proposals: proposals(&page, &id, options, themes),
        bytes: [at[0], at[0] + words.len()],
        text: words.to_owned(),
        language: language(words),
        hashtags,
        mentions: mentions(&page),
        dialogues: options.vocabulary.dialogues(page.body()),
        id,
    }
}

fn proposals(
    page: &Page<'_>,
    id: &str,
    options: &Options<'_>,
    themes: Vec<themes::Found>,
) -> Vec<Proposal> {
    let roles = roles::find(page);
    let mut told = event::find(page, &roles);
    let parties = event::facts(page, &mut told, roles, options.dialogue);
    let ids = event::give_names(&mut told, id);
    let of = |at: &std::ops::Range<usize>, far: bool| {
        event::owner(page, &told, at, far)
            .and_then(|event| ids.get(event).cloned())
            .unwrap_or_default()
    };
    let mut all = Vec::new();
    for party in parties {
        let evidence = told
            .iter()
            .flat_map(|event| &event.event.roles)
            .find(|role| role.party == party.id)
            .map(|role| role.evidence.clone());
        if let Some(evidence) = evidence {
            let kind = if party.country.is_empty() {
                "organisation"
            } else {
                "state"
            };
            let new = NewParty {
                id: party.id,
                kind: kind.to_owned(),
                title: party.title,
                country: party.country,
            };
            all.push((evidence, Body::Party(new)));
        }
    }
    all.extend(
        told.iter()
            .map(|event| (event.evidence.clone(), Body::Event(event.event.clone()))),
    );
    // The same figure of the same event, said again, is one figure.
    let mut said = BTreeSet::new();
    for mut found in figures::find(page) {
        found.claim.event = of(&found.at, true);
        if said.insert((
            found.claim.event.clone(),
            found.claim.measure.clone(),
            found.claim.value,
            found.claim.total,
        )) {
            all.push((found.evidence, Body::Claim(found.claim)));
        }
    }
    for mut found in takeaways::find(page) {
        found.takeaway.event = of(&found.at, true);
        all.push((found.evidence, Body::Takeaway(found.takeaway)));
    }
    let instruments = instruments::find(page).into_iter();
    all.extend(instruments.map(|found| (found.evidence, Body::Instrument(found.instrument))));
    // In a post of several sections the tags and links at its end are of none of them.
    let plain = page.parts.segments.iter().all(|segment| !segment.heading);
    let whole: Vec<usize> = (0..told.len())
        .filter(|at| !told[*at].collective && !told[*at].child)
        .collect();
    let about = |at: &std::ops::Range<usize>| match whole.as_slice() {
        [only] => ids.get(*only).cloned().unwrap_or_default(),
        _ => of(at, plain),
    };
    for mut found in themes {
        found.theme.event = about(&found.at);
        all.push((found.evidence, Body::Theme(found.theme)));
    }
    for mut found in links::find(page) {
        found.link.event = about(&found.at);
        all.push((found.evidence, Body::Link(found.link)));
    }
    numbered(id, all)
}

fn numbered(id: &str, all: Vec<(Evidence, Body)>) -> Vec<Proposal> {
    let (mut last, mut number) = ("", 0);
    let proposal = |(evidence, record): (Evidence, Body)| {
        let word = record.word();
        number = if word == last { number + 1 } else { 1 };
        last = word;
        // A party is proposed until it is recorded: its id says which, so that those after it keep theirs.
        let which = match &record {
            Body::Party(party) => party.id.clone(),
            _ => number.to_string(),
        };
        Proposal {
            id: format!("{id}.{word}.{which}"),
            evidence,
            record,
        }
    };
    all.into_iter().map(proposal).collect()
}

/// Those whom a post tags at its end, where commas tell them apart.
fn mentions(page: &Page<'_>) -> Vec<String> {
    let Some(tail) = &page.parts.tail else {
        return Vec::new();
    };
    let tail = page.view.words(tail);
    let clean = |name: &str| {
        name.trim_matches(|c: char| c.is_whitespace() || words::is_decoration(c))
            .to_owned()
    };
    tail.split([',', '\n'])
        .map(clean)
        .filter(|name| !name.is_empty() && name.len() <= 200)
        .take(MENTIONS)
        .collect()
}

/// The languages that dialogues write in.
fn language(text: &str) -> String {
    use whatlang::Lang;
    const KNOWN: [(Lang, &str); 8] = [
        (Lang::Eng, "en"),
        (Lang::Fra, "fr"),
        (Lang::Por, "pt"),
        (Lang::Spa, "es"),
        (Lang::Ara, "ar"),
        (Lang::Deu, "de"),
        (Lang::Ita, "it"),
        (Lang::Nld, "nl"),
    ];
    let detector =
        whatlang::Detector::with_allowlist(KNOWN.iter().map(|(lang, _)| *lang).collect());
    let sample: String = text.chars().take(2_000).collect();
    let found = detector
        .detect(&sample)
        .filter(|info| info.is_reliable() || sample.len() > 200);
    let tag = found.and_then(|info| KNOWN.iter().find(|(lang, _)| *lang == info.lang()));
    tag.map_or(String::new(), |(_, tag)| (*tag).to_owned())
}
