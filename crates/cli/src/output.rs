//! Answers on stdout: tables for people, proto3 JSON, YAML and CSV for programs.

pub(crate) mod guard;

use comfy_table::{ContentArrangement, Table, presets};
use prost_reflect::{DynamicMessage, ReflectMessage, Value};
use serde::Serialize;

use crate::cell::{self, Look, Names};
use crate::context::Context;
use crate::error::{Failure, Result};

/// Shape of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    // No doc comments here: clap would print them in the help of every command.
    // For people; its shape may change.
    Table,
    // The proto3 JSON of the API; a list is an array.
    Json,
    // The same as YAML.
    Yaml,
    // One line a record, guarded against formulas.
    Csv,
}

/// A list of records, each a line; `columns` unless the caller chose others.
pub(crate) fn records(
    ctx: &mut Context<'_>,
    columns: &[&str],
    records: &[DynamicMessage],
) -> Result<()> {
    let names = match ctx.global.output {
        Format::Json | Format::Yaml => return data(ctx, &records),
        Format::Csv => Names::Full,
        Format::Table => Names::Short,
    };
    let chosen: Vec<String> = match ctx.global.columns.as_slice() {
        [] => columns.iter().map(|c| (*c).to_owned()).collect(),
        own => own.to_vec(),
    };
    let look = Look {
        names,
        language: ctx.global.lang.as_deref(),
    };
    let mut rows = Vec::with_capacity(records.len());
    for record in records {
        let cells = chosen.iter().map(|path| cell::at(record, path, look));
        rows.push(
            cells
                .collect::<std::result::Result<Vec<_>, _>>()
                .map_err(Failure::Usage)?,
        );
    }
    table(
        ctx,
        &chosen.iter().map(String::as_str).collect::<Vec<_>>(),
        &rows,
    )
}

/// One record: a field a line, or the whole of it.
pub(crate) fn record(
    ctx: &mut Context<'_>,
    columns: &[&str],
    record: &DynamicMessage,
) -> Result<()> {
    match ctx.global.output {
        Format::Json | Format::Yaml => data(ctx, record),
        Format::Csv => records(ctx, columns, std::slice::from_ref(record)),
        Format::Table if !ctx.global.columns.is_empty() => {
            records(ctx, columns, std::slice::from_ref(record))
        }
        Format::Table => {
            let look = Look {
                names: Names::Short,
                language: ctx.global.lang.as_deref(),
            };
            let mut rows = Vec::new();
            for (field, value) in record.fields() {
                let words = match value {
                    // All languages here, where there is room, unless one is asked for.
                    Value::Message(text)
                        if look.language.is_none()
                            && text.descriptor().full_name() == crate::field::LOCALIZED_TEXT =>
                    {
                        text.get_field_by_name("by_language")
                            .map(|languages| cell::languages(&languages))
                            .unwrap_or_default()
                    }
                    value => cell::words(&field, value, look),
                };
                rows.push(vec![field.name().to_owned(), words]);
            }
            table(ctx, &["field", "value"], &rows)
        }
    }
}

/// Anything as JSON or YAML (JSON, when the format is for tables).
pub(crate) fn data(ctx: &mut Context<'_>, value: &impl Serialize) -> Result<()> {
    let broken = |e: String| Failure::other("UNPRINTABLE", e);
    let value = steady(value)?;
    let text = match ctx.global.output {
        Format::Yaml => serde_saphyr::to_string(&value).map_err(|e| broken(e.to_string()))?,
        _ => serde_json::to_string_pretty(&value).map_err(|e| broken(e.to_string()))?,
    };
    let text = if shields(ctx) {
        guard::text(&text)
    } else {
        text
    };
    ctx.print(format_args!("{}\n", text.trim_end()))
}

/// The value as JSON whose order is always the same.
pub(crate) fn steady(value: &impl Serialize) -> Result<serde_json::Value> {
    rapporteur_exchange::write::steady(value)
        .map_err(|e| Failure::other("UNPRINTABLE", e.to_string()))
}

/// Rows under headings, as a table or as CSV.
pub(crate) fn table(ctx: &mut Context<'_>, headings: &[&str], rows: &[Vec<String>]) -> Result<()> {
    if ctx.global.output == Format::Csv {
        return comma_separated(ctx, headings, rows);
    }
    let shield = shields(ctx);
    let clean = |cell: &String| {
        if shield {
            guard::text(cell)
        } else {
            cell.clone()
        }
    };
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(
        headings
            .iter()
            .map(|h| h.to_uppercase().replace(['_', '.'], " ")),
    );
    table.add_rows(
        rows.iter()
            .map(|row| row.iter().map(clean).collect::<Vec<_>>()),
    );
    if ctx.around.out_is_terminal {
        table.set_content_arrangement(ContentArrangement::Dynamic);
    } else {
        table.force_no_tty();
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    let lines = table
        .lines()
        .map(|line| match line.trim_end() {
            line if shield => guard::isolated(line) + "\n",
            line => format!("{line}\n"),
        })
        .collect::<String>();
    ctx.print(lines)
}

fn comma_separated(ctx: &mut Context<'_>, headings: &[&str], rows: &[Vec<String>]) -> Result<()> {
    let guarded = |cell: &str| {
        if ctx.global.raw {
            cell.to_owned()
        } else {
            guard::formula(cell)
        }
    };
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut write = |row: Vec<String>| {
        writer
            .write_record(&row)
            .map_err(|e| Failure::other("CSV", e.to_string()))
    };
    write(headings.iter().map(|h| (*h).to_owned()).collect())?;
    for row in rows {
        write(row.iter().map(|cell| guarded(cell)).collect())?;
    }
    let bytes = writer
        .into_inner()
        .map_err(|e| Failure::other("CSV", e.to_string()))?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let text = if shields(ctx) {
        guard::text(&text)
    } else {
        text
    };
    ctx.print(text)
}

/// Whether text must not steer the terminal that it goes to.
fn shields(ctx: &Context<'_>) -> bool {
    ctx.around.out_is_terminal && !ctx.global.raw
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_the_only_maps_and_stand_in_order() {
        let messages = rapporteur_proto::descriptor_pool().all_messages();
        let ours = messages.filter(|m| m.package_name().starts_with("rapporteur."));
        let maps: Vec<String> = ours
            .flat_map(|m| {
                m.fields()
                    .filter(|f| f.is_map())
                    .map(|f| f.json_name().to_owned())
                    .collect::<Vec<_>>()
            })
            .collect();
        assert_eq!(maps, ["byLanguage", "translations", "parameters"]);
        let kind = rapporteur_proto::descriptor_pool()
            .get_message_by_name("rapporteur.events.v1.Party")
            .unwrap();
        let json = r#"{"title":{"byLanguage":{"pt":"c","ar":"a","en":"b"}},"name":"parties/x"}"#;
        let party =
            DynamicMessage::deserialize(kind, &mut serde_json::Deserializer::from_str(json))
                .unwrap();
        let steady = steady(&party).unwrap().to_string();
        assert_eq!(
            steady,
            r#"{"name":"parties/x","title":{"byLanguage":{"ar":"a","en":"b","pt":"c"}}}"#
        );
    }

    /// What a terminal, or a program, is shown of two rows.
    fn shown(terminal: bool, rows: &[Vec<String>]) -> String {
        let around = crate::Surroundings {
            out_is_terminal: terminal,
            ..crate::Surroundings::default()
        };
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut ctx = Context::of_test(&around, &mut out, &mut err);
        table(&mut ctx, &["title", "state"], rows).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn arabic_keeps_its_columns() {
        let row = |title: &str| vec![title.to_owned(), "held".to_owned()];
        // A letter with a mark above it is one column wide: nine columns are asked for by `Réunion 1`.
        let rows = [row("لِقَاء"), row("Réunion 1"), row("\u{202e}evil")];
        let plain = shown(false, &rows);
        let lines: Vec<&str> = plain.lines().collect();
        assert_eq!(lines[1], format!("لِقَاء{}held", " ".repeat(7)));
        assert_eq!(lines[2], "Réunion 1  held");
        assert!(!plain.contains('\u{2068}'));
        let terminal = shown(true, &rows);
        let lines: Vec<&str> = terminal.lines().collect();
        assert_eq!(
            lines[1],
            format!("\u{2068}لِقَاء\u{2069}{}held", " ".repeat(7))
        );
        assert_eq!(lines[3], "evil       held");
    }
}
