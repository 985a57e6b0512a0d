use std::io::Cursor;

use super::*;

fn calendar(events: &[&str]) -> Snapshot {
    let events: Vec<String> = events
        .iter()
        .map(|lines| {
            format!(
                "BEGIN:VEVENT\r\n{}\r\nEND:VEVENT\r\n",
                lines.replace('\n', "\r\n")
            )
        })
        .collect();
    let text = format!("BEGIN:VCALENDAR\r\n{}END:VCALENDAR\r\n", events.concat());
    let (snapshot, refused, _) = Snapshot::read(Cursor::new(text), &Options::default()).unwrap();
    assert!(refused.is_empty(), "{refused:?}");
    snapshot
}

const NOW: &str = "2026-03-01T12:00:00Z";

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

/// A made-up council, twice.
fn pair() -> (Snapshot, Snapshot) {
    let before = calendar(&[
        "UID:same\nDTSTAMP:20260101T000000Z\nDTSTART;TZID=Europe/Lisbon:20260401T170000\nSUMMARY:Council\nDESCRIPTION:Of 1 January",
        "UID:place\nDTSTART:20260402T170000Z\nSUMMARY:Finance\nLOCATION:",
        "UID:moved\nDTSTART:20260403T170000Z\nSUMMARY:Schools",
        "UID:house\nDTSTART:20260403T170000Z\nSUMMARY:Sports\nLOCATION:Hall",
        "UID:ended\nDTSTART:20260204T170000Z\nDTEND:20260205T000000Z\nSUMMARY:Roads",
        "UID:off\nDTSTART:20260405T170000Z\nSUMMARY:Parks\nSTATUS:CONFIRMED",
        "UID:over\nDTSTART:20260206T170000Z\nSUMMARY:Old",
        "UID:gone\nDTSTART:20260407T170000Z\nSUMMARY:Lost",
        "UID:series\nRECURRENCE-ID:20260408T170000Z\nDTSTART:20260408T170000Z\nSUMMARY:One of many",
    ]);
    let after = calendar(&[
        "UID:same\nDTSTAMP:20260201T000000Z\nDTSTART;TZID=Europe/Lisbon:20260401T170000\nSUMMARY:Council\nDESCRIPTION:Of 1 February",
        "UID:place\nDTSTART:20260402T170000Z\nSUMMARY:Finance\nLOCATION:Town hall",
        "UID:moved\nDTSTART:20260410T170000Z\nSUMMARY:Schools",
        "UID:house\nDTSTART:20260403T170000Z\nSUMMARY:Sports\nLOCATION:Stadium",
        "UID:ended\nDTSTART:20260204T170000Z\nDTEND:20260204T183000Z\nSUMMARY:Roads",
        "UID:off\nDTSTART:20260405T170000Z\nSUMMARY:Parks\nSTATUS:CANCELLED",
        "UID:new\nDTSTART:20260501T170000Z\nSUMMARY:First",
        "UID:series\nRECURRENCE-ID:20260408T170000Z\nDTSTART:20260408T170000Z\nSUMMARY:One of many",
    ]);
    (before, after)
}

#[test]
fn what_happened_between_two_files_is_told() {
    let (before, after) = pair();
    let diff = before.diff(&after, now());
    let keys = |what| diff.keys(what).collect::<Vec<_>>();
    assert_eq!(keys(What::Added), ["new"]);
    assert_eq!(keys(What::Changed), ["ended", "place"]);
    assert_eq!(keys(What::Moved), ["house", "moved"]);
    assert_eq!(keys(What::Cancelled), ["off"]);
    assert_eq!(keys(What::VanishedPast), ["over"]);
    assert_eq!(keys(What::VanishedFuture), ["gone"]);
    // `same` and the one of the series.
    assert_eq!(diff.unchanged, 2);
    let ended = diff
        .changes
        .iter()
        .find(|change| change.key == "ended")
        .unwrap();
    assert_eq!(
        ended.fields,
        [Field {
            name: "dtend".to_owned(),
            before: "2026-02-05T00:00:00+00:00".to_owned(),
            after: "2026-02-04T18:30:00+00:00".to_owned(),
        }]
    );
}

#[test]
fn the_same_file_again_changes_nothing_and_what_vanished_stays_known() {
    let (before, after) = pair();
    let mut kept = Snapshot::default();
    assert_eq!(
        kept.follow(before.clone(), now()).keys(What::Added).count(),
        9
    );
    assert_eq!(
        kept.follow(before.clone(), now()),
        Diff {
            changes: Vec::new(),
            unchanged: 9
        }
    );
    kept.follow(after.clone(), now());
    let again = kept.follow(after, now());
    assert!(again.changes.is_empty(), "{again:?}");
    // Kept until the next day as JSON.
    let text = serde_json::to_string(&kept).unwrap();
    let mut kept: Snapshot = serde_json::from_str(&text).unwrap();
    let diff = kept.follow(before, now());
    assert_eq!(
        diff.keys(What::Returned).collect::<Vec<_>>(),
        ["gone", "over"]
    );
    assert_eq!(diff.keys(What::VanishedFuture).collect::<Vec<_>>(), ["new"]);
}

#[test]
fn the_record_of_an_event_is_known_when_it_is_gone() {
    let (mut before, after) = pair();
    before.recorded("gone", "dialogues/r/events/gone");
    before.recorded("over", "dialogues/r/events/over");
    before.recorded("same", "dialogues/r/events/same");
    let mut kept = Snapshot::default();
    kept.follow(before, now());
    assert_eq!(kept.missing(now()).count(), 0);
    let diff = kept.follow(after.clone(), now());
    let gone = diff.changes.iter().find(|change| change.key == "gone");
    let gone = gone.unwrap();
    assert_eq!(gone.record, "dialogues/r/events/gone");
    assert_eq!(gone.begins, "2026-04-07T17:00:00+00:00");
    // Of those that vanished only the one that is still to come is missed, and only until then.
    let missing: Vec<Change> = kept.missing(now()).collect();
    assert_eq!(missing.len(), 1);
    assert_eq!(missing[0].record, "dialogues/r/events/gone");
    let later = "2026-05-01T00:00:00Z".parse().unwrap();
    assert_eq!(kept.missing(later).count(), 0);
    assert_eq!(
        kept.events["same"].record, "dialogues/r/events/same",
        "a file that does not say it takes it not away"
    );
}

#[test]
fn of_two_versions_in_one_file_the_later_holds() {
    let found = calendar(&[
        "UID:a\nSEQUENCE:2\nSUMMARY:Second",
        "UID:a\nSEQUENCE:1\nSUMMARY:First",
        "SUMMARY:Nameless\nDTSTART:20260101",
    ]);
    assert_eq!(found.len(), 2);
    assert_eq!(found.events["a"].fields["summary"], "Second");
}
