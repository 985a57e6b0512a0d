//! Delimited text. The first row names the columns.

use std::io::{Read, Seek};

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};
use serde_json::Value;

use super::Options;
use super::out::{Out, Stop, columns};
use super::text::Text;
use crate::row::{Damage, Place};

/// What may stand between cells, the likeliest first.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

pub(super) fn read<R: Read + Seek>(
    source: R,
    options: &Options,
    out: &mut Out<'_, '_>,
) -> Result<(), Stop> {
    let mut text = Text::open(source, options, None, out)?;
    let mut first = text.chunk()?.unwrap_or_default().to_owned();
    while first.len() < 64 << 10 {
        match text.chunk()? {
            Some(chunk) => first.push_str(chunk),
            None => break,
        }
    }
    let delimiter = match options.delimiter {
        Some(delimiter) => u8::try_from(delimiter)
            .ok()
            .filter(|d| d.is_ascii() && !matches!(d, b'"' | b'\r' | b'\n'))
            .ok_or_else(|| {
                Damage::new(format!(
                    "{delimiter:?} cannot stand between cells; , ; | or tab can"
                ))
            })?,
        None => delimiter(first.as_bytes()),
    };
    out.facts.delimiter = Some(char::from(delimiter));
    let mut records = Records::new(delimiter, out);
    records.feed(first.as_bytes(), out)?;
    drop(first);
    while let Some(chunk) = text.chunk()? {
        records.feed(chunk.as_bytes(), out)?;
    }
    records.feed(&[], out)?;
    if records.header.is_none() {
        return Err(Damage::new("is empty; the first row must name the columns").into());
    }
    Ok(())
}

/// Cuts records out of what it is fed.
struct Records {
    reader: Reader,
    fields: Vec<u8>,
    filled: usize,
    ends: Vec<usize>,
    ended: usize,
    /// The line that is being read, and the one on which the record began.
    line: u64,
    begun: Option<u64>,
    after_cr: bool,
    most: usize,
    header: Option<Vec<String>>,
}

impl Records {
    fn new(delimiter: u8, out: &Out<'_, '_>) -> Self {
        Self {
            reader: ReaderBuilder::new().delimiter(delimiter).build(),
            fields: vec![0; 8 << 10],
            filled: 0,
            ends: vec![0; out.limits.columns + 1],
            ended: 0,
            line: 1,
            begun: None,
            after_cr: false,
            most: out.limits.line,
            header: None,
        }
    }

    /// Feeds a piece; nothing at all means the end.
    fn feed(&mut self, mut input: &[u8], out: &mut Out<'_, '_>) -> Result<(), Stop> {
        let end = input.is_empty();
        loop {
            if self.begun.is_none() {
                // Ends of lines before a record belong to none.
                let skip = input.iter().take_while(|b| matches!(b, b'\r' | b'\n'));
                let skip = skip.count();
                self.count(&input[..skip]);
                input = &input[skip..];
                if !input.is_empty() {
                    self.begun = Some(self.line);
                }
            }
            if input.is_empty() && !end {
                return Ok(());
            }
            let (result, read, wrote, ended) = self.reader.read_record(
                input,
                &mut self.fields[self.filled..],
                &mut self.ends[self.ended..],
            );
            self.count(&input[..read]);
            input = &input[read..];
            self.filled += wrote;
            self.ended += ended;
            match result {
                ReadRecordResult::InputEmpty if end => return Ok(()),
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => self.grow()?,
                ReadRecordResult::OutputEndsFull => {
                    let most = self.ends.len() - 1;
                    return Err(self.damage(format!("has more than {most} cells")));
                }
                ReadRecordResult::Record => self.record(out)?,
                ReadRecordResult::End => return Ok(()),
            }
        }
    }

    fn count(&mut self, read: &[u8]) {
        for byte in read {
            match byte {
                b'\n' if self.after_cr => {}
                b'\n' | b'\r' => self.line += 1,
                _ => {}
            }
            self.after_cr = *byte == b'\r';
        }
    }

    fn grow(&mut self) -> Result<(), Stop> {
        if self.filled >= self.most {
            let reason = format!(
                "the row that begins here is longer than {} bytes; is a quotation mark left open?",
                self.most
            );
            return Err(self.damage(reason));
        }
        let size = (self.fields.len() * 2).min(self.most);
        self.fields.resize(size, 0);
        Ok(())
    }

    fn damage(&self, reason: String) -> Stop {
        Damage::at(Place::Line(self.begun.unwrap_or(self.line)), reason).into()
    }

    fn record(&mut self, out: &mut Out<'_, '_>) -> Result<(), Stop> {
        let place = Place::Line(self.begun.take().unwrap_or(self.line));
        let mut from = 0;
        let cells: Vec<String> = self.ends[..self.ended]
            .iter()
            .map(|end| {
                let cell = String::from_utf8_lossy(&self.fields[from..*end]).into_owned();
                from = *end;
                cell
            })
            .collect();
        (self.filled, self.ended) = (0, 0);
        let Some(header) = &self.header else {
            let names = columns(cells);
            out.facts.columns.clone_from(&names);
            self.header = Some(names);
            return Ok(());
        };
        if cells.len() != header.len() {
            if cells.iter().all(|cell| cell.trim().is_empty()) {
                return out.row(place, Vec::new());
            }
            let reason = format!("has {} cells; the header has {}", cells.len(), header.len());
            return out.refuse(place, "", reason);
        }
        let named = header
            .iter()
            .cloned()
            .zip(cells.into_iter().map(Value::String));
        out.row(place, named.collect())
    }
}

/// The delimiter by which the first rows have most often the same number of cells.
fn delimiter(head: &[u8]) -> u8 {
    let fit = |delimiter: u8| {
        let mut reader = ReaderBuilder::new().delimiter(delimiter).build();
        let (mut rest, mut rows) = (head, Vec::new());
        let (mut fields, mut ends) = (vec![0; head.len() + 1], vec![0; head.len() + 1]);
        while rows.len() < 100 {
            let (result, read, _, ended) = reader.read_record(rest, &mut fields, &mut ends);
            rest = &rest[read..];
            match result {
                ReadRecordResult::Record => rows.push(ended),
                _ => break,
            }
        }
        let Some(header) = rows.first().copied().filter(|cells| *cells > 1) else {
            return 0;
        };
        let same = rows.iter().filter(|cells| **cells == header).count();
        // Two cells in every row are better than ten in the first alone.
        same * 1_000 / rows.len() * 100 + header.min(99)
    };
    // `max_by_key` takes the last of equals.
    let best = DELIMITERS.into_iter().rev().max_by_key(|d| fit(*d));
    best.unwrap_or(b',')
}

#[cfg(test)]
mod tests {
    use super::super::read_all;
    use super::*;
    use crate::row::LineEnds;

    #[test]
    fn cells_are_read_by_any_delimiter_and_line_end() {
        for (delimiter, end) in [(",", "\n"), (";", "\r\n"), ("\t", "\r"), ("|", "\n")] {
            let text = ["a;b;c", "1;\"x, y\"\"z\"\"\nw\";3", ";;", "4;5;6", ""]
                .join(end)
                .replace(';', delimiter);
            let (rows, refused, facts) =
                read_all(text.as_bytes(), "x.csv", &Options::default()).unwrap();
            assert_eq!(
                facts.delimiter.map(String::from).as_deref(),
                Some(delimiter)
            );
            assert_eq!((rows.len(), refused.len(), facts.blank), (2, 0, 1));
            assert_eq!(rows[0].get("b").unwrap(), "x, y\"z\"\nw");
            assert_eq!(rows[0].place, Place::Line(2));
            // The cell with a line of its own takes two.
            assert_eq!(rows[1].place, Place::Line(5));
        }
        let (_, _, facts) = read_all(b"a,b\r1,2\r", "x.csv", &Options::default()).unwrap();
        assert_eq!(facts.line_ends, LineEnds::Cr);
    }

    #[test]
    fn odd_rows_are_refused_by_their_line() {
        let (rows, refused, facts) = read_all(
            b"a,a,\n1,2,3\n1,2\n\n\n1,\0,3\n",
            "x.csv",
            &Options::default(),
        )
        .unwrap();
        assert_eq!(facts.columns, ["a", "a (2)", "column 3"]);
        assert_eq!(rows.len(), 1);
        assert_eq!(
            refused[0].to_string(),
            "line 3: has 2 cells; the header has 3"
        );
        assert!(
            refused[1]
                .to_string()
                .starts_with("line 6, a (2): holds a NUL")
        );
    }
}
