//! What a pack shows: the answer in words, in the language that was asked for, in a stated order.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use rapporteur_proto::gateway::v1::{
    Due, Handover, HandoverEvent, ItemFlag, OpenItem, Position, Term,
};

use super::names::{Names, Text, direction};
use super::pack::Edition;
use super::{dates, matrix};
use crate::output::guard;
use crate::{name, word};

/// Something that is derived of an item, as a label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Label {
    /// `overdue`: its look.
    pub(super) class: String,
    pub(super) words: String,
}

/// What one says who speaks of an item.
#[derive(Clone, Debug)]
pub(super) struct Voice {
    pub(super) who: String,
    pub(super) says: String,
    pub(super) on: String,
}

/// An addressee or a commitment.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) name: String,
    pub(super) citation: String,
    pub(super) text: Text,
    pub(super) who: String,
    /// How many addressees share the row.
    pub(super) together: usize,
    /// Its post and who holds it; empty when they differ.
    pub(super) post: String,
    pub(super) response: String,
    /// Where it stands; of a commitment its own state.
    pub(super) status: String,
    /// The word of the source for it.
    pub(super) word: String,
    /// What nobody has verified yet.
    pub(super) claimed: String,
    pub(super) due: String,
    pub(super) labels: Vec<Label>,
    pub(super) voices: Vec<Voice>,
    pub(super) score: String,
    pub(super) since: String,
}

/// An event.
#[derive(Clone, Debug)]
pub(super) struct Event {
    pub(super) name: String,
    pub(super) title: Text,
    pub(super) kind: String,
    pub(super) state: String,
    pub(super) days: String,
    pub(super) place: String,
    pub(super) nodes: String,
}

/// A chairmanship.
#[derive(Clone, Debug, Default)]
pub(super) struct Chair {
    pub(super) party: String,
    pub(super) days: String,
    pub(super) priorities: Vec<Text>,
    pub(super) events_held: i32,
    pub(super) adopted: i32,
    pub(super) open: i32,
    pub(super) overdue: i32,
    pub(super) implemented: i32,
    pub(super) not_held: i32,
    /// `from` or `to` of this handover.
    pub(super) role: &'static str,
}

/// Gaps of one kind.
#[derive(Clone, Debug)]
pub(super) struct Gaps {
    pub(super) title: String,
    pub(super) gaps: Vec<Lack>,
}

/// One gap.
#[derive(Clone, Debug)]
pub(super) struct Lack {
    pub(super) name: String,
    pub(super) text: Text,
    pub(super) detail: String,
    pub(super) days: String,
}

/// That a report is due.
#[derive(Clone, Debug)]
pub(super) struct Duty {
    pub(super) day: String,
    pub(super) subject: String,
    /// What the subject is called, where the pack has it.
    pub(super) text: Text,
    pub(super) who: String,
    pub(super) state: String,
}

/// A figure of the summary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Figure {
    pub(super) class: &'static str,
    pub(super) value: String,
    pub(super) label: String,
}

/// The whole pack in words.
#[derive(Clone, Debug)]
pub(super) struct View {
    /// Whether everybody may read it.
    pub(super) public: bool,
    pub(super) title: Text,
    pub(super) dialogue: String,
    pub(super) on: String,
    pub(super) from: Chair,
    pub(super) to: Chair,
    pub(super) figures: Vec<Figure>,
    /// Overdue, silent, disputed or returned, the worst first.
    pub(super) urgent: Vec<Item>,
    /// How many they are: addressees of one text that stand alike share a row.
    pub(super) urgent_items: usize,
    pub(super) open: Vec<Item>,
    pub(super) promised: Vec<Item>,
    pub(super) planned: Vec<Event>,
    pub(super) held: Vec<Event>,
    pub(super) dues: Vec<Duty>,
    pub(super) gaps: Vec<Gaps>,
    pub(super) terms: Vec<Chair>,
    pub(super) positions: String,
    names: Names,
}

impl View {
    pub(super) fn of(handover: &Handover, edition: Edition<'_>) -> Self {
        let asked = edition.language;
        let names = Names::of(&handover.names, asked);
        let empty = Term::default();
        let from = handover.from.as_ref().unwrap_or(&empty);
        let to = handover.to.as_ref().unwrap_or(&empty);
        let mut terms: Vec<Chair> = handover.terms.iter().map(|it| names.chair(it)).collect();
        for (chair, term) in terms.iter_mut().zip(&handover.terms) {
            chair.role = match &term.chairmanship {
                it if *it == from.chairmanship => "from",
                it if *it == to.chairmanship => "to",
                _ => "",
            };
        }
        let items = |items: &[OpenItem]| -> Vec<Item> {
            let mut sorted: Vec<&OpenItem> = items.iter().collect();
            sorted.sort_by(|a, b| a.name.cmp(&b.name));
            sorted.into_iter().map(|it| names.item(it)).collect()
        };
        let mut planned: Vec<&HandoverEvent> = handover.planned.iter().collect();
        planned.sort_by_key(|it| {
            (
                dates::first(&it.start).is_none(),
                dates::first(&it.start),
                it.name.clone(),
            )
        });
        let mut held: Vec<&HandoverEvent> = handover.held.iter().collect();
        held.sort_by_key(|it| (dates::first(&it.start), it.name.clone()));
        let mut dues: Vec<&Due> = handover.dues.iter().collect();
        dues.sort_by_key(|it| {
            (
                dates::first(&it.due),
                it.subject.clone(),
                it.schedule.clone(),
            )
        });
        let urgent = urgent(handover);
        let known: HashMap<&str, &OpenItem> = handover
            .open
            .iter()
            .chain(&handover.promised)
            .map(|it| (it.name.as_str(), it))
            .collect();
        let tag = asked.unwrap_or("en");
        Self {
            public: edition.public,
            title: match names.text(&handover.title) {
                text if text.words.is_empty() => Text {
                    words: names.call(&handover.dialogue),
                    tag: guard::text(tag),
                    dir: direction(tag),
                    ..Text::default()
                },
                text => text,
            },
            dialogue: guard::text(&name::short(&handover.dialogue)),
            on: guard::text(&handover.on),
            from: names.chair(from),
            to: names.chair(to),
            figures: figures(handover, &names),
            urgent: folded(&urgent, &names),
            urgent_items: urgent.len(),
            open: items(&handover.open),
            promised: items(&handover.promised),
            planned: planned.into_iter().map(|it| names.event(it)).collect(),
            held: held.into_iter().map(|it| names.event(it)).collect(),
            dues: dues.into_iter().map(|it| names.duty(it, &known)).collect(),
            gaps: names.gaps(&handover.gaps),
            terms,
            positions: positions(&handover.positions),
            names,
        }
    }

    pub(super) fn names(&self) -> &Names {
        &self.names
    }
}

/// Overdue first, the longest first; then silent, the longest first; then disputed and returned.
fn urgent(handover: &Handover) -> Vec<&OpenItem> {
    const URGENT: [ItemFlag; 4] = [
        ItemFlag::Overdue,
        ItemFlag::NoReport,
        ItemFlag::Disputed,
        ItemFlag::Returned,
    ];
    let mut found: Vec<&OpenItem> = Vec::new();
    let mut known: HashSet<&str> = HashSet::new();
    for item in handover.open.iter().chain(&handover.promised) {
        if item.flags().any(|flag| URGENT.contains(&flag)) && known.insert(&item.name) {
            found.push(item);
        }
    }
    found.sort_by_key(|it| {
        let has = |flag| it.flags().any(|own| own == flag);
        (
            !has(ItemFlag::Overdue),
            Reverse(it.overdue_days.unwrap_or_default()),
            !has(ItemFlag::NoReport),
            Reverse(it.silent_days.unwrap_or_default()),
            it.name.clone(),
        )
    });
    found
}

/// One row for all addressees of a recommendation that stand alike, in the place of the first.
fn folded(items: &[&OpenItem], names: &Names) -> Vec<Item> {
    let mut rows: Vec<Item> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for item in items {
        let mut row = names.item(item);
        if item.recommendation.is_empty() || !row.voices.is_empty() {
            rows.push(row);
            continue;
        }
        let alike = format!(
            "{} {} {} {} {} {:?}",
            item.recommendation, row.response, row.status, row.claimed, row.due, row.labels
        );
        match places.get(&alike).and_then(|at| rows.get_mut(*at)) {
            Some(first) => {
                first.name = guard::text(&name::short(&item.recommendation));
                first.who = format!("{}, {}", first.who, row.who);
                first.together += 1;
                if first.post != row.post {
                    first.post = String::new();
                }
            }
            None => {
                places.insert(alike, rows.len());
                row.together = 1;
                rows.push(row);
            }
        }
    }
    rows
}

fn figures(handover: &Handover, names: &Names) -> Vec<Figure> {
    let counts = handover.counts.clone().unwrap_or_default();
    let flagged = |flag: ItemFlag| {
        let found = counts.flags.iter().filter(|it| it.flag() == flag);
        found.map(|it| it.addressees + it.commitments).sum::<i32>()
    };
    let figure = |class, value: i32, label: &str| Figure {
        // Nothing stands out of nothing.
        class: if value == 0 { "" } else { class },
        value: value.to_string(),
        label: label.to_owned(),
    };
    let mut all = vec![
        figure("", flagged(ItemFlag::Open), "open"),
        figure("overdue", flagged(ItemFlag::Overdue), "overdue"),
        figure(
            "silent",
            flagged(ItemFlag::NoReport),
            "silent: no report yet",
        ),
        figure("", flagged(ItemFlag::Disputed), "disputed"),
        figure("", count(handover.promised.len()), "promised"),
        figure(
            "",
            count(handover.planned.len()),
            if handover.planned.len() == 1 {
                "event planned"
            } else {
                "events planned"
            },
        ),
    ];
    for coverage in &handover.coverage {
        if let Some(level) = matrix::main_level(&coverage.levels) {
            let kind = word::of(level.kind().as_str_name(), "PLAN_NODE_KIND_");
            let plan = names.text(&coverage.title).words;
            all.push(Figure {
                class: "",
                value: format!("{} of {}", level.addressed, level.total),
                label: format!("{kind}s addressed, {plan}"),
            });
        }
    }
    all
}

fn positions(positions: &[Position]) -> String {
    let mut all: Vec<(String, u64)> = positions
        .iter()
        .map(|it| {
            (
                word::of(it.service().as_str_name(), "SERVICE_"),
                it.position,
            )
        })
        .collect();
    all.sort();
    let all: Vec<String> = all
        .into_iter()
        .map(|(service, at)| format!("{service} {at}"))
        .collect();
    all.join(", ")
}

fn count(items: usize) -> i32 {
    i32::try_from(items).unwrap_or(i32::MAX)
}
