//! Texts that mean something to the program that opens what we give out: formulas in CSV, lines in iCalendar.

use rapporteur_proto::events::v1::event_service_client::EventServiceClient;
use rapporteur_proto::events::v1::{CreateEventRequest, Event, EventKind, EventState};
use rapporteur_proto::r#type::v1::{CivilDate, Link, LocalizedText, Place};
use tonic::{Code, Status};

use super::http;
use super::{Results, code};
use crate::harness::{House, channel};
use crate::keyed::bearing;

/// What spreadsheets take for the beginning of a formula: OWASP, CSV Injection, 2024.
const LEADS: [char; 11] = [
    '=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}',
];
/// In each text, so that it is seen whether it came out at all.
const CANARY: &str = "cmd|' /C calc'!A0";

/// Everything of the command line that gives out records and has CSV.
const TABLES: [&[&str]; 25] = [
    &["party", "list"],
    &["dialogue", "list"],
    &["membership", "list", "--dialogue", "rabat"],
    &["post", "list", "--dialogue", "rabat"],
    &["chairmanship", "list", "--dialogue", "rabat"],
    &["plan", "list", "--dialogue", "rabat"],
    &["node", "list", "--plan", "rabat/cadiz"],
    &["event", "list", "--dialogue", "rabat"],
    &["event", "show", "rabat/e0"],
    &["event", "history", "rabat/e0"],
    &["source", "list"],
    &["instrument", "list", "--dialogue", "rabat"],
    &["recommendation", "list", "--dialogue", "rabat"],
    &["commitment", "list", "--dialogue", "rabat"],
    &["schedule", "list", "--dialogue", "rabat"],
    &["coverage", "rabat/cadiz", "--proof"],
    &["trace", "event:rabat/e0"],
    &["open", "--dialogue", "rabat"],
    &["due", "--dialogue", "rabat"],
    &["gaps", "--dialogue", "rabat"],
    &["inbox", "rabat/desk"],
    &["check", "--dialogue", "rabat"],
    &["changes", "list"],
    &["changes", "history", "dialogues/rabat/events/e0"],
    &["audit", "--service", "events"],
];

#[tokio::test(flavor = "multi_thread")]
async fn no_cell_is_a_formula() {
    let house = House::start().await;
    let evil = |lead: char| format!("{lead}{CANARY}");
    let with = |words: &[&str], flag: &str, text: String| {
        let flag = format!("{flag}={text}");
        house.tool(&[words, &[flag.as_str()]].concat())
    };
    let add = |words: &str, flag: &str, lead: char| {
        let words: Vec<&str> = words.split(' ').collect();
        let output = with(&words, flag, evil(lead));
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{words:?}: {said}");
    };
    add(
        "party add --id pt --kind state --country PT",
        "--title",
        '=',
    );
    add(
        "party add --id ng --kind state --country NG",
        "--title",
        '+',
    );
    add("dialogue add --id rabat", "--title", '=');
    add("plan add --dialogue rabat --id cadiz", "--title", '+');
    add(
        "node add --plan rabat/cadiz --id 1 --code 1 --kind action",
        "--text",
        '@',
    );
    add(
        "post add --dialogue rabat --id desk --party pt --duty focal-point",
        "--holder",
        '=',
    );
    add(
        "chairmanship add --dialogue rabat --id pt --party pt --start 2024-02-01",
        "--priority",
        '=',
    );
    add(
        "chairmanship add --dialogue rabat --id ng --party ng --start 2025-02-01",
        "--priority",
        '-',
    );
    let mut results = Results::new("CSV");
    for (number, lead) in LEADS.into_iter().enumerate() {
        let event = format!(
            "event add --dialogue rabat --id e{number} --kind workshop --state held --start 2024-01-02 \
             --addressed cadiz/1 --country PT --city @SUM(1)"
        );
        let instrument =
            format!("instrument add --dialogue rabat --id i{number} --kind conclusion");
        let recommendation =
            format!("recommendation add --dialogue rabat --id r{number} --event e0");
        for (words, flag) in [
            (event, "--title"),
            (instrument, "--title"),
            (recommendation, "--text"),
        ] {
            let words: Vec<&str> = words.split(' ').collect();
            let made = with(&words, flag, evil(lead));
            let said = String::from_utf8_lossy(&made.stderr).into_owned();
            // A control character is refused where a text is of one line.
            let refused = said.contains("control character");
            // These texts repeat each other, which whoever writes one is told.
            let mut told = said.lines();
            let kept = made.status.success() && told.all(|line| line.starts_with("said before: "));
            let what = format!("{} {flag} {lead:?}", words[0]);
            results.said(&what, "kept, or refused by name", &said, kept || refused);
        }
    }
    let mut seen = 0;
    for words in TABLES {
        let output = house.tool(&[words, &["-o", "csv"]].concat());
        let said = String::from_utf8(output.stdout).unwrap();
        let wrong = formulas(&said);
        seen += said.matches(CANARY).count();
        let came = format!("exit {:?}, formulas {wrong:?}", output.status.code());
        let failed = String::from_utf8_lossy(&output.stderr).into_owned();
        // What has no table in CSV says so.
        let is_table = output.status.success() || failed.contains("csv");
        results.said(
            &words.join(" "),
            "no cell that is a formula",
            &came,
            wrong.is_empty() && is_table,
        );
    }
    let pack = house.folder.path().join("pack");
    let folder = pack.to_str().unwrap();
    let handover = [
        "handover",
        "--dialogue",
        "rabat",
        "--from",
        "pt",
        "--to",
        "ng",
        "--out",
        folder,
    ];
    let output = house.tool(&handover);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    for entry in std::fs::read_dir(&pack).unwrap() {
        let file = entry.unwrap().path();
        if file.extension().is_some_and(|kind| kind == "csv") {
            let said = std::fs::read_to_string(&file).unwrap();
            let wrong = formulas(&said);
            seen += said.matches(CANARY).count();
            let what = format!("handover: {}", file.file_name().unwrap().to_string_lossy());
            results.said(
                &what,
                "no cell that is a formula",
                &format!("{wrong:?}"),
                wrong.is_empty(),
            );
        }
    }
    results.said(
        "(the texts are in there)",
        "20 times and more",
        &seen.to_string(),
        seen >= 20,
    );
    results.print();
}

/// The cells that a spreadsheet would compute.
fn formulas(text: &str) -> Vec<String> {
    let mut reader = csv::ReaderBuilder::new();
    let reader = reader.has_headers(false).flexible(true);
    let mut wrong = Vec::new();
    for row in reader.from_reader(text.as_bytes()).into_records() {
        let row = row.unwrap();
        wrong.extend(
            row.iter()
                .filter(|cell| cell.starts_with(LEADS))
                .map(str::to_owned),
        );
    }
    wrong
}

/// Texts that would be lines of their own, each by another end of line.
const BREAKS: [&str; 9] = [
    "\r\n", "\n", "\r", "\r\n ", "\n\t", "\u{85}", "\u{2028}", "\\n", "\u{b}",
];
const INSIDE: &str = "END:VEVENT{}BEGIN:VEVENT{}SUMMARY:injected{}ATTENDEE:mailto:x@evil.example";

#[tokio::test(flavor = "multi_thread")]
async fn no_text_is_a_line_of_a_calendar() {
    let house = House::start().await;
    house.ask(&["dialogue", "add", "--id", "rabat", "--title", "Rabat"]);
    let mut results = Results::new("iCalendar");
    let mut kept = 0;
    for (number, end) in BREAKS.into_iter().enumerate() {
        let words = format!("Meeting{end}{}", INSIDE.replace("{}", end));
        for field in ["title", "description", "place", "link", "theme", "zone"] {
            let came = with(&house, &format!("e{number}-{field}"), field, &words).await;
            let may = [Code::Ok, Code::InvalidArgument];
            results.add(
                &format!("{end:?} in {field} is kept or refused"),
                &may,
                &code(&came),
            );
            kept += usize::from(came.is_ok());
        }
    }
    for target in [
        "/v1/calendar.ics?dialogue=rabat",
        "/v1/dialogues/rabat/calendar.ics",
    ] {
        let request = format!("GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        let answer = http::ask(&house.gateway.address, request.as_bytes()).await;
        let text = String::from_utf8(unchunked(&answer)).unwrap();
        let lines: Vec<&str> = text.split_inclusive("\r\n").collect();
        let count = |what: &str| lines.iter().filter(|line| line.trim_end() == what).count();
        let events = (count("BEGIN:VEVENT"), count("END:VEVENT"));
        let came = format!("{} with {events:?} of {kept} events", answer.status);
        results.said(
            &format!("{target}: events"),
            "as many as there are",
            &came,
            events == (kept, kept),
        );
        let odd = lines.iter().filter(|line| {
            let bare = line.trim_end_matches("\r\n");
            !line.ends_with("\r\n")
                || bare.contains(['\r', '\n'])
                || bare.len() > 75
                || bare.starts_with("SUMMARY:injected")
                || bare.starts_with("ATTENDEE")
        });
        let odd: Vec<_> = odd.collect();
        results.said(
            &format!("{target}: lines"),
            "75 bytes at most, each ended once",
            &format!("others: {odd:?}"),
            odd.is_empty(),
        );
    }
    for end in ["%0D%0A", "%0A", "%00"] {
        let target = format!("/v1/dialogues/rabat{end}Set-Cookie:%20x=y/calendar.ics");
        let request = format!("GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        let answer = http::ask(&house.gateway.address, request.as_bytes()).await;
        let is_clean = [400, 404].contains(&answer.status) && !answer.head.contains("set-cookie");
        results.said(
            &target,
            "400 or 404, no header of its own",
            &answer.status.to_string(),
            is_clean,
        );
    }
    results.print();
}

/// Bodies that come in pieces (RFC 9112 7.1) put together.
fn unchunked(answer: &http::Answer) -> Vec<u8> {
    if !answer.head.contains("transfer-encoding: chunked") {
        return answer.body.clone();
    }
    let (mut whole, mut rest) = (Vec::new(), &answer.body[..]);
    loop {
        let end = rest.windows(2).position(|two| two == b"\r\n").unwrap();
        let length = usize::from_str_radix(std::str::from_utf8(&rest[..end]).unwrap(), 16).unwrap();
        if length == 0 {
            return whole;
        }
        whole.extend_from_slice(&rest[end + 2..end + 2 + length]);
        rest = &rest[end + 2 + length + 2..];
    }
}

/// An event with these words in one of its fields.
async fn with(house: &House, id: &str, field: &str, words: &str) -> Result<(), Status> {
    let text = |words: &str| {
        Some(LocalizedText {
            by_language: [("en".to_owned(), words.to_owned())].into(),
            ..LocalizedText::default()
        })
    };
    let mut event = Event {
        kind: EventKind::Workshop.into(),
        state: EventState::Planned.into(),
        title: text("Meeting"),
        start: Some(CivilDate {
            value: "2031-05-04".into(),
            ..CivilDate::default()
        }),
        ..Event::default()
    };
    match field {
        "title" => event.title = text(words),
        "description" => event.description = text(words),
        "place" => {
            event.place = Some(Place {
                name: words.to_owned(),
                locode: words.to_owned(),
                ..Place::default()
            });
        }
        "link" => {
            event.links = vec![Link {
                url: format!("https://example.org/{words}"),
                ..Link::default()
            }];
        }
        "theme" => event.themes = vec![words.to_owned()],
        _ => event.time_zone = words.to_owned(),
    }
    let request = CreateEventRequest {
        parent: "dialogues/rabat".into(),
        event_id: id.to_owned(),
        event: Some(event),
        ..CreateEventRequest::default()
    };
    let mut events = EventServiceClient::new(channel(&house.gateway.address));
    let made = events.create_event(bearing(request, &house.key())).await;
    made.map(drop)
}
