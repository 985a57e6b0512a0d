//! `inbox`: what waits for a post.

use prost_reflect::{DynamicMessage, Value};
use rapporteur_proto::gateway::v1::{GetInboxRequest, Inbox};

use crate::context::Context;
use crate::error::Result;
use crate::followup::{Moment, SERVICE};
use crate::noun::reflect;
use crate::output::{self, Format};
use crate::{due, name, open};

/// Whose inbox.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Ask {
    /// The post (rabat/pt-focal-point)
    post: String,
    /// Show what is due up to so many days ahead; 90 when not given
    #[arg(long, value_name = "DAYS")]
    ahead: Option<i32>,
    #[command(flatten)]
    moment: Moment,
}

/// What a table shows of a report that waits.
const REPORTS: &[&str] = &["name", "subject", "claimed", "since", "reason", "text"];

/// Each part of an inbox, what to call it, and what a table shows of it.
const PARTS: [(&str, &str, &[&str]); 6] = [
    ("returned", "Returned: to be mended", REPORTS),
    ("to_answer", "To be answered", open::COLUMNS),
    ("dues", "Due", due::COLUMNS),
    ("drafts", "Drafts: not handed in", REPORTS),
    ("to_verify", "To be verified", REPORTS),
    ("open", "Open", open::COLUMNS),
];

pub(crate) async fn run(ctx: &mut Context<'_>, ask: Ask) -> Result<()> {
    let to = ctx.connect()?;
    let request = GetInboxRequest {
        post: name::expand(name::POST, &ask.post, ctx.global.dialogue.as_deref())?,
        as_of: ask.moment.when.as_of,
        on: ask.moment.day(),
        at_least: ask.moment.at_least(&to).await?,
        ahead_days: ask.ahead.unwrap_or_default(),
    };
    let inbox: Inbox = to.ask(SERVICE, &request).await?;
    let all = reflect(&inbox)?;
    match ctx.global.output {
        Format::Json | Format::Yaml => output::data(ctx, &all),
        Format::Csv => {
            let rows = lines(&all);
            output::table(ctx, &["part", "name"], &rows)
        }
        Format::Table => show(ctx, &inbox, &all),
    }
}

fn show(ctx: &mut Context<'_>, inbox: &Inbox, all: &DynamicMessage) -> Result<()> {
    let holder = if inbox.holder.is_empty() {
        "nobody holds it"
    } else {
        &inbox.holder
    };
    let head = format!(
        "{} ({}), on {}\n",
        name::short(&inbox.post),
        name::short(holder),
        inbox.on
    );
    ctx.print(output::guard::text(&head))?;
    let mut empty = true;
    for (field, title, columns) in PARTS {
        let found = part(all, field);
        if found.is_empty() {
            continue;
        }
        empty = false;
        ctx.print(format_args!("\n{title} ({})\n\n", found.len()))?;
        output::records(ctx, columns, &found)?;
    }
    if empty {
        ctx.print("\nNothing waits.\n")?;
    }
    Ok(())
}

fn part(all: &DynamicMessage, field: &str) -> Vec<DynamicMessage> {
    let found = all.get_field_by_name(field);
    let items = found.as_ref().and_then(|list| list.as_list());
    items
        .unwrap_or_default()
        .iter()
        .filter_map(Value::as_message)
        .cloned()
        .collect()
}

/// One line for each thing that waits.
fn lines(all: &DynamicMessage) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for (field, ..) in PARTS {
        for found in part(all, field) {
            let subject = if field == "dues" { "subject" } else { "name" };
            rows.push(vec![field.to_owned(), crate::noun::text(&found, subject)]);
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use rapporteur_proto::gateway::v1::{Due, InboxReport, OpenItem};

    use super::*;

    #[test]
    fn what_waits_is_told_in_the_order_of_its_haste() {
        let item = |name: &str| OpenItem {
            name: name.into(),
            overdue_days: Some(3),
            ..Default::default()
        };
        let inbox = Inbox {
            post: "dialogues/rabat/posts/pt".into(),
            open: vec![item("dialogues/rabat/commitments/c")],
            returned: vec![InboxReport {
                name: "dialogues/rabat/reports/r".into(),
                reason: "no evidence".into(),
                ..Default::default()
            }],
            dues: vec![Due {
                subject: "dialogues/rabat/commitments/c".into(),
                ..Default::default()
            }],
            on: "2026-01-01".into(),
            ..Default::default()
        };
        let all = reflect(&inbox).unwrap();
        let parts: Vec<String> = lines(&all).into_iter().map(|row| row.join(" ")).collect();
        assert_eq!(
            parts,
            [
                "returned dialogues/rabat/reports/r",
                "dues dialogues/rabat/commitments/c",
                "open dialogues/rabat/commitments/c"
            ]
        );
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let around = crate::Surroundings::default();
        let mut ctx = Context::of_test(&around, &mut out, &mut err);
        show(&mut ctx, &inbox, &all).unwrap();
        let told = String::from_utf8(out).unwrap();
        assert!(
            told.starts_with("rabat/pt (nobody holds it), on 2026-01-01"),
            "{told}"
        );
        assert!(
            told.find("no evidence") < told.find("OVERDUE DAYS"),
            "{told}"
        );
    }
}
