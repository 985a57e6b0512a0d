//! Suggested classes, measured: plain BM25 over the texts of the classes, ours by words and names alone, and ours
//! with neighbours. Neighbours are never of the text's own document.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::classified::Text;
use super::{judged, plain};
use crate::similar::Texts;
use crate::suggest::{Class, Classes, LEAST, Neighbour, Suggestion, scored};

/// Alike texts that are asked for, and how alike they have to be.
const NEIGHBOURS: usize = 50;
const LEAST_ALIKE: f32 = 0.1;

/// How good the suggestions of one kind are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Quality {
    /// Of the texts with classes, the share whose first suggestion is right.
    pub precision_1: f64,
    /// How many of the first three are right, of as many as could be.
    pub precision_3: f64,
    /// Where something is sure enough to be suggested, the share whose first suggestion is right; of plain BM25,
    /// among as many texts, those with the highest scores.
    pub precision: f64,
    /// The share of the texts with classes for which something is sure enough.
    pub coverage: f64,
    /// Of the texts that belong to no class, the share for which nothing is suggested; 1 when there are none.
    pub silence: f64,
}

/// What an evaluation of suggestions came to.
#[derive(Clone, Debug, Serialize)]
pub struct Suggested {
    /// Classes that texts belong to; others only lend their words to those above them.
    pub classes: usize,
    /// Texts that belong to a class.
    pub texts: usize,
    /// Texts that belong to none.
    pub without: usize,
    /// What is to be beaten.
    pub plain: Quality,
    /// Ours, by words and names alone.
    pub words: Quality,
    /// Ours, with neighbours.
    pub ours: Quality,
    /// Milliseconds that a text took us, in the mean, its neighbours left out.
    pub millis: f64,
}

/// What was said of one text: the classes with their scores, the surest first.
type Ranked = Vec<(String, f32)>;

/// Suggests classes for each text in three ways, and measures.
pub fn suggested(classes: &[Class<String>], texts: &[Text]) -> Suggested {
    let asked: BTreeSet<&String> = texts.iter().flat_map(|text| &text.classes).collect();
    let engine = Classes::new(classes);
    let plain = Plain::new(classes, &asked);
    let mut all = Texts::<usize>::default();
    for (place, text) in texts.iter().enumerate() {
        all.put(place, &text.text, &text.language);
    }
    let mut ranked = [Vec::new(), Vec::new(), Vec::new()];
    let mut spent = std::time::Duration::ZERO;
    for text in texts {
        let apart = |place: &usize| texts[*place].document == text.document;
        let alike = all.similar(&text.text, &text.language, LEAST_ALIKE, NEIGHBOURS, apart);
        let neighbours: Vec<Neighbour<usize, String>> = alike
            .into_iter()
            .map(|found| Neighbour {
                name: found.key,
                likeness: found.alike.score,
                classes: texts[found.key].classes.clone(),
            })
            .collect();
        let since = std::time::Instant::now();
        let ours = scored(&engine, &text.text, &text.language, &neighbours, 0.0);
        spent += since.elapsed();
        let words = scored::<usize, _>(&engine, &text.text, &text.language, &[], 0.0);
        ranked[0].push(plain.rank(&text.text));
        ranked[1].push(of(words, &asked));
        ranked[2].push(of(ours, &asked));
    }
    let [plain, words, ours] = ranked;
    let ours = measure(texts, &ours, LEAST);
    Suggested {
        classes: asked.len(),
        texts: texts.iter().filter(|text| !text.classes.is_empty()).count(),
        without: texts.iter().filter(|text| text.classes.is_empty()).count(),
        plain: measure(texts, &plain, as_sure(&plain, ours.coverage)),
        words: measure(texts, &words, LEAST),
        ours,
        millis: spent.as_secs_f64() * 1e3 / texts.len().max(1) as f64,
    }
}

fn of(suggestions: Vec<Suggestion<usize, String>>, asked: &BTreeSet<&String>) -> Ranked {
    let all = suggestions.into_iter().map(|one| (one.class, one.score));
    all.filter(|(class, _)| asked.contains(class)).collect()
}

/// The score that this share of the texts reaches.
fn as_sure(ranked: &[Ranked], share: f64) -> f32 {
    let mut best: Vec<f32> = ranked
        .iter()
        .map(|one| one.first().map_or(0.0, |(_, score)| *score))
        .collect();
    best.sort_by(|a, b| b.total_cmp(a));
    let count = (share * best.len() as f64).round() as usize;
    count
        .checked_sub(1)
        .and_then(|last| best.get(last).copied())
        .unwrap_or(f32::INFINITY)
}

fn measure(texts: &[Text], ranked: &[Ranked], least: f32) -> Quality {
    let (mut with, mut first, mut three) = (0.0, 0.0, 0.0);
    let (mut sure, mut right, mut without, mut silent) = (0.0, 0.0, 0.0, 0.0);
    for (text, ranked) in texts.iter().zip(ranked) {
        let is_sure = ranked.first().is_some_and(|(_, score)| *score >= least);
        if text.classes.is_empty() {
            without += 1.0;
            silent += f64::from(u8::from(!is_sure));
            continue;
        }
        let is_right = |class: &String| text.classes.contains(class);
        let hit = ranked.first().is_some_and(|(class, _)| is_right(class));
        let hits = ranked.iter().take(3).filter(|(class, _)| is_right(class));
        with += 1.0;
        first += f64::from(u8::from(hit));
        three += hits.count() as f64 / text.classes.len().min(3) as f64;
        sure += f64::from(u8::from(is_sure));
        right += f64::from(u8::from(is_sure && hit));
    }
    let share = |part: f64, of: f64| if of > 0.0 { part / of } else { 0.0 };
    Quality {
        precision_1: share(first, with),
        precision_3: share(three, with),
        precision: share(right, sure),
        coverage: share(sure, with),
        silence: if without > 0.0 { silent / without } else { 1.0 },
    }
}

/// Plain BM25 over the classes that are asked for, each with all texts of those below it.
struct Plain<'a> {
    index: plain::Index,
    keys: Vec<&'a String>,
}

impl<'a> Plain<'a> {
    fn new(classes: &[Class<String>], asked: &BTreeSet<&'a String>) -> Self {
        let above: BTreeMap<&String, Option<&String>> = classes
            .iter()
            .map(|class| (&class.key, class.above.as_ref()))
            .collect();
        let mut pages: BTreeMap<&String, String> =
            asked.iter().map(|key| (*key, String::new())).collect();
        for class in classes {
            let all = class.titles.iter().chain(&class.texts);
            let words: Vec<&str> = all.map(|(words, _)| words.as_str()).collect();
            let words = words.join("\n");
            let mut at = Some(&class.key);
            for _ in 0..16 {
                let Some(key) = at else { break };
                if let Some(page) = pages.get_mut(key) {
                    page.push_str(&words);
                    page.push('\n');
                }
                at = above.get(key).copied().flatten();
            }
        }
        let corpus: Vec<judged::Text> = pages
            .values()
            .map(|text| judged::Text {
                text: text.clone(),
                ..judged::Text::default()
            })
            .collect();
        Self {
            index: plain::Index::new(&corpus),
            keys: asked.iter().copied().collect(),
        }
    }

    fn rank(&self, text: &str) -> Ranked {
        let mut scores: Vec<(usize, f64)> = self.index.scores(text).into_iter().collect();
        scores.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let all = scores.into_iter();
        all.map(|(place, score)| (self.keys[place].clone(), score as f32))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::classified;

    const CLASSES: &str = r##"{"id": "a", "title": "Missing migrants", "language": "en", "scheme": "p"}
        {"id": "a", "title": "Migrants disparus", "language": "fr", "scheme": "p"}
        {"id": "a1", "parent": "a", "text": "Identify bodies at sea", "scheme": "p"}
        {"id": "b", "title": "Remittances", "names": ["#SendMoney"], "scheme": "p"}"##;

    fn text(id: &str, words: &str, classes: &[&str]) -> Text {
        Text {
            id: id.into(),
            text: words.into(),
            language: "en".into(),
            document: id.into(),
            classes: classes.iter().map(|class| (*class).to_owned()).collect(),
        }
    }

    #[test]
    fn figures_are_those_worked_out_by_hand() {
        let ranked = |all: &[(&str, f32)]| -> Ranked {
            all.iter()
                .map(|(class, score)| ((*class).to_owned(), *score))
                .collect()
        };
        let texts = [
            text("1", "", &["a", "b"]),
            text("2", "", &["b"]),
            text("3", "", &["b"]),
            text("4", "", &[]),
            text("5", "", &[]),
        ];
        let found = [
            ranked(&[("a", 0.9), ("c", 0.8), ("b", 0.7)]),
            ranked(&[("a", 0.6), ("b", 0.5)]),
            ranked(&[("b", 0.4)]),
            ranked(&[("a", 0.3)]),
            ranked(&[("a", 0.7)]),
        ];
        let quality = measure(&texts, &found, 0.5);
        assert!((quality.precision_1 - 2.0 / 3.0).abs() < 1e-9);
        assert!((quality.precision_3 - 1.0).abs() < 1e-9);
        assert!((quality.precision - 0.5).abs() < 1e-9);
        assert!((quality.coverage - 2.0 / 3.0).abs() < 1e-9);
        assert!((quality.silence - 0.5).abs() < 1e-9);
        assert!((as_sure(&found, 0.4) - 0.7).abs() < 1e-6);
        assert!(as_sure(&found, 0.0).is_infinite());
    }

    #[test]
    fn a_set_is_read_and_measured() {
        let classes = classified::classes("classes.jsonl", CLASSES.as_bytes()).unwrap();
        assert_eq!(classes.len(), 3);
        assert_eq!(classes[0].titles.len(), 2);
        assert_eq!(classes[2].names, ["#SendMoney"]);
        let texts = [
            text("1", "Identify bodies found at sea", &["a"]),
            text("2", "Make remittances cheaper", &["b"]),
            text("3", "Bake a cake", &[]),
        ];
        let found = suggested(&classes, &texts);
        assert_eq!((found.classes, found.texts, found.without), (2, 2, 1));
        assert!((found.ours.precision_1 - 1.0).abs() < 1e-9);
        assert!((found.ours.silence - 1.0).abs() < 1e-9);
    }

    #[test]
    fn what_is_wrong_with_a_file_is_said() {
        for (file, expected) in [
            (r#"{"title": "x"}"#, "line 1: has no \"id\""),
            (r#"{"id": "x"}"#, "line 1: has no \"title\""),
            (
                r#"{"id": "x", "title": "y", "names": "z"}"#,
                "is no list of texts",
            ),
        ] {
            let error = classified::classes("f", file.as_bytes())
                .unwrap_err()
                .to_string();
            assert!(error.contains(expected), "{error}");
        }
        let error = classified::texts("f", r#"{"id": "x", "text": "y"}"#.as_bytes());
        let error = error.unwrap_err().to_string();
        assert!(error.contains("has no \"classes\""), "{error}");
    }
}
