//! Sheets: the lists of a pack as CSV. A cell that a spreadsheet would take for a formula is guarded.

use rapporteur_proto::gateway::v1::{Handover, OpenItem};

use super::dates;
use super::view::View;
use super::words::sentence;
use crate::output::guard;
use crate::word;

const ITEMS: [&str; 22] = [
    "name",
    "citation",
    "text",
    "language",
    "parties",
    "post",
    "holder",
    "response",
    "implementation",
    "commitment_state",
    "word",
    "claimed",
    "flags",
    "since",
    "due",
    "overdue_days",
    "silent_days",
    "age_days",
    "last_report_on",
    "score",
    "themes",
    "plan_nodes",
];

/// Addressees or commitments, by name.
pub(super) fn items(items: &[OpenItem], view: &View) -> Result<String, String> {
    let mut sorted: Vec<&OpenItem> = items.iter().collect();
    sorted.sort_by(|a, b| a.name.cmp(&b.name));
    let days = |days: Option<i32>| days.map(|it| it.to_string()).unwrap_or_default();
    let rows = sorted.into_iter().map(|it| {
        let text = view.names().text(&it.text);
        let flags: Vec<String> = it
            .flags()
            .map(|flag| word::of(flag.as_str_name(), "ITEM_FLAG_"))
            .collect();
        vec![
            it.name.clone(),
            it.citation.clone(),
            text.words,
            text.tag,
            it.parties.join(" "),
            it.post.clone(),
            it.holder.clone(),
            stated(it.response().as_str_name(), "RESPONSE_"),
            stated(it.implementation().as_str_name(), "IMPLEMENTATION_"),
            stated(it.commitment_state().as_str_name(), "COMMITMENT_STATE_"),
            it.word.clone(),
            stated(it.claimed().as_str_name(), "IMPLEMENTATION_"),
            flags.join(" "),
            dates::shown(&it.since),
            dates::shown(&it.due),
            days(it.overdue_days),
            days(it.silent_days),
            days(it.age_days),
            dates::shown(&it.last_report_on),
            it.score
                .map(|score| format!("{score:.2}"))
                .unwrap_or_default(),
            it.themes.join(" "),
            it.plan_nodes.join(" "),
        ]
    });
    sheet(&ITEMS, rows)
}

/// The events to come, by day.
pub(super) fn planned(handover: &Handover, view: &View) -> Result<String, String> {
    let mut sorted: Vec<_> = handover.planned.iter().collect();
    sorted.sort_by_key(|it| {
        (
            dates::first(&it.start).is_none(),
            dates::first(&it.start),
            &it.name,
        )
    });
    let rows = sorted.into_iter().map(|it| {
        let text = view.names().text(&it.title);
        let place = it.place.clone().unwrap_or_default();
        vec![
            it.name.clone(),
            text.words,
            text.tag,
            stated(it.kind().as_str_name(), "EVENT_KIND_"),
            stated(it.state().as_str_name(), "EVENT_STATE_"),
            dates::shown(&it.start),
            dates::shown(&it.end),
            place.name,
            place.country_code,
            it.plan_nodes.join(" "),
        ]
    });
    let headings = [
        "name",
        "title",
        "language",
        "kind",
        "state",
        "start",
        "end",
        "place",
        "country",
        "plan_nodes",
    ];
    sheet(&headings, rows)
}

/// What the record lacks, by kind and name.
pub(super) fn gaps(handover: &Handover, view: &View) -> Result<String, String> {
    let mut sorted: Vec<_> = handover.gaps.iter().collect();
    sorted.sort_by(|a, b| {
        (a.kind, &a.name, &a.field, &a.language).cmp(&(b.kind, &b.name, &b.field, &b.language))
    });
    let rows = sorted.into_iter().map(|it| {
        vec![
            sentence(it.kind().as_str_name(), "GAP_KIND_"),
            it.name.clone(),
            view.names().text(&it.text).words,
            it.detail.clone(),
            it.days.map(|days| days.to_string()).unwrap_or_default(),
            it.field.clone(),
            it.language.clone(),
        ]
    });
    sheet(
        &[
            "kind", "name", "text", "detail", "days", "field", "language",
        ],
        rows,
    )
}

/// The word of a value; nothing of what is not stated.
fn stated(name: &str, prefix: &str) -> String {
    word::of(name, prefix).replace("unspecified", "")
}

fn sheet(headings: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Result<String, String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(headings).map_err(|e| e.to_string())?;
    for row in rows {
        let row = row.iter().map(|cell| guard::formula(&guard::text(cell)));
        writer.write_record(row).map_err(|e| e.to_string())?;
    }
    let bytes = writer.into_inner().map_err(|e| e.to_string())?;
    String::from_utf8(bytes).map_err(|e| e.to_string())
}
