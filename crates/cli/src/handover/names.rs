//! How records are called, and each part of an answer in words.

use std::collections::{BTreeMap, HashMap};

use rapporteur_proto::gateway::v1::{
    Due, Gap, HandoverEvent, ItemFlag, NamedRecord, OpenItem, Standpoint, Term,
};
use rapporteur_proto::recommendations::v1::Response;
use rapporteur_proto::r#type::v1::LocalizedText;

use super::dates;
use super::view::{Chair, Duty, Event, Gaps, Item, Label, Lack, Voice};
use super::words::{days_of, implementation, quoted, sentence, shorts, span};
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

/// How to call records.
#[derive(Clone, Debug)]
pub(super) struct Names {
    asked: Option<String>,
    titles: HashMap<String, String>,
}

impl Names {
    pub(super) fn of(records: &[NamedRecord], asked: Option<&str>) -> Self {
        let mut names = Self {
            asked: asked.map(str::to_owned),
            titles: HashMap::new(),
        };
        for record in records {
            let title = names.text(&record.title).words;
            if !title.is_empty() {
                names.titles.insert(record.name.clone(), title);
            }
        }
        names
    }

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

pub(super) fn direction(tag: &str) -> &'static str {
    if language::right_to_left(tag) {
        "rtl"
    } else {
        "ltr"
    }
}

impl Names {
    pub(super) fn chair(&self, term: &Term) -> Chair {
        Chair {
            party: self.call(&term.party),
            days: span(&dates::shown(&term.start), &dates::shown(&term.end)),
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
        let verified = implementation(item.implementation().as_str_name());
        let post = match (item.post.is_empty(), item.holder.is_empty()) {
            (true, _) => "No post answers for it".to_owned(),
            (false, true) => format!("{}, vacant", self.call(&item.post)),
            (false, false) => format!("{}, {}", self.call(&item.post), self.call(&item.holder)),
        };
        let voice = |it: &Standpoint| Voice {
            who: match it.party.is_empty() {
                true => sentence(it.voice().as_str_name(), "VOICE_"),
                false => format!(
                    "{} ({})",
                    self.call(&it.party),
                    word::of(it.voice().as_str_name(), "VOICE_").replace('-', " ")
                ),
            },
            says: quoted(implementation(it.status().as_str_name()), &it.word),
            on: guard::text(&dates::shown(&it.date)),
        };
        Item {
            name: guard::text(&name::short(&item.name)),
            citation: guard::text(&item.citation),
            text: self.text(&item.text),
            who: self.all(&item.parties),
            together: 1,
            post,
            response: match item.response() {
                Response::None => "No answer".to_owned(),
                other => sentence(other.as_str_name(), "RESPONSE_"),
            },
            status: if own {
                sentence(item.commitment_state().as_str_name(), "COMMITMENT_STATE_")
            } else {
                verified
            },
            word: guard::text(&item.word),
            claimed: sentence(item.claimed().as_str_name(), "IMPLEMENTATION_"),
            due: guard::text(&dates::shown(&item.due)),
            labels: labels(item),
            voices: item.standpoints.iter().map(voice).collect(),
            score: item.score.map(|it| format!("{it:.2}")).unwrap_or_default(),
            since: guard::text(&dates::shown(&item.since)),
        }
    }

    pub(super) fn event(&self, event: &HandoverEvent) -> Event {
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

    pub(super) fn duty(&self, due: &Due, items: &HashMap<&str, &OpenItem>) -> Duty {
        let state = match (due.report.is_empty(), due.late_days) {
            (true, Some(days)) => format!("Overdue, {}", days_of(days)),
            (true, None) => "To come".to_owned(),
            (false, Some(days)) => format!("Reported, {} late", days_of(days)),
            (false, None) => "Reported".to_owned(),
        };
        Duty {
            day: guard::text(&dates::shown(&due.due)),
            subject: guard::text(&name::short(&due.subject)),
            text: items
                .get(due.subject.as_str())
                .map(|it| self.text(&it.text))
                .unwrap_or_default(),
            who: self.all(&due.parties),
            state,
        }
    }

    pub(super) fn gaps(&self, gaps: &[Gap]) -> Vec<Gaps> {
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
