//! The evaluation from beginning to end on the judged set that comes with it: ours is better than plain on every
//! figure, and does not fall behind what it was.

#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::{Command, Output};

fn bench(arguments: &[&str]) -> Output {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/evaluation");
    let mut command = Command::new(env!("CARGO_BIN_EXE_rapporteur-bench"));
    command.current_dir(data).args(arguments).output().unwrap()
}

const SET: [&str; 9] = [
    "evaluate",
    "--corpus",
    "corpus.jsonl",
    "--queries",
    "queries.jsonl",
    "--judgments",
    "judgments.jsonl",
    "--pairs",
    "pairs.jsonl",
];

#[test]
fn ours_is_better_than_plain_on_every_figure() {
    let least = [
        "--least",
        "map=0.58",
        "--least",
        "ndcg@10=0.62",
        "--least",
        "p@10=0.25",
        "--least",
        "recall@100=0.93",
        "--least",
        "spearman=0.8",
        "-o",
        "json",
    ];
    let output = bench(&[&["--check"][..], &SET[..], &least[..]].concat());
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{text}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let report: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (&report["better"], &report["reached"]),
        (&true.into(), &true.into())
    );
    assert_eq!(report["retrieval"]["documents"], 178);
}

#[test]
fn what_is_not_reached_fails_and_is_shown() {
    let output = bench(&[
        "evaluate",
        "--pairs",
        "pairs.jsonl",
        "--least",
        "spearman=1.1",
    ]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stdout).contains("| Spearman, Jaccard"));
    for wrong in ["spearman", "speed=1", "map=fast"] {
        let output = bench(&["evaluate", "--pairs", "pairs.jsonl", "--least", wrong]);
        assert_eq!(output.status.code(), Some(2), "{wrong}");
    }
    let output = bench(&["evaluate", "--pairs", "queries.jsonl"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("queries.jsonl, line 1: has no \"a\"")
    );
}

#[test]
fn likeness_among_many_is_measured() {
    let output = bench(&["similar", "--texts", "500"]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains("similar, 95th percentile"),
        "{text}"
    );
}

#[test]
fn suggested_classes_are_better_than_plain_and_do_not_fall_behind() {
    let output = bench(&[
        "--check",
        "suggest",
        "--data",
        "../suggest",
        "--least",
        "precision@1=0.61",
        "--least",
        "precision@3=0.84",
        "--least",
        "precision=0.75",
        "--least",
        "coverage=0.33",
        "--least",
        "silence=0.95",
        "-o",
        "json",
    ]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{text}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let report: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (&report["better"], &report["reached"]),
        (&true.into(), &true.into())
    );
    assert_eq!(report["classes"], 22);
    let output = bench(&["suggest", "--data", "../suggest", "--least", "silence=1.1"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stdout).contains("| precision@3"));
    let output = bench(&["suggest", "--data", "../suggest", "--least", "map=0.1"]);
    assert_eq!(output.status.code(), Some(2));
}
