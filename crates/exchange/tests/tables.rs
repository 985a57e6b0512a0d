//! What must hold of any cells: they are read back as they were written, and none begins like a formula.

// Helpers of tests may fail as tests do; the exception in clippy.toml covers only test functions.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::io::Cursor;
use std::ops::ControlFlow;

use proptest::prelude::*;
use rapporteur_exchange::map::{Mapper, Mapping, Names, Settings, Verdict, run};
use rapporteur_exchange::read::{Format, Options, read_all};
use rapporteur_exchange::write::guard::{FORMULAS, formula, opened};
use rapporteur_exchange::write::table::{Csv, Xlsx};

/// Cells of what spreadsheets and readers like to change; no control characters but a line feed, which no table keeps.
fn cell() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "'", "=", "+", "-", "@", "\u{ff1d}", "\n", ",", ";", "\"", "a", "0", "1e5", "é", "ق", " x",
        "TRUE", "#N/A", "<b>", "&amp;",
    ]);
    prop::collection::vec(piece, 0..6).prop_map(|pieces| {
        let cell = pieces.concat();
        // Readers may take away what nobody sees.
        cell.trim().to_owned()
    })
}

fn read_back(bytes: &[u8], format: Format) -> Vec<Vec<String>> {
    let options = Options {
        format: Some(format),
        encoding: (format == Format::Csv).then(|| "utf-8".to_owned()),
        delimiter: (format == Format::Csv).then_some(','),
        opened: true,
        ..Options::default()
    };
    let (rows, refused, _) = read_all(bytes, "x", &options).unwrap();
    assert!(refused.is_empty(), "{refused:?}");
    let cells = |row: &rapporteur_exchange::row::Row| {
        ["key", "a", "b"]
            .map(|column| {
                let value = row.get(column).and_then(|value| value.as_str());
                value.unwrap_or_default().to_owned()
            })
            .to_vec()
    };
    rows.iter().map(cells).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_cell_is_guarded_and_opened(words in "\\PC*", lead in prop::sample::select(FORMULAS.to_vec())) {
        for cell in [words.clone(), format!("{lead}{words}"), format!("'{lead}{words}")] {
            let guarded = formula(&cell);
            prop_assert!(!guarded.starts_with(FORMULAS));
            prop_assert_eq!(opened(&guarded), cell);
        }
    }

    #[test]
    fn tables_are_read_back(cells in prop::collection::vec((cell(), cell()), 1..8)) {
        let headings = ["key", "a", "b"].map(str::to_owned);
        let rows: Vec<Vec<String>> = cells
            .into_iter()
            .enumerate()
            .map(|(at, (a, b))| vec![format!("k{at}"), a, b])
            .collect();
        let mut bytes = Vec::new();
        let mut table = Csv::new(&mut bytes, &headings, false).unwrap();
        let mut book = Xlsx::new(false);
        book.sheet("Cells", &headings, &[]).unwrap();
        for row in &rows {
            table.row(row).unwrap();
            book.row(row).unwrap();
        }
        table.finish().unwrap();
        prop_assert_eq!(read_back(&bytes, Format::Csv), rows.clone());
        let mut bytes = std::io::Cursor::new(Vec::new());
        book.finish(&mut bytes).unwrap();
        prop_assert_eq!(read_back(bytes.get_ref(), Format::Xlsx), rows);
    }
}

const EVENTS: &str = r#"
name = "events"
about = "Events by their ids"
formats = ["csv"]
key = "{uid}"

[[record]]
kind = "event"
name = "{into}/events/{id}"
[record.fields]
kind = "EVENT_KIND_OTHER"
title.by_language.en = "{title}"
"#;

#[test]
fn a_mapping_sees_cells_as_they_were_before_they_were_guarded() {
    let titles = ["=1+1", "'tis", "'=quoted", "plain"];
    let mut bytes = Vec::new();
    let headings = ["uid", "title"].map(str::to_owned);
    let mut table = Csv::new(&mut bytes, &headings, false).unwrap();
    for (at, title) in titles.iter().enumerate() {
        table.row(&[format!("e{at}"), (*title).to_owned()]).unwrap();
    }
    table.finish().unwrap();
    assert!(String::from_utf8_lossy(&bytes).contains("e0,'=1+1"));

    let mapping = Mapping::parse(EVENTS).unwrap();
    let settings = Settings {
        into: "dialogues/d".to_owned(),
        ..Settings::default()
    };
    let names = Names::default();
    let mut mapper = Mapper::new(&mapping, settings, &names).unwrap();
    let mut seen = Vec::new();
    let options = Options::default();
    let source = Cursor::new(&bytes);
    let facts = run(source, "e.csv", &options, &mut mapper, &mut |verdict| {
        let Verdict::Draft(draft) = verdict else {
            panic!("{verdict:?}")
        };
        let event: rapporteur_proto::events::v1::Event = draft.records[0].decode().unwrap();
        seen.push(event.title.unwrap().by_language["en"].clone());
        ControlFlow::Continue(())
    });
    assert_eq!(seen, titles);
    assert!(
        facts
            .unwrap()
            .notes
            .iter()
            .any(|note| note.starts_with("2 cells were guarded")),
        "it is said"
    );
}
