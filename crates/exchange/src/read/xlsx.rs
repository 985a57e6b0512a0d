//! Workbooks, cell by cell: a cell in the last corner of a sheet costs no more than one in the first.
//!
//! The values are those that the program which saved the file computed; formulas are never run.

use std::io::{Cursor, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{DataRef, ExcelDateTime, Reader as _, SheetType, SheetVisible, Xlsx};
use serde_json::Value;

use super::Options;
use super::out::{Out, Stop, columns};
use super::zipped;
use crate::row::{Damage, Place};

pub(super) fn read(
    source: impl Read,
    options: &Options,
    out: &mut Out<'_, '_>,
) -> Result<(), Stop> {
    let bytes = zipped::open(source, &out.limits)?;
    let mut book: Xlsx<_> = guarded(|| Xlsx::new(bytes))?;
    let mut names = Vec::new();
    for sheet in book.sheets_metadata() {
        let wanted = match &options.sheet {
            Some(name) => *name == sheet.name,
            None => sheet.visible == SheetVisible::Visible,
        };
        if sheet.typ == SheetType::WorkSheet && wanted {
            names.push(sheet.name.clone());
        } else if options.sheet.is_none() {
            out.note(format!(
                "sheet {:?} is hidden or no table, and was not read",
                sheet.name
            ));
        }
    }
    if names.is_empty() {
        let all: Vec<String> = book.sheet_names();
        let reason = format!("has no such sheet; it has {}", all.join(", "));
        return Err(Damage::new(reason).into());
    }
    for name in names {
        sheet(&mut book, &name, out)?;
    }
    Ok(())
}

/// Damaged workbooks have made the library panic before: that is said of the file, like any other damage.
fn guarded<T>(work: impl FnOnce() -> Result<T, calamine::XlsxError>) -> Result<T, Damage> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => Err(Damage::new(format!(
            "is not a workbook that can be read: {error}"
        ))),
        Err(_) => Err(Damage::new("is a damaged workbook; save it again")),
    }
}

fn sheet(book: &mut Xlsx<Cursor<Vec<u8>>>, name: &str, out: &mut Out<'_, '_>) -> Result<(), Stop> {
    let mut cells = guarded(|| book.worksheet_cells_reader(name))?;
    let mut header: Option<(u32, Vec<String>)> = None;
    let mut row: (u32, Vec<(u32, Value)>) = (0, Vec::new());
    loop {
        let next = guarded(|| {
            let cell = cells.next_cell()?;
            Ok(cell.map(|cell| (cell.get_position(), value(cell.get_value()))))
        })?;
        if let Some(((at, column), value)) = next.clone() {
            if at < row.0 {
                return Err(damage(
                    name,
                    at,
                    "comes after a later row; save the workbook again",
                ));
            }
            if at == row.0 {
                if row.1.len() >= out.limits.columns {
                    let reason = format!("has more than {} cells", out.limits.columns);
                    return Err(damage(name, at, &reason));
                }
                if value != Value::Null {
                    row.1.push((column, value));
                }
                continue;
            }
            let done = std::mem::replace(&mut row, (at, Vec::new()));
            finish(name, done, &mut header, out)?;
            if value != Value::Null {
                row.1.push((column, value));
            }
        } else {
            return finish(name, row, &mut header, out);
        }
    }
}

fn damage(sheet: &str, row: u32, reason: &str) -> Stop {
    Damage::at(place(sheet, row), reason).into()
}

fn place(sheet: &str, row: u32) -> Place {
    Place::Sheet {
        sheet: sheet.to_owned(),
        row: u64::from(row) + 1,
    }
}

/// The first row that says anything names the columns.
fn finish(
    sheet: &str,
    (row, cells): (u32, Vec<(u32, Value)>),
    header: &mut Option<(u32, Vec<String>)>,
    out: &mut Out<'_, '_>,
) -> Result<(), Stop> {
    if cells.is_empty() {
        return Ok(());
    }
    let Some((first, names)) = header else {
        let (from, to) = (cells[0].0, cells[cells.len() - 1].0);
        if to - from >= u32::try_from(out.limits.columns).unwrap_or(u32::MAX) {
            return Err(damage(sheet, row, "names columns too far from each other"));
        }
        let mut named = vec![String::new(); (to - from) as usize + 1];
        for (column, value) in cells {
            if let (Value::String(text), Some(place)) =
                (value, named.get_mut(column.wrapping_sub(from) as usize))
            {
                *place = text;
            }
        }
        let named = columns(named);
        if out.facts.columns.is_empty() {
            out.facts.columns.clone_from(&named);
        }
        *header = Some((from, named));
        return Ok(());
    };
    // Only what is there: a row of a wide sheet costs no more than its cells.
    let (mut row_cells, mut beyond) = (Vec::new(), None);
    for (column, value) in cells {
        match names.get(column.wrapping_sub(*first) as usize) {
            Some(name) => row_cells.push((name.clone(), value)),
            None => beyond = Some(column),
        }
    }
    match beyond {
        Some(column) => {
            let reason = format!(
                "has a cell in column {}, which the first row does not name",
                letters(column)
            );
            out.refuse(place(sheet, row), "", reason)
        }
        None => out.row(place(sheet, row), row_cells),
    }
}

fn value(data: &DataRef<'_>) -> Value {
    let text = match data {
        DataRef::Empty => return Value::Null,
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number.to_string(),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
            text.clone()
        }
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(yes) => yes.to_string(),
        DataRef::DateTime(moment) => moment_text(moment),
        // `#N/A`, `#REF!`: kept as the sheet shows it, for the mapping to refuse.
        DataRef::Error(error) => error.to_string(),
    };
    Value::String(text)
}

fn moment_text(moment: &ExcelDateTime) -> String {
    if !moment.is_datetime() {
        return moment.as_f64().to_string();
    }
    let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
    if moment.as_f64() < 1.0 {
        return format!("{hour:02}:{minute:02}");
    }
    let date = format!("{year:04}-{month:02}-{day:02}");
    if moment.as_f64().fract() == 0.0 {
        date
    } else {
        format!("{date}T{hour:02}:{minute:02}:{second:02}")
    }
}

/// `A`, `Z`, `AA`: how sheets name columns.
fn letters(mut column: u32) -> String {
    let mut name = Vec::new();
    loop {
        name.push(char::from(b'A' + (column % 26) as u8));
        if column < 26 {
            break;
        }
        column = column / 26 - 1;
    }
    name.iter().rev().collect()
}
