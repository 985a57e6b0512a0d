//! The tables of a text document.
//!
//! The first row of a table names its columns (or the rows that are marked as headings do); a row of one merged cell is
//! a heading: what it says stands in the column `heading` of the rows below it. A cell that is merged downwards
//! says the same in each row. Deleted text is left out, inserted text is read. Tables inside cells are text.

use std::io::{BufReader, Read};

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use serde_json::Value;

use super::Options;
use super::out::{Out, Stop, columns};
use super::zipped;
use crate::row::{Damage, Place};

/// The column of headings.
const HEADING: &str = "heading";

pub(super) fn read(
    source: impl Read,
    _options: &Options,
    out: &mut Out<'_, '_>,
) -> Result<(), Stop> {
    let bytes = zipped::open(source, &out.limits)?;
    let mut archive = zipped::archive(bytes)?;
    let part = archive
        .by_name("word/document.xml")
        .map_err(|_| Damage::new("has no word/document.xml; it is no text document (.docx)"))?;
    let mut xml = Reader::from_reader(BufReader::new(part));
    xml.config_mut().check_end_names = true;
    let mut tables = Tables::default();
    let mut buffer = Vec::new();
    let mut depth = 0_usize;
    loop {
        buffer.clear();
        let event = xml
            .read_event_into(&mut buffer)
            .map_err(|e| damaged(&tables, &format!("is not XML: {e}")))?;
        match event {
            Event::Start(start) => {
                depth += 1;
                // Paragraphs of a table in a table are some 15 deep.
                if depth > out.limits.nesting {
                    let reason = format!("is nested deeper than {} levels", out.limits.nesting);
                    return Err(damaged(&tables, &reason));
                }
                tables.start(&start);
            }
            Event::Empty(start) => {
                tables.start(&start);
                tables.end(start.local_name().as_ref(), out)?;
            }
            Event::End(end) => {
                depth = depth.saturating_sub(1);
                tables.end(end.local_name().as_ref(), out)?;
            }
            Event::Text(text) => tables.text(&text, out)?,
            Event::CData(text) => tables.text(&text, out)?,
            Event::GeneralRef(name) => {
                let resolved = match name.resolve_char_ref() {
                    Ok(Some(letter)) => Some(letter),
                    Ok(None) => predefined(&name),
                    Err(_) => None,
                };
                match resolved {
                    Some(letter) => tables.text(letter.encode_utf8(&mut [0; 4]), out)?,
                    None => return Err(damaged(&tables, "uses an XML entity that nobody defines")),
                }
            }
            Event::DocType(_) => return Err(damaged(&tables, "has a DOCTYPE")),
            Event::Eof => break,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
        }
    }
    if tables.table == 0 {
        return Err(Damage::new("has no table").into());
    }
    Ok(())
}

fn predefined(name: &str) -> Option<char> {
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => return None,
    })
}

fn damaged(tables: &Tables, reason: &str) -> Stop {
    let damage = match tables.table {
        0 => Damage::new(reason),
        _ => Damage::at(tables.place(), reason),
    };
    damage.into()
}

/// A cell that is being read.
#[derive(Default)]
struct Cell {
    text: String,
    span: usize,
    /// Merged with the cell above: `Some(true)` begins, `Some(false)` goes on.
    merged: Option<bool>,
}

#[derive(Default)]
struct Tables {
    /// Tables that are open: only the outermost is a table, the others are text of its cells.
    open: usize,
    table: u64,
    row: u64,
    cells: Vec<Cell>,
    /// Bytes of text of the row.
    size: usize,
    in_cell: bool,
    marked: bool,
    in_text: bool,
    deleted: usize,
    /// Inside a definition of tab stops, which are called like the tabs of a text.
    stops: bool,
    header: Vec<String>,
    heading: String,
    /// What the cells above say, by column, where they are merged downwards.
    above: Vec<String>,
}

impl Tables {
    fn place(&self) -> Place {
        Place::Table {
            table: self.table,
            row: self.row,
        }
    }

    fn start(&mut self, start: &BytesStart<'_>) {
        match start.local_name().as_ref() {
            "tbl" => {
                self.open += 1;
                if self.open == 1 {
                    self.table += 1;
                    self.row = 0;
                    self.header.clear();
                    self.heading.clear();
                    self.above.clear();
                }
            }
            "tr" if self.open == 1 => {
                self.row += 1;
                self.cells.clear();
                self.size = 0;
                self.marked = false;
            }
            "tblHeader" if self.open == 1 => self.marked = !is_off(start),
            "tc" if self.open == 1 => {
                self.in_cell = true;
                self.cells.push(Cell {
                    span: 1,
                    ..Cell::default()
                });
            }
            "gridSpan" if self.open == 1 => {
                let span = attribute(start).and_then(|value| value.parse().ok());
                if let Some(cell) = self.cells.last_mut() {
                    cell.span = span.unwrap_or(1).clamp(1, 1_000);
                }
            }
            "vMerge" if self.open == 1 => {
                if let Some(cell) = self.cells.last_mut() {
                    cell.merged = Some(attribute(start).as_deref() == Some("restart"));
                }
            }
            "t" => self.in_text = true,
            "del" | "moveFrom" => self.deleted += 1,
            "tabs" => self.stops = true,
            "tab" if self.in_cell && !self.stops => self.push("\t"),
            "br" | "cr" if self.in_cell => self.push("\n"),
            "noBreakHyphen" if self.in_cell => self.push("-"),
            _ => {}
        }
    }

    fn end(&mut self, name: &str, out: &mut Out<'_, '_>) -> Result<(), Stop> {
        match name {
            "t" => self.in_text = false,
            "del" | "moveFrom" => self.deleted = self.deleted.saturating_sub(1),
            "tabs" => self.stops = false,
            "p" if self.in_cell => self.push("\n"),
            "tc" if self.open == 1 => self.in_cell = false,
            "tr" if self.open == 1 => return self.finish(out),
            "tbl" => self.open = self.open.saturating_sub(1),
            _ => {}
        }
        Ok(())
    }

    fn text(&mut self, text: &str, out: &Out<'_, '_>) -> Result<(), Stop> {
        if self.in_text && self.in_cell && self.deleted == 0 {
            self.push(text);
        }
        if self.size > out.limits.line || self.cells.len() > out.limits.columns {
            let reason = format!("is longer than {} bytes", out.limits.line);
            return Err(damaged(self, &reason));
        }
        Ok(())
    }

    fn push(&mut self, text: &str) {
        if let Some(cell) = self.cells.last_mut() {
            cell.text.push_str(text);
            self.size += text.len();
        }
    }

    /// A row is read: names, a heading, or a row.
    fn finish(&mut self, out: &mut Out<'_, '_>) -> Result<(), Stop> {
        let mut texts = Vec::new();
        let cells = std::mem::take(&mut self.cells);
        let alone = cells.len() == 1;
        for cell in cells {
            let mut text = lines(&cell.text);
            let column: usize = texts.len();
            if cell.merged == Some(false) {
                text = self.above.get(column).cloned().unwrap_or_default();
            }
            for at in 0..cell.span {
                texts.push(if at == 0 { text.clone() } else { String::new() });
            }
            if texts.len() > out.limits.columns {
                let reason = format!("has more than {} cells", out.limits.columns);
                return Err(damaged(self, &reason));
            }
        }
        self.above.clone_from(&texts);
        if self.header.is_empty() && !alone {
            self.header = columns(texts);
            return Ok(());
        }
        if self.marked && texts == self.header {
            return Ok(());
        }
        if alone {
            self.heading = texts.swap_remove(0);
            return Ok(());
        }
        let place = self.place();
        if texts.len() != self.header.len() {
            let reason = format!(
                "has {} cells; the first row has {}",
                texts.len(),
                self.header.len()
            );
            return out.refuse(place, "", reason);
        }
        if texts.iter().all(|text| text.is_empty()) {
            return out.row(place, Vec::new());
        }
        let named = self
            .header
            .iter()
            .cloned()
            .zip(texts.into_iter().map(Value::String));
        let heading = (HEADING.to_owned(), Value::String(self.heading.clone()));
        out.row(place, named.chain([heading]).collect())
    }
}

/// The lines of a cell, without space at their ends and empty ones at the end.
fn lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    lines.join("\n").trim().to_owned()
}

fn attribute(start: &BytesStart<'_>) -> Option<String> {
    start
        .attributes()
        .filter_map(Result::ok)
        .find(|attribute| attribute.key.local_name().as_ref() == "val")
        .and_then(|attribute| {
            attribute
                .normalized_value(quick_xml::XmlVersion::Implicit1_0)
                .ok()
        })
        .map(std::borrow::Cow::into_owned)
}

fn is_off(start: &BytesStart<'_>) -> bool {
    matches!(attribute(start).as_deref(), Some("0" | "false" | "off"))
}
