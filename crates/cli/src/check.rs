//! `check`: the promise check. Everything that is amiss, counted; the gaps are listed on demand.

use rapporteur_proto::gateway::v1::{
    CountItemsRequest, CountItemsResponse, ItemFlag, ListGapsRequest, ListGapsResponse,
};
use serde::Serialize;

use crate::connect::method;
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::followup::{SERVICE, dialogues};
use crate::gaps::{self, Of};
use crate::noun::reflect;
use crate::output::{self, Format};
use crate::{record, word};

/// What of the items is amiss; that something is open or promised is not.
const AMISS: [ItemFlag; 8] = [
    ItemFlag::Overdue,
    ItemFlag::NoReport,
    ItemFlag::Unverified,
    ItemFlag::Disputed,
    ItemFlag::Stale,
    ItemFlag::Stalled,
    ItemFlag::Returned,
    ItemFlag::Orphaned,
];

/// Of what, and what to do about it.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Ask {
    #[command(flatten)]
    of: Of,
    /// List each gap, not only how many there are
    #[arg(long)]
    list: bool,
    /// Exit with 1 when something is found
    #[arg(long)]
    exit_code: bool,
}

/// How often one thing was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Finding {
    /// `item` or `gap`.
    of: &'static str,
    found: String,
    count: i32,
}

pub(crate) async fn run(ctx: &mut Context<'_>, ask: Ask) -> Result<()> {
    let to = ctx.connect()?;
    let at_least = ask.of.moment.at_least(&to).await?;
    let items = CountItemsRequest {
        dialogues: dialogues(ctx)?,
        as_of: ask.of.moment.when.as_of,
        on: ask.of.moment.day(),
        at_least: at_least.clone(),
        ..Default::default()
    };
    let items: CountItemsResponse = to.ask(SERVICE, &items).await?;
    let request = ListGapsRequest {
        at_least,
        ..ask.of.request(ctx, &to).await?
    };
    let first: ListGapsResponse = to
        .ask(
            SERVICE,
            &ListGapsRequest {
                page_size: 1,
                ..request.clone()
            },
        )
        .await?;
    let found = findings(&items, &first);
    let gaps = if ask.list {
        record::pages(&to, &method(SERVICE, "ListGaps")?, reflect(&request)?, 0)
            .await?
            .records
    } else {
        Vec::new()
    };
    if matches!(ctx.global.output, Format::Json | Format::Yaml) {
        let gaps = gaps
            .iter()
            .map(output::steady)
            .collect::<Result<Vec<_>>>()?;
        let answer = serde_json::json!({"on": items.on, "findings": found, "gaps": gaps});
        output::data(ctx, &answer)?;
    } else {
        let row = |it: &Finding| vec![it.of.to_owned(), it.found.clone(), it.count.to_string()];
        let rows: Vec<Vec<String>> = found.iter().map(row).collect();
        // A CSV holds one table: the list, where it was asked for.
        let both = ctx.global.output == Format::Table;
        if both || !ask.list {
            output::table(ctx, &["of", "found", "count"], &rows)?;
        }
        if both && ask.list {
            ctx.print("\n")?;
        }
        if ask.list {
            output::records(ctx, gaps::COLUMNS, &gaps)?;
        }
        if found.is_empty() {
            ctx.say("Nothing is amiss.")?;
        }
    }
    if ask.exit_code && !found.is_empty() {
        return Err(Failure::Amiss);
    }
    Ok(())
}

/// What was found at least once: items first, then gaps, each in the order of its enum.
fn findings(items: &CountItemsResponse, gaps: &ListGapsResponse) -> Vec<Finding> {
    let mut found = Vec::new();
    for flag in AMISS {
        let counted = items.flags.iter().filter(|it| it.flag() == flag);
        found.push(Finding {
            of: "item",
            found: word::of(flag.as_str_name(), "ITEM_FLAG_"),
            count: counted.map(|it| it.addressees + it.commitments).sum(),
        });
    }
    let mut counts = gaps.counts.clone();
    counts.sort_by_key(|it| it.kind);
    found.extend(counts.iter().map(|it| Finding {
        of: "gap",
        found: word::of(it.kind().as_str_name(), "GAP_KIND_"),
        count: it.count,
    }));
    found.retain(|it| it.count > 0);
    found
}

#[cfg(test)]
mod tests {
    use rapporteur_proto::gateway::v1::{FlagCount, GapCount, GapKind};

    use super::*;

    #[test]
    fn what_is_amiss_is_counted_and_what_is_only_open_is_not() {
        let flag = |flag: ItemFlag, addressees, commitments| FlagCount {
            flag: flag.into(),
            addressees,
            commitments,
        };
        let gap = |kind: GapKind, count| GapCount {
            kind: kind.into(),
            count,
        };
        let items = CountItemsResponse {
            flags: vec![
                flag(ItemFlag::Open, 9, 9),
                flag(ItemFlag::Disputed, 0, 0),
                flag(ItemFlag::Overdue, 2, 1),
            ],
            ..Default::default()
        };
        let gaps = ListGapsResponse {
            counts: vec![
                gap(GapKind::EventWithoutOutcome, 4),
                gap(GapKind::NodeNeverAddressed, 1),
            ],
            ..Default::default()
        };
        let found: Vec<(String, i32)> = findings(&items, &gaps)
            .into_iter()
            .map(|it| (format!("{} {}", it.of, it.found), it.count))
            .collect();
        assert_eq!(
            found,
            [
                ("item overdue".to_owned(), 3),
                ("gap node-never-addressed".to_owned(), 1),
                ("gap event-without-outcome".to_owned(), 4)
            ]
        );
    }
}
