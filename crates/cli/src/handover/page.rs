//! The page of a pack: one file that asks for nothing from outside and runs nothing.

use askama::Template;
use rapporteur_proto::gateway::v1::Handover;

use super::bars::{self, Bars};
use super::matrix::{Matrix, matrix};
use super::timeline::{Timeline, timeline};
use super::view::{Item, View};

#[derive(Debug, Template)]
#[template(path = "handover.html")]
struct Page<'a> {
    view: &'a View,
    counted: bool,
    responses: Bars,
    implementations: Bars,
    matrices: Vec<Matrix>,
    timeline: Option<Timeline>,
    urgent: Items<'a>,
    open: Items<'a>,
    promised: Items<'a>,
}

/// A table of items.
#[derive(Debug, Template)]
#[template(path = "items.html")]
struct Items<'a> {
    caption: &'static str,
    items: &'a [Item],
    /// Commitments have owners and no response.
    commitments: bool,
}

/// Most items in the table of what is urgent; the whole list is below it.
const URGENT: usize = 15;

pub(super) fn html(handover: &Handover, view: &View) -> Result<String, String> {
    let counts = handover.counts.clone().unwrap_or_default();
    let items = |caption, items, commitments| Items {
        caption,
        items,
        commitments,
    };
    let page = Page {
        counted: counts.addressees > 0,
        responses: bars::responses(&counts),
        implementations: bars::implementations(&counts),
        matrices: handover
            .coverage
            .iter()
            .enumerate()
            .map(|(at, coverage)| matrix(at + 1, coverage, &handover.terms, view.names()))
            .collect(),
        timeline: timeline(handover, view.names()),
        urgent: items(
            "The longest overdue first, then the longest silent",
            view.urgent.get(..URGENT).unwrap_or(&view.urgent),
            false,
        ),
        open: items("Every open item, by name", &view.open, false),
        promised: items(
            "Every commitment that stands, by name",
            &view.promised,
            true,
        ),
        view,
    };
    page.render().map_err(|e| e.to_string())
}
