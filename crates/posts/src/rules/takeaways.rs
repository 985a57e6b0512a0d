//! Numbered lists: takeaways, recommendations, key messages.

use std::ops::Range;

use super::{Page, before, trimmed};
use crate::proposal::{Evidence, Takeaway};
use crate::segment::is_sign;
use crate::words::patterns;

/// Longest element, in bytes: beyond it the numbers are no list.
const LONGEST: usize = 1_200;
/// Most elements of one post.
const ELEMENTS: usize = 200;

/// An element that was found; its event is found later.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) at: Range<usize>,
    pub(crate) takeaway: Takeaway,
    pub(crate) evidence: Evidence,
}

patterns! {
    /// `1.`, `1)` or the key with a 1, at the head of something.
    NUMBER = r"(?:^|[\s:;,(])(?P<n>\d{1,2})(?:[.)]|\x{20E3}[.)]?)(?: |$)";
    TAKEAWAY = r"(?i)\b(?:take-?aways?|key messages?|lessons(?: learned)?|points clés|messages? clés?|enseignements|points à retenir|à retenir)\b";
    RECOMMENDATION = r"(?i)\brecomm[ae]ndations?\b";
    /// Where the last element ends: hashtags in a row, or a link.
    AFTER_LAST = r"(?:\s#[\p{L}\p{N}_]+){2}|\s(?i:https?://)|\s#[\p{L}\p{N}_]+\s*(?:\n|$)";
}

/// Every element of every list that counts from one.
pub(crate) fn find(page: &Page<'_>) -> Vec<Found> {
    let text = page.body();
    let mut lists: Vec<Vec<(u32, Range<usize>)>> = Vec::new();
    let mut at = 0;
    // One after another, because the space behind a number may be the one before the next.
    while let Some(number) = NUMBER.captures_at(text, at) {
        let (Some(whole), Some(digits)) = (number.get(0), number.name("n")) else {
            break;
        };
        at = digits.end();
        let value: u32 = digits.as_str().parse().unwrap_or(0);
        let marker = digits.start()..whole.end();
        let follows = lists
            .last()
            .and_then(|list| list.last())
            .is_some_and(|(last, place)| value == last + 1 && marker.start - place.end <= LONGEST);
        if follows && let Some(list) = lists.last_mut() {
            list.push((value, marker));
        } else if value == 1 && lists.len() < ELEMENTS {
            lists.push(vec![(1, marker)]);
        }
    }
    let lists = lists.into_iter().filter(|list| list.len() > 1);
    lists
        .flat_map(|list| elements(page, text, &list))
        .take(ELEMENTS)
        .collect()
}

fn elements(page: &Page<'_>, text: &str, list: &[(u32, Range<usize>)]) -> Vec<Found> {
    let lead = before(text, list[0].1.start, 200);
    let called = if TAKEAWAY.is_match(lead) {
        "takeaway"
    } else if RECOMMENDATION.is_match(lead) {
        "recommendation"
    } else {
        "point"
    };
    let confidence = if called == "point" { 0.5 } else { 0.9 };
    let mut found = Vec::new();
    for (place, (number, marker)) in list.iter().enumerate() {
        let end = match list.get(place + 1) {
            Some((_, next)) => next.start,
            None => last_end(text, marker.end),
        };
        let words = trimmed(text, marker.end.min(end)..end);
        let kept = text[words.clone()].trim_end_matches(|c: char| {
            is_sign(c) || c.is_whitespace() || matches!(c, ';' | ',' | '\u{20E3}')
        });
        let words = words.start..words.start + kept.len();
        if !kept.is_empty() && kept.len() <= LONGEST {
            let at = marker.start..words.end;
            let takeaway = Takeaway {
                event: String::new(),
                number: *number,
                text: one_line(page.view.words(&words)),
                list: called.to_owned(),
            };
            found.push(Found {
                evidence: page.evidence("numbered-list", confidence, &at),
                at,
                takeaway,
            });
        }
    }
    found
}

/// The last element ends where hashtags, a link, a blank line or a picture begin, or the line after a full stop.
fn last_end(text: &str, from: usize) -> usize {
    let rest = super::after(text, from, LONGEST + 4);
    let hard = AFTER_LAST
        .find(rest)
        .map_or(rest.len(), |found| found.start());
    let line = rest.find('\n').unwrap_or(rest.len());
    let sign = rest
        .char_indices()
        .find(|(at, c)| *at > 0 && is_sign(*c))
        .map_or(rest.len(), |(at, _)| at);
    from + hard.min(line).min(sign)
}

fn one_line(words: &str) -> String {
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}
