//! Conclusions, decisions and resolutions that are cited by number or symbol.

use super::{MOST, Page, before};
use crate::proposal::{Evidence, Instrument};
use crate::words::{numbers, patterns};

/// A citation that was found.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) instrument: Instrument,
    pub(crate) evidence: Evidence,
}

patterns! {
    /// "no. 112(LXVII) of 2016 on ...": number, session in Roman numerals, year, what it is on.
    NUMBERED = r"(?:(?P<kind>(?i:conclusions?|decisions?|décisions?|resolutions?|résolutions?)) )?(?i:no\.?|n°|nº|nr\.?) ?(?P<n>\d{1,4}) ?\((?P<s>[IVXLC]{1,12})\)(?: ?-? ?(?:of |de |\()?(?P<y>(?:19|20)\d{2})\)?)?(?: (?:on|sur|concerning|relative à) (?P<title>[^,.;:!?\n]{3,200}))?";
    /// "A/RES/74/19", "A/HRC/RES/41/7", "E/RES/2021/3".
    SYMBOL = r"\b(?P<s>[AES](?:/[A-Z]+(?:\.\d+)?)?/RES/(?P<a>\d{1,4})/(?P<b>\d{1,4}))\b";
    /// The title ends where the next citation begins.
    NEXT = r"(?i) (?:and|et|or|ou) (?:no\.?|n°|conclusion|decision|resolution|[AES]/[A-Z]).*$| (?:was|were|is|are|has|have|ont|a été|est|sont)\b.*$";
    KIND = r"(?i)\b(conclusion|d[eé]cision|r[eé]solution)s?\b";
}

/// Every citation in the text.
pub(crate) fn find(page: &Page<'_>) -> Vec<Found> {
    let text = page.body();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(cited) = NUMBERED.captures_at(text, at)
        && found.len() < MOST
    {
        let (Some(whole), Some(number)) = (cited.get(0), cited.name("n")) else {
            break;
        };
        let title = cited.name("title").map(|title| {
            let end = NEXT
                .find(title.as_str())
                .map_or(title.end(), |next| title.start() + next.start());
            title.start()..end
        });
        let end = title.as_ref().map_or(whole.end(), |title| title.end);
        at = end.max(whole.start() + 1);
        let digits = |name| {
            cited
                .name(name)
                .and_then(|value| value.as_str().parse().ok())
        };
        let kind = cited
            .name("kind")
            .map_or_else(|| before(text, whole.start(), 400), |kind| kind.as_str());
        let instrument = Instrument {
            kind: kind_of(kind).to_owned(),
            number: number.as_str().parse().ok(),
            session: cited
                .name("s")
                .and_then(|session| numbers::roman(session.as_str())),
            year: digits("y"),
            symbol: String::new(),
            title: title
                .map(|title| page.view.words(&title).trim().to_owned())
                .unwrap_or_default(),
        };
        found.push(Found {
            evidence: page.evidence("numbered-citation", 0.9, &(whole.start()..end)),
            instrument,
        });
    }
    for cited in SYMBOL.captures_iter(text).take(MOST) {
        if let (Some(whole), Some(symbol)) = (cited.get(0), cited.name("s")) {
            let instrument = Instrument {
                kind: "resolution".to_owned(),
                number: None,
                session: None,
                year: None,
                symbol: symbol.as_str().to_owned(),
                title: String::new(),
            };
            found.push(Found {
                evidence: page.evidence("symbol", 0.95, &whole.range()),
                instrument,
            });
        }
    }
    found
}

/// The last kind that is named before the number.
fn kind_of(words: &str) -> &'static str {
    let last = KIND
        .find_iter(words)
        .last()
        .map(|kind| kind.as_str().to_lowercase());
    match last.as_deref() {
        Some(kind) if kind.starts_with('d') => "decision",
        Some(kind) if kind.starts_with('r') => "resolution",
        _ => "conclusion",
    }
}
