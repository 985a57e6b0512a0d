//! The title of an event: the words for its kind, with the names before them and what it is on behind them.

use std::ops::Range;

use super::super::{Page, after, before, trimmed};
use crate::segment::Segment;
use crate::words::patterns;

/// Longest title, in characters.
const LONGEST: usize = 200;

patterns! {
    /// The words before: names, ordinals, and small words between them.
    LED = r"(?:(?:\p{Lu}[\p{L}\p{N}'&/-]*|\d{1,3}(?:st|nd|rd|th|e|er|ème)|\d{4}|and|of|the|et|de|du|des|&|-|high-level|two-day|three-day|(?i:joint|second|third|annual|regional)) )+$";
    /// What does not begin a title.
    OPENER = r"^(?:(?:Our|The|This|That|These|Those|At|In|On|For|During|After|Before|Next|Last|Upcoming|An?|With|From|Today|Join|Attending|Following|When|As|Notre|Nos|La|Le|Les|Cette|Ce|Lors|Une?|and|of|the|et|de|du|des|&|-|second|third|annual|regional)(?: |$)(?:de (?:la |l'))?|Learn more about )+";
    /// Whose it is, in brackets, and what it is on.
    BEHIND = r"^(?:-\p{L}+)?(?: d(?:u|e la|es|e|e l') ?(?:\p{Lu}[\p{L}'-]*(?: (?:de l'|de la |de |du |d')?\p{Lu}[\p{L}'-]*)*))?(?: of the \p{Lu}[\p{L}'-]*(?: \p{Lu}[\p{L}'-]*)*)?(?: \([^()\n]{2,120}\))?";
    TOPIC = r#"^ (?:on|about|sur|concerning|consacrée? (?:à|aux?)|relati(?:f|ve) (?:à|aux?)|dédiée? (?:à|aux?)|in(?: [\p{Ll}])) ?[^,.;:!?()"\n]{3,160}"#;
    /// What follows it in a sentence and is no part of it.
    STOP = r" (?:(?:will|was|were|is|are|has|have|took|takes|taking|held|organi[sz]ed|hosted|to|that|which|where|with|together|brought|gathered|from|at|explored|resulting|co-?(?:organi[sz]ed|hosted|chaired)|yesterday|today|tomorrow|this|last|hier|demain|qui|où|s'est|se tiendra|se tient|aura|a eu|a été|a réuni|est|organisée?|co-?organisée?|tenue?|avec)\b|(?:in|à|en|au|aux) (?:the )?\p{Lu}|on (?:the )?\d|on \p{Lu}\p{Ll}+ \d|les? \d|du \d)";
    DATE = r"(?i)^ (?:on|sur) (?:the )?(?:\d|(?:mon|tues|wednes|thurs|fri|satur|sun)day|(?:january|february|march|april|may|june|july|august|september|october|november|december)\b)";
    VERB = r"(?i) (?:will|auront lieu|se tiendront|suivront|meets|met|gathered|convened|se réunit|s'est réuni|adopt\p{L}*|a adopté)\b.*$";
    COMMON = r"^\p{Ll}";
}

/// The words that make the title, the title, and whether it is more than the word for the kind.
pub(super) fn of(
    page: &Page<'_>,
    segment: &Segment,
    at: &Range<usize>,
    kind: &str,
) -> (Range<usize>, String, bool) {
    let text = page.text();
    let end_of_segment = segment.at.end.max(at.end);
    if kind == "bilateral-meeting" {
        return (
            at.clone(),
            heading(page, segment).unwrap_or_else(|| "Bilateral meeting".to_owned()),
            false,
        );
    }
    if kind == "senior-officials-meeting" && text[at.clone()].len() > 60 {
        // "Senior officials ... came together": a meeting of them, in other words.
        return (at.clone(), "Senior Officials' Meeting".to_owned(), false);
    }
    let mut end = at.end;
    if let Some(verb) = VERB
        .find(&text[at.clone()])
        .filter(|_| matches!(kind, "committee-session" | "network-meeting" | "other"))
    {
        end = at.start + verb.start();
    } else {
        let rest = |from: usize| after(&text[..end_of_segment], from, 400);
        end += BEHIND.find(rest(end)).map_or(0, |behind| behind.end());
        if kind != "observance" && !DATE.is_match(rest(end)) {
            end += topic(rest(end), kind);
        }
    }
    // Names before the words for the kind, from the first that is none of the sentence's.
    let led_from = segment.at.start.min(at.start);
    let led = before(&text[led_from..at.start], at.start - led_from, 160);
    let names = LED.find(led).map_or("", |names| names.as_str());
    let start = at.start - names.len();
    let opened = OPENER
        .find(&text[start..end])
        .map_or(0, |opener| opener.end());
    let start = if start + opened < end {
        start + opened
    } else {
        at.start
    };
    let whole = trimmed(text, start..end);
    let titled = whole != *at || !COMMON.is_match(&text[at.clone()]);
    (whole.clone(), clean(page.view.words(&whole)), titled)
}

/// How many bytes of the rest say what it is on.
fn topic(rest: &str, kind: &str) -> usize {
    let Some(topic) = TOPIC.find(rest) else {
        return 0;
    };
    // "Workshop in capacity building" is on it; a meeting "in the region" is there.
    if rest.starts_with(" in ") && kind != "workshop" {
        return 0;
    }
    let words = topic.as_str();
    let stop = STOP
        .find_at(words, 4.min(words.len()))
        .map_or(words.len(), |stop| stop.start());
    words[..stop].trim_end().len()
}

/// The heading of the section, else the one before the first sentence.
fn heading(page: &Page<'_>, segment: &Segment) -> Option<String> {
    let own = |other: &&Segment| other.heading && other.section == segment.section;
    let heading = page.parts.segments.iter().find(own)?;
    Some(clean(page.view.words(&heading.at)))
}

/// Words as a title: no hashtags, one line, a capital letter first.
pub(super) fn clean(words: &str) -> String {
    let words = words.replace(['#', '@'], "");
    let one_line = words.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut letters = one_line
        .trim_matches(['"', '“', '”', '«', '»', ' '])
        .chars();
    let title: String = letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    });
    title.chars().take(LONGEST).collect()
}
