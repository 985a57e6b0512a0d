//! Follow-up on sets of recommendations as others keep them: loaded through the public API, then counted by
//! addressee and by status, here and independently from the file.
//!
//! Two small sets of the same shapes as the real ones lie beside this file and are always run. The real ones (an
//! accident commission's recommendations as CSV, matrices of the human rights office as JSON lines) are not
//! ours to ship: `RAPPORTEUR_SETS=DIR` names a folder with `taic_recommendations.csv` and
//! `ohchr_matrices/*.jsonl`.

mod loader;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rapporteur_proto::recommendations::v1::{Addressee, Implementation, Response};

use self::loader::Loader;
use crate::harness::House;

/// A row of the commission's list.
#[derive(Clone, Debug, serde::Deserialize)]
struct Row {
    number: String,
    recipient: String,
    inquiry: String,
    status: String,
    made: String,
    closed: String,
    recommendation: String,
    reply_text: String,
}

/// A row of a matrix.
#[derive(Clone, Debug, serde::Deserialize)]
struct Entry {
    country: String,
    number: String,
    text: String,
    recommending_states: Vec<String>,
    position: String,
    source_of_position: String,
}

/// The sets of that kind: ours, and the real ones where they are.
fn sets(ours: &str, real: &str) -> Vec<PathBuf> {
    let mut sets = vec![
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/e2e/sets")
            .join(ours),
    ];
    match std::env::var_os("RAPPORTEUR_SETS") {
        None => println!("{real}: skipped: RAPPORTEUR_SETS names no folder with it"),
        Some(folder) => {
            let (folder, name) = (PathBuf::from(folder), Path::new(real));
            if name.file_name().is_some_and(|n| n == "*.jsonl") {
                let within = folder.join(name.parent().unwrap());
                let files = std::fs::read_dir(within)
                    .unwrap()
                    .map(|f| f.unwrap().path());
                sets.extend(files.filter(|f| f.extension().is_some_and(|e| e == "jsonl")));
            } else {
                sets.push(folder.join(name));
            }
        }
    }
    sets.sort();
    sets
}

fn count<T: Ord>(keys: impl Iterator<Item = T>) -> BTreeMap<T, i32> {
    let mut counts = BTreeMap::new();
    for key in keys {
        *counts.entry(key).or_default() += 1;
    }
    counts
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commission_follows_up_its_recommendations() {
    for file in sets("small.csv", "taic_recommendations.csv") {
        let rows: Vec<Row> = csv::Reader::from_path(&file)
            .unwrap()
            .deserialize()
            .map(Result::unwrap)
            .collect();
        let house = House::start().await;
        let loader = Loader::new(&house).await;
        let words = loader.vocabulary("taic").await;
        loader.commission(&rows, &words).await;
        // Some rows name nobody: recommendations that are addressed to nobody.
        let (rows, to_nobody): (Vec<Row>, Vec<Row>) =
            rows.into_iter().partition(|r| !r.recipient.is_empty());
        let kept = loader.addressees("dialogues/taic").await;
        assert_eq!(kept.len(), rows.len(), "{}", file.display());

        // Who was asked: by the names in the file, in whatever case they are written.
        let by_party = count(kept.iter().map(|a| a.party.clone()));
        let in_file = count(rows.iter().map(|r| loader::party(&r.recipient)));
        assert_eq!(by_party, in_file);

        // The commission's own words are all there.
        let word = |a: &Addressee| a.external_ids[0].value.clone();
        let (by_word, in_file) = (
            count(kept.iter().map(word)),
            count(rows.iter().map(|r| r.status.clone())),
        );
        assert_eq!(by_word, in_file);

        // And what they mean here was reached by reports that somebody else verified.
        let meant = |status: &str| match status {
            "Closed acceptable" => Implementation::Implemented,
            "Closed cancelled" | "Withdrawn" => Implementation::NotApplicable,
            // By which recommendation it was superseded is not told, so its text still stands here.
            "Open" | "Unconfirmed" | "Closed superseded" => Implementation::None,
            other => panic!("{other} is a new word"),
        };
        let by_state = count(kept.iter().map(Addressee::implementation));
        assert_eq!(by_state, count(rows.iter().map(|r| meant(&r.status))));
        for moved in kept
            .iter()
            .filter(|a| a.implementation() != Implementation::None)
        {
            let last = moved
                .entries
                .iter()
                .rfind(|e| e.implementation != 0)
                .unwrap();
            assert!(!last.report.is_empty() && last.verifier == loader::COMMISSION);
            assert_eq!(last.word, word(moved));
        }

        let answer = loader.counted("dialogues/taic", kept.len()).await;
        let counted: BTreeMap<_, _> = answer
            .implementations
            .iter()
            .filter(|c| c.count > 0)
            .map(|c| (c.implementation(), c.count))
            .collect();
        assert_eq!(counted, by_state);
        assert_eq!(counted.values().sum::<i32>(), answer.addressees);
        let gaps = loader.unaddressed("dialogues/taic").await;
        assert_eq!(gaps, to_nobody.len());
        let silent = answer
            .flags
            .iter()
            .find(|f| f.flag() == rapporteur_proto::gateway::v1::ItemFlag::NoReport)
            .map_or(0, |f| f.addressees);
        assert_eq!(Some(&silent), by_state.get(&Implementation::None));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn states_answer_what_a_review_recommends() {
    let files = sets("small.jsonl", "ohchr_matrices/*.jsonl");
    let house = House::start().await;
    let loader = Loader::new(&house).await;
    let words = loader.vocabulary("upr-states").await;
    for (place, file) in files.iter().enumerate() {
        let lines = std::fs::read_to_string(file).unwrap();
        let entries: Vec<Entry> = lines
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let dialogue = format!("dialogues/review-{place}");
        loader.review(&dialogue, &entries, &words).await;
        let kept = loader.addressees(&dialogue).await;
        let meant = |position: &str| match position {
            "Supported" => Response::Supported,
            "Noted" => Response::Noted,
            other => panic!("{other} is a new word"),
        };
        assert_eq!(
            count(kept.iter().map(|a| (a.party.clone(), a.response()))),
            count(entries.iter().map(|e| (
                format!("parties/{}", e.country.to_lowercase()),
                meant(&e.position)
            ))),
            "{}",
            file.display()
        );
        assert!(
            kept.iter()
                .all(|a| a.entries[0].word == words.of(a.response()))
        );
        let answer = loader.counted(&dialogue, kept.len()).await;
        let counted: BTreeMap<_, _> = answer
            .responses
            .iter()
            .filter(|c| c.count > 0)
            .map(|c| (c.response(), c.count))
            .collect();
        assert_eq!(counted, count(kept.iter().map(Addressee::response)));
    }
}
