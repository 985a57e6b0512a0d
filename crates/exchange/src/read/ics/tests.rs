use super::super::{Options, read_all};
use crate::row::{Facts, Refused, Row};

fn read(text: &str) -> (Vec<Row>, Vec<Refused>, Facts) {
    read_all(text.as_bytes(), "x.ics", &Options::default()).unwrap()
}

fn event(lines: &str) -> Row {
    let text = format!("BEGIN:VCALENDAR\nBEGIN:VEVENT\n{lines}\nEND:VEVENT\nEND:VCALENDAR\n");
    let (mut rows, refused, _) = read(&text);
    assert!(refused.is_empty(), "{refused:?}");
    rows.remove(0)
}

fn times(lines: &str) -> [String; 3] {
    let row = event(lines);
    ["start", "end", "time_zone"].map(|column| {
        let value = row.get(column).and_then(|value| value.as_str());
        value.unwrap_or_default().to_owned()
    })
}

#[test]
fn times_are_civil_dates_with_a_zone() {
    for (lines, start, end, zone) in [
        (
            "DTSTART;VALUE=DATE:20240131\nDTEND;VALUE=DATE:20240202",
            "2024-01-31",
            "2024-02-01",
            "",
        ),
        ("DTSTART:20240131", "2024-01-31", "2024-01-31", ""),
        (
            "DTSTART;TZID=Europe/Berlin:20240131T170000\nDTEND;TZID=Europe/Berlin:20240201T000000",
            "2024-01-31T17:00",
            "2024-02-01T00:00",
            "Europe/Berlin",
        ),
        ("DTSTART:20240131T093000Z", "2024-01-31T09:30", "", "UTC"),
        (
            "DTSTART;TZID=/mozilla.org/20050126_1/europe/berlin:20240131T090000\nDURATION:PT1H30M",
            "2024-01-31T09:00",
            "2024-01-31T10:30",
            "Europe/Berlin",
        ),
        (
            "DTSTART;TZID=Europe/Berlin:20240131T000000\nDTEND;TZID=Europe/Berlin:20240202T000000",
            "2024-01-31",
            "2024-02-01",
            "",
        ),
    ] {
        let [found_start, found_end, found_zone] = times(lines);
        assert_eq!(
            (found_start.as_str(), found_end.as_str()),
            (start, end),
            "{lines}"
        );
        assert_eq!(found_zone.trim_start_matches("Etc/"), zone, "{lines}");
    }
}

#[test]
fn a_midnight_of_the_day_before_is_the_day_where_the_calendar_is() {
    let text = "BEGIN:VCALENDAR\nX-WR-TIMEZONE:Europe/Paris\nBEGIN:VEVENT\nDTSTART:20240630T220000Z\n\
                DTEND:20240701T220000Z\nEND:VEVENT\nEND:VCALENDAR";
    let (rows, ..) = read(text);
    assert_eq!(rows[0].get("start").unwrap(), "2024-07-01");
    assert_eq!(rows[0].get("end").unwrap(), "2024-07-01");
}

#[test]
fn properties_are_unfolded_unescaped_and_kept_with_their_parameters() {
    let row = event(
        "SUMMARY;LANGUAGE=de;ALTREP=\"a:b;c\":Rat\\, der\n  Stadt\\nIserlohn\n\n : am See\nLOCATION;LANGUAGE=de:\n\
         CATEGORIES:a\nCATEGORIES:b",
    );
    assert_eq!(
        row.get("SUMMARY").unwrap(),
        "Rat, der Stadt\nIserlohn: am See"
    );
    assert_eq!(row.get("SUMMARY.language").unwrap(), "de");
    assert_eq!(row.get("SUMMARY.altrep").unwrap(), "a:b;c");
    assert_eq!(
        row.get("CATEGORIES").unwrap(),
        &serde_json::json!(["a", "b"])
    );
    assert_eq!(row.place.to_string(), "line 2");
}

#[test]
fn faults_are_named_and_the_rest_is_read() {
    let text = "BEGIN:VCALENDAR\nnonsense\nBEGIN:VEVENT\nUID:1\nDTSTART:INVALID\nEND:VEVENT\nBEGIN:VEVENT\nUID:2\n\
                BEGIN:VALARM\nUID:9\nEND:VALARM\nEND:VEVENT\nEND:VCALENDAR\nBEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:3\n\
                DTSTART;TZID=Nowhere:20240101T000000\nEND:VEVENT\nBEGIN:VEVENT\nUID:4";
    let (rows, refused, facts) = read(text);
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].get("UID").unwrap(), "2");
    let said: Vec<String> = refused.iter().map(ToString::to_string).collect();
    assert!(
        said[0].starts_with("line 3, DTSTART: \"INVALID\" is not a date"),
        "{said:?}"
    );
    assert!(said[1].starts_with("line 15, DTSTART: TZID \"Nowhere\" is not a zone"));
    assert!(said[2].starts_with("line 19: begins and does not end"));
    assert!(facts.notes[0].starts_with("line 2 is not NAME:VALUE"));
    let wrong = read_all(b"hello", "x.ics", &Options::default()).unwrap_err();
    assert!(wrong.to_string().contains("BEGIN:VCALENDAR"));
}
