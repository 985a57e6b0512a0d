//! How an event moves: draft -> planned -> confirmed -> held -> reported -> closed, with ways to put it
//! off, call it off and correct it.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use rapporteur_proto::events::v1::{
    CancelEventRequest, CloseEventRequest, ConfirmEventRequest, CorrectEventRequest, Event,
    EventState as State, HoldEventRequest, PlanEventRequest, PostponeEventRequest,
    ReportEventRequest,
};
use rapporteur_proto::r#type::v1::{CivilDate, DatePrecision, PlanLinkKind};
use rapporteur_records::edit::{illegal_move, need_reason};
use rapporteur_records::words::date;
use rapporteur_records::{Call, Error, Records, Result, Stored, draft};

use super::{EVENT, sequence};

/// A move of the trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Becomes planned.
    Plan,
    /// Is announced.
    Confirm,
    /// Took place.
    Hold,
    /// Its outcome is recorded.
    Report,
    /// Nothing more is expected.
    Close,
    /// Is put off.
    Postpone,
    /// Will not take place.
    Cancel,
    /// Goes back from reported to held.
    Correct,
}

impl Verb {
    /// Every verb.
    pub const ALL: [Self; 8] = [
        Self::Plan,
        Self::Confirm,
        Self::Hold,
        Self::Report,
        Self::Close,
        Self::Postpone,
        Self::Cancel,
        Self::Correct,
    ];

    /// As in a sentence.
    pub fn word(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Confirm => "confirm",
            Self::Hold => "hold",
            Self::Report => "report",
            Self::Close => "close",
            Self::Postpone => "postpone",
            Self::Cancel => "cancel",
            Self::Correct => "correct",
        }
    }

    /// Where it leads.
    fn leads_to(self) -> State {
        match self {
            Self::Plan => State::Planned,
            Self::Confirm => State::Confirmed,
            Self::Hold | Self::Correct => State::Held,
            Self::Report => State::Reported,
            Self::Close => State::Closed,
            Self::Postpone => State::Postponed,
            Self::Cancel => State::Cancelled,
        }
    }

    fn needs_reason(self) -> bool {
        matches!(self, Self::Postpone | Self::Cancel | Self::Correct)
    }
}

/// The verbs that an event in this state has.
pub fn legal(state: State) -> &'static [Verb] {
    match state {
        State::Unspecified | State::Draft => &[Verb::Plan, Verb::Cancel],
        State::Planned => &[Verb::Confirm, Verb::Postpone, Verb::Cancel],
        State::Confirmed => &[Verb::Hold, Verb::Postpone, Verb::Cancel],
        State::Held => &[Verb::Report],
        State::Reported => &[Verb::Close, Verb::Correct],
        State::Postponed => &[Verb::Plan, Verb::Confirm, Verb::Cancel],
        State::Closed | State::Cancelled => &[],
    }
}

fn word(state: State) -> &'static str {
    match state {
        State::Unspecified | State::Draft => "a draft",
        State::Planned => "planned",
        State::Confirmed => "confirmed",
        State::Held => "held",
        State::Reported => "reported",
        State::Closed => "closed",
        State::Postponed => "postponed",
        State::Cancelled => "cancelled",
    }
}

/// Moves an event.
async fn step(
    records: &Records,
    call: Call,
    verb: Verb,
    name: &str,
    etag: &str,
    no_outcome: bool,
) -> Result<Stored> {
    let reason = call.reason.clone();
    let mut draft = draft!(records.act(&EVENT, call, name, etag).await?);
    let event = &mut draft.new;
    let verbs = legal(event.state());
    if !verbs.contains(&verb) {
        let words: Vec<&str> = verbs.iter().map(|v| v.word()).collect();
        return Err(illegal_move(name, word(event.state()), verb.word(), &words));
    }
    event.state_reason.clear();
    if verb.needs_reason() {
        need_reason(&reason, verb.word())?;
        event.state_reason = reason;
    }
    event.state = verb.leads_to().into();
    match verb {
        Verb::Report if no_outcome => event.no_outcome = true,
        // What the correction finds is to be reported anew.
        Verb::Correct => event.no_outcome = false,
        _ => {}
    }
    stands(&draft.new, draft.change.now_us())?;
    draft.settle()?;
    sequence::count(&mut draft);
    draft.commit().await
}

/// Refuses an event that does not have what its state asks for: an end that is not in the future once it
/// was held, an outcome (or that it had none) once it was reported.
pub(super) fn stands(event: &Event, now_us: i64) -> Result<()> {
    let refuse = |reason, description: String| {
        Err(Error::Precondition {
            reason,
            subject: event.name.clone(),
            description,
            legal: Vec::new(),
        })
    };
    let held = matches!(event.state(), State::Held | State::Reported | State::Closed);
    if held && let Some(end) = ends_after(event, now_us) {
        return refuse(
            "NOT_OVER",
            format!(
                "{} ends on {}, which lies in the future",
                event.name, end.value
            ),
        );
    }
    let reported = matches!(event.state(), State::Reported | State::Closed);
    if reported && !event.no_outcome && !has_outcome(event) {
        let needs =
            "a document of kind outcome or report, a claim, an addressed plan link, or no_outcome";
        return refuse(
            "NO_OUTCOME",
            format!("{} has no outcome recorded; it needs {needs}", event.name),
        );
    }
    Ok(())
}

fn has_outcome(event: &Event) -> bool {
    event
        .documents
        .iter()
        .any(|document| matches!(document.kind.as_str(), "outcome" | "report"))
        || !event.claims.is_empty()
        || event
            .plan_links
            .iter()
            .any(|link| link.kind() == PlanLinkKind::Addressed)
}

/// The end of the event when the earliest moment that it can mean lies in the future. An unknown end does not.
fn ends_after(event: &Event, now_us: i64) -> Option<&CivilDate> {
    let known = |date: &'_ &CivilDate| !date.value.is_empty();
    let end = event
        .end
        .as_ref()
        .filter(known)
        .or(event.start.as_ref().filter(known))?;
    let days = date::parse(&end.value)?;
    // Without a zone a day has come when it has come anywhere: 14 hours before it comes to Greenwich.
    let zone =
        TimeZone::get(&event.time_zone).unwrap_or_else(|_| TimeZone::fixed(Offset::constant(14)));
    let now = zone.to_datetime(Timestamp::from_microsecond(now_us).ok()?);
    let future = match days.precision {
        DatePrecision::Time => format!("{}:00", end.value)
            .parse::<DateTime>()
            .is_ok_and(|end| end > now),
        _ => days.first > now.date(),
    };
    future.then_some(end)
}

/// A draft, or a postponed event, becomes planned.
pub async fn plan(records: &Records, call: Call, request: PlanEventRequest) -> Result<Stored> {
    step(
        records,
        call,
        Verb::Plan,
        &request.name,
        &request.etag,
        false,
    )
    .await
}

/// A planned, or a postponed event, is confirmed.
pub async fn confirm(
    records: &Records,
    call: Call,
    request: ConfirmEventRequest,
) -> Result<Stored> {
    step(
        records,
        call,
        Verb::Confirm,
        &request.name,
        &request.etag,
        false,
    )
    .await
}

/// A confirmed event was held.
pub async fn hold(records: &Records, call: Call, request: HoldEventRequest) -> Result<Stored> {
    step(
        records,
        call,
        Verb::Hold,
        &request.name,
        &request.etag,
        false,
    )
    .await
}

/// The outcome of a held event is recorded, or that it had none.
pub async fn report(records: &Records, call: Call, request: ReportEventRequest) -> Result<Stored> {
    step(
        records,
        call,
        Verb::Report,
        &request.name,
        &request.etag,
        request.no_outcome,
    )
    .await
}

/// Nothing more is expected of a reported event.
pub async fn close(records: &Records, call: Call, request: CloseEventRequest) -> Result<Stored> {
    step(
        records,
        call,
        Verb::Close,
        &request.name,
        &request.etag,
        false,
    )
    .await
}

/// A planned or confirmed event is put off.
pub async fn postpone(
    records: &Records,
    call: Call,
    request: PostponeEventRequest,
) -> Result<Stored> {
    step(
        records,
        call,
        Verb::Postpone,
        &request.name,
        &request.etag,
        false,
    )
    .await
}

/// An event will not take place.
pub async fn cancel(records: &Records, call: Call, request: CancelEventRequest) -> Result<Stored> {
    step(
        records,
        call,
        Verb::Cancel,
        &request.name,
        &request.etag,
        false,
    )
    .await
}

/// Takes a reported event back to held.
pub async fn correct(
    records: &Records,
    call: Call,
    request: CorrectEventRequest,
) -> Result<Stored> {
    step(
        records,
        call,
        Verb::Correct,
        &request.name,
        &request.etag,
        false,
    )
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2024-10-16 23:30 in Greenwich; in Nairobi it is the 17th already.
    const NOW_US: i64 = 1_729_121_400_000_000;

    #[test]
    fn an_event_is_over_when_its_end_has_come_where_it_is() {
        for (start, end, zone, over) in [
            ("2024-10-16", "", "Europe/Lisbon", true),
            ("2024-10-17", "", "Europe/Lisbon", true),
            ("2024-10-17", "", "Africa/Abidjan", false),
            ("2024-10-17", "", "Africa/Nairobi", true),
            ("2024-10-17", "", "", true),
            ("2024-10-18", "", "", false),
            ("2024-10-16T23:30", "", "Africa/Abidjan", true),
            ("2024-10-16T23:31", "", "Africa/Abidjan", false),
            ("2024-10-16T23:30", "2024-10-18", "Africa/Abidjan", false),
            ("2024-10-16", "2024-10", "", true),
            ("2024-10", "2024-11", "", false),
            ("", "", "", true),
        ] {
            let date = |value: &str| {
                (!value.is_empty()).then(|| CivilDate {
                    value: value.into(),
                    ..CivilDate::default()
                })
            };
            let event = Event {
                start: date(start),
                end: date(end),
                time_zone: zone.into(),
                ..Event::default()
            };
            assert_eq!(
                ends_after(&event, NOW_US).is_none(),
                over,
                "{start}..{end} in {zone}"
            );
        }
    }

    #[test]
    fn every_verb_leads_out_of_some_state_and_final_states_have_none() {
        for verb in Verb::ALL {
            let from: Vec<i32> = (1..=8)
                .filter(|s| State::try_from(*s).is_ok_and(|s| legal(s).contains(&verb)))
                .collect();
            assert!(!from.is_empty(), "{verb:?}");
            assert!(
                !from.contains(&verb.leads_to().into()),
                "{verb:?} leads to where it began"
            );
        }
        assert!(legal(State::Closed).is_empty() && legal(State::Cancelled).is_empty());
    }
}
