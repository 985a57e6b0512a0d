//! Every file of a folder of real data goes in through the tool, by the mapping that is made for it; the second time
//! changes nothing. The data is not ours to ship: `RAPPORTEUR_DATA=FOLDER` names it, and without it the story says that
//! it is skipped. Our own files of the same shapes are in [`super::imports`].
//!
//! It prints a table file by file, and writes it to `imports.md` with all refused rows in `refused.md`, into the folder
//! that `RAPPORTEUR_TABLE` names, else where the build keeps what tests write.

#[path = "../shared/files.rs"]
mod listed;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Output;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::harness::House;
use crate::imports::summary;

/// Files that name other records of a dialogue go where these are.
const INTO: &[(&str, &str)] = &[
    ("plans/dialogue_plans.jsonl", "rabat"),
    ("events/dialogue_events.csv", "rabat"),
];
/// Snapshots of one outside calendar, in the order of their dates.
const SNAPSHOTS: &str = "events/iserlohn_council/";
/// Most reasons in a cell of the table; all are in the file beside.
const REASONS: usize = 3;

/// One import: what the preview and the commit said, and how long each took.
struct Done {
    answer: Value,
    preview: Duration,
    commit: Duration,
}

#[tokio::test(flavor = "multi_thread")]
async fn every_file_goes_in_and_the_second_time_changes_nothing() {
    let Some(data) = std::env::var_os("RAPPORTEUR_DATA").map(PathBuf::from) else {
        println!("skipped: RAPPORTEUR_DATA names no folder of data");
        return;
    };
    let house = House::start().await;
    for dialogue in ["rabat", "khartoum", "snapshots"] {
        add(&house, dialogue);
    }
    let mut table = String::from(
        "| file | mapping | rows | created | updated | unchanged | refused | preview s | commit s | again: c/u/=/r | preview s | commit s |\n\
         | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- | ---: | ---: |\n",
    );
    let (mut reasons, mut in_short, mut wrong) = (String::new(), String::new(), Vec::new());
    for (place, (file, mapping, parameters)) in listed::all(&data).into_iter().enumerate() {
        let snapshot = file.starts_with(SNAPSHOTS);
        let known = INTO.iter().find(|(own, _)| *own == file);
        let into = match known {
            Some((_, into)) => (*into).to_owned(),
            None if snapshot => "snapshots".to_owned(),
            None => {
                let own = format!("set-{place:02}");
                add(&house, &own);
                own
            }
        };
        let path = data.join(&file);
        let mut ask = vec![
            "import",
            path.to_str().unwrap(),
            "--map",
            mapping,
            "--into",
            &into,
        ];
        let parameters: Vec<String> = parameters.iter().map(|(k, v)| format!("{k}={v}")).collect();
        ask.extend(parameters.iter().flat_map(|said| ["--set", said.as_str()]));
        if snapshot {
            ask.extend(["--calendar", "council"]);
        }
        let runs = (import(&house, &ask), import(&house, &ask));
        let (first, again) = match runs {
            (Ok(first), Ok(again)) => (first, again),
            (Err(first), Err(again)) => {
                if first != again {
                    wrong.push(format!("{file}: {first}, and then {again}"));
                }
                writeln!(
                    table,
                    "| {file} | {mapping} | - | | | | whole file: {} | | | the same | | |",
                    cell(&first)
                )
                .unwrap();
                continue;
            }
            (first, again) => {
                wrong.push(format!(
                    "{file}: {:?}, and then {:?}",
                    first.err(),
                    again.err()
                ));
                continue;
            }
        };
        let (one, two) = (summary(&first.answer), summary(&again.answer));
        let rows = first.answer["rows"].as_array().unwrap();
        let ([created, updated, unchanged, refused], [made, changed, left, not]) = (one, two);
        if i64::try_from(rows.len()).unwrap() != one.iter().sum::<i64>() {
            wrong.push(format!("{file}: {} rows, counted as {one:?}", rows.len()));
        }
        if (made, changed, not) != (0, 0, refused)
            || refusals(&first.answer) != refusals(&again.answer)
        {
            wrong.push(format!("{file}: {one:?}, and then {two:?}"));
            wrong.extend(stirred(&again.answer));
        }
        writeln!(
            table,
            "| {file} | {mapping} | {} | {created} | {updated} | {unchanged} | {refused} | {} | {} | {made}/{changed}/{left}/{not} | {} | {} |",
            rows.len(),
            seconds(first.preview), seconds(first.commit), seconds(again.preview), seconds(again.commit),
        )
        .unwrap();
        tell(&file, &first.answer, &mut reasons, &mut in_short);
    }
    let folder = std::env::var_os("RAPPORTEUR_TABLE")
        .map_or(PathBuf::from(env!("CARGO_TARGET_TMPDIR")), PathBuf::from);
    let table = format!("{table}\n{in_short}");
    std::fs::write(folder.join("imports.md"), &table).unwrap();
    std::fs::write(folder.join("refused.md"), &reasons).unwrap();
    println!(
        "{table}\nAll refused rows: {}",
        folder.join("refused.md").display()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn add(house: &House, dialogue: &str) {
    house.ask(&["dialogue", "add", "--id", dialogue, "--title", dialogue]);
}

/// Looks at a file and commits what was seen, rows that are refused aside; what is said of a file that cannot be read.
fn import(house: &House, ask: &[&str]) -> Result<Done, String> {
    let begun = Instant::now();
    let seen = answer(&house.tool(&[ask, &["--continue-on-error", "-o", "json"]].concat()))?;
    let preview = begun.elapsed();
    let name = seen["import"].as_str().unwrap();
    let begun = Instant::now();
    let resume = [
        "import",
        "resume",
        name,
        "--yes",
        "--continue-on-error",
        "-o",
        "json",
    ];
    answer(&house.tool(&resume))?;
    let commit = begun.elapsed();
    let rows = ["import", "rows", name, "--limit", "0", "-o", "json"];
    Ok(Done {
        answer: answer(&house.tool(&rows))?,
        preview,
        commit,
    })
}

fn answer(output: &Output) -> Result<Value, String> {
    serde_json::from_slice(&output.stdout)
        .map_err(|_| String::from_utf8_lossy(&output.stderr).trim().to_owned())
}

fn of<'a>(answer: &'a Value, verdict: &'a str) -> impl Iterator<Item = &'a Value> {
    answer["rows"]
        .as_array()
        .unwrap()
        .iter()
        .filter(move |row| row["verdict"] == verdict)
}

fn word<'a>(row: &'a Value, field: &str) -> &'a str {
    row[field].as_str().unwrap_or_default()
}

/// The refused rows: line, column, reason.
fn refusals(answer: &Value) -> Vec<(i64, &str, &str)> {
    of(answer, "refused")
        .map(|row| {
            (
                row["line"].as_i64().unwrap(),
                word(row, "column"),
                word(row, "reason"),
            )
        })
        .collect()
}

/// The first rows that were written though nothing is new.
fn stirred(answer: &Value) -> Vec<String> {
    of(answer, "created")
        .chain(of(answer, "updated"))
        .take(3)
        .map(Value::to_string)
        .collect()
}

/// All refused rows of a file, and the same summed up by their reasons.
fn tell(file: &str, answer: &Value, reasons: &mut String, in_short: &mut String) {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for (place, row) in of(answer, "refused").enumerate() {
        if place == 0 {
            writeln!(reasons, "## {file}\n").unwrap();
        }
        let (column, reason) = (word(row, "column"), word(row, "reason"));
        writeln!(reasons, "- {}: {column}: {reason}", word(row, "place")).unwrap();
        *counts
            .entry(format!("{column}: {}", unquoted(reason)))
            .or_default() += 1;
    }
    let mut counts: Vec<(String, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let more = counts.len().saturating_sub(REASONS);
    for (reason, count) in counts.iter().take(REASONS) {
        writeln!(in_short, "- {file}: {count} x {}", cell(reason)).unwrap();
    }
    if more > 0 {
        writeln!(in_short, "- {file}: and {more} reasons more").unwrap();
    }
}

/// A reason without what it quotes, so that rows with the same trouble are told together.
fn unquoted(reason: &str) -> String {
    let parts = reason.split('"').enumerate();
    parts
        .map(|(place, part)| if place % 2 == 1 { "\"..\"" } else { part })
        .collect()
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
        .replace('\n', " ")
        .chars()
        .take(200)
        .collect()
}

fn seconds(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64())
}

#[test]
fn reasons_are_told_together_without_what_they_quote() {
    assert_eq!(
        unquoted("\"a\" is no party, \"b, c\""),
        "\"..\" is no party, \"..\""
    );
    assert_eq!(unquoted("is missing"), "is missing");
}
