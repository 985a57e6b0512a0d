//! Where events are: cities and states behind "in", buildings behind "visit to".

use std::ops::Range;

use super::{MOST, Page, before};
use crate::proposal::Place;
use crate::words::{cities, patterns, states};

/// A place that was found.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) at: Range<usize>,
    pub(crate) place: Place,
    /// Whether it is that of a visit, and not of the meeting around it.
    pub(crate) visited: bool,
}

patterns! {
    IN = r"(?:\b(?:in|at|to|en|au|aux|dans)|(?:^|\s)à) (?:the |la |le |les |l')?(?P<name>\p{Lu}[\p{L}'-]*(?: (?:(?:de|da|of|and|es) )?\p{Lu}[\p{L}'-]*){0,4})(?:, (?P<state>\p{Lu}[\p{L}'-]*(?: \p{Lu}[\p{L}'-]*){0,2}))?";
    VISIT = r"(?i:\bvisit to|\bvisite (?:à|de|du)) (?:the |l'|la |le )?(?P<name>\p{Lu}[\p{L}'-]*(?: (?:(?:of|de|for) )?\p{Lu}[\p{L}'-]*){0,6})";
    /// Where somebody sits, and not where somebody meets.
    SEAT = r"(?i)\b(?:mission|office|delegation|embassy|IOM|UNHCR|bureau|ambassade|délégation|project|projet|cooperation|reforms?|migration|migrants?|working|lives?|residing|chairmanship to|pass\p{L}* to|hand\p{L}* over[^.]* to)\s*$";
}

/// Every place in the text.
pub(crate) fn find(page: &Page<'_>) -> Vec<Found> {
    let text = page.body();
    let mut found = Vec::new();
    for visit in VISIT.captures_iter(text).take(MOST) {
        if let (Some(whole), Some(name)) = (visit.get(0), visit.name("name")) {
            let (name, country) = match known(name.as_str()) {
                Some((city, country, length)) if length == name.as_str().len() => (city, country),
                _ => (page.view.words(&name.range()).to_owned(), String::new()),
            };
            let evidence = page.evidence("visit-to", 0.7, &whole.range());
            found.push(Found {
                at: whole.range(),
                place: Place {
                    name,
                    country,
                    evidence,
                },
                visited: true,
            });
        }
    }
    for place in IN.captures_iter(text).take(MOST) {
        let (Some(whole), Some(name)) = (place.get(0), place.name("name")) else {
            continue;
        };
        let led = before(text, whole.start(), 60);
        let visited = found
            .iter()
            .any(|visit: &Found| visit.at.contains(&name.start()));
        if visited || SEAT.is_match(led) || whole.as_str().trim_start().starts_with("to ") {
            continue;
        }
        let Some((city, country, length)) = known(name.as_str()) else {
            continue;
        };
        // The state behind a city that two states have is the right one.
        let stated = place.name("state").and_then(|state| {
            Some((
                states::find(state.as_str())?.0.to_ascii_uppercase(),
                state.end(),
            ))
        });
        let whole_name = length == name.as_str().len();
        let (country, end) = match stated.filter(|_| whole_name && !city.is_empty()) {
            Some((state, end)) => (state, end),
            None => (country, name.start() + length),
        };
        let at = super::trimmed(text, whole.start()..end);
        let confidence = if city.is_empty() { 0.6 } else { 0.85 };
        let evidence = page.evidence(
            if city.is_empty() {
                "in-state"
            } else {
                "in-city"
            },
            confidence,
            &at,
        );
        found.push(Found {
            at,
            place: Place {
                name: city,
                country,
                evidence,
            },
            visited: false,
        });
    }
    found.sort_by_key(|place| place.at.start);
    found
}

/// The city or state that a name begins with: name of the city, code of the state, how many bytes it takes.
fn known(name: &str) -> Option<(String, String, usize)> {
    let ends = name
        .match_indices(' ')
        .map(|(at, _)| at)
        .chain([name.len()]);
    let mut ends: Vec<usize> = ends.collect();
    ends.reverse();
    ends.into_iter().find_map(|end| {
        let words = name[..end].trim_end_matches("'s");
        if let Some((city, state)) = cities::find(words) {
            return Some((city.to_owned(), state.to_ascii_uppercase(), words.len()));
        }
        let (state, _) = states::find(words)?;
        Some((String::new(), state.to_ascii_uppercase(), words.len()))
    })
}
