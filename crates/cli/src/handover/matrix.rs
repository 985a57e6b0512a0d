//! Matrix: nodes of a plan against chairmanships, or years where there are none.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use jiff::civil::Date;
use rapporteur_proto::events::v1::PlanNodeKind;
use rapporteur_proto::gateway::v1::{Coverage, CoverageLevel, CoverageNode, CoverageProof, Term};
use rapporteur_proto::r#type::v1::PlanLinkKind;

use super::dates;
use super::names::{Names, Text};
use crate::output::guard;
use crate::word;

const ROW: usize = 26;
const HEAD: usize = 52;
/// Width of the labels of rows.
const LEFT: usize = 450;
/// Room for the columns; each has its share.
const RIGHT: usize = 510;
/// More rows than this leave the deepest kind of node out, more columns the earliest.
const ROWS: usize = 60;
const COLUMNS: usize = 8;
/// Letters of a label that fit.
const LETTERS: usize = 63;

/// Coverage of one plan, drawn.
#[derive(Clone, Debug, Template)]
#[template(path = "matrix.html")]
pub(super) struct Matrix {
    id: String,
    pub(super) title: String,
    /// The same in words, for those who do not see it.
    summary: String,
    /// What is left out.
    pub(super) note: String,
    height: usize,
    columns: Vec<Column>,
    /// What is counted in the last row: `objectives addressed`; empty where nobody counted.
    foot: String,
    foot_middle: usize,
    rows: Vec<Row>,
    /// Nodes that nothing addresses, for the list beside the picture.
    pub(super) never: Vec<String>,
}

#[derive(Clone, Debug)]
struct Column {
    x: usize,
    above: String,
    below: String,
    /// The whole of what is above.
    full: String,
    /// `3 of 10` in this period; empty where nobody counted.
    addressed: String,
}

#[derive(Clone, Debug)]
struct Row {
    y: usize,
    middle: usize,
    x: usize,
    /// Of the highest of several levels: set in bold.
    strong: bool,
    /// Nothing addresses it.
    never: bool,
    code: String,
    label: String,
    right_to_left: bool,
    /// The whole text.
    full: String,
    cells: Vec<Cell>,
}

#[derive(Clone, Debug)]
struct Cell {
    x: usize,
    left: usize,
    top: usize,
    /// `addressed`, `planned` or nothing.
    class: &'static str,
    count: usize,
    words: String,
}

/// One column: what it is called, and which days it has.
#[derive(Clone, Debug)]
struct Period {
    /// The chairmanship or the year.
    key: String,
    above: String,
    below: String,
    first: Date,
    /// Open when it has not ended.
    last: Option<Date>,
}

pub(super) fn matrix(at: usize, coverage: &Coverage, terms: &[Term], names: &Names) -> Matrix {
    let kinds: BTreeSet<i32> = coverage.nodes.iter().map(|node| node.kind).collect();
    let mut shown: Vec<&CoverageNode> = coverage.nodes.iter().collect();
    let mut notes = Vec::new();
    for kind in kinds.iter().rev() {
        if shown.len() <= ROWS || shown.iter().all(|node| node.kind == *kind) {
            break;
        }
        shown.retain(|node| node.kind != *kind);
        let kind = PlanNodeKind::try_from(*kind).unwrap_or_default();
        let kind = word::of(kind.as_str_name(), "PLAN_NODE_KIND_");
        notes.push(format!("Nodes of kind {kind} are left out of the picture."));
    }
    let mut periods = periods(coverage, terms, names);
    // Terms before anything was done about the plan say nothing.
    let idle = periods
        .iter()
        .take_while(|period| !shown.iter().any(|node| cell(node, period, 15, 0).count > 0))
        .count();
    if idle < periods.len() {
        periods.drain(..idle);
    }
    if periods.len() > COLUMNS {
        let cut = periods.len() - COLUMNS;
        periods.drain(..cut);
        notes.push(match cut {
            1 => "The earliest column is left out of the picture.".to_owned(),
            cut => format!("The {cut} earliest columns are left out of the picture."),
        });
    }
    let width = RIGHT / periods.len().max(1);
    let x = |column: usize| LEFT + column * width + width / 2;
    let depth: Vec<i32> = shown
        .iter()
        .map(|node| node.kind)
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    let row = |(at, node): (usize, &&CoverageNode)| {
        let text = called(node, names);
        let indent = depth
            .iter()
            .position(|kind| *kind == node.kind)
            .unwrap_or_default()
            * 14;
        let y = HEAD + at * ROW;
        let strong = depth.len() > 1 && depth.first() == Some(&node.kind);
        // Bold letters are wider, and so are marks.
        let wide = if strong { LETTERS / 8 } else { 0 } + if node.addressed { 0 } else { 4 };
        let letters = LETTERS.saturating_sub(indent / 6 + wide);
        let code = guard::text(&node.code);
        Row {
            y,
            middle: y + ROW / 2 + 4,
            x: indent + 4,
            strong,
            never: !node.addressed,
            label: short(&text.words, letters.saturating_sub(code.chars().count())),
            full: format!("{code} {}", text.words),
            right_to_left: text.dir == "rtl",
            code,
            cells: periods
                .iter()
                .enumerate()
                .map(|(column, period)| cell(node, period, x(column), y))
                .collect(),
        }
    };
    let rows: Vec<Row> = shown.iter().enumerate().map(row).collect();
    let addressed = coverage.nodes.iter().filter(|node| node.addressed).count();
    let title = names.text(&coverage.title).words;
    let level = main_level(&coverage.levels);
    let counted = level.map(|level| level.kind).unwrap_or_default();
    let foot = match level {
        Some(level) if !coverage.groups.is_empty() => {
            let kind = word::of(level.kind().as_str_name(), "PLAN_NODE_KIND_");
            format!("{kind}s addressed in the term")
        }
        _ => String::new(),
    };
    Matrix {
        id: format!("matrix-{at}"),
        summary: format!(
            "{addressed} of {} nodes are addressed. Each row is a node, each column a period; a filled square \
             tells how many records addressed the node in the period, a dashed one how many plan to.",
            coverage.nodes.len()
        ),
        title: if title.is_empty() {
            names.call(&coverage.plan)
        } else {
            title
        },
        note: notes.join(" "),
        height: HEAD + (rows.len() + usize::from(!foot.is_empty())) * ROW + 8,
        foot_middle: HEAD + rows.len() * ROW + ROW / 2 + 6,
        foot,
        columns: periods
            .iter()
            .enumerate()
            .map(|(column, period)| Column {
                x: x(column),
                above: short(&period.above, width * 2 / 15),
                full: period.above.clone(),
                below: period.below.clone(),
                addressed: in_period(coverage, period, counted),
            })
            .collect(),
        rows,
        never: coverage
            .nodes
            .iter()
            .filter(|node| !node.addressed)
            .map(|node| {
                let planned = if node.planned { " (planned)" } else { "" };
                let text = called(node, names).words;
                format!("{} {text}{planned}", guard::text(&node.code))
            })
            .collect(),
    }
}

/// The text of a node; what it is where nobody recorded one.
fn called(node: &CoverageNode, names: &Names) -> Text {
    let text = names.text(&node.text);
    if text.words.is_empty() {
        return Text {
            words: format!(
                "({}, no text recorded)",
                word::of(node.kind().as_str_name(), "PLAN_NODE_KIND_")
            ),
            ..text
        };
    }
    text
}

/// Objectives where the plan has them, its deepest level otherwise.
pub(super) fn main_level(levels: &[CoverageLevel]) -> Option<&CoverageLevel> {
    let objectives = levels
        .iter()
        .find(|level| level.kind() == PlanNodeKind::Objective);
    objectives.or(levels.last())
}

/// `3 of 10`, as the gateway counted for this period alone.
fn in_period(coverage: &Coverage, period: &Period, kind: i32) -> String {
    let group = coverage.groups.iter().find(|it| it.key == period.key);
    group
        .and_then(|group| group.levels.iter().find(|level| level.kind == kind))
        .map(|level| format!("{} of {}", level.addressed, level.total))
        .unwrap_or_default()
}

/// The terms whose days are known; the years of the links where there is none.
fn periods(coverage: &Coverage, terms: &[Term], names: &Names) -> Vec<Period> {
    let mut found: Vec<Period> = terms
        .iter()
        .filter_map(|term| {
            let first = dates::first(&term.start)?;
            let last = dates::last(&term.end);
            let below = match last {
                Some(last) if last.year() != first.year() => {
                    format!("{}–{:02}", first.year(), last.year() % 100)
                }
                _ => first.year().to_string(),
            };
            Some(Period {
                key: term.chairmanship.clone(),
                above: names.call(&term.party),
                below,
                first,
                last,
            })
        })
        .collect();
    if found.is_empty() {
        let links = coverage.nodes.iter().flat_map(|node| &node.proof);
        let years: BTreeSet<i16> = links
            .filter_map(|link| Some(dates::first(&link.date)?.year()))
            .collect();
        found = years
            .into_iter()
            .filter_map(|year| {
                Some(Period {
                    key: year.to_string(),
                    above: String::new(),
                    below: year.to_string(),
                    first: Date::new(year, 1, 1).ok()?,
                    last: Date::new(year, 12, 31).ok(),
                })
            })
            .collect();
    }
    found.sort_by_key(|period| period.first);
    // A term that has no last day ends where the next begins.
    let starts: Vec<Date> = found.iter().map(|period| period.first).collect();
    for (at, period) in found.iter_mut().enumerate() {
        let next = starts.get(at + 1).and_then(|next| next.yesterday().ok());
        period.last = period.last.or(next);
    }
    found
}

fn cell(node: &CoverageNode, period: &Period, x: usize, y: usize) -> Cell {
    let mut records: BTreeMap<i32, BTreeSet<&str>> = BTreeMap::new();
    let within = |link: &&CoverageProof| {
        dates::first(&link.date)
            .is_some_and(|day| period.first <= day && period.last.is_none_or(|last| day <= last))
    };
    for link in node.proof.iter().filter(within) {
        records.entry(link.kind).or_default().insert(&link.name);
    }
    let count = |kind: PlanLinkKind| {
        let found = records.get(&i32::from(kind));
        found.map_or(0, BTreeSet::len)
    };
    let (class, count) = match (count(PlanLinkKind::Addressed), count(PlanLinkKind::Planned)) {
        (0, 0) => ("", 0),
        (0, planned) => ("planned", planned),
        (addressed, _) => ("addressed", addressed),
    };
    Cell {
        x,
        left: x - 15,
        top: y + 3,
        class,
        count,
        words: format!(
            "{} in {} {}: {class} by {count}",
            guard::text(&node.code),
            period.above,
            period.below
        ),
    }
}

/// The first letters of a text that is too long.
pub(super) fn short(text: &str, letters: usize) -> String {
    if text.chars().count() <= letters {
        return text.to_owned();
    }
    let cut: String = text.chars().take(letters.saturating_sub(1)).collect();
    format!("{}…", cut.trim_end())
}

#[cfg(test)]
mod tests;
