//! Exports in the OpenAPI document: no call of gRPC says them.

use serde_json::{Map, Value, json};

use super::form::{ALL, Form};
use super::what::What;
use super::{Binding, MOST};

/// What an address that is exported may be asked besides; nothing for others.
pub fn parameters(binding: &Binding) -> Vec<Value> {
    let forms = forms(binding);
    if forms.is_empty() {
        return Vec::new();
    }
    let words: Vec<&str> = forms.iter().map(|(_, word, ..)| *word).collect();
    let about: Vec<String> = forms
        .iter()
        .map(|(_, word, _, _, about)| format!("`{word}`: {about}"))
        .collect();
    let about = format!(
        "In a format of others, with the same filters; at most {MOST} records, but for `odata`, which has pages. {}",
        about.join(" ")
    );
    let query = |name: &str, about: &str, schema: Value| json!({"name": name, "in": "query", "description": about, "schema": schema});
    let text = || json!({"type": "string"});
    let mut all = vec![query(
        "format",
        &about,
        json!({"type": "string", "enum": words}),
    )];
    all.push(query(
        "language",
        "With `format`: the language of texts, a BCP 47 tag.",
        text(),
    ));
    if What::of(binding) != Some(What::Text) {
        let about = "With `format=csv` and `xlsx`: paths of fields, with commas between; all when not given.";
        all.push(query("columns", about, text()));
        let about = "With `format`: the `ETag` of what the caller has: 304 while it is the same.";
        all.push(json!({"name": "If-None-Match", "in": "header", "description": about, "schema": text()}));
    }
    all
}

/// The media types that an address gives beside JSON.
pub fn content(binding: &Binding, content: &mut Map<String, Value>) {
    for (_, _, media, ..) in forms(binding) {
        let media = media.split(';').next().unwrap_or(media);
        if media != "application/json" {
            content.insert(media.to_owned(), json!({"schema": {"type": "string"}}));
        }
    }
}

fn forms(
    binding: &Binding,
) -> Vec<&'static (Form, &'static str, &'static str, &'static str, &'static str)> {
    let what = What::of(binding);
    ALL.iter()
        .filter(|(form, ..)| what.as_ref().is_some_and(|what| what.fits(*form).is_ok()))
        .collect()
}
