//! Events: what is planned and what was held.
//!
//! [`rules`]: what an event may say; [`state`]: how it moves; [`index`]: its index rows;
//! [`list`]: its lists; [`sequence`]: what calendars are told of its changes.

pub mod index;
pub mod list;
pub mod rules;
pub mod sequence;
pub mod state;

use std::collections::BTreeSet;

use rapporteur_proto::events::v1::{CreateEventRequest, Event, EventState, UpdateEventRequest};
use rapporteur_records::edit::need_reason;
use rapporteur_records::{Call, Draft, Noun, Pattern, Records, Result, Stored, draft, name};

use crate::ancestry;
use crate::dialogue::DIALOGUE;
use crate::party::PARTY;
use crate::reference::References;

/// Events.
pub static EVENT: Noun<Event> = Noun {
    kind: 9,
    pattern: Pattern("dialogues/*/events/*"),
    field: "event",
    output_only: &["state", "state_reason", "sequence"],
    under: None,
    index: index::rows,
    guards: |_| Vec::new(),
    complete: rules::complete,
    check: rules::check,
};

/// Records a new event, in any state: what the state asks for is asked of the new event too. A postponed
/// or cancelled one needs the reason of the request.
pub async fn create(records: &Records, call: Call, request: CreateEventRequest) -> Result<Stored> {
    let reason = call.reason.clone();
    let begun = records.create(
        &EVENT,
        call,
        &request.parent,
        &request.event_id,
        request.event,
    );
    let mut draft = draft!(begun.await?);
    draft.new.state_reason.clear();
    if let Some(verb) = match draft.new.state() {
        EventState::Postponed => Some("a postponed event"),
        EventState::Cancelled => Some("a cancelled event"),
        _ => None,
    } {
        need_reason(&reason, verb)?;
        draft.new.state_reason = reason;
    }
    finish(records, draft).await
}

/// Changes an event. What its state asks for stays true: a held event cannot be moved into the future.
pub async fn update(records: &Records, call: Call, request: UpdateEventRequest) -> Result<Stored> {
    finish(
        records,
        draft!(
            records
                .update(&EVENT, call, request.event, request.update_mask.as_ref())
                .await?
        ),
    )
    .await
}

async fn finish(records: &Records, mut draft: Draft<'_, Event>) -> Result<Stored> {
    state::stands(&draft.new, draft.change.now_us())?;
    ancestry::place(records, &mut draft, "event.parent_event", |event| {
        &event.parent_event
    })
    .await?;
    let mut wanted = References::default();
    references(&draft.new, &mut wanted);
    wanted.check(records).await?;
    bodies_exist(records, &draft.new).await?;
    sequence::count(&mut draft);
    draft.commit().await
}

/// What an event refers to, except its bodies, which are no records of their own.
pub(crate) fn references(event: &Event, wanted: &mut References) {
    wanted.one(&DIALOGUE, "parent", name::parent_of(&event.name));
    wanted.all(&DIALOGUE, "event.joint_dialogues", &event.joint_dialogues);
    wanted.one(&EVENT, "event.parent_event", &event.parent_event);
    wanted.all(&EVENT, "event.follows_up", &event.follows_up);
    wanted.plan_links("event.plan_links", &event.plan_links);
    wanted.roles("event.roles", &event.roles);
    for (place, delegation) in event.delegations.iter().enumerate() {
        wanted.one(
            &PARTY,
            format_args!("event.delegations[{place}].party"),
            &delegation.party,
        );
    }
    wanted.claims("event.claims", &event.claims);
    wanted.provenance("event.provenance", &event.provenance);
}

/// Bodies stay once they are recorded, so it is enough that they are there now.
async fn bodies_exist(records: &Records, event: &Event) -> Result<()> {
    let dialogues: BTreeSet<&str> = event
        .bodies
        .iter()
        .map(|body| name::parent_of(body))
        .collect();
    for dialogue in dialogues {
        let found = records.find(&DIALOGUE, dialogue).await?;
        let bodies = found
            .map(|(dialogue, _)| dialogue.bodies)
            .unwrap_or_default();
        let mut ours = event
            .bodies
            .iter()
            .enumerate()
            .filter(|(_, body)| name::parent_of(body) == dialogue);
        if let Some((place, missing)) =
            ours.find(|(_, body)| bodies.iter().all(|b| b.id != name::id_of(body)))
        {
            let field = format!("event.bodies[{place}]");
            return Err(rapporteur_records::Error::UnknownReference {
                field,
                name: missing.clone(),
            });
        }
    }
    Ok(())
}
