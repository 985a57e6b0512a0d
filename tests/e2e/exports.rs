//! What goes out comes back: a house is exported, loaded into an empty one and exported again, and the bytes are the
//! same; every other format is written, read and holds no more than its reader may see.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::harness::{House, program};

/// The sample record, as files.
pub(super) fn sample() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/cli/sample");
    let mut files: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path().to_str().unwrap().to_owned())
        .filter(|path| path.ends_with(".ndjson"))
        .collect();
    files.sort();
    files
}

/// Records that refer to each other in circles, and texts that no file takes as they are.
pub(super) fn hard() -> String {
    let line = |kind: &str, record: Value| json!({"kind": kind, "record": record}).to_string();
    let text = |words: &str| json!({"byLanguage": {"en": words}});
    let recommendation = |id: &str, words: &str| {
        line(
            "recommendation",
            json!({
                "name": format!("dialogues/d/recommendations/{id}"), "instrument": "dialogues/d/instruments/list",
                "path": id, "text": text(words), "state": "RECOMMENDATION_STATE_ADOPTED", "adopted": {"value": "2021-06"},
            }),
        )
    };
    [
        line("party", json!({"name": "parties/aa", "kind": "PARTY_KIND_STATE", "countryCode": "PT", "title": text("Aa")})),
        line("party", json!({"name": "parties/zz", "kind": "PARTY_KIND_ORGANISATION", "title": text("=Zz")})),
        line("party", json!({"name": "parties/bb", "kind": "PARTY_KIND_ORGANISATION", "title": text("Bb"), "parentParty": "parties/zz"})),
        line("dialogue", json!({"name": "dialogues/d", "title": text("D"), "code": "D",
            "bodies": [{"id": "board", "kind": "BODY_KIND_STEERING_COMMITTEE", "title": text("Board")}], "secretariat": "parties/zz"})),
        line("source", json!({"name": "sources/s", "kind": "page", "publisher": "parties/zz", "text": "a \"quote\"\n=1", "dialogues": ["dialogues/d"]})),
        // Its source is published by itself.
        line("party", json!({"name": "parties/zz", "kind": "PARTY_KIND_ORGANISATION", "title": text("=Zz"),
            "provenance": [{"source": "sources/s", "quote": "a \"quote\""}]})),
        line("event", json!({"name": "dialogues/d/events/b", "kind": "EVENT_KIND_WORKSHOP", "state": "EVENT_STATE_HELD",
            "title": text("Whole"), "start": {"value": "2021-05"}, "bodies": ["dialogues/d/bodies/board"]})),
        line("event", json!({"name": "dialogues/d/events/a", "kind": "EVENT_KIND_SIDE_EVENT", "state": "EVENT_STATE_HELD",
            "title": text("Part; one, two"), "description": text("two\nATTENDEE:x\nlines, \\; =cmd|' /C calc'!A0"),
            "start": {"value": "2021-05-02"}, "parentEvent": "dialogues/d/events/b",
            "place": {"name": "Lisbon", "countryCode": "PT"}})),
        json!({"kind": "event", "reason": "a storm", "record": {"name": "dialogues/d/events/c", "kind": "EVENT_KIND_WEBINAR",
            "state": "EVENT_STATE_CANCELLED", "title": text("Cancelled"), "start": {"value": "2021-07-01"}}}).to_string(),
        line("event", json!({"name": "dialogues/d/events/secret", "kind": "EVENT_KIND_WEBINAR", "state": "EVENT_STATE_HELD",
            "title": text("Secret meeting"), "start": {"value": "2021-07-01"}, "visibility": "VISIBILITY_INTERNAL"})),
        line("instrument", json!({"name": "dialogues/d/instruments/list", "kind": "INSTRUMENT_KIND_RECOMMENDATIONS_LIST",
            "title": text("List <1> & more"), "event": "dialogues/d/events/b", "adopted": {"value": "2021-06"}})),
        recommendation("one", "Train one"),
        recommendation("two", "Train two"),
        recommendation("three", "+Train three"),
        json!({"kind": "recommendation", "reason": "no consensus", "record": {
            "name": "dialogues/d/recommendations/four", "event": "dialogues/d/events/b", "text": text("Train four"),
            "state": "RECOMMENDATION_STATE_REJECTED"}}).to_string(),
        line("addressee", json!({"name": "dialogues/d/recommendations/one/addressees/aa", "party": "parties/aa",
            "addressed": {"value": "2021-06"},
            "entries": [{"response": "RESPONSE_NOTED", "word": "=noted", "on": {"value": "2021-07-01"}}]})),
        line("commitment", json!({"name": "dialogues/d/commitments/a", "kind": "COMMITMENT_KIND_MATCHING", "title": text("Matching"),
            "owners": ["parties/bb"], "matches": "dialogues/d/commitments/b"})),
    ]
    .map(|line| line + "\n")
    .concat()
    // The one that is matched is recorded first here; a list gives it last.
    .replace(
        "{\"kind\":\"commitment\"",
        &format!(
            "{}\n{{\"kind\":\"commitment\"",
            line("commitment", json!({"name": "dialogues/d/commitments/b", "kind": "COMMITMENT_KIND_PLEDGE", "title": text("Pledge"),
                "owners": ["parties/aa"], "recommendations": ["dialogues/d/recommendations/one"], "start": {"value": "2021-07"}}))
        ),
    )
}

/// What no file can say: moves, in several hands.
fn moved(house: &House) {
    let lines = "\
recommendation correct-text d/two --text Corrected --reason typo
recommendation supersede d/two --by d/one
recommendation retire d/three --decision d/list --reason done
commitment accept d/b --on 2021-08-01
commitment start d/b --on 2021-08-02
commitment hold d/b --reason elections --on 2021-09-01
commitment resume d/b --on 2021-10-01
report add -d d --id r1 --addressee d/one/aa --party aa --text Done --claimed in-progress --as focal
report submit d/r1 --on 2022-02-01 --as focal
report return d/r1 --reason evidence --on 2022-02-01 --as secretariat
report redraft d/r1 --on 2022-02-01 --as focal
report submit d/r1 --on 2022-02-01 --as focal
report verify d/r1 --verifier zz --on 2022-02-03 --as secretariat
report publish d/r1 --on 2022-02-04 --as secretariat";
    for line in lines.lines() {
        house.ask(&line.split(' ').collect::<Vec<_>>());
    }
}

fn summary(out: &str) -> Value {
    serde_json::from_str::<Value>(out).unwrap()["summary"].clone()
}

fn refused(out: &str) -> Vec<String> {
    let report: Value = serde_json::from_str(out).unwrap();
    let lines = report["lines"].as_array().unwrap().iter();
    lines
        .filter(|line| line["verdict"] == "refused")
        .map(Value::to_string)
        .collect()
}

fn lines(file: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(file).unwrap();
    text.lines().map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_comes_back_as_it_went_out() {
    let house = House::start().await;
    let folder = house.folder.path().to_owned();
    let hard_file = folder.join("hard.ndjson");
    std::fs::write(&hard_file, hard()).unwrap();
    let mut load = vec!["load".to_owned(), "-o".to_owned(), "json".to_owned()];
    load.extend(sample());
    load.push(hard_file.to_str().unwrap().to_owned());
    house.ask(&load.iter().map(String::as_str).collect::<Vec<_>>());
    moved(&house);

    let first = folder.join("first.ndjson");
    let first_name = first.to_str().unwrap();
    house.ask(&["export", "-o", first_name]);
    let to_stdout = house.ask(&["export", "everything", "--format", "ndjson"]);
    assert_eq!(to_stdout, std::fs::read_to_string(&first).unwrap());

    let other = House::start().await;
    let load = [
        "load",
        "--as-recorded",
        "-o",
        "json",
        "--continue-on-error",
        first_name,
    ];
    let loaded = other.tool(&load);
    let out = String::from_utf8(loaded.stdout).unwrap();
    assert_eq!(refused(&out), Vec::<String>::new());
    let second = folder.join("second.ndjson");
    other.ask(&["export", "-o", second.to_str().unwrap()]);
    let (before, after) = (lines(&first), lines(&second));
    let differ: Vec<(&String, &String)> = before
        .iter()
        .zip(&after)
        .filter(|(before, after)| before != after)
        .take(3)
        .collect();
    assert_eq!(differ, []);
    assert_eq!(before.len(), after.len());

    // Loading it again changes nothing.
    let again = other.ask(&load);
    let again = summary(&again);
    assert_eq!(
        (&again["created"], &again["updated"], &again["refused"]),
        (&json!(0), &json!(0), &json!(0)),
        "{again}"
    );

    // What was moved stands where it stood.
    for (noun, name) in [
        ("recommendation", "d/two"),
        ("recommendation", "d/three"),
        ("recommendation", "d/four"),
        ("event", "d/c"),
        ("commitment", "d/b"),
        ("report", "d/r1"),
        ("addressee", "d/one/aa"),
    ] {
        let shown = |house: &House| {
            let record = house.ask(&[noun, "show", name, "-o", "json"]);
            let mut record: Value = serde_json::from_str(&record).unwrap();
            without_service_fields(&mut record);
            record
        };
        assert_eq!(shown(&house), shown(&other), "{noun} {name}");
    }
}

/// What is of this house alone, at any depth.
fn without_service_fields(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for own in [
                "etag",
                "uid",
                "createTime",
                "updateTime",
                "recordTime",
                "recordedBy",
                "authors",
                "time",
                "sequence",
            ] {
                fields.remove(own);
            }
            fields.values_mut().for_each(without_service_fields);
        }
        Value::Array(items) => items.iter_mut().for_each(without_service_fields),
        _ => {}
    }
}

/// The tool, asked by somebody without a key.
pub(super) fn visitor(house: &House, arguments: &[&str]) -> String {
    let output = Command::new(program("rapporteur"))
        .args(arguments)
        .env("XDG_CONFIG_HOME", house.folder.path().join("nobody"))
        .env(
            "RAPPORTEUR_GATEWAY",
            format!("http://{}", house.gateway.address),
        )
        .env_remove("RAPPORTEUR_TOKEN")
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_format_is_written_and_shows_no_more_than_may_be_seen() {
    let house = House::start().await;
    let folder = house.folder.path().to_owned();
    let hard_file = folder.join("hard.ndjson");
    std::fs::write(&hard_file, hard()).unwrap();
    house.ask(&["load", hard_file.to_str().unwrap()]);

    for form in [
        "ndjson", "ics", "json-ld", "popolo", "ocd", "odata", "markdown",
    ] {
        let all = house.ask(&["export", "--format", form]);
        assert!(all.contains("Secret meeting"), "{form}");
        let public = visitor(&house, &["export", "--format", form]);
        assert!(!public.contains("Secret"), "{form}: {public}");
        assert!(!public.is_empty(), "{form}");
    }
    for form in ["json-ld", "popolo", "ocd", "odata"] {
        let out = house.ask(&["export", "--format", form]);
        serde_json::from_str::<Value>(&out).unwrap_or_else(|e| panic!("{form}: {e}"));
    }
    let ocd: Value =
        serde_json::from_str(&house.ask(&["export", "events", "--format", "ocd"])).unwrap();
    assert_eq!(ocd.as_array().unwrap().len(), 4);

    // A line break in a text begins no property.
    let calendar = house.ask(&["export", "events", "--format", "ics"]);
    assert_eq!(
        calendar.matches("\r\nBEGIN:VEVENT").count(),
        4,
        "{calendar}"
    );
    assert!(!calendar.contains("\r\nATTENDEE"), "{calendar}");
    assert!(calendar.lines().all(|line| line.len() <= 75));

    // Filters are those of the list; one kind, one table.
    let held = house.ask(&[
        "export",
        "events",
        "--where",
        "states=cancelled",
        "--format",
        "csv",
        "--columns",
        "name,state",
    ]);
    assert_eq!(held, "name,state\ndialogues/d/events/c,cancelled\n");
    let titles = house.ask(&[
        "export",
        "parties",
        "--format",
        "csv",
        "--columns",
        "name,title",
    ]);
    assert!(titles.contains("parties/zz,'=Zz\n"), "{titles}");
    let raw = house.ask(&[
        "export",
        "parties",
        "--format",
        "csv",
        "--columns",
        "name,title",
        "--raw",
    ]);
    assert!(raw.contains("parties/zz,=Zz\n"), "{raw}");
    for wrong in [
        &["export", "--format", "csv"][..],
        &["export", "kings"],
        &["export", "plans", "--format", "popolo"],
        &["export", "events", "--where", "state=held"],
        &["export", "events", "parties", "--where", "kinds=workshop"],
    ] {
        assert_eq!(house.tool(wrong).status.code(), Some(2), "{wrong:?}");
    }

    let book = folder.join("all.xlsx");
    house.ask(&["export", "--format", "xlsx", "-o", book.to_str().unwrap()]);
    assert!(std::fs::read(&book).unwrap().starts_with(b"PK"));

    let text = house.ask(&["export", "instruments", "--format", "akoma-ntoso"]);
    assert!(
        text.contains("List &lt;1&gt; &amp; more") && text.contains("+Train three"),
        "{text}"
    );
    let texts: PathBuf = folder.join("texts");
    house.ask(&[
        "export",
        "instruments",
        "--format",
        "akoma-ntoso",
        "-o",
        &format!("{}/", texts.display()),
    ]);
    assert_eq!(
        std::fs::read_to_string(texts.join("d.list.xml")).unwrap(),
        text
    );

    // As it stood before anything was recorded.
    let before = house.ask(&["export", "events", "--as-of", "2020-01-01"]);
    assert_eq!(before, "");
}
