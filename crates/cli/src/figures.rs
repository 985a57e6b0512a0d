//! `report som`: the figures of a past meeting from the log, and what has changed since.

use prost_types::Timestamp;
use rapporteur_proto::gateway::v1::{Figure, Figures, GetFiguresRequest};

use crate::context::Context;
use crate::error::{Failure, Result};
use crate::followup::SERVICE;
use crate::noun::reflect;
use crate::output::{self, Format};
use crate::{language, name, record, status, when};

/// Which meeting.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Ask {
    /// As the record stood then: 2024-10-16T09:30:00Z, 2024-10-16 (its end) or "2 weeks ago"
    #[arg(long, value_name = "TIME", value_parser = when::moment)]
    as_of: Timestamp,
    /// The day against which dues and ages are counted; the day of --as-of when not given
    #[arg(long, value_name = "DATE")]
    on: Option<String>,
    /// Wait until everything recorded before this call is counted
    #[arg(long)]
    fresh: bool,
}

pub(crate) async fn run(ctx: &mut Context<'_>, ask: Ask) -> Result<()> {
    let dialogue = record::parent(ctx)?;
    if dialogue.is_empty() {
        return Err(Failure::usage("say of which dialogue: --dialogue DIALOGUE"));
    }
    let to = ctx.connect()?;
    let request = GetFiguresRequest {
        dialogue,
        as_of: Some(ask.as_of),
        on: ask.on.unwrap_or_default(),
        at_least: if ask.fresh {
            status::heads(&to).await?
        } else {
            Vec::new()
        },
    };
    let figures: Figures = to.ask(SERVICE, &request).await?;
    match ctx.global.output {
        Format::Json | Format::Yaml => output::data(ctx, &reflect(&figures)?),
        Format::Csv => counted(ctx, &figures),
        Format::Table => {
            counted(ctx, &figures)?;
            changes(ctx, &figures)
        }
    }
}

fn counted(ctx: &mut Context<'_>, figures: &Figures) -> Result<()> {
    let rows: Vec<Vec<String>> = figures.figures.iter().map(row).collect();
    output::table(ctx, &["figure", "plan", "then", "now", "change"], &rows)
}

fn row(figure: &Figure) -> Vec<String> {
    let of = |value: i64, total: Option<i64>| match total {
        Some(total) => format!("{value} of {total}"),
        None => value.to_string(),
    };
    let change = match figure.now - figure.then {
        0 => String::new(),
        // A sign that no spreadsheet takes for a formula.
        change if change > 0 => format!("{change} more"),
        change => format!("{} fewer", -change),
    };
    vec![
        figure.measure.replace('_', " "),
        name::short(&figure.plan),
        of(figure.then, figure.then_total),
        of(figure.now, figure.now_total),
        change,
    ]
}

fn changes(ctx: &mut Context<'_>, figures: &Figures) -> Result<()> {
    if figures.changed == 0 {
        return ctx.print("\nNothing has changed since.\n");
    }
    let records = if figures.changed == 1 {
        "record has"
    } else {
        "records have"
    };
    ctx.print(format_args!(
        "\n{} {records} changed since\n\n",
        figures.changed
    ))?;
    let asked = ctx.global.lang.as_deref();
    let rows: Vec<Vec<String>> = figures
        .changes
        .iter()
        .map(|it| {
            vec![
                name::short(&it.name),
                it.what.clone(),
                language::words(&it.text, asked),
            ]
        })
        .collect();
    output::table(ctx, &["record", "what", "text"], &rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn then_and_now_stand_side_by_side() {
        let figure = |then, now, total| {
            row(&Figure {
                measure: "objectives_addressed".into(),
                plan: "dialogues/rabat/plans/cadiz".into(),
                then,
                now,
                then_total: total,
                now_total: total,
            })
        };
        assert_eq!(
            figure(4, 6, Some(10)),
            [
                "objectives addressed",
                "rabat/cadiz",
                "4 of 10",
                "6 of 10",
                "2 more"
            ]
        );
        assert_eq!(figure(5, 3, None)[2..], ["5", "3", "2 fewer"]);
        assert_eq!(figure(5, 5, None)[4], "");
    }
}
