//! Links, verbatim, and what the text says they lead to. Nothing is fetched.

use std::ops::Range;

use super::{MOST, Page};
use crate::proposal::{Evidence, Link};
use crate::segment::{HASHTAG, URL};
use crate::words::patterns;

/// A link that was found; its event is found later.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) at: Range<usize>,
    pub(crate) link: Link,
    pub(crate) evidence: Evidence,
}

patterns! {
    /// A mirror that spells the address of the page in hex.
    MIRROR = r"^https?://[^/]+/url-(?P<hex>(?:[0-9a-f]{2}){8,500})(?P<rest>/[^\s]*)?$";
    /// What stands between the words of a label and the link.
    JOINT = r"[\s:>\-(]+$";
}

/// Longest label.
const LABEL: usize = 200;

/// Every link of the text, once.
pub(crate) fn find(page: &Page<'_>) -> Vec<Found> {
    let text = page.text();
    let mut found: Vec<Found> = Vec::new();
    for link in URL.find_iter(text) {
        let url = bare(link.as_str());
        let at = link.start()..link.start() + url.len();
        // Verbatim: what the reading view changes, a link does not have.
        let url = page.view.words(&at).to_owned();
        if found.len() < MOST && !found.iter().any(|other| other.link.url == url) {
            found.push(Found {
                evidence: page.evidence("link", 1.0, &at),
                link: Link {
                    resolved: resolved(&url).unwrap_or_default(),
                    title: label(page, at.start),
                    url,
                    event: String::new(),
                },
                at,
            });
        }
    }
    found
}

/// A link without the punctuation of the sentence around it.
fn bare(url: &str) -> &str {
    let mut url = url.trim_end_matches(['.', ',', ';', ':', '!', '?', '"', '\'', '…']);
    while let Some(inner) = url
        .strip_suffix(')')
        .filter(|_| url.matches('(').count() < url.matches(')').count())
    {
        url = inner.trim_end_matches(['.', ',']);
    }
    url
}

/// The words before the link, in its sentence.
fn label(page: &Page<'_>, at: usize) -> String {
    let Some(segment) = page
        .parts
        .segments
        .get(page.parts.index(at))
        .filter(|segment| segment.at.contains(&at))
    else {
        return String::new();
    };
    let before = &page.text()[segment.at.start..at];
    // A link before this one has taken the words before it; hashtags and brackets end what came before the label.
    let link = URL.find_iter(before).last().map_or(0, |link| link.end());
    // A tag inside a sentence ends nothing.
    let tag = HASHTAG
        .find_iter(before)
        .last()
        .map(|tag| tag.end())
        .filter(|end| before[*end..].trim_start().starts_with(char::is_uppercase))
        .unwrap_or(0);
    let bracket = before.rfind(") ").map_or(0, |at| at + 1);
    let rest = |from: usize| before[from..].chars().filter(|c| c.is_alphabetic()).count() > 8;
    let start = [link, tag, bracket]
        .into_iter()
        .filter(|from| *from == link || rest(*from))
        .max()
        .unwrap_or(0);
    let words = super::trimmed(before, start..before.len());
    let words = words.start
        ..words.start
            + JOINT
                .find(&before[words.clone()])
                .map_or(words.len(), |joint| joint.start());
    let label = page
        .view
        .words(&(segment.at.start + words.start..segment.at.start + words.end))
        .trim()
        .to_owned();
    if label.len() <= LABEL {
        label
    } else {
        String::new()
    }
}

fn resolved(url: &str) -> Option<String> {
    let mirror = MIRROR.captures(url)?;
    let hex = mirror.name("hex")?.as_str();
    let bytes: Option<Vec<u8>> = (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok())
        .collect();
    let address = String::from_utf8(bytes?).ok()?;
    let plain = address.starts_with("http")
        && address.is_ascii()
        && !address.contains(|c: char| c.is_control() || c == ' ');
    let rest = mirror
        .name("rest")
        .map_or("", |rest| rest.as_str())
        .trim_start_matches('/');
    plain.then(|| {
        if rest.is_empty() {
            address.clone()
        } else {
            format!("{}/{rest}", address.trim_end_matches('/'))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn punctuation_is_the_sentences_and_brackets_the_links() {
        assert_eq!(bare("https://a.example/x)."), "https://a.example/x");
        assert_eq!(bare("https://a.example/x_(y)"), "https://a.example/x_(y)");
    }

    #[test]
    fn mirrors_say_where_they_lead() {
        let url =
            "https://meilu.jpshuntong.com/url-68747470733a2f2f7777772e726566776f726c642e6f7267/";
        assert_eq!(resolved(url).as_deref(), Some("https://www.refworld.org"));
        assert_eq!(resolved("https://lnkd.in/gcsrDb2g"), None);
        assert_eq!(resolved("https://m.example/url-ffffffffffffffffff/"), None);
    }
}
