//! What became of each row, for people and for programs.

use std::fmt::{self, Display, Formatter};

use rapporteur_proto::gateway::v1::{
    Import, ImportCalendar, ImportChange, ImportRecord, ImportRow, ImportSummary, ImportVerdict,
};
use serde::Serialize;

use crate::context::Context;
use crate::error::{Failure, Result};
use crate::output::{self, Format};
use crate::{name, word};

/// How many rows of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Report {
    created: i64,
    updated: i64,
    unchanged: i64,
    refused: i64,
}

impl Report {
    pub(super) fn of(summary: &ImportSummary) -> Self {
        Self {
            created: summary.created,
            updated: summary.updated,
            unchanged: summary.unchanged,
            refused: summary.refused,
        }
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self {
            created,
            updated,
            unchanged,
            refused,
        } = self;
        write!(
            f,
            "{created} created, {updated} updated, {unchanged} unchanged, {refused} refused"
        )
    }
}

/// What happened to the events of a calendar.
#[derive(Serialize)]
pub(super) struct Changes<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    previous: &'a str,
    added: i64,
    returned: i64,
    changed: i64,
    moved: i64,
    cancelled: i64,
    vanished_past: i64,
    vanished_future: i64,
    unchanged: i64,
}

impl<'a> Changes<'a> {
    pub(super) fn of(calendar: &'a ImportCalendar) -> Self {
        Self {
            name: &calendar.name,
            previous: &calendar.previous,
            added: calendar.added,
            returned: calendar.returned,
            changed: calendar.changed,
            moved: calendar.moved,
            cancelled: calendar.cancelled,
            vanished_past: calendar.vanished_past,
            vanished_future: calendar.vanished_future,
            unchanged: calendar.unchanged,
        }
    }
}

impl Display for Changes<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let told = [
            (self.added, "added"),
            (self.returned, "returned"),
            (self.changed, "changed"),
            (self.moved, "moved"),
            (self.cancelled, "cancelled"),
            (self.vanished_future, "vanished that were to come"),
            (self.vanished_past, "vanished that were over"),
        ];
        write!(f, "calendar {}: {} as before", self.name, self.unchanged)?;
        let told = told.iter().filter(|(count, _)| *count > 0);
        for (count, words) in told {
            write!(f, ", {count} {words}")?;
        }
        Ok(())
    }
}

/// An import with its rows.
pub(super) struct Shown<'a> {
    pub(super) import: &'a Import,
    pub(super) rows: &'a [ImportRow],
    /// Whether it was written, or only looked at.
    pub(super) written: bool,
}

#[derive(Serialize)]
struct Whole<'a> {
    summary: Report,
    import: &'a str,
    written: bool,
    file: File<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    calendar: Option<Changes<'a>>,
    rows: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct File<'a> {
    name: &'a str,
    digest: &'a str,
    format: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    encoding: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    line_ends: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    notes: &'a [String],
}

#[derive(Serialize)]
struct Row<'a> {
    line: i64,
    place: &'a str,
    verdict: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    change: String,
    #[serde(skip_serializing_if = "str::is_empty")]
    key: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    column: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    reason: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    notes: &'a [String],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    records: Vec<Record<'a>>,
}

#[derive(Serialize)]
struct Record<'a> {
    kind: &'a str,
    name: &'a str,
    verdict: String,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    fields: &'a [String],
    #[serde(skip_serializing_if = "str::is_empty")]
    reason: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    undone: &'a str,
}

fn verdict(of: ImportVerdict) -> String {
    word::of(of.as_str_name(), "IMPORT_VERDICT_")
}

/// Empty when nothing happened.
fn change(row: &ImportRow) -> String {
    match row.change() {
        ImportChange::Unspecified => String::new(),
        change => word::of(change.as_str_name(), "IMPORT_CHANGE_"),
    }
}

impl<'a> Row<'a> {
    fn of(row: &'a ImportRow) -> Self {
        let record = |record: &'a ImportRecord| Record {
            kind: &record.kind,
            name: &record.name,
            verdict: verdict(record.verdict()),
            fields: &record.fields,
            reason: &record.reason,
            undone: &record.undone,
        };
        Self {
            line: row.line,
            place: &row.place,
            verdict: verdict(row.verdict()),
            change: change(row),
            key: &row.key,
            column: &row.column,
            reason: &row.reason,
            notes: &row.notes,
            records: row.records.iter().map(record).collect(),
        }
    }
}

fn is_data(ctx: &Context<'_>) -> bool {
    matches!(ctx.global.output, Format::Json | Format::Yaml)
}

fn whole(ctx: &mut Context<'_>, shown: &Shown<'_>) -> Result<()> {
    let none = rapporteur_proto::gateway::v1::ImportFile::default();
    let file = shown.import.file.as_ref().unwrap_or(&none);
    let whole = Whole {
        summary: Report::of(&shown.import.summary.unwrap_or_default()),
        import: &shown.import.name,
        written: shown.written,
        file: File {
            name: &file.name,
            digest: &file.digest,
            format: &file.format,
            encoding: &file.encoding,
            line_ends: &file.line_ends,
            notes: &file.notes,
        },
        calendar: shown.import.calendar.as_ref().map(Changes::of),
        rows: shown.rows.iter().map(Row::of).collect(),
    };
    output::data(ctx, &whole)
}

/// The rows on stdout: all of them as data and CSV; in a table every refused one, and some of those that change.
pub(super) fn show(ctx: &mut Context<'_>, shown: &Shown<'_>, limit: usize) -> Result<()> {
    if is_data(ctx) {
        return whole(ctx, shown);
    }
    let in_short = ctx.global.output == Format::Table && limit != 0;
    let (mut rows, mut changing, mut left) = (Vec::new(), 0, 0);
    for row in shown.rows {
        let shows = match row.verdict() {
            ImportVerdict::Refused => true,
            // Nothing vanishes without a word.
            _ if is_gone(row) => true,
            ImportVerdict::Unchanged if in_short => false,
            _ if in_short => {
                changing += 1;
                left += usize::from(changing > limit);
                changing <= limit
            }
            _ => true,
        };
        if shows {
            rows.push(line(ctx, row));
        }
    }
    table(ctx, &rows)?;
    if left > 0 {
        ctx.say(format_args!("and {left} rows more: --limit 0 shows all"))?;
    }
    if let Some(calendar) = &shown.import.calendar {
        ctx.say(Changes::of(calendar))?;
    }
    ctx.say(Report::of(&shown.import.summary.unwrap_or_default()))?;
    if shown.written {
        let undo = format!("rapporteur import undo {}", name::short(&shown.import.name));
        ctx.say(format_args!("{}; taken back by: {undo}", shown.import.name))?;
    }
    Ok(())
}

fn is_gone(row: &ImportRow) -> bool {
    matches!(
        row.change(),
        ImportChange::VanishedPast | ImportChange::VanishedFuture
    )
}

/// The rows of an import that was made.
pub(super) fn rows(ctx: &mut Context<'_>, import: &Import, rows: &[ImportRow]) -> Result<()> {
    if is_data(ctx) {
        let shown = Shown {
            import,
            rows,
            written: import.commit_time.is_some(),
        };
        return whole(ctx, &shown);
    }
    let lines: Vec<Vec<String>> = rows.iter().map(|row| line(ctx, row)).collect();
    table(ctx, &lines)
}

fn table(ctx: &mut Context<'_>, rows: &[Vec<String>]) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    output::table(ctx, &["place", "verdict", "records", "reason"], rows)
}

fn line(ctx: &Context<'_>, row: &ImportRow) -> Vec<String> {
    let spelt = |full: &str| {
        if ctx.global.output == Format::Csv {
            full.to_owned()
        } else {
            name::short(full)
        }
    };
    let told = row
        .records
        .iter()
        .filter(|record| record.verdict() != ImportVerdict::Unchanged || !record.undone.is_empty());
    let records: Vec<String> = told
        .map(|record| {
            let mut words = format!("{} {}", record.kind, spelt(&record.name));
            if !record.fields.is_empty() {
                words = format!("{words} ({})", record.fields.join(", "));
            }
            if !record.undone.is_empty() {
                words = format!("{words}: {}", record.undone);
            }
            words
        })
        .collect();
    let mut reason = row.reason.clone();
    if !row.column.is_empty() {
        reason = format!("{}: {reason}", row.column);
    }
    let mut verdict = verdict(row.verdict());
    let change = change(row);
    if !change.is_empty() {
        verdict = format!("{verdict} ({change})");
    }
    vec![row.place.clone(), verdict, records.join("\n"), reason]
}

/// What was taken back, and what stays.
pub(super) fn undone(ctx: &mut Context<'_>, import: &Import, rows: &[ImportRow]) -> Result<()> {
    if is_data(ctx) {
        #[derive(Serialize)]
        struct Undone<'a> {
            import: &'a str,
            undone: i64,
            kept: i64,
            rows: Vec<Row<'a>>,
        }
        let undone = Undone {
            import: &import.name,
            undone: import.undone,
            kept: import.kept,
            rows: rows.iter().map(Row::of).collect(),
        };
        return output::data(ctx, &undone);
    }
    let lines: Vec<Vec<String>> = rows.iter().map(|row| line(ctx, row)).collect();
    table(ctx, &lines)?;
    ctx.say(format_args!(
        "{} records taken back, {} stay",
        import.undone, import.kept
    ))
}

/// Refused rows are told by the exit code.
pub(super) fn exit(summary: &ImportSummary) -> Result<()> {
    if summary.refused > 0 {
        return Err(Failure::Refused);
    }
    Ok(())
}
