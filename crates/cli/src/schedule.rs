//! Reporting schedules: when who has to report on what.

use rapporteur_proto::recommendations::v1;

use crate::context::Context;
use crate::error::{Failure, Result};
use crate::noun::Noun;
use crate::record::{self, Adding, Page};
use crate::{name, when};

pub(crate) const NOUN: Noun = Noun {
    kind: "schedule",
    message: "rapporteur.recommendations.v1.Schedule",
    service: "rapporteur.recommendations.v1.ScheduleService",
    pattern: name::SCHEDULE,
    columns: &[
        "name",
        "title",
        "interval",
        "cycles",
        "after_event",
        "start",
        "end",
    ],
};

/// Reporting schedules: when who has to report on what
#[derive(Clone, Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List schedules
    List(List),
    /// Record a schedule
    Add(Box<Add>),
    #[command(flatten)]
    Any(record::Command),
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct List {
    #[command(flatten)]
    page: Page,
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Add {
    /// Its title
    #[arg(long)]
    title: Option<String>,
    /// Every so many months
    #[arg(long, value_name = "MONTHS", requires = "first_due")]
    every: Option<i32>,
    /// The first day on which a report is due
    #[arg(long, value_name = "DATE", requires = "every")]
    first_due: Option<String>,
    /// A round of reporting, as ID:OPENS:CLOSES (repeatable)
    #[arg(long, value_name = "ID:OPENS:CLOSES", conflicts_with = "every")]
    cycle: Vec<String>,
    /// The event after which reports are due
    #[arg(long, value_name = "EVENT", conflicts_with_all = ["every", "cycle"])]
    after_event: Option<String>,
    /// So many days after the event; before it when negative
    #[arg(
        long,
        value_name = "DAYS",
        requires = "after_event",
        allow_hyphen_values = true
    )]
    days: Option<i32>,
    /// Only about this recommendation (repeatable)
    #[arg(long)]
    recommendation: Vec<String>,
    /// Only about recommendations of this instrument (repeatable)
    #[arg(long)]
    instrument: Vec<String>,
    /// Also about this commitment (repeatable)
    #[arg(long)]
    commitment: Vec<String>,
    /// Only about what has this node of a plan or one below it (repeatable)
    #[arg(long, value_name = "NODE")]
    plan_node: Vec<String>,
    /// Only by this party (repeatable)
    #[arg(long)]
    party: Vec<String>,
    /// First day on which it holds
    #[arg(long, value_name = "DATE")]
    start: Option<String>,
    /// Last day on which it holds
    #[arg(long, value_name = "DATE")]
    end: Option<String>,
    /// Anything a reader should know
    #[arg(long)]
    note: Option<String>,
    #[command(flatten)]
    adding: Adding,
}

pub(crate) async fn run(ctx: &mut Context<'_>, command: Command) -> Result<()> {
    match command {
        Command::List(list) => {
            let request = v1::ListSchedulesRequest {
                parent: crate::event::any_dialogue(ctx)?,
                ..Default::default()
            };
            record::list(ctx, &NOUN, request, &list.page).await
        }
        Command::Add(add) => {
            let dialogue = ctx.global.dialogue.as_deref();
            let mut schedule: v1::Schedule = add.adding.base(ctx)?;
            add.adding.text(&mut schedule.title, &add.title);
            if let Some(months) = add.every {
                schedule.interval = Some(v1::Interval {
                    months,
                    first_due: when::civil_some(&add.first_due),
                });
            }
            for given in &add.cycle {
                schedule.cycles.push(cycle(given)?);
            }
            if let Some(event) = &add.after_event {
                schedule.after_event = Some(v1::AfterEvent {
                    event: name::expand(name::EVENT, event, dialogue)?,
                    days: add.days.unwrap_or_default(),
                });
            }
            let all = |pattern, given: &[String]| name::expand_all(pattern, given, dialogue);
            schedule
                .recommendations
                .extend(all(name::RECOMMENDATION, &add.recommendation)?);
            schedule
                .instruments
                .extend(all(name::INSTRUMENT, &add.instrument)?);
            schedule
                .commitments
                .extend(all(name::COMMITMENT, &add.commitment)?);
            schedule.plan_nodes.extend(all(name::NODE, &add.plan_node)?);
            schedule.parties.extend(all(name::PARTY, &add.party)?);
            schedule.start = when::civil_some(&add.start).or(schedule.start);
            schedule.end = when::civil_some(&add.end).or(schedule.end);
            schedule.note = add.note.unwrap_or(schedule.note);
            record::add(ctx, &NOUN, record::parent(ctx)?, schedule, &add.adding).await
        }
        Command::Any(command) => record::run(ctx, &NOUN, command).await,
    }
}

/// `2025:2025-01-01:2025-03-31`.
fn cycle(given: &str) -> Result<v1::Cycle> {
    match given.split(':').collect::<Vec<_>>().as_slice() {
        [id, opens, closes] => Ok(v1::Cycle {
            id: (*id).to_owned(),
            opens: Some(when::civil(opens)),
            closes: Some(when::civil(closes)),
        }),
        _ => Err(Failure::usage(format!(
            "{given}: write ID:OPENS:CLOSES, as 2025:2025-01-01:2025-03-31"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cycle_has_three_parts() {
        let read = cycle("2025:2025-01-01:2025-03-31").unwrap();
        assert_eq!(
            (read.id.as_str(), read.closes.unwrap().value.as_str()),
            ("2025", "2025-03-31")
        );
        for odd in ["2025", "2025:2025-01-01", "a:b:c:d"] {
            assert_eq!(cycle(odd).unwrap_err().exit_code(), 2, "{odd}");
        }
    }
}
