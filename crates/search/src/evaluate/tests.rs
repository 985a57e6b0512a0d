//! The figures, against what was worked out by hand.

use std::io::Cursor;

use super::judged::{judgments, pairs, texts};
use super::*;

#[track_caller]
fn near(a: f64, b: f64) {
    assert!((a - b).abs() < 1e-4, "{a} is not {b}");
}

fn text(id: &str, text: &str) -> Text {
    Text {
        id: id.to_owned(),
        text: text.to_owned(),
        ..Text::default()
    }
}

#[test]
fn qualities_are_those_worked_out_by_hand() {
    // Found: 1, 0, 2; one of grade 3 was not found.
    let quality = metrics::quality(&[1.0, 0.0, 2.0, 0.0], &[1.0, 2.0, 3.0, 0.0]);
    near(quality.map, (1.0 + 2.0 / 3.0) / 3.0);
    near(quality.ndcg_10, 2.0 / (3.0 + 2.0 / 3_f64.log2() + 0.5));
    near(quality.precision_10, 0.2);
    near(quality.recall_100, 2.0 / 3.0);
    assert_eq!(metrics::quality(&[0.0], &[0.0]), Quality::default());
    let mean = metrics::mean(&[quality, Quality::default()]);
    near(mean.map, quality.map / 2.0);
}

#[test]
fn only_the_first_ten_and_hundred_count_where_it_says_so() {
    let mut found = vec![0.0; 200];
    (found[10], found[100]) = (1.0, 1.0);
    let quality = metrics::quality(&found, &[1.0, 1.0]);
    near(quality.ndcg_10, 0.0);
    near(quality.precision_10, 0.0);
    near(quality.recall_100, 0.5);
    near(quality.map, (1.0 / 11.0 + 2.0 / 101.0) / 2.0);
}

#[test]
fn ties_share_their_ranks() {
    assert_eq!(metrics::ranks(&[5.0, 1.0, 5.0]), [2.5, 1.0, 2.5]);
    near(
        metrics::spearman(&[1.0, 2.0, 2.0, 3.0], &[1.0, 3.0, 2.0, 4.0]),
        4.5 / 22.5_f64.sqrt(),
    );
    near(
        metrics::spearman(&[1.0, 2.0, 3.0], &[30.0, 20.0, 10.0]),
        -1.0,
    );
    assert!(metrics::spearman(&[1.0, 1.0], &[1.0, 2.0]).is_nan());
}

#[test]
fn plain_bm25_is_that_of_the_textbook() {
    let index = plain::Index::new(&[text("0", "A b"), text("1", "a, a! c c")]);
    let b = index.scores("B");
    near(b[&0], 2_f64.ln() * 2.2 / 1.9);
    assert_eq!(b.len(), 1);
    let a = index.scores("a");
    near(a[&0], 1.2_f64.ln() * 2.2 / 1.9);
    near(a[&1], 1.2_f64.ln() * 2.0 * 2.2 / 3.5);
    assert_eq!(index.rank("a", 10), [1, 0]);
    assert_eq!(index.rank("a b", 1), [0]);
    assert!(index.rank("nothing", 10).is_empty());
}

#[test]
fn plain_likenesses_are_those_worked_out_by_hand() {
    near(plain::jaccard("a b c", "B c d"), 0.5);
    near(plain::jaccard("", ""), 0.0);
    let terms = plain::Terms::new(["a b", "a c"].into_iter());
    // a weighs 1, b and c ln 2 + 1.
    let rare = 2_f64.ln() + 1.0;
    near(terms.cosine("a b", "a c"), 1.0 / (1.0 + rare * rare));
    near(terms.cosine("a b", "b a"), 1.0);
}

#[test]
fn the_names_of_common_collections_are_understood() {
    let corpus = texts("c", Cursor::new("{\"_id\": 7, \"title\": \"T\", \"text\": \"x\"}\n\n{\"id\": \"8\", \"contents\": \"y\", \"lang\": \"fr\"}")).unwrap();
    assert_eq!(
        (
            corpus[0].id.as_str(),
            corpus[0].whole().as_str(),
            corpus[1].language.as_str()
        ),
        ("7", "T\nx", "fr")
    );
    for lines in [
        "{\"query\": \"q\", \"document\": \"7\", \"grade\": 2}",
        "{\"query-id\": \"q\", \"corpus-id\": 7, \"score\": \"2\"}",
        "query-id\tcorpus-id\tscore\nq\t7\t2",
        "q 0 7 2",
    ] {
        assert_eq!(
            judgments("j", Cursor::new(lines)).unwrap()["q"]["7"],
            2.0,
            "{lines}"
        );
    }
    let by_id = pairs("p", Cursor::new("{\"a\": \"7\", \"b\": \"z\", \"score\": 4}\n{\"sentence1\": \"v\", \"sentence2\": \"w\", \"label\": 0.5}"), &corpus).unwrap();
    assert_eq!(
        (by_id[0].a.as_str(), by_id[0].b.as_str(), by_id[1].score),
        ("T\nx", "z", 0.5)
    );
}

#[test]
fn a_bad_line_is_named() {
    let of = |lines: &str| {
        texts("c.jsonl", Cursor::new(lines.to_owned()))
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        of("{\"id\": \"1\", \"text\": \"x\"}\n{\"text\": \"x\"}")
            .split(" (")
            .next(),
        Some("c.jsonl, line 2: has no \"id\"")
    );
    assert!(of("nonsense").contains("line 1: is no JSON object"));
    assert!(
        of("{\"id\": 1, \"text\": \"x\"}\n{\"id\": 1, \"text\": \"y\"}")
            .contains("was there before")
    );
    assert!(
        judgments("j", Cursor::new("q d 1\nq d x"))
            .unwrap_err()
            .to_string()
            .contains("line 2: the grade")
    );
    assert!(
        pairs("p", Cursor::new("{\"a\": \"x\", \"b\": \"y\"}"), &[])
            .unwrap_err()
            .to_string()
            .contains("score")
    );
}

#[test]
fn a_query_from_the_corpus_does_not_find_itself() {
    let corpus = vec![
        text("1", "labour migration"),
        text("2", "labor migrants"),
        text("3", "fisheries"),
    ];
    let grades = [(
        "1".to_owned(),
        [("1".to_owned(), 1.0), ("2".to_owned(), 1.0)]
            .into_iter()
            .collect(),
    )]
    .into_iter()
    .collect();
    let judged = Judged {
        queries: vec![corpus[0].clone()],
        corpus,
        grades,
    };
    let measured = retrieval(&judged, Tuning::default()).unwrap();
    near(measured.ours.map, 1.0);
    // Without stems and one spelling nothing is found.
    near(measured.plain.map, 0.0);
}
