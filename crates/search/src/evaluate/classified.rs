//! Classes, and texts that people put into them, one JSON object a line. The formats are described in the bench's
//! EVALUATION.md.

use std::collections::BTreeMap;
use std::io::BufRead;

use serde_json::{Map, Value};

use super::judged::{Error, ID, LANGUAGE, Place, TEXT, TITLE, objects, string};
use crate::suggest::Class;

const PARENT: &[&str] = &["parent", "above", "broader"];
const SCHEME: &[&str] = &["scheme", "plan"];
const NAMES: &[&str] = &["names", "aliases", "hashtags"];
const CLASSES: &[&str] = &["classes", "labels"];
const DOCUMENT: &[&str] = &["document", "doc", "group"];

/// A text, and its classes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    /// Its name.
    pub id: String,
    /// The text.
    pub text: String,
    /// Its language (BCP 47), "" where the file does not say.
    pub language: String,
    /// The document that it is of; no other text of it is a neighbour. Each text is its own where the file does not say.
    pub document: String,
    /// What it belongs to; nothing where it belongs to none of the classes.
    pub classes: Vec<String>,
}

/// Reads classes: `{"id", "title" or "text", "language"?, "parent"?, "names"?, "scheme"?}`; a further line with the same id
/// says the same class in another language.
///
/// # Errors
/// Names the line that is not such an object.
pub fn classes(file: &str, lines: impl BufRead) -> Result<Vec<Class<String>>, Error> {
    let mut all: BTreeMap<String, Class<String>> = BTreeMap::new();
    for row in objects(file, lines) {
        let (line, object) = row?;
        let at = Place { file, line };
        let id = at.need(&object, ID)?;
        let (title, text) = (string(&object, TITLE), string(&object, TEXT));
        if title.is_none() && text.is_none() {
            return Err(at.lacks(&["title", "text"]));
        }
        let language = string(&object, LANGUAGE).unwrap_or_default();
        let class = all.entry(id.clone()).or_default();
        class.key = id;
        class.above = string(&object, PARENT).or(class.above.take());
        class.scheme = string(&object, SCHEME).unwrap_or_default();
        class.titles.extend(title.map(|it| (it, language.clone())));
        class.texts.extend(text.map(|it| (it, language.clone())));
        class.names.extend(list(at, &object, NAMES)?);
    }
    Ok(all.into_values().collect())
}

/// Reads texts: `{"id", "text", "classes", "language"?, "document"?}`.
///
/// # Errors
/// Names the line that is not such an object.
pub fn texts(file: &str, lines: impl BufRead) -> Result<Vec<Text>, Error> {
    let mut all = Vec::new();
    for row in objects(file, lines) {
        let (line, object) = row?;
        let at = Place { file, line };
        let id = at.need(&object, ID)?;
        if !CLASSES.iter().any(|name| object.contains_key(*name)) {
            return Err(at.lacks(CLASSES));
        }
        all.push(Text {
            text: at.need(&object, TEXT)?,
            language: string(&object, LANGUAGE).unwrap_or_default(),
            document: string(&object, DOCUMENT).unwrap_or_else(|| id.clone()),
            classes: list(at, &object, CLASSES)?,
            id,
        });
    }
    Ok(all)
}

fn list(at: Place<'_>, object: &Map<String, Value>, names: &[&str]) -> Result<Vec<String>, Error> {
    let Some(value) = names.iter().find_map(|name| object.get(*name)) else {
        return Ok(Vec::new());
    };
    let wrong = || at.wrong(format!("{:?} is no list of texts", names[0]));
    let item = |item: &Value| item.as_str().map(str::to_owned).ok_or_else(wrong);
    value
        .as_array()
        .ok_or_else(wrong)?
        .iter()
        .map(item)
        .collect()
}
