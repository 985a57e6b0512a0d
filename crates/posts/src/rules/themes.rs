//! Hashtags, and the themes that they mean. A hashtag that the vocabulary does not know stays a hashtag: names of
//! people are tagged too.

use std::ops::Range;

use super::Page;
use crate::proposal::{Evidence, Theme};
use crate::segment::HASHTAG;

/// A hashtag that means a theme.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) at: Range<usize>,
    pub(crate) theme: Theme,
    pub(crate) evidence: Evidence,
}

/// Most hashtags that a post is asked for; the record holds no more.
const HASHTAGS: usize = 500;

/// Every hashtag as written, once by each spelling; and each theme once, where it is first tagged.
pub(crate) fn find(page: &Page<'_>) -> (Vec<String>, Vec<Found>) {
    let mut hashtags: Vec<String> = Vec::new();
    let mut themes: Vec<Found> = Vec::new();
    for tag in HASHTAG.find_iter(page.text()).take(HASHTAGS) {
        let at = tag.range();
        let written = page.view.words(&(at.start + 1..at.end)).to_owned();
        if let Some(code) = page.vocabulary.theme(&tag.as_str()[1..])
            && !themes.iter().any(|found| found.theme.theme == code)
        {
            themes.push(Found {
                theme: Theme {
                    theme: code.to_owned(),
                    hashtag: written.clone(),
                    event: String::new(),
                },
                evidence: page.evidence("hashtag", 0.9, &at),
                at,
            });
        }
        if !hashtags.contains(&written) {
            hashtags.push(written);
        }
    }
    (hashtags, themes)
}
