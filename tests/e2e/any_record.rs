//! Whatever a record holds goes out and comes back: records of every kind, with values made up from the protos, are
//! exported, loaded into an empty house, exported again, and the bytes are the same.
//!
//! `RAPPORTEUR_SEED=N` makes up others. What a service refuses of a record is given back its first value, until it is
//! taken: so nothing is known here of what may stand beside what.

mod make;

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use self::make::{Maker, descriptor};
use crate::exports::sample;
use crate::harness::House;

/// Records of the sample from which others are made, of each kind, and how many are made of each.
const BASES: usize = 12;
const COPIES: usize = 2;
/// How often what is refused is tried again with less of what was made up.
const ROUNDS: usize = 12;
/// Kinds that the sample does not have: their first records.
const OTHERS: &str = r#"
{"kind": "vocabulary", "record": {"name": "vocabularies/words", "title": {"byLanguage": {"en": "Words"}}, "terms": [{"word": "agreed", "response": "RESPONSE_SUPPORTED"}]}}
{"kind": "addressee", "record": {"name": "dialogues/rabat/recommendations/2024-lisbon-hlm.t1/addressees/fr", "party": "parties/fr", "addressed": {"value": "2024-10"}, "entries": [{"response": "RESPONSE_NOTED", "word": "noted", "on": {"value": "2024-11"}}]}}
{"kind": "commitment", "record": {"name": "dialogues/rabat/commitments/pledge", "kind": "COMMITMENT_KIND_PLEDGE", "title": {"byLanguage": {"en": "Pledge"}}, "owners": ["parties/fr"], "recommendations": ["dialogues/rabat/recommendations/2024-lisbon-hlm.t1"]}}
{"kind": "schedule", "record": {"name": "dialogues/rabat/schedules/yearly", "title": {"byLanguage": {"en": "Yearly"}}, "interval": {"months": 12, "firstDue": {"value": "2025-06-01"}}, "instruments": ["dialogues/rabat/instruments/2024-lisbon-takeaways"]}}
{"kind": "progress_report", "record": {"name": "dialogues/rabat/reports/first", "subject": "dialogues/rabat/recommendations/2024-lisbon-hlm.t1/addressees/fr", "authorParty": "parties/fr", "narrative": {"byLanguage": {"en": "Begun"}}, "claimed": "IMPLEMENTATION_IN_PROGRESS"}}
{"kind": "assessment", "record": {"name": "dialogues/rabat/assessments/mid-term", "subject": "dialogues/rabat/recommendations/2024-lisbon-hlm.t1/addressees/fr", "assessor": "parties/icrc", "voice": "VOICE_THIRD_PARTY", "status": "IMPLEMENTATION_IN_PROGRESS", "date": {"value": "2025-03"}}}
"#;

/// A record that is being made up.
struct Draft {
    /// The line, with the record as it was first.
    line: Value,
    /// What was made up of it, by the JSON names of its fields; `None` leaves a field out.
    made: BTreeMap<String, Option<Value>>,
}

impl Draft {
    fn kind(&self) -> &str {
        self.line["kind"].as_str().unwrap()
    }

    fn record(&self) -> Value {
        let mut record = self.line["record"].clone();
        let fields = record.as_object_mut().unwrap();
        for (field, value) in &self.made {
            match value {
                Some(value) => drop(fields.insert(field.clone(), value.clone())),
                None => drop(fields.remove(field)),
            }
        }
        record
    }

    fn text(&self) -> String {
        let mut line = self.line.clone();
        line["record"] = self.record();
        line.to_string() + "\n"
    }

    /// Gives back its first value to what a refusal names, or to the last that was made up.
    fn retreat(&mut self, reason: &str) {
        let named: Vec<String> = descriptor(self.kind())
            .fields()
            .filter(|field| {
                let path = format!("{}.{}", self.kind(), field.name());
                reason.contains(&path) || reason.contains(&format!("`{}`", field.json_name()))
            })
            .map(|field| field.json_name().to_owned())
            .collect();
        let before = self.made.len();
        self.made.retain(|field, _| !named.contains(field));
        if self.made.len() == before {
            self.made.pop_last();
        }
    }
}

/// The lines from which others are made, by kind.
fn bases() -> BTreeMap<String, Vec<Value>> {
    let mut bases: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    let sample = sample()
        .into_iter()
        .map(|file| std::fs::read_to_string(file).unwrap());
    let lines: String = sample.chain([OTHERS.to_owned()]).collect();
    for line in lines.lines().filter(|line| !line.trim().is_empty()) {
        let line: Value = serde_json::from_str(line).unwrap();
        // A move is of a record that is there already.
        if line["record"]["name"].is_string() {
            bases
                .entry(line["kind"].as_str().unwrap().to_owned())
                .or_default()
                .push(line);
        }
    }
    bases
}

fn drafts(seed: u64) -> Vec<Draft> {
    let bases = bases();
    let names = bases
        .values()
        .flatten()
        .map(|line| line["record"]["name"].as_str().unwrap().to_owned());
    let mut maker = Maker::new(seed, names);
    let mut drafts = Vec::new();
    for (kind, lines) in &bases {
        let step = lines.len().div_ceil(BASES);
        for line in lines.iter().step_by(step) {
            for copy in 0..COPIES {
                let mut line = line.clone();
                let number = drafts.len();
                let record = line["record"].as_object_mut().unwrap();
                let name = format!("{}-v{copy}", record["name"].as_str().unwrap());
                record.insert("name".to_owned(), name.into());
                // An addressee is called by its party.
                if kind == "addressee" {
                    let party = ["pt", "ma"][copy];
                    let name = record["name"].as_str().unwrap();
                    let (above, _) = name.rsplit_once('/').unwrap();
                    let name = format!("{above}/{party}");
                    record.insert("name".to_owned(), name.into());
                    record.insert("party".to_owned(), format!("parties/{party}").into());
                }
                // What there may be only one of.
                for (field, own) in [
                    ("path", json!(format!("v{number}"))),
                    ("code", json!(format!("V{number}"))),
                ] {
                    if let Some(value) = record.get_mut(field) {
                        *value = own;
                    }
                }
                if let Some(value) = record.get_mut("number") {
                    *value = json!(1_000 + number);
                }
                drafts.push(Draft {
                    made: maker.fields(kind),
                    line,
                });
            }
        }
    }
    drafts
}

/// Loads what is not there yet, and tries again with less what is refused. How many of each kind are there.
fn load(house: &House, mut drafts: Vec<Draft>) -> BTreeMap<String, usize> {
    let file = house.folder.path().join("made.ndjson");
    let mut there: BTreeMap<String, usize> = BTreeMap::new();
    let (mut fields, mut last) = (0, BTreeMap::new());
    for _ in 0..ROUNDS {
        let lines: String = drafts.iter().map(Draft::text).collect();
        std::fs::write(&file, lines).unwrap();
        let output = house.tool(&[
            "load",
            "--continue-on-error",
            "-o",
            "json",
            file.to_str().unwrap(),
        ]);
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let verdicts = report["lines"].as_array().unwrap();
        let refused: BTreeMap<usize, &str> = verdicts
            .iter()
            .filter(|verdict| verdict["verdict"] == "refused")
            .map(|verdict| {
                let line = usize::try_from(verdict["line"].as_u64().unwrap()).unwrap();
                (line - 1, verdict["reason"].as_str().unwrap_or_default())
            })
            .collect();
        last = BTreeMap::new();
        let mut left = Vec::new();
        for (place, mut draft) in drafts.into_iter().enumerate() {
            match refused.get(&place) {
                None => {
                    *there.entry(draft.kind().to_owned()).or_default() += 1;
                    fields += draft.made.len();
                }
                Some(reason) => {
                    last.insert(draft.kind().to_owned(), (*reason).to_owned());
                    if !draft.made.is_empty() {
                        draft.retreat(reason);
                        left.push(draft);
                    }
                }
            }
        }
        drafts = left;
        if drafts.is_empty() {
            break;
        }
    }
    println!("there: {there:?}, with {fields} fields made up; refused at last: {last:#?}");
    there
}

fn export(house: &House, file: &Path) -> Vec<String> {
    house.ask(&["export", "-o", file.to_str().unwrap()]);
    let text = std::fs::read_to_string(file).unwrap();
    text.lines().map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_a_record_holds_comes_back() {
    let seed = std::env::var("RAPPORTEUR_SEED").ok();
    let seed = seed.map_or(20_241_016, |seed| seed.parse().unwrap());
    println!("RAPPORTEUR_SEED={seed}");
    let house = House::start().await;
    let files = sample();
    let load_sample: Vec<&str> = ["load"]
        .into_iter()
        .chain(files.iter().map(String::as_str))
        .collect();
    house.ask(&load_sample);
    let others = house.folder.path().join("others.ndjson");
    std::fs::write(&others, OTHERS.trim_start()).unwrap();
    house.ask(&["load", others.to_str().unwrap()]);
    let there = load(&house, drafts(seed));
    assert!(
        there.values().sum::<usize>() > 150,
        "too little is taken: {there:?}"
    );
    for kind in [
        "source",
        "party",
        "dialogue",
        "plan",
        "plan_node",
        "event",
        "vocabulary",
        "instrument",
        "recommendation",
        "commitment",
        "schedule",
    ] {
        assert!(there.contains_key(kind), "no {kind} is taken: {there:?}");
    }

    let first = export(&house, &house.folder.path().join("first.ndjson"));
    let other = House::start().await;
    let file = house.folder.path().join("first.ndjson");
    let ask = [
        "load",
        "--as-recorded",
        "-o",
        "json",
        "--continue-on-error",
        file.to_str().unwrap(),
    ];
    let output = other.tool(&ask);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let lines = report["lines"].as_array().unwrap().iter();
    let refused: Vec<&Value> = lines
        .filter(|line| line["verdict"] == "refused")
        .take(5)
        .collect();
    assert!(refused.is_empty(), "{refused:#?}");
    let second = export(&other, &other.folder.path().join("second.ndjson"));
    let differ = first
        .iter()
        .zip(&second)
        .filter(|(before, after)| before != after);
    let differ: Vec<_> = differ.take(3).collect();
    assert!(differ.is_empty(), "{differ:#?}");
    assert_eq!(first.len(), second.len());
}
