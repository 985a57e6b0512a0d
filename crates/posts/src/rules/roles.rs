//! Who does what at an event, by the words for roles.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::names::{self, Named};
use super::{MOST, Page};
use crate::parties::Party;
use crate::proposal::Role;
use crate::words::roles::{AFTER_NAMES, BEFORE_NAMES, LEADS};
use crate::words::{compile, patterns};

/// A role that was found.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) at: Range<usize>,
    pub(crate) role: Option<Role>,
    pub(crate) party: Option<Party>,
    /// The dialogues that the row names: they hold the event.
    pub(crate) dialogues: Vec<String>,
}

static BEFORE: LazyLock<Vec<(&str, Regex)>> = LazyLock::new(|| all(BEFORE_NAMES));
static AFTER: LazyLock<Vec<(&str, Regex)>> = LazyLock::new(|| all(AFTER_NAMES));

fn all(table: &[(&'static str, &str)]) -> Vec<(&'static str, Regex)> {
    table
        .iter()
        .map(|(role, words)| (*role, compile(format!("(?i)(?:{words})"))))
        .collect()
}

patterns! {
    LEAD = format!("(?i){LEADS}");
    BESIDES = r"(?i)\b(?:in addition to|besides|apart from|outre)\b[^,]*,";
    /// A project has its funders; they are not those of the event.
    OTHER_SUBJECT = r"(?i)\b(?:projects?|programmes?|initiatives?|projets?|study|étude|report|rapport|film|video|vidéo)(?: (?:is|was|are|est|sont))?\s*$";
    BY_NAMES = r"(?i)\b(?:by|par)\s*$";
}

/// Every role in the text.
pub(crate) fn find(page: &Page<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for segment in &page.parts.segments {
        if found.len() >= MOST {
            break;
        }
        let (start, end) = (segment.at.start, segment.at.end);
        let text = &page.text()[..end];
        let mut taken: Vec<Range<usize>> = Vec::new();
        for (role, words) in BEFORE.iter() {
            for word in words.find_iter(&text[start..]) {
                let at = super::trimmed(text, start + word.start()..start + word.end());
                // "Co-chaired by" is "chaired by" too: what an earlier row has taken is its.
                if found.len() >= MOST {
                    break;
                }
                if OTHER_SUBJECT.is_match(super::before(&text[..at.start], at.start, 60)) {
                    continue;
                }
                if taken
                    .iter()
                    .any(|other| other.start < at.end && at.start < other.end)
                {
                    continue;
                }
                let row = names::row(page, text, at.end);
                if !row.is_empty()
                    || !page
                        .vocabulary
                        .dialogues(super::after(text, at.end, 200))
                        .is_empty()
                {
                    taken.push(at.clone());
                }
                add(page, &mut found, "role-words-before", 0.9, role, at, &row);
            }
        }
        for (role, words) in AFTER.iter() {
            for word in words.find_iter(&text[start..]) {
                let verb = start + word.start();
                let from = BESIDES
                    .find(&text[start..verb])
                    .map_or(start, |besides| start + besides.end());
                let row = names::row_before(page, text, from, verb);
                if !row.is_empty() && !BY_NAMES.is_match(&text[start..row[0].at.start]) {
                    add(
                        page,
                        &mut found,
                        "role-words-after",
                        0.7,
                        role,
                        row[0].at.start..start + word.end(),
                        &row,
                    );
                }
            }
        }
        if let Some(word) = LEAD.find(&text[start..]) {
            let first = text[start..start + word.start()]
                .match_indices(|c: char| c.is_uppercase())
                .take(20);
            let first = first
                .map(|(at, _)| names::row(page, text, start + at))
                .find(|row| {
                    row.first()
                        .is_some_and(|name| name.at.end <= start + word.start())
                });
            if let Some(row) = first {
                add(
                    page,
                    &mut found,
                    "leads",
                    0.6,
                    "lead",
                    row[0].at.start..start + word.end(),
                    &row[..1],
                );
            }
        }
    }
    found.truncate(MOST);
    found
}

/// Takes a row over: a role for each party, and the dialogues that it names.
fn add(
    page: &Page<'_>,
    found: &mut Vec<Found>,
    rule: &str,
    confidence: f32,
    role: &str,
    words: Range<usize>,
    row: &[Named],
) {
    let text = page.text();
    let segment = page.parts.segments.get(page.parts.index(words.start));
    let sentence = segment
        .map_or(words.end, |segment| segment.at.end)
        .max(words.end);
    let whole = row.iter().fold(words.clone(), |whole, name| {
        whole.start.min(name.at.start)..whole.end.max(name.at.end)
    });
    // A dialogue is no party: where it organises, it holds the event.
    let dialogues = if ["co-organiser", "partner"].contains(&role) {
        page.vocabulary
            .dialogues(super::after(&text[..sentence], words.end, 200))
    } else {
        Vec::new()
    };
    if !dialogues.is_empty() {
        found.push(Found {
            at: words,
            role: None,
            party: None,
            dialogues,
        });
    }
    for name in row.iter().take(MOST.saturating_sub(found.len())) {
        let written = &text[name.at.clone()];
        if name.party.is_none() && !page.vocabulary.dialogues(written).is_empty() {
            continue;
        }
        let trust = if name.party.is_some() {
            confidence
        } else {
            confidence - 0.2
        };
        let role = Role {
            role: role.to_owned(),
            party: name
                .party
                .as_ref()
                .map(|party| party.id.clone())
                .unwrap_or_default(),
            written: names::bare(page.view.words(&name.at)).to_owned(),
            // The words of the role and the whole row: neither says anything without the other.
            evidence: page.evidence(rule, trust, &whole),
        };
        found.push(Found {
            at: whole.clone(),
            role: Some(role),
            party: name.party.clone(),
            dialogues: Vec::new(),
        });
    }
}
