//! Rows under headings: CSV (RFC 4180, UTF-8) and XLSX (ISO/IEC 29500).
//!
//! Every cell is text, in both formats: what the record says is kept letter by letter, and a number that is an
//! identifier does not lose its zeros. Cells are [guarded](super::guard) against formulas unless that is turned off; a
//! workbook is guarded too, as many save it as CSV. What is lost is what the caller gives no column.
//!
//! A sheet holds 1,048,576 rows, and a cell 32,767 letters: what is longer is refused, not cut.

use std::io::{self, Write};

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, XlsxError};

use super::guard;

/// Longest cell of a sheet, in UTF-16 units.
const CELL: usize = 32_767;
/// Longest name of a sheet.
const NAME: usize = 31;
/// Most rows of a sheet, with the headings.
const ROWS: u32 = 1 << 20;

/// Writes one table as CSV.
#[derive(Debug)]
pub struct Csv<W: Write> {
    rows: csv::Writer<W>,
    raw: bool,
}

impl<W: Write> Csv<W> {
    /// Begins a table; `raw` turns the guard off.
    ///
    /// # Errors
    ///
    /// When `out` cannot be written.
    pub fn new(out: W, headings: &[String], raw: bool) -> io::Result<Self> {
        let mut table = Self {
            rows: csv::WriterBuilder::new().from_writer(out),
            raw,
        };
        table.row(headings)?;
        Ok(table)
    }

    /// Writes one row.
    ///
    /// # Errors
    ///
    /// When it has more or fewer cells than the headings, or cannot be written.
    pub fn row(&mut self, cells: &[String]) -> io::Result<()> {
        let raw = self.raw;
        let cells = cells.iter().map(|cell| shown(cell, raw));
        self.rows.write_record(cells).map_err(io::Error::other)
    }

    /// Ends the table and gives back what it was written to.
    ///
    /// # Errors
    ///
    /// When the rest of it cannot be written.
    pub fn into_inner(self) -> io::Result<W> {
        self.rows
            .into_inner()
            .map_err(|error| io::Error::other(error.to_string()))
    }

    /// Ends the table.
    ///
    /// # Errors
    ///
    /// When the rest of it cannot be written.
    pub fn finish(mut self) -> io::Result<()> {
        self.rows.flush()
    }
}

/// Writes tables as sheets of a workbook. Rows go to a temporary file, so memory does not grow with them.
pub struct Xlsx {
    book: Workbook,
    raw: bool,
    row: u32,
}

impl Xlsx {
    /// Begins a workbook; `raw` turns the guard off.
    pub fn new(raw: bool) -> Self {
        Self {
            book: Workbook::new(),
            raw,
            row: 0,
        }
    }

    /// Begins a sheet; rows go there from now on. Columns in `hidden` are there, but not seen.
    ///
    /// # Errors
    ///
    /// When there is a sheet of that name already.
    pub fn sheet(&mut self, name: &str, headings: &[String], hidden: &[usize]) -> io::Result<()> {
        let name: String = name
            .chars()
            .filter(|c| !"[]:*?/\\'".contains(*c) && !c.is_control())
            .take(NAME)
            .collect();
        let bold = Format::new().set_bold();
        let sheet = self
            .book
            .add_worksheet_with_constant_memory()
            .map_err(unwritable)?;
        sheet.set_name(&name).map_err(unwritable)?;
        for (at, _) in headings.iter().enumerate() {
            let column = column(at)?;
            if hidden.contains(&at) {
                sheet.set_column_hidden(column).map_err(unwritable)?;
            } else {
                sheet.set_column_width(column, 24).map_err(unwritable)?;
            }
        }
        sheet.set_freeze_panes(1, 0).map_err(unwritable)?;
        for (at, heading) in headings.iter().enumerate() {
            let heading = shown(heading, self.raw);
            sheet
                .write_string_with_format(0, column(at)?, heading, &bold)
                .map_err(unwritable)?;
        }
        self.row = 1;
        Ok(())
    }

    /// Writes one row of the sheet that was begun last.
    ///
    /// # Errors
    ///
    /// When a cell or the sheet is too long, or no sheet was begun.
    pub fn row(&mut self, cells: &[String]) -> io::Result<()> {
        if self.row >= ROWS {
            return Err(io::Error::other(format!(
                "a sheet holds {ROWS} rows; choose fewer records, or CSV"
            )));
        }
        let last = self.book.worksheets_mut().last_mut();
        let sheet = last.ok_or_else(|| io::Error::other("no sheet was begun"))?;
        for (at, cell) in cells.iter().enumerate() {
            let cell = shown(cell, self.raw);
            if cell.encode_utf16().count() > CELL {
                return Err(io::Error::other(format!(
                    "row {}, column {}: a cell of a workbook holds {CELL} letters; choose CSV",
                    self.row + 1,
                    at + 1
                )));
            }
            if !cell.is_empty() {
                sheet
                    .write_string(self.row, column(at)?, cell)
                    .map_err(unwritable)?;
            }
        }
        self.row += 1;
        Ok(())
    }

    /// Writes the workbook.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn finish<W: Write + Send>(mut self, out: W) -> io::Result<()> {
        // A workbook says when it was made; without that the same records are the same bytes.
        let always = ExcelDateTime::from_ymd(2000, 1, 1).map_err(unwritable)?;
        let properties = DocProperties::new().set_creation_datetime(&always);
        self.book.set_properties(&properties);
        self.book.save_to_writer(out).map_err(unwritable)
    }
}

fn column(at: usize) -> io::Result<u16> {
    u16::try_from(at).map_err(io::Error::other)
}

fn shown(cell: &str, raw: bool) -> String {
    if raw {
        cell.to_owned()
    } else {
        guard::formula(cell)
    }
}

fn unwritable(error: XlsxError) -> io::Error {
    io::Error::other(error.to_string())
}
