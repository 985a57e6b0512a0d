//! What a pack shows: the answer in words, in the language that was asked for, in a stated order.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use rapporteur_proto::gateway::v1::{
    Due, Gap, Handover, HandoverEvent, ItemFlag, OpenItem, Position, Term,
};
use rapporteur_proto::r#type::v1::LocalizedText;

use super::dates;
use crate::output::guard;
use crate::{language, name, word};

/// A text, with its language and direction.
#[derive(Clone, Debug, Default, PartialEq, Eq, askama::Template)]
#[template(
    ext = "html",
    source = r#"<span{% if !tag.is_empty() %} lang="{{ tag }}" dir="{{ dir }}"{% endif %}>{{ words }}</span>{% if !marks.is_empty() %} <small class="mark">{{ marks }}</small>{% endif %}"#
)]
pub(super) struct Text {
    pub(super) words: String,
    pub(super) tag: String,
    pub(super) dir: &'static str,
    /// What a reader should know: another language than asked, a machine's work, out of date.
    pub(super) marks: String,
}

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
    /// Its post and who holds it.
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
    pub(super) nodes: String,
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
    pub(super) state: String,
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
    pub(super) language: String,
    pub(super) dir: &'static str,
    pub(super) title: Text,
    pub(super) dialogue: String,
    pub(super) on: String,
    pub(super) from: Chair,
    pub(super) to: Chair,
    pub(super) figures: Vec<Figure>,
    /// Overdue, silent, disputed or returned, the worst first.
    pub(super) urgent: Vec<Item>,
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

/// How to call records.
#[derive(Clone, Debug)]
pub(super) struct Names {
    asked: Option<String>,
    titles: HashMap<String, String>,
}

impl Names {
    /// The title of a record; its short name where there is none.
    pub(super) fn call(&self, name: &str) -> String {
        let title = self.titles.get(name).cloned();
        title.unwrap_or_else(|| guard::text(&name::short(name)))
    }

    fn all(&self, names: &[String]) -> String {
        let called: Vec<String> = names.iter().map(|name| self.call(name)).collect();
        called.join(", ")
    }

    /// A text in the language that was asked for.
    pub(super) fn text(&self, text: &Option<LocalizedText>) -> Text {
        let picked = text
            .as_ref()
            .and_then(|text| language::pick(text, self.asked.as_deref()));
        picked.map_or_else(Text::default, |picked| Text {
            words: guard::text(picked.words),
            tag: guard::text(picked.tag),
            dir: direction(picked.tag),
            marks: guard::text(&picked.marks().join(", ")),
        })
    }
}

fn direction(tag: &str) -> &'static str {
    if language::right_to_left(tag) {
        "rtl"
    } else {
        "ltr"
    }
}

impl View {
    pub(super) fn of(handover: &Handover, asked: Option<&str>) -> Self {
        let mut names = Names {
            asked: asked.map(str::to_owned),
            titles: HashMap::new(),
        };
        for record in &handover.names {
            let title = names.text(&record.title).words;
            if !title.is_empty() {
                names.titles.insert(record.name.clone(), title);
            }
        }
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
        let tag = asked.unwrap_or("en");
        Self {
            // The words of the page itself are English; each text of the record says its own language.
            language: "en".to_owned(),
            dir: "ltr",
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
            urgent: urgent(handover)
                .into_iter()
                .map(|it| names.item(it))
                .collect(),
            open: items(&handover.open),
            promised: items(&handover.promised),
            planned: planned.into_iter().map(|it| names.event(it)).collect(),
            held: held.into_iter().map(|it| names.event(it)).collect(),
            dues: dues.into_iter().map(|it| names.duty(it)).collect(),
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

impl Names {
    fn chair(&self, term: &Term) -> Chair {
        Chair {
            party: self.call(&term.party),
            days: span(&dates::shown(&term.start), &dates::shown(&term.end)),
            state: word::of(term.state().as_str_name(), "CHAIRMANSHIP_STATE_")
                .replace("unspecified", ""),
            priorities: term
                .priorities
                .iter()
                .map(|it| self.text(&Some(it.clone())))
                .collect(),
            events_held: term.events_held,
            adopted: term.recommendations_adopted,
            open: term.open,
            overdue: term.overdue,
            implemented: term.implemented,
            not_held: term.not_held,
            role: "",
        }
    }

    pub(super) fn item(&self, item: &OpenItem) -> Item {
        let own = item.commitment_state() as i32 != 0;
        let implementation = implementation(item.implementation().as_str_name());
        let post = match (item.post.is_empty(), item.holder.is_empty()) {
            (true, _) => "No post answers for it".to_owned(),
            (false, true) => format!("{}, vacant", self.call(&item.post)),
            (false, false) => format!("{}, {}", self.call(&item.post), self.call(&item.holder)),
        };
        let voice = |it: &rapporteur_proto::gateway::v1::Standpoint| Voice {
            who: match it.party.is_empty() {
                true => sentence(it.voice().as_str_name(), "VOICE_"),
                false => format!(
                    "{} ({})",
                    self.call(&it.party),
                    word::of(it.voice().as_str_name(), "VOICE_").replace('-', " ")
                ),
            },
            says: quoted(self::implementation(it.status().as_str_name()), &it.word),
            on: guard::text(&dates::shown(&it.date)),
        };
        Item {
            name: guard::text(&name::short(&item.name)),
            citation: guard::text(&item.citation),
            text: self.text(&item.text),
            who: self.all(&item.parties),
            post,
            response: sentence(item.response().as_str_name(), "RESPONSE_"),
            status: if own {
                sentence(item.commitment_state().as_str_name(), "COMMITMENT_STATE_")
            } else {
                implementation
            },
            word: guard::text(&item.word),
            claimed: sentence(item.claimed().as_str_name(), "IMPLEMENTATION_"),
            due: guard::text(&dates::shown(&item.due)),
            labels: labels(item),
            voices: item.standpoints.iter().map(voice).collect(),
            score: item.score.map(|it| format!("{it:.2}")).unwrap_or_default(),
            since: guard::text(&dates::shown(&item.since)),
            nodes: shorts(&item.plan_nodes),
        }
    }

    fn event(&self, event: &HandoverEvent) -> Event {
        let place = event.place.clone().unwrap_or_default();
        let place = [place.name, place.country_code]
            .into_iter()
            .filter(|it| !it.is_empty())
            .collect::<Vec<_>>();
        Event {
            name: guard::text(&name::short(&event.name)),
            title: self.text(&event.title),
            kind: sentence(event.kind().as_str_name(), "EVENT_KIND_"),
            state: sentence(event.state().as_str_name(), "EVENT_STATE_"),
            days: span(&dates::shown(&event.start), &dates::shown(&event.end)),
            place: guard::text(&place.join(", ")),
            nodes: shorts(&event.plan_nodes),
        }
    }

    fn duty(&self, due: &Due) -> Duty {
        let state = match (due.report.is_empty(), due.late_days) {
            (true, Some(days)) => format!("Overdue, {}", days_of(days)),
            (true, None) => "To come".to_owned(),
            (false, Some(days)) => format!("Reported, {} late", days_of(days)),
            (false, None) => "Reported".to_owned(),
        };
        Duty {
            day: guard::text(&dates::shown(&due.due)),
            subject: guard::text(&name::short(&due.subject)),
            who: self.all(&due.parties),
            state,
        }
    }

    fn gaps(&self, gaps: &[Gap]) -> Vec<Gaps> {
        let mut by_kind: BTreeMap<i32, Vec<&Gap>> = BTreeMap::new();
        for gap in gaps {
            by_kind.entry(gap.kind).or_default().push(gap);
        }
        let lack = |gap: &Gap| Lack {
            name: guard::text(&name::short(&gap.name)),
            text: self.text(&gap.text),
            detail: guard::text(
                &[gap.detail.as_str(), &gap.field, &gap.language]
                    .into_iter()
                    .filter(|it| !it.is_empty())
                    .collect::<Vec<_>>()
                    .join(" · "),
            ),
            days: gap.days.map(days_of).unwrap_or_default(),
        };
        let group = |mut gaps: Vec<&Gap>| {
            gaps.sort_by(|a, b| {
                (&a.name, &a.field, &a.language).cmp(&(&b.name, &b.field, &b.language))
            });
            Gaps {
                title: gaps
                    .first()
                    .map(|it| sentence(it.kind().as_str_name(), "GAP_KIND_"))
                    .unwrap_or_default(),
                gaps: gaps.into_iter().map(lack).collect(),
            }
        };
        by_kind.into_values().map(group).collect()
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
    for item in handover.open.iter().chain(&handover.promised) {
        let known = found.iter().any(|it| it.name == item.name);
        if !known && item.flags().any(|flag| URGENT.contains(&flag)) {
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

fn figures(handover: &Handover, names: &Names) -> Vec<Figure> {
    let counts = handover.counts.clone().unwrap_or_default();
    let flagged = |flag: ItemFlag| {
        let found = counts.flags.iter().filter(|it| it.flag() == flag);
        found.map(|it| it.addressees + it.commitments).sum::<i32>()
    };
    let figure = |class, value: i32, label: &str| Figure {
        class,
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
        figure("", count(handover.planned.len()), "events planned"),
    ];
    for coverage in &handover.coverage {
        // Objectives where the plan has them, its deepest level otherwise.
        let objective = rapporteur_proto::events::v1::PlanNodeKind::Objective;
        let level = coverage.levels.iter().find(|it| it.kind() == objective);
        if let Some(level) = level.or(coverage.levels.last()) {
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

/// What stands out of an item: the words say it, the look only underlines it.
fn labels(item: &OpenItem) -> Vec<Label> {
    let mut flags: Vec<ItemFlag> = item.flags().collect();
    flags.sort_by_key(|flag| *flag as i32);
    let mut found = Vec::new();
    for flag in flags {
        let words = match flag {
            ItemFlag::Unspecified | ItemFlag::Open => continue,
            ItemFlag::Overdue => match item.overdue_days {
                Some(days) => format!("Overdue {}", days_of(days)),
                None => "Overdue".to_owned(),
            },
            ItemFlag::NoReport => match item.silent_days {
                Some(days) => format!("Silent {}", days_of(days)),
                None => "Silent".to_owned(),
            },
            ItemFlag::Orphaned => "Nobody answers".to_owned(),
            other => sentence(other.as_str_name(), "ITEM_FLAG_"),
        };
        found.push(Label {
            class: word::of(flag.as_str_name(), "ITEM_FLAG_"),
            words,
        });
    }
    found
}

/// `IMPLEMENTATION_IN_PROGRESS` as `In progress`; nothing of what is not stated.
pub(super) fn sentence(name: &str, prefix: &str) -> String {
    let words = word::of(name, prefix).replace('-', " ");
    if words == "unspecified" || words == "none" {
        return String::new();
    }
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

/// How far something is; that nothing is known is said.
pub(super) fn implementation(name: &str) -> String {
    match sentence(name, "IMPLEMENTATION_") {
        words if words.is_empty() => "Nothing verified".to_owned(),
        words => words,
    }
}

fn quoted(words: String, original: &str) -> String {
    if original.is_empty() {
        words
    } else {
        format!("{words} (“{}”)", guard::text(original))
    }
}

fn shorts(names: &[String]) -> String {
    let all: Vec<String> = names
        .iter()
        .map(|it| guard::text(&name::short(it)))
        .collect();
    all.join(", ")
}

pub(super) fn span(start: &str, end: &str) -> String {
    let words = match (start, end) {
        ("", "") => String::new(),
        (start, end) if end.is_empty() || start == end => start.to_owned(),
        ("", end) => format!("until {end}"),
        (start, end) => format!("{start} to {end}"),
    };
    guard::text(&words)
}

pub(super) fn days_of(days: i32) -> String {
    if days == 1 {
        "1 day".to_owned()
    } else {
        format!("{days} days")
    }
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
