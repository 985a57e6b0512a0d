//! How well names are told: precision where there is an answer, and how often there is one.
//!
//! Reads a folder of data as `crates/bench/EVALUATION.md` describes it; nothing of it is kept.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context as _, Result};
use rapporteur_search::resolve::{Gazetteer, How, Only, Resolution, Resolver};
use serde::Serialize;
use serde_json::Value;

use crate::arguments::{Output, Resolve};
use crate::table::markdown;

/// One in so many spellings is left out to be guessed at.
const HELD_OUT: u32 = 5;
/// Unknown and wrong names that are shown of a set.
const SHOWN: usize = 40;

/// Judged names of one kind.
#[derive(Debug, Default, Serialize)]
struct Set {
    name: String,
    /// Names, and those with an answer.
    asked: usize,
    answered: usize,
    /// Right answers; absent where nobody judged them.
    right: Option<usize>,
    /// Answers that guess at letters, and the right ones of them.
    typos: usize,
    typos_right: usize,
    /// `name: is, not was told`.
    wrong: Vec<String>,
    unknown: Vec<String>,
}

impl Set {
    fn new(name: &str, judged: bool) -> Self {
        Self {
            name: name.to_owned(),
            right: judged.then_some(0),
            ..Self::default()
        }
    }

    fn ask(
        &mut self,
        resolver: &Resolver,
        name: &str,
        code: Option<&str>,
        only: Only,
        times: usize,
    ) {
        self.asked += times;
        let Resolution::Match(found) = resolver.resolve(name, only) else {
            self.unknown.push(name.to_owned());
            return;
        };
        self.answered += times;
        let entity = found.entity;
        let told = if entity.code.is_empty() {
            &entity.acronym
        } else {
            &entity.code
        };
        let right = code.is_none_or(|code| code == told);
        let guessed = found.how == How::Typo;
        self.typos += if guessed { times } else { 0 };
        self.typos_right += if guessed && right { times } else { 0 };
        match (&mut self.right, right) {
            (Some(count), true) => *count += times,
            (_, true) => {}
            (_, false) => self.wrong.push(format!(
                "{name}: is {}, not {told}",
                code.unwrap_or_default()
            )),
        }
    }

    fn precision(&self) -> Option<f64> {
        Some(self.right? as f64 / self.answered.max(1) as f64)
    }

    fn recall(&self) -> f64 {
        self.right.unwrap_or(self.answered) as f64 / self.asked.max(1) as f64
    }
}

/// Measures, prints; whether precision is what was asked for.
pub fn run(ask: &Resolve) -> Result<bool> {
    let whole = Resolver::default();
    let mut sets = Vec::new();
    let file = |name: &str| ask.data.join(name);
    let aliases = rows(&file("reference/country_aliases.csv"), &["iso2", "alias"])?;
    let mut set = Set::new("aliases", true);
    for row in &aliases {
        set.ask(&whole, &row[1], Some(&row[0]), Only::States, 1);
    }
    sets.push(set);
    let mut set = Set::new("aliases, held out", true);
    let lacking = Gazetteer::without(&|_, spelling| !held_out(spelling));
    let lacking = Resolver::new(lacking, []);
    for row in aliases.iter().filter(|row| held_out(&row[1])) {
        set.ask(&lacking, &row[1], Some(&row[0]), Only::States, 1);
    }
    sets.push(set);
    let members = rows(
        &file("reference/dialogue_members.csv"),
        &["country", "name_as_written"],
    )?;
    let mut set = Set::new("members of dialogues", true);
    for row in &members {
        let code = Some(row[0].as_str()).filter(|code| code.len() == 2);
        set.ask(&whole, &row[1], code, Only::Anybody, 1);
    }
    sets.push(set);
    let upr = file("recommendations/upr_sessions_10-13.jsonl");
    if upr.exists() {
        let mut set = Set::new("states of UPR recommendations (not judged)", false);
        for (name, times) in states(&upr)? {
            set.ask(&whole, &name, None, Only::States, times);
        }
        sets.push(set);
    }
    let speed = speed(&whole);
    let good = sets
        .iter()
        .filter_map(Set::precision)
        .all(|precision| precision >= ask.precision);
    let mut out = std::io::stdout().lock();
    match ask.output {
        Output::Json => {
            let report = serde_json::json!({"sets": sets, "known_a_second": speed.0, "typo_millis": speed.1});
            writeln!(out, "{}", serde_json::to_string_pretty(&report)?)?;
        }
        Output::Table => writeln!(out, "{}", table(&sets, speed))?,
    }
    Ok(good)
}

/// A share of the spellings, the same on each machine.
fn held_out(spelling: &str) -> bool {
    let sum = spelling.bytes().fold(0x811c_9dc5_u32, |sum, byte| {
        (sum ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    sum % HELD_OUT == 0
}

/// These columns of a file.
fn rows(file: &Path, columns: &[&str]) -> Result<Vec<Vec<String>>> {
    let of = || file.display().to_string();
    let mut reader = csv::Reader::from_path(file).with_context(of)?;
    let headers = reader.headers().with_context(of)?.clone();
    let places: Vec<usize> = columns
        .iter()
        .map(|column| {
            let place = headers.iter().position(|header| header == *column);
            place.with_context(|| format!("{}: has no column {column}", file.display()))
        })
        .collect::<Result<_>>()?;
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.with_context(of)?;
        rows.push(
            places
                .iter()
                .map(|place| record.get(*place).unwrap_or_default().to_owned())
                .collect(),
        );
    }
    Ok(rows)
}

/// Who recommends and to whom, with how often.
fn states(file: &Path) -> Result<BTreeMap<String, usize>> {
    let mut states = BTreeMap::new();
    for line in std::fs::read_to_string(file)?.lines() {
        let line: Value = serde_json::from_str(line)?;
        for field in ["addressed_to", "made_by"] {
            let written: Vec<&str> = match &line[field] {
                Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
                one => one.as_str().into_iter().collect(),
            };
            for state in written {
                *states.entry(state.to_owned()).or_default() += 1;
            }
        }
    }
    Ok(states)
}

/// Known names a second, and the milliseconds that a name with a letter wrong takes.
fn speed(resolver: &Resolver) -> (f64, f64) {
    let known: Vec<&str> = Gazetteer::aliases().map(|(_, spelling)| spelling).collect();
    let begun = Instant::now();
    for name in &known {
        std::hint::black_box(resolver.resolve(name, Only::Anybody));
    }
    let a_second = known.len() as f64 / begun.elapsed().as_secs_f64();
    let wrong: Vec<String> = known
        .iter()
        .filter(|name| name.chars().count() >= 8)
        .step_by(37)
        .map(|name| format!("{name}xq"))
        .collect();
    let begun = Instant::now();
    for name in &wrong {
        std::hint::black_box(resolver.resolve(name, Only::Anybody));
    }
    (
        a_second,
        begun.elapsed().as_secs_f64() * 1e3 / wrong.len().max(1) as f64,
    )
}

fn table(sets: &[Set], (known, typo): (f64, f64)) -> String {
    let columns = [
        "set",
        "names",
        "answered",
        "precision",
        "recall",
        "by typo: right / told",
    ];
    let mut table = markdown(&columns, &[1, 2, 3, 4, 5]);
    for set in sets {
        table.add_row([
            set.name.clone(),
            set.asked.to_string(),
            set.answered.to_string(),
            set.precision()
                .map_or_else(|| "-".into(), |it| format!("{it:.4}")),
            format!("{:.4}", set.recall()),
            format!("{} / {}", set.typos_right, set.typos),
        ]);
    }
    let mut text = format!(
        "{table}\n\n{known:.0} known names a second; {typo:.2} ms for one with letters wrong\n"
    );
    for set in sets {
        let shown = |names: &[String]| {
            names
                .iter()
                .take(SHOWN)
                .cloned()
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect::<Vec<_>>()
                .join(" | ")
        };
        text += &format!(
            "\n{}\n  wrong ({}): {}\n  unknown ({}): {}\n",
            set.name,
            set.wrong.len(),
            shown(&set.wrong),
            set.unknown.len(),
            shown(&set.unknown)
        );
    }
    text
}
