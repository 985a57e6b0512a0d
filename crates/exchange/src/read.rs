//! Files of others, read into rows.
//!
//! Readers stream where the format allows it, and nothing in a file makes them take more than [`Limits`] say:
//! neither memory nor time grows with what a file claims about itself. Bad rows are refused one by one; what
//! makes the rest of a file unreadable ends it with a [`Damage`].

mod csv;
mod docx;
mod encoding;
mod ics;
mod json;
mod ndjson;
mod out;
mod text;
mod xlsx;
mod zipped;

use std::io::{Read, Seek, SeekFrom};
use std::ops::ControlFlow;

use crate::row::{Damage, Facts, Refused, Row};
pub use out::Sink;

pub(crate) use out::is_empty;
use out::{Out, Stop};

/// What a file may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Longest cell, in bytes of UTF-8.
    pub cell: usize,
    /// Longest line, record or JSON row, in bytes of UTF-8.
    pub line: usize,
    /// Most columns of a row.
    pub columns: usize,
    /// Deepest nesting of JSON, XML and calendar components.
    pub nesting: usize,
    /// Most rows of a file, and as many refused and blank ones.
    pub rows: u64,
    /// Largest file that is not read line by line (JSON documents, XLSX, DOCX), in bytes.
    pub document: u64,
    /// Largest sum of the parts of an XLSX or DOCX, unpacked, in bytes.
    pub unpacked: u64,
    /// How many times larger than packed a part may become.
    pub ratio: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            cell: 1 << 20,
            line: 4 << 20,
            columns: 4_096,
            nesting: 64,
            rows: 1_000_000,
            document: 128 << 20,
            unpacked: 128 << 20,
            ratio: 200,
        }
    }
}

/// A format that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// Delimited text (RFC 4180 and its many relatives: `,` `;` tab `|`).
    Csv,
    /// A workbook (ISO/IEC 29500).
    Xlsx,
    /// One JSON object a line.
    Ndjson,
    /// One JSON document.
    Json,
    /// A calendar (RFC 5545).
    Ical,
    /// The tables of a text document (ISO/IEC 29500).
    Docx,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Csv,
        Self::Xlsx,
        Self::Ndjson,
        Self::Json,
        Self::Ical,
        Self::Docx,
    ];

    /// Its word in mappings and facts.
    pub fn word(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
            Self::Ndjson => "ndjson",
            Self::Json => "json",
            Self::Ical => "ical",
            Self::Docx => "docx",
        }
    }

    /// The format of a word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.word() == word)
    }

    /// The format of a file, by its name and first bytes.
    pub fn of(name: &str, head: &[u8]) -> Option<Self> {
        let extension = name.rsplit_once('.').map(|(_, e)| e.to_ascii_lowercase());
        match extension.as_deref() {
            Some("csv" | "tsv" | "tab" | "psv") => return Some(Self::Csv),
            Some("xlsx" | "xlsm") => return Some(Self::Xlsx),
            Some("jsonl" | "ndjson" | "jsonlines") => return Some(Self::Ndjson),
            Some("json" | "geojson" | "jsonld") => return Some(Self::Json),
            Some("ics" | "ical" | "ifb") => return Some(Self::Ical),
            Some("docx" | "docm") => return Some(Self::Docx),
            _ => {}
        }
        let holds = |word: &[u8]| head.windows(word.len()).any(|part| part == word);
        let text = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
        let first = text.iter().find(|byte| !byte.is_ascii_whitespace());
        if head.starts_with(b"PK\x03\x04") {
            return [(&b"xl/"[..], Self::Xlsx), (b"word/", Self::Docx)]
                .into_iter()
                .find_map(|(part, format)| holds(part).then_some(format));
        }
        if text.to_ascii_uppercase().starts_with(b"BEGIN:VCALENDAR") {
            return Some(Self::Ical);
        }
        match first {
            Some(b'[') => Some(Self::Json),
            Some(b'{') if holds(b"}\n{") || holds(b"}\r\n{") => Some(Self::Ndjson),
            Some(b'{') => Some(Self::Json),
            Some(_) if !head.contains(&0) => Some(Self::Csv),
            _ => None,
        }
    }
}

/// How to read a file. The default finds out by itself.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The format; by name and content when absent.
    pub format: Option<Format>,
    /// The encoding of a text, by a label of the Encoding Standard (`macintosh`, `windows-1252`).
    pub encoding: Option<String>,
    /// What stands between the cells of a delimited text.
    pub delimiter: Option<char>,
    /// The sheet of a workbook; all visible ones when absent.
    pub sheet: Option<String>,
    /// Where the rows of a JSON document are: names joined by dots (`d.results`), each giving one or a list.
    /// When empty, the usual places are tried.
    pub rows: Vec<String>,
    /// Undo the guard against formulas that spreadsheets are exported with ([`crate::write::guard`]); cells are as they
    /// stand in the file otherwise.
    pub opened: bool,
    /// What the file may cost.
    pub limits: Limits,
}

/// Reads a file and hands each row, or why it is refused, to `sink`, in the order of the file. The sink may
/// break off; the facts are then those up to there.
///
/// # Errors
///
/// [`Damage`] when the file, or the rest of it, cannot be read: of no known format, of an unknown encoding, beyond
/// a limit that holds for the whole file, or broken in its structure.
pub fn read<R: Read + Seek>(
    mut source: R,
    name: &str,
    options: &Options,
    sink: &mut Sink<'_>,
) -> Result<Facts, Damage> {
    let mut head = Vec::new();
    let begun = source
        .seek(SeekFrom::Start(0))
        .and_then(|_| (&mut source).take(8 << 10).read_to_end(&mut head))
        .and_then(|_| source.seek(SeekFrom::Start(0)));
    begun.map_err(|e| Damage::new(format!("the file cannot be read: {e}")))?;
    let Some(format) = options.format.or_else(|| Format::of(name, &head)) else {
        let known: Vec<&str> = Format::ALL.into_iter().map(Format::word).collect();
        let reason = format!(
            "{name:?} is of no format that is read here ({}); say which it is",
            known.join(", ")
        );
        return Err(Damage::new(reason));
    };
    let mut out = Out {
        sink,
        limits: options.limits,
        facts: Facts {
            format: format.word().to_owned(),
            ..Facts::default()
        },
        replaced: false,
        opens: options.opened && matches!(format, Format::Csv | Format::Xlsx),
        opened: 0,
    };
    let done = match format {
        Format::Csv => csv::read(source, options, &mut out),
        Format::Xlsx => xlsx::read(source, options, &mut out),
        Format::Ndjson => ndjson::read(source, options, &mut out),
        Format::Json => json::read(source, options, &mut out),
        Format::Ical => ics::read(source, options, &mut out),
        Format::Docx => docx::read(source, options, &mut out),
    };
    if out.opened > 0 {
        let opened = out.opened;
        out.note(format!(
            "{opened} cells were guarded against formulas by a ', which was taken off"
        ));
    }
    match done {
        Ok(()) | Err(Stop::Enough) => Ok(out.facts),
        Err(Stop::Damage(damage)) => Err(damage),
    }
}

/// Reads a whole file that is in memory: its rows, its refusals, its facts.
///
/// # Errors
///
/// As [`read`].
pub fn read_all(
    bytes: &[u8],
    name: &str,
    options: &Options,
) -> Result<(Vec<Row>, Vec<Refused>, Facts), Damage> {
    let (mut rows, mut refused) = (Vec::new(), Vec::new());
    let facts = read(std::io::Cursor::new(bytes), name, options, &mut |item| {
        match item {
            Ok(row) => rows.push(row),
            Err(refusal) => refused.push(refusal),
        }
        ControlFlow::Continue(())
    })?;
    Ok((rows, refused, facts))
}
