use rapporteur_proto::Timestamp;
use rapporteur_proto::events::v1::EventKind;
use rapporteur_proto::gateway::v1::{Due, OpenItem};
use rapporteur_proto::r#type::v1::{CivilDate, Link, Place};

use super::*;

fn date(value: &str) -> Option<CivilDate> {
    (!value.is_empty()).then(|| CivilDate {
        value: value.into(),
        ..CivilDate::default()
    })
}

fn text(words: &[(&str, &str)]) -> Option<LocalizedText> {
    let words = words
        .iter()
        .map(|(tag, words)| ((*tag).into(), (*words).into()));
    Some(LocalizedText {
        by_language: words.collect(),
        ..LocalizedText::default()
    })
}

fn event(start: &str, end: &str, zone: &str) -> Event {
    Event {
        name: "dialogues/rabat/events/e".into(),
        uid: "0192-uid".into(),
        create_time: Some(Timestamp {
            seconds: 1_700_000_000,
            nanos: 0,
        }),
        update_time: Some(Timestamp {
            seconds: 1_700_000_060,
            nanos: 0,
        }),
        state: EventState::Confirmed.into(),
        title: text(&[("en", "Meeting"), ("fr", "Réunion")]),
        start: date(start),
        end: date(end),
        time_zone: zone.into(),
        ..Event::default()
    }
}

/// The lines of a calendar of one event, folded ones whole again.
fn lines(event: &Event) -> Vec<String> {
    let calendar = Calendar {
        title: "Rabat".into(),
        events: vec![event],
        ..Calendar::default()
    };
    let text = calendar.write().replace("\r\n ", "");
    assert!(text.starts_with("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n"));
    assert!(text.ends_with("END:VCALENDAR\r\n"));
    text.split_terminator("\r\n").map(str::to_owned).collect()
}

/// What the lines with these names say.
fn said(event: &Event, names: &[&str]) -> Vec<String> {
    let named = |line: &String| {
        let name = line.split([':', ';']).next().unwrap_or_default();
        names.contains(&name)
    };
    lines(event).into_iter().filter(named).collect()
}

#[test]
fn a_span_is_said_as_precisely_as_it_is_known() {
    for (start, end, zone, expected) in [
        (
            "2024-10-16",
            "2024-10-17",
            "",
            &["DTSTART;VALUE=DATE:20241016", "DTEND;VALUE=DATE:20241018"][..],
        ),
        (
            "2024-12-31",
            "",
            "",
            &["DTSTART;VALUE=DATE:20241231", "DTEND;VALUE=DATE:20250101"],
        ),
        (
            "2024-07-16T09:30",
            "2024-07-16T17:00",
            "Europe/Lisbon",
            &["DTSTART:20240716T083000Z", "DTEND:20240716T160000Z"],
        ),
        // Morocco leaves its summer time for the month of Ramadan.
        (
            "2024-03-20T10:00",
            "",
            "Africa/Casablanca",
            &["DTSTART:20240320T100000Z"],
        ),
        (
            "2024-07-16T09:30",
            "2024-07-17",
            "Europe/Lisbon",
            &["DTSTART:20240716T083000Z", "DTEND:20240717T230000Z"],
        ),
        (
            "2024-07-16T09:30",
            "2024-07-16",
            "",
            &["DTSTART:20240716T093000"],
        ),
        (
            "2024-02",
            "",
            "",
            &[
                "DTSTART;VALUE=DATE:20240201",
                "DTEND;VALUE=DATE:20240301",
                "TRANSP:TRANSPARENT",
            ],
        ),
        (
            "2024",
            "",
            "",
            &[
                "DTSTART;VALUE=DATE:20240101",
                "DTEND;VALUE=DATE:20250101",
                "TRANSP:TRANSPARENT",
            ],
        ),
    ] {
        let found = said(&event(start, end, zone), &["DTSTART", "DTEND", "TRANSP"]);
        assert_eq!(found, expected, "{start} {end}");
    }
    let vague = said(&event("2024-02", "", ""), &["COMMENT"]);
    assert_eq!(vague, ["COMMENT:The day is not known\\, only the month."]);
    assert_eq!(said(&event("", "", ""), &["UID"]), Vec::<String>::new());
}

#[test]
fn states_are_said_as_calendars_know_them() {
    for (state, expected) in [
        (EventState::Planned, "STATUS:TENTATIVE"),
        (EventState::Postponed, "STATUS:TENTATIVE"),
        (EventState::Confirmed, "STATUS:CONFIRMED"),
        (EventState::Held, "STATUS:CONFIRMED"),
        (EventState::Reported, "STATUS:CONFIRMED"),
        (EventState::Closed, "STATUS:CONFIRMED"),
        (EventState::Cancelled, "STATUS:CANCELLED"),
    ] {
        let mut event = event("2024-10-16", "", "");
        event.set_state(state);
        assert_eq!(said(&event, &["STATUS"]), [expected]);
    }
    for hidden in [EventState::Draft, EventState::Unspecified] {
        let mut event = event("2024-10-16", "", "");
        event.set_state(hidden);
        assert!(said(&event, &["UID", "SUMMARY"]).is_empty(), "{hidden:?}");
    }
}

#[test]
fn an_event_is_told_with_all_that_a_calendar_can_hold() {
    let mut event = event("2024-10-16", "", "");
    event.set_kind(EventKind::ThematicMeeting);
    event.sequence = 3;
    event.themes = vec!["labour-migration".into()];
    event.place = Some(Place {
        name: "Lisbon".into(),
        country_code: "PT".into(),
        ..Place::default()
    });
    event.parent_event = "dialogues/rabat/events/p".into();
    let link = |url: &str| Link {
        url: url.into(),
        ..Link::default()
    };
    event.links = vec![
        link("https://x/\r\nX-URL:1"),
        link("javascript:alert(1)"),
        link("not an address"),
        link("https://example.org/a b"),
    ];
    let calendar = Calendar {
        events: vec![&event],
        parents: BTreeMap::from([("dialogues/rabat/events/p", "parent-uid")]),
        language: Some("fr-CA".into()),
        ..Calendar::default()
    };
    let text = calendar.write();
    for line in [
        "UID:0192-uid",
        "DTSTAMP:20231114T221420Z",
        "LAST-MODIFIED:20231114T221420Z",
        "CREATED:20231114T221320Z",
        "SEQUENCE:3",
        "SUMMARY;LANGUAGE=fr:Réunion",
        "CATEGORIES:thematic meeting,labour-migration",
        "LOCATION:Lisbon\\, PT",
        "URL:https://example.org/a%20b",
        "RELATED-TO;RELTYPE=PARENT:parent-uid",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
    ] {
        assert!(
            text.contains(&format!("\r\n{line}\r\n")),
            "{line} in {text}"
        );
    }
    assert!(!text.contains("X-URL"), "{text}");
    assert!(!text.contains("javascript"), "{text}");
    assert_eq!(text, calendar.write(), "the same record, the same bytes");
}

#[test]
fn a_due_is_a_task_that_keeps_its_identity() {
    let item = OpenItem {
        text: text(&[("en", "Cooperate")]),
        citation: "R.14".into(),
        ..OpenItem::default()
    };
    let due = |schedule: &str, day: &str| Due {
        schedule: schedule.into(),
        subject: "dialogues/rabat/recommendations/r/addressees/pt".into(),
        opens: date("2024-01-01"),
        due: date(day),
        ..Due::default()
    };
    let written = |due: &Due| {
        let calendar = Calendar {
            tasks: vec![Task { due, item: &item }],
            ..Calendar::default()
        };
        calendar.write()
    };
    let uid = |due: &Due| {
        let text = written(due);
        let line = text.lines().find(|line| line.starts_with("UID:"));
        line.unwrap().to_owned()
    };
    let text = written(&due("s", "2024-06-30"));
    for line in [
        "BEGIN:VTODO",
        "DTSTART;VALUE=DATE:20240101",
        "DUE;VALUE=DATE:20240630",
        "SUMMARY:Report due: R.14",
        "DESCRIPTION;LANGUAGE=en:Cooperate",
        "STATUS:NEEDS-ACTION",
    ] {
        assert!(
            text.contains(&format!("\r\n{line}\r\n")),
            "{line} in {text}"
        );
    }
    assert_ne!(uid(&due("s", "2024-06-30")), uid(&due("s", "2024-12-31")));
    assert_eq!(uid(&due("", "2024-06-30")), uid(&due("", "2024-12-31")));
}
