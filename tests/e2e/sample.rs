//! The sample record: loaded twice it is there once; its quotes are verbatim; its figures are those of the posts.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::harness::House;

/// The lines of the sample record, in order.
fn lines() -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/cli/sample");
    files(&folder)
        .iter()
        .flat_map(|file| {
            std::fs::read_to_string(file)
                .unwrap()
                .lines()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .map(|line| serde_json::from_str(&line).unwrap())
        .collect()
}

fn files(folder: &Path) -> Vec<String> {
    let mut files: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path().to_str().unwrap().to_owned())
        .filter(|path| path.ends_with(".ndjson"))
        .collect();
    files.sort();
    files
}

#[test]
fn every_quote_is_verbatim_in_its_source() {
    let lines = lines();
    let texts: BTreeMap<&str, &str> = lines
        .iter()
        .filter(|line| line["kind"] == "source")
        .map(|line| {
            (
                line["record"]["name"].as_str().unwrap(),
                line["record"]["text"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(texts.len(), 11, "one source a post");
    let mut quotes = 0;
    for line in &lines {
        each_object(line, &mut |object| {
            if let (Some(source), Some(quote)) =
                (object["source"].as_str(), object["quote"].as_str())
            {
                assert!(
                    texts[source].contains(quote),
                    "{source} does not say: {quote}"
                );
                quotes += 1;
            }
        });
    }
    assert!(quotes > 200, "only {quotes} quotes");
}

#[test]
fn figures_are_those_of_the_posts_and_the_unknown_stays_unknown() {
    let mut stated: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    let mut unknown = 0;
    for line in lines().iter().filter(|line| line["kind"] == "event") {
        for claim in line["record"]["claims"].as_array().into_iter().flatten() {
            let number = |value: &Value| {
                value
                    .as_i64()
                    .or_else(|| value.as_str().and_then(|v| v.parse().ok()))
            };
            match (
                claim["provenance"]["basis"].as_str(),
                number(&claim["value"]),
            ) {
                (Some("BASIS_GIVEN"), Some(value)) => {
                    stated
                        .entry(claim["measure"].as_str().unwrap().to_owned())
                        .or_default()
                        .push(value);
                }
                (Some("BASIS_UNKNOWN"), None) => unknown += 1,
                _ => {}
            }
        }
    }
    let sum = |measure: &str| stated[measure].iter().sum::<i64>();
    assert_eq!(sum("recommendations"), 22 + 30);
    assert_eq!(sum("participants"), 156 + 115);
    assert_eq!(sum("takeaways"), 7);
    assert_eq!(stated["actions_addressed"], [11]);
    assert!(
        unknown >= 1,
        "\"many concrete recommendations\" is a figure that nobody gave"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn loaded_twice_it_is_there_once() {
    let house = House::start().await;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/cli/sample");
    let files = files(&folder);
    let mut command = vec!["load", "-o", "json"];
    command.extend(files.iter().map(String::as_str));
    let summary = |out: &str| serde_json::from_str::<Value>(out).unwrap()["summary"].clone();

    let dry = summary(&house.ask(&[&command[..], &["--dry-run"]].concat()));
    assert_eq!(dry["refused"], 0);
    assert_eq!(
        house.ask(&["party", "list", "-o", "json"]).trim(),
        "[]",
        "a dry run writes nothing"
    );

    let total = lines().len();
    let first = summary(&house.ask(&command));
    assert_eq!(
        (&first["created"], &first["refused"]),
        (&Value::from(total), &Value::from(0)),
        "{first}"
    );
    let second = summary(&house.ask(&command));
    assert_eq!(
        (&second["unchanged"], &second["refused"]),
        (&Value::from(total), &Value::from(0)),
        "{second}"
    );

    // What is counted and what was stated stand side by side, and differ.
    let question = [
        "coverage",
        "rabat/cadiz",
        "--from",
        "2023-01-01",
        "--to",
        "2023-12-31",
        "--fresh",
        "-o",
        "json",
    ];
    let coverage: Value = serde_json::from_str(&house.ask(&question)).unwrap();
    let level = |kind: &str| {
        let found = coverage["levels"]
            .as_array()
            .unwrap()
            .iter()
            .find(|l| l["kind"] == kind)
            .unwrap()
            .clone();
        (
            found["addressed"].as_i64().unwrap_or(0),
            found["total"].as_i64().unwrap_or(0),
        )
    };
    assert_eq!(level("PLAN_NODE_KIND_AREA"), (2, 5));
    assert_eq!(level("PLAN_NODE_KIND_OBJECTIVE"), (1, 10));
    assert_eq!(level("PLAN_NODE_KIND_ACTION"), (0, 29));
    let stated = coverage["stated"].as_array().unwrap();
    let actions = stated
        .iter()
        .find(|s| s["claim"]["measure"] == "actions_addressed")
        .unwrap();
    assert_eq!(
        (&actions["claim"]["value"], &actions["claim"]["total"]),
        (&"11".into(), &"29".into())
    );
    assert_eq!(actions["agrees"], false);

    // A joint event is in both calendars and once in the union.
    let names = |arguments: &[&str]| {
        let listed =
            house.ask(&[&["event", "list", "--limit", "0", "-o", "json"], arguments].concat());
        let listed: Vec<Value> = serde_json::from_str(&listed).unwrap();
        listed
            .iter()
            .map(|event| event["name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let joint = "dialogues/rabat/events/2024-lisbon-hlm".to_owned();
    for dialogue in ["rabat", "khartoum"] {
        assert!(
            names(&["--dialogue", dialogue]).contains(&joint),
            "{dialogue}"
        );
    }
    assert_eq!(names(&[]).iter().filter(|name| **name == joint).count(), 1);

    let resolved = house.ask(&[
        "instrument",
        "resolve",
        "112(LXVII)",
        "--dialogue",
        "excom",
        "-o",
        "json",
    ]);
    assert!(resolved.contains("2016"), "{resolved}");
}

fn each_object(value: &Value, see: &mut impl FnMut(&Value)) {
    match value {
        Value::Object(fields) => {
            see(value);
            fields.values().for_each(|v| each_object(v, see));
        }
        Value::Array(items) => items.iter().for_each(|v| each_object(v, see)),
        _ => {}
    }
}
