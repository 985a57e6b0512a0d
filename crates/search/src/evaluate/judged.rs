//! Corpora, queries, judgments and pairs, one JSON object a line; the names of the keys are those of the common
//! collections too (BEIR, TREC, STS). The formats are described in the bench's EVALUATION.md.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::io::BufRead;

use serde_json::{Map, Value};

/// A document or a query.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    /// Its name in the judgments.
    pub id: String,
    /// Its title, if it has one apart.
    pub title: String,
    /// The text.
    pub text: String,
    /// Its language (BCP 47); "" where the file does not say.
    pub language: String,
}

impl Text {
    /// Title and text.
    pub fn whole(&self) -> String {
        if self.title.is_empty() {
            self.text.clone()
        } else {
            format!("{}\n{}", self.title, self.text)
        }
    }
}

/// Two texts, and how alike people find them.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    /// One text.
    pub a: String,
    /// The other.
    pub b: String,
    /// Higher is more alike; the scale does not matter.
    pub score: f64,
    /// Language of both (BCP 47), "" where the file does not say.
    pub language: String,
}

/// A corpus, what is asked of it, and which answers are right.
#[derive(Clone, Debug, Default)]
pub struct Judged {
    /// The documents.
    pub corpus: Vec<Text>,
    /// The questions.
    pub queries: Vec<Text>,
    /// By query, by document: the grade.
    pub grades: HashMap<String, HashMap<String, f64>>,
}

/// What is wrong with a file, and where.
#[derive(Debug, thiserror::Error)]
#[error("{file}, line {line}: {what}")]
pub struct Error {
    /// The name of the file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong, and what would be right.
    pub what: String,
}

pub(super) const ID: &[&str] = &[
    "id", "_id", "doc_id", "docid", "docno", "query_id", "query-id", "qid",
];
pub(super) const TEXT: &[&str] = &["text", "contents", "content", "body", "query", "question"];
pub(super) const TITLE: &[&str] = &["title"];
pub(super) const LANGUAGE: &[&str] = &["language", "lang"];
const QUERY: &[&str] = &["query", "query-id", "query_id", "qid", "topic"];
const DOCUMENT: &[&str] = &[
    "document",
    "corpus-id",
    "corpus_id",
    "doc_id",
    "document_id",
    "docid",
    "doc",
    "docno",
];
const GRADE: &[&str] = &["grade", "score", "relevance", "label", "rel"];
const A: &[&str] = &["a", "sentence1", "text1", "s1", "text_a", "first"];
const B: &[&str] = &["b", "sentence2", "text2", "s2", "text_b", "second"];
const SCORE: &[&str] = &["score", "similarity", "similarity_score", "label", "grade"];

/// Reads texts: `{"id", "text", "language"?, "title"?}`.
///
/// # Errors
/// Names the line that is not such an object, or whose id was there before.
pub fn texts(file: &str, lines: impl BufRead) -> Result<Vec<Text>, Error> {
    let mut seen = HashSet::new();
    let mut texts = Vec::new();
    for row in objects(file, lines) {
        let (line, object) = row?;
        let at = Place { file, line };
        let id = at.need(&object, ID)?;
        let title = string(&object, TITLE).unwrap_or_default();
        let text = match string(&object, TEXT) {
            Some(text) => text,
            None if !title.is_empty() => String::new(),
            None => return Err(at.lacks(TEXT)),
        };
        if !seen.insert(id.clone()) {
            return Err(at.wrong(format!("the id {id:?} was there before")));
        }
        texts.push(Text {
            id,
            title,
            text,
            language: string(&object, LANGUAGE).unwrap_or_default(),
        });
    }
    Ok(texts)
}

/// Reads judgments: `{"query", "document", "grade"}`, or lines of three or four columns as BEIR and TREC have
/// them (`query document grade`, `query 0 document grade`), with or without a header.
///
/// # Errors
/// Names the line that is neither.
pub fn judgments(
    file: &str,
    lines: impl BufRead,
) -> Result<HashMap<String, HashMap<String, f64>>, Error> {
    let mut grades: HashMap<String, HashMap<String, f64>> = HashMap::new();
    for (place, line) in lines.lines().enumerate() {
        let at = Place {
            file,
            line: place + 1,
        };
        let line = line.map_err(|error| at.wrong(error.to_string()))?;
        let line = line.trim_start_matches('\u{feff}').trim();
        if line.is_empty() {
            continue;
        }
        let (query, document, grade) = if line.starts_with('{') {
            let object = at.object(line)?;
            let grade = at.number(&object, GRADE)?.unwrap_or(1.0);
            (at.need(&object, QUERY)?, at.need(&object, DOCUMENT)?, grade)
        } else {
            let columns: Vec<&str> = if line.contains('\t') {
                line.split('\t').map(str::trim).collect()
            } else {
                line.split_whitespace().collect()
            };
            let (query, document, grade) = match columns.as_slice() {
                [query, document, grade] => (query, document, grade),
                [query, _, document, grade] => (query, document, grade),
                _ => {
                    return Err(at.wrong(
                        "expected an object, or 3 or 4 columns: query [0] document grade"
                            .to_owned(),
                    ));
                }
            };
            match grade.parse() {
                Ok(grade) => ((*query).to_owned(), (*document).to_owned(), grade),
                Err(_) if place == 0 => continue,
                Err(_) => return Err(at.wrong(format!("the grade {grade:?} is no number"))),
            }
        };
        grades.entry(query).or_default().insert(document, grade);
    }
    Ok(grades)
}

/// Reads pairs: `{"a", "b", "score", "language"?}`; `a` and `b` are texts, or ids of the corpus.
///
/// # Errors
/// Names the line that is not such an object.
pub fn pairs(file: &str, lines: impl BufRead, corpus: &[Text]) -> Result<Vec<Pair>, Error> {
    let by_id: HashMap<&str, &Text> = corpus.iter().map(|text| (text.id.as_str(), text)).collect();
    let mut pairs = Vec::new();
    for row in objects(file, lines) {
        let (line, object) = row?;
        let at = Place { file, line };
        let (a, b) = (at.need(&object, A)?, at.need(&object, B)?);
        let score = at.number(&object, SCORE)?.ok_or_else(|| at.lacks(SCORE))?;
        let own = string(&object, LANGUAGE);
        let language = own
            .or_else(|| by_id.get(a.as_str()).map(|text| text.language.clone()))
            .unwrap_or_default();
        let text = |given: String| by_id.get(given.as_str()).map_or(given, |text| text.whole());
        pairs.push(Pair {
            a: text(a),
            b: text(b),
            score,
            language,
        });
    }
    Ok(pairs)
}

/// The objects of a file, each with its line.
pub(super) fn objects(
    file: &str,
    lines: impl BufRead,
) -> impl Iterator<Item = Result<(usize, Map<String, Value>), Error>> {
    lines.lines().enumerate().filter_map(move |(place, line)| {
        let at = Place {
            file,
            line: place + 1,
        };
        let line = match line {
            Ok(line) => line,
            Err(error) => return Some(Err(at.wrong(error.to_string()))),
        };
        let line = line.trim_start_matches('\u{feff}').trim();
        (!line.is_empty()).then(|| at.object(line).map(|object| (at.line, object)))
    })
}

#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) file: &'a str,
    pub(super) line: usize,
}

impl Place<'_> {
    pub(super) fn wrong(&self, what: String) -> Error {
        Error {
            file: self.file.to_owned(),
            line: self.line,
            what,
        }
    }

    pub(super) fn lacks(&self, names: &[&str]) -> Error {
        self.wrong(format!(
            "has no {:?} (nor any of {})",
            names[0],
            Names(&names[1..])
        ))
    }

    fn object(&self, line: &str) -> Result<Map<String, Value>, Error> {
        serde_json::from_str(line)
            .map_err(|error| self.wrong(format!("is no JSON object: {error}")))
    }

    pub(super) fn need(
        &self,
        object: &Map<String, Value>,
        names: &[&str],
    ) -> Result<String, Error> {
        string(object, names).ok_or_else(|| self.lacks(names))
    }

    fn number(&self, object: &Map<String, Value>, names: &[&str]) -> Result<Option<f64>, Error> {
        let Some((name, value)) = names
            .iter()
            .find_map(|name| object.get(*name).map(|value| (name, value)))
        else {
            return Ok(None);
        };
        let number = match value {
            Value::String(text) => text.trim().parse().ok(),
            Value::Bool(yes) => Some(f64::from(u8::from(*yes))),
            value => value.as_f64(),
        };
        number
            .filter(|number: &f64| number.is_finite())
            .map(Some)
            .ok_or_else(|| self.wrong(format!("{name:?} is no number")))
    }
}

struct Names<'a>(&'a [&'a str]);

impl fmt::Display for Names<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.join(", "))
    }
}

/// A text or a number under one of several names.
pub(super) fn string(object: &Map<String, Value>, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| match object.get(*name) {
        Some(Value::String(text)) => Some(text.clone()),
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    })
}
