//! Places where a text speaks of an event.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::super::{MOST, Page, before, dates, names, places};
use super::title;
use crate::segment::Segment;
use crate::words::kinds::{HOLDING, KINDS, Weight};
use crate::words::{compile, folded, patterns};

/// A place where a text speaks of an event.
#[derive(Clone, Debug)]
pub(crate) struct Mention {
    /// The words for its kind.
    pub(crate) at: Range<usize>,
    /// The words that make its title.
    pub(crate) whole: Range<usize>,
    pub(crate) segment: usize,
    pub(crate) section: usize,
    pub(crate) kind: &'static str,
    pub(crate) weight: Weight,
    pub(crate) title: String,
    /// Whether the title is more than the word for the kind.
    pub(crate) titled: bool,
    pub(crate) dialogues: Vec<String>,
    pub(crate) ordinal: Option<u32>,
}

static WORDS: LazyLock<Vec<(&str, Regex, Weight)>> = LazyLock::new(|| {
    KINDS
        .iter()
        .map(|(kind, words, weight)| (*kind, compile(words), *weight))
        .collect()
});
patterns! {
    HELD = HOLDING;
    WILL = r"(?i)\bwill be (?:held|organi[sz]ed|hosted|convened)\b|\bse tiendr(?:a|ont)\b|\baur(?:a|ont) lieu\b";
    ORDINAL = r"(?i)\b(?P<n>\d{1,3})(?:st|nd|rd|th|e|er|re|ème)\b|\b(?P<w>first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|première?|deuxième|seconde?|troisième|quatrième|cinquième|sixième|septième|huitième|neuvième|dixième)\b";
}

impl Mention {
    /// Whether two places can speak of one event: the same kind and section, and nothing that tells them apart.
    pub(super) fn may_be(&self, other: &Self) -> bool {
        let subset = |some: &[String], all: &[String]| some.iter().all(|one| all.contains(one));
        let dialogues =
            subset(&self.dialogues, &other.dialogues) || subset(&other.dialogues, &self.dialogues);
        let ordinals =
            self.ordinal.is_none() || other.ordinal.is_none() || self.ordinal == other.ordinal;
        // Others have nothing but their titles to go by.
        let (own, its) = (folded(&self.title), folded(&other.title));
        let titles = self.kind != "other"
            || !other.titled
            || !self.titled
            || own.contains(&its)
            || its.contains(&own);
        self.kind == other.kind && self.section == other.section && dialogues && ordinals && titles
    }

    /// A heading, read as the title of an event.
    pub(super) fn heading(
        page: &Page<'_>,
        heading: &Segment,
        kind: &'static str,
        title: &str,
    ) -> Self {
        Self {
            at: heading.at.clone(),
            whole: heading.at.clone(),
            segment: page.parts.index(heading.at.start),
            section: heading.section,
            kind,
            weight: Weight::Weak,
            title: title.to_owned(),
            titled: true,
            dialogues: page.vocabulary.dialogues(page.words(heading)),
            ordinal: None,
        }
    }
}

/// Every mention in the text, in its order.
pub(super) fn find(page: &Page<'_>) -> Vec<Mention> {
    let text = page.body();
    let mut taken: Vec<Range<usize>> = Vec::new();
    let mut mentions: Vec<Mention> = Vec::new();
    let (dates, places) = (dates::find(page), places::find(page));
    let last = WORDS.len().saturating_sub(1);
    for (rule, (kind, words, weight)) in WORDS.iter().enumerate() {
        // A bare "meeting" is an event only where nothing else is.
        if rule == last && !mentions.is_empty() {
            break;
        }
        for found in words.find_iter(text).take(MOST) {
            let at = found.range();
            let tagged = text[..at.start].ends_with(['#', '@', '/']);
            if tagged
                || taken
                    .iter()
                    .any(|other| other.start < at.end && at.start < other.end)
            {
                continue;
            }
            let segment = page.parts.index(at.start);
            let Some(around) = page.parts.segments.get(segment) else {
                continue;
            };
            let here = |range: &Range<usize>| around.at.contains(&range.start);
            let said = dates.iter().any(|date| here(&date.at))
                || places.iter().any(|place| here(&place.at));
            let enough = match weight {
                Weight::Weak if rule == last => said && HELD.is_match(page.words(around)),
                Weight::Weak => said || WILL.is_match(page.words(around)),
                Weight::Strong | Weight::Collective => true,
            };
            if !enough {
                continue;
            }
            let (whole, title, titled) = title::of(page, around, &at, kind);
            let led = before(text, whole.start, 24);
            let own = &text[whole.clone()];
            // "United Nations General Assembly": a body that is named and does not meet.
            if *weight == Weight::Weak && names::known(page, own).is_some() {
                continue;
            }
            let dialogues = page.vocabulary.dialogues(own);
            taken.push(at.clone());
            mentions.push(Mention {
                ordinal: ordinal(own).or_else(|| {
                    ordinal(led.rsplit(['.', ',', ';', '\n']).next().unwrap_or_default())
                }),
                at,
                whole,
                segment,
                section: around.section,
                kind,
                weight: *weight,
                title,
                titled,
                dialogues,
            });
        }
    }
    mentions.sort_by_key(|mention| mention.at.start);
    mentions
}

const ORDINALS: &[&str] = &[
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
];
const FRENCH: &[&str] = &[
    "première",
    "deuxième",
    "troisième",
    "quatrième",
    "cinquième",
    "sixième",
    "septième",
    "huitième",
    "neuvième",
    "dixième",
];

/// Which of its series, when the words say so.
fn ordinal(words: &str) -> Option<u32> {
    let found = ORDINAL.captures(words)?;
    if let Some(digits) = found.name("n") {
        return digits.as_str().parse().ok();
    }
    let word = found.name("w")?.as_str().to_lowercase();
    let place = match word.as_str() {
        "premier" => Some(0),
        "second" | "seconde" => Some(1),
        word => ORDINALS
            .iter()
            .position(|other| *other == word)
            .or_else(|| FRENCH.iter().position(|other| *other == word)),
    };
    u32::try_from(place? + 1).ok()
}
