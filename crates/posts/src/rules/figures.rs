//! Figures: so many of something, or so many out of so many.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::{MOST, Page, before};
use crate::proposal::{Claim, Evidence, Qualifier};
use crate::words::measures::{ABOUT, AT_LEAST, MANY, MEASURES, OF_A_PLAN};
use crate::words::numbers::{self, DIGITS, PATTERN, SCALE};
use crate::words::{compile, kinds, patterns};

/// A figure that was found; its event is found later.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) at: Range<usize>,
    pub(crate) claim: Claim,
    pub(crate) evidence: Evidence,
}

static NOUNS: LazyLock<String> = LazyLock::new(|| {
    let nouns: Vec<&str> = MEASURES.iter().map(|(noun, _)| *noun).collect();
    nouns.join("|")
});
/// A number, up to four words that say which ones, and what is counted.
static COUNT: LazyLock<Regex> = LazyLock::new(|| {
    compile(format!(
        r"(?i)(?:^|[^\p{{L}}\p{{N}}.,#/'-])(?P<all>all |les |toutes les |tous les )?(?P<n>{DIGITS}|{PATTERN})(?:\x{{20E3}}|\b)(?P<plus>\+)?(?: (?P<scale>{SCALE})\b)?[ ']?(?: ?(?:[\p{{L}}-]+ ){{0,4}}?)(?P<noun>{})\b",
        *NOUNS
    ))
});
static OUT_OF: LazyLock<Regex> = LazyLock::new(|| {
    compile(format!(
        r"(?i)\b(?P<n>{DIGITS}|{PATTERN}) (?:out )?(?:of|sur|des|parmi) (?:the |les |its |ses )?(?P<m>{DIGITS}|{PATTERN}) (?:[\p{{L}}-]+ ){{0,2}}?(?P<noun>{})\b",
        *NOUNS
    ))
});
static UNCOUNTED: LazyLock<Regex> = LazyLock::new(|| {
    compile(format!(
        r"(?i)\b(?:{MANY}) (?:[\p{{L}}-]+ ){{0,2}}?(?P<noun>recommendations|recommandations)\b"
    ))
});
static DAYS: LazyLock<Regex> = LazyLock::new(|| {
    compile(format!(
        r"(?i)\b(?P<n>\d{{1,2}}|{PATTERN})-day\b|\b(?:de|pendant|sur|d'une durée de) (?P<f>\d{{1,2}}|{PATTERN}) jours\b"
    ))
});
patterns! {
    AT_LEAST_BEFORE = AT_LEAST;
    ABOUT_BEFORE = ABOUT;
    COMING = kinds::COMING;
    PAST = kinds::PAST;
    /// "no. 112": what follows is a list of numbered things, whose count is no figure of the event's.
    PERIOD = r"(?i)\b(?:during|in|of|for|en|de|des réunions de) (?:the )?(?P<y>(?:19|20)\d{2})(?: meetings| calendar|\b)";
    YEAR = r"^(?:19|20)\d{2}$";
    /// Words that cannot stand between a number and what it counts.
    BREAK = r"(?i)\b(?:of|from|to|in|for|with|by|at|the|de|du|à|pour|avec|par|dans|january|february|march|april|may|june|july|august|september|october|november|december|years?|ans?|days?|jours?)\b";
    /// What is planned of a plan: "10 objectives" alone says how many it has.
    TOUCHED = r"(?i)\b(?:address\p{L}*|cover\p{L}*|touch\p{L}*|abord\p{L}*|couv\p{L}*|trait\p{L}*)\b";
}

/// Every figure in the text.
pub(crate) fn find(page: &Page<'_>) -> Vec<Found> {
    let text = page.body();
    let mut found: Vec<Found> = Vec::new();
    for of in OUT_OF.captures_iter(text).take(MOST) {
        let number = |name: &str| of.name(name).and_then(|n| numbers::read(n.as_str(), ""));
        if let (Some(whole), Some(value), Some(total), Some(noun)) =
            (of.get(0), number("n"), number("m"), of.name("noun"))
            && value <= total
        {
            let claim = claim(
                measure(noun.as_str()),
                Some(value),
                Some(total),
                Qualifier::Exact,
            );
            push(page, &mut found, whole.range(), claim, "out-of", 0.95);
        }
    }
    for count in COUNT.captures_iter(text).take(MOST) {
        let (Some(number), Some(noun)) = (count.name("n"), count.name("noun")) else {
            continue;
        };
        let at = count.name("all").map_or(number.start(), |all| all.start())..noun.end();
        let scale = count.name("scale").map_or("", |scale| scale.as_str());
        let value = numbers::read(number.as_str(), scale);
        let from = count
            .name("scale")
            .map_or(number.end(), |scale| scale.end());
        let broken = BREAK.is_match(&text[from..noun.start()]) && scale.is_empty();
        let year = YEAR.is_match(number.as_str()) && scale.is_empty();
        // "2.5 participants" and "the 2023 recommendations" are no figures; "one of" and "une" are mostly articles.
        let article = matches!(
            number.as_str().to_lowercase().as_str(),
            "un" | "une" | "one" | "1"
        );
        let taken = found
            .iter()
            .any(|other| other.at.start < at.end && at.start < other.at.end);
        let (Some(value), false, false, false, false) = (value, broken, year, article, taken)
        else {
            continue;
        };
        let words = measure(noun.as_str());
        let all = count
            .name("all")
            .is_some_and(|all| !all.as_str().eq_ignore_ascii_case("les "));
        let sentence = page
            .parts
            .segments
            .get(page.parts.index(at.start))
            .map_or("", |segment| page.words(segment));
        let (words, total) = match OF_A_PLAN.iter().find(|(measure, _)| *measure == words) {
            // How many a plan has, until the text says that they were addressed.
            Some((_, plain)) if !TOUCHED.is_match(sentence) => (*plain, None),
            Some(_) => (words, all.then_some(value)),
            None => (words, None),
        };
        let at = if all { at } else { number.start()..noun.end() };
        let led = before(text, at.start, 24);
        let qualifier = if count.name("plus").is_some() || AT_LEAST_BEFORE.is_match(led) {
            Qualifier::AtLeast
        } else if ABOUT_BEFORE.is_match(led) {
            Qualifier::About
        } else if COMING.is_match(sentence) && !PAST.is_match(sentence) {
            Qualifier::Expected
        } else {
            Qualifier::Exact
        };
        push(
            page,
            &mut found,
            at,
            claim(words, Some(value), total, qualifier),
            "count",
            0.9,
        );
    }
    for many in UNCOUNTED.captures_iter(text).take(MOST) {
        if let (Some(whole), Some(noun)) = (many.get(0), many.name("noun")) {
            let claim = claim(measure(noun.as_str()), None, None, Qualifier::Exact);
            push(page, &mut found, whole.range(), claim, "uncounted", 0.6);
        }
    }
    for days in DAYS.captures_iter(text).take(MOST) {
        let number = days.name("n").or(days.name("f"));
        if let (Some(whole), Some(value)) = (
            days.get(0),
            number.and_then(|n| numbers::read(n.as_str(), "")),
        ) {
            let mut claim = claim("duration", Some(value), None, Qualifier::Exact);
            claim.unit = "days".to_owned();
            push(page, &mut found, whole.range(), claim, "duration", 0.8);
        }
    }
    found.sort_by_key(|figure| figure.at.start);
    found
}

fn push(
    page: &Page<'_>,
    found: &mut Vec<Found>,
    at: Range<usize>,
    mut claim: Claim,
    rule: &str,
    confidence: f32,
) {
    if found.len() >= MOST {
        return;
    }
    if OF_A_PLAN
        .iter()
        .any(|(measure, _)| *measure == claim.measure)
    {
        let sentence = page
            .parts
            .segments
            .get(page.parts.index(at.start))
            .map_or("", |segment| page.words(segment));
        let year = PERIOD
            .captures(sentence)
            .and_then(|period| Some(period.name("y")?.as_str().to_owned()));
        claim.period = year.unwrap_or_default();
    }
    let evidence = page.evidence(rule, confidence, &at);
    found.push(Found {
        at,
        claim,
        evidence,
    });
}

fn claim(measure: &str, value: Option<i64>, total: Option<i64>, qualifier: Qualifier) -> Claim {
    Claim {
        event: String::new(),
        measure: measure.to_owned(),
        value,
        total,
        qualifier,
        unit: String::new(),
        period: String::new(),
    }
}

static WHOLE_NOUNS: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    let entry =
        |(noun, measure): &(&str, &'static str)| (compile(format!("(?i)^(?:{noun})$")), *measure);
    MEASURES.iter().map(entry).collect()
});

fn measure(noun: &str) -> &'static str {
    let found = WHOLE_NOUNS
        .iter()
        .find(|(pattern, _)| pattern.is_match(noun));
    found.map_or("count", |(_, measure)| measure)
}
