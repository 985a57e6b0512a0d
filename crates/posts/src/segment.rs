//! A post into sentences and bullets, and these into sections; the tagged names at its end set apart.

use std::ops::Range;

use crate::words::patterns;

/// Longest heading, in bytes.
const HEADING: usize = 160;

/// Longest sentence, in bytes.
const SENTENCE: usize = 4_000;

patterns! {
    pub(crate) URL = r"(?i)\bhttps?://[^\s<>|]+|\bwww\.[^\s<>|]+";
    pub(crate) HASHTAG = r"#[\p{L}\p{N}_]*\p{L}[\p{L}\p{N}_]*";
    SHORT_FORM = r"(?:^|[\s(])(?:\d{1,2}|\p{Lu}|[Nn]os?|n°|[Nn]rs?|Mr|Mrs|Ms|Dr|Prof|St|M|Mme|H\.E|S\.E|e\.g|i\.e|cf|vs|approx|(?:\p{Lu}\.)+\p{Lu})$";
}

/// A sentence, a bullet or a heading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    /// Where it stands in the text that is read.
    pub(crate) at: Range<usize>,
    /// The sign that it begins with, when it is a bullet.
    pub(crate) bullet: Option<char>,
    /// Which section it is in; 0 before the first heading.
    pub(crate) section: usize,
    /// Whether it names the section.
    pub(crate) heading: bool,
}

/// A post in parts.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) segments: Vec<Segment>,
    /// Names that were tagged at the end.
    pub(crate) tail: Option<Range<usize>>,
}

/// Whether a character is a picture, an arrow or another sign that stands before a point.
pub(crate) fn is_sign(c: char) -> bool {
    matches!(u32::from(c), 0x2022 | 0x2023 | 0x2043 | 0x2190..=0x21FF | 0x2300..=0x23FF | 0x25A0..=0x27BF
        | 0x2900..=0x297F | 0x2B00..=0x2BFF | 0x1F000..=0x1F1E5 | 0x1F200..=0x1FAFF)
}

impl Parts {
    pub(crate) fn of(text: &str) -> Self {
        let tail = tail(text);
        let body = tail.as_ref().map_or(text.len(), |tail| tail.start);
        let mut segments = cut(text, body);
        segments.retain(|segment| !segment.at.is_empty());
        sections(text, &mut segments);
        Self { segments, tail }
    }

    /// The segment that a place is in; the last one before it where it is between two.
    pub(crate) fn index(&self, at: usize) -> usize {
        self.segments
            .partition_point(|segment| segment.at.start <= at)
            .saturating_sub(1)
    }
}

/// Cuts at line ends, at signs and at the ends of sentences, but never inside a link.
fn cut(text: &str, body: usize) -> Vec<Segment> {
    let mut links = URL
        .find_iter(&text[..body])
        .map(|link| link.range())
        .peekable();
    let mut segments = Vec::new();
    let (mut start, mut bullet) = (0, None);
    let mut chars = text[..body].char_indices().peekable();
    let mut close = |start: usize, end: usize, bullet: Option<char>| {
        let words = &text[start..end];
        let from = start + (words.len() - words.trim_start().len());
        let at = from..from.max(start + words.trim_end().len());
        segments.push(Segment {
            at,
            bullet,
            section: 0,
            heading: false,
        });
    };
    while let Some((at, c)) = chars.next() {
        while links.next_if(|link| link.end <= at).is_some() {}
        // A sentence without end is cut, so that no rule has more than this to look back at.
        if at - start > SENTENCE && (c == ' ' || at - start > 2 * SENTENCE) {
            close(start, at, bullet);
            (start, bullet) = (at, None);
        }
        if let Some(link) = links.peek().filter(|link| link.contains(&at)) {
            // What begins behind a link is something else, unless the sentence goes on.
            let after = text[link.end..body].trim_start();
            let begins = after.chars().next().is_some_and(|c| c.is_uppercase());
            if at + c.len_utf8() == link.end && begins {
                close(start, link.end, bullet);
                (start, bullet) = (link.end, None);
            }
            continue;
        }
        let next = chars.peek().map(|(_, c)| *c);
        let dash = c == '-'
            && next == Some(' ')
            && text[start..at].trim().is_empty()
            && (start == 0 || text[..start].ends_with('\n'));
        if is_sign(c) || dash {
            close(start, at, bullet);
            (start, bullet) = (at + c.len_utf8(), Some(c));
        } else if c == '\n' {
            close(start, at, bullet);
            (start, bullet) = (at + 1, None);
        } else if matches!(c, '.' | '!' | '?' | '…') && next.is_some_and(char::is_whitespace) {
            let after = text[at + c.len_utf8()..body].trim_start().chars().next();
            let begins = after.is_some_and(|c| !c.is_lowercase());
            // Eight characters before the dot are enough to know a short form.
            let before = &text[floor(text, at.saturating_sub(8).max(start))..at];
            if begins && !(c == '.' && SHORT_FORM.is_match(before)) {
                close(start, at + c.len_utf8(), bullet);
                (start, bullet) = (at + c.len_utf8(), None);
            }
        }
    }
    close(start, body, bullet);
    segments
}

fn floor(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// A heading stands between two of the same sign, and what follows it is its section. Three of a sign in a row are points
/// of a list.
fn sections(text: &str, segments: &mut [Segment]) {
    let (mut section, mut at) = (0, 0);
    while at < segments.len() {
        let sign = segments[at].bullet;
        let alike = segments[at..]
            .iter()
            .take_while(|next| next.bullet == sign)
            .count();
        let words = &text[segments[at].at.clone()];
        let short = words.len() <= HEADING && !words.ends_with(['.', '!', '?', ',', ';', ':']);
        let heading = sign.is_some_and(|sign| !matches!(sign, '-' | '•'))
            && alike == 2
            && short
            && !words.contains(['#', '@', '/']);
        section += usize::from(heading);
        for (place, segment) in segments[at..at + alike].iter_mut().enumerate() {
            segment.section = section;
            segment.heading = heading && place == 0;
        }
        at += alike;
    }
}

/// Tagged names at the end of a line: after its last link, hashtag or sentence, nearly all words with capital letters.
fn tail(text: &str) -> Option<Range<usize>> {
    let first = text.lines().next().map_or(0, str::len);
    // Cards stand on lines of their own below the post's words; one-line posts end with the tail.
    let line_ends = [text.len(), first];
    line_ends.into_iter().find_map(|end| {
        let line_start = text[..end].rfind('\n').map_or(0, |at| at + 1);
        let line = &text[line_start..end];
        let last = |found: Option<regex::Match<'_>>| found.map_or(0, |m| m.end());
        let link = last(URL.find_iter(line).last());
        let hashtag = last(HASHTAG.find_iter(line).last());
        let start = line_start + link.max(hashtag);
        (start > line_start && names_only(&text[start..end])).then_some(start..end)
    })
}

fn names_only(words: &str) -> bool {
    let long: Vec<&str> = words
        .split_whitespace()
        .filter(|word| word.chars().count() > 3)
        .collect();
    let capital = |word: &&&str| {
        word.chars()
            .find(|c| c.is_alphabetic())
            .is_some_and(char::is_uppercase)
    };
    let capitals = long.iter().filter(capital).count();
    long.len() >= 2
        && capitals * 4 >= long.len() * 3
        && !words.contains([':', '?', '!'])
        && !words.contains(is_sign)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<(&str, usize)> {
        let parts = Parts::of(text);
        parts
            .segments
            .iter()
            .map(|s| (&text[s.at.clone()], s.section))
            .collect()
    }

    #[test]
    fn sentences_bullets_and_sections() {
        let text = "Take a look: ❇Diaspora❇ In a meeting, no. 3 of AIMA I.P. Lisbon was told. The result: 22. 🤝 By: Portugal ❇Mobility❇ More. See https://x.example/a.b?c Now";
        assert_eq!(
            words(text),
            [
                ("Take a look:", 0),
                ("Diaspora", 1),
                ("In a meeting, no. 3 of AIMA I.P. Lisbon was told.", 1),
                ("The result: 22.", 1),
                ("By: Portugal", 1),
                ("Mobility", 2),
                ("More.", 2),
                ("See https://x.example/a.b?c", 2),
                ("Now", 2),
            ]
        );
    }

    #[test]
    fn points_of_a_list_are_no_headings() {
        let text = "On the agenda: ➡ #a and #b ➡ Strategies ➡ Boosting 🤝 Co-chaired by Egypt\n- one\n- two";
        assert!(
            words(text).iter().all(|(_, section)| *section == 0),
            "{:?}",
            words(text)
        );
        let parts = Parts::of(text);
        assert_eq!(parts.segments[1].bullet, Some('➡'));
        assert_eq!(parts.segments.last().unwrap().bullet, Some('-'));
    }

    #[test]
    fn tagged_names_are_set_apart() {
        let text = "We met. #mobility AIMA I.P. Agência para a Integração, Albert Siaw-Boateng, Marta Feio,";
        let tail = Parts::of(text).tail.unwrap();
        assert!(text[tail].starts_with(" AIMA"));
        assert!(
            Parts::of("We met. #mobility and many more people came to see us")
                .tail
                .is_none()
        );
        assert!(
            Parts::of("We met Marta Feio, Albert Siaw-Boateng")
                .tail
                .is_none()
        );
        assert!(Parts::of("").segments.is_empty());
    }
}
