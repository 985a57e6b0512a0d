//! Successive snapshots of one outside calendar: what was added, changed, moved, cancelled and what vanished is told, and
//! nothing is ever deleted.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{house, import, list, put, summary};
use crate::harness::House;

/// An event of a made-up council: UID, title, beginning, place, status.
type Event = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
);

const FIRST: [Event; 6] = [
    ("same", "Council", "20990401T170000Z", "Hall", "CONFIRMED"),
    ("named", "Finance", "20990402T170000Z", "Hall", "TENTATIVE"),
    ("moved", "Schools", "20990403T170000Z", "Hall", "CONFIRMED"),
    ("off", "Parks", "20990405T170000Z", "Hall", "CONFIRMED"),
    ("over", "Roads", "20200206T170000Z", "Hall", "CONFIRMED"),
    ("gone", "Sports", "20990407T170000Z", "Hall", "CONFIRMED"),
];
const SECOND: [Event; 5] = [
    ("same", "Council", "20990401T170000Z", "Hall", "CONFIRMED"),
    (
        "named",
        "Finance and taxes",
        "20990402T170000Z",
        "Hall",
        "CONFIRMED",
    ),
    ("moved", "Schools", "20990410T170000Z", "Hall", "CONFIRMED"),
    // Cancelled, and its title says so too: two changes of one record.
    (
        "off",
        "Parks (cancelled)",
        "20990405T170000Z",
        "Hall",
        "CANCELLED",
    ),
    ("new", "Health", "20990501T170000Z", "Hall", "CONFIRMED"),
];

/// The calendar, as it was written on some day, which it tells in each event: which day is no change.
fn calendar(events: &[Event], day: &str) -> String {
    let event = |(uid, title, start, place, status): &Event| {
        format!(
            "BEGIN:VEVENT\r\nUID:{uid}@council.example\r\nDTSTAMP:{day}T000000Z\r\nDTSTART:{start}\r\nSUMMARY:{title}\r\n\
             LOCATION:{place}\r\nSTATUS:{status}\r\nDESCRIPTION:Written on {day}\r\nEND:VEVENT\r\n"
        )
    };
    let events: String = events.iter().map(event).collect();
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//EN\r\n{events}END:VCALENDAR\r\n")
}

fn take(house: &House, text: &str, more: &[&str]) -> (i32, Value) {
    let file = put(house, "council.ics", text);
    let own = ["--calendar", "council", "--set", "language=en"];
    import(house, &file, "ical", &[&own, more].concat())
}

/// What happened to which event.
fn changes(answer: &Value) -> BTreeMap<String, &str> {
    let rows = answer["rows"].as_array().unwrap().iter();
    rows.filter_map(|row| {
        let key = row["key"].as_str().unwrap().split('@').next().unwrap();
        Some((key.to_owned(), row["change"].as_str()?))
    })
    .collect()
}

fn expected<'e>(of: &[(&str, &'e str)]) -> BTreeMap<String, &'e str> {
    of.iter()
        .map(|(key, what)| ((*key).to_owned(), *what))
        .collect()
}

/// The states of all events, by the beginning of their names.
fn states(house: &House) -> BTreeMap<String, String> {
    let events = list(house, "event").into_iter().map(|event| {
        let name = event["name"].as_str().unwrap().rsplit('/').next().unwrap();
        let id = name.split(['-', '.']).next().unwrap().to_owned();
        let state = event["state"].as_str().unwrap();
        (id, state.trim_start_matches("EVENT_STATE_").to_lowercase())
    });
    events.collect()
}

fn undo(house: &House, import: &Value) -> Value {
    let name = import["import"].as_str().unwrap();
    let undone = house.ask(&["import", "undo", name, "--yes", "-o", "json"]);
    serde_json::from_str(&undone).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_calendar_is_followed_from_snapshot_to_snapshot() {
    let house = house().await;
    let first = calendar(&FIRST, "20260101");
    let (code, done) = take(&house, &first, &["--yes"]);
    assert_eq!((code, summary(&done)), (0, [6, 0, 0, 0]), "{done:#}");
    assert!(changes(&done).values().all(|what| *what == "added"));
    assert_eq!(done["calendar"]["added"], 6);
    assert!(done["calendar"]["previous"].is_null(), "{done:#}");

    // The same calendar of the next day changes nothing.
    let next_day = calendar(&FIRST, "20260102");
    let (code, again) = take(&house, &next_day, &["--yes"]);
    assert_eq!((code, summary(&again)), (0, [0, 0, 6, 0]), "{again:#}");
    assert!(changes(&again).is_empty(), "{again:#}");
    assert_eq!(again["calendar"]["previous"], done["import"]);
    assert_eq!(again["calendar"]["unchanged"], 6);

    // What happened until the next one is told before anything is written, and what vanished has rows too.
    let second = calendar(&SECOND, "20260201");
    let (_, seen) = take(&house, &second, &["--dry-run"]);
    let what = [
        ("named", "changed"),
        ("moved", "moved"),
        ("off", "cancelled"),
        ("new", "added"),
        ("over", "vanished-past"),
        ("gone", "vanished-future"),
    ];
    assert_eq!(changes(&seen), expected(&what), "{seen:#}");
    assert_eq!(summary(&seen), [1, 3, 3, 0], "{seen:#}");
    let gone = seen["rows"].as_array().unwrap().last().unwrap().clone();
    let (_, done) = take(&house, &second, &["--yes"]);
    assert_eq!(changes(&done), expected(&what));
    assert_eq!(summary(&done), [1, 3, 3, 0], "{done:#}");
    let after = states(&house);
    let expected_states = [
        ("same", "confirmed"),
        ("named", "confirmed"),
        ("moved", "confirmed"),
        ("off", "cancelled"),
        ("over", "confirmed"),
        ("gone", "confirmed"),
        ("new", "confirmed"),
    ];
    for (id, state) in expected_states {
        assert_eq!(after[id], state, "{id}: {after:?}");
    }
    assert_eq!(after.len(), 7, "nothing is deleted");
    for row in [&gone, done["rows"].as_array().unwrap().last().unwrap()] {
        assert_eq!(row["verdict"], "unchanged");
        let reason = row["reason"].as_str().unwrap();
        assert!(reason.contains("not in the calendar any more"), "{reason}");
    }
    // Why the event is off stands at the event.
    let events = list(&house, "event");
    let off = events
        .iter()
        .find(|it| it["state"] == "EVENT_STATE_CANCELLED");
    let off = off.unwrap();
    assert_eq!(off["title"]["byLanguage"]["en"], "Parks (cancelled)");
    let why = off["stateReason"].as_str().unwrap();
    assert!(
        why.starts_with("cancelled in the calendar council"),
        "{why}"
    );
    let (_, again) = take(&house, &second, &["--yes"]);
    assert_eq!(summary(&again), [0, 0, 5, 0], "{again:#}");
    assert!(changes(&again).is_empty(), "{again:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_vanished_is_put_off_when_somebody_says_so_and_comes_back() {
    let house = house().await;
    let (first, second) = (calendar(&FIRST, "20260101"), calendar(&SECOND, "20260201"));
    take(&house, &first, &["--yes"]);
    take(&house, &second, &["--yes"]);

    // It had vanished before anybody said what is to become of it: it is still missed. What was over is left.
    let (_, done) = take(&house, &second, &["--yes", "--vanished", "postpone"]);
    assert_eq!(summary(&done), [0, 1, 5, 0], "{done:#}");
    assert_eq!(changes(&done), expected(&[("gone", "vanished-future")]));
    assert_eq!(states(&house)["gone"], "postponed");
    assert_eq!(states(&house)["over"], "confirmed");
    let (_, again) = take(&house, &second, &["--yes", "--vanished", "postpone"]);
    assert_eq!(summary(&again)[..2], [0, 0], "{again:#}");

    // Taken back, and done again.
    let undone = undo(&house, &done);
    assert_eq!(
        (&undone["undone"], &undone["kept"]),
        (&json!(1), &json!(0)),
        "{undone:#}"
    );
    assert_eq!(states(&house)["gone"], "confirmed");
    let (_, done) = take(&house, &second, &["--yes", "--vanished", "postpone"]);
    assert_eq!(summary(&done)[..2], [0, 1], "{done:#}");

    // It is in the calendar again: it takes place after all.
    let (_, back) = take(&house, &first, &["--yes"]);
    let found = changes(&back);
    assert_eq!((found["gone"], found["over"]), ("returned", "returned"));
    assert_eq!(found["new"], "vanished-future");
    assert_eq!(states(&house)["gone"], "confirmed");
    // What is cancelled is cancelled for good, and the row says that the calendar sees it otherwise.
    assert_eq!(states(&house)["off"], "cancelled");
    let off = back["rows"].as_array().unwrap().iter();
    let off = off
        .into_iter()
        .find(|row| row["key"].as_str().unwrap().starts_with("off@"));
    let note = off.unwrap()["records"][0]["reason"].as_str().unwrap();
    assert!(
        note.contains("is cancelled, the file says confirmed"),
        "{note}"
    );

    // Cancelling has no way back: it is named as what stays.
    let (_, done) = take(&house, &first, &["--yes", "--vanished", "cancel"]);
    assert_eq!(summary(&done)[..2], [0, 1], "{done:#}");
    assert_eq!(states(&house)["new"], "cancelled");
    let undone = undo(&house, &done);
    assert_eq!(
        (&undone["undone"], &undone["kept"]),
        (&json!(0), &json!(1)),
        "{undone:#}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_is_compared_with_the_one_before_or_not_written() {
    let house = house().await;
    let (first, second) = (calendar(&FIRST, "20260101"), calendar(&SECOND, "20260201"));
    let (_, early) = take(&house, &first, &[]);
    let (_, late) = take(&house, &second, &["--yes"]);
    assert_eq!(summary(&late), [5, 0, 0, 0]);
    // The earlier preview knows nothing of what was imported since.
    let name = early["import"].as_str().unwrap();
    let output = house.tool(&["import", "resume", name, "--yes"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("CALENDAR_MOVED_ON"), "{said}");

    // Taken back, it is the last snapshot no more.
    undo(&house, &late);
    let (_, seen) = take(&house, &second, &["--dry-run"]);
    assert!(seen["calendar"]["previous"].is_null(), "{seen:#}");

    // Only a calendar is one, and it is called by an id.
    let file = put(&house, "council.csv", "UID,SUMMARY\n1,x\n");
    for (more, field) in [
        (&["--calendar", "council"][..], "data"),
        (&["--calendar", "council", "--format", "csv"], "format"),
        (&["--calendar", "The Council"], "calendar"),
    ] {
        let own = [
            "import",
            file.to_str().unwrap(),
            "--map",
            "ical",
            "--into",
            "upr",
        ];
        let output = house.tool(&[&own, more].concat());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(field), "{field}: {said}");
    }
}
