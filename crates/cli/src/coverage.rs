//! Coverage: how far a plan is covered, with the proof of each figure.

use rapporteur_proto::events::v1::PlanNodeKind;
use rapporteur_proto::gateway::v1::{
    Coverage, CoverageNode, GetCoverageRequest, StatedAgainstCounted,
};

use crate::context::Context;
use crate::error::Result;
use crate::noun::reflect;
use crate::output::{self, Format};
use crate::record::AsOf;
use crate::{language, name, plan, status, word};

const SERVICE: &str = "rapporteur.gateway.v1.CoverageService";

/// Which plan, which events.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Ask {
    /// The plan (rabat/cadiz; its id alone when no other dialogue has one of that id)
    #[arg(required_unless_present = "named")]
    plan: Option<String>,
    /// The same, by a flag
    #[arg(
        id = "named",
        long = "plan",
        value_name = "PLAN",
        conflicts_with = "plan"
    )]
    named: Option<String>,
    /// Only events that end on or after this day
    #[arg(long, value_name = "DATE")]
    from: Option<String>,
    /// Only events that start on or before this day
    #[arg(long, value_name = "DATE")]
    to: Option<String>,
    /// Only events within this chairmanship
    #[arg(long, alias = "chairmanship", value_name = "CHAIRMANSHIP")]
    chair: Option<String>,
    /// Only events of this dialogue (repeatable); a joint event counts once
    #[arg(long, value_name = "DIALOGUE")]
    within: Vec<String>,
    /// Count anew for each chairmanship, year or dialogue too
    #[arg(long, value_parser = word::parser("rapporteur.gateway.v1.CoverageGrouping"))]
    by: Option<i32>,
    /// What it becomes if events that are to come are held: all of them, or these (repeatable)
    #[arg(long, value_name = "EVENT", num_args = 0..=1, default_missing_value = "")]
    if_held: Vec<String>,
    /// Count what covers the nodes of other plans too, through crosswalks of this kind (repeatable)
    #[arg(long, value_name = "KIND", value_parser = word::parser("rapporteur.events.v1.CrosswalkKind"))]
    through: Vec<i32>,
    /// Show every link that proves a figure, with its words
    #[arg(long, alias = "explain")]
    proof: bool,
    /// Wait until everything recorded before this call is counted
    #[arg(long)]
    fresh: bool,
    #[command(flatten)]
    when: AsOf,
}

pub(crate) async fn run(ctx: &mut Context<'_>, ask: Ask) -> Result<()> {
    let dialogue = ctx.global.dialogue.as_deref();
    let to = ctx.connect()?;
    let given = ask.plan.or(ask.named).unwrap_or_default();
    let request = GetCoverageRequest {
        plan: plan::meant(&to, &given, dialogue).await?,
        from: ask.from.unwrap_or_default(),
        to: ask.to.unwrap_or_default(),
        chairmanship: name::expand_some(name::CHAIRMANSHIP, &ask.chair, dialogue)?,
        dialogues: name::expand_all(name::DIALOGUE, &ask.within, None)?,
        as_of: ask.when.as_of,
        at_least: if ask.fresh {
            status::heads(&to).await?
        } else {
            Vec::new()
        },
        as_if_held: !ask.if_held.is_empty(),
        if_held: ask
            .if_held
            .iter()
            .filter(|event| !event.is_empty())
            .map(|event| name::expand(name::EVENT, event, dialogue))
            .collect::<Result<_>>()?,
        through: ask.through,
        group_by: ask.by.unwrap_or_default(),
    };
    let coverage: Coverage = to.ask(SERVICE, &request).await?;
    match ctx.global.output {
        Format::Json | Format::Yaml => output::data(ctx, &reflect(&coverage)?),
        // A CSV holds one table: the one that was asked for last.
        Format::Csv if !coverage.groups.is_empty() && !ask.proof => groups(ctx, &coverage),
        Format::Csv => nodes(ctx, &coverage, ask.proof),
        Format::Table => {
            headline(ctx, &coverage)?;
            levels(ctx, &coverage)?;
            ctx.print("\n")?;
            if !coverage.groups.is_empty() {
                groups(ctx, &coverage)?;
                ctx.print("\n")?;
            }
            nodes(ctx, &coverage, ask.proof)?;
            stated(ctx, &coverage.stated)
        }
    }
}

fn headline(ctx: &mut Context<'_>, coverage: &Coverage) -> Result<()> {
    let day = |day: &str, open: &str| {
        if day.is_empty() {
            open.to_owned()
        } else {
            day.to_owned()
        }
    };
    let title = language::words(&coverage.title, ctx.global.lang.as_deref());
    let (from, to) = (
        day(&coverage.from, "the beginning"),
        day(&coverage.to, "now"),
    );
    let text = format!(
        "{title}: {} counted, from {from} to {to}\n\n",
        count(coverage.events_counted)
    );
    ctx.print(output::guard::text(&text))
}

fn count(events: i32) -> String {
    if events == 1 {
        "1 event".to_owned()
    } else {
        format!("{events} events")
    }
}

fn levels(ctx: &mut Context<'_>, coverage: &Coverage) -> Result<()> {
    let rows: Vec<Vec<String>> = coverage
        .levels
        .iter()
        .map(|level| {
            vec![
                kind(level.kind()),
                format!("{} of {}", level.addressed, level.total),
                level.planned_only.to_string(),
                level.recorded.to_string(),
                level.declared.map(|n| n.to_string()).unwrap_or_default(),
                level
                    .projected
                    .map(|n| format!("{n} of {}", level.total))
                    .unwrap_or_default(),
            ]
        })
        .collect();
    let mut headings = vec!["level", "addressed", "planned only", "recorded", "declared"];
    if coverage
        .levels
        .iter()
        .any(|level| level.projected.is_some())
    {
        headings.push("if held");
    }
    let rows: Vec<Vec<String>> = rows
        .into_iter()
        .map(|row| row.into_iter().take(headings.len()).collect())
        .collect();
    output::table(ctx, &headings, &rows)
}

/// A row for each chairmanship, year or dialogue.
fn groups(ctx: &mut Context<'_>, coverage: &Coverage) -> Result<()> {
    let asked = ctx.global.lang.as_deref();
    let kinds: Vec<String> = coverage.levels.iter().map(|it| kind(it.kind())).collect();
    let mut rows = Vec::new();
    for group in &coverage.groups {
        let mut row = vec![
            name::short(&group.key),
            language::words(&group.title, asked),
            group.from.clone(),
            group.to.clone(),
            group.events_counted.to_string(),
        ];
        for wanted in &coverage.levels {
            let level = group.levels.iter().find(|it| it.kind == wanted.kind);
            row.push(
                level
                    .map(|it| format!("{} of {}", it.addressed, it.total))
                    .unwrap_or_default(),
            );
        }
        rows.push(row);
    }
    let headings: Vec<&str> = ["by", "title", "from", "to", "events"]
        .into_iter()
        .chain(kinds.iter().map(String::as_str))
        .collect();
    output::table(ctx, &headings, &rows)
}

fn nodes(ctx: &mut Context<'_>, coverage: &Coverage, proof: bool) -> Result<()> {
    if !proof {
        let asked = ctx.global.lang.as_deref();
        let nodes = coverage.nodes.iter();
        let rows: Vec<Vec<String>> = nodes.map(|counted| node(counted, asked)).collect();
        return output::table(ctx, &["code", "kind", "covered", "links", "text"], &rows);
    }
    let mut rows = Vec::new();
    for counted in &coverage.nodes {
        for link in &counted.proof {
            let provenance = link.provenance.clone().unwrap_or_default();
            let from = if provenance.source.is_empty() {
                provenance.url
            } else {
                name::short(&provenance.source)
            };
            let note = |note: String| {
                if note.is_empty() {
                    note
                } else {
                    format!("note: {note}")
                }
            };
            let words = if provenance.quote.is_empty() {
                note(provenance.note)
            } else {
                provenance.quote
            };
            rows.push(vec![
                counted.code.clone(),
                kind(counted.kind()),
                link.kind()
                    .as_str_name()
                    .trim_start_matches("PLAN_LINK_KIND_")
                    .to_ascii_lowercase(),
                link.date
                    .as_ref()
                    .map(|date| date.value.clone())
                    .unwrap_or_default(),
                name::short(&link.name),
                name::short(&link.node),
                words,
                from,
                name::short(&link.crosswalk),
            ]);
        }
    }
    output::table(
        ctx,
        &[
            "code", "kind", "link", "date", "record", "node", "words", "source", "through",
        ],
        &rows,
    )
}

fn node(counted: &CoverageNode, asked: Option<&str>) -> Vec<String> {
    let covered = match (counted.addressed, counted.projected, counted.planned) {
        (true, ..) => "addressed",
        (false, Some(true), _) => "if held",
        (false, _, true) => "planned",
        (false, _, false) => "",
    };
    let links = if counted.proof.is_empty() {
        String::new()
    } else {
        counted.proof.len().to_string()
    };
    vec![
        counted.code.clone(),
        kind(counted.kind()),
        covered.to_owned(),
        links,
        language::words(&counted.text, asked),
    ]
}

/// What sources state beside what is counted; nothing when nobody states anything.
fn stated(ctx: &mut Context<'_>, all: &[StatedAgainstCounted]) -> Result<()> {
    if all.is_empty() {
        return Ok(());
    }
    let figure = |value: Option<i64>, total: Option<i64>| match (value, total) {
        (Some(value), Some(total)) => format!("{value} of {total}"),
        (Some(value), None) => value.to_string(),
        (None, _) => "?".to_owned(),
    };
    let mut rows = Vec::new();
    for one in all {
        let claim = one.claim.clone().unwrap_or_default();
        let agrees = match one.agrees {
            Some(true) => "agrees",
            Some(false) => "differs",
            None => "cannot be said",
        };
        rows.push(vec![
            claim.measure.clone(),
            figure(claim.value, claim.total),
            figure(one.counted, one.counted_total),
            agrees.to_owned(),
            name::short(&one.name),
            claim.provenance.unwrap_or_default().quote,
        ]);
    }
    ctx.print("\nStated against counted\n\n")?;
    output::table(
        ctx,
        &["measure", "stated", "counted", "verdict", "record", "quote"],
        &rows,
    )
}

fn kind(kind: PlanNodeKind) -> String {
    kind.as_str_name()
        .trim_start_matches("PLAN_NODE_KIND_")
        .to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use rapporteur_proto::gateway::v1::{CoverageGroup, CoverageLevel};

    use super::*;

    /// What a way of showing puts on stdout.
    fn shown(show: impl FnOnce(&mut Context<'_>) -> Result<()>) -> String {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let around = crate::Surroundings::default();
        show(&mut Context::of_test(&around, &mut out, &mut err)).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn level(addressed: i32, projected: Option<i32>) -> CoverageLevel {
        CoverageLevel {
            kind: PlanNodeKind::Objective.into(),
            addressed,
            total: 10,
            projected,
            ..CoverageLevel::default()
        }
    }

    #[test]
    fn the_future_is_shown_only_to_those_who_ask() {
        let coverage = |projected| Coverage {
            levels: vec![level(4, projected)],
            ..Coverage::default()
        };
        let now = shown(|ctx| levels(ctx, &coverage(None)));
        assert!(now.contains("4 of 10") && !now.contains("IF HELD"), "{now}");
        let future = shown(|ctx| levels(ctx, &coverage(Some(6))));
        assert!(
            future.contains("IF HELD") && future.contains("6 of 10"),
            "{future}"
        );
        let counted = CoverageNode {
            planned: true,
            projected: Some(true),
            ..CoverageNode::default()
        };
        assert_eq!(node(&counted, None)[2], "if held");
    }

    #[test]
    fn each_group_has_a_figure_a_level() {
        let coverage = Coverage {
            levels: vec![level(4, None)],
            groups: vec![
                CoverageGroup {
                    key: "dialogues/rabat/chairmanships/pt-2025".into(),
                    levels: vec![level(3, None)],
                    events_counted: 5,
                    ..CoverageGroup::default()
                },
                CoverageGroup {
                    key: "2024".into(),
                    ..CoverageGroup::default()
                },
            ],
            ..Coverage::default()
        };
        let told = shown(|ctx| groups(ctx, &coverage));
        let lines: Vec<&str> = told.lines().collect();
        assert!(lines[0].ends_with("EVENTS  OBJECTIVE"), "{told}");
        assert!(lines[1].starts_with("rabat/pt-2025") && lines[1].ends_with("3 of 10"));
        assert!(lines[2].starts_with("2024"), "{told}");
    }
}
