//! What an event may say, field by field.

use jiff::tz::TimeZone;
use rapporteur_proto::events::v1::{Event, EventKind, EventMode, EventState};
use rapporteur_proto::r#type::v1::DatePrecision;
use rapporteur_records::words::text::{LONG, SHORT};
use rapporteur_records::words::{claim, date};
use rapporteur_records::{Violations, name};

use super::EVENT;
use crate::dialogue::{BODY, DIALOGUE, check_roles};
use crate::party::PARTY;

/// Longest event: its last day lies at most so many days after the last day that its start can mean.
/// Lists by date rely on it: see [`super::list`].
pub const LONGEST_DAYS: i64 = 366;

/// Most entries of the lists of an event that are indexed. All index rows of an event are written in one
/// commit, twice as many when its date changes, and a commit holds at most 1,000 writes.
const MOST: [(&str, usize, Count); 7] = [
    ("event.joint_dialogues", 10, |e| e.joint_dialogues.len()),
    ("event.bodies", 20, |e| e.bodies.len()),
    ("event.themes", 30, |e| e.themes.len()),
    ("event.roles", 100, |e| e.roles.len()),
    ("event.delegations", 250, |e| e.delegations.len()),
    ("event.follows_up", 100, |e| e.follows_up.len()),
    ("event.plan_links", 200, |e| e.plan_links.len()),
];
type Count = fn(&Event) -> usize;
/// Most plans that one event touches.
const MOST_PLANS: usize = 20;

/// Fills in what follows from other fields.
pub(super) fn complete(event: &mut Event) {
    date::complete(&mut event.start);
    date::complete(&mut event.end);
    claim::complete(&mut event.claims);
    if event.state == 0 {
        event.state = EventState::Draft.into();
    }
}

/// Notes every wrong field.
pub(super) fn check(event: &Event, violations: &mut Violations) {
    violations.visibility("event", event.visibility, event.embargo_until);
    violations.choice::<EventKind>("event.kind", event.kind, false);
    violations.choice::<EventState>("event.state", event.state, false);
    violations.choice::<EventMode>("event.mode", event.mode, true);
    violations.localized("event.title", event.title.as_ref(), SHORT, true);
    violations.localized("event.description", event.description.as_ref(), LONG, false);
    if !event.series.is_empty() {
        violations.code("event.series", &event.series);
    }
    violations.require(event.ordinal >= 0, "event.ordinal", "is negative");
    check_times(event, violations);
    violations.place("event.place", event.place.as_ref());
    violations.codes("event.themes", &event.themes);
    for (field, most, count) in MOST {
        violations.require(
            count(event) <= most,
            field,
            format_args!("has {} entries; at most {most} are kept", count(event)),
        );
    }
    check_links(event, violations);
    check_people(event, violations);
    violations.list("event.agenda", event.agenda.len());
    for (place, item) in event.agenda.iter().enumerate() {
        let at = format_args!("event.agenda[{place}]");
        violations.plain(format_args!("{at}.number"), &item.number, SHORT);
        violations.localized(format_args!("{at}.title"), item.title.as_ref(), SHORT, true);
        violations.codes(format_args!("{at}.themes"), &item.themes);
    }
    violations.claims("event.claims", &event.claims);
    violations.documents("event.documents", &event.documents);
    violations.links("event.links", &event.links);
    violations.provenance("event.provenance", &event.provenance);
    violations.external_ids("event.external_ids", &event.external_ids);
}

fn check_times(event: &Event, violations: &mut Violations) {
    let period = violations.period(
        ("event.start", event.start.as_ref()),
        ("event.end", event.end.as_ref()),
    );
    if let Some((start, end)) = period {
        let days = date::ordinal(end.last) - date::ordinal(start.last);
        let short = days <= LONGEST_DAYS;
        violations.require(
            short,
            "event.end.value",
            format_args!("lies more than {LONGEST_DAYS} days after the start"),
        );
    }
    let zone = &event.time_zone;
    if !zone.is_empty() {
        // The library takes any case; the record keeps the one name that all others read too.
        let known = TimeZone::get(zone).is_ok_and(|found| found.iana_name() == Some(zone.as_str()));
        violations.require(
            known,
            "event.time_zone",
            "is not an IANA time zone such as Africa/Casablanca",
        );
    }
    let clock = [&event.start, &event.end]
        .into_iter()
        .flatten()
        .any(|d| d.precision() == DatePrecision::Time);
    violations.require(
        !clock || !zone.is_empty(),
        "event.time_zone",
        "is empty, but a clock time is given",
    );
}

fn check_links(event: &Event, violations: &mut Violations) {
    violations.names(
        "event.joint_dialogues",
        &event.joint_dialogues,
        DIALOGUE.pattern,
    );
    let own = name::parent_of(&event.name);
    if let Some(place) = event
        .joint_dialogues
        .iter()
        .position(|dialogue| dialogue == own)
    {
        violations.add(
            format_args!("event.joint_dialogues[{place}]"),
            "is the dialogue that the event belongs to",
        );
    }
    violations.names("event.bodies", &event.bodies, BODY);
    violations.name("event.parent_event", &event.parent_event, EVENT.pattern);
    violations.names("event.follows_up", &event.follows_up, EVENT.pattern);
    if let Some(place) = event
        .follows_up
        .iter()
        .position(|followed| *followed == event.name)
    {
        violations.add(
            format_args!("event.follows_up[{place}]"),
            "is the event itself",
        );
    }
    violations.plan_links("event.plan_links", &event.plan_links);
    let mut plans: Vec<&str> = event
        .plan_links
        .iter()
        .map(|link| name::parent_of(&link.node))
        .collect();
    plans.sort_unstable();
    plans.dedup();
    violations.require(
        plans.len() <= MOST_PLANS,
        "event.plan_links",
        format_args!("touch more than {MOST_PLANS} plans"),
    );
}

fn check_people(event: &Event, violations: &mut Violations) {
    check_roles("event.roles", &event.roles, violations);
    for (place, delegation) in event.delegations.iter().enumerate() {
        let at = format_args!("event.delegations[{place}]");
        violations.required_name(format_args!("{at}.party"), &delegation.party, PARTY.pattern);
        for (field, count) in [
            ("stated_count", delegation.stated_count),
            ("counted", delegation.counted),
        ] {
            violations.require(
                count.is_none_or(|c| c >= 0),
                format_args!("{at}.{field}"),
                "is negative",
            );
        }
        violations.plain(format_args!("{at}.capacity"), &delegation.capacity, SHORT);
        let twice = event.delegations[..place]
            .iter()
            .any(|d| d.party == delegation.party && d.capacity == delegation.capacity);
        violations.require(
            !twice,
            format_args!("{at}.party"),
            "is there twice in the same capacity",
        );
    }
}
