//! Markdown (CommonMark): for notes, repositories and those who read without any program.
//!
//! A heading of the second level a kind, one of the third a record (its title, or its path and text), then its fields in the
//! order of the record, a line each, lists of parts below each other. Texts stand in the language that is asked for,
//! dates as far as they are known. Nothing in the record can make markup. Lost: other languages, what the service
//! writes itself, provenance.

use std::io::{self, Write};

use serde_json::Value;

use super::{About, text};

/// Fields that say nothing to a reader of notes, or stand in the heading.
const LEFT_OUT: &[&str] = &[
    "etag",
    "uid",
    "createTime",
    "updateTime",
    "sequence",
    "title",
    "provenance",
    "precision",
    "sourceDigest",
    "recordTime",
    "recordedBy",
    "authors",
    "embargoUntil",
];

/// Writes records, one after the other.
#[derive(Debug)]
pub struct Markdown<W: Write> {
    out: W,
    about: About,
    kind: String,
}

impl<W: Write> Markdown<W> {
    /// Begins with a title.
    ///
    /// # Errors
    ///
    /// When `out` cannot be written.
    pub fn new(mut out: W, title: &str, about: About) -> io::Result<Self> {
        writeln!(out, "# {}", safe(title))?;
        Ok(Self {
            out,
            about,
            kind: String::new(),
        })
    }

    /// Writes a record; `plural` is what its kind is called in a heading (`Events`).
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn record(&mut self, plural: &str, record: &Value) -> io::Result<()> {
        if self.kind != plural {
            writeln!(self.out, "\n## {}", safe(plural))?;
            plural.clone_into(&mut self.kind);
        }
        let name = text(record, "name");
        let title = match self.about.words(&record["title"]) {
            "" => [text(record, "path"), self.about.words(&record["text"])]
                .iter()
                .filter(|part| !part.is_empty())
                .copied()
                .collect::<Vec<_>>()
                .join(" "),
            title => title.to_owned(),
        };
        let title = if title.is_empty() { name } else { &title };
        writeln!(self.out, "\n### {}\n", safe(title))?;
        for (field, value) in record.as_object().into_iter().flatten() {
            if LEFT_OUT.contains(&field.as_str()) || (field == "text" && value.is_object()) {
                continue;
            }
            let label = label(field);
            match value {
                Value::Array(items) if items.iter().any(Value::is_object) => {
                    writeln!(self.out, "- {label}:")?;
                    for item in items {
                        writeln!(self.out, "  - {}", self.shown(item))?;
                    }
                }
                value => {
                    let shown = self.shown(value);
                    if !shown.is_empty() {
                        writeln!(self.out, "- {label}: {shown}")?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Ends the text.
    ///
    /// # Errors
    ///
    /// When the rest of it cannot be written.
    pub fn finish(mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn shown(&self, value: &Value) -> String {
        match value {
            Value::Null => String::new(),
            Value::Bool(truth) => if *truth { "yes" } else { "no" }.to_owned(),
            Value::Number(number) => number.to_string(),
            Value::String(words) => safe(&readable(words)),
            Value::Array(items) => {
                let items: Vec<String> = items.iter().map(|item| self.shown(item)).collect();
                items.join(", ")
            }
            Value::Object(fields) if fields.contains_key("byLanguage") => {
                safe(self.about.words(value))
            }
            // A date: the day, or else the words of the source.
            Value::Object(fields)
                if fields.contains_key("basis") && fields.len() <= 4 && is_date(fields) =>
            {
                let part =
                    |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default();
                match (part("value"), part("asWritten")) {
                    ("", "") => "unknown".to_owned(),
                    ("", words) => safe(words),
                    (day, _) => safe(day),
                }
            }
            Value::Object(fields) => {
                let parts = fields
                    .iter()
                    .filter(|(name, _)| !LEFT_OUT[..4].contains(&name.as_str()))
                    .filter(|(name, _)| !["provenance", "precision"].contains(&name.as_str()))
                    .map(|(name, value)| (name, self.shown(value)))
                    .filter(|(_, shown)| !shown.is_empty())
                    .map(|(name, shown)| match name.as_str() {
                        "value" => shown,
                        name => format!("{} {shown}", label(name)),
                    });
                parts.collect::<Vec<_>>().join("; ")
            }
        }
    }
}

fn is_date(fields: &serde_json::Map<String, Value>) -> bool {
    fields
        .keys()
        .all(|name| ["value", "precision", "basis", "asWritten"].contains(&name.as_str()))
}

/// `EVENT_STATE_HELD` as `held`, anything else as it is. The words of enums begin with the name of the enum, so the last
/// part that belongs to it is not known here: the longest prefix of the protos is taken away.
fn readable(words: &str) -> String {
    const PREFIXES: &[&str] = &[
        "RECOMMENDATION_STATE_",
        "RECOMMENDATION_KIND_",
        "PROGRESS_REPORT_STATE_",
        "EVENT_STATE_",
        "EVENT_KIND_",
        "EVENT_MODE_",
        "PARTY_KIND_",
        "MEMBERSHIP_KIND_",
        "CHAIRMANSHIP_STATE_",
        "INSTRUMENT_KIND_",
        "ADOPTION_MODE_",
        "COMMITMENT_STATE_",
        "COMMITMENT_KIND_",
        "PLAN_NODE_KIND_",
        "PLAN_LINK_KIND_",
        "PLAN_STATE_",
        "IMPLEMENTATION_",
        "RESPONSE_",
        "RELATION_KIND_",
        "ROLE_",
        "BASIS_",
        "QUALIFIER_",
        "VISIBILITY_",
        "POST_DUTY_",
        "VERDICT_KIND_",
        "VERDICT_DECISION_",
        "CROSSWALK_KIND_",
    ];
    let is_word = words.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
    let found = PREFIXES
        .iter()
        .find_map(|prefix| words.strip_prefix(prefix));
    match found {
        Some(word) if is_word => word.to_lowercase().replace('_', " "),
        _ => words.to_owned(),
    }
}

/// `nextDue` as `next due`.
fn label(field: &str) -> String {
    let mut label = String::new();
    for letter in field.chars() {
        if letter.is_ascii_uppercase() {
            label.push(' ');
        }
        label.push(letter.to_ascii_lowercase());
    }
    label
}

/// Words on one line that make no markup (CommonMark 2.4), and no HTML.
fn safe(words: &str) -> String {
    let mut safe = String::with_capacity(words.len());
    for letter in words.chars() {
        match letter {
            '\n' | '\r' | '\t' => safe.push(' '),
            letter if letter.is_control() => {}
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '~' | '!' | '&' => {
                safe.push('\\');
                safe.push(letter);
            }
            letter => safe.push(letter),
        }
    }
    let lead = safe.trim_start();
    // What begins a list or a rule at the beginning of a line.
    if lead.starts_with(['-', '+', '=']) {
        return format!("\\{lead}");
    }
    let digits = lead.len() - lead.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    if digits > 0 && lead[digits..].starts_with(['.', ')']) {
        return format!("{}\\{}", &lead[..digits], &lead[digits..]);
    }
    lead.to_owned()
}
