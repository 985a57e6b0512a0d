//! Each format of a made-up record, compared with what its standard wants.

use std::ops::ControlFlow;

use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::{Value, json};

use super::*;
use crate::read::{self, Format, Options};

fn about() -> About {
    About {
        base: "https://gateway.example/v1/".into(),
        language: Some("en".into()),
        titles: [
            ("parties/pt".to_owned(), "Portugal".to_owned()),
            ("dialogues/rabat".to_owned(), "Rabat Process".to_owned()),
        ]
        .into(),
    }
}

fn event() -> Value {
    json!({
        "name": "dialogues/rabat/events/hlm", "uid": "0193d7c0-0000-7000-8000-000000000001",
        "kind": "EVENT_KIND_HIGH_LEVEL_MEETING", "state": "EVENT_STATE_HELD",
        "title": {"byLanguage": {"fr": "Réunion", "en": "Meeting"}},
        "start": {"value": "2024-10-16", "basis": "BASIS_GIVEN"}, "end": {"value": "2024-10-17"},
        "place": {"name": "Lisbon", "countryCode": "PT"},
        "roles": [{"party": "parties/pt", "role": "ROLE_CO_CHAIR"}],
        "agenda": [{"number": "1", "title": {"byLanguage": {"en": "Skills"}}, "themes": ["skills"]}],
        "themes": ["labour-migration"],
        "links": [{"url": "https://example.org/hlm"}],
    })
}

fn instrument() -> Value {
    json!({
        "name": "dialogues/rabat/instruments/takeaways", "uid": "u-2", "kind": "INSTRUMENT_KIND_POLICY_TAKEAWAYS",
        "title": {"byLanguage": {"en": "Policy <takeaways> & \"more\"\u{1}"}},
        "citation": "no. 7 (2024)", "adopted": {"value": "2024-10"}, "event": "dialogues/rabat/events/hlm",
        "themes": ["skills"], "cites": [{"asWritten": "no. 112(LXVII) of 2016"}],
    })
}

fn recommendation(id: &str, path: &str, above: &str, words: &str) -> Value {
    let above = if above.is_empty() {
        String::new()
    } else {
        format!("dialogues/rabat/recommendations/{above}")
    };
    json!({
        "name": format!("dialogues/rabat/recommendations/{id}"), "path": path, "parentRecommendation": above,
        "instrument": "dialogues/rabat/instruments/takeaways", "state": "RECOMMENDATION_STATE_ADOPTED",
        "text": {"byLanguage": {"en": words}}, "adopted": {"value": "2024-10-17"},
    })
}

fn document(shape: Shape, records: &[(&str, Value)]) -> Value {
    let mut document = Document::new(shape, about());
    for (kind, record) in records {
        document.add(kind, record).unwrap();
    }
    let mut out = Vec::new();
    document.finish(&mut out).unwrap();
    serde_json::from_slice(&out).unwrap()
}

#[test]
fn json_ld_says_who_where_and_when() {
    let found = document(
        Shape::JsonLd,
        &[
            ("event", event()),
            ("recommendation", recommendation("r", "1", "", "Train")),
        ],
    );
    assert_eq!(found["@context"], "https://schema.org");
    let expected = json!({
        "@id": "https://gateway.example/v1/dialogues/rabat/events/hlm", "@type": "Event",
        "additionalType": "high-level-meeting",
        "name": [{"@language": "en", "@value": "Meeting"}, {"@language": "fr", "@value": "Réunion"}],
        "startDate": "2024-10-16", "endDate": "2024-10-17", "eventStatus": "https://schema.org/EventScheduled",
        "location": {"@type": "Place", "name": "Lisbon", "address": {"@type": "PostalAddress", "addressCountry": "PT"}},
        "organizer": [{"@id": "https://gateway.example/v1/parties/pt", "name": "Portugal"}],
        "keywords": ["labour-migration"], "sameAs": ["https://example.org/hlm"],
    });
    assert_eq!(found["@graph"][0], expected);
    let text = &found["@graph"][1];
    assert_eq!(text["creativeWorkStatus"], "adopted");
    assert_eq!(
        text["isPartOf"]["@id"],
        "https://gateway.example/v1/dialogues/rabat/instruments/takeaways"
    );
}

#[test]
fn popolo_has_each_list_once() {
    let person = json!({"name": "parties/x", "kind": "PARTY_KIND_PERSON", "title": {"byLanguage": {"en": "X"}}});
    let state = json!({"name": "parties/pt", "kind": "PARTY_KIND_STATE", "title": {"byLanguage": {"en": "Portugal"}}});
    let member = json!({"name": "dialogues/rabat/memberships/pt", "party": "parties/pt", "start": {"value": "2006"}});
    // Kinds come in any order: persons between organizations.
    let found = document(
        Shape::Popolo,
        &[
            ("party", person),
            ("party", state),
            ("membership", member),
            ("event", event()),
            ("recommendation", recommendation("r", "1", "", "Train")),
        ],
    );
    assert_eq!(found["persons"], json!([{"id": "parties/x", "name": "X"}]));
    assert_eq!(
        found["organizations"],
        json!([{"id": "parties/pt", "name": "Portugal", "classification": "state"}])
    );
    assert_eq!(
        found["memberships"][0],
        json!({
            "id": "dialogues/rabat/memberships/pt", "label": "Portugal", "member_id": "parties/pt",
            "organization_id": "dialogues/rabat", "start_date": "2006",
        })
    );
    assert_eq!(found["motions"][0]["result"], "pass");
    assert_eq!(found["events"][0]["organization_id"], "dialogues/rabat");
    assert_eq!(found["posts"], json!([]));
}

#[test]
fn open_civic_data_has_what_it_requires() {
    let found = document(Shape::Ocd, &[("event", event())]);
    let event = &found[0];
    assert_eq!(
        event["id"],
        "ocd-event/0193d7c0-0000-7000-8000-000000000001"
    );
    assert_eq!(
        (&event["status"], &event["all_day"]),
        (&json!("passed"), &json!(true))
    );
    assert_eq!(event["participants"][0]["note"], "co-chair");
    assert_eq!(event["agenda"][0]["description"], "Skills");
    let mut draft = super::tests::event();
    draft["state"] = "EVENT_STATE_DRAFT".into();
    let mut undated = super::tests::event();
    undated["start"] = json!({"basis": "BASIS_UNKNOWN"});
    assert_eq!(
        document(Shape::Ocd, &[("event", draft), ("event", undated)]),
        json!([])
    );
}

#[test]
fn odata_counts_each_set() {
    let both = document(
        Shape::OData,
        &[("event", event()), ("instrument", instrument())],
    );
    assert_eq!(both["meetings"]["odata.count"], "1");
    assert_eq!(both["meetings"]["value"][0]["treaty"], "rabat");
    let decision = &both["decisions"]["value"][0];
    assert_eq!(
        (&decision["published"], &decision["number"]),
        (&json!("2024-10"), &json!("no. 7 (2024)"))
    );
    let one = document(Shape::OData, &[("event", event())]);
    assert_eq!(
        (&one["odata.count"], &one["value"][0]["city"]),
        (&json!("1"), &json!("Lisbon"))
    );
    let none = document(Shape::OData, &[]);
    assert_eq!(
        (&none["odata.count"], &none["value"]),
        (&json!("0"), &json!([]))
    );
}

/// Elements that may stand in another, in their order (the schema of Akoma Ntoso 1.0, as far as it is used here).
const ORDER: &[(&str, &[&str])] = &[
    ("akomaNtoso", &["statement"]),
    ("statement", &["meta", "preface", "mainBody"]),
    ("meta", &["identification", "classification", "references"]),
    (
        "identification",
        &["FRBRWork", "FRBRExpression", "FRBRManifestation"],
    ),
    (
        "FRBRWork",
        &[
            "FRBRthis",
            "FRBRuri",
            "FRBRdate",
            "FRBRauthor",
            "FRBRcountry",
            "FRBRnumber",
            "FRBRname",
        ],
    ),
    (
        "FRBRExpression",
        &[
            "FRBRthis",
            "FRBRuri",
            "FRBRdate",
            "FRBRauthor",
            "FRBRlanguage",
        ],
    ),
    (
        "FRBRManifestation",
        &["FRBRthis", "FRBRuri", "FRBRdate", "FRBRauthor"],
    ),
    ("classification", &["keyword"]),
    ("references", &["TLCOrganization", "TLCReference"]),
    ("preface", &["p"]),
    ("mainBody", &["p", "paragraph"]),
    ("paragraph", &["num", "intro", "paragraph", "content"]),
    ("intro", &["p"]),
    ("content", &["p"]),
    ("p", &["docTitle", "docNumber", "docDate"]),
];

/// Fails where an element stands where the schema has none; gives ids and words.
fn checked(xml: &str) -> (Vec<String>, String) {
    let mut reader = Reader::from_str(xml);
    let mut open: Vec<(String, usize)> = Vec::new();
    let (mut ids, mut words) = (Vec::new(), String::new());
    loop {
        let event = reader.read_event().unwrap();
        let (begun, empty) = match &event {
            Event::Start(begun) => (begun, false),
            Event::Empty(begun) => (begun, true),
            Event::End(_) => {
                open.pop().unwrap();
                continue;
            }
            Event::Text(text) => {
                words.push_str(text);
                continue;
            }
            Event::Eof => break,
            _ => continue,
        };
        let name = begun.name().0.to_owned();
        if let Some((parent, at)) = open.last_mut() {
            let legal = ORDER.iter().find(|(own, _)| own == parent);
            let legal = legal
                .unwrap_or_else(|| panic!("{parent} has no elements"))
                .1;
            let place = legal.iter().position(|own| *own == name);
            let place = place.unwrap_or_else(|| panic!("{name} in {parent}"));
            assert!(place >= *at, "{name} comes too late in {parent}");
            *at = place;
        }
        for attribute in begun.attributes() {
            let attribute = attribute.unwrap();
            if attribute.key.0 == "eId" {
                ids.push(attribute.value.to_string());
            }
        }
        if !empty {
            open.push((name, 0));
        }
    }
    assert!(open.is_empty());
    (ids, words)
}

#[test]
fn akoma_ntoso_keeps_the_order_of_its_elements() {
    let texts = [
        recommendation("a", "1", "", "Train <b>officials</b> &amp; others\u{b}"),
        recommendation("b", "1(a)", "a", "of the border\nand of the ministry"),
        recommendation("c", "2", "", "]]> -- <!-- ?>"),
    ];
    let mut out = Vec::new();
    akoma_ntoso::write(&instrument(), &texts, &about(), &mut out).unwrap();
    let xml = String::from_utf8(out).unwrap();
    let (ids, words) = checked(&xml);
    let mut distinct = ids.clone();
    distinct.sort();
    distinct.dedup();
    assert_eq!(distinct.len(), ids.len(), "{ids:?}");
    assert!(ids.contains(&"para_1__para_1".to_owned()), "{ids:?}");
    assert!(!xml.contains(['\u{1}', '\u{b}']), "no control characters");
    assert!(words.contains("1(a)"), "{words}");
    assert!(xml.contains("&lt;b&gt;officials"), "{xml}");
    assert!(
        xml.contains(r#"<FRBRdate date="2024-10-01" name="adopted-in"/>"#),
        "{xml}"
    );
    assert!(xml.contains("/akn/xx/statement/rabat/2024-10-01/takeaways/en@"));
    // A text without any element is well-formed too.
    let mut out = Vec::new();
    akoma_ntoso::write(&json!({"name": "x"}), &[], &about(), &mut out).unwrap();
    checked(std::str::from_utf8(&out).unwrap());
}

#[test]
fn markdown_makes_no_markup_of_the_record() {
    let mut out = Vec::new();
    let mut notes = markdown::Markdown::new(&mut out, "Record", about()).unwrap();
    let mut event = event();
    event["title"]["byLanguage"]["en"] = "# <b>1. *x*\n- y".into();
    notes.record("Events", &event).unwrap();
    notes
        .record("Recommendations", &recommendation("r", "1.", "", "Train"))
        .unwrap();
    notes.finish().unwrap();
    let text = String::from_utf8(out).unwrap();
    let expected = "# Record\n\n## Events\n\n### \\# \\<b\\>1. \\*x\\* - y\n";
    assert!(text.starts_with(expected), "{text}");
    for line in [
        "- state: held\n",
        "- start: 2024-10-16\n",
        "  - party parties/pt; role co chair\n",
        "- themes: labour-migration\n",
        "### 1\\. Train\n",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
}

/// Cells that spreadsheets or readers like to change.
fn cells() -> Vec<Vec<String>> {
    let hard = [
        "=1+1",
        "+351 1",
        "-5",
        "@SUM(A1)",
        "\tx",
        "\u{ff1d}1",
        "'=1",
        "''-",
        "007",
        "1e5",
        "2024-10-16",
        "a,b;c",
        "say \"no\"",
        "two\nlines",
        "لقاء",
        "TRUE",
        "x",
    ];
    hard.iter()
        .map(|cell| vec!["k".to_owned(), (*cell).to_owned()])
        .collect()
}

fn read_back(bytes: &[u8], name: &str, raw: bool) -> Vec<Vec<String>> {
    let options = Options {
        format: Format::of(name, bytes),
        opened: !raw,
        ..Options::default()
    };
    let mut rows = Vec::new();
    let source = std::io::Cursor::new(bytes);
    read::read(source, name, &options, &mut |item| {
        let cells = item.unwrap().cells;
        let own = |(_, value): &(String, Value)| value.as_str().unwrap_or_default().to_owned();
        rows.push(cells.iter().map(own).collect());
        ControlFlow::Continue(())
    })
    .unwrap();
    rows
}

#[test]
fn tables_are_read_back_as_they_were() {
    let headings = ["key".to_owned(), "value".to_owned()];
    for raw in [false, true] {
        let mut out = Vec::new();
        let mut table = table::Csv::new(&mut out, &headings, raw).unwrap();
        for row in cells() {
            table.row(&row).unwrap();
        }
        table.finish().unwrap();
        assert_eq!(read_back(&out, "x.csv", raw), cells(), "csv, raw {raw}");

        let mut book = table::Xlsx::new(raw);
        book.sheet("Cells", &headings, &[0]).unwrap();
        for row in cells() {
            book.row(&row).unwrap();
        }
        let mut out = std::io::Cursor::new(Vec::new());
        book.finish(&mut out).unwrap();
        assert_eq!(
            read_back(out.get_ref(), "x.xlsx", raw),
            cells(),
            "xlsx, raw {raw}"
        );
    }
}

#[test]
fn what_no_sheet_can_hold_is_refused() {
    let mut book = table::Xlsx::new(false);
    assert!(book.row(&["a".to_owned()]).is_err(), "no sheet was begun");
    book.sheet("A", &["a".to_owned()], &[]).unwrap();
    let long = "x".repeat(32_768);
    let refused = book.row(&[long]).unwrap_err().to_string();
    assert!(refused.contains("row 2, column 1"), "{refused}");
}
