//! Points of an agenda: the bullets behind "On the agenda:".

use std::ops::Range;

use super::Page;
use crate::proposal::AgendaItem;
use crate::words::{kinds, patterns};

patterns! {
    LEAD = kinds::AGENDA;
}

/// Most points of one agenda.
const POINTS: usize = 50;

/// The points, each with its place.
pub(crate) fn find(page: &Page<'_>) -> Vec<(Range<usize>, AgendaItem)> {
    let segments = &page.parts.segments;
    let mut found = Vec::new();
    for (place, lead) in segments.iter().enumerate() {
        if !LEAD.is_match(page.words(lead)) {
            continue;
        }
        let Some(sign) = segments.get(place + 1).and_then(|first| first.bullet) else {
            continue;
        };
        let points = segments[place + 1..]
            .iter()
            .take_while(|point| point.bullet == Some(sign));
        for point in points.take(POINTS) {
            let title = page.view.words(&point.at).trim().to_owned();
            found.push((
                point.at.clone(),
                AgendaItem {
                    title,
                    evidence: page.evidence("agenda-bullets", 0.85, &point.at),
                },
            ));
        }
    }
    found
}
