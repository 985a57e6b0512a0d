//! Small made-up files of the shapes that people send, read and mapped from end to end.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests"
)]

mod office;

use std::io::Cursor;
use std::ops::ControlFlow;

use rapporteur_exchange::map::{
    Answer, Draft, Mapper, Mapping, Names, Parties, Settings, Verdict, run,
};
use rapporteur_exchange::read::{Options, read_all};
use rapporteur_exchange::row::{Facts, LineEnds, Refused};
use rapporteur_proto::events::v1::{Event, Party};
use rapporteur_proto::recommendations::v1::{
    Addressee, Implementation, Instrument, Recommendation, Response, Vocabulary,
};

fn names() -> Names {
    [
        ("Ruritania", "parties/xr"),
        ("XR", "parties/xr"),
        ("République de Borduria", "parties/xb"),
        ("Borduria", "parties/xb"),
        ("XB", "parties/xb"),
    ]
    .into_iter()
    .collect()
}

fn map(
    bytes: &[u8],
    file: &str,
    mapping: &str,
    parameters: &[(&str, &str)],
) -> (Vec<Draft>, Vec<Refused>, Facts) {
    let mapping = Mapping::shipped(mapping).unwrap();
    let settings = Settings {
        into: "dialogues/d".to_owned(),
        parameters: parameters
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect(),
    };
    let names = names();
    let mut mapper = Mapper::new(&mapping, settings, &names).unwrap();
    let (mut drafts, mut refused) = (Vec::new(), Vec::new());
    let facts = run(
        Cursor::new(bytes),
        file,
        &Options::default(),
        &mut mapper,
        &mut |verdict| {
            match verdict {
                Verdict::Draft(draft) => drafts.push(draft),
                Verdict::Refused(refusal) => refused.push(refusal),
            }
            ControlFlow::Continue(())
        },
    )
    .unwrap();
    (drafts, refused, facts)
}

fn one<M: prost::Message + Default>(draft: &Draft, kind: &str) -> M {
    let record = draft.records.iter().find(|record| record.kind == kind);
    record
        .unwrap_or_else(|| panic!("no {kind} in {draft:?}"))
        .decode()
        .unwrap()
}

const UPR: &str = "To,To-Rgrp,To-Org,Text,From,From-Rgrp,From-Org,Response,Action,Issue,Session\n\
    Ruritania,EEG,OIF,\"Protect children’s rights, and “all” others’\",Borduria,EEG,\"AU, OIF\",Accepted,4,\"Rights of the Child,Women's rights\",6\n\
    République de Borduria,EEG,,Abolish the salt tax,Ruritania,EEG,,Noted,5,Other,6\n\
    République de Borduria,EEG,,Abolish the salt tax,Ruritania,EEG,,Noted,5,Other,6\n\
    Atlantis,EEG,,Dry up,Ruritania,EEG,,Noted,5,Other,6\n\
    Ruritania,EEG,,Sing,Borduria,EEG,,Perhaps,5,Other,6\n";

/// As a Macintosh of 1999 would have saved it.
fn macintosh(text: &str) -> Vec<u8> {
    let mut bytes = encoding_rs::MACINTOSH.encode(text).0.into_owned();
    bytes
        .iter_mut()
        .filter(|b| **b == b'\n')
        .for_each(|b| *b = b'\r');
    bytes
}

#[test]
fn a_macintosh_file_of_upr_recommendations_becomes_records() {
    let (drafts, refused, facts) = map(&macintosh(UPR), "upr.csv", "upr-info", &[]);
    assert_eq!(facts.encoding, "macintosh", "{}", facts.encoding_by);
    assert_eq!(
        (facts.line_ends, facts.delimiter),
        (LineEnds::Cr, Some(','))
    );
    let kinds: Vec<&str> = drafts[0].records.iter().map(|record| record.kind).collect();
    assert_eq!(
        kinds,
        ["party", "instrument", "recommendation", "addressee"]
    );
    assert!(drafts[0].records[0].shared && !drafts[0].records[2].shared);
    let recommendation: Recommendation = one(&drafts[0], "recommendation");
    let text = &recommendation.text.unwrap().by_language["en"];
    assert_eq!(text, "Protect children’s rights, and “all” others’");
    assert_eq!(
        recommendation.themes,
        ["rights-of-the-child", "women-s-rights"]
    );
    assert_eq!(
        (recommendation.strength, recommendation.instrument.as_str()),
        (4, "dialogues/d/instruments/upr-session-6")
    );
    let addressee: Addressee = one(&drafts[0], "addressee");
    assert_eq!(
        addressee.name,
        format!("{}/addressees/xr", recommendation.name)
    );
    let entry = &addressee.entries[0];
    assert_eq!(
        (entry.response(), entry.word.as_str()),
        (Response::Supported, "Accepted")
    );
    // The party as it was written stays.
    let addressee: Addressee = one(&drafts[1], "addressee");
    assert_eq!(
        (
            addressee.party.as_str(),
            addressee.provenance[0].quote.as_str()
        ),
        ("parties/xb", "République de Borduria")
    );
    // True twins are two records.
    assert_eq!(drafts[2].key, format!("{}#2", drafts[1].key));
    assert_ne!(drafts[2].records[2].name, drafts[1].records[2].name);
    let said: Vec<String> = refused.iter().map(ToString::to_string).collect();
    assert!(
        said[0].starts_with("line 5, to: \"Atlantis\" is no party that is known"),
        "{said:?}"
    );
    assert!(
        said[1]
            .starts_with("line 6, response: \"Perhaps\" is not known; known are Accepted, Noted")
    );
    assert_eq!((drafts.len(), refused.len()), (3, 2));
}

#[test]
fn the_same_rows_in_any_encoding_order_and_format_have_the_same_keys() {
    let keys = |bytes: &[u8], file: &str| {
        let (drafts, ..) = map(bytes, file, "upr-info", &[]);
        let mut keys: Vec<String> = drafts.into_iter().map(|draft| draft.key).collect();
        keys.sort();
        keys
    };
    let plain = keys(UPR.as_bytes(), "upr.csv");
    assert_eq!(plain, keys(&macintosh(UPR), "upr.csv"));
    let mut lines: Vec<&str> = UPR.lines().collect();
    lines[1..].reverse();
    assert_eq!(plain, keys(lines.join("\r\n").as_bytes(), "upr.csv"));
    let (rows, ..) = read_all(UPR.as_bytes(), "upr.csv", &Options::default()).unwrap();
    let cells = rows.iter().map(|row| {
        row.cells
            .iter()
            .map(|(_, v)| v.as_str().unwrap().to_owned())
            .collect()
    });
    let header = rows[0].cells.iter().map(|(name, _)| name.clone()).collect();
    let sheet: Vec<Vec<String>> = std::iter::once(header).chain(cells).collect();
    assert_eq!(plain, keys(&office::xlsx(&sheet), "upr.xlsx"));
    let objects: Vec<String> = rows
        .iter()
        .map(|row| serde_json::Value::Object(row.cells.iter().cloned().collect()).to_string())
        .collect();
    assert_eq!(plain, keys(objects.join("\n").as_bytes(), "upr.jsonl"));
}

#[test]
fn a_workbook_is_read_by_sheet_and_row() {
    let bytes = office::workbook(
        "<row r=\"2\"><c r=\"B2\" t=\"inlineStr\"><is><t>iso2</t></is></c><c r=\"C2\" t=\"inlineStr\"><is><t>name_en</t></is></c></row>\
         <row r=\"4\"><c r=\"B4\" t=\"inlineStr\"><is><t>XR</t></is></c><c r=\"C4\"><f>1+1</f><v>2</v></c></row>\
         <row r=\"9\"><c r=\"B9\" t=\"inlineStr\"><is><t>XB</t></is></c><c r=\"XFD9\"><v>1</v></c></row>\
         <row r=\"1048576\"><c r=\"C1048576\" t=\"b\"><v>1</v></c></row>",
    );
    let (rows, refused, facts) = read_all(&bytes, "x.xlsx", &Options::default()).unwrap();
    assert_eq!(facts.columns, ["iso2", "name_en"]);
    assert_eq!(rows[0].place.to_string(), "Sheet1!4");
    // What the program computed, not the formula.
    assert_eq!(rows[0].get("name_en").unwrap(), "2");
    assert_eq!(rows[1].place.to_string(), "Sheet1!1048576");
    assert_eq!(
        refused[0].to_string(),
        "Sheet1!9: has a cell in column XFD, which the first row does not name"
    );
}

#[test]
fn a_matrix_with_headings_and_merged_cells_becomes_records() {
    let cell = |text: &str| office::cell(text, "");
    let merged = |text: &str, how: &str| office::cell(text, &format!("<w:vMerge{how}/>"));
    let rows = [
        [cell("Recommendation"), cell("Position"), cell("Full list of themes"), cell("Assessment/comments on level of implementation")].concat(),
        office::cell("Theme: A1 Treaties", "<w:gridSpan w:val=\"4\"/>"),
        [
            cell("115.1. Ratify the salt &amp; pepper treaty (Borduria);\nSource of position: A/X/1 - Para. 3"),
            merged("Supported", " w:val=\"restart\""),
            cell("- A1 Treaties\n- B2 Salt\nSDGs:\n- 16 - PEACE\nAffected persons:\n- general"),
            cell("Under way"),
        ]
        .concat(),
        [cell("115.2 Sing\nSource of position: A/X/1 - Para. 4"), merged("", ""), cell("A1 Treaties"), cell("")].concat(),
        [cell("115.3 Dance"), cell("Maybe"), cell(""), cell("")].concat(),
    ];
    let bytes = office::docx(&rows);
    let (drafts, refused, facts) = map(
        &bytes,
        "m.docx",
        "ohchr-matrix",
        &[("country", "Ruritania")],
    );
    assert_eq!(facts.columns[4], "heading");
    let recommendation: Recommendation = one(&drafts[0], "recommendation");
    assert_eq!(recommendation.name, "dialogues/d/recommendations/xr-115.1");
    assert_eq!(recommendation.path, "115.1");
    assert_eq!(
        recommendation.text.unwrap().by_language["en"],
        "Ratify the salt & pepper treaty (Borduria);"
    );
    assert_eq!(
        recommendation.themes,
        ["a1-treaties", "b2-salt", "sdg-16", "affected-general"]
    );
    assert_eq!(recommendation.provenance[1].quote, "Theme: A1 Treaties");
    let instrument: Instrument = one(&drafts[0], "instrument");
    assert_eq!(instrument.title.unwrap().by_language["en"], "A/X/1");
    let addressee: Addressee = one(&drafts[0], "addressee");
    assert_eq!(
        (addressee.entries[0].response(), addressee.note.as_str()),
        (Response::Supported, "Under way")
    );
    // Merged downwards: it says the same.
    let addressee: Addressee = one(&drafts[1], "addressee");
    assert_eq!(addressee.entries[0].word, "Supported");
    assert!(
        refused[0]
            .to_string()
            .starts_with("table 1 row 5, position: \"Maybe\" is not known"),
        "{refused:?}"
    );
}

#[test]
fn follow_up_of_a_commission_keeps_its_words() {
    let text = "number,recipient,safety_issue,inquiry,status,made,closed,recommendation,reply_text\n\
        1/20,Harbour Board,,MO-1,Closed acceptable,2020-02-01,2021-03-04,Mend the crane,\"Done.\r\nTwice.\"\n\
        1/20,Harbour Board,,MO-1,Open,2020-02-01,,Mend the crane,Soon\u{8}\n\
        2/20,,Equipment,,Unconfirmed,,,Look into it,\n\
        3/20,Pilots,,MO-2,Lost,,,Fly,\n";
    let (drafts, refused, _) = map(text.as_bytes(), "taic.csv", "taic", &[]);
    let party: Party = one(&drafts[0], "party");
    assert_eq!(
        (
            party.name.as_str(),
            party.title.unwrap().by_language["und"].as_str()
        ),
        ("parties/harbour-board", "Harbour Board")
    );
    let addressee: Addressee = one(&drafts[0], "addressee");
    let entry = &addressee.entries[0];
    assert_eq!(
        (entry.implementation(), entry.word.as_str()),
        (Implementation::Implemented, "Closed acceptable")
    );
    assert_eq!(entry.on.as_ref().unwrap().value, "2021-03-04");
    assert_eq!(addressee.note, "Done.\nTwice.");
    // Nobody has said anything: nothing moves.
    let addressee: Addressee = one(&drafts[1], "addressee");
    assert!(addressee.entries.is_empty() && addressee.note == "Soon");
    assert_eq!(
        drafts[1].notes,
        ["reply_text: control characters such as U+0008 were left out"]
    );
    assert!(drafts[1].key.ends_with("#2"));
    // Addressed to nobody yet.
    let kinds: Vec<&str> = drafts[2].records.iter().map(|record| record.kind).collect();
    assert_eq!(kinds, ["instrument", "recommendation"]);
    assert!(
        refused[0]
            .to_string()
            .starts_with("line 6, status: \"Lost\" is not known"),
        "{refused:?}"
    );
}

#[test]
fn meetings_of_dialogues_become_events_with_roles_links_and_claims() {
    let text = "id,dialogues,type,title_en,start,end,city,country,format,chairs,hosts,other_roles,plan,plan_refs,participants_text,participants_min,countries,outcome_text,recommendations,status,source_url,note\n\
        D-1,north;south,thematic-meeting,\"Salt, and its uses\",2024-05-15,2024-05-16,Zenda,XR,hybrid,XR;org:Salt Board,,\"UNX (technical support);XB (reference country for Area 1)\",salt-plan,area 1;objective 5b;action 17,100+ participants; 33 countries,100,33,,7,held,https://example.org/1,\n\
        D-2,north,tea-party,Tea,2024-05,,,,,,,,,,,,,,,announced,,\n";
    let text = text.replace(
        "100+ participants; 33 countries",
        "\"100+ participants; 33 countries\"",
    );
    let (drafts, refused, _) = map(text.as_bytes(), "e.csv", "dialogue-events", &[]);
    let event: Event = one(&drafts[0], "event");
    assert_eq!(event.name, "dialogues/north/events/d-1");
    assert_eq!(event.joint_dialogues, ["dialogues/south"]);
    let roles: Vec<(&str, i32)> = event
        .roles
        .iter()
        .map(|r| (r.party.as_str(), r.role))
        .collect();
    assert_eq!(
        roles,
        [
            ("parties/xr", 2),
            ("parties/salt-board", 2),
            ("parties/unx", 8),
            ("parties/xb", 13)
        ]
    );
    assert_eq!(event.roles[3].capacity, "reference country for Area 1");
    let nodes: Vec<&str> = event
        .plan_links
        .iter()
        .map(|link| link.node.as_str())
        .collect();
    assert_eq!(
        nodes,
        [
            "dialogues/d/plans/salt-plan/nodes/a1",
            "dialogues/d/plans/salt-plan/nodes/5b"
        ]
    );
    let claims: Vec<(&str, Option<i64>, i32)> = event
        .claims
        .iter()
        .map(|c| (c.id.as_str(), c.value, c.qualifier))
        .collect();
    assert_eq!(
        claims,
        [
            ("participants", Some(100), 2),
            ("countries", Some(33), 1),
            ("recommendations", Some(7), 1)
        ]
    );
    assert!(
        refused[0]
            .to_string()
            .starts_with("line 3, type: \"tea-party\" is not known")
    );
}

#[test]
fn calendars_and_feeds_become_events() {
    let ics = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:a@b\nSUMMARY;LANGUAGE=de:Rat\nDTSTART;TZID=Europe/Berlin:20260929T170000\n\
        DTEND;TZID=Europe/Berlin:20260930T000000\nSTATUS:CANCELLED\nEND:VEVENT\nBEGIN:VEVENT\nUID:c\nDTSTART:20260101\nEND:VEVENT\nEND:VCALENDAR\n";
    let (drafts, refused, _) = map(ics.as_bytes(), "c.ics", "ical", &[("prefix", "town-")]);
    let event: Event = one(&drafts[0], "event");
    assert_eq!(
        (event.name.as_str(), event.state),
        ("dialogues/d/events/town-a-b", 8)
    );
    assert_eq!(event.title.unwrap().by_language["de"], "Rat");
    assert_eq!(event.start.unwrap().value, "2026-09-29T17:00");
    assert_eq!(
        (event.end.unwrap().value.as_str(), event.time_zone.as_str()),
        ("2026-09-30T00:00", "Europe/Berlin")
    );
    assert_eq!(
        refused[0].to_string(),
        "line 9, SUMMARY: is empty, but must be there"
    );

    let legistar = r#"[{"Name":{"label":"Board","url":"https://x.org/?ID=1"},"Meeting Date":"5/10/2017","Meeting Time":"12:15 PM",
        "iCalendar":{"url":"https://x.org/v?M=IC&ID=77&GUID=1"},"Meeting Location":"Room 1","Agenda":"Not available"}]"#;
    let (drafts, refused, _) = map(legistar.as_bytes(), "l.json", "legistar", &[]);
    assert!(refused.is_empty(), "{refused:?}");
    let event: Event = one(&drafts[0], "event");
    assert_eq!(event.start.unwrap().value, "2017-05-10T12:15");
    assert_eq!(event.external_ids[0].value, "77");

    let sitting = r#"{"id":"S-1","type":["EP_PLENARY_SITTING"],"start":"2022-04-04T23:00:00+00:00","end":"2022-04-05T21:00:00+00:00","labels":{"en":"Sitting","fr":"Séance"},"documents":[]}"#;
    let (drafts, ..) = map(sitting.as_bytes(), "s.jsonl", "europarl-meetings", &[]);
    let event: Event = one(&drafts[0], "event");
    assert_eq!(
        (event.start.unwrap().value, event.end.unwrap().value),
        ("2022-04-05".to_owned(), "2022-04-05".to_owned())
    );
    assert_eq!(event.title.unwrap().by_language.len(), 2);

    let popolo = r#"{"organizations":[{"id":"o/1","name":"Salt Board","other_names":[{"name":"SB"}]}],"persons":[{"id":"p1","name":"A. Person","email":"a@example.org"}]}"#;
    let (drafts, ..) = map(popolo.as_bytes(), "p.json", "popolo", &[]);
    let party: Party = one(&drafts[0], "party");
    assert_eq!(
        (party.name.as_str(), party.aliases),
        ("parties/1", vec!["SB".to_owned()])
    );
    assert!(!format!("{:?}", drafts[1].records).contains("example.org"));

    let informea = r#"{"value":[{"id":"d1","treaty":"cbd","type":"decision","title":[{"language":"en","value":"On salt"}],"published":"2020-01-02T00:00:00Z","number":"XV/4"}]}"#;
    let (drafts, refused, _) = map(informea.as_bytes(), "i.json", "informea-decisions", &[]);
    assert!(refused.is_empty(), "{refused:?}");
    let instrument: Instrument = one(&drafts[0], "instrument");
    assert_eq!(
        (
            instrument.name.as_str(),
            instrument.adopted.unwrap().value.as_str()
        ),
        ("dialogues/d/instruments/cbd-d1", "2020-01-02")
    );
}

#[test]
fn rows_of_one_thing_become_one_record() {
    let text = "iso2,alias\nXR,Rurit\nXR,Ruritanie\nXB,Bordurie\n";
    let (drafts, ..) = map(text.as_bytes(), "a.csv", "country-aliases", &[]);
    let parties: Vec<Party> = drafts.iter().map(|draft| one(draft, "party")).collect();
    assert_eq!(parties.len(), 2);
    assert_eq!(parties[0].aliases, ["Rurit", "Ruritanie"]);
    let text = "list,status,definition,further_reporting_required\nA,Accepted,Yes,Yes\nA,Rejected,No,No\nB,Implemented,Done,No\n";
    let (drafts, ..) = map(text.as_bytes(), "v.csv", "taic-vocabulary", &[]);
    let words: Vec<Vocabulary> = drafts
        .iter()
        .map(|draft| one(draft, "vocabulary"))
        .collect();
    assert_eq!(words[0].terms.len(), 2);
    assert_eq!(
        words[1].terms[0].implementation(),
        Implementation::Implemented
    );
}

#[test]
fn a_mapping_that_is_wrong_says_where() {
    let wrong = |from: &str, to: &str| {
        let (_, text) = rapporteur_exchange::map::SHIPPED
            .iter()
            .find(|(name, _)| *name == "ical")
            .unwrap();
        assert!(text.contains(from));
        Mapping::parse(&text.replacen(from, to, 1)).unwrap_err()
    };
    assert!(
        wrong("time_zone =", "timezone =")
            .contains("record 1 (event): timezone: is no field of Event; it has name,")
    );
    assert!(
        wrong("EVENT_KIND_OTHER", "EVENT_KIND_TEA")
            .contains("kind: \"EVENT_KIND_TEA\" is no EventKind")
    );
    assert!(
        wrong("words = \"state\"", "words = \"states\"").contains("there is no [words.states]")
    );
    assert!(wrong("{UID|slug}", "{UID|slugg}").contains("\"slugg\" is no filter"));
    assert!(
        wrong("kind = \"event\"", "kind = \"meeting\"")
            .contains("is no kind of record; known are source")
    );
    assert!(wrong("{URL}", "{URL").contains("without its }"));
    assert!(wrong("formats = [\"ical\"]", "formats = [\"ics\"]").contains("is no format"));
    let ical = Mapping::shipped("ical").unwrap();
    let names = Names::default();
    let settings = |into: &str, parameter: &str| Settings {
        into: into.to_owned(),
        parameters: [(parameter.to_owned(), "x".to_owned())].into(),
    };
    let said = |settings| Mapper::new(&ical, settings, &names).err().unwrap();
    assert!(said(settings("rabat", "prefix")).contains("is no dialogue"));
    assert!(
        said(settings("dialogues/d", "nothing"))
            .contains("is no parameter of ical; it has language, prefix")
    );
    let matrix = Mapping::shipped("ohchr-matrix").unwrap();
    let missing = Mapper::new(&matrix, settings("dialogues/d", "review"), &names)
        .err()
        .unwrap();
    assert!(
        missing.starts_with("country: is missing (the state"),
        "{missing}"
    );
}

/// Knows one organisation, of which there is no record.
struct Famous;

impl Parties for Famous {
    fn resolve(&self, name: &str) -> Answer {
        match name {
            "RC" | "Red Cross" => Answer::Organisation {
                acronym: "RC".to_owned(),
                title: "The Red Cross".to_owned(),
            },
            _ => Answer::Unknown,
        }
    }
}

#[test]
fn an_organisation_that_is_known_by_several_names_becomes_one_record() {
    let text = |party: &str| {
        format!(
            r#"
            name = "x"
            about = "x"
            formats = ["csv"]
            key = "{{nr}}"
            id = "{{nr}}"
            [[record]]
            kind = "event"
            name = "{{into}}/events/{{id}}"
            [record.fields]
            kind = "EVENT_KIND_WORKSHOP"
            title.by_language.en = {{ template = "{{host|within:9}}", default = "Long" }}
            description.by_language.en = "{{host|beyond:9}}"
            [[record.fields.roles]]
            for = {{ from = "host", party = "{party}" }}
            party = "{{value}}"
            role = "ROLE_HOST"
            "#
        )
    };
    let file = "nr,host\na,RC\nb,Red Cross\nc,Nobody Else\n";
    let come = |party: &str| {
        let mapping = Mapping::parse(&text(party)).unwrap();
        let settings = Settings {
            into: "dialogues/d".to_owned(),
            parameters: Default::default(),
        };
        let mut mapper = Mapper::new(&mapping, settings, &Famous).unwrap();
        let (mut lines, mut refused) = (Vec::new(), Vec::new());
        run(
            Cursor::new(file.as_bytes()),
            "x.csv",
            &Options::default(),
            &mut mapper,
            &mut |verdict| {
                match verdict {
                    Verdict::Draft(draft) => {
                        lines.extend(draft.records.iter().map(|record| record.line().unwrap()));
                    }
                    Verdict::Refused(why) => refused.push(why.to_string()),
                }
                ControlFlow::Continue(())
            },
        )
        .unwrap();
        (lines, refused)
    };
    let (lines, refused) = come("known-or-organisation");
    assert_eq!(refused, Vec::<String>::new());
    let named = |what: &str| lines.iter().filter(|line| line.contains(what)).count();
    assert_eq!(
        (named("The Red Cross"), named("\"party\":\"parties/rc\"")),
        (2, 2),
        "{lines:#?}"
    );
    assert_eq!(named("parties/nobody-else"), 2, "{lines:#?}");
    assert_eq!(
        (named("\"en\":\"Long\""), named("\"en\":\"Nobody Else\"")),
        (1, 1),
        "{lines:#?}"
    );
    let (lines, refused) = come("known");
    assert_eq!((lines.len(), refused.len()), (0, 3));
    assert!(
        refused[0].contains("is The Red Cross, of which there is no record"),
        "{refused:?}"
    );
}
