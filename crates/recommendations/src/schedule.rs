//! Reporting schedules: when who has to report on what.
//!
//! What is due follows from them and is counted by those who read them; nothing of it is stored.

use rapporteur_proto::events::v1::Dialogue;
use rapporteur_proto::recommendations::v1::{
    CreateScheduleRequest, Cycle, ListSchedulesRequest, Schedule, UpdateScheduleRequest,
};
use rapporteur_proto::r#type::v1::{CivilDate, DatePrecision};
use rapporteur_records::words::text::{LONG, SHORT};
use rapporteur_records::words::{PLAN_NODE, date};
use rapporteur_records::{
    Call, Draft, Field, Listing, Noun, Pattern, Records, Result, Stored, Violations, check_id,
    draft, name,
};

use crate::addressee::PARTY;
use crate::commitment::COMMITMENT;
use crate::instrument::{EVENT, INSTRUMENT};
use crate::recommendation::RECOMMENDATION;
use crate::reference::References;
use crate::register::Register;

/// Most rounds of a schedule.
const CYCLES: usize = 100;
/// Most months between two dues.
const MONTHS: i32 = 120;
/// Most days between an event and its due.
const DAYS: i32 = 3_660;

/// Schedules.
pub static SCHEDULE: Noun<Schedule> = Noun {
    kind: 7,
    pattern: Pattern("dialogues/*/schedules/*"),
    field: "schedule",
    output_only: &[],
    under: None,
    index: |_| Vec::new(),
    guards: |_| Vec::new(),
    complete: |schedule| {
        date::complete(&mut schedule.start);
        date::complete(&mut schedule.end);
        if let Some(interval) = &mut schedule.interval {
            date::complete(&mut interval.first_due);
        }
        for cycle in &mut schedule.cycles {
            date::complete(&mut cycle.opens);
            date::complete(&mut cycle.closes);
        }
    },
    check,
};

fn check(schedule: &Schedule, violations: &mut Violations) {
    violations.localized("schedule.title", schedule.title.as_ref(), SHORT, true);
    let ways = [
        schedule.interval.is_some(),
        !schedule.cycles.is_empty(),
        schedule.after_event.is_some(),
    ];
    violations.require(
        ways.iter().filter(|way| **way).count() == 1,
        "schedule.interval",
        "is one of three ways: give exactly one of interval, cycles and after_event",
    );
    if let Some(interval) = &schedule.interval {
        violations.require(
            (1..=MONTHS).contains(&interval.months),
            "schedule.interval.months",
            format_args!("is not 1 to {MONTHS}"),
        );
        let field = "schedule.interval.first_due";
        violations.require(interval.first_due.is_some(), field, "is missing");
        to_the_day(field, interval.first_due.as_ref(), violations);
    }
    check_cycles(&schedule.cycles, violations);
    if let Some(after) = &schedule.after_event {
        violations.required_name("schedule.after_event.event", &after.event, EVENT);
        violations.require(
            (-DAYS..=DAYS).contains(&after.days),
            "schedule.after_event.days",
            "is not -3,660 to 3,660",
        );
    }
    let of = [
        (
            "schedule.recommendations",
            &schedule.recommendations,
            RECOMMENDATION.pattern,
        ),
        (
            "schedule.instruments",
            &schedule.instruments,
            INSTRUMENT.pattern,
        ),
        (
            "schedule.commitments",
            &schedule.commitments,
            COMMITMENT.pattern,
        ),
        ("schedule.plan_nodes", &schedule.plan_nodes, PLAN_NODE),
        ("schedule.parties", &schedule.parties, PARTY),
    ];
    for (field, names, pattern) in of {
        violations.names(field, names, pattern);
    }
    violations.period(
        ("schedule.start", schedule.start.as_ref()),
        ("schedule.end", schedule.end.as_ref()),
    );
    violations.plain("schedule.note", &schedule.note, LONG);
    violations.provenance("schedule.provenance", &schedule.provenance);
    violations.external_ids("schedule.external_ids", &schedule.external_ids);
}

fn check_cycles(cycles: &[Cycle], violations: &mut Violations) {
    let wrong = format!("has {} entries; at most {CYCLES} are kept", cycles.len());
    violations.require(cycles.len() <= CYCLES, "schedule.cycles", wrong);
    let mut rounds = Vec::new();
    for (place, cycle) in cycles.iter().enumerate() {
        let at = format_args!("schedule.cycles[{place}]");
        if let Err(wrong) = check_id(&cycle.id) {
            violations.add(format_args!("{at}.id"), wrong);
        }
        let twice = cycles[..place].iter().any(|c| c.id == cycle.id);
        violations.require(
            !twice,
            format_args!("{at}.id"),
            format_args!("{} is there twice", cycle.id),
        );
        for (field, date) in [("opens", &cycle.opens), ("closes", &cycle.closes)] {
            let field = format_args!("{at}.{field}");
            violations.require(date.is_some(), field, "is missing");
            to_the_day(field, date.as_ref(), violations);
        }
        let days = (
            date::days(cycle.opens.as_ref()),
            date::days(cycle.closes.as_ref()),
        );
        let (Some(opens), Some(closes)) = days else {
            continue;
        };
        let (opens, closes) = (opens.first, closes.last);
        violations.require(
            opens <= closes,
            format_args!("{at}.closes.value"),
            "lies before it opens",
        );
        for (other, from, to) in &rounds {
            if opens <= *to && *from <= closes {
                violations.add(
                    format_args!("{at}.opens.value"),
                    format_args!("overlaps with {other}"),
                );
            }
        }
        rounds.push((&cycle.id, opens, closes));
    }
}

/// Notes a date that is not exact to the day.
pub fn to_the_day(field: impl Field, date: Option<&CivilDate>, violations: &mut Violations) {
    let days = violations.date(field, date);
    let vague = date.is_some() && days.is_none_or(|d| d.precision != DatePrecision::Day);
    violations.require(
        !vague,
        format_args!("{field}.value"),
        "is not a day such as 2024-10-16",
    );
}

/// Records a new schedule.
pub async fn create(
    records: &Records,
    register: &Register,
    call: Call,
    request: CreateScheduleRequest,
) -> Result<Stored> {
    let id = &request.schedule_id;
    let begun = records.create(&SCHEDULE, call, &request.parent, id, request.schedule);
    finish(records, register, draft!(begun.await?)).await
}

/// Changes a schedule.
pub async fn update(
    records: &Records,
    register: &Register,
    call: Call,
    request: UpdateScheduleRequest,
) -> Result<Stored> {
    let mask = request.update_mask.as_ref();
    let begun = records.update(&SCHEDULE, call, request.schedule, mask);
    finish(records, register, draft!(begun.await?)).await
}

async fn finish(
    records: &Records,
    register: &Register,
    draft: Draft<'_, Schedule>,
) -> Result<Stored> {
    let parent = name::parent_of(&draft.new.name);
    let _: Dialogue = register.known("parent", parent).await?;
    refer(&draft.new).check(records, register).await?;
    draft.commit().await
}

fn refer(schedule: &Schedule) -> References {
    let mut references = References::default();
    if let Some(after) = &schedule.after_event {
        references.one("schedule.after_event.event", &after.event);
    }
    references.all("schedule.recommendations", &schedule.recommendations);
    references.all("schedule.instruments", &schedule.instruments);
    references.all("schedule.commitments", &schedule.commitments);
    references.all("schedule.plan_nodes", &schedule.plan_nodes);
    references.all("schedule.parties", &schedule.parties);
    references.provenance("schedule.provenance", &schedule.provenance);
    references
}

/// What a list asks for: by name.
pub async fn listing(
    register: &Register,
    request: &ListSchedulesRequest,
) -> Result<Listing<Schedule>> {
    let listing = Listing::children(&SCHEDULE, &request.parent)?;
    if request.as_of.is_none() {
        register.parent_exists(&request.parent).await?;
    }
    Ok(listing)
}
