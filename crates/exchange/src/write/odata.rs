//! OData JSON (OData 3, "verbose off"), with the entity sets and names that InforMEA harvests from treaty secretariats.
//!
//! | record | set | fields |
//! | --- | --- | --- |
//! | instrument | `decisions` | uid -> `id`, name -> `link`, kind -> `type`, citation -> `number`, dialogue -> `treaty`, title -> `title` by language, adopted -> `published`, event -> `meetingId`, themes -> `keywords`, documents -> `documents` |
//! | event | `meetings` | uid -> `id`, name -> `url`, dialogue -> `treaty`, title, description, start, end, kind -> `type`, state -> `status`, place -> `city`, `country` |
//! | party | `parties` | uid -> `id`, title -> `title`, country code -> `country`, kind -> `type` |
//!
//! One set: `{"odata.metadata", "odata.count", "value"}`; several: one such object a set, under its name. A file is
//! complete, one page, so there is no `odata.nextLink`: a reader that follows it ends here. A [`page`] of a list that goes
//! on has it, and no count, which nobody knows then. `odata.count` is text, as OData 3 writes 64-bit numbers. `status` of decisions is `active`: what was retired is told of recommendations
//! alone. Lost: recommendations and what follows them, roles, claims, provenance, plan links.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::sections::{List, Sections};
use super::{About, date, items, lean, text, word};

/// Kinds that have a place here.
pub const KINDS: &[&str] = &["party", "event", "instrument"];

/// The entity sets.
pub const SETS: &[&str] = &["decisions", "meetings", "parties"];

/// The set of a record and its entity; `None` for other kinds.
pub fn entry(kind: &str, record: &Value, about: &About) -> Option<(&'static str, Value)> {
    let name = text(record, "name");
    let treaty = name.split('/').nth(1).unwrap_or_default();
    let (set, value) = match kind {
        "instrument" => {
            let documents = items(record, "documents").iter().flat_map(|document| {
                items(document, "renditions").iter().map(|form| {
                    json!({
                        "url": form["link"]["url"], "mimeType": form["mediaType"],
                        "language": form["language"], "filename": document["id"],
                    })
                })
            });
            (
                "decisions",
                json!({
                    "id": record["uid"],
                    "link": about.iri(name),
                    "type": word(record, "kind", "INSTRUMENT_KIND_"),
                    "status": "active",
                    "number": record["citation"],
                    "treaty": treaty,
                    "published": date(record, "adopted"),
                    "updated": record["updateTime"],
                    "meetingId": record["event"],
                    "meetingUrl": about.iri(text(record, "event")),
                    "title": languages(&record["title"]),
                    "keywords": record["themes"],
                    "documents": documents.collect::<Vec<_>>(),
                }),
            )
        }
        "event" => (
            "meetings",
            json!({
                "id": record["uid"],
                "url": about.iri(name),
                "treaty": treaty,
                "title": languages(&record["title"]),
                "description": languages(&record["description"]),
                "start": date(record, "start"),
                "end": date(record, "end"),
                "type": word(record, "kind", "EVENT_KIND_"),
                "status": word(record, "state", "EVENT_STATE_"),
                "city": record["place"]["name"],
                "country": record["place"]["countryCode"],
                "updated": record["updateTime"],
            }),
        ),
        "party" => (
            "parties",
            json!({
                "id": record["uid"],
                "url": about.iri(name),
                "title": languages(&record["title"]),
                "country": record["countryCode"],
                "type": word(record, "kind", "PARTY_KIND_"),
                "updated": record["updateTime"],
            }),
        ),
        _ => return None,
    };
    Some((set, lean(value)))
}

/// Writes the sets that have entities; an empty one of decisions when none has.
pub(super) fn finish(sections: Sections, about: &About, out: &mut dyn Write) -> io::Result<()> {
    let mut lists: Vec<_> = sections.into_lists().collect();
    if lists.iter().any(|list| list.count > 0) {
        lists.retain(|list| list.count > 0);
    } else {
        lists.truncate(1);
    }
    let several = lists.len() > 1;
    if several {
        out.write_all(b"{\n")?;
    }
    for (place, list) in lists.into_iter().enumerate() {
        if several {
            let comma = if place > 0 { ",\n" } else { "" };
            write!(out, "{comma}\"{}\":", list.name)?;
        }
        let count = Some(list.count);
        object(list, count, None, about, out)?;
    }
    out.write_all(if several { b"\n}\n".as_slice() } else { b"\n" })
}

/// Writes a page of the set that holds records of this kind; `next` is the address of the page after it, and `whole`
/// whether there is neither one before nor one after.
///
/// # Errors
///
/// When it cannot be written, or no set holds records of that kind.
pub fn page(
    kind: &str,
    records: &[Value],
    next: Option<&str>,
    whole: bool,
    about: &About,
    out: &mut dyn Write,
) -> io::Result<()> {
    let set = match kind {
        "instrument" => "decisions",
        "event" => "meetings",
        "party" => "parties",
        _ => return Err(io::Error::other(format!("no set holds {kind}"))),
    };
    let mut sections = Sections::new(&[set]);
    for record in records {
        if let Some((set, value)) = entry(kind, record, about) {
            sections.add(set, &value)?;
        }
    }
    for list in sections.into_lists() {
        let count = whole.then_some(list.count);
        object(list, count, next, about, out)?;
    }
    out.write_all(b"\n")
}

/// One set as an object.
fn object(
    list: List,
    count: Option<u64>,
    next: Option<&str>,
    about: &About,
    out: &mut dyn Write,
) -> io::Result<()> {
    let metadata = Value::from(format!("{}$metadata#{}", about.base, list.name));
    write!(out, "{{\"odata.metadata\":{metadata},")?;
    if let Some(count) = count {
        write!(out, "\"odata.count\":\"{count}\",")?;
    }
    write!(out, "\"value\":")?;
    list.write(out)?;
    if let Some(next) = next {
        write!(out, ",\"odata.nextLink\":{}", Value::from(next))?;
    }
    out.write_all(b"}")
}

/// A text in all its languages, by tag.
fn languages(text: &Value) -> Value {
    let Some(all) = text["byLanguage"].as_object() else {
        return Value::Null;
    };
    let mut tags: Vec<&String> = all.keys().collect();
    tags.sort();
    let values = tags
        .into_iter()
        .map(|tag| json!({"language": tag, "value": all[tag]}));
    Value::Array(values.collect())
}
