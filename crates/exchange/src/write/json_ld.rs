//! schema.org as JSON-LD 1.1: what search engines and catalogues read.
//!
//! | record | type | fields |
//! | --- | --- | --- |
//! | party | `Country`, `Organization`, `Person` | title -> `name` by language, acronym, aliases -> `alternateName`, parent -> `parentOrganization` |
//! | dialogue | `Organization` | title -> `name`, code -> `alternateName`, secretariat -> `parentOrganization`, links -> `sameAs` |
//! | event | `Event` | title -> `name`, description, start, end, place -> `location`, mode -> `eventAttendanceMode`, state -> `eventStatus`, chairs, hosts and organisers -> `organizer`, funders -> `funder`, others -> `contributor`, parent -> `superEvent`, themes -> `keywords` |
//! | instrument | `CreativeWork` | title -> `name`, citation -> `alternateName`, adopted -> `datePublished`, adopted by -> `author`, event -> `recordedAt`, themes -> `keywords`, cites -> `citation` |
//! | recommendation | `CreativeWork`, `additionalType` Recommendation | text -> `text` by language, path -> `position`, instrument -> `isPartOf`, adopted -> `datePublished`, state -> `creativeWorkStatus` |
//!
//! schema.org's own `Recommendation` is a review of goods, so it is not used. Lost: claims, provenance, plan links,
//! agenda, delegations, addressees and their answers, visibility, the basis of dates. An event of which no day is known
//! is written without `startDate`.

use serde_json::{Value, json};

use super::{About, date, items, lean, text, word};

/// Kinds that have a place here.
pub const KINDS: &[&str] = &["party", "dialogue", "event", "instrument", "recommendation"];

/// The node of a record; `None` for other kinds.
pub fn node(kind: &str, record: &Value, about: &About) -> Option<Value> {
    let id = about.iri(text(record, "name"));
    let reference = |name: &str| {
        if name.is_empty() {
            Value::Null
        } else {
            json!({"@id": about.iri(name)})
        }
    };
    let node = match kind {
        "party" => {
            let of = match text(record, "kind") {
                "PARTY_KIND_STATE" => "Country",
                "PARTY_KIND_PERSON" => "Person",
                _ => "Organization",
            };
            let mut other = vec![record["acronym"].clone()];
            other.extend(items(record, "aliases").iter().cloned());
            let parent = match of {
                "Person" => "affiliation",
                "Country" => "containedInPlace",
                _ => "parentOrganization",
            };
            let mut node = json!({
                "@id": id, "@type": of,
                "name": languages(&record["title"]),
                "alternateName": other,
                "identifier": record["countryCode"],
                "description": record["description"],
            });
            node[parent] = reference(text(record, "parentParty"));
            node
        }
        "dialogue" => json!({
            "@id": id, "@type": "Organization",
            "name": languages(&record["title"]),
            "alternateName": record["code"],
            "knowsLanguage": record["languages"],
            "parentOrganization": reference(text(record, "secretariat")),
            "sameAs": addresses(record),
        }),
        "event" => event(record, about, id),
        "instrument" => {
            let cites =
                items(record, "cites")
                    .iter()
                    .map(|cited| match text(cited, "instrument") {
                        "" => cited["asWritten"].clone(),
                        name => reference(name),
                    });
            json!({
                "@id": id, "@type": "CreativeWork",
                "additionalType": word(record, "kind", "INSTRUMENT_KIND_"),
                "name": languages(&record["title"]),
                "alternateName": record["citation"],
                "datePublished": date(record, "adopted"),
                "author": reference(text(record, "adoptedBy")),
                "recordedAt": reference(text(record, "event")),
                "keywords": record["themes"],
                "citation": cites.collect::<Vec<_>>(),
            })
        }
        "recommendation" => {
            let whole = match text(record, "instrument") {
                "" => text(record, "event"),
                instrument => instrument,
            };
            json!({
                "@id": id, "@type": "CreativeWork", "additionalType": "Recommendation",
                "position": record["path"],
                "text": languages(&record["text"]),
                "alternateName": record["citation"],
                "datePublished": date(record, "adopted"),
                "creativeWorkStatus": word(record, "state", "RECOMMENDATION_STATE_"),
                "isPartOf": reference(whole),
                "keywords": record["themes"],
            })
        }
        _ => return None,
    };
    Some(lean(node))
}

fn event(record: &Value, about: &About, id: String) -> Value {
    let who = |roles: &[&str]| -> Vec<Value> {
        let all = items(record, "roles").iter();
        all.filter(|role| roles.contains(&text(role, "role")))
            .map(|role| {
                let party = text(role, "party");
                json!({"@id": about.iri(party), "name": about.title(party)})
            })
            .collect()
    };
    let status = match text(record, "state") {
        "EVENT_STATE_POSTPONED" => "https://schema.org/EventPostponed",
        "EVENT_STATE_CANCELLED" => "https://schema.org/EventCancelled",
        _ => "https://schema.org/EventScheduled",
    };
    let mode = match text(record, "mode") {
        "EVENT_MODE_IN_PERSON" => "https://schema.org/OfflineEventAttendanceMode",
        "EVENT_MODE_VIRTUAL" => "https://schema.org/OnlineEventAttendanceMode",
        "EVENT_MODE_HYBRID" => "https://schema.org/MixedEventAttendanceMode",
        _ => "",
    };
    let place = &record["place"];
    let location = if place.is_object() {
        json!({
            "@type": "Place", "name": place["name"],
            "address": {"@type": "PostalAddress", "addressCountry": place["countryCode"]},
            "identifier": place["locode"],
        })
    } else {
        Value::Null
    };
    let parent = match text(record, "parentEvent") {
        "" => Value::Null,
        name => json!({"@id": about.iri(name)}),
    };
    json!({
        "@id": id, "@type": "Event",
        "additionalType": word(record, "kind", "EVENT_KIND_"),
        "name": languages(&record["title"]),
        "description": languages(&record["description"]),
        "startDate": date(record, "start"),
        "endDate": date(record, "end"),
        "eventStatus": status,
        "eventAttendanceMode": mode,
        "location": location,
        "organizer": who(&["ROLE_CHAIR", "ROLE_CO_CHAIR", "ROLE_CO_ORGANISER", "ROLE_HOST", "ROLE_CO_HOST", "ROLE_LEAD"]),
        "funder": who(&["ROLE_FUNDER"]),
        "contributor": who(&["ROLE_PARTNER", "ROLE_SUPPORTER", "ROLE_SPEAKER", "ROLE_PARTICIPANT", "ROLE_RAPPORTEUR", "ROLE_REFERENCE_COUNTRY"]),
        "superEvent": parent,
        "keywords": record["themes"],
        "sameAs": addresses(record),
    })
}

/// A text in all its languages, as values with a language (JSON-LD 1.1, 4.2.4), by tag.
fn languages(text: &Value) -> Value {
    let Some(all) = text["byLanguage"].as_object() else {
        return Value::Null;
    };
    let mut tags: Vec<&String> = all.keys().collect();
    tags.sort();
    let values = tags
        .into_iter()
        .map(|tag| json!({"@language": tag, "@value": all[tag]}));
    Value::Array(values.collect())
}

fn addresses(record: &Value) -> Value {
    let links = items(record, "links").iter();
    Value::Array(links.map(|link| link["url"].clone()).collect())
}
