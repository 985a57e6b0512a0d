//! Bars: how many addressees answer so, and are so far.

use askama::Template;
use rapporteur_proto::gateway::v1::CountItemsResponse;
use rapporteur_proto::recommendations::v1::{Implementation, Response};

use super::words::{implementation, sentence};

/// Height of a row.
const ROW: usize = 30;
/// Where bars begin, and how long the longest may be.
const LEFT: usize = 160;
const LENGTH: usize = 240;

/// One picture of bars.
#[derive(Clone, Debug, Template)]
#[template(path = "bars.html")]
pub(super) struct Bars {
    id: &'static str,
    title: &'static str,
    /// The same in words, for those who do not see it.
    summary: String,
    height: usize,
    bars: Vec<Bar>,
}

#[derive(Clone, Debug)]
struct Bar {
    label: String,
    /// Nothing is known of these: the bar is hatched, not filled.
    silent: bool,
    y: usize,
    middle: usize,
    length: usize,
    /// `12 (40 %)`.
    figure: String,
    figure_x: usize,
}

/// What addressees answer.
pub(super) fn responses(counts: &CountItemsResponse) -> Bars {
    let rows = (1..=6)
        .filter_map(|number| Response::try_from(number).ok())
        .map(|response| {
            let label = match response {
                Response::None => "No answer".to_owned(),
                other => sentence(other.as_str_name(), "RESPONSE_"),
            };
            let found = counts
                .responses
                .iter()
                .filter(|it| it.response() == response);
            (
                label,
                response == Response::None,
                found.map(|it| it.count).sum(),
            )
        })
        .collect();
    drawn("responses", "What addressees answer", rows)
}

/// How far they are, as verified.
pub(super) fn implementations(counts: &CountItemsResponse) -> Bars {
    let rows = (1..=8)
        .filter_map(|number| Implementation::try_from(number).ok())
        .map(|status| {
            let found = counts
                .implementations
                .iter()
                .filter(|it| it.implementation() == status);
            (
                implementation(status.as_str_name()),
                status == Implementation::None,
                found.map(|it| it.count).sum(),
            )
        })
        .collect();
    drawn("implementations", "How far they are, as verified", rows)
}

fn drawn(id: &'static str, title: &'static str, rows: Vec<(String, bool, i32)>) -> Bars {
    let number = |count: i32| usize::try_from(count).unwrap_or_default();
    let total: usize = rows.iter().map(|(.., count)| number(*count)).sum();
    let most = rows
        .iter()
        .map(|(.., count)| number(*count))
        .max()
        .unwrap_or_default();
    let words: Vec<String> = rows
        .iter()
        .map(|(label, _, count)| format!("{label} {count}"))
        .collect();
    let bars = rows
        .into_iter()
        .enumerate()
        .map(|(at, (label, silent, count))| {
            let count = number(count);
            // A bar that is there is seen, however short.
            let length = match count * LENGTH / most.max(1) {
                short if count > 0 => short.max(2),
                _ => 0,
            };
            Bar {
                label,
                silent,
                y: at * ROW + 5,
                middle: at * ROW + ROW / 2 + 5,
                length,
                figure: match (count * 100 + total / 2).checked_div(total) {
                    Some(percent) if count > 0 => format!("{count} ({percent} %)"),
                    _ => count.to_string(),
                },
                figure_x: LEFT + length + 8,
            }
        });
    let bars: Vec<Bar> = bars.collect();
    Bars {
        id,
        title,
        summary: format!("{total} addressees. {}.", words.join(", ")),
        height: bars.len() * ROW + 4,
        bars,
    }
}

#[cfg(test)]
mod tests {
    use rapporteur_proto::gateway::v1::ImplementationCount;

    use super::*;

    #[test]
    fn bars_are_to_scale_and_silence_is_its_own() {
        let count = |implementation: Implementation, count| ImplementationCount {
            implementation: implementation.into(),
            count,
        };
        let counts = CountItemsResponse {
            implementations: vec![
                count(Implementation::None, 200),
                count(Implementation::Implemented, 100),
                count(Implementation::Stalled, 1),
            ],
            ..Default::default()
        };
        let drawn = implementations(&counts);
        let found = |label: &str| drawn.bars.iter().find(|bar| bar.label == label).unwrap();
        assert_eq!(found("Nothing verified").length, LENGTH);
        assert!(found("Nothing verified").silent && !found("Implemented").silent);
        assert_eq!(found("Implemented").length, LENGTH / 2);
        assert_eq!(found("Implemented").figure, "100 (33 %)");
        assert_eq!((found("Stalled").length, found("Planned").length), (2, 0));
        assert!(drawn.summary.starts_with("301 addressees."));
    }
}
