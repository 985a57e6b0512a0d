//! Tables: a column a field, a row a record.

use prost_reflect::DynamicMessage;
use rapporteur_exchange::write::table::{Csv, Xlsx};

use super::sink::Sink;
use super::source::Source;
use super::{Tally, heading};
use crate::cell::{self, Look};
use crate::error::{Failure, Result};
use crate::noun::{Noun, text};
use crate::record::PAGE;

/// The columns of a kind: all its fields, unless others are asked for.
fn columns(noun: &Noun, asked: &[String]) -> Result<Vec<String>> {
    if !asked.is_empty() {
        return Ok(asked.to_vec());
    }
    let fields = noun.descriptor()?;
    Ok(fields
        .fields()
        .map(|field| field.name().to_owned())
        .collect())
}

fn row(record: &DynamicMessage, columns: &[String], look: Look<'_>) -> Result<Vec<String>> {
    columns
        .iter()
        .map(|column| cell::at(record, column, look))
        .collect::<std::result::Result<_, _>>()
        .map_err(Failure::Usage)
}

pub(super) async fn csv(
    source: &Source<'_>,
    noun: &'static Noun,
    asked: &[String],
    look: Look<'_>,
    raw: bool,
    sink: &mut Sink<'_>,
) -> Result<Tally> {
    let mut tally = Tally::default();
    let columns = columns(noun, asked)?;
    let mut table = Csv::new(sink, &columns, raw).map_err(Failure::Io)?;
    let mut walk = source.walk(noun)?;
    while let Some(page) = walk.next(PAGE).await? {
        for record in page {
            if source.holds(noun, &text(&record, "name")) {
                let row = row(&record, &columns, look)?;
                table.row(&row).map_err(Failure::Io)?;
                tally.count(noun.kind);
            }
        }
    }
    table.finish().map_err(Failure::Io)?;
    Ok(tally)
}

pub(super) async fn xlsx(
    source: &Source<'_>,
    nouns: &[&'static Noun],
    asked: &[String],
    look: Look<'_>,
    raw: bool,
    sink: &mut Sink<'_>,
) -> Result<Tally> {
    let mut tally = Tally::default();
    let mut book = Xlsx::new(raw);
    for noun in nouns {
        let columns = columns(noun, asked)?;
        let mut begun = false;
        let mut walk = source.walk(noun)?;
        while let Some(page) = walk.next(PAGE).await? {
            for record in page {
                if !source.holds(noun, &text(&record, "name")) {
                    continue;
                }
                if !begun {
                    book.sheet(&heading(noun.kind), &columns, &[])
                        .map_err(Failure::Io)?;
                    begun = true;
                }
                let row = row(&record, &columns, look)?;
                book.row(&row)
                    .map_err(|e| Failure::other("UNWRITABLE", format!("{}: {e}", noun.kind)))?;
                tally.count(noun.kind);
            }
        }
        // A workbook has at least one sheet.
        if !begun && nouns.len() == 1 {
            book.sheet(&heading(noun.kind), &columns, &[])
                .map_err(Failure::Io)?;
        }
    }
    book.finish(sink).map_err(Failure::Io)?;
    Ok(tally)
}
