//! Popolo (popoloproject.com): organizations, persons, memberships, posts, events and motions.
//!
//! | record | list | fields |
//! | --- | --- | --- |
//! | party | `organizations`, `persons` | title -> `name`, acronym and aliases -> `other_names`, kind -> `classification`, parent -> `parent_id`, external ids -> `identifiers` |
//! | dialogue | `organizations` | title -> `name`, code -> `other_names`, `classification` dialogue, links |
//! | membership | `memberships` | party -> `member_id`, dialogue -> `organization_id`, group -> `role`, start, end |
//! | post | `posts` | title -> `label`, duty -> `role`, dialogue -> `organization_id` |
//! | event | `events` | title -> `name`, description, kind -> `classification`, start, end, place -> `location`, dialogue -> `organization_id`, parent, delegations -> `attendees` |
//! | recommendation | `motions` | text -> `text`, path -> `identifier`, instrument, event -> `legislative_session_id`, adopted -> `date`, state -> `result` |
//!
//! `id` is the name of the record. A text is in one language, the one asked for. Lost: other languages, plans, claims,
//! agenda, roles at events, instruments themselves, answers and reports, the basis of dates.

use serde_json::{Value, json};

use super::{About, date, items, lean, text, word};

/// Kinds that have a place here.
pub const KINDS: &[&str] = &[
    "party",
    "dialogue",
    "membership",
    "post",
    "event",
    "recommendation",
];

/// The lists of a document.
pub const LISTS: &[&str] = &[
    "organizations",
    "persons",
    "memberships",
    "posts",
    "events",
    "motions",
];

/// The list of a record and what stands there of it; `None` for other kinds.
pub fn entry(kind: &str, record: &Value, about: &About) -> Option<(&'static str, Value)> {
    let name = text(record, "name");
    let dialogue: String = name.splitn(3, '/').take(2).collect::<Vec<_>>().join("/");
    let (list, value) = match kind {
        "party" => {
            let person = text(record, "kind") == "PARTY_KIND_PERSON";
            let mut other = vec![record["acronym"].clone()];
            other.extend(items(record, "aliases").iter().cloned());
            let other: Vec<Value> = other
                .into_iter()
                .filter(|name| name.as_str().is_some_and(|name| !name.is_empty()))
                .map(|name| json!({"name": name}))
                .collect();
            let mut value = json!({
                "id": name,
                "name": about.words(&record["title"]),
                "other_names": other,
                "identifiers": identifiers(record),
            });
            if person {
                value["summary"] = record["description"].clone();
                ("persons", value)
            } else {
                value["classification"] = word(record, "kind", "PARTY_KIND_").into();
                value["parent_id"] = record["parentParty"].clone();
                value["abstract"] = record["description"].clone();
                ("organizations", value)
            }
        }
        "dialogue" => (
            "organizations",
            json!({
                "id": name,
                "name": about.words(&record["title"]),
                "other_names": [{"name": record["code"]}],
                "classification": "dialogue",
                "parent_id": record["secretariat"],
                "identifiers": identifiers(record),
                "links": links(record),
            }),
        ),
        "membership" => {
            let party = text(record, "party");
            (
                "memberships",
                json!({
                    "id": name,
                    "label": about.title(party),
                    "member_id": party,
                    "organization_id": dialogue,
                    "role": match text(record, "group") {
                        "" => word(record, "kind", "MEMBERSHIP_KIND_"),
                        group => group.to_owned(),
                    },
                    "start_date": date(record, "start"),
                    "end_date": date(record, "end"),
                }),
            )
        }
        "post" => (
            "posts",
            json!({
                "id": name,
                "label": about.words(&record["title"]),
                "organization_id": dialogue,
            }),
        ),
        "event" => {
            let attendees = items(record, "delegations").iter().map(|delegation| {
                let party = text(delegation, "party");
                json!({"id": party, "name": about.title(party)})
            });
            (
                "events",
                json!({
                    "id": name,
                    "name": about.words(&record["title"]),
                    "description": about.words(&record["description"]),
                    "classification": word(record, "kind", "EVENT_KIND_"),
                    "start_date": date(record, "start"),
                    "end_date": date(record, "end"),
                    "location": record["place"]["name"],
                    "status": word(record, "state", "EVENT_STATE_"),
                    "organization_id": dialogue,
                    "parent_id": record["parentEvent"],
                    "attendees": attendees.collect::<Vec<_>>(),
                    "identifiers": identifiers(record),
                    "links": links(record),
                }),
            )
        }
        "recommendation" => {
            let result = match text(record, "state") {
                "RECOMMENDATION_STATE_REJECTED" | "RECOMMENDATION_STATE_WITHDRAWN" => "fail",
                "RECOMMENDATION_STATE_DRAFT" | "RECOMMENDATION_STATE_TABLED" => "",
                "" => "",
                _ => "pass",
            };
            (
                "motions",
                json!({
                    "id": name,
                    "identifier": record["path"],
                    "text": about.words(&record["text"]),
                    "classification": word(record, "kind", "RECOMMENDATION_KIND_"),
                    "organization_id": dialogue,
                    "legislative_session_id": record["event"],
                    "date": date(record, "adopted"),
                    "result": result,
                    "identifiers": identifiers(record),
                }),
            )
        }
        _ => return None,
    };
    Some((list, lean(value)))
}

fn identifiers(record: &Value) -> Vec<Value> {
    items(record, "externalIds")
        .iter()
        .map(|id| json!({"scheme": id["scheme"], "identifier": id["value"]}))
        .collect()
}

fn links(record: &Value) -> Vec<Value> {
    items(record, "links")
        .iter()
        .map(|link| json!({"url": link["url"], "note": link["title"]}))
        .collect()
}
