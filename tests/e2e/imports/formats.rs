//! The same way in for sheets, documents and calendars; and files that mean harm.

use std::time::{Duration, Instant};

use super::{house, import, list, put, summary};

#[path = "../../../crates/exchange/tests/office/mod.rs"]
mod office;

/// Generous: it is the file's cost that must be bounded, on whatever machine.
const SOON: Duration = Duration::from_secs(60);

/// A file, its mapping, what else is said, and what becomes of its rows.
type Coming<'a> = (&'a str, Vec<u8>, &'a str, &'a [&'a str], [i64; 4]);

#[tokio::test(flavor = "multi_thread")]
async fn workbooks_documents_and_calendars_come_in_once() {
    let house = house().await;
    let row = |cells: &[&str]| {
        cells
            .iter()
            .map(|cell| (*cell).to_owned())
            .collect::<Vec<_>>()
    };
    let head = [
        "id",
        "dialogues",
        "type",
        "status",
        "title_en",
        "start",
        "end",
        "city",
        "country",
        "chairs",
        "hosts",
    ];
    let sheet = office::xlsx(&[
        row(&head),
        row(&[
            "d-1",
            "upr",
            "workshop",
            "held",
            "Borders",
            "2024-03-05",
            "2024-03-06",
            "Lisbon",
            "Portugal",
            "Ghana;Morocco",
            "org:ICRC",
        ]),
        row(&[
            "d-2",
            "upr",
            "webinar",
            "held",
            "Health",
            "2024-04",
            "",
            "",
            "",
            "",
            "org:International Committee of the Red Cross",
        ]),
        row(&[
            "d-3", "upr", "picnic", "held", "Fun", "2024-05", "", "", "", "", "",
        ]),
    ]);
    let document = {
        let cells = |texts: [&str; 4]| texts.map(|text| office::cell(text, "")).concat();
        office::docx(&[
            cells([
                "Recommendation",
                "Position",
                "Full list of themes",
                "Assessment/comments on level of implementation",
            ]),
            cells([
                "115.1 Ratify the treaty (Senegal);",
                "Supported",
                "A1 Treaties",
                "Under way",
            ]),
            cells(["115.2 Build the road (Mali);", "Noted", "B2 Roads", ""]),
        ])
    };
    let calendar = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//EN\r\nBEGIN:VEVENT\r\nUID:a@example.org\r\n\
        DTSTAMP:20240101T000000Z\r\nDTSTART:20240610T090000Z\r\nDTEND:20240610T170000Z\r\nSUMMARY:Committee\r\n\
        LOCATION:Rabat\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    let files: [Coming<'_>; 3] = [
        ("events.xlsx", sheet, "dialogue-events", &[], [2, 0, 0, 1]),
        (
            "matrix.docx",
            document,
            "ohchr-matrix",
            &["--set", "country=Portugal"],
            [2, 0, 0, 0],
        ),
        (
            "council.ics",
            calendar.into(),
            "ical",
            &["--set", "language=en"],
            [1, 0, 0, 0],
        ),
    ];
    for (name, bytes, map, more, expected) in &files {
        let file = put(&house, name, bytes);
        let more = [*more, &["--yes", "--continue-on-error"]].concat();
        let (_, done) = import(&house, &file, map, &more);
        assert_eq!(summary(&done), *expected, "{name}: {done:#}");
        assert_eq!(
            done["file"]["format"],
            file.extension()
                .unwrap()
                .to_str()
                .unwrap()
                .replace("ics", "ical")
        );
        let (_, again) = import(&house, &file, map, &more);
        let [created, _, _, refused] = expected;
        assert_eq!(
            summary(&again),
            [0, 0, *created, *refused],
            "{name} again: {again:#}"
        );
    }
    let events = list(&house, "event");
    assert_eq!(events.len(), 3);
    // States that nobody had recorded come with the rows that name them.
    let roles = events.iter().find_map(|event| event["roles"].as_array());
    let roles: Vec<&str> = roles
        .unwrap()
        .iter()
        .map(|role| role["party"].as_str().unwrap())
        .collect();
    assert_eq!(roles, ["parties/gh", "parties/ma", "parties/icrc"]);
    house.ask(&["party", "show", "gh"]);
    // So do organisations that everybody knows, once however they are spelt.
    let of = |event: &&serde_json::Value| event["roles"].to_string().contains("parties/icrc");
    assert_eq!(events.iter().filter(of).count(), 2);
    let icrc = house.ask(&["party", "show", "icrc", "-o", "json"]);
    assert!(
        icrc.contains("International Committee of the Red Cross"),
        "{icrc}"
    );
    assert_eq!(list(&house, "recommendation").len(), 2);

    // The calendar moves its meeting: it is one change of one event.
    let moved = calendar.replace("20240610T", "20240617T");
    let file = put(&house, "council.ics", moved);
    let (_, done) = import(&house, &file, "ical", &["--set", "language=en", "--yes"]);
    assert_eq!(summary(&done), [0, 1, 0, 0], "{done:#}");
    let fields = &done["rows"][0]["records"][0]["fields"];
    assert_eq!(*fields, serde_json::json!(["end", "start"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_mean_harm_are_refused_soon() {
    let house = house().await;
    let bomb = vec![b' '; 256 << 20];
    let entities = br#"<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>
        <w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>&b;</w:body></w:document>"#;
    let files: [(&str, Vec<u8>, &str); 5] = [
        (
            "bomb.xlsx",
            office::packed(&[("xl/workbook.xml", &bomb)]),
            "dialogue-events",
        ),
        (
            "entities.docx",
            office::packed(&[("word/document.xml", entities)]),
            "ohchr-matrix",
        ),
        ("deep.json", "[".repeat(1 << 20).into(), "popolo"),
        (
            "cell.csv",
            [b"Session,To\n".to_vec(), vec![b'x'; 8 << 20]].concat(),
            "upr-info",
        ),
        ("nothing.bin", vec![0, 1, 2, 3], "upr-info"),
    ];
    for (name, bytes, map) in &files {
        let file = put(&house, name, bytes);
        let begun = Instant::now();
        let own = [
            "import",
            file.to_str().unwrap(),
            "--map",
            map,
            "--into",
            "upr",
            "--yes",
        ];
        let more: &[&str] = if *map == "ohchr-matrix" {
            &["--set", "country=PT"]
        } else {
            &[]
        };
        let output = house.tool(&[&own[..], more].concat());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{name}: {said}");
        assert!(begun.elapsed() < SOON, "{name} took {:?}", begun.elapsed());
        assert!(said.contains("error: "), "{name}: {said}");
    }
    assert!(list(&house, "recommendation").is_empty() && list(&house, "event").is_empty());
    // The door still stands.
    house.ask(&["status"]);
}
