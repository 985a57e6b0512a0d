//! Names in a row: "Portugal, Senegal and the International Organization for Migration (IOM)".

use std::ops::Range;

use super::Page;
use crate::parties::Party;
use crate::words::organisations::NOUNS;
use crate::words::patterns;

/// A name in a row, and the party that it is known as.
#[derive(Clone, Debug)]
pub(crate) struct Named {
    pub(crate) at: Range<usize>,
    pub(crate) party: Option<Party>,
}

/// Most names of one row.
const ROW: usize = 60;

patterns! {
    /// One name at the head of a text: capital letters, small words between them, a short form behind.
    NAME = r"^(?:\p{Ll}{0,2}\p{Lu}[\p{L}\p{N}'&./-]*)(?: (?:(?:of|for|the|de|des|du|da|do|dos|la|on|pour|-|d'\p{Lu}\p{L}+) )*(?:l'|d')?\p{Lu}[\p{L}\p{N}'&./-]*| - \p{Lu}[\p{L}\p{N}]*)*(?: ?\([^()\n]{1,60}\))?";
    ARTICLE = r"^[\s:]*(?:(?:the|la|le|les|l'|du|de la|des|Governments? of|Gouvernements? d[ue']|Republic of)(?: |\b))?(?:the |la |le |les |l')?";
    BETWEEN = r"^(?: ?, ?(?:and |et )?| ?; ?| & | \+ | and | et | as well as | ainsi que | with )(?:(?:by|par|of|de) )?(?:the |la |le |les |l')?";
    SPELLED = r"^([^()\n;:.]{3,140}?) ?\((\p{Lu}{3,10})\)";
    GOVERNMENT = r"^(?:Governments? of|Republic of|Kingdom of|Gouvernements? d[ue']s?|République d[ue']|Royaume d[ue']|Ministr(?:y|ies) of [^()]{3,60} of) ?(?:the |la |l')?";
    SHORT_FORM = r"^(.*?) ?\(([^()]+)\)$";
    ORGANISATION = NOUNS;
    ACRONYM = r"^(?:\p{L}*\p{Lu}){3}[\p{L}\p{N}-]*$|^\p{Lu}{2,}(?:[- ]\p{Lu}[\p{L}-]*){0,3}$";
}

/// The names in a row that begins at a place, up to the first that is none.
pub(crate) fn row(page: &Page<'_>, text: &str, from: usize) -> Vec<Named> {
    let mut names = Vec::new();
    let mut at = from
        + ARTICLE
            .find(&text[from..])
            .map_or(0, |article| article.end());
    while names.len() < ROW {
        let name = match spelled_out(&text[at..]) {
            Some(name) => at + name.start..at + name.end,
            None => match NAME.find(&text[at..]) {
                Some(name) => at..at + name.end(),
                None => break,
            },
        };
        at = name.end;
        names.push(name);
        let Some(between) = BETWEEN.find(&text[at..]) else {
            break;
        };
        at += between.end();
    }
    joined(page, text, names)
}

/// A name with commas or "and" in it, whose capital letters are those of the short form behind it; what owns it may
/// stand before: "the European Commission's Asylum, Migration and Integration Fund (AMIF)".
fn spelled_out(text: &str) -> Option<Range<usize>> {
    let found = SPELLED.captures(text)?;
    let (words, short) = (found.get(1)?.as_str(), found.get(2)?.as_str());
    let mut left: Vec<char> = short.chars().collect();
    let mut start = words.len();
    for (at, word) in words
        .match_indices(|c: char| c.is_uppercase())
        .collect::<Vec<_>>()
        .into_iter()
        .rev()
    {
        let begins = !words[..at].ends_with(|c: char| c.is_alphanumeric());
        if begins && left.last().is_some_and(|last| word.starts_with(*last)) {
            left.pop();
            start = at;
        } else if begins {
            break;
        }
        if left.is_empty() {
            break;
        }
    }
    let owned = start == 0 || words[..start].ends_with("'s ");
    (left.is_empty() && owned).then(|| start..found.get(0).map_or(start, |whole| whole.end()))
}

/// The names in a row that ends at a place.
pub(crate) fn row_before(page: &Page<'_>, text: &str, from: usize, to: usize) -> Vec<Named> {
    // Every place that a row could begin at, the longest row first, as long as it ends where it should.
    let mut starts: Vec<usize> = text[from..to]
        .match_indices(|c: char| c.is_uppercase())
        .map(|(at, _)| from + at)
        .collect();
    starts.retain(|at| !text[..*at].ends_with(|c: char| c.is_alphanumeric() || "'-(".contains(c)));
    let reaches = |start: usize| {
        let mut at = start;
        for _ in 0..ROW {
            let Some(name) = NAME.find(&text[at..to]) else {
                return false;
            };
            at += name.end();
            if text[at..to].trim().is_empty() {
                return true;
            }
            let Some(between) = BETWEEN.find(&text[at..to]) else {
                return false;
            };
            at += between.end();
        }
        false
    };
    match starts.into_iter().take(ROW).find(|start| reaches(*start)) {
        Some(start) => row(page, &text[..to], start),
        None => Vec::new(),
    }
}

/// Looks each name up; a name that "and" has cut in two is one again.
fn joined(page: &Page<'_>, text: &str, names: Vec<Range<usize>>) -> Vec<Named> {
    let mut found: Vec<Named> = Vec::new();
    let mut waiting: Option<Range<usize>> = None;
    for at in names {
        let whole = waiting.clone().map(|first| first.start..at.end);
        let both = whole
            .as_ref()
            .and_then(|whole| Some((whole.clone(), known(page, &text[whole.clone()])?)));
        if let Some((whole, party)) = both {
            found.push(Named {
                at: whole,
                party: Some(party),
            });
            waiting = None;
            continue;
        }
        match known(page, &text[at.clone()]) {
            Some(party) => found.push(Named {
                at: at.clone(),
                party: Some(party),
            }),
            // "Immigration and Naturalization Service": the first half says nothing by itself.
            None if is_organisation(&text[at.clone()]) => {
                let start = waiting
                    .take()
                    .filter(|first| text[first.end..at.start].trim() == "and")
                    .map_or(at.start, |first| first.start);
                found.push(Named {
                    at: start..at.end,
                    party: None,
                });
            }
            None => {
                waiting = Some(at);
                continue;
            }
        }
        waiting = None;
    }
    found
}

/// The party of a name: as it is written, without its short form, by its short form, or by either side of a dash.
pub(crate) fn known(page: &Page<'_>, written: &str) -> Option<Party> {
    let name = bare(written);
    let mut tries = vec![
        name,
        GOVERNMENT
            .find(name)
            .map_or(name, |government| &name[government.end()..]),
    ];
    if let Some(parts) = SHORT_FORM.captures(name) {
        tries.extend(parts.iter().skip(1).flatten().map(|part| part.as_str()));
    } else if let Some((first, last)) = name.split_once(" - ") {
        tries.extend([first, last]);
    }
    tries
        .into_iter()
        .find_map(|name| page.parties.find(bare(name)))
}

/// A name without what belongs to the sentence.
pub(crate) fn bare(name: &str) -> &str {
    let name = name.trim();
    let name = name.strip_suffix("'s").unwrap_or(name);
    if name.contains("I.P.") {
        name
    } else {
        name.trim_end_matches(['.', ',', '\'', '-', '/', '&'])
    }
}

/// Whether a name that nobody knows can only be that of an organisation; people's names are none.
pub(crate) fn is_organisation(name: &str) -> bool {
    let name = bare(name);
    let short = SHORT_FORM
        .captures(name)
        .and_then(|parts| Some(parts.get(2)?.as_str()));
    ORGANISATION.is_match(name) || ACRONYM.is_match(short.unwrap_or(name))
}
