//! What must hold of any bytes and any rows.

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

use proptest::prelude::*;
use rapporteur_exchange::map::{Mapper, Mapping, Names, SHIPPED, Settings, Verdict, run};
use rapporteur_exchange::read::{Format, Options, read_all};
use rapporteur_exchange::snapshot::Snapshot;

fn names() -> Names {
    [("Ruritania", "parties/xr"), ("Borduria", "parties/xb")]
        .into_iter()
        .collect()
}

fn verdicts(bytes: &[u8], file: &str, mapping: &Mapping) -> Vec<Verdict> {
    let names = names();
    let mut parameters = std::collections::BTreeMap::new();
    for (name, _, default) in mapping.parameters() {
        if default.is_none() {
            parameters.insert(name.to_owned(), "Ruritania".to_owned());
        }
    }
    let settings = Settings {
        into: "dialogues/d".to_owned(),
        parameters,
    };
    let mut mapper = Mapper::new(mapping, settings, &names).unwrap();
    let mut all = Vec::new();
    let _ = run(
        Cursor::new(bytes),
        file,
        &Options::default(),
        &mut mapper,
        &mut |verdict| {
            all.push(verdict);
            ControlFlow::Continue(())
        },
    );
    all
}

/// Pieces of the formats, so that arbitrary files get beyond the first check.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let known = prop::sample::select(vec![
        "BEGIN:VCALENDAR\r\n",
        "BEGIN:VEVENT\n",
        "END:VEVENT\n",
        "DTSTART;TZID=Europe/Paris:2024",
        "0101T000000Z\n",
        "RRULE:FREQ=",
        "DURATION:PT",
        ",",
        ";",
        "\"",
        "\n",
        "\r",
        "\t",
        "|",
        "{\"a\":",
        "[",
        "]",
        "}",
        "\\u0000",
        "null",
        "<w:tbl>",
        "<w:tr>",
        "<w:tc>",
        "</w:tc>",
        "</w:tr>",
        "<w:t>",
        "&#x0;",
        "\u{FEFF}",
        "é",
        "’",
        "To,Text",
        "10/11/2024",
    ])
    .prop_map(|text| text.as_bytes().to_vec());
    prop_oneof![4 => known, 1 => prop::collection::vec(any::<u8>(), 0..12)]
}

fn file() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(piece(), 0..60).prop_map(|pieces| pieces.concat())
}

/// A file whose bytes are changed here and there.
fn damaged(mut bytes: Vec<u8>, changes: &[(prop::sample::Index, u8)]) -> Vec<u8> {
    for (at, byte) in changes {
        if !bytes.is_empty() {
            let at = at.index(bytes.len());
            bytes[at] = *byte;
        }
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_reader_panics(bytes in file()) {
        for format in Format::ALL {
            let options = Options { format: Some(format), ..Options::default() };
            if let Ok((rows, refused, facts)) = read_all(&bytes, "x", &options) {
                prop_assert_eq!((rows.len() as u64, refused.len() as u64), (facts.rows, facts.refused));
            }
        }
        let _ = read_all(&bytes, "x", &Options::default());
        if let Ok((snapshot, ..)) = Snapshot::read(Cursor::new(&bytes), &Options::default()) {
            let diff = snapshot.diff(&snapshot, "2024-01-01T00:00:00Z".parse().unwrap());
            prop_assert!(diff.changes.is_empty());
        }
    }

    #[test]
    fn no_packed_document_makes_a_reader_panic(
        body in file(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
    ) {
        let text = String::from_utf8_lossy(&body).into_owned();
        let rows = vec![vec!["a".to_owned(), "b".to_owned()], vec!["1".to_owned(), "2".to_owned()]];
        for (bytes, name) in [
            (office::document(&text), "x.docx"),
            (office::docx(&[office::cell("a", "") + &office::cell("b", ""), office::cell("1", "")]), "x.docx"),
            (office::workbook(&text), "x.xlsx"),
            (office::xlsx(&rows), "x.xlsx"),
        ] {
            let _ = read_all(&damaged(bytes, &changes), name, &Options::default());
        }
    }

    #[test]
    fn no_mapping_panics(text in "[ -~\\n’é]{0,200}", which in any::<prop::sample::Index>()) {
        let (name, _) = SHIPPED[which.index(SHIPPED.len())];
        let mapping = Mapping::shipped(name).unwrap();
        for file in ["x.csv", "x.jsonl", "x.json"] {
            let first = verdicts(text.as_bytes(), file, &mapping);
            prop_assert_eq!(&first, &verdicts(text.as_bytes(), file, &mapping));
        }
    }

    /// Mapped twice, rows give the same drafts; in another order, the same keys.
    #[test]
    fn drafts_are_the_rows_alone(
        rows in prop::collection::vec(
            (
                prop::sample::select(vec!["Ruritania", "Borduria", "Atlantis"]),
                "[a-zé ’,\"]{0,12}",
                prop::sample::select(vec!["Accepted", "Noted", "Hm"]),
                1..14_u8,
            ),
            0..20,
        ),
        seed in any::<u64>(),
    ) {
        let mapping = Mapping::shipped("upr-info").unwrap();
        let text = |rows: &[(&str, String, &str, u8)]| {
            let lines = rows.iter().map(|(to, text, response, session)| {
                format!("{to},Borduria,\"{}\",{response},4,Other,{session}\n", text.replace('"', "\"\""))
            });
            "To,From,Text,Response,Action,Issue,Session\n".to_owned() + &lines.collect::<String>()
        };
        let first = verdicts(text(&rows).as_bytes(), "x.csv", &mapping);
        prop_assert_eq!(&first, &verdicts(text(&rows).as_bytes(), "x.csv", &mapping));
        let mut other = rows.clone();
        let turn = usize::try_from(seed % 20).unwrap().min(other.len());
        other.rotate_left(turn);
        let keys = |verdicts: Vec<Verdict>| {
            let mut keys: Vec<(String, Vec<String>)> = verdicts
                .into_iter()
                .filter_map(|verdict| match verdict {
                    Verdict::Draft(draft) => Some((draft.key, draft.records.into_iter().map(|r| r.name).collect())),
                    Verdict::Refused(_) => None,
                })
                .collect();
            keys.sort();
            keys
        };
        let found = keys(first);
        for pair in found.windows(2) {
            prop_assert_ne!(&pair[0].0, &pair[1].0);
        }
        prop_assert_eq!(found, keys(verdicts(text(&other).as_bytes(), "x.csv", &mapping)));
    }
}
