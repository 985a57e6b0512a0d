//! A ministry gets what is addressed to it as a spreadsheet, fills it in, and sends it back, while others go on writing.

use std::path::Path;

use serde_json::{Value, json};

use crate::harness::House;

fn record() -> String {
    let line = |kind: &str, record: Value| json!({"kind": kind, "record": record}).to_string();
    let text = |words: &str| json!({"byLanguage": {"en": words}});
    let mut lines = vec![
        line(
            "party",
            json!({"name": "parties/pt", "kind": "PARTY_KIND_STATE", "countryCode": "PT", "title": text("Portugal")}),
        ),
        line(
            "party",
            json!({"name": "parties/sn", "kind": "PARTY_KIND_STATE", "countryCode": "SN", "title": text("Senegal")}),
        ),
        line(
            "dialogue",
            json!({"name": "dialogues/d", "title": text("D"), "code": "D"}),
        ),
        line(
            "event",
            json!({"name": "dialogues/d/events/e", "kind": "EVENT_KIND_WORKSHOP", "state": "EVENT_STATE_HELD",
            "title": text("E"), "start": {"value": "2021-05"}}),
        ),
    ];
    for id in ["a", "b", "c", "f", "g"] {
        lines.push(line(
            "recommendation",
            json!({"name": format!("dialogues/d/recommendations/{id}"),
            "event": "dialogues/d/events/e", "path": id, "text": text(&format!("=Train {id}")),
            "state": "RECOMMENDATION_STATE_ADOPTED", "adopted": {"value": "2021-06"}}),
        ));
        for party in ["pt", "sn"] {
            lines.push(line(
                "addressee",
                json!({"name": format!("dialogues/d/recommendations/{id}/addressees/{party}"),
                "party": format!("parties/{party}"), "addressed": {"value": "2021-06"}}),
            ));
        }
    }
    lines.join("\n")
}

/// The cells of a bundle, with the headings.
fn rows(file: &Path) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_path(file)
        .unwrap();
    reader
        .records()
        .map(|row| row.unwrap().iter().map(str::to_owned).collect())
        .collect()
}

fn write(file: &Path, rows: &[Vec<String>]) {
    let mut writer = csv::Writer::from_path(file).unwrap();
    for row in rows {
        writer.write_record(row).unwrap();
    }
    writer.flush().unwrap();
}

/// Fills in a cell of the row of a recommendation.
fn fill(rows: &mut [Vec<String>], id: &str, column: &str, words: &str) {
    let at = rows[0]
        .iter()
        .position(|heading| heading == column)
        .unwrap();
    let key = rows[0]
        .iter()
        .position(|heading| heading == "#key")
        .unwrap();
    let name = format!("dialogues/d/recommendations/{id}/addressees/pt");
    let row = rows.iter_mut().find(|row| row[key] == name).unwrap();
    words.clone_into(&mut row[at]);
}

fn import(house: &House, file: &Path, more: &[&str]) -> (Option<i32>, Value) {
    let arguments = [
        &["bundle", "import", file.to_str().unwrap(), "-o", "json"][..],
        more,
    ]
    .concat();
    let output = house.tool(&arguments);
    let out = String::from_utf8(output.stdout).unwrap();
    let report = serde_json::from_str(&out)
        .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&output.stderr).into_owned()));
    (output.status.code(), report)
}

fn verdicts(report: &Value) -> Vec<(String, String)> {
    let rows = report["rows"].as_array().unwrap().iter();
    rows.map(|row| {
        let name = row["name"].as_str().unwrap();
        let id = name.split('/').nth(3).unwrap_or(name).to_owned();
        (id, row["verdict"].as_str().unwrap().to_owned())
    })
    .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ministry_fills_it_in_while_others_write() {
    let house = House::start().await;
    let folder = house.folder.path().to_owned();
    let (file, bundle, filled) = (
        folder.join("record.ndjson"),
        folder.join("pt.csv"),
        folder.join("back.csv"),
    );
    std::fs::write(&file, record()).unwrap();
    house.ask(&["load", file.to_str().unwrap()]);
    house.ask(&[
        "respond",
        "d/b/pt",
        "--response",
        "noted",
        "--word",
        "noted",
        "--on",
        "2021-07-01",
    ]);
    house.ask(&[
        "bundle",
        "export",
        "--party",
        "pt",
        "--to",
        bundle.to_str().unwrap(),
    ]);
    let written = rows(&bundle);
    assert_eq!(written.len(), 1 + 5 + 1, "headings, rows, seal");
    assert!(
        written[1..6]
            .iter()
            .all(|row| row[1].starts_with("'=Train"))
    );

    // As it is, it changes nothing.
    let (code, report) = import(&house, &bundle, &[]);
    assert_eq!(
        (code, &report["summary"]["unchanged"]),
        (Some(0), &json!(5)),
        "{report}"
    );

    let mut rows = written.clone();
    fill(&mut rows, "a", "answer", "Supported");
    fill(&mut rows, "a", "answer in own words", "'=agreed");
    fill(&mut rows, "a", "day of the answer", "2021-08-01T00:00:00");
    fill(&mut rows, "a", "report", "Two courses\nwere held");
    fill(&mut rows, "a", "progress", "in progress");
    fill(&mut rows, "b", "answer", "supported");
    fill(&mut rows, "b", "remark", "after a second reading");
    fill(&mut rows, "c", "answer", "perhaps");
    fill(&mut rows, "f", "answer", "noted");
    // Somebody else answers in the meantime.
    house.ask(&[
        "respond",
        "d/f/pt",
        "--response",
        "not-supported",
        "--on",
        "2021-08-01",
    ]);
    // The ministry sorts its sheet and forgets a row.
    rows[1..6].reverse();
    write(&filled, &rows);

    let expected = [
        ("f".to_owned(), "clash".to_owned()),
        ("c".to_owned(), "refused".to_owned()),
        ("b".to_owned(), "recorded".to_owned()),
        ("a".to_owned(), "recorded".to_owned()),
    ];
    let sorted = |report: &Value| {
        let mut found = verdicts(report);
        found.retain(|(id, _)| id != "g");
        found.sort();
        found
    };
    let mut wanted = expected.to_vec();
    wanted.sort();
    let (code, dry) = import(&house, &filled, &["--dry-run"]);
    assert_eq!((code, sorted(&dry)), (Some(1), wanted.clone()), "{dry}");
    let still: Value =
        serde_json::from_str(&house.ask(&["addressee", "show", "d/a/pt", "-o", "json"])).unwrap();
    assert_eq!(
        still["response"], "RESPONSE_NONE",
        "a dry run writes nothing"
    );

    let (code, report) = import(&house, &filled, &[]);
    assert_eq!((code, sorted(&report)), (Some(1), wanted), "{report}");
    let clash = report["rows"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["verdict"] == "clash")
        .unwrap();
    let note = clash["note"].as_str().unwrap();
    assert!(
        note.contains("not-supported") && note.contains("noted"),
        "both are shown: {note}"
    );

    let answer: Value =
        serde_json::from_str(&house.ask(&["addressee", "show", "d/a/pt", "-o", "json"])).unwrap();
    assert_eq!(answer["response"], "RESPONSE_SUPPORTED");
    assert_eq!(
        (
            &answer["entries"][0]["word"],
            &answer["entries"][0]["on"]["value"]
        ),
        (&json!("=agreed"), &json!("2021-08-01"))
    );
    let untouched: Value =
        serde_json::from_str(&house.ask(&["addressee", "show", "d/f/pt", "-o", "json"])).unwrap();
    assert_eq!(untouched["response"], "RESPONSE_NOT_SUPPORTED");
    let reports: Value =
        serde_json::from_str(&house.ask(&["report", "list", "-o", "json"])).unwrap();
    assert_eq!(reports.as_array().unwrap().len(), 1, "{reports}");
    assert_eq!(
        reports[0]["narrative"]["byLanguage"]["en"],
        "Two courses\nwere held"
    );
    assert_eq!(reports[0]["state"], "PROGRESS_REPORT_STATE_DRAFT");

    // Taken back twice it is there once.
    let (_, again) = import(&house, &filled, &[]);
    assert_eq!(
        (
            &again["summary"]["recorded"],
            &again["summary"]["unchanged"]
        ),
        (&json!(0), &json!(3)),
        "{again}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_bundle_is_known() {
    let house = House::start().await;
    let folder = house.folder.path().to_owned();
    let (file, bundle, filled) = (
        folder.join("record.ndjson"),
        folder.join("pt.csv"),
        folder.join("back.csv"),
    );
    std::fs::write(&file, record()).unwrap();
    house.ask(&["load", file.to_str().unwrap()]);
    house.ask(&[
        "bundle",
        "export",
        "--party",
        "pt",
        "--to",
        bundle.to_str().unwrap(),
    ]);
    let written = rows(&bundle);
    let key = written[0]
        .iter()
        .position(|heading| heading == "#key")
        .unwrap();

    // Without its last row it is no bundle.
    write(&filled, &written[..6]);
    let (code, said) = import(&house, &filled, &[]);
    assert!(
        code == Some(1) && said.to_string().contains("DAMAGED_BUNDLE"),
        "{said}"
    );

    // A row of another party is not taken for one of this.
    let mut rows = written.clone();
    rows[1][key] = rows[1][key].replace("/pt", "/sn");
    fill_at(&mut rows[1], &written[0], "answer", "supported");
    write(&filled, &rows);
    let (code, report) = import(&house, &filled, &[]);
    assert_eq!(
        (code, &report["summary"]["refused"]),
        (Some(1), &json!(1)),
        "{report}"
    );

    // A digest that was changed with it is seen in the whole.
    let check = written[0]
        .iter()
        .position(|heading| heading == "#check")
        .unwrap();
    rows[1][check] = "0123456789abcdef".to_owned();
    write(&filled, &rows);
    let (_, said) = import(&house, &filled, &[]);
    assert!(said.to_string().contains("DAMAGED_BUNDLE"), "{said}");

    // A row that was deleted is left alone, and said to be missing; one that stands there twice is not taken.
    let mut rows = written.clone();
    let gone = rows.remove(1);
    write(&filled, &rows);
    let (code, report) = import(&house, &filled, &[]);
    assert_eq!(
        (code, &report["summary"]["missing"]),
        (Some(0), &json!(1)),
        "{report}"
    );
    rows[1] = rows[2].clone();
    rows.insert(1, gone);
    write(&filled, &rows);
    let (_, said) = import(&house, &filled, &[]);
    assert!(said.to_string().contains("DAMAGED_BUNDLE"), "{said}");

    // A workbook comes back as it went, too.
    let book = folder.join("pt.xlsx");
    house.ask(&[
        "bundle",
        "export",
        "--party",
        "pt",
        "--to",
        book.to_str().unwrap(),
    ]);
    let (code, report) = import(&house, &book, &[]);
    assert_eq!(
        (code, &report["summary"]["unchanged"]),
        (Some(0), &json!(5)),
        "{report}"
    );
    assert_eq!(
        house
            .tool(&["bundle", "export", "--party", "pt", "--to", "x.doc"])
            .status
            .code(),
        Some(2)
    );
}

fn fill_at(row: &mut [String], headings: &[String], column: &str, words: &str) {
    let at = headings
        .iter()
        .position(|heading| heading == column)
        .unwrap();
    words.clone_into(&mut row[at]);
}
