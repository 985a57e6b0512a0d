//! Every file of a folder of real data, put through the mapping that is made for it. Run by hand, since the data is not
//! ours to ship:
//!
//! ```sh
//! RAPPORTEUR_DATA=folder RAPPORTEUR_DRAFTS=folder cargo test -p rapporteur-exchange --test data -- --ignored --nocapture
//! python3 crates/exchange/tests/count.py folder drafts
//! ```
//!
//! It prints a table file by file, and writes the drafts as record lines, which `count.py` counts against the raw files.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests"
)]

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufReader, Write as _};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Instant;

#[path = "../../../tests/shared/files.rs"]
mod files;

use rapporteur_exchange::map::{Mapper, Mapping, Names, Settings, Verdict, run};
use rapporteur_exchange::read::Options;
use rapporteur_exchange::snapshot::{Snapshot, What};
use serde_json::Value;

fn data() -> PathBuf {
    std::env::var_os("RAPPORTEUR_DATA")
        .map(PathBuf::from)
        .expect("RAPPORTEUR_DATA names the folder of data")
}

fn names(data: &Path) -> Names {
    let mut names = Names::default();
    let mut add =
        |name: &str, iso2: &str| names.add(name, &format!("parties/{}", iso2.to_lowercase()));
    for file in ["reference/countries.csv", "reference/country_aliases.csv"] {
        let bytes = fs::read(data.join(file)).unwrap();
        let (rows, ..) =
            rapporteur_exchange::read::read_all(&bytes, file, &Options::default()).unwrap();
        for row in rows {
            let iso2 = row.get("iso2").and_then(Value::as_str).unwrap().to_owned();
            for (column, value) in &row.cells {
                if !column.starts_with("m49") {
                    add(value.as_str().unwrap(), &iso2);
                }
            }
        }
    }
    names
}

#[test]
#[ignore = "needs RAPPORTEUR_DATA"]
fn every_file_goes_through() {
    let data = data();
    let drafts = std::env::var_os("RAPPORTEUR_DRAFTS").map(PathBuf::from);
    let names = names(&data);
    println!("| file | mapping | format | encoding | rows | drafts | records | refused | ms |");
    println!("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
    let mut reasons = String::new();
    for (file, name, parameters) in files::all(&data) {
        let mapping = Mapping::shipped(name).unwrap();
        let settings = Settings {
            into: "dialogues/world".to_owned(),
            parameters,
        };
        let mut mapper = Mapper::new(&mapping, settings, &names).unwrap();
        let source = BufReader::new(File::open(data.join(&file)).unwrap());
        let mut lines = String::new();
        let (mut made, mut records, mut refused) = (0, 0, Vec::new());
        let begun = Instant::now();
        let facts = run(
            source,
            &file,
            &Options::default(),
            &mut mapper,
            &mut |verdict| {
                match verdict {
                    Verdict::Draft(draft) => {
                        made += 1;
                        records += draft.records.len();
                        for record in &draft.records {
                            let mut line: Value =
                                serde_json::from_str(&record.line().unwrap()).unwrap();
                            line["shared"] = record.shared.into();
                            lines.push_str(&line.to_string());
                            lines.push('\n');
                        }
                    }
                    Verdict::Refused(refusal) => refused.push(refusal),
                }
                ControlFlow::Continue(())
            },
        )
        .unwrap_or_else(|damage| panic!("{file}: {damage}"));
        let ms = begun.elapsed().as_millis();
        println!(
            "| {file} | {name} | {} | {} | {} | {made} | {records} | {} | {ms} |",
            facts.format,
            facts.encoding,
            facts.rows,
            refused.len()
        );
        for note in &facts.notes {
            reasons += &format!("{file}: note: {note}\n");
        }
        for refusal in refused.iter().take(12) {
            reasons += &format!("{file}: {refusal}\n");
        }
        if refused.len() > 12 {
            reasons += &format!("{file}: ... and {} more\n", refused.len() - 12);
        }
        if let Some(folder) = &drafts {
            fs::create_dir_all(folder).unwrap();
            let to = folder.join(format!("{}.ndjson", file.replace('/', "_")));
            File::create(to)
                .unwrap()
                .write_all(lines.as_bytes())
                .unwrap();
        }
    }
    println!("\n{reasons}");
}

#[test]
#[ignore = "needs RAPPORTEUR_DATA"]
fn snapshots_of_a_council_give_what_is_expected() {
    let folder = data().join("events/iserlohn_council");
    let expected = fs::read_to_string(folder.join("expected_diffs.json")).unwrap();
    let expected: Vec<Value> = serde_json::from_str(&expected).unwrap();
    let snapshot = |name: &str| {
        let file = BufReader::new(File::open(folder.join(name)).unwrap());
        let (snapshot, refused, _) = Snapshot::read(file, &Options::default()).unwrap();
        assert!(refused.is_empty(), "{name}: {refused:?}");
        snapshot
    };
    for step in &expected {
        let (from, to) = (step["from"].as_str().unwrap(), step["to"].as_str().unwrap());
        let now = format!("{}T12:00:00Z", to.trim_end_matches(".ics"))
            .parse()
            .unwrap();
        let (before, after) = (snapshot(from), snapshot(to));
        let diff = before.diff(&after, now);
        let keys = |what| serde_json::json!(diff.keys(what).collect::<Vec<_>>());
        let sorted = |value: &Value| {
            let mut keys: Vec<String> = serde_json::from_value(value.clone()).unwrap();
            keys.sort();
            serde_json::json!(keys)
        };
        assert_eq!(keys(What::Added), sorted(&step["added"]), "{to}");
        assert_eq!(
            keys(What::VanishedPast),
            sorted(&step["removed_past"]),
            "{to}"
        );
        assert_eq!(
            keys(What::VanishedFuture),
            sorted(&step["removed_future"]),
            "{to}"
        );
        let changed = diff
            .changes
            .iter()
            .filter(|change| [What::Changed, What::Moved, What::Cancelled].contains(&change.what));
        let changed: BTreeMap<&str, Vec<[&str; 3]>> = changed
            .map(|change| {
                let fields = change.fields.iter();
                (
                    change.key.as_str(),
                    fields
                        .map(|f| [f.name.as_str(), &f.before, &f.after])
                        .collect(),
                )
            })
            .collect();
        assert_eq!(serde_json::json!(changed), step["changed"], "{to}");
        assert_eq!(serde_json::json!(diff.unchanged), step["unchanged"], "{to}");
        assert!(after.diff(&after, now).changes.is_empty());
    }
    println!("{} steps as expected", expected.len());
}
