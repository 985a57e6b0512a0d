//! Where readers put their rows: counts them, and holds each to the limits.

use std::ops::ControlFlow;

use serde_json::Value;

use super::Limits;
use crate::row::{Damage, Facts, Place, Refused, Row};
use crate::write::guard::opened;

/// Notes that are kept of one file.
const NOTES: usize = 100;

/// Why a reader ends before the file does.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The file cannot be read any further.
    Damage(Damage),
    /// The caller has seen enough.
    Enough,
}

impl From<Damage> for Stop {
    fn from(damage: Damage) -> Self {
        Self::Damage(damage)
    }
}

impl From<std::io::Error> for Stop {
    fn from(error: std::io::Error) -> Self {
        Self::Damage(Damage::new(format!("the file cannot be read: {error}")))
    }
}

/// Takes what a reader gives.
pub type Sink<'s> = dyn FnMut(Result<Row, Refused>) -> ControlFlow<()> + 's;

pub(crate) struct Out<'s, 'f> {
    pub(super) sink: &'s mut Sink<'f>,
    pub(super) limits: Limits,
    pub(super) facts: Facts,
    /// The text had bytes that are not of its encoding: U+FFFD stands for them.
    pub(super) replaced: bool,
    /// Whether cells are opened that are guarded against formulas.
    pub(super) opens: bool,
    /// How many cells were.
    pub(super) opened: u64,
}

impl Out<'_, '_> {
    /// Hands a row on, unless a cell breaks a limit.
    pub(super) fn row(
        &mut self,
        place: Place,
        mut cells: Vec<(String, Value)>,
    ) -> Result<(), Stop> {
        if cells.iter().all(|(_, value)| is_empty(value)) {
            self.facts.blank += 1;
            return self.bounded(&place, self.facts.blank);
        }
        if self.facts.columns.is_empty() {
            self.facts.columns = cells.iter().map(|(column, _)| column.clone()).collect();
        }
        let wrong = cells
            .iter()
            .find_map(|(column, value)| Some((column, self.wrong(value)?)));
        if let Some((column, reason)) = wrong {
            return self.refuse(place, column, reason);
        }
        if self.opens {
            self.opened += cells.iter_mut().map(|(_, value)| open(value)).sum::<u64>();
        }
        self.facts.rows += 1;
        self.bounded(&place, self.facts.rows)?;
        self.hand(Ok(Row { place, cells }))
    }

    /// Hands on that a row is refused.
    pub(super) fn refuse(
        &mut self,
        place: Place,
        column: &str,
        reason: impl Into<String>,
    ) -> Result<(), Stop> {
        self.facts.refused += 1;
        self.bounded(&place, self.facts.refused)?;
        self.hand(Err(Refused {
            place,
            column: column.to_owned(),
            reason: reason.into(),
        }))
    }

    /// Notes something about the file.
    pub(super) fn note(&mut self, note: impl Into<String>) {
        if self.facts.notes.len() < NOTES {
            self.facts.notes.push(note.into());
        }
    }

    fn hand(&mut self, item: Result<Row, Refused>) -> Result<(), Stop> {
        match (self.sink)(item) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(Stop::Enough),
        }
    }

    fn bounded(&self, place: &Place, count: u64) -> Result<(), Stop> {
        let most = self.limits.rows;
        if count <= most {
            return Ok(());
        }
        Err(Damage::at(
            place.clone(),
            format!("has more than {most} rows; split the file"),
        )
        .into())
    }

    /// What is wrong with a value, at any depth.
    fn wrong(&self, value: &Value) -> Option<String> {
        match value {
            Value::String(text) => self.wrong_text(text),
            Value::Array(items) => items.iter().find_map(|item| self.wrong(item)),
            Value::Object(fields) => fields.values().find_map(|field| self.wrong(field)),
            _ => None,
        }
    }

    fn wrong_text(&self, text: &str) -> Option<String> {
        let most = self.limits.cell;
        if text.len() > most {
            return Some(format!("has {} bytes; at most {most} are read", text.len()));
        }
        if text.contains('\0') {
            return Some("holds a NUL (U+0000), which no text has; save the file again".to_owned());
        }
        (self.replaced && text.contains('\u{FFFD}')).then(|| {
            format!(
                "holds bytes that are not {}; save the file as UTF-8, or say its encoding",
                self.facts.encoding
            )
        })
    }
}

/// Undoes the guard against formulas: how many cells that were.
fn open(value: &mut Value) -> u64 {
    let Value::String(text) = value else { return 0 };
    let inner = opened(text).len();
    let guard = text.len() - inner;
    text.drain(..guard);
    u64::from(guard > 0)
}

/// Whether nothing is said.
pub(crate) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Names of columns: none empty, none twice.
pub(super) fn columns(header: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let mut seen: std::collections::HashMap<String, usize> = std::collections::HashMap::new();
    for (at, name) in header.into_iter().enumerate() {
        let words: Vec<&str> = name.split_whitespace().collect();
        let name = match words.join(" ") {
            empty if empty.is_empty() => format!("column {}", at + 1),
            name => name,
        };
        let times = seen.entry(name.clone()).or_insert(0);
        *times += 1;
        names.push(if *times == 1 {
            name
        } else {
            format!("{name} ({times})")
        });
    }
    names
}
