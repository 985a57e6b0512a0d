//! Open Civic Data: events, as scrapers and calendars of councils exchange them (OCDEP 4).
//!
//! | record | field |
//! | --- | --- |
//! | uid | `id` (`ocd-event/UUID`) |
//! | title, description | `name`, `description` |
//! | kind | `classification` |
//! | start, end, zone | `start_date`, `end_date`, `timezone`, `all_day` |
//! | state | `status`: `tentative` (planned, postponed), `confirmed`, `passed` (held and after), `cancelled` |
//! | place | `location` |
//! | agenda | `agenda` with `order`, `description`, `subjects` |
//! | roles, delegations | `participants`, with what they do in `note` |
//! | documents, links | `documents`, `links` |
//! | provenance | `sources` (those with an address) |
//! | name, dialogue, themes, plan links | `extras` |
//!
//! Drafts are announced to nobody, and an event of which no day is known has no `start_date`, which is required: both
//! are left out. Lost: other languages, claims, the basis of dates, visibility.

use serde_json::{Value, json};

use super::{About, date, items, lean, text, word};

/// Kinds that have a place here.
pub const KINDS: &[&str] = &["event"];

/// An event; `None` for other kinds, for drafts and where no day is known.
pub fn event(kind: &str, record: &Value, about: &About) -> Option<Value> {
    if kind != "event" {
        return None;
    }
    let status = match text(record, "state") {
        "EVENT_STATE_PLANNED" | "EVENT_STATE_POSTPONED" => "tentative",
        "EVENT_STATE_CONFIRMED" => "confirmed",
        "EVENT_STATE_CANCELLED" => "cancelled",
        "EVENT_STATE_HELD" | "EVENT_STATE_REPORTED" | "EVENT_STATE_CLOSED" => "passed",
        _ => return None,
    };
    let start = date(record, "start")?;
    let name = text(record, "name");
    let participants = items(record, "roles")
        .iter()
        .map(|role| (role, word(role, "role", "ROLE_")))
        .chain(
            items(record, "delegations")
                .iter()
                .map(|sent| (sent, "delegation".to_owned())),
        )
        .map(|(who, note)| {
            let party = text(who, "party");
            json!({
                "entity_type": "organization", "entity_name": about.title(party),
                "name": about.title(party), "id": party, "note": note,
            })
        });
    let agenda = items(record, "agenda").iter().map(|point| {
        json!({
            "order": point["number"], "description": about.words(&point["title"]),
            "subjects": point["themes"],
        })
    });
    let documents = items(record, "documents").iter().map(|document| {
        let links = items(document, "renditions").iter().map(|form| {
            json!({"url": form["link"]["url"], "media_type": form["mediaType"], "text": form["language"]})
        });
        json!({
            "note": about.words(&document["title"]), "classification": document["kind"],
            "links": links.collect::<Vec<_>>(),
        })
    });
    let links = items(record, "links")
        .iter()
        .map(|link| json!({"url": link["url"], "note": link["title"]}));
    let sources = items(record, "provenance")
        .iter()
        .filter(|source| !text(source, "url").is_empty())
        .map(|source| json!({"url": source["url"], "note": source["note"]}));
    let nodes = items(record, "planLinks")
        .iter()
        .map(|link| link["node"].clone());
    let place = &record["place"];
    Some(lean(json!({
        "_type": "event",
        "id": format!("ocd-event/{}", text(record, "uid")),
        "name": about.words(&record["title"]),
        "description": about.words(&record["description"]),
        "classification": word(record, "kind", "EVENT_KIND_"),
        "start_date": start,
        "end_date": date(record, "end"),
        "all_day": !start.contains('T'),
        "timezone": record["timeZone"],
        "status": status,
        "location": {"name": place["name"], "note": place["countryCode"]},
        "agenda": agenda.collect::<Vec<_>>(),
        "participants": participants.collect::<Vec<_>>(),
        "documents": documents.collect::<Vec<_>>(),
        "links": links.collect::<Vec<_>>(),
        "sources": sources.collect::<Vec<_>>(),
        "created_at": record["createTime"],
        "updated_at": record["updateTime"],
        "extras": {
            "name": name,
            "organization": about.title(name.find("/events/").map_or(name, |at| &name[..at])),
            "themes": record["themes"],
            "plan_nodes": nodes.collect::<Vec<_>>(),
        },
    })))
}
