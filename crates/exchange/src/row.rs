//! What a reader gives: rows with their places, what it refused, and what it found out about the file.

use std::fmt::{self, Display, Formatter};

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Where something stands in a file, in words that its owner can follow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// A line of a text, from 1: the one on which the row begins.
    Line(u64),
    /// A row of a sheet, both as the program shows them.
    Sheet {
        /// Name of the sheet.
        sheet: String,
        /// Row, from 1.
        row: u64,
    },
    /// A row of a table of a document.
    Table {
        /// Which table, from 1.
        table: u64,
        /// Row, from 1.
        row: u64,
    },
    /// A value of a JSON document.
    Path {
        /// `$.results[3]`.
        path: String,
        /// The line on which it begins, from 1.
        line: u64,
    },
}

impl Display for Place {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(f, "line {line}"),
            Self::Sheet { sheet, row } => write!(f, "{sheet}!{row}"),
            Self::Table { table, row } => write!(f, "table {table} row {row}"),
            Self::Path { path, line } => write!(f, "{path} (line {line})"),
        }
    }
}

/// One row as it was written: its columns in their order, each with the original words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Where it stands.
    pub place: Place,
    /// Column and value. Tables give texts; JSON gives whatever stands there.
    pub cells: Vec<(String, Value)>,
}

impl Row {
    /// The value of a column: `title`, or below one: `location.name`, `files.0.path`. A column whose own name
    /// has a dot is found first.
    pub fn get(&self, path: &str) -> Option<&Value> {
        if let Some(value) = self.column(path) {
            return Some(value);
        }
        path.match_indices('.')
            .find_map(|(at, _)| below(self.column(&path[..at])?, &path[at + 1..]))
    }

    fn column(&self, name: &str) -> Option<&Value> {
        let found = self.cells.iter().find(|(column, _)| column == name);
        found.map(|(_, value)| value)
    }
}

/// What stands below a value, by a path of names and places.
pub(crate) fn below<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('.').try_fold(value, |value, step| match value {
        Value::Object(fields) => fields.get(step),
        Value::Array(items) => items.get(step.parse::<usize>().ok()?),
        _ => None,
    })
}

/// A row that is not taken, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// Where it stands.
    pub place: Place,
    /// The column that is wrong; empty when the whole row is.
    pub column: String,
    /// What is wrong, and what would be right.
    pub reason: String,
}

impl Display for Refused {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.column.as_str() {
            "" => write!(f, "{}: {}", self.place, self.reason),
            column => write!(f, "{}, {column}: {}", self.place, self.reason),
        }
    }
}

/// Why a file cannot be read any further. What came before it was read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub struct Damage {
    /// Where, when that is known.
    pub place: Option<Place>,
    /// What is wrong, and what would be right.
    pub reason: String,
}

impl Display for Damage {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some(place) => write!(f, "{place}: {}", self.reason),
            None => f.write_str(&self.reason),
        }
    }
}

impl Damage {
    pub(crate) fn new(reason: impl Into<String>) -> Self {
        Self {
            place: None,
            reason: reason.into(),
        }
    }

    pub(crate) fn at(place: Place, reason: impl Into<String>) -> Self {
        Self {
            place: Some(place),
            reason: reason.into(),
        }
    }
}

/// How the lines of a text end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineEnds {
    /// There is only one line.
    #[default]
    None,
    /// LF, as on Unix.
    Lf,
    /// CR LF, as on Windows.
    CrLf,
    /// CR, as on the first Macintosh.
    Cr,
    /// More than one of these.
    Mixed,
}

/// What was found out about a file, for the person who sent it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// The format: `csv`, `xlsx`, `ndjson`, `json`, `ical`, `docx`.
    pub format: String,
    /// The encoding of a text, by the name of the Encoding Standard (`UTF-8`, `macintosh`, `windows-1252`).
    pub encoding: String,
    /// How the encoding is known.
    pub encoding_by: String,
    /// How its lines end.
    pub line_ends: LineEnds,
    /// What stands between cells, for a delimited text.
    pub delimiter: Option<char>,
    /// The columns, in order; of JSON those of the first row.
    pub columns: Vec<String>,
    /// Rows that were read.
    pub rows: u64,
    /// Rows that were refused.
    pub refused: u64,
    /// Rows without anything in them, which were passed over.
    pub blank: u64,
    /// Anything else that is worth knowing. At most 100.
    pub notes: Vec<String>,
}
